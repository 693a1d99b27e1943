//! What a body says, in whichever format it is written.

use std::collections::BTreeMap;

use edm::json::Format;
use serde_json::Value as Json;

/// A value, an entity or a link. What the model says anyway is left out: the types of declared
/// properties, and the names of types that take no part in inheritance.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Null,
    Boolean(bool),
    /// One that JSON writes as a number: at most 32 bits, or a finite float.
    Number(f64),
    Text(String),
    Many(Vec<Content>),
    Structure(Structure),
    /// The URL of an entity, below the root of the service.
    Link(String),
}

/// An entity, a complex value, or the parameters of an action.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Structure {
    ty: Option<String>,
    /// Properties, and entities that are inserted with this one.
    pub(crate) members: BTreeMap<String, Content>,
    /// Entities that are bound, by navigation property.
    pub(crate) bound: BTreeMap<String, Vec<String>>,
}

impl Structure {
    pub(crate) fn set_type(&mut self, name: &str) {
        let inherits = matches!(name, "Demo.Product" | "Demo.FeaturedProduct");
        self.ty = inherits.then(|| name.to_owned());
    }
}

/// An absolute URL without the root of the service.
pub(crate) fn below_root(url: &str) -> &str {
    url.split_once("/odata.svc/").map_or(url, |(_, below)| below)
}

impl Content {
    /// An `Edm.DateTime` has no zone: a `Z` behind it, and zeros behind its second, say nothing.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(match edm::DateTime::parse(text) {
            Ok(time) => time.to_string(),
            Err(_) => text.to_owned(),
        })
    }

    /// Reads JSON light, or verbose JSON.
    pub(crate) fn of_json(json: &Json, format: Format) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Boolean(*value),
            Json::Number(number) => Self::Number(number.as_f64().unwrap()),
            Json::String(text) => Self::text(text),
            Json::Array(items) => {
                Self::Many(items.iter().map(|item| Self::of_json(item, format)).collect())
            }
            Json::Object(object) => match object.get("url") {
                Some(Json::String(url)) if object.len() == 1 => {
                    Self::Link(below_root(url).to_owned())
                }
                _ => Self::of_object(object, format),
            },
        }
    }

    fn of_object(object: &serde_json::Map<String, Json>, format: Format) -> Self {
        let mut structure = Structure::default();
        for (name, value) in object {
            match (format, name.split_once('@')) {
                (Format::Light, Some((_, "odata.type"))) => {}
                (Format::Light, Some((name, "odata.bind"))) => {
                    structure.bound.insert(name.to_owned(), urls(value));
                }
                (Format::Light, None) if name == "odata.type" => {
                    structure.set_type(value.as_str().unwrap());
                }
                (Format::Verbose, None) if name == "__metadata" => {
                    structure.set_type(value["type"].as_str().unwrap());
                }
                (_, None) if !name.starts_with("odata.") && !name.starts_with("__") => {
                    structure.members.insert(name.clone(), Self::of_json(value, format));
                }
                _ => panic!("{name} is not understood"),
            }
        }
        Self::Structure(structure)
    }
}

/// The URLs of a bind: one, or many.
fn urls(json: &Json) -> Vec<String> {
    match json {
        Json::Array(all) => all.iter().flat_map(urls).collect(),
        one => vec![below_root(one.as_str().unwrap()).to_owned()],
    }
}
