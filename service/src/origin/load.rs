//! From an asset's files to a presentation, once per version of its server manifest.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use packager::{Presentation, ServerManifest};

use super::described::Versions;
use super::memory::Reading;
use super::{Code, OriginError, files};
use crate::blob::BlobInfo;
use crate::generation::Marks;
use crate::keys::FileReader;
use crate::sample_index;

/// Larger server manifests are refused.
const LARGEST_ISM: u64 = 1 << 20;

/// About what a cache takes for an entry, and maps for each of its own.
const PER_ENTRY: usize = 512;
const PER_FILE: usize = 128;

/// A server manifest of an asset.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PresentationKey {
    asset: String,
    ism: String,
}

/// A presentation, and the files that it was read from.
#[derive(Debug)]
pub(super) struct Loaded {
    /// The presentation.
    pub(super) presentation: Arc<Presentation>,
    /// The versions of its media files.
    pub(super) versions: Versions,
    /// When the last of the files was changed.
    pub(super) modified: Timestamp,
    /// Names and tags of the files.
    files: Vec<(String, String)>,
}

impl Loaded {
    /// The tags of the files.
    pub(super) fn tags(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|(_, tag)| tag.as_str())
    }
}

/// The presentation of a server manifest: from memory, or read by one request while others wait.
pub(super) async fn presentation(
    reading: &mut Reading<'_>,
    asset: &str,
    ism: &str,
) -> Result<Arc<Loaded>, OriginError> {
    let key = PresentationKey { asset: asset.to_owned(), ism: ism.to_owned() };
    let presentations = &reading.app.origin.presentations;
    presentations.get(reading, &key, |reading, old| Box::pin(current(reading, &key, old))).await
}

/// The presentation that was read before, if its files are as they were; or else it is read again.
async fn current(
    mut reading: Reading<'_>,
    key: &PresentationKey,
    old: Option<Arc<Loaded>>,
) -> Result<(Arc<Loaded>, Marks), OriginError> {
    if let Some(old) = old {
        let mut same = true;
        for (name, tag) in &old.files {
            let file = files::open(&mut reading, &key.asset, name).await?;
            same &= file.info().is_some_and(|info| info.etag.as_str() == tag);
        }
        if same {
            return Ok((old, reading.marks));
        }
    }
    let loaded = load(&mut reading, &key.asset, &key.ism).await?;
    Ok((Arc::new(loaded), reading.marks))
}

fn no_server_manifest(ism: &str) -> OriginError {
    OriginError::not_found(format!(
        "There is no file {ism}. Streams need a server manifest: encoding writes one, and one can be \
         uploaded beside MP4 files."
    ))
}

async fn load(reading: &mut Reading<'_>, asset: &str, ism: &str) -> Result<Loaded, OriginError> {
    let unsupported = |message: String| OriginError::new(Code::FormatNotSupported, message);
    let file = files::open(reading, asset, ism).await?;
    let info = file.info().ok_or_else(|| no_server_manifest(ism))?;
    if info.size > LARGEST_ISM {
        return Err(unsupported(format!("{ism} is larger than {LARGEST_ISM} bytes.")));
    }
    let manifest = read(&file, 0..info.size).await?;
    let manifest =
        ServerManifest::read(&manifest).map_err(|error| unsupported(format!("{ism}: {error}")))?;
    let (mut tags, mut modified) = (vec![tag(info)], info.last_modified);
    let (mut opened, mut versions) = (Vec::new(), Versions::new());
    for name in manifest.files() {
        let file = files::open(reading, asset, name).await?;
        let missing = || packager::Error::MissingFile { file: name.to_owned() };
        let info = file.info().ok_or_else(missing)?;
        tags.push(tag(info));
        modified = modified.max(info.last_modified);
        versions.insert(name.to_owned(), info.version());
        opened.push(file);
    }
    let heads = sample_index::heads(reading.app, asset, &opened).await?;
    let heads = heads.into_iter().map(|head| (head.file().to_owned(), Arc::new(head))).collect();
    // A day in thirty renditions takes a tenth of a second: not on a thread that others wait for.
    let built = tokio::task::spawn_blocking(move || {
        let presentation = Presentation::new(manifest.renditions(&heads)?)?;
        Ok::<_, packager::Error>(presentation.naming_texts(&manifest))
    });
    let presentation = Arc::new(built.await.map_err(OriginError::internal)??);
    Ok(Loaded { presentation, versions, modified, files: tags })
}

/// The name and the tag of a file.
fn tag(info: &BlobInfo) -> (String, String) {
    (info.name.clone(), info.etag.as_str().to_owned())
}

/// A range of a file, in memory.
pub(super) async fn read(
    file: &FileReader,
    range: std::ops::Range<u64>,
) -> Result<Bytes, OriginError> {
    if range.is_empty() {
        return Ok(Bytes::new());
    }
    Ok(file.bytes(range).await?)
}

/// What a presentation takes in memory, in bytes.
pub(super) fn weight(_: &PresentationKey, loaded: &Arc<Loaded>) -> u32 {
    let names = loaded.files.iter().map(|(name, tag)| 2 * name.len() + tag.len() + PER_FILE);
    let all = loaded.presentation.memory() + names.sum::<usize>() + PER_ENTRY;
    u32::try_from(all).unwrap_or(u32::MAX)
}
