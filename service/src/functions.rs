//! The service operations: GET requests that are not reads of an entity set.

use azure_media::v2_19::tables::MODEL;
use edm::literal::Literal;
use edm::model::{EntitySet, Operation, Parameter, Type};
use edm::query::QueryOptions;

use crate::app::App;
use crate::error::ApiError;
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
        name => return Err(sets::not_available(name)),
    }
    Ok(Outcome::NoContent)
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
    let literal = argument(parameter, options)?;
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
