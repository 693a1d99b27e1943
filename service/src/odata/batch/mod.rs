//! `$batch`: several requests in one.
//!
//! | file | what |
//! |---|---|
//! | `change_set.rs` | requests that are done together, or not at all |
//! | `fold.rs` | which of them are parts of an entity that another one makes |
//! | `references.rs` | `$1`: what a request of the change set has made |

mod change_set;
mod fold;
mod references;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use edm::batch::{self, BatchError, Ids, Part, Request};

use super::call::Call;
use super::negotiate::text;
use super::{answer_call, collect, reply};
use crate::app::App;
use crate::error::ApiError;

pub(super) use references::References;

/// The most requests of one batch.
const MOST_REQUESTS: usize = 1000;
/// How large the answers of one batch may be together.
const LARGEST_ANSWER: usize = 32 << 20;

/// A request of a batch.
struct Embedded {
    /// What others of its change set name it by.
    id: Option<String>,
    call: Call,
    body: Bytes,
}

/// A request of a batch that has failed, and its answer.
struct Failed(batch::Response);

/// Answers a batch. What goes wrong with a part is said in its place among the answers.
pub(super) async fn answer(app: &App, outer: &Call, body: Body) -> Result<Response, ApiError> {
    outer.check()?;
    if outer.method != "POST" {
        return Err(ApiError::method_not_allowed("A batch is sent by POST."));
    }
    let content_type = text(&outer.headers, "content-type").unwrap_or_default();
    if !content_type.trim_start().to_ascii_lowercase().starts_with("multipart/mixed") {
        let message = "A batch has the content type multipart/mixed, and a boundary.";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let parts = batch::read_requests(content_type, &collect(body).await?)?;
    let requests = parts.iter().map(|part| match part {
        Part::One(_) => 1,
        Part::ChangeSet(requests) => requests.len(),
    });
    if requests.sum::<usize>() > MOST_REQUESTS {
        let message = format!("A batch can have {MOST_REQUESTS} requests.");
        return Err(ApiError::bad_request(message));
    }
    let mut answers = Vec::with_capacity(parts.len());
    let mut room = LARGEST_ANSWER;
    for part in parts {
        let answer = match part {
            Part::One(request) => Part::One(alone(app, outer, request, room).await),
            Part::ChangeSet(requests) => {
                Part::ChangeSet(Box::pin(change_set::answer(app, outer, requests)).await)
            }
        };
        let answered = match &answer {
            Part::One(answer) => std::slice::from_ref(answer),
            Part::ChangeSet(answers) => answers,
        };
        let size = answered.iter().map(|answer| answer.body.len()).sum();
        room = room.saturating_sub(size);
        answers.push(answer);
    }
    let seed = uuid::Uuid::new_v4().to_string();
    let written = batch::write_responses(&answers, Ids::Inner, &seed);
    let headers = [
        (header::CONTENT_TYPE.as_str(), written.content_type.as_str()),
        ("dataserviceversion", "1.0;"),
    ];
    Ok((StatusCode::ACCEPTED, headers, written.body).into_response())
}

/// Answers a request that stands by itself, unless the answers have grown too large for it.
async fn alone(app: &App, outer: &Call, request: Request, room: usize) -> batch::Response {
    let (id, headers) = (request.id.clone(), header_map(&request));
    let answered = async {
        if room == 0 {
            let message = "The answers of the batch are too large: send fewer requests in one.";
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message));
        }
        let embedded = Embedded::new(outer, request)?;
        Box::pin(answer_call(app, &embedded.call, Body::from(embedded.body))).await
    };
    let response = answered.await.unwrap_or_else(|error| reply::error(&error, &headers));
    part(response, id).await
}

impl Embedded {
    fn new(outer: &Call, request: Request) -> Result<Self, ApiError> {
        let mut headers = header_map(&request);
        // Clients say their version once.
        let version = outer.options.custom("api-version").map(HeaderValue::try_from);
        let version = version.and_then(Result::ok);
        if let Some(version) = outer.headers.get("x-ms-version").cloned().or(version) {
            headers.entry("x-ms-version").or_insert(version);
        }
        let call = Call::embedded(&request.method, &request.url, headers)?;
        if call.is_batch() {
            return Err(ApiError::bad_request("A batch cannot be part of a batch."));
        }
        Ok(Self { id: request.id, call, body: Bytes::from(request.body) })
    }
}

/// The headers of a request; those that HTTP does not allow are left out.
fn header_map(request: &Request) -> HeaderMap {
    let header = |(name, value): &(String, String)| {
        let name = HeaderName::try_from(name.as_str()).ok()?;
        Some((name, HeaderValue::try_from(value.as_str()).ok()?))
    };
    request.headers.iter().filter_map(header).collect()
}

/// A response as a part of another.
async fn part(response: Response, id: Option<String>) -> batch::Response {
    let (head, body) = response.into_parts();
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    let mut headers: batch::Headers = head
        .headers
        .iter()
        .filter_map(|(name, value)| Some((title_case(name.as_str()), text(value)?)))
        .collect();
    headers.push(("X-Content-Type-Options".to_owned(), "nosniff".to_owned()));
    headers.push(("Cache-Control".to_owned(), "no-cache".to_owned()));
    // The service has the whole body in memory already.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default().to_vec();
    batch::Response { id, status: head.status.as_u16(), headers, body }
}

/// `content-type` → `Content-Type`: parts of a batch are read by parsers simpler than those of
/// HTTP.
fn title_case(name: &str) -> String {
    if name == "dataserviceversion" {
        return "DataServiceVersion".to_owned();
    }
    let mut start = true;
    let letter = |letter: char| {
        let printed = if start { letter.to_ascii_uppercase() } else { letter };
        start = letter == '-';
        printed
    };
    name.chars().map(letter).collect()
}

impl From<BatchError> for ApiError {
    fn from(error: BatchError) -> Self {
        Self::bad_request(format!("The batch cannot be read: {error}."))
    }
}
