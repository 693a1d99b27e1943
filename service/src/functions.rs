//! The service operations: GET requests that are not reads of an entity set.

use azure_media::v2_19::tables::MODEL;
use edm::Value;
use edm::literal::Literal;
use edm::model::{EntitySet, Operation, Parameter, Primitive, Type};
use edm::query::QueryOptions;

use crate::app::App;
use crate::error::ApiError;
use crate::keys;
use crate::odata::key_text;
use crate::sets::{self, Outcome};

/// Calls a service operation.
pub(crate) async fn call(
    app: &App,
    operation: &'static Operation,
    options: &QueryOptions,
) -> Result<Outcome, ApiError> {
    match operation.name {
        "CancelJob" => sets::cancel(app, &id(operation, options, "Jobs")?).await?,
        "CreateFileInfos" => {
            sets::create_file_infos(app, &id(operation, options, "Assets")?).await?;
        }
        "GetProtectionKeyId" | "GetProtectionKey" | "RebindContentKey" => {
            let key = Box::pin(content_key(app, operation, options)).await?;
            return Ok(Outcome::Value(Value::String(key)));
        }
        name => return Err(sets::not_available(name)),
    }
    Ok(Outcome::NoContent)
}

/// The operations about content keys and what protects them.
async fn content_key(
    app: &App,
    operation: &'static Operation,
    options: &QueryOptions,
) -> Result<String, ApiError> {
    match operation.parameters {
        [certificate_of] if certificate_of.ty.primitive() == Some(Primitive::Int32) => {
            let ty = argument(certificate_of, options)?;
            keys::protection_key_id(app, ty.value.as_integer().unwrap_or(-1))
        }
        [protection_key_id] => {
            let id = argument(protection_key_id, options)?;
            keys::protection_key(app, id.value.as_str().unwrap_or_default())
        }
        [key_id, certificate] => {
            let id = entity_id(argument(key_id, options)?, "ContentKeys")?;
            // Without one, the key is given in the clear.
            let certificate = match options.custom(certificate.name) {
                Some(_) => argument(certificate, options)?.value,
                None => Value::Null,
            };
            keys::rebind(app, &id, certificate.as_str().unwrap_or_default()).await
        }
        _ => Err(ApiError::internal("the operation has other parameters")),
    }
}

/// The id that is an operation's only parameter; its name may be in any case.
fn id(
    operation: &'static Operation,
    options: &QueryOptions,
    set: &'static str,
) -> Result<String, ApiError> {
    let [parameter] = operation.parameters else {
        return Err(ApiError::internal("the operation has not one parameter"));
    };
    entity_id(argument(parameter, options)?, set)
}

/// A literal that must be an id of a set's entities.
fn entity_id(literal: Literal, set: &'static str) -> Result<String, ApiError> {
    let set: &'static EntitySet =
        MODEL.entity_set(set).ok_or_else(|| ApiError::internal("the model has no such set"))?;
    key_text(set, &edm::path::KeyPredicate::Single(literal.into()))
}

/// The value of a parameter: a literal of its type.
fn argument(parameter: &Parameter, options: &QueryOptions) -> Result<Literal, ApiError> {
    let name = parameter.name;
    let text = options
        .custom(name)
        .ok_or_else(|| ApiError::bad_request(format!("The parameter '{name}' is missing.")))?;
    let syntax = |_| ApiError::bad_request("Bad Request - Error in query syntax.");
    let literal = Literal::parse(text.trim()).map_err(syntax)?;
    match (literal.primitive, &parameter.ty) {
        (found, Type::Id(_) | Type::Primitive(_) | Type::Enum(_))
            if found == parameter.ty.primitive() =>
        {
            Ok(literal)
        }
        _ => Err(ApiError::bad_request("Bad Request - Error in query syntax.")),
    }
}
