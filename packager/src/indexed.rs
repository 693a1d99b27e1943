//! A track together with what is known of its samples.

use std::ops::{Deref, Range};
use std::sync::Arc;

use crate::index::SampleIndex;
use crate::outline::Outline;
use crate::time::{TIMESCALE, rescale};
use crate::track::Track;

/// A track that can be cut into fragments.
///
/// It is a [`Track`] with more: where it can be cut, and its samples or where they are described.
/// A [`crate::Presentation`] keeps less of it.
#[derive(Debug, Clone)]
pub struct IndexedTrack {
    track: Arc<Track>,
    outline: Outline,
    samples: Samples,
}

/// Samples of a track.
#[derive(Debug, Clone)]
pub(crate) enum Samples {
    /// They were read from the MP4 file.
    Tables(Arc<SampleIndex>),
    /// They are described in the index beside it.
    Described(Described),
}

/// Where the samples of a track are described: in blocks of a persisted index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    /// Where the blocks of the track start in the index.
    pub(crate) base: u64,
    /// Where each block starts behind that, and where the last one ends.
    pub(crate) offsets: Vec<u32>,
}

impl Described {
    /// Length of all blocks.
    pub(crate) fn length(&self) -> u64 {
        self.offsets.last().copied().unwrap_or(0).into()
    }
}

impl IndexedTrack {
    pub(crate) fn new(track: Track, index: SampleIndex) -> Self {
        let outline = Outline::of(&index, track.kind, &track.placement);
        IndexedTrack::described(track, outline, Samples::Tables(Arc::new(index)))
    }

    pub(crate) fn described(track: Track, outline: Outline, samples: Samples) -> Self {
        IndexedTrack { track: Arc::new(track), outline, samples }
    }

    /// The same track, so much earlier; in 100-ns units.
    pub(crate) fn earlier(&self, by: u64) -> Self {
        let mut track = Track::clone(&self.track);
        let by = i64::try_from(by).unwrap_or(i64::MAX);
        let shift = &mut track.placement.decode_shift;
        *shift = shift.saturating_sub(rescale(by, TIMESCALE, track.timescale));
        IndexedTrack { track: Arc::new(track), ..self.clone() }
    }

    /// Where the samples lie in the file; `None` if the track was read from a persisted index.
    pub fn index(&self) -> Option<&SampleIndex> {
        match &self.samples {
            Samples::Tables(index) => Some(index),
            Samples::Described(_) => None,
        }
    }

    pub(crate) fn outline(&self) -> &Outline {
        &self.outline
    }

    /// The track alone.
    pub(crate) fn shared(&self) -> Arc<Track> {
        Arc::clone(&self.track)
    }

    /// The samples of the fragments that begin with these ones.
    pub(crate) fn cut(&self, firsts: &[u32]) -> CutSamples {
        let described = match &self.samples {
            Samples::Tables(index) => return CutSamples::Tables(Arc::clone(index)),
            Samples::Described(described) => described,
        };
        let offset = |block: usize| described.offsets.get(block).copied().unwrap_or(0);
        let mut starts = Vec::with_capacity(firsts.len() + 1);
        let (mut slack, mut block) = (0, 0);
        for first in firsts {
            block = self.outline.block_from(block, *first);
            starts.push(offset(block));
            let begins = self.outline.blocks.get(block).is_some_and(|block| block.first == *first);
            if !begins {
                slack = slack.max(offset(block + 1) - offset(block));
            }
        }
        let last = self.track.placement.kept.end.saturating_sub(1);
        let end = offset(self.outline.block_from(block, last) + 1);
        starts.push(end);
        CutSamples::Described { base: described.base, starts: Arc::from(starts), slack }
    }
}

impl Deref for IndexedTrack {
    type Target = Track;

    fn deref(&self) -> &Track {
        &self.track
    }
}

/// Samples of a track that was cut into fragments.
#[derive(Debug, Clone)]
pub(crate) enum CutSamples {
    /// All of them.
    Tables(Arc<SampleIndex>),
    /// Where they are described.
    Described {
        /// Where the blocks of the track start in the index.
        base: u64,
        /// Where the block with the first sample of each fragment starts behind that, and where the
        /// last block ends.
        starts: Arc<[u32]>,
        /// How far the last block of a fragment may reach into the next one.
        slack: u32,
    },
}

/// What is known of the samples of one fragment.
#[derive(Debug, Clone)]
pub(crate) enum FragmentSamples {
    /// All samples of the track.
    Tables(Arc<SampleIndex>),
    /// The range of the persisted index where they are described.
    Described(Range<u64>),
}

impl CutSamples {
    /// Those of a fragment.
    pub(crate) fn of(&self, fragment: usize) -> Option<FragmentSamples> {
        match self {
            CutSamples::Tables(index) => Some(FragmentSamples::Tables(Arc::clone(index))),
            CutSamples::Described { base, starts, slack } => {
                let (start, next) = (*starts.get(fragment)?, *starts.get(fragment + 1)?);
                let end = next.saturating_add(*slack).min(*starts.last()?);
                let range = base + u64::from(start)..base + u64::from(end.max(start));
                Some(FragmentSamples::Described(range))
            }
        }
    }

    /// Those of fragments that follow each other.
    pub(crate) fn of_all(&self, fragments: Range<usize>) -> Option<FragmentSamples> {
        let last = self.of(fragments.end.checked_sub(1)?)?;
        Some(match (self.of(fragments.start)?, last) {
            (FragmentSamples::Described(first), FragmentSamples::Described(last)) => {
                FragmentSamples::Described(first.start..last.end)
            }
            (first, _) => first,
        })
    }

    /// About how many bytes of memory they take.
    pub(crate) fn memory(&self) -> usize {
        match self {
            CutSamples::Tables(index) => index.memory(),
            CutSamples::Described { starts, .. } => size_of_val(&**starts),
        }
    }
}
