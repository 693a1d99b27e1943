//! What a client says of the version and the format that it speaks, in headers.

use edm::json::Format;
use edm::version::Version;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::call::{Accept, CallBody};
use crate::{Call, Error};

/// How much a service is asked to say about what it sends: links, types, ETags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metadata {
    /// Nothing but the data.
    None,
    /// What a client that knows the model needs.
    #[default]
    Minimal,
    /// Everything.
    Full,
}

/// The version and the format that a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) version: Version,
    pub(crate) format: Format,
    pub(crate) metadata: Metadata,
    /// Whether long numbers travel as texts.
    pub(crate) ieee754: bool,
}

/// A wish in `Prefer`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Preference {
    Minimal,
    Representation,
    PageSize(u32),
    TrackChanges,
    RespondAsync,
    ContinueOnError,
}

impl Preference {
    /// The wish in the words of a version; none where the version has no such wish.
    ///
    /// Services of V4.01 know the names without `odata.`, too, but not all of them do.
    pub(crate) fn text(self, version: Version) -> Option<String> {
        match (self, version.is_v4()) {
            (Self::Minimal, true) => Some("return=minimal".to_owned()),
            (Self::Minimal, false) => Some("return-no-content".to_owned()),
            (Self::Representation, true) => Some("return=representation".to_owned()),
            (Self::Representation, false) => Some("return-content".to_owned()),
            (Self::RespondAsync, true) => Some("respond-async".to_owned()),
            (Self::PageSize(size), true) => Some(format!("odata.maxpagesize={size}")),
            (Self::TrackChanges, true) => Some("odata.track-changes".to_owned()),
            (Self::ContinueOnError, true) => Some("odata.continue-on-error".to_owned()),
            (_, false) => None,
        }
    }
}

impl Dialect {
    /// How bodies are written.
    pub(crate) fn bodies(self) -> edm::json::Dialect {
        let dialect = edm::json::Dialect::new(self.format, self.version);
        match self.ieee754 && self.format == Format::V4 {
            true => dialect.ieee754_compatible(),
            false => dialect,
        }
    }

    /// The media type of what is sent and asked for.
    pub(crate) fn media_type(self) -> String {
        let amount = match self.metadata {
            Metadata::None => ("nometadata", "none"),
            Metadata::Minimal => ("minimalmetadata", "minimal"),
            Metadata::Full => ("fullmetadata", "full"),
        };
        match self.format {
            Format::Light => format!("application/json;odata={}", amount.0),
            // Services that know V2 only refuse a parameter.
            Format::Verbose if self.version < Version::V3 => "application/json".to_owned(),
            Format::Verbose => "application/json;odata=verbose".to_owned(),
            Format::V4 => {
                let numbers = if self.ieee754 { ";IEEE754Compatible=true" } else { "" };
                format!("application/json;odata.metadata={}{numbers}", amount.1)
            }
        }
    }

    /// Writes what a call says of version and format.
    pub(crate) fn write(self, call: &Call, headers: &mut HeaderMap) -> Result<(), Error> {
        let media_type = HeaderValue::try_from(self.media_type()).map_err(Error::usage)?;
        let accept = match call.accept {
            Accept::Json => media_type.clone(),
            Accept::Text => HeaderValue::from_static("text/plain"),
            Accept::Any => HeaderValue::from_static("*/*"),
            Accept::Multipart => HeaderValue::from_static("multipart/mixed"),
        };
        headers.insert(header::ACCEPT, accept);
        let is_json = match &call.body {
            None => false,
            Some(CallBody::Bytes { content_type, .. }) => {
                let content_type = HeaderValue::try_from(content_type).map_err(Error::usage)?;
                headers.insert(header::CONTENT_TYPE, content_type);
                false
            }
            Some(_) => {
                headers.insert(header::CONTENT_TYPE, media_type);
                true
            }
        };
        let mut say = |name: &'static str, version: Version| {
            let text = HeaderValue::from_static(match version {
                Version::V1 => "1.0",
                Version::V2 => "2.0",
                Version::V3 => "3.0",
                Version::V4 => "4.0",
                Version::V401 => "4.01",
            });
            headers.insert(HeaderName::from_static(name), text);
        };
        if self.version.is_v4() {
            say("odata-maxversion", self.version);
            if let Some(body) = &call.body {
                say("odata-version", body.v4_version(self.version));
            }
        } else {
            say("maxdataserviceversion", self.version);
            let body = if is_json { self.body_version() } else { Version::V1 };
            say("dataserviceversion", call.needs.max(body).min(self.version));
        }
        Ok(())
    }

    /// The version that a JSON body is of.
    fn body_version(self) -> Version {
        match self.format {
            Format::Light => Version::V3,
            _ => self.version,
        }
    }
}
