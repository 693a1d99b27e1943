//! List Blobs.

use axum::body::Body;
use axum::http::header;

use super::super::store::ListQuery;
use super::error::ApiError;
use super::{Call, Reply, xml};

/// Most entries of a page, and how many one has when the client does not say
/// (Azure: "List Blobs").
const MAX_RESULTS: usize = 5000;

pub(super) async fn list_blobs(call: &Call<'_>, base_url: &str) -> Result<Reply, ApiError> {
    let query = call.query;
    let max = match query.get("maxresults") {
        None => MAX_RESULTS,
        Some(text) => match text.parse::<usize>() {
            Ok(max) if max > 0 => max.min(MAX_RESULTS),
            _ => return Err(ApiError::invalid_query("maxresults")),
        },
    };
    let marker = query
        .get("marker")
        .map(|text| text.parse().map_err(|_| ApiError::invalid_query("marker")))
        .transpose()?;
    let request = ListQuery {
        prefix: query.get("prefix").unwrap_or_default().to_owned(),
        delimiter: query.get("delimiter").map(str::to_owned),
        marker,
        max,
    };
    let page = call.store.list_page(call.container, &request).await?;
    let body = xml::listing(base_url, call.container, &request, query.get("marker"), &page);
    let mut reply = Reply::new(Body::from(body));
    reply.headers_mut().insert(header::CONTENT_TYPE, xml::CONTENT_TYPE);
    Ok(reply)
}
