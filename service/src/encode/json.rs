//! Presets written as JSON documents (Media Encoder Standard schema 1.0).
//!
//! Clients write numbers and booleans as JSON strings as often as not, so both
//! are read. Members this service does not know are ignored, as the original
//! did; known members with values it cannot honour are errors.

use serde_json::{Map, Value};

use super::error::TaskError;
use super::preset::{
    AudioCodec, Complexity, Container, EntropyMode, Extent, Layer, NoVideo, OutputPattern, Profile,
    Rational, Recipe, StretchMode, Tracks, VideoCodec,
};

/// More layers than any published preset has; a bound on the work one preset
/// can ask for.
const MAX_LAYERS: usize = 32;
const MAX_OUTPUTS: usize = 8;
/// The largest width or height H.264 level 6.2 allows is 16 384; nobody
/// publishes above 8K.
const MAX_EXTENT: u32 = 8192;
const MAX_BITRATE: u32 = 240_000;

/// Reads a JSON preset.
///
/// # Errors
/// `ErrorParsingConfiguration`, naming the member that is wrong.
pub(crate) fn parse(text: &str) -> Result<Recipe, TaskError> {
    let document: Value = serde_json::from_str(text)
        .map_err(|e| TaskError::configuration(format!("the preset is not valid JSON: {e}")))?;
    let root = Node::new("preset", &document)?;
    refuse_sources(&root)?;
    let stretch = root.choice("StretchMode", STRETCH_MODES)?;

    let (mut video, mut audio) = (None, None);
    for codec in root.children("Codecs")? {
        match codec.text("Type")?.as_deref() {
            Some("H264Video") => put_once(&mut video, &codec, read_video(&codec, stretch)?)?,
            Some("AACAudio") => put_once(&mut audio, &codec, read_audio(&codec)?)?,
            Some(known @ ("JpgImage" | "PngImage" | "BmpImage" | "CopyVideo" | "CopyAudio")) => {
                return Err(codec.error(&format!("the codec {known} is not supported yet")));
            }
            Some(other) => return Err(codec.error(&format!("unknown codec Type {other:?}"))),
            None => return Err(codec.error("the codec has no Type")),
        }
    }
    if video.is_none() && audio.is_none() {
        return Err(root.error("Codecs is empty; give at least one codec"));
    }
    let tracks = match (&video, &audio) {
        (Some(_), Some(_)) => Tracks::Interleaved,
        (Some(_), None) => Tracks::Video,
        (None, _) => Tracks::Audio,
    };
    Ok(Recipe { video, audio, outputs: read_outputs(&root, tracks)? })
}

fn refuse_sources(root: &Node<'_>) -> Result<(), TaskError> {
    match root.get("Sources") {
        None => Ok(()),
        Some(Value::Array(sources)) if sources.is_empty() => Ok(()),
        Some(_) => Err(root.error(
            "Sources (trimming, stitching, overlays and filters) is not supported yet; remove it",
        )),
    }
}

fn put_once<T>(slot: &mut Option<T>, codec: &Node<'_>, value: T) -> Result<(), TaskError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(codec.error("a preset can have one codec of each Type only")),
    }
}

fn read_outputs(root: &Node<'_>, tracks: Tracks) -> Result<Vec<OutputPattern>, TaskError> {
    let nodes = root.children("Outputs")?;
    if nodes.is_empty() || nodes.len() > MAX_OUTPUTS {
        return Err(root.error(&format!("Outputs must have 1 to {MAX_OUTPUTS} entries")));
    }
    nodes
        .iter()
        .map(|node| {
            let format = node.child("Format")?.ok_or_else(|| node.error("Format is missing"))?;
            let container = match format.text("Type")?.as_deref() {
                Some("MP4Format") => Container::Mp4,
                Some("TSFormat") => Container::MpegTs,
                Some(known @ ("JpgFormat" | "PngFormat" | "BmpFormat")) => {
                    return Err(format.error(&format!("the format {known} is not supported yet")));
                }
                Some(other) => {
                    return Err(format.error(&format!("unknown format Type {other:?}")));
                }
                None => return Err(format.error("the format has no Type")),
            };
            Ok(OutputPattern {
                file_name: node
                    .text("FileName")?
                    .ok_or_else(|| node.error("FileName is missing"))?,
                container,
                tracks,
            })
        })
        .collect()
}

const STRETCH_MODES: &[(&str, StretchMode)] = &[
    ("None", StretchMode::None),
    ("AutoSize", StretchMode::AutoSize),
    ("AutoFit", StretchMode::AutoFit),
];
const COMPLEXITIES: &[(&str, Complexity)] = &[
    ("Speed", Complexity::Speed),
    ("Balanced", Complexity::Balanced),
    ("Quality", Complexity::Quality),
];
const VIDEO_CONDITIONS: &[(&str, NoVideo)] = &[
    ("InsertBlackIfNoVideo", NoVideo::Black),
    ("InsertBlackIfNoVideoBottomLayerOnly", NoVideo::BlackBottomLayer),
];
const PROFILES: &[(&str, Profile)] = &[
    ("Auto", Profile::Auto),
    ("Baseline", Profile::Baseline),
    ("Main", Profile::Main),
    ("High", Profile::High),
];
const ENTROPY_MODES: &[(&str, EntropyMode)] =
    &[("Cabac", EntropyMode::Cabac), ("Cavlc", EntropyMode::Cavlc)];
/// The sampling rates of the schema's AAC table.
const SAMPLING_RATES: [u32; 10] =
    [11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000];

fn read_video(node: &Node<'_>, stretch: Option<StretchMode>) -> Result<VideoCodec, TaskError> {
    let layers =
        node.children("H264Layers")?.iter().map(read_layer).collect::<Result<Vec<_>, _>>()?;
    if layers.is_empty() || layers.len() > MAX_LAYERS {
        return Err(node.error(&format!("H264Layers must have 1 to {MAX_LAYERS} entries")));
    }
    let scene_change_detection = node.flag("SceneChangeDetection")?.unwrap_or(false);
    if scene_change_detection && layers.len() > 1 {
        return Err(node.error(
            "SceneChangeDetection with several layers would put key frames at different places; \
             set it to false",
        ));
    }
    if layers.windows(2).any(|pair| match pair {
        [a, b] => a.frame_rate != b.frame_rate,
        _ => false,
    }) {
        return Err(node.error("all layers must have the same FrameRate"));
    }
    Ok(VideoCodec {
        key_frame_interval_ms: node.milliseconds("KeyFrameInterval", 100, 60_000)?.unwrap_or(2000),
        scene_change_detection,
        stretch: node.choice("StretchMode", STRETCH_MODES)?.or(stretch).unwrap_or_default(),
        complexity: node.choice("Complexity", COMPLEXITIES)?.unwrap_or_default(),
        no_video: node.choice("Condition", VIDEO_CONDITIONS)?.unwrap_or_default(),
        preserve_resolution_after_rotation: node
            .flag("PreserveResolutionAfterRotation")?
            .unwrap_or(false),
        layers,
    })
}

fn read_layer(node: &Node<'_>) -> Result<Layer, TaskError> {
    let bitrate = node
        .number("Bitrate", 1, MAX_BITRATE)?
        .ok_or_else(|| node.error("Bitrate (kbit/s) is missing"))?;
    let profile = node.choice("Profile", PROFILES)?.unwrap_or(Profile::Auto);
    let baseline = profile == Profile::Baseline;
    Ok(Layer {
        profile,
        level: read_level(node)?,
        bitrate,
        max_bitrate: node
            .number("MaxBitrate", 1, MAX_BITRATE)?
            .map_or(bitrate, |max| max.max(bitrate)),
        buffer_window_ms: node.milliseconds("BufferWindow", 100, 100_000)?.unwrap_or(5000),
        width: read_extent(node, "Width")?,
        height: read_extent(node, "Height")?,
        b_frames: node.number("BFrames", 0, 16)?.filter(|_| !baseline).unwrap_or(0),
        reference_frames: node.number("ReferenceFrames", 1, 16)?.unwrap_or(3),
        adaptive_b_frame: node.flag("AdaptiveBFrame")?.unwrap_or(false),
        frame_rate: read_frame_rate(node)?,
        entropy: match node.choice("EntropyMode", ENTROPY_MODES)? {
            Some(mode) if !baseline => mode,
            None if !baseline => EntropyMode::Cabac,
            _ => EntropyMode::Cavlc,
        },
        slices: node.number("Slices", 0, 64)?.unwrap_or(0),
    })
}

fn read_level(node: &Node<'_>) -> Result<Option<String>, TaskError> {
    let Some(level) = node.text("Level")? else {
        return Ok(None);
    };
    if level.eq_ignore_ascii_case("auto") {
        return Ok(None);
    }
    // ITU-T H.264 table A-1.
    const LEVELS: [&str; 20] = [
        "1", "1.1", "1.2", "1.3", "2", "2.1", "2.2", "3", "3.1", "3.2", "4", "4.1", "4.2", "5",
        "5.1", "5.2", "6", "6.1", "6.2", "1b",
    ];
    let plain = level.strip_suffix(".0").unwrap_or(&level);
    if LEVELS.contains(&plain) {
        Ok(Some(plain.to_owned()))
    } else {
        Err(node.error(&format!("Level {level:?} is not an H.264 level or \"auto\"")))
    }
}

fn read_extent(node: &Node<'_>, name: &str) -> Result<Extent, TaskError> {
    let text = node
        .text(name)?
        .ok_or_else(|| node.error(&format!("{name} is missing; give Width and Height")))?;
    let wrong = || {
        node.error(&format!(
            "{name} is {text:?}; use an even number up to {MAX_EXTENT} or a percentage up to 400%"
        ))
    };
    if let Some(percent) = text.strip_suffix('%') {
        let percent: f64 = percent.trim().parse().map_err(|_| wrong())?;
        // The cast is exact: the value was just checked to be 1 to 400.
        return if (1.0..=400.0).contains(&percent) {
            Ok(Extent::Percent(percent.round() as u32))
        } else {
            Err(wrong())
        };
    }
    let pixels: u32 = text.parse().map_err(|_| wrong())?;
    if pixels == 0 || pixels > MAX_EXTENT || pixels % 2 == 1 {
        return Err(wrong());
    }
    Ok(Extent::Pixels(pixels))
}

fn read_frame_rate(node: &Node<'_>) -> Result<Option<Rational>, TaskError> {
    let Some(text) = node.text("FrameRate")? else {
        return Ok(None);
    };
    if text == "0" || text.starts_with("0/") {
        return Ok(None);
    }
    Rational::parse(&text)
        .filter(|rate| (0.1..=240.0).contains(&rate.value()))
        .map(Some)
        .ok_or_else(|| {
            node.error(&format!(
                "FrameRate is {text:?}; use \"0/1\" for the source's rate or a fraction such as \
                 \"30000/1001\""
            ))
        })
}

fn read_audio(node: &Node<'_>) -> Result<AudioCodec, TaskError> {
    node.choice("Profile", &[("AACLC", ()), ("HEAACV1", ()), ("HEAACV2", ())])?;
    let channels = node.number("Channels", 1, 8)?.unwrap_or(2);
    if ![1, 2, 5, 6, 8].contains(&channels) {
        return Err(node.error(&format!("Channels is {channels}; use 1, 2, 5, 6 or 8")));
    }
    let sampling_rate = node.number("SamplingRate", 1, u32::MAX)?.unwrap_or(48_000);
    if !SAMPLING_RATES.contains(&sampling_rate) {
        return Err(
            node.error(&format!("SamplingRate is {sampling_rate}; use one of {SAMPLING_RATES:?}"))
        );
    }
    Ok(AudioCodec {
        channels,
        sampling_rate,
        bitrate: node.number("Bitrate", 8, 1024)?.unwrap_or(128),
        silence_if_no_audio: node.choice("Condition", &[("InsertSilenceIfNoAudio", ())])?.is_some(),
    })
}

/// An object of the document together with its place, for messages.
struct Node<'a> {
    path: String,
    members: &'a Map<String, Value>,
}

impl<'a> Node<'a> {
    fn new(path: impl Into<String>, value: &'a Value) -> Result<Self, TaskError> {
        let path = path.into();
        match value {
            Value::Object(members) => Ok(Self { path, members }),
            _ => Err(TaskError::configuration(format!("{path} is not an object"))),
        }
    }

    fn error(&self, what: &str) -> TaskError {
        TaskError::configuration(format!("{}: {what}", self.path))
    }

    /// A member that is there and not null.
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|v| !v.is_null())
    }

    fn child(&self, name: &str) -> Result<Option<Self>, TaskError> {
        self.get(name).map(|value| Self::new(format!("{}.{name}", self.path), value)).transpose()
    }

    fn children(&self, name: &str) -> Result<Vec<Self>, TaskError> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .map(|(i, item)| Self::new(format!("{}.{name}[{i}]", self.path), item))
                .collect(),
            Some(_) => Err(self.error(&format!("{name} is not an array"))),
        }
    }

    /// A string, number or boolean as text.
    fn text(&self, name: &str) -> Result<Option<String>, TaskError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::Bool(flag)) => Ok(Some(flag.to_string())),
            Some(_) => Err(self.error(&format!("{name} is not a string or a number"))),
        }
    }

    fn number(&self, name: &str, min: u32, max: u32) -> Result<Option<u32>, TaskError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        // Some writers turn every number into a decimal fraction ("128.0").
        let whole = text
            .split_once('.')
            .filter(|(_, fraction)| fraction.bytes().all(|b| b == b'0'))
            .map_or(text.as_str(), |(whole, _)| whole);
        whole.parse().ok().filter(|number| (min..=max).contains(number)).map(Some).ok_or_else(
            || self.error(&format!("{name} is {text:?}; use a whole number from {min} to {max}")),
        )
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, TaskError> {
        match self.text(name)?.map(|t| t.to_ascii_lowercase()).as_deref() {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(other) => Err(self.error(&format!("{name} is {other:?}; use true or false"))),
        }
    }

    fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>, TaskError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        choices
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(&text))
            .map(|(_, value)| Some(*value))
            .ok_or_else(|| {
                let known: Vec<_> = choices.iter().map(|(known, _)| *known).collect();
                self.error(&format!("{name} is {text:?}; use one of {known:?}"))
            })
    }

    /// A time as `hh:mm:ss`, with or without a fraction.
    fn milliseconds(&self, name: &str, min: u32, max: u32) -> Result<Option<u32>, TaskError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        parse_time(&text)
            .map(|seconds| (seconds * 1000.0).round())
            .filter(|ms| (f64::from(min)..=f64::from(max)).contains(ms))
            // Exact: the value is whole and within the range of `max`.
            .map(|ms| Some(ms as u32))
            .ok_or_else(|| {
                self.error(&format!(
                    "{name} is {text:?}; use hh:mm:ss between {} and {} seconds",
                    f64::from(min) / 1000.0,
                    f64::from(max) / 1000.0
                ))
            })
    }
}

/// Seconds of `hh:mm:ss[.fff]`.
fn parse_time(text: &str) -> Option<f64> {
    let mut parts = text.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || !seconds.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let hours: u16 = hours.parse().ok()?;
    let minutes: u16 = minutes.parse().ok().filter(|m| *m < 60)?;
    let seconds: f64 = seconds.parse().ok().filter(|s| *s < 60.0)?;
    Some(f64::from(hours) * 3600.0 + f64::from(minutes) * 60.0 + seconds)
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
