//! Finding the boxes that tell about samples, in a file that can only be read in ranges.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

use crate::error::{Error, Place};
use crate::fragmented::Fragments;

/// How much is read at the start of a file and after a short jump. A faststart `moov` of a short
/// film usually fits, so that one read is enough.
const WINDOW: u64 = 64 * 1024;

/// How much is read at least after a jump to where the next fragment should be.
const FRAGMENT_WINDOW: u64 = 4 * 1024;

/// Largest `moov` that is accepted. Ten hours of frame-interleaved video and audio need about 40 MB.
const MAX_MOOV: u64 = 256 * 1024 * 1024;

/// Largest `moof` that is accepted. An hour of video at 60 frames per second needs 4 MB.
const MAX_MOOF: u64 = 16 * 1024 * 1024;

/// Most top-level boxes before the `moov`. Progressive files have fewer than ten.
const MAX_TOP_LEVEL_BOXES: u32 = 4096;

/// Most top-level boxes of a fragmented file: each fragment has two, and some have indexes, events
/// and times beside them.
const MAX_FRAGMENTED_BOXES: u32 = 1 << 23;

/// What to do next.
#[derive(Debug, Clone)]
pub enum Step {
    /// Read this byte range of the file and hand it to [`Locate::feed`].
    Read(Range<u64>),
    /// All is at hand for [`crate::Mp4::parse`].
    Found(Boxes),
}

/// The boxes of an MP4 file that tell about its samples.
#[derive(Debug, Clone)]
pub struct Boxes {
    pub(crate) moov: Bytes,
    pub(crate) fragments: Option<Box<Fragments>>,
    pub(crate) name: Option<String>,
}

impl Boxes {
    /// The payload of the `moov` box.
    pub fn moov(&self) -> &Bytes {
        &self.moov
    }

    /// The boxes of a file that is to be known by this name wherever it is encrypted. No other file
    /// may have it under the same key; the name given to [`crate::Mp4::parse`] may come twice.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Boxes { name: Some(name.into()), ..self }
    }

    /// Whether samples are told by `moof` boxes.
    pub fn is_fragmented(&self) -> bool {
        self.fragments.is_some()
    }
}

/// The payload of the `moov` box of a progressive file.
impl From<Bytes> for Boxes {
    fn from(moov: Bytes) -> Self {
        Boxes { moov, fragments: None, name: None }
    }
}

/// Walks the top-level boxes of an MP4 file until all that tells about samples is at hand.
///
/// The `moov` of a progressive file may lie before or after the media data; two or three reads find
/// it. A fragmented file is walked to its end, with about one read for each fragment; `mdat` boxes
/// are jumped over. The `mfra` box at the end is not looked at: it can only say again what the
/// fragments say themselves.
///
/// ```
/// # fn read(file: &[u8], range: std::ops::Range<u64>) -> bytes::Bytes {
/// #     bytes::Bytes::copy_from_slice(&file[range.start as usize..range.end as usize])
/// # }
/// # let file = b"\0\0\0\x0cftypisom\0\0\0\x0cmoov\0\0\0\0";
/// use packager::{Locate, Step};
/// let mut locate = Locate::new("film.mp4", file.len() as u64);
/// let mut step = locate.start();
/// let boxes = loop {
///     match step {
///         Step::Read(range) => step = locate.feed(read(file, range))?,
///         Step::Found(boxes) => break boxes,
///     }
/// };
/// assert_eq!(boxes.moov().len(), 4);
/// # Ok::<(), packager::Error>(())
/// ```
#[derive(Debug)]
pub struct Locate {
    file: String,
    file_len: u64,
    /// Where `pending` starts in the file: always at a box header, or inside a wanted box.
    position: u64,
    pending: BytesMut,
    boxes: u32,
    /// The `moov` of a fragmented file, and what its fragments say so far.
    found: Option<(Bytes, Fragments)>,
    /// The largest `moof` so far, with its header.
    largest: u64,
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
        Locate {
            file: file.into(),
            file_len,
            position: 0,
            pending: BytesMut::new(),
            boxes: 0,
            found: None,
            largest: 0,
        }
    }

    /// The first read.
    pub fn start(&self) -> Step {
        Step::Read(0..self.file_len.min(WINDOW))
    }

    /// Takes the bytes of the range asked for last.
    ///
    /// A fragmented file that is cut off ends with its last whole fragment.
    ///
    /// # Errors
    /// [`Error::NoMoov`] when the file ends without one (also when `bytes` is shorter than the
    /// range asked for), [`Error::Malformed`] for impossible box sizes and damaged fragments,
    /// [`Error::Unsupported`] for fragments without a `moov` before them.
    pub fn feed(&mut self, bytes: Bytes) -> Result<Step, Error> {
        if bytes.is_empty() {
            return Err(self.no_moov());
        }
        self.pending.extend_from_slice(&bytes);
        loop {
            let Some(header) = self.header()? else {
                // A header is cut off: read on from the same box.
                return self.read_on(self.pending.len() as u64 + WINDOW);
            };
            let left = self.file_len.saturating_sub(self.position);
            if header.total < header.header || header.total > left {
                return self.cut_off(&header, left);
            }
            if matches!(&header.kind, b"moov" | b"moof") {
                let most = if header.kind == *b"moov" { MAX_MOOV } else { MAX_MOOF };
                if header.total > most {
                    return Err(self.too_large(&header, most));
                }
                if (self.pending.len() as u64) < header.total {
                    return self.read_on(header.total);
                }
                if let Some(boxes) = self.take(&header)? {
                    return Ok(Step::Found(boxes));
                }
            } else if let Some(step) = self.skip(&header)? {
                return Ok(step);
            }
        }
    }

    /// The header at `position`, `None` when more bytes are needed.
    fn header(&self) -> Result<Option<Header>, Error> {
        let bytes = &self.pending;
        let (Some(size), Some(kind)) = (bytes.first_chunk::<4>(), bytes.get(4..8)) else {
            return Ok(None);
        };
        let kind = [kind[0], kind[1], kind[2], kind[3]];
        let (header, total) = match u32::from_be_bytes(*size) {
            0 => (8, self.file_len.saturating_sub(self.position)),
            1 => {
                let Some(large) = bytes.get(8..).and_then(|rest| rest.first_chunk::<8>()) else {
                    return Ok(None);
                };
                (16, u64::from_be_bytes(*large))
            }
            small => (8, u64::from(small)),
        };
        Ok(Some(Header { kind, header, total }))
    }

    /// Takes a `moov` or `moof` that is wholly there.
    fn take(&mut self, header: &Header) -> Result<Option<Boxes>, Error> {
        let start = self.position;
        let total = usize::try_from(header.total).unwrap_or(usize::MAX);
        let mut payload = self.pending.split_to(total).freeze();
        let _ = payload.split_to(header.header as usize);
        self.count_box()?;
        self.position += header.total;
        let place = Place { file: &self.file, track: 0, path: "file" };
        match (&header.kind, &mut self.found) {
            (b"moof", Some((_, fragments))) => {
                fragments.add(&payload, start, place)?;
                self.largest = self.largest.max(header.total);
            }
            (b"moof", None) => {
                return Err(place.unsupported("a fragment without a `moov` box before it"));
            }
            // Segments that were joined repeat their initialization segment.
            (_, Some((moov, _))) if *moov == payload => {}
            (_, Some(_)) => return Err(place.unsupported("a second `moov` box")),
            (_, None) => match Fragments::announced(&payload, self.file_len, place)? {
                None => return Ok(Some(payload.into())),
                Some(fragments) => self.found = Some((payload, fragments)),
            },
        }
        Ok(None)
    }

    /// Jumps over a box; the step to take if what is held ends there.
    fn skip(&mut self, header: &Header) -> Result<Option<Step>, Error> {
        self.count_box()?;
        self.position += header.total;
        let skip = usize::try_from(header.total).unwrap_or(usize::MAX);
        if skip < self.pending.len() {
            let _ = self.pending.split_to(skip);
            return Ok(None);
        }
        let jump = header.total - self.pending.len() as u64;
        self.pending.clear();
        // Where fragments are far apart, reading more than the next one is no use.
        let window = if self.found.is_some() && jump > WINDOW {
            (self.largest + FRAGMENT_WINDOW / 4).clamp(FRAGMENT_WINDOW, WINDOW)
        } else {
            WINDOW
        };
        self.read_on(window).map(Some)
    }

    fn count_box(&mut self) -> Result<(), Error> {
        self.boxes += 1;
        let most = if self.found.is_some() { MAX_FRAGMENTED_BOXES } else { MAX_TOP_LEVEL_BOXES };
        if self.boxes > most {
            return Err(self.place().malformed("too many top-level boxes"));
        }
        Ok(())
    }

    /// A box that claims more than there is: the end of a recording that was broken off, or damage.
    fn cut_off(&mut self, header: &Header, left: u64) -> Result<Step, Error> {
        let media = matches!(&header.kind, b"moof" | b"mdat") && header.total > left;
        if media && let Some(boxes) = self.finish() {
            return Ok(Step::Found(boxes));
        }
        Err(self.place().malformed(format!(
            "the top-level box \"{}\" at offset {} claims {} bytes, {left} are left",
            header.kind.escape_ascii(),
            self.position,
            header.total,
        )))
    }

    /// What has been found, if the file is fragmented.
    fn finish(&mut self) -> Option<Boxes> {
        let (moov, fragments) = self.found.take()?;
        Some(Boxes { moov, fragments: Some(Box::new(fragments)), name: None })
    }

    /// Asks for the file from the end of what is held up to `want` bytes after `position`.
    fn read_on(&mut self, want: u64) -> Result<Step, Error> {
        let held = self.position + self.pending.len() as u64;
        let end = self.position.saturating_add(want).min(self.file_len);
        if held < end {
            return Ok(Step::Read(held..end));
        }
        // The end, or a few bytes that are no box.
        self.finish().map(Step::Found).ok_or_else(|| self.no_moov())
    }

    fn too_large(&self, header: &Header, most: u64) -> Error {
        self.place().malformed(format!(
            "the `{}` box at offset {} has {} bytes; at most {most} are accepted",
            header.kind.escape_ascii(),
            self.position,
            header.total
        ))
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
        // Zeros are an empty box to the end of the payload.
        out.resize(payload + 8, 0);
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
                Step::Found(boxes) => return Ok((boxes.moov, reads)),
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
    fn refuses_what_is_not_an_mp4() {
        assert!(matches!(run(&boxed(b"mdat", 4)), Err(Error::NoMoov { .. })));
        assert!(matches!(run(b""), Err(Error::NoMoov { .. })));
        assert!(matches!(run(b"not an mp4 file"), Err(Error::Malformed { .. })));
        let mut cut = boxed(b"moov", 100);
        cut.truncate(50);
        assert!(matches!(run(&cut), Err(Error::Malformed { .. })));
    }
}
