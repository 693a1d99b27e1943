//! The formats that a client speaks, and bodies of answers in any of them.

use edm::json::{Declared, Format as Json, PageInfo, PayloadError, Resource, Sink};
use edm::model::Type;
use edm::version::Version;
use edm::{Structured, Value, atom, json};

/// A format of requests and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON with `odata=minimalmetadata` and its kin: V3 only, and its default.
    Light,
    /// JSON with `odata=verbose`: all versions up to V3, and the default of V1 and V2.
    Verbose,
    /// JSON of V4 and V4.01.
    V4,
    /// Atom, and plain XML for what is no entity: all versions up to V3. Actions take JSON only,
    /// so their parameters are verbose JSON.
    Atom,
}

impl Format {
    /// The format that a service of this version answers in if nothing else is asked for.
    pub const fn of_version(version: Version) -> Self {
        Self::of_json(Json::of_version(version))
    }

    const fn of_json(format: Json) -> Self {
        match format {
            Json::Light => Self::Light,
            Json::Verbose => Self::Verbose,
            Json::V4 => Self::V4,
        }
    }

    /// The JSON that is spoken, or stands in where there is nothing but JSON.
    pub(crate) const fn json(self) -> Json {
        match self {
            Self::Light => Json::Light,
            Self::Verbose | Self::Atom => Json::Verbose,
            Self::V4 => Json::V4,
        }
    }

    /// The format that an answer is in: what it declares counts, then what it looks like, then what
    /// was asked for.
    pub(crate) fn of_answer(declared: Declared<'_>, body: &[u8], asked: Self) -> Self {
        let content_type = declared.content_type.unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let media_type = media_type.to_ascii_lowercase();
        if matches!(media_type.as_str(), "application/atom+xml" | "application/xml" | "text/xml")
            || media_type == "application/atomsvc+xml"
        {
            return Self::Atom;
        }
        let is_json = media_type == "application/json";
        if asked == Self::Atom && !is_json {
            return Self::Atom;
        }
        let told = Json::of_response(declared)
            .or_else(|| Json::of_payload(std::str::from_utf8(body).ok()?));
        match (told, asked) {
            (Some(format), _) => Self::of_json(format),
            // Verbose JSON has a wrapper, and would have been told by it.
            (None, Self::Atom) => Self::Light,
            (None, asked) => asked,
        }
    }
}

/// The body of an answer that reports success, in whichever format.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Payload<'a> {
    /// JSON of any version.
    Json(json::Body<'a>),
    /// Atom, or another XML of V1 to V3.
    Atom(atom::Body<'a>),
}

/// Calls the method of the body that is there.
macro_rules! either {
    ($self:ident, $method:ident($($argument:expr),*)) => {
        match $self {
            Self::Json(body) => body.$method($($argument),*),
            Self::Atom(body) => body.$method($($argument),*),
        }
    };
}

impl<'a> Payload<'a> {
    /// Takes the bytes of a body.
    ///
    /// # Errors
    ///
    /// They are no text.
    pub fn from_bytes(bytes: &'a [u8], format: Format) -> Result<Self, PayloadError> {
        match format {
            Format::Atom => atom::Body::from_bytes(bytes).map(Self::Atom),
            format => json::Body::from_bytes(bytes, format.json()).map(Self::Json),
        }
    }

    /// Reads an entity into a value of its type. What the type does not have is kept in its
    /// [`Extra`](edm::Extra).
    ///
    /// # Errors
    ///
    /// The body is no entity, or a member is not of its property's type.
    pub fn entity(&self, target: &mut dyn Structured) -> Result<(), PayloadError> {
        either!(self, entity(target))
    }

    /// The same for an entity that may be null; returns whether there is one.
    ///
    /// # Errors
    ///
    /// The body is no entity, or a member is not of its property's type.
    pub fn nullable_entity(&self, target: &mut dyn Structured) -> Result<bool, PayloadError> {
        either!(self, nullable_entity(target))
    }

    /// Reads a page of entities.
    ///
    /// # Errors
    ///
    /// The body is no list of entities, or a member is not of its property's type.
    pub fn page(&self, sink: &mut dyn Sink) -> Result<PageInfo, PayloadError> {
        either!(self, page(sink))
    }

    /// Reads a property or the result of an operation.
    ///
    /// # Errors
    ///
    /// The body has another form, or the value is not of the type.
    pub fn value(&self, ty: &Type) -> Result<Value, PayloadError> {
        either!(self, value(ty))
    }

    /// Reads the URLs of `$links` or `$ref`, and what stands beside them.
    ///
    /// # Errors
    ///
    /// The body has another form.
    pub fn links(&self) -> Result<(Vec<String>, PageInfo), PayloadError> {
        either!(self, links())
    }

    /// Reads a service document.
    ///
    /// # Errors
    ///
    /// The body has another form.
    pub fn resources(&self) -> Result<Vec<Resource>, PayloadError> {
        either!(self, resources())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_what_it_says_to_be() {
        let of = |content_type, body: &str, asked| {
            let declared = Declared { content_type, ..Declared::default() };
            Format::of_answer(declared, body.as_bytes(), asked)
        };
        let atom = Some("application/atom+xml;type=entry;charset=utf-8");
        assert_eq!(of(atom, "", Format::Light), Format::Atom);
        assert_eq!(of(Some("Application/XML"), "", Format::Verbose), Format::Atom);
        let verbose = Some("application/json;odata=verbose");
        assert_eq!(of(verbose, "", Format::Atom), Format::Verbose);
        assert_eq!(of(Some("application/json"), "{\"d\":1}", Format::Atom), Format::Verbose);
        assert_eq!(of(Some("application/json"), "{\"value\":1}", Format::Atom), Format::Light);
        assert_eq!(of(None, "<entry/>", Format::Atom), Format::Atom);
        assert_eq!(of(Some("text/html"), "<html/>", Format::Light), Format::Light);
    }
}
