//! Keeps a token, and fetches the next one before it is needed.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use odata_client::{AccessToken, Error, ErrorKind};
use tokio::time::Instant;

use super::TokenError;

/// A token is replaced this long before it expires; one that lives less than 25 minutes, in the
/// last fifth of its life.
const EARLY: Duration = Duration::from_secs(5 * 60);

/// After a refresh that failed, the old token is used for this long before the next try.
const PAUSE: Duration = Duration::from_secs(30);

/// Fetches tokens.
#[async_trait]
pub(crate) trait Fetch: fmt::Debug + Send + Sync {
    async fn fetch(&self) -> Result<Fetched, TokenError>;
}

/// A token and how long it lives.
pub(crate) struct Fetched {
    pub(crate) token: AccessToken,
    /// `None`: until it is refused.
    pub(crate) life: Option<Duration>,
}

/// A token source over something that fetches.
pub(crate) struct Cache<F> {
    source: F,
    state: Mutex<State>,
    /// Held by whoever fetches.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    current: Option<Current>,
    /// How often something was fetched, with whatever result.
    attempts: u64,
    /// Why the last attempt failed, for those who waited for it.
    failure: Option<Error>,
}

struct Current {
    token: AccessToken,
    expires: Option<Instant>,
    refresh: Option<Instant>,
}

/// What is known of the token at a moment.
enum Outlook {
    /// Good, and no reason to think of the next one.
    Fresh(AccessToken),
    /// Good, but the next one is due.
    Due(AccessToken),
    /// There is none; so many attempts have been made.
    Missing(u64),
}

impl<F> fmt::Debug for Cache<F>
where
    F: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl<F: Fetch> Cache<F> {
    pub(crate) fn new(source: F) -> Self {
        Self { source, state: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// A token that is good now.
    pub(crate) async fn token(&self) -> Result<AccessToken, Error> {
        match self.outlook() {
            Outlook::Fresh(token) => Ok(token),
            // Whoever comes first fetches; the others go on with what there is, and so does the
            // first one if that fails.
            Outlook::Due(token) => match self.turn.try_lock() {
                Ok(_turn) => Ok(self.fetch().await.unwrap_or(token)),
                Err(_) => Ok(token),
            },
            Outlook::Missing(attempts) => self.wait(attempts).await,
        }
    }

    /// Waits for whoever fetches, or fetches.
    async fn wait(&self, seen: u64) -> Result<AccessToken, Error> {
        let _turn = self.turn.lock().await;
        match self.outlook() {
            Outlook::Fresh(token) | Outlook::Due(token) => return Ok(token),
            // Somebody failed while we waited; everybody who waited shares that.
            Outlook::Missing(attempts) if attempts != seen => {
                if let Some(failure) = self.state().failure.clone() {
                    return Err(failure);
                }
            }
            Outlook::Missing(_) => {}
        }
        self.fetch().await
    }

    fn outlook(&self) -> Outlook {
        let (state, now) = (self.state(), Instant::now());
        let passed = |moment: Option<Instant>| moment.is_some_and(|moment| now >= moment);
        match &state.current {
            None => Outlook::Missing(state.attempts),
            Some(current) if passed(current.expires) => Outlook::Missing(state.attempts),
            Some(current) if passed(current.refresh) => Outlook::Due(current.token.clone()),
            Some(current) => Outlook::Fresh(current.token.clone()),
        }
    }

    /// Fetches; the turn is held.
    async fn fetch(&self) -> Result<AccessToken, Error> {
        let asked = Instant::now();
        let result = self.source.fetch().await;
        let mut state = self.state();
        state.attempts += 1;
        match result {
            Ok(fetched) => {
                state.failure = None;
                let token = fetched.token.clone();
                state.current = Some(Current::new(fetched, asked));
                Ok(token)
            }
            Err(error) => {
                tracing::warn!(%error, "no new access token");
                let error = Error::new(ErrorKind::Credential(Arc::new(error)));
                state.failure = Some(error.clone());
                if let Some(current) = &mut state.current {
                    current.refresh = Some(Instant::now() + PAUSE);
                }
                Err(error)
            }
        }
    }

    /// The service refused this token.
    pub(crate) fn refused(&self, token: &AccessToken) {
        let mut state = self.state();
        if state.current.as_ref().is_some_and(|current| current.token.secret() == token.secret()) {
            state.current = None;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic runs while the lock is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Current {
    fn new(fetched: Fetched, asked: Instant) -> Self {
        let after = |life: Duration| asked.checked_add(life);
        let refresh = fetched.life.map(|life| life.saturating_sub(EARLY.min(life / 5)));
        Self {
            token: fetched.token,
            expires: fetched.life.and_then(after),
            refresh: refresh.and_then(after),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::time::{advance, sleep};

    use super::*;

    /// Gives `token-1`, `token-2`, … after a second each, for an hour; or fails.
    #[derive(Debug, Default)]
    struct Counter {
        started: AtomicUsize,
        running: AtomicUsize,
        most_running: AtomicUsize,
        broken: Mutex<bool>,
    }

    const HOUR: Duration = Duration::from_secs(3600);

    #[async_trait]
    impl Fetch for Counter {
        async fn fetch(&self) -> Result<Fetched, TokenError> {
            let number = self.started.fetch_add(1, Ordering::SeqCst) + 1;
            let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_running.fetch_max(running, Ordering::SeqCst);
            sleep(Duration::from_secs(1)).await;
            self.running.fetch_sub(1, Ordering::SeqCst);
            if *self.broken.lock().unwrap() {
                let (error, description) = ("invalid_client".to_owned(), "no".to_owned());
                return Err(TokenError::Refused { status: 401, error, description });
            }
            let token = AccessToken::new(format!("token-{number}"), None);
            Ok(Fetched { token, life: Some(HOUR) })
        }
    }

    impl Cache<Counter> {
        async fn secret(&self) -> Result<String, Error> {
            self.token().await.map(|token| token.secret().to_owned())
        }
        fn fetches(&self) -> usize {
            self.source.started.load(Ordering::SeqCst)
        }
        fn set_broken(&self, broken: bool) {
            *self.source.broken.lock().unwrap() = broken;
        }
    }

    async fn all_secrets(cache: &Cache<Counter>) -> Vec<Result<String, Error>> {
        join_all((0..100).map(|_| cache.secret())).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_hundred_callers_share_one_fetch() {
        let cache = Cache::new(Counter::default());
        for secret in all_secrets(&cache).await {
            assert_eq!(secret.unwrap(), "token-1");
        }
        assert_eq!((cache.fetches(), cache.source.most_running.load(Ordering::SeqCst)), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_hundred_callers_share_one_failure() {
        let cache = Cache::new(Counter::default());
        cache.set_broken(true);
        assert!(all_secrets(&cache).await.iter().all(Result::is_err));
        assert_eq!(cache.fetches(), 1);
        let error = cache.secret().await.unwrap_err().to_string();
        assert!(error.contains("401: invalid_client: no"), "{error}");
        assert_eq!(cache.fetches(), 2, "a later caller tries again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_replaced_before_it_expires_while_others_use_it() {
        let cache = Cache::new(Counter::default());
        cache.secret().await.unwrap();
        advance(HOUR - EARLY - Duration::from_secs(10)).await;
        assert_eq!((cache.secret().await.unwrap().as_str(), cache.fetches()), ("token-1", 1));
        advance(Duration::from_secs(10)).await;
        let secrets: Vec<_> = all_secrets(&cache).await.into_iter().map(Result::unwrap).collect();
        let count = |secret: &str| secrets.iter().filter(|s| *s == secret).count();
        assert_eq!((count("token-1"), count("token-2"), cache.fetches()), (99, 1, 2));
        assert_eq!(cache.secret().await.unwrap(), "token-2");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refresh_that_fails_leaves_the_old_token_until_it_expires() {
        let cache = Cache::new(Counter::default());
        cache.secret().await.unwrap();
        cache.set_broken(true);
        advance(HOUR - EARLY).await;
        assert_eq!((cache.secret().await.unwrap().as_str(), cache.fetches()), ("token-1", 2));
        assert_eq!((cache.secret().await.unwrap().as_str(), cache.fetches()), ("token-1", 2));
        advance(PAUSE).await;
        assert_eq!((cache.secret().await.unwrap().as_str(), cache.fetches()), ("token-1", 3));
        advance(EARLY).await;
        assert!(cache.secret().await.is_err());
        cache.set_broken(false);
        assert_eq!(cache.secret().await.unwrap(), "token-5");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_token_is_not_handed_out_again() {
        let cache = Cache::new(Counter::default());
        let first = cache.token().await.unwrap();
        cache.refused(&first);
        assert_eq!(cache.secret().await.unwrap(), "token-2");
        cache.refused(&first);
        assert_eq!(cache.secret().await.unwrap(), "token-2", "an old refusal drops the new token");
        assert_eq!(cache.fetches(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_goes_away_does_not_block_the_others() {
        let cache = Cache::new(Counter::default());
        let gone = tokio::time::timeout(Duration::from_millis(500), cache.secret()).await;
        assert!(gone.is_err());
        assert_eq!(cache.secret().await.unwrap(), "token-2");
    }
}
