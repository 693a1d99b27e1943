//! Folded header lines, which HTTP has given up and clients have not.
//!
//! A header may go on in a line that starts with a blank: the PHP SDK sends the content type of its
//! batches like that, and hyper refuses it. The line end before the blank is overwritten with
//! blanks while the bytes pass by, so no length changes and nothing has to be kept but a line end
//! whose next byte has not arrived. Bodies pass untouched: how long they are is read from the
//! heads, and where that is not clear, everything that follows passes untouched.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much is kept of a line: more than any line has that tells the length of a body.
const LONGEST_LINE: usize = 256;

/// A connection whose requests have no folded headers any more.
pub(crate) struct Unfolded<S> {
    inner: S,
    scan: Scan,
    held: Held,
}

/// A line end whose next byte has not arrived.
#[derive(Clone, Copy, Default)]
struct Held {
    bytes: [u8; 2],
    length: usize,
}

/// Where in a request the bytes are that come next.
enum Scan {
    /// In its head.
    Head(Head),
    /// In a body, of which this much is to come.
    Body(u64),
    /// In the line that tells how long the next chunk of a body is.
    ChunkSize(Line),
    /// In a chunk, of which this much is to come; its line end counts.
    Chunk(u64),
    /// Behind the last chunk.
    Trailer(Line),
    /// It is not clear where.
    Lost,
}

/// What the head of a request has said so far.
#[derive(Default)]
struct Head {
    line: Line,
    /// Whether the line with method and path is over.
    started: bool,
    length: Option<u64>,
    chunked: bool,
    unclear: bool,
}

/// The beginning of a line, without its end.
#[derive(Default)]
struct Line {
    text: Vec<u8>,
    is_longer: bool,
}

impl<S> Unfolded<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner, scan: Scan::Head(Head::default()), held: Held::default() }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Unfolded<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while buffer.remaining() > 0 {
            let start = buffer.filled().len();
            let held = this.held;
            if buffer.remaining() <= held.length {
                // No reader has so little room, but none must wait for ever.
                this.scan = Scan::Lost;
                let given = buffer.remaining();
                buffer.put_slice(&held.bytes[..given]);
                this.held = Held::new(&held.bytes[given..held.length]);
                break;
            }
            buffer.put_slice(&held.bytes[..held.length]);
            let read = Pin::new(&mut this.inner).poll_read(context, buffer);
            if !matches!(read, Poll::Ready(Ok(()))) {
                buffer.set_filled(start);
                return read;
            }
            this.held = Held::default();
            if buffer.filled().len() == start + held.length {
                // The end: what was held is the last there is.
                this.scan = Scan::Lost;
                break;
            }
            let hold = this.scan.pass(&mut buffer.filled_mut()[start..]);
            let end = buffer.filled().len() - hold;
            this.held = Held::new(&buffer.filled()[end..]);
            buffer.set_filled(end);
            if end > start {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Held {
    fn new(text: &[u8]) -> Self {
        let mut held = Self { length: text.len().min(2), ..Self::default() };
        held.bytes[..held.length].copy_from_slice(&text[..held.length]);
        held
    }
}

impl Scan {
    /// Unfolds the headers among bytes that pass by; tells how many of the last ones to hold back
    /// until more arrive.
    fn pass(&mut self, bytes: &mut [u8]) -> usize {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &mut bytes[at..];
            at += match self {
                Self::Lost => rest.len(),
                Self::Body(left) | Self::Chunk(left) => {
                    let passed = u64::try_from(rest.len()).unwrap_or(u64::MAX).min(*left);
                    *left -= passed;
                    usize::try_from(passed).unwrap_or(rest.len())
                }
                Self::ChunkSize(line) | Self::Trailer(line) => {
                    match rest.iter().position(|byte| *byte == b'\n') {
                        None => {
                            line.push(rest);
                            rest.len()
                        }
                        Some(end) => {
                            line.push(&rest[..end]);
                            *self = self.after_line();
                            end + 1
                        }
                    }
                }
                Self::Head(head) => match head.pass(rest) {
                    Passed::Hold(count) => return count,
                    Passed::All => rest.len(),
                    Passed::End(length) => {
                        *self = head.body();
                        length
                    }
                },
            };
            match self {
                Self::Body(0) => *self = Self::Head(Head::default()),
                Self::Chunk(0) => *self = Self::ChunkSize(Line::default()),
                _ => {}
            }
        }
        0
    }

    /// What follows a line among the chunks of a body.
    fn after_line(&mut self) -> Self {
        match self {
            Self::ChunkSize(line) => match line.chunk_size() {
                None => Self::Lost,
                Some(0) => Self::Trailer(Line::default()),
                Some(size) => size.checked_add(2).map_or(Self::Lost, Self::Chunk),
            },
            Self::Trailer(line) if line.is_empty() => Self::Head(Head::default()),
            _ => Self::Trailer(Line::default()),
        }
    }
}

/// What has passed of a head.
enum Passed {
    /// All, but these last bytes are to be held back.
    Hold(usize),
    /// All, and the head goes on.
    All,
    /// This much, with which the head ends.
    End(usize),
}

impl Head {
    fn pass(&mut self, bytes: &mut [u8]) -> Passed {
        let mut at = 0;
        while let Some(end) = bytes[at..].iter().position(|byte| *byte == b'\n') {
            let end = at + end;
            let text = bytes[at..end].strip_suffix(b"\r").unwrap_or(&bytes[at..end]);
            let line_end = at + text.len();
            self.line.push(text);
            if self.line.is_empty() {
                if self.started {
                    return Passed::End(end + 1);
                }
                // Empty lines before a request mean nothing.
                at = end + 1;
                continue;
            }
            match bytes.get(end + 1) {
                None => return Passed::Hold(end + 1 - line_end),
                Some(b' ' | b'\t') if self.started => {
                    bytes[line_end..=end].fill(b' ');
                    self.line.push(b" ");
                }
                Some(_) => self.end_line(),
            }
            at = end + 1;
        }
        match bytes[at..].strip_suffix(b"\r") {
            Some(text) => {
                self.line.push(text);
                Passed::Hold(1)
            }
            None => {
                self.line.push(&bytes[at..]);
                Passed::All
            }
        }
    }

    /// Takes from a header what it says of the body.
    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if !std::mem::replace(&mut self.started, true) {
            return;
        }
        let Some(colon) = line.text.iter().position(|byte| *byte == b':') else { return };
        let (name, value) = (&line.text[..colon], line.text[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            let length = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
            self.unclear |= line.is_longer || length.is_none();
            self.unclear |= self.length.is_some() && self.length != length;
            self.length = length;
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.unclear |= line.is_longer || !value.eq_ignore_ascii_case(b"chunked");
            self.chunked = true;
        }
    }

    /// What follows the head.
    fn body(&self) -> Scan {
        match (self.unclear, self.chunked, self.length) {
            (true, ..) | (false, true, Some(_)) => Scan::Lost,
            (false, true, None) => Scan::ChunkSize(Line::default()),
            (false, false, length) => Scan::Body(length.unwrap_or(0)),
        }
    }
}

impl Line {
    fn push(&mut self, text: &[u8]) {
        let room = LONGEST_LINE - self.text.len();
        self.is_longer |= text.len() > room;
        self.text.extend_from_slice(&text[..text.len().min(room)]);
    }

    fn is_empty(&self) -> bool {
        self.text.is_empty() || self.text == b"\r"
    }

    fn chunk_size(&self) -> Option<u64> {
        let text = std::str::from_utf8(&self.text).ok().filter(|_| !self.is_longer)?;
        u64::from_str_radix(text.split(';').next()?.trim(), 16).ok()
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Unfolded<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::AsyncReadExt as _;

    use super::*;

    /// Gives the bytes of a text a few at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl AsyncRead for Slow<'_> {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let count = self.1.min(self.0.len()).min(buffer.remaining());
            let (given, rest) = self.0.split_at(count);
            buffer.put_slice(given);
            self.0 = rest;
            Poll::Ready(Ok(()))
        }
    }

    async fn unfolded(text: &str) -> String {
        let mut results = Vec::new();
        for step in 1..=text.len().clamp(1, 40) {
            let mut read = String::new();
            Unfolded::new(Slow(text.as_bytes(), step)).read_to_string(&mut read).await.unwrap();
            results.push(read);
        }
        results.dedup();
        assert_eq!(results.len(), 1, "however it arrives: {results:?}");
        results.remove(0)
    }

    #[tokio::test]
    async fn headers_are_unfolded() {
        for (folded, expected) in [
            ("POST / HTTP/1.1\r\nA: b;\r\n c\r\n\r\n", "POST / HTTP/1.1\r\nA: b;   c\r\n\r\n"),
            ("POST / HTTP/1.1\nA: b;\n\tc\n\n", "POST / HTTP/1.1\nA: b; \tc\n\n"),
            (
                "\r\nP / HTTP/1.1\r\nA:\r\n  b\r\n  c\r\nD: e\r\n\r\n",
                "\r\nP / HTTP/1.1\r\nA:    b    c\r\nD: e\r\n\r\n",
            ),
        ] {
            assert_eq!(unfolded(folded).await, expected);
        }
    }

    #[tokio::test]
    async fn all_else_stays_as_it_is() {
        for text in [
            "",
            "\r",
            "\r\n",
            "GET / HTTP/1.1\r\nA: b\r\n\r\n",
            "GET / HTTP/1.1\r\n A: b\r\n\r\n",
            "GET / HTTP/1.1\r\nA: b\r\n",
            // Bodies that look like heads.
            "P / HTTP/1.1\r\nContent-Length: 8\r\n\r\na: b\r\n cGET / HTTP/1.1\r\n\r\n",
            "P / HTTP/1.1\r\ncontent-length:\t8\r\n\r\nx\r\n y\r\n z",
            "P / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n8;x=y\r\nx\r\n y\r\n \r\n2\r\n\r\n\r\n0\r\nT: u\r\n\r\n",
            // Where the length is not clear.
            "P / HTTP/1.1\r\nContent-Length: x\r\n\r\nA: b\r\n c",
            "P / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nA: b\r\n c",
            "P / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nA: b\r\n c",
            "P / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nA: b\r\n c",
        ] {
            assert_eq!(unfolded(text).await, text);
        }
    }

    #[tokio::test]
    async fn the_next_request_is_looked_at_again() {
        for body in [
            "Content-Length: 5\r\n\r\na\r\n b",
            "Content-Length:\r\n 5\r\n\r\na\r\n b",
            "Transfer-Encoding: chunked\r\n\r\n5\r\na\r\n b\r\n0\r\n\r\n",
            "\r\n",
        ] {
            let text = format!("P / HTTP/1.1\r\n{body}Q / HTTP/1.1\r\nA: b\r\n c\r\n\r\n");
            let read = unfolded(&text).await;
            assert!(read.ends_with("Q / HTTP/1.1\r\nA: b   c\r\n\r\n"), "{read:?}");
            assert_eq!(read.contains("a\r\n b"), body.contains("a\r\n b"), "{read:?}");
        }
    }
}
