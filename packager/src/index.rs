//! The sample index of a track: where each sample lies in the file and when it decodes.
//!
//! The tables of `stbl` (ISO/IEC 14496-12 §8.6 and §8.7) are kept run-length coded, so an hour of
//! video takes about a megabyte. Nothing here is larger than the box it came from.

use std::ops::Range;

/// A run of samples that lie next to each other in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByteRun {
    pub(crate) first: u32,
    pub(crate) position: u64,
}

/// A run of samples of the same duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeRun {
    pub(crate) first: u32,
    pub(crate) duration: u32,
    pub(crate) dts: u64,
}

/// A run of samples with the same composition offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OffsetRun {
    pub(crate) first: u32,
    pub(crate) offset: i32,
}

/// Sample sizes in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sizes {
    /// All samples have the same size.
    Same(u32),
    /// One size for each sample.
    Each(Vec<u32>),
}

impl Sizes {
    pub(crate) fn get(&self, number: u32) -> u32 {
        match self {
            Sizes::Same(size) => *size,
            Sizes::Each(sizes) => sizes.get(number as usize).copied().unwrap_or(0),
        }
    }
}

/// Compact sample index of one track, as the file has it (edit lists are not applied).
///
/// Samples are numbered from 0 in decode order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleIndex {
    pub(crate) count: u32,
    pub(crate) total_bytes: u64,
    /// Decode time after the last sample.
    pub(crate) end: u64,
    pub(crate) sizes: Sizes,
    /// These three start with sample 0 and are sorted; `offsets` is empty when there is no `ctts`.
    pub(crate) bytes: Vec<ByteRun>,
    pub(crate) times: Vec<TimeRun>,
    pub(crate) offsets: Vec<OffsetRun>,
    /// Sorted numbers of the sync samples; `None` when every sample is one.
    pub(crate) sync: Option<Vec<u32>>,
}

/// One sample of a [`SampleIndex`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Number in decode order, from 0.
    pub number: u32,
    /// First byte in the file.
    pub position: u64,
    /// Size in bytes.
    pub size: u32,
    /// Decode time in units of the track's timescale, from 0.
    pub dts: u64,
    /// Duration in units of the track's timescale.
    pub duration: u32,
    /// Composition time minus decode time, in units of the track's timescale.
    pub composition_offset: i64,
    /// Whether decoding can start here.
    pub sync: bool,
}

impl SampleIndex {
    /// Number of samples.
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Whether the track has no samples. The parser refuses such tracks.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Size of all samples together, in bytes.
    pub fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    /// About how many bytes of memory the index takes.
    pub(crate) fn memory(&self) -> usize {
        let sizes = match &self.sizes {
            Sizes::Same(_) => 0,
            Sizes::Each(sizes) => size_of_val(sizes.as_slice()),
        };
        let sync = self.sync.as_ref().map_or(0, |sync| size_of_val(sync.as_slice()));
        let runs = size_of_val(self.bytes.as_slice())
            + size_of_val(self.times.as_slice())
            + size_of_val(self.offsets.as_slice());
        size_of::<Self>() + sizes + sync + runs
    }

    /// The samples with these numbers, in decode order. Costs a few binary searches to start and
    /// constant time for each sample; numbers beyond the end are left out.
    pub fn samples(&self, range: Range<u32>) -> Samples<'_> {
        let start = range.start;
        let byte_run = run_of(&self.bytes, start, |run| run.first);
        let mut position = self.bytes.get(byte_run).map_or(0, |run| run.position);
        let run_first = self.bytes.get(byte_run).map_or(start, |run| run.first);
        for number in run_first..start.min(self.count) {
            position += u64::from(self.sizes.get(number));
        }
        Samples {
            index: self,
            number: start,
            end: range.end.min(self.count),
            byte_run,
            position,
            time_run: run_of(&self.times, start, |run| run.first),
            offset_run: run_of(&self.offsets, start, |run| run.first),
            next_sync: self
                .sync
                .as_ref()
                .map_or(0, |sync| sync.partition_point(|number| *number < start)),
        }
    }

    /// The sync samples, in decode order.
    pub fn sync_samples(&self) -> impl Iterator<Item = Sample> + '_ {
        let all = if self.sync.is_none() { self.count } else { 0 };
        let listed = self.sync.iter().flatten().copied();
        (0..all).chain(listed).filter_map(|number| self.sample(number))
    }

    /// One sample; `None` beyond the end. The position in the file is not looked up, which would
    /// cost a walk over the run of bytes that the sample lies in.
    pub(crate) fn sample(&self, number: u32) -> Option<Sample> {
        if number >= self.count {
            return None;
        }
        let time = self.times.get(run_of(&self.times, number, |run| run.first))?;
        let offset = self.offsets.get(run_of(&self.offsets, number, |run| run.first));
        Some(Sample {
            number,
            position: 0,
            size: self.sizes.get(number),
            dts: time.dts + u64::from(number - time.first) * u64::from(time.duration),
            duration: time.duration,
            composition_offset: offset.map_or(0, |run| i64::from(run.offset)),
            sync: true,
        })
    }

    /// The smallest composition offset of all samples.
    pub(crate) fn least_offset(&self) -> i64 {
        let least = self.offsets.iter().map(|run| run.offset).min();
        least.map_or(0, i64::from)
    }

    /// Decode time of a sample; the end of the track for numbers beyond it.
    pub(crate) fn dts(&self, number: u32) -> u64 {
        self.sample(number).map_or(self.end, |sample| sample.dts)
    }

    /// The duration of nearly all samples (99 in 100), if there is such a one.
    pub(crate) fn usual_duration(&self) -> Option<u32> {
        let runs = || {
            let ends = self.times.iter().skip(1).map(|run| run.first).chain([self.count]);
            self.times
                .iter()
                .zip(ends)
                .map(|(run, end)| (run.duration, u64::from(end.saturating_sub(run.first))))
        };
        // What more than half of all have is left when any two that differ are taken away (Boyer
        // and Moore). No table of all durations is needed, of which a file may have millions.
        let (mut usual, mut surplus) = (0, 0);
        for (duration, samples) in runs() {
            if duration == usual {
                surplus += samples;
            } else if samples <= surplus {
                surplus -= samples;
            } else {
                (usual, surplus) = (duration, samples - surplus);
            }
        }
        let count: u64 = runs().filter(|(duration, _)| *duration == usual).map(|(_, n)| n).sum();
        let all = u64::from(self.count);
        (count * 100 >= all * 99 || all - count <= 1).then_some(usual)
    }
}

/// Index of the run that holds a sample; runs are sorted by their first sample.
fn run_of<T>(runs: &[T], number: u32, first: impl Fn(&T) -> u32) -> usize {
    runs.partition_point(|run| first(run) <= number).saturating_sub(1)
}

/// Iterator over the samples of a [`SampleIndex`].
#[derive(Debug, Clone)]
pub struct Samples<'a> {
    index: &'a SampleIndex,
    number: u32,
    end: u32,
    byte_run: usize,
    position: u64,
    time_run: usize,
    offset_run: usize,
    next_sync: usize,
}

impl Iterator for Samples<'_> {
    type Item = Sample;

    fn next(&mut self) -> Option<Sample> {
        if self.number >= self.end {
            return None;
        }
        let (index, number) = (self.index, self.number);
        if let Some(next) = index.bytes.get(self.byte_run + 1).filter(|run| run.first == number) {
            self.byte_run += 1;
            self.position = next.position;
        }
        if index.times.get(self.time_run + 1).is_some_and(|run| run.first == number) {
            self.time_run += 1;
        }
        if index.offsets.get(self.offset_run + 1).is_some_and(|run| run.first == number) {
            self.offset_run += 1;
        }
        let sync = match &index.sync {
            None => true,
            Some(list) => list.get(self.next_sync) == Some(&number),
        };
        if sync {
            self.next_sync += 1;
        }
        let time = index.times.get(self.time_run)?;
        let sample = Sample {
            number,
            position: self.position,
            size: index.sizes.get(number),
            dts: time.dts + u64::from(number - time.first) * u64::from(time.duration),
            duration: time.duration,
            composition_offset: index
                .offsets
                .get(self.offset_run)
                .map_or(0, |run| i64::from(run.offset)),
            sync,
        };
        self.position += u64::from(sample.size);
        self.number += 1;
        Some(sample)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end.saturating_sub(self.number) as usize;
        (left, Some(left))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn index() -> SampleIndex {
        SampleIndex {
            count: 5,
            total_bytes: 15,
            end: 70,
            sizes: Sizes::Each(vec![1, 2, 3, 4, 5]),
            bytes: vec![ByteRun { first: 0, position: 100 }, ByteRun { first: 3, position: 50 }],
            times: vec![
                TimeRun { first: 0, duration: 10, dts: 0 },
                TimeRun { first: 3, duration: 20, dts: 30 },
            ],
            offsets: vec![
                OffsetRun { first: 0, offset: 0 },
                OffsetRun { first: 1, offset: -5 },
                OffsetRun { first: 4, offset: 5 },
            ],
            sync: Some(vec![0, 3]),
        }
    }

    #[test]
    fn nearly_all_samples_may_last_alike() {
        let usual = |durations: &[(u32, u32)]| {
            let mut index = SampleIndex { times: Vec::new(), count: 0, ..index() };
            for (samples, duration) in durations {
                index.times.push(TimeRun { first: index.count, duration: *duration, dts: 0 });
                index.count += samples;
            }
            index.usual_duration()
        };
        assert_eq!(usual(&[(50, 10)]), Some(10));
        assert_eq!(usual(&[(1, 3), (500, 10), (2, 7), (497, 10)]), Some(10));
        assert_eq!(usual(&[(2, 10), (1, 3)]), Some(10));
        assert_eq!(usual(&[(500, 10), (6, 3), (6, 4), (488, 10)]), None);
        assert_eq!(usual(&[(40, 10), (30, 3), (30, 4)]), None);
    }

    #[test]
    fn any_start_gives_the_same_samples() {
        let index = index();
        let all: Vec<_> = index.samples(0..5).collect();
        let place: Vec<_> = all.iter().map(|s| (s.position, s.dts, s.composition_offset)).collect();
        assert_eq!(place, [(100, 0, 0), (101, 10, -5), (103, 20, -5), (50, 30, -5), (54, 50, 5)]);
        assert_eq!(all.iter().filter(|s| s.sync).count(), 2);
        for start in 0..5 {
            let part: Vec<_> = index.samples(start..9).collect();
            assert_eq!(part, all[start as usize..]);
        }
        let sync: Vec<_> = index.sync_samples().map(|s| (s.number, s.dts)).collect();
        assert_eq!(sync, [(0, 0), (3, 30)]);
    }
}
