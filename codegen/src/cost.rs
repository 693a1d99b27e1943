//! What a generated module costs, before it is compiled.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::Model;

/// How much is generated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Entity types, stubs included.
    pub entity_types: usize,
    /// Entity types of which only the key is there.
    pub stubs: usize,
    /// Complex types.
    pub complex_types: usize,
    /// Enumerations.
    pub enum_types: usize,
    /// Properties, those that are inherited included: each is a field and a constant.
    pub properties: usize,
    /// Navigation properties, those that are inherited included.
    pub navigation: usize,
    /// Operations, each counted where it is declared.
    pub operations: usize,
    /// Entity sets and singletons.
    pub sets: usize,
    /// Lines of Rust.
    pub lines: usize,
}

impl Cost {
    pub(crate) fn of(model: &Model, files: &BTreeMap<String, String>) -> Self {
        let mut cost = Self {
            entity_types: model.entity_types.len(),
            stubs: model.entity_types.iter().filter(|ty| ty.is_stub).count(),
            complex_types: model.complex_types.len(),
            enum_types: model.enum_types.len(),
            lines: files.values().map(|text| text.lines().count()).sum(),
            ..Self::default()
        };
        for ty in model.entity_types.iter().chain(&model.complex_types) {
            cost.properties += ty.properties.len();
            cost.navigation += ty.navigation.len();
            cost.operations += ty.operations.len() + ty.collection_operations.len();
        }
        for container in &model.containers {
            cost.sets += container.entity_sets.len() + container.singletons.len();
            cost.operations += container.operations.len();
        }
        cost
    }
}

/// One line: how many lines of Rust for what.
impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lines of Rust for {} entity types", self.lines, self.entity_types)?;
        if self.stubs > 0 {
            write!(f, " ({} with their key only)", self.stubs)?;
        }
        let Self { complex_types, enum_types, properties, operations, .. } = self;
        write!(f, ", {complex_types} complex types, {enum_types} enumerations, ")?;
        write!(f, "{properties} properties, {operations} operations")
    }
}
