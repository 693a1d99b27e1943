//! Connecting to an account.

use odata_client::{Error, Service, ServiceBuilder, TokenSource};
use url::Url;

use crate::MediaServices;

/// The version of the API that this crate speaks: the header `x-ms-version`.
pub const API_VERSION: &str = "2.19";

/// Domains of Azure below which an account can be moved from one cluster to another.
const AZURE_DOMAINS: [&str; 3] = [".cloudapp.net", ".windows.net", ".media.azure.net"];

impl MediaServices {
    /// Connects to the API at a URL such as `https://ACCOUNT.restv2.REGION.media.azure.net/api/`.
    /// Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The URL is no http(s) URL, or TLS cannot be set up.
    pub fn connect(api_url: &str, tokens: impl TokenSource + 'static) -> Result<Self, Error> {
        Ok(Self::new(Self::service_builder(api_url, tokens).build()?))
    }

    /// The same, to change before it is built: retries, format, transport. Give what it builds to
    /// [`MediaServices::new`].
    ///
    /// A service of Azure may answer that the account is on another cluster and is followed there.
    /// Any other may move on its own host only; allow more with
    /// [`redirect_host`](ServiceBuilder::redirect_host).
    ///
    /// ```
    /// use azure_media::{Format, MediaServices};
    ///
    /// # fn f(token: odata_client::StaticToken) -> Result<(), azure_media::Error> {
    /// let builder = MediaServices::service_builder("https://host/api/", token);
    /// let media = MediaServices::new(builder.format(Format::Atom).build()?);
    /// # Ok(()) }
    /// ```
    pub fn service_builder(api_url: &str, tokens: impl TokenSource + 'static) -> ServiceBuilder {
        let builder = Service::builder(api_url).token(tokens).header("x-ms-version", API_VERSION);
        match is_azure(api_url) {
            true => AZURE_DOMAINS.into_iter().fold(builder, ServiceBuilder::redirect_host),
            false => builder,
        }
    }
}

fn is_azure(api_url: &str) -> bool {
    let url = Url::parse(api_url).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    AZURE_DOMAINS.iter().any(|domain| host.ends_with(domain))
}

#[cfg(test)]
mod tests {
    use super::is_azure;

    #[test]
    fn only_hosts_of_azure_may_move_within_azure() {
        for (url, expected) in [
            ("https://media.windows.net/API/", true),
            ("https://a.restv2.westeurope.media.azure.net/api/", true),
            ("http://127.0.0.1:8080/api/", false),
            ("https://windows.net.evil.test/", false),
            ("https://evil.test/.windows.net", false),
            ("not a url", false),
        ] {
            assert_eq!(is_azure(url), expected, "{url}");
        }
    }
}
