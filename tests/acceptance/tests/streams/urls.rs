//! The grammar of streaming URLs, and what is answered to those that do not follow it or lead to
//! nothing: the documented status, code and value.

use acceptance::{Connection, RawReply, not_a_video, server_manifest};

use crate::stage::{Stage, naming};

const SYNTAX: (u16, &str, u32) = (400, "MPE_BAD_URL_SYNTAX", 0x8089_0201);
const NO_RESOURCE: (u16, &str, u32) = (404, "MPE_RESOURCE_NOT_FOUND", 0x8089_01f9);
const NO_TRACK: (u16, &str, u32) = (404, "MPE_EGRESS_TRACK_NOT_FOUND", 0x8089_0209);
const NO_QUALITY: (u16, &str, u32) = (404, "MPE_MANIFEST_MEDIA_ENTRY_NOT_FOUND", 0x8089_0256);
const NO_TIME: (u16, &str, u32) = (404, "MPE_FRAGMENT_TIMESTAMP_NOT_FOUND", 0x8089_0255);
const NO_FILTER: (u16, &str, u32) = (404, "MPE_EGRESS_FILTER_NOT_FOUND", 0x8089_020c);
const NO_FILE: (u16, &str, u32) = (404, "MPE_STORAGE_RESOURCE_NOT_FOUND", 0x8089_00ed);
const NO_FORMAT: (u16, &str, u32) = (415, "MPE_OUTPUT_FORMAT_NOT_SUPPORTED", 0x8089_020d);
const NO_MEDIA: (u16, &str, u32) = (415, "MPE_FORMAT_NOT_SUPPORTED", 0x8089_0205);
const NO_SUCH_ENCRYPTION: (u16, &str, u32) =
    (403, "MPE_ENC_ENCRYPTION_NOT_SET_IN_DELIVERY_POLICY", 0x8088_024d);

/// Sends a path below the locator as it is written here.
fn raw(stage: &Stage, method: &str, rest: &str) -> RawReply {
    let url = stage.url(rest);
    let path = url.splitn(4, '/').nth(3).unwrap();
    Connection::request(&url, method, &format!("/{path}"), &[("Connection", "close")])
}

#[track_caller]
fn refused(stage: &Stage, rest: &str, (status, code, value): (u16, &str, u32)) -> String {
    let reply = raw(stage, "GET", rest);
    let text = String::from_utf8(reply.body).unwrap();
    assert_eq!(reply.status, status, "{rest}: {text}");
    assert!(text.starts_with(&format!("{code} (0x{value:08X}): ")), "{rest}: {text}");
    for header in
        ["cache-control: no-store", "access-control-allow-origin: *", "content-type: text/plain"]
    {
        assert!(reply.headers.contains(header), "{rest}: {}", reply.headers);
    }
    // Nothing of the service itself.
    let data = stage.service.data();
    for inside in
        [data.to_str().unwrap(), "nb:cid", "asset-", "src/", "panicked", "sqlite", "os error"]
    {
        assert!(!text.contains(inside), "{rest}: {text}");
    }
    text
}

#[test]
fn parameters_in_any_case_order_and_encoding() {
    let stage = Stage::shared();
    let get = |rest: &str| {
        let reply = raw(stage, "GET", rest);
        assert_eq!(reply.status, 200, "{rest}: {}", String::from_utf8_lossy(&reply.body));
        reply.body
    };
    let plain = get("film.ism/Manifest(format=m3u8-cmaf,audio-only=false,audioTrack=aac_fra)");
    for rest in [
        "film.ism/MANIFEST(AUDIOTRACK=aac_fra,AUDIO-ONLY=FALSE,FORMAT=M3U8-CMAF)",
        "film.ism/manifest(audioTrack=aac_fra,format=m3u8-cmaf,audio-only=false).m3u8",
        "film.ism/manifest(%20audioTrack%20=%20aac_fra%20,%20format=m3u8-cmaf,audio-only=false,)",
        "film.ism/manifest%28audioTrack%3Daac_fra%2Cformat%3Dm3u8-cmaf%2Caudio-only%3Dfalse%29",
        "%66ilm.ism/Manifest(format=m3u8-cmaf,audio-only=false,audioTrack=aac%5Ffra).ism",
        "film.ism/Manifest(format=m3u8-cmaf,audio-only=false,audioTrack=aac_fra)?format=f4m-f4f",
        "film.ism/Manifest(format=m3u8-cmaf,audio-only=false,audioTrack=aac_fra).m3u8?x=(&..%2f%00",
    ] {
        assert!(get(rest) == plain, "{rest}");
    }
    let fragment = get("film.ism/QualityLevels(200000)/Fragments(video=60000000,format=m3u8-cmaf)");
    for rest in [
        "film.ism/qualitylevels(200000)/fragments(video=60000000,FORMAT=m3u8-cmaf).m4s",
        "film.ism/QualityLevels(%20200000%20)/Fragments(format=m3u8-cmaf,video%20=%2060000000)",
        "film.ism/QualityLevels(000200000)/Fragments(video=0060000000,format=m3u8-cmaf).mp4?sv=1",
    ] {
        assert!(get(rest) == fragment, "{rest}");
    }
    for (rest, same) in [
        ("film.ism/Manifest()", "film.ism/Manifest"),
        ("film.ism/manifest(,).ism", "film.ism/Manifest"),
        ("film.ism/Manifest(format=mpd-time-csf).mpd", "film.ism/Manifest(format=mpd-time-csf)"),
    ] {
        assert!(get(rest) == get(same), "{rest}");
    }
}

#[test]
fn what_is_no_streaming_url() {
    let stage = Stage::shared();
    for rest in [
        "film.ism",
        "film.ism/",
        "film.ism//Manifest",
        "film.ism/Manifest/",
        "film.ism/Manifest(format=fmp4",
        "film.ism/Manifest(format=fmp4))",
        "film.ism/Manifest((format=fmp4))",
        "film.ism/Manifest(format=(fmp4))",
        "film.ism/Manifest)format=fmp4(",
        "film.ism/Manifest(format=)",
        "film.ism/Manifest(format=fmp4,format=fmp4)",
        "film.ism/Manifest(filter=)",
        "film.ism/Manifest(filter=;)",
        "film.ism/Manifest(filter=a;b;c;d)",
        "film.ism/Manifest(audioTrack=)",
        "film.ism/Manifest(audio-only=perhaps)",
        "film.ism/Manifest(encryption=rot13)",
        "film.ism/Manifest(encryption=)",
        "film.ism/Manifest(colour=red)",
        "film.ism/Manifest(format=fmp4).exe",
        "film.ism/Manifest(format=fmp4).",
        "film.ism/Manifest%00",
        "film.ism/Manifest%0d%0aSet-Cookie:x",
        "film.ism/%ff%fe",
        "film.ism/Nope",
        "film.ism/Nope(format=fmp4)",
        "film.ism/../film.ism/Manifest",
        "film.ism/%2e%2e/Manifest",
        "..%2ffilm.ism/Manifest",
        "..%5cfilm.ism/Manifest",
        "%2e%2e%2f%2e%2e%2fa.ism/Manifest",
        ".ism/Manifest",
        "..ism/Manifest",
        "fi%00lm.ism/Manifest",
        "film.ism/QualityLevels(200000)",
        "film.ism/QualityLevels(200000)/",
        "film.ism/QualityLevels()/Fragments(video=0)",
        "film.ism/QualityLevels(x)/Fragments(video=0)",
        "film.ism/QualityLevels(-200000)/Fragments(video=0)",
        "film.ism/QualityLevels(200000.0)/Fragments(video=0)",
        "film.ism/QualityLevels(200000,100000)/Fragments(video=0)",
        "film.ism/QualityLevels(99999999999999999999)/Fragments(video=0)",
        "film.ism/QualityLevels(200000)/Fragments",
        "film.ism/QualityLevels(200000)/Fragments()",
        "film.ism/QualityLevels(200000)/Fragments(video)",
        "film.ism/QualityLevels(200000)/Fragments(video=)",
        "film.ism/QualityLevels(200000)/Fragments(=0)",
        "film.ism/QualityLevels(200000)/Fragments(video=-1)",
        "film.ism/QualityLevels(200000)/Fragments(video=+1)",
        "film.ism/QualityLevels(200000)/Fragments(video=0x10)",
        "film.ism/QualityLevels(200000)/Fragments(video=1e3)",
        "film.ism/QualityLevels(200000)/Fragments(video=%D9%A1)",
        "film.ism/QualityLevels(200000)/Fragments(video=99999999999999999999)",
        "film.ism/QualityLevels(200000)/Fragments(video=i)",
        "film.ism/QualityLevels(200000)/Fragments(vi%2Fdeo=0)",
        "film.ism/QualityLevels(200000)/Fragments(video=0).php",
        "film.ism/QualityLevels(200000)/Fragments(video=0)/extra",
        "film.ism/QualityLevels(200000)/Manifest(format=m3u8-cmaf)",
        "film.ism/QualityLevels(200000)/Manifest(,format=m3u8-cmaf)",
    ] {
        refused(stage, rest, SYNTAX);
    }
    let long = format!("film.ism/Manifest({})", "x".repeat(4000));
    refused(stage, &long, SYNTAX);
}

#[test]
fn what_leads_to_nothing() {
    let stage = Stage::shared();
    for (rest, want) in [
        ("", NO_RESOURCE),
        ("nope", NO_RESOURCE),
        ("film.ism%2FManifest", NO_RESOURCE),
        ("other.ism/Manifest", NO_RESOURCE),
        ("FILM.ISM/Manifest", NO_RESOURCE),
        ("film.ismc", NO_RESOURCE),
        ("film.isml/Manifest", NO_RESOURCE),
        ("..%2f..%2faccount.json", NO_RESOURCE),
        ("../../account.json", NO_RESOURCE),
        ("low%00.mp4", NO_RESOURCE),
        ("low.mp4/", NO_RESOURCE),
        ("film.ism/Manifest(filter=nope)", NO_FILTER),
        ("film.ism/Manifest(filter=..%5C)", SYNTAX),
        ("film.ism/Manifest(audioTrack=nope)", NO_TRACK),
        ("film.ism/Manifest(format=m3u8-cmaf,audioTrack=nope)", NO_TRACK),
        ("film.ism/Manifest(format=m3u8-aapl,audioTrack=video)", NO_TRACK),
        ("film.ism/QualityLevels(0)/Fragments(video=0)", NO_QUALITY),
        ("film.ism/QualityLevels(18446744073709551615)/Fragments(video=0)", NO_QUALITY),
        ("film.ism/QualityLevels(1)/Manifest(video,format=m3u8-cmaf)", NO_QUALITY),
        ("film.ism/QualityLevels(64000)/Fragments(video=0)", NO_QUALITY),
        ("film.ism/QualityLevels(200000)/Fragments(VIDEO=0)", NO_TRACK),
        ("film.ism/QualityLevels(200000)/Fragments(nope=0)", NO_TRACK),
        ("film.ism/QualityLevels(200000)/Fragments(nope=i,format=mpd-time-csf)", NO_TRACK),
        ("film.ism/QualityLevels(200000)/Manifest(nope,format=m3u8-cmaf)", NO_TRACK),
        ("film.ism/QualityLevels(200000)/Manifest(..,format=m3u8-cmaf)", NO_TRACK),
        ("film.ism/QualityLevels(200000)/Fragments(video=1)", NO_TIME),
        ("film.ism/QualityLevels(200000)/Fragments(video=59999999)", NO_TIME),
        ("film.ism/QualityLevels(200000)/Fragments(video=140000000)", NO_TIME),
        ("film.ism/QualityLevels(200000)/Fragments(video=18446744073709551615)", NO_TIME),
        ("film.ism/QualityLevels(200000)/KeyFrames(video=9223372036854775808)", NO_TIME),
        ("film.ism/QualityLevels(200000)/Fragments(video=1,format=mpd-time-cmaf)", NO_TIME),
        ("film.ism/Manifest(format=f4m-f4f)", NO_FORMAT),
        ("film.ism/Manifest(format=nope)", NO_FORMAT),
        ("film.ism/Manifest(format=m3u8-aapl-v5)", NO_FORMAT),
        ("film.ism/QualityLevels(200000)/Fragments(video=0,format=f4m-f4f)", NO_FORMAT),
        ("film.ism/QualityLevels(200000)/Manifest(video,format=mpd-time-csf)", NO_FORMAT),
        ("film.ism/QualityLevels(200000)/Manifest(video)", NO_FORMAT),
        ("film.ism/Manifest(encryption=cbc)", NO_SUCH_ENCRYPTION),
        ("film.ism/Manifest(format=m3u8-cmaf,encryption=cbcs-aapl)", NO_SUCH_ENCRYPTION),
    ] {
        refused(stage, rest, want);
    }
    let said = refused(stage, "film.ism/Manifest(format=F4M-F4F)", NO_FORMAT);
    assert!(said.contains("HDS"), "{said}");
    // Whoever uploads a video and streams it at once is told what is missing.
    let said = refused(stage, "low.ism/Manifest", NO_RESOURCE);
    assert!(said.contains("server manifest"), "{said}");
}

#[test]
fn assets_that_cannot_be_packaged() {
    let stage = Stage::shared();
    let api = stage.api();
    let put = |name: &str, content: &[u8]| api.put(&stage.asset, name, content);
    let two = "<video src=\"low.mp4\"><param name=\"trackID\" value=\"2\"/></video>";
    put("no.mp4", &not_a_video());
    put("empty.mp4", b"");
    for (name, content, want) in [
        ("empty.ism", String::new(), NO_MEDIA),
        ("text.ism", "no XML".to_owned(), NO_MEDIA),
        ("open.ism", "<smil><body>".to_owned(), NO_MEDIA),
        ("none.ism", "<smil><body><switch/></body></smil>".to_owned(), NO_MEDIA),
        ("huge.ism", " ".repeat(2 << 20), NO_MEDIA),
        ("missing.ism", naming("nowhere.mp4"), NO_FILE),
        ("away.ism", naming("../../account.json"), NO_MEDIA),
        ("no.ism", naming("no.mp4"), NO_MEDIA),
        ("two.ism", server_manifest(two), NO_MEDIA),
        ("hollow.ism", naming("empty.mp4"), NO_MEDIA),
    ] {
        put(name, content.as_bytes());
        for format in ["fmp4", "m3u8-cmaf", "mpd-time-csf"] {
            refused(stage, &format!("{name}/Manifest(format={format})"), want);
        }
        refused(stage, &format!("{name}/QualityLevels(1)/Fragments(video=0)"), want);
    }
    let said = refused(stage, "two.ism/Manifest", NO_MEDIA);
    assert!(said.contains("low.mp4: there is no track with id 2"), "{said}");
}

#[test]
fn methods() {
    let stage = Stage::shared();
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let reply = raw(stage, method, "film.ism/Manifest");
        assert_eq!(reply.status, 405);
        assert!(reply.headers.contains("allow: get, head, options"), "{}", reply.headers);
        assert!(reply.headers.contains("cache-control: no-store"), "{}", reply.headers);
    }
    assert_eq!(raw(stage, "OPTIONS", "film.ism/Manifest").status, 204);
}
