//! Whole responses.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::entity::EntitySeed;
use super::page::{PageInfo, PageSeed, Sink};
use super::value::lenient_value;
use super::{Context, is_annotation};
use crate::error::ServiceError;
use crate::json::error::mismatch;
use crate::json::raw::{self, Name};
use crate::json::{Format, PayloadError, PayloadErrorKind};
use crate::model::{StructuredType, Type};
use crate::{Structured, Value};

/// The body of a response that reports success, in the format that the response declares.
///
/// Every method finds out if there is something else than what it reads: nothing, HTML, half a
/// payload, or an error of the service, in place of a payload or behind the start of one.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    text: &'a str,
    format: Format,
}

/// A resource that a service document names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// The name.
    pub name: String,
    /// Where it is: absolute, or relative to the service root.
    pub url: String,
    /// `EntitySet`, `Singleton`, `FunctionImport` or `ServiceDocument`.
    pub kind: String,
}

impl<'a> Body<'a> {
    /// Takes the text of a body.
    pub fn new(text: &'a str, format: Format) -> Self {
        Self { text: text.trim_start_matches('\u{feff}'), format }
    }

    /// Takes the bytes of a body.
    ///
    /// # Errors
    ///
    /// They are not UTF-8, which JSON is.
    pub fn from_bytes(bytes: &'a [u8], format: Format) -> Result<Self, PayloadError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self::new(text, format)),
            Err(error) => {
                let start = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
                let kind = PayloadErrorKind::Syntax;
                Err(PayloadError::of_kind(kind, "it is not UTF-8", &start))
            }
        }
    }

    /// The format.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Reads an entity into a value of its type. What the type does not have is kept in its
    /// [`Extra`](crate::Extra).
    ///
    /// # Errors
    ///
    /// The body is no entity, or a member is not of its property's type.
    pub fn entity(&self, target: &mut dyn Structured) -> Result<(), PayloadError> {
        let name = target.structured_type().name;
        if self.read_entity(target)? {
            return Ok(());
        }
        Err(mismatch(format_args!("an entity of type {name}"), "null"))
    }

    /// The same for an entity that may be null, as what a navigation property to one leads to;
    /// returns whether there is one.
    ///
    /// # Errors
    ///
    /// The body is no entity, or a member is not of its property's type.
    pub fn nullable_entity(&self, target: &mut dyn Structured) -> Result<bool, PayloadError> {
        if self.text.trim().is_empty() { Ok(false) } else { self.read_entity(target) }
    }

    fn read_entity(&self, target: &mut dyn Structured) -> Result<bool, PayloadError> {
        let read = self.parse(|context, deserializer| match context.format {
            Format::Verbose => Wrapped { context, target: &mut *target }.deserialize(deserializer),
            Format::Light | Format::V4 => {
                EntitySeed { context, target: &mut *target }.deserialize(deserializer).map(Some)
            }
        })?;
        let count = match read {
            Some(count) => count,
            // Verbose JSON without its wrapper.
            None => self.parse(|context, deserializer| {
                EntitySeed { context, target: &mut *target }.deserialize(deserializer)
            })?,
        };
        if count == Some(0) {
            self.service_error()?;
            let null = |extra: &crate::Extra| extra.annotation("odata.null").is_some();
            return Ok(!target.extra().is_some_and(null));
        }
        Ok(count.is_some())
    }

    /// Reads a page of entities.
    ///
    /// # Errors
    ///
    /// The body is no list of entities, or a member is not of its property's type.
    pub fn page(&self, sink: &mut dyn Sink) -> Result<PageInfo, PayloadError> {
        let mut info = PageInfo::default();
        let found = self.parse(|context, deserializer| {
            PageSeed { context, sink, info: &mut info }.deserialize(deserializer)
        })?;
        if !found {
            self.service_error()?;
            return Err(mismatch("a list of entities", "an object without one"));
        }
        Ok(info)
    }

    /// Reads a property or the result of an operation.
    ///
    /// # Errors
    ///
    /// The body has another form, or the value is not of the type.
    pub fn value(&self, ty: &Type) -> Result<Value, PayloadError> {
        let text = self.parse(|_, deserializer| {
            <&RawValue as serde::Deserialize>::deserialize(deserializer).map(RawValue::get)
        })?;
        let found = match self.format {
            Format::Verbose => verbose_value(text, ty),
            Format::Light | Format::V4 => light_value(text, ty),
        };
        let Some(found) = found else {
            self.service_error()?;
            return Err(mismatch(ty.wire_name(), "another object"));
        };
        lenient_value(found, ty, self.format)
            .map_err(|error| self.service_error().err().unwrap_or(error))
    }

    /// Reads the URLs of `$links` or `$ref`, and what stands beside them.
    ///
    /// # Errors
    ///
    /// The body has another form.
    pub fn links(&self) -> Result<(Vec<String>, PageInfo), PayloadError> {
        let mut info = PageInfo::default();
        let links = self.unwrapped()?;
        let list = match raw::members(links) {
            None => raw::items(links),
            Some(members) => {
                let mut list = None;
                for (name, raw) in members {
                    match name.as_ref() {
                        "value" | "results" => list = raw::items(raw.get()),
                        _ => info.keep(&name, raw),
                    }
                }
                list
            }
        };
        let urls: Option<Vec<String>> = match list {
            None => link(links).map(|url| vec![url]),
            Some(list) => list.iter().map(|raw| link(raw.get())).collect(),
        };
        match urls {
            Some(urls) => Ok((urls, info)),
            None => {
                self.service_error()?;
                Err(mismatch("links", "something else"))
            }
        }
    }

    /// Reads a service document.
    ///
    /// # Errors
    ///
    /// The body has another form.
    pub fn resources(&self) -> Result<Vec<Resource>, PayloadError> {
        let members = raw::members(self.unwrapped()?).unwrap_or_default();
        let list = members.iter().find(|(name, _)| {
            // POData has it in the singular.
            matches!(name.as_ref(), "value" | "EntitySets" | "EntitySet")
        });
        let resources =
            list.and_then(|(_, raw)| raw::items(raw.get())?.into_iter().map(resource).collect());
        match resources {
            Some(resources) => Ok(resources),
            None => {
                self.service_error()?;
                Err(mismatch("a service document", "something else"))
            }
        }
    }

    /// The text without the wrapper `d` of verbose JSON.
    fn unwrapped(&self) -> Result<&'a str, PayloadError> {
        let text = self.parse(|_, deserializer| {
            <&RawValue as serde::Deserialize>::deserialize(deserializer).map(RawValue::get)
        })?;
        Ok(unwrap(text))
    }

    /// Parses the whole text, and finds out what it is if that fails.
    fn parse<T>(
        &self,
        read: impl FnOnce(
            &Context,
            &mut serde_json::Deserializer<serde_json::de::StrRead<'a>>,
        ) -> Result<T, serde_json::Error>,
    ) -> Result<T, PayloadError> {
        let context = Context::new(self.format, false);
        let mut deserializer = serde_json::Deserializer::from_str(self.text);
        let result = read(&context, &mut deserializer).and_then(|value| {
            deserializer.end()?;
            Ok(value)
        });
        result.map_err(|error| self.failure(&context, &error))
    }

    fn failure(&self, context: &Context, error: &serde_json::Error) -> PayloadError {
        let kind = match error.classify() {
            serde_json::error::Category::Data => {
                return context.take(error, self.text);
            }
            _ if self.text.trim().is_empty() => {
                return PayloadError::of_kind(PayloadErrorKind::Empty, "there is no payload", "");
            }
            _ if self.text.trim_start().starts_with('<') => {
                if let Some(error) = ServiceError::parse(self.text) {
                    return PayloadError::service(error);
                }
                let problem = "expected JSON, found markup";
                return PayloadError::of_kind(PayloadErrorKind::Markup, problem, self.text);
            }
            category => {
                if let Some(error) = ServiceError::in_stream(self.text) {
                    return PayloadError::service(error);
                }
                match category {
                    serde_json::error::Category::Eof => PayloadErrorKind::Truncated,
                    _ => PayloadErrorKind::Syntax,
                }
            }
        };
        PayloadError { kind, ..context.take(error, self.text) }
    }

    /// Fails if the body is an error of the service.
    fn service_error(&self) -> Result<(), PayloadError> {
        ServiceError::parse(self.text).map_or(Ok(()), |error| Err(PayloadError::service(error)))
    }
}

/// An entity in the wrapper `d` of verbose JSON; `None` if there is no wrapper.
struct Wrapped<'c, 't> {
    context: &'c Context,
    target: &'t mut dyn Structured,
}

impl<'de> DeserializeSeed<'de> for Wrapped<'_, '_> {
    type Value = Option<Option<usize>>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Wrapped<'_, '_> {
    type Value = Option<Option<usize>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the member 'd' of verbose JSON")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Self { context, target } = self;
        let Some(Name(first)) = map.next_key()? else { return Ok(None) };
        // An entity without a wrapper may have a property of this name, but its key comes first.
        let found = if first == "d" {
            Some(map.next_value_seed(EntitySeed { context, target })?)
        } else {
            map.next_value::<IgnoredAny>()?;
            None
        };
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(found)
    }
}

/// What is in the member `d`, if that is the only one.
fn unwrap(text: &str) -> &str {
    match raw::members(text).as_deref() {
        Some([(name, inner)]) if name == "d" => inner.get(),
        _ => text,
    }
}

/// A complex result stands alone, next to its annotations; anything else is in `value`.
fn light_value<'a>(text: &'a str, ty: &Type) -> Option<&'a str> {
    let members = raw::members(text)?;
    let find =
        |wanted: &str| members.iter().find(|(name, _)| name == wanted).map(|(_, raw)| raw.get());
    if find("odata.null") == Some("true") {
        return Some("null");
    }
    match ty {
        Type::Complex(_) | Type::Entity(_) => Some(text),
        _ => find("value"),
    }
}

/// A collection, and an entity, stand alone; anything else is in a member named after the property
/// or operation.
fn verbose_value<'a>(text: &'a str, ty: &Type) -> Option<&'a str> {
    let text = unwrap(text);
    let Some(members) = raw::members(text) else { return Some(text) };
    let mut named = members.iter().filter(|(name, _)| !is_annotation(name));
    let (name, first) = named.next()?;
    let is_only = named.next().is_none();
    let alone = match ty {
        Type::Collection(_) => name == "results",
        Type::Complex(ty) | Type::Entity(ty) => !is_only || has(ty, name),
        _ => false,
    };
    Some(if alone { text } else { first.get() })
}

fn has(ty: &StructuredType, name: &str) -> bool {
    ty.property(name).is_some() || ty.navigation(name).is_some()
}

fn link(text: &str) -> Option<String> {
    let members = raw::members(text)?;
    let is_link = |name: &str| matches!(name, "url" | "uri" | "@odata.id" | "@id" | "odata.id");
    let (_, raw) = members.iter().find(|(name, _)| is_link(name))?;
    raw::text(raw).map(std::borrow::Cow::into_owned)
}

fn resource(raw: &RawValue) -> Option<Resource> {
    if let Some(name) = raw::text(raw) {
        let (name, kind) = (name.into_owned(), "EntitySet".to_owned());
        return Some(Resource { url: name.clone(), name, kind });
    }
    let mut resource = Resource { kind: "EntitySet".to_owned(), ..Resource::default() };
    for (member, raw) in raw::members(raw.get())? {
        let Some(text) = raw::text(raw) else { continue };
        match member.as_ref() {
            "name" => resource.name = text.into_owned(),
            "url" => resource.url = text.into_owned(),
            "kind" => resource.kind = text.into_owned(),
            _ => {}
        }
    }
    Some(resource)
}
