//! What a client says of the version and the format that it speaks, in headers.

use edm::version::Version;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::call::{Accept, CallBody};
use crate::{Call, Error, Format};

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
    /// How JSON is written.
    pub(crate) fn bodies(self) -> edm::json::Dialect {
        let dialect = edm::json::Dialect::new(self.format.json(), self.version);
        match self.ieee754 && self.format == Format::V4 {
            true => dialect.ieee754_compatible(),
            false => dialect,
        }
    }

    /// The media type of what is asked for.
    fn accepted(self) -> String {
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
            // Whichever the answer needs.
            Format::Atom => "application/atom+xml,application/xml".to_owned(),
        }
    }

    /// The media type of a body.
    fn media_type(self, body: &CallBody) -> String {
        match (self.format, body) {
            (_, CallBody::Bytes { content_type, .. }) => content_type.clone(),
            (Format::Atom, CallBody::Draft(..)) => "application/atom+xml".to_owned(),
            (Format::Atom, CallBody::Property(..) | CallBody::Link(_)) => {
                "application/xml".to_owned()
            }
            (Format::Atom, CallBody::Parameters(..)) => {
                Self { format: Format::Verbose, ..self }.accepted()
            }
            _ => self.accepted(),
        }
    }

    /// Writes what a call says of version and format.
    pub(crate) fn write(self, call: &Call, headers: &mut HeaderMap) -> Result<(), Error> {
        if self.version.is_v4() && self.format == Format::Atom {
            return Err(Error::usage("a service of V4 is spoken to in JSON"));
        }
        let value = |text: String| HeaderValue::try_from(text).map_err(Error::usage);
        let accept = match call.accept {
            Accept::Data => value(self.accepted())?,
            Accept::Text => HeaderValue::from_static("text/plain"),
            Accept::Any => HeaderValue::from_static("*/*"),
            Accept::Multipart => HeaderValue::from_static("multipart/mixed"),
        };
        headers.insert(header::ACCEPT, accept);
        if let Some(body) = &call.body {
            headers.insert(header::CONTENT_TYPE, value(self.media_type(body))?);
        }
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
            let body = call.body.as_ref().map_or(Version::V1, |body| self.body_version(body));
            // Up to V2, nobody wishes.
            let wish = if call.prefer.is_empty() { Version::V1 } else { Version::V3 };
            say("dataserviceversion", call.needs.max(body).max(wish).min(self.version));
        }
        Ok(())
    }

    /// The version that a body is of.
    fn body_version(self, body: &CallBody) -> Version {
        match (self.format, body) {
            (_, CallBody::Bytes { .. }) => Version::V1,
            (Format::Light, _) => Version::V3,
            // Of Atom it is the lowest one that knows all that is in it.
            (Format::Atom, CallBody::Draft(draft, _)) if !edm::atom::needs_v3(draft) => Version::V1,
            (Format::Atom, CallBody::Link(_) | CallBody::Parameters(..)) => Version::V1,
            _ => self.version,
        }
    }
}
