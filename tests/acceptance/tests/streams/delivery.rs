//! How streams leave the service: tags, conditions, ranges, lifetimes; and that what is changed is
//! changed with the next request, however often it was asked for before.

use std::time::Duration;

use acceptance::{Reply, ago, blob_url, eventually, id_of, key, locator};
use serde_json::json;

use crate::stage::Stage;

const MANIFEST: &str = "film.ism/Manifest(format=mpd-time-csf)";
const INIT: &str = "film.ism/QualityLevels(200000)/Fragments(video=i,format=mpd-time-csf)";
const FRAGMENT: &str = "film.ism/QualityLevels(200000)/Fragments(video=0,format=mpd-time-csf)";
const FILE: &str = "high.mp4";

/// Everything that has a tag, and how long it may be kept: the locator is open for an hour.
const ALL: [(&str, u64); 4] = [(MANIFEST, 30), (INIT, 3600), (FRAGMENT, 3600), (FILE, 300)];

fn ask(stage: &Stage, rest: &str, headers: &[(&str, &str)]) -> Reply {
    let call = stage.api().plain("GET", &stage.url(rest));
    headers.iter().fold(call, |call, (name, value)| call.header(name, value)).send()
}

/// How long shared caches may keep a reply, in seconds.
#[track_caller]
fn max_age(reply: &Reply) -> u64 {
    let age = reply.header("cache-control").strip_prefix("public, max-age=");
    age.and_then(|age| age.parse().ok()).unwrap_or_else(|| panic!("{reply}"))
}

#[test]
fn what_a_client_has_is_not_sent_again() {
    let stage = Stage::shared();
    for (rest, lifetime) in ALL {
        let first = ask(stage, rest, &[]).expect(200);
        let age = max_age(&first);
        assert!(age <= lifetime && age > lifetime * 2 / 3, "{first}");
        let (tag, date) = (first.header("etag"), first.header("last-modified"));
        assert!(tag.starts_with('"') && tag.len() > 10 && !date.is_empty(), "{first}");
        for condition in [
            ("if-none-match", tag),
            ("if-none-match", "*"),
            ("if-none-match", &format!("\"x\", W/{tag}")),
            ("if-modified-since", date),
        ] {
            let reply = ask(stage, rest, &[condition]).expect(304);
            assert!(reply.body.is_empty());
            assert_eq!(reply.header("etag"), tag);
            assert!(max_age(&reply) <= age);
        }
        for condition in [
            ("if-none-match", "\"x\""),
            ("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("if-modified-since", "soon"),
            ("if-match", tag),
        ] {
            assert_eq!(ask(stage, rest, &[condition]).expect(200).body, first.body);
        }
        // Tags are the stronger.
        ask(stage, rest, &[("if-none-match", "\"x\""), ("if-modified-since", date)]).expect(200);
        for other in ["\"x\"", &format!("W/{tag}")] {
            ask(stage, rest, &[("if-match", other)]).expect(412);
        }
    }
    // All that is another has another tag.
    let others = [
        MANIFEST,
        "film.ism/Manifest(format=mpd-time-cmaf)",
        FRAGMENT,
        "film.ism/QualityLevels(200000)/Fragments(video=0)",
        "film.ism/QualityLevels(100000)/Fragments(video=0,format=mpd-time-csf)",
        "film.ism/QualityLevels(200000)/Fragments(video=60000000,format=mpd-time-csf)",
    ];
    let mut tags = others.map(|rest| ask(stage, rest, &[]).expect(200).header("etag").to_owned());
    tags.sort();
    assert!(tags.windows(2).all(|pair| pair[0] != pair[1]), "{tags:?}");
}

#[test]
fn parts_are_parts_of_the_whole() {
    let stage = Stage::shared();
    for rest in [INIT, FRAGMENT, FILE, MANIFEST] {
        let whole = ask(stage, rest, &[]).expect(200).expect_header("accept-ranges", "bytes");
        let (size, tag) = (whole.body.len(), whole.header("etag").to_owned());
        let date = whole.header("last-modified").to_owned();
        let all = size - 1;
        for (range, start, end) in [
            ("bytes=0-0".to_owned(), 0, 1),
            ("bytes=3-99".to_owned(), 3, 100),
            (format!("bytes=0-{all}"), 0, size),
            (format!("bytes={all}-"), all, size),
            (format!("bytes=40-{}", size * 2), 40, size),
            ("bytes=-7".to_owned(), size - 7, size),
            (format!("bytes=-{}", size * 2), 0, size),
            ("bytes=150-".to_owned(), 150, size),
        ] {
            let range = ("range", range.as_str());
            for condition in [("x-none", ""), ("if-range", &tag), ("if-range", &date)] {
                let reply = ask(stage, rest, &[range, condition]).expect(206);
                assert!(reply.body == whole.body[start..end], "{rest} {range:?}");
                let of = format!("bytes {start}-{}/{size}", end - 1);
                reply
                    .expect_header("content-range", &of)
                    .expect_header("content-length", &(end - start).to_string())
                    .expect_header("etag", &tag);
            }
        }
        // What is no range of this version is ignored.
        for (range, condition) in [
            ("bytes=0-0,2-3", ("x-none", "")),
            ("lines=1-2", ("x-none", "")),
            ("bytes=5-2", ("x-none", "")),
            ("bytes=0-0", ("if-range", "\"x\"")),
            ("bytes=0-0", ("if-range", &format!("W/{tag}"))),
            ("bytes=0-0", ("if-range", "Sun, 06 Nov 1994 08:49:37 GMT")),
        ] {
            let reply = ask(stage, rest, &[("range", range), condition]).expect(200);
            assert!(reply.body == whole.body);
        }
        for range in [format!("bytes={size}-"), "bytes=-0".to_owned()] {
            let reply = ask(stage, rest, &[("range", &range)]).expect(416);
            assert!(reply.text().starts_with("MPE_STORAGE_INVALID_RANGE"), "{reply}");
            reply.expect_header("content-range", &format!("bytes */{size}"));
        }
    }
}

#[test]
fn a_head_is_that_of_the_whole() {
    let stage = Stage::shared();
    for (rest, _) in ALL {
        let whole = ask(stage, rest, &[]).expect(200);
        let call = stage.api().plain("HEAD", &stage.url(rest)).header("range", "bytes=0-0");
        let head = call.send().expect(200);
        assert!(head.body.is_empty());
        for (name, value) in &whole.headers {
            // Time goes on between the two, and fragments are kept until the locator expires.
            if name != "date" && name != "cache-control" {
                assert_eq!(head.headers.get(name), Some(value), "{rest}: {name}");
            }
        }
        assert_eq!(head.header("content-length"), whole.body.len().to_string());
        let (before, after) = (max_age(&whole), max_age(&head));
        assert!(after <= before && after + 60 > before, "{rest}: {before}, then {after}");
    }
    let nothing = stage.api().plain("HEAD", &stage.url("nope.mp4")).send().expect(404);
    assert!(nothing.body.is_empty());
}

#[test]
fn players_are_told_durations_and_that_they_may_read() {
    let stage = Stage::shared();
    let duration =
        |rest: &str| stage.get(rest).expect(200).header("x-ms-streaming-duration").to_owned();
    assert_eq!(duration(FRAGMENT), "video=6000");
    let sound = duration("film.ism/QualityLevels(64000)/Fragments(aac_eng=0)");
    let sound: u64 = sound.strip_prefix("audio=").unwrap().parse().unwrap();
    assert!(sound.abs_diff(6000) < 100, "{sound}");
    for rest in [MANIFEST, INIT, FILE] {
        assert_eq!(duration(rest), "");
    }
    let preflight = stage.api().plain("OPTIONS", &stage.url(FRAGMENT));
    let preflight = preflight
        .header("origin", "https://player.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "range")
        .send()
        .expect(204)
        .expect_header("access-control-allow-origin", "*")
        .expect_header("access-control-allow-headers", "*, Authorization")
        .expect_header("access-control-max-age", "86400");
    assert!(preflight.body.is_empty());
    let refused = stage.api().plain("DELETE", &stage.url(FRAGMENT)).send().expect(405);
    refused.expect_header("allow", "GET, HEAD, OPTIONS").expect_header("cache-control", "no-store");
}

#[test]
fn changes_are_seen_with_the_next_request() {
    let stage = Stage::start(&[]);
    let api = stage.api();
    let all = [MANIFEST, INIT, FRAGMENT, FILE];
    let serve = |status: u16| {
        for rest in all {
            stage.get(rest).expect(status);
        }
    };
    // Twice, so that all of it is kept.
    serve(200);
    serve(200);
    // An endpoint that is stopped.
    let endpoint = api.get("StreamingEndpoints").send().expect(200).feed()[0].clone();
    let path = key("StreamingEndpoints", &endpoint);
    for (action, status) in [("Stop", 404), ("Start", 200)] {
        api.call("POST", &format!("{path}/{action}")).send().expect(202);
        wait_for(|| stage.get(MANIFEST).status == status);
        serve(status);
    }
    // A locator that has not started yet, then has, then is over, and then is not.
    let locator = key("Locators", &stage.locator);
    for (start, status) in [(ago(-60), 404), (ago(5), 200), (ago(90), 404), (ago(5), 200)] {
        api.merge(&locator, json!({ "StartTime": start })).send().expect(204);
        serve(status);
    }
    // A filter that becomes another.
    let filtered = "film.ism/Manifest(format=mpd-time-csf,filter=f)";
    stage.get(filtered).expect(404);
    let filter = |kind: &str| {
        let condition = json!({ "Property": "Type", "Operator": "Equal", "Value": kind });
        json!({ "Name": "f", "Tracks": [{ "PropertyConditions": [condition] }] })
    };
    api.post("Filters", filter("video")).send().expect(201);
    let video = stage.get(filtered).expect(200);
    assert!(!video.text().contains("audio/mp4"), "{video}");
    assert_eq!(video.header("last-modified"), "", "a filter changes what no file tells of");
    api.merge("Filters('f')", filter("audio")).send().expect(204);
    let audio = stage.get(filtered).expect(200);
    assert!(!audio.text().contains("video/mp4"), "{audio}");
    assert_ne!(audio.header("etag"), video.header("etag"));
    api.delete("Filters('f')").send().expect(204);
    stage.get(filtered).expect(404);
    // A file that is replaced: by the same one with another end, which no track has.
    let before = all.map(|rest| stage.get(rest).expect(200));
    let sas = api.sas(&stage.asset, 6);
    let file = [&before[3].body[..], b"\0\0\0\x08free"].concat();
    let put = api.plain("PUT", &blob_url(&sas, "high.mp4")).header("x-ms-blob-type", "BlockBlob");
    put.body(file.clone()).send().expect(201);
    let after = all.map(|rest| stage.get(rest).expect(200));
    assert!(after[3].body == file);
    for (before, after) in before.iter().zip(&after).skip(2) {
        assert_ne!(before.header("etag"), after.header("etag"), "another file, another tag");
    }
    assert!(before[2].body == after[2].body, "the samples are the same");
    // A file that is gone, and a locator.
    api.plain("DELETE", &blob_url(&sas, "high.mp4")).send().expect(202);
    serve(404);
    api.delete(&locator).send().expect(204);
    for rest in all {
        let gone = stage.get(rest).expect(404).expect_header("cache-control", "no-store");
        assert!(gone.text().contains("locator"), "{gone}");
    }
}

#[test]
fn caches_keep_nothing_longer_than_the_locator_is_open() {
    let stage = Stage::shared();
    // Locators of these tests have started five minutes ago.
    for (minutes, ages) in [("7", 90..=120), ("100000", 86_400..=86_400)] {
        let policy = json!({ "Name": "p", "DurationInMinutes": minutes, "Permissions": "1" });
        let policy = stage.api().post("AccessPolicies", policy).send().expect(201);
        let locator = locator(&id_of(&policy.json()), &stage.asset, 2);
        let locator = stage.api().post("Locators", locator).send().expect(201).json();
        let url = format!("{}{FRAGMENT}", locator["Path"].as_str().unwrap());
        for _ in 0..2 {
            let reply = stage.api().plain("GET", &url).send().expect(200);
            assert!(ages.contains(&max_age(&reply)), "{reply}");
        }
        // The asset is that of other tests, and can have five.
        stage.api().delete(&key("Locators", &locator)).send().expect(204);
    }
}

#[test]
fn restricted_endpoints_tell_shared_caches_to_stay_away() {
    let stage = Stage::start(&[]);
    let api = stage.api();
    let endpoint = api.get("StreamingEndpoints").send().expect(200).feed()[0].clone();
    let path = key("StreamingEndpoints", &endpoint);
    let range = json!({ "Name": "r", "Address": "127.0.0.0", "SubnetPrefixLength": 8 });
    let body = json!({ "AccessControl": { "IP": { "Allow": [range] } } });
    api.merge(&path, body).send().expect(202);
    wait_for(|| stage.get(FRAGMENT).header("cache-control").starts_with("private, max-age="));
    // Nor does what the endpoint says outlive the locator, which is open for an hour.
    for (says, most) in [("600", 600), ("864000", 3600)] {
        let body = json!({ "CacheControl": { "MaxAge": says } });
        wait_for(|| api.merge(&path, body.clone()).send().status == 202);
        wait_for(|| {
            let reply = stage.get(MANIFEST).expect(200);
            let age = reply.header("cache-control").strip_prefix("private, max-age=");
            let age: u64 =
                age.and_then(|age| age.parse().ok()).unwrap_or_else(|| panic!("{reply}"));
            age <= most && age > most * 2 / 3
        });
    }
}

/// Waits for an operation to end.
#[track_caller]
fn wait_for(holds: impl Fn() -> bool) {
    eventually(Duration::from_secs(20), "an operation has ended", || holds().then_some(()));
}
