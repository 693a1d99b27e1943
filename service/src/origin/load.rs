//! From an asset's files to a presentation, once per version of its server manifest.

use std::sync::Arc;

use bytes::Bytes;
use packager::{Presentation, ServerManifest};

use super::described::Versions;
use super::{Code, OriginError, PresentationKey};
use crate::app::App;
use crate::keys::FileReader;
use crate::sample_index;

/// Larger server manifests are refused.
const LARGEST_ISM: u64 = 1 << 20;

/// About what a cache takes for an entry, and a map for each of its own.
const PER_ENTRY: usize = 512;
const PER_FILE: usize = 64;

/// A presentation, and the versions of the files that it is of.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) presentation: Arc<Presentation>,
    pub(super) versions: Versions,
}

/// The presentation of a server manifest: from memory, or read by one request while others wait.
pub(super) async fn presentation(
    app: &App,
    asset: &str,
    ism: &str,
) -> Result<Arc<Loaded>, OriginError> {
    let file = FileReader::open(app, asset, ism).await?;
    let info =
        file.info().ok_or_else(|| OriginError::not_found(format!("There is no file {ism}.")))?;
    if info.size > LARGEST_ISM {
        let message = format!("{ism} is larger than {LARGEST_ISM} bytes.");
        return Err(OriginError::new(Code::FormatNotSupported, message));
    }
    let key = PresentationKey {
        asset: asset.to_owned(),
        ism: ism.to_owned(),
        etag: info.etag.as_str().to_owned(),
    };
    let load = Box::pin(load(app, asset, &file, ism, info.size));
    let loaded = app.origin.presentations.try_get_with(key, load).await;
    loaded.map_err(|error| (*error).clone())
}

async fn load(
    app: &App,
    asset: &str,
    file: &FileReader,
    ism: &str,
    size: u64,
) -> Result<Arc<Loaded>, OriginError> {
    let unsupported = |message: String| OriginError::new(Code::FormatNotSupported, message);
    let manifest = read(file, 0..size).await?;
    let manifest =
        ServerManifest::read(&manifest).map_err(|error| unsupported(format!("{ism}: {error}")))?;
    let mut files = Vec::new();
    let mut versions = Versions::new();
    for name in manifest.files() {
        let file = FileReader::open(app, asset, name).await?;
        let missing = || packager::Error::MissingFile { file: name.to_owned() };
        versions.insert(name.to_owned(), file.info().ok_or_else(missing)?.version());
        files.push(file);
    }
    let heads = sample_index::heads(app, asset, &files).await?;
    let heads = heads.into_iter().map(|head| (head.file().to_owned(), Arc::new(head))).collect();
    let presentation = Presentation::new(manifest.renditions(&heads)?)?.naming_texts(&manifest);
    Ok(Arc::new(Loaded { presentation: Arc::new(presentation), versions }))
}

/// A range of a file, in memory.
pub(super) async fn read(
    file: &FileReader,
    range: std::ops::Range<u64>,
) -> Result<Bytes, OriginError> {
    if range.is_empty() {
        return Ok(Bytes::new());
    }
    file.bytes(range).await.map_err(OriginError::internal)
}

impl Loaded {
    /// What it takes in memory, in bytes.
    pub(super) fn weight(&self) -> u32 {
        let names = self.versions.keys().map(|name| name.len() + PER_FILE);
        let all = self.presentation.memory() + names.sum::<usize>() + PER_ENTRY;
        u32::try_from(all).unwrap_or(u32::MAX)
    }
}
