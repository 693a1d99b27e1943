//! What a request asks for in its headers: format, versions, verb.
//!
//! The rules are those that Microsoft's WCF Data Services was seen to follow.

use axum::http::{HeaderMap, StatusCode};
use edm::json::{DateStyle, Layout, Metadata};
use edm::version::{Version, VersionError};

use crate::error::ApiError;
use crate::versions::ApiVersion;

/// The format of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResponseFormat {
    /// JSON, light or verbose.
    Json(Layout),
    /// Atom, or the XML of what is no entity.
    Atom,
}

/// What a response is about, which decides the media types that there are for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// An entity.
    Entry,
    /// A page of entities.
    Feed,
    /// Anything else.
    Other,
}

/// What a payload is made of: it decides the version of a response and how it prints points in
/// time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payload {
    /// An entity, or several; whether their type has collections.
    Entity { collections: bool },
    /// A page of entities; whether their type has collections.
    Feed { collections: bool },
    /// Anything else; whether it is a collection.
    Value { collection: bool },
}

impl ResponseFormat {
    pub(super) const LIGHT: Self = Self::Json(Layout::Light(Metadata::Minimal));
    const VERBOSE: Self = Self::Json(Layout::Verbose);

    /// Reads `Accept`, or `$format`, which is stronger.
    pub(super) fn negotiate(
        headers: &HeaderMap,
        format_option: Option<&str>,
        subject: Subject,
    ) -> Result<Self, ApiError> {
        Self::choose(headers, format_option, subject, max_version(headers)?)
            .ok_or_else(unsupported_media_type)
    }

    fn choose(
        headers: &HeaderMap,
        format_option: Option<&str>,
        subject: Subject,
        max_version: Version,
    ) -> Option<Self> {
        let plain = if max_version < Version::V3 { Self::VERBOSE } else { Self::LIGHT };
        match format_option {
            Some("json") => return Some(plain),
            Some("verbosejson") => return Some(Self::VERBOSE),
            Some("atom") => return Some(Self::Atom),
            Some("xml") if subject == Subject::Other => return Some(Self::Atom),
            Some(_) => return None,
            None => {}
        }
        let accepted = accept_ranges(headers);
        accepted.iter().find_map(|range| Self::of_range(range, plain, subject))
    }

    fn of_range(range: &str, plain: Self, subject: Subject) -> Option<Self> {
        let mut parts = range.split(';').map(str::trim);
        let media_type = parts.next()?;
        let odata = parts.find_map(|part| part.strip_prefix("odata="));
        let light = |metadata| Some(Self::Json(Layout::Light(metadata)));
        match (media_type, odata) {
            ("*/*" | "*" | "application/*" | "application/atom+xml", _) => Some(Self::Atom),
            ("application/xml" | "text/xml" | "application/atomsvc+xml", _)
                if subject == Subject::Other =>
            {
                Some(Self::Atom)
            }
            ("application/json", None) => Some(plain),
            ("application/json", Some("verbose")) => Some(Self::VERBOSE),
            ("application/json", Some("minimalmetadata")) => light(Metadata::Minimal),
            ("application/json", Some("nometadata")) => light(Metadata::None),
            ("application/json", Some("fullmetadata")) => light(Metadata::Full),
            _ => None,
        }
    }

    /// The format of an error, for a request whose own format may be what is wrong with it: that
    /// which it accepts, XML if it accepts none that there is.
    pub(super) fn of_error(headers: &HeaderMap) -> Self {
        let version = max_version(headers).unwrap_or(Version::V3);
        Self::choose(headers, None, Subject::Other, version).unwrap_or(Self::Atom)
    }

    pub(super) const fn content_type(self, subject: Subject) -> &'static str {
        match (self, subject) {
            (Self::Atom, Subject::Entry) => "application/atom+xml;type=entry;charset=utf-8",
            (Self::Atom, Subject::Feed) => "application/atom+xml;type=feed;charset=utf-8",
            (Self::Atom, Subject::Other) => "application/xml;charset=utf-8",
            (Self::Json(Layout::Verbose), _) => "application/json;odata=verbose;charset=utf-8",
            (Self::Json(Layout::Light(Metadata::None)), _) => {
                "application/json;odata=nometadata;streaming=true;charset=utf-8"
            }
            (Self::Json(Layout::Light(Metadata::Minimal)), _) => {
                "application/json;odata=minimalmetadata;streaming=true;charset=utf-8"
            }
            (Self::Json(Layout::Light(Metadata::Full)), _) => {
                "application/json;odata=fullmetadata;streaming=true;charset=utf-8"
            }
        }
    }

    /// The `DataServiceVersion` of a response: the lowest that its payload needs.
    pub(super) fn version(self, payload: Payload, selected: bool) -> Version {
        match (self, payload) {
            (Self::Json(Layout::Light(_)), _) => Version::V3,
            (
                _,
                Payload::Entity { collections: true }
                | Payload::Feed { collections: true }
                | Payload::Value { collection: true },
            ) => Version::V3,
            (_, Payload::Value { .. }) => Version::V1,
            _ if selected => Version::V3,
            (_, Payload::Entity { .. }) => Version::V1,
            (_, Payload::Feed { .. }) => Version::V2,
        }
    }

    /// How a response of a version prints points in time; what was just made, exactly.
    pub(super) const fn date_style(self, version: Version, just_made: bool) -> DateStyle {
        match (self, version) {
            (Self::Json(_), Version::V1 | Version::V2) => DateStyle::Epoch,
            _ if just_made => DateStyle::Exact,
            _ => DateStyle::Stored,
        }
    }
}

/// The media types that a client accepts, best first, in lower case.
fn accept_ranges(headers: &HeaderMap) -> Vec<String> {
    let accept = text(headers, "accept").filter(|accept| !accept.trim().is_empty());
    let accept = accept.unwrap_or("*/*").to_ascii_lowercase();
    let quality = |range: &str| -> f32 {
        let parameters = range.split(';').skip(1);
        let quality = parameters.filter_map(|part| part.trim().strip_prefix("q=")).last();
        quality.and_then(|text| text.trim().parse().ok()).unwrap_or(1.0)
    };
    let ranges = accept.split(',').map(|range| (quality(range), range.trim().to_owned()));
    let mut ranges: Vec<_> = ranges.filter(|(quality, _)| *quality > 0.0).collect();
    // Among equals the order counts.
    ranges.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    ranges.into_iter().map(|(_, range)| range).collect()
}

/// Checks that a client accepts one of the media types that a resource has.
pub(super) fn check_accepts(headers: &HeaderMap, media_types: &[&str]) -> Result<(), ApiError> {
    let fits = |range: &String| {
        let media_type = range.split(';').next().unwrap_or_default().trim();
        matches!(media_type, "*/*" | "*") || media_types.contains(&media_type)
    };
    if accept_ranges(headers).iter().any(fits) { Ok(()) } else { Err(unsupported_media_type()) }
}

fn unsupported_media_type() -> ApiError {
    let message = "Unsupported media type requested.";
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
}

/// The highest version that the client understands.
pub(super) fn max_version(headers: &HeaderMap) -> Result<Version, ApiError> {
    let header = text(headers, "maxdataserviceversion").unwrap_or("3.0");
    match Version::parse(header) {
        Ok(version) => Ok(version),
        Err(VersionError::TooHigh(_)) => Ok(Version::V3),
        Err(VersionError::Malformed(junk)) => Err(malformed(&junk)),
    }
}

/// Checks the version that the client says its request is in.
pub(super) fn check_version(headers: &HeaderMap) -> Result<(), ApiError> {
    match text(headers, "dataserviceversion").map(Version::parse) {
        None | Some(Ok(_)) => Ok(()),
        Some(Err(VersionError::TooHigh(version))) => Err(ApiError::bad_request(format!(
            "Request version '{version}' is too high for the server. Please specify a request \
             version less than or equal to '3.0'."
        ))),
        Some(Err(VersionError::Malformed(junk))) => Err(malformed(&junk)),
    }
}

fn malformed(junk: &str) -> ApiError {
    let message = format!("The value '{junk}' is not valid. Please specify a valid version value.");
    ApiError::bad_request(message)
}

/// The format of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyFormat {
    /// JSON. Light and verbose need not be told apart: what only one of them has is taken in both,
    /// as clients send it.
    Json,
    /// Atom, or the XML of what is no entity.
    Xml,
}

/// Reads `Content-Type`.
pub(super) fn body_format(headers: &HeaderMap) -> Result<BodyFormat, ApiError> {
    let content_type = text(headers, "content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    match media_type.to_ascii_lowercase().as_str() {
        "application/json" => Ok(BodyFormat::Json),
        "application/atom+xml" | "application/xml" | "text/xml" => Ok(BodyFormat::Xml),
        _ => Err(unsupported_media_type()),
    }
}

/// The version of the service that the client was written for: a header, or an option of the query
/// for browsers.
pub(super) fn api_version(
    headers: &HeaderMap,
    query_option: Option<&str>,
) -> Result<ApiVersion, ApiError> {
    let version = text(headers, "x-ms-version").or(query_option);
    version.and_then(ApiVersion::named).ok_or_else(|| {
        let given = version.map_or("none".to_owned(), |version| format!("'{version}'"));
        ApiError::bad_request(format!(
            "The header x-ms-version must name a version from 2.0 to {}; found {given}.",
            ApiVersion::LATEST
        ))
    })
}

/// The verb: that of the request, or that which a POST says it stands for.
pub(super) fn method(method: &str, headers: &HeaderMap) -> String {
    let method = method.to_ascii_uppercase();
    match text(headers, "x-http-method").or_else(|| text(headers, "x-http-method-override")) {
        Some(tunnelled) if method == "POST" => tunnelled.trim().to_ascii_uppercase(),
        _ => method,
    }
}

/// A header as text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (axum::http::HeaderName::from_static(name), value.parse().unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    fn accept(accept: &'static str, subject: Subject) -> Option<&'static str> {
        ResponseFormat::negotiate(&headers(&[("accept", accept)]), None, subject)
            .map(|format| format.content_type(subject))
            .ok()
    }

    #[test]
    fn accept_chooses_the_format() {
        let minimal = Some("application/json;odata=minimalmetadata;streaming=true;charset=utf-8");
        let verbose = Some("application/json;odata=verbose;charset=utf-8");
        let entry = Some("application/atom+xml;type=entry;charset=utf-8");
        let xml = Some("application/xml;charset=utf-8");
        for (header, of_entry, of_value) in [
            ("application/json", minimal, minimal),
            ("application/json;odata=minimalmetadata;streaming=true", minimal, minimal),
            ("application/json, text/plain, */*", minimal, minimal),
            ("APPLICATION/JSON; odata=verbose", verbose, verbose),
            ("application/json;odata=light", None, None),
            ("application/json;odata=light, application/json;odata=verbose", verbose, verbose),
            ("text/html", None, None),
            ("application/xml", None, xml),
            ("application/atom+xml,application/xml", entry, xml),
            ("", entry, xml),
            ("*/*", entry, xml),
            ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", entry, xml),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", entry, xml),
            ("*/*;q=0.1, application/json;q=0.5", minimal, minimal),
            ("application/json;q=0, */*;q=0.5", entry, xml),
        ] {
            assert_eq!(accept(header, Subject::Entry), of_entry, "{header}");
            assert_eq!(accept(header, Subject::Other), of_value, "{header}");
        }
        let old = headers(&[("accept", "application/json"), ("maxdataserviceversion", "2.0")]);
        let format = ResponseFormat::negotiate(&old, None, Subject::Feed).unwrap();
        assert_eq!(format, ResponseFormat::VERBOSE);
        let junk = headers(&[("accept", "application/json"), ("maxdataserviceversion", "x")]);
        assert_eq!(ResponseFormat::of_error(&junk), ResponseFormat::LIGHT);
        assert_eq!(ResponseFormat::of_error(&HeaderMap::new()), ResponseFormat::Atom);
    }

    #[test]
    fn versions_are_checked() {
        let api = |version| api_version(&headers(&[("x-ms-version", version)]), None).is_ok();
        assert!(api("2.0") && api("2.19"));
        assert!(!api("2.20") && !api("3.0") && !api("2") && !api(""));
        assert!(api_version(&HeaderMap::new(), Some("2.11")).is_ok());
        assert!(api_version(&HeaderMap::new(), None).is_err());
        let version = |version| check_version(&headers(&[("dataserviceversion", version)])).is_ok();
        assert!(version("1.0;NetFx") && version("3.0"));
        assert!(!version("4.0") && !version("0.9") && !version("x"));
    }

    #[test]
    fn a_post_may_stand_for_another_verb() {
        let merge = headers(&[("x-http-method", "merge")]);
        assert_eq!(method("post", &merge), "MERGE");
        assert_eq!(method("GET", &merge), "GET");
    }
}
