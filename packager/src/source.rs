//! Finding the `moov` box of a file that can only be read in ranges.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

use crate::error::{Error, Place};

/// How much is read at the start of a file and after a jump. A faststart `moov` of a short
/// film usually fits, so that one read is enough.
const WINDOW: u64 = 64 * 1024;

/// Largest `moov` that is accepted. Ten hours of frame-interleaved video and audio need about 40 MB.
const MAX_MOOV: u64 = 256 * 1024 * 1024;

/// Most top-level boxes before the `moov`. Progressive files have fewer than ten.
const MAX_TOP_LEVEL_BOXES: u32 = 4096;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Read this byte range of the file and hand it to [`Locate::feed`].
    Read(Range<u64>),
    /// The payload of the `moov` box, for [`crate::Mp4::parse`].
    Moov(Bytes),
}

/// Walks the top-level boxes of an MP4 file until the `moov` box is at hand.
///
/// The `moov` may lie before or after the media data; two or three reads find it.
///
/// ```
/// # fn read(file: &[u8], range: std::ops::Range<u64>) -> bytes::Bytes {
/// #     bytes::Bytes::copy_from_slice(&file[range.start as usize..range.end as usize])
/// # }
/// # let file = b"\0\0\0\x0cftypisom\0\0\0\x0cmoovabcd";
/// use packager::{Locate, Step};
/// let mut locate = Locate::new("film.mp4", file.len() as u64);
/// let mut step = locate.start();
/// let moov = loop {
///     match step {
///         Step::Read(range) => step = locate.feed(read(file, range))?,
///         Step::Moov(moov) => break moov,
///     }
/// };
/// assert_eq!(&moov[..], b"abcd");
/// # Ok::<(), packager::Error>(())
/// ```
#[derive(Debug)]
pub struct Locate {
    file: String,
    file_len: u64,
    /// Where `pending` starts in the file: always at a box header, or inside a wanted `moov`.
    position: u64,
    pending: BytesMut,
    boxes: u32,
}

/// A box header: type, header length and total length.
struct Header {
    kind: [u8; 4],
    header: u64,
    total: u64,
}

impl Locate {
    /// Starts the search in a file of `file_len` bytes; `file` is its name for error messages.
    pub fn new(file: impl Into<String>, file_len: u64) -> Self {
        Locate { file: file.into(), file_len, position: 0, pending: BytesMut::new(), boxes: 0 }
    }

    /// The first read.
    pub fn start(&self) -> Step {
        Step::Read(0..self.file_len.min(WINDOW))
    }

    /// Takes the bytes of the range asked for last.
    ///
    /// # Errors
    /// [`Error::NoMoov`] when the file ends without one (also when `bytes` is shorter than the
    /// range asked for), [`Error::Malformed`] for impossible box sizes, [`Error::Unsupported`] for
    /// a fragmented file.
    pub fn feed(&mut self, bytes: Bytes) -> Result<Step, Error> {
        if bytes.is_empty() {
            return Err(self.no_moov());
        }
        self.pending.extend_from_slice(&bytes);
        loop {
            let Some(found) = self.header()? else {
                // A header is cut off: read on from the same box.
                return self.read_on(self.pending.len() as u64 + WINDOW);
            };
            if found.kind == *b"moov" {
                return self.moov(&found);
            }
            if found.kind == *b"moof" {
                return Err(self.place().unsupported("a fragmented MP4 file"));
            }
            self.boxes += 1;
            if self.boxes > MAX_TOP_LEVEL_BOXES {
                return Err(self.place().malformed("too many top-level boxes"));
            }
            self.position += found.total;
            let skip = usize::try_from(found.total).unwrap_or(usize::MAX);
            if skip >= self.pending.len() {
                self.pending.clear();
                return self.read_on(WINDOW);
            }
            let _ = self.pending.split_to(skip);
        }
    }

    /// The header at `position`, `None` when more bytes are needed.
    fn header(&self) -> Result<Option<Header>, Error> {
        let bytes = &self.pending;
        let (Some(size), Some(kind)) = (bytes.first_chunk::<4>(), bytes.get(4..8)) else {
            return Ok(None);
        };
        let kind = [kind[0], kind[1], kind[2], kind[3]];
        let left = self.file_len.saturating_sub(self.position);
        let (header, total) = match u32::from_be_bytes(*size) {
            0 => (8, left),
            1 => {
                let Some(large) = bytes.get(8..).and_then(|rest| rest.first_chunk::<8>()) else {
                    return Ok(None);
                };
                (16, u64::from_be_bytes(*large))
            }
            small => (8, u64::from(small)),
        };
        if total < header || total > left {
            return Err(self.place().malformed(format!(
                "the top-level box {:?} at offset {} claims {total} bytes, {left} are left",
                kind.escape_ascii().to_string(),
                self.position,
            )));
        }
        Ok(Some(Header { kind, header, total }))
    }

    fn moov(&mut self, found: &Header) -> Result<Step, Error> {
        if found.total > MAX_MOOV {
            return Err(self.place().malformed(format!(
                "the `moov` box has {} bytes; at most {MAX_MOOV} are accepted",
                found.total
            )));
        }
        let total = usize::try_from(found.total).unwrap_or(usize::MAX);
        if self.pending.len() < total {
            return self.read_on(found.total);
        }
        let mut moov = self.pending.split_to(total).freeze();
        let _ = moov.split_to(found.header as usize);
        Ok(Step::Moov(moov))
    }

    /// Asks for the file from the end of what is held up to `want` bytes after `position`.
    fn read_on(&self, want: u64) -> Result<Step, Error> {
        let held = self.position + self.pending.len() as u64;
        let end = self.position.saturating_add(want).min(self.file_len);
        if held >= end {
            return Err(self.no_moov());
        }
        Ok(Step::Read(held..end))
    }

    fn no_moov(&self) -> Error {
        Error::NoMoov { file: self.file.clone() }
    }

    fn place(&self) -> Place<'_> {
        Place { file: &self.file, track: 0, path: "file" }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn boxed(kind: &[u8; 4], payload: usize) -> Vec<u8> {
        let mut out = u32::try_from(payload + 8).unwrap().to_be_bytes().to_vec();
        out.extend_from_slice(kind);
        out.resize(payload + 8, 7);
        out
    }

    fn run(file: &[u8]) -> Result<(Bytes, usize), Error> {
        let mut locate = Locate::new("a.mp4", file.len() as u64);
        let mut step = locate.start();
        let mut reads = 0;
        loop {
            match step {
                Step::Read(range) => {
                    reads += 1;
                    assert!(reads < 10, "does not terminate");
                    let part = &file[range.start as usize..range.end as usize];
                    step = locate.feed(Bytes::copy_from_slice(part))?;
                }
                Step::Moov(moov) => return Ok((moov, reads)),
            }
        }
    }

    #[test]
    fn finds_a_moov_at_the_front_in_one_read() {
        let file = [boxed(b"ftyp", 16), boxed(b"moov", 500), boxed(b"mdat", 100_000)].concat();
        let (moov, reads) = run(&file).unwrap();
        assert_eq!((moov.len(), reads), (500, 1));
    }

    #[test]
    fn finds_a_large_moov_behind_the_media_data() {
        let file = [boxed(b"ftyp", 16), boxed(b"mdat", 300_000), boxed(b"moov", 200_000)].concat();
        let (moov, reads) = run(&file).unwrap();
        assert_eq!((moov.len(), reads), (200_000, 3));
    }

    #[test]
    fn follows_64_bit_sizes() {
        let mut mdat = vec![0, 0, 0, 1];
        mdat.extend_from_slice(b"mdat");
        mdat.extend_from_slice(&70_016u64.to_be_bytes());
        mdat.resize(70_016, 0);
        let file = [mdat, boxed(b"moov", 5)].concat();
        assert_eq!(run(&file).unwrap().0.len(), 5);
    }

    #[test]
    fn reads_on_when_a_header_is_cut_by_the_window() {
        let file = [boxed(b"free", WINDOW as usize - 8 - 3), boxed(b"moov", 20)].concat();
        assert_eq!(run(&file).unwrap().0.len(), 20);
    }

    #[test]
    fn refuses_what_is_not_a_progressive_mp4() {
        let fragmented = [boxed(b"ftyp", 4), boxed(b"moof", 4)].concat();
        assert!(matches!(run(&fragmented), Err(Error::Unsupported { .. })));
        assert!(matches!(run(&boxed(b"mdat", 4)), Err(Error::NoMoov { .. })));
        assert!(matches!(run(b""), Err(Error::NoMoov { .. })));
        assert!(matches!(run(b"not an mp4 file"), Err(Error::Malformed { .. })));
        let mut cut = boxed(b"moov", 100);
        cut.truncate(50);
        assert!(matches!(run(&cut), Err(Error::Malformed { .. })));
    }
}
