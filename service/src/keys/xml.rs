//! Small XML documents that clients put into properties, as trees.
//!
//! They are hostile: no document type, no entity but the five that XML has, and limits.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Longer documents are refused.
const LONGEST: usize = 256 << 10;
/// Deeper ones, too.
const DEEPEST: usize = 16;
/// And those with more elements.
const MOST_ELEMENTS: usize = 2000;

/// An element, by its local name.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// Without its prefix.
    pub(super) name: String,
    /// The value of `type` in whatever namespace, without its prefix: of an `xsi:type`.
    pub(super) ty: Option<String>,
    /// Whether `nil` is true: that of `xsi:nil`.
    pub(super) nil: bool,
    /// Its text, without that of elements in it.
    pub(super) text: String,
    /// The elements in it.
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The first element of a name in this one, unless it says that it is nothing.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name && !child.nil)
    }

    /// The text of an element in this one, without the white space around it.
    pub(super) fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    fn start(start: &BytesStart<'_>) -> Result<Self, String> {
        let name = start.local_name().as_ref().to_owned();
        let mut element = Self { name, ..Self::default() };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| format!("an attribute: {error}"))?;
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .map_err(|error| format!("an attribute: {error}"))?;
            match attribute.key.local_name().as_ref() {
                "type" => {
                    let local = value.rsplit(':').next().unwrap_or_default();
                    element.ty = Some(local.trim().to_owned());
                }
                "nil" => element.nil = matches!(value.trim(), "true" | "1"),
                _ => {}
            }
        }
        Ok(element)
    }
}

/// Reads a document; an error says what is wrong with it and where.
pub(super) fn parse(xml: &str) -> Result<Element, String> {
    if xml.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = Vec::new();
    let (mut root, mut count) = (None, 0);
    loop {
        let position = reader.buffer_position();
        let fail = |problem: &str| Err(format!("position {position}: {problem}"));
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return fail(&error.to_string()),
        };
        match event {
            Event::Start(start) => {
                count += 1;
                if open.len() == DEEPEST || count > MOST_ELEMENTS {
                    return fail("there are too many elements");
                }
                if open.is_empty() && root.is_some() {
                    return fail("there is a second root element");
                }
                match Element::start(&start) {
                    Ok(element) => open.push(element),
                    Err(problem) => return fail(&problem),
                }
            }
            Event::End(_) => match (open.pop(), open.last_mut()) {
                (Some(element), Some(parent)) => parent.children.push(element),
                (element, _) => root = element,
            },
            Event::Text(text) => match open.last_mut() {
                Some(element) => element.text.push_str(&text),
                None if text.trim().is_empty() => {}
                None => return fail("there is text outside of the root element"),
            },
            Event::CData(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref() {
                    Ok(Some(character)) => Some(character.to_string()),
                    Ok(None) => {
                        quick_xml::escape::resolve_predefined_entity(&reference).map(str::to_owned)
                    }
                    Err(_) => None,
                };
                match (resolved, open.last_mut()) {
                    (Some(text), Some(element)) => element.text.push_str(&text),
                    _ => return fail("there is an entity that XML does not have by itself"),
                }
            }
            Event::DocType(_) => return fail("a document type is not allowed"),
            Event::Eof if !open.is_empty() => return fail("it is cut short"),
            Event::Eof => return root.ok_or_else(|| "there is no element".to_owned()),
            Event::Empty(_) | Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_are_read() {
        let xml = "\u{feff}<?xml version=\"1.0\"?><a xmlns:i=\"x\"><p:b i:type=\"q:T\"> 1&lt;&#50; \
                   <!-- - --></p:b><c i:nil=\"true\">9</c><b><![CDATA[<]]></b></a>";
        let root = parse(xml).expect("it is well-formed");
        assert_eq!((root.name.as_str(), root.children.len()), ("a", 3));
        assert_eq!(root.child_text("b"), Some("1<2"));
        assert_eq!(root.child("b").and_then(|b| b.ty.as_deref()), Some("T"));
        assert!(root.child("c").is_none());
        assert_eq!(root.children[2].text, "<");
    }

    #[test]
    fn hostile_documents_are_refused() {
        let deep = "<a>".repeat(50) + &"</a>".repeat(50);
        let many = format!("<a>{}</a>", "<b/>".repeat(MOST_ELEMENTS));
        let long = format!("<a>{}</a>", "x".repeat(LONGEST));
        for xml in [
            "",
            "x",
            "<a",
            "<a>",
            "<a></b>",
            "<a/><a/>",
            "<a/>x",
            "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
            "<a>&e;</a>",
            "<a>&#0;</a>",
            "<a b='&e;'/>",
            "<a b=1/>",
            &deep,
            &many,
            &long,
        ] {
            assert!(parse(xml).is_err(), "{}", &xml[..xml.len().min(60)]);
        }
    }
}
