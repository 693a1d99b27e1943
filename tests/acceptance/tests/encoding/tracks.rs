//! Sources that lack a track, audio alone, and what H.264 layers ask for.

use acceptance::{decode, ffprobe, made_by_ffmpeg};
use serde_json::json;

use crate::filters::{BLACK, colour, size};
use crate::lab::{aac, asset, drawn, encoded, preset, red_then_blue};

#[test]
fn silence_is_put_in_where_there_is_no_sound() {
    let asset = asset(&[("film.mp4", &drawn("testsrc2=s=160x90:r=25:d=2", None))]);
    let mut audio = aac();
    audio["Condition"] = json!("InsertSilenceIfNoAudio");
    let mp4 = encoded(&[&asset], &preset(&json!([]), &json!({}), Some(&audio))).mp4();
    let frames = decode(&mp4, "a");
    assert!((1.9..2.1).contains(&frames.last), "{frames:?}");
    // Without the condition there is no such track.
    let mp4 = encoded(&[&asset], &preset(&json!([]), &json!({}), Some(&aac()))).mp4();
    assert_eq!(ffprobe(&mp4, "-show_entries stream=codec_type"), ["video"]);
}

#[test]
fn black_is_put_in_where_there_is_no_picture() {
    let sound = made_by_ffmpeg("-f lavfi -i sine=r=48000:d=2", "wav");
    let asset = asset(&[("talk.wav", &sound)]);
    let video = json!({ "Condition": "InsertBlackIfNoVideo", "Width": 320, "Height": 180 });
    let made = encoded(&[&asset], &preset(&json!([]), &video, Some(&aac())));
    let mp4 = made.mp4();
    assert_eq!((size(&mp4).as_str(), decode(&mp4, "v").count), ("320x180", 50));
    assert_eq!(colour(&mp4, 1.0, (100, 100)), BLACK);
    // Without the condition the sound is alone.
    let video = json!({ "Width": 320, "Height": 180 });
    let mp4 = encoded(&[&asset], &preset(&json!([]), &video, Some(&aac()))).mp4();
    assert_eq!(ffprobe(&mp4, "-show_entries stream=codec_type"), ["audio"]);
}

#[test]
fn audio_alone() {
    let asset = asset(&[("film.mp4", &red_then_blue(1))]);
    let preset = json!({
        "Version": "1.0",
        "Codecs": [{ "Type": "AACAudio", "Profile": "HEAACV1", "Channels": 1,
                     "SamplingRate": 44100, "Bitrate": 64 }],
        "Outputs": [{ "FileName": "{Basename}_{Codec}_ch{Channel}_{Bitrate}{Extension}",
                      "Format": { "Type": "MP4Format" } },
                    { "FileName": "{Basename}_{AudioBitrate}{Extension}",
                      "Format": { "Type": "TSFormat" } }],
    });
    let made = encoded(&[&asset], &preset);
    let mp4 = made.file("film_AAC_ch1_64.mp4");
    let entries = "-show_entries stream=codec_name,sample_rate,channels";
    assert_eq!(ffprobe(&mp4, entries), ["aac", "44100", "1"]);
    assert_eq!(ffprobe(&made.file("film_64.ts"), "-show_entries stream=codec_name")[0], "aac");
}

#[test]
fn layers_are_as_asked_for() {
    let asset = asset(&[("film.mp4", &red_then_blue(1))]);
    let preset = json!({
        "Version": 1.0,
        "Codecs": [{ "Type": "H264Video", "KeyFrameInterval": "00:00:01", "StretchMode": "None",
            "H264Layers": [
              { "Type": "H264Layer", "Profile": "Main", "Level": "3.0", "Bitrate": 600,
                "MaxBitrate": 700, "BufferWindow": "00:00:02", "Width": 240, "Height": 240,
                "BFrames": 0, "ReferenceFrames": 2, "AdaptiveBFrame": false, "FrameRate": "10/1",
                "EntropyMode": "Cabac", "Slices": 2 },
              { "Type": "H264Layer", "Profile": "Baseline", "Bitrate": 300, "Width": "50%",
                "Height": "50%", "FrameRate": "10/1" },
            ] }],
        "Outputs": [{ "FileName": "{Width}x{Height}_{VideoBitrate}{Extension}",
                      "Format": { "Type": "MP4Format" } }],
    });
    let made = encoded(&[&asset], &preset);
    assert_eq!(made.named(".mp4"), ["240x240_600.mp4", "160x90_300.mp4"]);
    let facts = |name: &str| {
        let entries = "-show_entries stream=profile,width,height,has_b_frames,level,r_frame_rate";
        ffprobe(&made.file(name), entries).join(" ")
    };
    assert_eq!(facts("240x240_600.mp4"), "Main 240 240 0 30 10/1");
    assert!(facts("160x90_300.mp4").starts_with("Constrained Baseline 160 90 0"));
    let keys = ffprobe(
        &made.file("160x90_300.mp4"),
        "-skip_frame nokey -select_streams v -show_entries frame=pts_time",
    );
    assert_eq!(keys.iter().filter(|line| line.parse::<f64>().is_ok()).count(), 2, "{keys:?}");
}
