//! Features: one per module below the root, so that users can compile a slice.

use std::collections::BTreeSet;

use crate::model::{Model, StructuredType, Type};
use crate::names::{Names, plain};

/// What modules need of each other.
#[derive(Debug, Default)]
pub(crate) struct Features {
    /// Names of features; the root has none.
    names: Vec<Option<String>>,
    /// The modules that a module cannot do without, itself included.
    needs: Vec<BTreeSet<usize>>,
}

impl Features {
    /// Finds what each module cannot do without: types of properties and base types. Navigation
    /// and operations that lead elsewhere are compiled only if that is, too.
    pub(crate) fn of(model: &Model, names: &Names) -> Self {
        let count = names.modules.len();
        let mut needs: Vec<BTreeSet<usize>> =
            (0..count).map(|at| BTreeSet::from([0, at])).collect();
        let mut add = |module: usize, ty: &StructuredType, base: Option<usize>| {
            let types = ty.properties.iter().filter_map(|property| module_of(names, &property.ty));
            if let Some(needs) = needs.get_mut(module) {
                needs.extend(types.chain(base));
            }
        };
        for (list, list_names) in [
            (&model.entity_types, &names.entity_types),
            (&model.complex_types, &names.complex_types),
        ] {
            for (ty, type_names) in list.iter().zip(list_names) {
                let base = ty.base.and_then(|base| list_names.get(base)).map(|names| names.module);
                add(type_names.module, ty, base);
            }
        }
        loop {
            let before: usize = needs.iter().map(BTreeSet::len).sum();
            for at in 0..count {
                let more: BTreeSet<usize> =
                    needs[at].iter().flat_map(|need| needs[*need].clone()).collect();
                needs[at].extend(more);
            }
            if needs.iter().map(BTreeSet::len).sum::<usize>() == before {
                break;
            }
        }
        // What the root needs cannot be left out by anybody.
        let root = needs.first().cloned().unwrap_or_default();
        for needs in &mut needs {
            needs.extend(root.iter().copied());
        }
        let names = names
            .modules
            .iter()
            .map(|module| module.name.as_ref().map(|name| feature(name)))
            .collect();
        Self { names, needs }
    }

    /// The attribute of what stands in one module and needs another.
    pub(crate) fn gate(&self, from: usize, to: usize) -> Option<String> {
        self.gate_all(from, std::iter::once(to))
    }

    /// The attribute of what stands in one module and needs others.
    pub(crate) fn gate_all(&self, from: usize, to: impl Iterator<Item = usize>) -> Option<String> {
        let present = self.needs.get(from)?;
        let missing: BTreeSet<usize> = to.filter(|to| !present.contains(to)).collect();
        let name = |at: &usize| self.names.get(*at).and_then(Option::as_deref);
        let names: Vec<String> =
            missing.iter().filter_map(name).map(|name| format!("feature = \"{name}\"")).collect();
        match names.as_slice() {
            [] => None,
            [only] => Some(format!("#[cfg({only})]")),
            all => Some(format!("#[cfg(all({}))]", all.join(", "))),
        }
    }

    /// The attribute of a module; the root and what it needs have none.
    pub(crate) fn of_module(&self, at: usize) -> Option<String> {
        self.gate(0, at)
    }

    /// Features with those that they turn on.
    pub(crate) fn list(&self) -> Vec<(&str, Vec<&str>)> {
        let mut list = Vec::new();
        for (at, name) in self.names.iter().enumerate() {
            let (Some(name), Some(needs)) = (name.as_deref(), self.needs.get(at)) else { continue };
            let others = needs.iter().filter(|need| **need != at);
            list.push((name, others.filter_map(|need| self.names[*need].as_deref()).collect()));
        }
        list
    }
}

/// The name of a feature: that of its module, with dashes. None begins with one, and `default` is
/// what cargo calls all of them.
fn feature(module: &str) -> String {
    match plain(module).trim_start_matches('_').replace('_', "-") {
        name if name == "default" => "default-".to_owned(),
        name => name,
    }
}

fn module_of(names: &Names, ty: &Type) -> Option<usize> {
    match ty {
        Type::Primitive(_) => None,
        Type::Id(_) => Some(0),
        Type::Enum(id) => names.enum_types.get(id.0).map(|names| names.module),
        Type::Complex(id) => names.complex_types.get(id.0).map(|names| names.module),
        Type::Entity(id) => names.entity_types.get(id.0).map(|names| names.module),
        Type::Definition(id) => names.type_definitions.get(id.0).map(|place| place.module),
        Type::Collection(item) => module_of(names, item),
    }
}

#[cfg(test)]
mod tests {
    use super::feature;

    #[test]
    fn cargo_accepts_every_feature() {
        for (module, expected) in [
            ("call_records", "call-records"),
            ("r#type", "type"),
            ("_1st", "1st"),
            ("default", "default-"),
        ] {
            assert_eq!(feature(module), expected, "{module}");
        }
    }
}
