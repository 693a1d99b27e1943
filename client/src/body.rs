use std::fmt;
use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream, StreamExt as _, TryStreamExt as _};

use crate::TransportError;

/// What a stream of bytes fails with.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// Bytes as they come.
pub type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>> + Send>>;

/// The body of a request or an answer: bytes in memory, or a stream of them.
pub struct Body(Kind);

enum Kind {
    Bytes(Bytes),
    Stream(Chunks),
}

impl Body {
    /// A body that is sent as it comes and never as a whole in memory. It can be sent once: a call
    /// with such a body is not tried again.
    pub fn stream<S, B, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<BodyError>,
    {
        let stream = stream.map(|chunk| chunk.map(Into::into).map_err(Into::into));
        Self(Kind::Stream(Box::pin(stream)))
    }

    /// The bytes as they come.
    pub fn into_stream(self) -> Chunks {
        match self.0 {
            Kind::Bytes(bytes) => Box::pin(stream::once(async move { Ok(bytes) })),
            Kind::Stream(stream) => stream,
        }
    }

    /// All bytes at once.
    ///
    /// # Errors
    ///
    /// The stream fails, or there are more than `limit` bytes.
    pub async fn collect(self, limit: usize) -> Result<Bytes, TransportError> {
        let mut stream = match self.0 {
            Kind::Bytes(bytes) if bytes.len() > limit => {
                return Err(TransportError::TooLarge(limit));
            }
            Kind::Bytes(bytes) => return Ok(bytes),
            Kind::Stream(stream) => stream,
        };
        let mut all = BytesMut::new();
        while let Some(chunk) = stream.try_next().await.map_err(TransportError::Failed)? {
            if all.len() + chunk.len() > limit {
                return Err(TransportError::TooLarge(limit));
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    /// The bytes, if they are in memory: what can be sent again.
    pub(crate) fn bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Kind::Bytes(bytes) => Some(bytes),
            Kind::Stream(_) => None,
        }
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self(Kind::Bytes(bytes.into()))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Kind::Stream(_) => f.write_str("a stream"),
        }
    }
}
