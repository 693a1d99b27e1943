//! Locators, endpoints, manifests and fragments.

use std::sync::OnceLock;
use std::time::Duration;

use acceptance::{
    Api, Connection, Frames, Reply, Service, ago, blob_url, decode, elements, error_message,
    eventually, id_of, key, locator, new_id, percent, video,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

const PLAYLIST: &str = "application/vnd.apple.mpegurl";

/// A service with its endpoint running, and an encoded film of eight seconds with a locator.
struct Stage {
    service: Service,
    asset: String,
    locator: Json,
}

impl Stage {
    fn shared() -> &'static Self {
        static STAGE: OnceLock<Stage> = OnceLock::new();
        STAGE.get_or_init(|| {
            let service = Service::start();
            service.api.endpoint("Running");
            let asset = service.api.encoded("film.mp4", &video("320x180", 8));
            let locator = service.api.origin(&asset);
            Self { service, asset, locator }
        })
    }

    fn api(&self) -> &Api {
        &self.service.api
    }

    /// The URL of the presentation, with something behind it.
    fn url(&self, rest: &str) -> String {
        format!("{}film.ism/{rest}", self.locator["Path"].as_str().unwrap())
    }

    #[track_caller]
    fn get(&self, rest: &str) -> Reply {
        self.api().plain("GET", &self.url(rest)).send()
    }
}

fn text<'a>(entity: &'a Json, member: &str) -> &'a str {
    entity[member].as_str().unwrap_or_else(|| panic!("no {member}: {entity}"))
}

fn put(api: &Api, url: &str, content: &[u8]) -> Reply {
    api.plain("PUT", url).header("x-ms-blob-type", "BlockBlob").body(content).send()
}

#[test]
fn point_11_a_sas_locator_is_a_signed_container_url() {
    let api = &Service::shared().api;
    let asset = api.asset("sas");
    let sas = api.sas(&asset, 3);
    let (base, access) = (text(&sas, "BaseUri"), text(&sas, "ContentAccessComponent"));
    assert_eq!(text(&sas, "Path"), format!("{base}{access}"));
    let uri = api.get(&format!("Assets('{}')/Uri", percent(&asset))).send().expect(200).json();
    assert_eq!(uri["value"], base, "the container of the asset");
    let guid = id_of(&sas).replace("nb:lid:UUID:", "");
    let query: Vec<_> = access.strip_prefix('?').unwrap().split('&').collect();
    for pair in ["sr=c", &format!("si={guid}")] {
        assert!(query.contains(&pair), "{access}");
    }
    for name in ["sv=", "sig=", "st=", "se="] {
        assert!(query.iter().any(|pair| pair.starts_with(name)), "{access}");
    }
    // It works at once, and again when it is read.
    put(api, &blob_url(&sas, "a.mp4"), b"content").expect(201);
    let read = api.get(&key("Locators", &sas)).send().expect(200).json();
    assert_eq!(read["Path"], sas["Path"]);
    let url = blob_url(&read, "a.mp4");
    assert_eq!(api.plain("GET", &url).send().expect(200).body, b"content");
    let forged = url.replace("sig=", "sig=A");
    api.plain("GET", &forged).send().expect(403);
}

#[test]
fn point_12_blobs_are_uploaded_whole_and_in_blocks() {
    let api = &Service::shared().api;
    let sas = api.sas(&api.asset("upload"), 3);
    let whole = blob_url(&sas, "whole.mp4");
    for (version, date) in [
        ("2012-02-12", "Wed, 18 Feb 2015 16:45:53 GMT"),
        ("2015-02-21", "2015-02-18T16:45:53Z"),
        ("2011-08-18", "not a date"),
        ("2019-12-12", ""),
    ] {
        let call = api.plain("PUT", &whole).header("x-ms-version", version);
        let call = call.header("x-ms-date", date).header("content-type", "whatever; x=\"y\"");
        let call = call.header("x-ms-blob-type", "BlockBlob").body(version.as_bytes());
        let reply = call.send().expect(201);
        assert!(!reply.header("etag").is_empty(), "{reply}");
        assert_eq!(api.plain("GET", &whole).send().expect(200).body, version.as_bytes());
    }
    let url = blob_url(&sas, "blocks.mp4");
    let mut list = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
    for number in 0..3 {
        let id = STANDARD.encode(format!("block-{number:04}"));
        let block = format!("{url}&comp=block&blockid={}", percent(&id));
        api.plain("PUT", &block).body(vec![b'0' + number; 1000]).send().expect(201);
        list.push_str(&format!("<Latest>{id}</Latest>"));
    }
    list.push_str("</BlockList>");
    api.plain("GET", &url).send().expect(404);
    let commit = format!("{url}&comp=blocklist");
    let done = api.plain("PUT", &commit).header("content-type", "text/plain").body(list).send();
    assert!(!done.expect(201).header("etag").is_empty());
    let content = api.plain("GET", &url).send().expect(200).body;
    assert_eq!(content.len(), 3000);
    assert_eq!((content[0], content[1500], content[2999]), (b'0', b'1', b'2'));
    let unknown = "<BlockList><Latest>bm9wZQ==</Latest></BlockList>";
    let refused = api.plain("PUT", &commit).body(unknown).send().expect(400);
    assert!(refused.text().contains("InvalidBlockList"), "{refused}");
}

#[test]
fn point_15_an_origin_locator_is_a_path_to_every_manifest() {
    let stage = Stage::shared();
    let path = text(&stage.locator, "Path");
    let guid = id_of(&stage.locator).replace("nb:lid:UUID:", "");
    assert_eq!(stage.locator["ContentAccessComponent"], guid);
    assert_eq!(path, format!("{}/{guid}/", stage.service.info.streaming));
    assert_eq!(stage.locator["BaseUri"], stage.service.info.streaming);
    for (manifest, content_type, start) in [
        ("manifest", "text/xml", "<?xml"),
        ("Manifest", "text/xml", "<?xml"),
        ("manifest(format=m3u8-aapl)", PLAYLIST, "#EXTM3U"),
        ("manifest(format=m3u8-aapl).m3u8", PLAYLIST, "#EXTM3U"),
        ("manifest(format=mpd-time-csf)", "application/dash+xml", "<?xml"),
        ("manifest(format=mpd-time-csf).mpd", "application/dash+xml", "<?xml"),
    ] {
        let reply = stage.get(manifest).expect(200).expect_header("content-type", content_type);
        assert!(reply.text().starts_with(start), "{reply}");
    }
    // Smooth as its clients play it: by the template of the stream and the times of its chunks.
    let reply = stage.get("manifest");
    let smooth = elements(reply.text());
    let stream = smooth.iter().find(|e| e.get("Type") == "video").unwrap();
    let level = smooth.iter().find(|e| e.name == "QualityLevel").unwrap();
    let fragment = stream.get("Url").replace("{bitrate}", level.get("Bitrate"));
    let fragment = stage.get(&fragment.replace("{start time}", "0")).expect(200);
    assert!(fragment.body.windows(4).any(|kind| kind == b"moof"), "a fragment of a movie");
    for (bad, status, code) in [
        ("manifest(format=nope)", 415, "MPE_OUTPUT_FORMAT_NOT_SUPPORTED"),
        ("manifest(format=f4m-f4f)", 415, "MPE_OUTPUT_FORMAT_NOT_SUPPORTED"),
        ("manifest(format=m3u8-aapl", 400, "MPE_BAD_URL_SYNTAX"),
        ("manifest((format=m3u8-aapl))", 400, "MPE_BAD_URL_SYNTAX"),
        ("manifest(format=m3u8-aapl(x))", 400, "MPE_BAD_URL_SYNTAX"),
        ("manifest(colour=red)", 400, "MPE_BAD_URL_SYNTAX"),
        ("manifest(filter=nope)", 404, "MPE_EGRESS_FILTER_NOT_FOUND"),
    ] {
        let reply = stage.get(bad).expect(status);
        assert!(reply.text().starts_with(code), "{reply}");
    }
    // As no HTTP library sends it.
    for (path, status) in [
        ("film.ism/../manifest", 400),
        ("film.ism/%2e%2e/manifest", 400),
        ("../film.ism/manifest", 404),
        ("..%2ffilm.ism/manifest", 400),
    ] {
        let path = format!("/{guid}/{path}");
        let reply = Connection::request(&stage.service.info.streaming, "GET", &path, &[]);
        assert_eq!(reply.status, status, "{path}");
    }
    let unknown = new_id("lid").replace("nb:lid:UUID:", "");
    let url = format!("{}/{unknown}/film.ism/manifest", stage.service.info.streaming);
    stage.api().plain("GET", &url).send().expect(404);
}

/// Fragments that a manifest lists: URL and start time, for one start of a file; there is none for
/// transport streams.
struct Listed {
    kind: &'static str,
    init: Option<String>,
    fragments: Vec<(String, u64)>,
}

/// Decodes all fragments, each behind the start of its file, and checks that each starts when it
/// says, and that together they are the film.
#[track_caller]
fn check_all(stage: &Stage, listed: &[Listed]) {
    assert!(listed.iter().any(|list| list.kind == "audio"));
    assert!(listed.iter().any(|list| list.kind == "video"));
    for list in listed {
        let init = list.init.as_ref().map(|init| stage.get(init).expect(200).body);
        // Transport streams start at 10 seconds.
        let (content_type, zero) = match init {
            Some(_) => (format!("{}/mp4", list.kind), 0.0),
            None => ("video/mp2t".to_owned(), 10.0),
        };
        let init = init.unwrap_or_default();
        let mut all = Vec::new();
        for (url, start) in &list.fragments {
            let fragment = stage.get(url).expect(200).expect_header("content-type", &content_type);
            let Frames { first, .. } =
                decode(&[&init[..], &fragment.body].concat(), &list.kind[..1]);
            let start = zero + *start as f64 / 1e7;
            assert!((first - start).abs() < 0.002, "{url} starts at {first} s");
            all.extend(fragment.body);
        }
        let Frames { count, last, .. } = decode(&[init, all].concat(), &list.kind[..1]);
        assert!(
            (7.9..=8.1).contains(&(last - zero)) && count >= 200,
            "{count} frames until {last} s"
        );
    }
}

#[test]
fn point_16_hls_and_dash_lead_to_fragments_that_start_when_they_say() {
    let stage = Stage::shared();
    for format in ["m3u8-aapl", "m3u8-cmaf"] {
        let master = stage.get(&format!("manifest(format={format})")).expect(200);
        let group = master.text().lines().filter(|line| line.starts_with("#EXT-X-MEDIA:"));
        let audio = group.filter_map(|line| line.split("URI=\"").nth(1));
        let audio = audio.map(|uri| ("audio", uri.trim_end_matches('"')));
        let video = master.text().lines().filter(|line| line.contains("/Manifest(video,"));
        let video = video.filter(|line| !line.starts_with('#')).map(|uri| ("video", uri));
        let mut listed = Vec::new();
        for (kind, uri) in audio.chain(video) {
            assert!(uri.starts_with("QualityLevels(") && uri.contains(&format!("format={format}")));
            let folder = uri.split('/').next().unwrap();
            let media = stage.get(uri).expect(200).expect_header("content-type", PLAYLIST);
            let lines: Vec<_> = media.text().lines().collect();
            assert_eq!((lines[0], lines[lines.len() - 1]), ("#EXTM3U", "#EXT-X-ENDLIST"));
            let map = lines.iter().find_map(|line| line.split("MAP:URI=\"").nth(1));
            assert_eq!(map.is_some(), format == "m3u8-cmaf");
            let fragments = lines.iter().filter(|line| !line.starts_with('#')).map(|line| {
                let start = line.split(['=', ',']).nth(1).unwrap().parse().unwrap();
                (format!("{folder}/{line}"), start)
            });
            let fragments: Vec<_> = fragments.collect();
            assert!(fragments.len() >= 2 && fragments[0].1 == 0, "{media}");
            let init = map.map(|map| format!("{folder}/{}", map.trim_end_matches('"')));
            listed.push(Listed { kind, init, fragments });
        }
        check_all(stage, &listed);
    }
    check_all(stage, &listed_in_dash(stage));
    // What is not in the lists is not there, and says so with its code.
    let level = stage.get("manifest(format=m3u8-aapl)");
    let level = level.text().lines().find(|line| line.contains("(video,")).unwrap().to_owned();
    let level = level.split('/').next().unwrap();
    for (part, status, code) in [
        ("Fragments(video=1,format=m3u8-aapl)", 404, "MPE_FRAGMENT_TIMESTAMP_NOT_FOUND"),
        ("Fragments(video=18446744073709551615)", 404, "MPE_FRAGMENT_TIMESTAMP_NOT_FOUND"),
        ("Fragments(video=99999999999999999999)", 400, "MPE_BAD_URL_SYNTAX"),
        ("Fragments(video=-1)", 400, "MPE_BAD_URL_SYNTAX"),
        ("Fragments(video=(0))", 400, "MPE_BAD_URL_SYNTAX"),
        ("Fragments(nope=0)", 404, "MPE_EGRESS_TRACK_NOT_FOUND"),
        ("Manifest(nope,format=m3u8-aapl)", 404, "MPE_EGRESS_TRACK_NOT_FOUND"),
    ] {
        let reply = stage.get(&format!("{level}/{part}")).expect(status);
        assert!(reply.text().starts_with(code), "{reply}");
    }
    let reply = stage.get("QualityLevels(1)/Fragments(video=0)").expect(404);
    assert!(reply.text().starts_with("MPE_MANIFEST_MEDIA_ENTRY_NOT_FOUND"), "{reply}");
}

fn listed_in_dash(stage: &Stage) -> Vec<Listed> {
    let reply = stage.get("manifest(format=mpd-time-csf)").expect(200);
    let (mut kind, mut template) = ("", acceptance::Element::default());
    let (mut starts, mut time) = (Vec::new(), 0);
    let mut listed = Vec::new();
    for element in elements(reply.text()) {
        match element.name.as_str() {
            "AdaptationSet" => {
                kind = if element.get("contentType") == "video" { "video" } else { "audio" };
                (starts, time) = (Vec::new(), 0);
            }
            "SegmentTemplate" => {
                assert_eq!(element.get("timescale"), "10000000");
                template = element;
            }
            "S" => {
                for _ in 0..=element.get("r").parse().unwrap_or(0) {
                    starts.push(time);
                    time += element.get("d").parse::<u64>().unwrap();
                }
            }
            "Representation" => {
                let url =
                    |name| template.get(name).replace("$Bandwidth$", element.get("bandwidth"));
                let media = url("media");
                assert!(media.starts_with("QualityLevels(") && media.contains(")/Fragments("));
                let fragment = |start: &u64| (media.replace("$Time$", &start.to_string()), *start);
                let fragments = starts.iter().map(fragment).collect();
                listed.push(Listed { kind, init: Some(url("initialization")), fragments });
            }
            _ => {}
        }
    }
    listed
}

#[test]
fn point_17_the_default_endpoint_starts_by_an_operation() {
    let arguments = ["--x264-preset", "ultrafast", "--operation-milliseconds", "1000"];
    let service = Service::start_with(&arguments);
    let api = &service.api;
    let endpoint = api.get("StreamingEndpoints").send().expect(200).feed()[0].clone();
    assert!(text(&endpoint, "Name").eq_ignore_ascii_case("default"));
    assert_eq!(endpoint["State"], "Stopped");
    let path = key("StreamingEndpoints", &endpoint);
    let start = api.call("POST", &format!("{path}/Start")).header("content-length", "0");
    let started = start.send().expect(202);
    assert!(started.body.is_empty());
    let id = started.header("operation-id");
    assert!(id.starts_with("nb:opid:UUID:"), "{started}");
    let operation =
        |id: &str| api.get(&format!("Operations('{}')", percent(id))).send().expect(200).json();
    assert_eq!(api.get(&path).send().expect(200).json()["State"], "Starting");
    let first = operation(id);
    assert_eq!(
        (&first["State"], &first["TargetEntityId"]),
        (&"InProgress".into(), &endpoint["Id"])
    );
    eventually(Duration::from_secs(20), "the operation has succeeded", || {
        let operation = operation(id);
        assert!(operation["ErrorCode"].is_null() && operation["ErrorMessage"].is_null());
        (operation["State"] == "Succeeded").then_some(())
    });
    assert_eq!(api.get(&path).send().expect(200).json()["State"], "Running");
    let again = api.call("POST", &format!("{path}/Start")).send().expect(400);
    assert!(error_message(&again).contains("must be Stopped"), "{again}");
    api.get(&format!("Operations('{}')", new_id("opid"))).send().expect(404);
    api.get("Operations('x')").send().expect(400);
}

#[test]
fn point_18_a_media_processor_is_found_by_its_name() {
    let api = &Service::shared().api;
    let find = |name: &str| {
        let filter = percent(&format!("Name eq '{name}'"));
        api.get(&format!("MediaProcessors()?$filter={filter}")).send().expect(200).feed()
    };
    let found = find("Media Encoder Standard");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["Id"], acceptance::ENCODER);
    assert_eq!(found[0]["Name"], "Media Encoder Standard");
    for name in ["media encoder standard", "Media Encoder", "Nobody''s Encoder", ""] {
        assert!(find(name).is_empty(), "{name}");
    }
    api.get("MediaProcessors()?$filter=Name%20eq").send().expect(400);
}

#[test]
fn point_19_what_is_deleted_is_gone_with_what_it_holds() {
    let stage = Stage::shared();
    let api = stage.api();
    let upload = api.upload("gone.mp4", b"content");
    let (sas, origin) = (api.sas(&upload.asset, 1), api.origin(&upload.asset));
    let policy = api.policy(1);
    let blob = blob_url(&sas, "gone.mp4");
    let stream = format!("{}gone.mp4", text(&origin, "Path"));
    api.plain("GET", &blob).send().expect(200);
    api.plain("GET", &stream).send().expect(200);
    // A locator takes its URL with it, and leaves the other.
    api.delete(&key("Locators", &origin)).send().expect(204);
    api.plain("GET", &stream).send().expect(404);
    api.plain("GET", &blob).send().expect(200);
    api.delete(&key("Locators", &origin)).send().expect(404);
    let policy = format!("AccessPolicies('{}')", percent(&policy));
    api.delete(&policy).send().expect(204);
    api.get(&policy).send().expect(404);
    // The asset takes files and locators.
    let asset = format!("Assets('{}')", percent(&upload.asset));
    api.delete(&format!("{asset}?keepcontainer=false")).send().expect(204);
    api.get(&asset).send().expect(404);
    api.get(&format!("Files('{}')", percent(&upload.file))).send().expect(404);
    api.get(&key("Locators", &sas)).send().expect(404);
    let refused = api.plain("GET", &blob).send();
    assert!(matches!(refused.status, 403 | 404), "{refused}");
    let kept = api.asset("kept");
    api.delete(&format!("Assets('{}')?keepcontainer=true", percent(&kept))).send().expect(204);
    // A job goes once it is over, and its output stays.
    let upload = api.upload("job.mp4", &acceptance::not_a_video());
    let job = api.job(&upload.asset, "AAC Audio");
    api.finish(&id_of(&job));
    let path = key("Jobs", &job);
    api.delete(&path).send().expect(204);
    api.get(&path).send().expect(404);
    api.delete("Assets('x')").send().expect(400);
}

#[test]
fn point_41_filters_apply_in_manifests_and_cors_is_open() {
    let stage = Stage::shared();
    let api = stage.api();
    let video = |operator: &str| json!([{ "PropertyConditions": [{ "Property": "Type", "Value": "video", "Operator": operator }] }]);
    api.post("Filters", json!({ "Name": "sound", "Tracks": video("NotEqual") })).send().expect(201);
    let body = json!({
        "Name": "start", "ParentAssetId": stage.asset, "Tracks": [],
        "PresentationTimeRange": { "StartTimestamp": "0", "EndTimestamp": "10000000", "Timescale": "10000000" },
    });
    api.post("AssetFilters", body).send().expect(201);
    for (format, kind) in [("fmp4", "Type"), ("mpd-time-csf", "contentType")] {
        let reply = stage.get(&format!("manifest(format={format},filter=sound)")).expect(200);
        let kinds = elements(reply.text());
        let kinds: Vec<_> = kinds.iter().map(|e| e.get(kind)).filter(|k| !k.is_empty()).collect();
        assert_eq!(kinds, ["audio"], "{reply}");
    }
    let hls = stage.get("manifest(format=m3u8-aapl,filter=start)").expect(200);
    let uri = hls.text().lines().find(|line| line.contains("(video,")).unwrap();
    assert!(uri.ends_with(",filter=start)"), "{hls}");
    let media = stage.get(uri).expect(200);
    assert_eq!(media.text().matches("#EXTINF").count(), 1, "{media}");
    let unknown = stage.get("manifest(filter=nope)").expect(404);
    assert!(unknown.text().starts_with("MPE_EGRESS_FILTER_NOT_FOUND"), "{unknown}");
    for reply in [hls, media, unknown] {
        assert_eq!(reply.header("access-control-allow-origin"), "*");
    }
    let preflight =
        api.plain("OPTIONS", &stage.url("manifest")).header("origin", "http://a.example");
    let preflight = preflight.header("access-control-request-method", "GET").send();
    assert!(matches!(preflight.status, 200 | 204), "{preflight}");
    assert_eq!(preflight.header("access-control-allow-origin"), "*");
}

#[test]
fn point_43_files_are_downloaded_in_ranges() {
    let stage = Stage::shared();
    let api = stage.api();
    let path = format!("Assets('{}')/Files", percent(&stage.asset));
    let files = api.get(&path).send().expect(200).feed();
    let name = files.iter().map(|file| text(file, "Name")).find(|name| name.ends_with(".mp4"));
    let name = name.unwrap();
    let origin = format!("{}{name}", text(&stage.locator, "Path"));
    let sas = blob_url(&api.sas(&stage.asset, 1), name);
    let whole = api.plain("GET", &sas).send().expect(200).body;
    let size = whole.len();
    for url in [&origin, &sas] {
        let got = api.plain("GET", url).send().expect(200).expect_header("accept-ranges", "bytes");
        assert!(got.body == whole && got.header("content-type").ends_with("/mp4"), "{url}");
        for (range, part) in [
            ("bytes=0-0".to_owned(), 0..1),
            (format!("bytes={}-", size / 2), size / 2..size),
            ("bytes=100-299".to_owned(), 100..300),
        ] {
            let reply = api.plain("GET", url).header("range", &range).send().expect(206);
            let content_range = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            assert_eq!(reply.header("content-range"), content_range);
            assert!(reply.body == whole[part], "{range} of {url}");
        }
        api.plain("GET", url).header("range", &format!("bytes={size}-")).send().expect(416);
        let head = api.plain("HEAD", url).send().expect(200);
        assert_eq!(head.header("content-length"), size.to_string());
    }
    // The manifest of the server is for the server.
    api.plain("GET", &format!("{}film.ismc", text(&stage.locator, "Path"))).send().expect(404);
}

#[test]
fn point_44_a_sas_url_ends_and_permits_what_it_says() {
    let api = &Service::shared().api;
    let upload = api.upload("a.mp4", b"content");
    let refused = |reply: Reply| {
        let reply = reply.expect(403);
        assert!(reply.header("content-type").starts_with("application/xml"), "{reply}");
        let elements = elements(reply.text().trim_start_matches('\u{feff}'));
        assert_eq!((elements[0].name.as_str(), elements[1].name.as_str()), ("Error", "Code"));
        assert!(!elements[1].text.is_empty(), "{reply}");
        assert_eq!(elements[2].name, "Message");
    };
    let of = |locator: &Json| blob_url(locator, "a.mp4");
    let (read, write) = (api.sas(&upload.asset, 1), api.sas(&upload.asset, 2));
    refused(put(api, &of(&read), b"other"));
    refused(api.plain("DELETE", &of(&write)).send());
    refused(api.plain("GET", &of(&write)).send());
    let mut body = locator(&api.policy(1), &upload.asset, 1);
    for start in ["2015-02-18T16:45:53Z", "2199-01-01T00:00:00Z"] {
        body["StartTime"] = start.into();
        let closed = api.post("Locators", &body).send().expect(201).json();
        refused(api.plain("GET", &of(&closed)).send());
        api.delete(&key("Locators", &closed)).send().expect(204);
    }
    body["StartTime"] = ago(5).into();
    let open = api.post("Locators", &body).send().expect(201).json();
    api.plain("GET", &of(&open)).send().expect(200);
    refused(api.plain("GET", &of(&open).replace("sig=", "sig=x")).send());
    api.delete(&key("Locators", &open)).send().expect(204);
    refused(api.plain("GET", &of(&open)).send());
}
