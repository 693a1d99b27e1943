//! Where H.264 slices begin: the lengths of slice headers (ITU-T H.264 §7.3).

use std::collections::BTreeMap;

use super::bits::Bits;

/// Profiles whose sequence parameter sets say how colours are stored.
const HIGH_PROFILES: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

const P: u32 = 0;
const B: u32 = 1;
const I: u32 = 2;
const SP: u32 = 3;
const SI: u32 = 4;

/// The parameter sets that slices refer to.
#[derive(Debug, Clone, Default)]
pub(super) struct ParameterSets {
    sequences: BTreeMap<u32, Sequence>,
    pictures: BTreeMap<u32, Picture>,
}

#[derive(Debug, Clone)]
struct Sequence {
    separate_planes: bool,
    has_chroma: bool,
    frame_num_bits: u32,
    order: PictureOrder,
    frames_only: bool,
}

#[derive(Debug, Clone)]
enum PictureOrder {
    /// Type 0 with this many bits.
    Lsb(u32),
    /// Type 1 without `delta_pic_order_always_zero_flag`.
    Delta,
    /// Nothing in slice headers.
    Implied,
}

#[derive(Debug, Clone)]
struct Picture {
    sequence: u32,
    cabac: bool,
    bottom_field_order: bool,
    references: [u32; 2],
    weighted: bool,
    weighted_bi: u32,
    deblocking_control: bool,
    redundant_count: bool,
}

impl ParameterSets {
    /// Takes note of a NAL unit if it is a parameter set. One that cannot be read is as if it were
    /// not there.
    pub(super) fn note(&mut self, unit: &[u8]) {
        let Some((header, payload)) = unit.split_first() else { return };
        let mut bits = Bits::new(payload);
        match header & 0x1f {
            7 => drop(sequence(&mut bits).map(|(id, set)| self.sequences.insert(id, set))),
            8 => drop(picture(&mut bits).map(|(id, set)| self.pictures.insert(id, set))),
            _ => {}
        }
    }

    /// Length of the NAL unit header and slice header of a slice, in bytes; `None` if it cannot be
    /// read.
    pub(super) fn slice_header(&self, unit: &[u8]) -> Option<usize> {
        let (header, payload) = unit.split_first()?;
        let (idr, reference) = match header & 0x1f {
            1 => (false, header & 0x60 != 0),
            5 => (true, true),
            // Data partitions.
            _ => return None,
        };
        let mut bits = Bits::new(payload);
        self.skip_header(&mut bits, idr, reference)?;
        Some(1 + bits.position())
    }

    fn skip_header(&self, r: &mut Bits<'_>, idr: bool, reference: bool) -> Option<()> {
        r.ue()?;
        let kind = r.ue_to(9)? % 5;
        let picture = self.pictures.get(&r.ue()?)?;
        let sequence = self.sequences.get(&picture.sequence)?;
        if sequence.separate_planes {
            r.skip(2)?;
        }
        r.skip(sequence.frame_num_bits)?;
        let field = !sequence.frames_only && r.flag()?;
        if field {
            r.skip(1)?;
        }
        if idr {
            r.ue()?;
        }
        let bottom = picture.bottom_field_order && !field;
        match sequence.order {
            PictureOrder::Lsb(count) => {
                r.skip(count)?;
                if bottom {
                    r.se()?;
                }
            }
            PictureOrder::Delta => {
                r.se()?;
                if bottom {
                    r.se()?;
                }
            }
            PictureOrder::Implied => {}
        }
        if picture.redundant_count {
            r.ue()?;
        }
        if kind == B {
            r.skip(1)?;
        }
        let mut references = picture.references;
        let lists = match kind {
            P | SP => 1,
            B => 2,
            _ => 0,
        };
        if lists > 0 && r.flag()? {
            for count in references.iter_mut().take(lists) {
                *count = r.ue_to(31)?;
            }
        }
        for _ in 0..lists {
            skip_list_modification(r)?;
        }
        if picture.weighted && matches!(kind, P | SP) || picture.weighted_bi == 1 && kind == B {
            skip_weights(r, sequence.has_chroma, references.get(..lists)?)?;
        }
        if reference {
            skip_marking(r, idr)?;
        }
        if picture.cabac && !matches!(kind, I | SI) {
            r.ue()?;
        }
        r.se()?;
        if kind == SP {
            r.skip(1)?;
        }
        if matches!(kind, SP | SI) {
            r.se()?;
        }
        if picture.deblocking_control && r.ue()? != 1 {
            r.se()?;
            r.se()?;
        }
        Some(())
    }
}

fn sequence(r: &mut Bits<'_>) -> Option<(u32, Sequence)> {
    let profile = r.bits(8)?;
    r.skip(16)?;
    let id = r.ue_to(31)?;
    let (mut chroma, mut separate_planes) = (1, false);
    if HIGH_PROFILES.contains(&profile) {
        chroma = r.ue_to(3)?;
        separate_planes = chroma == 3 && r.flag()?;
        r.ue()?;
        r.ue()?;
        r.skip(1)?;
        if r.flag()? {
            for list in 0..if chroma == 3 { 12 } else { 8 } {
                if r.flag()? {
                    skip_scaling_list(r, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    let frame_num_bits = r.ue_to(12)? + 4;
    let order = match r.ue()? {
        0 => PictureOrder::Lsb(r.ue_to(12)? + 4),
        1 => {
            let always_zero = r.flag()?;
            r.se()?;
            r.se()?;
            for _ in 0..r.ue_to(255)? {
                r.se()?;
            }
            if always_zero { PictureOrder::Implied } else { PictureOrder::Delta }
        }
        _ => PictureOrder::Implied,
    };
    r.ue()?;
    r.skip(1)?;
    r.ue()?;
    r.ue()?;
    let frames_only = r.flag()?;
    let has_chroma = chroma != 0 && !separate_planes;
    Some((id, Sequence { separate_planes, has_chroma, frame_num_bits, order, frames_only }))
}

fn skip_scaling_list(r: &mut Bits<'_>, size: u32) -> Option<()> {
    let (mut last, mut next) = (8_i32, 8_i32);
    for _ in 0..size {
        if next != 0 {
            next = last.wrapping_add(r.se()?).rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

fn picture(r: &mut Bits<'_>) -> Option<(u32, Picture)> {
    let id = r.ue_to(255)?;
    let sequence = r.ue_to(31)?;
    let cabac = r.flag()?;
    let bottom_field_order = r.flag()?;
    // Slice groups put a number into slice headers whose length depends on the picture's size; no
    // profile that is in use has them.
    r.ue_to(0)?;
    let references = [r.ue_to(31)?, r.ue_to(31)?];
    let weighted = r.flag()?;
    let weighted_bi = r.bits(2)?;
    r.se()?;
    r.se()?;
    r.se()?;
    let deblocking_control = r.flag()?;
    r.skip(1)?;
    let redundant_count = r.flag()?;
    let picture = Picture {
        sequence,
        cabac,
        bottom_field_order,
        references,
        weighted,
        weighted_bi,
        deblocking_control,
        redundant_count,
    };
    Some((id, picture))
}

/// `ref_pic_list_modification` of one list.
fn skip_list_modification(r: &mut Bits<'_>) -> Option<()> {
    if !r.flag()? {
        return Some(());
    }
    while r.ue_to(3)? != 3 {
        r.ue()?;
    }
    Some(())
}

fn skip_weights(r: &mut Bits<'_>, has_chroma: bool, lists: &[u32]) -> Option<()> {
    r.ue()?;
    if has_chroma {
        r.ue()?;
    }
    for last in lists {
        for _ in 0..=*last {
            if r.flag()? {
                r.se()?;
                r.se()?;
            }
            if has_chroma && r.flag()? {
                for _ in 0..4 {
                    r.se()?;
                }
            }
        }
    }
    Some(())
}

/// `dec_ref_pic_marking`.
fn skip_marking(r: &mut Bits<'_>, idr: bool) -> Option<()> {
    if idr {
        return r.skip(2);
    }
    if !r.flag()? {
        return Some(());
    }
    loop {
        match r.ue_to(6)? {
            0 => return Some(()),
            3 => {
                r.ue()?;
                r.ue()?;
            }
            5 => {}
            _ => drop(r.ue()?),
        }
    }
}
