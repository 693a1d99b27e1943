//! Azure AD: the OAuth 2 client credentials grant (RFC 6749 §4.4) of the v1 endpoint.

use std::sync::Arc;

use secrecy::SecretString;

use super::cache::Cache;
use super::grant::Grant;

/// The resource that tokens for the public cloud are made out to.
const RESOURCE: &str = "https://rest.media.azure.net";

/// Tokens of Azure AD for a service principal.
///
/// ```no_run
/// use azure_media::{MediaServices, auth::AadTokens};
///
/// # fn f() -> Result<(), azure_media::Error> {
/// let url = "https://login.microsoftonline.com/TENANT/oauth2/token";
/// let tokens = AadTokens::new(url, "client id", "client secret")?;
/// let media = MediaServices::connect("https://ACCOUNT.restv2.REGION.media.azure.net/api/", tokens)?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct AadTokens(Arc<Cache<Grant>>);

impl AadTokens {
    /// From the URL of a tenant's token endpoint (`…/TENANT/oauth2/token`) and the credentials of
    /// a service principal. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The URL is no http(s) URL, or TLS cannot be set up.
    pub fn new(
        token_url: &str,
        client_id: impl Into<String>,
        client_secret: impl Into<SecretString>,
    ) -> Result<Self, odata_client::Error> {
        Self::for_resource(token_url, client_id, client_secret, RESOURCE)
    }

    /// The same for a national cloud, where the resource has another name, such as
    /// `https://rest.media.chinacloudapi.cn`.
    ///
    /// # Errors
    ///
    /// The URL is no http(s) URL, or TLS cannot be set up.
    pub fn for_resource(
        token_url: &str,
        client_id: impl Into<String>,
        client_secret: impl Into<SecretString>,
        resource: impl Into<String>,
    ) -> Result<Self, odata_client::Error> {
        let client = (client_id.into(), client_secret.into());
        let grant = Grant::new(token_url, client, ("resource", resource.into()))?;
        Ok(Self(Arc::new(Cache::new(grant))))
    }
}

super::token_source!(AadTokens);
