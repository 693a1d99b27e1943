//! What follows from the model, for every set: create, update, delete and bound operations.

use edm::model::{Access, EntitySet, Operation, StructuredType, Type};
use edm::query::QueryOptions;
use edm::{DateTime, Draft, Record, Structured as _, Value};

use super::relation::target_set;
use super::{Link, New, Outcome, Plan, Rules, not_available, rules};
use crate::app::App;
use crate::error::ApiError;
use crate::odata::key_of;
use crate::store::{Change, Source};

fn rules_of(set: &EntitySet) -> Result<&'static dyn Rules, ApiError> {
    rules(set).ok_or_else(|| not_available(set.name))
}

/// An entity that was made.
pub(crate) struct Created {
    /// It, as it was made.
    pub(crate) record: Record,
    /// The operation to poll, if it is not ready yet.
    pub(crate) operation: Option<String>,
}

/// Makes an entity.
pub(crate) async fn create(
    app: &App,
    set: &'static EntitySet,
    draft: Draft,
) -> Result<Created, ApiError> {
    let rules = rules_of(set)?;
    if !set.allow.create {
        return Err(ApiError::method_not_allowed(format!("{} cannot be created.", set.name)));
    }
    let record = prepare_with(set, &draft, rules)?;
    let mut new = New { record, draft, plan: Plan::default() };
    if let Err(error) = rules.create(app, &mut new).await {
        app.carry_out_now(&new.plan.otherwise).await;
        return Err(error);
    }
    let insert = Change::Insert(set, stored(&new.record));
    new.plan.after.extend(app.quotas.of_creation(set.name));
    let operation = commit(app, new.plan, insert).await?;
    Ok(Created { record: new.record, operation })
}

/// A new entity with what a body sets, and with what the service sets for every entity.
pub(super) fn prepare(set: &'static EntitySet, draft: &Draft) -> Result<Record, ApiError> {
    prepare_with(set, draft, rules_of(set)?)
}

fn prepare_with(
    set: &'static EntitySet,
    draft: &Draft,
    rules: &dyn Rules,
) -> Result<Record, ApiError> {
    let ty = set.entity_type;
    let mut record = Record::new(ty);
    for (name, value) in &draft.members {
        let Some((index, property)) = ty.property(name) else { continue };
        // Clients send back what the service sets, with whatever value: the service's wins.
        let left_out = is_key(ty, name) && matches!(value.as_str(), None | Some(""));
        if property.access == Access::ReadOnly || left_out {
            continue;
        }
        check_value(property, value)?;
        let set = record.set(index, value.clone());
        set.map_err(|error| ApiError::bad_request(format!("{name}: {error}")))?;
    }
    let given = |name: &str| draft.get(name).is_some_and(|value| !value.is_null());
    for missing in ty.properties.iter().filter(|p| p.required && !given(p.name)) {
        let default = rules.default(missing.name).ok_or_else(|| rules.missing(missing.name))?;
        record.put(missing.name, default);
    }
    make_key(&mut record)?;
    let now = DateTime::now();
    for name in ["Created", "LastModified"] {
        record.put(name, now);
    }
    Ok(record)
}

fn is_key(ty: &StructuredType, name: &str) -> bool {
    ty.key.contains(&name)
}

/// Sets the id, unless the client has chosen it; then it must have the form of one.
fn make_key(record: &mut Record) -> Result<(), ApiError> {
    let ty = record.structured_type();
    let [name] = ty.key else { return Ok(()) };
    let Some((_, property)) = ty.property(name) else { return Ok(()) };
    let Type::Id(id) = property.ty else { return Ok(()) };
    match (record.text(name), id.prefix) {
        ("", Some(prefix)) => {
            record.put(name, format!("{prefix}{}", uuid::Uuid::new_v4()));
        }
        (chosen, _) if !id.is_well_formed(chosen) => {
            let message =
                format!("'{chosen}' is not a well-formed id of the entity type {}.", ty.name);
            return Err(ApiError::bad_request(message));
        }
        _ => {}
    }
    Ok(())
}

fn check_value(property: &edm::model::Property, value: &Value) -> Result<(), ApiError> {
    let name = property.name;
    if value.is_null() && !property.nullable {
        let message = format!("The property '{name}' cannot be set to null.");
        return Err(ApiError::bad_request(message));
    }
    if let (Type::Id(id), Some(text)) = (&property.ty, value.as_str())
        && !text.is_empty()
        && !id.is_well_formed(text)
    {
        let message = format!("The property '{name}' must be an id; '{text}' is not one.");
        return Err(ApiError::bad_request(message));
    }
    if let (Some(longest), Some(text)) = (property.max_length, value.as_str())
        && text.chars().count() > usize::try_from(longest).unwrap_or(usize::MAX)
    {
        let message = format!("The property '{name}' is longer than {longest} characters.");
        return Err(ApiError::bad_request(message));
    }
    Ok(())
}

/// Changes an entity: what the body does not have keeps its value, also for PUT, since clients
/// send partial bodies with it.
pub(crate) async fn update(
    app: &App,
    set: &'static EntitySet,
    old: &Record,
    draft: &Draft,
) -> Result<Outcome, ApiError> {
    let rules = rules_of(set)?;
    if !set.allow.update {
        return Err(ApiError::method_not_allowed(format!("{} cannot be updated.", set.name)));
    }
    let ty = set.entity_type;
    let mut new = old.clone();
    for (name, value) in &draft.members {
        let Some((index, property)) = ty.property(name) else { continue };
        match property.access {
            // Clients send whole entities back.
            Access::ReadOnly => {}
            Access::Create if is_same(value, old.value(name)) => {}
            Access::Create => {
                let message = format!("The property '{name}' cannot be changed once it is set.");
                return Err(ApiError::bad_request(message));
            }
            Access::Update => {
                check_value(property, value)?;
                let set = new.set(index, value.clone());
                set.map_err(|error| ApiError::bad_request(format!("{name}: {error}")))?;
            }
        }
    }
    let plan = rules.update(app, old, &mut new, draft).await?;
    new.put("LastModified", DateTime::now());
    let change = Change::Set(set, key_of(set, old), differences(old, &stored(&new)));
    let operation = commit(app, plan, change).await?;
    Ok(Outcome::of_change(operation))
}

/// The properties that have another value. Only they are written: the others may have been changed
/// meanwhile, by a worker, say.
fn differences(old: &Record, new: &Record) -> Vec<(&'static str, Value)> {
    let names = new.structured_type().properties.iter().map(|property| property.name);
    let changed = names.filter(|name| old.value(name) != new.value(name));
    changed.map(|name| (name, new.value(name).clone())).collect()
}

/// Whether a client sends back what it has read: points in time come without their fraction, and
/// nothing may come as null or as an empty text.
fn is_same(sent: &Value, kept: &Value) -> bool {
    match (sent, kept) {
        (Value::DateTime(sent), Value::DateTime(kept)) => {
            sent.truncated_to_millis() == kept.truncated_to_millis()
        }
        (Value::Null, Value::String(text)) | (Value::String(text), Value::Null) => text.is_empty(),
        _ => sent == kept,
    }
}

/// Removes an entity and what goes along with it.
pub(crate) async fn delete(
    app: &App,
    set: &'static EntitySet,
    record: &Record,
    options: &QueryOptions,
) -> Result<Outcome, ApiError> {
    let rules = rules_of(set)?;
    if !set.allow.delete {
        return Err(ApiError::method_not_allowed(format!("{} cannot be deleted.", set.name)));
    }
    let plan = rules.delete(app, record, options).await?;
    let gone = (!plan.keep).then(|| Change::Delete(set, key_of(set, record)));
    let operation = commit(app, plan, gone).await?;
    Ok(Outcome::of_change(operation))
}

/// Adds a link; both entities are there.
pub(crate) async fn add_link(
    app: &App,
    set: &'static EntitySet,
    link: &Link<'_>,
) -> Result<(), ApiError> {
    let (source, target, key) = ends(set, link)?;
    if app.store.links(&source).await?.contains(&key) {
        return Err(ApiError::conflict("The entities are linked already."));
    }
    let plan = rules_of(set)?.link(app, link).await?;
    commit(app, plan, Change::Link(source, target.name, key)).await.map(drop)
}

/// Removes a link; both entities are there.
pub(crate) async fn remove_link(
    app: &App,
    set: &'static EntitySet,
    link: &Link<'_>,
) -> Result<(), ApiError> {
    let (source, _, key) = ends(set, link)?;
    if !app.store.links(&source).await?.contains(&key) {
        return Err(ApiError::no_entity("link"));
    }
    let plan = rules_of(set)?.unlink(app, link).await?;
    commit(app, plan, Change::Unlink(source, key)).await.map(drop)
}

fn ends(
    set: &'static EntitySet,
    link: &Link<'_>,
) -> Result<(Source, &'static EntitySet, String), ApiError> {
    let navigation = link.navigation;
    let target = target_set(navigation)
        .ok_or_else(|| ApiError::internal(format!("no set for {}", navigation.name)))?;
    let source = Source::new(set.name, &key_of(set, link.from), navigation.name);
    Ok((source, target, key_of(target, link.to)))
}

/// Calls an operation that is bound to an entity.
pub(crate) async fn invoke(
    app: &App,
    set: &'static EntitySet,
    record: &Record,
    operation: &'static Operation,
    parameters: &[(&'static str, Value)],
) -> Result<Outcome, ApiError> {
    rules_of(set)?.invoke(app, record, operation, parameters).await
}

/// Commits a change with what goes along; returns the operation to poll, if there is one.
async fn commit(
    app: &App,
    plan: Plan,
    change: impl Into<Option<Change>>,
) -> Result<Option<String>, ApiError> {
    let mut changes = plan.before;
    changes.extend(change.into());
    changes.extend(plan.after);
    if let Err(error) = app.store.commit(changes).await {
        app.carry_out_now(&plan.otherwise).await;
        return Err(error.into());
    }
    app.carry_out(&plan.then).await;
    app.undo_later(&plan.otherwise);
    Ok(plan.operation)
}

impl Outcome {
    /// What a change answers that has no body.
    fn of_change(operation: Option<String>) -> Self {
        operation.map_or(Self::NoContent, |operation_id| Self::Accepted { operation_id })
    }
}

/// A record as it is kept: the service showed ticks of 100 ns once, and milliseconds ever after.
pub(super) fn stored(record: &Record) -> Record {
    let mut kept = record.clone();
    for property in record.structured_type().properties {
        if let Value::DateTime(time) = record.value(property.name) {
            kept.put(property.name, time.truncated_to_millis());
        }
    }
    kept
}
