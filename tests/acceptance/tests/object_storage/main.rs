//! The whole way from upload to stream, with the bytes in an object store.

#![allow(clippy::unwrap_used)]

mod azurite;

use std::thread;
use std::time::Duration;

use acceptance::{Service, decode, elements, video};
use azurite::Azurite;
use serde_json::Value as Json;

/// What a fragment costs where objects are far away: one request, however many want it, and none
/// while it is kept.
#[test]
fn fragments_come_with_one_ranged_get() {
    let Some(azurite) = Azurite::start() else { return };
    let service = Service::start_in(&azurite.environment(), &["--objects", azurite.url().as_str()]);
    service.api.endpoint("Running");
    let asset = service.api.encoded("film.mp4", &video("640x360", 14));
    let locator = service.api.origin(&asset);
    let base = format!("{}film.ism", locator["Path"].as_str().unwrap());
    let get = |rest: &str| service.api.plain("GET", &format!("{base}/{rest}")).send().expect(200);

    let manifest = get("Manifest");
    let best = elements(manifest.text()).into_iter().filter(|e| e.get("FourCC") == "H264");
    let best = best.map(|level| level.get("Bitrate").parse::<u64>().unwrap()).max().unwrap();
    let path = |start: &str| {
        format!("QualityLevels({best})/Fragments(video={start},format=mpd-time-cmaf)")
    };
    let first = get(&path("0"));
    azurite.take_gets();

    // Nobody has asked for this one yet; now many do at once.
    let second = path("60000000");
    let answers: Vec<_> = thread::scope(|scope| {
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(|| get(&second))).collect();
        asking.into_iter().map(|answer| answer.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    let gets = azurite.take_gets();
    let [one] = gets.as_slice() else { panic!("one request brings a fragment, not {gets:?}") };
    assert!(one.path.contains("/some/folder/segments/"), "{one:?}");
    let media = answers[0].body.len() as u64;
    assert!(one.length.is_some_and(|length| length < media && length > media - 4096), "{one:?}");

    get(&path("0"));
    get(&second);
    get("Manifest(format=m3u8-cmaf)");
    assert!(azurite.take_gets().is_empty(), "what was fetched is kept");

    let whole = [get(&path("i")).body, first.body, answers[0].body.clone()].concat();
    let frames = decode(&whole, "v");
    assert_eq!((frames.count, frames.first), (300, 0.0));
}

/// A load balancer is to know when an object store is gone: the service itself goes on.
#[test]
fn a_service_is_not_ready_without_its_object_store() {
    let Some(azurite) = Azurite::start() else { return };
    let service = Service::start_in(&azurite.environment(), &["--objects", azurite.url().as_str()]);
    let get = |path: &str| {
        let url = format!("http://{}{path}", service.info.listen[0]);
        service.api.plain("GET", &url).send()
    };
    assert_eq!(get("/ready").expect(200).json()["checks"]["blobs"], "ok");
    drop(azurite);
    // A report is good for a second.
    thread::sleep(Duration::from_millis(1100));
    let checks = get("/ready").expect(503).json()["checks"].clone();
    assert_eq!(checks["entities"], "ok");
    assert!(["failed", "timeout"].map(Json::from).contains(&checks["blobs"]), "{checks}");
    get("/health").expect(200);
}

/// What is wrong with an object store is told when the service starts, and by name.
#[test]
fn an_object_store_that_does_not_answer_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for (url, says) in [
        ("az://media", "opening the object store az://media"),
        ("nowhere://media", "nowhere://media"),
    ] {
        let output = std::process::Command::new(acceptance::binary())
            .args(["serve", "--listen", "127.0.0.1:0", "--objects", url, "--data"])
            .arg(folder.path())
            .env("AZURE_STORAGE_ACCOUNT_NAME", "nobody")
            .env("AZURE_STORAGE_ACCOUNT_KEY", "bm9ib2R5")
            .env("AZURE_ENDPOINT", "http://127.0.0.1:1/nobody")
            .env("AZURE_ALLOW_HTTP", "true")
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(says), "{error}");
    }
}
