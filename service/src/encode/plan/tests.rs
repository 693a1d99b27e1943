use super::*;
use crate::encode::material;
use crate::encode::preset;
use crate::encode::probe::{AudioSource, Source};

fn source(width: u32, height: u32) -> Source {
    Source {
        video: Some(VideoSource {
            width,
            height,
            stored: (width, height),
            ..VideoSource::default()
        }),
        audio: Some(AudioSource { index: 1, language: "eng".to_owned(), ..Default::default() }),
        duration: Some(12.3456),
        start: 0.0,
    }
}

fn planned(configuration: &str, source: &Source) -> Result<Plan, TaskError> {
    let preset = preset::parse(configuration)?;
    let materials = material::sample(&preset, source, "My clip.mov");
    plan(&preset, &materials, X264Preset::default())
}

fn file_names(plan: &Plan) -> Vec<&str> {
    plan.files.iter().map(|f| f.name.as_str()).collect()
}

/// A JSON preset with one layer of the given members.
fn single(video: &str, layer: &str, audio: &str) -> String {
    format!(
        r#"{{"Codecs":[{{"Type":"H264Video",{video}"H264Layers":[{{"Bitrate":800,{layer}}}]}}
             {audio}],
            "Outputs":[{{"FileName":"{{Basename}}_{{Resolution}}.mp4",
                         "Format":{{"Type":"MP4Format"}}}}]}}"#
    )
}

#[test]
fn adaptive_streaming_keeps_audio_apart() {
    let plan = planned("Adaptive Streaming", &source(640, 360)).expect("a plan");
    assert_eq!(
        file_names(&plan),
        [
            "My clip_640x360_610.mp4",
            "My clip_480x270_380.mp4",
            "My clip_320x180_200.mp4",
            "My clip_AACAudio_128.mp4"
        ]
    );
    let tracks: Vec<_> = plan.files.iter().map(|f| (f.rendition, f.audio)).collect();
    assert_eq!(tracks, [(Some(0), false), (Some(1), false), (Some(2), false), (None, true)]);
    assert_eq!(plan.video.map(|v| v.gop), Some(50));
}

#[test]
fn content_adaptive_interleaves() {
    let plan = planned("Content Adaptive Multiple Bitrate MP4", &source(640, 360));
    let plan = plan.expect("a plan");
    assert_eq!(plan.files.len(), 3);
    assert_eq!(plan.files[0].name, "My clip_640x360_AACAudio_610.mp4");
    assert!(plan.files.iter().all(|f| f.audio && f.rendition.is_some()));
}

#[test]
fn a_source_without_audio_makes_silent_files_or_silence() {
    let mut silent = source(640, 360);
    silent.audio = None;
    for preset in ["Adaptive Streaming", "H264 Single Bitrate 720p"] {
        let plan = planned(preset, &silent).expect("a plan");
        assert!(plan.audio.is_none());
        assert!(plan.files.iter().all(|f| !f.audio), "{preset}");
    }
    let error = planned("AAC Audio", &silent).expect_err("nothing to encode");
    assert_eq!(error.code, ErrorCode::ExecutingTaskUnsupportedFormat);
    assert!(error.message.contains("has no audio"), "{error}");

    let preset = single(
        "",
        r#""Width":640,"Height":360"#,
        r#",{"Type":"AACAudio","Condition":"InsertSilenceIfNoAudio"}"#,
    );
    let plan = planned(&preset, &silent).expect("a plan");
    let sound = plan.audio.expect("a sound").segments[0].input;
    assert_eq!(sound, AudioInput::Silence { seconds: Seconds::from_millis(12_346) });
    silent.duration = None;
    assert!(planned(&preset, &silent).is_err());
}

#[test]
fn a_source_without_video_makes_audio_files_or_black() {
    let mut sound = source(640, 360);
    sound.video = None;
    for preset in [
        "Adaptive Streaming",
        "H264 Multiple Bitrate 720p",
        "Content Adaptive Multiple Bitrate MP4",
    ] {
        let plan = planned(preset, &sound).expect("a plan");
        assert_eq!(file_names(&plan), ["My clip_AACAudio_128.mp4"], "{preset}");
    }
    let video_only = single("", r#""Width":640,"Height":360"#, "");
    let error = planned(&video_only, &sound).expect_err("nothing to encode");
    assert!(error.message.contains("has no video"), "{error}");

    let black = single(
        r#""Condition":"InsertBlackIfNoVideo","#,
        r#""Width":640,"Height":360"#,
        r#",{"Type":"AACAudio"}"#,
    );
    let plan = planned(&black, &sound).expect("a plan");
    assert_eq!(file_names(&plan), ["My clip_640x360.mp4"]);
    let picture = plan.picture.expect("a picture");
    assert!(matches!(picture.segments[0].input, VideoInput::Black { .. }));
}

#[test]
fn stretch_modes_shape_the_picture() {
    let frames = |stretch: &str, source: &Source| {
        let preset =
            single(&format!(r#""StretchMode":"{stretch}","#), r#""Width":1280,"Height":720"#, "");
        let plan = planned(&preset, source).expect("a plan");
        let video = plan.video.expect("video");
        (video.renditions[0].shape.picture, video.renditions[0].shape.frame)
    };
    let four_by_three = source(1440, 1080);
    assert_eq!(frames("None", &four_by_three), ((1280, 720), (1280, 720)));
    assert_eq!(frames("AutoSize", &four_by_three), ((960, 720), (960, 720)));
    assert_eq!(frames("AutoFit", &four_by_three), ((960, 720), (1280, 720)));
    assert_eq!(frames("AutoSize", &source(2048, 858)).1, (1280, 536));
}

#[test]
fn percentages_follow_the_recorded_picture() {
    let mut phone = source(1080, 1920);
    if let Some(video) = &mut phone.video {
        video.rotated = true;
        video.stored = (1920, 1080);
    }
    let frame = |members: &str| {
        let preset = single(members, r#""Width":"50%","Height":"50%""#, "");
        let plan = planned(&preset, &phone).expect("a plan");
        plan.video.expect("video").renditions[0].shape.frame
    };
    assert_eq!(frame(r#""PreserveResolutionAfterRotation":true,"#), (540, 960));
    // Without it, the upright picture goes into the landscape window.
    assert_eq!(frame(""), (304, 540));
}

#[test]
fn equal_names_and_excessive_sizes_are_refused() {
    let two = r#"{"Codecs":[{"Type":"H264Video","H264Layers":[
          {"Bitrate":800,"Width":640,"Height":360},{"Bitrate":400,"Width":640,"Height":360}]}],
        "Outputs":[{"FileName":"{Basename}_{Resolution}.mp4","Format":{"Type":"MP4Format"}}]}"#;
    let error = planned(two, &source(640, 360)).expect_err("two equal names");
    assert_eq!(error.code, ErrorCode::ParsingConfiguration);
    assert!(error.message.contains("My clip_640x360.mp4"), "{error}");
    assert!(planned(&two.replace("{Resolution}", "{Index}"), &source(640, 360)).is_ok());

    let layer = r#"{"Bitrate":800,"Width":8192,"Height":8192},"#;
    let huge = two.replace("[\n", &format!("[{layer}{layer}")).replace("{Resolution}", "{Index}");
    let error = planned(&huge, &source(640, 640)).expect_err("too large");
    assert!(error.message.contains("pixels"), "{error}");
}

#[test]
fn complexity_and_key_frame_interval_reach_the_encoder() {
    let preset = single(
        r#""Complexity":"Quality","KeyFrameInterval":"00:00:03","#,
        r#""Width":640,"Height":360,"FrameRate":"30000/1001""#,
        "",
    );
    let plan = planned(&preset, &source(640, 360)).expect("a plan");
    let (video, picture) = (plan.video.expect("video"), plan.picture.expect("a picture"));
    assert_eq!(video.gop, 90);
    assert_eq!(video.x264_preset.name(), "fast");
    assert_eq!(picture.frame_rate.to_string(), "30000/1001");
}

#[test]
fn images_have_a_limit_together() {
    let layer = r#"{"Width":8190,"Height":8192},{"Width":8188,"Height":8192}"#;
    let images = format!(
        r#"{{"Codecs":[{{"Type":"PngImage","StretchMode":"None","PngLayers":[{layer}]}}],
            "Outputs":[{{"FileName":"{{Resolution}}_{{Index}}.png",
                         "Format":{{"Type":"PngFormat"}}}}]}}"#
    );
    let error = planned(&images, &source(640, 360)).expect_err("too large");
    assert_eq!(error.code, ErrorCode::ParsingConfiguration);
    assert!(error.message.contains("pixels together"), "{error}");
    assert!(planned(&images.replace("8192", "192"), &source(640, 360)).is_ok());
}
