//! `Filters`: rotation, cropping and overlays, by the colours of pixels.

use acceptance::{ffmpeg, ffprobe, made_by_ffmpeg};
use serde_json::{Value as Json, json};

use crate::lab::{Made, aac, asset, drawn, encoded, preset, red_beside_blue, refused};

/// Red, green and blue, each nothing (0), something (1) or full (2).
pub(crate) type Colour = [u8; 3];
pub(crate) const BLACK: Colour = [0, 0, 0];
pub(crate) const RED: Colour = [2, 0, 0];
pub(crate) const BLUE: Colour = [0, 0, 2];
const LIME: Colour = [0, 2, 0];

/// The colour around a place at a time.
#[track_caller]
pub(crate) fn colour(media: &[u8], time: f64, (x, y): (u32, u32)) -> Colour {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), media).unwrap();
    let path = file.path().display();
    let pixels = ffmpeg(&format!(
        "-ss {time} -i {path} -frames:v 1 -vf crop=2:2:{x}:{y},scale=1:1,format=rgb24 \
         -f rawvideo -"
    ));
    let [red, green, blue] = pixels[..] else { panic!("{pixels:?} at {time}") };
    [red, green, blue].map(|part| {
        if part < 60 {
            0
        } else if part > 195 {
            2
        } else {
            1
        }
    })
}

/// Width and height.
pub(crate) fn size(media: &[u8]) -> String {
    ffprobe(media, "-select_streams v -show_entries stream=width,height").join("x")
}

fn filtered(asset: &str, filters: &Json, video: &Json) -> Made {
    encoded(&[asset], &preset(&json!([{ "Filters": filters }]), video, None))
}

#[test]
fn pictures_are_turned() {
    let asset = asset(&[("film.mp4", &red_beside_blue())]);
    let upright = json!({ "PreserveResolutionAfterRotation": true });
    let turned = |degrees: &str| filtered(&asset, &json!({ "Rotation": degrees }), &upright).mp4();
    let mp4 = turned("90");
    assert_eq!(size(&mp4), "180x320");
    assert_eq!((colour(&mp4, 0.0, (90, 20)), colour(&mp4, 0.0, (90, 300))), (RED, BLUE));
    let mp4 = turned("180");
    assert_eq!(size(&mp4), "320x180");
    assert_eq!((colour(&mp4, 0.0, (20, 90)), colour(&mp4, 0.0, (300, 90))), (BLUE, RED));
    let mp4 = turned("270");
    assert_eq!((colour(&mp4, 0.0, (90, 20)), colour(&mp4, 0.0, (90, 300))), (BLUE, RED));
}

#[test]
fn pictures_are_turned_as_they_say_or_not_at_all() {
    let file = tempfile::Builder::new().suffix(".mp4").tempfile().unwrap();
    std::fs::write(file.path(), red_beside_blue()).unwrap();
    let path = file.path().display();
    let phone = made_by_ffmpeg(&format!("-i {path} -c copy -metadata:s:v rotate=90"), "mp4");
    let asset = asset(&[("phone.mp4", &phone)]);
    let upright = json!({ "PreserveResolutionAfterRotation": true });
    assert_eq!(size(&filtered(&asset, &json!({}), &upright).mp4()), "180x320");
    assert_eq!(size(&filtered(&asset, &json!({ "Rotation": "Auto" }), &upright).mp4()), "180x320");
    let mp4 = filtered(&asset, &json!({ "Rotation": 0 }), &upright).mp4();
    assert_eq!(size(&mp4), "320x180");
    assert_eq!((colour(&mp4, 0.0, (20, 90)), colour(&mp4, 0.0, (300, 90))), (RED, BLUE));
}

#[test]
fn pictures_are_cropped() {
    let asset = asset(&[("film.mp4", &red_beside_blue())]);
    let crop = json!({ "Crop": { "X": 180, "Y": "50%", "Width": 120, "Height": 60 } });
    let mp4 = filtered(&asset, &crop, &json!({})).mp4();
    assert_eq!(size(&mp4), "120x60");
    assert_eq!((colour(&mp4, 0.0, (2, 30)), colour(&mp4, 0.0, (110, 30))), (BLUE, BLUE));
    let outside = json!([{ "Filters": { "Crop": { "X": 300, "Width": 120, "Height": 60 } } }]);
    let message = refused(&[&asset], &preset(&outside, &json!({}), None));
    assert!(message.contains("preset.Sources[0].Filters.Crop") && message.contains("320x180"));
}

fn red(seconds: u32, sound: Option<&str>) -> Vec<u8> {
    drawn(&format!("color=c=red:s=320x180:r=25:d={seconds}"), sound)
}

#[test]
fn an_image_is_shown_for_a_while_and_fades() {
    let lime = "-f lavfi -i color=c=lime:s=64x64 -frames:v 1";
    let (png, gif) = (made_by_ffmpeg(lime, "png"), made_by_ffmpeg(lime, "gif"));
    let files = [("film.mp4", &*red(3, None)), ("Logo.png", &*png), ("Logo.gif", &*gif)];
    let asset = asset(&files);
    let overlay = |name: &str| {
        json!({ "VideoOverlay": {
            "Source": name, "Position": { "X": 100, "Y": 50, "Width": 80, "Height": 40 },
            "AudioGainLevel": 0.0, "Clip": { "StartTime": "00:00:01", "Duration": "00:00:01" },
            "MediaParams": [{ "OverlayLoopCount": 1 },
                            { "IsOverlay": true, "OverlayLoopCount": 1, "InputLoop": true }],
        } })
    };
    for name in ["Logo.png", "Logo.gif"] {
        let mp4 = filtered(&asset, &overlay(name), &json!({})).mp4();
        assert_eq!(acceptance::decode(&mp4, "v").count, 75, "{name}");
        for (time, inside) in [(0.5, RED), (1.5, LIME), (2.5, RED)] {
            assert_eq!(colour(&mp4, time, (140, 70)), inside, "{name} at {time}");
        }
        // Around it.
        for place in [(90, 70), (190, 70), (140, 40), (140, 100)] {
            assert_eq!(colour(&mp4, 1.5, place), RED, "{name} at {place:?}");
        }
    }
    let mut fading = overlay("Logo.png");
    fading["VideoOverlay"]["Clip"] = json!({ "Duration": "00:00:03" });
    fading["VideoOverlay"]["FadeInDuration"] = json!({ "Duration": "00:00:01" });
    fading["VideoOverlay"]["FadeOutDuration"] =
        json!({ "StartTime": "00:00:02", "Duration": "00:00:01" });
    let mp4 = filtered(&asset, &fading, &json!({})).mp4();
    assert_eq!(colour(&mp4, 0.0, (140, 70)), RED);
    assert_eq!(colour(&mp4, 0.48, (140, 70)), [1, 1, 0]);
    assert_eq!(colour(&mp4, 1.5, (140, 70)), LIME);
    assert_eq!(colour(&mp4, 2.92, (140, 70)), RED);
}

/// The loudest sample, from 0 to 32767.
fn loudest(media: &[u8]) -> u16 {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), media).unwrap();
    let samples = ffmpeg(&format!("-i {} -map a -f s16le -ac 1 -", file.path().display()));
    let samples = samples.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
    samples.map(i16::unsigned_abs).max().unwrap()
}

#[test]
fn a_video_is_laid_over_with_its_sound() {
    let main = red(2, Some("anullsrc=r=48000:cl=stereo:d=2"));
    let over = drawn("color=c=blue:s=64x36:r=25:d=1", Some("sine=f=440:r=48000:d=1"));
    let asset = asset(&[("film.mp4", &main), ("over.mp4", &over)]);
    let with = |gain: f64, loops: u32| {
        let overlay = json!({ "VideoOverlay": {
            "Source": "over.mp4", "Position": { "X": "50%", "Y": "50%" }, "AudioGainLevel": gain,
            "MediaParams": [{ "IsOverlay": true, "OverlayLoopCount": loops }],
        } });
        let sources = json!([{ "Filters": overlay }]);
        encoded(&[&asset], &preset(&sources, &json!({}), Some(&aac()))).mp4()
    };
    let mp4 = with(1.0, 1);
    assert_eq!(acceptance::decode(&mp4, "v").count, 50);
    assert_eq!((colour(&mp4, 0.5, (170, 100)), colour(&mp4, 1.5, (170, 100))), (BLUE, RED));
    assert_eq!(colour(&mp4, 0.5, (170, 130)), RED, "below it");
    assert!(loudest(&mp4) > 1000, "{}", loudest(&mp4));
    let mp4 = with(0.0, 2);
    assert_eq!(colour(&mp4, 1.5, (170, 100)), BLUE, "played twice");
    assert!(loudest(&mp4) < 50, "{}", loudest(&mp4));
}

#[test]
fn overlays_that_are_not_there() {
    let asset = asset(&[("film.mp4", &red(1, None))]);
    for name in ["missing.png", "../film.mp4", "/etc/passwd", "a'b[0:0];movie=x,b.png"] {
        let sources = json!([{ "Filters": { "VideoOverlay": { "Source": name } } }]);
        let message = refused(&[&asset], &preset(&sources, &json!({}), None));
        assert!(message.contains("VideoOverlay: the input asset has no file"), "{message}");
    }
    for (position, says) in [
        (json!({ "X": 320, "Y": 0 }), "outside of the picture"),
        (json!({ "X": 0, "Y": 0, "Width": 9000, "Height": 20 }), "larger than the picture"),
    ] {
        let overlay = json!({ "Source": "film.mp4", "Position": position });
        let sources = json!([{ "Filters": { "VideoOverlay": overlay } }]);
        let message = refused(&[&asset], &preset(&sources, &json!({}), None));
        assert!(message.contains(says), "{message}");
    }
}
