//! A service's model as static tables.
//!
//! Generated code emits these tables once per model; payload codecs, clients and services read
//! them, so no code is generated per type for any of that.
//!
//! Rows that say little are short: `..StructuredType::NEW` and its kin fill in what a document
//! leaves out, and what a later version of these tables adds.

use std::fmt;

use crate::version::Version;

/// All of one `$metadata` document.
#[derive(Debug)]
pub struct Model {
    /// The version of the protocol that the service speaks.
    pub version: Version,
    /// The namespace of the schema that holds the types.
    pub namespace: &'static str,
    /// The name of the entity container, without namespace; empty if there is none.
    pub container: &'static str,
    /// Entity types, in document order.
    pub entity_types: &'static [&'static StructuredType],
    /// Complex types, in document order.
    pub complex_types: &'static [&'static StructuredType],
    /// Enumerations.
    pub enum_types: &'static [&'static EnumType],
    /// Entity sets, in document order.
    pub entity_sets: &'static [EntitySet],
    /// Singletons, in document order.
    pub singletons: &'static [Singleton],
    /// Service operations, functions and actions that are not bound to an entity.
    pub operations: &'static [&'static Operation],
}

impl Model {
    /// A model of nothing, of OData V3.
    pub const NEW: Self = Self {
        version: Version::V3,
        namespace: "",
        container: "",
        entity_types: &[],
        complex_types: &[],
        enum_types: &[],
        entity_sets: &[],
        singletons: &[],
        operations: &[],
    };

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
    /// The type it is derived from.
    pub base: Option<&'static StructuredType>,
    /// Whether other types of the model are derived from it: a payload must name the type.
    pub has_derived: bool,
    /// Whether every value is of a derived type.
    pub is_abstract: bool,
    /// Whether values may have properties that are not declared.
    pub is_open: bool,
    /// Whether an entity is the description of a media stream.
    pub has_stream: bool,
    /// Whether an update must say which state of the entity it changes (`If-Match`).
    pub has_etag: bool,
    /// Names of the key properties as key predicates have them, in key order; those of the base
    /// type included. Empty for a complex type.
    pub key: &'static [&'static str],
    /// The properties, in the order of the wire, those of the base type first. Streams are not
    /// among them.
    pub properties: &'static [Property],
    /// Named streams.
    pub streams: &'static [&'static str],
    /// The navigation properties, in the order of the wire, those of the base type first.
    pub navigation: &'static [Navigation],
    /// Operations bound to one entity of this type; those of the base type are with it.
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
    /// A type without name and properties.
    pub const NEW: Self = Self {
        name: "",
        namespace: "",
        base: None,
        has_derived: false,
        is_abstract: false,
        is_open: false,
        has_stream: false,
        has_etag: false,
        key: &[],
        properties: &[],
        streams: &[],
        navigation: &[],
        operations: &[],
        since: None,
    };

    /// Whether this is the named type; `Namespace.Name`.
    pub fn is_named(&self, qualified_name: &str) -> bool {
        let name = qualified_name.strip_prefix(self.namespace);
        name.and_then(|name| name.strip_prefix('.')) == Some(self.name)
    }

    /// Whether this is the named type or one derived from it; `Namespace.Name`.
    pub fn is_or_derives_from(&self, qualified_name: &str) -> bool {
        let mut ty = Some(self);
        while let Some(this) = ty {
            if this.is_named(qualified_name) {
                return true;
            }
            ty = this.base;
        }
        false
    }

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

    /// The operation of this name that is bound to the type itself.
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

impl Property {
    /// A nullable property that may be set at any time.
    pub const fn new(name: &'static str, ty: Type) -> Self {
        Self {
            name,
            ty,
            nullable: true,
            access: Access::Update,
            required: false,
            max_length: None,
            since: None,
        }
    }
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
    /// collections. Of an enumeration that travels by name it is `Edm.String`.
    pub fn primitive(&self) -> Option<Primitive> {
        match self {
            Type::Primitive(primitive) => Some(*primitive),
            Type::Id(_) => Some(Primitive::String),
            Type::Enum(e) if e.by_name => Some(Primitive::String),
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
            Type::Enum(e) if e.by_name => format!("{}.{}", e.namespace, e.name),
            Type::Enum(e) => e.underlying.name().to_owned(),
        }
    }
}

macro_rules! primitives {
    ($($(#[$doc:meta])* $variant:ident,)*) => {
        /// A primitive type of the EDM, versions 1 to 4.01.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Primitive { $($(#[$doc])* $variant,)* }

        impl Primitive {
            /// `Edm.Name`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => concat!("Edm.", stringify!($variant)),)* }
            }

            /// The type of this name, `Edm.Name`.
            pub fn named(name: &str) -> Option<Self> {
                match name.strip_prefix("Edm.")? {
                    $(stringify!($variant) => Some(Self::$variant),)*
                    _ => None,
                }
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
    /// A day of the calendar; V4.
    Date,
    /// A point in time without zone; 100 ns ticks.
    DateTime,
    /// A point in time with an offset from UTC.
    DateTimeOffset,
    /// 96 bits of digits and a scale.
    Decimal,
    /// IEEE 754, 64 bits.
    Double,
    /// A span of time; ISO 8601 on the wire; V4.
    Duration,
    /// A point, a line and the like on the earth; GeoJSON.
    Geography,
    /// A point on the earth.
    GeographyPoint,
    /// A line on the earth.
    GeographyLineString,
    /// A polygon on the earth.
    GeographyPolygon,
    /// Points on the earth.
    GeographyMultiPoint,
    /// Lines on the earth.
    GeographyMultiLineString,
    /// Polygons on the earth.
    GeographyMultiPolygon,
    /// Shapes on the earth.
    GeographyCollection,
    /// A point, a line and the like on a plane; GeoJSON.
    Geometry,
    /// A point on a plane.
    GeometryPoint,
    /// A line on a plane.
    GeometryLineString,
    /// A polygon on a plane.
    GeometryPolygon,
    /// Points on a plane.
    GeometryMultiPoint,
    /// Lines on a plane.
    GeometryMultiLineString,
    /// Polygons on a plane.
    GeometryMultiPolygon,
    /// Shapes on a plane.
    GeometryCollection,
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
    /// A stream of bytes beside the entity; never a value.
    Stream,
    /// A span of time; ISO 8601 on the wire; V1 to V3.
    Time,
    /// A time of day; V4.
    TimeOfDay,
    /// Any value: `Edm.Untyped` and the abstract types of the EDM.
    Untyped,
}

impl Primitive {
    /// Whether it is a shape on the earth or on a plane.
    pub const fn is_geo(self) -> bool {
        matches!(
            self,
            Self::Geography
                | Self::GeographyPoint
                | Self::GeographyLineString
                | Self::GeographyPolygon
                | Self::GeographyMultiPoint
                | Self::GeographyMultiLineString
                | Self::GeographyMultiPolygon
                | Self::GeographyCollection
                | Self::Geometry
                | Self::GeometryPoint
                | Self::GeometryLineString
                | Self::GeometryPolygon
                | Self::GeometryMultiPoint
                | Self::GeometryMultiLineString
                | Self::GeometryMultiPolygon
                | Self::GeometryCollection
        )
    }
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
    /// The name without namespace; of one that an amendment adds, the name of the Rust type.
    pub name: &'static str,
    /// The namespace; empty if an amendment adds it.
    pub namespace: &'static str,
    /// Whether values travel as names of members, as those of a CSDL `EnumType` do, and not as
    /// values of the underlying type.
    pub by_name: bool,
    /// An integer type or `Edm.String`.
    pub underlying: Primitive,
    /// Whether values are sums of members.
    pub is_flags: bool,
    /// The members.
    pub members: Members,
}

impl EnumType {
    /// A CSDL `EnumType` over `Edm.Int32` without name and members.
    pub const NEW: Self = Self {
        name: "",
        namespace: "",
        by_name: true,
        underlying: Primitive::Int32,
        is_flags: false,
        members: Members::Integer(&[]),
    };
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

impl Navigation {
    /// A navigation property to one entity, that may be bound at create.
    pub const fn one(name: &'static str, target: &'static StructuredType) -> Self {
        Self { name, target, many: false, access: Access::Create, links: true, since: None }
    }

    /// A navigation property to many entities, that may be bound at create.
    pub const fn many(name: &'static str, target: &'static StructuredType) -> Self {
        Self { many: true, ..Self::one(name, target) }
    }
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

/// A singleton of the container.
#[derive(Debug)]
pub struct Singleton {
    /// The name in URLs.
    pub name: &'static str,
    /// What it is.
    pub entity_type: &'static StructuredType,
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

/// A service operation, function or action.
#[derive(Debug)]
pub struct Operation {
    /// The name in URLs: of a bound operation of V4 it is qualified with the namespace.
    pub name: &'static str,
    /// How it is called.
    pub kind: OperationKind,
    /// The HTTP method.
    pub method: &'static str,
    /// The parameters, without the binding parameter.
    pub parameters: &'static [Parameter],
    /// The result, if there is one.
    pub result: Option<Type>,
    /// The version of the service that brought it, if not its first.
    pub since: Option<&'static str>,
}

impl Operation {
    /// An action without name, parameters and result.
    pub const NEW: Self = Self {
        name: "",
        kind: OperationKind::Action,
        method: "POST",
        parameters: &[],
        result: None,
        since: None,
    };
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
