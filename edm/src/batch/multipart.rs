//! `multipart/mixed` both ways.

use super::http::{Message, line, read_headers, read_message};
use super::{BatchError, MOST_PARTS, Part, Request, Response, header};

/// Where `Content-ID` stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// Among the headers of the request: what Microsoft's services read up to V3.
    Inner,
    /// Among those of the part around it: V4.
    Outer,
}

/// A batch as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The content type, with the boundary.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Prints requests. `seed` makes the boundaries unique; it consists of letters, digits and `-`.
pub fn write_requests(parts: &[Part<Request>], ids: Ids, seed: &str) -> Written {
    write(parts, ids, seed, "")
}

/// Prints answers. `seed` makes the boundaries unique; it consists of letters, digits and `-`.
pub fn write_responses(parts: &[Part<Response>], ids: Ids, seed: &str) -> Written {
    write(parts, ids, seed, "response")
}

/// Services insist on boundaries that start with `batch` and `changeset`.
fn write<T: Message>(parts: &[Part<T>], ids: Ids, seed: &str, suffix: &str) -> Written {
    let mut seed = seed.to_owned();
    let messages = || {
        parts.iter().flat_map(|part| match part {
            Part::One(message) => std::slice::from_ref(message),
            Part::ChangeSet(messages) => messages,
        })
    };
    while messages().any(|message| mentions(message, &seed)) {
        seed.push('0');
    }
    let outer = format!("batch{suffix}_{seed}");
    let mut body = Vec::new();
    for (position, part) in parts.iter().enumerate() {
        push(&mut body, &["--", &outer, "\r\n"]);
        match part {
            Part::One(message) => write_part(&mut body, message, ids),
            Part::ChangeSet(messages) => {
                let inner = format!("changeset{suffix}_{seed}_{position}");
                push(&mut body, &["Content-Type: multipart/mixed; boundary=", &inner, "\r\n\r\n"]);
                for message in messages {
                    push(&mut body, &["--", &inner, "\r\n"]);
                    write_part(&mut body, message, ids);
                }
                push(&mut body, &["--", &inner, "--\r\n"]);
            }
        }
    }
    push(&mut body, &["--", &outer, "--\r\n"]);
    Written { content_type: format!("multipart/mixed; boundary={outer}"), body }
}

/// Whether a line of a message could be taken for a boundary: one of its body, its first, or that
/// of a header.
fn mentions<T: Message>(message: &T, seed: &str) -> bool {
    let (_, headers, body) = message.parts();
    let is_taken = |line: &str| line.starts_with("--") && line.contains(seed);
    contains(body, seed.as_bytes())
        || is_taken(&message.start())
        || headers.iter().any(|(name, _)| is_taken(name))
}

fn contains(text: &[u8], seed: &[u8]) -> bool {
    !seed.is_empty() && text.windows(seed.len()).any(|window| window == seed)
}

fn push(body: &mut Vec<u8>, texts: &[&str]) {
    for text in texts {
        body.extend_from_slice(text.as_bytes());
    }
}

fn write_part<T: Message>(body: &mut Vec<u8>, message: &T, ids: Ids) {
    let (id, headers, content) = message.parts();
    push(body, &["Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"]);
    let id = id.as_deref().map(|id| format!("Content-ID: {}\r\n", one_line(id)));
    let (outer, inner) = match ids {
        Ids::Outer => (id, None),
        Ids::Inner => (None, id),
    };
    push(body, &[&outer.unwrap_or_default(), "\r\n", &one_line(&message.start()), "\r\n"]);
    for (name, value) in headers {
        push(body, &[&one_line(name), ": ", &one_line(value), "\r\n"]);
    }
    push(body, &[&inner.unwrap_or_default()]);
    if !content.is_empty() && header(headers, "Content-Length").is_none() {
        push(body, &[&format!("Content-Length: {}\r\n", content.len())]);
    }
    push(body, &["\r\n"]);
    body.extend_from_slice(content);
    push(body, &["\r\n"]);
}

/// A text in which nothing can end the line: a value must not add headers of its own.
fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// Reads requests, as a service gets them.
///
/// # Errors
///
/// The content type is not that of a batch, or the body is none.
pub fn read_requests(content_type: &str, body: &[u8]) -> Result<Vec<Part<Request>>, BatchError> {
    read(content_type, body)
}

/// Reads answers, as a client gets them.
///
/// # Errors
///
/// The content type is not that of a batch, or the body is none.
pub fn read_responses(content_type: &str, body: &[u8]) -> Result<Vec<Part<Response>>, BatchError> {
    read(content_type, body)
}

fn read<T: Message>(content_type: &str, body: &[u8]) -> Result<Vec<Part<T>>, BatchError> {
    let boundary = boundary(content_type)
        .ok_or_else(|| BatchError::ContentType(crate::value::shorten(content_type)))?;
    let mut count = 0;
    let mut parts = Vec::new();
    for text in split(body, &boundary)? {
        parts.push(read_part(text, &mut count)?);
    }
    Ok(parts)
}

fn read_part<T: Message>(text: &[u8], count: &mut usize) -> Result<Part<T>, BatchError> {
    let (part, content) = headers(text, count)?;
    let Some(inner) = header(&part, "Content-Type").and_then(boundary) else {
        return message(&part, content, *count).map(Part::One);
    };
    *count -= 1;
    let mut messages = Vec::new();
    for text in split(content, &inner)? {
        let (part, content) = headers(text, count)?;
        messages.push(message(&part, content, *count)?);
    }
    Ok(Part::ChangeSet(messages))
}

/// The headers of the next part.
fn headers<'a>(
    text: &'a [u8],
    count: &mut usize,
) -> Result<(super::Headers, &'a [u8]), BatchError> {
    *count += 1;
    if *count > MOST_PARTS {
        return Err(BatchError::TooMany);
    }
    read_headers(text).map_err(|problem| BatchError::Part { part: *count, problem })
}

fn message<T: Message>(
    part: &[(String, String)],
    content: &[u8],
    number: usize,
) -> Result<T, BatchError> {
    let error = |problem| BatchError::Part { part: number, problem };
    let content_type = header(part, "Content-Type").unwrap_or("application/http");
    let content_type = content_type.split(';').next().unwrap_or_default().trim();
    if !content_type.eq_ignore_ascii_case("application/http") {
        return Err(error("neither a message nor a change set"));
    }
    read_message(content, header(part, "Content-ID").map(str::to_owned)).map_err(error)
}

/// The boundary of a content type, if it is `multipart/…` with one.
fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        let is_boundary = name.trim().eq_ignore_ascii_case("boundary") && !value.is_empty();
        is_boundary.then(|| value.to_owned())
    })
}

/// The texts between the boundaries of a body, without the line end before a boundary.
fn split<'a>(body: &'a [u8], boundary: &str) -> Result<Vec<&'a [u8]>, BatchError> {
    let delimiter = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut start = None;
    let mut rest = body;
    while !rest.is_empty() {
        let at = body.len() - rest.len();
        let (text, after) = line(rest);
        rest = after;
        let Some(tail) = text.strip_prefix(delimiter.as_bytes()) else { continue };
        let (is_last, padding) = match tail.strip_prefix(b"--") {
            Some(padding) => (true, padding),
            None => (false, tail),
        };
        if !padding.iter().all(u8::is_ascii_whitespace) {
            // A longer boundary: that of another multipart.
            continue;
        }
        if let Some(start) = start {
            if parts.len() == MOST_PARTS {
                return Err(BatchError::TooMany);
            }
            let text: &[u8] = body.get(start..at).unwrap_or_default();
            let text = text.strip_suffix(b"\n").unwrap_or(text);
            parts.push(text.strip_suffix(b"\r").unwrap_or(text));
        }
        if is_last {
            return Ok(parts);
        }
        start = Some(body.len() - rest.len());
    }
    Err(BatchError::CutOff)
}
