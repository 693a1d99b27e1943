use std::fmt;
use std::future::IntoFuture;

use bytes::Bytes;
use edm::EntityType;
use edm::version::Version;

use crate::call::Accept;
use crate::place::Place;
use crate::request::{Decode, Sending, decode_entity, decode_nothing};
use crate::{Body, Call, Chunks, Collection, Error, Reply, Request, Service};

/// A stream of bytes beside an entity: the one that it describes, or one of its named streams; or
/// the one that a function returns, which can only be read.
#[derive(Clone, Debug)]
pub struct StreamRequest {
    place: Place,
    /// Named streams came with V3.
    needs: Version,
}

/// A stream that is being read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Download {
    /// The media type.
    pub content_type: Option<String>,
    /// The number of bytes, if the service says it.
    pub length: Option<u64>,
    /// The ETag of the stream, which is not that of the entity.
    pub etag: Option<String>,
    body: Body,
}

impl Download {
    /// The bytes as they come.
    pub fn into_stream(self) -> Chunks {
        self.body.into_stream()
    }
}

impl StreamRequest {
    pub(crate) fn new(owner: &Place, name: &str, needs: Version) -> Self {
        Self { place: owner.below(name), needs }
    }

    /// A stream that has an address of its own.
    pub(crate) fn at(place: Place) -> Self {
        Self { place, needs: Version::V1 }
    }

    fn read(&self) -> Call {
        Call { accept: Accept::Any, needs: self.needs, ..self.place.read() }
    }

    fn write(&self, method: &'static str) -> Call {
        Call { needs: self.needs, ..self.place.write(method) }
    }

    /// Reads the whole stream into memory.
    pub fn get(&self) -> Request<Bytes> {
        Request::new(&self.place.service, self.read(), |reply| Ok(reply.body.clone()))
    }

    /// Starts to read the stream: its bytes are taken as they come, and what has come stays in
    /// memory no longer than until it is taken.
    ///
    /// # Errors
    ///
    /// The service refuses, or there is no answer. What happens later is an error of the bytes.
    pub async fn open(&self) -> Result<Download, Error> {
        let (reply, body) = self.place.service.open(&self.read()).await?;
        Ok(Download {
            content_type: reply.header("content-type").map(str::to_owned),
            length: reply.header("content-length").and_then(|text| text.parse().ok()),
            etag: reply.etag().map(str::to_owned),
            body,
        })
    }

    /// Replaces the stream: by bytes, or by a [`Body`] that is sent as it comes.
    pub fn put(&self, content_type: &str, body: impl Into<Body>) -> Upload<()> {
        let call = self.write("PUT");
        Upload::new(&self.place.service, call, content_type, body.into(), decode_nothing)
    }

    /// Deletes the stream.
    pub fn delete(&self) -> Request<()> {
        Request::new(&self.place.service, self.write("DELETE"), decode_nothing)
    }
}

/// Bytes that are sent when it is awaited.
#[must_use = "an upload does nothing until it is awaited"]
pub struct Upload<T> {
    service: Service,
    call: Call,
    body: Body,
    decode: Decode<T>,
}

impl<T> Upload<T> {
    fn new(
        service: &Service,
        mut call: Call,
        content_type: &str,
        body: Body,
        decode: fn(&Reply) -> Result<T, Error>,
    ) -> Self {
        call.set_header("Content-Type", content_type);
        Self { service: service.clone(), call, body, decode: Decode::Reply(decode) }
    }

    /// Adds a header. One that is no header is told when the bytes are sent.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.call.set_header(name, value);
        self
    }

    /// Suggests a name for what is made of the bytes (`Slug`).
    pub fn slug(self, name: &str) -> Self {
        use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
        // RFC 5023 keeps printable ASCII as it is.
        const ENCODED: &AsciiSet = &CONTROLS.add(b'%');
        let slug = utf8_percent_encode(name, ENCODED).to_string();
        self.header("Slug", &slug)
    }

    /// Replaces the stream only while it has this ETag, quotes and all.
    pub fn if_match_etag(mut self, etag: &str) -> Self {
        self.call.if_match(Some(etag));
        self
    }
}

impl<T: 'static> IntoFuture for Upload<T> {
    type Output = Result<T, Error>;
    type IntoFuture = Sending<T>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let reply = self.service.upload(&self.call, self.body).await?;
            self.decode.decode(&reply)
        })
    }
}

impl<T> fmt::Debug for Upload<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("call", &self.call).finish_non_exhaustive()
    }
}

impl<E: EntityType> Collection<E> {
    /// Creates an entity that describes a stream, from the bytes of the stream. Its properties are
    /// set by an update afterwards.
    pub fn create_media(&self, content_type: &str, body: impl Into<Body>) -> Upload<E> {
        let call = self.place().write("POST");
        Upload::new(&self.place().service, call, content_type, body.into(), decode_entity)
    }
}
