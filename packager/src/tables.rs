//! From the tables of `stbl` to a [`SampleIndex`] (ISO/IEC 14496-12 §8.6 and §8.7).
//!
//! Counts in these boxes are hostile. Memory follows the size of the boxes, never a count, and
//! [`MAX_SAMPLES`] bounds the work.

use crate::boxes::Reader;
use crate::error::Error;
use crate::index::{ByteRun, OffsetRun, SampleIndex, Sizes, TimeRun};

const STBL: &str = "mdia/minf/stbl";
const STTS: &str = "mdia/minf/stbl/stts";
const CTTS: &str = "mdia/minf/stbl/ctts";
const STSS: &str = "mdia/minf/stbl/stss";
const STSZ: &str = "mdia/minf/stbl/stsz";
const STZ2: &str = "mdia/minf/stbl/stz2";
const STSC: &str = "mdia/minf/stbl/stsc";
const STCO: &str = "mdia/minf/stbl/stco";

/// Most samples in a track: three days at 60 frames per second.
pub(crate) const MAX_SAMPLES: u32 = 1 << 24;

/// Most samples in all tracks of a file.
pub(crate) const MAX_SAMPLES_OF_FILE: u32 = 2 * MAX_SAMPLES;

/// Most samples of one constant size. Such a table takes no bytes in the file, so nothing but
/// this stands between a tiny file and a huge fragment. A day of silent AAC has this many.
const MAX_EQUAL_SAMPLES: u32 = 1 << 22;

/// Longest run of bytes, in samples. Finding a sample walks its run from the start, so a file
/// that is one single run needs these stops.
const RUN_SAMPLES: u32 = 128;

/// Builds the index of a track from its `stbl`; `None` if it lists no samples. `left` is how many
/// the file may still have: what is told of them is looked at even of a track that is refused then.
pub(crate) fn sample_index(
    stbl: Reader<'_>,
    file_len: u64,
    left: &mut u32,
) -> Result<Option<SampleIndex>, Error> {
    let (sizes, count) = sizes(stbl)?;
    if count == 0 {
        return Ok(None);
    }
    *left = left.checked_sub(count).ok_or_else(|| {
        let problem = format!("more than {MAX_SAMPLES_OF_FILE} samples with those of other tracks");
        stbl.place().at(STBL).malformed(problem)
    })?;
    let (times, end) = times(stbl, count)?;
    let (bytes, total_bytes) = bytes(stbl, &sizes, count, file_len)?;
    Ok(Some(SampleIndex {
        count,
        total_bytes,
        end,
        sizes,
        bytes,
        times,
        offsets: offsets(stbl, count)?,
        sync: sync(stbl, count)?,
    }))
}

fn sizes(stbl: Reader<'_>) -> Result<(Sizes, u32), Error> {
    let Some(mut stsz) = stbl.optional_child(b"stsz", STSZ)? else {
        return compact_sizes(stbl);
    };
    stsz.version()?;
    let same = stsz.u32()?;
    if same != 0 {
        let count = counted(stsz.u32()? as usize, MAX_EQUAL_SAMPLES, stbl)?;
        return Ok((Sizes::Same(same), count));
    }
    let table = stsz.table::<4>()?;
    let count = counted(table.len(), MAX_SAMPLES, stbl)?;
    let sizes = table.iter().map(|bytes| u32::from_be_bytes(*bytes)).collect();
    Ok((Sizes::Each(sizes), count))
}

/// `stz2`: sizes of 4, 8 or 16 bits, which take more in memory than in the file.
fn compact_sizes(stbl: Reader<'_>) -> Result<(Sizes, u32), Error> {
    let mut stz2 = stbl.child(b"stz2", STZ2)?;
    stz2.version()?;
    let width = stz2.u32()? & 0xff;
    let count = counted(stz2.u32()? as usize, MAX_SAMPLES, stbl)?;
    let number = count as usize;
    let sizes: Vec<u32> = match width {
        4 => {
            let packed = stz2.take(number.div_ceil(2))?;
            let halves = packed.iter().flat_map(|byte| [byte >> 4, byte & 15]);
            halves.take(number).map(u32::from).collect()
        }
        8 => stz2.take(number)?.iter().map(|byte| u32::from(*byte)).collect(),
        16 => {
            let (table, _) = stz2.take(number * 2)?.as_chunks::<2>();
            table.iter().map(|bytes| u32::from(u16::from_be_bytes(*bytes))).collect()
        }
        _ => return Err(stz2.place().malformed(format!("field size {width} is not 4, 8 or 16"))),
    };
    Ok((Sizes::Each(sizes), count))
}

/// A number of samples that is accepted.
fn counted(count: usize, most: u32, stbl: Reader<'_>) -> Result<u32, Error> {
    u32::try_from(count).ok().filter(|count| *count <= most).ok_or_else(|| {
        let problem = format!("{count} samples; at most {most} are accepted");
        stbl.place().at(STBL).malformed(problem)
    })
}

/// Splits an entry of eight bytes.
fn pair(entry: &[u8; 8]) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = *entry;
    (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]))
}

fn times(stbl: Reader<'_>, count: u32) -> Result<(Vec<TimeRun>, u64), Error> {
    let mut stts = stbl.child(b"stts", STTS)?;
    stts.version()?;
    let mut runs: Vec<TimeRun> = Vec::new();
    let (mut first, mut dts) = (0u32, 0u64);
    for (samples, duration) in stts.table::<8>()?.iter().map(pair) {
        let samples = samples.min(count - first);
        if samples == 0 {
            continue;
        }
        if runs.last().is_none_or(|run| run.duration != duration) {
            runs.push(TimeRun { first, duration, dts });
        }
        first += samples;
        // At most 2^24 samples of less than 2^32 units: far from overflow.
        dts += u64::from(samples) * u64::from(duration);
    }
    if first < count {
        let problem = format!("gives times for {first} of {count} samples");
        return Err(stts.place().malformed(problem));
    }
    Ok((runs, dts))
}

/// Composition offsets. Version 0 is unsigned by the standard, but writers put negative values
/// there too, and no real offset needs the 32nd bit: both versions are read as signed.
fn offsets(stbl: Reader<'_>, count: u32) -> Result<Vec<OffsetRun>, Error> {
    let Some(mut ctts) = stbl.optional_child(b"ctts", CTTS)? else {
        return Ok(Vec::new());
    };
    ctts.version()?;
    let mut runs: Vec<OffsetRun> = Vec::new();
    let mut first = 0u32;
    for (samples, offset) in ctts.table::<8>()?.iter().map(pair) {
        let (samples, offset) = (samples.min(count - first), offset as i32);
        if samples > 0 && runs.last().is_none_or(|run| run.offset != offset) {
            runs.push(OffsetRun { first, offset });
        }
        first += samples;
    }
    if first < count {
        let problem = format!("gives offsets for {first} of {count} samples");
        return Err(ctts.place().malformed(problem));
    }
    Ok(runs)
}

fn sync(stbl: Reader<'_>, count: u32) -> Result<Option<Vec<u32>>, Error> {
    let Some(mut stss) = stbl.optional_child(b"stss", STSS)? else {
        return Ok(None);
    };
    stss.version()?;
    let mut numbers: Vec<u32> = Vec::new();
    for number in stss.table::<4>()?.iter().map(|bytes| u32::from_be_bytes(*bytes)) {
        // Numbered from 1 in the file.
        match number.checked_sub(1) {
            Some(number) if number < count && numbers.last().is_none_or(|last| *last < number) => {
                numbers.push(number);
            }
            _ => {
                let problem = format!("sample number {number} is out of order or out of range");
                return Err(stss.place().malformed(problem));
            }
        }
    }
    Ok(Some(numbers))
}

/// Offsets of the chunks, 32 or 64 bits wide.
enum Chunks<'a> {
    Small(&'a [[u8; 4]]),
    Large(&'a [[u8; 8]]),
}

impl<'a> Chunks<'a> {
    fn parse(stbl: Reader<'a>) -> Result<Self, Error> {
        if let Some(mut stco) = stbl.optional_child(b"stco", STCO)? {
            stco.version()?;
            return Ok(Chunks::Small(stco.table::<4>()?));
        }
        let mut co64 = stbl.child(b"co64", STCO)?;
        co64.version()?;
        Ok(Chunks::Large(co64.table::<8>()?))
    }

    fn get(&self, number: usize) -> Option<u64> {
        match self {
            Chunks::Small(table) => table.get(number).map(|b| u64::from(u32::from_be_bytes(*b))),
            Chunks::Large(table) => table.get(number).map(|b| u64::from_be_bytes(*b)),
        }
    }

    fn len(&self) -> usize {
        match self {
            Chunks::Small(table) => table.len(),
            Chunks::Large(table) => table.len(),
        }
    }
}

/// Lays the samples out in their chunks and checks that all lie inside the file.
fn bytes(
    stbl: Reader<'_>,
    sizes: &Sizes,
    count: u32,
    file_len: u64,
) -> Result<(Vec<ByteRun>, u64), Error> {
    let chunks = Chunks::parse(stbl)?;
    let mut stsc = stbl.child(b"stsc", STSC)?;
    stsc.version()?;
    let table = stsc.table::<12>()?;
    let mut layout = Layout::default();
    let mut known = 0;
    for (at, entry) in table.iter().enumerate() {
        if layout.number == count {
            break;
        }
        let (first, per_chunk, description) = triple(entry);
        // All chunks are described, from the first on. None is looked at twice, so a long table of
        // lies takes no longer than a true one.
        if first <= known || (known == 0 && first != 1) {
            return Err(stsc.place().malformed(format!("chunk number {first} is out of order")));
        }
        known = first;
        if description != 1 {
            let what = format!("sample description {description}");
            return Err(stsc.place().unsupported(what));
        }
        let end = table.get(at + 1).map_or(chunks.len(), |next| {
            (triple(next).0 as usize).saturating_sub(1).min(chunks.len())
        });
        for chunk in first as usize - 1..end {
            let Some(position) = chunks.get(chunk).filter(|_| layout.number < count) else { break };
            let samples = per_chunk.min(count - layout.number);
            layout
                .chunk(position, samples, sizes, file_len)
                .map_err(|problem| stsc.place().malformed(problem))?;
        }
    }
    if layout.number < count {
        let problem = format!("places {} of {count} samples", layout.number);
        return Err(stsc.place().malformed(problem));
    }
    Ok((layout.runs, layout.total))
}

fn triple(entry: &[u8; 12]) -> (u32, u32, u32) {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *entry;
    (
        u32::from_be_bytes([a, b, c, d]),
        u32::from_be_bytes([e, f, g, h]),
        u32::from_be_bytes([i, j, k, l]),
    )
}

#[derive(Default)]
struct Layout {
    runs: Vec<ByteRun>,
    number: u32,
    /// End of the last chunk; the next one may follow without a gap.
    end: u64,
    total: u64,
}

impl Layout {
    fn chunk(
        &mut self,
        position: u64,
        samples: u32,
        sizes: &Sizes,
        file_len: u64,
    ) -> Result<(), String> {
        if samples == 0 {
            return Ok(());
        }
        let mut at = position;
        let mut joined = at == self.end;
        for number in self.number..self.number + samples {
            let full = self.runs.last().is_none_or(|run| number - run.first >= RUN_SAMPLES);
            if full || !joined {
                self.runs.push(ByteRun { first: number, position: at });
                joined = true;
            }
            let size = u64::from(sizes.get(number));
            at = at.saturating_add(size);
            self.total += size;
            if at > file_len {
                return Err(format!(
                    "sample {} ends at byte {at}, but the file has {file_len} bytes",
                    number + 1
                ));
            }
        }
        self.number += samples;
        self.end = at;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::boxes::Writer;
    use crate::error::Place;

    const PLACE: Place<'static> = Place { file: "a.mp4", track: 1, path: STBL };

    fn table(w: &mut Writer, kind: &[u8; 4], before: &[u32], count: u32, values: &[u32]) {
        w.full(kind, 0, 0, |w| {
            before.iter().for_each(|value| w.u32(*value));
            w.u32(count);
            values.iter().for_each(|value| w.u32(*value));
        });
    }

    /// Five samples in chunks of 2, 2 and 1; the first two chunks touch.
    fn stbl(change: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut w = Writer::default();
        change(&mut w);
        table(&mut w, b"stsz", &[0], 5, &[10, 20, 30, 40, 50]);
        table(&mut w, b"stts", &[], 2, &[4, 100, 1, 90]);
        table(&mut w, b"ctts", &[], 3, &[1, 0, 2, u32::MAX, 2, 5]);
        table(&mut w, b"stss", &[], 2, &[1, 4]);
        table(&mut w, b"stsc", &[], 2, &[1, 2, 1, 3, 1, 1]);
        table(&mut w, b"stco", &[], 3, &[1000, 1030, 5000]);
        w.into_bytes()
    }

    fn parse(bytes: &[u8]) -> Result<SampleIndex, Error> {
        sample_index(Reader::new(bytes, PLACE), 5050, &mut 20).map(Option::unwrap)
    }

    #[test]
    fn reads_the_tables() {
        let index = parse(&stbl(|_| ())).unwrap();
        let rows: Vec<_> = index
            .samples(0..5)
            .map(|s| (s.position, s.size, s.dts, s.composition_offset, s.sync))
            .collect();
        assert_eq!(
            rows,
            [
                (1000, 10, 0, 0, true),
                (1010, 20, 100, -1, false),
                (1030, 30, 200, -1, false),
                (1060, 40, 300, 5, true),
                (5000, 50, 400, 5, false),
            ]
        );
        assert_eq!((index.total_bytes, index.end), (150, 490));
        // Touching chunks are one run.
        assert_eq!(index.bytes.len(), 2);
    }

    #[test]
    fn reads_co64_and_stz2() {
        let mut w = Writer::default();
        w.full(b"stz2", 0, 0, |w| {
            w.u32(4);
            w.u32(3);
            w.put(&[0x12, 0x30]);
        });
        table(&mut w, b"stts", &[], 1, &[3, 1]);
        table(&mut w, b"stsc", &[], 1, &[1, 3, 1]);
        w.full(b"co64", 0, 0, |w| {
            w.u32(1);
            w.u64(1 << 33);
        });
        let bytes = w.into_bytes();
        let index = sample_index(Reader::new(&bytes, PLACE), 1 << 34, &mut 3).unwrap().unwrap();
        let places: Vec<_> =
            index.samples(0..3).map(|s| (s.position - (1 << 33), s.size)).collect();
        assert_eq!(places, [(0, 1), (1, 2), (3, 3)]);
        assert!(index.samples(0..3).all(|s| s.sync));
    }

    #[test]
    fn names_the_broken_table() {
        let error = |kind: &[u8; 4], count, values: &[u32]| {
            let bytes = stbl(|w| table(w, kind, &[], count, values));
            parse(&bytes).unwrap_err().to_string()
        };
        let cases = [
            ("stts: gives times for 4 of 5", error(b"stts", 1, &[4, 100])),
            ("stss: sample number 6 is out", error(b"stss", 1, &[6])),
            ("stss: sample number 0 is out", error(b"stss", 1, &[0])),
            ("stsc: places 3 of 5", error(b"stsc", 1, &[1, 1, 1])),
            ("stsc: chunk number 2 is out", error(b"stsc", 1, &[2, 5, 1])),
            ("stco: claims 9 entries", error(b"stco", 9, &[1000])),
            ("sample 1 ends at byte 6010", error(b"stco", 1, &[6000])),
        ];
        for (want, text) in cases {
            assert!(text.contains(want), "{want}: {text}");
        }
    }

    #[test]
    fn chunks_are_walked_once() {
        // Each entry names all chunks, and puts nothing into them.
        let entries: Vec<u32> = (0..50_000u32).flat_map(|at| [1 + at % 2 * 49_999, 0, 1]).collect();
        let bytes = stbl(|w| {
            table(w, b"stsc", &[], 50_000, &entries);
            table(w, b"stco", &[], 50_000, &[1000; 50_000]);
        });
        let started = std::time::Instant::now();
        let error = parse(&bytes).unwrap_err().to_string();
        assert!(error.contains("chunk number 1 is out of order"), "{error}");
        assert!(started.elapsed() < std::time::Duration::from_secs(2));
    }

    #[test]
    fn a_huge_count_is_refused_before_any_memory_is_taken() {
        let bytes = stbl(|w| table(w, b"stsz", &[1], u32::MAX, &[]));
        assert!(parse(&bytes).unwrap_err().to_string().contains("at most"));
        for (width, bytes) in [(4, 1 << 23), (8, 1 << 24), (16, 1 << 25)] {
            let mut w = Writer::default();
            w.full(b"stz2", 0, 0, |w| {
                w.u32(width);
                w.u32(MAX_SAMPLES + 1);
                w.zeros(bytes + 2);
            });
            let error = parse(&w.into_bytes()).unwrap_err().to_string();
            assert!(error.contains("16777217 samples; at most 16777216"), "{error}");
        }
    }

    #[test]
    fn the_samples_of_all_tracks_are_counted() {
        let bytes = stbl(|_| ());
        let mut left = 12;
        let mut parse = || sample_index(Reader::new(&bytes, PLACE), 5050, &mut left);
        assert!(parse().is_ok() && parse().is_ok());
        assert!(parse().unwrap_err().to_string().contains("with those of other tracks"));
    }
}
