//! The OData endpoint: from an HTTP request to what it reads or changes, and back.

mod batch;
mod call;
mod gateway;
mod negotiate;
mod payload;
mod read;
mod reply;
mod resolve;
mod write;

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use edm::path::strip_base;
use futures_util::StreamExt as _;
use percent_encoding::percent_decode_str;

use crate::app::App;
use crate::error::ApiError;
use crate::versions::ApiVersion;
use batch::References;
use call::Call;
use negotiate::{ResponseFormat, text};
use resolve::{Target, resolve};

pub(crate) use gateway::redirect;
pub(crate) use resolve::{key_of, key_text, linked_entity};

/// Where the API is. Some clients take exactly this off the URLs that they are given.
pub(crate) const BASE_PATH: &str = "/api/";

/// The largest body: a job with thirty tasks of the longest configuration.
const LARGEST_BODY: usize = 8 << 20;
/// How much of a larger one is read before it is refused.
const LONGEST_READ: usize = 64 << 20;

/// One request, with what all handlers need.
struct Context<'a> {
    app: &'a App,
    call: &'a Call,
    /// The version of the API that the request is for.
    api: ApiVersion,
    root: String,
    format: ResponseFormat,
    /// What the ids of a change set stand for.
    references: Option<&'a References>,
}

/// Whether a path is below the API's base, in whatever way a client writes that.
pub(crate) fn is_below_base(path: &str) -> bool {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    strip_base(&decoded, BASE_PATH).is_some()
}

/// Answers a request below [`BASE_PATH`].
pub(crate) async fn handle(app: &App, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let request_id = uuid::Uuid::new_v4();
    let answered = Box::pin(answer(app, &head, body)).await;
    let mut response = answered.unwrap_or_else(|error| reply::error(&error, &head.headers));
    add_headers(&mut response, &head, request_id);
    tracing::info!(
        method = %head.method,
        path = head.uri.path(),
        status = response.status().as_u16(),
        %request_id,
        "api"
    );
    response
}

async fn answer(app: &App, head: &Parts, body: Body) -> Result<Response, ApiError> {
    authorize(app, &head.headers)?;
    app.throttle.admit()?;
    let call = Call::new(&head.method, &head.uri, head.headers.clone())?;
    if call.is_batch() {
        return batch::answer(app, &call, body).await;
    }
    answer_call(app, &call, body).await
}

/// Answers one request, by itself or as part of a batch.
async fn answer_call(app: &App, call: &Call, body: Body) -> Result<Response, ApiError> {
    let api = call.check()?;
    let target = Box::pin(resolve(&call.path, app.store.as_ref())).await?;
    if matches!(target, Target::Metadata) {
        return read::metadata(&call.headers, api);
    }
    let context = Context::new(app, call, api, &target)?;
    match call.method.as_str() {
        "GET" => read::get(&context, target).await,
        _ => write::write(&context, target, collect(body).await?).await,
    }
}

impl<'a> Context<'a> {
    /// Chooses the format of the response to a request for a target.
    fn new(
        app: &'a App,
        call: &'a Call,
        api: ApiVersion,
        target: &Target,
    ) -> Result<Self, ApiError> {
        let format = match target {
            // Plain text: whatever is accepted is not JSON.
            Target::Count(_) | Target::Property { raw: true, .. } => {
                negotiate::check_accepts(&call.headers, &["text/*", "text/plain"])?;
                ResponseFormat::LIGHT
            }
            _ => {
                let format = call.options.format.as_deref();
                let format = ResponseFormat::negotiate(&call.headers, format, target.subject());
                match call.method.as_str() {
                    "GET" | "POST" => format?,
                    // There is nothing to be answered in any format.
                    _ => format.unwrap_or(ResponseFormat::Atom),
                }
            }
        };
        Ok(Self { app, call, api, root: app.urls.api(), format, references: None })
    }
}

fn authorize(app: &App, headers: &HeaderMap) -> Result<(), ApiError> {
    let refuse = |message: &str| Err(ApiError::new(StatusCode::UNAUTHORIZED, message));
    let Some(authorization) = text(headers, "authorization") else {
        return refuse("Authorization is missing: a bearer token is needed.");
    };
    match authorization.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            if app.tokens.is_good(token.trim()) {
                Ok(())
            } else {
                refuse("The token is malformed, expired, or not from this service.")
            }
        }
        _ => refuse("Authorization must be a bearer token."),
    }
}

/// Reads a body. One that is too large is read on for a while and forgotten: clients look at the
/// answer once they have sent everything, and would see a broken connection instead of it.
async fn collect(body: Body) -> Result<Bytes, ApiError> {
    let mut pieces = body.into_data_stream();
    let (mut collected, mut length) = (BytesMut::new(), 0_usize);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| ApiError::bad_request("The body is cut short."))?;
        length = length.saturating_add(piece.len());
        if length <= LARGEST_BODY {
            collected.extend_from_slice(&piece);
        } else if length > LONGEST_READ {
            break;
        }
    }
    if length > LARGEST_BODY {
        let message = format!("The body is larger than {LARGEST_BODY} bytes.");
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message));
    }
    Ok(collected.freeze())
}

/// The headers that every answer of the service had.
fn add_headers(response: &mut Response, head: &Parts, request_id: uuid::Uuid) {
    let headers = response.headers_mut();
    let fixed = [
        ("cache-control", "no-cache"),
        ("server", "Microsoft-IIS/8.5"),
        ("x-content-type-options", "nosniff"),
        ("x-powered-by", "ASP.NET"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("access-control-expose-headers", "request-id, x-ms-request-id"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::try_from(request_id.to_string()) {
        headers.insert("request-id", id.clone());
        headers.insert("x-ms-request-id", id);
    }
    const LONGEST_CLIENT_ID: usize = 2096;
    if let Some(id) = head.headers.get("x-ms-client-request-id")
        && id.len() <= LONGEST_CLIENT_ID
    {
        headers.insert("x-ms-client-request-id", id.clone());
    }
    if !headers.contains_key(header::CONTENT_LENGTH) && response.status() == StatusCode::NO_CONTENT
    {
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
}
