//! The loop that every call goes through.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use edm::error::ServiceError;
use tracing::Instrument as _;
use url::Url;

use super::attempt::To;
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
    upload: Upload,
    /// Whether the body of the answer is left to the caller.
    open: bool,
    /// A resource that the service has sent the client to.
    elsewhere: Option<String>,
    redirects: usize,
    token_refused: bool,
    csrf_refused: bool,
}

/// A body that is given apart from the call.
enum Upload {
    None,
    Waiting(Body),
    /// It was a stream: there is nothing to send again.
    Spent,
}

impl Course<'_> {
    fn writes(&self) -> bool {
        self.call.idempotency == Idempotency::Write
    }

    fn can_repeat(&self) -> bool {
        !matches!(self.upload, Upload::Spent)
    }

    /// The body to send; one in memory is kept for another try.
    fn take_upload(&mut self) -> Option<Body> {
        let Upload::Waiting(body) = std::mem::replace(&mut self.upload, Upload::Spent) else {
            self.upload = Upload::None;
            return None;
        };
        if let Some(bytes) = body.bytes() {
            self.upload = Upload::Waiting(bytes.clone().into());
        }
        Some(body)
    }

    /// What comes after a try without an answer: another one, if it is sure to do no harm.
    fn lost(&self, error: TransportError, url: &Url) -> Result<Next, Error> {
        let is_final = matches!(error, TransportError::TooLarge(_));
        let error = Error::new(ErrorKind::Connection(Arc::new(error))).of(self.call.method, url);
        if is_final || self.writes() || !self.can_repeat() {
            return Err(error);
        }
        Ok(Next::Wait(error, None))
    }
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
            upload: upload.map_or(Upload::None, Upload::Waiting),
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
        if call.is_unsafe()
            && let Some(session) = &self.inner.session
            && !session.has_token()
        {
            self.fetch_csrf_token(&root).await.map_err(with_call)?;
        }
        let mut to = To { root: &root, url: &url, token: None, fetch: false };
        // What the service hands out, such as the next page, may be on another host: the token
        // stays at home.
        if to.is_home() {
            to.token = self.token().await.map_err(with_call)?;
        }
        let upload = course.take_upload();
        let request = self.request(call, &to, upload).map_err(with_call)?;
        let response = match self.exchange(request).await {
            Ok(response) => response,
            Err(error) => return course.lost(error, &url),
        };
        let (head, body) = response.into_parts();
        for hook in &self.inner.hooks {
            hook.response(&head);
        }
        if let Some(session) = self.inner.session.as_ref().filter(|_| to.is_home()) {
            session.read(&url, &head.headers);
        }
        if course.can_repeat() && self.is_to_repeat(course, &to, &head).await.map_err(with_call)? {
            return Ok(Next::Again);
        }
        self.settle(course, &to, head, body).await
    }

    /// Whether an answer says that the call is to be made again, elsewhere or with another token.
    async fn is_to_repeat(
        &self,
        course: &mut Course<'_>,
        to: &To<'_>,
        head: &http::response::Parts,
    ) -> Result<bool, Error> {
        let status = head.status.as_u16();
        let location = head.headers.get(http::header::LOCATION);
        let location = location.and_then(|location| location.to_str().ok());
        if let Some(location) = location.filter(|_| course.redirects < MOST_REDIRECTS) {
            // A stream may be kept elsewhere, at a URL that is good for this read only.
            let is_stream = course.call.accept == Accept::Any && !course.writes();
            if is_stream && matches!(status, 302 | 303 | 307) {
                course.redirects += 1;
                let location = to.url.join(location).map_err(Error::usage)?;
                if to.url.scheme() == "https" && location.scheme() != "https" {
                    return Err(downgrade(&location));
                }
                course.elsewhere = Some(location.into());
                return Ok(true);
            }
            // Another host has no say in where home is.
            if to.is_home() && matches!(status, 301 | 302 | 307 | 308) {
                course.redirects += 1;
                self.follow(to.root, to.url, location)?;
                return Ok(true);
            }
        }
        // A token may be revoked before it expires: one try with a new one.
        if let (401, false, Some(source), Some(token)) =
            (status, course.token_refused, &self.inner.token, &to.token)
        {
            course.token_refused = true;
            source.refused(token).await;
            return Ok(true);
        }
        if let (403, false, Some(session)) = (status, course.csrf_refused, &self.inner.session)
            && session::wants_token(&head.headers)
        {
            course.csrf_refused = true;
            session.forget_token();
            return Ok(true);
        }
        Ok(false)
    }

    /// Reads an answer, and decides what comes after it.
    async fn settle(
        &self,
        course: &mut Course<'_>,
        to: &To<'_>,
        head: http::response::Parts,
        body: Body,
    ) -> Result<Next, Error> {
        let mut reply = Reply {
            status: head.status.as_u16(),
            format: self.dialect.format,
            headers: head.headers,
            body: Bytes::new(),
            method: course.call.method,
            url: to.url.clone(),
            root: to.root.clone(),
        };
        let succeeded = course.call.accepts(reply.status);
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
            Err(error) => return course.lost(error, to.url),
        }
        if succeeded {
            return Ok(Next::Done(Box::new(Answer { reply, body: None })));
        }
        let error = service_error(&reply).of(course.call.method, to.url);
        if !course.can_repeat() || !is_transient(reply.status, course.call.idempotency) {
            return Err(error);
        }
        let asked = reply.header("retry-after");
        Ok(Next::Wait(error, asked.and_then(|text| retry_after(text, SystemTime::now()))))
    }

    /// Asks the service for a token against forgery. A service that hands out none may do without.
    async fn fetch_csrf_token(&self, root: &Url) -> Result<(), Error> {
        let call = Call::get("");
        let url = self.target_url(root, "")?;
        let to = To { root, url: &url, token: self.token().await?, fetch: true };
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

/// An answer that was within another one, which was to the same call.
pub(crate) fn inner_reply(inner: edm::batch::Response, outer: &Reply) -> Reply {
    let mut headers = http::HeaderMap::new();
    for (name, value) in &inner.headers {
        // What is no header says nothing.
        if let (Ok(name), Ok(value)) =
            (http::HeaderName::try_from(name), http::HeaderValue::try_from(value))
        {
            headers.append(name, value);
        }
    }
    Reply {
        status: inner.status,
        format: reply::format(&headers, &inner.body, outer.format),
        headers,
        body: inner.body.into(),
        ..outer.clone()
    }
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
