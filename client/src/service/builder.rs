use std::fmt;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use edm::version::Version;
use url::Url;

use super::session::Session;
use super::{Inner, Service};
use crate::dialect::{Dialect, Metadata};
use crate::{Error, Format, Hook, HttpTransport, RetryPolicy, TokenSource, Transport};

/// Builds a [`Service`].
pub struct ServiceBuilder {
    root: String,
    version: Option<Version>,
    format: Option<Format>,
    metadata: Metadata,
    ieee754: bool,
    transport: Option<Arc<dyn Transport>>,
    token: Option<Arc<dyn TokenSource>>,
    headers: Vec<(String, String)>,
    hooks: Vec<Arc<dyn Hook>>,
    redirect_hosts: Vec<String>,
    retry: RetryPolicy,
    timeout: Duration,
    largest_answer: usize,
    tunnel: bool,
    csrf: bool,
}

/// As long as Microsoft's clients wait.
const TIMEOUT: Duration = Duration::from_secs(100);
/// A page of 1000 entities is well below.
const LARGEST_ANSWER: usize = 64 << 20;

impl ServiceBuilder {
    pub(super) fn new(root: String) -> Self {
        Self {
            root,
            version: None,
            format: None,
            metadata: Metadata::Minimal,
            ieee754: false,
            transport: None,
            token: None,
            headers: Vec::new(),
            hooks: Vec::new(),
            redirect_hosts: Vec::new(),
            retry: RetryPolicy::default(),
            timeout: TIMEOUT,
            largest_answer: LARGEST_ANSWER,
            tunnel: false,
            csrf: false,
        }
    }

    /// Says which version of the protocol to speak, instead of the one that the model says; V3 if
    /// neither does.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }

    /// Says which format to speak: by default the JSON of the version, which is light for V3.
    ///
    /// Requests are written in it, and answers are asked for in it, those within a batch included.
    /// What comes back is read in the format that it declares, whichever that is.
    ///
    /// ```
    /// use odata_client::{Format, Service};
    ///
    /// # fn f() -> Result<(), odata_client::Error> {
    /// let service = Service::builder("https://host/odata/").format(Format::Atom).build()?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Says how much the service is asked to say about its data; [`Metadata::Minimal`] by default.
    /// Without metadata there are no ETags, and entities of derived types are not told apart.
    #[must_use]
    pub fn metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Asks a V4 service to send long numbers as texts, for what stands between and reads JSON
    /// with doubles.
    #[must_use]
    pub fn ieee754_compatible(mut self) -> Self {
        self.ieee754 = true;
        self
    }

    /// Sends a bearer token with every request.
    #[must_use]
    pub fn token(mut self, token: impl TokenSource + 'static) -> Self {
        self.token = Some(Arc::new(token));
        self
    }

    /// Sends a header with every request to the service, such as `x-ms-version`; in place of one
    /// that would be sent otherwise.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Shows every request and answer to a hook, which may add headers: also requests to other
    /// hosts, which a service may hand out URLs of.
    #[must_use]
    pub fn hook(mut self, hook: impl Hook + 'static) -> Self {
        self.hooks.push(Arc::new(hook));
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

    /// Says how long one try may take; 100 s by default. Of a stream it is the longest silence.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Says how many bytes of an answer are read into memory; 64 MiB by default. Streams are not
    /// bounded.
    #[must_use]
    pub fn largest_answer(mut self, bytes: usize) -> Self {
        self.largest_answer = bytes;
        self
    }

    /// Sends every method but GET and POST as a POST with `X-HTTP-Method`, for proxies that let
    /// nothing else through.
    #[must_use]
    pub fn tunnel_methods(mut self) -> Self {
        self.tunnel = true;
        self
    }

    /// Fetches a token against cross-site request forgery before it writes (`X-CSRF-Token`, as
    /// services of SAP want it), and keeps the cookies that belong to it.
    #[must_use]
    pub fn csrf_token(mut self) -> Self {
        self.csrf = true;
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
    /// A query of the root, such as a signature, goes with every request to the service.
    ///
    /// # Errors
    ///
    /// The root is no http(s) URL, a header is malformed, or TLS cannot be set up.
    pub fn build(self) -> Result<Service, Error> {
        let (root, query) = parse_root(&self.root)
            .ok_or_else(|| Error::usage("the root of the service is not an http(s) URL"))?;
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
        let version = self.version.unwrap_or(Version::V3);
        let dialect = Dialect {
            version,
            format: self.format.unwrap_or_else(|| Format::of_version(version)),
            metadata: self.metadata,
            ieee754: self.ieee754,
        };
        let inner = Inner {
            root: RwLock::new(root),
            query,
            transport,
            token: self.token,
            headers: self.headers.into_iter().map(header).collect::<Result<_, Error>>()?,
            hooks: self.hooks,
            redirect_hosts,
            retry: self.retry,
            timeout: self.timeout,
            largest_answer: self.largest_answer,
            tunnel: self.tunnel,
            session: self.csrf.then(Session::default),
            version: self.version,
            format: self.format,
        };
        Ok(Service { inner: Arc::new(inner), dialect, model: None })
    }
}

// The query of the root, and headers, may hold secrets.
impl fmt::Debug for ServiceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = self.root.split('?').next().unwrap_or_default();
        f.debug_struct("ServiceBuilder").field("root", &root).finish_non_exhaustive()
    }
}

/// The root and its query. A root ends with a slash, so that relative paths are appended to it.
pub(super) fn parse_root(text: &str) -> Option<(Url, Option<String>)> {
    let mut root = Url::parse(text).ok()?;
    if !matches!(root.scheme(), "http" | "https") || !root.has_host() {
        return None;
    }
    let query = root.query().filter(|query| !query.is_empty()).map(str::to_owned);
    root.set_query(None);
    root.set_fragment(None);
    if !root.path().ends_with('/') {
        let path = format!("{}/", root.path());
        root.set_path(&path);
    }
    Some((root, query))
}
