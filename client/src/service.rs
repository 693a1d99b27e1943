use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use edm::EntityType;
use edm::error::ServiceError;
use edm::json::{Declared, Dialect, Format};
use edm::path::{ResourcePath, Segment};
use edm::version::Version;
use tracing::Instrument as _;
use url::Url;

use crate::call::{Accept, CallBody};
use crate::error::without_secrets;
use crate::retry::{is_transient, retry_after};
use crate::{
    AccessToken, Call, Collection, EntityRequest, Error, ErrorKind, HttpTransport, Idempotency,
    Reply, RetryPolicy, TokenSource, Transport,
};

/// How often a service may move within one call.
const MOST_REDIRECTS: usize = 3;

/// A service: its root and how to call it. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Service(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Where the service is; it may say that it has moved.
    root: RwLock<Url>,
    transport: Arc<dyn Transport>,
    token: Option<Arc<dyn TokenSource>>,
    headers: Vec<(http::HeaderName, http::HeaderValue)>,
    redirect_hosts: Vec<String>,
    retry: RetryPolicy,
    format: Format,
}

/// Builds a [`Service`].
#[derive(Debug)]
pub struct ServiceBuilder {
    root: String,
    transport: Option<Arc<dyn Transport>>,
    token: Option<Arc<dyn TokenSource>>,
    headers: Vec<(String, String)>,
    redirect_hosts: Vec<String>,
    retry: RetryPolicy,
    format: Format,
}

impl ServiceBuilder {
    /// Sends a bearer token with every request.
    #[must_use]
    pub fn token(mut self, token: impl TokenSource + 'static) -> Self {
        self.token = Some(Arc::new(token));
        self
    }

    /// Sends a header with every request, such as `x-ms-version`.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Allows the service to move to this host, and all below it if it starts with a dot. Only the
    /// host that is called at first is allowed otherwise: a token must not go astray.
    #[must_use]
    pub fn redirect_host(mut self, host: &str) -> Self {
        self.redirect_hosts.push(host.to_ascii_lowercase());
        self
    }

    /// Says when a call is tried again.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Says which JSON to speak; light by default.
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Carries requests by other means than [`HttpTransport`].
    #[must_use]
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// The service. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The root is no http(s) URL, a header is malformed, or TLS cannot be set up.
    pub fn build(self) -> Result<Service, Error> {
        let root = parse_root(&self.root)
            .ok_or_else(|| Error::usage(format!("'{}' is not an http(s) URL", self.root)))?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(HttpTransport::new().map_err(Error::usage)?),
        };
        let header = |(name, value): (String, String)| {
            let name = http::HeaderName::try_from(name).map_err(Error::usage)?;
            Ok((name, http::HeaderValue::try_from(value).map_err(Error::usage)?))
        };
        let mut redirect_hosts = self.redirect_hosts;
        redirect_hosts.extend(root.host_str().map(str::to_owned));
        Ok(Service(Arc::new(Inner {
            root: RwLock::new(root),
            transport,
            token: self.token,
            headers: self.headers.into_iter().map(header).collect::<Result<_, Error>>()?,
            redirect_hosts,
            retry: self.retry,
            format: self.format,
        })))
    }
}

/// A root ends with a slash, so that relative paths are appended to it.
fn parse_root(text: &str) -> Option<Url> {
    let mut root = Url::parse(text).ok()?;
    if !matches!(root.scheme(), "http" | "https") || !root.has_host() {
        return None;
    }
    root.set_query(None);
    root.set_fragment(None);
    if !root.path().ends_with('/') {
        let path = format!("{}/", root.path());
        root.set_path(&path);
    }
    Some(root)
}

crate::operation::invokes!(Service, |this| this, "");

impl Service {
    /// Starts to build a service from the URL of its root, such as `https://host/api/`.
    pub fn builder(root: impl Into<String>) -> ServiceBuilder {
        ServiceBuilder {
            root: root.into(),
            transport: None,
            token: None,
            headers: Vec::new(),
            redirect_hosts: Vec::new(),
            retry: RetryPolicy::default(),
            format: Format::Light,
        }
    }

    /// Where the service is now, with a slash at the end.
    pub fn root(&self) -> Url {
        // A panic while the lock is held is not possible: it guards one assignment.
        self.0
            .root
            .read()
            .map_or_else(|poisoned| poisoned.into_inner().clone(), |root| root.clone())
    }

    /// An entity set of the service.
    pub fn set<E: EntityType>(&self, name: &str) -> Collection<E> {
        let path = ResourcePath { segments: vec![Segment::new(name)] };
        Collection::new(self.clone(), path.to_string())
    }

    /// A singleton of the service.
    pub fn singleton<E: EntityType>(&self, name: &str) -> EntityRequest<E> {
        EntityRequest::new(self.clone(), Segment::new(name).to_string())
    }

    /// Sends a call: authorises it, follows a service that has moved, and tries again what may be
    /// tried again.
    ///
    /// # Errors
    ///
    /// The service refuses, or there is no answer.
    pub async fn send(&self, call: &Call) -> Result<Reply, Error> {
        let span = tracing::debug_span!(
            "odata",
            method = call.method,
            target = call.target.split('?').next().unwrap_or_default()
        );
        self.send_until_done(call).instrument(span).await
    }

    async fn send_until_done(&self, call: &Call) -> Result<Reply, Error> {
        let mut delays = self.0.retry.delays();
        let mut redirects = 0;
        let mut token_refused = false;
        loop {
            let root = self.root();
            let url = target_url(&root, &call.target)?;
            let with_call = |error: Error| error.of(call.method, &url);
            let token = self.token().await.map_err(with_call)?;
            // What the service hands out, such as the next page, may be on another host: the token
            // stays at home, and that host has no say in where home is.
            let token = token.filter(|_| url.origin() == root.origin());
            let request = self.request(call, &root, &url, token.as_ref()).map_err(with_call)?;
            let wait = match self.0.transport.send(request).await {
                Ok(response) => {
                    let status = response.status().as_u16();
                    let moved = matches!(status, 301 | 302 | 307 | 308);
                    if moved && url.origin() == root.origin() && redirects < MOST_REDIRECTS {
                        redirects += 1;
                        self.follow(&root, &response).map_err(with_call)?;
                        continue;
                    }
                    // A token may be revoked before it expires: one try with a new one.
                    if let (401, false, Some(source), Some(token)) =
                        (status, token_refused, &self.0.token, &token)
                    {
                        token_refused = true;
                        source.refused(token).await;
                        continue;
                    }
                    if response.status().is_success() {
                        return Ok(self.reply(response));
                    }
                    let asked = header(&response, "retry-after")
                        .and_then(|header| retry_after(header, SystemTime::now()));
                    let error = with_call(service_error(&response));
                    if !is_transient(status, call.idempotency) {
                        return Err(error);
                    }
                    self.next_delay(&mut delays, asked).ok_or(error)?
                }
                Err(error) => {
                    let error = with_call(Error::new(ErrorKind::Connection(Arc::new(error))));
                    if call.idempotency == Idempotency::Write {
                        return Err(error);
                    }
                    self.next_delay(&mut delays, None).ok_or(error)?
                }
            };
            tracing::debug!(wait_ms = wait.as_millis(), "trying again");
            tokio::time::sleep(wait).await;
        }
    }

    fn next_delay(
        &self,
        delays: &mut impl Iterator<Item = Duration>,
        asked: Option<Duration>,
    ) -> Option<Duration> {
        let delay = delays.next()?;
        match asked {
            Some(asked) if asked > self.0.retry.longest_delay => None,
            Some(asked) => Some(asked.max(delay)),
            None => Some(delay),
        }
    }

    async fn token(&self) -> Result<Option<AccessToken>, Error> {
        match &self.0.token {
            None => Ok(None),
            Some(source) => source.token().await.map(Some),
        }
    }

    fn request(
        &self,
        call: &Call,
        root: &Url,
        url: &Url,
        token: Option<&AccessToken>,
    ) -> Result<http::Request<Bytes>, Error> {
        let dialect = self.dialect();
        let media_type = dialect.content_type();
        let mut request = http::Request::builder()
            .method(call.method)
            .uri(url.as_str())
            .header(
                http::header::ACCEPT,
                match call.accept {
                    Accept::Json => media_type,
                    Accept::Text => "text/plain",
                    Accept::Any => "*/*",
                },
            )
            .header("DataServiceVersion", "3.0")
            .header("MaxDataServiceVersion", "3.0")
            .header("x-ms-client-request-id", uuid::Uuid::new_v4().to_string());
        for (name, value) in &self.0.headers {
            request = request.header(name, value);
        }
        if let Some(token) = token {
            let value = http::HeaderValue::try_from(format!("Bearer {}", token.secret()));
            let mut value = value.map_err(|_| Error::usage("the token is not a header value"))?;
            value.set_sensitive(true);
            request = request.header(http::header::AUTHORIZATION, value);
        }
        let body = call.body.as_ref().map(|body| body.to_bytes(dialect, root.as_str()));
        if let Some(body) = &call.body {
            let content_type = match body {
                CallBody::Bytes { content_type, .. } => content_type.as_str(),
                _ => media_type,
            };
            request = request.header(http::header::CONTENT_TYPE, content_type);
        }
        request.body(body.unwrap_or_default()).map_err(Error::usage)
    }

    /// Remembers where the service has moved to. `Location` is its new root and nothing else; the
    /// call is made again there, with its method and body.
    fn follow(&self, from: &Url, response: &http::Response<Bytes>) -> Result<(), Error> {
        let location = header(response, "location").unwrap_or_default();
        let refuse = |problem| {
            Err(Error::new(ErrorKind::Redirect { location: location.to_owned(), problem }))
        };
        let Some(root) = from.join(location).ok().and_then(|url| parse_root(url.as_str())) else {
            return refuse("which is not an http(s) URL");
        };
        let host = root.host_str().unwrap_or_default();
        let allowed = |pattern: &String| match pattern.strip_prefix('.') {
            Some(domain) => host.strip_suffix(domain).is_some_and(|name| name.ends_with('.')),
            None => host == pattern,
        };
        if !self.0.redirect_hosts.iter().any(allowed) {
            return refuse(
                "a host that is not allowed: allow it with redirect_host if it is right",
            );
        }
        if from.scheme() == "https" && root.scheme() == "http" {
            return refuse("which would send the token in the clear");
        }
        if root == *from {
            return refuse("which is where it was called");
        }
        tracing::debug!(root = %without_secrets(&root), "the service has moved");
        match self.0.root.write() {
            Ok(mut slot) => *slot = root,
            Err(poisoned) => *poisoned.into_inner() = root,
        }
        Ok(())
    }

    /// How bodies are written.
    fn dialect(&self) -> Dialect {
        let version = match self.0.format {
            Format::Light | Format::Verbose => Version::V3,
            Format::V4 => Version::V4,
        };
        Dialect::new(self.0.format, version)
    }

    fn reply(&self, response: http::Response<Bytes>) -> Reply {
        // What the service declares counts, not what was asked for.
        let declared = Declared {
            content_type: header(&response, "content-type"),
            data_service_version: header(&response, "dataserviceversion"),
            odata_version: header(&response, "odata-version"),
        };
        let format = Format::of_response(declared).unwrap_or(self.0.format);
        Reply {
            status: response.status().as_u16(),
            operation_id: header(&response, "operation-id").map(str::to_owned),
            format,
            body: response.into_body(),
        }
    }
}

fn target_url(root: &Url, target: &str) -> Result<Url, Error> {
    let url = if target.contains("://") {
        Url::parse(target)
    } else {
        Url::parse(&format!("{root}{target}"))
    };
    url.map_err(|error| Error::usage(format!("'{target}' is not a URL: {error}")))
}

fn header<'a>(response: &'a http::Response<Bytes>, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

fn service_error(response: &http::Response<Bytes>) -> Error {
    let text = String::from_utf8_lossy(response.body());
    let error = ServiceError::parse(&text).unwrap_or_else(|| {
        // Not in a form of OData: a proxy's page, perhaps. The start tells enough.
        ServiceError::new("", text.chars().take(200).collect::<String>().trim())
    });
    Error::new(ErrorKind::Service {
        status: response.status().as_u16(),
        error: Box::new(error),
        request_id: header(response, "x-ms-request-id").map(str::to_owned),
    })
}
