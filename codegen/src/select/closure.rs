//! What a selection keeps: what patterns name, and what that cannot do without.

use std::collections::{BTreeSet, VecDeque};

use crate::model::{Container, Label, Model, Operation, StructuredType, Type};
use crate::select::Kept;
use crate::select::pattern::Pattern;

/// How much of an entity type is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Extent {
    /// Its key.
    Stub,
    /// All of it.
    Full,
}

/// What is kept, by index.
#[derive(Debug)]
pub(crate) struct Closure<'m> {
    model: &'m Model,
    exclude: &'m [Pattern],
    pub(crate) entities: Vec<Option<Extent>>,
    pub(crate) complexes: Vec<bool>,
    pub(crate) enums: Vec<bool>,
    pub(crate) ids: Vec<bool>,
    pub(crate) definitions: Vec<bool>,
    /// Entity sets, singletons and operations by container.
    pub(crate) containers: Vec<[BTreeSet<usize>; 3]>,
    pub(crate) kept: Vec<Kept>,
    open: VecDeque<(Node, usize)>,
}

/// A type whose parts are still to be looked at.
#[derive(Clone, Copy, Debug)]
enum Node {
    Entity(usize, Extent),
    Complex(usize),
}

impl<'m> Closure<'m> {
    pub(crate) fn of(model: &'m Model, include: &[Pattern], exclude: &'m [Pattern]) -> Self {
        let mut closure = Self {
            model,
            exclude,
            entities: vec![None; model.entity_types.len()],
            complexes: vec![false; model.complex_types.len()],
            enums: vec![false; model.enum_types.len()],
            ids: vec![false; model.id_types.len()],
            definitions: vec![false; model.type_definitions.len()],
            containers: model.containers.iter().map(|_| Default::default()).collect(),
            kept: Vec::new(),
            open: VecDeque::new(),
        };
        closure.types(include);
        for (at, container) in model.containers.iter().enumerate() {
            closure.container(at, container, include);
        }
        while let Some((node, reason)) = closure.open.pop_front() {
            closure.parts(node, reason);
        }
        closure
    }

    /// The pattern that includes something, unless it is excluded.
    fn included(&self, include: &[Pattern], namespace: &str, name: &str) -> Option<String> {
        if self.is_excluded(namespace, name) {
            return None;
        }
        if include.is_empty() {
            return Some("nothing is selected in particular".to_owned());
        }
        let pattern = include.iter().find(|pattern| pattern.matches(namespace, name))?;
        Some(format!("`{}` names it", pattern.text()))
    }

    fn is_excluded(&self, namespace: &str, name: &str) -> bool {
        self.exclude.iter().any(|pattern| pattern.matches(namespace, name))
    }

    fn types(&mut self, include: &[Pattern]) {
        let model = self.model;
        for (at, ty) in model.entity_types.iter().enumerate() {
            if let Some(because) = self.included(include, &ty.namespace, &ty.label.name) {
                self.entity(at, Extent::Full, because, None);
            }
        }
        for (at, ty) in model.complex_types.iter().enumerate() {
            if let Some(because) = self.included(include, &ty.namespace, &ty.label.name) {
                self.complex(at, because, None);
            }
        }
        for (at, ty) in model.enum_types.iter().enumerate() {
            if let Some(because) = self.included(include, &ty.namespace, &ty.label.name) {
                self.value(&Type::Enum(crate::model::EnumTypeId(at)), because, None);
            }
        }
    }

    fn container(&mut self, at: usize, container: &Container, include: &[Pattern]) {
        for (index, set) in container.entity_sets.iter().enumerate() {
            let entity = set.entity_type.0;
            let is_excluded = self.is_excluded("", &set.label.name);
            let holds = (self.entities.get(entity) == Some(&Some(Extent::Full)) && !is_excluded)
                .then(|| "its type is selected".to_owned());
            let because = self.included(include, "", &set.label.name).or(holds);
            if let Some(because) = because {
                let of = self.part(at, 0, index, "entity set", &set.label, because);
                self.entity(entity, Extent::Full, "its entities are the type".to_owned(), Some(of));
            }
        }
        for (index, singleton) in container.singletons.iter().enumerate() {
            if let Some(because) = self.included(include, "", &singleton.label.name) {
                let of = self.part(at, 1, index, "singleton", &singleton.label, because);
                let because = "it is of the type".to_owned();
                self.entity(singleton.entity_type.0, Extent::Full, because, Some(of));
            }
        }
        for (index, operation) in container.operations.iter().enumerate() {
            if let Some(because) = self.included(include, "", &operation.label.name) {
                let of = self.part(at, 2, index, "operation", &operation.label, because);
                self.operation(operation, of);
            }
        }
    }

    /// Keeps something that a container holds.
    fn part(
        &mut self,
        container: usize,
        kind: usize,
        index: usize,
        what: &str,
        label: &Label,
        because: String,
    ) -> usize {
        if let Some(lists) = self.containers.get_mut(container) {
            lists[kind].insert(index);
        }
        self.note(format!("{what} `{}`", label.name), because, None)
    }

    fn note(&mut self, what: String, because: String, of: Option<usize>) -> usize {
        self.kept.push(Kept { what, because, of });
        self.kept.len() - 1
    }

    fn entity(&mut self, at: usize, extent: Extent, because: String, of: Option<usize>) {
        let Some(ty) = self.model.entity_types.get(at) else { return };
        let excluded = self.is_excluded(&ty.namespace, &ty.label.name);
        let extent = if excluded && of.is_some() { Extent::Stub } else { extent };
        if self.entities[at] >= Some(extent) {
            return;
        }
        self.entities[at] = Some(extent);
        let kind = if extent == Extent::Full { "entity type" } else { "key of entity type" };
        let reason = self.note(format!("{kind} `{}.{}`", ty.namespace, ty.label.name), because, of);
        self.open.push_back((Node::Entity(at, extent), reason));
    }

    fn complex(&mut self, at: usize, because: String, of: Option<usize>) {
        let Some(ty) = self.model.complex_types.get(at) else { return };
        if std::mem::replace(&mut self.complexes[at], true) {
            return;
        }
        let what = format!("complex type `{}.{}`", ty.namespace, ty.label.name);
        let reason = self.note(what, because, of);
        self.open.push_back((Node::Complex(at), reason));
    }

    /// Keeps a type that a value has.
    fn value(&mut self, ty: &Type, because: String, of: Option<usize>) {
        match ty {
            Type::Primitive(_) => {}
            Type::Collection(item) => self.value(item, because, of),
            Type::Entity(id) => self.entity(id.0, Extent::Stub, because, of),
            Type::Complex(id) => self.complex(id.0, because, of),
            Type::Enum(id) => {
                if !std::mem::replace(&mut self.enums[id.0], true) {
                    let name = &self.model.enum_type(*id).label.name;
                    self.note(format!("enumeration `{name}`"), because, of);
                }
            }
            Type::Id(id) => {
                if !std::mem::replace(&mut self.ids[id.0], true) {
                    let name = &self.model.id_type(*id).label.name;
                    self.note(format!("id `{name}`"), because, of);
                }
            }
            Type::Definition(id) => {
                if !std::mem::replace(&mut self.definitions[id.0], true) {
                    let name = &self.model.type_definition(*id).label.name;
                    self.note(format!("type definition `{name}`"), because, of);
                }
            }
        }
    }

    fn operation(&mut self, operation: &Operation, of: usize) {
        for parameter in &operation.parameters {
            let because = format!("type of the parameter `{}`", parameter.label.name);
            self.value(&parameter.ty, because, Some(of));
        }
        if let Some(result) = &operation.result {
            let because = format!("type of the result of `{}`", operation.label.name);
            self.value(result, because, Some(of));
        }
    }

    /// Whether an operation that is bound to something kept is kept with it.
    pub(crate) fn keeps(&self, operation: &Operation) -> bool {
        !self.is_excluded(operation.namespace.as_deref().unwrap_or_default(), &operation.label.name)
    }

    /// Keeps what a type cannot do without.
    fn parts(&mut self, node: Node, of: usize) {
        let model = self.model;
        let (ty, extent): (&StructuredType, Extent) = match node {
            Node::Entity(at, extent) => (&model.entity_types[at], extent),
            Node::Complex(at) => (&model.complex_types[at], Extent::Full),
        };
        for (at, property) in ty.properties.iter().enumerate() {
            let in_key = ty.key.iter().any(|part| part.path.first() == Some(&at));
            if extent == Extent::Full || in_key {
                let because = format!("type of `{}`", property.label.name);
                self.value(&property.ty, because, Some(of));
            }
        }
        if extent == Extent::Stub {
            return;
        }
        match (node, ty.base) {
            (Node::Entity(..), Some(base)) => self.base_entity(base, of),
            (Node::Complex(_), Some(base)) => self.complex(base, "base type".to_owned(), Some(of)),
            (_, None) => {}
        }
        for navigation in &ty.navigation {
            let because = format!("target of `{}`", navigation.label.name);
            self.entity(navigation.target.0, Extent::Stub, because, Some(of));
        }
        for operation in ty.operations.iter().chain(&ty.collection_operations) {
            if self.keeps(operation) {
                self.operation(operation, of);
            }
        }
    }

    /// Keeps a base type as a whole, also where it is excluded: derived types have its properties.
    fn base_entity(&mut self, base: usize, of: usize) {
        let Some(ty) = self.model.entity_types.get(base) else { return };
        if self.entities[base] == Some(Extent::Full) {
            return;
        }
        self.entities[base] = Some(Extent::Full);
        let what = format!("entity type `{}.{}`", ty.namespace, ty.label.name);
        let reason = self.note(what, "base type".to_owned(), Some(of));
        self.open.push_back((Node::Entity(base, Extent::Full), reason));
    }
}
