//! What the documents mean: every reference resolved, every default applied.
//!
//! This is what is generated from, and what two versions of a document can be compared by.

mod container;
mod index;
mod recursion;
mod resolve;
mod usage;

pub(crate) use resolve::resolve;

use crate::diagnostic::{Span, Spanned};

/// A service.
#[derive(Clone, Debug)]
pub struct Model {
    /// The namespace of the types; of the first schema that holds some, if there are several.
    pub namespace: String,
    /// Entity types, in document order.
    pub entity_types: Vec<StructuredType>,
    /// Complex types, in document order.
    pub complex_types: Vec<StructuredType>,
    /// Enumerations.
    pub enum_types: Vec<EnumType>,
    /// Typed identifiers.
    pub id_types: Vec<IdType>,
    /// The entity container.
    pub container: Container,
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

/// An entity type or a complex type.
#[derive(Clone, Debug)]
pub struct StructuredType {
    /// Its name and what is known of it.
    pub label: Label,
    /// The namespace.
    pub namespace: String,
    /// The key: indices into the properties, in key order. Empty for a complex type.
    pub key: Vec<usize>,
    /// The properties, in document order.
    pub properties: Vec<Property>,
    /// The navigation properties, in document order.
    pub navigation: Vec<Navigation>,
    /// Operations bound to one entity of this type.
    pub operations: Vec<Operation>,
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
    /// `Collection(…)`.
    Collection(Box<Type>),
}

/// An enumeration over integers or strings.
#[derive(Clone, Debug)]
pub struct EnumType {
    /// Its name and what is known of it.
    pub label: Label,
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

/// The entity container.
#[derive(Clone, Debug)]
pub struct Container {
    /// Its name and what is known of it.
    pub label: Label,
    /// The entity sets, in document order.
    pub entity_sets: Vec<EntitySet>,
    /// Operations that are not bound to an entity, in document order.
    pub operations: Vec<Operation>,
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
}

/// A service operation or an action.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its name and what is known of it.
    pub label: Label,
    /// Whether it is bound to an entity.
    pub is_bound: bool,
    /// The HTTP method.
    pub method: &'static str,
    /// The parameters, without the binding parameter.
    pub parameters: Vec<Parameter>,
    /// The result, if there is one.
    pub result: Option<Type>,
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

macro_rules! primitives {
    ($($(#[$doc:meta])* $variant:ident,)*) => {
        /// A primitive type that generated code can hold.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Primitive { $($(#[$doc])* $variant,)* }

        impl Primitive {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name after `Edm.`.
            pub const fn short_name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)* }
            }
        }
    };
}
primitives! {
    /// true or false.
    Boolean,
    /// Unsigned 8 bits.
    Byte,
    /// A point in time without zone.
    DateTime,
    /// A point in time with an offset from UTC.
    DateTimeOffset,
    /// 96 bits of digits and a scale.
    Decimal,
    /// IEEE 754, 64 bits.
    Double,
    /// A UUID.
    Guid,
    /// Signed 16 bits.
    Int16,
    /// Signed 32 bits.
    Int32,
    /// Signed 64 bits.
    Int64,
    /// Signed 8 bits.
    SByte,
    /// IEEE 754, 32 bits.
    Single,
    /// Text.
    String,
    /// A span of time.
    Time,
}

impl Primitive {
    /// The primitive of a name with or without `Edm.`: CSDL 1 and 2 allow both.
    pub fn from_name(name: &str) -> Option<Self> {
        let short = name.strip_prefix("Edm.").unwrap_or(name);
        Self::ALL.iter().copied().find(|primitive| primitive.short_name() == short)
    }

    /// The least and the greatest value of an integer type; `None` for other types.
    pub fn range(self) -> Option<(i64, i64)> {
        match self {
            Self::Byte => Some((0, u8::MAX.into())),
            Self::SByte => Some((i8::MIN.into(), i8::MAX.into())),
            Self::Int16 => Some((i16::MIN.into(), i16::MAX.into())),
            Self::Int32 => Some((i32::MIN.into(), i32::MAX.into())),
            Self::Int64 => Some((i64::MIN, i64::MAX)),
            _ => None,
        }
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
            Type::Collection(item) => format!("Collection({})", self.type_name(item)),
        }
    }
}
