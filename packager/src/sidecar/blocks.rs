//! Blocks of samples. Each can be read without the others.
//!
//! ```text
//! number of the first sample, count, position, decode time
//! size of the first sample       a key frame is mostly much larger than the others
//! column of the other sizes
//! column of durations
//! column of gaps in time         none in most files
//! column of gaps between bytes   none inside of a chunk
//! unit, column of composition offsets in it
//! column of sync flags
//! checksum                       CRC-32 of the block before it
//! ```

use std::ops::Range;

use super::CHECKSUM;
use super::coding::{Damaged, In, Out, unzigzag, zigzag};
use super::column::{self, Column};
use crate::index::Sample;
use crate::outline::BLOCK;

/// Times and positions that no file has. Sums with them stay in range.
pub(super) const IMPOSSIBLE: u64 = 1 << 60;
/// Most samples of a fragment for which memory is taken before they are read.
const RESERVED: usize = 4096;

/// Writes a block of samples that follow each other in decode order.
pub(super) fn write(samples: &[Sample]) -> Vec<u8> {
    let mut out = Out::default();
    let Some((first, others)) = samples.split_first() else {
        return out.into_bytes();
    };
    out.number(first.number);
    out.number(samples.len() as u64);
    out.number(first.position);
    out.number(first.dts);
    out.number(first.size);
    let mut values: Vec<u64> = Vec::with_capacity(samples.len());
    let mut column = |out: &mut Out, rows: &mut dyn Iterator<Item = u64>| {
        values.clear();
        values.extend(rows);
        column::write(out, &values);
    };
    column(&mut out, &mut others.iter().map(|sample| sample.size.into()));
    column(&mut out, &mut samples.iter().map(|sample| sample.duration.into()));
    let pairs = || samples.iter().zip(others);
    column(&mut out, &mut pairs().map(|(a, b)| gap(a.dts, a.duration, b.dts)));
    column(&mut out, &mut pairs().map(|(a, b)| gap(a.position, a.size, b.position)));
    let offsets = || samples.iter().map(|sample| sample.composition_offset);
    let unit = offsets().fold(0, |unit, offset| gcd(unit, offset.unsigned_abs())).max(1);
    out.number(unit);
    // No unit of an `i64` is larger than its offset.
    let unit = i64::try_from(unit).unwrap_or(1);
    column(&mut out, &mut offsets().map(|offset| zigzag(offset / unit)));
    column(&mut out, &mut samples.iter().map(|sample| sample.sync.into()));
    let checksum = crc32fast::hash(out.as_bytes());
    out.put(&checksum.to_le_bytes());
    out.into_bytes()
}

/// By how much something starts behind the end of what is before it, or before that.
fn gap(before: u64, length: u32, next: u64) -> u64 {
    zigzag(next.wrapping_sub(before.wrapping_add(length.into())) as i64)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Reads the samples with these numbers. Blocks may begin before them and go on behind them; what
/// is behind the last one is not looked at.
pub(super) fn read(bytes: &[u8], wanted: Range<u32>) -> Result<Vec<Sample>, Damaged> {
    let mut samples = Vec::with_capacity(wanted.len().min(RESERVED));
    let mut input = In::new(bytes);
    let mut next = wanted.start;
    while next < wanted.end {
        let block = Block::read(&mut input)?;
        // What is before the first sample is read in vain, so it has to be little.
        let before = next.checked_sub(block.first).filter(|before| *before < BLOCK);
        if before.is_none() || block.end <= next {
            return Err(Damaged("it describes other samples"));
        }
        next = block.end;
        block.samples(&wanted, &mut samples)?;
    }
    Ok(samples)
}

struct Block<'a> {
    first: u32,
    end: u32,
    position: u64,
    dts: u64,
    size: u32,
    unit: i64,
    sizes: Column<'a>,
    durations: Column<'a>,
    pauses: Column<'a>,
    jumps: Column<'a>,
    offsets: Column<'a>,
    sync: Column<'a>,
}

impl<'a> Block<'a> {
    fn read(input: &mut In<'a>) -> Result<Self, Damaged> {
        let start = input.rest();
        let (first, count) = (input.number32()?, input.number32()?);
        let end = first.checked_add(count).filter(|end| *end > first);
        let end = end.ok_or(Damaged("a block has no samples, or too many"))?;
        let (position, dts, size) = (input.number()?, input.number()?, input.number32()?);
        let sizes = Column::read(input, count - 1)?;
        let durations = Column::read(input, count)?;
        let pauses = Column::read(input, count - 1)?;
        let jumps = Column::read(input, count - 1)?;
        let unit = i64::try_from(input.number()?).map_err(|_| Damaged("a number is too large"))?;
        let offsets = Column::read(input, count)?;
        let sync = Column::read(input, count)?;
        let checked = start.len() - input.rest().len();
        let checked = start.get(..checked).unwrap_or_default();
        if crc32fast::hash(checked) != u32::from_le_bytes(input.array::<CHECKSUM>()?) {
            return Err(Damaged("the checksum of a block is wrong"));
        }
        Ok(Block {
            first,
            end,
            position,
            dts,
            size,
            unit,
            sizes,
            durations,
            pauses,
            jumps,
            offsets,
            sync,
        })
    }

    fn samples(mut self, wanted: &Range<u32>, into: &mut Vec<Sample>) -> Result<(), Damaged> {
        let impossible = || Damaged("a sample is at an impossible place");
        let (mut position, mut dts, mut size) = (self.position, self.dts, self.size);
        for number in self.first..self.end.min(wanted.end) {
            let duration = self.durations.next32()?;
            let offset = unzigzag(self.offsets.next()).checked_mul(self.unit);
            let sample = Sample {
                number,
                position,
                size,
                dts,
                duration,
                composition_offset: offset
                    .filter(|offset| i32::try_from(*offset).is_ok())
                    .ok_or_else(impossible)?,
                sync: self.sync.next() != 0,
            };
            if position.max(dts) >= IMPOSSIBLE {
                return Err(impossible());
            }
            let (after, later) = (position + u64::from(size), dts + u64::from(duration));
            position = after.wrapping_add_signed(unzigzag(self.jumps.next()));
            dts = later.wrapping_add_signed(unzigzag(self.pauses.next()));
            size = self.sizes.next32()?;
            if number >= wanted.start {
                into.push(sample);
            }
        }
        Ok(())
    }
}
