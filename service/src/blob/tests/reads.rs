//! Ranges and conditional reads.

use super::*;

/// A blob `0123456789` in three segments.
async fn digits() -> Bench {
    let bench = Bench::new().await;
    bench.put_block("b", "MDAw", b"012").await.expect(201);
    bench.put_block("b", "MDAx", b"3").await.expect(201);
    bench.put_block("b", "MDAy", b"456789").await.expect(201);
    bench.commit("b", &["MDAw", "MDAx", "MDAy"]).await.expect(201);
    bench
}

#[tokio::test]
async fn ranges_cross_segments() {
    let bench = digits().await;
    for (range, text, content_range) in [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=3-3", "3", "bytes 3-3/10"),
        ("bytes=4-", "456789", "bytes 4-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=0-9", "0123456789", "bytes 0-9/10"),
    ] {
        for name in ["range", "x-ms-range"] {
            let got = bench.send(Method::GET, "b", "", &[(name, range)], Body::empty()).await;
            assert_eq!(got.expect(206).text(), text, "{range}");
            assert_eq!(got.header("content-range"), content_range);
            assert_eq!(got.header("content-length"), text.len().to_string());
            assert_eq!(got.header("content-md5"), "");
        }
    }
    let both = [("range", "bytes=0-0"), ("x-ms-range", "bytes=1-1")];
    let got = bench.send(Method::GET, "b", "", &both, Body::empty()).await;
    assert_eq!(got.text(), "1");
}

#[tokio::test]
async fn ranges_outside_get_416_and_odd_ones_everything() {
    let bench = digits().await;
    bench.put("empty", b"").await.expect(201);
    for (blob, range, size) in [("b", "bytes=10-", "10"), ("empty", "bytes=0-", "0")] {
        let got = bench.send(Method::GET, blob, "", &[("range", range)], Body::empty()).await;
        got.expect_error(416, "InvalidRange");
        assert_eq!(got.header("content-range"), format!("bytes */{size}"));
    }
    for range in ["bytes=0-1,5-6", "bytes=5-1", "lines=1-2"] {
        let got = bench.send(Method::GET, "b", "", &[("range", range)], Body::empty()).await;
        assert_eq!(got.expect(200).text(), "0123456789");
    }
}

#[tokio::test]
async fn conditional_reads() {
    let bench = digits().await;
    let head = bench.head("b").await;
    let (etag, date) = (head.header("etag"), head.header("last-modified"));
    let get = async |headers: &[(&str, &str)]| {
        bench.send(Method::GET, "b", "", headers, Body::empty()).await
    };
    for header in [("if-none-match", etag), ("if-modified-since", date)] {
        let got = get(&[header]).await;
        assert_eq!(got.expect(304).header("etag"), etag);
        assert!(got.body.is_empty());
    }
    get(&[("if-none-match", "\"0x1\"")]).await.expect(200);
    get(&[("if-match", etag)]).await.expect(200);
    get(&[("if-match", "\"0x1\"")]).await.expect_error(412, "ConditionNotMet");
    get(&[("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT")]).await.expect(200);
    get(&[("if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT")])
        .await
        .expect_error(412, "ConditionNotMet");
    get(&[("if-modified-since", "whenever")]).await.expect(200);

    get(&[("range", "bytes=0-0"), ("if-range", etag)]).await.expect(206);
    let other = get(&[("range", "bytes=0-0"), ("if-range", "\"0x1\"")]).await;
    assert_eq!(other.expect(200).text(), "0123456789");
}

#[tokio::test]
async fn local_files_go_in_and_out() {
    let bench = Bench::new().await;
    let (source, copy) = (bench.folder.path().join("source"), bench.folder.path().join("copy"));
    let bytes: Vec<u8> = (0..5_000_000u32).map(|n| (n / 7) as u8).collect();
    std::fs::write(&source, &bytes).unwrap();
    let stored = bench.store.write_from_file(CONTAINER, "f", "video/mp4", &source).await.unwrap();
    assert_eq!(stored.size, 5_000_000);
    let read = save(&bench, "f", &copy).await.unwrap();
    assert_eq!(read.etag, stored.etag);
    assert!(std::fs::read(&copy).unwrap() == bytes);
    let none = bench.folder.path().join("no");
    assert!(bench.store.write_from_file(CONTAINER, "g", "a/b", &none).await.is_err());
    assert!(bench.get("f").await.body == bytes);
}

/// Clients put files together of ranges that they get with If-Match.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_is_the_version_that_was_asked_for() {
    let bench = Arc::new(Bench::new().await);
    bench.put("b", b"00").await.expect(201);
    let writer = tokio::spawn({
        let bench = Arc::clone(&bench);
        async move {
            for round in 0..300 {
                bench.put("b", format!("{:02}", round % 100).as_bytes()).await.expect(201);
            }
        }
    });
    let mut found = 0;
    while !writer.is_finished() {
        let head = bench.head("b").await;
        let etag = head.expect(200).header("etag");
        let got = bench.send(Method::GET, "b", "", &[("if-match", etag)], Body::empty()).await;
        if got.status != 412 {
            assert_eq!(got.expect(200).header("etag"), etag);
            found += 1;
        }
    }
    writer.await.unwrap();
    assert!(found > 0);
}
