//! Batches both ways: what is written is read back, what servers have sent is read, and nothing
//! makes the readers fail in another way than by an error.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::path::Path;

use edm::batch::{
    BatchError, Headers, Ids, Part, Request, Response, read_json_requests, read_json_responses,
    read_requests, read_response, read_responses, write_json_requests, write_json_responses,
    write_requests, write_responses,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value as Json;

fn request(id: &str, method: &str, url: &str, body: &str) -> Request {
    let headers = match body.is_empty() {
        true => Headers::new(),
        false => vec![("Content-Type".to_owned(), "application/json".to_owned())],
    };
    Request {
        id: Some(id.to_owned()),
        method: method.to_owned(),
        url: url.to_owned(),
        headers,
        body: body.into(),
        depends_on: Vec::new(),
    }
}

fn small() -> Vec<Part<Request>> {
    vec![
        Part::One(request("1", "GET", "Products?$top=1", "")),
        Part::ChangeSet(vec![
            request("2", "POST", "Categories", r#"{"ID":300}"#),
            request("3", "POST", "$2/Products", r#"{"ID":301}"#),
        ]),
    ]
}

#[test]
fn ids_stand_inside_or_outside() {
    let inner = write_requests(&small(), Ids::Inner, "s");
    assert_eq!(inner.content_type, "multipart/mixed; boundary=batch_s");
    let text = String::from_utf8(inner.body).unwrap();
    let expected = "--batch_s\r\nContent-Type: application/http\r\n\
        Content-Transfer-Encoding: binary\r\n\r\nGET Products?$top=1 HTTP/1.1\r\n\
        Content-ID: 1\r\n\r\n\r\n--batch_s\r\n\
        Content-Type: multipart/mixed; boundary=changeset_s_1\r\n\r\n--changeset_s_1\r\n";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.ends_with("--changeset_s_1--\r\n--batch_s--\r\n"), "{text}");
    let outer = String::from_utf8(write_requests(&small(), Ids::Outer, "s").body).unwrap();
    assert!(outer.contains("binary\r\nContent-ID: 1\r\n\r\nGET Products"), "{outer}");
}

#[test]
fn a_value_cannot_add_a_header() {
    let mut evil = request("1\r\nX: y", "GET", "A HTTP/1.1\r\nX: y", "");
    evil.headers.push(("A".to_owned(), "b\r\nX: y".to_owned()));
    let written = write_requests(&[Part::One(evil)], Ids::Inner, "s");
    let Part::One(read) = read_requests(&written.content_type, &written.body).unwrap().remove(0)
    else {
        panic!("a change set");
    };
    assert_eq!(read.header("X"), None);
    assert_eq!(read.headers.len(), 1);
}

/// Found by fuzzing: also the lines of headers begin where boundaries do.
#[test]
fn a_seed_that_occurs_in_a_header_is_changed() {
    let mut sent = request("1", "GET", "Products", "");
    sent.headers = vec![("--batch_seed--".to_owned(), "x".to_owned())];
    let parts = [Part::One(sent.clone()), Part::One(sent)];
    let written = write_requests(&parts, Ids::Outer, "seed");
    assert_eq!(read_requests(&written.content_type, &written.body).unwrap(), parts);
}

#[test]
fn a_seed_that_occurs_in_a_body_is_changed() {
    let parts = [Part::One(request("1", "POST", "A", "--batch_s--"))];
    let written = write_requests(&parts, Ids::Outer, "s");
    let Part::One(read) = &read_requests(&written.content_type, &written.body).unwrap()[0] else {
        panic!("a change set");
    };
    assert_eq!(read.body, b"--batch_s--");
}

#[test]
fn what_servers_do_is_read() {
    let body = "preamble\n--b \nContent-Type: application/http;\n msgtype=response\nContent-ID: 7\n\n\
        \nHTTP/1.1 200 OK\nETag: W/\"1\"\nX-Long: a\n\tb\nContent-Length: 2\n\n{}\n\n--b\n\
        Content-Type: application/http\n\nHTTP/1.1 204\n\n\n--b--\nepilogue";
    let parts = read_responses("Multipart/Mixed;charset=utf-8; Boundary=\"b\"", body.as_bytes());
    let [Part::One(first), Part::One(second)] = &parts.unwrap()[..] else { panic!("two parts") };
    assert_eq!((first.status, first.id.as_deref()), (200, Some("7")));
    assert_eq!(first.header("x-long"), Some("a b"));
    assert_eq!(first.body, b"{}");
    assert_eq!((second.status, second.body.as_slice()), (204, &b""[..]));
}

#[test]
fn an_asynchronous_answer_is_read() {
    let text = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nLocation: A(1)\r\n\r\n{}\r\n";
    let response = read_response(text).unwrap();
    assert_eq!((response.status, response.body.as_slice()), (201, &b"{}"[..]));
    assert!(read_response(b"<html>").is_err());
}

#[test]
fn what_is_no_batch_is_refused() {
    let error =
        |content_type: &str, body: &str| read_responses(content_type, body.as_bytes()).unwrap_err();
    assert!(matches!(error("text/html", ""), BatchError::ContentType(_)));
    assert!(matches!(error("multipart/mixed", ""), BatchError::ContentType(_)));
    let mixed = "multipart/mixed; boundary=b";
    for body in
        ["", "--b", "--b\r\n\r\n", "--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 200"]
    {
        assert_eq!(error(mixed, body), BatchError::CutOff, "{body:?}");
    }
    for part in [
        "text",
        " a: b",
        "Content-Type: text/html\n\n",
        "A: b\n\nHTTP/1.1 x",
        "A: b\n\nGET / x",
        "Content-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: multipart/mixed; \
         boundary=d\n\n--d--\n--c--",
    ] {
        let body = format!("--b\n{part}\n--b--");
        assert!(matches!(error(mixed, &body), BatchError::Part { part: 1, .. }), "{part:?}");
    }
    let many = format!("{}--b--", "--b\nA: b\n\nHTTP/1.1 200 OK\n\n".repeat(10_001));
    assert_eq!(error(mixed, &many), BatchError::TooMany);
    for text in ["", "{}", "[]", r#"{"responses":{}}"#, r#"{"responses":[{}]}"#, "<html>"] {
        assert!(read_json_responses(text).is_err(), "{text}");
    }
}

#[test]
fn json_keeps_digits_groups_and_dependencies() {
    let mut parts = small();
    let Part::ChangeSet(changes) = &mut parts[1] else { panic!("no change set") };
    changes[0].body = br#"{"Price":1.100000000000000000000001}"#.to_vec();
    changes[1].depends_on.push("2".to_owned());
    let text = write_json_requests(&parts);
    let json: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(json["requests"][2]["dependsOn"], serde_json::json!(["2"]));
    assert_eq!(json["requests"][1]["atomicityGroup"], json["requests"][2]["atomicityGroup"]);
    assert!(text.contains("1.100000000000000000000001"), "{text}");
    let read = read_json_requests(&text).unwrap();
    let [Part::One(_), Part::ChangeSet(changes)] = &read[..] else { panic!("{read:?}") };
    assert_eq!(changes[0].body, br#"{"Price":1.100000000000000000000001}"#);
    assert_eq!(changes[1].depends_on, ["2"]);
}

#[test]
fn json_carries_text_and_bytes() {
    let response = |content_type: &str, body: &[u8]| {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Response { id: Some("1".to_owned()), status: 200, headers, body: body.to_vec() }
    };
    let parts: Vec<_> = [
        response("text/plain;charset=utf-8", b"it's \"7\""),
        response("image/png", &[0, 255, 1]),
        response("application/json;odata.metadata=minimal", b"[1]"),
    ]
    .map(Part::One)
    .into();
    assert_eq!(read_json_responses(&write_json_responses(&parts)).unwrap(), parts);
}

/// Exchanges with real servers: all batches among them are read, and none has lost a part.
#[test]
fn recorded_batches_are_read() {
    let recordings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/recordings");
    let Ok(files) = std::fs::read_dir(&recordings) else {
        println!("SKIPPED: {} is not there", recordings.display());
        return;
    };
    let (mut batches, mut messages, mut refused) = (0, 0, 0);
    for file in files.map(|file| file.unwrap().path()) {
        if file.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            let exchange: Json = serde_json::from_str(line).unwrap();
            let (request, response) = (&exchange["request"], &exchange["response"]);
            if !request["url"].as_str().unwrap().contains("$batch") {
                continue;
            }
            let sent = request["headers"]["Content-Type"].as_str().unwrap();
            let answered = header(&response["headers"], "content-type");
            let bodies = (request["body"].as_str().unwrap(), response["body"].as_str().unwrap());
            let asked = match sent.starts_with("multipart/") {
                true => read_requests(sent, bodies.0.as_bytes()),
                false => read_json_requests(bodies.0),
            };
            let asked = asked.unwrap_or_else(|error| panic!("{error}: {line}"));
            if response["status"] == 400 {
                refused += 1;
                continue;
            }
            let given = match answered.starts_with("multipart/") {
                true => read_responses(&answered, bodies.1.as_bytes()),
                false => read_json_responses(bodies.1),
            };
            let given = given.unwrap_or_else(|error| panic!("{error}: {line}"));
            batches += 1;
            messages += check(&asked, &given, line);
        }
    }
    println!("{batches} batches with {messages} answers read, {refused} refused by the server");
    assert!(batches >= 7 && messages >= 20, "{batches} {messages}");
}

/// Every part has its answer; V4 stops at the first error. Returns the number of answers.
fn check(asked: &[Part<Request>], given: &[Part<Response>], line: &str) -> usize {
    let mut count = 0;
    let is_error = |response: &Response| response.status >= 400;
    let mut stopped = false;
    for part in given {
        let answers = match part {
            Part::One(one) => std::slice::from_ref(one),
            Part::ChangeSet(all) => all,
        };
        count += answers.len();
        stopped |= answers.iter().any(is_error);
        for answer in answers {
            let is_json = answer.header("content-type").is_some_and(|t| t.contains("/json"));
            if is_json && !answer.body.is_empty() {
                let json: Result<Json, _> = serde_json::from_slice(&answer.body);
                assert!(json.is_ok(), "{answer:?}");
            }
        }
    }
    assert!(given.len() == asked.len() || stopped && given.len() < asked.len(), "{line}");
    count
}

fn header(headers: &Json, name: &str) -> String {
    let headers = headers.as_array().unwrap().iter();
    let mut found = headers.filter(|pair| pair[0].as_str().unwrap().eq_ignore_ascii_case(name));
    found.next().and_then(|pair| pair[1].as_str()).unwrap_or_default().to_owned()
}

fn any_request() -> impl Strategy<Value = Request> {
    let headers = vec(("X-[A-Za-z]{1,8}", "[!-~]([ -~]{0,20}[!-~])?"), 0..3);
    let body = prop_oneof![Just(Vec::new()), vec(any::<u8>(), 1..40)];
    ("[1-9]", "(GET|POST|MERGE)", "[!-~]{1,20}", headers, body).prop_map(
        |(id, method, url, headers, body)| Request {
            id: Some(id),
            method,
            url,
            headers,
            body,
            depends_on: Vec::new(),
        },
    )
}

fn any_parts() -> impl Strategy<Value = Vec<Part<Request>>> {
    let part = prop_oneof![
        any_request().prop_map(Part::One),
        vec(any_request(), 1..4).prop_map(Part::ChangeSet),
    ];
    vec(part, 1..4)
}

/// Without what the writer adds.
fn plain(mut parts: Vec<Part<Request>>) -> Vec<Part<Request>> {
    for part in &mut parts {
        let requests = match part {
            Part::One(one) => std::slice::from_mut(one),
            Part::ChangeSet(all) => all,
        };
        for request in requests {
            request.headers.retain(|(name, _)| name != "Content-Length");
        }
    }
    parts
}

proptest! {
    #[test]
    fn multipart_is_read_back(parts in any_parts(), inner in any::<bool>()) {
        let ids = if inner { Ids::Inner } else { Ids::Outer };
        let written = write_requests(&parts, ids, "seed");
        let read = read_requests(&written.content_type, &written.body).unwrap();
        prop_assert_eq!(plain(read), parts);
    }

    #[test]
    fn answers_are_read_back(status in 100_u16..1000, body in vec(any::<u8>(), 0..40)) {
        let response = Response { id: None, status, headers: Headers::new(), body };
        let written = write_responses(&[Part::One(response.clone())], Ids::Outer, "seed");
        let read = read_responses(&written.content_type, &written.body).unwrap();
        let [Part::One(read)] = &read[..] else { panic!("{read:?}") };
        prop_assert_eq!((read.status, &read.body), (status, &response.body));
    }

    #[test]
    fn any_body_is_read_or_refused(
        body in "(--b|--c|-|\r\n|\n|HTTP/1.1 200 OK|Content-Type: multipart/mixed; boundary=c|A: b|[ -~]|\\PC){0,40}",
    ) {
        let mixed = "multipart/mixed; boundary=b";
        let _ = read_requests(mixed, body.as_bytes());
        let _ = read_responses(mixed, body.as_bytes());
        let _ = read_response(body.as_bytes());
        let _ = read_json_requests(&body);
        let _ = read_json_responses(&body);
        let _ = read_responses(&body, b"");
    }
}
