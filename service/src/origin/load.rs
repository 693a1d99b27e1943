//! From an asset's files to a presentation, once per version of its server manifest.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use packager::{Locate, Mp4, Presentation, ServerManifest, Step};

use super::{Code, OriginError, PresentationKey};
use crate::app::App;
use crate::keys::FileReader;

/// Larger server manifests are refused.
const LARGEST_ISM: u64 = 1 << 20;

/// The presentation of a server manifest: from memory, or read by one request while others wait.
pub(super) async fn presentation(
    app: &App,
    asset: &str,
    ism: &str,
) -> Result<Arc<Presentation>, OriginError> {
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
) -> Result<Arc<Presentation>, OriginError> {
    let unsupported = |message: String| OriginError::new(Code::FormatNotSupported, message);
    let manifest = read(file, 0..size).await?;
    let manifest =
        std::str::from_utf8(&manifest).map_err(|_| unsupported(format!("{ism} is not UTF-8.")))?;
    let manifest = ServerManifest::parse(manifest.trim_start_matches('\u{feff}'))
        .map_err(|error| unsupported(format!("{ism}: {error}")))?;
    let mut files = BTreeMap::new();
    for name in manifest.files() {
        files.insert(name.to_owned(), Arc::new(mp4(app, asset, name).await?));
    }
    Ok(Arc::new(Presentation::new(manifest.renditions(&files)?)?.naming_texts(&manifest)))
}

/// Reads the index of an MP4 file: its `moov` and `moof` boxes, and nothing of its samples.
async fn mp4(app: &App, asset: &str, name: &str) -> Result<Mp4, OriginError> {
    let file = FileReader::open(app, asset, name).await?;
    let missing = || packager::Error::MissingFile { file: name.to_owned() };
    let size = file.info().ok_or_else(missing)?.size;
    let mut locate = Locate::new(name, size);
    let mut step = locate.start();
    let boxes = loop {
        match step {
            Step::Read(range) => step = locate.feed(read(&file, range).await?)?,
            Step::Found(boxes) => break boxes,
        }
    };
    // An hour of samples takes milliseconds: not on a thread that others wait for.
    let name = name.to_owned();
    let parsed = tokio::task::spawn_blocking(move || Mp4::parse(&name, boxes, size)).await;
    Ok(parsed.map_err(OriginError::internal)??)
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

/// What a presentation takes in memory, in bytes.
pub(super) fn weight(presentation: &Presentation) -> u32 {
    u32::try_from(presentation.memory()).unwrap_or(u32::MAX)
}
