use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

/// What carries a request to a service; behind a trait so that a client can be driven without a
/// network, or through one's own.
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends one request and reads the whole answer. Redirects are not followed and nothing is
    /// tried again: that is for the caller.
    ///
    /// # Errors
    ///
    /// There is no answer.
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError>;
}

/// No answer.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The network, or the service, failed.
    #[error("{0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer is larger than is read.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

/// [`Transport`] over reqwest.
#[derive(Clone, Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
}

/// The largest answer that is read: a page of 1000 entities is well below.
const LARGEST_ANSWER: usize = 64 << 20;

impl HttpTransport {
    /// Time-outs of 10 s to connect and of 100 s for a whole request, as Microsoft's clients have.
    ///
    /// # Errors
    ///
    /// TLS cannot be set up.
    pub fn new() -> Result<Self, TransportError> {
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(100))
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
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        // The URL is taken out of reqwest's errors: its query may hold a signature.
        let failed = |error: reqwest::Error| TransportError::Failed(error.without_url().into());
        let request = request.map(reqwest::Body::from);
        let request = reqwest::Request::try_from(request).map_err(failed)?;
        let mut response = self.client.execute(request).await.map_err(failed)?;
        let mut answer = http::Response::builder().status(response.status());
        if let Some(headers) = answer.headers_mut() {
            *headers = std::mem::take(response.headers_mut());
        }
        let mut body = bytes::BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(TransportError::TooLarge(LARGEST_ANSWER));
            }
            body.extend_from_slice(&chunk);
        }
        answer.body(body.freeze()).map_err(|error| TransportError::Failed(error.into()))
    }
}
