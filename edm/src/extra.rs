use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::error::ServiceError;
use crate::json::{Change, DeltaLink, Format, PayloadError, Raw, control, is_annotation};
use crate::model::Model;
use crate::{EntityType, Many, Navigation, One, Scalar, Structured};

/// What a payload says beside the declared properties of a value: control information, properties
/// and types that the model does not declare, and entities that `$expand` brought along.
///
/// Every generated type has one in its field `extra`, so that nothing is lost on a read. It takes
/// one word where there is nothing to keep.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extra(Option<Box<Payload>>);

/// The contents of an [`Extra`].
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    /// The format in which `members` and `annotations` travelled.
    pub format: Format,
    /// The qualified name of the type, if the payload gave it: that of a derived type, perhaps,
    /// also of one that the model does not know.
    pub type_name: Option<String>,
    /// The id of the entity: a URL in most services.
    pub id: Option<String>,
    /// The ETag, with its quotes: opaque.
    pub etag: Option<String>,
    /// Where to edit the entity; absolute, or relative to the service root.
    pub edit_link: Option<String>,
    /// Control information without a field here, by its full name on the wire, such as
    /// `Photo@odata.mediaReadLink`; of verbose JSON, the members of `__metadata`.
    pub annotations: Vec<(String, Raw)>,
    /// Members without a row in the table of the type: dynamic properties, those of derived types,
    /// and navigation properties that are expanded.
    pub members: Vec<(String, Raw)>,
}

impl Default for Payload {
    fn default() -> Self {
        Self {
            format: Format::V4,
            type_name: None,
            id: None,
            etag: None,
            edit_link: None,
            annotations: Vec::new(),
            members: Vec::new(),
        }
    }
}

impl Extra {
    /// The contents, if there are any.
    pub fn payload(&self) -> Option<&Payload> {
        self.0.as_deref()
    }

    /// The contents, to fill in.
    pub fn payload_mut(&mut self) -> &mut Payload {
        self.0.get_or_insert_default()
    }

    /// The qualified name of the type, if the payload gave it.
    pub fn type_name(&self) -> Option<&str> {
        self.payload()?.type_name.as_deref()
    }

    /// The ETag of the entity, for `If-Match`.
    pub fn etag(&self) -> Option<&str> {
        self.payload()?.etag.as_deref()
    }

    /// The id of the entity, if the payload gave it: a URL in most services.
    pub fn id(&self) -> Option<&str> {
        self.payload()?.id.as_deref()
    }

    /// A member that the type does not declare: a dynamic property, one of a derived type.
    /// [`Raw`](crate::json::Raw) keeps every digit of it; this parses it.
    pub fn get(&self, name: &str) -> Option<Json> {
        self.member(name).map(Raw::to_json)
    }

    /// A member that the type does not declare, as a value of a primitive type; `None` if it is
    /// null or not there.
    ///
    /// # Errors
    ///
    /// It is not of the type.
    pub fn dynamic<T: Scalar>(&self, name: &str) -> Result<Option<T>, PayloadError> {
        let Some((payload, raw)) = self.payload().zip(self.member(name)) else { return Ok(None) };
        let value = crate::json::read_primitive(raw.as_str(), T::PRIMITIVE, payload.format);
        let typed = value.and_then(|value| {
            crate::from_nullable(value).map_err(|error| PayloadError::new(error.to_string()))
        });
        typed.map_err(|error| error.within(name))
    }

    fn member(&self, name: &str) -> Option<&Raw> {
        find(&self.payload()?.members, name)
    }

    /// Control information by its full name on the wire, such as `Photo@odata.mediaReadLink`; of
    /// verbose JSON, a member of `__metadata`.
    pub fn annotation(&self, name: &str) -> Option<&Raw> {
        find(&self.payload()?.annotations, name)
    }

    /// The entities that a navigation property leads to, if `$expand` brought them along.
    ///
    /// # Errors
    ///
    /// The payload holds something else there.
    pub fn many<E, T: EntityType, A>(
        &self,
        navigation: Navigation<E, Many<T>, A>,
    ) -> Result<Option<Vec<T>>, PayloadError> {
        let Some((payload, raw)) = self.expanded(navigation.name()) else { return Ok(None) };
        let Some(entities) = crate::json::expanded_items(raw) else { return Ok(None) };
        let within = |position: usize, error: PayloadError| {
            error.within(&format!("[{position}]")).within(navigation.name())
        };
        let read = |(position, raw): (usize, &str)| {
            let mut entity = T::default();
            crate::json::read_raw(raw, payload.format, &mut entity)
                .map(|()| entity)
                .map_err(|error| within(position, error))
        };
        entities.into_iter().enumerate().map(read).collect::<Result<_, _>>().map(Some)
    }

    /// The entity that a navigation property leads to, if `$expand` brought it along.
    ///
    /// # Errors
    ///
    /// The payload holds something else there.
    pub fn one<E, T: EntityType, A>(
        &self,
        navigation: Navigation<E, One<T>, A>,
    ) -> Result<Option<T>, PayloadError> {
        let Some((payload, raw)) = self.expanded(navigation.name()) else { return Ok(None) };
        let mut entity = T::default();
        crate::json::read_raw(raw.as_str(), payload.format, &mut entity)
            .map_err(|error| error.within(navigation.name()))?;
        Ok(Some(entity))
    }

    /// A navigation property as it travelled, unless it is a link or nothing.
    fn expanded(&self, name: &str) -> Option<(&Payload, &Raw)> {
        let raw = self.member(name)?;
        let is_there = !raw.is_null() && !raw.has_member("__deferred");
        is_there.then_some((self.payload()?, raw))
    }

    /// Reads the value again as one of a derived type, if the payload said that it is one; `None`
    /// if it is of another type.
    ///
    /// The tables do not lead from a type to those derived from it: for a type that others are
    /// derived from, [`downcast_in`](Self::downcast_in) knows them all.
    ///
    /// # Errors
    ///
    /// A member is not of the type of its property.
    pub fn downcast<T: Structured + Default>(
        value: &dyn Structured,
    ) -> Result<Option<T>, PayloadError> {
        convert_if(value, |ty, name| ty.is_named(name))
    }

    /// Reads the value again as one of a derived type, if the payload said that it is of that
    /// type or of one that the model derives from it.
    ///
    /// # Errors
    ///
    /// A member is not of the type of its property.
    pub fn downcast_in<T: Structured + Default>(
        value: &dyn Structured,
        model: &Model,
    ) -> Result<Option<T>, PayloadError> {
        convert_if(value, |ty, name| {
            let types = model.entity_types.iter().chain(model.complex_types);
            let mut named = types.filter(|candidate| candidate.is_named(name));
            ty.is_named(name) || named.any(|found| found.is_or_derives_from(&ty.qualified_name()))
        })
    }

    /// Keeps what a payload has beside the declared properties. `format` is that of the payload;
    /// without one, control information tells.
    pub(crate) fn keep(&mut self, name: &str, raw: &RawValue, format: Option<Format>) {
        let payload = self.payload_mut();
        if let Some(format) = format {
            payload.format = format;
        }
        if name == "__metadata" {
            payload.format = Format::Verbose;
            for (name, raw) in crate::json::members(raw.get()).unwrap_or_default() {
                let kind = if name == "uri" { "editLink" } else { &name };
                payload.keep_control(kind, &name, raw);
            }
        } else if let Some(kind) = control(name) {
            if format.is_none() && name.starts_with("odata.") {
                payload.format = Format::Light;
            }
            payload.keep_control(kind, name, raw);
        } else if is_annotation(name) {
            payload.annotations.push((name.to_owned(), raw.into()));
        } else {
            payload.members.push((name.to_owned(), raw.into()));
        }
    }
}

impl Payload {
    /// The id of an entity that was removed from a set: that of V4 is a member without prefix.
    pub fn removed_id(&self) -> Option<String> {
        self.id.clone().or_else(|| find(&self.members, "id")?.to_text())
    }

    fn keep_control(&mut self, kind: &str, name: &str, raw: &RawValue) {
        let slot = match kind {
            "type" => &mut self.type_name,
            "id" => &mut self.id,
            "etag" => &mut self.etag,
            "editLink" => &mut self.edit_link,
            _ => return self.annotations.push((name.to_owned(), raw.into())),
        };
        match crate::json::text(raw) {
            // `#Ns.Type` in V4, and a URL with that fragment for a type of another model.
            Some(text) if kind == "type" => {
                *slot = Some(text.rsplit_once('#').map_or(&*text, |(_, name)| name).to_owned());
            }
            Some(text) => *slot = Some(text.into_owned()),
            None => self.annotations.push((name.to_owned(), raw.into())),
        }
    }

    /// The error that a service has put in place of an entity.
    pub(crate) fn service_error(&self) -> Option<ServiceError> {
        let light = find(&self.annotations, "odata.error");
        let error = light.or_else(|| find(&self.members, "error"))?;
        ServiceError::parse(&format!("{{\"error\":{error}}}"))
    }

    /// What this says that has changed, if it is not an entity: an entry of V4.01 has `@removed`,
    /// one of V4 a context URL that ends in `$deletedEntity`, `$link` or `$deletedLink`.
    pub(crate) fn change(&self) -> Option<Change> {
        let text = |name| find(&self.members, name).and_then(Raw::to_text).unwrap_or_default();
        self.annotations.iter().find_map(|(name, raw)| match control(name)? {
            "removed" => Some(Change::Removed),
            "context" => match changed(raw.as_str())? {
                "$deletedEntity" => Some(Change::Removed),
                kind => Some(Change::Link(DeltaLink {
                    source: text("source"),
                    relationship: text("relationship"),
                    target: text("target"),
                    is_removed: kind == "$deletedLink",
                })),
            },
            _ => None,
        })
    }
}

/// What a context URL, a JSON string, says that has changed: the end of it.
pub(crate) fn changed(context: &str) -> Option<&str> {
    let (_, kind) = context.trim_end_matches('"').rsplit_once('/')?;
    matches!(kind, "$deletedEntity" | "$link" | "$deletedLink").then_some(kind)
}

fn find<'a>(members: &'a [(String, Raw)], name: &str) -> Option<&'a Raw> {
    members.iter().find(|(member, _)| member == name).map(|(_, raw)| raw)
}

fn convert_if<T: Structured + Default>(
    value: &dyn Structured,
    fits: impl FnOnce(&crate::model::StructuredType, &str) -> bool,
) -> Result<Option<T>, PayloadError> {
    let mut target = T::default();
    let Some(payload) = value.extra().and_then(Extra::payload) else { return Ok(None) };
    let Some(type_name) = payload.type_name.as_deref() else { return Ok(None) };
    if !fits(target.structured_type(), type_name) {
        return Ok(None);
    }
    crate::json::convert(value, payload, &mut target)?;
    Ok(Some(target))
}
