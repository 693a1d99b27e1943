//! POST, MERGE, PATCH, PUT and DELETE.

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use edm::Record;
use edm::json;
use edm::model::{EntitySet, Operation};
use serde_json::Value as Json;

use super::resolve::{Collection, Links, Target, canonical_path, linked_entity};
use super::{Context, negotiate, reply};
use crate::error::ApiError;
use crate::sets::relation::{Relation, relation};
use crate::sets::{self, Created, Link};

pub(super) async fn write(
    context: &Context<'_>,
    method: &str,
    target: Target,
    body: Bytes,
) -> Result<Response, ApiError> {
    match (method, target) {
        ("POST", Target::Collection(collection)) => create(context, &collection, &body).await,
        ("POST", Target::Action(set, record, operation)) => {
            invoke(context, set, &record, operation, &body).await
        }
        ("POST", Target::Links(links)) => add_link(context, &links, &body).await,
        ("DELETE", Target::Links(links)) => remove_link(context, &links).await,
        ("MERGE" | "PATCH" | "PUT", Target::Entity(set, record)) => {
            let draft = json::read_draft(&parse(context, &body)?, set.entity_type)?;
            context.outcome(sets::update(context.app, set, &record, &draft).await?, None)
        }
        ("DELETE", Target::Entity(set, record)) => {
            context.outcome(sets::delete(context.app, set, &record, &context.options).await?, None)
        }
        (method, _) => Err(not_allowed(context, method)),
    }
}

fn not_allowed(context: &Context<'_>, method: &str) -> ApiError {
    let uri = context.app.urls.api_path(context.head.uri.path());
    ApiError::method_not_allowed(match method {
        "POST" => format!(
            "The URI '{uri}' is not valid for POST operation. For POST operations, the URI must \
             refer to a service operation or an entity set."
        ),
        "PUT" | "MERGE" | "PATCH" | "DELETE" => format!(
            "The URI '{uri}' is not valid for {method} operation. The URI must point to a single \
             resource for {method} operations."
        ),
        _ => "Method Not Allowed".to_owned(),
    })
}

/// The body as JSON. What went wrong with it is said, where the original service only logged it.
fn parse(context: &Context<'_>, body: &Bytes) -> Result<Json, ApiError> {
    negotiate::check_content_type(&context.head.headers)?;
    serde_json::from_slice(body).map_err(|error| {
        ApiError::bad_request(format!("Parsing request content failed due to: not JSON: {error}"))
    })
}

async fn create(
    context: &Context<'_>,
    collection: &Collection,
    body: &Bytes,
) -> Result<Response, ApiError> {
    if collection.filter.is_some() || collection.linked_from.is_some() {
        return Err(not_allowed(context, "POST"));
    }
    let set = collection.set;
    let draft = json::read_draft(&parse(context, body)?, set.entity_type)?;
    let Created { record, operation } = Box::pin(sets::create(context.app, set, draft)).await?;
    let status = if operation.is_some() { StatusCode::ACCEPTED } else { StatusCode::CREATED };
    let mut response = context.entity(status, set, &record)?;
    let location = format!("{}{}", context.root, canonical_path(set, &record));
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(match operation {
        Some(operation_id) => reply::with_operation(response, &operation_id),
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
        json::read_parameters(&parse(context, body)?, operation.parameters)?
    };
    let outcome = sets::invoke(context.app, set, record, operation, &values).await?;
    context.outcome(outcome, Some(operation))
}

/// Links can be changed where they are links, and the model says so.
fn check_writable(links: &Links) -> Result<(), ApiError> {
    let stored = relation(links.set.name, links.navigation.name) == Relation::Links;
    if stored && links.navigation.links && sets::rules(links.collection.set).is_some() {
        return Ok(());
    }
    let name = links.navigation.name;
    Err(ApiError::method_not_allowed(format!("The links of {name} cannot be changed.")))
}

async fn add_link(
    context: &Context<'_>,
    links: &Links,
    body: &Bytes,
) -> Result<Response, ApiError> {
    check_writable(links)?;
    let body = parse(context, body)?;
    let url = ["url", "uri"].into_iter().find_map(|name| body.get(name)?.as_str());
    let url =
        url.ok_or_else(|| ApiError::bad_request("The body must have a member 'url' or 'uri'."))?;
    let (set, key) = linked_entity(url)?;
    if set.name != links.collection.set.name {
        let message = format!("The link must lead into {}.", links.collection.set.name);
        return Err(ApiError::bad_request(message));
    }
    let to = target(context, set, &key).await?;
    let link = Link { from: &links.record, navigation: links.navigation, to: &to };
    sets::add_link(context.app, links.set, &link).await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

async fn remove_link(context: &Context<'_>, links: &Links) -> Result<Response, ApiError> {
    check_writable(links)?;
    let key = links.key.as_ref().ok_or_else(|| not_allowed(context, "DELETE"))?;
    let to = target(context, links.collection.set, key).await?;
    let link = Link { from: &links.record, navigation: links.navigation, to: &to };
    sets::remove_link(context.app, links.set, &link).await?;
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
