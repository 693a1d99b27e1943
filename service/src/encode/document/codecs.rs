//! `H264Video` and `AACAudio`.

use super::node::Node;
use crate::encode::error::TaskError;
use crate::encode::preset::{
    AudioCodec, Complexity, EntropyMode, Extent, Layer, NoVideo, Profile, Rational, StretchMode,
    VideoCodec,
};

/// More layers than any published preset has; a bound on the work one preset
/// can ask for.
pub(super) const MAX_LAYERS: usize = 32;
/// The largest width or height H.264 level 6.2 allows is 16 384; nobody
/// publishes above 8K.
const MAX_EXTENT: u32 = 8192;
const MAX_BITRATE: u32 = 240_000;

pub(super) const STRETCH_MODES: &[(&str, StretchMode)] = &[
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

pub(super) fn read_video(
    node: &Node<'_>,
    stretch: Option<StretchMode>,
) -> Result<VideoCodec, TaskError> {
    node.allow(&[
        "Type",
        "TwoPass",
        "KeyFrameInterval",
        "SceneChangeDetection",
        "StretchMode",
        "Complexity",
        "Condition",
        "PreserveResolutionAfterRotation",
        "SyncMode",
        "Chapters",
        "H264Layers",
    ])?;
    // The original made one pass whatever was asked for.
    node.flag("TwoPass")?;
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
    node.allow(&[
        "Type",
        "Profile",
        "Level",
        "Bitrate",
        "MaxBitrate",
        "BufferWindow",
        "Width",
        "Height",
        "BFrames",
        "ReferenceFrames",
        "AdaptiveBFrame",
        "EntropyMode",
        "FrameRate",
        "Slices",
        "Condition",
    ])?;
    node.is("H264Layer")?;
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

pub(super) fn read_extent(node: &Node<'_>, name: &str) -> Result<Extent, TaskError> {
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

pub(super) fn read_audio(node: &Node<'_>) -> Result<AudioCodec, TaskError> {
    node.allow(&["Type", "Profile", "Channels", "SamplingRate", "Bitrate", "Condition"])?;
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
