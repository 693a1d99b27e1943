//! XML text to a tree of elements with spans. The only file that names `quick-xml`.
//!
//! Documents are hostile: there is no DTD, so no entity but the five of XML and character
//! references, and nesting is bounded.

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{LocalName, ResolveResult};

use crate::diagnostic::{Findings, Source, Span};

/// How deep elements may be nested; CSDL needs about ten levels.
const DEEPEST: usize = 64;

/// An element.
#[derive(Debug)]
pub(crate) struct Element {
    /// The namespace; empty for none.
    pub(crate) namespace: String,
    /// The name without prefix.
    pub(crate) name: String,
    /// The attributes, without namespace declarations.
    pub(crate) attributes: Vec<Attribute>,
    /// The child elements.
    pub(crate) children: Vec<Element>,
    /// Where the start tag is.
    pub(crate) span: Span,
}

/// An attribute.
#[derive(Debug)]
pub(crate) struct Attribute {
    /// The namespace; empty for none.
    pub(crate) namespace: String,
    /// The name without prefix.
    pub(crate) name: String,
    /// The value, with references resolved.
    pub(crate) value: String,
    /// Where the name is.
    pub(crate) name_span: Span,
    /// Where the value is, without quotes.
    pub(crate) span: Span,
}

/// Reads the document element; `None` after an error.
pub(crate) fn read(index: usize, source: &Source, findings: &mut Findings) -> Option<Element> {
    // Services on .NET like to begin with a byte order mark.
    let body = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let base = source.text.len() - body.len();
    let mut reader = NsReader::from_str(body);
    reader.config_mut().check_end_names = true;
    let mut tree = Tree { source: index, base, open: Vec::new(), root: None };
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
            Event::Text(text) if !text.trim().is_empty() && tree.open.is_empty() => {
                findings.error("xml::syntax", span, "this is not XML: text outside of an element");
                return None;
            }
            Event::Eof => return tree.finish(findings),
            Event::Text(_)
            | Event::CData(_)
            | Event::GeneralRef(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_) => {}
        }
    }
}

fn position(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

struct Tree {
    source: usize,
    /// The length of the byte order mark.
    base: usize,
    open: Vec<Element>,
    root: Option<Element>,
}

impl Tree {
    fn span(&self, start: usize, end: usize) -> Span {
        Span { source: self.source, start: self.base + start, end: self.base + end }
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
        let namespace = bound(&namespace, span, findings)?;
        let attributes = attributes(reader, tag, span, findings)?;
        let name = text(name).to_owned();
        self.open.push(Element { namespace, name, attributes, children: Vec::new(), span });
        Some(())
    }

    fn end(&mut self) {
        let Some(element) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn finish(self, findings: &mut Findings) -> Option<Element> {
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
}

fn attributes(
    reader: &NsReader<&[u8]>,
    tag: &BytesStart<'_>,
    span: Span,
    findings: &mut Findings,
) -> Option<Vec<Attribute>> {
    let mut list = Vec::new();
    // The text of a tag begins after its `<`.
    let within = |part: &str| {
        let offset = (part.as_ptr() as usize).saturating_sub(tag.as_ptr() as usize);
        let start = (span.start + 1 + offset).min(span.end);
        Span { start, end: (start + part.len()).min(span.end), ..span }
    };
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
        let name_span = within(attribute.key.into_inner());
        let value_span = within(&attribute.value);
        let (namespace, name) = reader.resolver().resolve_attribute(attribute.key);
        let namespace = bound(&namespace, name_span, findings)?;
        match attribute.normalized_value(quick_xml::XmlVersion::Explicit1_0) {
            Ok(value) => list.push(Attribute {
                namespace,
                name: text(name).to_owned(),
                value: value.into_owned(),
                name_span,
                span: value_span,
            }),
            Err(error) => {
                let message = format!("this is not well-formed XML: {error}");
                findings.error("xml::syntax", value_span, message);
                return None;
            }
        }
    }
    Some(list)
}

fn text(name: LocalName<'_>) -> &str {
    name.into_inner()
}

/// The namespace of a name; `None` after an error.
fn bound(result: &ResolveResult<'_>, span: Span, findings: &mut Findings) -> Option<String> {
    match result {
        ResolveResult::Bound(namespace) => Some(namespace.into_inner().to_owned()),
        ResolveResult::Unbound => Some(String::new()),
        ResolveResult::Unknown(prefix) => {
            let message = format!("the prefix `{prefix}` is not bound to a namespace");
            findings.error("xml::unbound-prefix", span, message);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Option<Element>, Findings) {
        let mut findings = Findings::default();
        let source = Source { name: "t.xml".to_owned(), text: text.to_owned() };
        (read(0, &source, &mut findings), findings)
    }

    #[test]
    fn spans_point_at_names_and_values() {
        let text =
            "\u{feff}<?xml version='1.0'?>\n<a  b = 'x&amp;y' xmlns:n='urn:n'><n:c n:d=\"é\"/></a>";
        let (root, _) = parse(text);
        let root = root.expect("well-formed");
        let b = &root.attributes[0];
        assert_eq!((b.name.as_str(), b.value.as_str()), ("b", "x&y"));
        assert_eq!(&text[b.name_span.start..b.name_span.end], "b");
        assert_eq!(&text[b.span.start..b.span.end], "x&amp;y");
        let c = &root.children[0];
        assert_eq!((c.namespace.as_str(), c.name.as_str()), ("urn:n", "c"));
        assert_eq!(&text[c.span.start..c.span.end], "<n:c n:d=\"é\"/>");
        let d = &c.attributes[0];
        assert_eq!((d.namespace.as_str(), &text[d.span.start..d.span.end]), ("urn:n", "é"));
    }

    #[test]
    fn nesting_is_bounded() {
        let (root, findings) = parse(&"<a>".repeat(1_000_000));
        assert!(root.is_none() && findings.has_errors());
    }

    #[test]
    fn entities_are_not_expanded() {
        for text in ["<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "<a b='&c;'/>"] {
            let (root, findings) = parse(text);
            assert!(root.is_none() && findings.has_errors(), "{text}");
        }
    }
}
