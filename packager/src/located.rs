//! A fragment that was found on the timeline.

use std::ops::Range;
use std::sync::Arc;

use crate::error::Error;
use crate::fragment::{Cut, FragmentNoun};
use crate::index::Sample;
use crate::indexed::FragmentSamples;
use crate::moov::Track;
use crate::picture;

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

impl Located {
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
