//! Presets that are none: each names its mistake, and nothing escapes.

use serde_json::{Value as Json, json};

use crate::lab::{aac, asset, encode, preset, red_then_blue, refused};

#[test]
fn mistakes_are_named_with_their_place() {
    let asset = asset(&[("film.mp4", &red_then_blue(1))]);
    let change = |pointer: &str, member: &str, value: Json| {
        let mut preset = preset(&json!([{}]), &json!({}), Some(&aac()));
        preset.pointer_mut(pointer).unwrap()[member] = value;
        refused(&[&asset], &preset)
    };
    for (pointer, member, value, says) in [
        ("", "Codec", json!([]), "preset: there is no member \"Codec\""),
        ("", "Version", json!("2.0"), "Version is \"2.0\""),
        ("/Codecs/0", "Speed", json!(1), "preset.Codecs[0]: there is no member \"Speed\""),
        ("/Codecs/0/H264Layers/0", "Preset", json!("slow"), "preset.Codecs[0].H264Layers[0]"),
        ("/Codecs/0/H264Layers/0", "Profile", json!("High -f x"), "Profile is"),
        ("/Codecs/0/H264Layers/0", "Level", json!("4:x=1"), "Level \"4:x=1\""),
        ("/Codecs/0/H264Layers/0", "FrameRate", json!("25;movie=x"), "FrameRate is"),
        ("/Codecs/0/H264Layers/0", "Width", json!("iw,scale=1"), "Width is"),
        ("/Codecs/1", "Channels", json!("2 -i x"), "preset.Codecs[1]: Channels is"),
        ("/Codecs/1", "Condition", json!("Sometimes"), "Condition is"),
        ("/Sources/0", "StartTime", json!("1 -i /etc/passwd"), "StartTime is"),
        ("/Sources/0", "Filters", json!({ "Drawtext": "x" }), "preset.Sources[0].Filters"),
        ("/Outputs/0", "FileName", json!("{Basename}/{Width}.mp4"), "FileName"),
        ("/Outputs/0", "FileName", json!("..{Extension}"), "FileName"),
        ("/Outputs/0", "FileName", json!("a|b.mp4"), "FileName"),
        ("/Outputs/0", "FileName", json!("{Secret}.mp4"), "unknown macro {Secret}"),
        ("/Outputs/0", "Format", json!({ "Type": "WebMFormat" }), "preset.Outputs[0].Format"),
    ] {
        let message = change(pointer, member, value);
        assert!(message.contains(says), "{pointer} {member}: {message}");
    }
}

#[test]
fn documents_that_are_none() {
    let asset = asset(&[("film.mp4", &red_then_blue(1))]);
    for (text, says) in [
        ("<Preset>", "cut short"),
        ("<Preset/>", "Codecs is empty"),
        (
            "<!DOCTYPE Preset [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><Preset>&x;</Preset>",
            "document type",
        ),
        ("<taskDefinition/>", "not Preset"),
        ("{\"Codecs\":[", "not valid JSON"),
        ("VC1 Smooth Streaming 720p", "use an H264 preset"),
        ("H264 Multiple Bitrate 720i", "unknown preset name"),
    ] {
        let failed = encode(&[&asset], text).err().unwrap();
        assert_eq!(failed.code, "ErrorParsingConfiguration", "{text}: {failed:?}");
        assert!(failed.message.contains(says), "{text}: {failed:?}");
        assert!(!failed.message.contains("root:"), "{failed:?}");
    }
}
