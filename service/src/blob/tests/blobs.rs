//! Put Blob, properties, metadata, delete.

use super::*;

#[tokio::test]
async fn a_blob_goes_in_and_out() {
    let bench = Bench::new().await;
    let headers = [
        ("x-ms-blob-type", "BlockBlob"),
        ("content-length", "5"),
        ("content-type", "video/mp4"),
        ("x-ms-meta-Title", "Big Buck Bunny"),
        ("x-ms-version", "1999-99-99 nonsense"),
        ("x-ms-client-request-id", "client-1"),
    ];
    let put = bench.send(Method::PUT, "a%20b.mp4", "timeout=90", &headers, "hello").await;
    put.expect(201);
    assert!(put.body.is_empty());
    assert_eq!(put.header("content-md5"), "XUFAKrxLKna5cZ2REBfFkg==");
    assert_eq!(put.header("x-ms-version"), "1999-99-99 nonsense");
    assert_eq!(put.header("x-ms-client-request-id"), "client-1");
    assert_eq!(put.header("x-ms-request-server-encrypted"), "false");
    assert!(put.header("etag").starts_with("\"0x"));
    assert!(put.header("last-modified").ends_with(" GMT"));
    assert_eq!(put.header("x-ms-request-id").len(), 36);

    let get = bench.get("a%20b.mp4").await;
    assert_eq!(get.expect(200).text(), "hello");
    for got in [&get, &bench.head("a%20b.mp4").await] {
        assert_eq!(got.header("content-length"), "5");
        assert_eq!(got.header("content-type"), "video/mp4");
        assert_eq!(got.header("content-md5"), "XUFAKrxLKna5cZ2REBfFkg==");
        assert_eq!(got.header("x-ms-meta-title"), "Big Buck Bunny");
        assert_eq!(got.header("x-ms-blob-type"), "BlockBlob");
        assert_eq!(got.header("accept-ranges"), "bytes");
        assert_eq!(got.header("etag"), put.header("etag"));
    }
}

#[tokio::test]
async fn an_empty_blob_has_no_object() {
    let bench = Bench::new().await;
    bench.put("empty", b"").await.expect(201);
    assert_eq!(bench.get("empty").await.expect(200).header("content-length"), "0");
    assert!(bench.files().is_empty());
}

#[tokio::test]
async fn overwriting_frees_the_old_bytes() {
    let bench = Bench::new().await;
    let first = bench.put("b", b"one").await;
    let second = bench.put("b", b"two").await;
    assert_ne!(first.header("etag"), second.header("etag"));
    assert_eq!(bench.get("b").await.text(), "two");
    bench.wait_for_files(1).await;
}

#[tokio::test]
async fn delete_answers_202_then_404() {
    let bench = Bench::new().await;
    let delete = || bench.send(Method::DELETE, "b", "", &[], Body::empty());
    delete().await.expect_error(404, "BlobNotFound");
    bench.put("b", b"x").await.expect(201);
    let snapshot = bench.send(Method::DELETE, "b", "snapshot=2015", &[], Body::empty()).await;
    snapshot.expect_error(404, "BlobNotFound");
    delete().await.expect(202);
    bench.get("b").await.expect_error(404, "BlobNotFound");
    let head = bench.head("b").await;
    assert_eq!(head.expect(404).header("x-ms-error-code"), "BlobNotFound");
    assert!(head.body.is_empty());
    bench.wait_for_files(0).await;
}

#[tokio::test]
async fn put_blob_wants_its_headers() {
    let bench = Bench::new().await;
    let put = async |headers: &[(&str, &str)]| bench.send(Method::PUT, "b", "", headers, "x").await;
    put(&[("content-length", "1")]).await.expect_error(400, "MissingRequiredHeader");
    put(&[("x-ms-blob-type", "PageBlob"), ("content-length", "1")])
        .await
        .expect_error(400, "InvalidHeaderValue");
    put(&[("x-ms-blob-type", "BlockBlob")]).await.expect_error(411, "MissingContentLengthHeader");
    let too_long = (5000u64 << 20) + 1;
    put(&[("x-ms-blob-type", "BlockBlob"), ("content-length", &too_long.to_string())])
        .await
        .expect_error(413, "RequestBodyTooLarge");
    put(&[("x-ms-copy-source", "http://elsewhere/")]).await.expect_error(501, "NotImplemented");
    assert!(bench.files().is_empty());
}

#[tokio::test]
async fn md5_is_checked_before_anything_is_visible() {
    let bench = Bench::new().await;
    for name in ["content-md5", "x-ms-blob-content-md5"] {
        let put = async |md5| {
            let headers = [("x-ms-blob-type", "BlockBlob"), ("content-length", "5"), (name, md5)];
            bench.send(Method::PUT, "b", "", &headers, "hello").await
        };
        put("AAAAAAAAAAAAAAAAAAAAAA==").await.expect_error(400, "Md5Mismatch");
        put("short").await.expect_error(400, "InvalidMd5");
        bench.get("b").await.expect(404);
        assert!(bench.files().is_empty());
        put("XUFAKrxLKna5cZ2REBfFkg==").await.expect(201);
        bench.send(Method::DELETE, "b", "", &[], Body::empty()).await.expect(202);
        bench.wait_for_files(0).await;
    }
}

#[tokio::test]
async fn conditions_guard_writes() {
    let bench = Bench::new().await;
    let put = async |name, value| {
        let headers = [("x-ms-blob-type", "BlockBlob"), ("content-length", "1"), (name, value)];
        bench.send(Method::PUT, "b", "", &headers, "x").await
    };
    put("if-match", "*").await.expect_error(412, "ConditionNotMet");
    let first = put("if-none-match", "*").await;
    first.expect(201);
    put("if-none-match", "*").await.expect_error(409, "BlobAlreadyExists");
    put("if-match", "\"0x0\"").await.expect_error(412, "ConditionNotMet");
    put("if-match", first.header("etag")).await.expect(201);
}

#[tokio::test]
async fn properties_and_metadata_change_without_the_bytes() {
    let bench = Bench::new().await;
    let put = bench.put("b", b"hello").await;
    let headers = [("x-ms-blob-content-type", "a/b"), ("x-ms-blob-cache-control", "no-cache")];
    let set = bench.send(Method::PUT, "b", "comp=properties", &headers, Body::empty()).await;
    assert_ne!(set.expect(200).header("etag"), put.header("etag"));
    let headers = [("x-ms-meta-a", "1"), ("x-ms-meta-b", "2")];
    let set = bench.send(Method::PUT, "b", "comp=metadata", &headers, Body::empty()).await;
    set.expect(200);

    let get = bench.get("b").await;
    assert_eq!(get.expect(200).text(), "hello");
    assert_eq!(get.header("etag"), set.header("etag"));
    assert_eq!(get.header("content-type"), "a/b");
    assert_eq!(get.header("cache-control"), "no-cache");
    assert_eq!(get.header("x-ms-meta-b"), "2");
    let only = bench.send(Method::GET, "b", "comp=metadata", &[], Body::empty()).await;
    assert_eq!(only.expect(200).header("x-ms-meta-a"), "1");
    assert!(only.body.is_empty());

    let huge = "x".repeat(9000);
    let headers = [("x-ms-meta-a", huge.as_str())];
    let set = bench.send(Method::PUT, "b", "comp=metadata", &headers, Body::empty()).await;
    set.expect_error(400, "MetadataTooLarge");
    let set = bench.send(Method::PUT, "none", "comp=metadata", &[], Body::empty()).await;
    set.expect_error(404, "BlobNotFound");
}

#[tokio::test]
async fn hostile_paths_are_refused() {
    let bench = Bench::new().await;
    for blob in ["..%2F..%2Fetc", "a/../b", "%2e%2e/b", "a%5Cb", "a%00b", "a%0Ab"] {
        bench.put(blob, b"x").await.expect_error(400, "InvalidUri");
    }
    let uri = format!("/Asset-1/b?{}", bench.sas);
    let got = bench.request(Method::GET, &uri, &[], Body::empty()).await;
    got.expect_error(400, "InvalidResourceName");
    bench.put(&"x".repeat(1025), b"x").await.expect_error(400, "InvalidUri");

    // Odd but allowed; the name never reaches the file system.
    for blob in ["%C3%BC//b%23c+d%25", "...", "CON", "~"] {
        bench.put(blob, b"x").await.expect(201);
        assert_eq!(bench.get(blob).await.text(), "x");
    }
    for file in bench.files() {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(uuid::Uuid::try_parse(name).is_ok(), "{name}");
    }
}

#[tokio::test]
async fn unknown_operations_get_azure_errors() {
    let bench = Bench::new().await;
    let send = async |method, comp| bench.send(method, "b", comp, &[], Body::empty()).await;
    send(Method::PUT, "comp=lease").await.expect_error(501, "NotImplemented");
    send(Method::POST, "").await.expect_error(405, "UnsupportedHttpVerb");
    send(Method::GET, "a=%FF").await.expect_error(400, "InvalidQueryParameterValue");
}

#[tokio::test]
async fn browsers_may_upload() {
    let bench = Bench::new().await;
    let headers = [
        ("origin", "https://example.org"),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "x-ms-blob-type,content-type"),
    ];
    // A preflight carries the URL with its SAS, but nothing is checked.
    let uri = format!("/{CONTAINER}/b");
    let got = bench.request(Method::OPTIONS, &uri, &headers, Body::empty()).await;
    assert_eq!(got.expect(200).header("access-control-allow-origin"), "*");
    assert!(got.header("access-control-allow-methods").contains("PUT"));
    assert_eq!(got.header("access-control-allow-headers"), "x-ms-blob-type,content-type");
    let plain = bench.request(Method::OPTIONS, &uri, &[], Body::empty()).await;
    plain.expect_error(400, "MissingRequiredHeader");

    let got = bench.request(Method::GET, &uri, &headers[..1], Body::empty()).await;
    assert_eq!(got.expect(403).header("access-control-allow-origin"), "*");
}
