//! One form posted to a token endpoint, and its answer.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use odata_client::{AccessToken, Error};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::{Url, form_urlencoded};

use super::cache::{Fetch, Fetched};
use crate::http;

/// A token endpoint did not give a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It refused.
    #[error("the token endpoint answered {status}: {error}: {description}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error code, such as `invalid_client` (RFC 6749 §5.2).
        error: String,
        /// What it says for people.
        description: String,
    },
    /// Its answer is not one of RFC 6749 §5.1.
    #[error("the token endpoint gave an answer without a token: {0}")]
    Malformed(serde_json::Error),
    /// It did not answer.
    #[error("no answer from the token endpoint: {0}")]
    Connection(#[source] reqwest::Error),
}

/// Client credentials and where to post them.
pub(crate) struct Grant {
    http: reqwest::Client,
    url: Url,
    client_id: String,
    client_secret: SecretString,
    /// What the token is for: the name of the form field, and its value.
    target: (&'static str, String),
}

// Enough to tell which source it is; the secret must not reach a log.
impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { client_id, .. } = self;
        f.debug_struct("Grant")
            .field("url", &self.url.as_str())
            .field("client_id", client_id)
            .finish_non_exhaustive()
    }
}

/// RFC 6749 §5.1.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: Option<Seconds>,
}

/// Azure AD's v1 endpoint and ACS send a string where the RFC has a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(f64),
    Text(String),
}

/// RFC 6749 §5.2.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Grant {
    pub(crate) fn new(
        url: &str,
        (client_id, client_secret): (String, SecretString),
        target: (&'static str, String),
    ) -> Result<Self, Error> {
        let url = Url::parse(url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| Error::usage(format!("'{url}' is not the URL of a token endpoint")))?;
        let http = http::client().map_err(Error::usage)?;
        Ok(Self { http, url, client_id, client_secret, target })
    }

    fn form(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", self.client_secret.expose_secret())
            .append_pair(self.target.0, &self.target.1)
            .finish()
    }

    async fn post(&self) -> Result<Fetched, TokenError> {
        let request = self
            .http
            .post(self.url.clone())
            .timeout(Duration::from_secs(30))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(self.form());
        let connection = |error: reqwest::Error| TokenError::Connection(error.without_url());
        let asked = SystemTime::now();
        let response = request.send().await.map_err(connection)?;
        let status = response.status();
        let body = http::start_of_body(response).await.map_err(connection)?;
        if !status.is_success() {
            let refusal: Refusal = serde_json::from_slice(&body).unwrap_or_default();
            return Err(TokenError::Refused {
                status: status.as_u16(),
                error: refusal.error,
                description: refusal.error_description,
            });
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(TokenError::Malformed)?;
        let life = answer.expires_in.and_then(|seconds| seconds.duration());
        let expires = life.and_then(|life| asked.checked_add(life));
        Ok(Fetched { token: AccessToken::new(answer.access_token, expires), life })
    }
}

impl Seconds {
    fn duration(&self) -> Option<Duration> {
        let seconds = match self {
            Self::Number(number) => *number,
            Self::Text(text) => text.trim().parse().ok()?,
        };
        Duration::try_from_secs_f64(seconds).ok()
    }
}

impl TokenError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 500..),
            Self::Connection(_) => true,
            Self::Malformed(_) => false,
        }
    }
}

#[async_trait]
impl Fetch for Grant {
    async fn fetch(&self) -> Result<Fetched, TokenError> {
        let mut delays = http::delays().take(2);
        loop {
            match self.post().await {
                Err(error) if error.is_transient() => match delays.next() {
                    Some(delay) => tokio::time::sleep(delay).await,
                    None => return Err(error),
                },
                done => return done,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn seconds_are_numbers_or_texts() {
        for (json, seconds) in [("3599", Some(3599)), ("\"21600\"", Some(21600)), ("-1", None)] {
            let life = serde_json::from_str::<Seconds>(json).unwrap().duration();
            assert_eq!(life, seconds.map(Duration::from_secs), "{json}");
        }
    }

    #[test]
    fn the_secret_is_not_shown_and_is_encoded() {
        let client = ("id".to_owned(), SecretString::from("s3cret &+"));
        let grant = Grant::new("https://host/t", client, ("scope", "urn:x".to_owned())).unwrap();
        assert!(!format!("{grant:?}").contains("s3cret"), "{grant:?}");
        let form = "grant_type=client_credentials&client_id=id\
                    &client_secret=s3cret+%26%2B&scope=urn%3Ax";
        assert_eq!(grant.form(), form);
    }
}
