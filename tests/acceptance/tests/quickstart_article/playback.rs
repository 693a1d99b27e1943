//! Download and streams: URLs built from locators, manifests, fragments that decode.

use acceptance::{Api, Reply, Service, ago, blob_url, decode, elements, id_of, smooth_init};
use serde_json::{Value as Json, json};

use super::answers::created;

pub(super) fn read_policy(service: &Service) -> Json {
    let body = r#"{"Name": "DownloadPolicy", "DurationInMinutes" : "300", "Permissions" : 1}"#;
    let call = service.api.post("AccessPolicies", body).header("expect", "100-continue");
    let call = call.header("dataserviceversion", "3.0").header("maxdataserviceversion", "3.0");
    created(service, call, "AccessPolicies", "nb:pid:UUID:")
}

pub(super) fn download(service: &Service, policy: &Json, output: &Json, names: &[String]) {
    let start = ago(5);
    let body = json!({
        "AccessPolicyId": policy["Id"], "AssetId": output["Id"],
        "StartTime": start.trim_end_matches('Z'), "Type": 1,
    });
    let call = service.api.post("Locators", body).header("dataserviceversion", "3.0");
    let locator = created(service, call, "Locators", "nb:lid:UUID:");
    let starts: jiff::Timestamp = locator["StartTime"].as_str().unwrap().parse().unwrap();
    assert_eq!(starts.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), start, "no zone means UTC");
    for name in names.iter().filter(|name| name.ends_with(".mp4")) {
        let got = service.api.plain("GET", &blob_url(&locator, name)).send().expect(200);
        let kind = if name.contains("640x360") { "video" } else { "audio" };
        if name.contains("640x360") || name.contains("AAC") {
            assert_eq!(got.header("content-type"), format!("{kind}/mp4"), "{name}");
            assert!(decode(&got.body, &kind[..1]).count >= 200, "{name}");
        }
    }
}

pub(super) fn stream(service: &Service, policy: &Json, output: &Json, names: &[String]) {
    let body = json!({
        "AccessPolicyId": policy["Id"], "AssetId": output["Id"], "StartTime": ago(5), "Type": "2",
    });
    let locator = created(service, service.api.post("Locators", body), "Locators", "nb:lid:UUID:");
    let uuid = id_of(&locator).replace("nb:lid:UUID:", "");
    assert_eq!(locator["Path"], format!("{}/{uuid}/", service.info.streaming));
    assert_eq!(locator["BaseUri"], service.info.streaming.as_str());
    assert_eq!(locator["ContentAccessComponent"], uuid);
    let base = format!("{}BigBuckBunny.ism", locator["Path"].as_str().unwrap());
    let api = &service.api;
    let dash = dash(api, &base);
    smooth(api, &base, &dash);
    hls(api, &base, "m3u8-aapl");
    hls(api, &base, "m3u8-cmaf");

    let name = names.iter().find(|name| name.contains("_640x360_")).unwrap();
    let whole = api.plain("GET", &format!("{}{name}", locator["Path"].as_str().unwrap())).send();
    let whole = whole.expect(200).expect_header("content-type", "video/mp4");
    assert_eq!(decode(&whole.body, "v").count, 200);
}

#[track_caller]
pub(super) fn fetch(api: &Api, url: &str, content_type: &str) -> Reply {
    let reply = api.plain("GET", url).send().expect(200);
    reply
        .expect_header("content-type", content_type)
        .expect_header("access-control-allow-origin", "*")
}

/// Decodes first and last fragment behind `init`; checks their times if they carry them.
#[track_caller]
pub(super) fn check_fragments(
    api: &Api,
    init: &[u8],
    urls: &[(String, u64)],
    kind: &str,
    timed: bool,
) {
    let select = &kind[..1];
    for (url, start) in [urls.first().unwrap(), urls.last().unwrap()] {
        let fragment = fetch(api, url, &format!("{kind}/mp4"));
        let frames = decode(&[init, &fragment.body].concat(), select);
        assert!(frames.count > 10, "{frames:?} of {url}");
        let start = *start as f64 / 1e7;
        assert!(!timed || (frames.first - start).abs() < 0.002, "{frames:?} of {url}");
    }
}

/// Checks the DASH manifest; returns the start of the file of the best video.
pub(super) fn dash(api: &Api, base: &str) -> Vec<u8> {
    let manifest =
        fetch(api, &format!("{base}/Manifest(format=mpd-time-csf)"), "application/dash+xml");
    let mut kind = String::new();
    let (mut template, mut starts, mut time) = (acceptance::Element::default(), Vec::new(), 0);
    let mut first_video = Vec::new();
    let mut kinds = Vec::new();
    for element in elements(manifest.text()) {
        match element.name.as_str() {
            "MPD" => assert_eq!(element.get("mediaPresentationDuration"), "PT8S"),
            "AdaptationSet" => {
                kind = element.get("contentType").to_owned();
                kinds.push(kind.clone());
                (starts, time) = (Vec::new(), 0);
            }
            "SegmentTemplate" => template = element,
            "S" => {
                for _ in 0..=element.get("r").parse().unwrap_or(0) {
                    starts.push(time);
                    time += element.get("d").parse::<u64>().unwrap();
                }
            }
            "Representation" => {
                let url = |pattern: &str| {
                    let path = pattern.replace("$Bandwidth$", element.get("bandwidth"));
                    format!("{base}/{path}")
                };
                let init = fetch(api, &url(template.get("initialization")), &format!("{kind}/mp4"));
                let media = url(template.get("media"));
                let urls: Vec<_> = starts
                    .iter()
                    .map(|start| (media.replace("$Time$", &start.to_string()), *start))
                    .collect();
                check_fragments(api, &init.body, &urls, &kind, true);
                assert!((79_000_000..=81_000_000).contains(&time), "{kind} ends at {time}");
                if kind == "video" && first_video.is_empty() {
                    first_video = init.body;
                }
            }
            _ => {}
        }
    }
    assert_eq!(kinds, ["audio", "video"]);
    first_video
}

pub(super) fn smooth(api: &Api, base: &str, dash_init: &[u8]) {
    let manifest = fetch(api, &format!("{base}/Manifest"), "text/xml");
    let same = fetch(api, &format!("{base}/manifest(format=fmp4)"), "text/xml");
    assert_eq!(manifest.body, same.body);
    let elements = elements(manifest.text());
    let root = &elements[0];
    assert_eq!(root.name, "SmoothStreamingMedia");
    assert_eq!((root.get("MajorVersion"), root.get("MinorVersion")), ("2", "2"));
    let video: Vec<_> = elements
        .iter()
        .skip_while(|e| e.get("Type") != "video")
        .take_while(|e| e.get("Type") != "audio")
        .collect();
    let level = video.iter().filter(|e| e.name == "QualityLevel");
    let level = level.max_by_key(|e| e.get("Bitrate").parse::<u64>().unwrap()).unwrap();
    assert_eq!((level.get("FourCC"), level.get("MaxHeight")), ("H264", "360"));
    let mut starts = Vec::new();
    let mut time = 0;
    for chunk in video.iter().filter(|e| e.name == "c") {
        for _ in 0..chunk.get("r").parse().unwrap_or(1) {
            starts.push(time);
            time += chunk.get("d").parse::<u64>().unwrap();
        }
    }
    assert_eq!(time, 80_000_000);
    assert_eq!(video[0].get("Chunks"), starts.len().to_string());
    let urls: Vec<_> = starts
        .iter()
        .map(|start| {
            let path = video[0].get("Url").replace("{bitrate}", level.get("Bitrate"));
            (format!("{base}/{}", path.replace("{start time}", &start.to_string())), *start)
        })
        .collect();
    check_fragments(api, &smooth_init(dash_init), &urls, "video", false);
}

pub(super) fn hls(api: &Api, base: &str, format: &str) {
    const PLAYLIST: &str = "application/vnd.apple.mpegurl";
    let master = fetch(api, &format!("{base}/manifest(format={format})"), PLAYLIST);
    let lines: Vec<_> = master.text().lines().collect();
    assert_eq!(lines[0], "#EXTM3U");
    assert!(lines.iter().any(|line| line.contains("RESOLUTION=640x360")), "{master}");
    let audio = lines.iter().find(|line| line.starts_with("#EXT-X-MEDIA:TYPE=AUDIO")).unwrap();
    let audio = audio.rsplit("URI=\"").next().unwrap().trim_end_matches('"');
    let variants = lines.iter().filter(|line| !line.starts_with('#') && line.contains("(video,"));
    let playlists = variants.map(|path| ("video", *path)).chain([("audio", audio)]);
    for (kind, path) in playlists {
        let url = format!("{base}/{path}");
        let folder = url.rsplit_once('/').unwrap().0;
        let playlist = fetch(api, &url, PLAYLIST);
        let lines: Vec<_> = playlist.text().lines().collect();
        assert_eq!(lines.last(), Some(&"#EXT-X-ENDLIST"));
        let map = lines.iter().find_map(|line| line.strip_prefix("#EXT-X-MAP:URI=\""));
        assert_eq!(map.is_some(), format == "m3u8-cmaf");
        let init = map.map(|map| {
            let map = format!("{folder}/{}", map.trim_end_matches('"'));
            fetch(api, &map, &format!("{kind}/mp4")).body
        });
        let urls: Vec<_> = lines
            .iter()
            .filter(|line| !line.starts_with('#'))
            .map(|path| {
                let start = path.split(['=', ',']).nth(1).unwrap().parse().unwrap();
                (format!("{folder}/{path}"), start)
            })
            .collect();
        match init {
            Some(init) => check_fragments(api, &init, &urls, kind, true),
            None => check_segments(api, &urls, kind),
        }
    }
}

/// Decodes segments of transport streams, whose clock starts at 10 seconds.
#[track_caller]
fn check_segments(api: &Api, urls: &[(String, u64)], kind: &str) {
    for (url, start) in urls {
        let frames = decode(&fetch(api, url, "video/mp2t").body, &kind[..1]);
        assert!(frames.count > 10, "{frames:?} of {url}");
        let start = 10.0 + *start as f64 / 1e7;
        assert!((frames.first - start).abs() < 0.002, "{frames:?} of {url}");
    }
}
