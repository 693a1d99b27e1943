//! From a preset and a source to the exact work: which renditions, at which
//! size, into which files.

use super::error::{ErrorCode, TaskError};
use super::ladder::{self, even};
use super::names::{self, Macros};
use super::preset::{
    AudioCodec, Complexity, Container, Extent, Layer, NoVideo, OutputPattern, Preset, Rational,
    Recipe, StretchMode, Tracks, VideoCodec,
};
use super::probe::{Source, VideoSource};
use super::tools::X264Preset;

/// Pixels of all renditions together; about twice what the largest system
/// preset needs. Bounds the memory one preset can take.
const MAX_PIXELS: u64 = 128_000_000;

/// The work of one task.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    pub(super) video: Option<VideoPlan>,
    pub(super) audio: Option<AudioPlan>,
    /// At least one.
    pub(super) files: Vec<FilePlan>,
    /// Length in seconds, if known.
    pub(super) duration: Option<f64>,
}

/// The picture: decoded once, encoded in several renditions.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct VideoPlan {
    pub(super) input: VideoInput,
    pub(super) frame_rate: Rational,
    /// Frames from one IDR frame to the next, the same in all renditions.
    pub(super) gop: u32,
    pub(super) scene_change_detection: bool,
    pub(super) x264_preset: X264Preset,
    pub(super) renditions: Vec<Rendition>,
}

/// Where the picture comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VideoInput {
    /// A stream of the source.
    Stream { index: u32, interlaced: bool },
    /// A black picture of this length in seconds.
    Black { seconds: Seconds },
}

/// One encoded size and rate.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rendition {
    /// What the source's picture is scaled to.
    pub(super) picture: (u32, u32),
    /// The encoded size; larger than the picture when it has black bars.
    pub(super) frame: (u32, u32),
    pub(super) layer: Layer,
}

/// The sound: decoded once and encoded once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AudioPlan {
    pub(super) input: AudioInput,
    pub(super) codec: AudioCodec,
    /// Three-letter language code.
    pub(super) language: String,
}

/// Where the sound comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AudioInput {
    /// A stream of the source.
    Stream { index: u32 },
    /// Silence of this length.
    Silence { seconds: Seconds },
}

/// A length in milliseconds, written as seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seconds(u64);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

/// An output file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilePlan {
    pub(super) name: String,
    pub(super) container: Container,
    /// Number of the rendition in it.
    pub(super) rendition: Option<usize>,
    pub(super) audio: bool,
}

/// Plans `preset` for `source`, the file that the client calls `name`.
///
/// # Errors
/// `ErrorParsingConfiguration` when the preset's files cannot be named,
/// `ErrorExecutingTaskUnsupportedFormat` when the source lacks what the preset
/// needs.
pub(super) fn plan(
    preset: &Preset,
    source: &Source,
    name: &str,
    balanced: X264Preset,
) -> Result<Plan, TaskError> {
    let computed;
    let recipe = match preset {
        Preset::Recipe(recipe) => recipe,
        Preset::Adaptive { interleaved } => {
            computed = ladder::recipe(source.video.as_ref(), source.audio.is_some(), *interleaved);
            &computed
        }
    };
    let video = match &recipe.video {
        Some(codec) => plan_video(codec, source, name, balanced)?,
        None => None,
    };
    let audio = match &recipe.audio {
        Some(codec) => plan_audio(codec, source, name)?,
        None => None,
    };
    let files = plan_files(recipe, video.as_ref(), audio.as_ref(), name)?;
    if files.is_empty() {
        let lacks = if recipe.audio.is_none() { "video" } else { "audio" };
        return Err(unsupported(
            name,
            &format!("has no {lacks}, and the preset makes nothing else"),
        ));
    }
    Ok(Plan { video, audio, files, duration: source.duration })
}

fn unsupported(name: &str, what: &str) -> TaskError {
    TaskError::new(
        ErrorCode::ExecutingTaskUnsupportedFormat,
        format!("the input file {name:?} {what}"),
    )
}

fn length(source: &Source, name: &str) -> Result<Seconds, TaskError> {
    source
        .duration
        // Saturates; no file is that long.
        .map(|seconds| Seconds((seconds * 1000.0).round() as u64))
        .ok_or_else(|| {
            unsupported(
                name,
                "does not say how long it is, so the missing track cannot be filled in",
            )
        })
}

fn plan_video(
    codec: &VideoCodec,
    source: &Source,
    name: &str,
    balanced: X264Preset,
) -> Result<Option<VideoPlan>, TaskError> {
    let black;
    let (picture, input) = match (&source.video, codec.no_video) {
        (Some(video), _) => {
            let input = VideoInput::Stream { index: video.index, interlaced: video.interlaced };
            (video, input)
        }
        (None, NoVideo::AudioOnly) => return Ok(None),
        (None, NoVideo::Black | NoVideo::BlackBottomLayer) => {
            black = VideoSource::default();
            let seconds = length(source, name)?;
            (&black, VideoInput::Black { seconds })
        }
    };
    let mut layers: Vec<&Layer> = codec.layers.iter().collect();
    if source.video.is_none() && codec.no_video == NoVideo::BlackBottomLayer {
        layers = layers.into_iter().min_by_key(|l| l.bitrate).into_iter().collect();
    }
    let renditions: Vec<_> =
        layers.into_iter().map(|layer| rendition(layer, codec, picture)).collect();
    let pixels: u64 = renditions.iter().map(|r| u64::from(r.frame.0) * u64::from(r.frame.1)).sum();
    if pixels > MAX_PIXELS {
        return Err(TaskError::configuration(format!(
            "the layers have {pixels} pixels together, more than the limit of {MAX_PIXELS}"
        )));
    }
    let frame_rate =
        codec.layers.first().and_then(|layer| layer.frame_rate).unwrap_or(picture.frame_rate);
    let gop = frame_rate.value() * f64::from(codec.key_frame_interval_ms) / 1000.0;
    Ok(Some(VideoPlan {
        input,
        frame_rate,
        // Bounded: at most 240 frames per second for a minute.
        gop: (gop.round() as u32).max(1),
        scene_change_detection: codec.scene_change_detection,
        x264_preset: match codec.complexity {
            Complexity::Speed => balanced.slower_by(-1),
            Complexity::Balanced => balanced,
            Complexity::Quality => balanced.slower_by(2),
        },
        renditions,
    }))
}

fn rendition(layer: &Layer, codec: &VideoCodec, source: &VideoSource) -> Rendition {
    let swap = |(a, b): (u32, u32), really: bool| if really { (b, a) } else { (a, b) };
    // Presets speak of the picture as it was recorded, before rotation.
    let recorded = swap((source.width, source.height), source.rotated);
    let window = swap(
        (extent(layer.width, recorded.0), extent(layer.height, recorded.1)),
        source.rotated && codec.preserve_resolution_after_rotation,
    );
    let fitted = fit((source.width, source.height), window);
    let (picture, frame) = match codec.stretch {
        StretchMode::None => (window, window),
        StretchMode::AutoSize => (fitted, fitted),
        StretchMode::AutoFit => (fitted, window),
    };
    Rendition { picture, frame, layer: layer.clone() }
}

fn extent(extent: Extent, source: u32) -> u32 {
    match extent {
        Extent::Pixels(pixels) => pixels,
        Extent::Percent(percent) => even(f64::from(source) * f64::from(percent) / 100.0),
    }
}

/// The largest size inside `window` that has the shape of `source`.
fn fit(source: (u32, u32), window: (u32, u32)) -> (u32, u32) {
    let shape = f64::from(source.0) / f64::from(source.1.max(1));
    let at_full_width = even(f64::from(window.0) / shape);
    if at_full_width <= window.1 {
        (window.0, at_full_width)
    } else {
        (even(f64::from(window.1) * shape).min(window.0), window.1)
    }
}

fn plan_audio(
    codec: &AudioCodec,
    source: &Source,
    name: &str,
) -> Result<Option<AudioPlan>, TaskError> {
    let (input, language) = match &source.audio {
        Some(audio) => (AudioInput::Stream { index: audio.index }, audio.language.clone()),
        None if codec.silence_if_no_audio => {
            (AudioInput::Silence { seconds: length(source, name)? }, "und".to_owned())
        }
        None => return Ok(None),
    };
    Ok(Some(AudioPlan { input, codec: codec.clone(), language }))
}

fn plan_files(
    recipe: &Recipe,
    video: Option<&VideoPlan>,
    audio: Option<&AudioPlan>,
    name: &str,
) -> Result<Vec<FilePlan>, TaskError> {
    let basename = names::basename(name);
    let mut files: Vec<FilePlan> = Vec::new();
    for output in &recipe.outputs {
        let audio = audio.filter(|_| output.tracks != Tracks::Video);
        let video = video.filter(|_| output.tracks != Tracks::Audio);
        let renditions: Vec<Option<usize>> = match (video, audio) {
            (Some(video), _) => (0..video.renditions.len()).map(Some).collect(),
            (None, Some(_)) => vec![None],
            (None, None) => continue,
        };
        for (number, rendition) in renditions.into_iter().enumerate() {
            let picture = video.and_then(|v| v.renditions.get(rendition?));
            let file = FilePlan {
                name: file_name(output, &basename, picture, audio, number + 1)?,
                container: output.container,
                rendition,
                audio: audio.is_some(),
            };
            if files.iter().any(|other| other.name == file.name) {
                return Err(TaskError::configuration(format!(
                    "the preset makes two files called {:?}; put macros such as {{Width}}, \
                     {{VideoBitrate}} or {{Index}} into FileName",
                    file.name
                )));
            }
            files.push(file);
        }
    }
    Ok(files)
}

fn file_name(
    output: &OutputPattern,
    basename: &str,
    picture: Option<&Rendition>,
    audio: Option<&AudioPlan>,
    index: usize,
) -> Result<String, TaskError> {
    let extension = output.container.extension();
    let macros = Macros {
        basename,
        video: picture.map(|r| (r.frame.0, r.frame.1, r.layer.bitrate)),
        audio: audio.map(|a| (a.codec.channels, a.codec.bitrate)),
        index,
        extension,
    };
    let fallback = ladder::AUDIO_NAME.replace(Container::Mp4.extension(), extension);
    let pattern = if picture.is_some() || names::fits_audio(&output.file_name) {
        &output.file_name
    } else {
        &fallback
    };
    names::expand(pattern, &macros)
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
