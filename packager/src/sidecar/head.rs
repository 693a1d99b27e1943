//! The head of an index: all that is known of the tracks but their samples.
//!
//! ```text
//! count of tracks, then for each
//!   kind (0 video, 1 audio), id, timescale, language
//!   matrix and display size (44 bytes), sample entry, fingerprint (32 bytes)
//!   first and last presented sample, shift of decode times, base of offsets, reorder delay
//!   bytes, end, start and end of what is presented, usual duration (0 if there is none)
//!   count of samples
//!   count of key frames, columns of steps in number and in time, and of composition offsets
//!   count of runs of time, columns of length, duration and gap before
//!   count of blocks, columns of their samples, lengths in the body, bytes of media data
//! count of refused tracks, then for each
//!   kind, id, place, what is not supported
//! ```
//!
//! Codec and picture size are not written: they are read from the sample entry again.

use std::sync::Arc;

use bytes::Bytes;

use super::blocks::{self, IMPOSSIBLE};
use super::coding::{Damaged, In, Out, unzigzag, zigzag};
use super::column::{self, Column};
use crate::edit::Placement;
use crate::error::{Error, Place};
use crate::index::TimeRun;
use crate::indexed::{Described, IndexedTrack, Samples};
use crate::moov::{MAX_TRACKS, Mp4, Refused};
use crate::outline::{Block, Key, MAX_ROWS, Outline};
use crate::sample_entry::SampleEntry;
use crate::tables::MAX_SAMPLES;
use crate::track::{Totals, Track, TrackKind};

/// Longest body of a track, which is how much is read at most for a playlist of key frames: four
/// bytes for each of the most samples that a track has.
const MAX_BODY: usize = 64 << 20;

/// Writes the tracks and their blocks; `None` if their samples are not at hand, or are too many.
pub(super) fn write(mp4: &Mp4, out: &mut Out, body: &mut Vec<u8>) -> Option<()> {
    if mp4.rows() > MAX_ROWS {
        return None;
    }
    out.number(mp4.tracks().len() as u64);
    for track in mp4.tracks() {
        write_track(track, out);
        let lengths = write_blocks(track, body)?;
        write_outline(track.outline(), &lengths, out);
    }
    out.number(mp4.refused().len() as u64);
    for refused in mp4.refused() {
        out.number(code(refused.kind));
        out.number(refused.id);
        let (place, what) = match &refused.reason {
            Error::Unsupported { place, what, .. } => (place.as_str(), what.clone()),
            other => ("", other.to_string()),
        };
        out.string(place.as_bytes());
        out.string(what.as_bytes());
    }
    Some(())
}

fn code(kind: TrackKind) -> u8 {
    match kind {
        TrackKind::Video => 0,
        TrackKind::Audio => 1,
    }
}

fn kind(input: &mut In<'_>) -> Result<TrackKind, Damaged> {
    match input.number()? {
        0 => Ok(TrackKind::Video),
        1 => Ok(TrackKind::Audio),
        _ => Err(Damaged("a track is of an unknown kind")),
    }
}

fn write_track(track: &Track, out: &mut Out) {
    out.number(code(track.kind));
    out.number(track.id);
    out.number(track.timescale);
    out.string(track.language().unwrap_or_default().as_bytes());
    out.put(&track.display);
    out.string(&track.sample_entry);
    out.put(&track.fingerprint);
    let placement = &track.placement;
    out.number(placement.kept.start);
    out.number(placement.kept.end);
    out.signed(placement.decode_shift);
    out.signed(placement.offset_base);
    out.signed(placement.reorder_delay);
    let totals = &track.totals;
    for value in [totals.bytes, totals.end, totals.kept_start, totals.kept_end] {
        out.number(value);
    }
    out.number(totals.usual_duration.map_or(0, |duration| u64::from(duration) + 1));
}

/// Appends the blocks of a track; returns their lengths.
fn write_blocks(track: &IndexedTrack, body: &mut Vec<u8>) -> Option<Vec<u64>> {
    let (index, blocks) = (track.index()?, &track.outline().blocks);
    let longest = body.len() + MAX_BODY;
    let mut samples = Vec::new();
    let mut lengths = Vec::with_capacity(blocks.len());
    let mut rest = index.samples(0..index.len());
    for (at, block) in blocks.iter().enumerate() {
        let end = blocks.get(at + 1).map_or(index.len(), |next| next.first);
        samples.clear();
        samples.extend(rest.by_ref().take((end - block.first) as usize));
        let block = blocks::write(&samples);
        lengths.push(block.len() as u64);
        body.extend_from_slice(&block);
        if body.len() > longest {
            return None;
        }
    }
    Some(lengths)
}

fn write_outline(outline: &Outline, lengths: &[u64], out: &mut Out) {
    let Outline { keys, times, blocks, count, total_bytes } = outline;
    out.number(*count);
    out.number(keys.len() as u64);
    column::write(out, &steps(keys.iter().map(|key| key.number.into())));
    column::write(out, &steps(keys.iter().map(|key| key.dts)));
    column::write(out, &keys.iter().map(|key| zigzag(key.offset)).collect::<Vec<_>>());
    out.number(times.len() as u64);
    let mut end = 0;
    let mut columns = [Vec::new(), Vec::new(), Vec::new()];
    for (at, run) in times.iter().enumerate() {
        let length = times.get(at + 1).map_or(*count, |next| next.first) - run.first;
        let gap = run.dts.wrapping_sub(end) as i64;
        end = run.dts + u64::from(length) * u64::from(run.duration);
        let row = [length.into(), run.duration.into(), zigzag(gap)];
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    columns.iter().for_each(|values| column::write(out, values));
    out.number(blocks.len() as u64);
    let firsts = blocks.iter().map(|block| u64::from(block.first));
    let before = blocks.iter().map(|block| block.before);
    column::write(out, &differences(firsts, (*count).into()));
    column::write(out, lengths);
    column::write(out, &differences(before, *total_bytes));
}

/// Each number without the one before it.
fn steps(numbers: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut last = 0;
    numbers.map(|number| number - std::mem::replace(&mut last, number)).collect()
}

/// From each number to the next one, and to the end.
fn differences(numbers: impl Iterator<Item = u64>, end: u64) -> Vec<u64> {
    steps(numbers.skip(1).chain([end]))
}

/// Reads the tracks. The body is behind `head` bytes and has so many bytes itself.
pub(super) fn read(file: &str, input: &mut In<'_>, head: u64, body: u64) -> Result<Mp4, Damaged> {
    let mut tracks = Vec::new();
    let mut base = head;
    let end = head.checked_add(body).ok_or(Damaged("the body is impossibly long"))?;
    let mut rows = Rows(MAX_ROWS);
    for _ in 0..tracks_in(input)? {
        let (track, length) = read_track(file, input, base, &mut rows)?;
        base = base.saturating_add(length);
        tracks.push(Arc::new(track));
    }
    if base != end {
        return Err(Damaged("the blocks do not add up to the body"));
    }
    let mut refused = Vec::new();
    for _ in 0..tracks_in(input)? {
        let (kind, id) = (kind(input)?, input.number32()?);
        let (place, what) = (input.text()?.to_owned(), input.text()?.to_owned());
        let reason = Error::Unsupported { file: file.to_owned(), place, what };
        refused.push(Refused { id, kind, reason });
    }
    if !input.rest().is_empty() {
        return Err(Damaged("the head goes on behind its end"));
    }
    Ok(Mp4::new(file.to_owned(), tracks, refused))
}

/// A count of tracks.
fn tracks_in(input: &mut In<'_>) -> Result<u64, Damaged> {
    let count = input.number()?;
    if count > MAX_TRACKS as u64 {
        return Err(Damaged("it has impossibly many tracks"));
    }
    Ok(count)
}

fn read_track(
    file: &str,
    input: &mut In<'_>,
    base: u64,
    rows: &mut Rows,
) -> Result<(IndexedTrack, u64), Damaged> {
    let kind = kind(input)?;
    let id = input.number32()?;
    let timescale = input.number32()?;
    if timescale == 0 {
        return Err(Damaged("a timescale is 0"));
    }
    let language = Some(input.text()?).filter(|text| !text.is_empty()).map(str::to_owned);
    let display = input.array()?;
    let raw = input.string()?;
    let place = Place { file, track: id, path: "stsd" };
    let entry = SampleEntry::of_raw(Bytes::copy_from_slice(raw), kind, place);
    let entry = entry.map_err(|_| Damaged("a sample entry cannot be read"))?;
    let fingerprint = input.array()?;
    let placement = read_placement(input)?;
    let totals = read_totals(input)?;
    let (outline, offsets) = read_outline(input, &placement, totals.bytes, rows)?;
    let shown = |key: &Key| placement.kept.contains(&key.number);
    if kind == TrackKind::Video && !outline.keys.iter().any(shown) {
        return Err(Damaged("a video has no key frame"));
    }
    let described = Described { base, offsets };
    let length = described.length();
    let track = Track {
        id,
        kind,
        timescale,
        language,
        codec: entry.codec,
        video: entry.video,
        display,
        sample_entry: entry.raw,
        placement,
        totals,
        fingerprint,
    };
    if track.is_too_long() {
        return Err(Damaged("a track is impossibly long"));
    }
    Ok((IndexedTrack::described(track, outline, Samples::Described(described)), length))
}

/// A number that sums can be made with.
fn read_size(input: &mut In<'_>) -> Result<u64, Damaged> {
    let value = input.number()?;
    if value < IMPOSSIBLE { Ok(value) } else { Err(Damaged("a number is impossibly large")) }
}

fn read_shift(input: &mut In<'_>) -> Result<i64, Damaged> {
    let value = input.signed()?;
    // What an edit list may say, and the decode time of a sample.
    if value.unsigned_abs() <= (1 << 62) + IMPOSSIBLE {
        Ok(value)
    } else {
        Err(Damaged("a time is impossibly large"))
    }
}

fn read_placement(input: &mut In<'_>) -> Result<Placement, Damaged> {
    let kept = input.number32()?..input.number32()?;
    let decode_shift = read_shift(input)?;
    let (offset_base, reorder_delay) = (read_offset(input.number()?)?, input.signed()?);
    if kept.is_empty() || !(0..=1 << 33).contains(&reorder_delay) {
        return Err(Damaged("the presented part of a track is impossible"));
    }
    Ok(Placement { kept, decode_shift, offset_base, reorder_delay })
}

/// A composition offset, which has 32 bits in the file.
fn read_offset(value: u64) -> Result<i64, Damaged> {
    let offset = unzigzag(value);
    i32::try_from(offset).map(i64::from).map_err(|_| Damaged("an offset is impossibly large"))
}

fn read_totals(input: &mut In<'_>) -> Result<Totals, Damaged> {
    let bytes = read_size(input)?;
    let end = read_size(input)?;
    let (kept_start, kept_end) = (read_size(input)?, read_size(input)?);
    let usual = u32::try_from(input.number()?.wrapping_sub(1)).ok();
    Ok(Totals { bytes, end, kept_start, kept_end, usual_duration: usual })
}

/// How many rows the tables of all tracks may still have.
struct Rows(usize);

impl Rows {
    /// The count of rows of the next table.
    fn read(&mut self, input: &mut In<'_>) -> Result<u32, Damaged> {
        let count = input.number32()?;
        let left = self.0.checked_sub(count as usize);
        self.0 = left.ok_or(Damaged("its tables are impossibly long"))?;
        Ok(count)
    }
}

/// The outline, and where the blocks are, see [`read_blocks`].
fn read_outline(
    input: &mut In<'_>,
    placement: &Placement,
    total_bytes: u64,
    rows: &mut Rows,
) -> Result<(Outline, Vec<u32>), Damaged> {
    let count = input.number32()?;
    if count > MAX_SAMPLES {
        return Err(Damaged("a track has impossibly many samples"));
    }
    if placement.kept.end > count {
        return Err(Damaged("the presented part of a track is impossible"));
    }
    let keys = read_keys(input, count, rows)?;
    let times = read_times(input, count, rows)?;
    let (blocks, offsets) = read_blocks(input, count, total_bytes, rows)?;
    Ok((Outline { keys, times, blocks, count, total_bytes }, offsets))
}

fn read_keys(input: &mut In<'_>, samples: u32, rows: &mut Rows) -> Result<Vec<Key>, Damaged> {
    let count = rows.read(input)?;
    let mut numbers = Column::read(input, count)?;
    let mut times = Column::read(input, count)?;
    let mut offsets = Column::read(input, count)?;
    let mut keys: Vec<Key> = Vec::with_capacity(count as usize);
    let (mut number, mut dts) = (0u64, 0u64);
    for at in 0..count {
        let step = numbers.next();
        number = number.saturating_add(step);
        dts = dts.saturating_add(times.next());
        let in_order = (at == 0 || step > 0) && number < u64::from(samples) && dts < IMPOSSIBLE;
        let number = u32::try_from(number).ok().filter(|_| in_order);
        let number = number.ok_or(Damaged("key frames are out of order"))?;
        keys.push(Key { number, dts, offset: read_offset(offsets.next())? });
    }
    Ok(keys)
}

fn read_times(input: &mut In<'_>, samples: u32, rows: &mut Rows) -> Result<Vec<TimeRun>, Damaged> {
    let count = rows.read(input)?;
    let mut lengths = Column::read(input, count)?;
    let mut durations = Column::read(input, count)?;
    let mut gaps = Column::read(input, count)?;
    let mut times = Vec::with_capacity(count as usize);
    let (mut first, mut dts) = (0u32, 0u64);
    for _ in 0..count {
        let (length, duration) = (lengths.next32()?, durations.next32()?);
        dts = dts.wrapping_add_signed(unzigzag(gaps.next()));
        if first >= samples || length > samples - first || dts >= IMPOSSIBLE {
            return Err(Damaged("times are out of order"));
        }
        times.push(TimeRun { first, duration, dts });
        first += length;
        dts += u64::from(length) * u64::from(duration);
    }
    Ok(times)
}

/// The blocks, and where they are in the body: of each one the start, and the end of the last.
fn read_blocks(
    input: &mut In<'_>,
    samples: u32,
    total_bytes: u64,
    rows: &mut Rows,
) -> Result<(Vec<Block>, Vec<u32>), Damaged> {
    let count = rows.read(input)?;
    let mut counts = Column::read(input, count)?;
    let mut lengths = Column::read(input, count)?;
    let mut sizes = Column::read(input, count)?;
    let mut blocks = Vec::with_capacity(count as usize);
    let mut offsets = Vec::with_capacity(count as usize + 1);
    let (mut first, mut offset, mut before) = (0u32, 0u32, 0u64);
    offsets.push(0);
    for _ in 0..count {
        let (length, bytes) = (counts.next32()?, lengths.next32()?);
        if length == 0 || length > samples - first {
            return Err(Damaged("blocks have too many samples"));
        }
        blocks.push(Block { first, before });
        first += length;
        before = before.saturating_add(sizes.next());
        offset = offset
            .checked_add(bytes)
            .filter(|end| *end as usize <= MAX_BODY)
            .ok_or(Damaged("the body is impossibly long"))?;
        offsets.push(offset);
    }
    if first != samples || before != total_bytes {
        return Err(Damaged("blocks do not add up to the track"));
    }
    Ok((blocks, offsets))
}
