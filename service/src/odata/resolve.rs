//! Where a path leads, by the model and by what is stored.

use azure_media::v2_19::tables::MODEL;
use edm::literal::Literal;
use edm::model::{EntitySet, Navigation, Operation, Primitive, Property, Type};
use edm::path::{KeyPredicate, ResourcePath, Segment};
use edm::{Expr, Record, Value};

use super::negotiate::Subject;
use crate::error::ApiError;
use crate::sets::relation::{Relation, relation, target_set};
use crate::sets::{both, equals};
use crate::store::{Query, Source, Store};

/// What a path names.
pub(super) enum Target {
    /// The service document.
    Root,
    /// `$metadata`.
    Metadata,
    /// Entities of one set.
    Collection(Collection),
    /// How many entities there are.
    Count(Collection),
    /// One entity, which is there.
    Entity(&'static EntitySet, Box<Record>),
    /// A navigation property to one that leads nowhere.
    Nothing,
    /// One property of an entity; whether as bare text.
    Property { record: Box<Record>, property: &'static Property, raw: bool },
    /// The links of a navigation property; or one of them, by its key.
    Links(Links),
    /// A service operation.
    Function(&'static Operation),
    /// An operation bound to an entity, which is there.
    Action(&'static EntitySet, Box<Record>, &'static Operation),
}

impl Target {
    /// What a response is about: what is made in a collection is answered as an entity, and
    /// whoever can read the one can read the other.
    pub(super) const fn subject(&self) -> Subject {
        match self {
            Self::Entity(..) => Subject::Entry,
            Self::Collection(_) => Subject::Feed,
            _ => Subject::Other,
        }
    }
}

/// Entities of one set: all of it, or what a navigation property leads to.
pub(super) struct Collection {
    pub(super) set: &'static EntitySet,
    pub(super) filter: Option<Expr>,
    pub(super) linked_from: Option<Source>,
    /// The entity that the navigation property belongs to.
    pub(super) parent: Option<Parent>,
}

/// An entity and one of its navigation properties.
pub(super) struct Parent {
    pub(super) set: &'static EntitySet,
    pub(super) record: Box<Record>,
    pub(super) navigation: &'static Navigation,
}

/// The links of a navigation property.
pub(super) struct Links {
    pub(super) from: Parent,
    pub(super) collection: Collection,
    pub(super) key: Option<String>,
}

impl Collection {
    /// All entities of a set.
    pub(super) fn whole(set: &'static EntitySet) -> Self {
        Self { set, filter: None, linked_from: None, parent: None }
    }

    /// A query of all of it.
    pub(super) fn query(&self) -> Query {
        Query {
            filter: self.filter.clone(),
            linked_from: self.linked_from.clone(),
            ..Query::set(self.set)
        }
    }
}

/// Follows a path, segment by segment.
pub(super) async fn resolve(path: &ResourcePath, store: &dyn Store) -> Result<Target, ApiError> {
    let Some((first, rest)) = path.segments.split_first() else { return Ok(Target::Root) };
    if first.name == "$metadata" && rest.is_empty() {
        return Ok(Target::Metadata);
    }
    let mut target = match (MODEL.entity_set(&first.name), MODEL.operation(&first.name)) {
        (Some(set), _) => keyed(Collection::whole(set), first, store).await?,
        (None, Some(operation)) if first.key.is_none() => Target::Function(operation),
        _ => return Err(ApiError::no_segment(&first.name)),
    };
    let mut rest = rest.iter();
    while let Some(segment) = rest.next() {
        target = match target {
            Target::Entity(set, record) if segment.name == "$links" => {
                let named = rest.next().ok_or_else(|| ApiError::no_segment("$links"))?;
                Target::Links(links(set, record, named)?)
            }
            target => step(target, segment, store).await?,
        };
    }
    Ok(target)
}

async fn step(target: Target, segment: &Segment, store: &dyn Store) -> Result<Target, ApiError> {
    let unknown = || ApiError::no_segment(&segment.name);
    match (target, segment.name.as_str()) {
        (Target::Collection(collection), "$count") => Ok(Target::Count(collection)),
        (Target::Property { record, property, .. }, "$value") => {
            Ok(Target::Property { record, property, raw: true })
        }
        (Target::Entity(set, record), name) => {
            let ty = set.entity_type;
            if let Some(navigation) = ty.navigation(name) {
                return follow(set, &record, navigation, segment, store).await;
            }
            match (ty.property(name), ty.operation(name)) {
                (Some((_, property)), _) => Ok(Target::Property { record, property, raw: false }),
                (None, Some(operation)) => Ok(Target::Action(set, record, operation)),
                (None, None) => Err(unknown()),
            }
        }
        _ => Err(unknown()),
    }
}

/// The collection that a navigation property of an entity leads to.
fn navigate(
    set: &'static EntitySet,
    record: &Record,
    navigation: &'static Navigation,
) -> Result<Collection, ApiError> {
    let key = key_of(set, record);
    let target = target_set(navigation)
        .ok_or_else(|| ApiError::internal(format!("no set for {}", navigation.name)))?;
    let (filter, linked_from) = match relation(set.name, navigation.name) {
        Relation::Children(property) => (Some(equals(property, &key)), None),
        Relation::Parent(property) => {
            let target_key = target.entity_type.key.first().copied().unwrap_or_default();
            (Some(equals(target_key, record.text(property))), None)
        }
        Relation::Links => (None, Some(Source::new(set.name, &key, navigation.name))),
    };
    let parent = Parent { set, record: Box::new(record.clone()), navigation };
    Ok(Collection { set: target, filter, linked_from, parent: Some(parent) })
}

async fn follow(
    set: &'static EntitySet,
    record: &Record,
    navigation: &'static Navigation,
    segment: &Segment,
    store: &dyn Store,
) -> Result<Target, ApiError> {
    let collection = navigate(set, record, navigation)?;
    if navigation.many {
        return keyed(collection, segment, store).await;
    }
    let mut query = collection.query();
    query.top = 1;
    Ok(match store.query(&query).await?.records.pop() {
        Some(found) => Target::Entity(collection.set, Box::new(found)),
        None => Target::Nothing,
    })
}

/// A collection, or the entity in it that the segment's key names.
async fn keyed(
    collection: Collection,
    segment: &Segment,
    store: &dyn Store,
) -> Result<Target, ApiError> {
    let Some(predicate) = &segment.key else { return Ok(Target::Collection(collection)) };
    let set = collection.set;
    let key = key_text(set, predicate)?;
    let found = if collection.parent.is_none() {
        store.get(set, &key).await?
    } else {
        let key_name = set.entity_type.key.first().copied().unwrap_or_default();
        let same = equals(key_name, &key);
        let mut query = collection.query();
        query.filter = Some(match query.filter.take() {
            Some(filter) => both(filter, same),
            None => same,
        });
        query.top = 1;
        store.query(&query).await?.records.pop()
    };
    let found = found.ok_or_else(|| ApiError::no_entity(set.entity_type.name))?;
    Ok(Target::Entity(set, Box::new(found)))
}

fn links(set: &'static EntitySet, record: Box<Record>, named: &Segment) -> Result<Links, ApiError> {
    let navigation =
        set.entity_type.navigation(&named.name).ok_or_else(|| ApiError::no_segment(&named.name))?;
    let collection = navigate(set, &record, navigation)?;
    let key = named.key.as_ref().map(|key| key_text(collection.set, key)).transpose()?;
    Ok(Links { from: Parent { set, record, navigation }, collection, key })
}

/// The text of an entity's key.
pub(crate) fn key_of(set: &EntitySet, record: &Record) -> String {
    match record.value(set.entity_type.key.first().copied().unwrap_or_default()) {
        Value::Guid(guid) => guid.to_string(),
        value => value.as_str().unwrap_or_default().to_owned(),
    }
}

/// The text of a key, which must be of the key property's type and, where ids have a form, in it.
pub(crate) fn key_text(set: &EntitySet, predicate: &KeyPredicate) -> Result<String, ApiError> {
    let syntax = || ApiError::bad_request("Bad Request - Error in query syntax.");
    let (name, property) = match set.entity_type.key {
        [name] => (*name, set.entity_type.property(name).ok_or_else(syntax)?.1),
        _ => return Err(syntax()),
    };
    let literal = match predicate {
        KeyPredicate::Single(key) => key.literal(),
        KeyPredicate::Named(parts) => match parts.as_slice() {
            [(given, key)] if given == name => key.literal(),
            _ => None,
        },
        KeyPredicate::Filter(_) | KeyPredicate::Names(_) => None,
    };
    let literal = literal.ok_or_else(syntax)?;
    match (&literal.value, &property.ty) {
        (Value::String(text), Type::Id(id)) if !id.is_well_formed(text) => {
            Err(malformed_id(set, text))
        }
        (Value::String(text), Type::Id(_) | Type::Primitive(Primitive::String)) => Ok(text.clone()),
        (Value::Guid(guid), Type::Primitive(Primitive::Guid)) => Ok(guid.to_string()),
        _ => Err(syntax()),
    }
}

fn malformed_id(set: &EntitySet, id: &str) -> ApiError {
    let name = set.entity_type.name;
    ApiError::bad_request(format!("'{id}' is not a well-formed id of the entity type {name}."))
}

/// The segment that names an entity.
pub(super) fn segment(set: &EntitySet, record: &Record) -> Segment {
    let literal = match record.value(set.entity_type.key.first().copied().unwrap_or_default()) {
        Value::Guid(guid) => Literal::new(Value::Guid(*guid), Primitive::Guid),
        value => Literal::text(value.as_str().unwrap_or_default()),
    };
    Segment::with_key(set.name, KeyPredicate::Single(literal.into()))
}

/// The canonical path of an entity, such as `Assets('nb%3Acid…')`.
pub(crate) fn canonical_path(set: &EntitySet, record: &Record) -> String {
    segment(set, record).to_string()
}

/// The set and key that a link names, wherever its host is.
pub(crate) fn linked_entity(url: &str) -> Result<(&'static EntitySet, String), ApiError> {
    let path = ResourcePath::parse_url(url, super::BASE_PATH)?;
    let malformed = || ApiError::bad_request(format!("'{url}' is not the URL of an entity."));
    let [segment] = path.segments.as_slice() else { return Err(malformed()) };
    let set = MODEL.entity_set(&segment.name).ok_or_else(malformed)?;
    let key = key_text(set, segment.key.as_ref().ok_or_else(malformed)?)?;
    Ok((set, key))
}
