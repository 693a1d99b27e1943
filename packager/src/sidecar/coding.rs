//! Numbers and byte strings of an index.

use crate::error::Error;

/// What is wrong with an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Damaged(pub(crate) &'static str);

impl Damaged {
    /// The error for the index of a file.
    pub(crate) fn of(self, file: &str) -> Error {
        Error::DamagedIndex { file: file.to_owned(), problem: self.0 }
    }
}

/// What is written.
#[derive(Debug, Default)]
pub(super) struct Out(Vec<u8>);

impl Out {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Unsigned LEB128: seven bits a byte, least significant first.
    pub(super) fn number(&mut self, value: impl Into<u64>) {
        let mut value = value.into();
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub(super) fn signed(&mut self, value: i64) {
        self.number(zigzag(value));
    }

    /// Bytes behind their length.
    pub(super) fn string(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.put(bytes);
    }
}

/// How many bytes [`Out::number`] takes.
pub(super) fn length_of(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// Small numbers of either sign as small numbers.
pub(super) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

pub(super) fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// What is read. Every read is checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct In<'a> {
    rest: &'a [u8],
}

impl<'a> In<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        In { rest: bytes }
    }

    /// What has not been read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Damaged> {
        let (head, rest) =
            self.rest.split_at_checked(length).ok_or(Damaged("it ends too early"))?;
        self.rest = rest;
        Ok(head)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// See [`Out::number`].
    pub(super) fn number(&mut self) -> Result<u64, Damaged> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Damaged("a number is too large"))
    }

    pub(super) fn number32(&mut self) -> Result<u32, Damaged> {
        u32::try_from(self.number()?).map_err(|_| Damaged("a number is too large"))
    }

    pub(super) fn signed(&mut self) -> Result<i64, Damaged> {
        Ok(unzigzag(self.number()?))
    }

    pub(super) fn string(&mut self) -> Result<&'a [u8], Damaged> {
        let length = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        self.take(length)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Damaged> {
        std::str::from_utf8(self.string()?).map_err(|_| Damaged("a text is not UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_come_back() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut out = Out::default();
            out.number(value);
            assert_eq!(out.as_bytes().len(), length_of(value), "{value}");
            let mut input = In::new(out.as_bytes());
            assert_eq!(input.number(), Ok(value));
            assert!(input.rest().is_empty());
        }
        for value in [0, -1, 1, i64::MIN, i64::MAX] {
            assert_eq!(unzigzag(zigzag(value)), value);
        }
        assert_eq!(zigzag(-2), 3);
    }

    #[test]
    fn numbers_of_more_than_64_bits_are_refused() {
        let mut long = [0xff; 9].to_vec();
        long.push(1);
        assert_eq!(In::new(&long).number(), Ok(u64::MAX));
        long[9] = 2;
        assert!(In::new(&long).number().is_err());
        long[9] = 0x81;
        assert!(In::new(&long).number().is_err());
        assert!(In::new(&[0x80]).number().is_err());
        assert!(In::new(&[5, 1, 2]).string().is_err());
    }
}
