//! Downloads a file: complete and undamaged, or not at all.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::{Bytes, BytesMut};
use md5::{Digest as _, Md5};
use secrecy::ExposeSecret as _;
use tempfile::NamedTempFile;
use tokio::sync::mpsc;
use tokio::time::Instant;
use url::Url;

use crate::blob::{BlobError, Retry};
use crate::content_key::ContentKeyError;
use crate::encryption::{StorageCipher, parse_iv};
use crate::error::DownloadError;
use crate::upload::hex;
use crate::{AssetFile, EncryptionScheme, MediaServices, http};

/// A download, prepared by [`MediaServices::download`]; it runs when it is awaited.
///
/// The content goes to a temporary file beside the target, which takes the target's name when it is
/// complete.
#[must_use = "a download does nothing until it is awaited"]
pub struct Download {
    url: String,
    path: PathBuf,
    decrypt: Option<Box<AssetFile>>,
    patience: Duration,
    media: MediaServices,
    progress: Box<dyn FnMut(u64, Option<u64>) + Send>,
}

/// A file that has been downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Downloaded {
    /// Its size in bytes.
    pub size: u64,
    /// Its MD5, in lower-case hexadecimal. If the storage states one of what it holds, that was
    /// compared with what arrived.
    pub md5: String,
}

impl MediaServices {
    /// Prepares the download of a URL of [`Published`](crate::Published) to a path. The URL carries
    /// its own permission: no token is sent.
    pub fn download(&self, url: impl Into<String>, path: impl Into<PathBuf>) -> Download {
        Download {
            url: url.into(),
            path: path.into(),
            decrypt: None,
            media: self.clone(),
            patience: Duration::from_secs(60),
            progress: Box::new(|_, _| {}),
        }
    }
}

impl Download {
    /// Decrypts the content on its way, by what the record of the asset file says: its vector, and
    /// its content key, which the service hands out. That is for signed URLs of the storage: what
    /// comes from a streaming endpoint is in the clear. So is a file that was not encrypted, and
    /// stays as it is.
    ///
    /// See [`Upload::encrypt`](crate::Upload::encrypt) for an example.
    pub fn decrypt(mut self, file: &AssetFile) -> Self {
        self.decrypt = Some(Box::new(file.clone()));
        self
    }

    /// How long a new locator may be refused (403 or 404) before that counts: 60 s by default,
    /// because Azure takes up to 40 s to make one known.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Calls back, as content arrives, with how many bytes of how many, if that is known.
    pub fn progress(mut self, progress: impl FnMut(u64, Option<u64>) + Send + 'static) -> Self {
        self.progress = Box::new(progress);
        self
    }

    async fn run(mut self) -> Result<Downloaded, DownloadError> {
        let url = Url::parse(&self.url).map_err(|error| DownloadError::Url(error.to_string()))?;
        let cipher = match &self.decrypt {
            Some(file) => cipher(&self.media, file).await?,
            None => None,
        };
        let http = http::client().map_err(BlobError::connection)?;
        let mut retry = Retry::new(Instant::now() + self.patience);
        let response = loop {
            match start(&http, &url).await {
                Ok(response) => break response,
                Err(error) => retry.after(error).await?,
            }
        };
        let stated = stated_md5(&response);
        let (sender, receiver) = mpsc::channel(16);
        let path = self.path.clone();
        let writer = tokio::task::spawn_blocking(move || write(&path, receiver, cipher));
        let received = self.receive(response, sender).await;
        // What is written is dropped, and so deleted, if anything fails from here on.
        let Written { file, md5, arrived } = match writer.await {
            Ok(written) => written.map_err(|source| self.cannot_write(source))?,
            Err(error) => return Err(self.cannot_write(io::Error::other(error))),
        };
        let size = received?;
        if let Some(expected) = stated.map(|md5| hex(&md5)).filter(|expected| *expected != arrived)
        {
            return Err(DownloadError::Damaged { expected, actual: arrived });
        }
        let path = self.path.clone();
        match tokio::task::spawn_blocking(move || file.persist(path)).await {
            Ok(Ok(_)) => Ok(Downloaded { size, md5 }),
            Ok(Err(error)) => Err(self.cannot_write(error.error)),
            Err(error) => Err(self.cannot_write(io::Error::other(error))),
        }
    }

    /// Hands what arrives to the writer; returns how much it was.
    async fn receive(
        &mut self,
        mut response: reqwest::Response,
        sender: mpsc::Sender<Bytes>,
    ) -> Result<u64, BlobError> {
        let total = response.content_length();
        let mut size = 0;
        while let Some(chunk) = response.chunk().await.map_err(BlobError::connection)? {
            size += chunk.len() as u64;
            if sender.send(chunk).await.is_err() {
                // The writer has failed and says why.
                break;
            }
            (self.progress)(size, total);
        }
        Ok(size)
    }

    fn cannot_write(&self, source: io::Error) -> DownloadError {
        DownloadError::Write { path: self.path.clone(), source }
    }
}

async fn start(http: &reqwest::Client, url: &Url) -> Result<reqwest::Response, BlobError> {
    let response = http.get(url.clone()).send().await.map_err(BlobError::connection)?;
    match response.status() {
        reqwest::StatusCode::OK => Ok(response),
        _ => Err(BlobError::refused(response).await),
    }
}

/// The MD5 of the whole blob, which the storage states if it was given one.
fn stated_md5(response: &reqwest::Response) -> Option<[u8; 16]> {
    let header = response.headers().get("content-md5")?.to_str().ok()?;
    BASE64.decode(header).ok()?.try_into().ok()
}

/// The cipher of a file; `None` if it is in the clear.
async fn cipher(
    media: &MediaServices,
    file: &AssetFile,
) -> Result<Option<StorageCipher>, ContentKeyError> {
    if !file.is_encrypted || file.encryption_scheme != Some(EncryptionScheme::StorageEncryption) {
        return Ok(None);
    }
    let key = file.encryption_key_id.as_ref();
    let key = key.ok_or(ContentKeyError::Undescribed("it has no EncryptionKeyId"))?;
    let iv = file.initialization_vector.as_deref().and_then(parse_iv);
    let iv = iv.ok_or(ContentKeyError::Undescribed("its InitializationVector is no number"))?;
    let key = media.read_content_key(key).await?;
    Ok(Some(StorageCipher::new(key.expose_secret(), iv)?))
}

/// What is in the temporary file.
struct Written {
    file: NamedTempFile,
    /// Of what is in it.
    md5: String,
    /// Of what has arrived, which may have been encrypted.
    arrived: String,
}

/// Writes to a temporary file beside the target, on a thread that may block.
fn write(
    path: &Path,
    mut chunks: mpsc::Receiver<Bytes>,
    cipher: Option<StorageCipher>,
) -> io::Result<Written> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".download-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As for any file that is created; the umask takes its part away.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    let (mut arrived, mut written, mut position) = (Md5::new(), Md5::new(), 0);
    while let Some(chunk) = chunks.blocking_recv() {
        arrived.update(&chunk);
        let Some(cipher) = &cipher else {
            file.write_all(&chunk)?;
            continue;
        };
        let mut clear = BytesMut::from(chunk);
        cipher.apply(position, &mut clear)?;
        position += clear.len() as u64;
        written.update(&clear);
        file.write_all(&clear)?;
    }
    file.as_file().sync_all()?;
    let arrived = md5_of(arrived);
    let md5 = if cipher.is_some() { md5_of(written) } else { arrived.clone() };
    Ok(Written { file, md5, arrived })
}

fn md5_of(hasher: Md5) -> String {
    let md5: [u8; 16] = hasher.finalize().into();
    hex(&md5)
}

impl IntoFuture for Download {
    type Output = Result<Downloaded, DownloadError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

// The signature in the URL is a secret.
impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("path", &self.path).finish_non_exhaustive()
    }
}
