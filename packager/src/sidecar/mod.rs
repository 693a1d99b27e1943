//! The persisted sample index of an MP4 file: a file of its own, beside it.
//!
//! It is made once, so that no request has to read a `moov` box. Its *head* has all that manifests
//! need. Its *body* has the samples in blocks that can be read alone, so that a fragment costs one
//! small read. For an hour of video the head has about ten kilobytes and the body a few hundred.
//!
//! ```text
//! magic          8 bytes, the last one is the version
//! head length    u32, of everything before the body
//! body length    u64
//! head           tracks, see the `head` module
//! checksum       CRC-32 of everything before it
//! body           for each track its blocks, see the `blocks` module
//! ```
//!
//! Numbers of fixed width are little-endian, all others are LEB128. The same MP4 file always gives
//! the same bytes. Whoever finds an index damaged or of another version makes it anew.

mod blocks;
mod coding;
mod column;
mod head;
#[cfg(test)]
mod tests;

use crate::error::Error;
use crate::index::Sample;
use crate::moov::Mp4;
use coding::{In, Out};

pub(crate) use coding::Damaged;

const MAGIC: [u8; 8] = *b"\x8aRPIDX\n\x01";
/// Length of what is before the tracks.
const PREAMBLE: usize = 8 + 4 + 8;
/// Length of a checksum.
const CHECKSUM: usize = 4;
/// Longest head. A month of video has less.
const MAX_HEAD: u32 = 64 << 20;

/// A persisted sample index, see [`Mp4::to_index`] and [`Mp4::from_index`].
#[derive(Debug, Clone, Copy)]
pub struct IndexFile;

impl IndexFile {
    /// How many bytes at the start tell how long the head is.
    pub const PREAMBLE: usize = PREAMBLE;

    /// Length of the head, which [`Mp4::from_index`] needs, of an index that begins with these
    /// bytes. `file` names the MP4 file in errors.
    ///
    /// # Errors
    /// [`Error::DamagedIndex`], also for another version.
    pub fn head_length(file: &str, start: &[u8]) -> Result<usize, Error> {
        let (head, _) = preamble(&mut In::new(start)).map_err(|damaged| damaged.of(file))?;
        Ok(head)
    }
}

impl Mp4 {
    /// The index to keep beside the file; `None` if it was read from one, or would be so large that
    /// [`Mp4::from_index`] refuses it.
    pub fn to_index(&self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        let mut tracks = Out::default();
        head::write(self, &mut tracks, &mut body)?;
        let tracks = tracks.into_bytes();
        let head = u32::try_from(PREAMBLE + tracks.len() + CHECKSUM).ok()?;
        if head > MAX_HEAD {
            return None;
        }
        let mut out = Vec::with_capacity(head as usize + body.len());
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&head.to_le_bytes());
        out.extend_from_slice(&(body.len() as u64).to_le_bytes());
        out.extend_from_slice(&tracks);
        let checksum = crc32fast::hash(&out);
        out.extend_from_slice(&checksum.to_le_bytes());
        out.extend_from_slice(&body);
        Some(out)
    }

    /// Reads the head of an index; what follows it in `bytes` is not looked at. `file` is the name
    /// of the MP4 file.
    ///
    /// # Errors
    /// [`Error::DamagedIndex`], also for another version: the index has to be made anew.
    pub fn from_index(file: &str, bytes: &[u8]) -> Result<Mp4, Error> {
        parse(file, bytes).map_err(|damaged| damaged.of(file))
    }
}

fn parse(file: &str, bytes: &[u8]) -> Result<Mp4, Damaged> {
    let (head, body) = preamble(&mut In::new(bytes))?;
    let head = bytes.get(..head).ok_or(Damaged("the head is cut off"))?;
    let (checked, checksum) =
        head.split_last_chunk::<CHECKSUM>().ok_or(Damaged("there is no checksum"))?;
    if crc32fast::hash(checked) != u32::from_le_bytes(*checksum) {
        return Err(Damaged("the checksum of the head is wrong"));
    }
    let tracks = checked.get(PREAMBLE..).unwrap_or_default();
    head::read(file, &mut In::new(tracks), head.len() as u64, body)
}

/// Lengths of head and body.
fn preamble(input: &mut In<'_>) -> Result<(usize, u64), Damaged> {
    if input.array()? != MAGIC {
        return Err(Damaged("it is of another version, or no index"));
    }
    let head = u32::from_le_bytes(input.array()?);
    let body = u64::from_le_bytes(input.array()?);
    if head > MAX_HEAD || (head as usize) < PREAMBLE + CHECKSUM {
        return Err(Damaged("the length of the head is impossible"));
    }
    Ok((head as usize, body))
}

/// Reads samples out of the blocks that describe them.
///
/// # Errors
/// If they do not describe them all.
pub(crate) fn samples(blocks: &[u8], wanted: std::ops::Range<u32>) -> Result<Vec<Sample>, Damaged> {
    blocks::read(blocks, wanted)
}
