use serde_json::Value as Json;

use crate::model::Primitive;
use crate::{Edm, NotOption, Operand, TypeError, Value};

/// A shape: [`Geo`] on the earth, or [`Geometry`] on a plane. URLs tell them apart, GeoJSON does
/// not.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a shape")]
pub trait Shape: Edm {
    /// The type of all shapes on the same.
    const PRIMITIVE: Primitive;
}

macro_rules! shapes {
    ($($(#[$doc:meta])* $name:ident: $primitive:ident, $(#[$point:meta])*;)*) => {$(
        $(#[$doc])*
        ///
        /// `crs` and members that the standard does not know are kept.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name(Json);

        impl $name {
            /// Takes GeoJSON as it is.
            pub fn from_geojson(json: Json) -> Self {
                Self(json)
            }

            $(#[$point])*
            pub fn point(x: f64, y: f64) -> Self {
                Self(serde_json::json!({ "type": "Point", "coordinates": [x, y] }))
            }

            /// The GeoJSON.
            pub fn as_geojson(&self) -> &Json {
                &self.0
            }

            /// The GeoJSON type, such as `Point`; empty if there is none.
            pub fn kind(&self) -> &str {
                self.0.get("type").and_then(Json::as_str).unwrap_or_default()
            }
        }

        impl Shape for $name {
            const PRIMITIVE: Primitive = Primitive::$primitive;
        }
    )*};
}
shapes! {
    /// A shape on the earth (`Edm.Geography*`) as GeoJSON (RFC 7946): longitude comes before
    /// latitude.
    Geo: Geography,
    /// A point: longitude and latitude.
    ;
    /// A shape on a plane (`Edm.Geometry*`) as GeoJSON (RFC 7946).
    Geometry: Geometry,
    /// A point.
    ;
}

/// A value whose type the model leaves open: `Edm.Untyped`, `Edm.PrimitiveType`,
/// `Edm.ComplexType` and their kin. It is kept as it travels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Untyped(Json);

impl Untyped {
    /// Takes JSON as it is.
    pub fn new(json: impl Into<Json>) -> Self {
        Self(json.into())
    }

    /// The JSON.
    pub fn as_json(&self) -> &Json {
        &self.0
    }
}

macro_rules! json {
    ($($name:ident: $primitive:ident),*) => {$(
        impl NotOption for $name {}
        impl Operand for $name {
            type Literal = Self;
        }
        impl Edm for $name {
            fn from_value(value: Value) -> Result<Self, TypeError> {
                match value {
                    Value::Json(json) => Ok(Self(*json)),
                    other => Err(TypeError::new(Primitive::$primitive.name(), &other)),
                }
            }
            fn to_value(&self) -> Value {
                Value::Json(Box::new(self.0.clone()))
            }
        }
    )*};
}
json!(Geo: Geography, Geometry: Geometry, Untyped: Untyped);
