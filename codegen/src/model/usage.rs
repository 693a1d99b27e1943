//! Types that amendments add and nothing has are worth a word: an amendment that gave something
//! that type may be missing.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Findings};
use crate::model::{EnumTypeId, IdTypeId, Label, Model, Operation, StructuredType, Type};

/// Warns of enumerations and typed identifiers that no property, parameter or result has.
/// Those that amendments add come first in the model.
pub(crate) fn check(model: &Model, added: usize, findings: &mut Findings) {
    if added == 0 && model.id_types.is_empty() {
        return;
    }
    let mut used = Used::default();
    for ty in model.entity_types.iter().chain(&model.complex_types) {
        used.structured_type(ty);
    }
    model.containers.iter().for_each(|container| used.operations(&container.operations));
    for (at, ty) in model.enum_types.iter().take(added).enumerate() {
        match (used.enums.contains(&EnumTypeId(at)), ty.is_standalone) {
            (false, false) => {
                unused(&ty.label, findings).help("if that is meant, say `standalone = true`");
            }
            (true, true) => {
                let message = format!("`{}` is said to be standalone, and is not", ty.label.name);
                findings.warning("amend::unused-type", ty.label.span, message);
            }
            _ => {}
        }
    }
    for (at, ty) in model.id_types.iter().enumerate() {
        if !used.ids.contains(&IdTypeId(at)) {
            unused(&ty.label, findings);
        }
    }
}

fn unused<'f>(label: &Label, findings: &'f mut Findings) -> &'f mut Diagnostic {
    let message = format!("no property, parameter or result is a `{}`", label.name);
    findings.warning("amend::unused-type", label.span, message)
}

#[derive(Default)]
struct Used {
    enums: BTreeSet<EnumTypeId>,
    ids: BTreeSet<IdTypeId>,
}

impl Used {
    fn structured_type(&mut self, ty: &StructuredType) {
        for property in &ty.properties {
            self.ty(&property.ty);
        }
        self.operations(&ty.operations);
        self.operations(&ty.collection_operations);
    }

    fn operations(&mut self, operations: &[Operation]) {
        for operation in operations {
            operation.parameters.iter().for_each(|parameter| self.ty(&parameter.ty));
            operation.result.iter().for_each(|result| self.ty(result));
        }
    }

    fn ty(&mut self, ty: &Type) {
        match ty {
            Type::Enum(id) => drop(self.enums.insert(*id)),
            Type::Id(id) => drop(self.ids.insert(*id)),
            Type::Collection(item) => self.ty(item),
            Type::Primitive(_) | Type::Definition(_) | Type::Complex(_) | Type::Entity(_) => {}
        }
    }
}
