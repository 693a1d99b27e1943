//! How fragments are sent: as they lie in a file, through a cipher, or encrypted sample by sample.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use packager::Fragment;
use packager::protect::{EnvelopeEncryptor, SampleEncryptor};
use packager::ts::Segment;

use super::content::{Content, FileContent};
use super::memory::Reading;
use super::transport::SegmentContent;
use super::{Code, Origin, OriginError};
use crate::blob::{BlobError, ReadRange};
use crate::extent;
use crate::keys::FileReader;
use crate::send::Part;

/// Fragments with more media data are not encrypted sample by sample, for which they have to be in
/// memory: ten seconds at 100 Mbit/s have less.
const LARGEST: u64 = 128 << 20;
/// What is read at once to be encrypted.
const PIECE: u64 = 1 << 20;
/// How much media data may be in memory to be encrypted, in KiB; more waits.
pub(super) const ENCRYPTED_AT_ONCE: usize = 256 << 10;

/// A fragment that is made of one file, and what is to be done with it.
pub(super) enum Cut {
    /// It is sent as it is.
    Clear(Fragment),
    /// It is encrypted as a whole.
    Envelope(Fragment, Box<EnvelopeEncryptor>),
    /// Its samples are encrypted.
    Samples(Box<SampleEncryptor>),
}

impl Cut {
    /// The fragment without its encryption.
    pub(super) fn fragment(&self) -> &Fragment {
        match self {
            Self::Clear(fragment) | Self::Envelope(fragment, _) => fragment,
            Self::Samples(encryptor) => encryptor.fragment(),
        }
    }
}

/// What a fragment of a file is sent as.
pub(super) fn content(file: FileReader, cut: Cut) -> Content {
    match cut {
        Cut::Clear(fragment) => clear(file, fragment),
        Cut::Envelope(fragment, encryptor) => {
            let length = EnvelopeEncryptor::encrypted_length(fragment.content_length());
            let stream = enveloped(contents(file, fragment), *encryptor).boxed();
            Content::Stream { length, stream }
        }
        Cut::Samples(encryptor) => Content::Samples(file, encryptor),
    }
}

/// What a segment of a transport stream is sent as, which is made of some files.
pub(super) fn segment(
    reading: &Reading<'_>,
    files: Vec<FileReader>,
    segment: Segment,
    encryptor: Option<Box<EnvelopeEncryptor>>,
) -> Content {
    let content = SegmentContent::new(segment, &files);
    let Some(encryptor) = encryptor else { return content.into() };
    let clear = content.length();
    let (app, guard) = (reading.app.clone(), Arc::clone(&reading.guard));
    let stream = stream::once(async move {
        let transport = content.open(&app, guard, &(0..clear)).await?;
        Ok::<_, BlobError>(transport.stream(0..clear))
    });
    let stream = enveloped(stream.try_flatten(), *encryptor).boxed();
    Content::Stream { length: EnvelopeEncryptor::encrypted_length(clear), stream }
}

/// A fragment: its head, then what it names of the file.
fn clear(file: FileReader, fragment: Fragment) -> Content {
    match file.clear_version() {
        Some(version) => {
            let mut parts = vec![Part::Bytes(fragment.head)];
            parts.extend(fragment.ranges.into_iter().map(Part::Range));
            FileContent::fragment(version, parts).into()
        }
        None => Content::Stream {
            length: fragment.content_length(),
            stream: contents(file, fragment).boxed(),
        },
    }
}

/// A fragment, whose file is read while it is sent.
fn contents(
    file: FileReader,
    fragment: Fragment,
) -> impl Stream<Item = Result<Bytes, BlobError>> + Send {
    let head = stream::once(std::future::ready(Ok(fragment.head)));
    let data = stream::once(async move {
        let file = file.near(&fragment.ranges).await?;
        let pieces = stream::iter(fragment.ranges).map(move |range| {
            let range = ReadRange::From { first: range.start, last: Some(range.end - 1) };
            Ok::<_, BlobError>(file.read(range)?.into_stream())
        });
        Ok::<_, BlobError>(pieces.try_flatten())
    });
    head.chain(data.try_flatten())
}

/// A stream through a cipher, which has a last block when it ends.
fn enveloped(
    clear: impl Stream<Item = Result<Bytes, BlobError>> + Send + 'static,
    encryptor: EnvelopeEncryptor,
) -> impl Stream<Item = Result<Bytes, BlobError>> + Send {
    stream::unfold((Box::pin(clear), Some(encryptor)), |(mut clear, encryptor)| async move {
        let mut encryptor = encryptor?;
        Some(match clear.next().await {
            Some(Ok(piece)) => {
                let hidden = encryptor.update(&piece);
                (Ok(hidden.into()), (clear, Some(encryptor)))
            }
            Some(Err(error)) => (Err(error), (clear, None)),
            None => (Ok(encryptor.finish().into()), (clear, None)),
        })
    })
}

/// Reads a fragment and encrypts its samples.
pub(super) async fn encrypted(
    origin: &Origin,
    file: FileReader,
    encryptor: Box<SampleEncryptor>,
) -> Result<Content, OriginError> {
    let fragment = encryptor.fragment();
    let length: u64 = fragment.ranges.iter().map(|range| range.end - range.start).sum();
    if length > LARGEST {
        let message = format!("A fragment of more than {LARGEST} bytes cannot be encrypted.");
        return Err(OriginError::new(Code::FormatNotSupported, message));
    }
    // Bounded above, it is a number that there are permits for.
    let kib = u32::try_from(length / 1024 + 1).map_err(OriginError::internal)?;
    let permit = origin.encrypting.acquire_many(kib).await.map_err(OriginError::internal)?;
    let file = file.near(&fragment.ranges).await?;
    let mut data = Vec::with_capacity(usize::try_from(length).map_err(OriginError::internal)?);
    for range in fragment.ranges.clone() {
        for piece in extent::pieces(range, PIECE) {
            data.extend_from_slice(&file.bytes(piece).await?);
        }
    }
    // Milliseconds of arithmetic: not on a thread that others wait for.
    let work = tokio::task::spawn_blocking(move || {
        encryptor.encrypt(&mut data).map(|head| (head, Bytes::from(data)))
    });
    let (head, data) = work.await.map_err(OriginError::internal)??;
    drop(permit);
    let length = (head.len() + data.len()) as u64;
    let stream = stream::iter([Ok(head), Ok(data)]).boxed();
    Ok(Content::Stream { length, stream })
}
