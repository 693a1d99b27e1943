//! The model of an earlier version, and entities as it had them.

use std::borrow::Cow;
use std::sync::OnceLock;

use azure_media::v2_19::tables::MODEL;
use edm::model::{EntitySet, Model, Navigation, Property, StructuredType, Type};
use edm::{Record, Value};

use super::ApiVersion;

/// The model of a version, made from the latest when it is first asked for.
///
/// There are as many as there are versions, each made once: what is leaked is bounded.
pub(super) fn model(version: ApiVersion) -> &'static Model {
    static MODELS: [OnceLock<Model>; ApiVersion::LATEST.0] =
        [const { OnceLock::new() }; ApiVersion::LATEST.0];
    match MODELS.get(version.0) {
        Some(model) => model.get_or_init(|| shaped_model(version)),
        None => &MODEL,
    }
}

fn shaped_model(version: ApiVersion) -> Model {
    let types = |all: &'static [&'static StructuredType]| {
        keep(all.iter().filter(|ty| version.has(ty.since)).map(|ty| shaped_type(version, ty)))
    };
    let entity_types = types(MODEL.entity_types);
    let entity_type = |latest: &StructuredType| {
        entity_types.iter().copied().find(|ty: &&StructuredType| ty.name == latest.name)
    };
    let sets = MODEL.entity_sets.iter().filter(|set| version.has(set.since));
    let sets = sets.filter_map(|set| {
        let entity_type = entity_type(set.entity_type)?;
        Some(EntitySet { name: set.name, entity_type, allow: set.allow, since: set.since })
    });
    Model {
        entity_types,
        complex_types: types(MODEL.complex_types),
        entity_sets: keep(sets),
        operations: keep(MODEL.operations.iter().copied().filter(|o| version.has(o.since))),
        enum_types: MODEL.enum_types,
        singletons: MODEL.singletons,
        ..MODEL_OF_ITS_KIND
    }
}

/// What all versions have in common.
const MODEL_OF_ITS_KIND: Model = Model {
    version: MODEL.version,
    namespace: MODEL.namespace,
    container: MODEL.container,
    ..Model::NEW
};

fn keep<T>(rows: impl Iterator<Item = T>) -> &'static [T] {
    Box::leak(rows.collect())
}

fn shaped_type(version: ApiVersion, ty: &'static StructuredType) -> &'static StructuredType {
    let property = |row: &Property| Property {
        name: row.name,
        ty: shaped(version, row.ty),
        nullable: row.nullable,
        access: row.access,
        required: row.required,
        max_length: row.max_length,
        since: row.since,
    };
    let navigation = |row: &Navigation| Navigation {
        name: row.name,
        target: row.target,
        many: row.many,
        access: row.access,
        links: row.links,
        since: row.since,
    };
    Box::leak(Box::new(StructuredType {
        name: ty.name,
        namespace: ty.namespace,
        base: ty.base,
        has_derived: ty.has_derived,
        is_abstract: ty.is_abstract,
        is_open: ty.is_open,
        has_stream: ty.has_stream,
        has_etag: ty.has_etag,
        key: ty.key,
        properties: keep(ty.properties.iter().filter(|row| version.has(row.since)).map(property)),
        streams: ty.streams,
        navigation: keep(ty.navigation.iter().filter(|row| version.has(row.since)).map(navigation)),
        operations: keep(ty.operations.iter().copied().filter(|o| version.has(o.since))),
        since: ty.since,
    }))
}

fn shaped(version: ApiVersion, ty: Type) -> Type {
    match ty {
        Type::Complex(complex) => Type::Complex(shaped_type(version, complex)),
        Type::Collection(item) => Type::Collection(Box::leak(Box::new(shaped(version, *item)))),
        other => other,
    }
}

impl ApiVersion {
    /// An entity as the version had it.
    pub(crate) fn record<'r>(self, record: &'r Record, set: &EntitySet) -> Cow<'r, Record> {
        if self == Self::LATEST {
            return Cow::Borrowed(record);
        }
        let ty = self.model().entity_set(set.name).map_or(set.entity_type, |set| set.entity_type);
        let mut shaped = Record::new(ty);
        for row in ty.properties {
            shaped.put(row.name, value(self, record.value(row.name), &row.ty));
        }
        Cow::Owned(shaped)
    }
}

impl ApiVersion {
    /// The value of a property as the version had it.
    pub(crate) fn value<'v>(self, latest: &'v Value, ty: &Type) -> Cow<'v, Value> {
        match self {
            Self::LATEST => Cow::Borrowed(latest),
            earlier => Cow::Owned(value(earlier, latest, ty)),
        }
    }
}

/// A value without the members that its type did not have.
fn value(version: ApiVersion, latest: &Value, ty: &Type) -> Value {
    match (latest, ty) {
        (Value::Complex(members), Type::Complex(ty)) => {
            let known = members.iter().filter_map(|(name, member)| {
                let row = ty.property(name).map(|(_, row)| row);
                let row = row.filter(|row| version.has(row.since))?;
                Some((name.clone(), value(version, member, &row.ty)))
            });
            Value::Complex(known.collect())
        }
        (Value::Collection(items), Type::Collection(item)) => {
            Value::Collection(items.iter().map(|latest| value(version, latest, item)).collect())
        }
        (other, _) => other.clone(),
    }
}
