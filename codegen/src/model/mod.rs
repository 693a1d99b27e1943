//! What the documents mean: every reference resolved, every default applied.
//!
//! This is what is generated from, and what two versions of a document can be compared by.

mod annotations;
mod container;
pub(crate) mod index;
mod inheritance;
mod keys;
mod operations;
mod paths;
mod primitive;
mod resolve;
mod types;
mod usage;

pub use primitive::Primitive;
pub(crate) use resolve::resolve;

use crate::diagnostic::{Span, Spanned};

/// A service.
#[derive(Clone, Debug)]
pub struct Model {
    /// The version of the protocol that the service speaks.
    pub version: Version,
    /// The namespace of the types; if there are several, that with the most, or that which a lock or
    /// an amendment names.
    pub namespace: String,
    /// Entity types, in document order.
    pub entity_types: Vec<StructuredType>,
    /// Complex types, in document order.
    pub complex_types: Vec<StructuredType>,
    /// Enumerations.
    pub enum_types: Vec<EnumType>,
    /// Typed identifiers.
    pub id_types: Vec<IdType>,
    /// Names for primitive types, in document order.
    pub type_definitions: Vec<TypeDefinition>,
    /// Entity containers: the default one first, then in document order. A document that only
    /// lends its types has none.
    pub containers: Vec<Container>,
}

/// A version of the OData protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 1.0.
    V1,
    /// 2.0.
    V2,
    /// 3.0.
    V3,
    /// 4.0.
    V4,
    /// 4.01.
    V401,
}

impl Version {
    /// Whether it is one of the versions since 4.0, which have a wire format of their own.
    pub const fn is_v4(self) -> bool {
        matches!(self, Self::V4 | Self::V401)
    }
}

/// What is known of anything that has a name.
#[derive(Clone, Debug)]
pub struct Label {
    /// The name on the wire, without namespace.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// The Rust name that an amendment asks for.
    pub rust_name: Option<Spanned<String>>,
    /// What it is for.
    pub doc: Option<String>,
    /// The version of the service that brought it.
    pub since: Option<String>,
    /// Why not to use it any more, if it is deprecated.
    pub deprecated: Option<String>,
}

/// The index of an entity type in its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntityTypeId(pub(crate) usize);

/// The index of a complex type in its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComplexTypeId(pub(crate) usize);

/// The index of an enumeration in its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnumTypeId(pub(crate) usize);

/// The index of a typed identifier in its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdTypeId(pub(crate) usize);

/// The index of a type definition in its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TypeDefinitionId(pub(crate) usize);

/// An entity type or a complex type.
#[derive(Clone, Debug)]
pub struct StructuredType {
    /// Its name and what is known of it.
    pub label: Label,
    /// The namespace.
    pub namespace: String,
    /// The type it is derived from: an index into the list of its own kind in the model.
    pub base: Option<usize>,
    /// Whether other types of the model are derived from it.
    pub has_derived: bool,
    /// Whether every value is of a derived type.
    pub is_abstract: bool,
    /// Whether values may have properties that are not declared.
    pub is_open: bool,
    /// Whether an entity is the description of a media stream.
    pub has_stream: bool,
    /// Whether an update must say which state of the entity it changes: a property is a
    /// concurrency token, or an entity set of the type says so.
    pub has_etag: bool,
    /// Whether a selection has left only the key of it.
    pub is_stub: bool,
    /// The key, in key order, that of the base type included. Empty for a complex type and for an
    /// entity type without key.
    pub key: Vec<KeyPart>,
    /// Other keys that address an entity: `Core.AlternateKeys`.
    pub alternate_keys: Vec<Vec<KeyPart>>,
    /// The properties, those of the base type first, then in document order.
    pub properties: Vec<Property>,
    /// The navigation properties, those of the base type first, then in document order.
    pub navigation: Vec<Navigation>,
    /// Operations bound to one value of this type; those of the base type are with it.
    pub operations: Vec<Operation>,
    /// Operations bound to a collection of this type.
    pub collection_operations: Vec<Operation>,
}

/// A property that is part of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPart {
    /// Where the value is: an index into the properties of the type, then of the complex type
    /// that is there, and so on.
    pub path: Vec<usize>,
    /// The name in key predicates, if it is not that of the property.
    pub alias: Option<String>,
}

/// Limits of values, as the document gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// Digits of a decimal, or of the fraction of a second.
    pub precision: Option<String>,
    /// Digits behind the point: a number, `variable` or `floating`.
    pub scale: Option<String>,
    /// The coordinate system of a shape.
    pub srid: Option<String>,
    /// The value of a property that nobody set.
    pub default: Option<String>,
}

/// A property.
#[derive(Clone, Debug)]
pub struct Property {
    /// Its name and what is known of it.
    pub label: Label,
    /// The type in the document.
    pub declared: Type,
    /// The type, amended.
    pub ty: Type,
    /// Whether `null` is a value of it. Keys and collections are never null.
    pub nullable: bool,
    /// Who may set it, and when.
    pub access: Access,
    /// Whether a create without it is refused.
    pub required: bool,
    /// The longest text, in characters.
    pub max_length: Option<u32>,
    /// Further limits.
    pub facets: Facets,
    /// Whether its value tells states of an entity apart.
    pub is_concurrency_token: bool,
    /// Whether the base type declares it.
    pub is_inherited: bool,
}

/// A navigation property.
#[derive(Clone, Debug)]
pub struct Navigation {
    /// Its name and what is known of it.
    pub label: Label,
    /// The type of the entities it leads to.
    pub target: EntityTypeId,
    /// How many it leads to.
    pub multiplicity: Multiplicity,
    /// Who may bind it, and when.
    pub access: Access,
    /// Whether `$links` may be added and removed.
    pub links: bool,
    /// Whether the entities it leads to exist only below this one.
    pub contains_target: bool,
    /// The navigation property that leads back.
    pub partner: Option<String>,
    /// Whether the base type declares it.
    pub is_inherited: bool,
}

/// The type of a property, parameter or result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `Edm.*`.
    Primitive(Primitive),
    /// A typed identifier.
    Id(IdTypeId),
    /// An enumeration.
    Enum(EnumTypeId),
    /// A complex type.
    Complex(ComplexTypeId),
    /// An entity type.
    Entity(EntityTypeId),
    /// A name for a primitive type.
    Definition(TypeDefinitionId),
    /// `Collection(…)`.
    Collection(Box<Type>),
}

/// An enumeration over integers or strings.
#[derive(Clone, Debug)]
pub struct EnumType {
    /// Its name and what is known of it.
    pub label: Label,
    /// The namespace; empty if an amendment adds it.
    pub namespace: String,
    /// Whether values travel as names of members: those of an `EnumType` of the document do.
    pub by_name: bool,
    /// What travels on the wire.
    pub underlying: Primitive,
    /// Whether values are sums of members.
    pub is_flags: bool,
    /// Whether it is meant to be the type of nothing in the document: of what travels inside of
    /// a text, say.
    pub is_standalone: bool,
    /// The members.
    pub members: Vec<EnumMember>,
}

/// A member of an enumeration.
#[derive(Clone, Debug)]
pub struct EnumMember {
    /// The name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// What it stands for.
    pub doc: Option<String>,
    /// The value on the wire.
    pub value: MemberValue,
}

/// The value of a member on the wire.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberValue {
    /// Of an enumeration over integers.
    Integer(i64),
    /// Of an enumeration over strings.
    Text(String),
}

/// A typed identifier: `Edm.String` on the wire.
#[derive(Clone, Debug)]
pub struct IdType {
    /// Its name and what is known of it.
    pub label: Label,
    /// What comes before the GUID of a well-formed id.
    pub prefix: Option<String>,
}

/// A name for a primitive type.
#[derive(Clone, Debug)]
pub struct TypeDefinition {
    /// Its name and what is known of it.
    pub label: Label,
    /// The namespace.
    pub namespace: String,
    /// What travels on the wire.
    pub underlying: Primitive,
    /// The longest text, in characters.
    pub max_length: Option<u32>,
    /// Further limits.
    pub facets: Facets,
}

/// An entity container.
#[derive(Clone, Debug)]
pub struct Container {
    /// Its name and what is known of it.
    pub label: Label,
    /// The namespace.
    pub namespace: String,
    /// Whether URLs name what it holds without naming the container.
    pub is_default: bool,
    /// The entity sets, in document order.
    pub entity_sets: Vec<EntitySet>,
    /// The singletons, in document order.
    pub singletons: Vec<Singleton>,
    /// Operations that are not bound to an entity, in document order; those of one name are
    /// overloads.
    pub operations: Vec<Operation>,
}

/// A singleton.
#[derive(Clone, Debug)]
pub struct Singleton {
    /// Its name and what is known of it.
    pub label: Label,
    /// What it is.
    pub entity_type: EntityTypeId,
    /// Where its navigation leads to.
    pub bindings: Vec<NavigationBinding>,
}

/// The entity set that a navigation property of another one leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NavigationBinding {
    /// The navigation property, perhaps behind complex properties and casts.
    pub path: String,
    /// The entity set or singleton, perhaps of another container.
    pub target: String,
}

/// An entity set.
#[derive(Clone, Debug)]
pub struct EntitySet {
    /// Its name and what is known of it.
    pub label: Label,
    /// What it holds.
    pub entity_type: EntityTypeId,
    /// What may be done with it.
    pub allow: Allow,
    /// Where navigation from its entities leads to.
    pub bindings: Vec<NavigationBinding>,
}

/// A service operation, a function or an action.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its name and what is known of it. For an import of V4 that is the name of the import.
    pub label: Label,
    /// The namespace of a function or action of V4, which qualifies the name where it is bound.
    pub namespace: Option<String>,
    /// How it is called.
    pub kind: OperationKind,
    /// What it is bound to.
    pub binding: Binding,
    /// The HTTP method.
    pub method: &'static str,
    /// Whether its result may be queried further.
    pub is_composable: bool,
    /// The parameters, without the binding parameter.
    pub parameters: Vec<Parameter>,
    /// The result, if there is one.
    pub result: Option<Type>,
    /// Whether `null` may be the result.
    pub result_nullable: bool,
}

/// How an operation is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// A service operation of V1 to V3: parameters are literals in the query.
    Service,
    /// A function: parameters are literals in parentheses behind its name.
    Function,
    /// An action: parameters are members of a JSON body.
    Action,
}

/// What an operation is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Nothing: it is called at the root of the service.
    Unbound,
    /// One value of a type.
    One,
    /// A collection of values of a type.
    Collection,
}

/// A parameter of an operation.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name and what is known of it.
    pub label: Label,
    /// The type, amended.
    pub ty: Type,
    /// Whether `null` is a value of it.
    pub nullable: bool,
}

/// How many entities a navigation leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Multiplicity {
    /// None or one.
    ZeroOrOne,
    /// Exactly one.
    One,
    /// Any number.
    Many,
}

/// Who may set a property, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The service sets it.
    ReadOnly,
    /// A client may set it at create, never later.
    Create,
    /// A client may set it at create and later.
    Update,
}

/// The verbs that an entity set allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allow {
    /// Read the set.
    pub list: bool,
    /// Read one entity by its key.
    pub get: bool,
    /// POST to the set.
    pub create: bool,
    /// MERGE, PATCH or PUT one entity.
    pub update: bool,
    /// DELETE one entity.
    pub delete: bool,
}

impl Allow {
    /// Everything.
    pub const ALL: Self = Self { list: true, get: true, create: true, update: true, delete: true };
    /// Nothing.
    pub const NONE: Self =
        Self { list: false, get: false, create: false, update: false, delete: false };
}

impl StructuredType {
    /// Whether the property of this index is a part of the key by itself.
    pub fn is_key(&self, property: usize) -> bool {
        self.key.iter().any(|part| part.path == [property])
    }
}

impl Model {
    /// An entity type of this model.
    pub fn entity_type(&self, id: EntityTypeId) -> &StructuredType {
        &self.entity_types[id.0]
    }
    /// A complex type of this model.
    pub fn complex_type(&self, id: ComplexTypeId) -> &StructuredType {
        &self.complex_types[id.0]
    }
    /// An enumeration of this model.
    pub fn enum_type(&self, id: EnumTypeId) -> &EnumType {
        &self.enum_types[id.0]
    }
    /// A type definition of this model.
    pub fn type_definition(&self, id: TypeDefinitionId) -> &TypeDefinition {
        &self.type_definitions[id.0]
    }
    /// A typed identifier of this model.
    pub fn id_type(&self, id: IdTypeId) -> &IdType {
        &self.id_types[id.0]
    }

    /// The name of a type in a document, such as `Collection(Edm.Int32)`, or of an amendment.
    pub fn type_name(&self, ty: &Type) -> String {
        match ty {
            Type::Primitive(primitive) => format!("Edm.{}", primitive.short_name()),
            Type::Id(id) => self.id_type(*id).label.name.clone(),
            Type::Enum(id) => self.enum_type(*id).label.name.clone(),
            Type::Complex(id) => self.complex_type(*id).label.name.clone(),
            Type::Entity(id) => self.entity_type(*id).label.name.clone(),
            Type::Definition(id) => self.type_definition(*id).label.name.clone(),
            Type::Collection(item) => format!("Collection({})", self.type_name(item)),
        }
    }
}
