//! One request or answer as the text of HTTP.

use super::{BatchError, Headers, Request, Response, header};

/// What can be a part of a batch.
pub(super) trait Message: Sized {
    /// The first line.
    fn start(&self) -> String;
    fn parts(&self) -> (&Option<String>, &Headers, &[u8]);
    /// Takes a message; the problem with its first line otherwise.
    fn read(
        start: &str,
        id: Option<String>,
        headers: Headers,
        body: &[u8],
    ) -> Result<Self, &'static str>;
}

impl Message for Request {
    fn start(&self) -> String {
        format!("{} {} HTTP/1.1", self.method, self.url)
    }

    fn parts(&self) -> (&Option<String>, &Headers, &[u8]) {
        (&self.id, &self.headers, &self.body)
    }

    fn read(
        start: &str,
        id: Option<String>,
        headers: Headers,
        body: &[u8],
    ) -> Result<Self, &'static str> {
        const PROBLEM: &str = "the first line is not that of a request";
        let (method, rest) = start.split_once(' ').ok_or(PROBLEM)?;
        let (url, version) = rest.trim().rsplit_once(' ').ok_or(PROBLEM)?;
        if method.is_empty() || !version.starts_with("HTTP/") {
            return Err(PROBLEM);
        }
        let (method, url) = (method.to_owned(), url.trim().to_owned());
        Ok(Self { id, method, url, headers, body: body.to_vec(), depends_on: Vec::new() })
    }
}

impl Message for Response {
    fn start(&self) -> String {
        // The reason has no meaning, but its place must be there.
        format!("HTTP/1.1 {} {}", self.status, reason(self.status))
    }

    fn parts(&self) -> (&Option<String>, &Headers, &[u8]) {
        (&self.id, &self.headers, &self.body)
    }

    fn read(
        start: &str,
        id: Option<String>,
        headers: Headers,
        body: &[u8],
    ) -> Result<Self, &'static str> {
        let mut words = start.split_ascii_whitespace();
        let version = words.next().filter(|version| version.starts_with("HTTP/"));
        let status = words.next().and_then(|status| status.parse().ok());
        match (version, status) {
            (Some(_), Some(status @ 100..=999)) => {
                Ok(Self { id, status, headers, body: body.to_vec() })
            }
            _ => Err("the first line is not that of an answer"),
        }
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        412 => "Precondition Failed",
        424 => "Failed Dependency",
        428 => "Precondition Required",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        _ => "Other",
    }
}

/// Reads an answer that is in the body of another, as that of an asynchronous request is
/// (`application/http`).
///
/// # Errors
///
/// It is no answer.
pub fn read_response(text: &[u8]) -> Result<Response, BatchError> {
    read_message(text, None).map_err(|problem| BatchError::Part { part: 1, problem })
}

/// Reads one message; `outer` is the id that the part around it gives.
pub(super) fn read_message<T: Message>(
    text: &[u8],
    outer: Option<String>,
) -> Result<T, &'static str> {
    // Some services put an empty line before the first one.
    let text = &text[text.iter().take_while(|byte| byte.is_ascii_whitespace()).count()..];
    let (start, rest) = line(text);
    let start = std::str::from_utf8(start).map_err(|_| "the first line is not text")?;
    let (mut headers, rest) = read_headers(rest)?;
    let inner = header(&headers, "Content-ID").map(str::to_owned);
    headers.retain(|(name, _)| !name.eq_ignore_ascii_case("Content-ID"));
    let length = header(&headers, "Content-Length").and_then(|text| text.parse::<usize>().ok());
    // A length that is too long is wrong: services count what they then do not send.
    let body = length.and_then(|length| rest.get(..length)).unwrap_or(rest);
    T::read(start.trim(), inner.or(outer), headers, body)
}

/// Reads headers up to an empty line, and gives what follows it. A line that starts with a blank
/// goes on with the one before.
pub(super) fn read_headers(mut rest: &[u8]) -> Result<(Headers, &[u8]), &'static str> {
    let mut headers: Headers = Vec::new();
    while !rest.is_empty() {
        let (text, after) = line(rest);
        rest = after;
        if text.is_empty() {
            break;
        }
        let text = std::str::from_utf8(text).map_err(|_| "a header is not text")?;
        match (text.starts_with([' ', '\t']), headers.last_mut()) {
            (true, Some((_, value))) => {
                value.push(' ');
                value.push_str(text.trim());
            }
            (true, None) => return Err("a header goes on that did not start"),
            (false, _) => {
                let (name, value) = text.split_once(':').ok_or("a header has no colon")?;
                headers.push((name.trim().to_owned(), value.trim().to_owned()));
            }
        }
    }
    Ok((headers, rest))
}

/// The first line without its end, and what follows.
pub(super) fn line(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|byte| *byte == b'\n') {
        None => (text, &[]),
        Some(end) => (text[..end].strip_suffix(b"\r").unwrap_or(&text[..end]), &text[end + 1..]),
    }
}
