//! What annotations say of the things they are for.

use std::collections::BTreeMap;

use crate::csdl::{Annotation, Edmx, Expression, Remarks};
use crate::model::{Access, Allow};

/// The names of members that `Annotations` are for, with the annotations, of one target.
type Members<'d> = BTreeMap<&'d str, Vec<&'d Annotation>>;

/// What `Annotations` say, by the qualified name of the target, then by the member of it; the
/// member without name is the target itself.
#[derive(Debug, Default)]
pub(crate) struct Targets<'d> {
    edmx: Option<&'d Edmx>,
    list: BTreeMap<String, Members<'d>>,
}

impl<'d> Targets<'d> {
    /// Sorts the annotations of all documents by their targets.
    pub(crate) fn new(edmx: &'d Edmx) -> Self {
        let mut list: BTreeMap<String, Members<'d>> = BTreeMap::new();
        for (target, annotations) in edmx.schemas.iter().flat_map(|schema| &schema.annotations) {
            if annotations.is_empty() {
                continue;
            }
            // The types of an overload are between parentheses, and may themselves be paths.
            let (head, member) = match target.value.split_once('(') {
                Some((head, rest)) => (head, rest.rsplit_once(')').map_or("", |(_, rest)| rest)),
                None => match target.value.split_once('/') {
                    Some((head, member)) => (head, member),
                    None => (target.value.as_str(), ""),
                },
            };
            let name = edmx.expand(target.span.source, head.trim());
            let members = list.entry(name).or_default();
            members.entry(member.trim_start_matches('/')).or_default().extend(annotations);
        }
        Self { edmx: Some(edmx), list }
    }

    /// The annotations for a thing of this namespace and name, and for its members.
    pub(crate) fn of<'t>(&'t self, namespace: &str, name: &str) -> Target<'t, 'd> {
        let members = match self.list.is_empty() {
            true => None,
            false => self.list.get(&format!("{namespace}.{name}")),
        };
        Target { edmx: self.edmx, members }
    }
}

/// What `Annotations` say of one thing and its members.
#[derive(Clone, Copy)]
pub(crate) struct Target<'t, 'd> {
    edmx: Option<&'d Edmx>,
    members: Option<&'t Members<'d>>,
}

impl<'t, 'd> Target<'t, 'd> {
    /// A thing of which nothing is said apart.
    pub(crate) fn none() -> Self {
        Self { edmx: None, members: None }
    }

    /// What is said of the thing itself, in all places.
    pub(crate) fn notes(self, remarks: &'t Remarks) -> Notes<'t> {
        self.member("", remarks)
    }

    /// What is said of a member, in all places.
    pub(crate) fn member(self, name: &str, remarks: &'t Remarks) -> Notes<'t> {
        let apart = self.members.and_then(|members| members.get(name));
        let apart = apart.into_iter().flatten().copied();
        let mut notes = Notes { remarks, list: Vec::new() };
        for annotation in remarks.annotations.iter().chain(apart) {
            let written = annotation.term.value.as_str();
            let term = match self.edmx {
                Some(edmx) => edmx.expand(annotation.term.span.source, written),
                None => written.to_owned(),
            };
            if let Some(term) = known_term(&term) {
                notes.list.push((term, &annotation.value));
            }
        }
        notes
    }
}

/// The short name of a term that is read. A vocabulary may be meant by the alias it recommends
/// for itself without a reference that declares it.
fn known_term(name: &str) -> Option<&'static str> {
    const TERMS: [(&[&str], &[&str]); 3] = [
        (
            &["Org.OData.Core.V1", "Core", "OData.Community.Keys.V1"],
            &[
                "Description",
                "LongDescription",
                "Computed",
                "ComputedDefaultValue",
                "Immutable",
                "Permissions",
                "Revisions",
                "OptimisticConcurrency",
                "AlternateKeys",
            ],
        ),
        (
            &["Org.OData.Capabilities.V1", "Capabilities"],
            &["ReadRestrictions", "InsertRestrictions", "UpdateRestrictions", "DeleteRestrictions"],
        ),
        (&["Org.OData.Validation.V1", "Validation", "Org.OData.Core.V1", "Core"], &["Deprecated"]),
    ];
    let (vocabulary, term) = name.rsplit_once('.')?;
    let mut known = TERMS.iter().filter(|(vocabularies, _)| vocabularies.contains(&vocabulary));
    known.find_map(|(_, terms)| terms.iter().copied().find(|known| *known == term))
}

/// What is said of one thing.
pub(crate) struct Notes<'t> {
    remarks: &'t Remarks,
    list: Vec<(&'static str, &'t Expression)>,
}

impl<'t> Notes<'t> {
    fn get(&self, term: &str) -> Option<&'t Expression> {
        self.list.iter().find(|(known, _)| *known == term).map(|(_, value)| *value)
    }

    fn is(&self, term: &str) -> bool {
        matches!(self.get(term), Some(Expression::Bool(true)))
    }

    /// What it is for.
    pub(crate) fn doc(&self) -> Option<String> {
        let text = |term| match self.get(term) {
            Some(Expression::String(text)) if !text.trim().is_empty() => Some(text.trim()),
            _ => None,
        };
        let mut texts: Vec<&str> = text("Description").into_iter().collect();
        if let Some(long) = text("LongDescription").filter(|long| texts.first() != Some(long)) {
            texts.push(long);
        }
        match texts.is_empty() {
            true => self.remarks.doc.clone(),
            false => Some(texts.join("\n\n")),
        }
    }

    /// Why not to use it any more.
    pub(crate) fn deprecated(&self) -> Option<String> {
        match self.get("Deprecated") {
            Some(Expression::String(why)) => return Some(why.clone()),
            Some(Expression::Bool(true)) => return Some(String::new()),
            _ => {}
        }
        let Some(Expression::Collection(revisions)) = self.get("Revisions") else { return None };
        revisions.iter().find_map(|revision| {
            let kind = word(field(revision, "Kind")?)?;
            let why = match field(revision, "Description") {
                Some(Expression::String(why)) => why.trim().to_owned(),
                _ => String::new(),
            };
            (kind == "Deprecated").then_some(why)
        })
    }

    /// Who may set a property, if something is said of it.
    pub(crate) fn access(&self) -> Option<Access> {
        if self.is("Computed") {
            return Some(Access::ReadOnly);
        }
        if let Some(Expression::EnumMember(names) | Expression::String(names)) =
            self.get("Permissions")
        {
            let mut words = names.split([' ', ',']).map(last_segment);
            if !words.any(|word| matches!(word, "Write" | "ReadWrite" | "2" | "3")) {
                return Some(Access::ReadOnly);
            }
        }
        if self.is("Immutable") {
            return Some(Access::Create);
        }
        match (self.remarks.creatable, self.remarks.updatable) {
            (Some(false), Some(false)) => Some(Access::ReadOnly),
            (_, Some(false)) => Some(Access::Create),
            _ => None,
        }
    }

    /// What may be done with an entity set.
    pub(crate) fn allow(&self) -> Allow {
        let no = |term, property| {
            let value = self.get(term).and_then(|record| field(record, property));
            value == Some(&Expression::Bool(false))
        };
        let mut allow = Allow::ALL;
        if no("ReadRestrictions", "Readable") {
            (allow.list, allow.get) = (false, false);
        }
        let by_key = self.get("ReadRestrictions").and_then(|r| field(r, "ReadByKeyRestrictions"));
        if let Some(by_key) = by_key.and_then(|by_key| field(by_key, "Readable")) {
            allow.get = by_key != &Expression::Bool(false);
        }
        allow.create &= !no("InsertRestrictions", "Insertable");
        allow.update &= !no("UpdateRestrictions", "Updatable");
        allow.delete &= !no("DeleteRestrictions", "Deletable");
        allow.create &= self.remarks.creatable != Some(false);
        allow.update &= self.remarks.updatable != Some(false);
        allow.delete &= self.remarks.deletable != Some(false);
        allow
    }

    /// Whether an update has to say which state it changes, and the properties that tell.
    pub(crate) fn concurrency(&self) -> Option<Vec<&'t str>> {
        match self.get("OptimisticConcurrency")? {
            Expression::Collection(paths) => Some(paths.iter().filter_map(path).collect()),
            _ => Some(Vec::new()),
        }
    }

    /// Keys that address an entity beside the key: path and alias of every part.
    pub(crate) fn alternate_keys(&self) -> Vec<Vec<(&'t str, Option<&'t str>)>> {
        let Some(Expression::Collection(keys)) = self.get("AlternateKeys") else {
            return Vec::new();
        };
        let part = |part: &'t Expression| {
            let alias = field(part, "Alias").and_then(path);
            Some((field(part, "Name").and_then(path)?, alias))
        };
        let parts = |key: &'t Expression| match field(key, "Key") {
            Some(Expression::Collection(parts)) => parts.iter().filter_map(part).collect(),
            _ => Vec::new(),
        };
        keys.iter().map(parts).filter(|parts| !parts.is_empty()).collect()
    }
}

/// The value of a property of a record.
fn field<'t>(record: &'t Expression, name: &str) -> Option<&'t Expression> {
    let Expression::Record(values) = record else { return None };
    values.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// The text of a path; a string may stand for one.
fn path(expression: &Expression) -> Option<&str> {
    match expression {
        Expression::Path(path) | Expression::String(path) => Some(path.trim()),
        _ => None,
    }
}

/// The name of an enumeration member.
fn word(expression: &Expression) -> Option<&str> {
    match expression {
        Expression::EnumMember(name) | Expression::String(name) => Some(last_segment(name)),
        _ => None,
    }
}

fn last_segment(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default().trim()
}
