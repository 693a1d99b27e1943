//! What the operator decides, and what is made at random when a service first starts.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use url::Url;

/// How a service is run.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ServeOptions {
    /// Directory for everything that the service keeps; made if it is missing
    #[arg(long, value_name = "DIR", env = "MEDIAD_DATA")]
    pub(crate) data: PathBuf,

    /// Address to listen at; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", env = "MEDIAD_LISTEN")]
    pub(crate) listen: SocketAddr,

    /// Where clients reach the service
    #[command(flatten)]
    pub(crate) urls: UrlOptions,

    /// Listen at an address that other machines can reach: the API is then as safe as the network,
    /// for it is plain HTTP
    #[arg(long)]
    pub(crate) allow_remote: bool,

    /// Tasks that are encoded at the same time
    #[arg(long, value_name = "NUMBER", default_value_t = 1, env = "MEDIAD_ENCODERS")]
    pub(crate) encoders: usize,

    /// Quotas of the account, in a TOML file; those that it does not name, and all without a file,
    /// are as the service documented them
    #[arg(long, value_name = "FILE", env = "MEDIAD_QUOTAS")]
    pub(crate) quotas: Option<PathBuf>,

    /// Acknowledge uploads only once they are on disk: they survive a power cut then, and not only
    /// a crash of the service
    #[arg(long, env = "MEDIAD_FSYNC")]
    pub(crate) fsync: bool,

    /// Speed of encoding, as x264 names it: slower ones look better at the same bit rate
    #[arg(long, value_name = "PRESET", default_value = "veryfast", env = "MEDIAD_X264_PRESET")]
    pub(crate) x264_preset: String,
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

impl ServeOptions {
    /// Refuses what would surprise.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        if !self.listen.ip().is_loopback() && !self.allow_remote {
            bail!(
                "{} can be reached from other machines, and the service speaks plain HTTP: say \
                 --allow-remote if that is meant",
                self.listen
            );
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
                account.save(&path).with_context(|| format!("writing {}", path.display()))?;
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

    /// Written whole or not at all, for nobody else to read.
    fn save(&self, path: &Path) -> anyhow::Result<()> {
        let unfinished = path.with_extension("new");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&unfinished)?;
        file.write_all(serde_json::to_string_pretty(self)?.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(unfinished, path)?;
        Ok(())
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

/// 32 bytes from the operating system's generator.
fn random_bytes() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("no randomness from the operating system")?;
    Ok(bytes)
}
