//! `Sources`: trimming and joining.

use acceptance::decode;
use serde_json::json;

use crate::filters::{BLACK, BLUE, RED, colour};
use crate::lab::{aac, asset, drawn, encode, encoded, preset, red_then_blue, refused};

#[test]
fn a_clip_begins_and_ends_where_it_is_asked_to() {
    let asset = asset(&[("film.mp4", &red_then_blue(2))]);
    let sources = json!([{ "StartTime": "00:00:01.500", "Duration": "00:00:01" }]);
    let made = encoded(&[&asset], &preset(&sources, &json!({}), Some(&aac())));
    let mp4 = made.mp4();
    let frames = decode(&mp4, "v");
    assert_eq!(frames.count, 25, "{frames:?}");
    assert!((0.9..1.1).contains(&decode(&mp4, "a").last), "{:?}", decode(&mp4, "a"));
    assert_eq!(colour(&mp4, 0.2, (100, 100)), RED);
    assert_eq!(colour(&mp4, 0.8, (100, 100)), BLUE);
    // The rest of a file, as XML, and past its end.
    let xml = r#"<Preset Version="1.0"><Sources><Source StartTime="PT3.5S" Duration="PT9S"/></Sources>
        <Encoding><H264Video><H264Layers><H264Layer><Bitrate>500</Bitrate><Width>160</Width>
        <Height>90</Height></H264Layer></H264Layers></H264Video></Encoding>
        <Outputs><Output FileName="{Basename}{Extension}"><MP4Format/></Output></Outputs></Preset>"#;
    let made = encode(&[&asset], xml).unwrap_or_else(|failed| panic!("{failed:?}"));
    let frames = decode(&made.file("film.mp4"), "v");
    assert!((12..=13).contains(&frames.count), "{frames:?}");
}

#[test]
fn clips_of_several_assets_are_joined() {
    let first = asset(&[("head.mp4", &red_then_blue(1))]);
    let second = asset(&[("tail.mp4", &drawn("color=c=blue:s=120x120:r=50:d=1", None))]);
    let guid = |id: &str| id.rsplit(':').next().unwrap().to_owned();
    let sources = json!([
        { "AssetID": guid(&second) },
        { "AssetID": first, "StartTime": "00:00:00", "Duration": "00:00:01" },
        { "StartTime": "00:00:01", "Duration": "00:00:01" },
    ]);
    let video = json!({ "StretchMode": "AutoFit", "Width": 320, "Height": 180 });
    let made = encoded(&[&first, &second], &preset(&sources, &video, Some(&aac())));
    let mp4 = made.mp4();
    let frames = decode(&mp4, "v");
    // At the rate of the first clip.
    assert!((149..=151).contains(&frames.count), "{frames:?}");
    assert!((2.9..3.1).contains(&decode(&mp4, "a").last), "{:?}", decode(&mp4, "a"));
    assert_eq!(colour(&mp4, 0.5, (160, 90)), BLUE);
    assert_eq!(colour(&mp4, 0.5, (10, 90)), BLACK);
    assert_eq!(colour(&mp4, 1.5, (160, 90)), RED);
    assert_eq!(colour(&mp4, 2.5, (160, 90)), BLUE);
}

#[test]
fn sources_that_are_not_there() {
    let asset = asset(&[("film.mp4", &red_then_blue(1))]);
    let with = |sources| refused(&[&asset], &preset(&sources, &json!({}), None));
    let message = with(json!([{ "AssetID": "606db602-efd7-4436-97b4-c0b867ba195b" }]));
    assert!(message.contains("preset.Sources[0]") && message.contains("606db602"), "{message}");
    let message = with(json!([{}, { "StartTime": "00:01:00" }]));
    assert!(message.contains("preset.Sources[1]: StartTime is behind the end"), "{message}");
}

/// The primary file of what was encoded is a manifest: the best picture is taken, and the sound,
/// which has a file of its own.
#[test]
fn what_was_encoded_is_encoded_again() {
    let source = asset(&[("film.mp4", &red_then_blue(1))]);
    let ladder = encode(&[&source], "Adaptive Streaming").unwrap_or_else(|f| panic!("{f:?}"));
    assert_eq!(ladder.named(".mp4").len(), 2, "{:?}", ladder.names());
    let made = encoded(&[&ladder.asset], &preset(&json!([]), &json!({}), Some(&aac())));
    let mp4 = made.file("film_out.mp4");
    assert_eq!((decode(&mp4, "v").count, decode(&mp4, "a").count > 80), (50, true));
    assert_eq!((colour(&mp4, 0.5, (9, 9)), colour(&mp4, 1.5, (9, 9))), (RED, BLUE));
    let copies = json!({
        "Sources": [{ "StartTime": "00:00:00.5", "Duration": "00:00:01" }],
        "Codecs": [{ "Type": "H264Video", "H264Layers": [
            { "Type": "H264Layer", "Bitrate": 300, "Width": "100%", "Height": "100%" } ] },
            { "Type": "CopyAudio" }],
        "Outputs": [{ "FileName": "{Basename}_cut.mp4", "Format": { "Type": "MP4Format" } }],
    });
    let mp4 = encoded(&[&ladder.asset], &copies).file("film_cut.mp4");
    let (picture, sound) = (decode(&mp4, "v"), decode(&mp4, "a"));
    assert_eq!(picture.count, 25);
    assert!((0.9..1.1).contains(&(sound.last - sound.first)), "{sound:?}");
    let best = encode(&[&ladder.asset], "Thumbnails").unwrap_or_else(|f| panic!("{f:?}"));
    assert_eq!(best.named(".jpg"), ["film_000001.jpg"]);
    let bare = asset(&[(
        "film.ism",
        b"<smil><body><switch><video src=\"x.mp4\"/></switch></body></smil>",
    )]);
    let failed = encode(&[&bare], "AAC Audio").err().unwrap();
    assert_eq!(failed.code, "ErrorDownloadingInputAssetMalformedContent", "{failed:?}");
}
