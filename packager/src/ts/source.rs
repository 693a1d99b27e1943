//! What a segment is made of: the samples of one or two tracks.

use std::sync::Arc;

use super::access_unit;
use super::adts;
use super::pes::Times;
use super::psi;
use crate::codec::Codec;
use crate::error::Error;
use crate::index::Sample;
use crate::moov::Track;

/// Larger samples are refused: one sample has to be in memory as a whole. The largest picture that
/// H.264 allows, at level 6.2, has 27 MB (§A.3.1).
const LARGEST_SAMPLE: u32 = 32 << 20;
/// Larger parameter sets are refused: they are written before each key frame.
const LARGEST_SETS: usize = 16 << 10;

/// Samples of a track that go into one segment.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Name of the file that they lie in.
    pub(super) file: Arc<str>,
    pub(super) samples: Vec<Sample>,
    pub(super) times: Times,
    pub(super) format: Format,
}

/// How samples are written.
#[derive(Debug, Clone)]
pub(super) enum Format {
    Video(access_unit::Format),
    Audio(adts::Headers),
}

impl Format {
    /// # Errors
    /// [`Error::NotInTransportStream`].
    fn new(codec: &Codec) -> Result<Self, Error> {
        let refuse = |what: &str| Error::NotInTransportStream { what: what.to_owned() };
        match codec {
            Codec::Avc(_) | Codec::Hevc(_) => {
                let format = access_unit::Format::new(codec)
                    .ok_or_else(|| refuse("video whose NAL units have lengths of 1 or 2 bytes"))?;
                if format.parameter_sets() > LARGEST_SETS {
                    return Err(refuse("video with parameter sets of more than 16 KiB"));
                }
                Ok(Format::Video(format))
            }
            Codec::Aac(config) => adts::Headers::new(config)
                .map(Format::Audio)
                .ok_or_else(|| refuse("AAC with this channel layout or sampling rate")),
        }
    }

    /// PID and stream type.
    pub(super) fn stream(&self) -> psi::Stream {
        match self {
            Format::Video(format) if format.is_hevc() => (psi::VIDEO, psi::HEVC),
            Format::Video(_) => (psi::VIDEO, psi::AVC),
            Format::Audio(_) => (psi::AUDIO, psi::ADTS),
        }
    }
}

/// Whether a codec can be in a transport stream.
///
/// # Errors
/// [`Error::NotInTransportStream`].
pub(crate) fn check(codec: &Codec) -> Result<(), Error> {
    Format::new(codec).map(|_| ())
}

impl Source {
    /// The samples, in decode order. Those without bytes are left out: there is nothing to decode.
    ///
    /// # Errors
    /// [`Error::NotInTransportStream`].
    pub(crate) fn new(
        file: &Arc<str>,
        track: &Track,
        samples: impl Iterator<Item = Sample>,
    ) -> Result<Self, Error> {
        let format = Format::new(&track.codec)?;
        let (largest, what) = match &format {
            Format::Video(_) => (LARGEST_SAMPLE, "a picture of more than 32 MiB"),
            Format::Audio(_) => (LARGEST_FRAME, "an AAC frame of more than 8184 bytes"),
        };
        let samples: Vec<_> = samples.filter(|sample| sample.size > 0).collect();
        if samples.iter().any(|sample| sample.size > largest) {
            return Err(Error::NotInTransportStream { what: what.to_owned() });
        }
        Ok(Source { file: Arc::clone(file), samples, times: Times::of(track), format })
    }
}

/// What fits into a frame with an ADTS header.
const LARGEST_FRAME: u32 = (adts::LONGEST - adts::HEADER) as u32;
