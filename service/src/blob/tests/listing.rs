//! List Blobs and Get Container Properties.

use super::*;

async fn bench_with(names: &[&str]) -> Bench {
    let bench = Bench::new().await;
    for name in names {
        bench.put(name, b"x").await.expect(201);
    }
    bench
}

async fn list(bench: &Bench, query: &str) -> Got {
    let uri = format!("/{CONTAINER}?restype=container&comp=list&{query}&{}", bench.sas);
    bench.request(Method::GET, &uri, &[], Body::empty()).await
}

/// The text of all `Name` elements, and of `NextMarker`.
fn names(got: &Got) -> (Vec<String>, String) {
    let between = |text: &str, start: &str, end: &str| {
        let (_, rest) = text.split_once(start)?;
        rest.split_once(end).map(|(found, _)| found.to_owned())
    };
    let text = got.expect(200).text();
    let names = text.split("<Name>").skip(1);
    let names = names.map(|rest| rest.split_once("</Name>").unwrap().0.to_owned()).collect();
    let next = between(text, "<NextMarker>", "</NextMarker>").unwrap();
    (names, next)
}

#[tokio::test]
async fn lists_in_byte_order_with_properties() {
    let bench = bench_with(&["b", "%C3%BC", "B", "a%3C%26%3E"]).await;
    bench.put_block("uncommitted", "MDAw", b"x").await.expect(201);
    let got = list(&bench, "include=metadata").await;
    let (names, next) = names(&got);
    assert_eq!(names, ["B", "a&lt;&amp;&gt;", "b", "ü"]);
    assert_eq!(next, "");
    let text = got.text();
    let start = format!(
        r#"<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="http://127.0.0.1/blob/" ContainerName="{CONTAINER}">"#
    );
    assert!(text.starts_with(&start), "{text}");
    for part in [
        "<Content-Length>1</Content-Length>",
        "<Content-Type>application/octet-stream</Content-Type>",
        "<BlobType>BlockBlob</BlobType>",
        "<Etag>0x",
        // MD5 of `x`.
        "<Content-MD5>ndTkYSaMgDT1yFZOFVxnpg==</Content-MD5>",
    ] {
        assert_eq!(text.matches(part).count(), 4, "{part}");
    }
}

#[tokio::test]
async fn pages_join_to_the_whole() {
    let bench = bench_with(&["a", "b/1", "b/2", "b/3", "c/1", "d"]).await;
    for (query, expected) in [
        ("", vec!["a", "b/1", "b/2", "b/3", "c/1", "d"]),
        ("prefix=b%2F", vec!["b/1", "b/2", "b/3"]),
        ("prefix=nothing", vec![]),
        ("delimiter=/", vec!["a", "b/", "c/", "d"]),
        ("delimiter=/&prefix=b/", vec!["b/1", "b/2", "b/3"]),
        ("delimiter=/&prefix=b", vec!["b/"]),
    ] {
        for size in 1..8 {
            let mut all = Vec::new();
            let mut marker = String::new();
            loop {
                let got = list(&bench, &format!("{query}&maxresults={size}&marker={marker}")).await;
                let (mut page, next) = names(&got);
                assert!(page.len() <= size);
                // Blobs and prefixes are two lists within a page.
                page.sort();
                all.extend(page);
                if next.is_empty() {
                    break;
                }
                marker = next;
            }
            assert_eq!(all, expected, "{query} by {size}");
        }
    }
}

#[tokio::test]
async fn odd_requests_are_refused() {
    let bench = bench_with(&[]).await;
    for query in ["maxresults=0", "maxresults=x", "marker=%2A"] {
        list(&bench, query).await.expect_error(400, "InvalidQueryParameterValue");
    }
    let uri = format!("/{CONTAINER}?comp=list&{}", bench.sas);
    let got = bench.request(Method::GET, &uri, &[], Body::empty()).await;
    got.expect_error(400, "InvalidQueryParameterValue");
}

#[tokio::test]
async fn container_properties() {
    let bench = bench_with(&[]).await;
    let uri = format!("/{CONTAINER}?restype=container&{}", bench.sas);
    let before = bench.request(Method::HEAD, &uri, &[], Body::empty()).await;
    assert!(before.expect(200).header("etag").starts_with("\"0x"));
    bench.set_policy("rl").await;
    let after = bench.request(Method::HEAD, &uri, &[], Body::empty()).await;
    assert_ne!(before.header("etag"), after.header("etag"));
}

#[tokio::test]
async fn the_service_lists_without_http() {
    let bench = bench_with(&["a", "b", "c"]).await;
    let first = bench.store.list(CONTAINER, "", None, 2).await.unwrap();
    assert_eq!(first.blobs.len(), 2);
    let rest = bench.store.list(CONTAINER, "", first.next, 2).await.unwrap();
    let names: Vec<_> = rest.blobs.iter().map(|blob| blob.name.as_str()).collect();
    assert_eq!(names, ["c"]);
    assert!(rest.next.is_none());
    assert!(bench.store.list("asset-0", "", None, 2).await.is_err());
}
