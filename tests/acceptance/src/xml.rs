//! Just enough XML to look into manifests and listings.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// An element: its attributes, and the text that directly follows its start.
#[derive(Clone, Debug, Default)]
pub struct Element {
    /// The local name.
    pub name: String,
    /// The attributes.
    pub attributes: BTreeMap<String, String>,
    /// The text.
    pub text: String,
}

impl Element {
    /// An attribute; empty if it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    fn new(start: &BytesStart<'_>) -> Self {
        let attribute = |attribute: quick_xml::events::attributes::Attribute<'_>| {
            let version = quick_xml::XmlVersion::Implicit1_0;
            let value = attribute.normalized_value(version).expect("an attribute's value");
            (attribute.key.local_name().as_ref().to_owned(), value.into_owned())
        };
        Self {
            name: start.local_name().as_ref().to_owned(),
            attributes: start.attributes().map(|a| attribute(a.expect("an attribute"))).collect(),
            text: String::new(),
        }
    }
}

/// All elements of a document, in order.
///
/// # Panics
///
/// When it is not well-formed.
#[track_caller]
pub fn elements(xml: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(xml);
    let mut found: Vec<Element> = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start)) => found.push(Element::new(&start)),
            Ok(Event::Text(text)) => {
                if let Some(last) = found.last_mut() {
                    last.text.push_str(text.trim());
                }
            }
            Ok(Event::Eof) => return found,
            Ok(_) => {}
            Err(error) => panic!("not well-formed: {error}\n{xml}"),
        }
    }
}
