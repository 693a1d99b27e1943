//! From a preset and its sources to the exact work: which renditions, at which
//! size, into which files.

pub(super) mod chunks;
mod copies;
mod files;
mod images;
mod segments;
mod sizes;

use std::path::PathBuf;

use super::error::{ErrorCode, TaskError};
use super::ladder;
use super::material::Material;
use super::preset::{
    AudioCodec, AudioTrack, Complexity, Container, ImageFormat, Layer, NoVideo, Preset, Rational,
    VideoCodec, VideoTrack,
};
use super::probe::VideoSource;
use super::time::Seconds;
use super::tools::X264Preset;
pub(super) use chunks::Cut;
pub(super) use images::ImageName;
use segments::Timeline;

/// Pixels of all renditions together; about twice what the largest system
/// preset needs. Bounds the memory one preset can take.
const MAX_PIXELS: u64 = 128_000_000;

/// The work of one task.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    /// What ffmpeg opens, in the order of the numbers that the other parts use.
    pub(super) inputs: Vec<Input>,
    /// The decoded picture, if it is encoded or images are taken.
    pub(super) picture: Option<Picture>,
    pub(super) video: Option<VideoPlan>,
    pub(super) audio: Option<AudioPlan>,
    pub(super) copied_video: Option<CopiedVideo>,
    pub(super) copied_audio: Option<CopiedAudio>,
    pub(super) images: Vec<ImagePlan>,
    /// Video and audio files; none if the preset makes images only.
    pub(super) files: Vec<FilePlan>,
    /// Length in seconds, if known.
    pub(super) duration: Option<f64>,
    /// The part of the picture that is encoded, if it is not all of it.
    pub(super) cut: Option<Cut>,
}

/// A file to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Input {
    pub(super) path: PathBuf,
    /// Where to begin.
    pub(super) start: Option<Seconds>,
    /// How much to read.
    pub(super) length: Option<Seconds>,
    pub(super) repeat: Repeat,
    /// May be an image.
    pub(super) image: bool,
}

/// How often an input is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    Times(u32),
    Forever,
}

/// The picture: decoded once, whatever is made of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Picture {
    /// One behind the other; at least one.
    pub(super) segments: Vec<PictureSegment>,
    pub(super) frame_rate: Rational,
    /// What all segments are brought to when there are several.
    pub(super) canvas: (u32, u32),
}

/// A stretch of the picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PictureSegment {
    pub(super) input: VideoInput,
    pub(super) deinterlace: bool,
    /// Degrees clockwise, besides what ffmpeg turns since the file says so.
    pub(super) turn: u16,
    /// Width, height, left and top in stored pixels.
    pub(super) crop: Option<(u32, u32, u32, u32)>,
    pub(super) overlay: Option<OverlayPlan>,
    /// Where it is cut off.
    pub(super) length: Option<Seconds>,
    /// The size that it has on the canvas.
    pub(super) fitted: (u32, u32),
}

/// Where the picture comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VideoInput {
    /// A stream of an input.
    Stream { input: usize, index: u32 },
    /// A black picture of this length.
    Black { seconds: Seconds },
}

/// What is laid over a stretch of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OverlayPlan {
    pub(super) input: usize,
    pub(super) index: u32,
    pub(super) place: (u32, u32),
    pub(super) size: Option<(u32, u32)>,
    /// A single picture that stays.
    pub(super) still: bool,
    pub(super) start: Seconds,
    /// Up to the end of the stretch without.
    pub(super) length: Option<Seconds>,
    /// Start and length of fading in.
    pub(super) fade_in: Option<(Seconds, Seconds)>,
    pub(super) fade_out: Option<(Seconds, Seconds)>,
}

/// The encodings of the picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct VideoPlan {
    /// Frames from one IDR frame to the next, the same in all renditions.
    pub(super) gop: u32,
    pub(super) scene_change_detection: bool,
    pub(super) x264_preset: X264Preset,
    pub(super) renditions: Vec<Rendition>,
}

/// One encoded size and rate.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rendition {
    pub(super) shape: Shape,
    pub(super) layer: Layer,
}

/// What a picture is brought to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// What the picture is scaled to.
    pub(super) picture: (u32, u32),
    /// All of it; larger than the picture when it has black bars.
    pub(super) frame: (u32, u32),
}

impl Shape {
    fn pixels(self) -> u64 {
        u64::from(self.frame.0) * u64::from(self.frame.1)
    }
}

/// The sound: decoded once and encoded once.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AudioPlan {
    /// One behind the other; at least one.
    pub(super) segments: Vec<SoundSegment>,
    pub(super) codec: AudioCodec,
    /// Three-letter language code.
    pub(super) language: String,
}

/// A stretch of the sound.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SoundSegment {
    pub(super) input: AudioInput,
    /// Filled up with silence to this length.
    pub(super) pad: Option<Seconds>,
    pub(super) mixed: Option<Mixed>,
}

/// Where the sound comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AudioInput {
    /// A stream of an input.
    Stream { input: usize, index: u32 },
    /// Silence of this length.
    Silence { seconds: Seconds },
}

/// The sound of an overlay.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mixed {
    pub(super) input: usize,
    pub(super) index: u32,
    pub(super) gain: f64,
    pub(super) start: Seconds,
    pub(super) length: Option<Seconds>,
}

/// A picture that is taken over as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CopiedVideo {
    /// Stream number in the first input.
    pub(super) index: u32,
    pub(super) size: (u32, u32),
    pub(super) kbps: u32,
}

/// Sound that is taken over as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CopiedAudio {
    pub(super) input: usize,
    /// Stream number in the input.
    pub(super) index: u32,
    pub(super) channels: u32,
    pub(super) kbps: u32,
    /// Three-letter language code.
    pub(super) language: String,
}

/// Images of one kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ImagePlan {
    pub(super) format: ImageFormat,
    pub(super) pick: Pick,
    pub(super) layers: Vec<ImageLayerPlan>,
}

/// Which frames become images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    /// The most telling of `among` frames, each `every` frames behind the one before.
    Best { among: u32, every: u32 },
    /// Frame `first`, then each `step` frames later, before `end`.
    Series { first: u64, step: u64, end: u64 },
}

/// Images of one size.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ImageLayerPlan {
    pub(super) shape: Shape,
    pub(super) quality: u32,
    pub(super) name: ImageName,
}

/// An output file with video or audio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilePlan {
    pub(super) name: String,
    pub(super) container: Container,
    /// Number of the rendition in it; 0 for a copied picture.
    pub(super) rendition: Option<usize>,
    pub(super) audio: bool,
}

/// Plans `preset` for its `materials`.
///
/// # Errors
/// `ErrorParsingConfiguration` when the preset's files cannot be named or its places are outside
/// of the source, `ErrorExecutingTaskUnsupportedFormat` when the source lacks what the preset
/// needs.
pub(super) fn plan(
    preset: &Preset,
    materials: &[Material],
    balanced: X264Preset,
) -> Result<Plan, TaskError> {
    let name = materials.first().map_or("", |material| material.name.as_str());
    let mut timeline = segments::timeline(materials)?;
    let source = timeline.source.clone();
    let computed;
    let recipe = match preset {
        Preset::Recipe(recipe) => recipe,
        Preset::Adaptive { interleaved } => {
            computed = ladder::recipe(source.video.as_ref(), source.audio.is_some(), *interleaved);
            &computed
        }
    };
    let mut plan = Plan {
        inputs: Vec::new(),
        picture: None,
        video: None,
        audio: None,
        copied_video: None,
        copied_audio: None,
        images: Vec::new(),
        files: Vec::new(),
        duration: source.duration,
        cut: None,
    };
    match &recipe.video {
        Some(VideoTrack::Encode(codec)) => {
            plan.video = plan_video(codec, &mut timeline, name, balanced)?;
        }
        Some(VideoTrack::Copy) => plan.copied_video = copies::video(&source, name)?,
        None => {}
    }
    match &recipe.audio {
        Some(AudioTrack::Encode(codec)) => plan.audio = plan_audio(codec, &timeline, name)?,
        Some(AudioTrack::Copy) => {
            plan.copied_audio = copies::audio(&source, &timeline, name)?;
        }
        None => {}
    }
    if let Some(video) = &source.video {
        plan.images = images::plan(recipe, video, &timeline, name)?;
    } else if recipe.video.is_none() && !recipe.images.is_empty() {
        return Err(unsupported(name, "has no video, and images need one"));
    }
    files::plan(recipe, &mut plan, name)?;
    if plan.files.is_empty() && plan.images.is_empty() {
        let lacks = if recipe.audio.is_none() { "video" } else { "audio" };
        return Err(unsupported(
            name,
            &format!("has no {lacks}, and the preset makes nothing else"),
        ));
    }
    if plan.video.is_some() || !plan.images.is_empty() {
        plan.picture = Some(timeline.picture());
    }
    plan.inputs = timeline.inputs;
    if plan.files.is_empty() {
        images::narrow(&mut plan);
    }
    Ok(plan)
}

fn unsupported(name: &str, what: &str) -> TaskError {
    TaskError::new(
        ErrorCode::ExecutingTaskUnsupportedFormat,
        format!("the input file {name:?} {what}"),
    )
}

fn unknown_length(name: &str) -> TaskError {
    unsupported(name, "does not say how long it is, so the missing track cannot be filled in")
}

fn plan_video(
    codec: &VideoCodec,
    timeline: &mut Timeline,
    name: &str,
    balanced: X264Preset,
) -> Result<Option<VideoPlan>, TaskError> {
    let has_picture = timeline.source.video.is_some();
    if !has_picture && codec.no_video == NoVideo::AudioOnly {
        return Ok(None);
    }
    let picture = timeline.source.video.clone().unwrap_or_default();
    timeline.fill_pictures(&picture, name)?;
    let mut layers: Vec<&Layer> = codec.layers.iter().collect();
    if !has_picture && codec.no_video == NoVideo::BlackBottomLayer {
        layers = layers.into_iter().min_by_key(|l| l.bitrate).into_iter().collect();
    }
    let renditions: Vec<_> = layers
        .into_iter()
        .map(|layer| Rendition {
            shape: rendition_shape(layer, codec, &picture),
            layer: layer.clone(),
        })
        .collect();
    let pixels: u64 = renditions.iter().map(|rendition| rendition.shape.pixels()).sum();
    if pixels > MAX_PIXELS {
        return Err(TaskError::configuration(format!(
            "the layers have {pixels} pixels together, more than the limit of {MAX_PIXELS}"
        )));
    }
    let frame_rate =
        codec.layers.first().and_then(|layer| layer.frame_rate).unwrap_or(picture.frame_rate);
    timeline.frame_rate = frame_rate;
    let gop = frame_rate.value() * f64::from(codec.key_frame_interval_ms) / 1000.0;
    Ok(Some(VideoPlan {
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

fn rendition_shape(layer: &Layer, codec: &VideoCodec, source: &VideoSource) -> Shape {
    let upright = codec.preserve_resolution_after_rotation;
    sizes::shape((layer.width, layer.height), codec.stretch, upright, source)
}

fn plan_audio(
    codec: &AudioCodec,
    timeline: &Timeline,
    name: &str,
) -> Result<Option<AudioPlan>, TaskError> {
    let language = match &timeline.source.audio {
        Some(audio) => audio.language.clone(),
        None if codec.silence_if_no_audio => "und".to_owned(),
        None => return Ok(None),
    };
    let segments = timeline.sounds(name)?;
    Ok(Some(AudioPlan { segments, codec: codec.clone(), language }))
}

#[cfg(test)]
mod tests;
