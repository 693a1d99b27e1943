//! Presets that clients call by their names.

use acceptance::{ffprobe, video};

use crate::filters::size;
use crate::lab::{asset, encode, red_then_blue};

#[test]
fn names_of_every_generation() {
    let asset = asset(&[("film.mp4", &red_then_blue(1))]);
    for (name, files) in [
        ("AAC Good Quality Audio", vec!["film_AAC_192.mp4"]),
        ("H264 Single Bitrate Low Quality SD for Android", vec!["film_176x100_56.mp4"]),
        (
            "H264 Multiple Bitrate 4x3 SD Audio 5.1",
            vec![
                "film_640x360_1600.mp4",
                "film_640x360_1300.mp4",
                "film_480x270_800.mp4",
                "film_480x270_600.mp4",
                "film_360x202_400.mp4",
            ],
        ),
        (
            "H264 Adaptive Bitrate MP4 Set SD 16x9",
            vec![
                "film_H264_1900kbps_AAC_und_ch2_96kbps.mp4",
                "film_H264_1300kbps_AAC_und_ch2_96kbps.mp4",
                "film_H264_900kbps_AAC_und_ch2_96kbps.mp4",
                "film_H264_650kbps_AAC_und_ch2_96kbps.mp4",
                "film_H264_400kbps_AAC_und_ch2_96kbps.mp4",
                "film_AAC_und_ch2_96kbps.mp4",
            ],
        ),
        ("H.264 256k DSL CBR", vec!["film_H264_200kbps_AAC_und_ch2_32kbps.mp4"]),
    ] {
        let made = encode(&[&asset], name).unwrap_or_else(|failed| panic!("{name}: {failed:?}"));
        assert_eq!(made.named(".mp4"), files, "{name}");
        assert_eq!(made.primary(), "film.ism", "{name}");
        if name.ends_with("5.1") {
            let sound = ffprobe(
                &made.file(files[0]),
                "-select_streams a -show_entries stream=channels,channel_layout",
            );
            assert_eq!(sound, ["6", "5.1"], "{name}");
        }
    }
    let made = encode(&[&asset], "Thumbnails").unwrap_or_else(|failed| panic!("{failed:?}"));
    assert_eq!(made.named(".jpg"), ["film_000001.jpg"]);
    assert_eq!(size(&made.file("film_000001.jpg")), "300x168");
}

#[test]
fn computed_layers_never_exceed_the_source() {
    let source = video("640x360", 1);
    let asset = asset(&[("film.mp4", &source)]);
    let made = encode(&[&asset], "Content Adaptive Multiple Bitrate MP4");
    let made = made.unwrap_or_else(|failed| panic!("{failed:?}"));
    let names = made.named(".mp4");
    assert_eq!(names.len(), 3, "{names:?}");
    let kilobits = source.len() * 8 / 1000;
    for name in names {
        let file = made.file(name);
        // Sound is in every file.
        assert_eq!(ffprobe(&file, "-show_entries stream=codec_type"), ["video", "audio"]);
        let (width, rate) = name
            .trim_end_matches(".mp4")
            .split_once('x')
            .and_then(|(before, after)| {
                Some((before.rsplit('_').next()?, after.rsplit('_').next()?))
            })
            .unwrap();
        assert!(width.parse::<u32>().unwrap() <= 640, "{name}");
        assert!(rate.parse::<usize>().unwrap() <= kilobits, "{name} of {kilobits}");
    }
}
