//! The adaptive ladder: which layers a source gets from `Adaptive Streaming`
//! and `Content Adaptive Multiple Bitrate MP4`.
//!
//! Microsoft published three example ladders (1080p at 29.97 fps, 720p at
//! 23.97 and 360p at 29.97) and one rule: never above the source's resolution
//! or bitrate. All three follow one law: bitrate grows with the pixel count
//! along the points of the 1080p ladder, and with the frame rate to the power
//! of 0.8; sources below 720p get a smaller share. This module interpolates
//! with that law, so the published ladders come out exactly.

use super::named::{mp4, video_codec};
use super::preset::{AudioCodec, AudioTrack, Layer, Recipe, Tracks, VideoTrack};
use super::probe::VideoSource;

/// Short side of each 16:9 step and its kbit/s at 29.97 fps, highest first.
/// The ladder ends at 1080p: larger pictures have presets of their own.
const STEPS: [(u32, f64); 6] =
    [(1080, 6780.0), (720, 3520.0), (540, 2210.0), (360, 1150.0), (270, 720.0), (180, 380.0)];
const REFERENCE_FPS: f64 = 30_000.0 / 1001.0;
const FPS_EXPONENT: f64 = 0.8;
/// What a 360p source gets of the 1080p ladder's rates (700 of 1150).
const SMALL_SOURCE_SHARE: f64 = 0.609;
/// A source must be this much larger than a step to get a layer of its own
/// size above it.
const OWN_SIZE_RATIO: f64 = 1.1;
/// Layers below this rate, kbit/s, are of no use next to a better one.
const LOWEST_RATE: u32 = 48;

/// The preset that `Adaptive Streaming` (`interleaved` false) or
/// `Content Adaptive Multiple Bitrate MP4` (true) stands for.
///
/// `video` is `None` for sources without a picture: they get the audio file
/// only.
pub(crate) fn recipe(video: Option<&VideoSource>, has_audio: bool, interleaved: bool) -> Recipe {
    let outputs = if !has_audio {
        vec![mp4(VIDEO_NAME, Tracks::Video)]
    } else if interleaved {
        vec![mp4("{Basename}_{Width}x{Height}_AACAudio_{VideoBitrate}.mp4", Tracks::Interleaved)]
    } else {
        vec![mp4(VIDEO_NAME, Tracks::Video), mp4(AUDIO_NAME, Tracks::Audio)]
    };
    Recipe {
        video: video.map(|source| VideoTrack::Encode(video_codec(2, layers(source)))),
        audio: has_audio.then(|| AudioTrack::Encode(AudioCodec::new(2, 128))),
        outputs,
        ..Recipe::default()
    }
}

const VIDEO_NAME: &str = "{Basename}_{Width}x{Height}_{VideoBitrate}.mp4";
/// The name of a ladder's audio file; also of audio that a preset with video
/// makes from a source without a picture.
pub(crate) const AUDIO_NAME: &str = "{Basename}_AACAudio_{AudioBitrate}.mp4";

/// The ladder of `source`, best layer first; never empty.
pub(crate) fn layers(source: &VideoSource) -> Vec<Layer> {
    let short = source.width.min(source.height);
    let share = source_share(short);
    let ideal: Vec<(u32, u32, f64)> = short_sides(short)
        .into_iter()
        .map(|side| {
            let (width, height) = sized(source, side);
            let pixels = f64::from(width) * f64::from(height);
            let rate = reference_rate(pixels) * share * fps_factor(source.frame_rate.value());
            (width, height, rate)
        })
        .collect();

    // Above the source's rate there is nothing to gain: shrink all rates
    // alike, which keeps the steps between them useful.
    let top = ideal.first().map_or(0.0, |(_, _, rate)| *rate);
    let cap =
        source.bitrate_kbps.map_or(1.0, |source_rate| (f64::from(source_rate) / top).min(1.0));
    let mut layers: Vec<Layer> = Vec::new();
    for (width, height, rate) in ideal {
        let rate = if cap < 1.0 {
            // Rounded down, so as not to exceed the source after all.
            floor_to_10(rate * cap)
        } else {
            round_to_10(rate)
        };
        if layers.is_empty() || rate >= LOWEST_RATE {
            layers.push(Layer::new(width, height, rate));
        }
    }
    layers
}

/// The short sides of the layers for a source whose short side is `short`.
fn short_sides(short: u32) -> Vec<u32> {
    let mut sides: Vec<u32> =
        STEPS.iter().map(|(side, _)| *side).filter(|side| *side <= short).collect();
    let tallest = STEPS[0].0;
    let own_size = match sides.first() {
        Some(first) => short < tallest && f64::from(short) >= f64::from(*first) * OWN_SIZE_RATIO,
        None => true,
    };
    if own_size {
        sides.insert(0, short);
    }
    sides
}

/// The picture of `source` with its short side scaled to `side`: even numbers,
/// no larger than the source except to reach an even number.
fn sized(source: &VideoSource, side: u32) -> (u32, u32) {
    let short = source.width.min(source.height);
    let scale = f64::from(side) / f64::from(short.max(1));
    (even(f64::from(source.width) * scale), even(f64::from(source.height) * scale))
}

/// The nearest even number, at least 2.
pub(crate) fn even(length: f64) -> u32 {
    // Lengths come from 32-bit sizes, and float casts saturate.
    ((length / 2.0).round() as u32).saturating_mul(2).max(2)
}

/// kbit/s of the 1080p ladder for a picture of `pixels`, interpolated on
/// logarithmic axes and continued beyond both ends.
fn reference_rate(pixels: f64) -> f64 {
    let points = STEPS.map(|(side, rate)| {
        let side = f64::from(side);
        (side * side * 16.0 / 9.0, rate)
    });
    let segment = points
        .windows(2)
        .find(|pair| matches!(pair, [_, (lower, _)] if pixels >= *lower))
        .or_else(|| points.windows(2).last());
    match segment {
        Some([(x1, y1), (x0, y0)]) => {
            let slope = (y1 / y0).ln() / (x1 / x0).ln();
            y0 * (pixels / x0).powf(slope)
        }
        _ => points[0].1,
    }
}

/// The share of the 1080p ladder's rates that a source of this short side
/// gets: all of it from 720 up, interpolated down to 360.
fn source_share(short: u32) -> f64 {
    let position = (f64::from(short.max(1)) / 360.0).log2().clamp(0.0, 1.0);
    SMALL_SOURCE_SHARE + (1.0 - SMALL_SOURCE_SHARE) * position
}

fn fps_factor(fps: f64) -> f64 {
    (fps / REFERENCE_FPS).powf(FPS_EXPONENT)
}

/// Rates are far below the range of `u32`, and float casts saturate.
fn round_to_10(rate: f64) -> u32 {
    ((rate / 10.0).round() as u32).max(1) * 10
}

/// Rounds down to a multiple of 10, or to a whole number below 10.
fn floor_to_10(rate: f64) -> u32 {
    if rate < 10.0 { (rate.floor() as u32).max(1) } else { (rate / 10.0).floor() as u32 * 10 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::preset::{Content, Extent, Rational};

    fn source(width: u32, height: u32, num: u32, den: u32, bitrate: Option<u32>) -> VideoSource {
        VideoSource {
            width,
            height,
            frame_rate: Rational { num, den },
            bitrate_kbps: bitrate,
            ..VideoSource::default()
        }
    }

    fn ladder(source: &VideoSource) -> Vec<String> {
        layers(source)
            .iter()
            .map(|layer| match (layer.width, layer.height) {
                (Extent::Pixels(w), Extent::Pixels(h)) => format!("{w}x{h}@{}", layer.bitrate),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn the_published_ladders_come_out_exactly() {
        assert_eq!(
            ladder(&source(1920, 1080, 30000, 1001, None)),
            [
                "1920x1080@6780",
                "1280x720@3520",
                "960x540@2210",
                "640x360@1150",
                "480x270@720",
                "320x180@380"
            ]
        );
        assert_eq!(
            ladder(&source(1280, 720, 24000, 1001, None)),
            ["1280x720@2940", "960x540@1850", "640x360@960", "480x270@600", "320x180@320"]
        );
        // The published frame rate is 23.97, a hair below 24000/1001.
        assert_eq!(
            ladder(&source(1280, 720, 2397, 100, None)),
            ladder(&source(1280, 720, 24000, 1001, None))
        );
        assert_eq!(
            ladder(&source(640, 360, 30000, 1001, None)),
            ["640x360@700", "480x270@440", "320x180@230"]
        );
    }

    #[test]
    fn resolution_never_exceeds_the_source() {
        assert_eq!(ladder(&source(160, 90, 25, 1, None)).len(), 1);
        assert!(ladder(&source(160, 90, 25, 1, None))[0].starts_with("160x90@"));
        // 4K sources stop at 1080p.
        assert_eq!(ladder(&source(3840, 2160, 30000, 1001, None))[0], "1920x1080@6780");
        // A step of its own only when it is clearly larger than the next one.
        assert!(ladder(&source(854, 480, 25, 1, None))[0].starts_with("854x480@"));
        assert!(ladder(&source(1024, 576, 25, 1, None))[0].starts_with("960x540@"));
    }

    #[test]
    fn portrait_and_odd_shapes_keep_their_aspect_ratio() {
        assert_eq!(
            ladder(&source(1080, 1920, 30000, 1001, None))[..2],
            ["1080x1920@6780", "720x1280@3520"]
        );
        for layer in ladder(&source(1919, 803, 25, 1, None)) {
            let (size, _) = layer.split_once('@').expect("a rate");
            let (w, h) = size.split_once('x').expect("a size");
            let (w, h): (f64, f64) = (w.parse().expect("w"), h.parse().expect("h"));
            assert!((w / h - 1919.0 / 803.0).abs() < 0.02, "{layer}");
            assert_eq!((w % 2.0, h % 2.0), (0.0, 0.0), "{layer}");
        }
    }

    #[test]
    fn rates_never_exceed_the_source() {
        let capped = ladder(&source(1280, 720, 30000, 1001, Some(1003)));
        assert_eq!(capped[0], "1280x720@1000");
        assert_eq!(capped.len(), 5, "{capped:?}");
        // A source of a very low rate keeps one layer.
        assert_eq!(ladder(&source(1280, 720, 25, 1, Some(44))), ["1280x720@40"]);
    }

    #[test]
    fn more_pixels_and_more_frames_need_more_bits() {
        let rate = |w, h, fps| layers(&source(w, h, fps, 1, None))[0].bitrate;
        assert!(rate(640, 360, 30) < rate(854, 480, 30));
        assert!(rate(854, 480, 30) < rate(1280, 720, 30));
        assert!(rate(640, 480, 30) < rate(854, 480, 30));
        assert!(rate(1280, 720, 30) < rate(1280, 720, 60));
    }

    #[test]
    fn audio_goes_into_its_own_file_unless_interleaved() {
        let video = source(640, 360, 25, 1, None);
        let tracks = |has_audio, interleaved| {
            recipe(Some(&video), has_audio, interleaved)
                .outputs
                .iter()
                .map(|output| match output.content {
                    Content::Media { tracks, .. } => tracks,
                    Content::Images(_) => panic!("{output:?}"),
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(tracks(true, false), [Tracks::Video, Tracks::Audio]);
        assert_eq!(tracks(true, true), [Tracks::Interleaved]);
        assert_eq!(tracks(false, true), [Tracks::Video]);
    }
}
