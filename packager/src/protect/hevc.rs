//! Where H.265 slice segments begin: the lengths of their headers (ITU-T H.265 §7.3).

use std::collections::BTreeMap;

use super::bits::Bits;
use super::hevc_sets::{Picture, Sequence, picture, sequence};
use super::reference_pictures::ReferencePictures;

const B: u32 = 0;
const P: u32 = 1;

/// The parameter sets that slice segments refer to.
#[derive(Debug, Clone, Default)]
pub(super) struct ParameterSets {
    sequences: BTreeMap<u32, Sequence>,
    pictures: BTreeMap<u32, Picture>,
}

impl ParameterSets {
    /// Takes note of a NAL unit if it is a parameter set. One that cannot be read is as if it were
    /// not there.
    pub(super) fn note(&mut self, unit: &[u8]) {
        let Some(([first, _], payload)) = unit.split_first_chunk() else { return };
        let mut bits = Bits::new(payload);
        match first >> 1 & 0x3f {
            33 => drop(sequence(&mut bits).map(|(id, set)| self.sequences.insert(id, set))),
            34 => drop(picture(&mut bits).map(|(id, set)| self.pictures.insert(id, set))),
            _ => {}
        }
    }

    /// Length of the NAL unit header and slice segment header of a slice segment, in bytes; `None`
    /// if it cannot be read.
    pub(super) fn slice_header(&self, unit: &[u8]) -> Option<usize> {
        let ([first, _], payload) = unit.split_first_chunk()?;
        let mut bits = Bits::new(payload);
        self.skip_header(&mut bits, u32::from(first >> 1 & 0x3f))?;
        Some(2 + bits.position())
    }

    fn skip_header(&self, r: &mut Bits<'_>, unit_type: u32) -> Option<()> {
        let first = r.flag()?;
        // Pictures to start at.
        if (16..=23).contains(&unit_type) {
            r.skip(1)?;
        }
        let picture = self.pictures.get(&r.ue()?)?;
        let sequence = self.sequences.get(&picture.sequence)?;
        let mut dependent = false;
        if !first {
            dependent = picture.dependent_segments && r.flag()?;
            r.skip(sequence.address_bits)?;
        }
        if !dependent {
            skip_slice(r, sequence, picture, matches!(unit_type, 19 | 20))?;
        }
        if picture.entry_points {
            // One for each row of blocks or tile.
            let count = r.ue_to(1 << 16)?;
            if count > 0 {
                let length = r.ue_to(31)? + 1;
                r.skip(count * length)?;
            }
        }
        if picture.header_extension {
            let bytes = r.ue_to(256)?;
            r.skip(8 * bytes)?;
        }
        // Alignment: a one, and zeros up to the end of the byte.
        r.skip(1)
    }
}

/// The part that dependent slice segments take from the slice before.
fn skip_slice(r: &mut Bits<'_>, sequence: &Sequence, picture: &Picture, idr: bool) -> Option<()> {
    r.skip(picture.extra_bits)?;
    let kind = r.ue_to(2)?;
    if picture.output_flag {
        r.skip(1)?;
    }
    if sequence.separate_planes {
        r.skip(2)?;
    }
    let (mut usable, mut temporal_mvp) = (0, false);
    if !idr {
        r.skip(sequence.order_bits)?;
        usable = short_term(r, sequence)? + long_term(r, sequence)?;
        temporal_mvp = sequence.temporal_mvp && r.flag()?;
    }
    let mut filters = false;
    if sequence.adaptive_offset {
        filters = r.flag()?;
        if sequence.has_chroma {
            filters |= r.flag()?;
        }
    }
    if kind == P || kind == B {
        skip_prediction(r, sequence, picture, kind == B, usable, temporal_mvp)?;
    }
    r.se()?;
    if picture.chroma_offsets {
        r.se()?;
        r.se()?;
    }
    if picture.chroma_offset_list {
        r.skip(1)?;
    }
    let mut deblocking = picture.deblocking;
    if picture.deblocking_override && r.flag()? {
        deblocking = !r.flag()?;
        if deblocking {
            r.se()?;
            r.se()?;
        }
    }
    if picture.filter_across_slices && (filters || deblocking) {
        r.skip(1)?;
    }
    Some(())
}

/// The short-term reference pictures; gives how many are used.
fn short_term(r: &mut Bits<'_>, sequence: &Sequence) -> Option<u32> {
    let sets = &sequence.short_term;
    if !r.flag()? {
        return Some(ReferencePictures::read(r, sets, true)?.used());
    }
    let at = r.bits(bits_for(u32::try_from(sets.len()).ok()?))?;
    Some(sets.get(usize::try_from(at).ok()?)?.used())
}

/// The long-term reference pictures; gives how many are used.
fn long_term(r: &mut Bits<'_>, sequence: &Sequence) -> Option<u32> {
    let Some(listed) = &sequence.long_term else { return Some(0) };
    let known = u32::try_from(listed.len()).ok()?;
    let from_list = if known > 0 { r.ue_to(known)? } else { 0 };
    let others = r.ue_to(32)?;
    let mut used = 0;
    for number in 0..from_list + others {
        let is_used = if number < from_list {
            let at = r.bits(bits_for(known))?;
            *listed.get(usize::try_from(at).ok()?)?
        } else {
            r.skip(sequence.order_bits)?;
            r.flag()?
        };
        used += u32::from(is_used);
        if r.flag()? {
            r.ue()?;
        }
    }
    Some(used)
}

/// What only slices with inter prediction have.
fn skip_prediction(
    r: &mut Bits<'_>,
    sequence: &Sequence,
    picture: &Picture,
    bi: bool,
    usable: u32,
    temporal_mvp: bool,
) -> Option<()> {
    let mut last = picture.references;
    let lists = if bi { 2 } else { 1 };
    if r.flag()? {
        for last in last.iter_mut().take(lists) {
            *last = r.ue_to(14)?;
        }
    }
    if picture.lists_modification && usable > 1 {
        for last in last.iter().take(lists) {
            if r.flag()? {
                r.skip((last + 1) * bits_for(usable))?;
            }
        }
    }
    if bi {
        r.skip(1)?;
    }
    if picture.cabac_init {
        r.skip(1)?;
    }
    if temporal_mvp {
        let from_second = bi && !r.flag()?;
        if last[usize::from(from_second)] > 0 {
            r.ue()?;
        }
    }
    if if bi { picture.weighted_bi } else { picture.weighted } {
        skip_weights(r, sequence.has_chroma, last.get(..lists)?)?;
    }
    r.ue()?;
    Some(())
}

fn skip_weights(r: &mut Bits<'_>, has_chroma: bool, lists: &[u32]) -> Option<()> {
    r.ue()?;
    if has_chroma {
        r.se()?;
    }
    for last in lists {
        let count = last + 1;
        let luma = r.bits(count)?.count_ones();
        let chroma = if has_chroma { r.bits(count)?.count_ones() } else { 0 };
        for _ in 0..2 * luma + 4 * chroma {
            r.se()?;
        }
    }
    Some(())
}

/// Bits of a number below a count: Ceil(Log2(count)).
pub(super) fn bits_for(count: u32) -> u32 {
    u32::BITS - count.saturating_sub(1).leading_zeros()
}
