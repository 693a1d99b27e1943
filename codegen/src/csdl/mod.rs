//! The document as written: CSDL 1 to 3 inside EDMX 1.0, nothing resolved.
//!
//! What amendments add is kept beside what the document says, in the `amended` fields and in
//! [`Edmx::enum_types`] and [`Edmx::id_types`].

mod attributes;
mod parse;

pub(crate) use attributes::is_identifier;
pub(crate) use parse::parse;

use crate::diagnostic::{Span, Spanned};
use crate::model::{Access, Allow, Primitive};

/// A name or a type reference, as written.
pub(crate) type Text = Spanned<String>;

/// All documents, with what amendments add.
#[derive(Debug, Default)]
pub(crate) struct Edmx {
    /// The schemas, in document order.
    pub(crate) schemas: Vec<Schema>,
    /// The namespace that unqualified names in amendments refer to.
    pub(crate) home: String,
    /// Enumerations that amendments add.
    pub(crate) enum_types: Vec<EnumType>,
    /// Typed identifiers that amendments add.
    pub(crate) id_types: Vec<IdType>,
}

/// A `Schema`.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) namespace: Text,
    pub(crate) alias: Option<Text>,
    pub(crate) types: Vec<StructuredType>,
    pub(crate) associations: Vec<Association>,
    pub(crate) containers: Vec<EntityContainer>,
}

/// Which element a structured type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Entity,
    Complex,
}

/// An `EntityType` or a `ComplexType`.
#[derive(Debug)]
pub(crate) struct StructuredType {
    pub(crate) kind: Kind,
    pub(crate) name: Text,
    /// The `PropertyRef`s of the `Key`.
    pub(crate) key: Vec<Text>,
    pub(crate) properties: Vec<Property>,
    pub(crate) navigation: Vec<NavigationProperty>,
    pub(crate) amended: Facts,
}

/// A `Property`.
#[derive(Debug)]
pub(crate) struct Property {
    pub(crate) name: Text,
    pub(crate) ty: Text,
    pub(crate) nullable: Option<bool>,
    pub(crate) max_length: Option<u32>,
    pub(crate) amended: PropertyFacts,
}

/// A `NavigationProperty` of CSDL 1 to 3.
#[derive(Debug)]
pub(crate) struct NavigationProperty {
    pub(crate) name: Text,
    pub(crate) relationship: Text,
    pub(crate) from_role: Text,
    pub(crate) to_role: Text,
    pub(crate) amended: NavigationFacts,
}

/// An `Association`.
#[derive(Debug)]
pub(crate) struct Association {
    pub(crate) name: Text,
    pub(crate) ends: Vec<AssociationEnd>,
}

/// An `End` of an association.
#[derive(Debug)]
pub(crate) struct AssociationEnd {
    pub(crate) ty: Text,
    pub(crate) role: Text,
    pub(crate) multiplicity: Spanned<crate::model::Multiplicity>,
}

/// An `EntityContainer`.
#[derive(Debug)]
pub(crate) struct EntityContainer {
    pub(crate) name: Text,
    pub(crate) entity_sets: Vec<EntitySet>,
    pub(crate) association_sets: Vec<AssociationSet>,
    pub(crate) function_imports: Vec<FunctionImport>,
    pub(crate) amended: Facts,
}

/// An `EntitySet`.
#[derive(Debug)]
pub(crate) struct EntitySet {
    pub(crate) name: Text,
    pub(crate) entity_type: Text,
    pub(crate) amended: SetFacts,
}

/// An `AssociationSet`.
#[derive(Debug)]
pub(crate) struct AssociationSet {
    pub(crate) name: Text,
    pub(crate) association: Text,
    /// Role and entity set of each end.
    pub(crate) ends: Vec<(Text, Text)>,
}

/// A `FunctionImport`: a service operation, a function or an action.
#[derive(Debug)]
pub(crate) struct FunctionImport {
    pub(crate) name: Text,
    pub(crate) return_type: Option<Text>,
    pub(crate) http_method: Option<Text>,
    pub(crate) is_bindable: bool,
    pub(crate) is_side_effecting: Option<Spanned<bool>>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) amended: OperationFacts,
}

/// A `Parameter`.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: Text,
    pub(crate) ty: Text,
    pub(crate) nullable: Option<bool>,
    pub(crate) amended: ParameterFacts,
}

/// An enumeration that amendments add: a better name for numbers or texts.
#[derive(Debug)]
pub(crate) struct EnumType {
    pub(crate) name: Text,
    pub(crate) underlying: Primitive,
    pub(crate) is_flags: bool,
    /// Whether it is meant to be the type of nothing in the document.
    pub(crate) is_standalone: bool,
    pub(crate) members: Vec<EnumMember>,
    pub(crate) amended: Facts,
}

/// A member of an enumeration.
#[derive(Debug)]
pub(crate) struct EnumMember {
    pub(crate) name: Text,
    pub(crate) value: Spanned<crate::model::MemberValue>,
    pub(crate) doc: Option<String>,
}

/// A typed identifier that amendments add: a better name for texts.
#[derive(Debug)]
pub(crate) struct IdType {
    pub(crate) name: Text,
    pub(crate) prefix: Option<String>,
    pub(crate) amended: Facts,
}

/// What an amendment may say about anything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// The Rust name.
    pub(crate) name: Option<Text>,
    /// What it is for.
    pub(crate) doc: Option<String>,
    /// The version of the service that brought it.
    pub(crate) since: Option<String>,
}

/// What an amendment may say about a property.
#[derive(Clone, Debug, Default)]
pub(crate) struct PropertyFacts {
    pub(crate) common: Facts,
    pub(crate) ty: Option<Text>,
    pub(crate) access: Option<Access>,
    pub(crate) required: Option<bool>,
    pub(crate) nullable: Option<bool>,
    pub(crate) max_length: Option<u32>,
}

/// What an amendment may say about a navigation property.
#[derive(Clone, Debug, Default)]
pub(crate) struct NavigationFacts {
    pub(crate) common: Facts,
    pub(crate) access: Option<Access>,
    pub(crate) links: Option<bool>,
}

/// What an amendment may say about an entity set.
#[derive(Clone, Debug, Default)]
pub(crate) struct SetFacts {
    pub(crate) common: Facts,
    pub(crate) allow: Option<Allow>,
}

/// What an amendment may say about an operation.
#[derive(Clone, Debug, Default)]
pub(crate) struct OperationFacts {
    pub(crate) common: Facts,
    pub(crate) result: Option<Text>,
}

/// What an amendment may say about a parameter.
#[derive(Clone, Debug, Default)]
pub(crate) struct ParameterFacts {
    pub(crate) common: Facts,
    pub(crate) ty: Option<Text>,
    pub(crate) nullable: Option<bool>,
}

impl Edmx {
    /// Namespaces that hold types, in document order.
    pub(crate) fn namespaces_of_types(&self) -> impl Iterator<Item = &Text> {
        self.schemas
            .iter()
            .filter(|schema| !schema.types.is_empty())
            .map(|schema| &schema.namespace)
    }

    /// Every container with its schema, in document order.
    pub(crate) fn containers(&self) -> impl Iterator<Item = &EntityContainer> {
        self.schemas.iter().flat_map(|schema| &schema.containers)
    }

    /// Where the first document begins.
    pub(crate) fn start(&self) -> Span {
        Span::default()
    }
}
