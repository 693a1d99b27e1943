//! The subtitles of an asset: looked for whenever its files have changed, so that one uploaded a
//! moment ago is seen; read once per version.

use std::sync::Arc;

use axum::http::HeaderValue;
use futures_util::{StreamExt as _, stream};
use moka::future::Cache;
use packager::text::{MAX_FILE, Subtitles, TextError, TextFile, TextFragment, TextProblem};
use packager::{Presentation, Request};

use super::answer::{Kind, Meta};
use super::content::Content as Body;
use super::memory::{IDLE, Reading};
use super::tag::Tag;
use super::{OriginError, files, load};
use crate::blob::BlobInfo;
use crate::keys::FileReader;
use crate::sets::{self, asset::container_of};

/// Subtitles in memory, in bytes.
const CACHE_SIZE: u64 = 32 << 20;
/// Most files of an asset. Films have up to forty languages.
const MOST: usize = 100;
/// Files that one request reads at the same time.
const AT_ONCE: usize = 8;

/// A version of a file of subtitles.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Version {
    asset: String,
    file: String,
    etag: String,
}

/// What was read of a version, be it that it cannot be used.
type Content = Result<Arc<Subtitles>, TextError>;

/// What was read lately.
pub(super) type Contents = Cache<Version, Content>;

/// An empty memory.
pub(super) fn contents() -> Contents {
    let weight = |version: &Version, content: &Content| {
        let key = version.asset.len() + version.file.len() + version.etag.len();
        let content = content.as_ref().map_or(size_of::<TextError>(), |texts| texts.weight());
        u32::try_from(key + content).unwrap_or(u32::MAX)
    };
    Cache::builder().max_capacity(CACHE_SIZE).weigher(weight).time_to_idle(IDLE).build()
}

/// The presentation with its subtitles, if a request has to do with them: manifests list them, and
/// what is no other track may be one of them.
pub(super) async fn add(
    reading: &mut Reading<'_>,
    asset: &str,
    request: &Request,
    presentation: Arc<Presentation>,
) -> Result<Arc<Presentation>, OriginError> {
    if request.track().is_some_and(|track| presentation.stream(track).is_ok()) {
        return Ok(presentation);
    }
    let (store, generations) = (&reading.app.blob_store, reading.app.store.generations());
    let container = container_of(asset);
    // Of files that are there, and of those that are not, and of what they are encrypted with.
    reading.marks.add(store.mark(&container));
    reading.marks.add(generations.set(sets::set("Files")?));
    reading.marks.add(generations.set(sets::set("ContentKeys")?));
    let found = store.list_ending(&container, ".vtt", MOST).await;
    let found = found.map_err(OriginError::internal)?;
    let mut files = presentation.text_files(found.iter().map(|blob| blob.name.as_str()));
    files.truncate(MOST);
    if files.is_empty() {
        return Ok(presentation);
    }
    let shared = &*reading;
    let contents = stream::iter(files).map(|file| async {
        let known = found.iter().find(|blob| blob.name == file.file);
        let content = content(shared, asset, &file.file, known).await;
        (file, content)
    });
    let contents: Vec<_> = contents.buffered(AT_ONCE).collect().await;
    let mut texts = Vec::with_capacity(contents.len());
    for (file, content) in contents {
        match content {
            Ok(content) => texts.push((file, content)),
            // Nothing about subtitles must keep anybody from the video.
            Err(error) => {
                tracing::warn!(asset, file = file.file, %error, "subtitles are left out");
                if !error.is_not_found() {
                    reading.marks.miss();
                }
            }
        }
    }
    Ok(Arc::new(presentation.with_texts(texts.into_iter().filter(is_shown))))
}

/// An index of thumbnails that nobody has listed is not among the subtitles.
fn is_shown((file, content): &(TextFile, Content)) -> bool {
    file.listed || !content.as_ref().is_ok_and(|texts| texts.are_thumbnails())
}

/// What is in a file.
async fn content(
    reading: &Reading<'_>,
    asset: &str,
    name: &str,
    known: Option<&BlobInfo>,
) -> Result<Content, OriginError> {
    let etag = match known {
        Some(info) => info.etag.as_str().to_owned(),
        None => open(reading, asset, name).await?.1.etag.as_str().to_owned(),
    };
    let version = Version { asset: asset.to_owned(), file: name.to_owned(), etag };
    let known = &reading.app.origin.subtitles;
    let read = known.try_get_with(version, Box::pin(read(reading, asset, name)));
    read.await.map_err(|error| (*error).clone())
}

async fn open(
    reading: &Reading<'_>,
    asset: &str,
    name: &str,
) -> Result<(FileReader, BlobInfo), OriginError> {
    let file = files::open(&mut reading.another(), asset, name).await?;
    let info = file.info().cloned();
    let info = info.ok_or_else(|| OriginError::not_found(format!("There is no file {name}.")))?;
    Ok((file, info))
}

/// Reads a file and says what is wrong with it, once for each version.
async fn read(reading: &Reading<'_>, asset: &str, name: &str) -> Result<Content, OriginError> {
    let (file, info) = open(reading, asset, name).await?;
    let name = info.name;
    let content = if info.size > MAX_FILE as u64 {
        let problem = TextProblem::TooLarge { limit: MAX_FILE };
        Err(TextError { file: name.clone(), line: 1, problem })
    } else {
        let bytes = load::read(&file, 0..info.size).await?;
        let name = name.clone();
        // Megabytes take milliseconds: not on a thread that others wait for.
        let parse = move || Subtitles::parse(&name, &bytes).map(Arc::new);
        tokio::task::spawn_blocking(parse).await.map_err(OriginError::internal)?
    };
    match &content {
        Err(error) => tracing::warn!(asset, %error, "subtitles cannot be read and are left out"),
        Ok(texts) => texts.warnings().iter().for_each(|warning| {
            tracing::warn!(asset, file = name, %warning, "subtitles are odd");
        }),
    }
    Ok(content)
}

/// What a fragment is answered with.
pub(super) fn answer(fragment: TextFragment) -> (Meta, Body) {
    let meta = Meta {
        content_type: HeaderValue::from_static(fragment.content_type),
        tag: Tag::new().with(&fragment.body).finish(),
        modified: None,
        kind: Kind::Fragment,
        duration: None,
    };
    (meta, fragment.body.into())
}
