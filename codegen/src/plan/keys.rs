//! Keys: a value, or a struct of them.

use crate::model::{Primitive, Property, StructuredType, Type};
use crate::names::TypeNames;
use crate::plan::records::table_index;
use crate::plan::types::Planner;
use crate::plan::{AlternateKey, Block, Key, KeyField, texts};

impl Planner<'_> {
    /// The key of an entity type of this index.
    pub(crate) fn key(self, at: usize) -> Key {
        let (ty, names) = (&self.model.entity_types[at], &self.names.entity_types[at]);
        let mut parts = Vec::new();
        for (part, name) in ty.key.iter().zip(&names.key_parts) {
            let Some(field) = self.key_field(ty, names, &part.path, name) else { return Key::None };
            parts.push(field);
        }
        if parts.len() < 2 {
            return match parts.pop() {
                Some(KeyField { ty, value, .. }) => Key::Single { ty, value },
                None => Key::None,
            };
        }
        if let Some(name) = &names.key {
            return Key::Composite { name: name.clone(), parts };
        }
        match self.key_struct(at) {
            Some(path) => Key::Inherited { path, parts },
            None => Key::None,
        }
    }

    /// The struct of a composite key: that of the nearest base type that has one.
    fn key_struct(self, at: usize) -> Option<String> {
        let mut at = Some(at);
        while let Some(this) = at {
            let names = self.names.entity_types.get(this)?;
            if let Some(key) = &names.key {
                return Some(self.path(names.module, key));
            }
            at = self.model.entity_types.get(this)?.base;
        }
        None
    }

    /// What a key predicate of a type takes; `None` if nothing addresses its entities.
    pub(crate) fn key_type(self, at: usize) -> Option<String> {
        let names = &self.names.entity_types[at];
        match self.key(at) {
            Key::None => None,
            Key::Single { ty, .. } => Some(ty),
            Key::Composite { name, .. } => Some(self.path(names.module, &name)),
            Key::Inherited { path, .. } => Some(path),
        }
    }

    fn key_field(
        self,
        ty: &StructuredType,
        names: &TypeNames,
        path: &[usize],
        name: &str,
    ) -> Option<KeyField> {
        let property = self.property_at(ty, path)?;
        if !self.is_scalar(&property.ty) {
            return None;
        }
        let rust = self.rust_type(&property.ty);
        let value = match path {
            [at] if !property.nullable => {
                let member = &names.properties.get(*at)?.member;
                let clone = if rust.is_copy { "" } else { ".clone()" };
                format!("self.{member}{clone}")
            }
            path => format!("edm::key_part(self, &{:?})", self.table_path(ty, path)?),
        };
        let docs = texts::constant(self, property, true);
        Some(KeyField { name: name.to_owned(), ty: rust.text, docs, value })
    }

    /// The property that a path leads to, through complex properties.
    fn property_at<'m>(self, ty: &'m StructuredType, path: &[usize]) -> Option<&'m Property>
    where
        Self: 'm,
    {
        let (first, rest) = path.split_first()?;
        let property = ty.properties.get(*first)?;
        match (rest, &property.ty) {
            ([], _) => Some(property),
            (rest, Type::Complex(id)) => self.property_of(id.0, rest),
            _ => None,
        }
    }

    fn property_of<'m>(self, complex: usize, path: &[usize]) -> Option<&'m Property>
    where
        Self: 'm,
    {
        let ty: &'m StructuredType = self.model.complex_types.get(complex)?;
        self.property_at(ty, path)
    }

    /// A path as indexes into tables, which have no rows for streams.
    fn table_path(self, ty: &StructuredType, path: &[usize]) -> Option<Vec<usize>> {
        let (first, rest) = path.split_first()?;
        let mut list = vec![table_index(ty, *first)];
        if !rest.is_empty() {
            let Type::Complex(id) = &ty.properties.get(*first)?.ty else { return None };
            list.extend(self.table_path(self.model.complex_type(*id), rest)?);
        }
        Some(list)
    }

    /// Whether a type has literals.
    fn is_scalar(self, ty: &Type) -> bool {
        let primitive = match ty {
            Type::Primitive(primitive) => *primitive,
            Type::Definition(id) => self.model.type_definition(*id).underlying,
            Type::Enum(_) | Type::Id(_) => return true,
            Type::Complex(_) | Type::Entity(_) | Type::Collection(_) => return false,
        };
        let name = primitive.short_name();
        let is_shape = name.starts_with("Geo");
        !is_shape && !matches!(primitive, Primitive::Stream | Primitive::Untyped)
    }

    /// The methods that address an entity by its other keys.
    pub(crate) fn alternate_keys(
        self,
        ty: &StructuredType,
        names: &TypeNames,
    ) -> Vec<AlternateKey> {
        let mut list = Vec::new();
        for (key, key_names) in ty.alternate_keys.iter().zip(&names.alternate_keys) {
            let mut parts = Vec::new();
            for (part, parameter) in key.iter().zip(&key_names.parameters) {
                let Some(property) = self.property_at(ty, &part.path) else { continue };
                if self.is_scalar(&property.ty) {
                    let wire = part.alias.clone().unwrap_or_else(|| property.label.name.clone());
                    parts.push((wire, parameter.clone(), self.rust_type(&property.ty).text));
                }
            }
            if parts.len() != key.len() {
                continue;
            }
            let wires: Vec<String> = parts.iter().map(|(wire, _, _)| format!("`{wire}`")).collect();
            let head =
                format!("One `{}` by its alternate key {}.", ty.label.name, wires.join(", "));
            let docs = vec![Block::Own(head)];
            list.push(AlternateKey { method: key_names.method.clone(), docs, parts });
        }
        list
    }
}
