//! Where clients reach the service: every URL that it hands out is made here.
//!
//! The bases are what the operator says, never what a request says of itself: a `Host` header only
//! selects which part of the service answers ([`Role`]).

use anyhow::{Context as _, bail};
use url::{Host, Url};

use crate::config::UrlOptions;
use crate::odata::BASE_PATH;

/// The name of the streaming endpoint that every account has.
const DEFAULT_ENDPOINT: &str = "default";
/// Where key delivery is on a host that it shares.
const KEY_DELIVERY_PATH: &str = "/keydelivery";
/// Where the service was found that then told where an account's API is.
const GATEWAYS: [&str; 2] = ["media.windows.net", "media.chinacloudapi.cn"];

/// Where clients reach the service. None of the bases ends in a slash.
#[derive(Clone, Debug)]
pub(crate) struct Urls {
    api: Base,
    token: Base,
    blob: Base,
    streaming: Base,
    key_delivery: Base,
    /// The host that is nothing else but the public one.
    public: Base,
    account: String,
}

/// A scheme and a host.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Base {
    scheme: String,
    /// With the port, if it has one.
    authority: String,
    host: String,
}

/// The part of the service that a host stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// All of it, told apart by the path.
    Shared,
    /// Tells where the API is.
    Gateway,
    /// A storage account: the first segment of a path is a container.
    Blob(String),
    /// A streaming endpoint.
    Streaming,
    /// The delivery of content keys.
    KeyDelivery,
}

impl Base {
    fn new(url: &Url) -> anyhow::Result<Self> {
        let host = url.host_str().filter(|host| !host.is_empty());
        let Some(host) = host.filter(|_| matches!(url.scheme(), "http" | "https")) else {
            bail!("{url} must be a scheme and a host, such as https://media.example");
        };
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            bail!("{url} must end with its host: what follows is the service's");
        }
        if !url.username().is_empty() || url.password().is_some() {
            bail!("{} must not carry credentials", url.host_str().unwrap_or_default());
        }
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Ok(Self { scheme: url.scheme().to_owned(), authority, host: host.to_owned() })
    }

    /// The same place with another first label, such as `b.blob.example` for `a.blob.example`.
    fn with_first_label(&self, label: &str) -> Self {
        let rest = |text: &str| text.split_once('.').map_or("", |(_, rest)| rest).to_owned();
        Self {
            scheme: self.scheme.clone(),
            authority: format!("{label}.{}", rest(&self.authority)),
            host: format!("{label}.{}", rest(&self.host)),
        }
    }

    /// The names beside that of the host, where it is one of a kind; otherwise itself.
    fn wildcard(&self) -> String {
        match second_label(&self.host) {
            Some("blob" | "streaming" | "origin") => self.with_first_label("*").host,
            _ => self.host.trim_matches(['[', ']']).to_owned(),
        }
    }

    /// Whether the host is of the form `x.{label}.y`.
    fn has_second_label(&self, label: &str) -> bool {
        second_label(&self.host).is_some_and(|second| second == label)
    }
}

impl std::fmt::Display for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

fn second_label(host: &str) -> Option<&str> {
    let mut labels = host.split('.');
    let (_, second, _) = (labels.next()?, labels.next()?, labels.next()?);
    Some(second)
}

impl Urls {
    /// The URLs of an account: what the options say, and below `public` what they do not.
    ///
    /// # Errors
    ///
    /// A base is more than a scheme and a host.
    pub(crate) fn new(public: &Url, options: &UrlOptions, account: &str) -> anyhow::Result<Self> {
        let all = Base::new(public).context("--public-url")?;
        let base = |option: &Option<Url>, name: &'static str| match option {
            Some(url) => Base::new(url).context(name),
            None => Ok(all.clone()),
        };
        let urls = Self {
            api: base(&options.api_url, "--api-url")?,
            token: base(&options.token_url, "--token-url")?,
            blob: base(&options.blob_url, "--blob-url")?,
            streaming: base(&options.streaming_url, "--streaming-url")?,
            key_delivery: base(&options.key_delivery_url, "--key-delivery-url")?,
            public: all.clone(),
            account: account.to_owned(),
        };
        if GATEWAYS.contains(&urls.api.host.as_str()) {
            bail!("{} only tells where the API is: --api-url must name another host", urls.api);
        }
        Ok(urls)
    }

    /// The root of the API, with a slash at the end.
    pub(crate) fn api(&self) -> String {
        format!("{}{BASE_PATH}", self.api)
    }

    /// The endpoint for tokens in the form of Azure AD.
    pub(crate) fn token(&self) -> String {
        self.tenant("tenant", "oauth2/token")
    }

    /// Something of a tenant at the host for tokens.
    pub(crate) fn tenant(&self, tenant: &str, path: &str) -> String {
        format!("{}/{tenant}/{path}", self.token)
    }

    /// The host for tokens.
    pub(crate) fn token_host(&self) -> &str {
        &self.token.authority
    }

    /// The root of a storage account, without a slash at the end: a container follows.
    ///
    /// Where the host is one of those that storage accounts have, its first label is the account.
    pub(crate) fn blob(&self, account: &str) -> String {
        if self.blob.has_second_label("blob") {
            self.blob.with_first_label(account).to_string()
        } else {
            format!("{}/{account}", self.blob)
        }
    }

    /// The root of a streaming endpoint, named `default` or otherwise, without a slash at the end.
    pub(crate) fn streaming(&self, endpoint: &str) -> String {
        self.streaming_base(endpoint).to_string()
    }

    /// The host of a streaming endpoint, with its port if it has one.
    pub(crate) fn streaming_host(&self, endpoint: &str) -> String {
        self.streaming_base(endpoint).authority
    }

    /// Endpoints are told apart by their hosts, also where there is only an address: below
    /// `localhost` every name leads to this machine.
    fn streaming_base(&self, endpoint: &str) -> Base {
        let base = &self.streaming;
        if endpoint.eq_ignore_ascii_case(DEFAULT_ENDPOINT) {
            return base.clone();
        }
        let label = format!("{}-{}", endpoint.to_ascii_lowercase(), self.account);
        if base.has_second_label("streaming") || base.has_second_label("origin") {
            return base.with_first_label(&label);
        }
        let port = base.authority.strip_prefix(&base.host).unwrap_or_default();
        let host = match Host::parse(&base.host) {
            Ok(Host::Domain(domain)) => format!("{label}.streaming.{domain}"),
            _ => format!("{label}.streaming.localhost"),
        };
        Base { scheme: base.scheme.clone(), authority: format!("{host}{port}"), host }
    }

    /// The root of key delivery, without a slash at the end.
    pub(crate) fn key_delivery(&self) -> String {
        if self.role(&self.key_delivery.authority) == Role::KeyDelivery {
            self.key_delivery.to_string()
        } else {
            format!("{}{KEY_DELIVERY_PATH}", self.key_delivery)
        }
    }

    /// What a `Host` header selects. It is the name that counts: a port may have been forwarded.
    pub(crate) fn role(&self, authority: &str) -> Role {
        let host = host_of(authority).to_ascii_lowercase();
        if GATEWAYS.contains(&host.as_str()) {
            return Role::Gateway;
        }
        match second_label(&host) {
            Some("blob") => {
                let account = host.split('.').next().unwrap_or_default();
                return Role::Blob(account.to_owned());
            }
            Some("streaming" | "origin") => return Role::Streaming,
            Some("keydelivery") => return Role::KeyDelivery,
            _ => {}
        }
        // A host that was given for one thing alone.
        let alone = |base: &Base| {
            let bases = [&self.api, &self.token, &self.blob, &self.streaming, &self.key_delivery];
            let shared = bases.iter().filter(|other| other.host == base.host).count();
            base.host == host && base.host != self.public.host && shared == 1
        };
        match () {
            () if alone(&self.streaming) => Role::Streaming,
            () if alone(&self.key_delivery) => Role::KeyDelivery,
            () => Role::Shared,
        }
    }

    /// The names that a certificate has to hold, with those of other accounts and endpoints.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let bases =
            [&self.public, &self.api, &self.token, &self.blob, &self.streaming, &self.key_delivery];
        let mut hosts: Vec<_> = bases
            .iter()
            .map(|base| base.host.trim_matches(['[', ']']).to_owned())
            .chain([self.streaming_base("*").wildcard(), self.blob.wildcard()])
            .collect();
        hosts.sort();
        hosts.dedup();
        hosts
    }
}

/// Takes the port off an authority; an address of IPv6 keeps its brackets.
pub(crate) fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    }
}

/// Takes off a path what leads to key delivery on a host that it shares.
pub(crate) fn strip_key_delivery(path: &str) -> Option<&str> {
    let rest = path.strip_prefix(KEY_DELIVERY_PATH)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

#[cfg(test)]
mod tests;
