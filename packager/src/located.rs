//! A fragment that was found on the timeline.

use std::ops::Range;
use std::sync::Arc;

use crate::error::Error;
use crate::fragment::{Cut, FragmentNoun};
use crate::index::{Sample, SampleIndex};
use crate::moov::Track;

/// A fragment of which it is known what samples it has, but not yet where these are.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) file: Arc<str>,
    pub(crate) track: Arc<Track>,
    /// Numbers of its samples.
    pub(crate) samples: Range<u32>,
    /// The samples, if they are at hand.
    pub(crate) index: Option<Arc<SampleIndex>>,
    /// Number of the fragment, from 1.
    pub(crate) sequence: u32,
    pub(crate) start: u64,
    pub(crate) duration: u64,
    pub(crate) smooth: bool,
    pub(crate) noun: FragmentNoun,
}

impl Located {
    /// The fragment with the samples that are at hand.
    ///
    /// # Errors
    /// [`Error::SamplesUnknown`] if there are none.
    pub(crate) fn at_hand(self) -> Result<Cut, Error> {
        let unknown = || Error::SamplesUnknown { file: self.file.to_string() };
        let index = self.index.as_ref().ok_or_else(unknown)?;
        let samples = index.samples(self.samples.clone()).collect();
        Ok(self.with(samples))
    }

    /// The fragment with its samples.
    pub(crate) fn with(self, samples: Vec<Sample>) -> Cut {
        Cut {
            file: self.file,
            track: self.track,
            samples: self.noun.select(samples),
            sequence: self.sequence,
            start: self.start,
            duration: self.duration,
            smooth: self.smooth,
            noun: self.noun,
        }
    }
}
