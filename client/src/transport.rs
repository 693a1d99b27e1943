use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::Body;

/// What carries a request to a service; behind a trait so that a client can be driven without a
/// network, or through one's own.
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends one request and returns the answer as soon as its head is there. Redirects are not
    /// followed, nothing is tried again, and nothing is timed but the connecting: that is for the
    /// caller.
    ///
    /// # Errors
    ///
    /// There is no answer.
    async fn send(
        &self,
        request: http::Request<Body>,
    ) -> Result<http::Response<Body>, TransportError>;
}

/// No answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The network, or the service, failed.
    #[error("{0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer is larger than is read.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// Nothing came for too long.
    #[error("nothing came for {} s", .0.as_secs_f32())]
    TimedOut(Duration),
}

/// [`Transport`] over reqwest.
#[derive(Clone, Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
}

impl HttpTransport {
    /// Waits 10 s for a connection.
    ///
    /// # Errors
    ///
    /// TLS cannot be set up.
    pub fn new() -> Result<Self, TransportError> {
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .user_agent(concat!("odata-client/", env!("CARGO_PKG_VERSION")));
        Ok(Self { client: builder.build().map_err(|e| TransportError::Failed(e.into()))? })
    }

    /// Uses a client of one's own, which must not follow redirects.
    pub fn with_client(client: reqwest::Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(
        &self,
        request: http::Request<Body>,
    ) -> Result<http::Response<Body>, TransportError> {
        // The URL is taken out of reqwest's errors: its query may hold a signature.
        let failed = |error: reqwest::Error| TransportError::Failed(error.without_url().into());
        let request = request.map(|body| match body.bytes() {
            Some(bytes) => reqwest::Body::from(bytes.clone()),
            None => reqwest::Body::wrap_stream(body.into_stream()),
        });
        let request = reqwest::Request::try_from(request).map_err(failed)?;
        let mut response = self.client.execute(request).await.map_err(failed)?;
        let mut answer = http::Response::builder().status(response.status());
        if let Some(headers) = answer.headers_mut() {
            *headers = std::mem::take(response.headers_mut());
        }
        use futures_util::TryStreamExt as _;
        let body = response.bytes_stream().map_err(reqwest::Error::without_url);
        answer.body(Body::stream(body)).map_err(|error| TransportError::Failed(error.into()))
    }
}
