//! The loop that every call goes through.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use edm::error::ServiceError;
use tracing::Instrument as _;
use url::Url;

use super::attempt::Addressed;
use super::{Service, session};
use crate::call::{Accept, is_absolute, refuse};
use crate::error::without_secrets;
use crate::retry::{is_transient, retry_after};
use crate::{AccessToken, Body, Call, Error, ErrorKind, Idempotency, Reply, TransportError, reply};

/// How often a service may move within one call.
const MOST_REDIRECTS: usize = 3;
/// So much of an answer that is an error is read.
const LARGEST_ERROR: usize = 1 << 20;

/// The answer to a call: all of it, or its head and the stream of its body.
struct Answer {
    reply: Reply,
    body: Option<Body>,
}

/// What has happened to a call so far.
struct Course<'a> {
    call: &'a Call,
    upload: Option<Body>,
    /// Whether the body of the answer is left to the caller.
    open: bool,
    /// A resource that the service has sent the client to.
    elsewhere: Option<String>,
    redirects: usize,
    token_refused: bool,
    csrf_refused: bool,
}

/// What comes after a try.
enum Next {
    Done(Box<Answer>),
    Again,
    /// It has failed; perhaps another try is worth it, no sooner than asked.
    Wait(Error, Option<Duration>),
}

impl Service {
    /// Sends a call: authorises it, follows a service that has moved, and tries again what may be
    /// tried again. Dropping the future abandons the call.
    ///
    /// # Errors
    ///
    /// The service refuses, or there is no answer.
    pub async fn send(&self, call: &Call) -> Result<Reply, Error> {
        Box::pin(self.run(call, None, false)).await.map(|answer| answer.reply)
    }

    /// Sends a call and leaves the body of the answer to be read.
    pub(crate) async fn open(&self, call: &Call) -> Result<(Reply, Body), Error> {
        let answer = Box::pin(self.run(call, None, true)).await?;
        Ok((answer.reply, answer.body.unwrap_or_else(|| Bytes::new().into())))
    }

    /// Sends a call whose body is a stream and reads the whole answer.
    pub(crate) async fn upload(&self, call: &Call, upload: Body) -> Result<Reply, Error> {
        Box::pin(self.run(call, Some(upload), false)).await.map(|answer| answer.reply)
    }

    async fn run(&self, call: &Call, upload: Option<Body>, open: bool) -> Result<Answer, Error> {
        refuse(call)?;
        let span = tracing::debug_span!(
            "odata",
            method = call.method,
            target = call.target.split('?').next().unwrap_or_default()
        );
        let course = Course {
            call,
            upload,
            open,
            elsewhere: None,
            redirects: 0,
            token_refused: false,
            csrf_refused: false,
        };
        self.until_done(course).instrument(span).await
    }

    async fn until_done(&self, mut course: Course<'_>) -> Result<Answer, Error> {
        let mut delays = self.inner.retry.delays();
        loop {
            let wait = match self.attempt(&mut course).await? {
                Next::Done(answer) => return Ok(*answer),
                Next::Again => continue,
                Next::Wait(error, asked) => self.next_delay(&mut delays, asked).ok_or(error)?,
            };
            tracing::debug!(wait_ms = wait.as_millis(), "trying again");
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, course: &mut Course<'_>) -> Result<Next, Error> {
        let call = course.call;
        let root = self.root();
        let target = course.elsewhere.as_deref().unwrap_or(&call.target);
        let url = self.target_url(&root, target)?;
        let with_call = |error: Error| error.of(call.method, &url);
        let writes = call.idempotency == Idempotency::Write;
        if writes
            && let Some(session) = &self.inner.session
            && !session.has_token()
        {
            self.fetch_csrf_token(&root).await.map_err(with_call)?;
        }
        let token = self.token().await.map_err(with_call)?;
        // What the service hands out, such as the next page, may be on another host: the token
        // stays at home, and that host has no say in where home is.
        let is_home = url.origin() == root.origin();
        let token = token.filter(|_| is_home);
        let (upload, can_repeat) = match course.upload.take() {
            None => (None, true),
            Some(body) => {
                course.upload = body.bytes().cloned().map(Body::from);
                (Some(body), course.upload.is_some())
            }
        };
        let to = Addressed { root: &root, url: &url, token: token.as_ref(), fetch: false };
        let request = self.request(call, &to, upload).map_err(with_call)?;
        let lost =
            |error: TransportError| with_call(Error::new(ErrorKind::Connection(Arc::new(error))));
        let response = match self.exchange(request).await {
            Ok(response) => response,
            Err(error) if writes || !can_repeat => return Err(lost(error)),
            Err(error) => return Ok(Next::Wait(lost(error), None)),
        };
        let (head, body) = response.into_parts();
        for hook in &self.inner.hooks {
            hook.response(&head);
        }
        if let Some(session) = self.inner.session.as_ref().filter(|_| is_home) {
            session.read(&url, &head.headers);
        }
        let status = head.status.as_u16();
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        if can_repeat {
            let location = header("location").filter(|_| course.redirects < MOST_REDIRECTS);
            if let Some(location) = location {
                // A stream may be kept elsewhere, at a URL that is good for this read only.
                if matches!(status, 301..=303 | 307 | 308) && call.accept == Accept::Any && !writes
                {
                    course.redirects += 1;
                    let location = url.join(location).map_err(Error::usage).map_err(with_call)?;
                    if url.scheme() == "https" && location.scheme() != "https" {
                        return Err(with_call(downgrade(&location)));
                    }
                    course.elsewhere = Some(location.into());
                    return Ok(Next::Again);
                }
                if matches!(status, 301 | 302 | 307 | 308) && is_home {
                    course.redirects += 1;
                    self.follow(&root, &url, location).map_err(with_call)?;
                    return Ok(Next::Again);
                }
            }
            // A token may be revoked before it expires: one try with a new one.
            if let (401, false, Some(source), Some(token)) =
                (status, course.token_refused, &self.inner.token, &token)
            {
                course.token_refused = true;
                source.refused(token).await;
                return Ok(Next::Again);
            }
            if let (403, false, Some(session)) = (status, course.csrf_refused, &self.inner.session)
                && session::wants_token(&head.headers)
            {
                course.csrf_refused = true;
                session.forget_token();
                return Ok(Next::Again);
            }
        }
        let mut reply = Reply {
            status,
            format: self.dialect.format,
            headers: head.headers,
            body: Bytes::new(),
            method: call.method,
            url: url.clone(),
            root: root.clone(),
        };
        let conditional = call.headers.iter().any(|(name, _)| name == http::header::IF_NONE_MATCH);
        let succeeded = matches!(status, 200..=299) || status == 304 && conditional;
        if course.open && succeeded {
            return Ok(Next::Done(Box::new(Answer { reply, body: Some(body) })));
        }
        let limit = if succeeded { self.inner.largest_answer } else { LARGEST_ERROR };
        let collected = tokio::time::timeout(self.inner.timeout, body.collect(limit)).await;
        match collected.unwrap_or(Err(TransportError::TimedOut(self.inner.timeout))) {
            Ok(body) => {
                reply.format = reply::format(&reply.headers, &body, reply.format);
                reply.body = body;
            }
            // What an error says does not matter more than that it is one.
            Err(_) if !succeeded => {}
            Err(error) if writes || !can_repeat => return Err(lost(error)),
            Err(error @ TransportError::TooLarge(_)) => return Err(lost(error)),
            Err(error) => return Ok(Next::Wait(lost(error), None)),
        }
        if succeeded {
            return Ok(Next::Done(Box::new(Answer { reply, body: None })));
        }
        let asked =
            reply.header("retry-after").and_then(|text| retry_after(text, SystemTime::now()));
        let error = with_call(service_error(&reply));
        if !can_repeat || !is_transient(status, call.idempotency) {
            return Err(error);
        }
        Ok(Next::Wait(error, asked))
    }

    /// Asks the service for a token against forgery. A service that hands out none may do without.
    async fn fetch_csrf_token(&self, root: &Url) -> Result<(), Error> {
        let call = Call::get("");
        let url = self.target_url(root, "")?;
        let token = self.token().await?;
        let to = Addressed { root, url: &url, token: token.as_ref(), fetch: true };
        let request = self.request(&call, &to, None)?;
        let response = self.exchange(request).await;
        let response =
            response.map_err(|error| Error::new(ErrorKind::Connection(Arc::new(error))))?;
        if let Some(session) = &self.inner.session {
            session.read(&url, response.headers());
        }
        Ok(())
    }

    fn next_delay(
        &self,
        delays: &mut impl Iterator<Item = Duration>,
        asked: Option<Duration>,
    ) -> Option<Duration> {
        let delay = delays.next()?;
        match asked {
            Some(asked) if asked > self.inner.retry.longest_delay => None,
            Some(asked) => Some(asked.max(delay)),
            None => Some(delay),
        }
    }

    async fn token(&self) -> Result<Option<AccessToken>, Error> {
        match &self.inner.token {
            None => Ok(None),
            Some(source) => source.token().await.map(Some),
        }
    }

    /// The URL of a target. The query of the root goes with it, unless it is there already or
    /// the target is on another host.
    fn target_url(&self, root: &Url, target: &str) -> Result<Url, Error> {
        let url = match is_absolute(target) {
            true => Url::parse(target),
            false => Url::parse(&format!("{root}{target}")),
        };
        let mut url = url.map_err(|error| {
            Error::usage(format!("'{}' is no URL: {error}", target.split('?').next().unwrap_or("")))
        })?;
        if let Some(query) = self.inner.query.as_deref().filter(|_| url.origin() == root.origin()) {
            let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
            let present: Vec<String> =
                url.query().unwrap_or_default().split('&').map(name).collect();
            let added = query.split('&').filter(|pair| !present.contains(&name(pair)));
            let parts: Vec<&str> =
                url.query().filter(|query| !query.is_empty()).into_iter().chain(added).collect();
            let all = parts.join("&");
            url.set_query(Some(&all));
        }
        Ok(url)
    }
}

fn downgrade(location: &Url) -> Error {
    let problem = "which would read the stream in the clear";
    Error::new(ErrorKind::Redirect { location: without_secrets(location), problem })
}

/// An answer that was within another one.
pub(crate) fn from_batch(inner: edm::batch::Response, outer: &Reply) -> Result<Reply, Error> {
    let mut headers = http::HeaderMap::new();
    for (name, value) in &inner.headers {
        // What is no header says nothing.
        if let (Ok(name), Ok(value)) =
            (http::HeaderName::try_from(name), http::HeaderValue::try_from(value))
        {
            headers.append(name, value);
        }
    }
    Ok(Reply {
        status: inner.status,
        format: reply::format(&headers, &inner.body, outer.format),
        headers,
        body: inner.body.into(),
        method: outer.method,
        url: outer.root.clone(),
        root: outer.root.clone(),
    })
}

/// What a service says of a call that failed.
pub(crate) fn service_error(reply: &Reply) -> Error {
    let text = String::from_utf8_lossy(&reply.body);
    // Not in a form of OData: a proxy's page, perhaps. The start tells enough.
    let unknown = || ServiceError::new("", crate::error::excerpt(&reply.body));
    let error = Box::new(ServiceError::parse(&text).unwrap_or_else(unknown));
    Error::new(ErrorKind::Service {
        status: reply.status,
        error,
        request_id: reply.request_id().map(str::to_owned),
    })
}
