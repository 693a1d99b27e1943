//! Video access units: from NAL units with lengths before them, as MP4 has them (ISO/IEC 14496-15
//! §5.3.2), to NAL units with start codes (annex B of H.264 and H.265).

use crate::codec::Codec;

const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// Access unit delimiters that allow any slice type (H.264 §7.3.2.4, H.265 §7.3.2.5).
const AVC_DELIMITER: &[u8] = &[0, 0, 0, 1, 0x09, 0xf0];
const HEVC_DELIMITER: &[u8] = &[0, 0, 0, 1, 0x46, 0x01, 0x50];
/// Where the second one has `nuh_temporal_id_plus1`, which is that of its access unit (H.265
/// §7.4.2.2).
const TEMPORAL_ID: usize = 5;

/// How far a delimiter is looked for, in bytes: ffmpeg writes the options of x264 before it.
const LEADING: usize = 2048;

/// A stream of access units of one track.
#[derive(Debug, Clone)]
pub(crate) struct Format {
    coding: Coding,
    /// With start codes.
    parameter_sets: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Avc,
    Hevc,
}

/// A sample cannot be split into NAL units: the lengths in it lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadLength;

impl Format {
    /// `None` for other codecs, and for NAL units whose length is not in four bytes: those grow by
    /// an amount that only the bytes tell.
    pub(super) fn new(codec: &Codec) -> Option<Self> {
        let (coding, nal_length, sets) = match codec {
            Codec::Avc(config) => (Coding::Avc, config.nal_length, &config.parameter_sets),
            Codec::Hevc(config) => (Coding::Hevc, config.nal_length, &config.parameter_sets),
            _ => return None,
        };
        if usize::from(nal_length) != START_CODE.len() {
            return None;
        }
        let parameter_sets = sets.iter().flat_map(|set| START_CODE.iter().chain(set)).copied();
        Some(Format { coding, parameter_sets: parameter_sets.collect() })
    }

    pub(super) fn is_hevc(&self) -> bool {
        self.coding == Coding::Hevc
    }

    /// Length of all parameter sets.
    pub(super) fn parameter_sets(&self) -> usize {
        self.parameter_sets.len()
    }

    /// By how much an access unit is longer than its sample.
    ///
    /// That must be known before the bytes are, so it does not depend on them: what is not added
    /// because the sample has it already is made up for by zero bytes at the end, which both codecs
    /// allow there (`trailing_zero_8bits`, H.264 §B.1.1).
    pub(super) fn added(&self, sync: bool) -> usize {
        self.delimiter().len() + if sync { self.parameter_sets.len() } else { 0 }
    }

    /// Writes what goes before the bytes of a sample, and finds the places of start codes, counted
    /// from the start of the sample. Gives how many bytes of the sample are written already.
    pub(super) fn split(
        &self,
        sample: &[u8],
        sync: bool,
        front: &mut Vec<u8>,
        starts: &mut Vec<usize>,
    ) -> Result<usize, BadLength> {
        find_starts(sample, starts)?;
        let kind = |at: &usize| sample.get(at + START_CODE.len()).map(|byte| self.kind(*byte));
        let before = starts.iter().take_while(|at| kind(at) != Some(Kind::Slice));
        let (mut delimiter, mut sets, mut slice) = (None, 0, 0);
        for (number, at) in before.enumerate() {
            match kind(at) {
                Some(Kind::Delimiter) if *at < LEADING => delimiter = delimiter.or(Some(number)),
                Some(Kind::ParameterSet(set)) => sets |= set,
                _ => {}
            }
            slice = number + 1;
        }
        // Where one kind is missing, all are added: those of the sample come later and count.
        let added: &[u8] = if sync && sets != self.all_sets() { &self.parameter_sets } else { &[] };
        let ends = starts.iter().skip(1).copied().chain([sample.len()]);
        let units: Vec<_> = delimiter.map_or_else(Vec::new, |last| {
            starts.iter().copied().zip(ends).take(last + 1).collect()
        });
        let put = |front: &mut Vec<u8>, (start, end): &(usize, usize)| {
            front.extend_from_slice(&START_CODE);
            front.extend_from_slice(sample.get(start + START_CODE.len()..*end).unwrap_or_default());
        };
        match units.split_last() {
            Some((own, before)) if own.1 <= 2 * LEADING => {
                // It comes first, and so it does if an encoder has put something before it.
                put(front, own);
                front.extend_from_slice(added);
                before.iter().for_each(|unit| put(front, unit));
                starts.drain(..units.len());
                Ok(own.1)
            }
            _ => {
                let place = front.len() + TEMPORAL_ID;
                front.extend_from_slice(self.delimiter());
                let of_slice = starts.get(slice).and_then(|at| sample.get(at + TEMPORAL_ID));
                if let (Coding::Hevc, Some(byte), Some(place)) =
                    (self.coding, of_slice, front.get_mut(place))
                {
                    *place = (byte & 7).max(1);
                }
                front.extend_from_slice(added);
                Ok(0)
            }
        }
    }

    fn delimiter(&self) -> &'static [u8] {
        match self.coding {
            Coding::Avc => AVC_DELIMITER,
            Coding::Hevc => HEVC_DELIMITER,
        }
    }

    /// All kinds of parameter sets: for H.264 those of sequences and pictures, for H.265 also those
    /// of the video.
    fn all_sets(&self) -> u8 {
        match self.coding {
            Coding::Avc => 0b11,
            Coding::Hevc => 0b111,
        }
    }

    /// What a NAL unit is, by the first byte of its header (H.264 table 7-1, H.265 table 7-1).
    fn kind(&self, first: u8) -> Kind {
        match (self.coding, first & 0x1f, first >> 1 & 0x3f) {
            (Coding::Avc, 9, _) | (Coding::Hevc, _, 35) => Kind::Delimiter,
            (Coding::Avc, set @ 7..=8, _) => Kind::ParameterSet(1 << (set - 7)),
            (Coding::Hevc, _, set @ 32..=34) => Kind::ParameterSet(1 << (set - 32)),
            (Coding::Avc, 1..=5, _) | (Coding::Hevc, _, 0..=31) => Kind::Slice,
            _ => Kind::Other,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Delimiter,
    /// Of one kind, as a bit.
    ParameterSet(u8),
    Slice,
    /// Supplemental information, and what else there may be.
    Other,
}

/// Start codes are as long as the lengths that they replace, so nothing moves. The length of an
/// empty NAL unit stays: its four zero bytes are allowed between NAL units, as a start code without
/// a unit is not.
fn find_starts(sample: &[u8], starts: &mut Vec<usize>) -> Result<(), BadLength> {
    starts.clear();
    let mut at = 0;
    while at < sample.len() {
        let rest = sample.get(at..).unwrap_or_default();
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(BadLength)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| BadLength)?;
        if length > rest.len() {
            return Err(BadLength);
        }
        if length > 0 {
            starts.push(at);
        }
        at += START_CODE.len() + length;
    }
    Ok(())
}

/// What is written at each start.
pub(super) fn start_code() -> &'static [u8] {
    &START_CODE
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn format(coding: Coding) -> Format {
        Format { coding, parameter_sets: [&START_CODE[..], b"sets"].concat() }
    }

    /// What goes before a key frame with these NAL units, and how many bytes of it are taken.
    fn front(coding: Coding, units: &[&[u8]]) -> (Vec<u8>, usize) {
        let sample = |unit: &&[u8]| [&(unit.len() as u32).to_be_bytes(), *unit].concat();
        let sample: Vec<u8> = units.iter().flat_map(sample).collect();
        let (mut front, mut starts) = (Vec::new(), Vec::new());
        let taken = format(coding).split(&sample, true, &mut front, &mut starts).unwrap();
        (front, taken)
    }

    #[test]
    fn a_part_of_the_parameter_sets_is_not_enough() {
        let with = [AVC_DELIMITER, &START_CODE, b"sets"].concat();
        let (sps, pps, slice) = (&[0x67, 1][..], &[0x68, 1][..], &[0x65, 1][..]);
        assert_eq!(front(Coding::Avc, &[sps, pps, slice]).0, AVC_DELIMITER);
        assert_eq!(front(Coding::Avc, &[pps, slice]).0, with);
        assert_eq!(front(Coding::Avc, &[sps, slice]).0, with);
        // What comes behind a slice is for the next one.
        assert_eq!(front(Coding::Avc, &[slice, sps, pps]).0, with);
        let (vps, sps, pps) = (&[0x40, 1][..], &[0x42, 1][..], &[0x44, 1][..]);
        let slice = &[0x26, 1][..];
        assert_eq!(front(Coding::Hevc, &[vps, sps, pps, slice]).0, HEVC_DELIMITER);
        let with = [HEVC_DELIMITER, &START_CODE, b"sets"].concat();
        assert_eq!(front(Coding::Hevc, &[sps, pps, slice]).0, with);
    }

    #[test]
    fn delimiters_of_hevc_are_of_the_layer_of_their_picture() {
        let (sei, slice) = (&[0x4e, 1, 0][..], &[0x02, 3, 0][..]);
        let (front, taken) = front(Coding::Hevc, &[sei, slice]);
        assert_eq!((&front[..7], taken), (&[0, 0, 0, 1, 0x46, 3, 0x50][..], 0));
    }
}
