//! Request headers into values, and values into reply headers.

use std::collections::BTreeMap;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};
use uuid::Uuid;

use super::super::condition::{Conditions, TagMatch};
use super::super::model::{BlobInfo, BlobProperties, DEFAULT_CONTENT_TYPE, ETag, Md5};
use super::super::sas::LOCATOR_VERSION;
use super::error::ApiError;
use super::{Reply, ascii};

const METADATA_PREFIX: &str = "x-ms-meta-";

/// Most bytes of metadata, names and values together (Azure: "Setting and
/// retrieving properties and metadata for Blob service resources").
const MAX_METADATA: usize = 8 << 10;

/// Longest client request id that is echoed (same source).
const MAX_CLIENT_REQUEST_ID: usize = 1024;

/// The text of a header; an error if it is not ASCII.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, ApiError> {
    headers
        .get(name)
        .map(|value| value.to_str().map_err(|_| ApiError::invalid_header(name)))
        .transpose()
        .map(|value| value.map(str::trim).filter(|value| !value.is_empty()))
}

/// `Content-Length`.
pub(super) fn content_length(headers: &HeaderMap) -> Result<u64, ApiError> {
    let name = header::CONTENT_LENGTH;
    text(headers, name.as_str())?
        .ok_or_else(ApiError::length_required)?
        .parse()
        .map_err(|_| ApiError::invalid_header(name.as_str()))
}

/// An MD5 in base64.
pub(super) fn md5(headers: &HeaderMap, name: &str) -> Result<Option<Md5>, ApiError> {
    text(headers, name)?
        .map(|value| {
            STANDARD.decode(value).ok().and_then(|bytes| Md5::try_from(bytes).ok()).ok_or_else(
                || {
                    ApiError::new(
                        StatusCode::BAD_REQUEST,
                        "InvalidMd5",
                        format!("The value of {name} is not an MD5 in base64."),
                    )
                },
            )
        })
        .transpose()
}

/// The conditional headers. A date that cannot be read is no condition (RFC
/// 9110 §13.1.3).
pub(super) fn conditions(headers: &HeaderMap) -> Result<Conditions, ApiError> {
    let date = |name: HeaderName| {
        text(headers, name.as_str()).map(|value| value.and_then(parse_http_date))
    };
    Ok(Conditions {
        if_match: text(headers, header::IF_MATCH.as_str())?.map(TagMatch::strong),
        if_none_match: text(headers, header::IF_NONE_MATCH.as_str())?.map(TagMatch::weak),
        if_modified_since: date(header::IF_MODIFIED_SINCE)?,
        if_unmodified_since: date(header::IF_UNMODIFIED_SINCE)?,
    })
}

/// The properties given in `x-ms-blob-*` headers, with metadata.
pub(super) fn blob_properties(headers: &HeaderMap) -> Result<BlobProperties, ApiError> {
    let owned = |name| text(headers, name).map(|value| value.map(str::to_owned));
    Ok(BlobProperties {
        content_type: owned("x-ms-blob-content-type")?
            .unwrap_or_else(|| DEFAULT_CONTENT_TYPE.to_owned()),
        content_encoding: owned("x-ms-blob-content-encoding")?,
        content_language: owned("x-ms-blob-content-language")?,
        content_disposition: owned("x-ms-blob-content-disposition")?,
        cache_control: owned("x-ms-blob-cache-control")?,
        content_md5: md5(headers, "x-ms-blob-content-md5")?,
        metadata: metadata(headers)?,
    })
}

/// As [`blob_properties`] for Put Blob, where the standard headers of the body
/// count for what no `x-ms-blob-*` header says.
pub(super) fn body_properties(headers: &HeaderMap) -> Result<BlobProperties, ApiError> {
    let mut properties = blob_properties(headers)?;
    if !headers.contains_key("x-ms-blob-content-type")
        && let Some(content_type) = text(headers, "content-type")?
    {
        properties.content_type = content_type.to_owned();
    }
    for (field, name) in [
        (&mut properties.content_encoding, "content-encoding"),
        (&mut properties.content_language, "content-language"),
        (&mut properties.cache_control, "cache-control"),
    ] {
        if field.is_none() {
            *field = text(headers, name)?.map(str::to_owned);
        }
    }
    Ok(properties)
}

/// The user metadata. Header names arrive in lower case.
pub(super) fn metadata(headers: &HeaderMap) -> Result<BTreeMap<String, String>, ApiError> {
    let mut metadata = BTreeMap::new();
    let mut size = 0;
    for (name, value) in headers {
        let Some(key) = name.as_str().strip_prefix(METADATA_PREFIX) else {
            continue;
        };
        let value = value.to_str().ok().filter(|_| is_identifier(key)).ok_or_else(|| {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                "InvalidMetadata",
                "Metadata names must be identifiers and values ASCII.",
            )
        })?;
        size += key.len() + value.len();
        metadata.insert(key.to_owned(), value.to_owned());
    }
    if size > MAX_METADATA {
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "MetadataTooLarge",
            "The metadata is longer than 8 KiB.",
        ));
    }
    Ok(metadata)
}

fn is_identifier(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// `ETag` and `Last-Modified`.
pub(super) fn add_version(reply: &mut Reply, etag: &ETag, last_modified: Timestamp) {
    let headers = reply.headers_mut();
    headers.insert(header::ETAG, ascii(etag.quoted()));
    headers.insert(header::LAST_MODIFIED, ascii(http_date(last_modified)));
}

/// Everything a reply to Get Blob or Get Blob Properties says about the blob,
/// but `Content-Length`, `Content-MD5` and `Content-Range`.
pub(super) fn add_blob(reply: &mut Reply, blob: &BlobInfo) {
    add_version(reply, &blob.etag, blob.last_modified);
    let properties = &blob.properties;
    let headers = reply.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, Some(&properties.content_type)),
        (header::CONTENT_ENCODING, properties.content_encoding.as_ref()),
        (header::CONTENT_LANGUAGE, properties.content_language.as_ref()),
        (header::CONTENT_DISPOSITION, properties.content_disposition.as_ref()),
        (header::CACHE_CONTROL, properties.cache_control.as_ref()),
    ] {
        if let Some(value) = value {
            insert_stored(headers, name, value);
        }
    }
    for (name, value) in &properties.metadata {
        if let Ok(name) = HeaderName::try_from(format!("{METADATA_PREFIX}{name}")) {
            insert_stored(headers, name, value);
        }
    }
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // The type is what the uploader said, and a browser must not guess another.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert("x-ms-blob-type", HeaderValue::from_static("BlockBlob"));
    headers.insert("x-ms-lease-status", HeaderValue::from_static("unlocked"));
    headers.insert("x-ms-lease-state", HeaderValue::from_static("available"));
    headers.insert("x-ms-server-encrypted", HeaderValue::from_static("false"));
    headers.insert("x-ms-creation-time", ascii(http_date(blob.created)));
}

/// An MD5 as a header value.
pub(super) fn md5_value(md5: &Md5) -> HeaderValue {
    ascii(STANDARD.encode(md5))
}

/// Inserts text that came from a client or a caller. Text that makes no header
/// value is left out rather than spoil the reply.
pub(super) fn insert_stored(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// The headers of every reply. `Date` is added by the HTTP server.
pub(super) fn add_common(head: &Parts, request_id: Uuid, reply: &mut Reply) {
    let headers = reply.headers_mut();
    headers.insert("x-ms-request-id", ascii(request_id.to_string()));
    // Echoed as it came: known clients send versions that never existed.
    let version = head.headers.get("x-ms-version").cloned();
    headers.insert("x-ms-version", version.unwrap_or(HeaderValue::from_static(LOCATOR_VERSION)));
    if let Some(id) = head.headers.get("x-ms-client-request-id")
        && id.len() <= MAX_CLIENT_REQUEST_ID
    {
        headers.insert("x-ms-client-request-id", id.clone());
    }
}

/// An HTTP date (RFC 9110 §5.6.7).
pub(crate) fn http_date(time: Timestamp) -> String {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap_or_default()
}

/// Reads a date of HTTP.
pub(crate) fn parse_http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_round_trip() {
        let text = "Wed, 18 Feb 2015 16:45:53 GMT";
        assert_eq!(parse_http_date(text).map(http_date).as_deref(), Some(text));
        assert_eq!(parse_http_date("soon"), None);
    }

    #[test]
    fn metadata_names_are_identifiers() {
        let mut headers = HeaderMap::new();
        headers.insert("x-ms-meta-title", HeaderValue::from_static("a"));
        assert_eq!(metadata(&headers).map(|all| all.len()).ok(), Some(1));
        headers.insert("x-ms-meta-0-bad", HeaderValue::from_static("a"));
        assert!(metadata(&headers).is_err());
    }
}
