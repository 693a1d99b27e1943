//! A service's model as static tables.
//!
//! Generated code emits these tables once per model; payload codecs, clients and services read
//! them, so no code is generated per type for any of that.

use std::fmt;

/// All of one `$metadata` document.
#[derive(Debug)]
pub struct Model {
    /// The namespace of the schema that holds the types.
    pub namespace: &'static str,
    /// The name of the entity container, without namespace.
    pub container: &'static str,
    /// Entity types, in document order.
    pub entity_types: &'static [&'static StructuredType],
    /// Complex types, in document order.
    pub complex_types: &'static [&'static StructuredType],
    /// Enumerations.
    pub enum_types: &'static [&'static EnumType],
    /// Entity sets, in document order.
    pub entity_sets: &'static [EntitySet],
    /// Service operations, functions and actions that are not bound to an entity.
    pub operations: &'static [&'static Operation],
}

impl Model {
    /// The entity set of this name; names are case-sensitive.
    pub fn entity_set(&self, name: &str) -> Option<&'static EntitySet> {
        self.entity_sets.iter().find(|set| set.name == name)
    }

    /// The first entity set that holds this type.
    pub fn set_of(&self, entity_type: &StructuredType) -> Option<&'static EntitySet> {
        self.entity_sets.iter().find(|set| set.entity_type.name == entity_type.name)
    }

    /// The unbound operation of this name.
    pub fn operation(&self, name: &str) -> Option<&'static Operation> {
        self.operations.iter().find(|operation| operation.name == name).copied()
    }
}

/// An `EntityType` or a `ComplexType`.
pub struct StructuredType {
    /// The name without namespace.
    pub name: &'static str,
    /// The namespace.
    pub namespace: &'static str,
    /// Names of the key properties, in key order; empty for a complex type.
    pub key: &'static [&'static str],
    /// The properties, in the order of the wire.
    pub properties: &'static [Property],
    /// The navigation properties, in the order of the wire.
    pub navigation: &'static [Navigation],
    /// Operations bound to one entity of this type.
    pub operations: &'static [&'static Operation],
    /// The version of the service that brought the type, if not its first.
    pub since: Option<&'static str>,
}

impl fmt::Debug for StructuredType {
    // Navigation makes the tables cyclic: print the name, not the contents.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.namespace, self.name)
    }
}

impl StructuredType {
    /// `Namespace.Name`.
    pub fn qualified_name(&self) -> String {
        format!("{}.{}", self.namespace, self.name)
    }

    /// The index and row of a property; names are case-sensitive.
    pub fn property(&self, name: &str) -> Option<(usize, &'static Property)> {
        self.properties.iter().enumerate().find(|(_, property)| property.name == name)
    }

    /// The navigation property of this name.
    pub fn navigation(&self, name: &str) -> Option<&'static Navigation> {
        self.navigation.iter().find(|navigation| navigation.name == name)
    }

    /// The bound operation of this name.
    pub fn operation(&self, name: &str) -> Option<&'static Operation> {
        self.operations.iter().find(|operation| operation.name == name).copied()
    }

    /// Whether a property holds a collection; a WCF service answers such an entity with
    /// `DataServiceVersion: 3.0`, all others with 1.0.
    pub fn has_collection(&self) -> bool {
        self.properties.iter().any(|property| matches!(property.ty, Type::Collection(_)))
    }
}

/// One row of a structured type.
#[derive(Debug)]
pub struct Property {
    /// The name on the wire.
    pub name: &'static str,
    /// The type.
    pub ty: Type,
    /// Whether `null` is a value of it.
    pub nullable: bool,
    /// Who may set it, and when.
    pub access: Access,
    /// Whether a create without it is refused.
    pub required: bool,
    /// The longest text, in characters.
    pub max_length: Option<u32>,
    /// The version of the service that brought it, if not that of its type.
    pub since: Option<&'static str>,
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

/// The type of a property, parameter or result.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    /// `Edm.*`.
    Primitive(Primitive),
    /// A typed identifier: `Edm.String` on the wire.
    Id(&'static IdType),
    /// An enumeration, sent as its underlying type.
    Enum(&'static EnumType),
    /// A complex type.
    Complex(&'static StructuredType),
    /// An entity type: as a result of operations.
    Entity(&'static StructuredType),
    /// `Collection(…)`.
    Collection(&'static Type),
}

impl Type {
    /// What travels on the wire in place of ids and enumerations; `None` for structured types and
    /// collections.
    pub fn primitive(&self) -> Option<Primitive> {
        match self {
            Type::Primitive(primitive) => Some(*primitive),
            Type::Id(_) => Some(Primitive::String),
            Type::Enum(e) => Some(e.underlying),
            Type::Complex(_) | Type::Entity(_) | Type::Collection(_) => None,
        }
    }

    /// The name that payloads use, such as `Edm.Int32` or `Collection(Ns.ErrorDetail)`.
    pub fn wire_name(&self) -> String {
        match self {
            Type::Complex(ty) | Type::Entity(ty) => ty.qualified_name(),
            Type::Collection(item) => format!("Collection({})", item.wire_name()),
            Type::Primitive(primitive) => primitive.name().to_owned(),
            Type::Id(_) => Primitive::String.name().to_owned(),
            Type::Enum(e) => e.underlying.name().to_owned(),
        }
    }
}

macro_rules! primitives {
    ($($(#[$doc:meta])* $variant:ident,)*) => {
        /// A primitive type of the EDM, versions 1 to 3.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Primitive { $($(#[$doc])* $variant,)* }

        impl Primitive {
            /// `Edm.Name`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => concat!("Edm.", stringify!($variant)),)* }
            }
        }
    };
}
primitives! {
    /// Bytes.
    Binary,
    /// true or false.
    Boolean,
    /// Unsigned 8 bits.
    Byte,
    /// A point in time without zone; 100 ns ticks.
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
    /// Signed 64 bits: a string in JSON up to OData V3.
    Int64,
    /// Signed 8 bits.
    SByte,
    /// IEEE 754, 32 bits.
    Single,
    /// Text.
    String,
    /// A span of time; ISO 8601 on the wire.
    Time,
}

/// A string that identifies an entity: a type of its own in Rust, `Edm.String` on the wire.
#[derive(Debug)]
pub struct IdType {
    /// The name of the Rust type.
    pub name: &'static str,
    /// What comes before the GUID of a well-formed id, such as `nb:cid:UUID:`.
    pub prefix: Option<&'static str>,
}

impl IdType {
    /// Whether a text has the documented form: the prefix and a GUID. Any text where there is no
    /// prefix.
    pub fn is_well_formed(&self, id: &str) -> bool {
        match self.prefix {
            None => true,
            Some(prefix) => id
                .strip_prefix(prefix)
                .is_some_and(|rest| rest.len() == 36 && uuid::Uuid::try_parse(rest).is_ok()),
        }
    }
}

/// An enumeration over integers or strings.
#[derive(Debug)]
pub struct EnumType {
    /// The name of the Rust type.
    pub name: &'static str,
    /// `Edm.Int32` or `Edm.String`.
    pub underlying: Primitive,
    /// Whether values are sums of members.
    pub is_flags: bool,
    /// The members.
    pub members: Members,
}

/// The members of an enumeration, with their values on the wire.
#[derive(Debug)]
pub enum Members {
    /// Name and number.
    Integer(&'static [(&'static str, i64)]),
    /// Name and text.
    Text(&'static [(&'static str, &'static str)]),
}

/// A navigation property.
#[derive(Debug)]
pub struct Navigation {
    /// The name on the wire.
    pub name: &'static str,
    /// The type of the entities it leads to.
    pub target: &'static StructuredType,
    /// Whether it leads to many.
    pub many: bool,
    /// Who may bind it, and when.
    pub access: Access,
    /// Whether `$links` may be added and removed.
    pub links: bool,
    /// The version of the service that brought it, if not that of its type.
    pub since: Option<&'static str>,
}

/// An entity set of the container.
#[derive(Debug)]
pub struct EntitySet {
    /// The name in URLs.
    pub name: &'static str,
    /// What it holds.
    pub entity_type: &'static StructuredType,
    /// What may be done with it.
    pub allow: Allow,
    /// The version of the service that brought it, if not its first.
    pub since: Option<&'static str>,
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

/// A service operation, function or action.
#[derive(Debug)]
pub struct Operation {
    /// The name in URLs.
    pub name: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The parameters, without the binding parameter.
    pub parameters: &'static [Parameter],
    /// The result, if there is one.
    pub result: Option<Type>,
    /// The version of the service that brought it, if not its first.
    pub since: Option<&'static str>,
}

/// A parameter of an operation.
#[derive(Debug)]
pub struct Parameter {
    /// The name on the wire.
    pub name: &'static str,
    /// The type.
    pub ty: Type,
    /// Whether `null` is a value of it.
    pub nullable: bool,
}
