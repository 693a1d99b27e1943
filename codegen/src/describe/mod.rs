//! What a service offers, at a glance: before anything is generated from it.

mod report;

pub use report::{json, markdown, text};

use crate::model::{Container, EntityTypeId, Model, Operation, StructuredType};
use crate::outline::refused;
use crate::outline::text::{
    key_text, multiplicity_text, operation_kind_text, qualified, result_text, signature,
    structured_name, version_text,
};

/// What a service offers.
#[derive(Clone, Debug)]
pub struct Description {
    /// The version of the protocol.
    pub version: &'static str,
    /// How much there is of everything.
    pub counts: Counts,
    /// How much there is in each namespace, by name.
    pub namespaces: Vec<(String, Counts)>,
    /// What URLs begin with.
    pub containers: Vec<ContainerDescription>,
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entity types.
    pub entity_types: usize,
    /// Complex types.
    pub complex_types: usize,
    /// Enumerations.
    pub enum_types: usize,
    /// Names for primitive types.
    pub type_definitions: usize,
    /// Properties that types declare themselves.
    pub properties: usize,
    /// Navigation properties that types declare themselves.
    pub navigation: usize,
    /// Operations that are bound to a type.
    pub bound_operations: usize,
}

/// An entity container.
#[derive(Clone, Debug)]
pub struct ContainerDescription {
    /// The qualified name.
    pub name: String,
    /// Whether URLs leave its name out.
    pub is_default: bool,
    /// The entity sets, by name.
    pub entity_sets: Vec<SetDescription>,
    /// The singletons, by name.
    pub singletons: Vec<SetDescription>,
    /// Operations that are called at the root of the service, by name.
    pub operations: Vec<String>,
}

/// An entity set or a singleton.
#[derive(Clone, Debug)]
pub struct SetDescription {
    /// The name in URLs.
    pub name: String,
    /// The qualified name of its entity type.
    pub entity_type: String,
    /// The parts of the key.
    pub key: String,
    /// How many properties an entity has, those of base types included.
    pub properties: usize,
    /// Where one can go from an entity, such as `Orders*`.
    pub navigation: Vec<String>,
    /// Operations on an entity, or on a collection of them.
    pub operations: Vec<String>,
    /// Verbs that are not allowed.
    pub refused: Vec<&'static str>,
}

/// What there is in a model.
pub fn describe(model: &Model) -> Description {
    let mut names: Vec<&str> = model
        .entity_types
        .iter()
        .chain(&model.complex_types)
        .map(|ty| ty.namespace.as_str())
        .chain(model.enum_types.iter().map(|ty| ty.namespace.as_str()))
        .chain(model.type_definitions.iter().map(|ty| ty.namespace.as_str()))
        .collect();
    names.sort_unstable();
    names.dedup();
    let namespaces = names.iter().map(|name| {
        let counts = Counts::of(model, |namespace| namespace == *name);
        ((*name).to_owned(), counts)
    });
    Description {
        version: version_text(model.version),
        counts: Counts::of(model, |_| true),
        namespaces: namespaces.collect(),
        containers: model.containers.iter().map(|it| container(model, it)).collect(),
    }
}

impl Counts {
    fn of(model: &Model, is_counted: impl Fn(&str) -> bool) -> Self {
        let counted = |list: &'_ [StructuredType]| -> Vec<usize> {
            let indices = 0..list.len();
            indices.filter(|&index| is_counted(&list[index].namespace)).collect()
        };
        let (entity_types, complex_types) =
            (counted(&model.entity_types), counted(&model.complex_types));
        let types = || {
            let entities = entity_types.iter().map(|&index| &model.entity_types[index]);
            entities.chain(complex_types.iter().map(|&index| &model.complex_types[index]))
        };
        let properties = |ty: &StructuredType| {
            ty.properties.iter().filter(|property| !property.is_inherited).count()
        };
        let navigation =
            |ty: &StructuredType| ty.navigation.iter().filter(|it| !it.is_inherited).count();
        let operations = |ty: &StructuredType| ty.operations.len() + ty.collection_operations.len();
        let enums = model.enum_types.iter().filter(|ty| is_counted(&ty.namespace));
        let definitions = model.type_definitions.iter().filter(|ty| is_counted(&ty.namespace));
        Self {
            enum_types: enums.count(),
            type_definitions: definitions.count(),
            properties: types().map(properties).sum(),
            navigation: types().map(navigation).sum(),
            bound_operations: types().map(operations).sum(),
            entity_types: entity_types.len(),
            complex_types: complex_types.len(),
        }
    }
}

fn container(model: &Model, container: &Container) -> ContainerDescription {
    let mut entity_sets: Vec<SetDescription> = container
        .entity_sets
        .iter()
        .map(|it| set(model, &it.label.name, it.entity_type, refused(it.allow)))
        .collect();
    entity_sets.sort_by(|a, b| a.name.cmp(&b.name));
    let mut singletons: Vec<SetDescription> = container
        .singletons
        .iter()
        .map(|it| set(model, &it.label.name, it.entity_type, Vec::new()))
        .collect();
    singletons.sort_by(|a, b| a.name.cmp(&b.name));
    ContainerDescription {
        name: qualified(&container.namespace, &container.label.name),
        is_default: container.is_default,
        entity_sets,
        singletons,
        operations: operations(model, container.operations.iter()),
    }
}

fn set(
    model: &Model,
    name: &str,
    entity_type: EntityTypeId,
    refused: Vec<&'static str>,
) -> SetDescription {
    let ty = model.entity_type(entity_type);
    let navigation = ty.navigation.iter().map(|it| {
        let many = if multiplicity_text(it.multiplicity) == "*" { "*" } else { "" };
        format!("{}{many}", it.label.name)
    });
    SetDescription {
        name: name.to_owned(),
        entity_type: structured_name(ty),
        key: key_text(model, ty, &ty.key),
        properties: ty.properties.len(),
        navigation: navigation.collect(),
        operations: operations(model, ty.operations.iter().chain(&ty.collection_operations)),
        refused,
    }
}

fn operations<'a>(model: &Model, list: impl Iterator<Item = &'a Operation>) -> Vec<String> {
    let mut texts: Vec<String> = list
        .map(|operation| {
            let kind = operation_kind_text(operation.kind);
            let result = result_text(model, operation);
            format!("{kind} {} -> {result}", signature(model, operation))
        })
        .collect();
    texts.sort();
    texts
}
