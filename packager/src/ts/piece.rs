//! Pieces: what is read at once, and what becomes of it.

use std::ops::Range;

use super::access_unit;
use super::packet::{Lane, Payload, write, write_clock};
use super::psi;
use super::segment::{Segment, Unit};
use super::source::{Format, Source};
use crate::error::Error;
use crate::index::Sample;

/// How much media data a piece has, unless a single sample is larger.
const PIECE: u64 = 256 << 10;
/// Most samples of a piece: each takes one packet at least.
const SAMPLES: usize = 1024;
/// Bytes between samples that are rather read than skipped.
const GAP: u64 = 16 << 10;

/// A part of a segment: what to read for it, and how much it will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What to read. There is no more of it than 512 KiB, unless a single frame is larger.
    pub reads: Vec<Read>,
    /// Where the piece lies in the segment.
    pub bytes: Range<u64>,
    units: Range<usize>,
}

/// A range of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Which one of [`Segment::files`].
    pub file: usize,
    /// The bytes; not empty.
    pub range: Range<u64>,
}

impl Piece {
    /// How many bytes it has.
    pub fn len(&self) -> usize {
        usize::try_from(self.bytes.end - self.bytes.start).unwrap_or(usize::MAX)
    }

    /// Never: each piece has a packet.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl Segment {
    /// The pieces, in order. Each can be written alone.
    pub fn pieces(&self) -> impl Iterator<Item = Piece> + '_ {
        let mut next = Some(0);
        std::iter::from_fn(move || {
            let piece = self.piece(next?);
            next = (piece.units.end < self.units.len()).then_some(piece.units.end);
            Some(piece)
        })
    }

    /// The piece that begins with a unit.
    fn piece(&self, first: usize) -> Piece {
        let (mut end, mut bytes, mut count) = (first, 0, 0);
        let mut reads: Vec<Read> = Vec::new();
        let mut touching: [Option<Read>; 2] = [None, None];
        for unit in self.units.iter().skip(first) {
            let (_, samples) = self.samples(unit);
            let more: u64 = samples.iter().map(|sample| u64::from(sample.size)).sum();
            let made = self.bytes_of(end).end - self.bytes_of(first).start;
            let is_full = bytes + more > PIECE || made > 2 * PIECE;
            if end > first && (is_full || count + samples.len() > SAMPLES) {
                break;
            }
            let file = self.file_of(unit.source);
            let open = &mut touching[usize::from(unit.source & 1)];
            for sample in samples {
                let range = sample.position..sample.position + u64::from(sample.size);
                match open.as_mut().filter(|read| read.range.end == range.start) {
                    Some(read) => read.range.end = range.end,
                    None => reads.extend(open.replace(Read { file, range })),
                }
            }
            bytes += more;
            count += samples.len();
            end += 1;
        }
        reads.extend(touching.into_iter().flatten());
        let start = if first == 0 { 0 } else { self.bytes_of(first).start };
        // Without samples there are the tables only.
        let behind = self.bytes_of(end).start;
        Piece { reads: merged(reads), bytes: start..behind, units: first..end }
    }

    /// Writes a piece. `data` is what was read, in the order of [`Piece::reads`]; `out` is as long
    /// as the piece, and all of it is written over.
    ///
    /// # Errors
    /// [`Error::WrongLength`] if the data or the buffer is not what the piece says, and
    /// [`Error::Malformed`] if a sample does not consist of NAL units. The length of the segment
    /// was told by then: the connection has to be cut, as it has to when reading fails.
    pub fn write<B: AsRef<[u8]>>(
        &self,
        piece: &Piece,
        data: &[B],
        out: &mut [u8],
    ) -> Result<(), Error> {
        self.check(piece, data, out)?;
        let mut out = out;
        if piece.bytes.start == 0 {
            let streams: Vec<_> =
                self.sources.iter().map(|source| source.format.stream()).collect();
            let (tables, behind) = out.split_at_mut(psi::LENGTH.min(out.len()));
            psi::write(&streams, self.counter, tables);
            out = behind;
        }
        let mut scratch = Scratch::default();
        for at in piece.units.clone() {
            let unit = &self.units[at];
            let bytes = self.bytes_of(at);
            let length = usize::try_from(bytes.end - bytes.start).unwrap_or(usize::MAX);
            let (packets, behind) = out.split_at_mut(length.min(out.len()));
            self.write_unit(unit, piece, data, packets, &mut scratch)?;
            out = behind;
        }
        Ok(())
    }

    /// What was given is what the piece asks for.
    fn check<B: AsRef<[u8]>>(&self, piece: &Piece, data: &[B], out: &[u8]) -> Result<(), Error> {
        let file = || self.files().first().map_or_else(String::new, |file| file.to_string());
        let found: u64 = data.iter().map(|bytes| bytes.as_ref().len() as u64).sum();
        let wanted = |read: &Read| read.range.end - read.range.start;
        let each = piece.reads.iter().zip(data);
        let fits = each.clone().all(|(read, bytes)| wanted(read) == bytes.as_ref().len() as u64);
        if !fits || data.len() != piece.reads.len() {
            let wanted = piece.reads.iter().map(wanted).sum();
            return Err(Error::WrongLength { file: file(), wanted, found });
        }
        if out.len() != piece.len() {
            let (wanted, found) = (piece.len() as u64, out.len() as u64);
            return Err(Error::WrongLength { file: file(), wanted, found });
        }
        Ok(())
    }

    fn write_unit<B: AsRef<[u8]>>(
        &self,
        unit: &Unit,
        piece: &Piece,
        data: &[B],
        packets: &mut [u8],
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        let (source, samples) = self.samples(unit);
        let mut lane = Lane::new(source.format.pid(), unit.counter);
        let Some(first) = samples.first() else {
            write_clock(packets, lane, self.later_clock(unit));
            return Ok(());
        };
        let file = self.file_of(unit.source);
        let moment = source.times.moment(first.dts, first.composition_offset);
        let adaptation = self.adaptation(unit, source, first.sync, moment);
        let layout = self.layout(unit);
        let Scratch { front, starts } = scratch;
        front.clear();
        let (body, taken) = match &source.format {
            Format::Video(format) => {
                let sample = bytes_of(first, file, piece, data);
                source.times.video_header(moment, front);
                let taken = format
                    .split(sample, first.sync, front, starts)
                    .map_err(|_| bad_length(source, first))?;
                (sample.get(taken..).unwrap_or_default(), taken)
            }
            Format::Audio(format) => {
                let frames: usize = samples.iter().map(|sample| sample.size as usize).sum();
                let length = frames + samples.len() * format.header_length();
                source.times.audio_header(format.stream_id(), moment, length, front);
                for sample in samples {
                    let frame = bytes_of(sample, file, piece, data);
                    format.write(frame, sample.size as usize, front);
                }
                starts.clear();
                (&[][..], 0)
            }
        };
        let payload = Payload { front, body };
        write(packets, &mut lane, layout, adaptation, &payload);
        for at in starts.iter() {
            layout.patch(packets, front.len() + at - taken, access_unit::start_code());
        }
        Ok(())
    }
}

/// Buffers that units share.
#[derive(Default)]
struct Scratch {
    front: Vec<u8>,
    starts: Vec<usize>,
}

/// The bytes of a sample.
fn bytes_of<'a, B: AsRef<[u8]>>(
    sample: &Sample,
    file: usize,
    piece: &Piece,
    data: &'a [B],
) -> &'a [u8] {
    let before = |read: &Read| (read.file, read.range.start) <= (file, sample.position);
    let at = piece.reads.partition_point(before).saturating_sub(1);
    let found = piece.reads.get(at).zip(data.get(at)).and_then(|(read, bytes)| {
        let start = usize::try_from(sample.position.checked_sub(read.range.start)?).ok()?;
        bytes.as_ref().get(start..start + sample.size as usize)
    });
    found.unwrap_or_default()
}

/// In the order of the files, with small gaps read along. What is read in vain is never more than
/// what a piece has.
fn merged(mut reads: Vec<Read>) -> Vec<Read> {
    reads.sort_unstable_by_key(|read| (read.file, read.range.start));
    let mut merged: Vec<Read> = Vec::with_capacity(reads.len());
    let mut wasted = 0;
    for read in reads {
        let gap = merged
            .last()
            .filter(|last| last.file == read.file)
            .map(|last| read.range.start.saturating_sub(last.range.end));
        match (gap, merged.last_mut()) {
            (Some(gap), Some(last)) if gap <= GAP && wasted + gap <= PIECE => {
                wasted += gap;
                last.range.end = last.range.end.max(read.range.end);
            }
            _ => merged.push(read),
        }
    }
    merged
}

fn bad_length(source: &Source, sample: &Sample) -> Error {
    Error::Malformed {
        file: source.file.to_string(),
        place: format!("sample {}", sample.number),
        problem: "a NAL unit reaches beyond the sample".to_owned(),
    }
}
