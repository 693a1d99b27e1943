//! One timeline for all protocols: where fragments start.
//!
//! Video fragments start at key frames and are about six seconds long, the three two-second
//! groups of pictures that Azure Media Services put into a fragment. Audio fragments are cut at
//! the audio frame that is nearest to the video cut.

use std::ops::Range;
use std::sync::Arc;

use crate::error::Error;
use crate::indexed::IndexedTrack;
use crate::time::{TIMESCALE, rescale, to_units};

/// Wanted length of a fragment, in 100-ns units.
pub(crate) const TARGET: u64 = 6 * TIMESCALE as u64;

/// By how much audio that is cut at the frame nearest to a time may start before it: more than half
/// of the longest frame.
const SLACK: u64 = TIMESCALE as u64 / 10;

/// A fragment on the timeline, in 100-ns units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// Start; this number identifies the fragment in URLs.
    pub start: u64,
    /// Time to the start of the next fragment, or to the end.
    pub duration: u64,
}

/// Starts of the fragments of a stream. All its quality levels share them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// Strictly increasing, at least one; also of fragments that are not shown.
    starts: Arc<[u64]>,
    /// End of the last one.
    end: u64,
    /// Numbers of the fragments that there are to the outside; not empty.
    shown: Range<usize>,
}

impl Timeline {
    /// The fragments in order. Each starts where the one before ends.
    pub fn chunks(&self) -> impl Iterator<Item = Chunk> + Clone + '_ {
        self.shown.clone().filter_map(|number| self.chunk(number))
    }

    /// The fragment with this number. Numbers stay when a presentation is cut.
    pub fn chunk(&self, number: usize) -> Option<Chunk> {
        let start = *self.starts.get(number).filter(|_| self.shown.contains(&number))?;
        let end = self.starts.get(number + 1).unwrap_or(&self.end);
        Some(Chunk { start, duration: end - start })
    }

    /// Numbers of the fragments of another timeline that go with a fragment of this one: those
    /// that start in it. What starts before the first fragment goes with the first one, and what
    /// starts behind the last one with the last. What is shown of the two does not matter.
    pub(crate) fn companions(&self, number: usize, other: &Timeline) -> Range<usize> {
        let before = |number: usize| match self.starts.get(number) {
            _ if number == 0 => 0,
            Some(start) => other.starts.partition_point(|other| other + SLACK < *start),
            None => other.starts.len(),
        };
        before(number)..before(number + 1)
    }

    /// A fragment that the other timeline's [`Timeline::companions`] are part of: it lasts as long
    /// as they, at the start and at the end of the presentation.
    pub(crate) fn joined(&self, number: usize, other: &Timeline) -> Option<Chunk> {
        let chunk = self.chunk(number)?;
        let first = other.starts.first().filter(|_| number == 0).copied();
        let start = first.map_or(chunk.start, |first| first.min(chunk.start));
        let end = chunk.start + chunk.duration;
        let is_last = number + 1 == self.starts.len();
        let end = if is_last { end.max(other.end) } else { end };
        Some(Chunk { start, duration: end - start })
    }

    /// Numbers of the fragments that there are to the outside.
    pub(crate) fn numbers(&self) -> Range<usize> {
        self.shown.clone()
    }

    /// Number of fragments, at least 1.
    pub fn count(&self) -> usize {
        self.shown.len()
    }

    /// Number of the fragment that starts exactly at `start`.
    pub fn find(&self, start: u64) -> Option<usize> {
        self.starts.binary_search(&start).ok().filter(|number| self.shown.contains(number))
    }

    /// The fragment that a time lies in; the first one before that, and the last one after that.
    pub(crate) fn around(&self, time: u64) -> Option<Chunk> {
        let behind = self.starts.partition_point(|start| *start <= time);
        let last = self.shown.end.saturating_sub(1);
        self.chunk(behind.saturating_sub(1).clamp(self.shown.start.min(last), last))
    }

    /// Start of the first fragment, in 100-ns units.
    pub fn start(&self) -> u64 {
        self.starts.get(self.shown.start).copied().unwrap_or(0)
    }

    /// End of the last fragment, in 100-ns units.
    pub fn end(&self) -> u64 {
        self.starts.get(self.shown.end).copied().unwrap_or(self.end)
    }

    /// Duration of the longest fragment, in 100-ns units.
    pub fn longest(&self) -> u64 {
        self.chunks().map(|chunk| chunk.duration).max().unwrap_or(0)
    }

    /// The same fragments, of which the last goes on to a later end.
    pub(crate) fn until(&self, end: u64) -> Self {
        Self { end: self.end.max(end), ..self.clone() }
    }

    /// The fragments of which more than `slack` lies inside of a range, or more than half, if that
    /// is less; `None` if there is none.
    pub(crate) fn within(&self, range: &Range<u64>, slack: u64) -> Option<Self> {
        let inside = |number: &usize| {
            self.chunk(*number).is_some_and(|chunk| {
                let end = (chunk.start + chunk.duration).min(range.end);
                let overlap = end.saturating_sub(chunk.start.max(range.start));
                overlap > slack.min(chunk.duration / 2)
            })
        };
        let first = self.shown.clone().find(inside)?;
        let behind = self.shown.clone().rev().find(inside)? + 1;
        Some(Self { shown: first..behind, ..self.clone() })
    }

    pub(crate) fn memory(&self) -> usize {
        self.starts.len() * size_of::<u64>()
    }

    fn new(starts: Vec<u64>, tracks: &[&IndexedTrack]) -> Self {
        let end = tracks.iter().map(|track| track.end()).max().unwrap_or(0);
        // The last fragment lasts at least one unit, even if the file gives it no duration.
        let end = end.max(starts.last().map_or(0, |last| last + 1));
        Timeline { shown: 0..starts.len(), starts: Arc::from(starts), end }
    }
}

/// First sample of every fragment, for one track.
pub(crate) type Cuts = Arc<[u32]>;

/// A sync sample and its presentation time in 100-ns units.
#[derive(Debug, Clone, Copy)]
struct Key {
    number: u32,
    time: u64,
}

/// Cuts the renditions of a video. The first one sets the timeline.
///
/// # Errors
/// [`Error::NoCommonKeyframes`] when a rendition does not start with the others, or when it has
/// key frames but none at a time where the others have one (within half a frame).
pub(crate) fn cut_video(
    renditions: &[(&str, &IndexedTrack)],
) -> Result<(Timeline, Vec<Cuts>), Error> {
    let Some(((first_file, first), others)) = renditions.split_first() else {
        return Err(Error::Empty);
    };
    let (numbers, mut times): (Vec<u32>, Vec<u64>) =
        keys(first).into_iter().map(|key| (key.number, key.time)).unzip();
    // For each rendition, the key frames at the times that are left.
    let mut numbers = vec![numbers];
    let tolerance = half_frame(first);
    for (file, track) in others {
        let keys = keys(track);
        let found = nearest_keys(&keys, &times, tolerance);
        let (before, start) = (times.len(), times.first().copied());
        numbers.iter_mut().for_each(|numbers| keep_found(numbers, &found));
        keep_found(&mut times, &found);
        numbers.push(found.into_iter().flatten().collect());
        let together = start.is_some() && times.first().copied() == start;
        if !together || (times.len() == 1 && before > 1 && keys.len() > 1) {
            return Err(Error::NoCommonKeyframes {
                first: (*first_file).to_owned(),
                second: (*file).to_owned(),
            });
        }
    }
    let chosen = spaced(&times, first.end());
    let mut cuts: Vec<Cuts> = Vec::with_capacity(renditions.len());
    for numbers in numbers {
        let cut: Vec<u32> = chosen.iter().filter_map(|at| numbers.get(*at).copied()).collect();
        // Renditions of one encoder have the same frames.
        let same = cuts.iter().find(|other| ***other == *cut).cloned();
        cuts.push(same.unwrap_or_else(|| Cuts::from(cut)));
    }
    let tracks: Vec<_> = renditions.iter().map(|(_, track)| *track).collect();
    let starts = chosen.iter().filter_map(|at| times.get(*at).copied()).collect();
    Ok((Timeline::new(starts, &tracks), cuts))
}

/// Leaves those elements for which something was found.
fn keep_found<T>(list: &mut Vec<T>, found: &[Option<u32>]) {
    let mut found = found.iter();
    list.retain(|_| found.next().is_some_and(Option::is_some));
}

/// Cuts the quality levels of an audio stream near the cuts of the video, or every six seconds
/// without video. The first track sets the exact times.
pub(crate) fn cut_audio(
    tracks: &[&IndexedTrack],
    video: Option<&Timeline>,
) -> (Timeline, Vec<Cuts>) {
    let Some(first) = tracks.first() else {
        return (Timeline::new(vec![0], tracks), Vec::new());
    };
    let end = tracks.iter().map(|track| track.end()).max().unwrap_or(0);
    let mut starts = vec![first.start()];
    let mut cuts: Vec<Vec<u32>> =
        tracks.iter().map(|track| vec![track.placement.kept.start]).collect();
    for boundary in boundaries(first.start(), end, video) {
        let start = first.placed(first.nearest(boundary));
        let numbers: Vec<u32> = tracks.iter().map(|track| track.nearest(start)).collect();
        let forward = tracks.iter().zip(&cuts).zip(&numbers).all(|((track, cuts), number)| {
            cuts.last().is_none_or(|last| last < number) && *number < track.placement.kept.end
        });
        if forward && starts.last().is_none_or(|last| *last < start) {
            starts.push(start);
            for (cuts, number) in cuts.iter_mut().zip(numbers) {
                cuts.push(number);
            }
        }
    }
    (Timeline::new(starts, tracks), cuts.into_iter().map(Cuts::from).collect())
}

/// Times where audio is to be cut. Audio that goes on after the video is cut every six seconds.
fn boundaries(start: u64, end: u64, video: Option<&Timeline>) -> Vec<u64> {
    let mut times: Vec<u64> = video.map_or_else(Vec::new, |video| {
        let before = |limit: u64| video.starts.partition_point(|time| *time < limit);
        video.starts.get(before(start + 1)..before(end)).unwrap_or_default().to_vec()
    });
    let mut next = video.map_or(start + TARGET, |video| video.end.max(start + TARGET));
    let rest = if video.is_some() { TARGET / 2 } else { 0 };
    while next + rest < end {
        times.push(next);
        next += TARGET;
    }
    times
}

impl IndexedTrack {
    /// Number of the sample that decodes nearest to a time in 100-ns units.
    fn nearest(&self, time: u64) -> u32 {
        let time = i64::try_from(time).unwrap_or(i64::MAX);
        let dts = rescale(time, TIMESCALE, self.timescale) - self.placement.decode_shift;
        self.outline().nearest(u64::try_from(dts).unwrap_or(0))
    }

    /// Decode time of a sample in 100-ns units.
    fn placed(&self, number: u32) -> u64 {
        to_units(self.decode_time(self.outline().dts(number)), self.timescale)
    }
}

/// The key frames of a track that move forward in presentation time.
fn keys(track: &IndexedTrack) -> Vec<Key> {
    let all = &track.outline().keys;
    let mut keys: Vec<Key> = Vec::with_capacity(all.len());
    for key in all {
        if !track.placement.kept.contains(&key.number) {
            continue;
        }
        let offset = key.offset - track.placement.offset_base;
        let time = to_units(track.decode_time(key.dts) + offset, track.timescale);
        if keys.last().is_none_or(|last| last.time < time) {
            keys.push(Key { number: key.number, time });
        }
    }
    keys
}

/// Half of the average frame duration, in 100-ns units.
fn half_frame(track: &IndexedTrack) -> u64 {
    let frames = u64::from(track.placement.kept.end - track.placement.kept.start).max(1);
    track.end().saturating_sub(track.start()) / frames / 2
}

/// For each of some sorted times the number of the nearest key frame, if it is near enough.
fn nearest_keys(keys: &[Key], times: &[u64], tolerance: u64) -> Vec<Option<u32>> {
    let mut after = 0;
    let nearest = |time: &u64| {
        while keys.get(after).is_some_and(|key| key.time < *time) {
            after += 1;
        }
        let around = [after.checked_sub(1), Some(after)];
        around
            .into_iter()
            .flatten()
            .filter_map(|at| keys.get(at))
            .min_by_key(|key| key.time.abs_diff(*time))
            .filter(|key| key.time.abs_diff(*time) <= tolerance)
            .map(|key| key.number)
    };
    times.iter().map(nearest).collect()
}

/// Picks from sorted times those that are nearest to six seconds apart. The end counts as a
/// possible cut, so that no needless short fragment is left for it.
fn spaced(times: &[u64], end: u64) -> Vec<usize> {
    let time_of = |at: usize| times.get(at).copied().unwrap_or(end);
    let mut chosen = Vec::new();
    let mut at = 0;
    while at < times.len() {
        chosen.push(at);
        let want = time_of(at).saturating_add(TARGET);
        let after = times.partition_point(|time| *time < want).max(at + 1);
        let before = after - 1;
        let distance = |at| time_of(at).abs_diff(want);
        at = if before > at && distance(before) < distance(after) { before } else { after };
    }
    chosen
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::{audio, video};

    fn cut(tracks: &[&IndexedTrack]) -> Result<(Timeline, Vec<Cuts>), Error> {
        let named: Vec<_> = tracks.iter().map(|track| ("v.mp4", *track)).collect();
        cut_video(&named)
    }

    #[test]
    fn packs_three_groups_of_pictures() {
        // 29.97 fps, a key frame every 60 frames: 2.002 s.
        let track = video(30_000, 1001, 1380, 60);
        let (timeline, cuts) = cut(&[&track]).unwrap();
        let chunks: Vec<_> = timeline.chunks().map(|c| (c.start, c.duration)).collect();
        assert_eq!(chunks[0], (0, 60_060_000));
        assert_eq!(chunks[6], (360_360_000, 60_060_000));
        assert_eq!(chunks[7], (420_420_000, 40_040_000));
        assert_eq!(cuts[0][..3], [0, 180, 360]);
        assert_eq!(timeline.find(120_120_000), Some(2));
        assert_eq!(timeline.find(120_120_001), None);
    }

    #[test]
    fn starts_add_up_without_drift() {
        let track = video(24_000, 1001, 24_000, 48);
        let (timeline, _) = cut(&[&track]).unwrap();
        let mut at = 0;
        for chunk in timeline.chunks() {
            assert_eq!(chunk.start, at);
            at += chunk.duration;
        }
        assert_eq!(at, 10_010_000_000);
    }

    #[test]
    fn uses_only_common_key_frames() {
        // Key frames every 2 s and every 3 s meet every 6 s.
        let (a, b) = (video(25, 1, 500, 50), video(12_800, 512, 500, 75));
        let (timeline, cuts) = cut(&[&a, &b]).unwrap();
        let starts: Vec<_> = timeline.chunks().map(|c| c.start / 10_000_000).collect();
        assert_eq!(starts, [0, 6, 12, 18]);
        assert_eq!(cuts[0], cuts[1]);
    }

    #[test]
    fn refuses_key_frames_that_never_meet() {
        let (a, b) = (video(25, 1, 100, 50), video(25, 1, 100, 49));
        assert!(matches!(cut(&[&a, &b]), Err(Error::NoCommonKeyframes { .. })));
        // A file that is one single group of pictures can still be switched at its start.
        let single = video(25, 1, 100, 100);
        assert_eq!(cut(&[&a, &single]).unwrap().0.chunks().count(), 1);
    }

    #[test]
    fn audio_follows_the_video_to_the_nearest_frame() {
        let track = video(30_000, 1001, 1380, 60);
        let (timeline, _) = cut(&[&track]).unwrap();
        let sound = audio(48_000, 1024, 2160);
        let (audio_line, cuts) = cut_audio(&[&sound], Some(&timeline));
        let first: Vec<_> = audio_line.chunks().take(2).collect();
        // 6.016 s for 6.006 s of video, as in the documented sample.
        assert_eq!(first[0].duration, 60_160_000);
        assert_eq!(cuts[0][1], 282);
        for (a, v) in audio_line.chunks().zip(timeline.chunks()) {
            assert!(a.start.abs_diff(v.start) <= 106_667, "{a:?} {v:?}");
        }
    }

    #[test]
    fn audio_alone_and_audio_beyond_the_video() {
        let sound = audio(48_000, 1024, 48 * 1000);
        let (alone, _) = cut_audio(&[&sound], None);
        assert!(alone.chunks().all(|c| c.duration <= 60_200_000));
        let short = video(25, 1, 250, 50);
        let (timeline, _) = cut(&[&short]).unwrap();
        let (longer, _) = cut_audio(&[&sound], Some(&timeline));
        assert!(longer.longest() < 91_000_000, "{}", longer.longest());
        assert_eq!(longer.end(), 10_240_000_000);
    }

    /// A thousand short tracks beside a long video cost what they are cut into.
    #[test]
    fn audio_is_cut_between_its_start_and_end_only() {
        let long = Timeline {
            starts: (0..1000).map(|s| s * TARGET).collect(),
            end: 1000 * TARGET,
            shown: 0..1000,
        };
        assert_eq!(boundaries(TARGET, 3 * TARGET, Some(&long)), [2 * TARGET]);
        assert_eq!(boundaries(0, TARGET, Some(&long)), []);
        assert_eq!(boundaries(TARGET / 2, TARGET / 2, Some(&long)), []);
    }

    #[test]
    fn each_fragment_of_audio_goes_with_one_of_video() {
        let picture = video(30_000, 1001, 1380, 60);
        let (timeline, _) = cut(&[&picture]).unwrap();
        // As long, longer, shorter, and shorter than the first fragment.
        for frames in [2160, 3000, 1100, 10] {
            let (audio_line, _) = cut_audio(&[&audio(48_000, 1024, frames)], Some(&timeline));
            let companions: Vec<_> =
                timeline.numbers().map(|at| timeline.companions(at, &audio_line)).collect();
            let all: Vec<_> = companions.iter().cloned().flatten().collect();
            assert_eq!(all, audio_line.numbers().collect::<Vec<_>>(), "{frames}");
            let line = timeline.numbers().filter_map(|at| timeline.joined(at, &audio_line));
            let total: u64 = line.map(|chunk| chunk.duration).sum();
            assert_eq!(total, timeline.end().max(audio_line.end()));
        }
    }

    #[test]
    fn picks_the_nearest_of_irregular_key_frames() {
        let s = |n: u64| n * 1_000_000;
        let times = [s(0), s(10), s(59), s(90), s(300), s(355)];
        assert_eq!(spaced(&times, s(400)), [0, 2, 3, 4, 5]);
        assert_eq!(spaced(&[0, s(20), s(40)], s(65)), [0]);
        assert_eq!(spaced(&[], 0), Vec::<usize>::new());
    }
}
