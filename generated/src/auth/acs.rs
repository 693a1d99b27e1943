//! Access Control Service: OAuth 2, draft 13, with the name and key of a media account.

use std::sync::Arc;

use secrecy::SecretString;

use super::cache::Cache;
use super::grant::Grant;

const SCOPE: &str = "urn:WindowsAzureMediaServices";

/// Tokens for a media account's name and key.
///
/// Microsoft's endpoint was `https://wamsprodglobal001acs.accesscontrol.windows.net/v2/OAuth2-13`;
/// services that took over its clients answer at the same path.
#[derive(Clone, Debug)]
pub struct AcsTokens(Arc<Cache<Grant>>);

impl AcsTokens {
    /// From the URL of the token endpoint (`…/v2/OAuth2-13`), the name of the account and its key.
    /// Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The URL is no http(s) URL, or TLS cannot be set up.
    pub fn new(
        token_url: &str,
        account: impl Into<String>,
        key: impl Into<SecretString>,
    ) -> Result<Self, odata_client::Error> {
        let client = (account.into(), key.into());
        let grant = Grant::new(token_url, client, ("scope", SCOPE.to_owned()))?;
        Ok(Self(Arc::new(Cache::new(grant))))
    }
}

super::token_source!(AcsTokens);
