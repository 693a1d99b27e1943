//! The whole way from upload to stream, with the bytes in an object store.

#![allow(clippy::unwrap_used)]

mod server;

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use acceptance::{blob_url, decode, elements, video};
use serde_json::Value as Json;
use server::{Emulator, ObjectServer};

#[test]
fn fragments_come_with_one_ranged_get_from_azure() {
    let Some(azurite) = Emulator::Azurite.start() else { return };
    fragments_come_with_one_ranged_get(&azurite);
}

#[test]
fn fragments_come_with_one_ranged_get_from_s3() {
    let Some(moto) = Emulator::Moto.start() else { return };
    fragments_come_with_one_ranged_get(&moto);
}

/// What a fragment costs where objects are far away: one request, however many want it, and none
/// while it is kept.
fn fragments_come_with_one_ranged_get(objects: &ObjectServer) {
    let service = objects.service(&["--metrics", "127.0.0.1:0"]);
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
    objects.take_gets();

    // Nobody has asked for this one yet; now many do at once.
    let second = path("60000000");
    let answers: Vec<_> = thread::scope(|scope| {
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(|| get(&second))).collect();
        asking.into_iter().map(|answer| answer.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    let gets = objects.take_gets();
    let [one] = gets.as_slice() else { panic!("one request brings a fragment, not {gets:?}") };
    assert!(one.path.contains("/some/folder/segments/"), "{one:?}");
    let media = answers[0].body.len() as u64;
    assert!(one.length.is_some_and(|length| length < media && length > media - 4096), "{one:?}");

    get(&path("0"));
    get(&second);
    get("Manifest(format=m3u8-cmaf)");
    assert!(objects.take_gets().is_empty(), "what was fetched is kept");

    let url = format!("http://{}/metrics", service.info.metrics.as_ref().unwrap());
    let metrics = service.api.plain("GET", &url).send().expect(200);
    let metric = |name: &str| {
        let found =
            metrics.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("{name} in {}", metrics.text())).parse::<f64>().unwrap()
    };
    // Those that wait for a fetch do not fetch.
    assert!(metric("mediad_object_cache_requests_total{result=\"hit\"}") >= 7.0);
    let fetched = metric("mediad_object_cache_fetched_bytes_total");
    assert!(fetched >= media as f64 && metric("mediad_object_cache_bytes") >= fetched);

    let whole = [get(&path("i")).body, first.body, answers[0].body.clone()].concat();
    let frames = decode(&whole, "v");
    assert_eq!((frames.count, frames.first), (300, 0.0));
}

#[test]
fn long_blobs_go_in_and_out_of_azure() {
    let Some(azurite) = Emulator::Azurite.start() else { return };
    long_blobs_go_in_and_out(&azurite);
}

#[test]
fn long_blobs_go_in_and_out_of_s3() {
    let Some(moto) = Emulator::Moto.start() else { return };
    long_blobs_go_in_and_out(&moto);
}

/// A blob that is written in several parts, and read as a whole and in parts, by both ways.
fn long_blobs_go_in_and_out(objects: &ObjectServer) {
    let service = objects.service(&[]);
    service.api.endpoint("Running");
    let asset = service.api.asset("long");
    let bytes: Vec<u8> = (0..20_000_003_u32).map(|at| (at.wrapping_mul(at) >> 7) as u8).collect();
    let url = blob_url(&service.api.sas(&asset, 7), "long.mp4");
    let put = service.api.plain("PUT", &url).header("x-ms-blob-type", "BlockBlob");
    put.body(bytes.as_slice()).send().expect(201);
    let stream = format!("{}long.mp4", service.api.origin(&asset)["Path"].as_str().unwrap());
    for url in [&url, &stream] {
        assert!(service.api.plain("GET", url).send().expect(200).body == bytes);
        let (first, last) = (8_388_600, 12_582_913);
        let range = format!("bytes={first}-{last}");
        let part = service.api.plain("GET", url).header("Range", &range).send().expect(206).body;
        assert!(part == bytes[first..=last]);
    }
    // Another service would take all that for garbage.
    let folder = tempfile::tempdir().unwrap();
    let error = refusal(&objects.url(), &objects.environment(), folder.path());
    assert!(error.contains("another service"), "{error}");
    service.api.plain("DELETE", &url).send().expect(202);
    service.api.plain("GET", &stream).send().expect(404);
}

/// What a service says that does not start with these objects.
fn refusal(objects: &str, environment: &[(&str, &str)], data: &Path) -> String {
    let output = Command::new(acceptance::binary())
        .args(["serve", "--listen", "127.0.0.1:0", "--objects", objects, "--data"])
        .arg(data)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A load balancer is to know when an object store is gone, and players are to ask again: the service
/// itself goes on.
#[test]
fn a_service_is_not_ready_without_its_object_store() {
    let Some(azurite) = Emulator::Azurite.start() else { return };
    let service = azurite.service(&[]);
    service.api.endpoint("Running");
    let asset = service.api.asset("film");
    let url = blob_url(&service.api.sas(&asset, 2), "film.ism");
    let put = service.api.plain("PUT", &url).header("x-ms-blob-type", "BlockBlob");
    put.body("<smil/>").send().expect(201);
    let locator = service.api.origin(&asset);
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
    let manifest = format!("{}film.ism/Manifest", locator["Path"].as_str().unwrap());
    let busy = service.api.plain("GET", &manifest).send().expect(503);
    let busy = busy.expect_header("retry-after", "5").expect_header("cache-control", "no-store");
    assert!(busy.text().contains("MPE_STORAGE_SERVER_BUSY"), "{}", busy.text());
}

/// What is wrong with an object store is told when the service starts, and by name.
#[test]
fn an_object_store_that_does_not_answer_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let environment = [
        ("AZURE_STORAGE_ACCOUNT_NAME", "nobody"),
        ("AZURE_STORAGE_ACCOUNT_KEY", "bm9ib2R5"),
        ("AZURE_ENDPOINT", "http://127.0.0.1:1/nobody"),
        ("AZURE_ALLOW_HTTP", "true"),
    ];
    for (url, says) in [
        ("az://media", "opening the object store az://media"),
        ("nowhere://media", "nowhere://media"),
        ("memory:///", "s3://, az:// or gs://"),
    ] {
        let error = refusal(url, &environment, folder.path());
        assert!(error.contains(says), "{error}");
    }
}
