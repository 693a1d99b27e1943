use serde_json::Value as Json;

use crate::json::{Format, PayloadError};
use crate::{EntityType, Many, Navigation, One, Structured};

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
    pub annotations: Vec<(String, Json)>,
    /// Members without a row in the table of the type: dynamic properties, those of derived types,
    /// and navigation properties that are expanded.
    pub members: Vec<(String, Json)>,
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

    /// A member that the type does not declare: a dynamic property, one of a derived type.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.payload()?.members.iter().find(|(member, _)| member == name).map(|(_, json)| json)
    }

    /// Control information by its full name on the wire, such as `Photo@odata.mediaReadLink`.
    pub fn annotation(&self, name: &str) -> Option<&Json> {
        let annotations = &self.payload()?.annotations;
        annotations.iter().find(|(annotation, _)| annotation == name).map(|(_, json)| json)
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
        let Some((payload, json)) = self.expanded(navigation.name()) else { return Ok(None) };
        let Some(entities) = crate::json::expanded_items(json) else { return Ok(None) };
        let read = |json: &Json| {
            let mut entity = T::default();
            crate::json::read_entity(json, payload.format, &mut entity).map(|()| entity)
        };
        entities.iter().map(read).collect::<Result<_, _>>().map(Some)
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
        let Some((payload, json)) = self.expanded(navigation.name()) else { return Ok(None) };
        let mut entity = T::default();
        crate::json::read_entity(json, payload.format, &mut entity).map(|()| Some(entity))
    }

    /// A navigation property as it travelled, unless it is a link or nothing.
    fn expanded(&self, name: &str) -> Option<(&Payload, &Json)> {
        let json = self.get(name)?;
        let is_there = !json.is_null() && json.get("__deferred").is_none();
        is_there.then_some((self.payload()?, json))
    }

    /// Reads the value again as one of a derived type, if the payload said that it is one; `None`
    /// if it is of another type.
    ///
    /// # Errors
    ///
    /// A member is not of the type of its property.
    pub fn downcast<T: Structured + Default>(
        value: &dyn Structured,
    ) -> Result<Option<T>, crate::TypeError> {
        let mut target = T::default();
        let Some(payload) = value.extra().and_then(Self::payload) else { return Ok(None) };
        let Some(type_name) = payload.type_name.as_deref() else { return Ok(None) };
        if target.structured_type().qualified_name() != type_name {
            return Ok(None);
        }
        crate::json::convert(value, payload, &mut target)?;
        Ok(Some(target))
    }
}
