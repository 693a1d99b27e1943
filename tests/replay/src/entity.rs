//! An entity of any type, and whether it holds all that its JSON does.

use edm::json::{Body, Dialect, Format, Sink, value_from_text};
use edm::model::{Primitive, StructuredType, Type};
use edm::version::Version;
use edm::{Draft, Extra, Record, Structured, TypeError, Value, to_members};
use serde_json::Value as Json;

use crate::Tables;

/// An entity of a type that is known at run time only.
#[derive(Debug)]
pub(crate) struct Entity {
    record: Record,
    extra: Extra,
}

impl Entity {
    pub(crate) fn new(ty: &'static StructuredType) -> Self {
        Self { record: Record::new(ty), extra: Extra::default() }
    }
}

impl Structured for Entity {
    fn structured_type(&self) -> &'static StructuredType {
        self.record.structured_type()
    }
    fn get(&self, index: usize) -> Value {
        self.record.get(index)
    }
    fn set(&mut self, index: usize, value: Value) -> Result<(), TypeError> {
        self.record.set(index, value)
    }
    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
    fn extra_mut(&mut self) -> Option<&mut Extra> {
        Some(&mut self.extra)
    }
}

/// The entities of a page; what was removed is an entity like others here.
pub(crate) struct Entities {
    pub(crate) ty: &'static StructuredType,
    pub(crate) items: Vec<Entity>,
    pub(crate) removed: Vec<Entity>,
}

impl Sink for Entities {
    fn add(&mut self) -> &mut dyn Structured {
        let last = self.items.len();
        self.items.push(Entity::new(self.ty));
        &mut self.items[last]
    }
    fn remove(&mut self) {
        self.removed.extend(self.items.pop());
    }
    fn discard(&mut self) {
        self.items.pop();
    }
}

/// How many members were found again, and which were not.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) declared: usize,
    pub(crate) kept: usize,
    pub(crate) lost: Vec<String>,
}

/// Looks for every member of an object in the entity that was read from it.
pub(crate) struct Search<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) format: Format,
    pub(crate) tally: Tally,
}

impl Search<'_> {
    pub(crate) fn entity(&mut self, json: &Json, entity: &Entity, at: &str) {
        let ty = entity.structured_type();
        for (name, json) in json.as_object().into_iter().flatten() {
            let at = format!("{at}.{name}");
            if let Some((index, row)) = ty.property(name) {
                let value = entity.get(index);
                self.value(json, &value, &row.ty, &at);
            } else if name == "__metadata" {
                for (name, json) in json.as_object().into_iter().flatten() {
                    let name = if name == "uri" { "editLink" } else { name };
                    self.control(name, json, entity, &format!("{at}.{name}"));
                }
            } else if let Some(name) =
                name.strip_prefix('@').or(name.strip_prefix("odata.").and(Some(name)))
            {
                self.control(name.strip_prefix("odata.").unwrap_or(name), json, entity, &at);
            } else if name.contains('@') || name.starts_with('#') {
                let kept = entity.extra.annotation(name).map(edm::json::Raw::to_json);
                self.kept(kept.as_ref() == Some(json), at);
            } else {
                self.kept(entity.extra.get(name).as_ref() == Some(json), at.clone());
                if let Some(target) = self.tables.target(ty, name) {
                    self.expanded(json, target, &at);
                }
            }
        }
    }

    /// Writes an entity as the body of an insert and reads that: nothing may change on the way.
    pub(crate) fn written_back(&mut self, entity: &Entity) {
        let ty = entity.structured_type();
        let draft = Draft { members: to_members(entity), ..Draft::default() };
        let text = dialect(self.format).draft(&draft, ty, "");
        let mut again = Entity::new(ty);
        if let Err(error) = Body::new(&text, self.format).entity(&mut again) {
            self.tally.lost.push(format!("written back: {error}"));
            return;
        }
        for (index, row) in ty.properties.iter().enumerate() {
            if !is_equal(&again.get(index), &entity.get(index), &row.ty) {
                self.tally.lost.push(format!("written back: {}", row.name));
            }
        }
        for (name, raw) in entity.extra.payload().map_or(&[][..], |payload| &payload.members) {
            let json = raw.to_json();
            let is_link = ty.navigation(name).is_some() || json.get("__deferred").is_some();
            if !is_link && again.extra.get(name).as_ref() != Some(&json) {
                self.tally.lost.push(format!("written back: {name}"));
            }
        }
        let named = entity.extra.type_name();
        if named.is_some() && again.extra.type_name() != named {
            self.tally.lost.push("written back: the type".to_owned());
        }
    }

    /// Control information: in a field of its own, or with the others.
    fn control(&mut self, name: &str, json: &Json, entity: &Entity, at: &str) {
        let payload = entity.extra.payload();
        let text = json.as_str().map(|text| text.trim_start_matches('#'));
        let field = |field: fn(&edm::Payload) -> Option<&String>| payload.and_then(field);
        let found = match name {
            "type" => field(|payload| payload.type_name.as_ref()).map(String::as_str) == text,
            "id" => field(|payload| payload.id.as_ref()).map(String::as_str) == text,
            "etag" => field(|payload| payload.etag.as_ref()).map(String::as_str) == text,
            "editLink" => field(|payload| payload.edit_link.as_ref()).map(String::as_str) == text,
            _ => payload.is_some_and(|payload| {
                payload
                    .annotations
                    .iter()
                    .any(|(other, raw)| other.ends_with(name) && raw.to_json() == *json)
            }),
        };
        self.kept(found, at.to_owned());
    }

    fn kept(&mut self, found: bool, at: String) {
        if found {
            self.tally.kept += 1;
        } else {
            self.tally.lost.push(at);
        }
    }

    /// Entities that came along are read with the type of the navigation property.
    fn expanded(&mut self, json: &Json, target: &'static StructuredType, at: &str) {
        let list = json.as_array().or_else(|| json.get("results")?.as_array());
        let single = std::slice::from_ref(json);
        for json in list.map_or(single, Vec::as_slice) {
            if json.is_null() || json.get("__deferred").is_some() {
                continue;
            }
            let named = type_name(json).and_then(|name| self.tables.ty(name));
            let mut entity = Entity::new(named.unwrap_or(target));
            match Body::new(&json.to_string(), self.format).entity(&mut entity) {
                Ok(()) => self.entity(json, &entity, at),
                Err(error) => self.tally.lost.push(format!("{at}: {error}")),
            }
        }
    }

    /// Prints the value again and compares.
    pub(crate) fn value(&mut self, json: &Json, value: &Value, ty: &Type, at: &str) {
        match (ty, value) {
            (Type::Collection(item), Value::Collection(values)) => {
                let list = json.as_array().or_else(|| json.get("results")?.as_array());
                let list = list.map_or(&[][..], Vec::as_slice);
                if list.len() != values.len() {
                    self.tally.lost.push(at.to_owned());
                }
                for (json, value) in list.iter().zip(values) {
                    self.value(json, value, item, at);
                }
            }
            (Type::Complex(ty) | Type::Entity(ty), Value::Complex(members)) => {
                for (name, json) in json.as_object().into_iter().flatten() {
                    let at = format!("{at}.{name}");
                    let found = members.iter().find(|(member, _)| member == name);
                    match (ty.property(name), found) {
                        (Some((_, row)), Some((_, value))) => self.value(json, value, &row.ty, &at),
                        (None, Some((_, Value::Json(kept)))) => self.kept(**kept == *json, at),
                        // The type that the table says anyway.
                        (None, None) if says_type(name, json, ty) => self.tally.kept += 1,
                        _ => self.tally.lost.push(at),
                    }
                }
            }
            _ if is_same(json, value, ty, self.format) => self.tally.declared += 1,
            _ => self.tally.lost.push(format!("{at}: {json} became {value:?}")),
        }
    }
}

/// The name of the type that an object says it is of.
pub(crate) fn type_name(json: &Json) -> Option<&str> {
    let name = json
        .pointer("/__metadata/type")
        .or_else(|| json.get("@odata.type"))
        .or_else(|| json.get("odata.type"))?;
    name.as_str().map(|name| name.trim_start_matches('#'))
}

fn says_type(name: &str, json: &Json, ty: &StructuredType) -> bool {
    let said = if name == "__metadata" { json.get("type") } else { Some(json) };
    let said = said.and_then(Json::as_str).map(|name| name.trim_start_matches('#'));
    said == Some(ty.qualified_name().as_str())
}

fn is_same(json: &Json, value: &Value, ty: &Type, format: Format) -> bool {
    if json.is_null() {
        return value.is_null();
    }
    let text = dialect(format).value(value, ty);
    let Ok(printed) = serde_json::from_str::<Json>(&text) else { return false };
    let plain = |json: &Json| json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    if plain(&printed) == plain(json) {
        return true;
    }
    // A number of JSON has lost digits before it could be compared.
    if let (Value::Decimal(exact), Some(rounded)) = (value, json.as_f64()) {
        return exact.to_string().parse() == Ok(rounded);
    }
    // Times, bytes and doubles have several forms; what is printed must mean the same.
    let has_forms = matches!(
        ty.primitive(),
        Some(
            Primitive::DateTime
                | Primitive::DateTimeOffset
                | Primitive::Date
                | Primitive::TimeOfDay
                | Primitive::Time
                | Primitive::Duration
                | Primitive::Binary
                | Primitive::Double
                | Primitive::Single
                | Primitive::Decimal
        )
    );
    let means_it =
        |text: &str| value_from_text(text, ty).is_ok_and(|read| is_equal(&read, value, ty));
    has_forms && means_it(&text) && means_it(&json.to_string())
}

/// The dialect that loses nothing: that of V1 and V2 has only milliseconds.
const fn dialect(format: Format) -> Dialect {
    match format {
        Format::V4 => Dialect::new(format, Version::V4),
        Format::Light | Format::Verbose => Dialect::new(format, Version::V3),
    }
}

/// Not-a-number is itself here; of 32 bits, what is behind them does not count.
fn is_equal(left: &Value, right: &Value, ty: &Type) -> bool {
    match (left, right) {
        (Value::Double(left), Value::Double(right)) if left.is_nan() => right.is_nan(),
        #[expect(clippy::cast_possible_truncation, reason = "it has 32 bits")]
        (Value::Double(left), Value::Double(right))
            if ty.primitive() == Some(Primitive::Single) =>
        {
            (*left as f32).to_bits() == (*right as f32).to_bits()
        }
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use edm::model::Property;

    static THING: StructuredType = StructuredType {
        name: "Thing",
        namespace: "Demo",
        properties: &[
            Property::new("Size", Type::Primitive(Primitive::Int64)),
            Property::new("Made", Type::Primitive(Primitive::DateTimeOffset)),
        ],
        ..StructuredType::NEW
    };

    /// What is lost if one text is read and another is looked for.
    fn lost(read: &str, wanted: &str) -> Vec<String> {
        let mut entity = Entity::new(&THING);
        Body::new(read, Format::V4).entity(&mut entity).unwrap();
        let tables = Tables::default();
        let mut search = Search { tables: &tables, format: Format::V4, tally: Tally::default() };
        search.entity(&serde_json::from_str(wanted).unwrap(), &entity, "");
        search.tally.lost
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        let text = r#"{"@odata.etag":"e","Size":"5","Made":"2014-01-02T03:04:05Z","More":[1]}"#;
        assert_eq!(lost(text, text), [""; 0]);
        for (part, changed) in [
            ("\"e\"", "\"f\""),
            ("\"5\"", "6"),
            ("03:04:05", "03:04:06"),
            ("[1]", "[2]"),
            ("More", "Less"),
            ("etag", "mediaEtag"),
        ] {
            assert_eq!(lost(text, &text.replace(part, changed)).len(), 1, "{changed}");
        }
    }
}
