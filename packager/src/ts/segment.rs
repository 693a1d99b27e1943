//! Segments: which packets there will be, known from sample sizes alone.

use std::ops::Range;
use std::sync::Arc;

use super::packet::{Adaptation, Layout, PACKET};
use super::pes::Moment;
use super::psi;
use super::source::{Format, Source};
use super::{audio, pes};
use crate::index::Sample;

/// An MPEG transport stream segment, to be made of the bytes of one or two files.
///
/// It stands alone: it begins with the program tables, and decoding can start at its first frame.
/// It also continues any segment before it: what there is of each PID is a multiple of 16 packets,
/// so continuity counters (ISO/IEC 13818-1 §2.4.3.3) go on without knowing what came before. Up to
/// 16 packets at the end of each PID carry a single byte for that.
///
/// [`Segment::pieces`] tells what to read; [`Segment::write`] makes packets of it.
#[derive(Debug, Clone)]
pub struct Segment {
    pub(super) sources: Vec<Source>,
    pub(super) units: Vec<Unit>,
    /// Names of the files, each once.
    files: Vec<Arc<str>>,
    /// By source.
    file_of: Vec<usize>,
    pub(super) counter: u8,
    packets: u64,
    /// Start on the timeline, in 100-ns units.
    pub start: u64,
    /// Duration on the timeline, in 100-ns units.
    pub duration: u64,
}

/// Most packets of a segment with nothing but the clock: a quarter of an hour of them. Each takes
/// memory, and a file can say of any frame that it lasts for days.
const MOST_CLOCKS: u64 = 10_000;

/// A PES packet: a video access unit, or audio frames. Or a packet with nothing but the clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    pub(super) source: u8,
    /// Of the first transport packet that has payload.
    pub(super) counter: u8,
    /// Packets that carry one byte, see [`Layout`].
    pub(super) singles: u8,
    /// Whether the program clock is with it.
    pub(super) clock: bool,
    /// Which reference of the clock it is behind its first sample, from 1; it has no samples then.
    pub(super) later_clock: u16,
    pub(super) first: u32,
    pub(super) count: u32,
    /// Number of the first transport packet in the segment.
    pub(super) packet: u64,
}

/// A key frame inside of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyFrame {
    /// First byte in the segment.
    pub(crate) offset: u64,
    pub(crate) length: u64,
    /// When it is shown, in 100-ns units.
    pub(crate) time: u64,
}

impl Segment {
    /// Lays out a segment. The first source carries the clock. `number` counts segments.
    pub(crate) fn new(sources: Vec<Source>, number: u32, start: u64, duration: u64) -> Self {
        let mut files: Vec<Arc<str>> = Vec::new();
        let file_of = sources.iter().map(|source| {
            files.iter().position(|file| *file == source.file).unwrap_or_else(|| {
                files.push(Arc::clone(&source.file));
                files.len() - 1
            })
        });
        let file_of = file_of.collect();
        let mut segment = Segment {
            units: in_order(&sources),
            sources,
            files,
            file_of,
            counter: (number & 15) as u8,
            packets: 0,
            start,
            duration,
        };
        segment.lay_out();
        segment
    }

    /// Decides on the packets of each unit.
    fn lay_out(&mut self) {
        let mut packet = (psi::LENGTH / PACKET) as u64;
        let mut written = [0_usize; 2];
        let mut units = std::mem::take(&mut self.units);
        let mut last = [None; 2];
        for (at, unit) in units.iter().enumerate().filter(|(_, unit)| unit.later_clock == 0) {
            last[usize::from(unit.source & 1)] = Some(at);
        }
        for (at, unit) in units.iter_mut().enumerate() {
            let lane = usize::from(unit.source & 1);
            unit.counter = (written[lane] & 15) as u8;
            unit.packet = packet;
            if unit.later_clock > 0 {
                packet += 1;
                continue;
            }
            let (adaptation, length) = self.lengths(unit);
            let layout = if last[lane] == Some(at) {
                Layout::rounded(adaptation, length, written[lane])
            } else {
                Layout::new(adaptation, length, 0)
            };
            unit.singles = layout.singles() as u8;
            written[lane] += layout.packets();
            packet += layout.packets() as u64;
        }
        self.units = units;
        self.packets = packet;
    }

    /// About how many bytes of memory it takes.
    pub fn memory(&self) -> usize {
        let samples = self.sources.iter().map(|source| size_of_val(source.samples.as_slice()));
        size_of::<Self>() + size_of_val(self.units.as_slice()) + samples.sum::<usize>()
    }

    /// Names of the files that the bytes come from.
    pub fn files(&self) -> &[Arc<str>] {
        &self.files
    }

    /// Length of the whole segment in bytes, for `Content-Length`.
    pub fn content_length(&self) -> u64 {
        self.packets * PACKET as u64
    }

    pub(super) fn file_of(&self, source: u8) -> usize {
        self.file_of[usize::from(source)]
    }

    /// Length of the adaptation field of a unit, and of its PES packet.
    fn lengths(&self, unit: &Unit) -> (usize, usize) {
        let (source, samples) = self.samples(unit);
        let Some(first) = samples.first() else {
            return (0, 1);
        };
        let moment = source.times.moment(first.dts, first.composition_offset);
        let size: usize = samples.iter().map(|sample| sample.size as usize).sum();
        let length = size
            + match &source.format {
                Format::Video(format) => moment.header_length() + format.added(first.sync),
                Format::Audio(format) => pes::AUDIO_HEADER + samples.len() * format.header_length(),
            };
        (self.adaptation(unit, source, first.sync, moment).len(), length)
    }

    /// Where the samples of a unit come from, and they.
    pub(super) fn samples(&self, unit: &Unit) -> (&Source, &[Sample]) {
        let source = &self.sources[usize::from(unit.source)];
        let first = unit.first as usize;
        (source, &source.samples[first..first + unit.count as usize])
    }

    pub(super) fn adaptation(
        &self,
        unit: &Unit,
        source: &Source,
        sync: bool,
        moment: Moment,
    ) -> Adaptation {
        let clock = unit.clock.then(|| source.times.program_clock(moment, 0));
        Adaptation { clock, random_access: sync }
    }

    /// The program clock of a unit that has nothing else.
    pub(super) fn later_clock(&self, unit: &Unit) -> u64 {
        let source = &self.sources[usize::from(unit.source)];
        source.samples.get(unit.first as usize).map_or(0, |sample| {
            let moment = source.times.moment(sample.dts, sample.composition_offset);
            source.times.program_clock(moment, unit.later_clock)
        })
    }

    pub(super) fn layout(&self, unit: &Unit) -> Layout {
        let (adaptation, length) = self.lengths(unit);
        Layout::new(adaptation, length, usize::from(unit.singles))
    }

    /// Where a unit lies in the segment.
    pub(super) fn bytes_of(&self, at: usize) -> Range<u64> {
        let packet = |at: usize| self.units.get(at).map_or(self.packets, |unit| unit.packet);
        packet(at) * PACKET as u64..packet(at + 1) * PACKET as u64
    }

    /// The key frames of the video.
    pub(crate) fn key_frames(&self) -> impl Iterator<Item = KeyFrame> + '_ {
        self.units.iter().enumerate().filter_map(|(at, unit)| {
            let (source, samples) = self.samples(unit);
            let first = samples.first().filter(|sample| sample.sync)?;
            let Format::Video(_) = source.format else {
                return None;
            };
            let bytes = self.bytes_of(at);
            let moment = source.times.moment(first.dts, first.composition_offset);
            let time = source.times.shown(moment);
            Some(KeyFrame { offset: bytes.start, length: bytes.end - bytes.start, time })
        })
    }
}

/// The units of all sources, by decode time. Audio comes before video of the same time.
fn in_order(sources: &[Source]) -> Vec<Unit> {
    let mut lists = sources.iter().zip(0..).map(|(source, number)| units(source, number));
    let (Some(first), second) = (lists.next(), lists.next()) else {
        return Vec::new();
    };
    let Some(second) = second else {
        return first;
    };
    let clock = |unit: &Unit| {
        let source = sources.get(usize::from(unit.source));
        source.and_then(|source| {
            let sample = source.samples.get(unit.first as usize)?;
            let moment = source.times.moment(sample.dts, sample.composition_offset);
            Some(source.times.later(source.times.decode_clock(moment), unit.later_clock))
        })
    };
    let mut merged = Vec::with_capacity(first.len() + second.len());
    let mut second = second.into_iter().map(|unit| (clock(&unit), unit)).peekable();
    for unit in first {
        let now = clock(&unit);
        while let Some((_, audio)) = second.next_if(|(clock, _)| *clock <= now) {
            merged.push(audio);
        }
        merged.push(unit);
    }
    merged.extend(second.map(|(_, unit)| unit));
    merged
}

/// The units of one source: an access unit each, or as many audio frames as go together.
fn units(source: &Source, number: u8) -> Vec<Unit> {
    let unit = |first: usize, count: usize| Unit {
        source: number,
        counter: 0,
        singles: 0,
        clock: number == 0,
        later_clock: 0,
        // There are no more samples than 32 bits count.
        first: first as u32,
        count: count as u32,
        packet: 0,
    };
    let samples = &source.samples;
    let units = match &source.format {
        Format::Video(_) => (0..samples.len()).map(|at| unit(at, 1)).collect(),
        Format::Audio(format) => frames_together(source, format, unit),
    };
    if number == 0 { with_clocks(source, &units) } else { units }
}

/// The units of the stream that carries the clock, and more references to it behind those that last
/// long: they are units of their own, so that sound goes between them.
fn with_clocks(source: &Source, units: &[Unit]) -> Vec<Unit> {
    let mut left = MOST_CLOCKS;
    let mut all = Vec::with_capacity(units.len());
    for unit in units {
        let samples = source.samples.iter().skip(unit.first as usize).take(unit.count as usize);
        let lasts = samples.map(|sample| u64::from(sample.duration)).sum();
        let more = source.times.more_clocks(lasts).min(left);
        left -= more;
        all.push(*unit);
        all.extend((1..=more as u16).map(|later_clock| Unit { later_clock, count: 0, ..*unit }));
    }
    all
}

/// As many audio frames as go into one PES packet, each time.
fn frames_together(
    source: &Source,
    format: &audio::Format,
    unit: impl Fn(usize, usize) -> Unit,
) -> Vec<Unit> {
    let samples = &source.samples;
    let interval = audio::interval(source.times.timescale());
    let mut units: Vec<Unit> = Vec::new();
    let (mut bytes, mut start, mut expected) = (0, 0, None);
    for (at, sample) in samples.iter().enumerate() {
        let frame = sample.size as usize + format.header_length();
        let end = sample.dts.saturating_add(sample.duration.into());
        // Only the first frame of a PES packet has a time: the others follow without a gap.
        let fits = bytes + frame <= pes::LONGEST_PAYLOAD && end.saturating_sub(start) <= interval;
        match units.last_mut().filter(|_| fits && follows(expected, sample)) {
            Some(last) => last.count += 1,
            None => {
                units.push(unit(at, 1));
                (bytes, start) = (0, sample.dts);
            }
        }
        bytes += frame;
        expected = Some((end, sample.duration));
    }
    units
}

/// Whether a frame comes where the frame before it ends, and lasts as long, but for rounding.
fn follows(expected: Option<(u64, u32)>, sample: &Sample) -> bool {
    expected
        .is_some_and(|(dts, duration)| dts == sample.dts && duration.abs_diff(sample.duration) <= 1)
}
