//! XML as a pull parser of elements: a document of any length is read one element after the other,
//! and each of these is bounded.

use std::borrow::Cow;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, NamespaceResolver, ResolveResult};
use quick_xml::{NsReader, XmlVersion};

use super::item_type;
use crate::error::ServiceError;
use crate::json::{PayloadError, PayloadErrorKind};
use crate::model::Primitive;

/// Deeper documents are refused: an entity within entities takes four levels for each.
const MAX_DEPTH: usize = 64;
/// An element with more elements in it is refused.
const MAX_ELEMENTS: usize = 1 << 18;
/// An element with more attributes is refused.
const MAX_ATTRIBUTES: usize = 64;

/// Which vocabulary a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// Atom itself.
    Atom,
    /// Of service documents.
    App,
    /// Names of the model.
    Data,
    /// What OData says of them.
    Meta,
    /// Shapes.
    Gml,
    /// `xml:`.
    Xml,
    /// None, or one that OData does not know.
    Other,
}

impl Space {
    fn of(namespace: &ResolveResult<'_>) -> Self {
        match namespace {
            ResolveResult::Bound(Namespace(uri)) => match *uri {
                "http://www.w3.org/2005/Atom" => Self::Atom,
                "http://www.w3.org/2007/app" => Self::App,
                "http://schemas.microsoft.com/ado/2007/08/dataservices"
                | "http://docs.oasis-open.org/odata/ns/data" => Self::Data,
                "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"
                | "http://docs.oasis-open.org/odata/ns/metadata" => Self::Meta,
                "http://www.opengis.net/gml" => Self::Gml,
                "http://www.w3.org/XML/1998/namespace" => Self::Xml,
                _ => Self::Other,
            },
            ResolveResult::Unbound | ResolveResult::Unknown(_) => Self::Other,
        }
    }
}

/// An element with what is in it.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) space: Space,
    /// The local name.
    pub(super) name: String,
    attributes: Vec<(Space, String, String)>,
    /// All text that is directly in it.
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    fn new(start: &BytesStart<'_>, names: &NamespaceResolver) -> Result<Self, String> {
        let (namespace, local) = names.resolve_element(start.name());
        if let ResolveResult::Unknown(prefix) = &namespace {
            return Err(format!("the prefix '{}' is not declared", &**prefix));
        }
        let mut element = Self {
            space: Space::of(&namespace),
            name: local.as_ref().to_owned(),
            attributes: Vec::new(),
            text: String::new(),
            children: Vec::new(),
        };
        for (count, attribute) in start.attributes().enumerate() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            if count == MAX_ATTRIBUTES {
                return Err(format!(
                    "'{}' has more than {MAX_ATTRIBUTES} attributes",
                    element.name
                ));
            }
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let (namespace, local) = names.resolve_attribute(attribute.key);
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| error.to_string())?;
            let name = local.as_ref().to_owned();
            element.attributes.push((Space::of(&namespace), name, value.into_owned()));
        }
        Ok(element)
    }

    /// Whether it has this name.
    pub(super) fn is(&self, space: Space, name: &str) -> bool {
        self.space == space && self.name == name
    }

    /// An attribute without a namespace, such as `href`.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.find(Space::Other, name)
    }

    /// What OData says of it, such as `m:type`.
    pub(super) fn meta(&self, name: &str) -> Option<&str> {
        self.find(Space::Meta, name)
    }

    /// The type that it says its value to be of. V4 leaves out `Edm.`, and puts a sign in front of
    /// types of the model.
    pub(super) fn type_name(&self) -> Option<Cow<'_, str>> {
        let name = self.meta("type")?.trim().trim_start_matches('#');
        let qualify = |name: &str| match Primitive::named(&format!("Edm.{name}")) {
            Some(primitive) => primitive.name().to_owned(),
            None => name.to_owned(),
        };
        match item_type(name) {
            _ if name.is_empty() => None,
            _ if name.contains('.') => Some(Cow::Borrowed(name)),
            Some(item) => Some(Cow::Owned(format!("Collection({})", qualify(item)))),
            None => Some(Cow::Owned(qualify(name))),
        }
    }

    /// An attribute of this name, of whatever vocabulary.
    pub(super) fn attribute_anywhere(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(_, local, _)| local == name);
        found.map(|(_, _, value)| value.as_str())
    }

    fn find(&self, space: Space, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|(other, local, _)| *other == space && local == name);
        found.map(|(_, _, value)| value.as_str())
    }

    /// Whether it says to be null.
    pub(super) fn is_null(&self) -> bool {
        self.meta("null").is_some_and(|text| matches!(text.trim(), "true" | "True" | "1"))
    }

    /// The first element of this name that is directly in it.
    pub(super) fn child(&self, space: Space, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.is(space, name))
    }
}

/// The text of a body: UTF-8, or UTF-16 if its byte order mark says so.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, PayloadError> {
    let wide = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| read([pair[0], pair[1]]));
        let text = char::decode_utf16(units).collect::<Result<String, _>>().ok();
        text.filter(|_| bytes.len().is_multiple_of(2)).map(Cow::Owned)
    };
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).ok().map(|text| Cow::Borrowed(without_mark(text))),
    };
    text.ok_or_else(|| {
        let start = String::from_utf8_lossy(bytes);
        PayloadError::of_kind(PayloadErrorKind::Syntax, "it is not UTF-8", &start)
    })
}

/// A text without a byte order mark.
pub(super) fn without_mark(text: &str) -> &str {
    text.trim_start_matches('\u{feff}')
}

/// Reads the elements of a document.
pub(super) struct Reader<'a> {
    inner: NsReader<&'a [u8]>,
    text: &'a str,
    /// How many elements are open.
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut inner = NsReader::from_str(text);
        inner.config_mut().expand_empty_elements = true;
        Self { inner, text, depth: 0 }
    }

    /// Reads a document as a whole.
    pub(super) fn document(text: &str) -> Result<Element, PayloadError> {
        let mut reader = Reader::new(text);
        let root = reader.root()?;
        let root = reader.finish(root)?;
        reader.end()?;
        Ok(root)
    }

    /// Opens the root element.
    pub(super) fn root(&mut self) -> Result<Element, PayloadError> {
        if self.text.contains('\0') {
            return Err(self.wrong("XML has no character with the number 0"));
        }
        match self.child()? {
            Some(root) => Ok(root),
            None if self.text.trim().is_empty() => {
                Err(PayloadError::of_kind(PayloadErrorKind::Empty, "there is no payload", ""))
            }
            None => Err(self.wrong("there is no root element")),
        }
    }

    /// Opens the next element within the one that is open; `None` where that ends.
    pub(super) fn child(&mut self) -> Result<Option<Element>, PayloadError> {
        loop {
            match self.event()? {
                Event::Start(start) => return self.open(&start).map(Some),
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(None);
                }
                Event::Eof => return Ok(None),
                Event::Text(text) if self.depth == 0 && !text.trim().is_empty() => {
                    return Err(self.wrong("there is text outside of the root element"));
                }
                _ => {}
            }
        }
    }

    /// Reads the rest of an element that has just been opened.
    pub(super) fn finish(&mut self, element: Element) -> Result<Element, PayloadError> {
        let mut open = element;
        let mut outer: Vec<Element> = Vec::new();
        let mut count = 0;
        loop {
            match self.event()? {
                Event::Start(start) => {
                    count += 1;
                    if count > MAX_ELEMENTS {
                        return Err(self.wrong(&format!("more than {MAX_ELEMENTS} elements")));
                    }
                    let inner = self.open(&start)?;
                    outer.push(std::mem::replace(&mut open, inner));
                }
                Event::End(_) => {
                    self.depth -= 1;
                    let Some(parent) = outer.pop() else { return Ok(open) };
                    let done = std::mem::replace(&mut open, parent);
                    open.children.push(done);
                }
                Event::Text(text) => open.text.push_str(&text.xml10_content()),
                Event::CData(text) => open.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let text = resolve(&reference).map_err(|problem| self.wrong(&problem))?;
                    open.text.push_str(&text);
                }
                _ => {}
            }
        }
    }

    /// Reads what is behind the root element: nothing but comments.
    pub(super) fn end(&mut self) -> Result<(), PayloadError> {
        match self.child()? {
            None => Ok(()),
            Some(_) => Err(self.wrong("there is a second root element")),
        }
    }

    fn event(&mut self) -> Result<Event<'a>, PayloadError> {
        match self.inner.read_event() {
            Ok(Event::DocType(_)) => Err(self.wrong("a document type is not allowed")),
            Ok(Event::Eof) if self.depth > 0 => Err(self.cut()),
            Ok(event) => Ok(event),
            Err(quick_xml::Error::Syntax(_)) => Err(self.cut()),
            Err(error) => Err(self.wrong(&error.to_string())),
        }
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<Element, PayloadError> {
        if self.depth == MAX_DEPTH {
            return Err(self.wrong(&format!("nested deeper than {MAX_DEPTH} elements")));
        }
        self.depth += 1;
        Element::new(start, self.inner.resolver()).map_err(|problem| self.wrong(&problem))
    }

    /// The document ends too early; the error that the service has put there, perhaps.
    fn cut(&self) -> PayloadError {
        match ServiceError::in_stream(self.text) {
            Some(error) => PayloadError::service(error),
            None => self.problem(PayloadErrorKind::Truncated, "it ends too early"),
        }
    }

    fn wrong(&self, problem: &str) -> PayloadError {
        self.problem(PayloadErrorKind::Syntax, problem)
    }

    fn problem(&self, kind: PayloadErrorKind, problem: &str) -> PayloadError {
        let position = usize::try_from(self.inner.buffer_position()).unwrap_or(usize::MAX);
        PayloadError { kind, ..PayloadError::new(problem).excerpted(self.text, position) }
    }
}

/// A character by its number, or one of the five entities that XML itself has.
fn resolve(reference: &BytesRef<'_>) -> Result<Cow<'static, str>, String> {
    match reference.resolve_char_ref() {
        Ok(Some('\0')) => Err("XML has no character with the number 0".to_owned()),
        Ok(Some(letter)) => Ok(Cow::Owned(letter.to_string())),
        Ok(None) => resolve_predefined_entity(reference)
            .map(Cow::Borrowed)
            .ok_or_else(|| format!("the entity '{}' is not known", &**reference)),
        Err(error) => Err(error.to_string()),
    }
}
