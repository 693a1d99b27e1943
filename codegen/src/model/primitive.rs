//! The primitive types of the EDM.

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

            /// The names of all of them, with `Edm.`.
            pub(crate) const NAMES: &'static [&'static str] =
                &[$(concat!("Edm.", stringify!($variant)),)*];
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
    /// A day of the calendar.
    Date,
    /// A point in time without zone.
    DateTime,
    /// A point in time with an offset from UTC.
    DateTimeOffset,
    /// 96 bits of digits and a scale.
    Decimal,
    /// IEEE 754, 64 bits.
    Double,
    /// A span of time; V4.
    Duration,
    /// A shape on the earth.
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
    /// A shape on a plane.
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
    /// Signed 64 bits.
    Int64,
    /// Signed 8 bits.
    SByte,
    /// IEEE 754, 32 bits.
    Single,
    /// Text.
    String,
    /// A stream of bytes beside the entity; never a value.
    Stream,
    /// A span of time; V1 to V3.
    Time,
    /// A time of day.
    TimeOfDay,
    /// Any value: `Edm.Untyped` and the abstract types of the EDM.
    Untyped,
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
