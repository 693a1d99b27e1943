//! Many entities, and what stands beside them.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Context;
use super::entity::EntitySeed;
use crate::json::PayloadError;
use crate::json::error::{Place, mismatch};
use crate::json::raw::{self, Name, Raw};
use crate::{EntityType, Structured};

/// Takes the entities of a page, one by one; implemented once per type, and small.
pub trait Sink {
    /// Adds an entity in which nothing is set, to be read into.
    fn add(&mut self) -> &mut dyn Structured;

    /// Takes the last entity out again: the payload says that it was removed from the set. What
    /// was read of it, its key or its id, says which it is.
    fn remove(&mut self);

    /// Drops the last entity: the payload had something else there.
    fn discard(&mut self);
}

/// The entities of a page, typed.
#[derive(Clone, Debug)]
pub struct Entities<E> {
    /// The entities.
    pub items: Vec<E>,
    /// Of a payload that says what has changed: entities that are no longer in the set, of which
    /// only the key or the [`removed_id`](crate::Payload::removed_id) is known.
    pub removed: Vec<E>,
}

impl<E> Default for Entities<E> {
    fn default() -> Self {
        Self { items: Vec::new(), removed: Vec::new() }
    }
}

impl<E: EntityType> Sink for Entities<E> {
    fn add(&mut self) -> &mut dyn Structured {
        let last = self.items.len();
        self.items.push(E::default());
        &mut self.items[last]
    }
    fn remove(&mut self) {
        self.removed.extend(self.items.pop());
    }
    fn discard(&mut self) {
        self.items.pop();
    }
}

/// What a page says beside its entities.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageInfo {
    /// The URL of the next page: opaque; absolute, or relative: in light JSON to the service root,
    /// in V4 to the context URL.
    pub next: Option<String>,
    /// The URL that gives what will have changed.
    pub delta: Option<String>,
    /// The number of all entities, if it was asked for.
    pub count: Option<u64>,
    /// The context URL.
    pub context: Option<String>,
    /// Links that were added or removed, of a payload that says what has changed.
    pub links: Vec<DeltaLink>,
    /// Everything else, by its full name on the wire.
    pub annotations: Vec<(String, Raw)>,
}

/// A link between two entities that was added or removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeltaLink {
    /// The id of the entity that has the navigation property.
    pub source: String,
    /// The navigation property.
    pub relationship: String,
    /// The id of the entity that it leads to.
    pub target: String,
    /// Whether it was removed.
    pub is_removed: bool,
}

/// What an entry of a payload says that has changed, if it is no entity.
pub(crate) enum Change {
    Removed,
    Link(DeltaLink),
}

/// Reads a page; whether there was one, and what it says.
pub(super) struct PageSeed<'c, 's> {
    pub(super) context: &'c Context,
    pub(super) sink: &'s mut dyn Sink,
    pub(super) info: &'s mut PageInfo,
}

impl PageSeed<'_, '_> {
    fn fail<E: serde::de::Error>(&self, found: impl fmt::Display) -> E {
        self.context.fail(mismatch("a list of entities", found))
    }
}

impl<'de> DeserializeSeed<'de> for PageSeed<'_, '_> {
    type Value = bool;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PageSeed<'_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entities")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let Self { context, sink, info } = self;
        let mut found = false;
        while let Some(Name(name)) = map.next_key()? {
            match name.as_ref() {
                "value" | "results" => {
                    let items = map.next_value_seed(Items { context, sink, info });
                    items.map_err(|error| context.within(Place::Member(&name), error))?;
                    found = true;
                }
                "d" => found |= map.next_value_seed(PageSeed { context, sink, info })?,
                _ => info.keep(&name, map.next_value()?),
            }
        }
        Ok(found)
    }
    /// Below V2, verbose JSON has the array right under `d`.
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<bool, A::Error> {
        let Self { context, sink, info } = self;
        Items { context, sink, info }.visit_seq(seq).map(|()| true)
    }
    refuse!(unit bool i64 u64 f64 str);
}

impl PageInfo {
    pub(super) fn keep(&mut self, name: &str, raw: &RawValue) {
        let text = || raw::text(raw).map(std::borrow::Cow::into_owned);
        match super::control(name) {
            Some("nextLink") => self.next = text(),
            Some("deltaLink") => self.delta = text(),
            Some("count") => self.count = count(raw),
            Some("context" | "metadata") => self.context = text(),
            _ if name == "__next" => self.next = text(),
            _ if name == "__count" => self.count = count(raw),
            _ => self.annotations.push((name.to_owned(), raw.into())),
        }
    }
}

/// A number, or the text of one: up to V3 it is a text.
fn count(raw: &RawValue) -> Option<u64> {
    raw.get().trim_matches('"').parse().ok()
}

/// The entities themselves.
struct Items<'c, 's> {
    context: &'c Context,
    sink: &'s mut dyn Sink,
    info: &'s mut PageInfo,
}

impl Items<'_, '_> {
    fn fail<E: serde::de::Error>(&self, found: impl fmt::Display) -> E {
        self.context.fail(mismatch("a list of entities", found))
    }
}

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entities")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { context, sink, info } = self;
        let mut position = 0;
        while seq
            .next_element_seed(Item { context, sink, info })
            .map_err(|error| context.within(Place::Item(position), error))?
            .is_some()
        {
            position += 1;
        }
        Ok(())
    }
    refuse!(unit bool i64 u64 f64 str map);
}

/// One entry: an entity, or what was removed.
struct Item<'c, 's> {
    context: &'c Context,
    sink: &'s mut dyn Sink,
    info: &'s mut PageInfo,
}

impl<'de> DeserializeSeed<'de> for Item<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self { context, sink, info } = self;
        let target = sink.add();
        let read = EntitySeed { context, target: &mut *target }.deserialize(deserializer)?;
        let payload = target.extra().and_then(crate::Extra::payload);
        match (read, payload.and_then(crate::Payload::service_error)) {
            (None, _) => return Err(context.fail(mismatch("an entity", "null"))),
            (Some(0), Some(error)) => return Err(context.fail(PayloadError::service(error))),
            (Some(_), _) => {}
        }
        match payload.and_then(crate::Payload::change) {
            None => {}
            Some(Change::Removed) => sink.remove(),
            Some(Change::Link(link)) => {
                sink.discard();
                info.links.push(link);
            }
        }
        Ok(())
    }
}
