//! kill -9 at bad moments: nothing that was acknowledged is lost, and what was begun goes on.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use acceptance::{
    Api, Connection, Service, blob_url, decode, eventually, id_of, key, media_processes, percent,
    video,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

const BLOCK: usize = 1 << 20;

fn block_id(n: usize) -> String {
    STANDARD.encode(format!("{n:05}"))
}

fn content(n: usize) -> Vec<u8> {
    (0..BLOCK).map(|at| u8::try_from((at * (n + 7)) % 251).unwrap()).collect()
}

fn put_block(api: &Api, url: &str, n: usize) -> u16 {
    let url = format!("{url}&comp=block&blockid={}", percent(&block_id(n)));
    api.plain("PUT", &url).body(content(n)).send().status
}

/// Sends a request with half of its body, and keeps the connection.
fn half(url: &str, streaming: &str, options: &str) -> Connection {
    let mut connection = Connection::open(url);
    let path = url.trim_start_matches(streaming);
    let head = format!(
        "PUT {path}{options} HTTP/1.1\r\nHost: x\r\nx-ms-blob-type: BlockBlob\r\n\
         Content-Length: 4000000\r\n\r\n"
    );
    connection.send(head.as_bytes());
    connection.send(&vec![b'x'; 2_000_000]);
    connection
}

/// All entities, as they are read.
fn entities(api: &Api) -> Vec<Json> {
    const SETS: [&str; 5] = ["Assets", "Files", "AccessPolicies", "Locators", "StreamingEndpoints"];
    let read = |set: &&str| api.get(&format!("{set}?$orderby=Id")).send().expect(200).feed();
    SETS.iter().flat_map(read).collect()
}

#[test]
fn in_the_middle_of_an_upload() {
    let service = Service::start();
    let info = service.info.clone();
    service.api.endpoint("Running");
    let asset = service.api.asset("upload");
    service.api.file(&asset, "film.mp4");
    let sas = service.api.sas(&asset, 15);
    let (blocks, whole) = (blob_url(&sas, "film.mp4"), blob_url(&sas, "whole.mp4"));
    let put = service.api.plain("PUT", &whole).header("x-ms-blob-type", "BlockBlob");
    put.body(content(9)).send().expect(201);
    for n in 0..4 {
        assert_eq!(put_block(&service.api, &blocks, n), 201);
    }
    // Under way when it happens: a blob, a block, an overwrite.
    let unfinished = blob_url(&sas, "unfinished.mp4");
    let begun = [
        half(&unfinished, &info.streaming, ""),
        half(&blocks, &info.streaming, &format!("&comp=block&blockid={}", percent(&block_id(8)))),
        half(&whole, &info.streaming, ""),
    ];
    std::thread::sleep(Duration::from_millis(200));
    let before = entities(&service.api);
    let api = service.api.clone();
    let service = service.kill().start();
    drop(begun);
    assert_eq!(service.info.client_secret, info.client_secret);

    // The client of before goes on: its token and its SAS URL are good.
    assert_eq!(entities(&api), before);
    api.plain("GET", &unfinished).send().expect(404);
    api.plain("GET", &blocks).send().expect(404);
    let read = api.plain("GET", &whole).send().expect(200);
    assert!(read.body == content(9), "what was there before is there whole");
    assert_eq!(put_block(&api, &blocks, 4), 201);
    let commit = |blocks: &str, ids: &[usize]| {
        let list: String =
            ids.iter().map(|n| format!("<Latest>{}</Latest>", block_id(*n))).collect();
        let call = api.plain("PUT", &format!("{blocks}&comp=blocklist"));
        call.body(format!("<BlockList>{list}</BlockList>")).send()
    };
    commit(&blocks, &[0, 8]).expect(400);
    commit(&blocks, &[0, 1, 2, 3, 4]).expect(201);
    let read = api.plain("GET", &blocks).send().expect(200);
    let expected: Vec<u8> = (0..5).flat_map(content).collect();
    assert!(read.body == expected, "{} bytes", read.body.len());
    let (status, stopped) = service.terminate();
    assert!(status.success(), "{status}");
    let service = stopped.start();
    assert!(service.api.plain("GET", &blocks).send().expect(200).body == expected);
}

#[test]
fn in_the_middle_of_an_encode() {
    const SECONDS: u32 = 40;
    // Slow, so that there is time for the crash; it goes on fast.
    let service = Service::start_with(&["--x264-preset", "veryslow"]);
    let asset = service.api.upload("film.mp4", &video("640x360", SECONDS)).asset;
    let job = id_of(&service.api.job(&asset, "Adaptive Streaming"));
    let queued = id_of(&service.api.job(&asset, "AAC Audio"));
    let api = service.api.clone();
    eventually(Duration::from_secs(60), "the task has got ahead", || {
        api.tasks(&job)[0]["Progress"].as_f64().filter(|progress| *progress > 1.0)
    });
    let data = service.data();
    assert!(!media_processes(&data).is_empty(), "ffmpeg runs");
    let stopped = service.kill();
    eventually(Duration::from_secs(5), "no ffmpeg outlives the service", || {
        media_processes(&data).is_empty().then_some(())
    });
    let service = stopped.start();
    assert!(matches!(api.state(&job), 0..=3));
    assert_eq!(api.finish(&job), 3, "{:?}", api.tasks(&job));
    assert_eq!(api.finish(&queued), 3, "{:?}", api.tasks(&queued));

    let [output] = api.outputs(&job).try_into().unwrap();
    let files = api.get(&format!("{}/Files", key("Assets", &output))).send().expect(200).feed();
    let names: Vec<_> = files.iter().map(|file| file["Name"].as_str().unwrap()).collect();
    let unique: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(unique.len(), names.len(), "each file once: {names:?}");
    assert_eq!(files.iter().filter(|file| file["IsPrimary"] == true).count(), 1);
    let sas = api.sas(&id_of(&output), 1);
    for file in &files {
        let name = file["Name"].as_str().unwrap();
        let blob = api.plain("GET", &blob_url(&sas, name)).send().expect(200);
        assert_eq!(file["ContentFileSize"], blob.body.len().to_string(), "{name}");
        if name.contains("640x360") {
            assert_eq!(decode(&blob.body, "v").count, usize::try_from(SECONDS * 25).unwrap());
        }
    }
    let tasks = api.tasks(&job);
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0]["Progress"], 100.0);
    assert_eq!(media_processes(&service.data()), [] as [String; 0]);
}

#[test]
fn an_orderly_end_in_the_middle_of_an_encode() {
    let service = Service::start_with(&["--x264-preset", "veryslow"]);
    let asset = service.api.upload("film.mp4", &video("640x360", 40)).asset;
    let job = id_of(&service.api.job(&asset, "AAC Audio"));
    let long = id_of(&service.api.job(&asset, "Adaptive Streaming"));
    let api = service.api.clone();
    eventually(Duration::from_secs(30), "the second job runs", || {
        (api.state(&job) == 3 && api.state(&long) == 2).then_some(())
    });
    let data = service.data();
    let (status, stopped) = service.terminate();
    assert!(status.success(), "{status}");
    assert_eq!(media_processes(&data), [] as [String; 0]);
    let _service = stopped.start();
    assert_eq!(api.finish(&long), 3, "{:?}", api.tasks(&long));
}

#[test]
fn two_services_do_not_share_a_directory() {
    let service = Service::start();
    let output = std::process::Command::new(acceptance::binary())
        .args(["serve", "--data"])
        .arg(service.data())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("in use by another mediad"), "{errors}");
    service.api.get("Assets").send().expect(200);
}
