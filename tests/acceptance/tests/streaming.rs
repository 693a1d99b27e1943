//! The streaming endpoint: what it serves, to whom, and what it answers otherwise.

#![allow(clippy::unwrap_used)]

use std::sync::OnceLock;

use acceptance::{
    Connection, Reply, Service, ago, decode, id_of, key, locator, new_id, server_manifest, video,
};
use serde_json::{Value as Json, json};

/// A service with its endpoint running and an encoded asset.
struct Stage {
    service: Service,
    asset: String,
    locator: Json,
}

impl Stage {
    fn shared() -> &'static Self {
        static STAGE: OnceLock<Stage> = OnceLock::new();
        STAGE.get_or_init(Self::new)
    }

    fn new() -> Self {
        let service = Service::start();
        service.api.endpoint("Running");
        let asset = service.api.encoded("film.mp4", &video("320x180", 5));
        let locator = service.api.origin(&asset);
        Self { service, asset, locator }
    }

    /// A URL below a locator.
    fn url(&self, locator: &Json, rest: &str) -> String {
        let path = locator["Path"].as_str().unwrap();
        assert!(path.starts_with(&self.service.info.streaming));
        format!("{path}{rest}")
    }

    fn get(&self, rest: &str) -> Reply {
        self.service.api.plain("GET", &self.url(&self.locator, rest)).send()
    }

    /// The names of the MP4 files.
    fn media(&self) -> Vec<String> {
        let path = format!("Assets('{}')/Files", acceptance::percent(&self.asset));
        let files = self.service.api.get(&path).send().expect(200).feed();
        let names = files.iter().map(|file| file["Name"].as_str().unwrap().to_owned());
        names.filter(|name| name.ends_with(".mp4")).collect()
    }

    /// The path of the first fragment of the best video.
    fn fragment(&self) -> String {
        let manifest = self.get("film.ism/Manifest").expect(200);
        let level = acceptance::elements(manifest.text())
            .into_iter()
            .find(|e| e.name == "QualityLevel" && e.get("FourCC") == "H264")
            .unwrap();
        format!("film.ism/QualityLevels({})/Fragments(video=0)", level.get("Bitrate"))
    }
}

#[test]
fn manifests_in_all_their_spellings() {
    let stage = Stage::shared();
    for (url, content_type) in [
        ("film.ism/Manifest", "text/xml"),
        ("film.ism/manifest", "text/xml"),
        ("film.ism/MANIFEST(format=fmp4-v20)", "text/xml"),
        ("film.ism/Manifest(Format=m3u8-aapl)", "application/vnd.apple.mpegurl"),
        ("film.ism/Manifest(format=m3u8-aapl).m3u8", "application/vnd.apple.mpegurl"),
        ("film.ism/Manifest(format=m3u8-cmaf, audio-only=false)", "application/vnd.apple.mpegurl"),
        ("film.ism/manifest(format=mpd-time-csf)", "application/dash+xml"),
        ("film.ism/manifest(format=mpd-time-csf).mpd?x=y", "application/dash+xml"),
        ("film.ism/manifest(format=mpd-time-cmaf)", "application/dash+xml"),
        ("film.ism/Manifest%28format=mpd-time-csf%29", "application/dash+xml"),
    ] {
        let reply = stage.get(url).expect(200).expect_header("content-type", content_type);
        assert!(reply.body.len() > 200, "{reply}");
    }
}

#[test]
fn what_is_not_there() {
    let stage = Stage::shared();
    let level = stage.fragment();
    let level = level.split("/Fragments").next().unwrap();
    for (url, status) in [
        ("film.ism/Manifest(format=f4m-f4f)", 415),
        ("film.ism/Manifest(format=nope)", 415),
        ("film.ism/Manifest(format=", 400),
        ("film.ism/Manifest(filter=Mobile)", 404),
        ("film.ism/Manifest(filter=a;b;c;d)", 400),
        ("film.ism/Nope", 400),
        ("film.ism", 400),
        ("film.ism/", 400),
        ("film.ism/QualityLevels(x)/Fragments(video=0)", 400),
        ("film.ism/QualityLevels(1)/Fragments(video=0)", 404),
        ("other.ism/Manifest", 404),
        ("FILM.ism/Manifest", 404),
        ("nope.mp4", 404),
        ("", 404),
        ("film.ismc", 404),
        ("..%2f..%2faccount.json", 404),
        ("a%00.mp4", 404),
    ] {
        let reply = stage.get(url).expect(status);
        let text = reply.text();
        assert!(text.starts_with("MPE_"), "{reply}");
        assert_eq!(reply.header("access-control-allow-origin"), "*");
    }
    for (part, status) in [
        ("Fragments(nope=0)", 404),
        ("Fragments(video=5)", 404),
        ("Fragments(video=99999999999)", 404),
        ("Fragments(video=99999999999999999999999)", 400),
        ("Fragments(video=-1)", 400),
        ("Fragments(video)", 400),
        ("Fragments(video=i)", 400),
        ("Manifest(nope,format=m3u8-aapl)", 404),
    ] {
        stage.get(&format!("{level}/{part}")).expect(status);
    }
}

#[test]
fn locators_open_and_close() {
    let stage = Stage::shared();
    let (api, asset) = (&stage.service.api, &stage.asset);
    let ask = |locator: &Json| api.plain("GET", &stage.url(locator, "film.ism/Manifest")).send();
    let unknown = new_id("lid").replace("nb:lid:UUID:", "");
    let url = format!("{}/{unknown}/film.ism/Manifest", stage.service.info.streaming);
    api.plain("GET", &url).send().expect(404);
    // Over, not yet, and moved into the present.
    let policy = api.policy(1);
    let mut body = locator(&policy, asset, 2);
    body["StartTime"] = "2020-01-01T00:00:00Z".into();
    let over = api.post("Locators", body).send().expect(201).json();
    ask(&over).expect(404);
    let path = key("Locators", &over);
    api.merge(&path, json!({ "StartTime": "2199-01-01T00:00:00Z" })).send().expect(204);
    ask(&over).expect(404);
    api.merge(&path, json!({ "StartTime": ago(5) })).send().expect(204);
    ask(&over).expect(200);
    api.delete(&path).send().expect(204);
    ask(&over).expect(404);
    // A SAS locator is no path of the origin, and the other way round.
    let sas = api.sas(asset, 1);
    let guid = id_of(&sas).replace("nb:lid:UUID:", "");
    let url = format!("{}/{guid}/film.ism/Manifest", stage.service.info.streaming);
    api.plain("GET", &url).send().expect(404);
    api.delete(&key("Locators", &sas)).send().expect(204);
}

#[test]
fn players_of_other_sites() {
    let stage = Stage::shared();
    let url = stage.url(&stage.locator, "film.ism/Manifest(format=mpd-time-csf)");
    let preflight =
        stage.service.api.plain("OPTIONS", &url).header("origin", "http://player.example");
    let preflight = preflight.header("access-control-request-method", "GET").send();
    assert!(matches!(preflight.status, 200 | 204), "{preflight}");
    assert_eq!(preflight.header("access-control-allow-origin"), "*");
    assert!(preflight.header("access-control-allow-methods").contains("GET"));
    stage.service.api.plain("POST", &url).send().expect(405);
    for rest in ["film.ism/Manifest", &stage.fragment(), &stage.media()[0]] {
        let got = stage.get(rest).expect(200);
        let head =
            stage.service.api.plain("HEAD", &stage.url(&stage.locator, rest)).send().expect(200);
        assert!(head.body.is_empty());
        for name in ["content-type", "content-length"] {
            assert_eq!(head.header(name), got.header(name), "{name} of {rest}");
        }
        assert_eq!(got.header("content-length"), got.body.len().to_string());
    }
}

#[test]
fn progressive_download_in_parts() {
    let stage = Stage::shared();
    let name = &stage.media().into_iter().find(|name| name.contains("320x180")).unwrap();
    let whole = stage.get(name).expect(200).expect_header("accept-ranges", "bytes");
    assert_eq!(decode(&whole.body, "v").count, 125);
    let size = whole.body.len();
    let part = |range: &str| {
        let url = stage.url(&stage.locator, name);
        stage.service.api.plain("GET", &url).header("range", range).send()
    };
    for (range, expected) in [
        ("bytes=0-99".to_owned(), 0..100),
        (format!("bytes={}-", size - 10), size - 10..size),
        ("bytes=-10".to_owned(), size - 10..size),
        ("bytes=5-99999999".to_owned(), 5..size),
    ] {
        let reply = part(&range).expect(206);
        let content_range = format!("bytes {}-{}/{size}", expected.start, expected.end - 1);
        assert_eq!(reply.header("content-range"), content_range);
        assert!(reply.body == whole.body[expected], "{range}");
    }
    let past = part(&format!("bytes={size}-")).expect(416);
    assert_eq!(past.header("content-range"), format!("bytes */{size}"));
    // Several ranges, or another unit: the whole is a right answer.
    part("bytes=0-1,5-6").expect(200);
    part("lines=0-1").expect(200);
}

#[test]
fn fragments_at_the_same_time() {
    let stage = Stage::new();
    let fragment = stage.fragment();
    // Nobody has asked for this manifest before: both build it, or one waits for the other.
    let other = stage.service.api.encoded("film.mp4", &video("320x180", 5));
    let origin = stage.service.api.origin(&other);
    let url = stage.url(&origin, "film.ism/Manifest(format=m3u8-cmaf)");
    let bodies = std::thread::scope(|scope| {
        let ask = || stage.service.api.plain("GET", &url).send().expect(200).body;
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
    let first = stage.get(&fragment).expect(200).expect_header("content-type", "video/mp4");
    let again = stage.get(&fragment).expect(200);
    assert!(first.body == again.body, "the same every time");
    // The endpoint stops, and starts again.
    let api = &stage.service.api;
    api.endpoint("Stopped");
    for rest in ["film.ism/Manifest", &fragment, &stage.media()[0]] {
        let reply = stage.get(rest).expect(404);
        assert!(reply.text().contains("stopped"), "{reply}");
    }
    api.endpoint("Running");
    stage.get(&fragment).expect(200);
}

#[test]
fn a_server_manifest_written_by_hand() {
    let stage = Stage::shared();
    let api = &stage.service.api;
    let asset = api.asset("hand");
    let put = |name: &str, content: &[u8]| api.put(&asset, name, content);
    put("movie.mp4", &video("320x180", 4));
    let both = "<video src=\"movie.mp4\"/><audio src=\"movie.mp4\" title=\"AAC_und_ch2_96kbps\"/>";
    put("movie.ism", server_manifest(both).as_bytes());
    put("escape.ism", server_manifest("<video src=\"../../account.json\"/>").as_bytes());
    put("gone.ism", server_manifest("<video src=\"gone.mp4\"/>").as_bytes());
    put("text.ism", b"no xml at all");
    put("bomb.ism", b"<!DOCTYPE smil [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><smil>&a;</smil>");
    put("notes.mp4", &acceptance::not_a_video());
    put("notes.ism", server_manifest("<video src=\"notes.mp4\"/>").as_bytes());
    let origin = api.origin(&asset);
    let get =
        |name: &str| api.plain("GET", &stage.url(&origin, &format!("{name}/Manifest"))).send();
    let manifest = get("movie.ism").expect(200);
    let streams = acceptance::elements(manifest.text());
    assert_eq!(streams.iter().filter(|e| e.name == "StreamIndex").count(), 2);
    for name in ["escape.ism", "gone.ism", "text.ism", "bomb.ism", "notes.ism"] {
        let reply = get(name);
        assert!(matches!(reply.status, 404 | 415), "{name}: {reply}");
        assert!(!reply.text().contains("root:") && !reply.text().contains("secret"), "{reply}");
    }
    // Uploaded again, it is another.
    put("movie.ism", server_manifest("<video src=\"movie.mp4\"/>").as_bytes());
    let manifest = get("movie.ism").expect(200);
    let streams = acceptance::elements(manifest.text());
    assert_eq!(streams.iter().filter(|e| e.name == "StreamIndex").count(), 1);
}

#[test]
fn paths_that_no_browser_sends() {
    let stage = Stage::shared();
    let guid = stage.locator["ContentAccessComponent"].as_str().unwrap();
    for path in [
        format!("/{guid}/../account.json"),
        format!("/{guid}/../../etc/passwd"),
        format!("/{guid}/%2e%2e/account.json"),
        format!("/{guid}/..%5c..%5caccount.json"),
        format!("/{guid}//film.mp4"),
        format!("/{guid}"),
        "/favicon.ico".to_owned(),
        format!("/{}/film.ism/Manifest", "0".repeat(36)),
    ] {
        let reply = Connection::request(&stage.service.info.streaming, "GET", &path, &[]);
        assert!(matches!(reply.status, 400 | 404), "{path}: {}", reply.status);
        assert!(!reply.headers.contains("content-type: text/html"));
    }
}
