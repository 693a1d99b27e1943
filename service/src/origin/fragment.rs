//! How fragments are sent: as they lie in a file, through a cipher, or encrypted sample by sample.

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use packager::protect::{EnvelopeEncryptor, SampleEncryptor};
use packager::{Fragment, Packaged};

use super::content::Content;
use super::transport::Transport;
use super::{Code, Origin, OriginError};
use crate::app::App;
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

/// What a fragment is sent as.
pub(super) async fn content(
    app: &App,
    asset: &str,
    packaged: Packaged,
) -> Result<Content, OriginError> {
    match packaged {
        Packaged::Clear(fragment) => {
            let file = open(app, asset, &fragment).await?;
            Ok(clear(file, fragment))
        }
        Packaged::Envelope(fragment, encryptor) => {
            let file = open(app, asset, &fragment).await?;
            let length = EnvelopeEncryptor::encrypted_length(fragment.content_length());
            let stream = enveloped(contents(file, fragment), *encryptor).boxed();
            Ok(Content::Stream { length, stream })
        }
        Packaged::Samples(encryptor) => {
            let file = open(app, asset, encryptor.fragment()).await?;
            encrypted(&app.origin, file, encryptor).await
        }
        Packaged::Segment(segment, encryptor) => {
            let segment = Transport::open(app, asset, segment).await?;
            let Some(encryptor) = encryptor else {
                return Ok(Content::Transport(segment));
            };
            let clear = segment.length();
            let stream = enveloped(segment.stream(0..clear), *encryptor).boxed();
            Ok(Content::Stream { length: EnvelopeEncryptor::encrypted_length(clear), stream })
        }
    }
}

/// The file of a fragment, with the fragment at hand.
async fn open(app: &App, asset: &str, fragment: &Fragment) -> Result<FileReader, OriginError> {
    let file = FileReader::open(app, asset, &fragment.file).await?;
    file.near(&fragment.ranges).await.map_err(OriginError::internal)
}

/// A fragment: its head, then what it names of the file.
fn clear(file: FileReader, fragment: Fragment) -> Content {
    match file.clear_blob() {
        Some(blob) => {
            let mut parts = vec![Part::Bytes(fragment.head)];
            parts.extend(fragment.ranges.into_iter().map(Part::Range));
            Content::File { blob: blob.clone(), parts }
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
    let data = stream::iter(fragment.ranges).map(move |range| {
        let range = ReadRange::From { first: range.start, last: Some(range.end - 1) };
        Ok::<_, BlobError>(file.read(range)?.into_stream())
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

/// Reads a fragment, encrypts its samples, and answers with it.
async fn encrypted(
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
    let mut data = Vec::with_capacity(usize::try_from(length).map_err(OriginError::internal)?);
    for range in fragment.ranges.clone() {
        for piece in extent::pieces(range, PIECE) {
            let piece = file.bytes(piece).await.map_err(OriginError::internal)?;
            data.extend_from_slice(&piece);
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
