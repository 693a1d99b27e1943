//! What a preset's clips are made of: input files that have been found and looked at.

use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::clip::{Clip, Overlay};
use super::error::{ErrorCode, TaskError};
use super::preset::Preset;
use super::probe::{self, Accept, Description, Source};
use super::tools::EncodeSettings;
use super::{InputAsset, InputFile, Role};

/// A picture that is laid over another is kept with four bytes a pixel.
const MAX_OVERLAY_PIXELS: u64 = 40_000_000;

/// Images have no length, videos do; a moving image goes on for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OverlayKind {
    Still,
    Animation,
    Video,
}

/// A file that is laid over a picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OverlayFile {
    pub(super) path: PathBuf,
    pub(super) kind: OverlayKind,
    pub(super) source: Source,
}

/// A clip and its files.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Material {
    pub(super) clip: Clip,
    pub(super) path: PathBuf,
    /// What the client calls the file.
    pub(super) name: String,
    /// What is in the file; its sound is that of the file of sound if there is one.
    pub(super) source: Source,
    /// The file that the sound is in, if it is another.
    pub(super) sound: Option<PathBuf>,
    pub(super) overlay: Option<OverlayFile>,
}

/// Finds and describes the files of `preset`; the description is that of the first.
///
/// # Errors
/// `ErrorParsingConfiguration` when the preset names an asset or a file that the task does not
/// have; and whatever is wrong with the files.
pub(super) async fn gather(
    settings: &EncodeSettings,
    preset: &Preset,
    inputs: &[InputAsset],
    cancel: &CancellationToken,
) -> Result<(Description, Vec<Material>), TaskError> {
    let mut first = None;
    let mut materials: Vec<Material> = Vec::new();
    for clip in preset.clips() {
        let asset = asset_of(&clip, inputs)?;
        let file = primary(asset)?;
        let source = match materials.iter().find(|other| other.path == file.path) {
            Some(known) => known.source.clone(),
            None => {
                let (path, name) = (&file.path, &file.name);
                let description =
                    probe::describe(settings, path, name, Accept::Media, cancel).await?;
                let source = probe::source(&description, name)?;
                first.get_or_insert(description);
                source
            }
        };
        let overlay = match &clip.filters.overlay {
            Some(overlay) => Some(look_at(settings, overlay, asset, cancel).await?),
            None => None,
        };
        let sound = asset.files.iter().find(|file| file.role == Role::Sound);
        let mut source = source;
        if let Some(sound) = sound {
            let description =
                probe::describe(settings, &sound.path, &sound.name, Accept::Media, cancel).await?;
            source.audio = probe::source(&description, &sound.name)?.audio;
        }
        let sound = sound.map(|file| file.path.clone());
        let (path, name) = (file.path.clone(), file.name.clone());
        materials.push(Material { clip, path, name, source, sound, overlay });
    }
    let first = first.ok_or_else(|| TaskError::processing("the preset has no sources"))?;
    Ok((first, materials))
}

fn asset_of<'a>(clip: &Clip, inputs: &'a [InputAsset]) -> Result<&'a InputAsset, TaskError> {
    let found = match &clip.asset {
        None => inputs.first(),
        Some(guid) => inputs.iter().find(|input| input.guid() == *guid),
    };
    found.ok_or_else(|| match &clip.asset {
        Some(guid) => TaskError::configuration(format!(
            "{}: AssetID {guid} is not an input asset of the task",
            clip.place
        )),
        None => TaskError::new(
            ErrorCode::DownloadingInputAssetMalformedContent,
            "the task has no input asset",
        ),
    })
}

fn primary(asset: &InputAsset) -> Result<&InputFile, TaskError> {
    match asset.files.as_slice() {
        [only] => Ok(only),
        several => several.iter().find(|file| file.role == Role::Primary).ok_or_else(|| {
            TaskError::new(
                ErrorCode::DownloadingInputAssetMalformedContent,
                if several.is_empty() {
                    "the input asset has no files; upload a media file first"
                } else {
                    "the input asset has several files and none is primary; set IsPrimary on one"
                },
            )
        }),
    }
}

async fn look_at(
    settings: &EncodeSettings,
    overlay: &Overlay,
    asset: &InputAsset,
    cancel: &CancellationToken,
) -> Result<OverlayFile, TaskError> {
    let name = &overlay.source;
    let file = asset.files.iter().find(|file| file.name == *name).ok_or_else(|| {
        TaskError::configuration(format!(
            "{}: the input asset has no file {name:?}; upload the overlay into the asset of the \
             video",
            overlay.place
        ))
    })?;
    let path: &Path = &file.path;
    let description = probe::describe(settings, path, name, Accept::MediaOrImage, cancel).await?;
    let source = probe::source(&description, name)?;
    let unsupported = |what: String| {
        TaskError::new(
            ErrorCode::ExecutingTaskUnsupportedFormat,
            format!("the overlay {name:?} {what}"),
        )
    };
    let (width, height) = match &source.video {
        Some(video) => video.stored,
        None => return Err(unsupported("has no picture".to_owned())),
    };
    if u64::from(width) * u64::from(height) > MAX_OVERLAY_PIXELS {
        let most = MAX_OVERLAY_PIXELS / 1_000_000;
        return Err(unsupported(format!("is {width}x{height}; it can have {most} megapixels")));
    }
    let kind = match description.format.format_name.as_str() {
        "gif" => OverlayKind::Animation,
        format if format.ends_with("_pipe") => OverlayKind::Still,
        _ => OverlayKind::Video,
    };
    Ok(OverlayFile { path: path.to_owned(), kind, source })
}

/// Every clip of `preset` from the same source, without overlays: for tests and fuzz targets.
pub(super) fn sample(preset: &Preset, source: &Source, name: &str) -> Vec<Material> {
    let material = |clip| Material {
        clip,
        path: PathBuf::from("/in/clip.mp4"),
        name: name.to_owned(),
        source: source.clone(),
        sound: None,
        overlay: None,
    };
    preset.clips().into_iter().map(material).collect()
}
