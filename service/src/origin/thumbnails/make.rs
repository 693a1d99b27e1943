//! Makes thumbnails: collects key frames into a small MP4 file, and has ffmpeg put them on sheets.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use packager::{DashFormat, Format, Fragment, Packaged, Presentation, Quality, Stream, TrackKind};
use sha2::{Digest as _, Sha256};
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

use super::layout;
use super::shelf::{self, INDEX, sheet};
use crate::app::App;
use crate::encode::{self, Tools};
use crate::keys::FileReader;
use crate::origin::load::Loaded;
use crate::origin::memory::Reading;
use crate::origin::{Code, OriginError, described, files};
use crate::sets::asset::container_of;

/// A second, in the units of presentations.
const SECOND: u64 = 10_000_000;
/// From one picture to the next.
const INTERVAL: u64 = 10 * SECOND;
/// Most pictures of a film; longer films have them less often.
const MOST: u64 = 1000;
/// Most bytes of key frames that are read for a film; with more, there are fewer pictures.
const MOST_BYTES: u64 = 256 << 20;
/// Changes when thumbnails are made in another way.
const EDITION: &str = "1";

/// What thumbnails are made of.
pub(super) struct Film {
    asset: String,
    loaded: Arc<Loaded>,
    track: String,
    bitrate: u64,
    file: FileReader,
    key: String,
}

/// A key frame, and the time from which on it stands for the film.
struct Picture {
    from: u64,
    fragment: Fragment,
}

impl Film {
    /// The smallest video of a presentation.
    pub(super) async fn of(
        reading: &mut Reading<'_>,
        asset: &str,
        ism: &str,
        loaded: Arc<Loaded>,
    ) -> Result<Self, OriginError> {
        let presentation = &loaded.presentation;
        let smallest = smallest(presentation).ok_or_else(|| {
            OriginError::new(Code::TrackNotFound, "There is no video to make thumbnails of.")
        });
        let (stream, quality) = smallest?;
        let (track, bitrate) = (stream.name().to_owned(), quality.bitrate());
        let file = files::open(reading, asset, quality.file()).await?;
        let missing = || OriginError::not_found("The video is not there any more.");
        let version = file.info().ok_or_else(missing)?.etag.quoted();
        let mut digest = Sha256::new();
        for part in [EDITION, asset, ism, quality.file(), &version] {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        digest.update(bitrate.to_be_bytes());
        digest.update(presentation.duration().to_be_bytes());
        let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let key = shelf::key(&container_of(asset), &digest);
        Ok(Self { asset: asset.to_owned(), loaded, track, bitrate, file, key })
    }

    /// Names this version of the film.
    pub(super) fn key(&self) -> String {
        self.key.clone()
    }

    /// Makes the index and the sheets, as files of an empty folder.
    pub(super) async fn make(&self, app: &App, folder: &Path) -> Result<(), OriginError> {
        let reading = Reading::new(app, Arc::new(app.blob_store.hold()));
        let pictures = self.pictures(&reading).await?;
        let work = Scratch::make(&app.scratch).await.map_err(OriginError::internal)?;
        let video = work.0.join("film.mp4");
        self.write(&pictures, &video).await?;
        let tools = tokio::task::spawn_blocking(Tools::find).await;
        let tools = tools.map_err(OriginError::internal)?.map_err(OriginError::internal)?;
        let shown = self.quality()?.track().shown_size().unwrap_or_default();
        let grid = layout::grid(shown, pictures.len());
        let unfit = |problem: String| {
            tracing::warn!(problem, "no thumbnails could be made");
            OriginError::new(Code::FormatNotSupported, "No pictures can be made of the video.")
        };
        let made = encode::sprites(&tools, &video, folder, grid).await;
        let count = made.map_err(|error| unfit(error.to_string()))?;
        // One that does not decode would move all that follow it to the wrong times.
        if count != pictures.len() {
            return Err(unfit(format!("{count} of {} key frames decode", pictures.len())));
        }
        for number in 0..layout::sheets(grid, count) {
            let path = folder.join(sheet(number as u64));
            fs::metadata(path).await.map_err(OriginError::internal)?;
        }
        let starts: Vec<_> = pictures.iter().map(|picture| picture.from).collect();
        let index = layout::index(grid, &starts, self.loaded.presentation.duration());
        fs::write(folder.join(INDEX), index).await.map_err(OriginError::internal)
    }

    /// Whether the video is still the one that the asset has.
    pub(super) async fn is_there(&self, app: &App) -> Result<bool, OriginError> {
        let mut reading = Reading::new(app, Arc::new(app.blob_store.hold()));
        let now = files::open(&mut reading, &self.asset, self.quality()?.file()).await?;
        let tag = |file: &FileReader| file.info().map(|info| info.etag.clone());
        Ok(tag(&now) == tag(&self.file))
    }

    fn quality(&self) -> Result<&Quality, OriginError> {
        Ok(self.loaded.presentation.stream(&self.track)?.quality(self.bitrate)?)
    }

    /// The key frames to show: as often as there is room for.
    async fn pictures(&self, reading: &Reading<'_>) -> Result<Vec<Picture>, OriginError> {
        let duration = self.loaded.presentation.duration().max(1);
        let mut interval = INTERVAL.max(duration.div_ceil(MOST));
        loop {
            let pictures = self.pictures_every(reading, interval).await?;
            let bytes: u64 = pictures.iter().map(|p| p.fragment.content_length()).sum();
            match bytes {
                0..=MOST_BYTES if !pictures.is_empty() => return Ok(pictures),
                _ if pictures.len() <= 1 => {
                    let message = "The video has no key frame of a size that can be shown.";
                    return Err(OriginError::new(Code::FormatNotSupported, message));
                }
                _ => interval = interval.saturating_mul(2),
            }
        }
    }

    /// The key frames nearest to the multiples of an interval, each of them once.
    async fn pictures_every(
        &self,
        reading: &Reading<'_>,
        interval: u64,
    ) -> Result<Vec<Picture>, OriginError> {
        let count = self.loaded.presentation.duration().max(1).div_ceil(interval);
        let mut pictures: Vec<Picture> = Vec::new();
        for number in 0..count {
            let from = number * interval;
            let plan = self.loaded.presentation.key_frame(&self.track, self.bitrate, from)?;
            let make = |read: &[Bytes]| plan.package(read);
            let (asset, versions) = (&self.asset, &self.loaded.versions);
            let packaged = described::make(reading, asset, versions, &plan.reads(), make).await?;
            let Packaged::Clear(fragment) = packaged else {
                return Err(OriginError::internal("a key frame is not in the clear"));
            };
            let known = pictures.last().map(|last| &last.fragment.ranges);
            if !fragment.ranges.is_empty() && known != Some(&fragment.ranges) {
                pictures.push(Picture { from, fragment });
            }
        }
        // What is before the first picture is shown by it.
        if let Some(first) = pictures.first_mut() {
            first.from = 0;
        }
        Ok(pictures)
    }

    /// Writes an MP4 file that has these key frames and nothing else.
    async fn write(&self, pictures: &[Picture], path: &Path) -> Result<(), OriginError> {
        let format = Format::Dash(DashFormat::Csf);
        let init = self.loaded.presentation.init(&self.track, self.bitrate, format)?;
        let out = fs::File::create(path).await.map_err(OriginError::internal)?;
        let mut out = tokio::io::BufWriter::new(out);
        let mut put =
            async |bytes: &Bytes| out.write_all(bytes).await.map_err(OriginError::internal);
        put(&init).await?;
        for Picture { fragment, .. } in pictures {
            put(&fragment.head).await?;
            for range in &fragment.ranges {
                put(&self.read(range.clone()).await?).await?;
            }
        }
        out.flush().await.map_err(OriginError::internal)
    }

    async fn read(&self, range: Range<u64>) -> Result<Bytes, OriginError> {
        Ok(self.file.bytes(range).await?)
    }
}

/// The video with the fewest pixels, and of those the one with the lowest bitrate.
fn smallest(presentation: &Presentation) -> Option<(&Stream, &Quality)> {
    let streams = presentation.streams().iter().filter(|stream| stream.kind() == TrackKind::Video);
    let all =
        streams.flat_map(|stream| stream.qualities().iter().map(move |quality| (stream, quality)));
    all.min_by_key(|(_, quality)| {
        let size = quality.track().video_info();
        let pixels = size.map_or(u32::MAX, |size| u32::from(size.width) * u32::from(size.height));
        (pixels, quality.bitrate())
    })
}

/// A folder for work, which goes when the work ends, however it ends.
struct Scratch(PathBuf);

impl Scratch {
    async fn make(parent: &Path) -> std::io::Result<Self> {
        let path = parent.join(format!("thumbnails-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&path).await?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let path = std::mem::take(&mut self.0);
        tokio::task::spawn_blocking(move || std::fs::remove_dir_all(path));
    }
}
