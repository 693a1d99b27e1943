//! Builds a [`SampleIndex`] sample by sample.

use crate::index::{ByteRun, OffsetRun, Sample, SampleIndex, Sizes, TimeRun};

/// Longest run of bytes, in samples, as in the index of a progressive file.
const RUN_SAMPLES: u32 = 128;

/// An index that grows at its end. Its first sample decodes at 0.
#[derive(Debug, Clone, Default)]
pub(super) struct Builder {
    total_bytes: u64,
    end: u64,
    sizes: Vec<u32>,
    bytes: Vec<ByteRun>,
    times: Vec<TimeRun>,
    offsets: Vec<OffsetRun>,
    /// Where the data of the last sample ends.
    data_end: u64,
}

impl Builder {
    pub(super) fn len(&self) -> u32 {
        // Fewer than `MAX_SAMPLES`, as the caller sees to.
        u32::try_from(self.sizes.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Decode time of the last sample.
    fn last(&self) -> Option<u64> {
        let (run, last) = (self.times.last()?, self.len().checked_sub(1)?);
        Some(run.dts + u64::from(last - run.first) * u64::from(run.duration))
    }

    /// Adds a sample at the end; its number and decode time do not matter.
    pub(super) fn push(&mut self, sample: &Sample) {
        let number = self.len();
        let full = self.bytes.last().is_none_or(|run| number - run.first >= RUN_SAMPLES);
        if full || sample.position != self.data_end {
            self.bytes.push(ByteRun { first: number, position: sample.position });
        }
        self.data_end = sample.position + u64::from(sample.size);
        if self.times.last().is_none_or(|run| run.duration != sample.duration) {
            let (duration, dts) = (sample.duration, self.end);
            self.times.push(TimeRun { first: number, duration, dts });
        }
        let offset = i32::try_from(sample.composition_offset).unwrap_or(0);
        if self.offsets.last().map_or(0, |run| run.offset) != offset {
            if self.offsets.is_empty() && number > 0 {
                self.offsets.push(OffsetRun { first: 0, offset: 0 });
            }
            self.offsets.push(OffsetRun { first: number, offset });
        }
        self.end += u64::from(sample.duration);
        self.total_bytes += u64::from(sample.size);
        self.sizes.push(sample.size);
    }

    /// Makes the last sample end at `time`, so that the next one starts there. `None` if it would
    /// end before it starts, or not within the longest duration that there is.
    pub(super) fn end_at(&mut self, time: u64) -> Option<()> {
        if time == self.end {
            return Some(());
        }
        let (number, dts) = (self.len().checked_sub(1)?, self.last()?);
        let duration = u32::try_from(time.checked_sub(dts)?).ok()?;
        match self.times.last_mut().filter(|run| run.first == number) {
            Some(run) => run.duration = duration,
            None => self.times.push(TimeRun { first: number, duration, dts }),
        }
        self.end = time;
        Some(())
    }

    /// The index; `sync` are the numbers of the key frames, unless all samples are.
    pub(super) fn finish(self, sync: Option<Vec<u32>>) -> SampleIndex {
        SampleIndex {
            count: self.len(),
            total_bytes: self.total_bytes,
            end: self.end,
            sizes: Sizes::Each(self.sizes),
            bytes: self.bytes,
            times: self.times,
            offsets: self.offsets,
            sync,
        }
    }
}
