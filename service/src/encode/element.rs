//! A small XML document as a tree: hostile, so without DTD, without entities but those that XML
//! has, and within limits.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// Longer documents are refused; a task's `Configuration` has as many characters at most.
const MAX_LENGTH: usize = 400_000;
const MAX_DEPTH: usize = 24;

/// An element. Names are without their prefixes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    /// All text directly inside.
    pub(crate) text: String,
}

impl Element {
    /// Reads a document. The encoding that it declares does not matter: it has come as text.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub(crate) fn parse(xml: &str) -> Result<Self, String> {
        if xml.len() > MAX_LENGTH {
            return Err(format!("it is longer than {MAX_LENGTH} bytes"));
        }
        let mut reader = Reader::from_str(xml);
        let mut open: Vec<Self> = Vec::new();
        loop {
            let position = reader.buffer_position();
            let fail = |problem: &str| format!("{problem} (at position {position})");
            let event = reader.read_event();
            match event.map_err(|error| fail(&format!("it is not well-formed: {error}")))? {
                Event::Start(start) => {
                    if open.len() >= MAX_DEPTH {
                        return Err(fail("it is nested too deeply"));
                    }
                    open.push(Self::start(&start).map_err(|problem| fail(&problem))?);
                }
                Event::Empty(start) => {
                    let element = Self::start(&start).map_err(|problem| fail(&problem))?;
                    match open.last_mut() {
                        Some(parent) => parent.children.push(element),
                        None => return Ok(element),
                    }
                }
                Event::End(_) => match (open.pop(), open.last_mut()) {
                    (Some(element), Some(parent)) => parent.children.push(element),
                    (Some(element), None) => return Ok(element),
                    (None, _) => return Err(fail("an element ends that has not begun")),
                },
                Event::Text(text) => add(&mut open, &text),
                Event::CData(text) => add(&mut open, &text),
                Event::GeneralRef(reference) => {
                    let character = reference.resolve_char_ref();
                    match character.map_err(|error| fail(&error.to_string()))? {
                        Some(character) => add(&mut open, character.encode_utf8(&mut [0; 4])),
                        None => {
                            let text = resolve_predefined_entity(&reference);
                            add(&mut open, text.ok_or_else(|| fail("it uses an entity"))?);
                        }
                    }
                }
                Event::DocType(_) => return Err(fail("a document type is not allowed")),
                Event::Eof => return Err(fail("it is cut short")),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            }
        }
    }

    fn start(start: &BytesStart<'_>) -> Result<Self, String> {
        let mut element = Self { name: start.local_name().as_ref().to_owned(), ..Self::default() };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| format!("an attribute: {error}"))?;
            let key = attribute.key;
            if key.as_namespace_binding().is_some() || key.as_ref().starts_with("xsi:") {
                continue;
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|error| format!("an attribute: {error}"))?.into_owned();
            element.attributes.push((key.local_name().as_ref().to_owned(), value));
        }
        Ok(element)
    }

    /// The first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }
}

fn add(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn elements_attributes_and_text_are_read() {
        let root = Element::parse(
            "<?xml version='1.0' encoding='utf-16'?><!-- a --><p:a xmlns:p='u' xsi:nil='true' b='1 &amp; 2'>\
             <c/> x &lt; <![CDATA[<y>]]>&#65;<d><e/></d></p:a>",
        )
        .unwrap();
        assert_eq!((root.name.as_str(), root.text.trim()), ("a", "x < <y>A"));
        assert_eq!(root.attributes, [("b".to_owned(), "1 & 2".to_owned())]);
        assert_eq!(root.children.len(), 2);
        assert!(root.child("d").is_some_and(|d| d.child("e").is_some()));
    }

    #[test]
    fn hostile_documents_are_refused() {
        let deep = "<a>".repeat(30);
        for (xml, problem) in [
            ("", "cut short"),
            ("<a>", "cut short"),
            ("<a></b>", "not well-formed"),
            ("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "document type"),
            ("<a>&x;</a>", "uses an entity"),
            ("<a b='&x;'/>", "an attribute"),
            (&deep, "too deeply"),
        ] {
            let error = Element::parse(xml).unwrap_err();
            assert!(error.contains(problem), "{xml}: {error}");
        }
        assert!(Element::parse(&"x".repeat(MAX_LENGTH + 1)).is_err());
    }
}
