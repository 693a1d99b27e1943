//! A value of any type → an element.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::markup::Markup;
use super::{gml, item_type, scalar};
use crate::json::{DateStyle, TYPE, given_type, is_annotation, said_type_of};
use crate::model::{Primitive, StructuredType, Type};
use crate::{Draft, Members, Value};

/// Prints values as elements.
#[derive(Clone, Copy)]
pub(super) struct Printer {
    pub(super) dates: DateStyle,
    /// Whether null says the type that it is of, as services do; Microsoft's client does not.
    pub(super) typed_nulls: bool,
}

impl Printer {
    /// A property that the model declares. `root` has the vocabularies, where the element is the
    /// whole document.
    pub(super) fn property(
        self,
        out: &mut Markup,
        name: &str,
        value: &Value,
        ty: &Type,
        root: &str,
    ) {
        let tag = format!("d:{name}");
        out.raw("<").raw(&tag).raw(root);
        self.typed(out, &tag, value, ty);
    }

    /// The type, the content and the end of an element. Texts say no type.
    fn typed(self, out: &mut Markup, tag: &str, value: &Value, ty: &Type) {
        match ty {
            _ if value.is_null() && !self.typed_nulls => {}
            Type::Primitive(Primitive::Untyped) => return self.undeclared(out, tag, value, None),
            _ if ty.primitive() == Some(Primitive::String) => {}
            Type::Complex(ty) | Type::Entity(ty) => {
                let given = match value {
                    Value::Complex(members) => given_type(members),
                    _ => None,
                };
                out.attribute("m:type", &given.unwrap_or_else(|| ty.qualified_name()));
            }
            // A shape says which it is, also where the model leaves that open.
            Type::Primitive(primitive) if primitive.is_geo() => {
                let name = gml::type_of(value, *primitive);
                out.attribute("m:type", name.unwrap_or(primitive.name()));
            }
            _ => {
                out.attribute("m:type", &ty.wire_name());
            }
        }
        self.untyped(out, tag, value, ty);
    }

    /// The content and the end of an element.
    fn untyped(self, out: &mut Markup, tag: &str, value: &Value, ty: &Type) {
        match (value, ty) {
            (Value::Null, _) => {
                out.raw(" m:null=\"true\" />");
            }
            (Value::Collection(items), Type::Collection(item)) => {
                self.around(out, tag, items.is_empty(), |out| {
                    for value in items {
                        out.raw("<d:element");
                        // The collection has said the type of what is in it.
                        self.untyped(out, "d:element", value, item);
                    }
                });
            }
            (Value::Complex(members), Type::Complex(ty) | Type::Entity(ty)) => {
                self.around(out, tag, members.is_empty(), |out| {
                    self.members(out, members, Some(ty), &[]);
                });
            }
            (Value::Json(json), Type::Primitive(primitive)) if primitive.is_geo() => {
                self.around(out, tag, false, |out| gml::write(out, json, *primitive));
            }
            (value, ty) => {
                let primitive = ty.primitive().unwrap_or(Primitive::String);
                match scalar::print(value, primitive, self.dates) {
                    Some(text) => self.text(out, tag, &text),
                    None => self.undeclared(out, tag, value, None),
                }
            }
        }
    }

    /// White space at an end is not layout there.
    fn text(self, out: &mut Markup, tag: &str, text: &str) {
        let is_space = |letter: Option<char>| letter.is_some_and(char::is_whitespace);
        if is_space(text.chars().next()) || is_space(text.chars().next_back()) {
            out.attribute("xml:space", "preserve");
        }
        out.content(tag, text);
    }

    fn around(self, out: &mut Markup, tag: &str, is_empty: bool, inside: impl FnOnce(&mut Markup)) {
        if is_empty {
            out.raw(" />");
            return;
        }
        out.raw(">");
        inside(out);
        out.raw("</").raw(tag).raw(">");
    }

    /// The members of an entity or a complex value. `derived` has the types of those that are not
    /// of the type that is declared. What no element can be called is left out: no property is
    /// called so, but JSON of an open type may have it.
    pub(super) fn members(
        self,
        out: &mut Markup,
        members: &Members,
        ty: Option<&StructuredType>,
        derived: &[(Cow<'static, str>, &'static StructuredType)],
    ) {
        for (name, value) in members {
            if let Some((_, row)) = ty.and_then(|ty| ty.property(name)) {
                let derived = derived.iter().find(|(other, _)| other == name);
                let ty = derived.map_or(row.ty, |(_, ty)| Type::Complex(ty));
                self.property(out, name, value, &ty, "");
            } else if !is_annotation(name) && is_name(name) {
                let tag = format!("d:{name}");
                out.raw("<").raw(&tag);
                self.undeclared(out, &tag, value, said_type_of(members, name).as_deref());
            }
        }
    }

    /// The type, the content and the end of an element that no table describes; `said` is the type
    /// that an annotation gives it.
    fn undeclared(self, out: &mut Markup, tag: &str, value: &Value, said: Option<&str>) {
        match value {
            Value::Json(json) => self.json(out, tag, json, said),
            Value::Null => {
                out.raw(" m:null=\"true\" />");
            }
            Value::Complex(members) => {
                if let Some(name) = given_type(members).as_deref().or(said) {
                    out.attribute("m:type", name);
                }
                self.around(out, tag, members.is_empty(), |out| {
                    self.members(out, members, None, &[]);
                });
            }
            Value::Collection(items) => {
                let item =
                    items.iter().find_map(scalar::type_of).map_or("Edm.String", Primitive::name);
                let ty = said.map_or_else(|| format!("Collection({item})"), str::to_owned);
                out.attribute("m:type", &ty);
                self.around(out, tag, items.is_empty(), |out| {
                    for value in items {
                        out.raw("<d:element");
                        self.undeclared(out, "d:element", value, item_type(&ty));
                    }
                });
            }
            value => {
                let named = said.and_then(Primitive::named);
                let primitive = named.or_else(|| scalar::type_of(value));
                let name = said
                    .or(primitive.map(Primitive::name))
                    .filter(|name| *name != Primitive::String.name());
                if let Some(name) = name {
                    out.attribute("m:type", name);
                }
                let text = scalar::print(value, primitive.unwrap_or(Primitive::String), self.dates);
                self.text(out, tag, text.as_deref().unwrap_or_default());
            }
        }
    }

    /// JSON that was kept of another payload.
    fn json(self, out: &mut Markup, tag: &str, json: &Json, said: Option<&str>) {
        if let Some(primitive) = said.and_then(gml::primitive) {
            out.attribute("m:type", primitive.name());
            return self.around(out, tag, false, |out| gml::write(out, json, primitive));
        }
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(truth) => Value::Boolean(*truth),
            Json::String(text) => Value::String(text.clone()),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => Value::Integer(number),
                (None, number) => Value::Double(number.unwrap_or_default()),
            },
            Json::Array(items) => Value::Collection(items.iter().map(nested).collect()),
            Json::Object(members) => {
                let name = |name: &String| match name.as_str() {
                    "odata.type" => TYPE.to_owned(),
                    _ => name.clone(),
                };
                let members = members.iter().map(|(n, json)| (name(n).into(), nested(json)));
                Value::Complex(members.collect())
            }
        };
        self.undeclared(out, tag, &value, said);
    }
}

/// Whether an element can be called so.
fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|letter| letter.is_alphabetic() || letter == '_')
        && letters.all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'))
}

fn nested(json: &Json) -> Value {
    Value::Json(Box::new(json.clone()))
}

/// Prints the properties of a body: `<m:properties>…</m:properties>`.
pub(super) fn print_properties(
    printer: Printer,
    out: &mut Markup,
    draft: &Draft,
    ty: &StructuredType,
) {
    out.raw("<m:properties>");
    printer.members(out, &draft.members, Some(ty), &draft.derived_values);
    out.raw("</m:properties>");
}
