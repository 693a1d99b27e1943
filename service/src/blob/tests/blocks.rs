//! Put Block, Put Block List, Get Block List.

use futures_util::future::join_all;

use super::*;

/// The ids `000`, `001`, … in base64.
fn id(number: usize) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("{number:03}"))
}

async fn block_list(bench: &Bench, blob: &str, which: &str) -> Got {
    let query = format!("comp=blocklist&blocklisttype={which}");
    bench.send(Method::GET, blob, &query, &[], Body::empty()).await
}

#[tokio::test]
async fn blocks_come_in_any_order_and_the_list_decides() {
    let bench = Bench::new().await;
    for number in [2, 0, 1, 3] {
        let bytes = [b'a' + number as u8; 3];
        bench.put_block("b", &id(number), &bytes).await.expect(201);
    }
    bench.head("b").await.expect(404);
    let list = block_list(&bench, "b", "uncommitted").await;
    let first = "<UncommittedBlocks><Block><Name>MDAw</Name><Size>3</Size></Block>";
    assert!(list.expect(200).text().contains(first), "{}", list.text());

    let headers = [("x-ms-blob-content-type", "video/mp4"), ("content-type", "text/plain")];
    let xml = format!(
        "<BlockList><Latest>{}</Latest><Uncommitted>{}</Uncommitted><Latest>{0}</Latest></BlockList>",
        id(2),
        id(0)
    );
    let done = bench.send(Method::PUT, "b", "comp=blocklist", &headers, xml).await;
    assert!(done.expect(201).header("etag").starts_with("\"0x"));
    let get = bench.get("b").await;
    assert_eq!(get.text(), "cccaaaccc");
    assert_eq!(get.header("content-type"), "video/mp4");
    // Blocks 1 and 3 were not named and are gone; block 2 is there once.
    bench.wait_for_files(2).await;
    let list = block_list(&bench, "b", "all").await;
    assert_eq!(list.text().matches("<Block>").count(), 3);
    assert!(list.text().ends_with("<UncommittedBlocks></UncommittedBlocks></BlockList>"));
    block_list(&bench, "none", "all").await.expect_error(404, "BlobNotFound");
    block_list(&bench, "b", "odd").await.expect_error(400, "InvalidQueryParameterValue");
}

#[tokio::test]
async fn a_commit_replaces_and_reuses() {
    let bench = Bench::new().await;
    bench.put("b", b"whole").await.expect(201);
    bench.put_block("b", &id(0), b"old0").await.expect(201);
    bench.put_block("b", &id(1), b"old1").await.expect(201);
    assert_eq!(bench.get("b").await.text(), "whole");
    bench.commit("b", &[&id(0), &id(1)]).await.expect(201);
    bench.wait_for_files(2).await;

    bench.put_block("b", &id(0), b"new0").await.expect(201);
    let xml = format!(
        "<BlockList><Committed>{0}</Committed><Latest>{0}</Latest><Committed>{1}</Committed></BlockList>",
        id(0),
        id(1)
    );
    bench.send(Method::PUT, "b", "comp=blocklist", &[], xml).await.expect(201);
    assert_eq!(bench.get("b").await.text(), "old0new0old1");
    bench.wait_for_files(3).await;

    bench.commit("b", &[]).await.expect(201);
    assert_eq!(bench.get("b").await.header("content-length"), "0");
    bench.wait_for_files(0).await;
}

#[tokio::test]
async fn a_repeated_block_replaces_the_first() {
    let bench = Bench::new().await;
    bench.put_block("b", &id(0), b"first").await.expect(201);
    bench.put_block("b", &id(0), b"second").await.expect(201);
    bench.commit("b", &[&id(0)]).await.expect(201);
    assert_eq!(bench.get("b").await.text(), "second");
    bench.wait_for_files(1).await;
}

#[tokio::test]
async fn put_blob_drops_uncommitted_blocks() {
    let bench = Bench::new().await;
    bench.put_block("b", &id(0), b"block").await.expect(201);
    bench.put("b", b"whole").await.expect(201);
    bench.commit("b", &[&id(0)]).await.expect_error(400, "InvalidBlockList");
    assert_eq!(bench.get("b").await.text(), "whole");
    bench.wait_for_files(1).await;
}

#[tokio::test]
async fn a_refused_list_changes_nothing() {
    let bench = Bench::new().await;
    bench.put_block("b", &id(0), b"x").await.expect(201);
    bench.commit("b", &[&id(0), &id(9)]).await.expect_error(400, "InvalidBlockList");
    let bad = "<BlockList><Latest>";
    let got = bench.send(Method::PUT, "b", "comp=blocklist", &[], bad).await;
    got.expect_error(400, "InvalidXmlDocument");
    let headers = [("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")];
    let got = bench.send(Method::PUT, "b", "comp=blocklist", &headers, "<BlockList/>").await;
    got.expect_error(400, "Md5Mismatch");
    let long = " ".repeat((8 << 20) + 1);
    let got = bench.send(Method::PUT, "b", "comp=blocklist", &[], long).await;
    got.expect_error(413, "RequestBodyTooLarge");
    let many = format!("<BlockList>{}</BlockList>", "<Latest>MDAw</Latest>".repeat(50_001));
    let got = bench.send(Method::PUT, "b", "comp=blocklist", &[], many).await;
    got.expect_error(400, "BlockListTooLong");

    bench.head("b").await.expect(404);
    bench.commit("b", &[&id(0)]).await.expect(201);
    assert_eq!(bench.get("b").await.text(), "x");
}

#[tokio::test]
async fn block_uploads_are_checked() {
    let bench = Bench::new().await;
    let headers = [("content-length", "1"), ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")];
    let query = "comp=block&blockid=MDAw";
    let got = bench.send(Method::PUT, "b", query, &headers, "x").await;
    got.expect_error(400, "Md5Mismatch");
    bench.put_block("b", "", b"x").await.expect_error(400, "InvalidQueryParameterValue");
    bench.put_block("b", "***", b"x").await.expect_error(400, "InvalidQueryParameterValue");
    bench.put_block("b", &id(0), b"").await.expect_error(400, "InvalidHeaderValue");
    let headers = [("content-length", "4194304001")];
    let got = bench.send(Method::PUT, "b", query, &headers, "x").await;
    got.expect_error(413, "RequestBodyTooLarge");
    assert!(bench.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_blocks_at_once() {
    let bench = Bench::new().await;
    let ids: Vec<_> = (0..48).map(id).collect();
    let uploads = ids.iter().enumerate().map(|(number, id)| {
        let bytes = vec![number as u8; 20_000 + number];
        let bench = &bench;
        async move { bench.put_block("b", id, &bytes).await }
    });
    for got in join_all(uploads).await {
        got.expect(201);
    }
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    bench.commit("b", &ids).await.expect(201);
    let expected: Vec<u8> = (0..48u8).flat_map(|n| vec![n; 20_000 + usize::from(n)]).collect();
    assert!(bench.get("b").await.body == expected);
}

#[tokio::test]
async fn a_blob_of_very_many_blocks() {
    let bench = Bench::new().await;
    bench.put_block("b", &id(0), b"0123456789").await.expect(201);
    let one = id(0);
    bench.commit("b", &vec![one.as_str(); 50_000]).await.expect(201);
    let headers = [("x-ms-range", "bytes=249998-250003")];
    let got = bench.send(Method::GET, "b", "", &headers, Body::empty()).await;
    assert_eq!(got.expect(206).text(), "890123");
    assert_eq!(got.header("content-range"), "bytes 249998-250003/500000");
    bench.put("b", b"x").await.expect(201);
    bench.wait_for_files(1).await;
}
