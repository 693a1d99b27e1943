//! GET.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use edm::json::{DateStyle, Dialect, Format};
use edm::model::{EntitySet, Operation, Type};
use edm::query::QueryOptions;
use edm::version::Version;
use edm::{Record, Value};

use super::negotiate::{Payload, Subject, check_accepts, max_version};
use super::payload::{Page, Writer};
use super::resolve::{Collection, Links, Target, canonical_path};
use super::{Context, reply};
use crate::error::ApiError;
use crate::sets::{Outcome, both};
use crate::store::Query;
use crate::versions::ApiVersion;

/// The most entities of one response.
const PAGE_SIZE: u64 = 1000;

pub(super) async fn get(context: &Context<'_>, target: Target) -> Result<Response, ApiError> {
    match target {
        Target::Root => {
            let version = context.format.version(Payload::Value { collection: false }, false);
            let body = context.writer(version, false).service_document();
            Ok(context.reply(StatusCode::OK, body, Subject::Other, version))
        }
        Target::Metadata => metadata(&context.call.headers, context.api),
        Target::Collection(collection) => feed(context, &collection).await,
        Target::Count(collection) => {
            context.check_options(collection.set)?;
            let query = with_filter(collection.query(), &context.call.options);
            Ok(reply::plain(context.app.store.count(&query).await?.to_string()))
        }
        Target::Entity(set, record) => context.entity(StatusCode::OK, set, &record),
        Target::Nothing => Ok(reply::empty(StatusCode::NO_CONTENT)),
        Target::Property { record, property, raw } => {
            let value = record.value(property.name);
            if raw {
                return raw_value(value);
            }
            let value = context.api.value(value, &property.ty);
            context.value(property.name, &value, &property.ty)
        }
        Target::Links(found) => links(context, &found).await,
        Target::Function(operation) if operation.method == "GET" => {
            let outcome =
                crate::functions::call(context.app, operation, &context.call.options).await?;
            context.outcome(outcome, Some(operation))
        }
        Target::Function(_) | Target::Action(..) => {
            Err(ApiError::method_not_allowed("Method Not Allowed"))
        }
    }
}

impl Context<'_> {
    fn writer(&self, version: Version, just_made: bool) -> Writer<'_> {
        Writer::new(self.format, self.api.model(), &self.root, version, just_made)
    }

    fn reply(
        &self,
        status: StatusCode,
        body: String,
        subject: Subject,
        version: Version,
    ) -> Response {
        reply::payload(status, body, self.format.content_type(subject), version)
    }

    /// A response with an entity.
    pub(super) fn entity(
        &self,
        status: StatusCode,
        set: &'static EntitySet,
        record: &Record,
    ) -> Result<Response, ApiError> {
        let select = self.call.options.select_names();
        check_select(&select, set)?;
        self.check_options(set)?;
        let (record, set) = (self.api.record(record, set), self.api.set(set).unwrap_or(set));
        let payload = Payload::Entity { collections: set.entity_type.has_collection() };
        let version = self.format.version(payload, !select.is_empty());
        self.check_max_version(version)?;
        let just_made = matches!(status, StatusCode::CREATED | StatusCode::ACCEPTED);
        let body = self.writer(version, just_made).entity(&record, set, &select);
        Ok(self.reply(status, body, Subject::Entry, version))
    }

    /// Refuses options of the query that name what there was not in the request's version.
    fn check_options(&self, set: &EntitySet) -> Result<(), ApiError> {
        self.api.check_options(&self.call.options, set.entity_type)
    }

    /// A response with one value: a property's, or what an operation has answered.
    fn value(&self, name: &str, value: &Value, ty: &Type) -> Result<Response, ApiError> {
        let payload = Payload::Value { collection: matches!(ty, Type::Collection(_)) };
        let version = self.format.version(payload, false);
        self.check_max_version(version)?;
        let body = self.writer(version, false).value(name, value, ty);
        Ok(self.reply(StatusCode::OK, body, Subject::Other, version))
    }

    /// The response to an operation, or to a change of an entity.
    pub(super) fn outcome(
        &self,
        outcome: Outcome,
        operation: Option<&'static Operation>,
    ) -> Result<Response, ApiError> {
        match outcome {
            Outcome::NoContent => Ok(reply::empty(StatusCode::NO_CONTENT)),
            Outcome::Accepted { operation_id } => {
                Ok(reply::with_operation(reply::empty(StatusCode::ACCEPTED), &operation_id))
            }
            Outcome::Value(value) => {
                let typed = operation
                    .and_then(|operation| Some((operation.name, operation.result.as_ref()?)));
                let (name, ty) =
                    typed.ok_or_else(|| ApiError::internal("a value of what has no result"))?;
                self.value(name, &value, ty)
            }
        }
    }

    /// A client that does not understand a version must not be sent it.
    fn check_max_version(&self, version: Version) -> Result<(), ApiError> {
        let max = max_version(&self.call.headers)?;
        if max >= version {
            return Ok(());
        }
        Err(ApiError::bad_request(format!(
            "The MaxDataServiceVersion '{max}' is too low for the response. The lowest supported \
             version is '{version}'."
        )))
    }
}

async fn feed(context: &Context<'_>, collection: &Collection) -> Result<Response, ApiError> {
    let (set, options) = (collection.set, &context.call.options);
    if !set.allow.list && collection.parent.is_none() {
        return Err(ApiError::method_not_allowed(format!("{} cannot be listed.", set.name)));
    }
    let select = options.select_names();
    check_select(&select, set)?;
    context.check_options(set)?;
    let shape = context.api.set(set).unwrap_or(set);
    let payload = Payload::Feed { collections: shape.entity_type.has_collection() };
    let version = match context.format.version(payload, !select.is_empty()) {
        // A page is of V2 by custom only: a client of V1 gets the same, as what it knows.
        Version::V2 => Version::V2.min(max_version(&context.call.headers)?),
        version => version,
    };
    context.check_max_version(version)?;
    let mut query = with_filter(collection.query(), options);
    query.order_by.clone_from(&options.order_by);
    query.top = options.top.unwrap_or(PAGE_SIZE).min(PAGE_SIZE);
    query.skip = options.skip.unwrap_or(0);
    let resumed = start_at(&mut query, options)?;
    let count =
        if options.inline_count { Some(context.app.store.count(&query).await?) } else { None };
    let page = context.app.store.query(&query).await?;
    let read = resumed + query.top;
    let more = page.next.filter(|_| options.top.is_none_or(|top| top > read));
    let next = more.map(|after| next_link(context, after, read));
    let path = context.call.path.to_string();
    let around = Page { path: &path, select: &select, count, next: next.as_deref() };
    let records: Vec<_> =
        page.records.iter().map(|record| context.api.record(record, set)).collect();
    let body = context.writer(version, false).feed(&records, shape, &around);
    Ok(context.reply(StatusCode::OK, body, Subject::Feed, version))
}

/// Continues where a page has ended; returns how many entities earlier pages had.
///
/// The token is what [`next_link`] made: where the page ended, and how many there were before.
fn start_at(query: &mut Query, options: &QueryOptions) -> Result<u64, ApiError> {
    let Some(token) = &options.skip_token else { return Ok(0) };
    let malformed =
        || ApiError::bad_request(format!("$skiptoken: '{token}' is not of this service."));
    let (after, read) = token.trim_matches('\'').split_once('-').ok_or_else(malformed)?;
    let read = read.parse().map_err(|_| malformed())?;
    if let Some(top) = options.top {
        query.top = query.top.min(top.saturating_sub(read));
    }
    match after.parse() {
        // In the order of creation: behind the last one, however many there were.
        Ok(after) if is_in_order_of_creation(query) => {
            query.after = Some(after);
            query.skip = 0;
        }
        Ok(_) => query.skip = query.skip.saturating_add(read),
        Err(_) => return Err(malformed()),
    }
    Ok(read)
}

fn is_in_order_of_creation(query: &Query) -> bool {
    query.order_by.is_empty() && query.linked_from.is_none()
}

/// The path and query of the next page, relative to the service root.
fn next_link(context: &Context<'_>, after: i64, read: u64) -> String {
    let options = QueryOptions {
        skip_token: Some(format!("'{after}-{read}'")),
        ..context.call.options.clone()
    };
    format!("{}?{}", context.call.path, options.to_query(Version::V3))
}

fn with_filter(mut query: Query, options: &QueryOptions) -> Query {
    query.filter = match (query.filter.take(), options.filter.clone()) {
        (Some(scope), Some(filter)) => Some(both(scope, filter)),
        (scope, filter) => scope.or(filter),
    };
    query
}

fn check_select(select: &[String], set: &EntitySet) -> Result<(), ApiError> {
    let ty = set.entity_type;
    let known = |name: &String| ty.property(name).is_some() || ty.navigation(name).is_some();
    match select.iter().find(|name| !known(name)) {
        None => Ok(()),
        Some(name) => Err(ApiError::bad_request(format!(
            "Could not find a property named '{name}' on type '{}'.",
            ty.qualified_name()
        ))),
    }
}

async fn links(context: &Context<'_>, links: &Links) -> Result<Response, ApiError> {
    let version = context.format.version(Payload::Value { collection: false }, false);
    let records = context.app.store.query(&links.collection.query()).await?.records;
    let set = links.collection.set;
    let paths: Vec<_> = records.iter().map(|record| canonical_path(set, record)).collect();
    let named = format!("{}/$links/{}", links.from.set.name, links.from.navigation.name);
    let many = links.from.navigation.many && links.key.is_none();
    if paths.is_empty() && !many {
        return Err(ApiError::no_segment(links.from.navigation.name));
    }
    let body = context.writer(version, false).links(&paths, many, &named);
    Ok(context.reply(StatusCode::OK, body, Subject::Other, version))
}

fn raw_value(value: &Value) -> Result<Response, ApiError> {
    match value {
        Value::Null => Err(ApiError::no_segment("$value")),
        Value::String(text) => Ok(reply::plain(text.clone())),
        other => {
            let ty = Type::Primitive(edm::model::Primitive::String);
            let dialect = Dialect::new(Format::Verbose, Version::V3);
            let dialect = Dialect { dates: DateStyle::Stored, ..dialect };
            let json = edm::json::value_to_json(other, &ty, dialect);
            Ok(reply::plain(json.as_str().map_or_else(|| json.to_string(), str::to_owned)))
        }
    }
}

/// The metadata document of a version of the API, which is XML and nothing else.
pub(super) fn metadata(headers: &HeaderMap, api: ApiVersion) -> Result<Response, ApiError> {
    check_accepts(headers, &["application/*", "application/xml", "text/xml"])?;
    let content_type = (header::CONTENT_TYPE.as_str(), "application/xml;charset=utf-8");
    Ok(([content_type, ("dataserviceversion", "3.0;")], api.metadata()).into_response())
}
