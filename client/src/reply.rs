use std::fmt;

use bytes::Bytes;
use edm::json::{Declared, PayloadError, PayloadErrorKind};
use http::HeaderMap;
use http::header::HeaderName;
use url::Url;

use crate::error::without_secrets;
use crate::{Error, ErrorKind, Format, Payload};

/// A successful answer, before it is typed.
#[derive(Clone)]
#[non_exhaustive]
pub struct Reply {
    /// The HTTP status: 200 to 299, or 304 where that was asked for.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The format that the service declared.
    pub format: Format,
    /// The body.
    pub body: Bytes,
    /// The method of the call.
    pub method: &'static str,
    /// Where the answer came from.
    pub url: Url,
    /// The root of the service at that time.
    pub root: Url,
}

impl Reply {
    /// A header, if it is there and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(HeaderName::try_from(name).ok()?)?.to_str().ok()
    }

    /// The ETag of the entity, with its quotes.
    pub fn etag(&self) -> Option<&str> {
        self.header("etag")
    }

    /// Where the entity is that was created: `Location`, or the id that the service gave it.
    pub fn location(&self) -> Option<&str> {
        self.header("location").or_else(|| self.entity_id())
    }

    /// The id of the entity that was created or changed and is not in the body: `OData-EntityId`,
    /// up to V3 `DataServiceId`.
    pub fn entity_id(&self) -> Option<&str> {
        self.header("odata-entityid").or_else(|| self.header("dataserviceid"))
    }

    /// The id of the operation that the service has started: `operation-id`.
    pub fn operation_id(&self) -> Option<&str> {
        self.header("operation-id")
    }

    /// Whether there is nothing in it, as there is where a value is null.
    pub fn is_empty(&self) -> bool {
        self.status == 204 || self.body.is_empty()
    }

    /// The body, to read what is expected of it.
    ///
    /// # Errors
    ///
    /// The body is no text.
    pub fn payload(&self) -> Result<Payload<'_>, Error> {
        Payload::from_bytes(&self.body, self.format).map_err(|error| self.wrong(error))
    }

    /// Reads something of the body. What is wrong with it is told with its status and the place.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Payload<'_>) -> Result<T, PayloadError>,
    ) -> Result<T, Error> {
        read(&self.payload()?).map_err(|error| self.wrong(error))
    }

    fn wrong(&self, error: PayloadError) -> Error {
        let kind = match error.kind {
            PayloadErrorKind::Service(error) => {
                let request_id = self.request_id().map(str::to_owned);
                ErrorKind::Service { status: self.status, error, request_id }
            }
            _ => ErrorKind::Payload {
                problem: error.to_string(),
                status: Some(self.status),
                excerpt: error.excerpt,
            },
        };
        Error::new(kind)
    }

    /// The service's own id of the request.
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.header("x-ms-request-id").or_else(|| self.header("request-id"))
    }

    /// The body as text, without a byte order mark.
    ///
    /// # Errors
    ///
    /// It is not UTF-8.
    pub fn text(&self) -> Result<&str, Error> {
        std::str::from_utf8(without_mark(&self.body))
            .map_err(|_| Error::payload("the text is not UTF-8"))
    }

    /// A URL of the body, such as that of the next page, made absolute. V4 says that it is relative
    /// to the context URL of the body or else to the request; V3 says to the root.
    pub(crate) fn absolute(&self, link: &str, context: Option<&str>) -> String {
        if crate::call::is_absolute(link) {
            return link.to_owned();
        }
        let base = match self.format {
            Format::Light | Format::Verbose | Format::Atom => Some(self.root.clone()),
            Format::V4 => {
                let context = context.and_then(|context| self.url.join(context).ok());
                // Behind a proxy, a context URL may name a host that nobody reaches.
                context.filter(|context| context.origin() == self.url.origin())
            }
        };
        let joined = base.unwrap_or_else(|| self.url.clone()).join(link);
        joined.map_or_else(|_| link.to_owned(), String::from)
    }

    /// Puts what was answered next to the problem that it makes.
    pub(crate) fn blame(&self, error: Error) -> Error {
        error.answered(self.status, &self.body).of(self.method, &self.url)
    }
}

fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("url", &without_secrets(&self.url))
            .field("format", &self.format)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The format that an answer is in, by its headers and what it looks like.
pub(crate) fn format(headers: &HeaderMap, body: &[u8], asked: Format) -> Format {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let declared = Declared {
        content_type: header("content-type"),
        data_service_version: header("dataserviceversion"),
        odata_version: header("odata-version"),
    };
    Format::of_answer(declared, body, asked)
}
