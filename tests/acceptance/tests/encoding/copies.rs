//! `CopyVideo` and `CopyAudio`.

use acceptance::{ffprobe, made_by_ffmpeg};
use serde_json::{Value as Json, json};

use crate::lab::{aac, asset, encode, encoded, preset, red_then_blue};

fn copies(sources: &Json, codecs: &Json) -> Json {
    json!({
        "Version": 1.0, "Sources": sources, "Codecs": codecs,
        "Outputs": [{ "FileName": "{Basename}{Extension}", "Format": { "Type": "MP4Format" } }],
    })
}

/// The bytes of each frame of a track.
fn packets(media: &[u8], track: &str) -> Vec<String> {
    let select =
        format!("-select_streams {track} -show_entries packet=data_hash -show_data_hash md5");
    let found = ffprobe(media, &select);
    found.into_iter().filter(|line| line.contains("MD5:")).collect()
}

#[test]
fn what_is_copied_is_the_very_same() {
    let source = red_then_blue(1);
    let asset = asset(&[("film.mp4", &source)]);
    let both = json!([{ "Type": "CopyVideo" }, { "Type": "CopyAudio" }]);
    let made = encoded(&[&asset], &copies(&json!([]), &both));
    let mp4 = made.file("film.mp4");
    assert!(packets(&source, "v").len() == 50 && packets(&source, "a").len() > 80);
    assert_eq!(packets(&mp4, "v"), packets(&source, "v"));
    assert_eq!(packets(&mp4, "a"), packets(&source, "a"));
    assert_eq!(made.primary(), "film.ism");
    // The picture encoded, the sound copied, and the other way round.
    let mut mixed = preset(&json!([]), &json!({}), Some(&json!({ "Type": "CopyAudio" })));
    let mp4 = encoded(&[&asset], &mixed).mp4();
    assert_eq!(packets(&mp4, "a"), packets(&source, "a"));
    assert_ne!(packets(&mp4, "v"), packets(&source, "v"));
    mixed["Codecs"] = json!([{ "Type": "CopyVideo" }, aac()]);
    let mp4 = encoded(&[&asset], &mixed).mp4();
    assert_eq!(packets(&mp4, "v"), packets(&source, "v"));
    assert_ne!(packets(&mp4, "a"), packets(&source, "a"));
}

#[test]
fn a_copied_clip_is_shorter() {
    let asset = asset(&[("film.mp4", &red_then_blue(2))]);
    let sources = json!([{ "Duration": "00:00:01" }]);
    let both = json!([{ "Type": "CopyVideo" }, { "Type": "CopyAudio" }]);
    let mp4 = encoded(&[&asset], &copies(&sources, &both)).file("film.mp4");
    assert!((24..=27).contains(&packets(&mp4, "v").len()), "{}", packets(&mp4, "v").len());
}

#[test]
fn what_cannot_be_streamed_is_not_copied() {
    let arguments = "-f lavfi -i testsrc2=s=160x90:r=25:d=1 -c:v mpeg4";
    let asset = asset(&[("old.mp4", &made_by_ffmpeg(arguments, "mp4"))]);
    let preset = copies(&json!([]), &json!([{ "Type": "CopyVideo" }]));
    let failed = encode(&[&asset], &preset.to_string()).err().unwrap();
    assert_eq!(failed.code, "ErrorExecutingTaskUnsupportedFormat");
    assert!(failed.message.contains("mpeg4") && failed.message.contains("CopyVideo"), "{failed:?}");
}
