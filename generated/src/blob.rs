//! Block blobs behind a shared access signature: the part of the Blob service that an upload needs.

use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use edm::error::ServiceError;
use tokio::time::Instant;
use url::Url;

use crate::http;

/// The version of the Blob service that is spoken: the header `x-ms-version`.
const STORAGE_VERSION: &str = "2017-04-17";

/// How often a request is sent that fails for a reason that may pass.
const ATTEMPTS: usize = 4;

/// The storage, or a streaming endpoint, did not do what it was asked.
///
/// Neither form holds the URL: its signature is a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    /// It refused.
    #[error("the storage answered {status}{}", words(error))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it says about it, if anything.
        error: ServiceError,
    },
    /// The locator has no URL that can be used.
    #[error("the locator has no usable URL")]
    NoUrl,
    /// It did not answer.
    #[error("no answer from the storage: {0}")]
    Connection(#[source] reqwest::Error),
}

fn words(error: &ServiceError) -> String {
    let mut words = String::new();
    for text in [&error.code, &error.message] {
        if !text.is_empty() {
            // Only the first line: the others repeat ids and times.
            let _ = write!(words, ": {}", text.lines().next().unwrap_or_default());
        }
    }
    words
}

impl BlobError {
    /// What a response that is no success says.
    pub(crate) async fn refused(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        let body = http::start_of_body(response).await.unwrap_or_default();
        let error = ServiceError::parse(&String::from_utf8_lossy(&body)).unwrap_or_default();
        Self::Refused { status, error }
    }

    /// An error of reqwest, without the URL.
    pub(crate) fn connection(error: reqwest::Error) -> Self {
        Self::Connection(error.without_url())
    }
}

/// Whether, and when, a request is worth another try.
pub(crate) struct Retry {
    delays: Box<dyn Iterator<Item = Duration> + Send>,
    attempts: usize,
    /// Until then a refusal may mean that the locator is not known everywhere yet.
    ready_by: Instant,
}

impl Retry {
    pub(crate) fn new(ready_by: Instant) -> Self {
        Self { delays: Box::new(http::delays()), attempts: 1, ready_by }
    }

    /// Waits, or gives the error back.
    pub(crate) async fn after(&mut self, error: BlobError) -> Result<(), BlobError> {
        let early = Instant::now() < self.ready_by;
        let again = match &error {
            BlobError::Refused { status: 403 | 404, .. } => early,
            BlobError::Refused { status, .. } if !matches!(status, 408 | 429 | 500..) => false,
            BlobError::NoUrl => false,
            BlobError::Refused { .. } | BlobError::Connection(_) => {
                self.attempts += 1;
                self.attempts <= ATTEMPTS
            }
        };
        let delay = self.delays.next().filter(|_| again).ok_or(error)?;
        tokio::time::sleep(delay).await;
        Ok(())
    }
}

/// One blob that can be written.
pub(crate) struct BlockBlob {
    http: reqwest::Client,
    /// With the signature.
    url: Url,
    content_type: String,
    /// Until then a refusal may mean that the locator is not known everywhere yet.
    ready_by: Instant,
}

impl BlockBlob {
    /// The blob of this name in the container of a SAS locator.
    pub(crate) fn new(
        container: &Url,
        name: &str,
        content_type: &str,
        ready_by: Instant,
    ) -> Result<Self, BlobError> {
        let url = child(container, [name]).ok_or(BlobError::NoUrl)?;
        let http = http::client().map_err(BlobError::connection)?;
        Ok(Self { http, url, content_type: content_type.to_owned(), ready_by })
    }

    /// Put Blob: the whole content at once, checked against its MD5.
    pub(crate) async fn put(&self, content: Bytes, md5: [u8; 16]) -> Result<(), BlobError> {
        let headers = [
            ("x-ms-blob-type", "BlockBlob"),
            ("content-type", &self.content_type),
            ("content-md5", &BASE64.encode(md5)),
        ];
        self.send(&[], &headers, content).await
    }

    /// Put Block: one block, which is not part of the blob yet.
    pub(crate) async fn put_block(&self, index: u64, content: Bytes) -> Result<(), BlobError> {
        let query = [("comp", "block"), ("blockid", &block_id(index))];
        self.send(&query, &[], content).await
    }

    /// Put Block List: makes the first `count` blocks the content of the blob.
    pub(crate) async fn commit(&self, count: u64, md5: [u8; 16]) -> Result<(), BlobError> {
        let mut list = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
        for index in 0..count {
            let _ = write!(list, "<Latest>{}</Latest>", block_id(index));
        }
        list.push_str("</BlockList>");
        let headers = [
            ("content-type", "application/xml"),
            ("x-ms-blob-content-type", &self.content_type),
            ("x-ms-blob-content-md5", &BASE64.encode(md5)),
        ];
        self.send(&[("comp", "blocklist")], &headers, list.into()).await
    }

    async fn send(
        &self,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<(), BlobError> {
        let mut url = self.url.clone();
        for (name, value) in query {
            url.query_pairs_mut().append_pair(name, value);
        }
        let mut retry = Retry::new(self.ready_by);
        loop {
            match self.send_once(url.clone(), headers, body.clone()).await {
                Ok(()) => return Ok(()),
                Err(error) => retry.after(error).await?,
            }
        }
    }

    async fn send_once(
        &self,
        url: Url,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<(), BlobError> {
        // A minute, and what a link of half a megabit takes.
        let timeout = Duration::from_secs(60 + body.len() as u64 / 50_000);
        let mut request =
            self.http.put(url).timeout(timeout).header("x-ms-version", STORAGE_VERSION);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.body(body).send().await.map_err(BlobError::connection)?;
        if !response.status().is_success() {
            return Err(BlobError::refused(response).await);
        }
        // Read to its end, the connection serves the next block.
        http::start_of_body(response).await.map_err(BlobError::connection)?;
        Ok(())
    }
}

/// All ids of a blob must have the same length, before and after base64.
fn block_id(index: u64) -> String {
    BASE64.encode(format!("block-{index:06}"))
}

/// A URL with names added to its path, percent-encoded; the query is kept.
pub(crate) fn child<'a>(url: &Url, names: impl IntoIterator<Item = &'a str>) -> Option<Url> {
    let mut url = url.clone();
    url.path_segments_mut().ok()?.pop_if_empty().extend(names);
    Some(url)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_name_goes_before_the_signature() {
        let container = Url::parse("https://h/asset-1?sv=2012-02-12&sig=a%2Bb%3D").unwrap();
        let url = child(&container, ["my film/#1?.mp4"]).unwrap();
        let expected = "https://h/asset-1/my%20film%2F%231%3F.mp4?sv=2012-02-12&sig=a%2Bb%3D";
        assert_eq!(url.as_str(), expected);
        let origin = Url::parse("http://h/guid/").unwrap();
        let url = child(&origin, ["a.ism", "manifest(format=m3u8-aapl)"]).unwrap();
        assert_eq!(url.as_str(), "http://h/guid/a.ism/manifest(format=m3u8-aapl)");
    }

    #[test]
    fn block_ids_have_one_length() {
        assert_eq!(block_id(0).len(), block_id(49_999).len());
    }

    #[test]
    fn errors_say_the_first_line() {
        let error = ServiceError::new("Auth", "Failed.\nTime:1");
        let error = BlobError::Refused { status: 403, error };
        assert_eq!(error.to_string(), "the storage answered 403: Auth: Failed.");
    }
}
