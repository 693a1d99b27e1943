//! The encoding preset of a task: what a `Configuration` string asks for.

use super::clip::Clip;
pub(crate) use super::codec::{
    AudioCodec, Complexity, EntropyMode, Extent, ImageCodec, ImageFormat, Layer, NoVideo, Profile,
    Rational, StretchMode, VideoCodec,
};
use super::error::TaskError;
use super::{document, legacy, named};

/// A parsed configuration.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Preset {
    /// The layers are computed from the source (`Adaptive Streaming`,
    /// `Content Adaptive Multiple Bitrate MP4`).
    Adaptive {
        /// Audio in every video file, rather than in a file of its own.
        interleaved: bool,
    },
    /// The layers are written out.
    Recipe(Recipe),
}

impl Preset {
    /// What is encoded, in order.
    pub(crate) fn clips(&self) -> Vec<Clip> {
        match self {
            Self::Recipe(recipe) if !recipe.clips.is_empty() => recipe.clips.clone(),
            _ => vec![Clip::whole()],
        }
    }
}

/// A preset whose layers are known.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Recipe {
    /// `Sources`; the whole of the first input if there are none.
    pub(crate) clips: Vec<Clip>,
    /// What happens to the picture, if the preset makes video.
    pub(crate) video: Option<VideoTrack>,
    /// What happens to the sound, if the preset makes audio.
    pub(crate) audio: Option<AudioTrack>,
    /// The images to take.
    pub(crate) images: Vec<ImageCodec>,
    /// The files to write; each video output makes one file per layer.
    pub(crate) outputs: Vec<OutputPattern>,
}

/// `H264Video` or `CopyVideo`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum VideoTrack {
    /// Encoded.
    Encode(VideoCodec),
    /// As it is.
    Copy,
}

/// `AACAudio` or `CopyAudio`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AudioTrack {
    /// Encoded.
    Encode(AudioCodec),
    /// As it is.
    Copy,
}

/// One entry of `Outputs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputPattern {
    /// File name with macros such as `{Basename}`.
    pub(crate) file_name: String,
    /// What to write.
    pub(crate) content: Content,
}

/// What an output writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Video, audio or both.
    Media {
        /// The container.
        container: Container,
        /// The tracks that go into each file.
        tracks: Tracks,
    },
    /// Images.
    Images(ImageFormat),
}

/// The containers that presets can name for audio and video.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    /// `MP4Format`.
    Mp4,
    /// `TSFormat`.
    MpegTs,
}

impl Container {
    /// The file extension, with its dot.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Mp4 => ".mp4",
            Self::MpegTs => ".ts",
        }
    }
}

impl ImageFormat {
    /// The file extension, with its dot.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Jpg => ".jpg",
            Self::Png => ".png",
            Self::Bmp => ".bmp",
        }
    }
}

/// Which tracks an output file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tracks {
    /// Video and audio together.
    Interleaved,
    /// Video alone.
    Video,
    /// Audio alone.
    Audio,
}

/// Reads a task's `Configuration`: the name of a system preset, or a JSON or
/// XML document.
///
/// # Errors
/// `ErrorParsingConfiguration` for unknown names, invalid documents and
/// features that are not supported.
pub(crate) fn parse(configuration: &str) -> Result<Preset, TaskError> {
    // .NET clients read presets from files that start with a byte order mark.
    let text = configuration.trim_start_matches('\u{feff}').trim();
    match text.chars().next() {
        None => Err(TaskError::configuration(
            "the task has no Configuration; give a preset name such as \"Adaptive Streaming\" \
             or a JSON or XML preset",
        )),
        Some('{') => document::parse_json(text).map(Preset::Recipe),
        Some('<') => document::parse_xml(text).map(Preset::Recipe),
        Some(_) => named::find(text).or_else(|| legacy::find(text)).ok_or_else(|| {
            let shown: String = text.chars().take(80).collect();
            let other = match text.get(..3) {
                Some("VC1" | "WMA") => "; VC-1 and WMA cannot be encoded, use an H264 preset",
                _ => "",
            };
            TaskError::configuration(format!("unknown preset name {shown:?}{other}"))
        }),
    }
}
