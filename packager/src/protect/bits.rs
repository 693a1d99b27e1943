//! Bits of a NAL unit (ITU-T H.264 §7.4.1, H.265 §7.4.2).

/// Reads syntax elements of a NAL unit. Emulation prevention bytes are skipped, and counted: what
/// matters to encryption is where in the file something ends.
#[derive(Debug, Clone)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next byte.
    at: usize,
    /// Bits of the last byte that are not read yet.
    current: u8,
    left: u8,
    /// Zero bytes in a row before `at`.
    zeros: u8,
}

/// Every element may be missing: `None` at the end of the NAL unit, and for numbers that are larger
/// than the standards allow.
impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Bits { bytes, at: 0, current: 0, left: 0, zeros: 0 }
    }

    /// Bytes that are read at least in part.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// `u(1)`.
    pub(super) fn bit(&mut self) -> Option<u32> {
        if self.left == 0 {
            let mut byte = *self.bytes.get(self.at)?;
            if self.zeros >= 2 && byte == 3 {
                self.at += 1;
                self.zeros = 0;
                byte = *self.bytes.get(self.at)?;
            }
            self.at += 1;
            self.zeros = if byte == 0 { self.zeros.saturating_add(1) } else { 0 };
            (self.current, self.left) = (byte, 8);
        }
        self.left -= 1;
        Some(u32::from(self.current >> self.left & 1))
    }

    /// `u(1)` as a truth value.
    pub(super) fn flag(&mut self) -> Option<bool> {
        Some(self.bit()? == 1)
    }

    /// `u(n)`, for n up to 32.
    pub(super) fn bits(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0_u32, |value, _| Some(value << 1 | self.bit()?))
    }

    /// Leaves bits out.
    pub(super) fn skip(&mut self, count: u32) -> Option<()> {
        (0..count).try_for_each(|_| self.bit().map(drop))
    }

    /// `ue(v)`.
    pub(super) fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
        }
        (zeros < 32).then(|| self.bits(zeros)).flatten()?.checked_add((1 << zeros) - 1)
    }

    /// `ue(v)` up to a bound.
    pub(super) fn ue_to(&mut self, most: u32) -> Option<u32> {
        self.ue().filter(|value| *value <= most)
    }

    /// `se(v)`.
    pub(super) fn se(&mut self) -> Option<i32> {
        let code = i64::from(self.ue()?);
        let value = if code % 2 == 1 { (code + 1) / 2 } else { -(code / 2) };
        i32::try_from(value).ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn exponential_golomb_codes_of_the_standard() {
        // 1 010 011 00100 00101
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        for want in 0..5 {
            assert_eq!(bits.ue(), Some(want));
        }
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        for want in [0, 1, -1, 2, -2] {
            assert_eq!(bits.se(), Some(want));
        }
    }

    #[test]
    fn emulation_prevention_is_skipped_and_counted() {
        let mut bits = Bits::new(&[0, 0, 3, 1, 0, 0, 3, 0]);
        assert_eq!(bits.bits(24), Some(1));
        assert_eq!(bits.position(), 4);
        assert_eq!(bits.bits(24), Some(0));
        assert_eq!(bits.position(), 8);
        assert_eq!(bits.bit(), None);
    }

    #[test]
    fn numbers_end_somewhere() {
        assert_eq!(Bits::new(&[0; 40]).ue(), None);
        assert_eq!(Bits::new(&[0, 0, 0x80]).ue(), None);
        assert_eq!(Bits::new(&[0b0010_1000]).ue_to(3), None);
    }
}
