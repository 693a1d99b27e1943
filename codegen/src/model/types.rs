//! Types and the members that they declare themselves.

use std::collections::BTreeSet;

use crate::csdl::{self, AssociationEnd, Kind, NavigationTarget, Text};
use crate::diagnostic::{Findings, Spanned};
use crate::model::annotations::Target;
use crate::model::index::Declared;
use crate::model::inheritance::Member;
use crate::model::resolve::{Scope, label, unique};
use crate::model::{
    Access, EntityTypeId, EnumMember, EnumType, IdType, Label, MemberValue, Multiplicity,
    Navigation, Primitive, Property, StructuredType, Type, TypeDefinition,
};

/// How many base types are looked through for the end of an association.
const DEEPEST: usize = 1_000;

/// How many type definitions may stand for each other; by the rules none may.
const LONGEST: usize = 16;

/// An enumeration that amendments add.
pub(crate) fn added_enum_type(declared: &csdl::AddedEnumType) -> EnumType {
    let member = |member: &csdl::AddedMember| EnumMember {
        name: member.name.value.clone(),
        span: member.name.span,
        doc: member.doc.clone(),
        value: member.value.value.clone(),
    };
    EnumType {
        label: added(&declared.name, &declared.amended),
        namespace: String::new(),
        by_name: false,
        underlying: declared.underlying,
        is_flags: declared.is_flags,
        is_standalone: declared.is_standalone,
        members: declared.members.iter().map(member).collect(),
    }
}

/// A typed identifier that amendments add.
pub(crate) fn id_type(declared: &csdl::IdType) -> IdType {
    IdType { label: added(&declared.name, &declared.amended), prefix: declared.prefix.clone() }
}

/// The label of what amendments add.
fn added(name: &Text, facts: &csdl::Facts) -> Label {
    Label {
        name: name.value.clone(),
        span: name.span,
        rust_name: facts.name.clone(),
        doc: facts.doc.clone(),
        since: facts.since.clone(),
        deprecated: None,
    }
}

impl Scope<'_, '_> {
    /// An enumeration of the document.
    pub(crate) fn enum_type(&mut self, declared: &Declared<'_, csdl::EnumType>) -> EnumType {
        let node = declared.node;
        let underlying = node.underlying.as_ref().map_or(Some(Primitive::Int32), |text| {
            let found = Primitive::from_name(text.value.trim()).filter(|p| p.range().is_some());
            if found.is_none() {
                let message = format!(
                    "the enumeration `{}` is over `{}`, which is not an integer type",
                    node.name.value, text.value
                );
                self.findings.repair("csdl::bad-underlying-type", text.span, message);
            }
            found
        });
        let mut ty = EnumType {
            label: label(
                &node.name,
                &self.index.targets.of(declared.namespace, &node.name.value).notes(&node.remarks),
                &node.amended.common,
            ),
            namespace: declared.namespace.to_owned(),
            by_name: true,
            underlying: underlying.unwrap_or(Primitive::Int64),
            is_flags: node.is_flags,
            is_standalone: true,
            members: Vec::new(),
        };
        let first = unique("member", node.members.iter().map(|m| &m.name), self.findings);
        let target = self.index.targets.of(declared.namespace, &node.name.value);
        let mut next = Some(0);
        for (member, _) in node.members.iter().zip(first).filter(|(_, first)| *first) {
            let value = self.member_value(&mut ty, member, next);
            next = value.checked_add(1);
            let amended =
                node.amended.docs.iter().find(|(name, _)| name.value == member.name.value);
            let doc = amended.map(|(_, doc)| doc.clone());
            ty.members.push(EnumMember {
                name: member.name.value.clone(),
                span: member.name.span,
                doc: doc.or_else(|| target.member(&member.name.value, &member.remarks).doc()),
                value: MemberValue::Integer(value),
            });
        }
        ty
    }

    /// The value of a member, which without one is one more than that of the member before.
    fn member_value(&mut self, ty: &mut EnumType, member: &csdl::Member, next: Option<i64>) -> i64 {
        let range = ty.underlying.range().unwrap_or((i64::MIN, i64::MAX));
        let Some(text) = &member.value else {
            // A flag is a bit of its own.
            let value = match ty.is_flags {
                true => 1_i64.checked_shl(u32::try_from(ty.members.len()).unwrap_or(u32::MAX)),
                false => next,
            };
            if value.is_none_or(|value| value > range.1) {
                let message = format!(
                    "there is no value for `{}`, which comes after the greatest `Edm.{}`",
                    member.name.value,
                    ty.underlying.short_name()
                );
                self.findings.repair("csdl::bad-value", member.name.span, message);
                ty.underlying = Primitive::Int64;
            }
            return value.unwrap_or(i64::MAX);
        };
        let value: Option<i64> = text.value.trim().parse().ok();
        if value.is_none_or(|value| !(range.0..=range.1).contains(&value)) {
            let message = format!(
                "the value `{}` of `{}` is not an `Edm.{}`",
                text.value,
                member.name.value,
                ty.underlying.short_name()
            );
            self.findings.repair("csdl::bad-value", text.span, message);
            ty.underlying = Primitive::Int64;
        }
        value.or(next).unwrap_or(i64::MAX)
    }

    /// A name for a primitive type.
    pub(crate) fn type_definition(
        &mut self,
        declared: &Declared<'_, csdl::TypeDefinition>,
    ) -> TypeDefinition {
        let node = declared.node;
        let target = self.index.targets.of(declared.namespace, &node.name.value);
        TypeDefinition {
            label: label(&node.name, &target.notes(&node.remarks), &node.amended),
            namespace: declared.namespace.to_owned(),
            underlying: self.underlying(node).unwrap_or(Primitive::Untyped),
            max_length: node.max_length,
            facets: node.facets.clone(),
        }
    }

    /// The primitive that a type definition stands for, if need be through other definitions.
    fn underlying(&mut self, declared: &csdl::TypeDefinition) -> Option<Primitive> {
        let mut seen = BTreeSet::new();
        let mut at = declared;
        loop {
            match self.index.resolve(&at.underlying, self.findings)? {
                Type::Primitive(primitive) => return Some(primitive),
                Type::Definition(id) if seen.len() < LONGEST && seen.insert(id) => {
                    at = self.index.type_definitions.get(id.0)?.node;
                }
                Type::Definition(id) if seen.contains(&id) => {
                    let message =
                        format!("the type definition `{}` stands for itself", declared.name.value);
                    self.findings.error("csdl::cyclic-definition", declared.name.span, message);
                    return None;
                }
                _ => {
                    let message = format!(
                        "the type definition `{}` is over `{}`, which is not a primitive type",
                        declared.name.value, at.underlying.value
                    );
                    let span = declared.underlying.span;
                    self.findings.repair("csdl::bad-underlying-type", span, message);
                    return None;
                }
            }
        }
    }

    /// The base type of a structured type: its index among those of the kind.
    pub(crate) fn base(&mut self, declared: &csdl::StructuredType) -> Option<usize> {
        let base = declared.base.as_ref()?;
        // Everything is derived from the abstract types of the EDM.
        if matches!(base.value.trim(), "Edm.EntityType" | "Edm.ComplexType") {
            return None;
        }
        match (self.index.resolve(base, self.findings)?, declared.kind) {
            (Type::Entity(id), Kind::Entity) => Some(id.0),
            (Type::Complex(id), Kind::Complex) => Some(id.0),
            _ => {
                let message = format!(
                    "`{}` cannot be derived from `{}`, which is another kind of type",
                    declared.name.value, base.value
                );
                self.findings.repair("csdl::wrong-type", base.span, message);
                None
            }
        }
    }

    /// A structured type with the members that it declares itself.
    pub(crate) fn structured_type(
        &mut self,
        declared: &Declared<'_, csdl::StructuredType>,
    ) -> Member {
        let node = declared.node;
        let target = self.index.targets.of(declared.namespace, &node.name.value);
        let names = node.properties.iter().map(|property| &property.name);
        let names = names.chain(node.navigation.iter().map(|navigation| &navigation.name));
        let first = unique("property", names, self.findings);
        let mut first = first.into_iter();
        let keys: Vec<&str> = node.key.iter().map(|part| part.path.value.as_str()).collect();
        let (mut properties, mut navigation) = (Vec::new(), Vec::new());
        for property in &node.properties {
            if first.next() == Some(true) {
                let is_key = keys.contains(&property.name.value.as_str());
                properties.extend(self.property(target, property, is_key));
            }
        }
        for property in &node.navigation {
            if first.next() == Some(true) {
                navigation.extend(self.navigation(declared, target, property));
            }
        }
        let notes = target.notes(&node.remarks);
        Member {
            ty: StructuredType {
                label: label(&node.name, &notes, &node.amended),
                namespace: declared.namespace.to_owned(),
                base: None,
                has_derived: false,
                is_abstract: node.is_abstract,
                is_open: node.is_open,
                has_stream: node.has_stream,
                has_etag: notes.concurrency().is_some(),
                is_stub: false,
                key: Vec::new(),
                alternate_keys: Vec::new(),
                properties: Vec::new(),
                navigation,
                operations: Vec::new(),
                collection_operations: Vec::new(),
            },
            properties,
        }
    }

    /// A property, and whether somebody says who sets it.
    fn property(
        &mut self,
        target: Target<'_, '_>,
        declared: &csdl::Property,
        is_key: bool,
    ) -> Option<(Property, bool)> {
        let document = match self.index.resolve(&declared.ty, self.findings) {
            Some(Type::Collection(item)) if is_key => {
                let message =
                    format!("the key property `{}` is not primitive", declared.name.value);
                self.findings.repair("csdl::wrong-type", declared.ty.span, message);
                Type::Collection(item)
            }
            Some(ty) => ty,
            // What a key is made of has to be known.
            None if is_key => return None,
            None => Type::Primitive(Primitive::Untyped),
        };
        let item = if let Type::Collection(item) = &document { item } else { &document };
        if matches!(item, Type::Entity(_)) {
            let message =
                format!("the property `{}` has an entity type as its type", declared.name.value);
            self.findings
                .repair("csdl::wrong-type", declared.ty.span, message)
                .help("entities are reached by navigation properties");
            return None;
        }
        let amended = &declared.amended;
        let ty = match &amended.ty {
            Some(better) => self.amended_type(&document, better).unwrap_or(document.clone()),
            None => document.clone(),
        };
        let notes = target.member(&declared.name.value, &declared.remarks);
        let access = amended.access.or_else(|| notes.access());
        let nullable = amended.nullable.or(declared.nullable).unwrap_or(true);
        let property = Property {
            label: label(&declared.name, &notes, &amended.common),
            nullable: nullable && !matches!(ty, Type::Collection(_)),
            declared: document,
            ty,
            access: access.unwrap_or(Access::Update),
            required: amended.required.unwrap_or(false),
            max_length: amended.max_length.or(declared.max_length),
            facets: declared.facets.clone(),
            is_concurrency_token: declared.is_concurrency_token,
            is_inherited: false,
        };
        Some((property, access.is_some()))
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
    /// what cannot be amended: structured types, and enumerations whose names travel.
    fn wire(&self, ty: &Type) -> Option<(Primitive, bool)> {
        match ty {
            Type::Primitive(primitive) => Some((*primitive, false)),
            Type::Id(_) => Some((Primitive::String, false)),
            Type::Enum(id) => {
                let ty = self.model.enum_types.get(id.0).filter(|ty| !ty.by_name)?;
                Some((ty.underlying, false))
            }
            Type::Definition(id) => {
                Some((self.model.type_definitions.get(id.0)?.underlying, false))
            }
            Type::Complex(_) | Type::Entity(_) => None,
            Type::Collection(item) => self.wire(item).map(|(primitive, _)| (primitive, true)),
        }
    }

    fn navigation(
        &mut self,
        owner: &Declared<'_, csdl::StructuredType>,
        target: Target<'_, '_>,
        declared: &csdl::NavigationProperty,
    ) -> Option<Navigation> {
        let (to, multiplicity, partner) = match &declared.target {
            NavigationTarget::Association { relationship, from_role, to_role } => {
                let name = &declared.name;
                let end = self.association_end(owner, name, relationship, from_role, to_role)?;
                let target = self.navigation_target(&end.ty)?;
                (target, end.multiplicity.value, None)
            }
            NavigationTarget::Type { ty, nullable, partner } => {
                let trimmed = ty.value.trim();
                let is_many = trimmed.starts_with("Collection(");
                let item = trimmed.strip_prefix("Collection(").and_then(|t| t.strip_suffix(')'));
                let item = Spanned::new(item.unwrap_or(trimmed).to_owned(), ty.span);
                let multiplicity = match (is_many, nullable) {
                    (true, _) => Multiplicity::Many,
                    (false, Some(false)) => Multiplicity::One,
                    (false, _) => Multiplicity::ZeroOrOne,
                };
                let target = self.navigation_target(&item)?;
                (target, multiplicity, partner.as_ref().map(|partner| partner.value.clone()))
            }
        };
        let amended = &declared.amended;
        let notes = target.member(&declared.name.value, &declared.remarks);
        let access = amended.access.or_else(|| notes.access());
        Some(Navigation {
            label: label(&declared.name, &notes, &amended.common),
            target: to,
            multiplicity,
            access: access.unwrap_or(Access::Create),
            links: amended.links.unwrap_or(true),
            contains_target: declared.contains_target,
            partner,
            is_inherited: false,
        })
    }

    fn navigation_target(&mut self, ty: &Text) -> Option<EntityTypeId> {
        match self.index.resolve(ty, self.findings)? {
            Type::Entity(target) => Some(target),
            // The target may be any entity: there is no type to read it into.
            Type::Primitive(Primitive::Untyped) => {
                let message = format!("a navigation property to `{}` is left out", ty.value);
                self.findings.warning("csdl::left-out", ty.span, message);
                None
            }
            _ => {
                let message = format!("navigation leads to `{}`, not an entity type", ty.value);
                self.findings.repair("csdl::wrong-type", ty.span, message);
                None
            }
        }
    }

    /// The end of an association that a navigation property of a type leads to.
    fn association_end<'e>(
        &mut self,
        owner: &Declared<'_, csdl::StructuredType>,
        name: &Text,
        relationship: &Text,
        from_role: &Text,
        to_role: &Text,
    ) -> Option<&'e AssociationEnd>
    where
        Self: 'e,
    {
        let ends = self.index.association(relationship, self.findings)?;
        let from = find_end(ends, from_role, relationship, self.findings);
        let to = find_end(ends, to_role, relationship, self.findings)?;
        let from = from?;
        let own = format!("{}.{}", owner.namespace, owner.node.name.value);
        let from_type = self.index.expand(&from.ty);
        if from_type != own && !self.is_ancestor(&from_type, owner.node) {
            let message = format!(
                "`{}` goes from the role `{}`, which is a `{}`, not a `{}`",
                name.value, from.role.value, from.ty.value, owner.node.name.value
            );
            self.findings
                .repair("csdl::association-ends", from_role.span, message)
                .related(from.ty.span, "the end of that role");
        }
        Some(to)
    }

    /// Whether a type is among the base types of another one.
    fn is_ancestor(&self, qualified: &str, declared: &csdl::StructuredType) -> bool {
        let mut at = declared;
        // Base types may form a cycle, which is reported elsewhere.
        for _ in 0..DEEPEST {
            let Some(base) = at.base.as_ref().map(|base| self.index.expand(base)) else { break };
            if base == qualified {
                return true;
            }
            let Some(Type::Entity(id)) = self.index.type_of(&base) else { break };
            let Some(found) = self.index.entity_types.get(id.0) else { break };
            at = found.node;
        }
        false
    }
}

fn find_end<'e>(
    ends: &'e [AssociationEnd],
    role: &Text,
    association: &Text,
    findings: &mut Findings,
) -> Option<&'e AssociationEnd> {
    let end = ends.iter().find(|end| end.role.value == role.value);
    if end.is_none() {
        let message = format!(
            "the association `{}` has no end with the role `{}`",
            association.value, role.value
        );
        findings
            .repair("csdl::association-ends", role.span, message)
            .suggest(&role.value, ends.iter().map(|end| end.role.value.as_str()));
    }
    end
}
