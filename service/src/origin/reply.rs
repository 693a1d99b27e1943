//! From an answer to what a request gets of it: all, a range, or the word that it is as it was.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use edm::DateTime;

use super::answer::{Answer, Kind, Meta};
use super::content::Content;
use super::{Code, OriginError, files_of};
use crate::app::App;
use crate::blob::{Conditions, ReadGuard, ReadRange, ReadVerdict, TagMatch, parse_http_date};

/// How long fragments may be kept, in seconds: a day. Where files are replaced, their fragments
/// have other tags.
const SEGMENT_AGE: i64 = 86_400;
/// How long manifests may be kept: filters and subtitles that are added are seen soon.
const MANIFEST_AGE: i64 = 30;
/// How long files may be kept.
const DOWNLOAD_AGE: i64 = 300;

const STREAMING_DURATION: HeaderName = HeaderName::from_static("x-ms-streaming-duration");

/// What a request gets of an answer.
pub(super) async fn reply(
    app: &App,
    (answer, content): &(Answer, Content),
    guard: Arc<ReadGuard>,
    head: &Parts,
) -> Result<Response, OriginError> {
    let meta = &answer.meta;
    let mut headers = HeaderMap::with_capacity(16);
    headers.insert(header::ETAG, meta.tag.clone());
    if let Some(value) = meta.modified.as_ref().and_then(|modified| modified.value.clone()) {
        headers.insert(header::LAST_MODIFIED, value);
    }
    headers.insert(header::CACHE_CONTROL, lifetime(answer));
    match verdict(meta, &head.headers) {
        ReadVerdict::Proceed => {}
        ReadVerdict::NotModified => {
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        ReadVerdict::Failed => {
            return Ok((StatusCode::PRECONDITION_FAILED, headers).into_response());
        }
    }
    headers.insert(header::CONTENT_TYPE, meta.content_type.clone());
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Some(duration) = meta.duration.clone() {
        headers.insert(STREAMING_DURATION, duration);
    }
    let is_get = head.method == Method::GET;
    let length = content.length();
    let wanted = if is_get { range(meta, &head.headers) } else { None };
    let (status, part) = match wanted {
        None => (StatusCode::OK, 0..length),
        Some(wanted) => match wanted.within(length) {
            Some(part) => (StatusCode::PARTIAL_CONTENT, part),
            None => return Ok(not_satisfiable(length)),
        },
    };
    if status == StatusCode::PARTIAL_CONTENT {
        headers.insert(header::CONTENT_RANGE, content_range(&part, length));
    }
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(part.end - part.start));
    let body = match is_get {
        true => content.body(app, guard, part, files_of(head)).await?,
        false => Body::empty(),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// `Cache-Control`: as long as the endpoint says, or else as lets a cache do its work.
fn lifetime(answer: &Answer) -> HeaderValue {
    let usual = match answer.meta.kind {
        Kind::Fragment | Kind::Init => SEGMENT_AGE,
        Kind::Manifest => MANIFEST_AGE,
        Kind::Download => DOWNLOAD_AGE,
    };
    let age = answer.endpoint.max_age.unwrap_or(usual);
    // Nothing is to be had of a cache when the locator has expired.
    let left = answer.locator.open.end.ticks().saturating_sub(DateTime::now().ticks());
    let age = age.min(left / edm::time::TICKS_PER_SECOND).max(0);
    // Shared caches know nothing of addresses that the endpoint serves.
    let scope = if answer.endpoint.is_restricted() { "private" } else { "public" };
    let value = HeaderValue::try_from(format!("{scope}, max-age={age}"));
    value.unwrap_or(HeaderValue::from_static("no-store"))
}

/// What the conditions of a request come to.
fn verdict(meta: &Meta, headers: &HeaderMap) -> ReadVerdict {
    const CONDITIONS: [HeaderName; 4] = [
        header::IF_MATCH,
        header::IF_NONE_MATCH,
        header::IF_MODIFIED_SINCE,
        header::IF_UNMODIFIED_SINCE,
    ];
    if !CONDITIONS.iter().any(|name| headers.contains_key(name)) {
        return ReadVerdict::Proceed;
    }
    let modified = meta.modified.as_ref().map(|modified| modified.at);
    Conditions::lenient(headers).check_read(tag_text(meta), modified)
}

/// The range that a request asks for, unless it is one of another version (RFC 9110 §13.1.5).
fn range(meta: &Meta, headers: &HeaderMap) -> Option<ReadRange> {
    let range = headers.get(header::RANGE)?;
    if let Some(condition) = headers.get(header::IF_RANGE) {
        let condition = condition.to_str().ok()?.trim();
        let same = match parse_http_date(condition) {
            // A date is as good as a tag only if it is the very same one.
            Some(date) => meta
                .modified
                .as_ref()
                .is_some_and(|modified| modified.at.as_second() == date.as_second()),
            None => {
                let tag = tag_text(meta).to_owned();
                TagMatch::strong(condition) == TagMatch::OneOf(vec![tag])
            }
        };
        if !same {
            return None;
        }
    }
    ReadRange::parse(range.to_str().ok()?)
}

/// The tag without quotes.
fn tag_text(meta: &Meta) -> &str {
    meta.tag.to_str().unwrap_or_default().trim_matches('"')
}

fn content_range(part: &Range<u64>, length: u64) -> HeaderValue {
    let last = part.end.saturating_sub(1);
    let value = HeaderValue::try_from(format!("bytes {}-{last}/{length}", part.start));
    // Numbers make a header.
    value.unwrap_or(HeaderValue::from_static("bytes */*"))
}

fn not_satisfiable(length: u64) -> Response {
    let error = OriginError::new(Code::StorageInvalidRange, "The range is past the end.");
    ([(header::CONTENT_RANGE, format!("bytes */{length}"))], error.into_response()).into_response()
}
