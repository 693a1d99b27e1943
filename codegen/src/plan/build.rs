//! The model and its names to the plan.

use proc_macro2::Ident;

use crate::model::{Model, Multiplicity, Primitive, StructuredType, Type};
use crate::names::{MemberNames, Names, TypeNames};
use crate::plan::calls::{Calls, call};
use crate::plan::{
    Arguments, Block, Container, Enumeration, Field, Follow, Handle, Id, Key, Link, Member, Plan,
    Record, RustType, Set, texts,
};

/// Plans a module; `origin` and `command` tell where it comes from and how to make it again.
pub(crate) fn plan(
    model: &Model,
    names: &Names,
    version: Option<&str>,
    origin: &str,
    command: &str,
) -> Plan {
    let planner = Planner { model, names };
    let entities = model.entity_types.iter().zip(&names.entity_types);
    let complexes = model.complex_types.iter().zip(&names.complex_types);
    let mut arguments = Vec::new();
    Plan {
        docs: texts::module(model, version, origin, command),
        records: entities
            .clone()
            .chain(complexes)
            .map(|(ty, names)| planner.record(ty, names))
            .collect(),
        enumerations: planner.enumerations(),
        ids: planner.ids(),
        handles: entities
            .filter_map(|(ty, names)| planner.handle(ty, names, &mut arguments))
            .collect(),
        container: planner.container(&mut arguments),
        arguments,
    }
}

/// What planning looks things up in.
#[derive(Clone, Copy)]
pub(crate) struct Planner<'a> {
    pub(crate) model: &'a Model,
    pub(crate) names: &'a Names,
}

impl Planner<'_> {
    /// The Rust type of a type that is not null.
    pub(crate) fn rust_type(self, ty: &Type) -> RustType {
        match ty {
            Type::Primitive(primitive) => RustType::Primitive(*primitive),
            Type::Id(id) => RustType::Generated(self.names.id_types[id.0].ty.clone(), false),
            Type::Enum(id) => {
                let is_copy = self.model.enum_type(*id).underlying != Primitive::String;
                RustType::Generated(self.names.enum_types[id.0].ty.clone(), is_copy)
            }
            Type::Complex(id) => {
                RustType::Generated(self.names.complex_types[id.0].ty.clone(), false)
            }
            Type::Entity(id) => {
                RustType::Generated(self.names.entity_types[id.0].ty.clone(), false)
            }
            Type::Definition(id) => RustType::Primitive(self.model.type_definition(*id).underlying),
            Type::Collection(item) => RustType::Vec(Box::new(self.rust_type(item))),
        }
    }

    /// The Rust type of a type that may be null.
    pub(crate) fn nullable_type(self, ty: &Type, nullable: bool) -> RustType {
        match nullable {
            true => RustType::Option(Box::new(self.rust_type(ty))),
            false => self.rust_type(ty),
        }
    }

    fn record(self, ty: &StructuredType, names: &TypeNames) -> Record {
        let mut fields = Vec::new();
        for (at, (property, member)) in ty.properties.iter().zip(&names.properties).enumerate() {
            let MemberNames { member, constant } = member;
            fields.push(Field {
                wire: property.label.name.clone(),
                name: member.clone(),
                constant: constant.clone(),
                docs: texts::field(self.model, self.names, ty, at, property),
                constant_docs: texts::constant(self.model, self.names, property, ty.is_key(at)),
                ty: self.nullable_type(&property.ty, property.nullable),
                access: property.access,
            });
        }
        let link = |(navigation, member): (&crate::model::Navigation, &MemberNames)| Link {
            wire: navigation.label.name.clone(),
            constant: member.constant.clone(),
            docs: texts::navigation(self.names, navigation),
            target: self.names.entity_types[navigation.target.0].ty.clone(),
            many: navigation.multiplicity == Multiplicity::Many,
            access: navigation.access,
        };
        let key = match (ty.key.as_slice(), &names.key) {
            ([], _) => None,
            (parts, Some(name)) => {
                Some(Key::Composite(name.clone(), parts.iter().map(|part| part.path[0]).collect()))
            }
            ([only, ..], None) => Some(Key::Single(only.path[0])),
        };
        Record {
            module: names.module.clone(),
            name: names.ty.clone(),
            table: names.table.clone(),
            docs: texts::structured_type(ty),
            key,
            fields,
            links: ty.navigation.iter().zip(&names.navigation).map(link).collect(),
        }
    }

    fn enumerations(self) -> Vec<Enumeration> {
        let mut list = Vec::new();
        for (ty, names) in self.model.enum_types.iter().zip(&self.names.enum_types) {
            let kind = if ty.is_flags { "flags" } else { "enumeration" };
            let head =
                format!("`{}`, {kind} over `Edm.{}`.", ty.label.name, ty.underlying.short_name());
            let members = ty.members.iter().zip(&names.members);
            list.push(Enumeration {
                name: names.ty.clone(),
                docs: texts::amended_type(head, &ty.label),
                underlying: ty.underlying,
                is_flags: ty.is_flags,
                members: members
                    .map(|(member, name)| Member {
                        name: name.clone(),
                        docs: match &member.doc {
                            Some(doc) => vec![
                                Block::Own(format!("`{}`.", member.name)),
                                Block::Foreign(doc.clone()),
                            ],
                            None => vec![Block::Own(format!("`{}`.", member.name))],
                        },
                        value: member.value.clone(),
                    })
                    .collect(),
            });
        }
        list
    }

    fn ids(self) -> Vec<Id> {
        let ids = self.model.id_types.iter().zip(&self.names.id_types);
        ids.map(|(ty, names)| Id {
            name: names.ty.clone(),
            docs: texts::amended_type(
                texts::id_head(&ty.label.name, ty.prefix.as_deref()),
                &ty.label,
            ),
        })
        .collect()
    }

    fn handle(
        self,
        ty: &StructuredType,
        names: &TypeNames,
        arguments: &mut Vec<Arguments>,
    ) -> Option<Handle> {
        let follow = |(navigation, member): (&crate::model::Navigation, &MemberNames)| {
            let target = &self.names.entity_types[navigation.target.0];
            let is_many = navigation.multiplicity == Multiplicity::Many;
            Follow {
                method: member.member.clone(),
                constant: member.constant.clone(),
                docs: texts::navigation(self.names, navigation),
                target: target.ty.clone(),
                handle: target.request.clone().filter(|_| !is_many),
            }
        };
        let calls = Calls { planner: self, owner: &ty.label.name, is_bound: true };
        let name = &names.ty;
        Some(Handle {
            name: names.request.clone()?,
            record: name.clone(),
            docs: vec![Block::Own(format!("One [`{name}`](super::{name}), addressed by its key."))],
            follows: ty.navigation.iter().zip(&names.navigation).map(follow).collect(),
            calls: (ty.operations.iter().zip(&names.operations))
                .map(|(operation, names)| call(&calls, operation, names, arguments))
                .collect(),
        })
    }

    fn container(self, arguments: &mut Vec<Arguments>) -> Container {
        let container = &self.model.containers[0];
        let names = &self.names.container;
        let mut sets = Vec::new();
        for (set, method) in container.entity_sets.iter().zip(&names.sets) {
            let id = set.entity_type;
            let record = &self.names.entity_types[id.0];
            let Some(handle) = record.request.clone() else { continue };
            let name = &record.ty;
            sets.push(Set {
                wire: set.label.name.clone(),
                many: method.many.clone(),
                one: method.one.clone(),
                docs: texts::entity_set(self.names, &set.label, &Type::Entity(id), set.allow),
                one_docs: vec![Block::Own(format!(
                    "One [`{name}`](super::{name}) of the entity set `{}`, by its key.",
                    set.label.name
                ))],
                record: name.clone(),
                handle,
                key: self.key_type(self.model.entity_type(id), record.key.as_ref()),
            });
        }
        let calls = Calls { planner: self, owner: &container.label.name, is_bound: false };
        Container {
            name: names.ty.clone(),
            docs: texts::container(&container.label),
            sets,
            calls: (container.operations.iter().zip(&names.operations))
                .map(|(operation, names)| call(&calls, operation, names, arguments))
                .collect(),
        }
    }

    fn key_type(self, ty: &StructuredType, composite: Option<&Ident>) -> RustType {
        match (composite, ty.key.first()) {
            (Some(name), _) => RustType::Generated(name.clone(), false),
            (None, Some(only)) => self.rust_type(&ty.properties[only.path[0]].ty),
            // Entity types without a key do not get through the resolver.
            (None, None) => RustType::Primitive(Primitive::String),
        }
    }
}
