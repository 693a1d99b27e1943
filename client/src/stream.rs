use bytes::Bytes;

use crate::call::{Accept, CallBody};
use crate::request::decode_nothing;
use crate::{Call, Request, Service};

/// A stream of bytes beside an entity: the one that it describes, or one of its named streams.
#[derive(Clone, Debug)]
pub struct StreamRequest {
    service: Service,
    path: String,
}

impl StreamRequest {
    pub(crate) fn new(service: Service, path: String) -> Self {
        Self { service, path }
    }

    /// Reads the whole stream into memory.
    pub fn get(&self) -> Request<Bytes> {
        let call = Call { accept: Accept::Any, ..Call::get(self.path.as_str()) };
        Request::new(self.service.clone(), call, |reply| Ok(reply.body.clone()))
    }

    /// Replaces the stream.
    pub fn put(&self, content_type: impl Into<String>, bytes: impl Into<Bytes>) -> Request<()> {
        let body = CallBody::Bytes { content_type: content_type.into(), bytes: bytes.into() };
        let call = Call::write("PUT", self.path.as_str(), Some(body));
        Request::new(self.service.clone(), call, decode_nothing)
    }

    /// Deletes the stream.
    pub fn delete(&self) -> Request<()> {
        let call = Call::write("DELETE", self.path.as_str(), None);
        Request::new(self.service.clone(), call, decode_nothing)
    }
}
