//! ISO BMFF boxes: a bounded reader and a small writer (ISO/IEC 14496-12 §4.2).

use crate::error::{Error, Place};

/// Type and payload of a box.
pub(crate) type Child<'a> = ([u8; 4], &'a [u8]);

/// A cursor over bytes from outside. Every read is checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    place: Place<'a>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], place: Place<'a>) -> Self {
        Reader { rest: bytes, place }
    }

    pub(crate) fn place(&self) -> Place<'a> {
        self.place
    }

    /// What has not been read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `len` bytes.
    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], Error> {
        let Some((head, rest)) = self.rest.split_at_checked(len) else {
            return Err(self
                .place
                .malformed(format!("needs {len} more bytes but {} are left", self.rest.len())));
        };
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    pub(crate) fn fourcc(&mut self) -> Result<[u8; 4], Error> {
        self.array()
    }

    /// Reads version and flags of a full box; only the version matters here.
    pub(crate) fn version(&mut self) -> Result<u8, Error> {
        Ok(self.array::<4>()?[0])
    }

    /// A number that is 64 bits wide in version 1 of a box and 32 bits in version 0.
    pub(crate) fn u32_or_u64(&mut self, version: u8) -> Result<u64, Error> {
        if version == 1 { self.u64() } else { Ok(u64::from(self.u32()?)) }
    }

    /// A table: a 32-bit entry count, then that many entries of `N` bytes.
    ///
    /// The bytes are taken before anything is allocated, so a hostile count cannot ask for more
    /// memory than the box has bytes.
    pub(crate) fn table<const N: usize>(&mut self) -> Result<&'a [[u8; N]], Error> {
        let count = self.u32()? as usize;
        let Some(len) = count.checked_mul(N).filter(|len| *len <= self.rest.len()) else {
            return Err(self.place.malformed(format!(
                "claims {count} entries of {N} bytes but {} bytes are left",
                self.rest.len()
            )));
        };
        Ok(self.take(len)?.as_chunks::<N>().0)
    }

    /// The next child box: its type and its payload. `None` at the end.
    pub(crate) fn next_box(&mut self) -> Result<Option<Child<'a>>, Error> {
        // QuickTime ends some containers with a 32-bit zero.
        if self.rest.len() < 8 {
            return Ok(None);
        }
        let small = self.u32()?;
        let kind = self.fourcc()?;
        let len = match small {
            0 => Some(self.rest.len()),
            1 => self.u64()?.checked_sub(16).and_then(|n| usize::try_from(n).ok()),
            n => (n as usize).checked_sub(8),
        };
        let Some(len) = len.filter(|len| *len <= self.rest.len()) else {
            return Err(self.place.malformed(format!(
                "child box \"{}\" has an impossible size",
                kind.escape_ascii()
            )));
        };
        Ok(Some((kind, self.take(len)?)))
    }

    /// The payload of the first child box of this type.
    pub(crate) fn find(mut self, kind: &[u8; 4]) -> Result<Option<&'a [u8]>, Error> {
        while let Some((found, payload)) = self.next_box()? {
            if found == *kind {
                return Ok(Some(payload));
            }
        }
        Ok(None)
    }

    /// A reader over the first child box of this type, with `path` as its place.
    pub(crate) fn child(self, kind: &[u8; 4], path: &'static str) -> Result<Reader<'a>, Error> {
        self.optional_child(kind, path)?
            .ok_or_else(|| self.place.at(path).malformed("the box is missing"))
    }

    /// Like [`Reader::child`], for a box that may be absent.
    pub(crate) fn optional_child(
        self,
        kind: &[u8; 4],
        path: &'static str,
    ) -> Result<Option<Reader<'a>>, Error> {
        let payload = self.find(kind)?;
        Ok(payload.map(|bytes| Reader::new(bytes, self.place.at(path))))
    }
}

/// Builds nested boxes; sizes are filled in when a box ends.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn with_capacity(len: usize) -> Self {
        Writer { bytes: Vec::with_capacity(len) }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.put(&value.to_be_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.put(&value.to_be_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.put(&value.to_be_bytes());
    }

    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn zeros(&mut self, count: usize) {
        self.bytes.resize(self.bytes.len() + count, 0);
    }

    /// A box whose payload `fill` writes.
    pub(crate) fn boxed(&mut self, kind: &[u8; 4], fill: impl FnOnce(&mut Writer)) {
        let start = self.bytes.len();
        self.u32(0);
        self.put(kind);
        fill(self);
        // Only headers are written here, a few kilobytes for a fragment: the size fits 32 bits.
        let size = u32::try_from(self.bytes.len() - start).unwrap_or(u32::MAX);
        self.patch_u32(start, size);
    }

    /// A full box: version and 24 bits of flags before the payload.
    pub(crate) fn full(
        &mut self,
        kind: &[u8; 4],
        version: u8,
        flags: u32,
        fill: impl FnOnce(&mut Writer),
    ) {
        self.boxed(kind, |w| {
            w.u32(u32::from(version) << 24 | (flags & 0x00ff_ffff));
            fill(w);
        });
    }

    /// Overwrites four bytes that were written before.
    pub(crate) fn patch_u32(&mut self, at: usize, value: u32) {
        if let Some(slot) = self.bytes.get_mut(at..at + 4) {
            slot.copy_from_slice(&value.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PLACE: Place<'static> = Place { file: "a.mp4", track: 0, path: "moov" };

    #[test]
    fn written_boxes_read_back() {
        let mut w = Writer::default();
        w.boxed(b"outr", |w| {
            w.full(b"innr", 1, 5, |w| w.u64(7));
        });
        let bytes = w.into_bytes();
        let outer = Reader::new(&bytes, PLACE).child(b"outr", "outr").unwrap();
        let mut inner = outer.child(b"innr", "outr/innr").unwrap();
        assert_eq!(inner.version().unwrap(), 1);
        assert_eq!(inner.u64().unwrap(), 7);
        assert!(inner.rest().is_empty());
    }

    #[test]
    fn reads_64_bit_sizes_and_size_zero() {
        let large = [0, 0, 0, 1, b'w', b'i', b'd', b'e', 0, 0, 0, 0, 0, 0, 0, 18, 8, 9];
        assert_eq!(Reader::new(&large, PLACE).find(b"wide").unwrap(), Some(&[8, 9][..]));
        let open = [0, 0, 0, 0, b'l', b'a', b's', b't', 3];
        assert_eq!(Reader::new(&open, PLACE).find(b"last").unwrap(), Some(&[3][..]));
    }

    #[test]
    fn refuses_sizes_beyond_the_end() {
        for bytes in [[0, 0, 0, 9, b'a', b'b', b'c', b'd'], [0, 0, 0, 7, b'a', b'b', b'c', b'd']] {
            let error = Reader::new(&bytes, PLACE).find(b"abcd").unwrap_err();
            assert!(error.to_string().contains("impossible size"), "{error}");
        }
    }

    #[test]
    fn a_table_cannot_claim_more_than_the_box() {
        let mut reader = Reader::new(&[0xff; 12], PLACE);
        let error = reader.table::<8>().unwrap_err();
        assert!(error.to_string().contains("claims 4294967295 entries"), "{error}");
    }
}
