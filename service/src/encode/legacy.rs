//! The preset names of the encoders that came before Media Encoder Standard: Azure Media Encoder
//! ("H264 Adaptive Bitrate MP4 Set 720p") and the one before it ("H.264 HD 720p VBR").
//!
//! Sizes and rates are those that lists of these presets in public code give; where a list names
//! only the highest and the lowest rate, the ones between are at even ratios. What was fragmented
//! MP4 is plain MP4 here: dynamic packaging streams it as Smooth Streaming all the same.

use super::codec::{Extent, ImageCodec, ImageFormat, ImageLayer, Position, Start, StretchMode};
use super::named::{MULTIPLE_720P, MULTIPLE_1080P, Size, interleaved, mp4};
use super::preset::{AudioCodec, Content, Layer, OutputPattern, Preset, Profile, Recipe, Tracks};
use super::time::Seconds;

const SD_16X9: &[Size] =
    &[(852, 480, 1900), (852, 480, 1300), (640, 360, 900), (640, 360, 650), (426, 240, 400)];
const SD_4X3: &[Size] =
    &[(640, 480, 1600), (640, 480, 1300), (480, 360, 800), (480, 360, 600), (320, 240, 400)];
const MOBILE_720P: &[Size] = &[
    (1280, 720, 3400),
    (960, 540, 2250),
    (960, 540, 1500),
    (640, 360, 1000),
    (640, 360, 650),
    (320, 180, 400),
    (320, 180, 250),
    (320, 180, 150),
];
const XBOX_720P: &[Size] = &[
    (1280, 720, 4500),
    (1280, 720, 3120),
    (1280, 720, 2170),
    (960, 540, 1510),
    (960, 540, 1050),
    (640, 360, 730),
    (640, 360, 500),
    (640, 360, 350),
];
const PHONE_7: &[Size] =
    &[(640, 360, 1000), (640, 360, 670), (640, 360, 450), (640, 360, 300), (640, 360, 200)];

/// Sizes, and kbit/s of the sound.
type Shape = (&'static [Size], u32);

/// Names, in lower case.
const PRESETS: &[(&str, Shape)] = &[
    ("h264 adaptive bitrate mp4 set 1080p", (MULTIPLE_1080P, 128)),
    ("h264 adaptive bitrate mp4 set 720p", (MULTIPLE_720P, 96)),
    ("h264 adaptive bitrate mp4 set sd 16x9", (SD_16X9, 96)),
    ("h264 adaptive bitrate mp4 set sd 4x3", (SD_4X3, 96)),
    ("h264 adaptive bitrate mp4 set 1080p for ios cellular only", (MULTIPLE_1080P, 56)),
    ("h264 adaptive bitrate mp4 set 720p for ios cellular only", (MULTIPLE_720P, 56)),
    ("h264 adaptive bitrate mp4 set sd 16x9 for ios cellular only", (SD_16X9, 56)),
    ("h264 adaptive bitrate mp4 set sd 4x3 for ios cellular only", (SD_4X3, 56)),
    ("h264 smooth streaming 1080p", (MULTIPLE_1080P, 128)),
    ("h264 smooth streaming 720p", (MULTIPLE_720P, 96)),
    ("h264 smooth streaming 720p for 3g or 4g", (MOBILE_720P, 56)),
    ("h264 smooth streaming 720p xbox live adk", (XBOX_720P, 128)),
    ("h264 smooth streaming sd 16x9", (SD_16X9, 96)),
    ("h264 smooth streaming sd 4x3", (SD_4X3, 96)),
    ("h264 smooth streaming windows phone 7 series", (PHONE_7, 64)),
    ("h264 broadband 1080p", (&[(1920, 1080, 6750)], 128)),
    ("h264 broadband 720p", (&[(1280, 720, 4500)], 128)),
    ("h264 broadband sd 16x9", (&[(852, 480, 2200)], 128)),
    ("h264 broadband sd 4x3", (&[(640, 480, 1800)], 128)),
    ("h.264 hd 1080p vbr", (&[(1920, 1080, 6750)], 128)),
    ("h.264 hd 720p vbr", (&[(1280, 720, 4500)], 128)),
    ("h.264 high speed broadband vbr", (&[(852, 480, 2200)], 128)),
    ("h.264 high speed broadband cbr", (&[(852, 480, 2200)], 128)),
    ("h.264 broadband vbr", (&[(640, 480, 1200)], 96)),
    ("h.264 broadband cbr", (&[(640, 480, 1200)], 96)),
    ("h.264 512k dsl cbr", (&[(320, 240, 400)], 64)),
    ("h.264 256k dsl cbr", (&[(320, 240, 200)], 32)),
    ("h.264 ipad", (&[(1280, 720, 3500)], 128)),
    ("h.264 iphone / ipod touch", (&[(640, 480, 1200)], 128)),
    ("h.264 iis smooth streaming hd 1080p vbr", (MULTIPLE_1080P, 128)),
    ("h.264 iis smooth streaming hd 720p vbr", (MULTIPLE_720P, 96)),
];

/// The preset called `name` (ASCII case does not matter), if there is one.
pub(super) fn find(name: &str) -> Option<Preset> {
    let name = name.to_ascii_lowercase();
    if name == "thumbnails" {
        return Some(Preset::Recipe(thumbnails()));
    }
    let (_, (sizes, rate)) = PRESETS.iter().find(|(known, _)| *known == name)?;
    let high = sizes.first().is_some_and(|(width, _, _)| *width >= 1920);
    let layers = sizes.iter().map(|(width, height, bitrate)| Layer {
        profile: if high { Profile::High } else { Profile::Main },
        ..Layer::new(*width, *height, *bitrate)
    });
    let audio = AudioCodec { sampling_rate: 44_100, ..AudioCodec::new(2, *rate) };
    let mut recipe = interleaved(2, layers.collect(), audio);
    recipe.outputs = vec![mp4(
        "{Basename}_H264_{VideoBitrate}kbps_AAC_und_ch{Channel}_{AudioBitrate}kbps.mp4",
        Tracks::Interleaved,
    )];
    if sizes.len() > 1 {
        recipe
            .outputs
            .push(mp4("{Basename}_AAC_und_ch{Channel}_{AudioBitrate}kbps.mp4", Tracks::Audio));
    }
    Some(Preset::Recipe(recipe))
}

/// An image every five seconds, 300 pixels wide.
fn thumbnails() -> Recipe {
    let layer =
        ImageLayer { width: Extent::Pixels(300), height: Extent::Pixels(8192), quality: 90 };
    Recipe {
        images: vec![ImageCodec {
            format: ImageFormat::Jpg,
            start: Start::At(Position::Frame(0)),
            step: Position::Time(Seconds::from_millis(5000)),
            range: Position::Percent(100.0),
            stretch: StretchMode::AutoSize,
            preserve_resolution_after_rotation: false,
            layers: vec![layer],
        }],
        outputs: vec![OutputPattern {
            file_name: "{Basename}_{Index}{Extension}".to_owned(),
            content: Content::Images(ImageFormat::Jpg),
        }],
        ..Recipe::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::preset::VideoTrack;

    #[test]
    fn names_of_old_samples_are_known() {
        for (name, layers, highest, lowest) in [
            ("H264 Adaptive Bitrate MP4 Set 720p", 6, 3400, 400),
            ("H264 Adaptive Bitrate MP4 Set SD 4x3 for iOS Cellular Only", 5, 1600, 400),
            ("H264 Smooth Streaming 720p", 6, 3400, 400),
            ("H264 Smooth Streaming 720p for 3G or 4G", 8, 3400, 150),
            ("H264 Smooth Streaming Windows Phone 7 Series", 5, 1000, 200),
            ("H264 Broadband 1080p", 1, 6750, 6750),
            ("H.264 HD 720p VBR", 1, 4500, 4500),
            ("H.264 iPad", 1, 3500, 3500),
        ] {
            let Some(Preset::Recipe(recipe)) = find(name) else { panic!("{name}") };
            let Some(VideoTrack::Encode(video)) = recipe.video else { panic!("{name}") };
            let rates: Vec<_> = video.layers.iter().map(|layer| layer.bitrate).collect();
            assert_eq!(rates.len(), layers, "{name}");
            assert_eq!((rates[0], rates[layers - 1]), (highest, lowest), "{name}");
            assert!(rates.is_sorted_by(|a, b| a > b), "{name}: {rates:?}");
        }
        assert!(find("Thumbnails").is_some());
        assert_eq!(find("VC1 Broadband 1080p"), None);
    }
}
