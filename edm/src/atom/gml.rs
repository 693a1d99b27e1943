//! Shapes: GML on the wire, GeoJSON in values. GML has the latitude of a place on the earth first,
//! GeoJSON the longitude.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

use super::markup::Markup;
use super::xml::{Element, Space};
use crate::Value;
use crate::json::{PayloadError, mismatch};
use crate::model::Primitive;

const SYSTEM: &str = "http://www.opengis.net/def/crs/EPSG/0/";
/// Collections within collections are refused beyond this.
const MAX_DEPTH: usize = 16;

/// A shape in both forms.
struct Shape {
    /// The name in GeoJSON.
    json: &'static str,
    /// The name in GML.
    gml: &'static str,
    /// The element around its parts in GML, and the shape that a part is; empty for one without.
    parts: (&'static str, &'static str),
    earth: Primitive,
    plane: Primitive,
}

const SHAPES: [Shape; 7] = {
    use Primitive as P;
    const fn shape(
        json: &'static str,
        gml: &'static str,
        parts: (&'static str, &'static str),
        earth: P,
        plane: P,
    ) -> Shape {
        Shape { json, gml, parts, earth, plane }
    }
    [
        shape("Point", "Point", ("", ""), P::GeographyPoint, P::GeometryPoint),
        shape("LineString", "LineString", ("", ""), P::GeographyLineString, P::GeometryLineString),
        shape("Polygon", "Polygon", ("", ""), P::GeographyPolygon, P::GeometryPolygon),
        shape(
            "MultiPoint",
            "MultiPoint",
            ("pointMember", "Point"),
            P::GeographyMultiPoint,
            P::GeometryMultiPoint,
        ),
        shape(
            "MultiLineString",
            "MultiCurve",
            ("curveMember", "LineString"),
            P::GeographyMultiLineString,
            P::GeometryMultiLineString,
        ),
        shape(
            "MultiPolygon",
            "MultiSurface",
            ("surfaceMember", "Polygon"),
            P::GeographyMultiPolygon,
            P::GeometryMultiPolygon,
        ),
        shape(
            "GeometryCollection",
            "MultiGeometry",
            ("geometryMember", ""),
            P::GeographyCollection,
            P::GeometryCollection,
        ),
    ]
};

fn is_on_earth(primitive: Primitive) -> bool {
    primitive.name().starts_with("Edm.Geography")
}

/// The type of shapes that a name means.
pub(super) fn primitive(name: &str) -> Option<Primitive> {
    Primitive::named(name).filter(|primitive| primitive.is_geo())
}

/// The type of a shape, where the model leaves it open.
pub(super) fn type_of(value: &Value, declared: Primitive) -> Option<&'static str> {
    let Value::Json(json) = value else { return None };
    let shape = shape_of(json)?;
    Some(if is_on_earth(declared) { shape.earth } else { shape.plane }.name())
}

fn shape_of(json: &Json) -> Option<&'static Shape> {
    let kind = json.get("type")?.as_str()?;
    SHAPES.iter().find(|shape| shape.json == kind)
}

/// Reads the shape in an element, or that an element is.
pub(super) fn read(element: &Element, primitive: Primitive) -> Result<Value, PayloadError> {
    let gml = if element.space == Space::Gml { Some(element) } else { element.children.first() };
    let gml = gml.ok_or_else(|| mismatch(primitive.name(), "no shape"))?;
    let earth = is_on_earth(primitive);
    let mut object = shape(gml, earth, 0)?;
    let default = if earth { "4326" } else { "0" };
    let code = gml.attribute_anywhere("srsName").map(|name| name.rsplit(['/', ':']).next());
    let name = format!("EPSG:{}", code.flatten().unwrap_or(default));
    object.insert("crs".to_owned(), json!({ "type": "name", "properties": { "name": name } }));
    Ok(Value::Json(Box::new(Json::Object(object))))
}

fn shape(gml: &Element, earth: bool, depth: usize) -> Result<Map<String, Json>, PayloadError> {
    if depth == MAX_DEPTH {
        return Err(PayloadError::new(format!("shapes nested deeper than {MAX_DEPTH} levels")));
    }
    let known = SHAPES.iter().find(|shape| shape.gml == gml.name);
    let known = known.ok_or_else(|| mismatch("a shape", format_args!("'{}'", gml.name)))?;
    let parts = || {
        let (member, _) = known.parts;
        let is_member = move |child: &&Element| child.name.trim_end_matches('s') == member;
        gml.children.iter().filter(is_member).flat_map(|child| &child.children)
    };
    let coordinates = match known.json {
        "GeometryCollection" => {
            let shapes = parts().map(|part| shape(part, earth, depth + 1).map(Json::Object));
            let shapes = Json::Array(shapes.collect::<Result<_, _>>()?);
            return Ok(Map::from_iter([
                ("type".to_owned(), json!(known.json)),
                ("geometries".to_owned(), shapes),
            ]));
        }
        simple if known.parts.0.is_empty() => coordinates(gml, simple, earth)?,
        _ => {
            let part = |part| coordinates(part, known.parts.1, earth);
            Json::Array(parts().map(part).collect::<Result<_, _>>()?)
        }
    };
    Ok(Map::from_iter([
        ("type".to_owned(), json!(known.json)),
        ("coordinates".to_owned(), coordinates),
    ]))
}

/// The coordinates of a point, a line or a polygon.
fn coordinates(gml: &Element, kind: &str, earth: bool) -> Result<Json, PayloadError> {
    match kind {
        "Point" => Ok(positions(gml, earth)?.into_iter().next().unwrap_or_else(|| json!([]))),
        "LineString" => positions(gml, earth).map(Json::Array),
        _ => {
            let is_ring = |child: &&Element| matches!(child.name.as_str(), "exterior" | "interior");
            let rings = gml.children.iter().filter(is_ring).flat_map(|child| &child.children);
            let rings = rings.map(|ring| positions(ring, earth).map(Json::Array));
            rings.collect::<Result<_, _>>().map(Json::Array)
        }
    }
}

/// All positions of an element: one in each `pos`, or all in a `posList`.
fn positions(gml: &Element, earth: bool) -> Result<Vec<Json>, PayloadError> {
    let mut all = Vec::new();
    for child in &gml.children {
        let numbers: Result<Vec<f64>, _> =
            child.text.split_whitespace().map(str::parse::<f64>).collect();
        let numbers = numbers.map_err(|_| mismatch("numbers", format_args!("{:?}", child.text)))?;
        let each = match child.name.as_str() {
            "pos" => numbers.len().max(1),
            "posList" => 2,
            _ => continue,
        };
        for position in numbers.chunks(each) {
            let mut position = position.to_vec();
            if position.len() < 2 || !position.iter().all(|number| number.is_finite()) {
                return Err(mismatch("a position", format_args!("{:?}", child.text)));
            }
            if earth {
                position.swap(0, 1);
            }
            all.push(json!(position));
        }
    }
    Ok(all)
}

/// Writes a shape. Of what is no GeoJSON, nothing is written.
pub(super) fn write(out: &mut Markup, json: &Json, primitive: Primitive) {
    let earth = is_on_earth(primitive);
    let code = json.pointer("/crs/properties/name").and_then(Json::as_str);
    let code = code.and_then(|name| name.rsplit(':').next());
    let code = code.unwrap_or(if earth { "4326" } else { "0" });
    write_shape(out, json, earth, Some(code), 0);
}

fn write_shape(out: &mut Markup, json: &Json, earth: bool, code: Option<&str>, depth: usize) {
    let Some(shape) = shape_of(json).filter(|_| depth < MAX_DEPTH) else { return };
    let list = |name: &str| json.get(name).and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let tag = format!("gml:{}", shape.gml);
    out.raw("<").raw(&tag);
    if let Some(code) = code {
        out.attribute("gml:srsName", &format!("{SYSTEM}{code}"));
    }
    out.raw(">");
    let (member, part) = shape.parts;
    if member.is_empty() {
        write_coordinates(out, json.get("coordinates").unwrap_or(&Json::Null), shape.json, earth);
    } else {
        out.raw("<gml:").raw(member).raw("s>");
        for geometry in list("geometries") {
            write_shape(out, geometry, earth, None, depth + 1);
        }
        for coordinates in list("coordinates") {
            out.raw("<gml:").raw(part).raw(">");
            write_coordinates(out, coordinates, part, earth);
            out.raw("</gml:").raw(part).raw(">");
        }
        out.raw("</gml:").raw(member).raw("s>");
    }
    out.raw("</").raw(&tag).raw(">");
}

fn write_coordinates(out: &mut Markup, coordinates: &Json, kind: &str, earth: bool) {
    let list = coordinates.as_array().map_or(&[][..], Vec::as_slice);
    match kind {
        "Point" => position(out, coordinates, earth),
        "LineString" => list.iter().for_each(|one| position(out, one, earth)),
        _ => {
            for (index, ring) in list.iter().enumerate() {
                let side = if index == 0 { "exterior" } else { "interior" };
                out.raw("<gml:").raw(side).raw("><gml:LinearRing>");
                let ring = ring.as_array().map_or(&[][..], Vec::as_slice);
                ring.iter().for_each(|one| position(out, one, earth));
                out.raw("</gml:LinearRing></gml:").raw(side).raw(">");
            }
        }
    }
}

fn position(out: &mut Markup, position: &Json, earth: bool) {
    let numbers = position.as_array().into_iter().flatten().filter_map(Json::as_f64);
    let mut numbers: Vec<f64> = numbers.collect();
    if earth && numbers.len() > 1 {
        numbers.swap(0, 1);
    }
    let mut text = String::new();
    for (index, number) in numbers.iter().enumerate() {
        // A text takes whatever is written to it.
        let _ = write!(text, "{}{number}", if index == 0 { "" } else { " " });
    }
    out.element("gml:pos", &text);
}
