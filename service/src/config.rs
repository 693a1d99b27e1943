//! What the operator decides, and what is made at random when a service first starts.

use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::http::HeaderName;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::tls;

/// How a service is run.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ServeOptions {
    /// Directory for everything that the service keeps; made if it is missing
    #[arg(long, value_name = "DIR", env = "MEDIAD_DATA")]
    pub(crate) data: PathBuf,

    /// Address to listen at for plain HTTP; port 0 picks a free one. May be given several times.
    /// Without any address, and without TLS, 127.0.0.1:0
    #[arg(long, value_name = "ADDRESS", env = "MEDIAD_LISTEN", value_delimiter = ',')]
    pub(crate) listen: Vec<SocketAddr>,

    /// Address at which a monitoring system finds /metrics, in the text format of Prometheus; port 0
    /// picks a free one. Plain HTTP without sign-in: it tells how much is streamed and encoded, but
    /// nothing of the content
    #[arg(long, value_name = "ADDRESS", env = "MEDIAD_METRICS")]
    pub(crate) metrics: Option<SocketAddr>,

    /// TLS
    #[command(flatten)]
    pub(crate) tls: TlsOptions,

    /// Where clients reach the service
    #[command(flatten)]
    pub(crate) urls: UrlOptions,

    /// How streams are served
    #[command(flatten)]
    pub(crate) streams: StreamOptions,

    /// Listen for plain HTTP at an address that other machines can reach: the API is then as safe
    /// as the network
    #[arg(long)]
    pub(crate) allow_remote: bool,

    /// Tasks that are encoded at the same time; while there are fewer, those left over help with
    /// long ones
    #[arg(long, value_name = "NUMBER", default_value_t = 1, env = "MEDIAD_ENCODERS")]
    pub(crate) encoders: usize,

    /// Longest part, in seconds, of a long source that several encoders with nothing else to do
    /// encode side by side; 0 has each source encoded in one piece. Shorter parts are spread more
    /// evenly, and cost a little more
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(..=3600),
        env = "MEDIAD_ENCODE_CHUNK_SECONDS"
    )]
    pub(crate) encode_chunk_seconds: u32,

    /// Quotas of the account, in a TOML file; those that it does not name, and all without a file,
    /// are as the service documented them
    #[arg(long, value_name = "FILE", env = "MEDIAD_QUOTAS")]
    pub(crate) quotas: Option<PathBuf>,

    /// Deliver webhooks over https only, and only to addresses of the public internet: for a service
    /// whose clients are not to reach its own network through it
    #[arg(long, env = "MEDIAD_PUBLIC_WEBHOOKS")]
    pub(crate) public_webhooks: bool,

    /// Where the bytes of blobs are kept
    #[command(flatten)]
    pub(crate) storage: StorageOptions,

    /// Speed of encoding, as x264 names it: slower ones look better at the same bit rate
    #[arg(long, value_name = "PRESET", default_value = "veryfast", env = "MEDIAD_X264_PRESET")]
    pub(crate) x264_preset: String,
}

/// Where the bytes of blobs are kept.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct StorageOptions {
    /// Acknowledge uploads only once they are on disk: they survive a power cut then, and not only
    /// a crash of the service
    #[arg(long, env = "MEDIAD_FSYNC")]
    pub(crate) fsync: bool,

    /// Keep the bytes of blobs in an object store: s3://bucket/folder, az://container/folder or
    /// gs://bucket/folder. Each service needs a folder of its own. How to get in is told by the
    /// environment, under the names that the tools of these clouds use:
    /// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION;
    /// AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY;
    /// GOOGLE_APPLICATION_CREDENTIALS, the path of a file. Without keys, the identity is asked for
    /// that the cloud gives its machines; the files in ~/.aws are not read. Other servers
    /// that speak the same are at AWS_ENDPOINT, AZURE_ENDPOINT or GOOGLE_BASE_URL; for plain HTTP
    /// AWS_ALLOW_HTTP or AZURE_ALLOW_HTTP is to be true. Without this option the bytes are below the
    /// data directory
    #[arg(long, value_name = "URL", env = "MEDIAD_OBJECTS")]
    pub(crate) objects: Option<Url>,

    /// How much of what was read of the object store may be kept on disk, in MiB: in the directory
    /// "cache" of the data directory, which may be a link to another disk
    #[arg(
        long,
        value_name = "MIB",
        default_value_t = 10240,
        value_parser = clap::value_parser!(u64).range(128..=1 << 30),
        env = "MEDIAD_OBJECT_CACHE"
    )]
    pub(crate) object_cache: u64,
}

/// How streams are served, and endpoints managed.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct StreamOptions {
    /// Header in which a proxy that every stream request passes tells the address of the client,
    /// such as X-Forwarded-For: the last address of it counts for the IP lists of streaming
    /// endpoints. The proxy must not pass on what a client says of itself
    #[arg(long, value_name = "NAME", env = "MEDIAD_CLIENT_ADDRESS_HEADER")]
    pub(crate) client_address_header: Option<HeaderName>,

    /// How long operations of streaming endpoints take, in milliseconds: clients see them in
    /// progress for that long
    #[arg(
        long,
        value_name = "MILLISECONDS",
        default_value_t = 0,
        env = "MEDIAD_OPERATION_MILLISECONDS"
    )]
    pub(crate) operation_milliseconds: u32,

    /// Let the URLs in HLS and DASH manifests end as those of files do (.m3u8, .ts, .m4s, .mp4), for
    /// clients that open no others; extensions=false in the URL of a manifest is the exception, and
    /// without this option extensions=true is
    #[arg(long, env = "MEDIAD_SEGMENT_EXTENSIONS")]
    pub(crate) segment_extensions: bool,
}

impl StreamOptions {
    /// How long operations take.
    pub(crate) fn operation_time(&self) -> Duration {
        Duration::from_millis(self.operation_milliseconds.into())
    }
}

/// By which URLs clients reach the service.
///
/// Every URL that the service hands out starts with one of these.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct UrlOptions {
    /// URL by which clients reach the service, if it is not the address listened at: every URL that
    /// the service hands out starts with it, or with one of those below
    #[arg(long, value_name = "URL", env = "MEDIAD_PUBLIC_URL")]
    pub(crate) public_url: Option<Url>,

    /// URL of the API, such as https://account.restv2.region.media.azure.net
    #[arg(long, value_name = "URL", env = "MEDIAD_API_URL")]
    pub(crate) api_url: Option<Url>,

    /// URL of the token endpoint, such as https://login.microsoftonline.com
    #[arg(long, value_name = "URL", env = "MEDIAD_TOKEN_URL")]
    pub(crate) token_url: Option<Url>,

    /// URL of blob storage; on a host such as https://account.blob.core.windows.net the path starts
    /// with the container, on any other with the account
    #[arg(long, value_name = "URL", env = "MEDIAD_BLOB_URL")]
    pub(crate) blob_url: Option<Url>,

    /// URL of the default streaming endpoint, such as
    /// https://account.streaming.mediaservices.windows.net
    #[arg(long, value_name = "URL", env = "MEDIAD_STREAMING_URL")]
    pub(crate) streaming_url: Option<Url>,

    /// URL of key delivery, such as https://account.keydelivery.mediaservices.windows.net
    #[arg(long, value_name = "URL", env = "MEDIAD_KEY_DELIVERY_URL")]
    pub(crate) key_delivery_url: Option<Url>,
}

/// How TLS is spoken.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct TlsOptions {
    /// Address to listen at for TLS; port 0 picks a free one. May be given several times. With a
    /// certificate and without any address, 127.0.0.1:0
    #[arg(long, value_name = "ADDRESS", env = "MEDIAD_LISTEN_TLS", value_delimiter = ',')]
    pub(crate) listen_tls: Vec<SocketAddr>,

    /// Certificate for TLS, and those that lead to one which clients trust, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_key", env = "MEDIAD_TLS_CERT")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// The certificate's key, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert", env = "MEDIAD_TLS_KEY")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Make a certificate for the hosts of all URLs, once; what clients must trust for that is in
    /// the file that "ca" in the line on stdout names
    #[arg(long, conflicts_with = "tls_cert")]
    pub(crate) tls_self_signed: bool,

    /// Another host that the certificate is made for, such as media.windows.net. May be given
    /// several times
    #[arg(long, value_name = "NAME", requires = "tls_self_signed", value_delimiter = ',')]
    pub(crate) tls_host: Vec<String>,
}

impl TlsOptions {
    /// Where the certificate comes from, if TLS is spoken.
    pub(crate) fn source(&self, data: &Path) -> Option<tls::Source> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => {
                Some(tls::Source::Files { certificate: certificate.clone(), key: key.clone() })
            }
            _ => self.tls_self_signed.then(|| tls::Source::Own { directory: data.join("tls") }),
        }
    }
}

/// Where there is nothing else to listen at.
const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

impl ServeOptions {
    /// The addresses to listen at: for plain HTTP, and for TLS.
    pub(crate) fn addresses(&self) -> (Vec<SocketAddr>, Vec<SocketAddr>) {
        let (mut plain, mut tls) = (self.listen.clone(), self.tls.listen_tls.clone());
        match self.tls.source(&self.data) {
            Some(_) if tls.is_empty() => tls.push(ANY_PORT),
            None if plain.is_empty() => plain.push(ANY_PORT),
            _ => {}
        }
        (plain, tls)
    }

    /// Refuses what would surprise.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let remote = self.listen.iter().find(|address| !address.ip().is_loopback());
        if let Some(address) = remote.filter(|_| !self.allow_remote) {
            bail!(
                "{address} can be reached from other machines by plain HTTP: say --allow-remote if \
                 that is meant, or --listen-tls"
            );
        }
        if !self.tls.listen_tls.is_empty() && self.tls.source(&self.data).is_none() {
            bail!("--listen-tls needs --tls-cert and --tls-key, or --tls-self-signed");
        }
        if self.encoders == 0 {
            bail!("--encoders must be at least 1");
        }
        Ok(())
    }
}

/// The account: its name, and secrets that nobody chose.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Account {
    /// The name of the media account and of its storage account.
    pub(crate) name: String,
    /// What a client gets a token with.
    pub(crate) client_id: String,
    /// What a client gets a token with.
    pub(crate) client_secret: String,
    /// Signs tokens.
    token_key: String,
    /// Signs SAS URLs.
    storage_key: String,
    /// The name of this process among workers: what it held before a crash is its own to give up.
    pub(crate) worker: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Account {
    /// Reads the account of a data directory, or makes one.
    pub(crate) fn open(data: &Path) -> anyhow::Result<Self> {
        let path = data.join("account.json");
        match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .with_context(|| format!("{} is not what it was made as", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let account = Self::random()?;
                write_private(&path, serde_json::to_string_pretty(&account)?.as_bytes())
                    .with_context(|| format!("writing {}", path.display()))?;
                Ok(account)
            }
            Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
        }
    }

    fn random() -> anyhow::Result<Self> {
        Ok(Self {
            name: "mediad".to_owned(),
            client_id: uuid::Uuid::new_v4().to_string(),
            client_secret: STANDARD.encode(random_bytes()?),
            token_key: STANDARD.encode(random_bytes()?),
            storage_key: STANDARD.encode(random_bytes()?),
            worker: uuid::Uuid::new_v4().to_string(),
        })
    }

    /// The key that signs tokens.
    pub(crate) fn token_key(&self) -> Vec<u8> {
        STANDARD.decode(&self.token_key).unwrap_or_default()
    }

    /// The key that signs SAS URLs.
    pub(crate) fn storage_key(&self) -> anyhow::Result<[u8; 32]> {
        let key = STANDARD.decode(&self.storage_key).context("the storage key is not base64")?;
        key.try_into().map_err(|_| anyhow::anyhow!("the storage key has not 32 bytes"))
    }
}

/// Writes a file whole or not at all, for nobody else to read.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(unfinished, path)
}

/// 32 bytes from the operating system's generator.
fn random_bytes() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("no randomness from the operating system")?;
    Ok(bytes)
}
