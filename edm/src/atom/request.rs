//! Bodies of requests, as a client writes them.

use super::markup::{DATA, ENTRY, Markup, SHAPES};
use super::print::{Printer, print_properties};
use super::{RELATED, SCHEME};
use crate::json::{DateStyle, draft_type_name};
use crate::model::{StructuredType, Type};
use crate::{DateTime, Draft, Value};

/// How entries are written.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a> {
    /// The service root, with a slash at the end: URLs of bindings are joined to it if they are
    /// relative.
    pub root: &'a str,
    /// When the request is made: Atom wants it of each entry.
    pub updated: DateTime,
}

const PRINTER: Printer = Printer { dates: DateStyle::Exact, typed_nulls: false };

impl Layout<'_> {
    /// The body of an insert or update.
    pub fn draft(self, draft: &Draft, ty: &'static StructuredType) -> String {
        let mut out = Markup::document();
        let vocabularies = format!("{ENTRY}{DATA}{}", if needs_v3(draft) { SHAPES } else { "" });
        self.entry(&mut out, draft, ty, &vocabularies);
        out.0
    }

    fn entry(
        self,
        out: &mut Markup,
        draft: &Draft,
        ty: &'static StructuredType,
        vocabularies: &str,
    ) {
        let ty = draft.derived.unwrap_or(ty);
        out.raw("<entry").raw(vocabularies).raw(">");
        out.raw("<category").attribute("term", &draft_type_name(&draft.members, ty));
        out.attribute("scheme", SCHEME).raw(" />");
        for binding in &draft.bindings {
            for url in &binding.urls {
                self.link(out, &binding.navigation, binding.many);
                let base = if url.contains("://") { "" } else { self.root };
                out.attribute("href", &format!("{base}{url}")).raw(" />");
            }
        }
        for inline in &draft.inline {
            let Some(navigation) = ty.navigation(&inline.navigation) else { continue };
            self.link(out, &inline.navigation, inline.many);
            out.raw("><m:inline>");
            if inline.many {
                out.raw("<feed>");
            }
            for entity in &inline.entities {
                self.entry(out, entity, navigation.target, "");
            }
            if inline.many {
                out.raw("</feed>");
            }
            out.raw("</m:inline></link>");
        }
        out.raw("<id /><title />").element("updated", &self.updated());
        out.raw("<author><name /></author>");
        // The media of an entity that has some is its content; the properties stand beside it.
        match ty.has_stream {
            true => print_properties(PRINTER, out, draft, ty),
            false => {
                out.raw("<content type=\"application/xml\">");
                print_properties(PRINTER, out, draft, ty);
                out.raw("</content>");
            }
        }
        out.raw("</entry>");
    }

    fn link(self, out: &mut Markup, navigation: &str, many: bool) {
        let kind = if many { "feed" } else { "entry" };
        out.raw("<link").attribute("rel", &format!("{RELATED}{navigation}"));
        out.attribute("type", &format!("application/atom+xml;type={kind}"));
        out.attribute("title", navigation);
    }

    fn updated(self) -> String {
        format!("{}Z", DateTime::from_unix_millis(self.updated.unix_millis() / 1000 * 1000))
    }
}

/// Whether a body has what only V3 knows: collections and shapes.
pub fn needs_v3(draft: &Draft) -> bool {
    fn is_new(value: &Value) -> bool {
        match value {
            Value::Collection(_) => true,
            Value::Json(json) => json.is_array() || json.get("coordinates").is_some(),
            Value::Complex(members) => members.iter().any(|(_, value)| is_new(value)),
            _ => false,
        }
    }
    let mut nested = draft.inline.iter().flat_map(|inline| &inline.entities);
    draft.members.iter().any(|(_, value)| is_new(value)) || nested.any(needs_v3)
}

/// The body that sets one property.
pub fn property(name: &str, value: &Value, ty: &Type) -> String {
    let mut out = Markup::document();
    PRINTER.property(&mut out, name, value, ty, &format!("{DATA}{SHAPES}"));
    out.0
}

/// The body that adds or sets a link: `url` is that of the entity.
pub fn uri(url: &str) -> String {
    let mut out = Markup::document();
    out.raw("<uri xmlns=\"http://schemas.microsoft.com/ado/2007/08/dataservices\"");
    out.content("uri", url);
    out.0
}
