//! The storage.

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use url::form_urlencoded;

use super::{Blob, Contents, respond};

pub(super) async fn answer(
    contents: &Mutex<Contents>,
    request: &axum::http::request::Parts,
    body: Bytes,
) -> Response {
    let query = request.uri.query().unwrap_or_default().as_bytes();
    let query: BTreeMap<_, _> = form_urlencoded::parse(query).into_owned().collect();
    if query.get("sig").map(String::as_str) != Some("s3cret=") {
        return respond(403, &[], "");
    }
    let name = request.uri.path().trim_start_matches('/').to_owned();
    let header = |name: &str| {
        let value = request.headers.get(name).map(|value| value.to_str().unwrap());
        value.unwrap_or_default().to_owned()
    };
    match (request.method.as_str(), query.get("comp").map(String::as_str)) {
        ("PUT", Some("block")) => {
            let id = query["blockid"].clone();
            assert!(BASE64.decode(&id).is_ok(), "{id}");
            let pause = begin_block(&mut contents.lock().unwrap());
            tokio::time::sleep(pause).await;
            let mut contents = contents.lock().unwrap();
            contents.running_blocks -= 1;
            contents.blocks.insert(id, body);
            respond(201, &[], "")
        }
        ("PUT", Some("blocklist")) => {
            let list = String::from_utf8(body.to_vec()).unwrap();
            let mut contents = contents.lock().unwrap();
            let ids = list.split("<Latest>").skip(1).map(|rest| rest.split('<').next().unwrap());
            let blocks: Option<Vec<_>> = ids.map(|id| contents.blocks.get(id).cloned()).collect();
            let Some(blocks) = blocks else {
                return respond(400, &[], "");
            };
            let content_type = header("x-ms-blob-content-type");
            let md5 = header("x-ms-blob-content-md5");
            let content = blocks.concat().into();
            contents.blobs.insert(name, Blob { content, content_type, md5 });
            respond(201, &[], "")
        }
        ("PUT", None) => {
            assert_eq!(header("x-ms-blob-type"), "BlockBlob");
            let (content_type, md5) = (header("content-type"), header("content-md5"));
            let blob = Blob { content: body, content_type, md5 };
            contents.lock().unwrap().blobs.insert(name, blob);
            respond(201, &[], "")
        }
        ("GET", None) => match contents.lock().unwrap().blobs.get(&name) {
            Some(blob) => respond(200, &[("content-md5", &blob.md5)], blob.content.clone()),
            None => respond(404, &[], ""),
        },
        _ => respond(501, &[], ""),
    }
}

fn begin_block(contents: &mut Contents) -> std::time::Duration {
    contents.running_blocks += 1;
    contents.most_running_blocks = contents.most_running_blocks.max(contents.running_blocks);
    contents.block_time
}
