//! Modules: one for all, or one per namespace so that users can compile a slice.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Model;
use crate::names::lock::Lock;
use crate::names::scope::{Claim, Scope};
use crate::names::{case, reserved};

/// How the types of a model are spread over modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Modules {
    /// All in one.
    One,
    /// One per namespace; that of the model, and what has no namespace, stays at the root.
    PerNamespace,
}

/// A module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ModuleNames {
    /// The name, also of its feature; the root has none.
    pub(crate) name: Option<String>,
    /// The namespaces of which it holds the types; the root holds all that no other module does.
    pub(crate) namespace: String,
}

impl ModuleNames {
    /// What it is called in messages.
    pub(crate) fn what(&self) -> String {
        match &self.name {
            Some(name) => format!("the module `{name}`"),
            None => "the module".to_owned(),
        }
    }
}

/// The modules, the root first.
pub(crate) fn decide(model: &Model, modules: Modules, lock: &Lock) -> Vec<ModuleNames> {
    let mut list = vec![ModuleNames { name: None, namespace: model.namespace.clone() }];
    if modules == Modules::One {
        return list;
    }
    let structured = model.entity_types.iter().chain(&model.complex_types).map(|ty| &ty.namespace);
    let others = model.enum_types.iter().map(|ty| &ty.namespace);
    let definitions = model.type_definitions.iter().map(|ty| &ty.namespace);
    let namespaces: BTreeSet<&String> = structured.chain(others).chain(definitions).collect();
    let prefix = common_prefix(&namespaces, &model.namespace);
    let mut claims = Vec::new();
    let mut kept = Vec::new();
    for namespace in namespaces {
        if namespace.is_empty() || *namespace == model.namespace {
            continue;
        }
        let short = namespace.get(prefix..).unwrap_or(namespace).trim_start_matches('.');
        let candidates = vec![ascii(short), ascii(namespace)];
        claims.push(Claim { key: key(namespace), candidates, ..Claim::default() });
        kept.push(namespace.clone());
    }
    // Modules that a lock does not pin have names of their own; there is nothing to report.
    let names = Scope::new("the modules", reserved::MODULES).settle(
        claims,
        lock,
        &mut crate::diagnostic::Findings::default(),
    );
    let named = names.into_iter().zip(kept);
    list.extend(named.map(|(name, namespace)| ModuleNames { name: Some(name), namespace }));
    list
}

/// What the lock calls the root, to which it gives the namespace of the model.
pub(crate) const ROOT: &str = ".";

/// What the module of a namespace is called in the lock.
pub(crate) fn key(namespace: &str) -> String {
    format!("{namespace}.")
}

/// A namespace as a name that may be that of a file.
fn ascii(namespace: &str) -> String {
    let text = case::snake(namespace);
    let text: String = text.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
    // Again, so that no two `_` follow each other.
    case::snake(&text)
}

/// How many bytes of the namespaces are the same, up to a dot.
fn common_prefix(namespaces: &BTreeSet<&String>, home: &str) -> usize {
    let mut prefix = home;
    for namespace in namespaces.iter().filter(|namespace| !namespace.is_empty()) {
        while !(namespace.starts_with(prefix)
            && namespace
                .get(prefix.len()..)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
        {
            prefix = prefix.rsplit_once('.').map_or("", |(shorter, _)| shorter);
            if prefix.is_empty() {
                return 0;
            }
        }
    }
    prefix.len()
}

/// The index of the module of a namespace.
pub(crate) fn index_of(modules: &[ModuleNames]) -> BTreeMap<&str, usize> {
    modules.iter().enumerate().map(|(at, module)| (module.namespace.as_str(), at)).collect()
}
