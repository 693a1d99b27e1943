//! The storage account as SAS URLs reach it: block blobs, listings, and what is refused.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use acceptance::{Connection, Reply, Service, blob_url, elements, eventually, key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

/// Everything.
const ALL: u32 = 15;

fn put(service: &Service, url: &str, content: &[u8]) -> Reply {
    let call = service.api.plain("PUT", url).header("x-ms-blob-type", "BlockBlob");
    call.body(content).send()
}

fn get(service: &Service, url: &str) -> Reply {
    service.api.plain("GET", url).send()
}

/// The code of an error, which must be in XML and in the header.
#[track_caller]
fn code(reply: &Reply, status: u16) -> String {
    assert_eq!(reply.status, status, "{reply}");
    assert_eq!(reply.header("content-type"), "application/xml", "{reply}");
    let elements = elements(reply.text());
    assert_eq!(elements[0].name, "Error", "{reply}");
    let code = elements.iter().find(|e| e.name == "Code").unwrap().text.clone();
    assert!(elements.iter().any(|e| e.name == "Message" && !e.text.is_empty()), "{reply}");
    assert_eq!(reply.header("x-ms-error-code"), code, "{reply}");
    code
}

fn container(service: &Service, permissions: u32) -> Json {
    service.api.sas(&service.api.asset("blobs"), permissions)
}

/// Adds options to a URL that has some already.
fn with(url: &str, options: &str) -> String {
    format!("{url}&{options}")
}

#[test]
fn a_blob_in_one_piece() {
    let service = Service::shared();
    let sas = container(service, ALL);
    let url = blob_url(&sas, "whole.mp4");
    assert_eq!(code(&get(service, &url), 404), "BlobNotFound");
    let call = service.api.plain("PUT", &url).header("x-ms-blob-type", "BlockBlob");
    // As old clients send it: a date that is none, an unknown content type, any version.
    let call = call.header("x-ms-date", "now").header("x-ms-version", "2011-08-18");
    let call = call.header("content-type", "application/x-thing").body("0123456789");
    let made = call.send().expect(201);
    for name in ["etag", "last-modified", "content-md5", "x-ms-request-id", "x-ms-version"] {
        assert!(!made.header(name).is_empty(), "no {name}\n{made}");
    }
    assert_eq!(made.header("content-md5"), "eB5eJF1ptWaXm4bijSPyxw==");
    let whole = get(service, &url).expect(200);
    assert_eq!(whole.text(), "0123456789");
    for (name, value) in [
        ("content-length", "10"),
        ("content-type", "application/x-thing"),
        ("accept-ranges", "bytes"),
        ("x-ms-blob-type", "BlockBlob"),
        ("etag", made.header("etag")),
    ] {
        assert_eq!(whole.header(name), value, "{whole}");
    }
    let head = service.api.plain("HEAD", &url).send().expect(200);
    assert_eq!((head.header("content-length"), head.body.len()), ("10", 0));
    for (range, status, expected, content_range) in [
        ("bytes=0-0", 206, "0", "bytes 0-0/10"),
        ("bytes=2-4", 206, "234", "bytes 2-4/10"),
        ("bytes=8-", 206, "89", "bytes 8-9/10"),
        ("bytes=5-99", 206, "56789", "bytes 5-9/10"),
    ] {
        for header in ["range", "x-ms-range"] {
            let part = service.api.plain("GET", &url).header(header, range).send().expect(status);
            assert_eq!(part.text(), expected, "{range}");
            assert_eq!(part.header("content-range"), content_range);
        }
    }
    let past = service.api.plain("GET", &url).header("range", "bytes=10-").send();
    assert_eq!(code(&past, 416), "InvalidRange");
    // Written again, it is another.
    let again = put(service, &url, b"other").expect(201);
    assert_ne!(again.header("etag"), made.header("etag"));
    assert_eq!(get(service, &url).text(), "other");
    service.api.plain("DELETE", &url).send().expect(202);
    assert_eq!(code(&service.api.plain("DELETE", &url).send(), 404), "BlobNotFound");
}

#[test]
fn a_blob_in_blocks() {
    let service = Service::shared();
    let sas = container(service, ALL);
    let url = blob_url(&sas, "blocks.mp4");
    let id = |n: usize| STANDARD.encode(format!("BlockId{n:07}"));
    let block = |n: usize| {
        let url = with(&url, &format!("comp=block&blockid={}", acceptance::percent(&id(n))));
        put(service, &with(&url, "timeout=90"), &vec![u8::try_from(n).unwrap(); 100_000])
            .expect(201);
    };
    // In any order, at the same time.
    let block = &block;
    std::thread::scope(|scope| {
        for n in [3, 1, 0, 2] {
            scope.spawn(move || block(n));
        }
    });
    assert_eq!(code(&get(service, &url), 404), "BlobNotFound", "not there before it is committed");
    let commit = |ids: &[String]| {
        let list: String = ids.iter().map(|id| format!("<Latest>{id}</Latest>")).collect();
        let body =
            format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>{list}</BlockList>");
        let call = service.api.plain("PUT", &with(&url, "comp=blocklist"));
        let call = call.header("content-type", "text/plain; charset = UTF-8");
        call.header("x-ms-blob-content-type", "video/mp4").body(body).send()
    };
    assert_eq!(code(&commit(&[id(0), id(9)]), 400), "InvalidBlockList");
    commit(&[id(0), id(1), id(2), id(3)]).expect(201);
    let whole = get(service, &url).expect(200);
    assert_eq!(whole.header("content-type"), "video/mp4");
    let expected: Vec<u8> = (0..4).flat_map(|n| vec![n; 100_000]).collect();
    assert!(whole.body == expected, "{} bytes", whole.body.len());
    // What is committed can be committed again in another order; an empty list is an empty blob.
    commit(&[id(3), id(0)]).expect(201);
    assert_eq!(get(service, &url).body.len(), 200_000);
    commit(&[]).expect(201);
    assert_eq!(get(service, &url).expect(200).body.len(), 0);
    for bad in ["comp=block", "comp=block&blockid=", "comp=block&blockid=%21%21"] {
        let reply = put(service, &with(&url, bad), b"x");
        assert_eq!(reply.status, 400, "{reply}");
    }
    assert_eq!(code(&put(service, &with(&url, "comp=page"), b"x"), 501), "NotImplemented");
    let call = service.api.plain("PUT", &with(&url, "comp=blocklist"));
    assert_eq!(call.body("<BlockList><Latest>").send().status, 400);
}

#[test]
fn a_checksum_that_does_not_fit() {
    let service = Service::shared();
    let url = blob_url(&container(service, ALL), "md5.mp4");
    let call = service.api.plain("PUT", &url).header("x-ms-blob-type", "BlockBlob");
    let call = call.header("content-md5", "eB5eJF1ptWaXm4bijSPyxw==").body("not 0123456789");
    assert_eq!(code(&call.send(), 400), "Md5Mismatch");
    assert_eq!(code(&get(service, &url), 404), "BlobNotFound");
    let call = service.api.plain("PUT", &url).header("x-ms-blob-type", "PageBlob").body("");
    assert!(matches!(call.send().status, 400 | 501));
    let call = service.api.plain("PUT", &url).body("no type");
    assert_eq!(code(&call.send(), 400), "MissingRequiredHeader");
}

#[test]
fn signatures_are_checked() {
    let service = Service::shared();
    let sas = container(service, 1);
    let url = blob_url(&sas, "secret.mp4");
    assert_eq!(code(&get(service, &url), 404), "BlobNotFound", "a good signature");
    let (path, query) = url.split_once('?').unwrap();
    let other = blob_url(&container(service, 1), "secret.mp4");
    let parts: Vec<_> = query.split('&').collect();
    let without = |name: &str| {
        let kept: Vec<_> = parts.iter().filter(|part| !part.starts_with(name)).copied().collect();
        format!("{path}?{}", kept.join("&"))
    };
    let replaced = |from: &str, to: &str| format!("{path}?{}", query.replace(from, to));
    for bad in [
        path.to_owned(),
        without("sig="),
        without("si="),
        without("se="),
        replaced("sig=", "sig=A"),
        replaced("sr=c", "sr=b"),
        replaced("se=20", "se=21"),
        replaced("st=20", "st=19"),
        format!("{path}?{}", other.split_once('?').unwrap().1),
        url.replace("asset-", "asset-0"),
        with(&url, "sig=x"),
        with(&url, "sp=rwdl"),
        with(&url, "se=2099-01-01"),
    ] {
        let reply = get(service, &bad);
        assert!(matches!(reply.status, 403 | 400), "{reply}");
        if reply.status == 403 {
            assert_eq!(code(&reply, 403), "AuthenticationFailed");
        }
        assert!(!reply.text().contains("sig="), "no secrets in errors: {reply}");
    }
    // The API's token is not for blobs.
    let bearer = format!("Bearer {}", service.api.token);
    let call = service.api.plain("GET", path).header("authorization", &bearer);
    assert_eq!(code(&call.send(), 403), "AuthenticationFailed");
    // The locator is gone, and with it the URL.
    service.api.delete(&key("Locators", &sas)).send().expect(204);
    assert_eq!(code(&get(service, &url), 403), "AuthenticationFailed");
}

#[test]
fn permissions_and_times_are_checked() {
    let service = Service::shared();
    let api = &service.api;
    let asset = api.asset("permissions");
    let all = api.sas(&asset, ALL);
    put(service, &blob_url(&all, "x.mp4"), b"x").expect(201);
    let url = |permissions| blob_url(&api.sas(&asset, permissions), "x.mp4");
    let list = |url: &str| {
        let (path, query) = url.split_once('?').unwrap();
        let container = path.rsplit_once('/').unwrap().0;
        get(service, &format!("{container}?restype=container&comp=list&{query}"))
    };
    let mismatch = "AuthorizationPermissionMismatch";
    let read = url(1);
    get(service, &read).expect(200);
    assert_eq!(code(&put(service, &read, b"y"), 403), mismatch);
    assert_eq!(code(&api.plain("DELETE", &read).send(), 403), mismatch);
    assert_eq!(code(&list(&read), 403), mismatch);
    let write = url(2);
    assert_eq!(code(&get(service, &write), 403), mismatch);
    put(service, &write, b"y").expect(201);
    let listing = url(8);
    assert_eq!(list(&listing).status, 200);
    assert_eq!(code(&get(service, &listing), 403), mismatch);
    let delete = url(4);
    assert_eq!(code(&put(service, &delete, b"z"), 403), mismatch);
    api.plain("DELETE", &delete).send().expect(202);

    // Over, and not yet.
    let asset = api.asset("times");
    let policy = api.policy(1);
    for start in ["2020-01-01T00:00:00Z", "2199-01-01T00:00:00Z"] {
        let body =
            json!({ "AccessPolicyId": policy, "AssetId": asset, "StartTime": start, "Type": 1 });
        let sas = api.post("Locators", body).send().expect(201).json();
        let reply = get(service, &blob_url(&sas, "x.mp4"));
        assert_eq!(code(&reply, 403), "AuthenticationFailed", "{start}");
    }
}

#[test]
fn listings() {
    let service = Service::shared();
    let sas = container(service, ALL);
    for name in ["b.mp4", "a.mp4", "c <&> ü.mp4"] {
        put(service, &blob_url(&sas, name), name.as_bytes()).expect(201);
    }
    let (base, access) = (sas["BaseUri"].as_str().unwrap(), sas["ContentAccessComponent"].as_str());
    let url = format!("{base}{}&restype=container&comp=list", access.unwrap());
    let names = |url: &str| {
        let reply = get(service, url).expect(200);
        let found = elements(reply.text());
        let text = |name: &str| {
            found.iter().filter(|e| e.name == name).map(|e| e.text.clone()).collect::<Vec<_>>()
        };
        (text("Name"), text("NextMarker").concat())
    };
    let (all, marker) = names(&url);
    assert_eq!((all.len(), marker.as_str()), (3, ""));
    assert_eq!(all[..2], ["a.mp4", "b.mp4"]);
    let (one, marker) = names(&with(&url, "maxresults=1"));
    assert_eq!(one, ["a.mp4"]);
    let next = with(&url, &format!("maxresults=1&marker={}", acceptance::percent(&marker)));
    assert_eq!(names(&next).0, ["b.mp4"]);
    assert_eq!(names(&with(&url, "prefix=b")).0, ["b.mp4"]);
    assert_eq!(names(&with(&url, "prefix=x")).0, [] as [String; 0]);
}

#[test]
fn names_are_no_paths() {
    let service = Service::shared();
    let sas = container(service, ALL);
    let base = sas["BaseUri"].as_str().unwrap().trim_start_matches(&service.info.streaming);
    let access = sas["ContentAccessComponent"].as_str().unwrap();
    let headers = [("x-ms-blob-type", "BlockBlob"), ("content-length", "0")];
    for name in [
        "../escape.mp4",
        "..%2Fescape.mp4",
        "%2e%2e/escape.mp4",
        "%2e%2e%2fescape.mp4",
        "..",
        "a/../../escape.mp4",
        "a\\..\\escape.mp4",
        "%00.mp4",
        "a%0ab.mp4",
        "",
        "./x.mp4",
        "%ff.mp4",
    ] {
        let path = format!("{base}/{name}{access}");
        let reply = Connection::request(&service.info.blob, "PUT", &path, &headers);
        assert!(matches!(reply.status, 400 | 403 | 404 | 405), "{name}: {}", reply.status);
    }
    let data = service.data();
    assert!(!data.join("escape.mp4").exists() && !data.join("blobs/escape.mp4").exists());
    // A name is a name, also if a file system would have none of it.
    let odd = blob_url(&sas, "CON :*?|ü日本.mp4");
    put(service, &odd, b"odd").expect(201);
    assert_eq!(get(service, &odd).text(), "odd");
    // Other containers, and the account itself, are not to be had with this signature.
    for path in ["/mediad/asset-x/a", "/mediad/", "/mediad", "/mediad/$root/a"] {
        let reply = Connection::request(&service.info.blob, "GET", &format!("{path}{access}"), &[]);
        assert!(matches!(reply.status, 400 | 403 | 404), "{path}: {}", reply.status);
    }
}

#[test]
fn a_client_that_is_gone_leaves_nothing() {
    let service = Service::shared();
    let sas = container(service, ALL);
    let url = blob_url(&sas, "half.mp4");
    let path = url.trim_start_matches(&service.info.streaming);
    for options in ["", "&comp=block&blockid=AAAA"] {
        let mut connection = Connection::open(&url);
        let head = format!(
            "PUT {path}{options} HTTP/1.1\r\nHost: x\r\nx-ms-blob-type: BlockBlob\r\n\
             Content-Length: 4000000\r\n\r\n"
        );
        connection.send(head.as_bytes());
        connection.send(&vec![b'x'; 1_000_000]);
        drop(connection);
    }
    // Long enough for the service to notice.
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(code(&get(service, &url), 404), "BlobNotFound");
    let call = service.api.plain("PUT", &with(&url, "comp=blocklist"));
    let commit = call.body("<BlockList><Latest>AAAA</Latest></BlockList>").send();
    assert_eq!(code(&commit, 400), "InvalidBlockList");
    // Nothing of the two millions stays on disk.
    let size = || -> u64 {
        let mut open = vec![service.data().join("blobs")];
        let mut total = 0;
        while let Some(directory) = open.pop() {
            for entry in std::fs::read_dir(directory).unwrap().flatten() {
                match entry.metadata() {
                    Ok(found) if found.is_dir() => open.push(entry.path()),
                    Ok(found) => total = found.len().max(total),
                    Err(_) => {}
                }
            }
        }
        total
    };
    eventually(Duration::from_secs(10), "the halves are removed", || {
        (size() < 900_000).then_some(())
    });
}
