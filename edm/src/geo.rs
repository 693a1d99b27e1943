use serde_json::Value as Json;

use crate::model::Primitive;
use crate::{Edm, NotOption, Operand, TypeError, Value};

/// A shape on the earth (`Edm.Geography*`) or on a plane (`Edm.Geometry*`), as GeoJSON (RFC 7946);
/// longitude comes before latitude.
///
/// `crs` and members that the standard does not know are kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Geo(Json);

impl Geo {
    /// Takes GeoJSON as it is.
    pub fn from_geojson(json: Json) -> Self {
        Self(json)
    }

    /// A point; `x` is the longitude of one on the earth.
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
json!(Geo: Geography, Untyped: Untyped);
