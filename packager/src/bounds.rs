//! Bounds on what a presentation takes, whatever its files say.
//!
//! A few bytes of a file stand for many equal samples, and a server manifest may name one track a
//! thousand times. The work and the memory that a rendition takes go with its key frames and its
//! fragments, so it is these that have limits, for all renditions together.

use crate::error::Error;
use crate::outline::MAX_ROWS;
use crate::stream::Rendition;
use crate::timeline::{Cuts, TARGET, Timeline};
use crate::track::{MAX_DURATION, Track};

/// Most fragments of all renditions together: forty renditions of a week.
const MAX_FRAGMENTS: u64 = 1 << 22;

/// Most samples of a fragment: more than an hour at 60 frames per second.
const MAX_SAMPLES: u32 = 1 << 18;

/// Refuses renditions that are not to be cut.
///
/// # Errors
/// [`Error::Unsupported`].
pub(crate) fn check(renditions: &[Rendition]) -> Result<(), Error> {
    let (mut rows, mut fragments) = (0, 0);
    for Rendition { file, track, .. } in renditions {
        // What starts late makes as many fragments of what it goes with as what lasts long.
        if track.end() > MAX_DURATION {
            return Err(unsupported(file, track, "an end after more than 31 days"));
        }
        rows += track.outline().rows();
        if rows > MAX_ROWS {
            return Err(unsupported(file, track, "a presentation of so many key frames"));
        }
        // None is shorter than the rest of its stream but the first and the last one.
        fragments += track.end() / TARGET + 2;
        if fragments > MAX_FRAGMENTS {
            return Err(unsupported(file, track, "a presentation of so many fragments"));
        }
    }
    Ok(())
}

/// Refuses a timeline of video that goes on long after its track: composition offsets can do that.
///
/// # Errors
/// [`Error::Unsupported`].
pub(crate) fn check_end(rendition: &Rendition, timeline: &Timeline) -> Result<(), Error> {
    if timeline.end() > MAX_DURATION {
        let what = "a key frame after more than 31 days";
        return Err(unsupported(&rendition.file, &rendition.track, what));
    }
    Ok(())
}

/// Refuses fragments of more samples than can be served: whoever asks for one has all of them
/// described in memory.
///
/// # Errors
/// [`Error::Unsupported`].
pub(crate) fn check_lengths(file: &str, track: &Track, cuts: &Cuts) -> Result<(), Error> {
    let ends = cuts.iter().skip(1).chain([&track.placement.kept.end]);
    match cuts.iter().zip(ends).map(|(start, end)| end.saturating_sub(*start)).max() {
        Some(longest) if longest > MAX_SAMPLES => {
            Err(unsupported(file, track, format!("a fragment of {longest} samples")))
        }
        _ => Ok(()),
    }
}

fn unsupported(file: &str, track: &Track, what: impl Into<String>) -> Error {
    Error::Unsupported {
        file: file.to_owned(),
        place: format!("track {}", track.id),
        what: what.into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use super::*;
    use crate::index::OffsetRun;
    use crate::indexed::IndexedTrack;
    use crate::presentation::Presentation;
    use crate::testing::{altered, audio, video};

    fn refused(tracks: Vec<IndexedTrack>, times: usize) -> String {
        let rendition = |track| Rendition::new("a.mp4", Arc::new(track));
        let renditions: Vec<_> = tracks.into_iter().map(rendition).collect();
        let many = std::iter::repeat_n(renditions, times).flatten();
        Presentation::new(many.collect()).unwrap_err().to_string()
    }

    #[test]
    fn what_starts_in_a_thousand_years_is_refused() {
        let late = altered(audio(48_000, 1024, 500), |track, _| {
            track.placement.decode_shift = 1000 * 365 * 24 * 3600 * 48_000;
        });
        let error = refused(vec![audio(48_000, 1024, 500), late], 1);
        assert!(error.contains("an end after more than 31 days"), "{error}");
    }

    #[test]
    fn what_is_shown_in_years_is_refused() {
        let late = altered(video(1, 1, 100, 50), |_, index| {
            let offsets = [(0, 0), (50, i32::MAX)];
            index.offsets = offsets.map(|(first, offset)| OffsetRun { first, offset }).to_vec();
        });
        let error = refused(vec![late], 1);
        assert!(error.contains("a key frame after more than 31 days"), "{error}");
    }

    #[test]
    fn a_track_that_is_named_a_thousand_times_is_refused() {
        let started = std::time::Instant::now();
        let error = refused(vec![audio(1, 6, 400_000)], 1024);
        assert!(error.contains("so many fragments"), "{error}");
        let error = refused(vec![video(12_800, 512, 100_000, 1)], 1024);
        assert!(error.contains("so many key frames"), "{error}");
        assert!(started.elapsed() < std::time::Duration::from_secs(5));
    }
}
