//! Bodies of requests, as a client writes them.

use serde::ser::{SerializeMap, SerializeSeq as _};
use serde::{Serialize, Serializer};

use super::print::{Typed, print_members, print_type, type_name};
use super::{Dialect, Format, to_text};
use crate::model::{Parameter, StructuredType, Type};
use crate::{Binding, Draft, Inline, Value};

impl Dialect {
    /// The body of an insert or update. URLs of bindings are joined to `root`, which ends with a
    /// slash, if they are relative.
    pub fn draft(self, draft: &Draft, ty: &'static StructuredType, root: &str) -> String {
        to_text(&Body { draft, ty, dialect: self, root })
    }

    /// One value: in V4 also what a parameter alias stands for.
    pub fn value(self, value: &Value, ty: &Type) -> String {
        to_text(&Typed { value, ty: Some(ty), dialect: self, plain: false })
    }

    /// The parameters of an action. Names that it does not have are left out.
    pub fn parameters(self, values: &[(&'static str, Value)], parameters: &[Parameter]) -> String {
        // Also in verbose bodies, a collection among parameters is a plain array.
        let format = match self.format {
            Format::Verbose | Format::Light => Format::Light,
            Format::V4 => Format::V4,
        };
        let dialect = Self { format, ..self };
        to_text(&Parameters { values, parameters, dialect })
    }

    /// The body that adds or sets a link: `url` is that of the entity.
    pub fn link(self, url: &str) -> String {
        let name = match self.format {
            Format::Verbose => "uri",
            Format::Light => "url",
            Format::V4 if self.is_v401 => "@id",
            Format::V4 => "@odata.id",
        };
        to_text(&One { name, value: url })
    }

    /// The body that sets one property.
    pub fn property(self, name: &str, value: &Value, ty: &Type) -> String {
        let typed = Typed { value, ty: Some(ty), dialect: self, plain: false };
        match (self.format, value) {
            (Format::Verbose, _) => to_text(&One { name, value: typed }),
            (Format::Light, Value::Null) => to_text(&One { name: "odata.null", value: true }),
            // A complex value stands alone.
            (Format::Light | Format::V4, Value::Complex(_)) => to_text(&typed),
            (Format::Light | Format::V4, _) => to_text(&One { name: "value", value: typed }),
        }
    }
}

/// An object with one member.
struct One<'a, T> {
    name: &'a str,
    value: T,
}

impl<T: Serialize> Serialize for One<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.name, &self.value)?;
        map.end()
    }
}

struct Parameters<'a> {
    values: &'a [(&'static str, Value)],
    parameters: &'a [Parameter],
    dialect: Dialect,
}

impl Serialize for Parameters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.values {
            if let Some(row) = self.parameters.iter().find(|row| row.name == *name) {
                let ty = Some(&row.ty);
                map.serialize_entry(
                    name,
                    &Typed { value, ty, dialect: self.dialect, plain: false },
                )?;
            }
        }
        map.end()
    }
}

#[derive(Clone, Copy)]
struct Body<'a> {
    draft: &'a Draft,
    ty: &'static StructuredType,
    dialect: Dialect,
    root: &'a str,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Body { draft, dialect, .. } = *self;
        let ty = draft.derived.unwrap_or(self.ty);
        let mut map = serializer.serialize_map(None)?;
        if let Some(name) = type_name(&draft.members, ty, false) {
            print_type(&mut map, &name, dialect)?;
        }
        print_members(&mut map, &draft.members, Some(ty), &draft.derived_values, dialect)?;
        for binding in &draft.bindings {
            let name = &binding.navigation;
            let links = Links { binding, dialect, root: self.root };
            match dialect.format {
                Format::Verbose => map.serialize_entry(name, &links)?,
                // Also in V4.01, whose own form some services take for a new entity.
                Format::Light | Format::V4 => {
                    map.serialize_entry(&format!("{name}@odata.bind"), &links)?;
                }
            }
        }
        for inline in &draft.inline {
            if let Some(navigation) = ty.navigation(&inline.navigation) {
                let nested = Nested { inline, body: Body { ty: navigation.target, ..*self } };
                map.serialize_entry(&inline.navigation, &nested)?;
            }
        }
        map.end()
    }
}

/// Links to existing entities: URLs, or in verbose JSON objects that hold them.
struct Links<'a> {
    binding: &'a Binding,
    dialect: Dialect,
    root: &'a str,
}

impl Serialize for Links<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let url = |url: &String| Link {
            url: if url.contains("://") { url.clone() } else { format!("{}{url}", self.root) },
            dialect: self.dialect,
        };
        match self.binding.urls.as_slice() {
            [one] if !self.binding.many => url(one).serialize(serializer),
            urls => serializer.collect_seq(urls.iter().map(url)),
        }
    }
}

struct Link {
    url: String,
    dialect: Dialect,
}

impl Serialize for Link {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.dialect.format {
            Format::Light | Format::V4 => self.url.serialize(serializer),
            Format::Verbose => {
                let uri = One { name: "uri", value: &self.url };
                One { name: "__metadata", value: uri }.serialize(serializer)
            }
        }
    }
}

/// Entities to create along with another one.
struct Nested<'a> {
    inline: &'a Inline,
    body: Body<'a>,
}

impl Serialize for Nested<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.inline.entities.as_slice() {
            [draft] if !self.inline.many => Body { draft, ..self.body }.serialize(serializer),
            drafts => {
                let mut seq = serializer.serialize_seq(Some(drafts.len()))?;
                for draft in drafts {
                    seq.serialize_element(&Body { draft, ..self.body })?;
                }
                seq.end()
            }
        }
    }
}
