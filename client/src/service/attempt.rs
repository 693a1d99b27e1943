//! One request to a service and its answer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderValue, header};
use tokio::time::Instant;
use url::Url;

use super::Service;
use crate::{AccessToken, Body, Call, Error, TransportError};

/// Where one request goes and what it shows.
pub(super) struct To<'a> {
    pub(super) root: &'a Url,
    pub(super) url: &'a Url,
    pub(super) token: Option<AccessToken>,
    /// Whether it asks for a token against forgery.
    pub(super) fetch: bool,
}

impl To<'_> {
    /// Whether it is the service itself that is called, and no other host.
    pub(super) fn is_home(&self) -> bool {
        self.url.origin() == self.root.origin()
    }
}

impl Service {
    /// The request of a call.
    pub(super) fn request(
        &self,
        call: &Call,
        to: &To<'_>,
        upload: Option<Body>,
    ) -> Result<http::Request<Body>, Error> {
        let mut headers = self.part_headers(call)?;
        let id = uuid::Uuid::new_v4().to_string();
        headers.insert("x-ms-client-request-id", HeaderValue::try_from(id).map_err(Error::usage)?);
        // Headers may be secrets, and so they stay at home like the token.
        for (name, value) in self.inner.headers.iter().filter(|_| to.is_home()) {
            // Wishes add up; of anything else, what the user says counts.
            match *name == "prefer" {
                true => drop(headers.append(name, value.clone())),
                false => drop(headers.insert(name, value.clone())),
            }
        }
        if let Some(token) = &to.token {
            let value = HeaderValue::try_from(format!("Bearer {}", token.secret()));
            let mut value = value.map_err(|_| Error::usage("the token is not a header value"))?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        if let Some(session) = self.inner.session.as_ref()
            && to.is_home()
        {
            session.write(to.url, &mut headers, to.fetch, call.is_unsafe());
        }
        let mut method = call.method;
        if self.inner.tunnel && !matches!(method, "GET" | "POST") {
            headers.insert("x-http-method", HeaderValue::from_static(method));
            method = "POST";
        }
        let body = match (upload, &call.body) {
            (Some(upload), _) => upload,
            (None, Some(body)) => body.to_bytes(self.dialect, to.root.as_str()).into(),
            (None, None) => Bytes::new().into(),
        };
        let request = http::Request::builder().method(method).uri(to.url.as_str());
        let (mut head, body) = request.body(body).map_err(Error::usage)?.into_parts();
        head.headers = headers;
        for hook in &self.inner.hooks {
            hook.request(&mut head)?;
        }
        Ok(http::Request::from_parts(head, body))
    }

    /// The headers of a call within a batch: those that the request around it does not say.
    pub(crate) fn part_headers(&self, call: &Call) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
        self.dialect.write(call, &mut headers)?;
        if !call.prefer.is_empty() {
            let wishes = HeaderValue::try_from(call.prefer.join(", ")).map_err(Error::usage)?;
            headers.insert("prefer", wishes);
        }
        for (name, value) in &call.headers {
            headers.insert(name, value.clone());
        }
        Ok(headers)
    }

    /// Sends one request and waits for the head of its answer, for as long as the body that is
    /// sent goes on.
    pub(super) async fn exchange(
        &self,
        request: http::Request<Body>,
    ) -> Result<http::Response<Body>, TransportError> {
        let timeout = self.inner.timeout;
        let progress = Progress::default();
        let request = request.map(|body| progress.watch(body));
        let sending = self.inner.transport.send(request);
        let response = tokio::select! {
            response = sending => response?,
            () = progress.silence(timeout) => return Err(TransportError::TimedOut(timeout)),
        };
        Ok(response.map(|body| timed(body, timeout)))
    }
}

/// When a body that is sent has last moved.
#[derive(Clone)]
struct Progress(Arc<Mutex<Instant>>);

impl Default for Progress {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

impl Progress {
    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self, body: Body) -> Body {
        if body.bytes().is_some() {
            return body;
        }
        let progress = self.clone();
        Body::stream(body.into_stream().inspect(move |_| {
            *progress.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        }))
    }

    /// Waits until nothing has moved for so long.
    async fn silence(&self, timeout: Duration) {
        loop {
            let end = self.last() + timeout;
            if end <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(end).await;
        }
    }
}

/// A body of which every chunk must come in time.
fn timed(body: Body, timeout: Duration) -> Body {
    let stream =
        futures_util::stream::try_unfold(body.into_stream(), move |mut stream| async move {
            match tokio::time::timeout(timeout, stream.next()).await {
                Err(_) => Err(TransportError::TimedOut(timeout).into()),
                Ok(None) => Ok(None),
                Ok(Some(chunk)) => chunk.map(|chunk| Some((chunk, stream))),
            }
        });
    Body::stream::<_, Bytes, crate::BodyError>(stream)
}
