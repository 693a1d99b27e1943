//! The tables of a metadata document, made at run time and never freed.

use std::collections::BTreeMap;

use edm::model::{EnumType, Members, Model, Navigation, Primitive, Property, StructuredType, Type};
use odata_codegen::model as source;
use odata_codegen::{Mode, Reading, Source, read_model_as};

/// Complex types nest; a document in which one holds itself is cut here.
const MAX_DEPTH: usize = 8;

/// What navigation leads to: the name is enough, as nothing is followed by way of the tables.
static ANYTHING: StructuredType = StructuredType::NEW;

/// The types of one service.
#[derive(Debug, Default)]
pub struct Tables {
    types: BTreeMap<String, &'static StructuredType>,
    sets: BTreeMap<String, &'static StructuredType>,
    /// By qualified name of the owner and name of the navigation property.
    targets: BTreeMap<(String, String), &'static StructuredType>,
}

impl Tables {
    /// Makes the tables of a document.
    ///
    /// # Errors
    ///
    /// The generator refuses the document.
    pub fn read(name: &str, document: &str) -> Result<Self, String> {
        let source = Source { name: name.to_owned(), text: document.to_owned() };
        let reading = Reading { mode: Mode::Lenient, ..Reading::default() };
        let (model, _) =
            read_model_as(&[source], &[], &reading).map_err(|problems| problems.to_string())?;
        let mut tables = Self::default();
        let mut targets = Vec::new();
        for (list, base) in [
            (&model.entity_types, &model.entity_types),
            (&model.complex_types, &model.complex_types),
        ] {
            for ty in list {
                let table = structured(&model, base, ty, 0);
                tables.types.insert(table.qualified_name(), table);
                for navigation in &ty.navigation {
                    let target = model.entity_type(navigation.target);
                    let target = format!("{}.{}", target.namespace, target.label.name);
                    let key = (table.qualified_name(), navigation.label.name.clone());
                    targets.push((key, target));
                }
            }
        }
        for (key, target) in targets {
            if let Some(table) = tables.types.get(&target) {
                tables.targets.insert(key, table);
            }
        }
        for container in &model.containers {
            let sets = container.entity_sets.iter().map(|set| (&set.label.name, set.entity_type));
            let singletons =
                container.singletons.iter().map(|one| (&one.label.name, one.entity_type));
            for (name, id) in sets.chain(singletons) {
                let ty = model.entity_type(id);
                let qualified = format!("{}.{}", ty.namespace, ty.label.name);
                if let Some(table) = tables.types.get(&qualified) {
                    tables.sets.insert(name.clone(), table);
                }
            }
        }
        Ok(tables)
    }

    /// The tables that generated code has.
    pub fn of(model: &'static Model) -> Self {
        let types = model.entity_types.iter().chain(model.complex_types);
        let sets = model.entity_sets.iter().map(|set| (set.name.to_owned(), set.entity_type));
        Self {
            types: types.map(|ty| (ty.qualified_name(), *ty)).collect(),
            sets: sets.collect(),
            targets: BTreeMap::new(),
        }
    }

    /// A type by its qualified name.
    pub fn ty(&self, qualified_name: &str) -> Option<&'static StructuredType> {
        self.types.get(qualified_name).copied()
    }

    /// The type of the entities of a set, or of a singleton.
    pub fn set(&self, name: &str) -> Option<&'static StructuredType> {
        self.sets.get(name).copied()
    }

    /// The type of what a navigation property leads to.
    pub fn target(&self, owner: &StructuredType, name: &str) -> Option<&'static StructuredType> {
        let mut owner = Some(owner);
        while let Some(ty) = owner {
            if let Some(target) = self.targets.get(&(ty.qualified_name(), name.to_owned())) {
                return Some(target);
            }
            owner = ty.base;
        }
        None
    }
}

fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn structured(
    model: &source::Model,
    siblings: &[source::StructuredType],
    ty: &source::StructuredType,
    depth: usize,
) -> &'static StructuredType {
    let property = |property: &source::Property| Property {
        nullable: property.nullable,
        ..Property::new(leak(&property.label.name), type_of(model, &property.ty, depth + 1))
    };
    let is_value = |property: &&source::Property| {
        property.ty != source::Type::Primitive(source::Primitive::Stream)
    };
    let navigation = |navigation: &source::Navigation| {
        let many = navigation.multiplicity == source::Multiplicity::Many;
        Navigation { many, ..Navigation::one(leak(&navigation.label.name), &ANYTHING) }
    };
    let base = ty.base.map(|index| structured(model, siblings, &siblings[index], depth));
    Box::leak(Box::new(StructuredType {
        name: leak(&ty.label.name),
        namespace: leak(&ty.namespace),
        base,
        has_derived: ty.has_derived,
        is_open: ty.is_open,
        properties: ty.properties.iter().filter(is_value).map(property).collect::<Vec<_>>().leak(),
        navigation: ty.navigation.iter().map(navigation).collect::<Vec<_>>().leak(),
        ..StructuredType::NEW
    }))
}

fn type_of(model: &source::Model, ty: &source::Type, depth: usize) -> Type {
    if depth > MAX_DEPTH {
        return Type::Primitive(Primitive::Untyped);
    }
    match ty {
        source::Type::Primitive(primitive) => Type::Primitive(primitive_of(*primitive)),
        source::Type::Id(_) => Type::Primitive(Primitive::String),
        source::Type::Enum(id) => Type::Enum(enumeration(model.enum_type(*id))),
        source::Type::Complex(id) => {
            Type::Complex(structured(model, &model.complex_types, model.complex_type(*id), depth))
        }
        source::Type::Entity(id) => {
            Type::Entity(structured(model, &model.entity_types, model.entity_type(*id), depth))
        }
        source::Type::Definition(id) => {
            Type::Primitive(primitive_of(model.type_definition(*id).underlying))
        }
        source::Type::Collection(item) => {
            Type::Collection(Box::leak(Box::new(type_of(model, item, depth))))
        }
    }
}

fn enumeration(ty: &source::EnumType) -> &'static EnumType {
    let member = |member: &source::EnumMember| match member.value {
        source::MemberValue::Integer(value) => Some((leak(&member.name), value)),
        source::MemberValue::Text(_) => None,
    };
    let members: Vec<_> = ty.members.iter().filter_map(member).collect();
    Box::leak(Box::new(EnumType {
        name: leak(&ty.label.name),
        namespace: leak(&ty.namespace),
        is_flags: ty.is_flags,
        members: Members::Integer(members.leak()),
        ..EnumType::NEW
    }))
}

/// Both have the names of the EDM.
pub(crate) fn primitive_of(primitive: source::Primitive) -> Primitive {
    by_name(primitive.short_name()).unwrap_or(Primitive::Untyped)
}

/// A primitive type by its name without `Edm.`.
pub(crate) fn by_name(name: &str) -> Option<Primitive> {
    Primitive::named(&format!("Edm.{name}"))
}
