//! Single bits of a codec configuration.

use crate::error::{Error, Place};

/// Reads numbers that do not keep to bytes, most significant bit first.
#[derive(Debug)]
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
    place: Place<'a>,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(bytes: &'a [u8], place: Place<'a>) -> Self {
        Bits { bytes, position: 0, place }
    }

    pub(crate) fn place(&self) -> Place<'a> {
        self.place
    }

    /// A number of up to 32 bits.
    pub(crate) fn take(&mut self, count: u32) -> Result<u32, Error> {
        let mut value = 0;
        for _ in 0..count {
            let Some(byte) = self.bytes.get(self.position / 8) else {
                return Err(self.place.malformed("the configuration is cut off"));
            };
            value = value << 1 | u32::from(byte >> (7 - self.position % 8) & 1);
            self.position += 1;
        }
        Ok(value)
    }
}
