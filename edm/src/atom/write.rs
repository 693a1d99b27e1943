//! Responses, as a service writes them: the shapes of Microsoft's WCF Data Services.

use super::markup::{DATA, ENTRY, Markup, SHAPES};
use super::print::Printer;
use super::{RELATED, SCHEME};
use crate::json::{DateStyle, selected};
use crate::model::{Model, StructuredType, Type};
use crate::{DateTime, Structured, Value};

/// What all parts of one response have in common.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    /// The model.
    pub model: &'static Model,
    /// The service root, with a slash at the end.
    pub root: &'a str,
    /// How points in time are printed. XML has no epoch form: stored ones are printed in its
    /// place.
    pub dates: DateStyle,
    /// When the response is made: Atom wants it of each entry and feed.
    pub updated: DateTime,
}

impl Writer<'_> {
    /// An entity on its own. `path` is its canonical path, such as `Assets('…')`; `select` names
    /// the properties to print, all if it is empty.
    pub fn entity(&self, entity: &dyn Structured, path: &str, select: &[String]) -> String {
        let mut out = Markup::document();
        let vocabularies = self.vocabularies(entity.structured_type());
        self.write_entry(&mut out, entity, path, select, &vocabularies);
        out.0
    }

    /// An entity as part of a feed.
    pub fn entry(&self, entity: &dyn Structured, path: &str, select: &[String]) -> String {
        let mut out = Markup::default();
        self.write_entry(&mut out, entity, path, select, "");
        out.0
    }

    /// A page of entities of a type. `path` is where they are, such as `Assets('…')/Files`; the
    /// next page is relative to the root.
    pub fn feed(
        &self,
        entries: Vec<String>,
        ty: &StructuredType,
        path: &str,
        count: Option<u64>,
        next: Option<&str>,
    ) -> String {
        let title = path.rsplit('/').next().unwrap_or_default().trim_end_matches("()");
        let mut out = Markup::document();
        out.raw("<feed").raw(&self.vocabularies(ty)).raw(">");
        if let Some(count) = count {
            out.element("m:count", &count.to_string());
        }
        out.element("id", &format!("{}{path}", self.root));
        out.raw("<title type=\"text\">").text(title).raw("</title>");
        out.element("updated", &self.updated());
        out.raw("<link rel=\"self\"").attribute("title", title).attribute("href", path).raw(" />");
        if entries.is_empty() {
            out.raw(AUTHOR);
        }
        for entry in &entries {
            out.raw(entry);
        }
        if let Some(next) = next {
            out.raw("<link rel=\"next\"").attribute("href", &format!("{}{next}", self.root));
            out.raw(" />");
        }
        out.raw("</feed>");
        out.0
    }

    fn write_entry(
        &self,
        out: &mut Markup,
        entity: &dyn Structured,
        path: &str,
        select: &[String],
        vocabularies: &str,
    ) {
        let ty = entity.structured_type();
        out.raw("<entry").raw(vocabularies).raw(">");
        out.element("id", &format!("{}{path}", self.root));
        out.raw("<category").attribute("term", &ty.qualified_name());
        out.attribute("scheme", SCHEME).raw(" />");
        out.raw("<link rel=\"edit\"").attribute("title", ty.name).attribute("href", path);
        out.raw(" />");
        for navigation in ty.navigation.iter().filter(|n| selected(select, n.name)) {
            let kind = if navigation.many { "feed" } else { "entry" };
            out.raw("<link").attribute("rel", &format!("{RELATED}{}", navigation.name));
            out.attribute("type", &format!("application/atom+xml;type={kind}"));
            out.attribute("title", navigation.name);
            out.attribute("href", &format!("{path}/{}", navigation.name)).raw(" />");
        }
        out.raw("<title />").element("updated", &self.updated()).raw(AUTHOR);
        for operation in ty.operations.iter().filter(|_| select.is_empty()) {
            let name =
                format!("{}$metadata#{}.{}", self.root, self.model.container, operation.name);
            let target = format!("{}{path}/{}", self.root, operation.name);
            out.raw("<m:action").attribute("metadata", &name).attribute("title", operation.name);
            out.attribute("target", &target).raw(" />");
        }
        out.raw("<content type=\"application/xml\"><m:properties>");
        for (index, row) in ty.properties.iter().enumerate() {
            if selected(select, row.name) {
                self.printer().property(out, row.name, &entity.get(index), &row.ty, "");
            }
        }
        out.raw("</m:properties></content></entry>");
    }

    /// A property of an entity, or the result of an operation, under its name.
    pub fn value(&self, name: &str, value: &Value, ty: &Type) -> String {
        let mut out = Markup::document();
        let shapes = if matches!(ty, Type::Collection(_)) { SHAPES } else { "" };
        self.printer().property(&mut out, name, value, ty, &format!("{DATA}{shapes}"));
        out.0
    }

    /// The links of a navigation property; `paths` are canonical.
    pub fn links(&self, paths: &[String], many: bool) -> String {
        const SPACE: &str = " xmlns=\"http://schemas.microsoft.com/ado/2007/08/dataservices\"";
        let mut out = Markup::document();
        if many {
            out.raw("<links").raw(SPACE).raw(">");
        }
        for path in paths {
            out.raw("<uri").raw(if many { "" } else { SPACE });
            out.content("uri", &format!("{}{path}", self.root));
        }
        if many {
            out.raw("</links>");
        }
        out.0
    }

    /// The service document.
    pub fn service_document(&self) -> String {
        let mut out = Markup::document();
        out.raw("<service").attribute("xml:base", self.root);
        out.raw(
            " xmlns=\"http://www.w3.org/2007/app\" xmlns:atom=\"http://www.w3.org/2005/Atom\">",
        );
        out.raw("<workspace><atom:title>Default</atom:title>");
        for set in self.model.entity_sets {
            out.raw("<collection").attribute("href", set.name).raw(">");
            out.element("atom:title", set.name).raw("</collection>");
        }
        out.raw("</workspace></service>");
        out.0
    }

    const fn printer(&self) -> Printer {
        Printer { dates: self.dates, typed_nulls: true }
    }

    /// What the root element of an entry or a feed declares. Entities with collections are of V3,
    /// and bring the vocabularies of that along.
    fn vocabularies(&self, ty: &StructuredType) -> String {
        let mut out = Markup::default();
        out.attribute("xml:base", self.root).raw(ENTRY).raw(DATA);
        if ty.has_collection() || ty.properties.iter().any(is_shape) {
            out.raw(SHAPES);
        }
        out.0
    }

    fn updated(&self) -> String {
        format!("{}Z", DateTime::from_unix_millis(self.updated.unix_millis() / 1000 * 1000))
    }
}

const AUTHOR: &str = "<author><name /></author>";

fn is_shape(row: &crate::model::Property) -> bool {
    row.ty.primitive().is_some_and(crate::model::Primitive::is_geo)
}
