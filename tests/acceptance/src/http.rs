//! Requests as the quickstart article writes them, and what comes back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, ClientBuilder};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Method, redirect::Policy};
use serde_json::Value as Json;

use crate::service::Info;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(60);
const JSON: &str = "application/json";
const VERBOSE: &str = "application/json;odata=verbose";

/// A client of the service that has a token. It follows no redirect and retries nothing.
#[derive(Clone)]
pub struct Api {
    http: Client,
    root: String,
    /// The token.
    pub token: String,
}

fn builder() -> ClientBuilder {
    Client::builder().redirect(Policy::none()).no_proxy().timeout(TIMEOUT)
}

/// Leads every name to one address.
struct Everywhere(SocketAddr);

impl Resolve for Everywhere {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(std::iter::once(self.0));
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

/// One request.
#[derive(Clone)]
pub struct Call {
    http: Client,
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
}

/// What came back, with what was asked.
#[derive(Debug)]
pub struct Reply {
    /// The request, for messages.
    pub asked: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, whole.
    pub body: Vec<u8>,
}

impl Api {
    /// Gets a token as an AAD client does, at the address for plain HTTP if there is one.
    pub(crate) fn connect(info: &Info) -> Self {
        let Some(address) = info.listen.first() else { return Self::over_tls(info) };
        let http = builder().build().expect("making an HTTP client");
        let token = info.token.split("://").nth(1).and_then(|token| token.split_once('/'));
        let (_, token) = token.expect("the token URL has a path");
        Self::sign_in(
            http,
            format!("http://{address}/api/"),
            &format!("http://{address}/{token}"),
            info,
        )
    }

    /// Gets a token over TLS. Whatever a host is called, it is the service at its first address.
    ///
    /// # Panics
    ///
    /// When the service speaks no TLS, or none that its certificate is good for.
    pub fn over_tls(info: &Info) -> Self {
        let address = info.listen_tls.first().and_then(|address| address.parse().ok());
        let resolver = Everywhere(address.expect("the service speaks TLS"));
        let mut builder = builder().dns_resolver(Arc::new(resolver));
        if let Some(ca) = &info.ca {
            let pem = std::fs::read(ca).expect("reading the certificate of the authority");
            builder = builder.tls_certs_only([Certificate::from_pem(&pem).expect("a certificate")]);
        }
        let http = builder.build().expect("making an HTTP client");
        Self::sign_in(http, info.api.clone(), &info.token, info)
    }

    fn sign_in(http: Client, root: String, token: &str, info: &Info) -> Self {
        let mut api = Self { http, root, token: String::new() };
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&resource={}",
            crate::percent(&info.client_id),
            crate::percent(&info.client_secret),
            crate::percent("https://rest.media.azure.net"),
        );
        let reply = api.form(token, &form).send().expect(200);
        reply.json()["access_token"].as_str().expect("an access_token").clone_into(&mut api.token);
        api
    }

    /// A POST of a form.
    pub fn form(&self, url: &str, body: &str) -> Call {
        let call = self.plain("POST", url).body(body);
        call.header("content-type", "application/x-www-form-urlencoded")
    }

    /// A request to any URL, with no header but those that HTTP needs.
    pub fn plain(&self, method: &str, url: &str) -> Call {
        Call {
            http: self.http.clone(),
            method: Method::from_bytes(method.as_bytes()).expect("a method"),
            url: url.to_owned(),
            headers: HeaderMap::new(),
            body: None,
        }
    }

    /// A request to a path of the API, with the headers of the article.
    pub fn call(&self, method: &str, path: &str) -> Call {
        self.plain(method, &format!("{}{path}", self.root))
            .header("dataserviceversion", "1.0;NetFx")
            .header("maxdataserviceversion", "3.0;NetFx")
            .header("accept", JSON)
            .header("accept-charset", "UTF-8")
            .header("authorization", &format!("Bearer {}", self.token))
            .header("x-ms-version", "2.19")
    }

    /// GET.
    pub fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    /// POST of JSON.
    pub fn post(&self, path: &str, body: impl ToString) -> Call {
        self.call("POST", path).json(body)
    }

    /// MERGE of JSON.
    pub fn merge(&self, path: &str, body: impl ToString) -> Call {
        self.call("MERGE", path).json(body)
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Call {
        self.call("DELETE", path)
    }
}

impl Call {
    /// Sets a header, in place of what it was.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).expect("a header name");
        self.headers.insert(name, HeaderValue::try_from(value).expect("a header value"));
        self
    }

    /// Leaves a header out.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets a body of plain `application/json`.
    pub fn json(self, body: impl ToString) -> Self {
        self.body(body.to_string()).header("content-type", JSON)
    }

    /// Asks for verbose JSON, and says so of the body, too.
    pub fn verbose(self) -> Self {
        self.header("accept", VERBOSE)
            .header("content-type", VERBOSE)
            .header("dataserviceversion", "3.0")
            .header("maxdataserviceversion", "3.0")
    }

    /// Sends the request, and again as often as the service asks for that, for a minute at most.
    #[track_caller]
    pub fn send_patiently(self) -> Reply {
        let ends = Instant::now() + Duration::from_secs(60);
        loop {
            let reply = self.clone().send();
            let wait = reply.header("retry-after").parse().map(Duration::from_secs);
            match wait {
                Ok(wait) if reply.status == 503 && Instant::now() < ends => thread::sleep(wait),
                _ => return reply,
            }
        }
    }

    /// Sends the request.
    #[track_caller]
    pub fn send(self) -> Reply {
        let asked = format!(
            "{} {}\n{}{}",
            self.method,
            self.url,
            show(&self.headers),
            text_of(self.body.as_deref().unwrap_or_default()),
        );
        let mut request = self.http.request(self.method, &self.url).headers(self.headers);
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let response = request.send().unwrap_or_else(|error| panic!("{asked}\n{error:?}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().unwrap_or_else(|error| panic!("{asked}\n{error:?}")).to_vec();
        Reply { asked, status, headers, body }
    }
}

impl Reply {
    /// Checks the status.
    ///
    /// # Panics
    ///
    /// When it is another, with the whole exchange.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert!(self.status == status, "expected {status}\n{self}");
        self
    }

    /// A header; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Checks a header.
    ///
    /// # Panics
    ///
    /// When it is another, with the whole exchange.
    #[track_caller]
    pub fn expect_header(self, name: &str, value: &str) -> Self {
        assert!(self.header(name) == value, "expected {name}: {value}\n{self}");
        self
    }

    /// The body as text.
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// The entities of a feed, light or verbose.
    #[track_caller]
    pub fn feed(&self) -> Vec<Json> {
        let json = self.json();
        let feed = json.get("value").or_else(|| json["d"].get("results"));
        feed.and_then(Json::as_array).unwrap_or_else(|| panic!("no feed\n{self}")).clone()
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (headers, body) = (show(&self.headers), text_of(&self.body));
        write!(f, "{}\n\n→ {}\n{headers}\n{body}", self.asked, self.status)
    }
}

fn show(headers: &HeaderMap) -> String {
    let show = |(name, value): (&HeaderName, &HeaderValue)| match name.as_str() {
        "authorization" => "authorization: …\n".to_owned(),
        name => format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())),
    };
    headers.iter().map(show).collect()
}

fn text_of(body: &[u8]) -> String {
    const SHOWN: usize = 4000;
    let shown = String::from_utf8_lossy(&body[..body.len().min(SHOWN)]).into_owned();
    if body.len() > SHOWN { format!("{shown}… ({} bytes)", body.len()) } else { shown }
}
