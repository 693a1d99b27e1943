//! XML as a tree. Names carry the prefixes that are used for their namespaces everywhere; those of
//! Atom carry none.

use std::collections::BTreeMap;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, NamespaceResolver, ResolveResult};
use quick_xml::{NsReader, XmlVersion};

const NAMESPACES: [(&str, &str); 4] = [
    ("http://www.w3.org/2005/Atom", ""),
    ("http://schemas.microsoft.com/ado/2007/08/dataservices", "d:"),
    ("http://schemas.microsoft.com/ado/2007/08/dataservices/metadata", "m:"),
    ("http://www.opengis.net/gml", "gml:"),
];

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: BTreeMap<String, String>,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    fn new(start: &BytesStart<'_>, names: &NamespaceResolver) -> Self {
        let (namespace, local) = names.resolve_element(start.name());
        let mut element = Self { name: name(&namespace, local.as_ref()), ..Self::default() };
        for attribute in start.attributes() {
            let attribute = attribute.unwrap();
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let (namespace, local) = names.resolve_attribute(attribute.key);
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).unwrap();
            element.attributes.insert(name(&namespace, local.as_ref()), value.into_owned());
        }
        element
    }
}

fn name(namespace: &ResolveResult<'_>, local: &str) -> String {
    let prefix = match namespace {
        ResolveResult::Unbound => "",
        ResolveResult::Bound(Namespace(uri)) => {
            NAMESPACES.iter().find(|(known, _)| known == uri).unwrap().1
        }
        ResolveResult::Unknown(prefix) => panic!("the prefix {prefix} is not declared"),
    };
    format!("{prefix}{local}")
}

/// The root element of a document.
pub(crate) fn parse(text: &str) -> Element {
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    // The first is the document itself.
    let mut open = vec![Element::default()];
    loop {
        let event = reader.read_event().unwrap();
        let inner = open.last_mut().unwrap();
        match event {
            Event::Decl(_) => {}
            Event::Start(start) => open.push(Element::new(&start, reader.resolver())),
            Event::End(_) => {
                let done = open.pop().unwrap();
                open.last_mut().unwrap().children.push(done);
            }
            Event::Text(text) => inner.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().unwrap() {
                Some(letter) => inner.text.push(letter),
                None => inner.text.push_str(resolve_predefined_entity(&reference).unwrap()),
            },
            Event::Eof => return inner.children.pop().unwrap(),
            other => panic!("{other:?} is not understood"),
        }
    }
}
