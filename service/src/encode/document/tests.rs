use super::*;
use crate::encode::clip::Rotation;
use crate::encode::error::ErrorCode;
use crate::encode::preset::{
    AudioCodec, Complexity, EntropyMode, Extent, Layer, NoVideo, Profile, Rational, StretchMode,
    VideoCodec,
};

const LAYER: &str = r#"{"Type":"H264Layer","Bitrate":"3400","Width":1280,"Height":"720"}"#;
const MP4: &str = r#"[{"FileName":"{Basename}_{VideoBitrate}.mp4","Format":{"Type":"MP4Format"}}]"#;

fn video(members: &str, layers: &str) -> String {
    format!(
        r#"{{"Version":1.0,"Codecs":[{{"Type":"H264Video",{members}"H264Layers":[{layers}]}}],
            "Outputs":{MP4}}}"#
    )
}

fn parse(text: &str) -> Result<Recipe, TaskError> {
    if text.starts_with('<') { parse_xml(text) } else { parse_json(text) }
}

fn encoded(recipe: &Recipe) -> VideoCodec {
    match &recipe.video {
        Some(VideoTrack::Encode(video)) => video.clone(),
        other => panic!("{other:?}"),
    }
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

    let video = encoded(&recipe);
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
        Some(AudioTrack::Encode(AudioCodec {
            channels: 6,
            sampling_rate: 44_100,
            bitrate: 384,
            silence_if_no_audio: true,
        }))
    );
    assert_eq!(
        recipe.outputs,
        [OutputPattern {
            file_name: "a_{Bitrate}.ts".to_owned(),
            content: Content::Media { container: Container::MpegTs, tracks: Tracks::Interleaved },
        }]
    );
}

#[test]
fn numbers_may_be_strings_and_defaults_are_the_schemas() {
    let recipe = parse(&video("", LAYER)).expect("a valid preset");
    let codec = encoded(&recipe);
    assert_eq!(codec.key_frame_interval_ms, 2000);
    assert_eq!(codec.stretch, StretchMode::AutoSize);
    let layer = codec.layers.first().expect("one layer");
    assert_eq!((layer.bitrate, layer.max_bitrate), (3400, 3400));
    assert_eq!(layer.height, Extent::Pixels(720));
    assert_eq!((layer.b_frames, layer.reference_frames), (0, 3));
    assert_eq!(layer.buffer_window_ms, 5000);
    let content = Content::Media { container: Container::Mp4, tracks: Tracks::Video };
    assert_eq!(recipe.outputs[0].content, content);
}

#[test]
fn unknown_codecs_say_so() {
    for (document, expected) in [
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
            .map(|recipe| encoded(&recipe).layers[0].level.clone())
    };
    assert_eq!(with("\"auto\""), Ok(None));
    assert_eq!(with("4.0"), Ok(Some("4".to_owned())));
    assert!(with("\"9:evil=1\"").is_err());
}

const XML_PRESET: &str = r#"<?xml version="1.0" encoding="utf-16"?>
  <Preset xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" Version="1.0"
          xmlns="http://www.windowsazure.com/media/encoding/Preset/2014/03">
  <Sources><Source AssetID="606db602-efd7-4436-97b4-c0b867ba195b" StartTime="PT4S"
                   Duration="PT16S"><Streams /><Filters>
    <Rotation>90</Rotation><Deinterlace><Mode>Off</Mode></Deinterlace>
    <Crop X="0" Y="10%" Width="640" Height="50%" />
    <VideoOverlay><Source>Image001.png</Source><Clip Duration="PT5S" />
      <FadeInDuration Duration="PT1S" /><FadeOutDuration StartTime="PT3S" Duration="PT4S" />
      <Position X="100" Y="100" Width="100" Height="50" /><Opacity>0</Opacity>
      <AudioGainLevel>0</AudioGainLevel><MediaParams>
        <MediaParam><IsOverlay>false</IsOverlay><OverlayLoopCount>7</OverlayLoopCount></MediaParam>
        <MediaParam><IsOverlay>true</IsOverlay><OverlayLoopCount>2</OverlayLoopCount>
          <InputLoop>true</InputLoop></MediaParam></MediaParams></VideoOverlay>
  </Filters><Pad>true</Pad></Source></Sources>
  <Encoding>
    <H264Video Condition="InsertBlackIfNoVideo"><KeyFrameInterval>00:00:02</KeyFrameInterval>
      <H264Layers><H264Layer><Bitrate>1045</Bitrate><Width>640</Width><Height>360</Height>
        <Profile>Auto</Profile><EntropyMode>Cavlc</EntropyMode></H264Layer></H264Layers>
      <Chapters /></H264Video>
    <CopyAudio />
    <JpgImage Start="5%" Step="10%" Range="96%"><JpgLayers><JpgLayer><Width>25%</Width>
      <Height>25%</Height><Quality>90</Quality></JpgLayer></JpgLayers></JpgImage>
  </Encoding>
  <Outputs><Output FileName="{Basename}{Extension}"><MP4Format /></Output>
    <Output FileName="{Basename}_{Index}{Extension}"><JpgFormat /></Output></Outputs></Preset>"#;

#[test]
fn an_xml_preset_means_what_its_json_form_does() {
    let json = r#"{"Version":1.0,"Sources":[{"AssetID":"nb:cid:UUID:606DB602-efd7-4436-97b4-c0b867ba195b",
        "StartTime":"00:00:04","Duration":"00:00:16","Streams":[],"Pad":true,"Filters":{
          "Rotation":"90","Deinterlace":{"Mode":"Off"},
          "Crop":{"X":0,"Y":"10%","Width":640,"Height":"50%"},
          "VideoOverlay":{"Position":{"X":100,"Y":100,"Width":100,"Height":50},
            "AudioGainLevel":0.0,"MediaParams":[{"OverlayLoopCount":7},
              {"IsOverlay":true,"OverlayLoopCount":2,"InputLoop":true}],
            "Source":"Image001.png","Clip":{"Duration":"00:00:05"},
            "FadeInDuration":{"Duration":"00:00:01"},
            "FadeOutDuration":{"StartTime":"00:00:03","Duration":"00:00:04"},}}}],
      "Codecs":[{"Type":"H264Video","Condition":"InsertBlackIfNoVideo",
          "H264Layers":[{"Bitrate":1045,"Width":"640","Height":"360","EntropyMode":"Cavlc"}]},
        {"Type":"CopyAudio"},
        {"Type":"JpgImage","Start":"5%","Step":"10%","Range":"96%",
          "JpgLayers":[{"Type":"JpgLayer","Quality":90,"Width":"25%","Height":"25%"}]}],
      "Outputs":[{"FileName":"{Basename}{Extension}","Format":{"Type":"MP4Format"}},
        {"FileName":"{Basename}_{Index}{Extension}","Format":{"Type":"JpgFormat"}}]}"#;
    let recipe = parse(XML_PRESET).expect("a valid preset");
    assert_eq!(recipe, parse(json).expect("a valid preset"));
    let clip = &recipe.clips[0];
    assert_eq!(clip.start.map(|start| start.millis()), Some(4000));
    assert_eq!(clip.filters.rotation, Rotation::Degrees(90));
    let overlay = clip.filters.overlay.as_ref().expect("an overlay");
    assert_eq!((overlay.loops, overlay.source.as_str()), (2, "Image001.png"));
}

#[test]
fn what_is_not_a_preset_is_refused_with_its_place() {
    let change = |from: &str, to: &str| {
        assert!(XML_PRESET.contains(from), "{from}");
        message(&XML_PRESET.replacen(from, to, 1))
    };
    for (from, to, expected) in [
        ("<Preset ", "<Presets ", "not well-formed"),
        ("<Rotation>90<", "<Rotation>45<", "preset.Sources[0].Filters: Rotation is \"45\""),
        ("<Mode>Off<", "<Mode>On<", "Deinterlace: Mode is \"On\""),
        ("Height=\"50%\"", "Height=\"500%\"", "Crop: Height is \"500%\""),
        ("X=\"0\" Y", "X=\"-1\" Y", "Crop: X is \"-1\""),
        ("<Source>Image001.png</Source>", "", "VideoOverlay: Source, the name"),
        ("<Clip Duration=\"PT5S\"", "<Clip Duration=\"5\"", "Clip: Duration is \"5\""),
        ("<CopyAudio />", "<CopyVideo />", "one codec of each Type"),
        ("<CopyAudio />", "<DolbyAudio />", "unknown codec Type \"DolbyAudio\""),
        ("<Chapters />", "<Titles />", "preset.Codecs[0]: there is no member \"Titles\""),
        ("<Bitrate>1045<", "<Bitrate>fast<", "H264Layers[0]: Bitrate is \"fast\""),
        ("Start=\"5%\"", "Start=\"{Worst}\"", "Start is \"{Worst}\""),
        ("Step=\"10%\"", "Step=\"0\"", "Step must be more than 0"),
        ("<Quality>90<", "<Quality>101<", "Quality is \"101\""),
        ("<JpgFormat />", "<PngFormat />", "there is no PngImage for it"),
        ("<JpgFormat />", "<MP4Format />", "JpgImage needs an output with JpgFormat"),
        ("<MP4Format />", "<JpgFormat />", "two outputs with JpgFormat"),
        ("Version=\"1.0\"\n", "Version=\"9.0\"\n", "Version is \"9.0\""),
        ("606db602-efd7", "606db602", "AssetID"),
        ("<Preset ", "<!DOCTYPE x><Preset ", "document type"),
    ] {
        let message = change(from, to);
        assert!(message.contains(expected), "{message}");
    }
    assert!(message("<Other/>").contains("root element"));
}

#[test]
fn contradictions_are_refused() {
    let with = |sources: &str, codecs: &str| {
        message(&format!(r#"{{"Sources":[{sources}],"Codecs":[{codecs}],"Outputs":{MP4}}}"#))
    };
    let rotated = r#"{"Filters":{"Rotation":"90"}}"#;
    assert!(with(rotated, r#"{"Type":"CopyVideo"}"#).contains("CopyVideo cannot be combined"));
    assert!(with("{},{}", r#"{"Type":"CopyAudio"}"#).contains("cannot join several Sources"));
    assert!(with(r#"{"Duration":"00:00:00"}"#, "").contains("Duration must be more than 0"));
    assert!(
        with(r#"{"Streams":[{"Type":"VideoStream","Value":"low"}]}"#, "").contains("TopBitrate")
    );
    let fade =
        r#"{"Filters":{"VideoOverlay":{"Source":"a.png","FadeOutDuration":{"Duration":"PT1S"}}}}"#;
    assert!(with(fade, "").contains("FadeOutDuration needs a StartTime"));
}
