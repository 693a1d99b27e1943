//! Batches that are none, and those that go to the limits.

use acceptance::{Service, batch_parts};

use crate::batches::{answers, change_set, part, send};

/// The message of an error in XML, which is what who accepts `multipart/mixed` gets.
#[track_caller]
fn message(reply: &acceptance::Reply) -> String {
    assert_eq!(reply.header("content-type"), "application/xml;charset=utf-8", "{reply}");
    let elements = acceptance::elements(reply.text());
    let found = elements.iter().find(|element| element.name == "message");
    found.unwrap_or_else(|| panic!("{reply}")).text.clone()
}

#[test]
fn layouts_that_clients_are_careless_with() {
    let service = Service::shared();
    let good = change_set(&[part("POST", "Assets", "1", r#"{"Name":"careless"}"#)]);
    let post = |content_type: &str, body: &str| {
        let call = service.api.call("POST", "$batch").header("content-type", content_type);
        call.body(body).send()
    };
    let crlf = good.replace('\n', "\r\n");
    for (content_type, body) in [
        ("multipart/mixed; boundary=batch_1", good.clone()),
        ("multipart/mixed; boundary=batch_1", crlf.clone()),
        ("multipart/mixed;boundary=\"batch_1\"", good.clone()),
        ("Multipart/Mixed; charset=utf-8; Boundary=\"batch_1\"", good.clone()),
        // Without the last line end; with text around; with the id among the part's headers.
        ("multipart/mixed; boundary=batch_1", crlf.trim_end().to_owned()),
        ("multipart/mixed; boundary=batch_1", format!("preamble\n{good}\nepilogue")),
        (
            "multipart/mixed; boundary=batch_1",
            good.replace("Content-ID: 1\n", "").replace("binary\n", "binary\nContent-ID: 1\n"),
        ),
        ("multipart/mixed; boundary=batch_1", good.replace("mixed; boundary", "mixed;\n boundary")),
        (
            "multipart/mixed; boundary=batch_1",
            good.replace("boundary=changeset_1", "boundary=\"changeset_1\""),
        ),
    ] {
        let parts = batch_parts(&post(content_type, &body));
        assert_eq!((parts.len(), parts[0].status), (1, 201), "{content_type}\n{body}");
        assert_eq!(parts[0].header("content-id"), "1");
    }
}

#[test]
fn batches_that_are_none() {
    let service = Service::shared();
    let good = change_set(&[part("POST", "Assets", "1", r#"{"Name":"none"}"#)]);
    let nested = good.replace(
        "--changeset_1\nContent-Type: application/http",
        "--changeset_1\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: application/http",
    );
    for body in [
        String::new(),
        "{}".to_owned(),
        good.replace("batch_1", "batch_2"),
        good.replace("--batch_1--", ""),
        good.replace("--changeset_1--", ""),
        good[..good.len() / 2].to_owned(),
        good.replace("application/http", "text/plain"),
        good.replace(" HTTP/1.1", ""),
        good.replace("POST Assets HTTP/1.1", ""),
        good.replace("Content-ID: 1", "Content-ID 1"),
        nested,
    ] {
        let reply = send(service, &body).expect(400);
        assert!(message(&reply).len() > 10, "{reply}");
    }
    let post = |content_type: &str| {
        let call = service.api.call("POST", "$batch").header("content-type", content_type);
        call.header("accept", "multipart/mixed").body(good.clone()).send()
    };
    for content_type in ["multipart/mixed", "multipart/mixed; boundary=", "multipart/mixed; x=y"] {
        message(&post(content_type).expect(400));
    }
    for content_type in ["application/json", "text/plain", "multipart/form-data; boundary=batch_1"]
    {
        message(&post(content_type).expect(415));
    }
    // An error has the format that is asked for.
    let light = service.api.call("POST", "$batch").header("content-type", "multipart/mixed");
    let light = light.body(good.clone()).send().expect(400);
    assert!(!acceptance::error_message(&light).is_empty());
    service.api.get("$batch").send().expect(405);
    let unauthorized = service.api.call("POST", "$batch").without("authorization");
    unauthorized.body(good).send().expect(401);
}

#[test]
fn batches_that_are_too_large() {
    let service = Service::shared();
    let parts: Vec<_> = (0..1001).map(|id| part("DELETE", "Assets", &id.to_string(), "")).collect();
    assert!(message(&send(service, &change_set(&parts)).expect(400)).contains("1000"));
    let huge = format!(r#"{{"Name":"{}"}}"#, "x".repeat(9 << 20));
    send(service, &change_set(&[part("POST", "Assets", "1", &huge)])).expect(413);
    // Many boundaries, none of which begins a part.
    let body = "--batch_1\n".repeat(100_000);
    send(service, &body).expect(400);
}

#[test]
fn what_goes_wrong_inside_has_the_format_of_its_part() {
    let service = Service::shared();
    let verbose = part("POST", "Nothing", "1", "{}")
        .replace("Accept: application/json\n", "Accept: application/json;odata=verbose\n");
    let unsupported =
        part("POST", "Assets", "1", "{}").replace("application/json;odata=verbose", "text/plain");
    let version = part("POST", "Assets", "1", "{}")
        .replace("DataServiceVersion: 1.0", "DataServiceVersion: 9");
    for (part, status, expected) in [
        (verbose, 404, r#"{"error":"#),
        (unsupported, 415, r#"{"odata.error":"#),
        (version, 400, r#"{"odata.error":"#),
    ] {
        let answers = answers(service, &change_set(&[part]));
        assert_eq!(answers[0].status, status, "{answers:?}");
        assert!(answers[0].body.starts_with(expected), "{answers:?}");
    }
}
