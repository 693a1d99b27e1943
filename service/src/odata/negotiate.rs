//! What a request asks for in its headers: format, versions, verb.
//!
//! The rules are those that Microsoft's WCF Data Services was seen to follow.

use axum::http::{HeaderMap, StatusCode};
use edm::json::{DateStyle, Layout, Metadata};
use edm::version::{Version, VersionError};

use crate::error::ApiError;

/// The format of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ResponseFormat(pub(super) Layout);

/// What a payload is made of: it decides the version of a verbose response and how it prints
/// points in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payload {
    /// An entity, or several; whether their type has collections.
    Entity { collections: bool },
    /// A page of entities; whether their type has collections.
    Feed { collections: bool },
    /// Anything else.
    Value,
}

impl ResponseFormat {
    pub(super) const LIGHT: Self = Self(Layout::Light(Metadata::Minimal));
    const VERBOSE: Self = Self(Layout::Verbose);

    /// Reads `Accept`, or `$format`, which is stronger.
    pub(super) fn negotiate(
        headers: &HeaderMap,
        format_option: Option<&str>,
    ) -> Result<Self, ApiError> {
        let unsupported = || {
            let message = "Unsupported media type requested.";
            ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
        };
        let max_version = max_version(headers)?;
        let plain = if max_version < Version::V3 { Self::VERBOSE } else { Self::LIGHT };
        match format_option {
            Some("json") => return Ok(plain),
            Some("verbosejson") => return Ok(Self::VERBOSE),
            Some(_) => return Err(unsupported()),
            None => {}
        }
        let accept = text(headers, "accept").unwrap_or("*/*");
        accept.split(',').find_map(|range| Self::of_range(range, plain)).ok_or_else(unsupported)
    }

    fn of_range(range: &str, plain: Self) -> Option<Self> {
        let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
        let media_type = parts.next()?;
        let odata = parts.find_map(|part| part.strip_prefix("odata=").map(str::to_owned));
        let light = |metadata| Some(Self(Layout::Light(metadata)));
        match (media_type.as_str(), odata.as_deref()) {
            ("*/*" | "application/*", _) | ("application/json", None) => Some(plain),
            ("application/json", Some("verbose")) => Some(Self::VERBOSE),
            ("application/json", Some("minimalmetadata")) => light(Metadata::Minimal),
            ("application/json", Some("nometadata")) => light(Metadata::None),
            ("application/json", Some("fullmetadata")) => light(Metadata::Full),
            _ => None,
        }
    }

    /// The format of an error, for a request whose own format may be what is wrong with it.
    pub(super) fn of_error(headers: &HeaderMap) -> Option<Self> {
        Self::negotiate(headers, None).ok()
    }

    pub(super) const fn content_type(self) -> &'static str {
        match self.0 {
            Layout::Verbose => "application/json;odata=verbose;charset=utf-8",
            Layout::Light(Metadata::None) => {
                "application/json;odata=nometadata;streaming=true;charset=utf-8"
            }
            Layout::Light(Metadata::Minimal) => {
                "application/json;odata=minimalmetadata;streaming=true;charset=utf-8"
            }
            Layout::Light(Metadata::Full) => {
                "application/json;odata=fullmetadata;streaming=true;charset=utf-8"
            }
        }
    }

    /// The `DataServiceVersion` of a response: the lowest that its payload needs.
    pub(super) fn version(self, payload: Payload, selected: bool) -> Version {
        match (self.0, payload) {
            (Layout::Light(_), _) => Version::V3,
            (_, Payload::Value) => Version::V1,
            (_, Payload::Entity { collections: true } | Payload::Feed { collections: true }) => {
                Version::V3
            }
            _ if selected => Version::V3,
            (_, Payload::Entity { .. }) => Version::V1,
            (_, Payload::Feed { .. }) => Version::V2,
        }
    }
}

/// How a response of a version prints points in time; what was just made, exactly.
pub(super) fn date_style(version: Version, just_made: bool) -> DateStyle {
    match version {
        Version::V1 | Version::V2 => DateStyle::Epoch,
        _ if just_made => DateStyle::Exact,
        _ => DateStyle::Stored,
    }
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

/// Checks that a body is JSON: other forms are not understood.
pub(super) fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let content_type = text(headers, "content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message = "Unsupported media type requested.";
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
}

/// The versions of the service, `2.0` to `2.19`.
pub(super) const LATEST_API_VERSION: u32 = 19;

/// Checks the version of the service that the client was written for: a header, or an option of
/// the query for browsers.
pub(super) fn check_api_version(
    headers: &HeaderMap,
    query_option: Option<&str>,
) -> Result<(), ApiError> {
    let known = |version: &str| {
        let minor = version.trim().strip_prefix("2.")?.parse::<u32>().ok()?;
        (minor <= LATEST_API_VERSION).then_some(())
    };
    let version = text(headers, "x-ms-version").or(query_option);
    version.and_then(known).ok_or_else(|| {
        let given = version.map_or("none".to_owned(), |version| format!("'{version}'"));
        ApiError::bad_request(format!(
            "The header x-ms-version must name a version from 2.0 to 2.{LATEST_API_VERSION}; \
             found {given}."
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

    fn accept(accept: &'static str) -> Result<&'static str, StatusCode> {
        ResponseFormat::negotiate(&headers(&[("accept", accept)]), None)
            .map(ResponseFormat::content_type)
            .map_err(|error| error.status)
    }

    #[test]
    fn accept_chooses_the_format() {
        let minimal = Ok("application/json;odata=minimalmetadata;streaming=true;charset=utf-8");
        let verbose = Ok("application/json;odata=verbose;charset=utf-8");
        for (header, expected) in [
            ("application/json", minimal),
            ("application/json;odata=minimalmetadata;streaming=true", minimal),
            ("application/json, text/plain, */*", minimal),
            ("application/json; odata=verbose", verbose),
            ("application/json;odata=light", Err(StatusCode::UNSUPPORTED_MEDIA_TYPE)),
            ("text/html", Err(StatusCode::UNSUPPORTED_MEDIA_TYPE)),
        ] {
            assert_eq!(accept(header), expected, "{header}");
        }
        let old = headers(&[("accept", "application/json"), ("maxdataserviceversion", "2.0")]);
        assert_eq!(ResponseFormat::negotiate(&old, None).unwrap(), ResponseFormat::VERBOSE);
    }

    #[test]
    fn versions_are_checked() {
        let api = |version| check_api_version(&headers(&[("x-ms-version", version)]), None).is_ok();
        assert!(api("2.0") && api("2.19"));
        assert!(!api("2.20") && !api("3.0") && !api("2") && !api(""));
        assert!(check_api_version(&HeaderMap::new(), Some("2.11")).is_ok());
        assert!(check_api_version(&HeaderMap::new(), None).is_err());
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
