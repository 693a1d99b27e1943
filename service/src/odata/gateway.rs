//! Where the API is: what a client asks before anything else, of a host that is not the API's.

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{add_headers, authorize, collect, reply};
use crate::app::App;

/// Sends a client to the API. The root of it is told and no more, whatever was asked for: clients
/// add the path, and repeat verb and body there.
pub(crate) async fn redirect(app: &App, request: Request) -> Response {
    let (head, body) = request.into_parts();
    // A client that is still sending would see a broken connection instead of the answer.
    let _ = collect(body).await;
    let mut response = match authorize(app, &head.headers) {
        Ok(()) => moved(&app.urls.api()),
        Err(error) => reply::error(&error, &head.headers),
    };
    add_headers(&mut response, &head, uuid::Uuid::new_v4());
    response
}

fn moved(api: &str) -> Response {
    let body = format!(
        "<head><title>Object moved</title></head><body><h1>Object Moved</h1>This object may be \
         found <a HREF=\"{api}\">here</a>.</body>"
    );
    let headers = [(header::CONTENT_TYPE, "text/html; charset=UTF-8"), (header::LOCATION, api)];
    (StatusCode::MOVED_PERMANENTLY, headers, body).into_response()
}
