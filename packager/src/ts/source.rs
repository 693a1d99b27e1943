//! What a segment is made of: the samples of one or two tracks.

use std::sync::Arc;

use super::packet::PACKET;
use super::pes::{self, Times};
use super::{access_unit, adts, psi};
use crate::codec::Codec;
use crate::error::Error;
use crate::index::Sample;
use crate::moov::Track;

/// Larger samples are refused: one sample has to be in memory as a whole. The largest picture that
/// H.264 allows, at level 6.2, has 27 MB (§A.3.1).
const LARGEST_SAMPLE: u32 = 32 << 20;
/// Larger parameter sets are refused: they are written before each key frame.
const LARGEST_SETS: usize = 16 << 10;

/// Adaptation field with the program clock, and PES header: of video at most, and of audio.
const VIDEO_OVERHEAD: u64 = 8 + 19;
const AUDIO_OVERHEAD: u64 = 8 + pes::AUDIO_HEADER as u64;

/// Audio frames are put into one PES packet up to so many bytes: as many as fill 16 transport
/// packets with its header. Less would waste packets, more would delay sound that is muxed.
pub(super) const AUDIO_PES: u64 = 16 * 184 - AUDIO_OVERHEAD;

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
pub(crate) enum Format {
    Video(access_unit::Format),
    Audio(adts::Headers),
}

impl Format {
    /// # Errors
    /// [`Error::NotInTransportStream`] for a codec that has no place there.
    pub(crate) fn new(codec: &Codec) -> Result<Self, Error> {
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
            other => Err(refuse(other.name())),
        }
    }

    /// How long a segment of so many samples, key frames among them, and bytes of media data is at
    /// most. Each access unit may leave most of a packet empty; that many do is what makes this
    /// larger than what comes out.
    pub(crate) fn segment_limit(&self, samples: u64, keys: u64, data: u64) -> u64 {
        let (units, bytes) = match self {
            Format::Video(format) => {
                let sets = format.parameter_sets() as u64 * keys;
                (samples, data + samples * (VIDEO_OVERHEAD + format.added(false) as u64) + sets)
            }
            Format::Audio(_) => {
                let frames = data + samples * adts::HEADER as u64;
                // A PES packet is full when the next frame does not fit.
                let least = AUDIO_PES.saturating_sub(frames / samples.max(1)).max(AUDIO_PES / 2);
                let units = frames.div_ceil(least);
                (units, frames + units * AUDIO_OVERHEAD)
            }
        };
        // The tables, and what makes the continuity counters come out even.
        let packets = 2 + 16 + bytes / 184 + units;
        packets * PACKET as u64
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
