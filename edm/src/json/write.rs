//! Responses, as a service writes them: the shapes of Microsoft's WCF Data Services.

use serde_json::{Map, Value as Json, json};

use super::{DateStyle, Dialect, Format, value_to_json};
use crate::model::{EntitySet, Model, StructuredType, Type};
use crate::version::Version;
use crate::{Structured, Value};

/// How much light JSON says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metadata {
    /// Nothing.
    None,
    /// The context URL.
    Minimal,
    /// Types, links and actions, too.
    Full,
}

/// How a response is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Light JSON, and how much it says about itself.
    Light(Metadata),
    /// Verbose JSON, which always says everything.
    Verbose,
}

impl Layout {
    /// The format of the values in it.
    pub const fn format(self) -> Format {
        match self {
            Self::Light(_) => Format::Light,
            Self::Verbose => Format::Verbose,
        }
    }
}

/// What all parts of one response have in common.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    /// The model.
    pub model: &'static Model,
    /// The service root, with a slash at the end.
    pub root: &'a str,
    /// How it is laid out.
    pub layout: Layout,
    /// How points in time are printed.
    pub dates: DateStyle,
}

impl Writer<'_> {
    /// An entity on its own. `path` is its canonical path, such as `Assets('…')`; `select` names
    /// the properties to print, all if it is empty.
    pub fn entity(
        &self,
        entity: &dyn Structured,
        set: &EntitySet,
        path: &str,
        select: &[String],
    ) -> Json {
        let body = self.entry(entity, path, select);
        match self.layout {
            Layout::Verbose => json!({ "d": body }),
            Layout::Light(_) => {
                self.in_context(&format!("{}/@Element{}", set.name, selection(select)), body)
            }
        }
    }

    /// A page of entities.
    pub fn feed(
        &self,
        entries: Vec<Json>,
        set: &EntitySet,
        select: &[String],
        count: Option<u64>,
        next: Option<&str>,
    ) -> Json {
        let mut object = Map::new();
        match self.layout {
            Layout::Verbose => {
                object.insert("results".to_owned(), Json::Array(entries));
                if let Some(count) = count {
                    object.insert("__count".to_owned(), json!(count.to_string()));
                }
                if let Some(next) = next {
                    object.insert("__next".to_owned(), json!(format!("{}{next}", self.root)));
                }
                json!({ "d": object })
            }
            Layout::Light(_) => {
                if let Some(count) = count {
                    object.insert("odata.count".to_owned(), json!(count.to_string()));
                }
                object.insert("value".to_owned(), Json::Array(entries));
                if let Some(next) = next {
                    object.insert("odata.nextLink".to_owned(), json!(next));
                }
                self.in_context(&format!("{}{}", set.name, selection(select)), object)
            }
        }
    }

    /// An entity as part of a feed, or within `d`.
    pub fn entry(
        &self,
        entity: &dyn Structured,
        path: &str,
        select: &[String],
    ) -> Map<String, Json> {
        let ty = entity.structured_type();
        let mut object = Map::new();
        match self.layout {
            Layout::Verbose => self.verbose_links(&mut object, ty, path, select),
            Layout::Light(Metadata::Full) => self.light_links(&mut object, ty, path),
            Layout::Light(_) => {}
        }
        for (index, row) in ty.properties.iter().enumerate() {
            if !selected(select, row.name) {
                continue;
            }
            if self.layout == Layout::Light(Metadata::Full) {
                self.annotate_type(&mut object, row);
            }
            let json = value_to_json(&entity.get(index), &row.ty, self.dialect());
            object.insert(row.name.to_owned(), json);
        }
        object
    }

    fn verbose_links(
        &self,
        object: &mut Map<String, Json>,
        ty: &StructuredType,
        path: &str,
        select: &[String],
    ) {
        let uri = format!("{}{path}", self.root);
        let mut metadata = Map::new();
        metadata.insert("id".to_owned(), json!(uri));
        metadata.insert("uri".to_owned(), json!(uri));
        metadata.insert("type".to_owned(), json!(ty.qualified_name()));
        if !ty.operations.is_empty() && select.is_empty() {
            let action = |operation: &crate::model::Operation| {
                let target = format!("{uri}/{}", operation.name);
                let name =
                    format!("{}$metadata#{}.{}", self.root, self.model.container, operation.name);
                (name, json!([{ "title": operation.name, "target": target }]))
            };
            let actions: Map<_, _> = ty.operations.iter().map(|o| action(o)).collect();
            metadata.insert("actions".to_owned(), Json::Object(actions));
        }
        object.insert("__metadata".to_owned(), Json::Object(metadata));
        for navigation in ty.navigation.iter().filter(|n| selected(select, n.name)) {
            let deferred = json!({ "__deferred": { "uri": format!("{uri}/{}", navigation.name) } });
            object.insert(navigation.name.to_owned(), deferred);
        }
    }

    fn light_links(&self, object: &mut Map<String, Json>, ty: &StructuredType, path: &str) {
        object.insert("odata.type".to_owned(), json!(ty.qualified_name()));
        object.insert("odata.id".to_owned(), json!(format!("{}{path}", self.root)));
        object.insert("odata.editLink".to_owned(), json!(path));
        for navigation in ty.navigation {
            let name = format!("{}@odata.navigationLinkUrl", navigation.name);
            object.insert(name, json!(format!("{path}/{}", navigation.name)));
        }
        for operation in ty.operations {
            let name = format!("#{}.{}", self.model.container, operation.name);
            let target = format!("{path}/{}", operation.name);
            object.insert(name, json!({ "title": operation.name, "target": target }));
        }
    }

    /// Says the type where JSON does not: everything but texts, booleans, Int32 and Double.
    fn annotate_type(&self, object: &mut Map<String, Json>, row: &crate::model::Property) {
        use crate::model::Primitive as P;
        let said =
            matches!(row.ty.primitive(), Some(P::String | P::Boolean | P::Int32 | P::Double));
        if !said {
            object.insert(format!("{}@odata.type", row.name), json!(row.ty.wire_name()));
        }
    }

    /// A property of an entity, or the result of an operation, under its name.
    pub fn value(&self, name: &str, value: &Value, ty: &Type) -> Json {
        let json = value_to_json(value, ty, self.dialect());
        match self.layout {
            Layout::Verbose => json!({ "d": { name: json } }),
            Layout::Light(_) if value.is_null() => {
                let mut object = Map::new();
                object.insert("odata.null".to_owned(), json!(true));
                self.in_context("Edm.Null", object)
            }
            Layout::Light(_) => {
                let object = match json {
                    Json::Object(object) => object,
                    json => Map::from_iter([("value".to_owned(), json)]),
                };
                self.in_context(&ty.wire_name(), object)
            }
        }
    }

    /// The links of a navigation property; `paths` are canonical. `context` is what the context
    /// URL names, such as `Assets/$links/ContentKeys`.
    pub fn links(&self, paths: &[String], many: bool, context: &str) -> Json {
        let name = match self.layout {
            Layout::Verbose => "uri",
            Layout::Light(_) => "url",
        };
        let link = |path: &String| {
            Map::from_iter([(name.to_owned(), json!(format!("{}{path}", self.root)))])
        };
        let mut links: Vec<_> = paths.iter().map(link).collect();
        match (self.layout, many) {
            (Layout::Verbose, true) => json!({ "d": { "results": links } }),
            (Layout::Verbose, false) => json!({ "d": links.pop() }),
            (Layout::Light(_), true) => {
                self.in_context(context, Map::from_iter([("value".to_owned(), json!(links))]))
            }
            (Layout::Light(_), false) => self.in_context(context, links.pop().unwrap_or_default()),
        }
    }

    /// The service document.
    pub fn service_document(&self) -> Json {
        let names = self.model.entity_sets.iter().map(|set| set.name);
        match self.layout {
            Layout::Verbose => json!({ "d": { "EntitySets": names.collect::<Vec<_>>() } }),
            Layout::Light(_) => {
                let sets: Vec<_> = names.map(|name| json!({ "name": name, "url": name })).collect();
                let mut object = Map::new();
                if self.layout != Layout::Light(Metadata::None) {
                    let url = format!("{}$metadata", self.root);
                    object.insert("odata.metadata".to_owned(), json!(url));
                }
                object.insert("value".to_owned(), Json::Array(sets));
                Json::Object(object)
            }
        }
    }

    const fn dialect(&self) -> Dialect {
        Dialect { dates: self.dates, ..Dialect::new(self.layout.format(), Version::V3) }
    }

    /// Puts the context URL in front, unless nothing is to be said.
    fn in_context(&self, fragment: &str, mut object: Map<String, Json>) -> Json {
        if self.layout != Layout::Light(Metadata::None) {
            let url = format!("{}$metadata#{fragment}", self.root);
            object.shift_insert(0, "odata.metadata".to_owned(), json!(url));
        }
        Json::Object(object)
    }
}

pub(crate) fn selected(select: &[String], name: &str) -> bool {
    select.is_empty() || select.iter().any(|selected| selected == name)
}

fn selection(select: &[String]) -> String {
    match select {
        [] => String::new(),
        _ => format!("&$select={}", select.join(",")),
    }
}
