//! The rules of the entity sets.
//!
//! What follows from the model alone (types, access, lengths, ids, timestamps) is done here for
//! every set; a set's own rules are in the file of its name. A set that has none is one line in
//! [`rules`].

mod access_policy;
pub(crate) mod asset;
pub(crate) mod asset_file;
mod asset_protection;
mod authorization_policy;
mod content_key;
mod delivery_configuration;
mod delivery_policy;
mod engine;
mod filter;
pub(crate) mod ingest_manifest;
mod job;
mod job_template;
mod live;
mod locator;
mod media_processor;
mod monitoring_configuration;
mod notification_end_point;
pub(crate) mod relation;
mod reserved_unit;
pub(crate) mod storage_account;
mod streaming_endpoint;
pub(crate) mod task_body;
pub(crate) mod template_body;

use async_trait::async_trait;
use axum::http::StatusCode;
use azure_media::v2_19::tables::MODEL;
use edm::filter::BinaryOp;
use edm::literal::Literal;
use edm::model::{EntitySet, Navigation, Operation, Primitive};
use edm::query::QueryOptions;
use edm::{Draft, Expr, Record, Scalar as _, Value};

use crate::app::App;
use crate::error::ApiError;
use crate::store::Change;

pub(crate) use asset_file::{create_file_infos, new_file};
pub(crate) use asset_protection::{is_storage_encrypted, linked};
pub(crate) use delivery_configuration::DeliveryConfiguration;
pub(crate) use delivery_policy::{policy_type, protocols};
pub(crate) use engine::{Created, add_link, create, delete, invoke, remove_link, update};
pub(crate) use filter::{asset_filter_id, compile as compile_filter};
pub(crate) use job::{cancel, is_final, primary_file, state};
pub(crate) use locator::open_times;
pub(crate) use reserved_unit::{account_id, task_slots};
pub(crate) use streaming_endpoint::{
    all as streaming_endpoints, finish_operations, is_classic, serves,
};

/// An entity that is being made.
pub(crate) struct New {
    /// It, with everything set that the model and the request say.
    pub(crate) record: Record,
    /// The request's body: links and entities inside of it are not in the record.
    pub(crate) draft: Draft,
    /// What else happens.
    pub(crate) plan: Plan,
}

/// What happens along with a change of an entity.
#[derive(Default)]
pub(crate) struct Plan {
    /// Changes to commit before that of the entity: conditions, mostly.
    pub(crate) before: Vec<Change>,
    /// Changes to commit behind it.
    pub(crate) after: Vec<Change>,
    /// What to do outside of the store once everything is committed.
    pub(crate) then: Vec<Effect>,
    /// What to do outside of the store if nothing was committed.
    pub(crate) otherwise: Vec<Effect>,
    /// Whether an entity that is to be deleted stays: for now, or because it was refused.
    pub(crate) keep: bool,
    /// The operation to poll, if the change goes on after it is answered: with 202, then.
    pub(crate) operation: Option<String>,
}

/// A link between two entities that is being added or removed.
pub(crate) struct Link<'a> {
    /// The entity whose navigation property it is.
    pub(crate) from: &'a Record,
    /// The navigation property.
    pub(crate) navigation: &'static Navigation,
    /// The entity that it leads to.
    pub(crate) to: &'a Record,
}

/// Something outside of the store. All may be done twice.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// Remove a container and its blobs.
    DeleteContainer(String),
    /// Remove a stored access policy: every SAS URL signed by it ends.
    RemovePolicy { container: String, id: String },
    /// Look for blobs that files of a manifest wait for in its container.
    LookForUploads(String),
    /// Make what streams of an asset need, so that their first client does not wait for it.
    PrepareStreams(String),
    /// Tell the workers that there is something to do.
    WakeWorkers,
    /// Tell who finishes operations that there is one.
    WatchOperations,
}

/// What an operation answers, and a change of an entity.
pub(crate) enum Outcome {
    /// 204.
    NoContent,
    /// 200, and a value of the operation's result type.
    Value(Value),
    /// 202, and what to poll.
    Accepted { operation_id: String },
}

/// The rules of one entity set.
#[async_trait]
pub(crate) trait Rules: Sync {
    /// Completes and checks an entity that is being made.
    async fn create(&self, _app: &App, _new: &mut New) -> Result<(), ApiError> {
        Ok(())
    }

    /// Completes and checks an entity that is being changed.
    async fn update(
        &self,
        _app: &App,
        _old: &Record,
        _new: &mut Record,
        _draft: &Draft,
    ) -> Result<Plan, ApiError> {
        Ok(Plan::default())
    }

    /// Says what goes along with an entity that is removed.
    async fn delete(
        &self,
        _app: &App,
        _record: &Record,
        _options: &QueryOptions,
    ) -> Result<Plan, ApiError> {
        Ok(Plan::default())
    }

    /// Checks a link from an entity of this set that is being added, and says what goes along.
    async fn link(&self, _app: &App, _link: &Link<'_>) -> Result<Plan, ApiError> {
        Ok(Plan::default())
    }

    /// Checks a link from an entity of this set that is being removed, and says what goes along.
    async fn unlink(&self, _app: &App, _link: &Link<'_>) -> Result<Plan, ApiError> {
        Ok(Plan::default())
    }

    /// Calls an operation that is bound to an entity.
    async fn invoke(
        &self,
        _app: &App,
        _record: &Record,
        operation: &'static Operation,
        _parameters: &[(&'static str, Value)],
    ) -> Result<Outcome, ApiError> {
        Err(not_available(operation.name))
    }

    /// What a required property is if a body leaves it out, where that is allowed after all.
    fn default(&self, _property: &str) -> Option<Value> {
        None
    }

    /// What to answer if a required property is missing.
    fn missing(&self, property: &str) -> ApiError {
        ApiError::bad_request(format!("The property '{property}' is required."))
    }
}

/// A set without rules of its own.
struct Plain;
impl Rules for Plain {}

/// The rules of a set; `None` for sets that this service does not offer yet.
pub(crate) fn rules(set: &EntitySet) -> Option<&'static dyn Rules> {
    Some(match set.name {
        "AccessPolicies" => &access_policy::AccessPolicies,
        "AssetDeliveryPolicies" => &delivery_policy::AssetDeliveryPolicies,
        "AssetFilters" => &filter::AssetFilters,
        "Assets" => &asset::Assets,
        "ContentKeyAuthorizationPolicyOptions" => &authorization_policy::Options,
        "ContentKeys" => &content_key::ContentKeys,
        "EncodingReservedUnitTypes" => &reserved_unit::EncodingReservedUnitTypes,
        "Files" => &asset_file::AssetFiles,
        "Filters" => &filter::Filters,
        "IngestManifestAssets" => &ingest_manifest::IngestManifestAssets,
        "IngestManifestFiles" => &ingest_manifest::IngestManifestFiles,
        "IngestManifests" => &ingest_manifest::IngestManifests,
        "Jobs" => &job::Jobs,
        "JobTemplates" => &job_template::JobTemplates,
        "Channels" | "Programs" => &live::Live,
        "Locators" => &locator::Locators,
        "NotificationEndPoints" => &notification_end_point::NotificationEndPoints,
        "MonitoringConfigurations" => &monitoring_configuration::MonitoringConfigurations,
        "StreamingEndpoints" => &streaming_endpoint::StreamingEndpoints,
        "ContentKeyAuthorizationPolicies"
        | "MediaProcessors"
        | "Operations"
        | "StorageAccounts"
        | "TaskTemplates"
        | "Tasks" => &Plain,
        _ => return None,
    })
}

/// What a part of the API answers that is in the model and not in this service.
pub(crate) fn not_available(what: &str) -> ApiError {
    let message = format!("{what} is not available in this version of the service.");
    ApiError::new(StatusCode::NOT_IMPLEMENTED, message)
}

/// The set of a name that the model is known to have.
pub(crate) fn set(name: &'static str) -> Result<&'static EntitySet, ApiError> {
    MODEL.entity_set(name).ok_or_else(|| ApiError::internal(format!("the model has no set {name}")))
}

/// `property eq 'text'`.
pub(crate) fn equals(property: &str, text: &str) -> Expr {
    Expr::binary(BinaryOp::Eq, Expr::property(property), Expr::text(text))
}

/// That an entity is still there when a commit is made: it was when it was looked for.
pub(crate) fn still_there(name: &'static str, key: &str) -> Result<Change, ApiError> {
    let set = set(name)?;
    let key_name = set.entity_type.key.first().copied().unwrap_or_default();
    let otherwise = format!("The {} '{key}' was deleted meanwhile.", set.entity_type.name);
    Ok(Change::Require { set, filter: equals(key_name, key), otherwise })
}

/// Both hold.
pub(crate) fn both(left: Expr, right: Expr) -> Expr {
    Expr::binary(BinaryOp::And, left, right)
}

/// `property eq true`.
pub(crate) fn is_true(property: &str) -> Expr {
    Expr::binary(BinaryOp::Eq, Expr::property(property), Expr::Literal(true.to_literal()))
}

/// `property eq number`, of an `Edm.Int32`.
pub(crate) fn is_number(property: &str, number: i64) -> Expr {
    let literal = Literal::new(Value::Integer(number), Primitive::Int32);
    Expr::binary(BinaryOp::Eq, Expr::property(property), Expr::Literal(literal))
}

/// A member of a complex value; null if it has none of the name.
pub(crate) fn member<'v>(value: &'v Value, name: &str) -> &'v Value {
    const NULL: &Value = &Value::Null;
    let Value::Complex(members) = value else { return NULL };
    members.iter().find(|(member, _)| member == name).map_or(NULL, |(_, value)| value)
}

/// The GUID of an id such as `nb:cid:UUID:…`.
pub(crate) fn guid_of(id: &str) -> &str {
    id.rsplit(':').next().unwrap_or(id)
}

/// Makes the entities that every account has: once, at start. That many tasks can run at the same
/// time.
pub(crate) async fn seed(app: &App, encoders: usize) -> Result<(), ApiError> {
    storage_account::seed(app).await?;
    reserved_unit::seed(app, encoders).await?;
    media_processor::seed(app).await?;
    streaming_endpoint::seed(app).await
}
