//! What every answer of the API must be.

use acceptance::{Call, Reply, Service, id_of};
use serde_json::Value as Json;

const LIGHT: &str = "application/json;odata=minimalmetadata;streaming=true;charset=utf-8";
pub(super) const VERBOSE: &str = "application/json;odata=verbose;charset=utf-8";

/// The headers that every answer of the API has.
#[track_caller]
pub(super) fn check_headers(reply: &Reply, version: &str) {
    for (name, value) in [
        ("cache-control", "no-cache"),
        ("server", "Microsoft-IIS/8.5"),
        ("x-content-type-options", "nosniff"),
        ("x-powered-by", "ASP.NET"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("access-control-expose-headers", "request-id, x-ms-request-id"),
        ("dataserviceversion", version),
    ] {
        assert_eq!(reply.header(name), value, "{name} of\n{reply}");
    }
    assert_eq!(reply.header("request-id").len(), 36, "{reply}");
    assert_eq!(reply.header("request-id"), reply.header("x-ms-request-id"), "{reply}");
    assert!(reply.header("date").ends_with(" GMT"), "{reply}");
    let (length, kind) = (reply.header("content-length"), reply.header("content-type"));
    if reply.status == 204 {
        assert!(reply.body.is_empty() && kind.is_empty(), "{reply}");
    } else {
        assert_eq!(length, reply.body.len().to_string(), "{reply}");
    }
}

/// Checks an answer in light JSON and returns it.
#[track_caller]
pub(super) fn light(reply: Reply, status: u16) -> Json {
    let reply = reply.expect(status).expect_header("content-type", LIGHT);
    check_headers(&reply, "3.0;");
    reply.json()
}

/// Checks an answer in verbose JSON and returns what is in `d`.
#[track_caller]
pub(super) fn verbose(reply: Reply, status: u16, version: &str) -> Json {
    let reply = reply.expect(status).expect_header("content-type", VERBOSE);
    check_headers(&reply, version);
    reply.json()["d"].clone()
}

#[track_caller]
pub(super) fn no_content(reply: Reply) {
    let reply = reply.expect(204);
    check_headers(&reply, "1.0;");
}

/// Checks what a create answers, and its `Location`.
#[track_caller]
pub(super) fn created(service: &Service, call: Call, set: &str, prefix: &str) -> Json {
    let reply = call.send();
    let location = reply.header("location").to_owned();
    let json = light(reply, 201);
    let id = id_of(&json);
    assert!(id.starts_with(prefix) && id.len() == prefix.len() + 36, "{id}");
    assert_eq!(location, format!("{}{set}('{}')", service.info.api, id.replace(':', "%3A")));
    assert_eq!(json["odata.metadata"], format!("{}$metadata#{set}/@Element", service.info.api));
    json
}

/// The names of the members, in their order on the wire.
pub(super) fn members(json: &Json) -> Vec<&str> {
    json.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Whether a text is a time with a fraction of this many digits, or none, and the given end.
pub(super) fn is_time(json: &Json, digits: std::ops::RangeInclusive<usize>, end: &str) -> bool {
    let text = json.as_str().unwrap();
    let (whole, rest) = text.split_at(19);
    let fraction = rest.strip_suffix(end).unwrap_or("x").trim_start_matches('.');
    whole.as_bytes()[10] == b'T'
        && fraction.bytes().all(|b| b.is_ascii_digit())
        && digits.contains(&fraction.len())
}
