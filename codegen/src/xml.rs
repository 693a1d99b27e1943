//! XML text to a tree of elements with spans. The only file that names `quick-xml`.
//!
//! Documents are hostile: there is no DTD, so no entity but the five of XML and character
//! references, and depth, size and length are bounded.

use std::borrow::Cow;
use std::rc::Rc;

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

use crate::diagnostic::{Findings, Span};
use crate::source::Source;

/// How deep elements may be nested; CSDL needs about ten levels, expressions in annotations more.
const DEEPEST: usize = 128;

/// How many elements and attributes a document may have; the largest known has some 700,000.
const MOST: usize = 4_000_000;

/// How long the value of an attribute may be, in bytes.
const LONGEST: usize = 1 << 20;

/// The namespace of what has a prefix that is bound to nothing.
pub(crate) const UNBOUND: &str = "unbound";

/// An element.
#[derive(Debug)]
pub(crate) struct Element<'d> {
    /// The namespace; empty for none.
    pub(crate) namespace: Rc<str>,
    /// The name without prefix.
    pub(crate) name: Cow<'d, str>,
    /// The attributes, without namespace declarations.
    pub(crate) attributes: Vec<Attribute<'d>>,
    /// The child elements.
    pub(crate) children: Vec<Element<'d>>,
    /// The text between the child elements.
    pub(crate) text: Cow<'d, str>,
    /// Where the start tag is.
    pub(crate) span: Span,
}

/// An attribute.
#[derive(Debug)]
pub(crate) struct Attribute<'d> {
    /// The namespace; empty for none.
    pub(crate) namespace: Rc<str>,
    /// The name without prefix.
    pub(crate) name: Cow<'d, str>,
    /// The value, with references resolved.
    pub(crate) value: Cow<'d, str>,
    /// Where the name is.
    pub(crate) name_span: Span,
    /// Where the value is, without quotes.
    pub(crate) span: Span,
}

/// Reads the document element; `None` after an error.
pub(crate) fn read<'d>(
    index: usize,
    source: &'d Source,
    findings: &mut Findings,
) -> Option<Element<'d>> {
    read_at_most(MOST, index, source, findings)
}

/// Reads a document of at most so many elements and attributes.
fn read_at_most<'d>(
    most: usize,
    index: usize,
    source: &'d Source,
    findings: &mut Findings,
) -> Option<Element<'d>> {
    // Services on .NET like to begin with a byte order mark.
    let body = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let base = source.text.len() - body.len();
    let mut reader = NsReader::from_str(body);
    reader.config_mut().check_end_names = true;
    let mut tree = Tree {
        source: index,
        text: &source.text,
        base,
        open: Vec::new(),
        root: None,
        left: most,
        namespaces: vec![Rc::from("")],
    };
    loop {
        let start = position(reader.buffer_position());
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                let at = tree
                    .span(position(reader.error_position()), position(reader.buffer_position()));
                findings.error("xml::syntax", at, format!("this is not well-formed XML: {error}"));
                return None;
            }
        };
        let span = tree.span(start, position(reader.buffer_position()));
        match event {
            Event::Start(tag) => tree.start(&reader, &tag, span, findings)?,
            Event::Empty(tag) => {
                tree.start(&reader, &tag, span, findings)?;
                tree.end();
            }
            Event::End(_) => tree.end(),
            Event::DocType(_) => {
                findings
                    .error("xml::doctype", span, "a document type declaration is not allowed")
                    .help("metadata documents have none; entities are never expanded");
                return None;
            }
            Event::Text(text) if tree.open.is_empty() => {
                if !text.trim().is_empty() {
                    let message = "this is not XML: text outside of an element";
                    findings.error("xml::syntax", span, message);
                    return None;
                }
            }
            Event::Text(_) => tree.content(span, None),
            Event::CData(data) => tree.content(span, Some(data.into_inner().into_owned())),
            Event::GeneralRef(reference) => {
                let known = match reference.resolve_char_ref() {
                    Ok(Some(letter)) => Some(letter.to_string()),
                    _ => {
                        quick_xml::escape::resolve_predefined_entity(&reference).map(str::to_owned)
                    }
                };
                if known.is_none() {
                    let message = format!("there is no entity `{}`", &*reference);
                    findings.repair("xml::unknown-entity", span, message);
                }
                tree.content(span, known);
            }
            Event::Decl(_) if span.start > base => {
                let message = "the XML declaration is not at the very beginning";
                findings.repair("xml::late-declaration", span, message);
            }
            Event::Eof => return tree.finish(findings),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

fn position(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

struct Tree<'d> {
    source: usize,
    text: &'d str,
    /// The length of the byte order mark.
    base: usize,
    open: Vec<Element<'d>>,
    root: Option<Element<'d>>,
    /// How many elements and attributes there may still be.
    left: usize,
    /// The namespaces seen so far: a document has a handful.
    namespaces: Vec<Rc<str>>,
}

impl<'d> Tree<'d> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span { source: self.source, start: self.base + start, end: self.base + end }
    }

    /// The text of the document at a span.
    fn at(&self, span: Span) -> &'d str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    fn start(
        &mut self,
        reader: &NsReader<&[u8]>,
        tag: &BytesStart<'_>,
        span: Span,
        findings: &mut Findings,
    ) -> Option<()> {
        if self.root.is_some() {
            findings.error("xml::syntax", span, "a second document element");
            return None;
        }
        if self.open.len() >= DEEPEST {
            let message = format!("elements are nested more than {DEEPEST} deep");
            findings.error("xml::too-deep", span, message);
            return None;
        }
        let (namespace, name) = reader.resolver().resolve_element(tag.name());
        let namespace = self.namespace(&namespace, span, findings);
        let name = Cow::Borrowed(self.at(within(tag, span, name.into_inner())));
        let attributes = self.attributes(reader, tag, span, findings)?;
        let Some(left) = self.left.checked_sub(1 + attributes.len()) else {
            let message = "the document has more elements and attributes than are read";
            findings.error("xml::too-large", span, message);
            return None;
        };
        self.left = left;
        let (children, text) = (Vec::new(), Cow::Borrowed(""));
        self.open.push(Element { namespace, name, attributes, children, text, span });
        Some(())
    }

    fn end(&mut self) {
        let Some(element) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    /// Adds to the text of the innermost element: what is given, or what is at the span.
    fn content(&mut self, span: Span, given: Option<String>) {
        let raw = self.at(span);
        let Some(element) = self.open.last_mut() else { return };
        match given {
            Some(text) => element.text.to_mut().push_str(&text),
            // What is between elements is mostly blank.
            None if element.text.is_empty() => element.text = Cow::Borrowed(raw.trim_start()),
            None => element.text.to_mut().push_str(raw),
        }
    }

    fn finish(self, findings: &mut Findings) -> Option<Element<'d>> {
        if let Some(element) = self.open.last() {
            let message = format!("the document is cut short: <{}> is not closed", element.name);
            findings.error("xml::cut-short", element.span, message);
            return None;
        }
        if self.root.is_none() {
            let message = "this is not XML: there is no element";
            findings.error("xml::empty", self.span(0, 0), message);
        }
        self.root
    }

    fn attributes(
        &mut self,
        reader: &NsReader<&[u8]>,
        tag: &BytesStart<'_>,
        span: Span,
        findings: &mut Findings,
    ) -> Option<Vec<Attribute<'d>>> {
        let mut list = Vec::new();
        for attribute in tag.attributes() {
            let attribute = match attribute {
                Ok(attribute) => attribute,
                Err(error) => {
                    let message = format!("this is not well-formed XML: {error}");
                    findings.error("xml::syntax", span, message);
                    return None;
                }
            };
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let name_span = within(tag, span, attribute.key.into_inner());
            let value_span = within(tag, span, &attribute.value);
            if attribute.value.len() > LONGEST {
                let message = format!("the value has more than {LONGEST} bytes");
                findings.error("xml::too-large", name_span, message);
                return None;
            }
            let (namespace, name) = reader.resolver().resolve_attribute(attribute.key);
            let namespace = self.namespace(&namespace, name_span, findings);
            let local_span = within(tag, span, name.into_inner());
            let raw = self.at(value_span);
            let value = match attribute.normalized_value(quick_xml::XmlVersion::Explicit1_0) {
                Ok(value) if value == raw => Cow::Borrowed(raw),
                Ok(value) => Cow::Owned(value.into_owned()),
                Err(error) => {
                    let message = format!("this is not well-formed XML: {error}");
                    findings.repair("xml::unknown-entity", value_span, message);
                    Cow::Borrowed(raw)
                }
            };
            let name = Cow::Borrowed(self.at(local_span));
            list.push(Attribute { namespace, name, value, name_span, span: value_span });
        }
        Some(list)
    }

    /// The namespace of a name.
    fn namespace(
        &mut self,
        result: &ResolveResult<'_>,
        span: Span,
        findings: &mut Findings,
    ) -> Rc<str> {
        let name = match result {
            ResolveResult::Bound(namespace) => namespace.into_inner(),
            ResolveResult::Unbound => "",
            ResolveResult::Unknown(prefix) => {
                let message = format!("the prefix `{prefix}` is not bound to a namespace");
                findings.repair("xml::unbound-prefix", span, message);
                UNBOUND
            }
        };
        if let Some(known) = self.namespaces.iter().find(|known| &***known == name) {
            return Rc::clone(known);
        }
        let namespace: Rc<str> = Rc::from(name);
        // A document that has many is hostile; those are then not shared.
        if self.namespaces.len() < 64 {
            self.namespaces.push(Rc::clone(&namespace));
        }
        namespace
    }
}

/// The place of a part of a tag; the text of a tag begins after its `<`.
fn within(tag: &BytesStart<'_>, span: Span, part: &str) -> Span {
    let offset = (part.as_ptr() as usize).saturating_sub(tag.as_ptr() as usize);
    let start = (span.start + 1 + offset).min(span.end);
    Span { start, end: (start + part.len()).min(span.end), ..span }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, look: impl Fn(Option<Element<'_>>, &Findings)) {
        let mut findings = Findings::default();
        let source = Source { name: "t.xml".to_owned(), text: text.to_owned() };
        let root = read(0, &source, &mut findings);
        look(root, &findings);
    }

    #[test]
    fn spans_point_at_names_and_values() {
        let text =
            "\u{feff}<?xml version='1.0'?>\n<a  b = 'x&amp;y' xmlns:n='urn:n'><n:c n:d=\"é\"/></a>";
        check(text, |root, _| {
            let root = root.expect("well-formed");
            let b = &root.attributes[0];
            assert_eq!((&*b.name, &*b.value), ("b", "x&y"));
            assert_eq!(&text[b.name_span.start..b.name_span.end], "b");
            assert_eq!(&text[b.span.start..b.span.end], "x&amp;y");
            let c = &root.children[0];
            assert_eq!((&*c.namespace, &*c.name), ("urn:n", "c"));
            assert_eq!(&text[c.span.start..c.span.end], "<n:c n:d=\"é\"/>");
            let d = &c.attributes[0];
            assert_eq!((&*d.namespace, &text[d.span.start..d.span.end]), ("urn:n", "é"));
        });
    }

    #[test]
    fn text_is_kept_with_references_and_sections() {
        check("<a>\n  x &lt; y &#228; <![CDATA[<b>]]><b/> z</a>", |root, _| {
            assert_eq!(root.expect("well-formed").text.trim(), "x < y ä <b> z");
        });
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let long = format!("<a b='{}'/>", "x".repeat(LONGEST + 1));
        for text in ["<a>".repeat(1_000_000), long] {
            check(&text, |root, findings| assert!(root.is_none() && findings.has_errors()));
        }
        let source = Source { name: "t.xml".to_owned(), text: "<a b=''><c/></a>".to_owned() };
        let mut findings = Findings::default();
        assert!(read_at_most(3, 0, &source, &mut findings).is_some());
        assert!(read_at_most(2, 0, &source, &mut findings).is_none() && findings.has_errors());
    }

    #[test]
    fn entities_are_not_expanded() {
        check("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", |root, findings| {
            assert!(root.is_none() && findings.has_errors());
        });
        check("<a b='&c;'>&c;</a>", |root, findings| {
            let root = root.expect("the rest is read");
            assert_eq!((&*root.attributes[0].value, &*root.text), ("&c;", "&c;"));
            assert!(findings.has_errors());
        });
    }
}
