//! The codecs of a preset: how picture and sound are encoded, and which images are taken.

use super::time::Seconds;

/// `H264Video` of the Media Encoder Standard schema.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct VideoCodec {
    /// Distance between IDR frames in milliseconds.
    pub(crate) key_frame_interval_ms: u32,
    /// Also put IDR frames at scene changes.
    pub(crate) scene_change_detection: bool,
    /// How the picture is brought to a layer's size.
    pub(crate) stretch: StretchMode,
    /// Speed against quality.
    pub(crate) complexity: Complexity,
    /// What to do when the source has no picture.
    pub(crate) no_video: NoVideo,
    /// Layer sizes are meant for the picture after rotation.
    pub(crate) preserve_resolution_after_rotation: bool,
    /// The renditions, as ordered in the preset.
    pub(crate) layers: Vec<Layer>,
}

/// How a picture is brought to a layer's `Width` and `Height`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum StretchMode {
    /// Exactly the given size, even if the picture gets distorted.
    None,
    /// Inside the given size, at the source's aspect ratio.
    #[default]
    AutoSize,
    /// Exactly the given size; black bars keep the aspect ratio.
    AutoFit,
}

/// `Complexity` of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Complexity {
    /// Faster than usual.
    Speed,
    /// The host's usual setting.
    #[default]
    Balanced,
    /// Slower and better than usual.
    Quality,
}

/// `Condition` of `H264Video`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum NoVideo {
    /// Write files with audio only.
    #[default]
    AudioOnly,
    /// Write a black picture into every layer.
    Black,
    /// Write a black picture into the lowest layer only.
    BlackBottomLayer,
}

/// `H264Layer` of the schema.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layer {
    /// H.264 profile.
    pub(crate) profile: Profile,
    /// H.264 level such as `3.1`; `None` lets the encoder choose.
    pub(crate) level: Option<String>,
    /// Average bitrate, kbit/s.
    pub(crate) bitrate: u32,
    /// Peak bitrate, kbit/s.
    pub(crate) max_bitrate: u32,
    /// Length of the rate control buffer in milliseconds.
    pub(crate) buffer_window_ms: u32,
    /// Width of the window the picture goes into.
    pub(crate) width: Extent,
    /// Height of the window the picture goes into.
    pub(crate) height: Extent,
    /// B frames between reference frames.
    pub(crate) b_frames: u32,
    /// Reference frames.
    pub(crate) reference_frames: u32,
    /// Let the encoder vary the number of B frames.
    pub(crate) adaptive_b_frame: bool,
    /// Frames per second; `None` (`0/1` in presets) keeps the source's.
    pub(crate) frame_rate: Option<Rational>,
    /// Entropy coding.
    pub(crate) entropy: EntropyMode,
    /// Slices per frame; 0 lets the encoder choose.
    pub(crate) slices: u32,
}

impl Layer {
    /// A layer with the schema's defaults for everything but size and rate.
    pub(crate) fn new(width: u32, height: u32, bitrate: u32) -> Self {
        Self {
            profile: Profile::Auto,
            level: None,
            bitrate,
            max_bitrate: bitrate,
            buffer_window_ms: 5000,
            width: Extent::Pixels(width),
            height: Extent::Pixels(height),
            b_frames: 3,
            reference_frames: 3,
            adaptive_b_frame: true,
            frame_rate: None,
            entropy: EntropyMode::Cabac,
            slices: 0,
        }
    }
}

/// H.264 profiles that presets can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// The encoder's choice.
    Auto,
    /// Constrained Baseline.
    Baseline,
    /// Main.
    Main,
    /// High.
    High,
}

/// H.264 entropy coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntropyMode {
    /// Arithmetic coding.
    Cabac,
    /// Variable-length coding, the only one in Baseline.
    Cavlc,
}

/// A width or height, or a place along one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Pixels.
    Pixels(u32),
    /// A share of the source's size.
    Percent(u32),
}

impl Extent {
    /// Pixels of a source that has `source` of them.
    pub(crate) fn of(self, source: u32) -> f64 {
        match self {
            Self::Pixels(pixels) => f64::from(pixels),
            Self::Percent(percent) => f64::from(source) * f64::from(percent) / 100.0,
        }
    }
}

/// A positive fraction, such as a frame rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rational {
    /// Numerator.
    pub(crate) num: u32,
    /// Denominator; never 0.
    pub(crate) den: u32,
}

impl Rational {
    /// Reads `30000/1001`; `None` unless both parts are positive.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (num, den) = text.split_once('/').unwrap_or((text, "1"));
        let num = num.trim().parse().ok().filter(|n| *n > 0)?;
        let den = den.trim().parse().ok().filter(|n| *n > 0)?;
        Some(Self { num, den })
    }

    /// The fraction as a floating point number.
    pub(crate) fn value(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }
}

impl std::fmt::Display for Rational {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.num, self.den)
    }
}

/// `AACAudio` of the schema.
///
/// `HEAACV1` and `HEAACV2` are written as AAC-LC: the encoder of a stock
/// ffmpeg has no HE profile, and every HE player plays LC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AudioCodec {
    /// Number of channels.
    pub(crate) channels: u32,
    /// Samples per second.
    pub(crate) sampling_rate: u32,
    /// kbit/s.
    pub(crate) bitrate: u32,
    /// Write a silent track when the source has no audio.
    pub(crate) silence_if_no_audio: bool,
}

impl AudioCodec {
    /// `channels` channels at 48 kHz and `bitrate` kbit/s.
    pub(crate) fn new(channels: u32, bitrate: u32) -> Self {
        Self { channels, sampling_rate: 48_000, bitrate, silence_if_no_audio: false }
    }
}

/// `JpgImage`, `PngImage` or `BmpImage` of the schema.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ImageCodec {
    /// The kind of file.
    pub(crate) format: ImageFormat,
    /// The first image.
    pub(crate) start: Start,
    /// From one image to the next.
    pub(crate) step: Position,
    /// How far behind the first image there can be others.
    pub(crate) range: Position,
    /// How a picture is brought to a layer's size.
    pub(crate) stretch: StretchMode,
    /// Layer sizes are meant for the picture after rotation.
    pub(crate) preserve_resolution_after_rotation: bool,
    /// The sizes.
    pub(crate) layers: Vec<ImageLayer>,
}

/// The image files that presets can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImageFormat {
    /// JPEG.
    Jpg,
    /// PNG.
    Png,
    /// BMP.
    Bmp,
}

impl ImageFormat {
    /// The prefix of the names that the schema has for it, such as `JpgImage` and `JpgLayers`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Jpg => "Jpg",
            Self::Png => "Png",
            Self::Bmp => "Bmp",
        }
    }
}

/// Where the first image is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Start {
    /// One image alone, the most telling of the first seconds.
    Best,
    /// Here.
    At(Position),
}

/// A place in the video, or a distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Position {
    /// A time.
    Time(Seconds),
    /// A number of frames.
    Frame(u32),
    /// A share of the length.
    Percent(f64),
}

/// `JpgLayer`, `PngLayer` or `BmpLayer` of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageLayer {
    /// Width of the window the picture goes into.
    pub(crate) width: Extent,
    /// Height of the window the picture goes into.
    pub(crate) height: Extent,
    /// From 1 (worst) to 100; of JPEG only.
    pub(crate) quality: u32,
}
