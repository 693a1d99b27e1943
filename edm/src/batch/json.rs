//! JSON batches, V4.01, both ways.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};

use super::{BatchError, Headers, MOST_PARTS, Part, Request, Response, header};

type Object = BTreeMap<String, Box<RawValue>>;

/// Prints requests. Each gets the id that it has, or else its number; those of a change set form
/// an atomicity group.
pub fn write_json_requests(parts: &[Part<Request>]) -> String {
    let mut number = 0;
    let mut request = |request: &Request, group: Option<usize>| {
        number += 1;
        let mut members = vec![
            ("id", quote(request.id.as_deref().unwrap_or(&number.to_string()))),
            ("method", quote(&request.method.to_ascii_lowercase())),
            ("url", quote(&request.url)),
        ];
        if let Some(group) = group {
            members.push(("atomicityGroup", quote(&json_group(group))));
        }
        if !request.depends_on.is_empty() {
            members.push(("dependsOn", json!(request.depends_on).to_string()));
        }
        content(&mut members, &request.headers, &request.body);
        object(&members)
    };
    list("requests", parts, &mut request)
}

/// Prints answers; those of a change set name their group.
pub fn write_json_responses(parts: &[Part<Response>]) -> String {
    let mut number = 0;
    let mut response = |response: &Response, group: Option<usize>| {
        number += 1;
        let mut members = vec![
            ("id", quote(response.id.as_deref().unwrap_or(&number.to_string()))),
            ("status", response.status.to_string()),
        ];
        if let Some(group) = group {
            members.push(("atomicityGroup", quote(&json_group(group))));
        }
        content(&mut members, &response.headers, &response.body);
        object(&members)
    };
    list("responses", parts, &mut response)
}

/// The name of the atomicity group that a part is in a JSON batch, by its place: for
/// [`Request::depends_on`] of requests in other parts.
pub fn json_group(part: usize) -> String {
    format!("g{part}")
}

fn list<T>(
    name: &str,
    parts: &[Part<T>],
    print: &mut impl FnMut(&T, Option<usize>) -> String,
) -> String {
    let mut entries = Vec::new();
    for (group, part) in parts.iter().enumerate() {
        match part {
            Part::One(message) => entries.push(print(message, None)),
            Part::ChangeSet(messages) => {
                entries.extend(messages.iter().map(|message| print(message, Some(group))));
            }
        }
    }
    format!("{{\"{name}\":[{}]}}", entries.join(","))
}

fn quote(text: &str) -> String {
    Json::from(text).to_string()
}

fn object(members: &[(&str, String)]) -> String {
    let members: Vec<String> =
        members.iter().map(|(name, json)| format!("\"{name}\":{json}")).collect();
    format!("{{{}}}", members.join(","))
}

/// Headers and body: JSON as it is, text as text, and other bytes in base64url.
fn content(members: &mut Vec<(&'static str, String)>, headers: &Headers, body: &[u8]) {
    if !headers.is_empty() {
        let headers: Map<String, Json> = (headers.iter())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str().into()))
            .collect();
        members.push(("headers", Json::Object(headers).to_string()));
    }
    if body.is_empty() {
        return;
    }
    let text = std::str::from_utf8(body).ok();
    let json = match (kind(headers), text) {
        // The text itself, so that no digit of a number is lost.
        (Kind::Json, Some(text)) if serde_json::from_str::<&RawValue>(text).is_ok() => {
            text.to_owned()
        }
        (Kind::Text, Some(text)) => quote(text),
        _ => quote(&URL_SAFE_NO_PAD.encode(body)),
    };
    members.push(("body", json));
}

/// How a body stands in a JSON batch.
#[derive(PartialEq)]
enum Kind {
    Json,
    Text,
    Binary,
}

/// By the content type; without one it is JSON.
fn kind(headers: &[(String, String)]) -> Kind {
    let Some(content_type) = header(headers, "content-type") else { return Kind::Json };
    let name = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match name.as_str() {
        "application/json" => Kind::Json,
        name if name.ends_with("+json") => Kind::Json,
        name if name.starts_with("text/") => Kind::Text,
        _ => Kind::Binary,
    }
}

/// Reads requests, as a service gets them.
///
/// # Errors
///
/// The text is not a JSON batch.
pub fn read_json_requests(text: &str) -> Result<Vec<Part<Request>>, BatchError> {
    let one = |entry: &Object, number: usize| {
        let depends_on = entry.get("dependsOn").map(|raw| serde_json::from_str(raw.get()));
        let (headers, body) = read_content(entry)?;
        let part = |problem| BatchError::Part { part: number, problem };
        Ok(Request {
            id: Some(string(entry, "id").ok_or_else(|| part("it has no id"))?),
            method: string(entry, "method").ok_or_else(|| part("it has no method"))?.to_uppercase(),
            url: string(entry, "url").ok_or_else(|| part("it has no url"))?,
            headers,
            body,
            depends_on: depends_on.transpose().map_err(json_error)?.unwrap_or_default(),
        })
    };
    read("requests", text, one)
}

/// Reads answers, as a client gets them; in any order.
///
/// # Errors
///
/// The text is not a JSON batch.
pub fn read_json_responses(text: &str) -> Result<Vec<Part<Response>>, BatchError> {
    let one = |entry: &Object, number: usize| {
        let status = entry.get("status").and_then(|raw| raw.get().trim_matches('"').parse().ok());
        let status = status.filter(|status| (100..1000).contains(status));
        let problem = "it has no status";
        let status = status.ok_or(BatchError::Part { part: number, problem })?;
        let (headers, body) = read_content(entry)?;
        Ok(Response { id: string(entry, "id"), status, headers, body })
    };
    read("responses", text, one)
}

fn json_error(error: serde_json::Error) -> BatchError {
    BatchError::Json(error.to_string())
}

fn read<T>(
    name: &str,
    text: &str,
    one: impl Fn(&Object, usize) -> Result<T, BatchError>,
) -> Result<Vec<Part<T>>, BatchError> {
    let batch: Object = serde_json::from_str(text).map_err(json_error)?;
    let entries = batch.get(name).ok_or_else(|| BatchError::Json(format!("no '{name}'")))?;
    let entries: Vec<Object> = serde_json::from_str(entries.get()).map_err(json_error)?;
    if entries.len() > MOST_PARTS {
        return Err(BatchError::TooMany);
    }
    let mut parts: Vec<Part<T>> = Vec::new();
    // Where the change set of a group is.
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for (position, entry) in entries.iter().enumerate() {
        let message = one(entry, position + 1)?;
        let Some(group) = string(entry, "atomicityGroup") else {
            parts.push(Part::One(message));
            continue;
        };
        match groups.get(&group).and_then(|at| parts.get_mut(*at)) {
            Some(Part::ChangeSet(messages)) => messages.push(message),
            _ => {
                groups.insert(group, parts.len());
                parts.push(Part::ChangeSet(vec![message]));
            }
        }
    }
    Ok(parts)
}

/// A member that is a text, or a number where a text is due.
fn string(entry: &Object, name: &str) -> Option<String> {
    match serde_json::from_str(entry.get(name)?.get()).ok()? {
        Json::String(text) => Some(text),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn read_content(entry: &Object) -> Result<(Headers, Vec<u8>), BatchError> {
    let mut headers = Headers::new();
    if let Some(raw) = entry.get("headers").filter(|raw| raw.get() != "null") {
        let members: Map<String, Json> = serde_json::from_str(raw.get()).map_err(json_error)?;
        for (name, value) in members {
            let text = match value {
                Json::String(text) => text,
                other => other.to_string(),
            };
            headers.push((name, text));
        }
    }
    let Some(raw) = entry.get("body").filter(|raw| raw.get() != "null") else {
        return Ok((headers, Vec::new()));
    };
    let kind = kind(&headers);
    let text: Option<String> = serde_json::from_str(raw.get()).ok();
    let body = match (kind, text) {
        (Kind::Json, _) | (_, None) => raw.get().as_bytes().to_vec(),
        (Kind::Text, Some(text)) => text.into_bytes(),
        (Kind::Binary, Some(text)) => {
            let digits = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
            // What is not base64 is text all the same.
            URL_SAFE_NO_PAD.decode(digits).unwrap_or_else(|_| text.into_bytes())
        }
    };
    Ok((headers, body))
}
