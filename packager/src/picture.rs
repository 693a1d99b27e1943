//! Single pictures of a video.

use crate::error::Error;
use crate::format::{DashFormat, Format};
use crate::fragment::FragmentNoun;
use crate::index::Sample;
use crate::plan::Plan;
use crate::presentation::Presentation;
use crate::time::to_units;
use crate::track::Track;

impl Presentation {
    /// The key frame that is shown nearest to a time, among those of the fragment that the time
    /// lies in: a fragment of its own in the clear, which decodes behind the initialization segment
    /// for DASH.
    ///
    /// # Errors
    /// [`Error::NoSuchTrack`] and [`Error::NoSuchQuality`].
    pub fn key_frame(&self, track: &str, bitrate: u64, time: u64) -> Result<Plan<'static>, Error> {
        let stream = self.stream(track)?;
        let around = stream.timeline().around(time);
        let start = around.map_or(time, |chunk| chunk.start);
        let (format, noun) = (Format::Dash(DashFormat::Csf), FragmentNoun::Fragments);
        let mut located = stream.locate(bitrate, start, format, noun)?;
        located.near = Some(time);
        Ok(Plan::new(located, None))
    }
}

/// The key frame that is shown nearest to a time in 100-ns units; of two, the earlier one.
pub(crate) fn nearest(track: &Track, samples: Vec<Sample>, time: u64) -> Vec<Sample> {
    let shown = |sample: &Sample| {
        let decoded = track.decode_time(sample.dts);
        let offset = sample.composition_offset - track.placement.offset_base;
        to_units(decoded.saturating_add(offset), track.timescale)
    };
    let key_frames = samples.into_iter().filter(|sample| sample.sync);
    key_frames.min_by_key(|sample| shown(sample).abs_diff(time)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::presentation;
    use crate::view::Packaged;

    #[test]
    fn the_nearest_key_frame_of_the_fragment() {
        // Key frames every 2 s, fragments of 6, 6 and 2 s, 25 frames of 100 bytes a second.
        let presentation = presentation().unwrap();
        for (time, frame) in [
            (0, 0),
            (9_999_999, 0),
            (10_000_000, 0),
            (10_000_001, 50),
            (59_000_000, 100),
            (60_000_000, 150),
            (100_000_000, 250),
            (139_000_000, 300),
            (u64::MAX, 300),
        ] {
            let plan = presentation.key_frame("video", 500_000, time).unwrap();
            let Packaged::Clear(picture) = plan.package(&[]).unwrap() else { panic!() };
            let position = 40 + 100 * frame;
            let want = position..position + 100;
            assert_eq!(picture.ranges, std::slice::from_ref(&want), "{time}");
        }
        let unknown = presentation.key_frame("nix", 500_000, 0).unwrap_err();
        assert_eq!(unknown, Error::NoSuchTrack { track: "nix".to_owned() });
    }

    #[test]
    fn pictures_are_shown_as_the_file_says() {
        let mut track = crate::testing::video(25, 1, 50, 25).shared().as_ref().clone();
        assert_eq!(track.shown_size(), Some((640, 360)), "no size in tkhd");
        track.display[36..44].copy_from_slice(&[4, 0, 0, 0, 2, 64, 0, 0]);
        assert_eq!(track.shown_size(), Some((1024, 576)));
        // Turned by a quarter.
        track.display[4..8].copy_from_slice(&0x1_0000_u32.to_be_bytes());
        assert_eq!(track.shown_size(), Some((576, 1024)));
        let sound = crate::testing::audio(48_000, 1024, 10).shared();
        assert_eq!(sound.shown_size(), None);
    }
}
