//! The model and its names to the plan.

use crate::model::{EnumType, IdType, Model, Primitive, StructuredType, TypeDefinition};
use crate::names::{EnumNames, IdNames, Names, Place};
use crate::plan::recursion::Cycles;
use crate::plan::types::{Planner, Spelling, primitive_text};
use crate::plan::{Alias, Block, Enumeration, Features, Id, Member, Module, Plan, texts};

/// What the text of a module says about where it comes from.
pub(crate) struct Origin<'a> {
    /// The documents and amendments.
    pub(crate) from: &'a str,
    /// The command that generates it again.
    pub(crate) command: &'a str,
    /// The version of the service.
    pub(crate) version: Option<&'a str>,
    /// The lines of a first call, for the documentation of a crate.
    pub(crate) first_call: Vec<String>,
}

/// Plans all modules.
pub(crate) fn plan(model: &Model, names: &Names, features: &Features, origin: &Origin<'_>) -> Plan {
    let cycles = Cycles::of(model);
    let spelling = Spelling::of(names);
    let mut modules = Vec::new();
    for (at, module) in names.modules.iter().enumerate() {
        let planner =
            Planner { model, names, spelling, features, cycles: &cycles, module: at, depth: 1 };
        let docs = vec![Block::Own(format!("The namespace `{}`.", module.namespace))];
        modules.push(Module { name: module.name.clone(), docs, ..planner.module() });
    }
    let all = model.entity_types.iter().chain(&model.complex_types);
    Plan {
        docs: texts::module(model, origin),
        modules,
        has_deprecated: all.clone().any(is_deprecated) || containers_deprecate(model),
        has_foreign_names: has_foreign_names(names),
    }
}

impl Planner<'_> {
    fn module(self) -> Module {
        let here = |module: usize| module == self.module;
        let entities = self.names.entity_types.iter().enumerate();
        let entities: Vec<usize> =
            entities.filter(|(_, n)| here(n.module)).map(|(at, _)| at).collect();
        let complexes = self.names.complex_types.iter().enumerate();
        let complexes = complexes.filter(|(_, n)| here(n.module)).map(|(at, _)| at);
        let enums = self.model.enum_types.iter().zip(&self.names.enum_types);
        let aliases = self.model.type_definitions.iter().zip(&self.names.type_definitions);
        // Requests have a directory of their own.
        let requests = Planner { depth: 2, ..self };
        Module {
            records: (entities.iter().map(|at| self.entity_record(*at)))
                .chain(complexes.map(|at| self.complex_record(at)))
                .collect(),
            enumerations: (enums.filter(|(_, names)| here(names.module)))
                .map(|(ty, names)| self.enumeration(ty, names))
                .collect(),
            ids: match self.module {
                0 => self.model.id_types.iter().zip(&self.names.id_types).map(id).collect(),
                _ => Vec::new(),
            },
            aliases: (aliases.filter(|(_, place)| here(place.module)))
                .map(|(ty, place)| self.alias(ty, place))
                .collect(),
            handles: entities.iter().filter_map(|at| requests.handle(*at)).collect(),
            containers: match self.module {
                0 => (self.model.containers.iter().zip(&self.names.containers))
                    .map(|(container, names)| self.container(container, names))
                    .collect(),
                _ => Vec::new(),
            },
            ..Module::default()
        }
    }

    fn enumeration(self, ty: &EnumType, names: &EnumNames) -> Enumeration {
        let members = ty.members.iter().zip(&names.members);
        let member = |(member, name): (&crate::model::EnumMember, &String)| {
            let head = Block::Own(format!("`{}`.", texts::code(&member.name)));
            Member {
                wire: member.name.clone(),
                name: name.clone(),
                docs: std::iter::once(head).chain(member.doc.clone().map(Block::Foreign)).collect(),
                value: member.value.clone(),
            }
        };
        let repr = match ty.underlying {
            Primitive::String => "",
            underlying => primitive_text(underlying),
        };
        Enumeration {
            name: names.ty.clone(),
            table: names.table.clone(),
            docs: texts::enumeration(ty),
            deprecated: ty.label.deprecated.clone(),
            repr,
            is_flags: ty.is_flags,
            by_name: ty.by_name,
            members: members.map(member).collect(),
        }
    }

    fn alias(self, ty: &TypeDefinition, place: &Place) -> Alias {
        Alias {
            name: place.name.clone(),
            docs: texts::type_definition(ty),
            ty: self.primitive(ty.underlying).0,
        }
    }
}

fn id((ty, names): (&IdType, &IdNames)) -> Id {
    let head = texts::id_head(&ty.label.name, ty.prefix.as_deref());
    Id { name: names.ty.clone(), docs: texts::amended_type(head, &ty.label) }
}

fn is_deprecated(ty: &StructuredType) -> bool {
    ty.label.deprecated.is_some()
        || ty.properties.iter().any(|property| property.label.deprecated.is_some())
        || ty.navigation.iter().any(|navigation| navigation.label.deprecated.is_some())
}

/// Whether enumerations are deprecated, or what containers hold.
fn containers_deprecate(model: &Model) -> bool {
    model.enum_types.iter().any(|ty| ty.label.deprecated.is_some())
        || model.containers.iter().any(|container| {
            container.entity_sets.iter().any(|set| set.label.deprecated.is_some())
                || container.singletons.iter().any(|one| one.label.deprecated.is_some())
        })
}

/// Whether a name is not ASCII: the compiler warns of some of those.
fn has_foreign_names(names: &Names) -> bool {
    let structured = names.entity_types.iter().chain(&names.complex_types);
    let types = structured
        .clone()
        .map(|names| &names.ty)
        .chain(names.enum_types.iter().map(|names| &names.ty));
    let members = structured.flat_map(|names| names.properties.iter().chain(&names.navigation));
    let members = members.map(|names| &names.member);
    let enum_members = names.enum_types.iter().flat_map(|names| &names.members);
    types.chain(members).chain(enum_members).any(|name| !name.is_ascii())
}
