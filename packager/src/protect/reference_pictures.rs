//! Short-term reference picture sets of H.265 (ITU-T H.265 §7.3.7, §7.4.8): what it takes to know
//! how long they are, and how many pictures a slice can refer to.

use super::bits::Bits;

/// Most pictures of a set.
const MOST: u32 = 16;

/// A set: distances in picture order, and whether the current picture uses it.
#[derive(Debug, Clone, Default)]
pub(super) struct ReferencePictures {
    /// Before the current picture, the nearest first.
    negative: Vec<(i32, bool)>,
    /// Behind the current picture, the nearest first.
    positive: Vec<(i32, bool)>,
}

impl ReferencePictures {
    /// How many pictures the current one refers to.
    pub(super) fn used(&self) -> u32 {
        let used = self.negative.iter().chain(&self.positive).filter(|(_, used)| *used);
        u32::try_from(used.count()).unwrap_or(u32::MAX)
    }

    /// Reads the set that follows `earlier`; `in_slice` if it is that of a slice header.
    pub(super) fn read(
        r: &mut Bits<'_>,
        earlier: &[ReferencePictures],
        in_slice: bool,
    ) -> Option<Self> {
        if !earlier.is_empty() && r.flag()? {
            return Self::predicted(r, earlier, in_slice);
        }
        let (negative, positive) = (r.ue_to(MOST)?, r.ue_to(MOST)?);
        Some(Self { negative: distances(r, negative, -1)?, positive: distances(r, positive, 1)? })
    }

    fn predicted(r: &mut Bits<'_>, earlier: &[Self], in_slice: bool) -> Option<Self> {
        let back = if in_slice { r.ue()? } else { 0 };
        let at = earlier.len().checked_sub(1)?.checked_sub(usize::try_from(back).ok()?)?;
        let from = earlier.get(at)?;
        let sign = if r.flag()? { -1 } else { 1 };
        let delta = sign * (i32::try_from(r.ue_to(0x7fff)?).ok()? + 1);
        // For each picture of the other set, and then for that picture itself.
        let count = from.negative.len() + from.positive.len() + 1;
        let mut flags = Vec::with_capacity(count);
        for _ in 0..count {
            let used = r.flag()?;
            flags.push((used || r.flag()?, used));
        }
        let (of_negative, rest) = flags.split_at(from.negative.len());
        let (of_positive, itself) = rest.split_at(from.positive.len());
        let moved = |pictures: &[(i32, bool)], flags: &[(bool, bool)]| -> Vec<(i32, bool)> {
            let kept = pictures.iter().zip(flags).filter(|(_, (kept, _))| *kept);
            kept.map(|((distance, _), (_, used))| (distance + delta, *used)).collect()
        };
        let (before, behind) =
            (moved(&from.negative, of_negative), moved(&from.positive, of_positive));
        let itself = moved(&[(0, true)], itself);
        // In the order of the standard: the nearest first.
        let negative = behind.iter().rev().chain(&itself).chain(&before);
        let positive = before.iter().rev().chain(&itself).chain(&behind);
        Some(Self {
            negative: negative.filter(|(distance, _)| *distance < 0).copied().collect(),
            positive: positive.filter(|(distance, _)| *distance > 0).copied().collect(),
        })
    }
}

fn distances(r: &mut Bits<'_>, count: u32, sign: i32) -> Option<Vec<(i32, bool)>> {
    let mut distance = 0;
    let mut list = Vec::new();
    for _ in 0..count {
        distance += sign * (i32::try_from(r.ue_to(0x7fff)?).ok()? + 1);
        list.push((distance, r.flag()?));
    }
    Some(list)
}
