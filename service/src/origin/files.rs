//! The files of assets, opened once and kept as long as neither they nor their keys change.

use std::sync::Arc;

use super::OriginError;
use super::memory::Reading;
use crate::generation::Marks;
use crate::keys::{AssetFile, FileReader};
use crate::sets;

/// A file of an asset.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct FileKey {
    asset: String,
    name: String,
}

/// Opens a file of an asset; it need not be there.
pub(super) async fn open(
    reading: &mut Reading<'_>,
    asset: &str,
    name: &str,
) -> Result<FileReader, OriginError> {
    let key = FileKey { asset: asset.to_owned(), name: name.to_owned() };
    let files = &reading.app.origin.files;
    let found = files.get(reading, &key, |reading, _| Box::pin(find(reading, &key))).await?;
    Ok(FileReader::new(reading.app, found, Arc::clone(&reading.guard)))
}

async fn find(reading: Reading<'_>, key: &FileKey) -> Result<(Arc<AssetFile>, Marks), OriginError> {
    let (app, generations) = (reading.app, reading.app.store.generations());
    let mut marks = reading.marks;
    marks.add(app.blob_store.mark(&sets::asset::container_of(&key.asset)));
    marks.add(generations.set(sets::set("Files")?));
    let found = AssetFile::find(app, &key.asset, &key.name, &mut marks).await?;
    Ok((Arc::new(found), marks))
}

/// About what an open file takes in memory, in bytes.
pub(super) fn weight(key: &FileKey, file: &Arc<AssetFile>) -> u32 {
    let names = u32::try_from(key.asset.len() + key.name.len()).unwrap_or(u32::MAX);
    file.weight().saturating_add(names).saturating_add(256)
}
