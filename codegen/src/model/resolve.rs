//! CSDL to the model: schemas, types, keys and navigation.

use std::collections::BTreeMap;

use crate::csdl::{self, AssociationEnd, Edmx, Facts, Kind, Text};
use crate::diagnostic::{Findings, Span};
use crate::model::index::Index;
use crate::model::{
    Access, EnumMember, EnumType, Facets, IdType, KeyPart, Label, Model, Navigation, Primitive,
    Property, StructuredType, Type, Version, container, recursion, usage,
};

/// Resolves everything; `None` if there is nothing to generate from. Check the findings: after an
/// error the model has holes.
pub(crate) fn resolve(edmx: &Edmx, findings: &mut Findings) -> Option<Model> {
    let index = Index::new(edmx, findings);
    let mut model = Model {
        version: Version::V3,
        namespace: edmx.home.clone(),
        entity_types: Vec::new(),
        complex_types: Vec::new(),
        enum_types: edmx.enum_types.iter().map(enum_type).collect(),
        id_types: edmx.id_types.iter().map(id_type).collect(),
        type_definitions: Vec::new(),
        containers: vec![container::empty(edmx, findings)?],
    };
    let mut scope = Scope { index: &index, model: &model, findings };
    let mut entity_types = Vec::new();
    let mut complex_types = Vec::new();
    for schema in &edmx.schemas {
        for declared in &schema.types {
            let ty = scope.structured_type(&schema.namespace.value, declared);
            match declared.kind {
                Kind::Entity => entity_types.push(ty),
                Kind::Complex => complex_types.push(ty),
            }
        }
    }
    model.entity_types = entity_types;
    model.complex_types = complex_types;
    recursion::check(&model, findings);
    container::fill(&mut model, edmx, &index, findings);
    usage::check(&model, findings);
    Some(model)
}

/// The label of something with this name and these amended facts.
pub(crate) fn label(name: &Text, facts: &Facts) -> Label {
    Label {
        name: name.value.clone(),
        span: name.span,
        rust_name: facts.name.clone(),
        doc: facts.doc.clone(),
        since: facts.since.clone(),
        deprecated: None,
    }
}

/// Reports names that are declared twice in one scope.
pub(crate) fn unique<'a>(
    what: &str,
    names: impl IntoIterator<Item = &'a Text>,
    findings: &mut Findings,
) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for name in names {
        if let Some(first) = seen.insert(&name.value, name.span) {
            let message = format!("the {what} `{}` is declared twice", name.value);
            findings
                .error("csdl::duplicate-name", name.span, message)
                .related(first, "declared here first");
        }
    }
}

fn enum_type(declared: &csdl::EnumType) -> EnumType {
    let member = |member: &csdl::EnumMember| EnumMember {
        name: member.name.value.clone(),
        span: member.name.span,
        doc: member.doc.clone(),
        value: member.value.value.clone(),
    };
    EnumType {
        label: label(&declared.name, &declared.amended),
        namespace: String::new(),
        by_name: false,
        underlying: declared.underlying,
        is_flags: declared.is_flags,
        is_standalone: declared.is_standalone,
        members: declared.members.iter().map(member).collect(),
    }
}

fn id_type(declared: &csdl::IdType) -> IdType {
    IdType { label: label(&declared.name, &declared.amended), prefix: declared.prefix.clone() }
}

/// Resolves types within the whole of the documents.
pub(crate) struct Scope<'a, 'f> {
    pub(crate) index: &'a Index<'a>,
    pub(crate) model: &'a Model,
    pub(crate) findings: &'f mut Findings,
}

impl Scope<'_, '_> {
    fn structured_type(
        &mut self,
        namespace: &str,
        declared: &csdl::StructuredType,
    ) -> StructuredType {
        let properties = declared.properties.iter().map(|property| &property.name);
        let navigation = declared.navigation.iter().map(|navigation| &navigation.name);
        unique("property", properties.chain(navigation), self.findings);
        let key = self.key(declared);
        let mut properties = Vec::new();
        for (at, property) in declared.properties.iter().enumerate() {
            properties.extend(self.property(property, key.contains(&at)));
        }
        let mut navigation = Vec::new();
        for property in &declared.navigation {
            navigation.extend(self.navigation(namespace, declared, property));
        }
        StructuredType {
            label: label(&declared.name, &declared.amended),
            namespace: namespace.to_owned(),
            base: None,
            has_derived: false,
            is_abstract: false,
            is_open: false,
            has_stream: false,
            has_etag: false,
            is_stub: false,
            key: key.into_iter().map(|at| KeyPart { path: vec![at], alias: None }).collect(),
            alternate_keys: Vec::new(),
            properties,
            navigation,
            operations: Vec::new(),
            collection_operations: Vec::new(),
        }
    }

    fn key(&mut self, declared: &csdl::StructuredType) -> Vec<usize> {
        if declared.kind == Kind::Entity && declared.key.is_empty() {
            let message = format!("the entity type `{}` has no key", declared.name.value);
            self.findings.error("csdl::no-key", declared.name.span, message);
        }
        unique("key property", &declared.key, self.findings);
        let mut key = Vec::new();
        for name in &declared.key {
            let found = declared.properties.iter().position(|p| p.name.value == name.value);
            if found.is_none() {
                let message = format!(
                    "the key of `{}` names the property `{}`, which the type does not declare",
                    declared.name.value, name.value
                );
                let names = declared.properties.iter().map(|property| property.name.value.as_str());
                self.findings
                    .error("csdl::unknown-key-property", name.span, message)
                    .suggest(&name.value, names);
            }
            key.extend(found);
        }
        key
    }

    fn property(&mut self, declared: &csdl::Property, is_key: bool) -> Option<Property> {
        let document = self.index.resolve(&declared.ty, self.findings)?;
        if matches!(&document, Type::Entity(_)) || is_collection_of_entities(&document) {
            let message =
                format!("the property `{}` has an entity type as its type", declared.name.value);
            self.findings
                .error("csdl::wrong-type", declared.ty.span, message)
                .help("entities are reached by navigation properties");
            return None;
        }
        let amended = &declared.amended;
        let ty = match &amended.ty {
            Some(better) => self.amended_type(&document, better)?,
            None => document.clone(),
        };
        if is_key && matches!(ty, Type::Complex(_) | Type::Collection(_)) {
            let message = format!("the key property `{}` is not primitive", declared.name.value);
            self.findings.error("csdl::wrong-type", declared.ty.span, message);
            return None;
        }
        let nullable = amended.nullable.or(declared.nullable).unwrap_or(true);
        let default_access = if is_key { Access::Create } else { Access::Update };
        Some(Property {
            label: label(&declared.name, &amended.common),
            nullable: nullable && !is_key && !matches!(ty, Type::Collection(_)),
            declared: document,
            ty,
            access: amended.access.unwrap_or(default_access),
            required: amended.required.unwrap_or(false),
            max_length: amended.max_length.or(declared.max_length),
            facets: Facets::default(),
            is_concurrency_token: false,
            is_inherited: false,
        })
    }

    /// The type that an amendment gives in place of the one in the document: a better name, never
    /// something else on the wire.
    pub(crate) fn amended_type(&mut self, document: &Type, better: &Text) -> Option<Type> {
        let ty = self.index.resolve_amended(better, self.findings)?;
        let on_wire = self.wire(&ty);
        if on_wire.is_some() && on_wire == self.wire(document) {
            return Some(ty);
        }
        let written = |wire| match wire {
            Some((primitive, false)) => {
                format!("`{}`", self.model.type_name(&Type::Primitive(primitive)))
            }
            Some((primitive, true)) => format!("a collection of `Edm.{}`", primitive.short_name()),
            None => "a structured type".to_owned(),
        };
        let message = format!(
            "`{}` is {} on the wire, but the document says it is {}",
            better.value,
            written(on_wire),
            written(self.wire(document))
        );
        self.findings
            .error("amend::type-mismatch", better.span, message)
            .help("an amendment can give a type a better name, not change what is sent");
        None
    }

    /// What travels on the wire: the primitive, and whether it is in a collection. `None` for
    /// structured types, which cannot be amended.
    fn wire(&self, ty: &Type) -> Option<(Primitive, bool)> {
        match ty {
            Type::Primitive(primitive) => Some((*primitive, false)),
            Type::Id(_) => Some((Primitive::String, false)),
            Type::Enum(id) => Some((self.model.enum_type(*id).underlying, false)),
            Type::Definition(id) => Some((self.model.type_definition(*id).underlying, false)),
            Type::Complex(_) | Type::Entity(_) => None,
            Type::Collection(item) => self.wire(item).map(|(primitive, _)| (primitive, true)),
        }
    }

    fn navigation(
        &mut self,
        namespace: &str,
        owner: &csdl::StructuredType,
        declared: &csdl::NavigationProperty,
    ) -> Option<Navigation> {
        let ends = self.index.association(&declared.relationship, self.findings)?;
        let from = self.end(ends, &declared.from_role, &declared.relationship)?;
        let to = self.end(ends, &declared.to_role, &declared.relationship)?;
        let to_type = self.index.resolve(&to.ty, self.findings)?;
        let from_type = self.index.resolve(&from.ty, self.findings)?;
        let own_name = crate::diagnostic::Spanned::new(
            format!("{namespace}.{}", owner.name.value),
            owner.name.span,
        );
        if Some(&from_type) != self.index.resolve(&own_name, self.findings).as_ref() {
            let message = format!(
                "`{}` goes from the role `{}`, which is a `{}`, not a `{}`",
                declared.name.value, from.role.value, from.ty.value, owner.name.value
            );
            self.findings
                .error("csdl::association-ends", declared.from_role.span, message)
                .related(from.ty.span, "the end of that role");
            return None;
        }
        let Type::Entity(target) = to_type else {
            let message = format!("the association ends in `{}`, not an entity type", to.ty.value);
            self.findings.error("csdl::wrong-type", to.ty.span, message);
            return None;
        };
        let amended = &declared.amended;
        Some(Navigation {
            label: label(&declared.name, &amended.common),
            target,
            multiplicity: to.multiplicity.value,
            access: amended.access.unwrap_or(Access::Create),
            links: amended.links.unwrap_or(true),
            contains_target: false,
            partner: None,
            is_inherited: false,
        })
    }

    fn end<'e>(
        &mut self,
        ends: &'e [AssociationEnd],
        role: &Text,
        association: &Text,
    ) -> Option<&'e AssociationEnd> {
        let end = ends.iter().find(|end| end.role.value == role.value);
        if end.is_none() {
            let message = format!(
                "the association `{}` has no end with the role `{}`",
                association.value, role.value
            );
            self.findings
                .error("csdl::association-ends", role.span, message)
                .suggest(&role.value, ends.iter().map(|end| end.role.value.as_str()));
        }
        end
    }
}

fn is_collection_of_entities(ty: &Type) -> bool {
    matches!(ty, Type::Collection(item) if matches!(**item, Type::Entity(_)))
}
