//! What a segment is made of: the samples of one or two tracks.

use std::sync::Arc;

use super::packet::PACKET;
use super::pes::{self, Times};
use super::psi::{self, Stream};
use super::{access_unit, audio};
use crate::codec::Codec;
use crate::error::Error;
use crate::index::Sample;
use crate::track::Track;

/// Larger samples are refused: one sample has to be in memory as a whole. The largest picture that
/// H.264 allows, at level 6.2, has 27 MB (§A.3.1).
const LARGEST_SAMPLE: usize = 32 << 20;
/// Larger parameter sets are refused: they are written before each key frame.
const LARGEST_SETS: usize = 16 << 10;

/// Adaptation field with the program clock, and PES header: of video at most, and of audio.
const VIDEO_OVERHEAD: u64 = 8 + 19;
const AUDIO_OVERHEAD: u64 = 8 + pes::AUDIO_HEADER as u64;

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
    Audio(audio::Format),
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
            Codec::Aac(_) | Codec::Ac3(_) | Codec::Eac3(_) => audio::Format::new(codec)
                .map(Format::Audio)
                .ok_or_else(|| refuse("AAC with this channel layout or sampling rate")),
            Codec::Av1(_) => Err(refuse(codec.name())),
        }
    }

    /// How long a segment of so many samples of a track, key frames among them, and bytes of media
    /// data is at most; `duration` is in 100-ns units. Each PES packet may leave most of a transport
    /// packet empty; that many do is what makes this larger than what comes out.
    pub(crate) fn segment_limit(
        &self,
        track: &Track,
        samples: u64,
        keys: u64,
        data: u64,
        duration: u64,
    ) -> u64 {
        let times = Times::of(track);
        let usual = track.totals.usual_duration;
        // Frames that come often enough bring the clock themselves.
        let clocks = match usual.map(|usual| times.more_clocks(usual.into())) {
            Some(0) => 0,
            _ => pes::clocks_within(duration),
        };
        let (units, bytes) = match self {
            Format::Video(format) => {
                let sets = format.parameter_sets() as u64 * keys;
                (samples, data + samples * (VIDEO_OVERHEAD + format.added(false) as u64) + sets)
            }
            Format::Audio(format) => {
                let frames = data + samples * format.header_length() as u64;
                let units = audio::packets_limit(track, samples, frames);
                (units, frames + units * AUDIO_OVERHEAD)
            }
        };
        // The tables, and what makes the continuity counters come out even.
        let packets = 2 + 16 + bytes / 184 + units + clocks;
        packets * PACKET as u64
    }

    pub(super) fn pid(&self) -> u16 {
        match self {
            Format::Video(_) => psi::VIDEO,
            Format::Audio(_) => psi::AUDIO,
        }
    }

    /// Its entry in the program map.
    pub(super) fn stream(&self) -> Stream {
        let video = |stream_type| Stream { pid: psi::VIDEO, stream_type, descriptors: Vec::new() };
        match self {
            Format::Video(format) if format.is_hevc() => video(psi::HEVC),
            Format::Video(_) => video(psi::AVC),
            Format::Audio(format) => format.stream(),
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
            Format::Video(_) => (LARGEST_SAMPLE, "picture"),
            Format::Audio(format) => (format.largest_frame(), "frame of sound"),
        };
        let samples: Vec<_> = samples.filter(|sample| sample.size > 0).collect();
        if samples.iter().any(|sample| sample.size as usize > largest) {
            let what = format!("a {what} of more than {largest} bytes");
            return Err(Error::NotInTransportStream { what });
        }
        Ok(Source { file: Arc::clone(file), samples, times: Times::of(track), format })
    }
}
