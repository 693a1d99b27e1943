//! The system presets of Media Encoder Standard, as data.
//!
//! Layer sizes and rates are those of the preset pages in Microsoft's public
//! Media Services v2 documentation ("H264 Multiple Bitrate 1080p" and so on).

use super::preset::{
    AudioCodec, AudioTrack, Complexity, Container, Content, EntropyMode, Layer, NoVideo,
    OutputPattern, Preset, Profile, Rational, Recipe, StretchMode, Tracks, VideoCodec, VideoTrack,
};

/// Width, height, kbit/s.
pub(super) type Size = (u32, u32, u32);

const MULTIPLE_4K: &[Size] = &[
    (4096, 2304, 20000),
    (3840, 2160, 18000),
    (3840, 2160, 16000),
    (3840, 2160, 14000),
    (2560, 1440, 12000),
    (2560, 1440, 10000),
    (2560, 1440, 8000),
    (1920, 1080, 6000),
    (1920, 1080, 4700),
    (1280, 720, 3400),
    (960, 540, 2250),
    (640, 360, 1000),
];
pub(super) const MULTIPLE_1080P: &[Size] = &[
    (1920, 1080, 6000),
    (1920, 1080, 4700),
    (1280, 720, 3400),
    (960, 540, 2250),
    (960, 540, 1500),
    (640, 360, 1000),
    (640, 360, 650),
    (320, 180, 400),
];
pub(super) const MULTIPLE_720P: &[Size] = &[
    (1280, 720, 3400),
    (960, 540, 2250),
    (960, 540, 1500),
    (640, 360, 1000),
    (640, 360, 650),
    (320, 180, 400),
];
const MULTIPLE_16X9_SD: &[Size] =
    &[(848, 480, 1900), (848, 480, 1300), (640, 360, 900), (640, 360, 650), (432, 240, 400)];
const MULTIPLE_4X3_SD: &[Size] =
    &[(640, 480, 1600), (640, 480, 1300), (480, 360, 800), (480, 360, 600), (360, 240, 400)];

/// A layer of the device presets: size, profile and level.
type DeviceLayer = (Size, Profile, &'static str);

const IOS_16X9: &[DeviceLayer] = &[
    ((1920, 1080, 8500), Profile::High, "4"),
    ((1280, 720, 6500), Profile::Main, "3.1"),
    ((1280, 720, 5000), Profile::Main, "3.1"),
    ((960, 540, 3500), Profile::Main, "3.1"),
    ((640, 360, 1200), Profile::Baseline, "3.1"),
    ((640, 360, 600), Profile::Baseline, "3"),
    ((480, 270, 400), Profile::Baseline, "3"),
    ((416, 214, 200), Profile::Baseline, "3"),
];
const IOS_4X3: &[DeviceLayer] = &[
    ((1920, 1440, 8500), Profile::High, "5"),
    ((1280, 960, 6500), Profile::Main, "3.2"),
    ((1280, 960, 5000), Profile::Main, "3.2"),
    ((960, 720, 3500), Profile::Main, "3.1"),
    ((640, 480, 1200), Profile::Baseline, "3.1"),
    ((640, 480, 600), Profile::Baseline, "3"),
    ((480, 360, 400), Profile::Baseline, "3"),
    ((400, 300, 200), Profile::Baseline, "3"),
];

const AUDIO_5_1: &str = " audio 5.1";

/// The preset called `name` (ASCII case does not matter), if there is one.
pub(crate) fn find(name: &str) -> Option<Preset> {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "adaptive streaming" => return Some(Preset::Adaptive { interleaved: false }),
        "content adaptive multiple bitrate mp4" => {
            return Some(Preset::Adaptive { interleaved: true });
        }
        "aac audio" => return Some(audio_only(128)),
        "aac good quality audio" => return Some(audio_only(192)),
        _ => {}
    }
    if let Some(recipe) = device(&name) {
        return Some(Preset::Recipe(recipe));
    }
    let (base, audio) = match name.strip_suffix(AUDIO_5_1) {
        Some(base) => (base, AudioCodec::new(6, 384)),
        None => (name.as_str(), AudioCodec::new(2, 128)),
    };
    let sizes: &[Size] = match base {
        "h264 multiple bitrate 4k" => MULTIPLE_4K,
        "h264 multiple bitrate 1080p" => MULTIPLE_1080P,
        "h264 multiple bitrate 720p" => MULTIPLE_720P,
        "h264 multiple bitrate 16x9 sd" => MULTIPLE_16X9_SD,
        "h264 multiple bitrate 4x3 sd" => MULTIPLE_4X3_SD,
        "h264 single bitrate 4k" => &[(3840, 2160, 18000)],
        "h264 single bitrate 1080p" => &[(1920, 1080, 6750)],
        "h264 single bitrate 720p" => &[(1280, 720, 4500)],
        "h264 single bitrate 16x9 sd" => &[(848, 480, 2200)],
        "h264 single bitrate 4x3 sd" => &[(640, 480, 1800)],
        _ => return None,
    };
    let layers = sizes.iter().map(|(w, h, rate)| Layer::new(*w, *h, *rate));
    Some(Preset::Recipe(interleaved(2, layers.collect(), audio)))
}

/// The presets for iOS and Android.
fn device(name: &str) -> Option<Recipe> {
    let android = |size: Size, level, audio| {
        interleaved(5, vec![device_layer(&(size, Profile::Baseline, level))], audio)
    };
    Some(match name {
        "h264 multiple bitrate 16x9 for ios" => {
            interleaved(3, IOS_16X9.iter().map(device_layer).collect(), AudioCodec::new(2, 64))
        }
        "h264 multiple bitrate 4x3 for ios" => {
            interleaved(3, IOS_4X3.iter().map(device_layer).collect(), AudioCodec::new(2, 64))
        }
        "h264 single bitrate 720p for android" => {
            android((1280, 720, 2000), "3.1", AudioCodec::new(2, 192))
        }
        "h264 single bitrate high quality sd for android" => {
            android((480, 360, 500), "3", AudioCodec::new(2, 128))
        }
        "h264 single bitrate low quality sd for android" => {
            let mut recipe = android((176, 144, 56), "2", AudioCodec::new(2, 24));
            if let Some(VideoTrack::Encode(video)) = &mut recipe.video {
                for layer in &mut video.layers {
                    layer.frame_rate = Some(Rational { num: 12, den: 1 });
                }
            }
            recipe
        }
        _ => return None,
    })
}

fn device_layer(((width, height, bitrate), profile, level): &DeviceLayer) -> Layer {
    let baseline = *profile == Profile::Baseline;
    Layer {
        profile: *profile,
        level: Some((*level).to_owned()),
        b_frames: if baseline { 0 } else { 3 },
        adaptive_b_frame: !baseline,
        entropy: if baseline { EntropyMode::Cavlc } else { EntropyMode::Cabac },
        ..Layer::new(*width, *height, *bitrate)
    }
}

/// One MP4 per layer, each with audio. The presets with one layer let the
/// encoder add key frames at scene changes, those with several cannot.
pub(super) fn interleaved(key_frame_seconds: u32, layers: Vec<Layer>, audio: AudioCodec) -> Recipe {
    Recipe {
        video: Some(VideoTrack::Encode(VideoCodec {
            scene_change_detection: layers.len() == 1,
            ..video_codec(key_frame_seconds, layers)
        })),
        audio: Some(AudioTrack::Encode(audio)),
        outputs: vec![mp4("{Basename}_{Width}x{Height}_{VideoBitrate}.mp4", Tracks::Interleaved)],
        ..Recipe::default()
    }
}

/// `H264Video` with the schema's defaults.
pub(crate) fn video_codec(key_frame_seconds: u32, layers: Vec<Layer>) -> VideoCodec {
    VideoCodec {
        key_frame_interval_ms: key_frame_seconds * 1000,
        scene_change_detection: false,
        stretch: StretchMode::default(),
        complexity: Complexity::default(),
        no_video: NoVideo::default(),
        preserve_resolution_after_rotation: false,
        layers,
    }
}

/// An MP4 output.
pub(crate) fn mp4(file_name: &str, tracks: Tracks) -> OutputPattern {
    let content = Content::Media { container: Container::Mp4, tracks };
    OutputPattern { file_name: file_name.to_owned(), content }
}

fn audio_only(bitrate: u32) -> Preset {
    Preset::Recipe(Recipe {
        audio: Some(AudioTrack::Encode(AudioCodec::new(2, bitrate))),
        outputs: vec![mp4("{Basename}_AAC_{AudioBitrate}.mp4", Tracks::Audio)],
        ..Recipe::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::preset::Extent;

    fn recipe(name: &str) -> Recipe {
        match find(name) {
            Some(Preset::Recipe(recipe)) => recipe,
            other => panic!("{name}: {other:?}"),
        }
    }

    /// Layers, highest and lowest kbit/s, audio channels, audio kbit/s.
    fn shape(name: &str) -> (usize, u32, u32, u32, u32) {
        let recipe = recipe(name);
        let layers = match recipe.video {
            Some(VideoTrack::Encode(video)) => video.layers,
            _ => Vec::new(),
        };
        let (channels, rate) = match recipe.audio {
            Some(AudioTrack::Encode(audio)) => (audio.channels, audio.bitrate),
            _ => (0, 0),
        };
        (
            layers.len(),
            layers.first().map_or(0, |l| l.bitrate),
            layers.last().map_or(0, |l| l.bitrate),
            channels,
            rate,
        )
    }

    #[test]
    fn presets_have_the_documented_layer_counts_and_rates() {
        for (name, expected) in [
            ("H264 Multiple Bitrate 4K", (12, 20000, 1000, 2, 128)),
            ("H264 Multiple Bitrate 4K Audio 5.1", (12, 20000, 1000, 6, 384)),
            ("H264 Multiple Bitrate 1080p", (8, 6000, 400, 2, 128)),
            ("H264 Multiple Bitrate 1080p Audio 5.1", (8, 6000, 400, 6, 384)),
            ("H264 Multiple Bitrate 720p", (6, 3400, 400, 2, 128)),
            ("H264 Multiple Bitrate 16x9 SD", (5, 1900, 400, 2, 128)),
            ("H264 Multiple Bitrate 4x3 SD Audio 5.1", (5, 1600, 400, 6, 384)),
            ("H264 Multiple Bitrate 16x9 for iOS", (8, 8500, 200, 2, 64)),
            ("H264 Multiple Bitrate 4x3 for iOS", (8, 8500, 200, 2, 64)),
            ("H264 Single Bitrate 4K", (1, 18000, 18000, 2, 128)),
            ("H264 Single Bitrate 1080p", (1, 6750, 6750, 2, 128)),
            ("H264 Single Bitrate 720p", (1, 4500, 4500, 2, 128)),
            ("H264 Single Bitrate 16x9 SD", (1, 2200, 2200, 2, 128)),
            ("H264 Single Bitrate 4x3 SD Audio 5.1", (1, 1800, 1800, 6, 384)),
            ("H264 Single Bitrate 720p for Android", (1, 2000, 2000, 2, 192)),
            ("H264 Single Bitrate High Quality SD for Android", (1, 500, 500, 2, 128)),
            ("H264 Single Bitrate Low Quality SD for Android", (1, 56, 56, 2, 24)),
            ("AAC Audio", (0, 0, 0, 2, 128)),
            ("AAC Good Quality Audio", (0, 0, 0, 2, 192)),
        ] {
            assert_eq!(shape(name), expected, "{name}");
        }
    }

    #[test]
    fn names_ignore_case_and_unknown_names_are_unknown() {
        assert_eq!(find("adaptive streaming"), Some(Preset::Adaptive { interleaved: false }));
        assert_eq!(find("H264 Multiple Bitrate 720i"), None);
        assert_eq!(find("AAC Audio Audio 5.1"), None);
    }

    #[test]
    fn baseline_layers_have_no_b_frames_and_no_cabac() {
        let Some(VideoTrack::Encode(video)) = recipe("H264 Multiple Bitrate 16x9 for iOS").video
        else {
            panic!("an H.264 preset");
        };
        assert_eq!(video.key_frame_interval_ms, 3000);
        let last = video.layers.last().expect("eight layers");
        assert_eq!((last.b_frames, last.entropy), (0, EntropyMode::Cavlc));
        assert_eq!(last.level.as_deref(), Some("3"));
        assert_eq!(last.height, Extent::Pixels(214));
    }
}
