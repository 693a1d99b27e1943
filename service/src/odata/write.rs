//! POST, MERGE, PATCH, PUT and DELETE.

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use edm::model::{EntitySet, Operation};
use edm::{Draft, Record, atom, json};

use super::negotiate::{self, BodyFormat};
use super::resolve::{Collection, Links, Parent, Target, canonical_path, key_of, linked_entity};
use super::{Context, reply};
use crate::app::App;
use crate::change_set::ChangeSet;
use crate::error::ApiError;
use crate::sets::relation::{Relation, relation};
use crate::sets::{self, Created, Link};

pub(super) async fn write(
    context: &Context<'_>,
    target: Target,
    body: Bytes,
) -> Result<Response, ApiError> {
    match (context.call.method.as_str(), target) {
        ("POST", Target::Collection(collection)) => {
            let draft = draft(context, collection.set, &body)?;
            let created = create(context, &collection, draft).await?;
            made(context, collection.set, &created)
        }
        ("POST", Target::Action(set, record, operation)) => {
            invoke(context, set, &record, operation, &body).await
        }
        ("POST", Target::Links(links)) => add_link(context, &links, &body).await,
        ("DELETE", Target::Links(links)) => remove_link(context, &links).await,
        ("MERGE" | "PATCH" | "PUT", Target::Entity(set, record)) => {
            let draft = draft(context, set, &body)?;
            context.outcome(sets::update(context.app, set, &record, &draft).await?, None)
        }
        ("DELETE", Target::Entity(set, record)) => {
            let options = &context.call.options;
            context.outcome(sets::delete(context.app, set, &record, options).await?, None)
        }
        _ => Err(not_allowed(context)),
    }
}

fn not_allowed(context: &Context<'_>) -> ApiError {
    let uri = format!("{}{}", context.root, context.call.path);
    ApiError::method_not_allowed(match context.call.method.as_str() {
        "POST" => format!(
            "The URI '{uri}' is not valid for POST operation. For POST operations, the URI must \
             refer to a service operation or an entity set."
        ),
        method @ ("PUT" | "MERGE" | "PATCH" | "DELETE") => format!(
            "The URI '{uri}' is not valid for {method} operation. The URI must point to a single \
             resource for {method} operations."
        ),
        _ => "Method Not Allowed".to_owned(),
    })
}

/// What the body says of an entity.
pub(super) fn draft(
    context: &Context<'_>,
    set: &'static EntitySet,
    body: &Bytes,
) -> Result<Draft, ApiError> {
    let mut draft = match negotiate::body_format(&context.call.headers)? {
        BodyFormat::Json => json::read_draft(&json::parse_tolerant(body)?, set.entity_type)?,
        BodyFormat::Xml => atom::read_draft(body, set.entity_type)?,
    };
    context.api.check_draft(&draft, set.entity_type)?;
    if let Some(references) = context.references {
        references.expand_draft(&mut draft);
    }
    Ok(draft)
}

/// Makes an entity of a set, or of what a navigation property leads to.
pub(super) async fn create(
    context: &Context<'_>,
    collection: &Collection,
    mut draft: Draft,
) -> Result<Created, ApiError> {
    let set = collection.set;
    let Some(parent) = &collection.parent else {
        return Box::pin(sets::create(context.app, set, draft)).await;
    };
    match relation(parent.set.name, parent.navigation.name) {
        Relation::Children(property) => {
            draft.members.retain(|(name, _)| name != property);
            let key = key_of(parent.set, &parent.record);
            draft.members.push((property.into(), key.into()));
            Box::pin(sets::create(context.app, set, draft)).await
        }
        Relation::Links if set.allow.create && is_writable(parent, set) => {
            // An entity that could not be linked is not made.
            let changes = ChangeSet::begin(context.app).await?;
            let result = create_linked(changes.app(), parent, set, draft).await;
            changes.end(result.is_ok()).await?;
            result
        }
        _ => Err(not_allowed(context)),
    }
}

async fn create_linked(
    app: &App,
    parent: &Parent,
    set: &'static EntitySet,
    draft: Draft,
) -> Result<Created, ApiError> {
    let created = Box::pin(sets::create(app, set, draft)).await?;
    let link = Link { from: &parent.record, navigation: parent.navigation, to: &created.record };
    sets::add_link(app, parent.set, &link).await?;
    Ok(created)
}

/// The response to what has made an entity; it says where that is.
pub(super) fn made(
    context: &Context<'_>,
    set: &'static EntitySet,
    created: &Created,
) -> Result<Response, ApiError> {
    let Created { record, operation } = created;
    let status = if operation.is_some() { StatusCode::ACCEPTED } else { StatusCode::CREATED };
    let mut response = context.entity(status, set, record)?;
    let location = format!("{}{}", context.root, canonical_path(set, record));
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(match operation {
        Some(operation_id) => reply::with_operation(response, operation_id),
        None => response,
    })
}

async fn invoke(
    context: &Context<'_>,
    set: &'static EntitySet,
    record: &Record,
    operation: &'static Operation,
    body: &Bytes,
) -> Result<Response, ApiError> {
    let values = if operation.parameters.is_empty() {
        Vec::new()
    } else {
        if negotiate::body_format(&context.call.headers)? != BodyFormat::Json {
            let message = "The parameters of an action are sent as JSON.";
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        }
        json::read_parameters(&json::parse_tolerant(body)?, operation.parameters)?
    };
    let outcome = sets::invoke(context.app, set, record, operation, &values).await?;
    context.outcome(outcome, Some(operation))
}

/// Links can be changed where they are links, and the model says so.
fn is_writable(from: &Parent, target: &EntitySet) -> bool {
    let stored = relation(from.set.name, from.navigation.name) == Relation::Links;
    stored && from.navigation.links && sets::rules(target).is_some()
}

fn check_writable(links: &Links) -> Result<(), ApiError> {
    if is_writable(&links.from, links.collection.set) {
        return Ok(());
    }
    let name = links.from.navigation.name;
    Err(ApiError::method_not_allowed(format!("The links of {name} cannot be changed.")))
}

async fn add_link(
    context: &Context<'_>,
    links: &Links,
    body: &Bytes,
) -> Result<Response, ApiError> {
    check_writable(links)?;
    let url = &link_url(context, body)?;
    let (set, key) = match context.references {
        Some(references) => linked_entity(&references.expand(url))?,
        None => linked_entity(url)?,
    };
    if set.name != links.collection.set.name {
        let message = format!("The link must lead into {}.", links.collection.set.name);
        return Err(ApiError::bad_request(message));
    }
    let to = target(context, set, &key).await?;
    let link = Link { from: &links.from.record, navigation: links.from.navigation, to: &to };
    sets::add_link(context.app, links.from.set, &link).await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// The URL in the body that adds a link.
fn link_url(context: &Context<'_>, body: &Bytes) -> Result<String, ApiError> {
    match negotiate::body_format(&context.call.headers)? {
        BodyFormat::Xml => Ok(atom::read_uri(body)?),
        BodyFormat::Json => {
            let body = json::parse_tolerant(body)?;
            let url = ["url", "uri"].into_iter().find_map(|name| body.get(name)?.as_str());
            url.map(str::to_owned)
                .ok_or_else(|| ApiError::bad_request("The body must have a member 'url' or 'uri'."))
        }
    }
}

async fn remove_link(context: &Context<'_>, links: &Links) -> Result<Response, ApiError> {
    check_writable(links)?;
    let key = links.key.as_ref().ok_or_else(|| not_allowed(context))?;
    let to = target(context, links.collection.set, key).await?;
    let link = Link { from: &links.from.record, navigation: links.from.navigation, to: &to };
    sets::remove_link(context.app, links.from.set, &link).await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

async fn target(
    context: &Context<'_>,
    set: &'static EntitySet,
    key: &str,
) -> Result<Record, ApiError> {
    let found = context.app.store.get(set, key).await?;
    found.ok_or_else(|| ApiError::no_entity(set.entity_type.name))
}
