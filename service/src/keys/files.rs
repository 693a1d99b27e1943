//! Reading and writing the files of assets, whether they are encrypted at rest or not.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use azure_media::encryption::{KEY_SIZE, SCHEME, StorageCipher, VERSION, parse_iv};
use azure_media::v2_19::{AssetCreationOptions, ContentKeyType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use edm::{DateTime, Record};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::Secret;
use super::content_key::clear_key;
use super::storage::through;
use crate::app::App;
use crate::blob::{
    BlobError, BlobFile, BlobInfo, BlobReader, BlobVersion, ReadGuard, ReadRange, file_stream,
};
use crate::buffer::Buffer;
use crate::error::ApiError;
use crate::generation::Marks;
use crate::sets::{self, asset, both, equals};
use crate::store::{Change, Query, Source};

/// A version of an asset's file, and how it is encrypted.
#[derive(Debug)]
pub(crate) struct AssetFile {
    container: String,
    name: String,
    version: Option<Arc<BlobVersion>>,
    cipher: Option<StorageCipher>,
}

impl AssetFile {
    /// Looks up a file of an asset, by its name; it need not be there. What else it depends on than
    /// files and blobs is noted.
    pub(crate) async fn find(
        app: &App,
        asset_id: &str,
        name: &str,
        marks: &mut Marks,
    ) -> Result<Self, ApiError> {
        let filter = both(equals("ParentAssetId", asset_id), equals("Name", name));
        let query = Query { top: 1, ..Query::all(sets::set("Files")?, filter) };
        let cipher = match app.store.query(&query).await?.records.pop() {
            Some(file) => {
                marks.add(app.store.generations().entity(sets::set("ContentKeys")?, key_of(&file)));
                cipher(app, &file).await?
            }
            // There may be a blob that no file tells of.
            None => None,
        };
        Self::new(app, asset_id, name, cipher).await
    }

    async fn new(
        app: &App,
        asset_id: &str,
        name: &str,
        cipher: Option<StorageCipher>,
    ) -> Result<Self, ApiError> {
        let container = asset::container_of(asset_id);
        let version = match app.blob_store.version(&container, name).await {
            // No blob has such a name.
            Err(BlobError::InvalidBlobName { .. }) => None,
            found => found?.map(Arc::new),
        };
        Ok(Self { container, name: name.to_owned(), version, cipher })
    }

    /// The version of the blob, if what is in it is the file as it is.
    pub(crate) fn clear_version(&self) -> Option<Arc<BlobVersion>> {
        self.version.clone().filter(|_| self.cipher.is_none())
    }

    /// About what it takes in memory, in bytes.
    pub(crate) fn weight(&self) -> u32 {
        self.version.as_ref().map_or(0, |version| version.weight())
    }
}

/// A version of an asset's file that can be read: what is read of it is in the clear.
#[derive(Clone)]
pub(crate) struct FileReader {
    file: Arc<AssetFile>,
    blob: Option<BlobFile>,
}

impl FileReader {
    /// A file to read. The guard must have been there before the file was looked up, or before it
    /// was seen that it still is as it was.
    pub(crate) fn new(app: &App, file: Arc<AssetFile>, guard: Arc<ReadGuard>) -> Self {
        let version = file.version.clone();
        let blob = version.map(|version| app.blob_store.open(version, guard));
        Self { file, blob }
    }

    /// Opens a file of an asset, by its name; it need not be there.
    pub(crate) async fn open(app: &App, asset_id: &str, name: &str) -> Result<Self, ApiError> {
        let guard = Arc::new(app.blob_store.hold());
        let file = AssetFile::find(app, asset_id, name, &mut Marks::default()).await?;
        Ok(Self::new(app, Arc::new(file), guard))
    }

    /// Opens the file of a record.
    pub(crate) async fn of(app: &App, file: &Record) -> Result<Self, ApiError> {
        let cipher = cipher(app, file).await?;
        let guard = Arc::new(app.blob_store.hold());
        let (asset, name) = (file.text("ParentAssetId"), file.text("Name"));
        let file = AssetFile::new(app, asset, name, cipher).await?;
        Ok(Self::new(app, Arc::new(file), guard))
    }

    /// The version, which can be kept.
    pub(crate) fn file(&self) -> Arc<AssetFile> {
        Arc::clone(&self.file)
    }

    /// What is known of the blob; `None` if there is none.
    pub(crate) fn info(&self) -> Option<&BlobInfo> {
        self.blob.as_ref().map(BlobFile::info)
    }

    /// The same version with ranges at hand that will be read, see [`BlobFile::near`].
    pub(crate) async fn near(&self, ranges: &[Range<u64>]) -> Result<Self, BlobError> {
        Ok(Self { blob: Some(self.blob()?.near(ranges).await?), ..self.clone() })
    }

    /// Opens a range.
    pub(crate) fn read(&self, range: ReadRange) -> Result<BlobReader, BlobError> {
        let reader = self.blob()?.read(range)?;
        Ok(match self.file.cipher.clone() {
            None => reader,
            Some(cipher) => {
                let start = reader.range.start;
                reader.map(|stream| through(cipher, start, stream))
            }
        })
    }

    /// Reads a range, which must be within the file, into memory.
    pub(crate) async fn bytes(&self, range: Range<u64>) -> Result<Bytes, BlobError> {
        let start = range.start;
        let bytes = self.blob()?.bytes(range).await?;
        let Some(cipher) = &self.file.cipher else { return Ok(bytes) };
        let mut bytes = BytesMut::from(bytes);
        cipher.apply(start, &mut bytes)?;
        Ok(bytes.freeze())
    }

    /// Reads a range, which must be within the file, into a buffer.
    pub(crate) async fn buffer(&self, range: Range<u64>) -> Result<Buffer, BlobError> {
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        let start = range.start;
        let mut buffer = self.blob()?.read_into(range, Buffer::new(length)).await?;
        if let Some(cipher) = &self.file.cipher {
            cipher.apply(start, buffer.as_mut())?;
        }
        Ok(buffer)
    }

    fn blob(&self) -> Result<&BlobFile, BlobError> {
        self.blob.as_ref().ok_or_else(|| BlobError::BlobNotFound {
            container: self.file.container.clone(),
            name: self.file.name.clone(),
        })
    }
}

/// The id of the key that a file may be encrypted with.
fn key_of(file: &Record) -> &str {
    file.text("EncryptionKeyId")
}

/// The cipher of a file; `None` if it is in the clear.
async fn cipher(app: &App, file: &Record) -> Result<Option<StorageCipher>, ApiError> {
    let encrypted = file.value("IsEncrypted").as_bool() == Some(true);
    if !encrypted || file.text("EncryptionScheme") != SCHEME {
        return Ok(None);
    }
    let refuse = |problem: &str| {
        let name = file.text("Name");
        ApiError::bad_request(format!("The file '{name}' cannot be decrypted: {problem}."))
    };
    let key = app.store.get(sets::set("ContentKeys")?, key_of(file)).await?;
    let key = key.ok_or_else(|| refuse("its EncryptionKeyId leads to no content key"))?;
    let iv = parse_iv(file.text("InitializationVector"))
        .ok_or_else(|| refuse("its InitializationVector is not a number of 64 bits"))?;
    let key = clear_key(app, &key).await?;
    let cipher =
        StorageCipher::new(key.expose_secret(), iv).map_err(|error| refuse(&error.to_string()))?;
    Ok(Some(cipher))
}

/// Encrypts the files that a task puts into an asset.
pub(crate) struct OutputEncryption {
    key_id: String,
    key: Secret,
}

/// What an output asset's files are to be encrypted with; `None` if they are not to be. The key is
/// made and linked if the asset has none yet.
pub(crate) async fn encrypt_output(
    app: &App,
    asset_id: &str,
) -> Result<Option<OutputEncryption>, ApiError> {
    let found = app.store.get(sets::set("Assets")?, asset_id).await?;
    let asset = found.ok_or_else(|| ApiError::no_entity("Asset"))?;
    let encrypted = i64::from(AssetCreationOptions::STORAGE_ENCRYPTED.value());
    if asset.value("Options").as_integer() != Some(encrypted) {
        return Ok(None);
    }
    let keys = sets::set("ContentKeys")?;
    let source = Source::new("Assets", asset_id, "ContentKeys");
    let query = Query { linked_from: Some(source.clone()), ..Query::all(keys, storage_keys()) };
    // An earlier attempt has made it.
    if let Some(record) = app.store.query(&query).await?.records.pop() {
        let key = clear_key(app, &record).await?;
        return Ok(Some(OutputEncryption { key_id: record.text("Id").to_owned(), key }));
    }
    let (record, key) = new_key(app)?;
    let key_id = record.text("Id").to_owned();
    let mut changes = vec![sets::still_there("Assets", asset_id)?];
    changes.push(Change::Insert(keys, record));
    changes.push(Change::Link(source, keys.name, key_id.clone()));
    app.store.commit(changes).await?;
    Ok(Some(OutputEncryption { key_id, key }))
}

/// That a content key is of storage encryption.
pub(crate) fn storage_keys() -> edm::Expr {
    sets::is_number("ContentKeyType", ContentKeyType::StorageEncryption.value().into())
}

/// A new storage key, wrapped as a client wraps one.
fn new_key(app: &App) -> Result<(Record, Secret), ApiError> {
    let mut bytes = [0; KEY_SIZE];
    getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
    let key = Secret::from(bytes.to_vec());
    let wrapped = app.protection.wrap(&bytes).map_err(ApiError::internal)?;
    let mut record = Record::new(sets::set("ContentKeys")?.entity_type);
    let now = DateTime::now().truncated_to_millis();
    record.put("Id", format!("nb:kid:UUID:{}", Uuid::new_v4()));
    record.put("Created", now);
    record.put("LastModified", now);
    record.put("ContentKeyType", ContentKeyType::StorageEncryption.value());
    record.put("EncryptedContentKey", STANDARD.encode(wrapped));
    record.put("ProtectionKeyId", app.protection.thumbprint());
    record.put("Name", "");
    Ok((record, key))
}

/// What storing a file fails with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// The storage account refuses or fails.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// There is no cipher for it.
    #[error(transparent)]
    Key(#[from] ApiError),
}

/// Puts a local file into an asset, in place of what is there, encrypted if it is to be.
pub(crate) async fn write(
    app: &App,
    encryption: Option<&OutputEncryption>,
    file: &mut Record,
    path: &Path,
) -> Result<(), WriteError> {
    let container = asset::container_of(file.text("ParentAssetId"));
    let (name, content_type) = (file.text("Name").to_owned(), file.text("MimeType").to_owned());
    match encryption {
        None => app.blob_store.write_from_file(&container, &name, &content_type, path).await?,
        Some(encryption) => {
            let stream = through(encryption.begin(file)?, 0, file_stream(path).await?);
            app.blob_store.put_stream(&container, &name, &content_type, stream).await?
        }
    };
    Ok(())
}

impl OutputEncryption {
    /// The cipher of another file: describes it in the file's record.
    fn begin(&self, file: &mut Record) -> Result<StorageCipher, ApiError> {
        let mut iv = [0; 8];
        getrandom::fill(&mut iv).map_err(ApiError::internal)?;
        let iv = u64::from_be_bytes(iv);
        file.put("IsEncrypted", true);
        file.put("EncryptionScheme", SCHEME);
        file.put("EncryptionVersion", VERSION);
        file.put("EncryptionKeyId", self.key_id.as_str());
        file.put("InitializationVector", iv.to_string());
        StorageCipher::new(self.key.expose_secret(), iv)
            .map_err(|error| ApiError::bad_request(format!("The output has no cipher: {error}.")))
    }
}
