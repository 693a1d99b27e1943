//! Streams a body into one new object.
//!
//! Memory per upload is bounded by two parts: one being received, one being
//! hashed and written.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use md5::{Digest as _, Md5 as Hasher};
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload};
use tokio_util::task::AbortOnDropHandle;

use super::super::error::{BlobError, BoxError, Result};
use super::super::model::{Md5, ObjectKey, Segment};

/// Bytes written at once: a multiple of [`RUN`]. Object stores want parts of at least 5 MiB, and
/// some that all have one size.
const PART_SIZE: usize = 8 << 20;

/// Bytes that lie together in memory, and go into a file with one system call. The file then has
/// large pages in memory, which are sent with less work than those of short writes.
const RUN: usize = 1 << 20;

/// The bytes of an upload as they come in.
pub(super) type Body<'a> = BoxStream<'a, Result<Bytes, BoxError>>;

/// What an upload must fulfil.
#[derive(Clone, Copy, Debug)]
pub(super) struct BodyRules {
    /// Length announced by the sender.
    pub(super) length: Option<u64>,
    /// Longest allowed body.
    pub(super) max_length: u64,
    /// MD5 announced by the sender.
    pub(super) md5: Option<Md5>,
    /// Whether to compute the MD5 where the sender announced none.
    pub(super) hash: bool,
    /// Longest pause between two chunks.
    pub(super) stall: Duration,
}

/// An upload that is complete but not yet in the index.
#[derive(Debug)]
pub(super) struct Received {
    /// The bytes; `None` when there were none.
    pub(super) segment: Option<Segment>,
    /// Their MD5, when it was computed.
    pub(super) md5: Option<Md5>,
}

/// Stores `body` as a new object. On any error, and when the future is
/// dropped, nothing of it stays visible.
pub(super) async fn receive(
    objects: &Arc<dyn ObjectStore>,
    body: Body<'_>,
    rules: BodyRules,
) -> Result<Received> {
    if rules.length.is_some_and(|length| length > rules.max_length) {
        return Err(BlobError::TooLarge { limit: rules.max_length });
    }
    let mut sink = Sink::new(Arc::clone(objects), rules.hash || rules.md5.is_some());
    let outcome = match pump(body, &mut sink, rules).await {
        Ok(rest) => sink.finish(rest, rules.md5).await,
        Err(error) => Err(error),
    };
    if outcome.is_err() {
        sink.abort().await;
    }
    outcome
}

/// Reads the body to its end; returns the bytes that did not fill a part.
async fn pump(mut body: Body<'_>, sink: &mut Sink, rules: BodyRules) -> Result<Part> {
    let mut part = Part::default();
    let mut total = 0u64;
    loop {
        let mut chunk = match tokio::time::timeout(rules.stall, body.next()).await {
            Ok(Some(Ok(chunk))) => chunk,
            Ok(Some(Err(error))) => return Err(BlobError::Body(error)),
            Ok(None) => break,
            Err(_) => {
                return Err(BlobError::BodyStalled { seconds: rules.stall.as_secs() });
            }
        };
        total += chunk.len() as u64;
        check_length(total, rules)?;
        while !chunk.is_empty() {
            part.push(&mut chunk);
            if part.length == PART_SIZE {
                sink.write(std::mem::take(&mut part)).await?;
            }
        }
    }
    match rules.length {
        Some(announced) if announced != total => {
            Err(BlobError::LengthMismatch { announced, actual: total })
        }
        _ => Ok(part),
    }
}

/// Stops a body as soon as it is too long.
fn check_length(total: u64, rules: BodyRules) -> Result<()> {
    match rules.length {
        Some(announced) if total > announced => {
            Err(BlobError::LengthMismatch { announced, actual: total })
        }
        None if total > rules.max_length => Err(BlobError::TooLarge { limit: rules.max_length }),
        _ => Ok(()),
    }
}

/// Bytes on their way into one part.
#[derive(Debug, Default)]
struct Part {
    /// All of them [`RUN`] long.
    runs: Vec<Bytes>,
    /// Shorter; follows `runs`.
    last: BytesMut,
    length: usize,
}

impl Part {
    /// Takes of a chunk what the next run has room for.
    fn push(&mut self, chunk: &mut Bytes) {
        let taken = chunk.split_to(chunk.len().min(RUN - self.last.len()));
        self.length += taken.len();
        if taken.len() == RUN {
            self.runs.push(taken);
            return;
        }
        self.last.extend_from_slice(&taken);
        if self.last.len() == RUN {
            // Where one was full, another may be: it is not moved while it grows.
            let full = std::mem::replace(&mut self.last, BytesMut::with_capacity(RUN));
            self.runs.push(full.freeze());
        }
    }

    fn into_payload(self) -> PutPayload {
        let last = Some(self.last.freeze()).filter(|last| !last.is_empty());
        self.runs.into_iter().chain(last).collect()
    }
}

/// Writes parts to a new object, one part behind the receiver.
struct Sink {
    objects: Arc<dyn ObjectStore>,
    key: ObjectKey,
    length: u64,
    /// `None` when no MD5 is wanted, or while a part in flight has it.
    hasher: Option<Hasher>,
    /// Begun with the first full part: a short body is written in one go.
    upload: Option<Box<dyn MultipartUpload>>,
    in_flight: Option<AbortOnDropHandle<Result<Option<Hasher>>>>,
}

impl Sink {
    fn new(objects: Arc<dyn ObjectStore>, hash: bool) -> Self {
        Self {
            objects,
            key: ObjectKey::fresh(),
            length: 0,
            hasher: hash.then(Hasher::new),
            upload: None,
            in_flight: None,
        }
    }

    /// Starts to write a part once the one before is written.
    async fn write(&mut self, part: Part) -> Result<()> {
        self.drain().await?;
        self.length += part.length as u64;
        let payload = part.into_payload();
        let upload = match &mut self.upload {
            Some(upload) => upload,
            None => {
                let begun = self.objects.put_multipart(&self.key.path()).await?;
                self.upload.insert(begun)
            }
        };
        let stored = upload.put_part(payload.clone());
        let hashed = hash(self.hasher.take(), payload);
        // A task of its own, so that the part is written while the next one is
        // received.
        self.in_flight = Some(AbortOnDropHandle::new(tokio::spawn(async move {
            let (stored, hasher) = tokio::join!(stored, hashed);
            stored?;
            hasher
        })));
        Ok(())
    }

    /// Waits for the part in flight.
    async fn drain(&mut self) -> Result<()> {
        if let Some(task) = self.in_flight.take() {
            self.hasher = task.await.map_err(|_| BlobError::Interrupted)??;
        }
        Ok(())
    }

    /// Writes the rest, compares the MD5 and makes the object visible.
    async fn finish(&mut self, rest: Part, expected: Option<Md5>) -> Result<Received> {
        if self.upload.is_some() {
            if rest.length > 0 {
                self.write(rest).await?;
            }
            self.drain().await?;
            let md5 = self.check_md5(expected)?;
            if let Some(upload) = &mut self.upload {
                upload.complete().await?;
            }
            self.upload = None;
            return Ok(self.received(md5));
        }
        self.length = rest.length as u64;
        let payload = rest.into_payload();
        self.hasher = hash(self.hasher.take(), payload.clone()).await?;
        let md5 = self.check_md5(expected)?;
        if self.length > 0 {
            self.objects.put(&self.key.path(), payload).await?;
        }
        Ok(self.received(md5))
    }

    fn check_md5(&mut self, expected: Option<Md5>) -> Result<Option<Md5>> {
        let computed = self.hasher.take().map(|hasher| Md5::from(hasher.finalize()));
        if expected.is_some() && expected != computed {
            return Err(BlobError::Md5Mismatch);
        }
        Ok(computed)
    }

    fn received(&self, md5: Option<Md5>) -> Received {
        Received {
            segment: (self.length > 0).then(|| Segment {
                object: self.key.clone(),
                length: self.length,
                block: None,
            }),
            md5,
        }
    }

    /// Drops what was written so far.
    async fn abort(&mut self) {
        self.in_flight = None;
        if let Some(mut upload) = self.upload.take()
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(key = self.key.as_str(), %error, "cannot drop a broken upload");
        }
    }
}

impl Drop for Sink {
    /// Aborts when the client went away, for remote stores keep the parts of
    /// an upload that is merely forgotten.
    fn drop(&mut self) {
        if let Some(mut upload) = self.upload.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let in_flight = self.in_flight.take();
            runtime.spawn(async move {
                drop(in_flight);
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%error, "cannot drop an abandoned upload");
                }
            });
        }
    }
}

/// Feeds a part to the MD5, away from the async threads.
async fn hash(hasher: Option<Hasher>, payload: PutPayload) -> Result<Option<Hasher>> {
    let Some(mut hasher) = hasher else {
        return Ok(None);
    };
    tokio::task::spawn_blocking(move || {
        for chunk in &payload {
            hasher.update(chunk);
        }
        Some(hasher)
    })
    .await
    .map_err(|_| BlobError::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_of_any_size_become_runs() {
        let bytes: Vec<u8> = (0..3 * RUN + 17).map(|at| (at % 251) as u8).collect();
        for size in [1000, 65_537, RUN, RUN + 1, bytes.len()] {
            let mut part = Part::default();
            for mut chunk in bytes.chunks(size).map(Bytes::copy_from_slice) {
                while !chunk.is_empty() {
                    part.push(&mut chunk);
                }
            }
            assert_eq!(part.length, bytes.len());
            let payload = part.into_payload();
            let lengths: Vec<_> = payload.iter().map(Bytes::len).collect();
            assert_eq!(lengths, [RUN, RUN, RUN, 17], "in chunks of {size}");
            assert!(payload.into_iter().flatten().eq(bytes.iter().copied()), "in chunks of {size}");
        }
    }
}
