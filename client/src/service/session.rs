//! What a service remembers of a client: cookies, and the token against cross-site request forgery.

use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::cookie::{CookieStore as _, Jar};
use url::Url;

const TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");

/// The state of one session.
#[derive(Default)]
pub(super) struct Session {
    cookies: Jar,
    token: Mutex<Option<HeaderValue>>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

impl Session {
    fn token(&self) -> std::sync::MutexGuard<'_, Option<HeaderValue>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn has_token(&self) -> bool {
        self.token().is_some()
    }

    pub(super) fn forget_token(&self) {
        *self.token() = None;
    }

    /// Adds cookies, and the token to what writes; `fetch` asks for one.
    pub(super) fn write(&self, url: &Url, headers: &mut HeaderMap, fetch: bool, writes: bool) {
        if let Some(mut cookies) = self.cookies.cookies(url) {
            cookies.set_sensitive(true);
            headers.insert(http::header::COOKIE, cookies);
        }
        if fetch {
            headers.insert(TOKEN, HeaderValue::from_static("Fetch"));
        } else if writes && let Some(token) = self.token().clone() {
            headers.insert(TOKEN, token);
        }
    }

    /// Remembers what an answer set.
    pub(super) fn read(&self, url: &Url, headers: &HeaderMap) {
        let mut cookies = headers.get_all(http::header::SET_COOKIE).iter().peekable();
        if cookies.peek().is_some() {
            self.cookies.set_cookies(&mut cookies, url);
        }
        if let Some(token) = headers.get(&TOKEN).filter(|token| !is_required(token)) {
            let mut token = token.clone();
            token.set_sensitive(true);
            *self.token() = Some(token);
        }
    }
}

/// Whether an answer says that the token is missing or stale.
pub(super) fn wants_token(headers: &HeaderMap) -> bool {
    headers.get(&TOKEN).is_some_and(is_required)
}

fn is_required(token: &HeaderValue) -> bool {
    token.as_bytes().eq_ignore_ascii_case(b"required")
}
