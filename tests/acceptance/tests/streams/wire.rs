//! Streams byte by byte: where one answer ends and the next one begins, what clients get that speak
//! older HTTP, and what is cut off when it cannot be sent to its end.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use acceptance::{Api, Connection, Service};

use crate::stage::Stage;

const MANIFEST: &str = "film.ism/Manifest(format=mpd-time-csf)";
const FRAGMENT: &str = "film.ism/QualityLevels(200000)/Fragments(video=0,format=mpd-time-csf)";
const SEGMENT: &str = "film.ism/QualityLevels(200000)/Fragments(video=0,format=m3u8-aapl)";
const FILE: &str = "high.mp4";

/// The host and the path of something below the locator.
fn parts(stage: &Stage, rest: &str) -> (String, String) {
    let url = stage.url(rest);
    let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap();
    (host.to_owned(), format!("/{path}"))
}

/// Sends requests all at once, and reads until the connection is closed.
fn talk(stage: &Stage, requests: &str) -> Vec<u8> {
    let mut connection = Connection::open(&stage.url(""));
    connection.send(requests.as_bytes());
    connection.rest()
}

/// Splits off the head of an answer.
#[track_caller]
fn head(bytes: &[u8]) -> (String, &[u8]) {
    let end = bytes.windows(4).position(|end| end == b"\r\n\r\n").expect("a head") + 4;
    (String::from_utf8(bytes[..end].to_vec()).unwrap().to_ascii_lowercase(), &bytes[end..])
}

fn length(head: &str) -> Option<usize> {
    head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
}

fn body(stage: &Stage, rest: &str) -> Vec<u8> {
    stage.get(rest).expect(200).body
}

#[test]
fn one_connection_takes_one_answer_after_the_other() {
    let stage = Stage::shared();
    let tag = stage.get(FRAGMENT).expect(200).header("etag").to_owned();
    let if_changed = format!("If-None-Match: {tag}\r\n");
    let fragment = body(stage, FRAGMENT);
    let wanted = [
        ("GET", FRAGMENT, "", 200, body(stage, FRAGMENT)),
        ("HEAD", FRAGMENT, "", 200, vec![]),
        ("GET", FILE, "", 200, body(stage, FILE)),
        ("GET", FRAGMENT, &if_changed, 304, vec![]),
        ("GET", SEGMENT, "", 200, body(stage, SEGMENT)),
        ("HEAD", "nope.mp4", "", 404, vec![]),
        ("GET", FRAGMENT, "Range: bytes=3-7000\r\n", 206, fragment[3..=7000].to_vec()),
        ("OPTIONS", FRAGMENT, "", 204, vec![]),
        ("HEAD", FILE, &if_changed, 200, vec![]),
        ("GET", FRAGMENT, "If-Match: \"x\"\r\n", 412, vec![]),
        ("GET", MANIFEST, "Connection: close\r\n", 200, body(stage, MANIFEST)),
    ];
    let mut requests = String::new();
    for (method, rest, headers, ..) in &wanted {
        let (host, path) = parts(stage, rest);
        let _ = write!(requests, "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n");
    }
    let all = talk(stage, &requests);
    let mut left = &all[..];
    for (method, rest, headers, status, want) in &wanted {
        let (head, behind) = head(left);
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{method} {rest}: {head}");
        assert!(behind.starts_with(want), "{method} {rest} {headers}");
        left = &behind[want.len()..];
        let told = length(&head);
        match (*method, status) {
            ("HEAD", 200) => assert_eq!(told, Some(body(stage, rest).len()), "{head}"),
            (_, 204 | 304) => assert_eq!(told, None, "{head}"),
            ("GET", _) => assert_eq!(told, Some(want.len()), "{head}"),
            _ => {}
        }
    }
    assert!(left.is_empty(), "{} bytes too many", left.len());
}

#[test]
fn older_clients_are_answered() {
    let stage = Stage::shared();
    for rest in [MANIFEST, FRAGMENT, SEGMENT, FILE] {
        let (host, path) = parts(stage, rest);
        let want = body(stage, rest);
        let ask = |more: &str| format!("GET {path} HTTP/1.0\r\nHost: {host}\r\n{more}\r\n");
        let all = talk(stage, &ask(""));
        let (first, sent) = head(&all);
        assert!(first.starts_with("http/1.0 200 ") && !first.contains("chunked"), "{first}");
        assert!(sent == want, "{rest}");
        // A connection that is to stay for another request.
        let all = talk(stage, &[ask("Connection: keep-alive\r\n"), ask("")].concat());
        let (first, behind) = head(&all);
        assert_eq!(length(&first), Some(want.len()), "{first}");
        let (_, second) = head(&behind[want.len()..]);
        assert!(behind[..want.len()] == want && second == want, "{rest}");
    }
}

#[test]
fn who_leaves_half_way_leaves_nothing_behind() {
    let stage = Stage::start(&["--metrics", "127.0.0.1:0"]);
    let metrics = format!("http://{}/metrics", stage.service.info.metrics.as_ref().unwrap());
    let open = || {
        let text = stage.api().plain("GET", &metrics).send().expect(200).text().to_owned();
        let line = text.lines().find_map(|line| line.strip_prefix("mediad_connections_open "));
        line.unwrap().parse::<u32>().unwrap()
    };
    let usual = open();
    for rest in [FRAGMENT, SEGMENT, FILE] {
        let (host, path) = parts(&stage, rest);
        for _ in 0..5 {
            let mut connection = Connection::open(&stage.url(""));
            let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
            connection.send(request.repeat(50).as_bytes());
            drop(connection);
        }
        stage.get(rest).expect(200);
    }
    acceptance::eventually(std::time::Duration::from_secs(10), "they are closed", || {
        (open() <= usual + 1).then_some(())
    });
}

#[test]
fn what_cannot_be_sent_to_its_end_is_cut_off() {
    let stage = Stage::start(&[]);
    let long: Vec<u8> = (0..6 << 20).map(|at: u32| (at % 255 + 1) as u8).collect();
    stage.api().put(&stage.asset, "long.mp4", &long);
    let file = of_length(&stage.service.data().join("blobs"), long.len() as u64).unwrap();
    let file = std::fs::File::options().write(true).open(file).unwrap();
    file.set_len(5 << 20).unwrap();
    let (host, path) = parts(&stage, "long.mp4");
    let all = talk(&stage, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    let (head, sent) = head(&all);
    assert_eq!(length(&head), Some(long.len()), "{head}");
    assert!(sent.len() <= 5 << 20, "{} bytes", sent.len());
    assert!(long.starts_with(sent), "no byte is another");
    stage.get(FRAGMENT).expect(200);
}

/// The file of a length in a folder.
fn of_length(folder: &Path, length: u64) -> Option<PathBuf> {
    std::fs::read_dir(folder).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        match std::fs::metadata(&path).unwrap() {
            found if found.is_dir() => of_length(&path, length),
            found => (found.len() == length).then_some(path),
        }
    })
}

#[test]
fn the_same_over_tls() {
    let service = Service::start_with(&["--listen", "127.0.0.1:0", "--tls-self-signed"]);
    let tls = Api::over_tls(&service.info);
    let stage = Stage::of(service, &tls);
    for rest in [MANIFEST, FRAGMENT, SEGMENT, FILE] {
        let url = stage.url(rest);
        let path = url.strip_prefix("https://").unwrap().split_once('/').unwrap().1;
        let plain = format!("http://{}/{path}", stage.service.info.listen[0]);
        let plain = stage.service.api.plain("GET", &plain).send().expect(200);
        let secret = |range: &str| tls.plain("GET", &url).header("range", range).send();
        assert!(secret("none").expect(200).body == plain.body, "{rest}");
        let part = secret("bytes=100-200").expect(206);
        assert!(part.body == plain.body[100..=200], "{rest}");
    }
}

#[test]
fn hosts_that_end_like_paths_are_not_confused_with_others() {
    let stage = Stage::shared();
    let (host, path) = parts(stage, MANIFEST);
    let other = uuid::Uuid::new_v4();
    let ask = |host: &str, path: &str| {
        let mut connection = Connection::open(&stage.url(""));
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        connection.send(request.as_bytes());
        connection.reply().status
    };
    assert_eq!(ask(&format!("{host}/{other}"), &path), 200);
    assert_eq!(ask(&host, &format!("/{other}{path}")), 404);
}
