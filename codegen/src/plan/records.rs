//! Structured types to records and handles.

use crate::model::{Multiplicity, Navigation, Operation, StructuredType, Type};
use crate::names::{MemberNames, OperationNames, TypeNames, plain};
use crate::plan::calls::Calls;
use crate::plan::types::Planner;
use crate::plan::{
    Block, CollectionExt, Field, Follow, Handle, Key, Link, Record, RecordKind, RustType, Stream,
    texts,
};

/// Whether a property is a stream: it has a method, not a field, and no row in the table.
pub(crate) fn is_stream(property: &crate::model::Property) -> bool {
    property.ty == Type::Primitive(crate::model::Primitive::Stream)
}

/// The index of a property in the table of its type.
pub(crate) fn table_index(ty: &StructuredType, at: usize) -> usize {
    ty.properties.iter().take(at).filter(|property| !is_stream(property)).count()
}

impl Planner<'_> {
    pub(crate) fn entity_record(self, at: usize) -> Record {
        let (ty, names) = (&self.model.entity_types[at], &self.names.entity_types[at]);
        let bases = &self.names.entity_types;
        let ancestors = self.ancestors(&self.model.entity_types, bases, at);
        self.record(ty, names, RecordKind::Entity(self.key(at)), None, ancestors)
    }

    pub(crate) fn complex_record(self, at: usize) -> Record {
        let (ty, names) = (&self.model.complex_types[at], &self.names.complex_types[at]);
        self.record(ty, names, RecordKind::Complex, Some(at), Vec::new())
    }

    /// The types that a type is derived from, nearest first.
    fn ancestors(
        self,
        types: &[StructuredType],
        names: &[TypeNames],
        at: usize,
    ) -> Vec<(Option<String>, String)> {
        let mut list = Vec::new();
        let mut base = types[at].base;
        while let Some(this) = base {
            // The resolver refuses cycles; a list that is longer than all types is one.
            if list.len() > types.len() {
                break;
            }
            list.push((
                self.gate(names[this].module),
                self.path(names[this].module, &names[this].ty),
            ));
            base = types[this].base;
        }
        list
    }

    fn record(
        self,
        ty: &StructuredType,
        names: &TypeNames,
        kind: RecordKind,
        complex: Option<usize>,
        ancestors: Vec<(Option<String>, String)>,
    ) -> Record {
        let mut fields = Vec::new();
        for (at, (property, member)) in ty.properties.iter().zip(&names.properties).enumerate() {
            if is_stream(property) {
                continue;
            }
            let MemberNames { member, constant } = member;
            let value = self.nullable_type(&property.ty, property.nullable);
            let (rust, value) = self.field_type(property, complex, value);
            fields.push(Field {
                wire: property.label.name.clone(),
                name: member.clone(),
                constant: constant.clone(),
                docs: texts::field(self, ty, at, property, complex.is_none()),
                constant_docs: texts::constant(self, property, ty.is_key(at)),
                deprecated: property.label.deprecated.clone(),
                ty: rust,
                value,
                access: property.access,
            });
        }
        let link = |(navigation, member): (&Navigation, &MemberNames)| {
            let target = &self.names.entity_types[navigation.target.0];
            Link {
                gate: self.gate(target.module),
                wire: navigation.label.name.clone(),
                constant: member.constant.clone(),
                docs: texts::navigation(self, navigation),
                deprecated: navigation.label.deprecated.clone(),
                target: self.path(target.module, &target.ty),
                many: navigation.multiplicity == Multiplicity::Many,
                access: navigation.access,
            }
        };
        Record {
            file: names.file.as_deref().map(|file| plain(file).to_owned()),
            name: names.ty.clone(),
            table: names.table.clone(),
            docs: texts::structured_type(self, ty, complex.is_none()),
            deprecated: ty.label.deprecated.clone(),
            kind,
            fields,
            links: ty.navigation.iter().zip(&names.navigation).map(link).collect(),
            ancestors,
        }
    }

    /// The type of a field, and of its constant. What contains itself is in a `Box`, and optional
    /// whatever the document says: its default would be without end.
    fn field_type(
        self,
        property: &crate::model::Property,
        owner: Option<usize>,
        value: RustType,
    ) -> (RustType, String) {
        let on_cycle = match (&property.ty, owner) {
            (Type::Complex(member), Some(owner)) => self.cycles.joins(owner, member.0),
            _ => false,
        };
        if !on_cycle {
            let text = value.text.clone();
            return (value, text);
        }
        let plain = self.rust_type(&property.ty);
        let constant = self.optional(plain.clone()).text;
        let text = format!("{}<{}>", self.spelling.boxed, plain.text);
        (self.optional(RustType { text, is_copy: false, is_option: false }), constant)
    }

    /// The request for one entity; `at` is the index of its type.
    pub(crate) fn handle(self, at: usize) -> Option<Handle> {
        let (ty, names) = (&self.model.entity_types[at], &self.names.entity_types[at]);
        let name = &names.ty;
        let record = self.path(names.module, name);
        let follow = |(navigation, member): (&Navigation, &MemberNames)| {
            let target = &self.names.entity_types[navigation.target.0];
            let many = navigation.multiplicity == Multiplicity::Many;
            let target_name = match (many, &target.request) {
                (false, Some(request)) => request,
                _ => &target.ty,
            };
            Follow {
                gate: self.gate(target.module),
                method: member.member.clone(),
                constant: member.constant.clone(),
                docs: texts::navigation(self, navigation),
                deprecated: navigation.label.deprecated.clone(),
                target: self.path(target.module, target_name),
                many,
            }
        };
        let streams = ty.properties.iter().filter(|p| is_stream(p)).zip(&names.streams);
        let mut calls = Vec::new();
        let mut arguments = Vec::new();
        // Operations of base types can be called on derived ones.
        let mut owner = Some(at);
        let mut depth = 0;
        while let Some(this) = owner {
            let (owner_type, owner_names) =
                (&self.model.entity_types[this], &self.names.entity_types[this]);
            let owned: Vec<(&Operation, &OperationNames)> =
                owner_type.operations.iter().zip(&owner_names.operations).collect();
            let context =
                Calls { planner: self, owner: &owner_type.label.name, module: owner_names.module };
            for (operation, operation_names) in owned {
                let own = if this == at { Some(&mut arguments) } else { None };
                calls.push(context.call(operation, operation_names, own));
            }
            depth += 1;
            owner = owner_type.base.filter(|_| depth <= self.model.entity_types.len());
        }
        Some(Handle {
            file: names.file.as_deref().map(|file| plain(file).to_owned()),
            name: names.request.clone()?,
            docs: vec![Block::Own(match self.key(at) {
                Key::None => format!("One `{name}`."),
                _ => format!("One `{name}`, addressed by its key."),
            })],
            follows: ty.navigation.iter().zip(&names.navigation).map(follow).collect(),
            streams: streams
                .map(|(property, method)| Stream {
                    wire: property.label.name.clone(),
                    method: method.clone(),
                    docs: texts::stream(property),
                })
                .collect(),
            calls,
            collection: self.collection(ty, names, &mut arguments),
            arguments,
            record,
        })
    }

    /// What can be done with a collection of the entities.
    fn collection(
        self,
        ty: &StructuredType,
        names: &TypeNames,
        arguments: &mut Vec<crate::plan::Arguments>,
    ) -> Option<CollectionExt> {
        let name = names.collection.clone()?;
        let context = Calls { planner: self, owner: &ty.label.name, module: names.module };
        let operations = ty.collection_operations.iter().zip(&names.collection_operations);
        let calls: Vec<_> = operations
            .map(|(operation, names)| context.call(operation, names, Some(&mut *arguments)))
            .collect();
        let alternate_keys = self.alternate_keys(ty, names);
        let head = format!("What can be done with many `{}`.", names.ty);
        let is_empty = calls.is_empty() && alternate_keys.is_empty();
        (!is_empty).then(|| CollectionExt {
            name,
            docs: vec![Block::Own(head)],
            alternate_keys,
            calls,
        })
    }
}
