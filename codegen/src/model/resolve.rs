//! CSDL to the model, step by step.

use std::collections::BTreeMap;

use crate::csdl::{self, Edmx, Facts, Text};
use crate::diagnostic::{Findings, Span};
use crate::model::annotations::Notes;
use crate::model::index::{Declared, Index};
use crate::model::inheritance::{self, Member};
use crate::model::{
    EntityTypeId, Label, Model, StructuredType, Version, container, paths, types, usage,
};

/// Resolves everything. Check the findings: after an error the model has holes.
pub(crate) fn resolve(edmx: &Edmx, findings: &mut Findings) -> Model {
    let index = Index::new(edmx, findings);
    let mut model = Model {
        version: edmx
            .documents
            .iter()
            .filter_map(|document| document.version)
            .max()
            .unwrap_or(Version::V4),
        namespace: edmx.home.clone(),
        entity_types: Vec::new(),
        complex_types: Vec::new(),
        enum_types: edmx.enum_types.iter().map(types::added_enum_type).collect(),
        id_types: edmx.id_types.iter().map(types::id_type).collect(),
        type_definitions: Vec::new(),
        containers: Vec::new(),
    };
    let mut scope = Scope { index: &index, model: &model, findings };
    let enum_types: Vec<_> = index.enum_types.iter().map(|d| scope.enum_type(d)).collect();
    let definitions = index.type_definitions.iter().map(|d| scope.type_definition(d)).collect();
    model.enum_types.extend(enum_types);
    model.type_definitions = definitions;
    // Keys may lead through complex types, so those come first.
    let complex_types =
        structured_types(&index, &model, &index.complex_types, Vec::new(), findings);
    model.complex_types = complex_types;
    let entity_types = {
        let etags = container::etags(edmx, &index);
        structured_types(&index, &model, &index.entity_types, etags, findings)
    };
    model.entity_types = entity_types;
    container::fill(&mut model, edmx, &index, findings);
    paths::check(&mut model, &index, findings);
    // What is wrong with a document or an amendment may be why something is not used.
    if findings.has_errors() {
        return model;
    }
    usage::check(&model, edmx.enum_types.len(), findings);
    if model.containers.is_empty() && edmx.schemas.iter().all(|schema| schema.types.is_empty()) {
        let message = "there is neither a type nor an EntityContainer to generate from";
        findings.warning("csdl::nothing-declared", edmx.start(), message);
    }
    model
}

/// Resolves the structured types of one kind.
fn structured_types(
    index: &Index<'_>,
    model: &Model,
    declared: &[Declared<'_, csdl::StructuredType>],
    etags: Vec<(EntityTypeId, Vec<&str>)>,
    findings: &mut Findings,
) -> Vec<StructuredType> {
    let mut scope = Scope { index, model, findings };
    let bases: Vec<Option<usize>> =
        declared.iter().map(|declared| scope.base(declared.node)).collect();
    let mut own: Vec<Member> =
        declared.iter().map(|declared| scope.structured_type(declared)).collect();
    for (id, properties) in etags {
        let Some(member) = own.get_mut(id.0) else { continue };
        member.ty.has_etag = true;
        for (property, _) in &mut member.properties {
            property.is_concurrency_token |= properties.contains(&property.label.name.as_str());
        }
    }
    inheritance::flatten(&mut scope, declared, own, bases)
}

/// The label of something with this name, with what is said of it and what amendments add.
pub(crate) fn label(name: &Text, notes: &Notes<'_>, facts: &Facts) -> Label {
    Label {
        name: name.value.clone(),
        span: name.span,
        rust_name: facts.name.clone(),
        doc: facts.doc.clone().or_else(|| notes.doc()),
        since: facts.since.clone(),
        deprecated: notes.deprecated(),
    }
}

/// Reports names that are declared twice in one scope, and tells which are the first of theirs.
pub(crate) fn unique<'a>(
    what: &str,
    names: impl IntoIterator<Item = &'a Text>,
    findings: &mut Findings,
) -> Vec<bool> {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let mut first = Vec::new();
    for name in names {
        let before = seen.get(name.value.as_str()).copied();
        first.push(before.is_none());
        match before {
            Some(before) => {
                let message = format!("the {what} `{}` is declared twice", name.value);
                findings
                    .repair("csdl::duplicate-name", name.span, message)
                    .related(before, "declared here first");
            }
            None => drop(seen.insert(&name.value, name.span)),
        }
    }
    first
}

/// Resolves types within the whole of the documents.
pub(crate) struct Scope<'a, 'f> {
    pub(crate) index: &'a Index<'a>,
    pub(crate) model: &'a Model,
    pub(crate) findings: &'f mut Findings,
}
