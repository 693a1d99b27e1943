use std::time::SystemTime;

use async_trait::async_trait;

use crate::Error;

/// A bearer token.
#[derive(Clone)]
pub struct AccessToken {
    secret: String,
    expires: Option<SystemTime>,
}

impl AccessToken {
    /// A token that is good until a time, or until the service says otherwise.
    pub fn new(secret: impl Into<String>, expires: Option<SystemTime>) -> Self {
        Self { secret: secret.into(), expires }
    }

    /// The text behind `Bearer`.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// When it expires.
    pub fn expires(&self) -> Option<SystemTime> {
        self.expires
    }
}

// The secret must not reach a log.
impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessToken").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// Where bearer tokens come from.
#[async_trait]
pub trait TokenSource: Send + Sync + std::fmt::Debug {
    /// A token that is good now. Implementations cache and refresh; they are asked for every
    /// request.
    ///
    /// # Errors
    ///
    /// There is none to be had.
    async fn token(&self) -> Result<AccessToken, Error>;

    /// The service refused this token: do not hand it out again.
    async fn refused(&self, token: &AccessToken);
}

/// One token, for as long as it lasts.
#[derive(Clone, Debug)]
pub struct StaticToken(AccessToken);

impl StaticToken {
    /// Takes the text behind `Bearer`.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(AccessToken::new(secret, None))
    }
}

#[async_trait]
impl TokenSource for StaticToken {
    async fn token(&self) -> Result<AccessToken, Error> {
        Ok(self.0.clone())
    }
    async fn refused(&self, _: &AccessToken) {}
}
