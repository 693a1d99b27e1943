//! Which part of the service answers a request: by its host first, and by its path where a host
//! stands for all of the service.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt as _;

use crate::app::App;
use crate::health::Probe;
use crate::token::Form;
use crate::urls::{Role, strip_key_delivery};
use crate::{blob, keys, odata, origin, sign_in};

/// How long one request of the API may take, its body included.
const API_TIMEOUT: Duration = Duration::from_secs(100);

/// What answers requests.
#[derive(Clone)]
struct Parts {
    app: Arc<App>,
    /// Everything, told apart by the path.
    shared: Router,
    /// The storage account, with containers first in the path.
    blobs: Router,
}

/// The whole service.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let blobs = blob::router(app.blobs.clone());
    let shared = Router::new()
        .fallback(shared)
        .with_state(Arc::clone(app))
        .nest(&format!("/{}", app.account.name), blobs.clone());
    Router::new().fallback(by_host).with_state(Parts { app: Arc::clone(app), shared, blobs })
}

async fn by_host(State(parts): State<Parts>, request: Request) -> Response {
    let app = &parts.app;
    let role = app.urls.role(authority(request.headers(), request.uri()));
    // A storage account may have containers of any name; elsewhere these paths are nothing else.
    if !matches!(role, Role::Blob(_) | Role::Gateway)
        && let Some(probe) = Probe::of(request.method(), request.uri().path())
    {
        return probe.answer(app).await;
    }
    match role {
        Role::Gateway => in_time(Box::pin(odata::redirect(app, request))).await,
        Role::Blob(account) if account == app.account.name => answer(parts.blobs, request).await,
        Role::Blob(_) => StatusCode::NOT_FOUND.into_response(),
        Role::Streaming => origin::handle(app, request).await,
        Role::KeyDelivery => deliver(app, request.uri().path().to_owned(), request).await,
        Role::Shared => answer(parts.shared, request).await,
    }
}

async fn answer(router: Router, request: Request) -> Response {
    let Ok(response) = router.oneshot(request).await;
    response
}

/// The host that the client has asked, whether or not it is known here.
pub(crate) fn authority<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> &'a str {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    // A request line may hold a whole URL, which is the stronger (RFC 9112 §3.2.2).
    uri.authority().map(|authority| authority.as_str()).or(host).unwrap_or_default()
}

/// Everything but blobs. Paths of the API cannot be routes: their parentheses, quotes and
/// encoded slashes mean something.
async fn shared(State(app): State<Arc<App>>, request: Request) -> Response {
    let path = request.uri().path();
    if odata::is_below_base(path) {
        return in_time(Box::pin(odata::handle(&app, request))).await;
    }
    if let Some(form) = Form::of(path)
        && request.method() == Method::POST
    {
        return in_time(Box::pin(sign_in::token(&app, form, request))).await;
    }
    if let Some(path) = strip_key_delivery(path).map(str::to_owned) {
        return deliver(&app, path, request).await;
    }
    if origin::is_for(path) {
        return origin::handle(&app, request).await;
    }
    match *request.method() {
        Method::GET if path == "/" => odata::redirect(&app, request).await,
        Method::GET => sign_in::metadata(&app, path, request.uri().query()),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn deliver(app: &App, path: String, request: Request) -> Response {
    in_time(Box::pin(keys::handle(app, &path, request))).await
}

async fn in_time(answer: impl Future<Output = Response>) -> Response {
    let answered = tokio::time::timeout(API_TIMEOUT, answer).await;
    answered.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}
