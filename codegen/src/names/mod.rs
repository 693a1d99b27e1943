//! Every Rust identifier, decided once. Two things that would get the same one are reported here,
//! in terms of the document, and not by the compiler of the generated code.

mod case;
mod claims;

use proc_macro2::Ident;

use crate::diagnostic::Findings;
use crate::model::{
    Container, EntityTypeId, EnumType, IdType, Label, Model, Operation, StructuredType,
};
use claims::Scope;

/// Modules that every generated module has.
const MODULES: &[&str] = &["container", "enums", "ids", "tables", "mod"];
/// Statics that every generated model has.
const TABLES: &[&str] = &["MODEL"];
/// The methods of an entity request that generated ones would hide, and those of traits that a
/// method of the same name would be mistaken for.
const REQUEST_METHODS: &[&str] = &[
    "action",
    "as_ref",
    "borrow",
    "clone",
    "cmp",
    "delete",
    "deref",
    "eq",
    "follow",
    "follow_one",
    "get",
    "hash",
    "links",
    "new",
    "path",
    "read",
    "update",
];
/// The methods that every generated container has, and those of traits.
const CONTAINER_METHODS: &[&str] =
    &["as_ref", "borrow", "clone", "cmp", "deref", "eq", "hash", "new", "service"];
/// The field that every struct has for what its table has no row for.
const FIELDS: &[&str] = &["extra"];
/// Variants that the run time adds to enumerations.
const VARIANTS: &[&str] = &["Unknown"];

/// The identifiers of a model; lists run parallel to those of the model.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) entity_types: Vec<TypeNames>,
    pub(crate) complex_types: Vec<TypeNames>,
    pub(crate) enum_types: Vec<EnumNames>,
    pub(crate) id_types: Vec<IdNames>,
    pub(crate) container: ContainerNames,
}

/// The identifiers of a structured type.
#[derive(Debug)]
pub(crate) struct TypeNames {
    pub(crate) ty: Ident,
    pub(crate) module: Ident,
    pub(crate) table: Ident,
    /// The struct of a composite key.
    pub(crate) key: Option<Ident>,
    /// The struct that addresses one entity; complex types have none.
    pub(crate) request: Option<Ident>,
    pub(crate) properties: Vec<MemberNames>,
    pub(crate) navigation: Vec<MemberNames>,
    pub(crate) operations: Vec<OperationNames>,
}

/// The identifiers of a property (field) or navigation property (method).
#[derive(Debug)]
pub(crate) struct MemberNames {
    pub(crate) member: Ident,
    pub(crate) constant: Ident,
}

/// The identifiers of an operation.
#[derive(Debug)]
pub(crate) struct OperationNames {
    pub(crate) method: Ident,
    pub(crate) table: Ident,
    pub(crate) parameters: Vec<Ident>,
    /// The struct that holds many parameters.
    pub(crate) arguments: Option<Ident>,
}

/// The identifiers of an enumeration.
#[derive(Debug)]
pub(crate) struct EnumNames {
    pub(crate) ty: Ident,
    pub(crate) table: Ident,
    pub(crate) members: Vec<Ident>,
}

/// The identifiers of a typed identifier.
#[derive(Debug)]
pub(crate) struct IdNames {
    pub(crate) ty: Ident,
    pub(crate) table: Ident,
}

/// The identifiers of the container.
#[derive(Debug)]
pub(crate) struct ContainerNames {
    pub(crate) ty: Ident,
    pub(crate) sets: Vec<SetNames>,
    pub(crate) operations: Vec<OperationNames>,
}

/// The methods of an entity set.
#[derive(Debug)]
pub(crate) struct SetNames {
    /// All of it.
    pub(crate) many: Ident,
    /// One entity by its key.
    pub(crate) one: Ident,
}

/// How many parameters a method may have before they go into a struct.
pub(crate) const MOST_PARAMETERS: usize = 3;

/// Decides all identifiers.
pub(crate) fn decide(model: &Model, findings: &mut Findings) -> Names {
    let mut decider = Decider {
        types: Scope::new("the types of the module", &[]),
        modules: Scope::new("the files of the module", MODULES),
        tables: Scope::new("the tables", TABLES),
        findings,
    };
    let entity_types =
        model.entity_types.iter().map(|ty| decider.structured_type(ty, true)).collect();
    let complex_types =
        model.complex_types.iter().map(|ty| decider.structured_type(ty, false)).collect();
    let enum_types = model.enum_types.iter().map(|ty| decider.enum_type(ty)).collect();
    let id_types = model.id_types.iter().map(|ty| decider.id_type(ty)).collect();
    let container = decider.container(model, &model.containers[0]);
    Names { entity_types, complex_types, enum_types, id_types, container }
}

struct Decider<'f> {
    types: Scope,
    modules: Scope,
    tables: Scope,
    findings: &'f mut Findings,
}

/// The Rust name that an amendment asks for, else one made from the CSDL name.
fn chosen(label: &Label, made: impl Fn(&str) -> String) -> String {
    match &label.rust_name {
        Some(name) => name.value.clone(),
        None => made(&label.name),
    }
}

impl Decider<'_> {
    fn structured_type(&mut self, ty: &StructuredType, is_entity: bool) -> TypeNames {
        let label = &ty.label;
        let name = chosen(label, case::camel);
        let module = self.modules.claim(&case::snake(&name), label, self.findings);
        if !module.to_string().is_ascii() {
            let message = format!("`{name}` is not ASCII, and files of Rust modules are");
            self.findings
                .error("names::no-identifier", label.span, message)
                .help("give it a Rust name by an amendment: name = \"…\"");
        }
        let mut fields = Scope::new(format!("the fields of `{name}`"), FIELDS);
        let mut constants = Scope::new(format!("the constants of `{name}`"), &[]);
        let mut methods = Scope::new(format!("the methods of `{name}Request`"), REQUEST_METHODS);
        let mut member = |scope: &mut Scope, label: &Label, findings: &mut Findings| {
            let text = chosen(label, case::snake);
            MemberNames {
                member: scope.claim(&text, label, findings),
                constant: constants.claim(&case::shouty(&text), label, findings),
            }
        };
        let properties = (ty.properties.iter())
            .map(|property| member(&mut fields, &property.label, self.findings))
            .collect();
        let navigation = (ty.navigation.iter())
            .map(|navigation| member(&mut methods, &navigation.label, self.findings))
            .collect();
        let mut type_name =
            |suffix: &str| self.types.claim(&format!("{name}{suffix}"), label, self.findings);
        TypeNames {
            ty: type_name(""),
            key: (ty.key.len() > 1).then(|| type_name("Key")),
            request: is_entity.then(|| type_name("Request")),
            module,
            table: self.tables.claim(&case::shouty(&name), label, self.findings),
            properties,
            navigation,
            operations: self.operations(&ty.operations, &name, Some(&name), &mut methods),
        }
    }

    fn operations(
        &mut self,
        operations: &[Operation],
        owner: &str,
        table_prefix: Option<&str>,
        methods: &mut Scope,
    ) -> Vec<OperationNames> {
        let mut list = Vec::new();
        for operation in operations {
            let label = &operation.label;
            let name = chosen(label, case::snake);
            let table = match table_prefix {
                Some(prefix) => format!("{}_{}", case::shouty(prefix), case::shouty(&name)),
                None => case::shouty(&name),
            };
            let mut scope = Scope::new(format!("the parameters of `{}`", label.name), &[]);
            let parameters = (operation.parameters.iter())
                .map(|parameter| {
                    let text = chosen(&parameter.label, case::snake);
                    scope.claim(&text, &parameter.label, self.findings)
                })
                .collect();
            let many = operation.parameters.len() > MOST_PARAMETERS;
            let arguments = format!("{owner}{}Parameters", case::camel(&case::snake(&name)));
            list.push(OperationNames {
                method: methods.claim(&name, label, self.findings),
                table: self.tables.claim(&table, label, self.findings),
                parameters,
                arguments: many.then(|| self.types.claim(&arguments, label, self.findings)),
            });
        }
        list
    }

    fn enum_type(&mut self, ty: &EnumType) -> EnumNames {
        let name = chosen(&ty.label, case::camel);
        let reserved = if ty.is_flags { &[] } else { VARIANTS };
        let mut scope = Scope::new(format!("the members of `{name}`"), reserved);
        let mut members = Vec::new();
        for member in &ty.members {
            let label = Label {
                name: member.name.clone(),
                span: member.span,
                rust_name: None,
                doc: None,
                since: None,
                deprecated: None,
            };
            let text = match ty.is_flags {
                true => case::shouty(&member.name),
                false => case::camel(&member.name),
            };
            members.push(scope.claim(&text, &label, self.findings));
        }
        EnumNames {
            ty: self.types.claim(&name, &ty.label, self.findings),
            table: self.tables.claim(&case::shouty(&name), &ty.label, self.findings),
            members,
        }
    }

    fn id_type(&mut self, ty: &IdType) -> IdNames {
        let name = chosen(&ty.label, case::camel);
        IdNames {
            ty: self.types.claim(&name, &ty.label, self.findings),
            table: self.tables.claim(&case::shouty(&name), &ty.label, self.findings),
        }
    }

    fn container(&mut self, model: &Model, container: &Container) -> ContainerNames {
        let name = chosen(&container.label, case::camel);
        let mut methods = Scope::new(format!("the methods of `{name}`"), CONTAINER_METHODS);
        let many: Vec<Ident> = (container.entity_sets.iter())
            .map(|set| methods.claim(&chosen(&set.label, case::snake), &set.label, self.findings))
            .collect();
        let operations = self.operations(&container.operations, "", None, &mut methods);
        let mut sets = Vec::new();
        for (set, many) in container.entity_sets.iter().zip(many) {
            let entity_type = &model.entity_type(set.entity_type).label;
            let short = case::snake(&chosen(entity_type, case::camel));
            let by_key = format!("{}_by_key", chosen(&set.label, case::snake));
            let is_only = sets_of(container, set.entity_type) == 1;
            let text = if is_only && !methods.has(&short) { short } else { by_key };
            let one = methods.claim(&text, &set.label, self.findings);
            sets.push(SetNames { many, one });
        }
        let ty = self.types.claim(&name, &container.label, self.findings);
        ContainerNames { ty, sets, operations }
    }
}

fn sets_of(container: &Container, entity_type: EntityTypeId) -> usize {
    container.entity_sets.iter().filter(|set| set.entity_type == entity_type).count()
}
