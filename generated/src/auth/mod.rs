//! Where access tokens come from.
//!
//! | source | for |
//! |---|---|
//! | [`AadTokens`] | client credentials of Azure AD, the way since 2017 |
//! | [`AcsTokens`] | account name and key, the way before (retired by Microsoft in 2018) |
//! | [`StaticToken`] | a token from elsewhere |
//!
//! The first two keep their token and fetch a new one before it expires. However many calls run at
//! once, one of them fetches; the others go on with the old token as long as it is valid.

mod aad;
mod acs;
mod cache;
mod grant;

pub use aad::AadTokens;
pub use acs::AcsTokens;
pub use grant::TokenError;
pub use odata_client::StaticToken;

/// Makes a type that wraps a cache a token source.
macro_rules! token_source {
    ($name:ident) => {
        #[async_trait::async_trait]
        impl odata_client::TokenSource for $name {
            async fn token(&self) -> Result<odata_client::AccessToken, odata_client::Error> {
                self.0.token().await
            }
            async fn refused(&self, token: &odata_client::AccessToken) {
                self.0.refused(token);
            }
        }
    };
}
use token_source;
