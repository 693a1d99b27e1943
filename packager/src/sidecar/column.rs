//! Columns: one number for each sample, or for each row of another table.
//!
//! Most columns of real files hold one number, or a few. Others hold numbers of about the same
//! size, which are packed with as many bits as the largest needs.

use super::coding::{Damaged, In, Out, length_of};

/// All numbers are the same: the number.
const SAME: u64 = 0;
/// The count of runs, then number and length of each.
const RUNS: u64 = 1;
/// The smallest number, the width in bits, and by how much each one is larger, least significant
/// bits first.
const PACKED: u64 = 2;

/// Writes a column in the shortest way.
pub(super) fn write(out: &mut Out, values: &[u64]) {
    let runs: Vec<&[u64]> = values.chunk_by(|a, b| a == b).collect();
    let Some(first) = values.first() else { return };
    if runs.len() == 1 {
        out.number(SAME);
        out.number(*first);
        return;
    }
    let least = values.iter().copied().min().unwrap_or(0);
    let span = values.iter().map(|value| value - least).max().unwrap_or(0);
    let width = 64 - span.leading_zeros();
    let packed = length_of(least) + 1 + (values.len() * width as usize).div_ceil(8);
    let run_length = |run: &&[u64]| {
        run.first().map_or(0, |value| length_of(*value)) + length_of(run.len() as u64)
    };
    let listed: usize = runs.iter().map(run_length).sum();
    if length_of(runs.len() as u64) + listed <= packed {
        out.number(RUNS);
        out.number(runs.len() as u64);
        for run in runs {
            out.number(run.first().copied().unwrap_or(0));
            out.number(run.len() as u64);
        }
        return;
    }
    out.number(PACKED);
    out.number(least);
    out.number(width);
    let (mut bits, mut filled) = (0u128, 0);
    for value in values {
        bits |= u128::from(value - least) << filled;
        filled += width;
        while filled >= 8 {
            out.put(&[bits as u8]);
            bits >>= 8;
            filled -= 8;
        }
    }
    if filled > 0 {
        out.put(&[bits as u8]);
    }
}

/// A column that is read number by number, so that no count asks for memory.
#[derive(Debug)]
pub(super) struct Column<'a>(Kind<'a>);

#[derive(Debug)]
enum Kind<'a> {
    Same(u64),
    Runs { rest: In<'a>, value: u64, left: u64 },
    Packed { least: u64, width: u32, bits: &'a [u8], at: u64 },
}

impl<'a> Column<'a> {
    /// Finds out how a column of so many numbers is written, and goes behind it.
    pub(super) fn read(input: &mut In<'a>, count: u32) -> Result<Self, Damaged> {
        if count == 0 {
            return Ok(Column(Kind::Same(0)));
        }
        Ok(Column(match input.number()? {
            SAME => Kind::Same(input.number()?),
            RUNS => {
                let runs = input.number()?;
                let rest = *input;
                let mut total = 0u64;
                for _ in 0..runs {
                    input.number()?;
                    total = total.saturating_add(input.number()?);
                }
                if total != u64::from(count) {
                    return Err(Damaged("a column has too few numbers, or too many"));
                }
                Kind::Runs { rest, value: 0, left: 0 }
            }
            PACKED => {
                let (least, width) = (input.number()?, input.number32()?);
                if width > u64::BITS {
                    return Err(Damaged("a column is too wide"));
                }
                let bytes = (u64::from(count) * u64::from(width)).div_ceil(8);
                let bits = input.take(usize::try_from(bytes).unwrap_or(usize::MAX))?;
                Kind::Packed { least, width, bits, at: 0 }
            }
            _ => return Err(Damaged("a column is written in an unknown way")),
        }))
    }

    /// The next number; 0 behind the last one.
    pub(super) fn next(&mut self) -> u64 {
        match &mut self.0 {
            Kind::Same(value) => *value,
            Kind::Runs { rest, value, left } => {
                // They were read before.
                while *left == 0 {
                    let (Ok(next), Ok(length)) = (rest.number(), rest.number()) else { return 0 };
                    (*value, *left) = (next, length);
                }
                *left -= 1;
                *value
            }
            Kind::Packed { least, width, bits, at } => {
                let skip = usize::try_from(*at / 8).unwrap_or(usize::MAX);
                let from = bits.get(skip..).unwrap_or_default();
                let mut window = [0; 16];
                for (to, from) in window.iter_mut().zip(from) {
                    *to = *from;
                }
                let shifted = u128::from_le_bytes(window) >> (*at % 8);
                let value = shifted & ((1u128 << *width) - 1);
                *at += u64::from(*width);
                least.wrapping_add(value as u64)
            }
        }
    }

    pub(super) fn next32(&mut self) -> Result<u32, Damaged> {
        u32::try_from(self.next()).map_err(|_| Damaged("a number is too large"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn written(values: &[u64]) -> Vec<u8> {
        let mut out = Out::default();
        write(&mut out, values);
        out.into_bytes()
    }

    fn read(bytes: &[u8], count: u32) -> Vec<u64> {
        let mut input = In::new(bytes);
        let mut column = Column::read(&mut input, count).unwrap();
        assert!(input.rest().is_empty());
        (0..count).map(|_| column.next()).collect()
    }

    #[test]
    fn the_shortest_way_is_taken() {
        assert_eq!(written(&[7; 1000]), [0, 7]);
        let rare: Vec<u64> = [1].into_iter().chain([0; 60]).collect();
        assert_eq!(written(&rare), [1, 2, 1, 1, 0, 60]);
        assert_eq!(written(&[9, 8, 11, 10, 8]), [2, 8, 2, 0b10_11_00_01, 0]);
        assert_eq!(written(&[]), []);
    }

    #[test]
    fn lies_are_refused() {
        for bytes in [
            &[1, 1, 5, 9][..],
            &[1, 2, 5, 9],
            &[2, 0, 65, 0, 0],
            &[2, 0, 64, 0],
            &[3, 0],
            &[],
            &[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
        ] {
            assert!(Column::read(&mut In::new(bytes), 10).is_err(), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_column_comes_back(values in prop_oneof![
            prop::collection::vec(any::<u64>(), 1..50),
            prop::collection::vec(0..4u64, 1..200),
            prop::collection::vec(1_000_000..1_000_900u64, 1..200),
        ]) {
            let count = u32::try_from(values.len()).unwrap();
            prop_assert_eq!(read(&written(&values), count), values);
        }
    }
}
