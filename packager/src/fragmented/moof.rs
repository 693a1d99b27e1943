//! One `moof` box: where the samples of its tracks lie and when they start.

use std::collections::BTreeMap;

use crate::boxes::Reader;
use crate::error::{Error, Place};
use crate::moov::MAX_TRACKS;

const TRAF: &str = "moof/traf";
const TFHD: &str = "moof/traf/tfhd";
const TFDT: &str = "moof/traf/tfdt";
const TFXD: &str = "moof/traf/uuid (tfxd)";
const TRUN: &str = "moof/traf/trun";

/// User type of the `tfxd` box (MS-SSTR §2.2.4.4).
const TFXD_TYPE: [u8; 16] = [
    0x6d, 0x1d, 0x9b, 0x05, 0x42, 0xd5, 0x44, 0xe6, 0x80, 0xe2, 0x14, 0x1d, 0xaf, 0xf7, 0x57, 0xb2,
];

/// A clock that no real file exceeds; keeps sums in range.
const MAX_TIME: i64 = 1 << 62;

/// What samples are like where nothing else is said (`trex` and `tfhd`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Defaults {
    description: u32,
    duration: u32,
    size: u32,
    flags: u32,
}

impl Default for Defaults {
    fn default() -> Self {
        Defaults { description: 1, duration: 0, size: 0, flags: 0 }
    }
}

impl Defaults {
    /// Reads `trex`: the track and its defaults.
    pub(super) fn parse(mut r: Reader<'_>) -> Result<(u32, Self), Error> {
        r.version()?;
        let track = r.u32()?;
        let (description, duration) = (r.u32()?, r.u32()?);
        Ok((track, Defaults { description, duration, size: r.u32()?, flags: r.u32()? }))
    }
}

/// When a fragment starts, in units of the track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// The decode time of the first sample (`tfdt`).
    Decode(i64),
    /// The time at which the first sample is presented (`tfxd`).
    Presentation(i64),
    /// Where the fragment before ends.
    Behind,
}

/// The part of a `moof` that is about one track.
#[derive(Debug)]
pub(super) struct Traf<'a> {
    pub(super) track: u32,
    pub(super) description: u32,
    pub(super) start: Start,
    pub(super) runs: Vec<Run<'a>>,
}

/// Samples that lie next to each other in the file.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) position: u64,
    bytes: u64,
    count: u32,
    rows: Rows<'a>,
}

/// A sample as a `trun` box has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) duration: u32,
    pub(super) size: u32,
    pub(super) flags: u32,
    pub(super) offset: i32,
}

/// The table of a `trun` box.
#[derive(Debug, Clone, Copy)]
struct Rows<'a> {
    present: u32,
    table: &'a [u8],
    defaults: Defaults,
    first_flags: Option<u32>,
}

impl Traf<'_> {
    pub(super) fn end(&self) -> u64 {
        self.runs.iter().map(|run| run.position.saturating_add(run.bytes)).max().unwrap_or(0)
    }

    pub(super) fn samples(&self) -> u64 {
        self.runs.iter().map(|run| u64::from(run.count)).sum()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.runs.iter().fold(0, |sum, run| sum.saturating_add(run.bytes))
    }
}

impl Run<'_> {
    pub(super) fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.rows.iter(self.count)
    }
}

impl<'a> Rows<'a> {
    const DURATION: u32 = 0x100;
    const SIZE: u32 = 0x200;
    const FLAGS: u32 = 0x400;
    const OFFSET: u32 = 0x800;

    /// Bytes of a row.
    fn stride(present: u32) -> usize {
        (present & 0xf00).count_ones() as usize * 4
    }

    fn iter(self, count: u32) -> impl Iterator<Item = Row> + 'a {
        let stride = Self::stride(self.present);
        (0..count as usize).map(move |at| {
            let mut fields = self.table.get(at * stride..).unwrap_or_default();
            // The length of the table was checked against the count.
            let mut field = |bit: u32| {
                let (head, rest) =
                    fields.split_first_chunk::<4>().filter(|_| self.present & bit != 0)?;
                fields = rest;
                Some(u32::from_be_bytes(*head))
            };
            let duration = field(Self::DURATION).unwrap_or(self.defaults.duration);
            let size = field(Self::SIZE).unwrap_or(self.defaults.size);
            let flags = field(Self::FLAGS);
            let first = if at == 0 { self.first_flags } else { None };
            Row {
                duration,
                size,
                flags: flags.or(first).unwrap_or(self.defaults.flags),
                // Unsigned in version 0 by the standard; see `ctts`.
                offset: field(Self::OFFSET).unwrap_or(0) as i32,
            }
        })
    }
}

/// Reads the payload of a `moof` that starts at byte `position`.
pub(super) fn parse<'a>(
    moof: &'a [u8],
    position: u64,
    defaults: &BTreeMap<u32, Defaults>,
    place: Place<'a>,
) -> Result<Vec<Traf<'a>>, Error> {
    let mut children = Reader::new(moof, place);
    let mut trafs = Vec::new();
    // Without a base of its own, a track starts where the data of the one before ends, and the
    // first one at the `moof` (ISO/IEC 14496-12 §8.8.7).
    let mut implied = position;
    while let Some((kind, payload)) = children.next_box()? {
        if kind != *b"traf" {
            continue;
        }
        if trafs.len() == MAX_TRACKS {
            return Err(place.malformed("too many track fragments"));
        }
        trafs.push(traf(Reader::new(payload, place.at(TRAF)), position, &mut implied, defaults)?);
    }
    Ok(trafs)
}

fn traf<'a>(
    r: Reader<'a>,
    moof: u64,
    implied: &mut u64,
    defaults: &BTreeMap<u32, Defaults>,
) -> Result<Traf<'a>, Error> {
    let mut tfhd = r.child(b"tfhd", TFHD)?;
    let flags = tfhd.u32()?;
    let track = tfhd.u32()?;
    let mut values = defaults.get(&track).copied().unwrap_or_default();
    let base = match (flags & 1 != 0, flags & 0x02_0000 != 0) {
        (true, _) => tfhd.u64()?,
        (false, true) => moof,
        (false, false) => *implied,
    };
    for (bit, value) in [
        (0x02, &mut values.description),
        (0x08, &mut values.duration),
        (0x10, &mut values.size),
        (0x20, &mut values.flags),
    ] {
        if flags & bit != 0 {
            *value = tfhd.u32()?;
        }
    }
    let (mut start, mut runs, mut next) = (Start::Behind, Vec::new(), base);
    let mut children = r;
    while let Some((kind, payload)) = children.next_box()? {
        match &kind {
            b"tfdt" => start = Start::Decode(tfdt(Reader::new(payload, r.place().at(TFDT)))?),
            b"uuid" if start == Start::Behind => {
                if let Some(rest) = payload.strip_prefix(&TFXD_TYPE) {
                    start = Start::Presentation(tfxd(Reader::new(rest, r.place().at(TFXD)))?);
                }
            }
            b"trun" => {
                let trun = Reader::new(payload, r.place().at(TRUN));
                if let Some(run) = run(trun, base, next, values)? {
                    next = run.position.saturating_add(run.bytes);
                    runs.push(run);
                }
            }
            _ => {}
        }
    }
    *implied = next;
    Ok(Traf { track, description: values.description, start, runs })
}

fn tfdt(mut r: Reader<'_>) -> Result<i64, Error> {
    let version = r.version()?;
    let time = i64::try_from(r.u32_or_u64(version)?).unwrap_or(i64::MAX);
    in_range(time, r.place())
}

/// Writers put times before 0 here, for the priming of AAC: 64 bits are read as signed.
fn tfxd(mut r: Reader<'_>) -> Result<i64, Error> {
    let version = r.version()?;
    let time = r.u32_or_u64(version)? as i64;
    in_range(time, r.place())
}

fn in_range(time: i64, place: Place<'_>) -> Result<i64, Error> {
    let possible = (-MAX_TIME..=MAX_TIME).contains(&time);
    if possible { Ok(time) } else { Err(place.malformed("an impossible time")) }
}

/// Reads a `trun`; `None` if it has no samples.
fn run(
    mut r: Reader<'_>,
    base: u64,
    next: u64,
    values: Defaults,
) -> Result<Option<Run<'_>>, Error> {
    let present = r.u32()?;
    let count = r.u32()?;
    let position = if present & 1 != 0 {
        let offset = i64::from(r.u32()? as i32);
        base.checked_add_signed(offset)
            .ok_or_else(|| r.place().malformed("the data lies before the start of the file"))?
    } else {
        next
    };
    let first_flags = if present & 4 != 0 { Some(r.u32()?) } else { None };
    if count == 0 {
        return Ok(None);
    }
    let stride = Rows::stride(present);
    let len = (count as usize).checked_mul(stride).filter(|len| *len <= r.rest().len());
    let Some(len) = len else {
        let left = r.rest().len();
        let problem = format!("claims {count} samples of {stride} bytes but {left} bytes are left");
        return Err(r.place().malformed(problem));
    };
    let rows = Rows { present, table: r.take(len)?, defaults: values, first_flags };
    let bytes = if present & Rows::SIZE != 0 {
        rows.iter(count).map(|row| u64::from(row.size)).sum()
    } else if values.size > 0 {
        u64::from(values.size) * u64::from(count)
    } else {
        return Err(r.place().malformed("the samples have no size"));
    };
    Ok(Some(Run { position, bytes, count, rows }))
}
