use std::borrow::Cow;

use bytes::Bytes;
use edm::version::Version;
use edm::{DateTime, atom};
use http::{HeaderName, HeaderValue};

use crate::dialect::{Dialect, Preference};
use crate::{Error, Format};

/// Whether a call may be sent again when it is not known if the service has seen it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotency {
    /// It only reads.
    Read,
    /// It changes something.
    Write,
}

/// One call, prepared: what generated code makes and [`Service`](crate::Service) sends.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call {
    /// The HTTP method, `MERGE` included.
    pub method: &'static str,
    /// Path and query, percent-encoded, relative to the service root; or an absolute URL that the
    /// service handed out.
    pub target: String,
    /// The body, still without format.
    pub body: Option<CallBody>,
    /// Whether it may be sent again.
    pub idempotency: Idempotency,
    /// What the answer is.
    pub accept: Accept,
    /// The lowest version of V1 to V3 that knows what the call uses.
    pub needs: Version,
    /// Headers of this call, such as `If-Match`, beside those of the service.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What is wished for in `Prefer`.
    pub prefer: Vec<String>,
    /// Whether 404 is an answer: there is no such entity.
    pub may_be_absent: bool,
    /// Why the call must not be sent.
    pub problem: Option<String>,
}

/// What an answer is asked to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// Entities and values, in the format that the client speaks.
    Data,
    /// Plain text, as that of `$count` is.
    Text,
    /// Anything: the bytes of a stream.
    Any,
    /// The answers of a batch.
    Multipart,
}

/// The body of a call, before it is given the format that the client speaks.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CallBody {
    /// An entity to create or update.
    Draft(edm::Draft, &'static edm::model::StructuredType),
    /// Parameters of an action.
    Parameters(Vec<(&'static str, edm::Value)>, &'static edm::model::Operation),
    /// The value of one property.
    Property(&'static edm::model::Property, edm::Value),
    /// The URL of an entity to link, relative to the service root.
    Link(String),
    /// Bytes with a media type of their own.
    Bytes {
        /// Their media type.
        content_type: String,
        /// The bytes.
        bytes: Bytes,
    },
}

impl Call {
    /// A call that reads.
    pub fn get(target: impl Into<String>) -> Self {
        Self {
            method: "GET",
            target: target.into(),
            body: None,
            idempotency: Idempotency::Read,
            accept: Accept::Data,
            needs: Version::V1,
            headers: Vec::new(),
            prefer: Vec::new(),
            may_be_absent: false,
            problem: None,
        }
    }

    /// A call that changes something.
    pub fn write(method: &'static str, target: impl Into<String>, body: Option<CallBody>) -> Self {
        let idempotency = Idempotency::Write;
        Self { method, body, idempotency, ..Self::get(target) }
    }

    /// Whether its method is one that may change something, as a POST that carries reads only: what
    /// a service protects against forgery.
    pub(crate) fn is_unsafe(&self) -> bool {
        self.method != "GET"
    }

    /// Whether an answer of this status is one to this call, and no error.
    pub(crate) fn accepts(&self, status: u16) -> bool {
        let is_conditional =
            || self.headers.iter().any(|(name, _)| name == http::header::IF_NONE_MATCH);
        match status {
            200..=299 => true,
            304 => is_conditional(),
            404 => self.may_be_absent,
            _ => false,
        }
    }

    /// Adds a header; one that cannot be is told when the call is sent.
    pub(crate) fn set_header(&mut self, name: &str, value: &str) {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => {
                self.headers.retain(|(other, _)| *other != name);
                self.headers.push((name, value));
            }
            _ => self.problem = Some(format!("the header {name} cannot have that value")),
        }
    }

    /// Adds a wish, if the version knows it.
    pub(crate) fn wish(&mut self, preference: Preference, dialect: Dialect) {
        self.prefer.extend(preference.text(dialect.version));
    }

    /// Lets the call be done only to the state that an entity was read in.
    pub(crate) fn if_match(&mut self, etag: Option<&str>) {
        match etag {
            Some(etag) if !etag.is_empty() => self.set_header("If-Match", etag),
            _ => self.problem = Some("the entity was read without an ETag".to_owned()),
        }
    }

    /// Lets the call give an answer only if the entity is no longer as it was.
    pub(crate) fn if_none_match(&mut self, etag: Option<&str>) {
        match etag {
            Some(etag) => self.set_header("If-None-Match", etag),
            None => self.problem = Some("the entity was read without an ETag".to_owned()),
        }
    }

    /// The same as `if_match`, if a state was named at all.
    pub(crate) fn guard(&mut self, etag: Option<&str>) {
        if etag.is_some() {
            self.if_match(etag);
        }
    }
}

impl CallBody {
    /// The body as the service reads it; URLs are joined to the service root.
    pub(crate) fn to_bytes(&self, dialect: Dialect, root: &str) -> Bytes {
        if dialect.format == Format::Atom
            && let Some(xml) = self.to_xml(root)
        {
            return xml.into();
        }
        let bodies = dialect.bodies();
        match self {
            Self::Bytes { bytes, .. } => bytes.clone(),
            Self::Draft(draft, ty) => bodies.draft(draft, ty, root).into(),
            Self::Parameters(values, operation) => {
                bodies.parameters(values, operation.parameters).into()
            }
            Self::Property(row, value) => bodies.property(row.name, value, &row.ty).into(),
            Self::Link(url) => bodies.link(&absolute(url, root)).into(),
        }
    }

    /// The body in Atom; what has no such form is bytes, or JSON.
    fn to_xml(&self, root: &str) -> Option<String> {
        match self {
            Self::Draft(draft, ty) => {
                let layout = atom::Layout { root, updated: DateTime::now() };
                Some(layout.draft(draft, ty))
            }
            Self::Property(row, value) => Some(atom::property(row.name, value, &row.ty)),
            Self::Link(url) => Some(atom::uri(&absolute(url, root))),
            Self::Parameters(..) | Self::Bytes { .. } => None,
        }
    }

    /// The version of V4 that the body is of, for a client that speaks this one. V4.01 links
    /// existing entities in a form that some services take for new entities; all of them read
    /// bodies of V4.0.
    pub(crate) fn v4_version(&self, spoken: Version) -> Version {
        match self {
            Self::Draft(draft, _) if draft.binds() => Version::V4,
            _ => spoken,
        }
    }
}

/// A URL, or a path below the root as one.
fn absolute<'a>(url: &'a str, root: &str) -> Cow<'a, str> {
    if is_absolute(url) { Cow::Borrowed(url) } else { Cow::Owned(format!("{root}{url}")) }
}

/// A URL, as services hand it out, and not a path below the root.
pub(crate) fn is_absolute(target: &str) -> bool {
    let starts = |scheme: &str| {
        target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    starts("http://") || starts("https://")
}

/// The error of a call that must not be sent.
pub(crate) fn refuse(call: &Call) -> Result<(), Error> {
    call.problem.as_ref().map_or(Ok(()), |problem| Err(Error::usage(problem)))
}
