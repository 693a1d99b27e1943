//! A fragment that was found on the timeline.

use std::ops::Range;
use std::sync::Arc;

use crate::error::Error;
use crate::format::Format;
use crate::fragment::{Cut, FragmentNoun};
use crate::index::Sample;
use crate::indexed::FragmentSamples;
use crate::picture;
use crate::stream::{Quality, Stream};
use crate::track::Track;

/// A fragment of which it is known what samples it has, but not yet where these are.
#[derive(Debug, Clone)]
pub(crate) struct Located {
    pub(crate) file: Arc<str>,
    pub(crate) track: Arc<Track>,
    /// Numbers of its samples.
    pub(crate) samples: Range<u32>,
    /// Where these are described.
    pub(crate) source: FragmentSamples,
    /// Number of the fragment, from 1.
    pub(crate) sequence: u32,
    pub(crate) start: u64,
    pub(crate) duration: u64,
    pub(crate) smooth: bool,
    pub(crate) noun: FragmentNoun,
    /// Of its samples, only the key frame that is shown nearest to this time, in 100-ns units.
    pub(crate) near: Option<u64>,
}

impl Stream {
    /// Finds the fragment of a quality level that starts at `start`, and which samples it has.
    ///
    /// # Errors
    /// [`Error::NoSuchQuality`] and [`Error::NoSuchTime`].
    pub(crate) fn locate(
        &self,
        bitrate: u64,
        start: u64,
        format: Format,
        noun: FragmentNoun,
    ) -> Result<Located, Error> {
        let quality = self.quality(bitrate)?;
        let found = self.timeline().find(start).and_then(|number| {
            let located = Located::of(quality, number..number + 1)?;
            Some((located, number, self.timeline().chunk(number)?))
        });
        let Some((located, number, chunk)) = found else {
            return Err(Error::NoSuchTime { track: self.name().to_owned(), start });
        };
        Ok(Located {
            sequence: u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1),
            start: chunk.start,
            duration: chunk.duration,
            smooth: matches!(format, Format::Smooth(_)),
            noun,
            ..located
        })
    }
}

impl Located {
    /// The samples of fragments that follow each other, or of none, with no time of their own.
    pub(crate) fn of(quality: &Quality, fragments: Range<usize>) -> Option<Self> {
        let (samples, source) = if fragments.is_empty() {
            (0..0, quality.samples.of(0)?)
        } else {
            (quality.numbers(fragments.clone())?, quality.samples.of_all(fragments)?)
        };
        Some(Located {
            file: Arc::clone(&quality.file),
            track: Arc::clone(&quality.track),
            samples,
            source,
            sequence: 0,
            start: 0,
            duration: 0,
            smooth: false,
            noun: FragmentNoun::Fragments,
            near: None,
        })
    }

    /// The range of the index of the file that describes the samples; `None` where these are at
    /// hand.
    pub(crate) fn described(&self) -> Option<Range<u64>> {
        match &self.source {
            FragmentSamples::Described(range) if !self.samples.is_empty() => Some(range.clone()),
            _ => None,
        }
    }

    /// The fragment with the samples that are at hand.
    ///
    /// # Errors
    /// [`Error::SamplesUnknown`] if they are not.
    pub(crate) fn at_hand(self) -> Result<Cut, Error> {
        self.read(&mut std::iter::empty())
    }

    /// The fragment with its samples: those at hand, or those that the next bytes describe.
    ///
    /// # Errors
    /// [`Error::SamplesUnknown`] without bytes, and [`Error::DamagedIndex`].
    pub(crate) fn read<'a>(self, read: &mut impl Iterator<Item = &'a [u8]>) -> Result<Cut, Error> {
        let samples = match &self.source {
            _ if self.samples.is_empty() => Vec::new(),
            FragmentSamples::Tables(index) => index.samples(self.samples.clone()).collect(),
            FragmentSamples::Described(_) => {
                let unknown = || Error::SamplesUnknown { file: self.file.to_string() };
                let bytes = read.next().ok_or_else(unknown)?;
                let samples = crate::sidecar::samples(bytes, self.samples.clone());
                samples.map_err(|damaged| damaged.of(&self.file))?
            }
        };
        Ok(self.with(samples))
    }

    fn with(self, samples: Vec<Sample>) -> Cut {
        let samples = match self.near {
            Some(time) => picture::nearest(&self.track, samples, time),
            None => self.noun.select(samples),
        };
        Cut {
            file: self.file,
            track: self.track,
            samples,
            sequence: self.sequence,
            start: self.start,
            duration: self.duration,
            smooth: self.smooth,
            noun: self.noun,
        }
    }
}
