//! Sequence and picture parameter sets of H.265, as far as slice headers depend on them (ITU-T
//! H.265 §7.3.2).

use super::bits::Bits;
use super::hevc::bits_for;
use super::reference_pictures::ReferencePictures;

#[derive(Debug, Clone)]
pub(super) struct Sequence {
    pub(super) separate_planes: bool,
    pub(super) has_chroma: bool,
    /// Length of slice segment addresses.
    pub(super) address_bits: u32,
    /// Length of the picture order count.
    pub(super) order_bits: u32,
    pub(super) adaptive_offset: bool,
    pub(super) short_term: Vec<ReferencePictures>,
    /// Long-term reference pictures, if there may be any: whether the current picture uses them.
    pub(super) long_term: Option<Vec<bool>>,
    pub(super) temporal_mvp: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub(super) sequence: u32,
    pub(super) dependent_segments: bool,
    pub(super) output_flag: bool,
    pub(super) extra_bits: u32,
    pub(super) cabac_init: bool,
    /// The number of references in each list, less one.
    pub(super) references: [u32; 2],
    pub(super) chroma_offsets: bool,
    pub(super) chroma_offset_list: bool,
    pub(super) weighted: bool,
    pub(super) weighted_bi: bool,
    pub(super) entry_points: bool,
    pub(super) filter_across_slices: bool,
    pub(super) deblocking: bool,
    pub(super) deblocking_override: bool,
    pub(super) lists_modification: bool,
    pub(super) header_extension: bool,
}

/// Reads a sequence parameter set: its id, and it.
pub(super) fn sequence(r: &mut Bits<'_>) -> Option<(u32, Sequence)> {
    r.skip(4)?;
    let sub_layers = r.bits(3)?;
    r.skip(1)?;
    skip_profile_tier_level(r, sub_layers)?;
    let id = r.ue_to(15)?;
    let chroma = r.ue_to(3)?;
    let separate_planes = chroma == 3 && r.flag()?;
    let (width, height) = (r.ue()?, r.ue()?);
    if r.flag()? {
        for _ in 0..4 {
            r.ue()?;
        }
    }
    r.ue()?;
    r.ue()?;
    let order_bits = r.ue_to(12)? + 4;
    let first = if r.flag()? { 0 } else { sub_layers };
    for _ in first..=sub_layers {
        r.ue()?;
        r.ue()?;
        r.ue()?;
    }
    let block = r.ue_to(3)? + 3 + r.ue_to(3)?;
    let blocks = |length: u32| length.div_ceil(1 << block);
    let address_bits = bits_for(blocks(width).checked_mul(blocks(height))?);
    for _ in 0..4 {
        r.ue()?;
    }
    if r.flag()? && r.flag()? {
        skip_scaling_lists(r)?;
    }
    r.skip(1)?;
    let adaptive_offset = r.flag()?;
    if r.flag()? {
        r.skip(8)?;
        r.ue()?;
        r.ue()?;
        r.skip(1)?;
    }
    let mut short_term = Vec::new();
    for _ in 0..r.ue_to(64)? {
        let set = ReferencePictures::read(r, &short_term, false)?;
        short_term.push(set);
    }
    let long_term = if r.flag()? { Some(long_term(r, order_bits)?) } else { None };
    let temporal_mvp = r.flag()?;
    let sequence = Sequence {
        separate_planes,
        has_chroma: chroma != 0 && !separate_planes,
        address_bits,
        order_bits,
        adaptive_offset,
        short_term,
        long_term,
        temporal_mvp,
    };
    Some((id, sequence))
}

fn long_term(r: &mut Bits<'_>, order_bits: u32) -> Option<Vec<bool>> {
    let mut pictures = Vec::new();
    for _ in 0..r.ue_to(32)? {
        r.skip(order_bits)?;
        pictures.push(r.flag()?);
    }
    Some(pictures)
}

fn skip_profile_tier_level(r: &mut Bits<'_>, sub_layers: u32) -> Option<()> {
    r.skip(88 + 8)?;
    let mut present = Vec::new();
    for _ in 0..sub_layers {
        present.push((r.flag()?, r.flag()?));
    }
    if sub_layers > 0 {
        r.skip(2 * (8 - sub_layers))?;
    }
    for (profile, level) in present {
        r.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 })?;
    }
    Some(())
}

fn skip_scaling_lists(r: &mut Bits<'_>) -> Option<()> {
    for size in 0..4_u32 {
        for _ in 0..if size == 3 { 2 } else { 6 } {
            if !r.flag()? {
                r.ue()?;
                continue;
            }
            if size > 1 {
                r.se()?;
            }
            for _ in 0..64.min(1 << (4 + 2 * size)) {
                r.se()?;
            }
        }
    }
    Some(())
}

/// Reads a picture parameter set: its id, and it.
pub(super) fn picture(r: &mut Bits<'_>) -> Option<(u32, Picture)> {
    let id = r.ue_to(63)?;
    let sequence = r.ue_to(15)?;
    let dependent_segments = r.flag()?;
    let output_flag = r.flag()?;
    let extra_bits = r.bits(3)?;
    r.skip(1)?;
    let cabac_init = r.flag()?;
    let references = [r.ue_to(14)?, r.ue_to(14)?];
    r.se()?;
    r.skip(1)?;
    let transform_skip = r.flag()?;
    if r.flag()? {
        r.ue()?;
    }
    r.se()?;
    r.se()?;
    let chroma_offsets = r.flag()?;
    let (weighted, weighted_bi) = (r.flag()?, r.flag()?);
    r.skip(1)?;
    let (tiles, wavefront) = (r.flag()?, r.flag()?);
    if tiles {
        skip_tiles(r)?;
    }
    let filter_across_slices = r.flag()?;
    let (mut deblocking, mut deblocking_override) = (true, false);
    if r.flag()? {
        deblocking_override = r.flag()?;
        deblocking = !r.flag()?;
        if deblocking {
            r.se()?;
            r.se()?;
        }
    }
    if r.flag()? {
        skip_scaling_lists(r)?;
    }
    let lists_modification = r.flag()?;
    r.ue()?;
    let header_extension = r.flag()?;
    let chroma_offset_list = r.flag()? && extension(r, transform_skip)?;
    let picture = Picture {
        sequence,
        dependent_segments,
        output_flag,
        extra_bits,
        cabac_init,
        references,
        chroma_offsets,
        chroma_offset_list,
        weighted,
        weighted_bi,
        entry_points: tiles || wavefront,
        filter_across_slices,
        deblocking,
        deblocking_override,
        lists_modification,
        header_extension,
    };
    Some((id, picture))
}

fn skip_tiles(r: &mut Bits<'_>) -> Option<()> {
    // Level 6.2 allows 20 by 22.
    let (columns, rows) = (r.ue_to(64)?, r.ue_to(64)?);
    if !r.flag()? {
        for _ in 0..columns + rows {
            r.ue()?;
        }
    }
    r.skip(1)
}

/// Extensions of the picture parameter set: whether slices switch the list of chroma offsets.
/// Those other than for range change slice headers in ways that are not read here.
fn extension(r: &mut Bits<'_>, transform_skip: bool) -> Option<bool> {
    let range = r.flag()?;
    if r.bits(7)? != 0 {
        return None;
    }
    if !range {
        return Some(false);
    }
    if transform_skip {
        r.ue()?;
    }
    r.skip(1)?;
    r.flag()
}
