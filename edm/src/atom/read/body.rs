//! Whole responses.

use std::borrow::Cow;

use super::entry::{entities_to_value, read_entry};
use crate::atom::value::{Unknown, read};
use crate::atom::xml::{Element, Reader, Space, decode, without_mark};
use crate::error::ServiceError;
use crate::json::{PageInfo, PayloadError, PayloadErrorKind, Raw, Resource, Sink, mismatch};
use crate::model::Type;
use crate::{Structured, Value};

/// The body of a response that reports success, in Atom or another XML of V1 to V3.
///
/// Every method finds out if there is something else than what it reads: nothing, HTML, half a
/// payload, or an error of the service, in place of a payload or behind the start of one.
#[derive(Clone, Debug)]
pub struct Body<'a> {
    text: Cow<'a, str>,
}

impl<'a> Body<'a> {
    /// Takes the text of a body.
    pub fn new(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(without_mark(text)) }
    }

    /// Takes the bytes of a body.
    ///
    /// # Errors
    ///
    /// They are neither UTF-8 nor UTF-16 with a byte order mark.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, PayloadError> {
        decode(bytes).map(|text| Self { text })
    }

    /// Reads an entity into a value of its type. What the type does not have is kept in its
    /// [`Extra`](crate::Extra), in the form of light JSON; `title`, `summary`, `author` and their
    /// kin as the annotations `@atom.title` and so on.
    ///
    /// # Errors
    ///
    /// The body is no entry, or a member is not of its property's type.
    pub fn entity(&self, target: &mut dyn Structured) -> Result<(), PayloadError> {
        let root = self.document()?;
        match root.is(Space::Atom, "entry") {
            true => read_entry(&root, target).map(|_| ()),
            false => {
                let name = target.structured_type().name;
                Err(self.other(&format!("an entry with an entity of type {name}"), &root))
            }
        }
    }

    /// The same for an entity that may be null, as what a navigation property to one leads to;
    /// returns whether there is one.
    ///
    /// # Errors
    ///
    /// The body is no entry, or a member is not of its property's type.
    pub fn nullable_entity(&self, target: &mut dyn Structured) -> Result<bool, PayloadError> {
        if self.text.trim().is_empty() {
            return Ok(false);
        }
        let root = self.document()?;
        match root.is(Space::Atom, "entry") {
            true => read_entry(&root, target).map(|_| true),
            false if root.is_null() => Ok(false),
            false => Err(self.other("an entry", &root)),
        }
    }

    /// Reads a page of entities, entry by entry.
    ///
    /// # Errors
    ///
    /// The body is no feed, or a member is not of its property's type.
    pub fn page(&self, sink: &mut dyn Sink) -> Result<PageInfo, PayloadError> {
        let mut reader = Reader::new(&self.text);
        let info = self.read_page(&mut reader, sink).map_err(|error| self.failure(error))?;
        reader.end().map_err(|error| self.failure(error))?;
        Ok(info)
    }

    fn read_page(
        &self,
        reader: &mut Reader<'_>,
        sink: &mut dyn Sink,
    ) -> Result<PageInfo, PayloadError> {
        let root = reader.root()?;
        if !root.is(Space::Atom, "feed") {
            return Err(self.other("a feed", &root));
        }
        let (mut info, mut position) = (PageInfo::default(), 0);
        while let Some(child) = reader.child()? {
            let child = reader.finish(child)?;
            match (child.space, child.name.as_str()) {
                (Space::Atom, "entry") => {
                    let read = read_entry(&child, sink.add());
                    read.map_err(|error| error.within(&format!("[{position}]")))?;
                    position += 1;
                }
                (Space::Meta, "count") => info.count = child.text.trim().parse().ok(),
                (Space::Atom, "link") => {
                    if let (Some("next"), Some(href)) =
                        (child.attribute("rel"), child.attribute("href"))
                    {
                        info.next = Some(href.to_owned());
                    }
                }
                (Space::Atom, "id" | "title") if !child.text.trim().is_empty() => {
                    let text = serde_json::Value::from(child.text.trim());
                    info.annotations.push((format!("@atom.{}", child.name), Raw::from(&text)));
                }
                (Space::Meta, "error") => return Err(self.in_stream(&child)),
                _ => {}
            }
        }
        Ok(info)
    }

    /// Reads a property or the result of an operation.
    ///
    /// # Errors
    ///
    /// The body has another form, or the value is not of the type.
    pub fn value(&self, ty: &Type) -> Result<Value, PayloadError> {
        let root = self.document()?;
        match (root.space, root.name.as_str()) {
            (Space::Meta, "error") => Err(self.other(&ty.wire_name(), &root)),
            (Space::Atom, "entry" | "feed") => entities_to_value(&root, ty),
            _ => read(&root, ty, Unknown::Kept),
        }
    }

    /// Reads the URLs of `$links`, and what stands beside them.
    ///
    /// # Errors
    ///
    /// The body has another form.
    pub fn links(&self) -> Result<(Vec<String>, PageInfo), PayloadError> {
        let root = self.document()?;
        let text = |element: &Element| element.text.trim().to_owned();
        let mut info = PageInfo::default();
        match root.name.as_str() {
            "uri" => Ok((vec![text(&root)], info)),
            "links" => {
                let mut urls = Vec::new();
                for child in &root.children {
                    match child.name.as_str() {
                        "uri" => urls.push(text(child)),
                        "next" => info.next = Some(text(child)),
                        "count" => info.count = text(child).parse().ok(),
                        _ => {}
                    }
                }
                Ok((urls, info))
            }
            _ => Err(self.other("links", &root)),
        }
    }

    /// Reads a service document.
    ///
    /// # Errors
    ///
    /// The body has another form.
    pub fn resources(&self) -> Result<Vec<Resource>, PayloadError> {
        let root = self.document()?;
        if !root.is(Space::App, "service") {
            return Err(self.other("a service document", &root));
        }
        let workspaces = root.children.iter().filter(|child| child.is(Space::App, "workspace"));
        let collections = workspaces.flat_map(|workspace| &workspace.children);
        let collections = collections.filter(|child| child.is(Space::App, "collection"));
        let resource = |collection: &Element| {
            let url = collection.attribute("href").unwrap_or_default().to_owned();
            let title = collection.child(Space::Atom, "title");
            let name = title.map_or_else(|| url.clone(), |title| title.text.trim().to_owned());
            Resource { name, url, kind: "EntitySet".to_owned() }
        };
        Ok(collections.map(resource).collect())
    }

    fn document(&self) -> Result<Element, PayloadError> {
        Reader::document(&self.text).map_err(|error| self.failure(error))
    }

    /// What is there instead of what was expected: the error of the service, perhaps.
    fn other(&self, expected: &str, root: &Element) -> PayloadError {
        match ServiceError::parse(&self.text) {
            Some(error) => PayloadError::service(error),
            None if root.name.eq_ignore_ascii_case("html") => self.page_for_people(),
            None => mismatch(expected, format_args!("the element '{}'", root.name)),
        }
    }

    /// An error of the service behind the start of a payload.
    fn in_stream(&self, element: &Element) -> PayloadError {
        let text = |name| element.child(Space::Meta, name).map(|child| child.text.clone());
        let code = text("code").unwrap_or_default();
        PayloadError::service(ServiceError::new(code, text("message").unwrap_or_default()))
    }

    /// What a body that is no XML is.
    fn failure(&self, error: PayloadError) -> PayloadError {
        if !matches!(error.kind, PayloadErrorKind::Syntax | PayloadErrorKind::Truncated) {
            return error;
        }
        let start = self.text.trim_start();
        let is = |head: &str| {
            start.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head))
        };
        if is("<!doctype html") || is("<html") {
            return self.page_for_people();
        }
        match ServiceError::parse(start).filter(|_| start.starts_with('{')) {
            Some(error) => PayloadError::service(error),
            None => error,
        }
    }

    fn page_for_people(&self) -> PayloadError {
        let problem = "expected Atom, found a page of HTML";
        PayloadError::of_kind(PayloadErrorKind::Markup, problem, &self.text)
    }
}
