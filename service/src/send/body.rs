//! Bodies that consist of bytes and of ranges of a blob.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use hyper::body::{Body, Frame, SizeHint};

use super::{FileQueue, hole};
use crate::extent::{self, Extent};

/// Shorter stretches are read: a system call for each would cost more than copying them.
const SHORTEST_HOLE: usize = 16 << 10;
/// What is prepared at once of what is sent as it is.
const WINDOW: u64 = hole::LONGEST as u64;
/// What is read at once.
const READ_WINDOW: u64 = 256 << 10;

/// Something whose bytes can be had as stretches of local files.
#[async_trait]
pub(crate) trait Source: Send + Sync {
    /// The stretches that a range consists of, in order.
    async fn extents(&self, range: Range<u64>) -> io::Result<Vec<Extent>>;
}

/// A part of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Bytes.
    Bytes(Bytes),
    /// A range of the source.
    Range(Range<u64>),
}

impl Part {
    /// How many bytes it has.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Range(range) => range.end - range.start,
        }
    }

    /// The range of the source, if it is one.
    pub(crate) fn range(&self) -> Option<Range<u64>> {
        match self {
            Self::Bytes(_) => None,
            Self::Range(range) => Some(range.clone()),
        }
    }

    /// Cuts bytes off its end.
    fn split_off(&mut self, at: u64) -> Self {
        match self {
            Self::Bytes(bytes) => {
                Self::Bytes(bytes.split_off(usize::try_from(at).unwrap_or(bytes.len())))
            }
            Self::Range(range) => {
                let behind = range.start + at..range.end;
                range.end = behind.start;
                Self::Range(behind)
            }
        }
    }
}

/// What of parts is in a range of the whole.
pub(crate) fn slice(parts: impl IntoIterator<Item = Part>, wanted: &Range<u64>) -> Vec<Part> {
    let mut at = 0;
    let mut kept = Vec::new();
    for mut part in parts {
        let here = at..at + part.length();
        at = here.end;
        let (start, end) = (here.start.max(wanted.start), here.end.min(wanted.end));
        if start < end {
            part.split_off(end - here.start);
            kept.push(part.split_off(start - here.start));
        }
    }
    kept
}

/// A body that consists of bytes and of ranges of one source.
pub(crate) struct FileBody {
    source: Arc<dyn Source>,
    queue: Option<FileQueue>,
    parts: VecDeque<Part>,
    /// The beginning of what is left, ready to be sent.
    ready: VecDeque<Ready>,
    preparing: Option<BoxFuture<'static, io::Result<Vec<Ready>>>>,
    /// How many bytes are left.
    left: u64,
}

/// What can be sent at once.
enum Ready {
    Bytes(Bytes),
    File(Extent),
}

impl FileBody {
    /// A body for a connection: with the queue of one that sends files.
    pub(crate) fn new(source: Arc<dyn Source>, queue: Option<FileQueue>, parts: Vec<Part>) -> Self {
        let left = parts.iter().map(Part::length).sum();
        Self { source, queue, parts: parts.into(), ready: VecDeque::new(), preparing: None, left }
    }

    /// The ranges at the front that are to be prepared next.
    fn next_window(&mut self) -> Vec<Range<u64>> {
        let mut room = if self.queue.is_some() { WINDOW } else { READ_WINDOW };
        // What is going to be read, and therefore in memory.
        let mut reads = READ_WINDOW;
        let mut ranges = Vec::new();
        while let Some(Part::Range(range)) = self.parts.front_mut() {
            let length = range.end - range.start;
            if length < SHORTEST_HOLE as u64 {
                reads = reads.saturating_sub(length);
            }
            if length > room {
                if ranges.is_empty() {
                    let cut = range.start + room;
                    ranges.push(range.start..cut);
                    range.start = cut;
                }
                break;
            }
            room -= length;
            ranges.push(range.clone());
            self.parts.pop_front();
            if room == 0 || reads == 0 {
                break;
            }
        }
        ranges
    }
}

/// Makes ranges ready to be sent.
async fn prepare(
    source: Arc<dyn Source>,
    ranges: Vec<Range<u64>>,
    has_queue: bool,
) -> io::Result<Vec<Ready>> {
    let mut ready = Vec::with_capacity(ranges.len());
    let mut short = Vec::new();
    for range in ranges {
        let extents = source.extents(range.clone()).await?;
        let found: u64 = extents.iter().map(|extent| extent.length as u64).sum();
        if found != range.end - range.start {
            return Err(io::Error::other("a range of a blob is not where it should be"));
        }
        for extent in extents {
            if !has_queue || extent.length < SHORTEST_HOLE {
                short.push(extent);
                continue;
            }
            read(&mut short, &mut ready).await?;
            extent.bring_into_memory().await?;
            ready.push(Ready::File(extent));
        }
    }
    read(&mut short, &mut ready).await?;
    Ok(ready)
}

async fn read(extents: &mut Vec<Extent>, ready: &mut Vec<Ready>) -> io::Result<()> {
    if !extents.is_empty() {
        let bytes = extent::read(std::mem::take(extents)).await?;
        ready.push(Ready::Bytes(bytes.into()));
    }
    Ok(())
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        loop {
            if let Some(next) = this.ready.pop_front() {
                let bytes = match (next, &this.queue) {
                    (Ready::Bytes(bytes), _) => bytes,
                    (Ready::File(extent), Some(queue)) => queue.push(extent),
                    (Ready::File(_), None) => return Poll::Ready(Some(Err(lost()))),
                };
                // hyper sends no more than it was told, and refuses less.
                this.left = this.left.saturating_sub(bytes.len() as u64);
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            if let Some(preparing) = &mut this.preparing {
                let prepared = ready!(preparing.as_mut().poll(context));
                this.preparing = None;
                match prepared {
                    Ok(ready) => this.ready.extend(ready),
                    Err(error) => {
                        this.parts.clear();
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                continue;
            }
            match this.parts.front_mut() {
                None => return Poll::Ready(None),
                Some(Part::Bytes(bytes)) => {
                    this.ready.push_back(Ready::Bytes(std::mem::take(bytes)));
                    this.parts.pop_front();
                }
                Some(Part::Range(_)) => {
                    let (source, ranges) = (Arc::clone(&this.source), this.next_window());
                    let has_queue = this.queue.is_some();
                    this.preparing = Some(Box::pin(prepare(source, ranges, has_queue)));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// A stretch was prepared for a queue that is not there.
fn lost() -> io::Error {
    io::Error::other("a stretch of a file has no connection to go to")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs::File;
    use std::io::Write as _;

    use futures_util::StreamExt as _;

    use super::*;

    /// A file in two halves.
    struct Halves(Arc<File>, u64);

    #[async_trait]
    impl Source for Halves {
        async fn extents(&self, range: Range<u64>) -> io::Result<Vec<Extent>> {
            let middle = self.1.clamp(range.start, range.end);
            let halves = [range.start..middle, middle..range.end];
            let halves = halves.into_iter().filter(|half| !half.is_empty());
            Ok(halves
                .map(|half| Extent {
                    file: Arc::clone(&self.0),
                    start: half.start,
                    length: (half.end - half.start) as usize,
                })
                .collect())
        }
    }

    fn source(length: usize) -> (Arc<dyn Source>, Vec<u8>) {
        let bytes: Vec<u8> = (0..length).map(|at| (at % 253) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        (Arc::new(Halves(Arc::new(file), length as u64 / 2)), bytes)
    }

    async fn frames(body: FileBody) -> Vec<io::Result<Bytes>> {
        let body = axum::body::Body::new(body).into_data_stream();
        body.map(|frame| frame.map_err(io::Error::other)).collect().await
    }

    fn range(start: u64, end: u64) -> Part {
        Part::Range(start..end)
    }

    #[tokio::test]
    async fn without_a_queue_everything_is_read() {
        let (source, bytes) = source(3 << 20);
        let head = Part::Bytes(Bytes::from_static(b"head"));
        let parts = vec![head, range(5, 2 << 20), range(1, 2), range(0, 0), range(3, 9)];
        let body = FileBody::new(source, None, parts);
        assert_eq!(body.size_hint().exact(), Some(4 + (2 << 20) - 5 + 1 + 6));
        let frames: Vec<_> = frames(body).await.into_iter().map(Result::unwrap).collect();
        assert!(frames.iter().all(|frame| frame.len() as u64 <= READ_WINDOW));
        let want = [b"head", &bytes[5..2 << 20], &bytes[1..2], &bytes[3..9]].concat();
        assert!(frames.concat() == want);
    }

    #[tokio::test]
    async fn long_stretches_become_holes_and_short_ones_are_read() {
        let (source, bytes) = source(10 << 20);
        let short = SHORTEST_HOLE as u64 - 1;
        let parts = vec![range(0, 9 << 20), range(7, 7 + short), range(99, 200)];
        let queue = FileQueue::default();
        let frames = frames(FileBody::new(source, Some(queue.clone()), parts)).await;
        let frames: Vec<_> = frames.into_iter().map(Result::unwrap).collect();
        let holes = frames.iter().filter(|frame| hole::is(frame));
        // The middle of the file lies in the second window.
        assert_eq!(holes.map(Bytes::len).collect::<Vec<_>>(), [4 << 20, 1 << 20, 3 << 20, 1 << 20]);
        let read: Vec<_> = frames.iter().filter(|frame| !hole::is(frame)).cloned().collect();
        assert_eq!(read.concat(), [&bytes[7..][..short as usize], &bytes[99..200]].concat());
    }

    #[tokio::test]
    async fn a_short_file_is_an_error() {
        let (source, _) = source(100);
        for queue in [None, Some(FileQueue::default())] {
            let body = FileBody::new(Arc::clone(&source), queue, vec![range(50, 40_000)]);
            let frames = frames(body).await;
            assert!(matches!(frames.as_slice(), [Err(_)]), "{frames:?}");
        }
    }

    #[test]
    fn parts_are_sliced() {
        let all = || [Part::Bytes(Bytes::from_static(b"abcd")), range(10, 20), range(30, 31)];
        for (wanted, want) in [
            (0..15, all().to_vec()),
            (1..3, vec![Part::Bytes(Bytes::from_static(b"bc"))]),
            (3..6, vec![Part::Bytes(Bytes::from_static(b"d")), range(10, 12)]),
            (13..99, vec![range(19, 20), range(30, 31)]),
            (15..99, vec![]),
        ] {
            assert_eq!(slice(all(), &wanted), want, "{wanted:?}");
        }
    }
}
