//! Looks at a media file with ffprobe and says what it is.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::error::{ErrorCode, TaskError};
use super::failure;
use super::preset::Rational;
use super::process::{self, Limits};
use super::tools::EncodeSettings;

/// The demuxers that may read an upload. Playlists and lists of files (hls,
/// dash, concat, image2 …) are left out: they make ffmpeg open whatever other
/// files they name.
const DEMUXERS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,flv,\
                        asf,asf_o,mxf,gxf,dv,nut,rm,wtv,ivf,h264,hevc,wav,w64,aiff,caf,mp3,aac,ac3,\
                        eac3,flac,ogg,amr";
/// More text than any real file's description has.
const MAX_DESCRIPTION: usize = 16 * 1024 * 1024;
/// Larger pictures are refused: decoding them takes gigabytes.
const MAX_SIDE: u32 = 16_384;
/// Common frame rates, to round odd averages to.
const FRAME_RATES: [(u32, u32); 13] = [
    (5, 1),
    (10, 1),
    (12, 1),
    (15, 1),
    (20, 1),
    (24_000, 1001),
    (24, 1),
    (25, 1),
    (30_000, 1001),
    (30, 1),
    (50, 1),
    (60_000, 1001),
    (60, 1),
];
/// Higher rates are brought down to 60 fps.
const MAX_FPS: f64 = 120.0;

/// What an image that is laid over a picture can be, besides.
const IMAGE_DEMUXERS: &str = "png_pipe,jpeg_pipe,bmp_pipe,gif";

/// What a file may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accept {
    /// Video and audio.
    Media,
    /// Also an image.
    MediaOrImage,
}

/// The options that keep ffmpeg's and ffprobe's hands on the given file: no
/// network, and real container formats only.
pub(super) fn guarded_input(path: &Path, accept: Accept) -> [OsString; 6] {
    // The prefix keeps a name such as `http:x` from being read as a URL.
    let mut url = OsString::from("file:");
    url.push(path);
    [
        "-protocol_whitelist".into(),
        "file".into(),
        "-format_whitelist".into(),
        match accept {
            Accept::Media => DEMUXERS.into(),
            Accept::MediaOrImage => format!("{DEMUXERS},{IMAGE_DEMUXERS}").into(),
        },
        "-i".into(),
        url,
    ]
}

/// ffprobe's description of a file.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Description {
    #[serde(default)]
    pub(super) streams: Vec<Stream>,
    #[serde(default)]
    pub(super) format: Format,
}

/// `format` of ffprobe's JSON.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Format {
    #[serde(default)]
    pub(super) format_name: String,
    #[serde(default)]
    pub(super) format_long_name: String,
    pub(super) start_time: Option<String>,
    pub(super) duration: Option<String>,
    pub(super) size: Option<String>,
    pub(super) bit_rate: Option<String>,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
}

/// One of `streams` of ffprobe's JSON.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Stream {
    pub(super) index: u32,
    pub(super) codec_type: Option<String>,
    pub(super) codec_name: Option<String>,
    pub(super) codec_long_name: Option<String>,
    pub(super) codec_tag_string: Option<String>,
    pub(super) profile: Option<String>,
    pub(super) level: Option<i64>,
    pub(super) pix_fmt: Option<String>,
    pub(super) width: Option<u32>,
    pub(super) height: Option<u32>,
    pub(super) sample_aspect_ratio: Option<String>,
    pub(super) display_aspect_ratio: Option<String>,
    pub(super) r_frame_rate: Option<String>,
    pub(super) avg_frame_rate: Option<String>,
    pub(super) field_order: Option<String>,
    pub(super) has_b_frames: Option<u32>,
    pub(super) sample_fmt: Option<String>,
    pub(super) sample_rate: Option<String>,
    pub(super) channels: Option<u32>,
    pub(super) channel_layout: Option<String>,
    pub(super) bits_per_sample: Option<u32>,
    pub(super) time_base: Option<String>,
    pub(super) start_time: Option<String>,
    pub(super) duration: Option<String>,
    pub(super) bit_rate: Option<String>,
    pub(super) nb_frames: Option<String>,
    #[serde(default)]
    pub(super) disposition: BTreeMap<String, i64>,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) side_data_list: Vec<SideData>,
}

/// Side data of a stream; the display matrix has the rotation.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct SideData {
    pub(super) rotation: Option<f64>,
}

impl Stream {
    pub(super) fn is_video(&self) -> bool {
        self.codec_type.as_deref() == Some("video") && !self.has_disposition("attached_pic")
    }

    pub(super) fn is_audio(&self) -> bool {
        self.codec_type.as_deref() == Some("audio")
    }

    fn has_disposition(&self, name: &str) -> bool {
        self.disposition.get(name).is_some_and(|flag| *flag != 0)
    }

    /// Three-letter language code; `und` when unknown.
    pub(super) fn language(&self) -> String {
        self.tags
            .get("language")
            .map(|language| language.to_ascii_lowercase())
            .filter(|l| l.len() == 3 && l.bytes().all(|b| b.is_ascii_lowercase()))
            .unwrap_or_else(|| "und".to_owned())
    }

    /// Bits per second, where the file says so.
    pub(super) fn bits_per_second(&self) -> Option<f64> {
        positive(self.bit_rate.as_deref())
    }
}

/// A positive finite number.
pub(super) fn positive(text: Option<&str>) -> Option<f64> {
    text.and_then(|t| t.parse().ok()).filter(|n: &f64| n.is_finite() && *n > 0.0)
}

/// What matters about a source for planning.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Source {
    pub(crate) video: Option<VideoSource>,
    pub(crate) audio: Option<AudioSource>,
    /// Length in seconds, if known.
    pub(crate) duration: Option<f64>,
    /// The time of its first picture or sound, in seconds.
    pub(crate) start: f64,
}

/// The picture to encode.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct VideoSource {
    /// Stream number in the file.
    pub(crate) index: u32,
    /// What ffmpeg calls its codec.
    pub(crate) codec: String,
    /// Width and height as stored: before rotation, in pixels of any shape.
    pub(crate) stored: (u32, u32),
    /// Width of a stored pixel by its height.
    pub(crate) pixel_shape: f64,
    /// Width as displayed: after rotation, in square pixels.
    pub(crate) width: u32,
    /// Height as displayed.
    pub(crate) height: u32,
    /// Displayed with width and height swapped.
    pub(crate) rotated: bool,
    /// Degrees clockwise by which ffmpeg turns the picture for that.
    pub(crate) turned: u16,
    /// Frames per second to encode at.
    pub(crate) frame_rate: Rational,
    /// kbit/s, if known.
    pub(crate) bitrate_kbps: Option<u32>,
    pub(crate) interlaced: bool,
}

impl Default for VideoSource {
    fn default() -> Self {
        Self {
            index: 0,
            codec: "h264".to_owned(),
            stored: (1280, 720),
            pixel_shape: 1.0,
            width: 1280,
            height: 720,
            rotated: false,
            turned: 0,
            frame_rate: Rational { num: 25, den: 1 },
            bitrate_kbps: None,
            interlaced: false,
        }
    }
}

/// The sound to encode.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AudioSource {
    /// Stream number in the file.
    pub(crate) index: u32,
    /// What ffmpeg calls its codec.
    pub(crate) codec: String,
    pub(crate) channels: u32,
    /// kbit/s, if known.
    pub(crate) bitrate_kbps: Option<u32>,
    /// Three-letter language code.
    pub(crate) language: String,
}

/// Describes the file at `path`; `name` is what the client calls it.
///
/// # Errors
/// `ErrorDownloadingInputAssetMalformedContent` when it is not media at all,
/// `ErrorExecutingTaskUnsupportedFormat` when its container is not accepted.
pub(super) async fn describe(
    settings: &EncodeSettings,
    path: &Path,
    name: &str,
    accept: Accept,
    cancel: &CancellationToken,
) -> Result<Description, TaskError> {
    let mut args: Vec<OsString> =
        ["-v", "error", "-print_format", "json"].map(OsString::from).to_vec();
    args.extend(["-show_format", "-show_streams"].map(OsString::from));
    args.extend(guarded_input(path, accept));
    let mut json = String::new();
    let limits = Limits { wall_clock: settings.probe_limit, stall: settings.probe_limit };
    let finished = process::run(
        &settings.tools.ffprobe,
        &args,
        path.parent().unwrap_or(Path::new("/")),
        limits,
        cancel,
        &mut |line| {
            if json.len() < MAX_DESCRIPTION {
                json.push_str(line);
                json.push('\n');
            }
            true
        },
    )
    .await
    .map_err(|error| failure::from_process(error, name))?;
    if !finished.status.success() {
        return Err(failure::unreadable(name, &finished.stderr, path));
    }
    serde_json::from_str(&json).map_err(|error| {
        TaskError::processing(format!("the description of {name:?} is not usable: {error}"))
    })
}

/// Picks the streams of `description` to encode.
///
/// # Errors
/// `ErrorExecutingTaskUnsupportedFormat` when nothing in it can be encoded.
pub(super) fn source(description: &Description, name: &str) -> Result<Source, TaskError> {
    let unsupported = |what: String| {
        TaskError::new(
            ErrorCode::ExecutingTaskUnsupportedFormat,
            format!("the input file {name:?} {what}"),
        )
    };
    let audio = best(description, |s| s.is_audio() && has_decoder(s));
    let video = best(description, |s| s.is_video() && has_decoder(s));
    if audio.is_none() && video.is_none() {
        return Err(unsupported(match description.streams.first() {
            Some(stream) if !stream.is_video() && !stream.is_audio() => {
                "has no video and no audio".to_owned()
            }
            Some(stream) => format!(
                "uses a codec that is not supported ({})",
                stream.codec_tag_string.as_deref().unwrap_or("unknown")
            ),
            None => "has no video and no audio".to_owned(),
        }));
    }
    let audio_rate = audio.and_then(Stream::bits_per_second).unwrap_or(0.0);
    let overall = positive(description.format.bit_rate.as_deref());
    let video = video
        .map(|stream| {
            let rate = stream
                .bits_per_second()
                .or(overall.map(|rate| rate - audio_rate).filter(|r| *r > 0.0));
            video_source(stream, rate)
                .ok_or_else(|| unsupported("has a picture of unusable size".to_owned()))
        })
        .transpose()?;
    Ok(Source {
        video,
        audio: audio.map(audio_source),
        duration: positive(description.format.duration.as_deref()),
        start: positive(description.format.start_time.as_deref()).unwrap_or(0.0),
    })
}

/// ffprobe knows no name for codecs that ffmpeg cannot decode.
fn has_decoder(stream: &Stream) -> bool {
    !matches!(stream.codec_name.as_deref(), None | Some("unknown" | "none"))
}

/// The stream marked as default among those that `fits`, or else the first.
fn best(description: &Description, fits: impl Fn(&Stream) -> bool) -> Option<&Stream> {
    let mut streams = description.streams.iter().filter(|stream| fits(stream));
    let first = streams.next()?;
    Some(if first.has_disposition("default") {
        first
    } else {
        streams.find(|stream| stream.has_disposition("default")).unwrap_or(first)
    })
}

fn audio_source(stream: &Stream) -> AudioSource {
    AudioSource {
        index: stream.index,
        codec: stream.codec_name.clone().unwrap_or_default(),
        channels: stream.channels.unwrap_or(2),
        bitrate_kbps: stream.bits_per_second().map(kbps),
        language: stream.language(),
    }
}

/// Float casts saturate, and rates are far below the range of `u32`.
fn kbps(bits_per_second: f64) -> u32 {
    (bits_per_second / 1000.0) as u32
}

fn video_source(stream: &Stream, bits_per_second: Option<f64>) -> Option<VideoSource> {
    let size = |side: Option<u32>| side.filter(|s| (1..=MAX_SIDE).contains(s));
    let (width, height) = (size(stream.width)?, size(stream.height)?);
    let pixel_shape = stream
        .sample_aspect_ratio
        .as_deref()
        .and_then(|ratio| Rational::parse(&ratio.replace(':', "/")))
        .map_or(1.0, Rational::value);
    let (stored, pixel_shape) = ((width, height), pixel_shape.clamp(0.1, 10.0));
    let (width, height) = square_pixels(width, height, pixel_shape);
    let rotation = stream.side_data_list.iter().find_map(|data| data.rotation);
    // Saturating; ffprobe counts the other way round.
    let quarters = rotation.map_or(0, |degrees| (-degrees / 90.0).round() as i32).rem_euclid(4);
    let rotated = quarters % 2 == 1;
    Some(VideoSource {
        index: stream.index,
        codec: stream.codec_name.clone().unwrap_or_default(),
        stored,
        pixel_shape,
        width: if rotated { height } else { width },
        height: if rotated { width } else { height },
        rotated,
        turned: quarters as u16 * 90,
        frame_rate: frame_rate(stream),
        bitrate_kbps: bits_per_second.map(kbps).filter(|kbps| *kbps > 0),
        interlaced: matches!(stream.field_order.as_deref(), Some("tt" | "bb" | "tb" | "bt")),
    })
}

/// The size with square pixels: wide pixels widen the picture, tall ones
/// narrow it, and the number of lines stays.
pub(super) fn square_pixels(width: u32, height: u32, shape: f64) -> (u32, u32) {
    let wide = (f64::from(width) * shape).round();
    (wide.clamp(1.0, f64::from(u32::MAX)) as u32, height)
}

/// The constant frame rate to encode at: the base rate where frames keep to
/// it, or else the common rate just above the average, so that no frame of a
/// variable-rate recording is lost.
fn frame_rate(stream: &Stream) -> Rational {
    let parse = |text: &Option<String>| text.as_deref().and_then(Rational::parse);
    let common = |fps: f64| {
        let (num, den) = FRAME_RATES
            .into_iter()
            .find(|(num, den)| f64::from(*num) / f64::from(*den) >= fps * 0.98)
            .unwrap_or((60, 1));
        Rational { num, den }
    };
    match (parse(&stream.r_frame_rate), parse(&stream.avg_frame_rate)) {
        (Some(base), Some(average))
            if (base.value() / average.value() - 1.0).abs() < 0.02 && base.value() <= MAX_FPS =>
        {
            base
        }
        (_, Some(average)) => common(average.value()),
        (Some(base), None) => common(base.value()),
        (None, None) => Rational { num: 25, den: 1 },
    }
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
