//! Every Rust identifier, decided once and for every document: what would collide is told apart
//! here, independently of the order of declarations, and stays as it is by the names lock.

mod case;
mod ident;
mod lock;
mod members;
mod modules;
mod operations;
mod reserved;
mod scope;
mod types;

pub(crate) use ident::{identifier, plain};
pub(crate) use lock::Lock;
pub(crate) use modules::{ModuleNames, Modules};

use crate::diagnostic::Findings;
use crate::model::{Binding, Label, Model, Operation, StructuredType, Type};
use scope::{Claim, Scope};

/// How many parameters a method may have before they go into a struct.
pub(crate) const MOST_PARAMETERS: usize = 3;

/// The identifiers of a model; lists run parallel to those of the model.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) modules: Vec<ModuleNames>,
    pub(crate) entity_types: Vec<TypeNames>,
    pub(crate) complex_types: Vec<TypeNames>,
    pub(crate) enum_types: Vec<EnumNames>,
    pub(crate) id_types: Vec<IdNames>,
    pub(crate) type_definitions: Vec<Place>,
    pub(crate) containers: Vec<ContainerNames>,
}

/// A name in one of the modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The index of the module.
    pub(crate) module: usize,
    pub(crate) name: String,
}

/// The identifiers of a structured type.
#[derive(Debug)]
pub(crate) struct TypeNames {
    pub(crate) module: usize,
    pub(crate) ty: String,
    /// The module of its file; types whose names are not ASCII share a file.
    pub(crate) file: Option<String>,
    pub(crate) table: String,
    /// The struct of a composite key that no base type has.
    pub(crate) key: Option<String>,
    /// The fields of the struct of the key.
    pub(crate) key_parts: Vec<String>,
    /// The struct that addresses one entity; complex types have none.
    pub(crate) request: Option<String>,
    /// The trait of operations bound to a collection.
    pub(crate) collection: Option<String>,
    pub(crate) properties: Vec<MemberNames>,
    pub(crate) navigation: Vec<MemberNames>,
    pub(crate) streams: Vec<String>,
    pub(crate) alternate_keys: Vec<AlternateKeyNames>,
    /// The operations of the type itself.
    pub(crate) operations: Vec<OperationNames>,
    pub(crate) collection_operations: Vec<OperationNames>,
}

/// The identifiers of a property (field) or navigation property (method).
#[derive(Clone, Debug)]
pub(crate) struct MemberNames {
    pub(crate) member: String,
    pub(crate) constant: String,
}

/// The identifiers of an alternate key.
#[derive(Debug)]
pub(crate) struct AlternateKeyNames {
    pub(crate) method: String,
    pub(crate) parameters: Vec<String>,
}

/// The identifiers of an operation.
#[derive(Debug)]
pub(crate) struct OperationNames {
    pub(crate) method: String,
    pub(crate) table: String,
    pub(crate) parameters: Vec<String>,
    /// The struct that holds many parameters.
    pub(crate) arguments: Option<String>,
}

/// The identifiers of an enumeration.
#[derive(Debug)]
pub(crate) struct EnumNames {
    pub(crate) module: usize,
    pub(crate) ty: String,
    pub(crate) table: String,
    pub(crate) members: Vec<String>,
}

/// The identifiers of a typed identifier.
#[derive(Debug)]
pub(crate) struct IdNames {
    pub(crate) ty: String,
    pub(crate) table: String,
}

/// The identifiers of a container.
#[derive(Debug)]
pub(crate) struct ContainerNames {
    pub(crate) ty: String,
    pub(crate) sets: Vec<SetNames>,
    pub(crate) singletons: Vec<String>,
    pub(crate) operations: Vec<OperationNames>,
}

/// The methods of an entity set.
#[derive(Debug)]
pub(crate) struct SetNames {
    /// All of it.
    pub(crate) many: String,
    /// One entity by its key, if it has one.
    pub(crate) one: Option<String>,
}

/// Keeps the namespace of a model what it was when the lock was written: whose types have the short
/// names, and stand in the root module, does not change because another namespace has grown.
pub(crate) fn keep_namespace(model: &mut Model, lock: &Lock) {
    let Some(locked) = lock.name(modules::ROOT) else { return };
    let structured = model.entity_types.iter().chain(&model.complex_types);
    if structured.into_iter().any(|ty| ty.namespace == locked) {
        model.namespace = locked.to_owned();
    }
}

/// Decides all identifiers, and pins them in the lock.
pub(crate) fn decide(
    model: &Model,
    modules: Modules,
    lock: &mut Lock,
    findings: &mut Findings,
) -> Names {
    let modules = modules::decide(model, modules, lock);
    let scopes = |what: &str, reserved| {
        let scope =
            |module: &ModuleNames| Scope::new(format!("{what} of {}", module.what()), reserved);
        modules.iter().map(scope).collect::<Vec<_>>()
    };
    let mut types = scopes("the types", reserved::TYPES);
    let tables = scopes("the tables", reserved::TABLES);
    let mut files = scopes("the files", reserved::MODULES);
    for root in files.first_mut().into_iter().chain(types.first_mut()) {
        let names = modules.iter().filter_map(|module| module.name.as_deref());
        names.for_each(|name| root.occupy(name));
    }
    let mut decider = Decider {
        model,
        modules: &modules,
        lock,
        pins: Lock::default(),
        types,
        tables,
        files,
        findings,
    };
    let primary = decider.primary();
    let entity_types = decider.structured_types(&model.entity_types, &primary.entity_types, true);
    let complex_types =
        decider.structured_types(&model.complex_types, &primary.complex_types, false);
    let enum_types = decider.enum_types(&primary.enum_types);
    let id_types = decider.id_types(&primary.id_types);
    let containers = decider.containers(&primary.containers);
    let type_definitions = primary.type_definitions;
    let mut pins = std::mem::take(&mut decider.pins);
    pins.pin(modules::ROOT, &model.namespace);
    for module in &modules {
        if let Some(name) = &module.name {
            pins.pin(&modules::key(&module.namespace), plain(name));
        }
    }
    lock.extend(pins);
    Names {
        modules,
        entity_types,
        complex_types,
        enum_types,
        id_types,
        type_definitions,
        containers,
    }
}

/// What deciding looks things up in, and what it has decided so far.
struct Decider<'a> {
    model: &'a Model,
    modules: &'a [ModuleNames],
    lock: &'a Lock,
    /// What the next lock is to say.
    pins: Lock,
    /// Types, tables and files by module.
    types: Vec<Scope>,
    tables: Vec<Scope>,
    files: Vec<Scope>,
    findings: &'a mut Findings,
}

impl Decider<'_> {
    /// Gives names within a scope of this type and pins them.
    fn settle(&mut self, scope: &mut Scope, claims: Vec<Claim>) -> Vec<String> {
        let keys: Vec<String> = claims.iter().map(|claim| claim.key.clone()).collect();
        let names = scope.settle(claims, self.lock, self.findings);
        for (key, name) in keys.iter().zip(&names) {
            self.pins.pin(key, plain(name));
        }
        names
    }

    /// Gives a name that follows from another one, such as `AssetRequest` from `Asset`: it is
    /// pinned only where it does not.
    fn derived(
        &mut self,
        kind: Kind,
        module: usize,
        parent: &str,
        key: String,
        candidates: Vec<String>,
    ) -> String {
        let natural = candidates.first().cloned().unwrap_or_default();
        let kept = self.lock.name(parent).map(|_| natural.clone());
        let claim = Claim { key: key.clone(), candidates, kept, ..Claim::default() };
        let scope = match kind {
            Kind::Type => &mut self.types[module],
            Kind::Table => &mut self.tables[module],
            Kind::File => &mut self.files[module],
        };
        let name =
            scope.settle(vec![claim], self.lock, self.findings).pop().unwrap_or(natural.clone());
        if plain(&name) != natural {
            self.pins.pin(&key, plain(&name));
        }
        name
    }
}

/// What a derived name is the name of.
#[derive(Clone, Copy)]
enum Kind {
    Type,
    Table,
    File,
}

/// The Rust name that an amendment asks for, else one made from the CSDL name.
fn chosen(label: &Label, made: impl Fn(&str) -> String) -> String {
    match &label.rust_name {
        Some(name) => name.value.clone(),
        None => made(&label.name),
    }
}

/// Who comes first among names that would be the same: those in regular case.
fn rank(label: &Label) -> u8 {
    u8::from(!case::is_regular(&label.name))
}

/// The qualified name of a structured type.
fn qualified(ty: &StructuredType) -> String {
    format!("{}.{}", ty.namespace, ty.label.name)
}

/// What an operation is called in the lock: overloads differ by their parameters.
fn signature(operation: &Operation) -> String {
    let names: Vec<&str> = operation.parameters.iter().map(|p| p.label.name.as_str()).collect();
    let collection = if operation.binding == Binding::Collection { "[]" } else { "" };
    format!("{}{collection}({})", operation.label.name, names.join(","))
}

/// The name of a type, in a name that tells overloads apart.
fn type_word(model: &Model, ty: &Type) -> String {
    match ty {
        Type::Primitive(primitive) => case::snake(primitive.short_name()),
        Type::Collection(item) => format!("many_{}", type_word(model, item)),
        ty => case::snake(&model.type_name(ty)),
    }
}
