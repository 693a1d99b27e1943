//! Which bytes of a sample are encrypted (ISO/IEC 23001-7 §9.5).

use super::common::Scheme;
use super::key::BLOCK;
use super::{avc, hevc};
use crate::codec::Codec;

/// Bytes left clear at the start of what cannot be read as a slice: more than the headers of
/// slices are.
const UNREAD_HEADER: usize = 128;

/// What `saiz` can say of one sample: sizes are bytes (ISO/IEC 14496-12 §8.7.8).
const INFO_LIMIT: usize = 255;
/// Bytes that an entry of `senc` takes.
const ENTRY: usize = 6;
/// Bytes that the count of entries takes.
const COUNT: usize = 2;

/// Clear bytes, then encrypted ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Subsample {
    pub(super) clear: u16,
    pub(super) encrypted: u32,
}

/// Finds subsamples, sample by sample: parameter sets inside of samples count from there on.
#[derive(Debug)]
pub(super) struct Layout {
    scheme: Scheme,
    units: Units,
}

#[derive(Debug)]
enum Units {
    /// Samples are encrypted as a whole.
    Whole,
    Avc(usize, avc::ParameterSets),
    Hevc(usize, hevc::ParameterSets),
}

impl Layout {
    pub(super) fn new(codec: &Codec, scheme: Scheme) -> Self {
        let units = match codec {
            // AV1 does not get here; see `Codec::fits_common_encryption`.
            Codec::Aac(_) | Codec::Ac3(_) | Codec::Eac3(_) | Codec::Av1(_) => Units::Whole,
            Codec::Avc(config) => {
                let mut sets = avc::ParameterSets::default();
                config.parameter_sets.iter().for_each(|unit| sets.note(unit));
                Units::Avc(usize::from(config.nal_length), sets)
            }
            Codec::Hevc(config) => {
                let mut sets = hevc::ParameterSets::default();
                config.parameter_sets.iter().for_each(|unit| sets.note(unit));
                Units::Hevc(usize::from(config.nal_length), sets)
            }
        };
        Layout { scheme, units }
    }

    /// Whether samples have subsamples.
    pub(super) fn has_subsamples(&self) -> bool {
        !matches!(self.units, Units::Whole)
    }

    /// The subsamples of a sample; together they are as long as it. None if it is encrypted as a
    /// whole.
    pub(super) fn subsamples(&mut self, sample: &[u8]) -> Vec<Subsample> {
        let length = match &self.units {
            Units::Whole => return Vec::new(),
            Units::Avc(length, _) | Units::Hevc(length, _) => *length,
        };
        let mut ranges = Ranges::default();
        let mut rest = sample;
        while !rest.is_empty() {
            let Some((unit, behind)) = next_unit(rest, length) else {
                // No NAL unit: encrypted, so that nothing gets out that must not.
                ranges.push(UNREAD_HEADER.min(rest.len()), rest.len(), self.scheme);
                break;
            };
            let clear = self.clear_bytes(unit);
            ranges.push(length + clear.min(unit.len()), length + unit.len(), self.scheme);
            rest = behind;
        }
        let iv = if self.scheme == Scheme::Cenc { 8 } else { 0 };
        ranges.fit((INFO_LIMIT - iv - COUNT) / ENTRY)
    }

    /// How many bytes of a NAL unit stay clear: all of what is not a slice.
    fn clear_bytes(&mut self, unit: &[u8]) -> usize {
        let first = unit.first().copied().unwrap_or(0);
        let (slice, header) = match &mut self.units {
            Units::Whole => return 0,
            Units::Avc(_, sets) => {
                sets.note(unit);
                let slice = matches!(first & 0x1f, 1..=5);
                (slice, if slice { sets.slice_header(unit) } else { None })
            }
            Units::Hevc(_, sets) => {
                sets.note(unit);
                let slice = first >> 1 & 0x3f < 32;
                (slice, if slice { sets.slice_header(unit) } else { None })
            }
        };
        if slice { header.unwrap_or(UNREAD_HEADER) } else { unit.len() }
    }
}

/// The first NAL unit of a sample, and what follows. `None` if there is no whole one.
fn next_unit(bytes: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    let (prefix, rest) = bytes.split_at_checked(length)?;
    let size = prefix.iter().fold(0_usize, |size, byte| size << 8 | usize::from(*byte));
    rest.split_at_checked(size)
}

/// Ranges of a sample of any length.
#[derive(Debug, Default)]
struct Ranges {
    /// Clear, then encrypted bytes; the latter are never 0.
    list: Vec<(usize, usize)>,
    /// Clear bytes behind the last.
    tail: usize,
}

impl Ranges {
    /// Adds `total` bytes of which the first ones are clear. Counter mode gets whole blocks only,
    /// so that no block is split between subsamples; what is left over is clear in front.
    fn push(&mut self, clear: usize, total: usize, scheme: Scheme) {
        let mut encrypted = total - clear;
        if scheme == Scheme::Cenc || encrypted < BLOCK {
            encrypted -= encrypted % BLOCK;
        }
        self.tail += total - encrypted;
        if encrypted > 0 {
            self.list.push((std::mem::take(&mut self.tail), encrypted));
        }
    }

    /// As entries, at most so many. Where there are more slices than fit, the smallest ones stay
    /// clear.
    fn fit(self, limit: usize) -> Vec<Subsample> {
        if self.entries() <= limit {
            return self.split();
        }
        let mut by_size: Vec<_> = (0..self.list.len()).collect();
        by_size.sort_by_key(|at| std::cmp::Reverse(self.list[*at].1));
        for count in (1..=limit.min(by_size.len())).rev() {
            let some = self.keep(&by_size[..count]);
            if some.entries() <= limit {
                return some.split();
            }
        }
        // Megabytes between slices: nothing that a decoder could do without the key anyway.
        let total = self.list.iter().map(|(clear, encrypted)| clear + encrypted).sum::<usize>();
        let total = total + self.tail;
        let clear = UNREAD_HEADER.min(total);
        Ranges { list: vec![(clear, total - clear)], tail: 0 }.split()
    }

    /// With only these slices encrypted.
    fn keep(&self, slices: &[usize]) -> Ranges {
        let mut is_kept = vec![false; self.list.len()];
        slices.iter().for_each(|at| is_kept[*at] = true);
        let mut some = Ranges::default();
        for ((clear, encrypted), is_kept) in self.list.iter().zip(is_kept) {
            some.tail += clear;
            if is_kept {
                some.list.push((std::mem::take(&mut some.tail), *encrypted));
            } else {
                some.tail += encrypted;
            }
        }
        some.tail += self.tail;
        some
    }

    fn entries(&self) -> usize {
        let most = usize::from(u16::MAX);
        let splits: usize = self.list.iter().map(|(clear, _)| clear.saturating_sub(1) / most).sum();
        self.list.len() + splits + self.tail.div_ceil(most)
    }

    fn split(self) -> Vec<Subsample> {
        let mut entries = Vec::with_capacity(self.entries());
        for (mut clear, encrypted) in self.list.into_iter().chain([(self.tail, 0)]) {
            while clear > usize::from(u16::MAX) {
                entries.push(Subsample { clear: u16::MAX, encrypted: 0 });
                clear -= usize::from(u16::MAX);
            }
            // Sizes of samples have 32 bits.
            let encrypted = u32::try_from(encrypted).unwrap_or(u32::MAX);
            if clear > 0 || encrypted > 0 {
                entries.push(Subsample { clear: u16::try_from(clear).unwrap_or(0), encrypted });
            }
        }
        entries
    }
}
