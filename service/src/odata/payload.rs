//! Payloads in the format that a client asks for.

use std::borrow::Cow;

use edm::json::to_text;
use edm::model::{EntitySet, Model, Type};
use edm::version::Version;
use edm::{DateTime, Record, Value, atom, json};

use super::negotiate::ResponseFormat;
use super::resolve::canonical_path;

/// Writes the payload of one response.
pub(super) enum Writer<'a> {
    Json(json::Writer<'a>),
    Atom(atom::Writer<'a>),
}

/// What stands around the entities of a page.
pub(super) struct Page<'a> {
    /// Where they are, relative to the service root.
    pub(super) path: &'a str,
    /// The properties to print, all if it is empty.
    pub(super) select: &'a [String],
    /// How many there are on all pages.
    pub(super) count: Option<u64>,
    /// Where the next page is, relative to the service root.
    pub(super) next: Option<&'a str>,
}

impl<'a> Writer<'a> {
    /// What writes payloads of a version of the protocol. `root` is the service root.
    pub(super) fn new(
        format: ResponseFormat,
        model: &'static Model,
        root: &'a str,
        version: Version,
        just_made: bool,
    ) -> Self {
        let dates = format.date_style(version, just_made);
        match format {
            ResponseFormat::Json(layout) => Self::Json(json::Writer { model, root, layout, dates }),
            ResponseFormat::Atom => {
                Self::Atom(atom::Writer { model, root, dates, updated: DateTime::now() })
            }
        }
    }

    pub(super) fn entity(&self, record: &Record, set: &EntitySet, select: &[String]) -> String {
        let path = canonical_path(set, record);
        match self {
            Self::Json(writer) => to_text(&writer.entity(record, set, &path, select)),
            Self::Atom(writer) => writer.entity(record, &path, select),
        }
    }

    pub(super) fn feed(
        &self,
        records: &[Cow<'_, Record>],
        set: &EntitySet,
        page: &Page<'_>,
    ) -> String {
        let Page { path, select, count, next } = *page;
        let records = records.iter().map(|record| (record.as_ref(), canonical_path(set, record)));
        match self {
            Self::Json(writer) => {
                let entry =
                    |(record, path): (&Record, String)| writer.entry(record, &path, select).into();
                let entries = records.map(entry).collect();
                to_text(&writer.feed(entries, set, select, count, next))
            }
            Self::Atom(writer) => {
                let entry = |(record, path): (&Record, String)| writer.entry(record, &path, select);
                let entries = records.map(entry).collect();
                writer.feed(entries, set.entity_type, path, count, next)
            }
        }
    }

    pub(super) fn value(&self, name: &str, value: &Value, ty: &Type) -> String {
        match self {
            Self::Json(writer) => to_text(&writer.value(name, value, ty)),
            Self::Atom(writer) => writer.value(name, value, ty),
        }
    }

    /// Links to entities by their canonical paths; `context` is what light JSON says they are.
    pub(super) fn links(&self, paths: &[String], many: bool, context: &str) -> String {
        match self {
            Self::Json(writer) => to_text(&writer.links(paths, many, context)),
            Self::Atom(writer) => writer.links(paths, many),
        }
    }

    pub(super) fn service_document(&self) -> String {
        match self {
            Self::Json(writer) => to_text(&writer.service_document()),
            Self::Atom(writer) => writer.service_document(),
        }
    }
}
