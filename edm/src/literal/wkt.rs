//! Shapes in literals, `SRID=4326;POINT (-122.25 47.5)`, as the GeoJSON that values hold.

use std::fmt;

use serde_json::{Map, Value as Json, json};

use crate::Value;
use crate::model::Primitive;
use crate::version::Version;

/// Collections nested deeper are refused.
const MAX_DEPTH: usize = 16;

/// Where a shape lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// On the earth.
    Geography,
    /// On a plane.
    Geometry,
}

impl Space {
    /// The reference system of a shape that does not name one.
    const fn default_srid(self) -> u32 {
        match self {
            Self::Geography => 4326,
            Self::Geometry => 0,
        }
    }
}

/// The shapes: name in text, name in GeoJSON, how deep its coordinates nest, its two EDM types.
const SHAPES: [(&str, &str, usize, Primitive, Primitive); 6] = {
    use Primitive as P;
    [
        ("Point", "Point", 0, P::GeographyPoint, P::GeometryPoint),
        ("LineString", "LineString", 1, P::GeographyLineString, P::GeometryLineString),
        ("Polygon", "Polygon", 2, P::GeographyPolygon, P::GeometryPolygon),
        ("MultiPoint", "MultiPoint", 1, P::GeographyMultiPoint, P::GeometryMultiPoint),
        (
            "MultiLineString",
            "MultiLineString",
            2,
            P::GeographyMultiLineString,
            P::GeometryMultiLineString,
        ),
        ("MultiPolygon", "MultiPolygon", 3, P::GeographyMultiPolygon, P::GeometryMultiPolygon),
    ]
};
const COLLECTION: &str = "GeometryCollection";

/// Reads the inside of `geography'…'`.
pub(super) fn parse(text: &str, space: Space) -> Option<(Value, Primitive)> {
    // Microsoft's library also reads a shape without reference system.
    let (srid, shape) = match text.split_once(';') {
        Some((srid, shape)) => {
            let number = strip_word(srid, "SRID")?.strip_prefix('=')?;
            let is_short = number.len() <= 5 && number.bytes().all(|b| b.is_ascii_digit());
            (is_short.then(|| number.parse().ok())??, shape)
        }
        None => (space.default_srid(), text),
    };
    let mut parser = Parser { rest: shape };
    let (mut json, primitive) = parser.shape(space, 0)?;
    if !parser.rest.trim_start().is_empty() {
        return None;
    }
    if srid != space.default_srid() {
        let name = format!("EPSG:{srid}");
        json.insert("crs".into(), json!({ "type": "name", "properties": { "name": name } }));
    }
    Some((Value::Json(Box::new(Json::Object(json))), primitive))
}

/// What follows a word, in whatever case.
fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len())?;
    head.eq_ignore_ascii_case(word).then(|| &text[word.len()..])
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn eat(&mut self, token: char) -> bool {
        let rest = self.rest.trim_start().strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn word(&mut self) -> &str {
        let text = self.rest.trim_start();
        let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.rest = rest;
        word
    }

    fn shape(&mut self, space: Space, depth: usize) -> Option<(Map<String, Json>, Primitive)> {
        let word = self.word().to_owned();
        let mut object = Map::new();
        let known = SHAPES.iter().find(|(name, ..)| name.eq_ignore_ascii_case(&word));
        if let Some(&(_, kind, nesting, earth, plane)) = known {
            let coordinates = if self.eat_empty() {
                json!([])
            } else if kind == "Point" {
                self.parenthesised(|parser| parser.position())?
            } else {
                self.list(nesting, kind == "MultiPoint")?
            };
            object.insert("type".into(), kind.into());
            object.insert("coordinates".into(), coordinates);
            return Some((object, if space == Space::Geography { earth } else { plane }));
        }
        // Olingo shortens the name.
        if !word.eq_ignore_ascii_case(COLLECTION) && !word.eq_ignore_ascii_case("Collection") {
            return None;
        }
        let mut shapes = Vec::new();
        if !self.eat_empty() {
            if depth == MAX_DEPTH || !self.eat('(') {
                return None;
            }
            while !self.eat(')') {
                if !shapes.is_empty() && !self.eat(',') {
                    return None;
                }
                shapes.push(Json::Object(self.shape(space, depth + 1)?.0));
            }
        }
        object.insert("type".into(), COLLECTION.into());
        object.insert("geometries".into(), shapes.into());
        let primitive = match space {
            Space::Geography => Primitive::GeographyCollection,
            Space::Geometry => Primitive::GeometryCollection,
        };
        Some((object, primitive))
    }

    fn eat_empty(&mut self) -> bool {
        let rest = strip_word(self.rest.trim_start(), "EMPTY");
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn parenthesised(&mut self, inside: impl FnOnce(&mut Self) -> Option<Json>) -> Option<Json> {
        let opened = self.eat('(');
        let inside = opened.then(|| inside(self))??;
        self.eat(')').then_some(inside)
    }

    /// Lists in lists of positions; the points of a `MultiPoint` may have parentheses of their own.
    fn list(&mut self, nesting: usize, points: bool) -> Option<Json> {
        if !self.eat('(') {
            return None;
        }
        let mut items = Vec::new();
        while !self.eat(')') {
            if !items.is_empty() && !self.eat(',') {
                return None;
            }
            items.push(match nesting {
                1 if points && self.rest.trim_start().starts_with('(') => {
                    self.parenthesised(|parser| parser.position())?
                }
                1 => self.position()?,
                _ => self.list(nesting - 1, false)?,
            });
        }
        Some(items.into())
    }

    fn position(&mut self) -> Option<Json> {
        let mut numbers = Vec::new();
        while numbers.len() < 4 {
            let text = self.rest.trim_start();
            let end = text
                .find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')))
                .unwrap_or(text.len());
            let (number, rest) = text.split_at(end);
            if number.is_empty() {
                // A measure may come without a height.
                let Some(rest) = strip_word(text, "null") else { break };
                numbers.push(Json::Null);
                self.rest = rest;
                continue;
            }
            numbers.push(serde_json::Number::from_f64(number.parse().ok()?)?.into());
            self.rest = rest;
        }
        (numbers.len() >= 2).then(|| numbers.into())
    }
}

/// Prints `geography'SRID=4326;…'`: upper case and with a space, as Microsoft's library does, up
/// to V3; as the grammar has it since V4.
pub(super) fn write(
    f: &mut fmt::Formatter<'_>,
    json: &Json,
    primitive: Option<Primitive>,
    version: Version,
) -> fmt::Result {
    let space = match primitive.map(Primitive::name) {
        Some(name) if name.starts_with("Edm.Geometry") => Space::Geometry,
        _ => Space::Geography,
    };
    f.write_str(if space == Space::Geography { "geography'" } else { "geometry'" })?;
    write!(f, "SRID={};", srid(json).unwrap_or(space.default_srid()))?;
    write_shape(f, json, version.is_v4(), 0)?;
    f.write_str("'")
}

/// The number of the reference system that GeoJSON names: `EPSG:4326`, or a URN that ends so.
fn srid(json: &Json) -> Option<u32> {
    let name = json.get("crs")?.get("properties")?.get("name")?.as_str()?;
    name.rsplit(':').next()?.parse().ok()
}

fn write_shape(f: &mut fmt::Formatter<'_>, json: &Json, v4: bool, depth: usize) -> fmt::Result {
    let kind = json.get("type").and_then(Json::as_str).unwrap_or_default();
    let name = |name: &str| if v4 { name.to_owned() } else { name.to_ascii_uppercase() + " " };
    if kind == COLLECTION && depth < MAX_DEPTH {
        write!(f, "{}(", name(COLLECTION))?;
        let shapes = json.get("geometries").and_then(Json::as_array);
        for (position, shape) in shapes.into_iter().flatten().enumerate() {
            separate(f, position, v4)?;
            write_shape(f, shape, v4, depth + 1)?;
        }
        return f.write_str(")");
    }
    f.write_str(&name(kind))?;
    let coordinates = json.get("coordinates").unwrap_or(&Json::Null);
    match kind {
        "Point" => write_parenthesised(f, coordinates),
        "MultiPoint" => {
            f.write_str("(")?;
            for (position, point) in coordinates.as_array().into_iter().flatten().enumerate() {
                separate(f, position, v4)?;
                write_parenthesised(f, point)?;
            }
            f.write_str(")")
        }
        _ => write_lists(f, coordinates, v4),
    }
}

fn separate(f: &mut fmt::Formatter<'_>, position: usize, v4: bool) -> fmt::Result {
    match position {
        0 => Ok(()),
        _ => f.write_str(if v4 { "," } else { ", " }),
    }
}

fn write_parenthesised(f: &mut fmt::Formatter<'_>, position: &Json) -> fmt::Result {
    f.write_str("(")?;
    write_position(f, position)?;
    f.write_str(")")
}

/// Lists in parentheses, down to positions, which are lists of numbers.
fn write_lists(f: &mut fmt::Formatter<'_>, json: &Json, v4: bool) -> fmt::Result {
    f.write_str("(")?;
    for (position, item) in json.as_array().into_iter().flatten().enumerate() {
        separate(f, position, v4)?;
        match item.get(0) {
            Some(Json::Array(_)) => write_lists(f, item, v4)?,
            _ => write_position(f, item)?,
        }
    }
    f.write_str(")")
}

fn write_position(f: &mut fmt::Formatter<'_>, json: &Json) -> fmt::Result {
    for (position, number) in json.as_array().into_iter().flatten().enumerate() {
        if position > 0 {
            f.write_str(" ")?;
        }
        match number.as_f64() {
            Some(number) => write!(f, "{number}")?,
            None => f.write_str("null")?,
        }
    }
    Ok(())
}
