//! The outline of a track's samples: where it can be cut, and how many bytes lie between.
//!
//! It is all that a manifest needs. The samples themselves are looked at when a fragment is made,
//! and then only those of the fragment.

use crate::edit::Placement;
use crate::index::{Sample, SampleIndex, TimeRun};
use crate::track::TrackKind;

/// Samples of a block of audio, or of video of which every frame is a key frame. That is about a
/// second and a half of AAC.
pub(crate) const BLOCK: u32 = 64;
/// Least samples of a block that starts at a key frame.
const LEAST: u32 = 8;

/// Most key frames that are kept: of a track with more, only some count.
pub(crate) const MAX_KEYS: usize = 1 << 20;
/// Most runs of time of an audio track. Ten hours of frames that all last differently have fewer.
pub(crate) const MAX_RUNS: usize = 1 << 22;

/// Most rows of the tables of all outlines of a file, or of a presentation: a few bytes can stand
/// for many equal rows. A week of video in five qualities has a third of them.
pub(crate) const MAX_ROWS: usize = 1 << 23;

/// Where a track can be cut, and how its samples are grouped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outline {
    /// The sync samples of a video track, which can only be cut there.
    pub(crate) keys: Vec<Key>,
    /// When the samples of an audio track decode, which can be cut anywhere. The runs are sorted.
    pub(crate) times: Vec<TimeRun>,
    /// In order; the first one starts with sample 0.
    pub(crate) blocks: Vec<Block>,
    /// Number of samples.
    pub(crate) count: u32,
    /// Size of all samples together.
    pub(crate) total_bytes: u64,
}

/// A sync sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) number: u32,
    /// Decode time in units of the track's timescale, from 0.
    pub(crate) dts: u64,
    /// Composition time minus decode time, in units of the track's timescale.
    pub(crate) offset: i64,
}

/// Samples that are described together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) first: u32,
    /// Bytes of all samples before the first one.
    pub(crate) before: u64,
}

impl Outline {
    pub(crate) fn of(index: &SampleIndex, kind: TrackKind, placement: &Placement) -> Self {
        let key = |sample: Sample| Key {
            number: sample.number,
            dts: sample.dts,
            offset: sample.composition_offset,
        };
        let (keys, times) = match kind {
            TrackKind::Audio => (Vec::new(), index.times.clone()),
            TrackKind::Video => {
                // What is not presented does not matter, and what is starts with a key frame, which
                // is to be among those that count.
                let kept = || {
                    let numbers = &placement.kept;
                    index.sync_samples().filter(|sample| numbers.contains(&sample.number))
                };
                let step = kept().count().div_ceil(MAX_KEYS).max(1);
                (kept().step_by(step).map(key).collect(), Vec::new())
            }
        };
        let starts = match (&index.sync, kind) {
            (Some(keys), TrackKind::Video) => starts_at(keys),
            _ => (0..index.count).step_by(BLOCK as usize).collect(),
        };
        let starts = with_limits(starts, placement, index.count);
        let mut before = 0;
        let mut sizes = (0..index.count).map(|number| u64::from(index.sizes.get(number)));
        let mut at = 0;
        let blocks = starts
            .into_iter()
            .map(|first| {
                before += sizes.by_ref().take((first - at) as usize).sum::<u64>();
                at = first;
                Block { first, before }
            })
            .collect();
        Outline { keys, times, blocks, count: index.count, total_bytes: index.total_bytes }
    }

    /// Number of rows of its tables.
    pub(crate) fn rows(&self) -> usize {
        self.keys.len() + self.times.len() + self.blocks.len()
    }

    /// Size of all samples before one. It is exact where a block starts; inside of a block, all
    /// samples count alike.
    pub(crate) fn bytes_before(&self, number: u32) -> u64 {
        let at = self.block_of(number);
        let Some(block) = self.blocks.get(at).filter(|_| number < self.count) else {
            return self.total_bytes;
        };
        if block.first == number {
            return block.before;
        }
        let (end, behind) = match self.blocks.get(at + 1) {
            Some(next) => (next.first, next.before),
            None => (self.count, self.total_bytes),
        };
        let samples = u128::from(end.saturating_sub(block.first).max(1));
        let bytes = u128::from(behind.saturating_sub(block.before));
        let part = bytes * u128::from(number.saturating_sub(block.first)) / samples;
        block.before + u64::try_from(part).unwrap_or(u64::MAX)
    }

    /// Decode time of a sample of an audio track.
    pub(crate) fn dts(&self, number: u32) -> u64 {
        let after = self.times.partition_point(|run| run.first <= number);
        let run = after.checked_sub(1).and_then(|at| self.times.get(at));
        run.map_or(0, |run| {
            let steps = u64::from(number - run.first);
            run.dts.saturating_add(steps.saturating_mul(u64::from(run.duration)))
        })
    }

    /// Number of the sample of an audio track that decodes nearest to `dts`; on a tie the later
    /// one. It is the number of samples when the end of the track is nearest.
    pub(crate) fn nearest(&self, dts: u64) -> u32 {
        let after = self.times.partition_point(|run| run.dts <= dts);
        let Some(run) = after.checked_sub(1).and_then(|at| self.times.get(at)) else {
            return 0;
        };
        let next = self.times.get(after).map_or(self.count, |next| next.first);
        if run.duration == 0 {
            return run.first;
        }
        let duration = u64::from(run.duration);
        let steps = (dts - run.dts + duration / 2) / duration;
        let number = u64::from(run.first).saturating_add(steps);
        u32::try_from(number).map_or(next, |number| number.min(next))
    }

    /// The block that a sample is in, which is not before the one given.
    pub(crate) fn block_from(&self, mut block: usize, number: u32) -> usize {
        while self.blocks.get(block + 1).is_some_and(|next| next.first <= number) {
            block += 1;
        }
        block
    }

    /// The block that a sample is in.
    pub(crate) fn block_of(&self, number: u32) -> usize {
        self.blocks.partition_point(|block| block.first <= number).saturating_sub(1)
    }
}

/// Blocks that start at key frames.
fn starts_at(keys: &[u32]) -> Vec<u32> {
    let mut starts = vec![0];
    for key in keys {
        if starts.last().is_none_or(|last| key - last >= LEAST) {
            starts.push(*key);
        }
    }
    starts
}

/// Blocks that also start where the presented part starts and ends.
fn with_limits(mut starts: Vec<u32>, placement: &Placement, count: u32) -> Vec<u32> {
    let limits = [placement.kept.start, placement.kept.end];
    starts.extend(limits.into_iter().filter(|limit| *limit < count));
    starts.sort_unstable();
    starts.dedup();
    starts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{altered, audio, video};

    #[test]
    fn finds_the_nearest_sample() {
        let track = altered(audio(48_000, 10, 5), |_, index| {
            index.times.push(TimeRun { first: 3, duration: 20, dts: 30 });
            index.end = 70;
        });
        let outline = track.outline();
        let found = [0, 4, 5, 29, 39, 40, 65, 900].map(|dts| outline.nearest(dts));
        assert_eq!(found, [0, 0, 1, 3, 3, 4, 5, 5]);
        assert_eq!([0, 2, 3, 4, 5].map(|number| outline.dts(number)), [0, 20, 30, 50, 70]);
    }

    #[test]
    fn blocks_of_video_are_groups_of_pictures() {
        let track = video(25, 1, 350, 50);
        let starts: Vec<_> = track.outline().blocks.iter().map(|block| block.first).collect();
        assert_eq!(starts, [0, 50, 100, 150, 200, 250, 300]);
        assert_eq!(track.outline().bytes_before(200), 20_000);
        // Groups of four frames are put together.
        let track = video(25, 1, 20, 4);
        let starts: Vec<_> = track.outline().blocks.iter().map(|block| block.first).collect();
        assert_eq!(starts, [0, 8, 16]);
    }

    #[test]
    fn of_too_many_key_frames_the_first_that_is_presented_counts() {
        let count = u32::try_from(MAX_KEYS).unwrap_or(0) + 2;
        let track = altered(video(25, 1, count, 1), |track, _| track.placement.kept = 1..count);
        let keys: Vec<_> = track.outline().keys.iter().take(3).map(|key| key.number).collect();
        assert_eq!(keys, [1, 3, 5]);
    }

    #[test]
    fn what_is_inside_of_a_block_counts_alike() {
        let track = audio(48_000, 1024, 200);
        let outline = track.outline();
        assert_eq!(outline.blocks.len(), 4);
        let before = [0, 1, 3, 190, 200, u32::MAX].map(|number| outline.bytes_before(number));
        assert_eq!(before, [0, 100, 300, 19_000, 20_000, 20_000]);
    }
}
