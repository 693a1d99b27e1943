//! Edit lists (`elst`, ISO/IEC 14496-12 §8.6.6): where a track lies on the presentation timeline.

use std::ops::Range;

use crate::boxes::Reader;
use crate::error::{Error, Place};
use crate::index::{Sample, SampleIndex};
use crate::time::rescale;
use crate::track::TrackKind;

const ELST: &str = "edts/elst";

/// A clock that no real file exceeds (about 14 000 years at 10 MHz); keeps sums in range.
const MAX_TIME: u64 = 1 << 62;

/// One edit: an optional pause, then the media from `media_time` on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Edit {
    /// Time before the media starts, in units of the track.
    delay: i64,
    /// First media time that is presented, in units of the track.
    media_time: i64,
    /// How long the media is presented, in units of the track; `None` for all of it.
    duration: Option<i64>,
}

/// The samples that are presented, and where.
///
/// A sample decodes at `dts + decode_shift` and is presented `offset - offset_base` later. The
/// first kept sample decodes at the very time it is presented, which is never negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) kept: Range<u32>,
    pub(crate) decode_shift: i64,
    pub(crate) offset_base: i64,
    /// How far the earliest frame is presented before it decodes, not negative: what has to be
    /// added to all offsets where negative ones are not allowed.
    pub(crate) reorder_delay: i64,
}

impl Edit {
    /// Reads the edit list of a track, if it has one.
    ///
    /// Supported is what encoders write: empty edits, then one edit at normal speed. Anything
    /// else is an edited film, which has to be rendered first.
    pub(crate) fn parse(trak: Reader<'_>, movie: u32, media: u32) -> Result<Self, Error> {
        let Some(edts) = trak.optional_child(b"edts", "edts")? else {
            return Ok(Edit::default());
        };
        let Some(mut elst) = edts.optional_child(b"elst", ELST)? else {
            return Ok(Edit::default());
        };
        let version = elst.version()?;
        let mut edit = Edit::default();
        let mut media_edits = 0;
        for _ in 0..elst.u32()? {
            let duration = elst.u32_or_u64(version)?;
            let media_time =
                if version == 1 { elst.u64()? as i64 } else { i64::from(elst.u32()? as i32) };
            let rate = elst.u32()?;
            if duration > MAX_TIME || media_time.unsigned_abs() > MAX_TIME {
                return Err(elst.place().malformed("an edit is impossibly long"));
            }
            let duration = rescale(duration as i64, movie, media);
            if media_time == -1 && media_edits == 0 {
                edit.delay = edit.delay.saturating_add(duration);
                continue;
            }
            if media_time < 0 || rate != 0x0001_0000 {
                return Err(elst.place().unsupported("an edit that is not at normal speed"));
            }
            media_edits += 1;
            if media_edits > 1 {
                return Err(elst.place().unsupported("an edit list with several cuts"));
            }
            edit.media_time = media_time;
            // Fragmented-style writers leave the duration 0 for "to the end".
            edit.duration = (duration > 0).then_some(duration);
        }
        Ok(edit)
    }

    /// The same edit of media whose clock starts with the first sample, which decodes at `start` on
    /// the clock of the file.
    pub(crate) fn of_media_from(self, start: i64) -> Self {
        Edit { media_time: self.media_time.saturating_sub(start), ..self }
    }

    /// Applies the edit to a track.
    ///
    /// Audio frames before time 0 are encoder priming and are left out. A video track that starts
    /// in the middle of a group of pictures is refused: its first frames could not be decoded.
    pub(crate) fn place(
        &self,
        index: &SampleIndex,
        kind: TrackKind,
        timescale: u32,
        place: Place<'_>,
    ) -> Result<Placement, Error> {
        let place = place.at(ELST);
        let shift = self.delay.saturating_sub(self.media_time);
        // Times in `elst` are rounded to the movie timescale, commonly 1/1000 s.
        let slack = i64::from(timescale / 1000);
        let presented = |sample: &Sample| {
            i64::try_from(sample.dts)
                .unwrap_or(i64::MAX)
                .saturating_add(sample.composition_offset)
                .saturating_add(shift)
        };
        let first = match kind {
            TrackKind::Audio => index.samples(0..index.len()).find(|s| presented(s) >= -slack),
            TrackKind::Video => index.sync_samples().find(|s| presented(s) >= -slack),
        };
        let Some(first) = first else {
            return Err(place.unsupported("an edit list that leaves nothing of the track"));
        };
        let lost = index
            .samples(0..first.number)
            .any(|s| presented(&s) >= 0 && presented(&s) < presented(&first));
        if kind == TrackKind::Video && lost {
            return Err(place.unsupported("a presentation that starts inside a group of pictures"));
        }
        let start = presented(&first).max(0);
        let end = self.end(index, &first, presented, slack);
        if start > MAX_TIME as i64 {
            return Err(place.malformed("the track starts impossibly late"));
        }
        Ok(Placement {
            kept: first.number..end,
            decode_shift: start - i64::try_from(first.dts).unwrap_or(i64::MAX),
            offset_base: first.composition_offset,
            reorder_delay: match kind {
                TrackKind::Video => first.composition_offset - index.least_offset(),
                TrackKind::Audio => 0,
            },
        })
    }

    /// One past the last sample that is presented before the edit ends. Samples of the tail are
    /// cut in decode order, so a later reference frame stays while an earlier frame needs it.
    fn end(
        &self,
        index: &SampleIndex,
        first: &Sample,
        presented: impl Fn(&Sample) -> i64,
        slack: i64,
    ) -> u32 {
        let Some(duration) = self.duration else {
            return index.len();
        };
        let limit = self.delay.saturating_add(duration).saturating_add(slack);
        let mut end = index.len();
        // Only the tail can lie beyond the end; look at it from behind.
        while end > first.number + 1
            && index.sample(end - 1).is_some_and(|last| presented(&last) >= limit)
        {
            end -= 1;
        }
        end
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::boxes::Writer;
    use crate::index::OffsetRun;
    use crate::indexed::IndexedTrack;
    use crate::testing::{altered, audio, video};

    const PLACE: Place<'static> = Place { file: "a.mp4", track: 1, path: "" };

    /// Edits of duration (in 1/1000 s) and media time.
    fn parse(edits: &[(u32, i32)], media: u32) -> Result<Edit, Error> {
        let mut w = Writer::default();
        w.boxed(b"edts", |w| {
            w.full(b"elst", 0, 0, |w| {
                w.u32(u32::try_from(edits.len()).unwrap());
                for (duration, media_time) in edits {
                    w.u32(*duration);
                    w.put(&media_time.to_be_bytes());
                    w.u32(0x0001_0000);
                }
            });
        });
        Edit::parse(Reader::new(&w.into_bytes(), PLACE), 1000, media)
    }

    fn place(track: &IndexedTrack, edits: &[(u32, i32)]) -> Result<Placement, Error> {
        let edit = parse(edits, track.timescale())?;
        edit.place(track.index().unwrap(), track.kind(), track.timescale(), PLACE)
    }

    fn placement(kept: Range<u32>, decode_shift: i64, offset_base: i64) -> Placement {
        Placement { kept, decode_shift, offset_base, reorder_delay: 0 }
    }

    #[test]
    fn aac_priming_is_left_out() {
        let sound = audio(48_000, 1024, 100);
        let placed = place(&sound, &[(2112, 1024)]).unwrap();
        assert_eq!(placed, placement(1..100, -1024, 0));
        // 2112 samples of priming end inside a frame: that frame would start before time 0.
        let placed = place(&sound, &[(0, 2112)]).unwrap();
        assert_eq!(placed, placement(3..100, -2112, 0));
    }

    #[test]
    fn b_frames_start_at_zero_and_delays_count() {
        let picture = altered(video(25, 1, 100, 50), |_, index| {
            index.offsets = vec![OffsetRun { first: 0, offset: 2 }];
        });
        assert_eq!(place(&picture, &[(4000, 2)]).unwrap(), placement(0..100, 0, 2));
        // Without an edit the first frame is shown two frames late, and so it stays.
        assert_eq!(place(&picture, &[]).unwrap(), placement(0..100, 2, 2));
        let delayed = place(&picture, &[(1000, -1), (4000, 2)]).unwrap();
        assert_eq!(delayed, placement(0..100, 25, 2));
    }

    #[test]
    fn the_reorder_delay_makes_all_offsets_positive() {
        let picture = altered(video(25, 1, 100, 50), |_, index| {
            let offsets = [(0, 2), (1, 5), (2, 0)];
            index.offsets = offsets.map(|(first, offset)| OffsetRun { first, offset }).to_vec();
        });
        let placed = place(&picture, &[(4000, 2)]).unwrap();
        assert_eq!((placed.offset_base, placed.reorder_delay), (2, 2));
    }

    #[test]
    fn the_tail_behind_the_edit_is_cut() {
        let picture = video(25, 1, 100, 50);
        assert_eq!(place(&picture, &[(3000, 0)]).unwrap(), placement(0..75, 0, 0));
        // The second group of pictures only.
        assert_eq!(place(&picture, &[(1000, 50)]).unwrap(), placement(50..75, -50, 0));
    }

    #[test]
    fn refuses_edited_films() {
        let picture = video(25, 1, 100, 50);
        for edits in [&[(1000, 10)][..], &[(1000, 0), (1000, 50)], &[(1000, 5000)]] {
            let refused = place(&picture, edits);
            assert!(matches!(refused, Err(Error::Unsupported { .. })), "{edits:?}: {refused:?}");
        }
    }
}
