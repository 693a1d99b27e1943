use super::*;
use crate::encode::error::ErrorCode;

const LAYER: &str = r#"{"Type":"H264Layer","Bitrate":"3400","Width":1280,"Height":"720"}"#;
const MP4: &str = r#"[{"FileName":"{Basename}_{VideoBitrate}.mp4","Format":{"Type":"MP4Format"}}]"#;

fn video(members: &str, layers: &str) -> String {
    format!(
        r#"{{"Version":1.0,"Codecs":[{{"Type":"H264Video",{members}"H264Layers":[{layers}]}}],
            "Outputs":{MP4}}}"#
    )
}

fn message(document: &str) -> String {
    let error = parse(document).expect_err("the preset is invalid");
    assert_eq!(error.code, ErrorCode::ParsingConfiguration, "{error}");
    error.message
}

#[test]
fn reads_a_documented_preset() {
    let recipe = parse(
        r#"{"Version":1.0,"Codecs":[
            {"Type":"H264Video","KeyFrameInterval":"00:00:03","StretchMode":"AutoFit",
             "SceneChangeDetection":"false","Condition":"InsertBlackIfNoVideo",
             "PreserveResolutionAfterRotation":true,"Complexity":"Quality",
             "H264Layers":[{"Type":"H264Layer","Profile":"Main","Level":"3.1","Bitrate":"2250",
              "MaxBitrate":3000,"BufferWindow":"00:00:02.5","Width":"50%","Height":540,"BFrames":2,
              "ReferenceFrames":"4","AdaptiveBFrame":true,"FrameRate":"24000/1001",
              "EntropyMode":"Cavlc","Slices":2}]},
            {"Type":"AACAudio","Profile":"HEAACV1","Channels":"6","SamplingRate":44100.0,
             "Bitrate":"384","Condition":"InsertSilenceIfNoAudio"}],
           "Outputs":[{"FileName":"a_{Bitrate}.ts","Format":{"Type":"TSFormat"}}]}"#,
    )
    .expect("a valid preset");

    let video = recipe.video.expect("the preset has video");
    assert_eq!(video.key_frame_interval_ms, 3000);
    assert_eq!(video.stretch, StretchMode::AutoFit);
    assert_eq!(video.no_video, NoVideo::Black);
    assert_eq!(video.complexity, Complexity::Quality);
    assert!(video.preserve_resolution_after_rotation);
    assert_eq!(
        video.layers,
        [Layer {
            profile: Profile::Main,
            level: Some("3.1".to_owned()),
            bitrate: 2250,
            max_bitrate: 3000,
            buffer_window_ms: 2500,
            width: Extent::Percent(50),
            height: Extent::Pixels(540),
            b_frames: 2,
            reference_frames: 4,
            adaptive_b_frame: true,
            frame_rate: Some(Rational { num: 24000, den: 1001 }),
            entropy: EntropyMode::Cavlc,
            slices: 2,
        }]
    );
    assert_eq!(
        recipe.audio,
        Some(AudioCodec {
            channels: 6,
            sampling_rate: 44_100,
            bitrate: 384,
            silence_if_no_audio: true,
        })
    );
    assert_eq!(
        recipe.outputs,
        [OutputPattern {
            file_name: "a_{Bitrate}.ts".to_owned(),
            container: Container::MpegTs,
            tracks: Tracks::Interleaved,
        }]
    );
}

#[test]
fn numbers_may_be_strings_and_defaults_are_the_schemas() {
    let recipe = parse(&video("", LAYER)).expect("a valid preset");
    let codec = recipe.video.expect("the preset has video");
    assert_eq!(codec.key_frame_interval_ms, 2000);
    assert_eq!(codec.stretch, StretchMode::AutoSize);
    let layer = codec.layers.first().expect("one layer");
    assert_eq!((layer.bitrate, layer.max_bitrate), (3400, 3400));
    assert_eq!(layer.height, Extent::Pixels(720));
    assert_eq!((layer.b_frames, layer.reference_frames), (0, 3));
    assert_eq!(layer.buffer_window_ms, 5000);
    assert_eq!(recipe.outputs[0].tracks, Tracks::Video);
}

#[test]
fn unsupported_features_say_so() {
    for (document, expected) in [
        (
            format!(r#"{{"Sources":[{{"StartTime":"00:00:04"}}],"Codecs":[],"Outputs":{MP4}}}"#),
            "Sources",
        ),
        (
            format!(r#"{{"Codecs":[{{"Type":"JpgImage"}}],"Outputs":{MP4}}}"#),
            "JpgImage is not supported yet",
        ),
        (
            format!(r#"{{"Codecs":[{{"Type":"H266Video"}}],"Outputs":{MP4}}}"#),
            "unknown codec Type \"H266Video\"",
        ),
        (format!(r#"{{"Codecs":[{{"Bitrate":1}}],"Outputs":{MP4}}}"#), "the codec has no Type"),
    ] {
        let message = message(&document);
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn wrong_values_name_their_place() {
    let odd = LAYER.replace("1280", "1281");
    let two = format!("{LAYER},{LAYER}");
    let mixed = format!("{LAYER},{}", LAYER.replace(r#""Width""#, r#""FrameRate":"25/1","Width""#));
    for (document, expected) in [
        (video("", &odd), "preset.Codecs[0].H264Layers[0]: Width is \"1281\""),
        (video("", &LAYER.replace("\"3400\"", "-1")), "H264Layers[0]: Bitrate is \"-1\""),
        (video("", &LAYER.replace("\"3400\"", "[]")), "Bitrate is not a string or a number"),
        (video(r#""KeyFrameInterval":"2 seconds","#, LAYER), "KeyFrameInterval is \"2 seconds\""),
        (video(r#""KeyFrameInterval":"00:00:00","#, LAYER), "KeyFrameInterval is \"00:00:00\""),
        (video(r#""StretchMode":"Wide","#, LAYER), "StretchMode is \"Wide\""),
        (video(r#""SceneChangeDetection":true,"#, &two), "SceneChangeDetection"),
        (video("", &mixed), "same FrameRate"),
        (video("", ""), "H264Layers must have 1 to"),
        ("{".to_owned(), "not valid JSON"),
        (r#"{"Codecs":7}"#.to_owned(), "Codecs is not an array"),
        (r#"{"Codecs":[7]}"#.to_owned(), "preset.Codecs[0] is not an object"),
        (r#"{"Codecs":[]}"#.to_owned(), "Codecs is empty"),
        (
            r#"{"Codecs":[{"Type":"AACAudio"},{"Type":"AACAudio"}]}"#.to_owned(),
            "one codec of each Type",
        ),
        (r#"{"Codecs":[{"Type":"AACAudio","Channels":3}]}"#.to_owned(), "Channels is 3"),
        (r#"{"Codecs":[{"Type":"AACAudio"}]}"#.to_owned(), "Outputs must have 1 to"),
    ] {
        let message = message(&document);
        assert!(message.contains(expected), "{message} <- {document}");
    }
}

#[test]
fn deep_nesting_is_an_error_and_not_a_stack_overflow() {
    let document = format!(r#"{{"Codecs":{}"#, "[".repeat(100_000));
    assert!(message(&document).contains("not valid JSON"));
}

#[test]
fn levels_are_checked() {
    let with = |level: &str| {
        parse(&video("", &LAYER.replace("\"Width\"", &format!("\"Level\":{level},\"Width\""))))
            .map(|r| r.video.map(|v| v.layers[0].level.clone()))
    };
    assert_eq!(with("\"auto\""), Ok(Some(None)));
    assert_eq!(with("4.0"), Ok(Some(Some("4".to_owned()))));
    assert!(with("\"9:evil=1\"").is_err());
}
