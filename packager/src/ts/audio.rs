//! Audio frames: what goes before them, and what the program map says of them.

use super::adts;
use super::dolby;
use super::pes::LONGEST_PAYLOAD;
use super::psi::{self, Stream};
use crate::codec::Codec;
use crate::dolby::DolbyConfig;
use crate::track::Track;

/// Streams of MPEG audio, the first one; and private streams, as AC-3 is for MPEG-2 (ISO/IEC
/// 13818-1 table 2-22, ATSC A/52 §A3.4).
const MPEG_AUDIO: u8 = 0xc0;
const PRIVATE: u8 = 0xbd;

/// PES packets of audio have as many frames as begin within this part of a second. It is what may
/// lie between two clock references (ISO/IEC 13818-1 §2.7.2): where there is no video, each packet
/// has one.
const INTERVAL: u32 = 10;

/// How the frames of an audio track are carried.
#[derive(Debug, Clone)]
pub(crate) enum Format {
    /// AAC with ADTS headers.
    Aac(adts::Headers),
    /// AC-3, which has its own headers.
    Ac3(DolbyConfig),
    /// E-AC-3, the same. A sample of MP4 has all substreams (ETSI TS 102 366 §F.6).
    Eac3(DolbyConfig),
}

impl Format {
    /// `None` for other codecs, and for AAC that has no ADTS header.
    pub(super) fn new(codec: &Codec) -> Option<Self> {
        match codec {
            Codec::Aac(config) => adts::Headers::new(config).map(Format::Aac),
            Codec::Ac3(config) => Some(Format::Ac3(config.clone())),
            Codec::Eac3(config) => Some(Format::Eac3(config.clone())),
            Codec::Avc(_) | Codec::Hevc(_) | Codec::Av1(_) => None,
        }
    }

    /// Its entry in the program map.
    pub(super) fn stream(&self) -> Stream {
        let (stream_type, descriptors) = match self {
            Format::Aac(_) => (psi::ADTS, Vec::new()),
            Format::Ac3(config) => (psi::AC3, dolby::ac3_descriptors(config)),
            Format::Eac3(config) => (psi::EAC3, dolby::eac3_descriptors(config)),
        };
        Stream { pid: psi::AUDIO, stream_type, descriptors }
    }

    /// stream_id of its PES packets.
    pub(super) fn stream_id(&self) -> u8 {
        match self {
            Format::Aac(_) => MPEG_AUDIO,
            Format::Ac3(_) | Format::Eac3(_) => PRIVATE,
        }
    }

    /// Length of what goes before each frame.
    pub(super) fn header_length(&self) -> usize {
        match self {
            Format::Aac(_) => adts::HEADER,
            Format::Ac3(_) | Format::Eac3(_) => 0,
        }
    }

    /// The largest frame that can be carried.
    pub(super) fn largest_frame(&self) -> usize {
        match self {
            Format::Aac(_) => adts::LONGEST - adts::HEADER,
            Format::Ac3(_) | Format::Eac3(_) => LONGEST_PAYLOAD,
        }
    }

    /// Writes a frame with what goes before it.
    pub(super) fn write(&self, frame: &[u8], size: usize, out: &mut Vec<u8>) {
        if let Format::Aac(headers) = self {
            out.extend_from_slice(&headers.of(size));
        }
        out.extend_from_slice(frame);
    }
}

/// How long the frames of one PES packet last together at most, in units of the track.
pub(super) fn interval(timescale: u32) -> u64 {
    u64::from(timescale / INTERVAL)
}

/// How many PES packets so many frames of a track, of so many bytes, take at most, unless there are
/// gaps between them.
pub(super) fn packets_limit(track: &Track, frames: u64, bytes: u64) -> u64 {
    let kept = &track.placement.kept;
    let count = u64::from(kept.end.saturating_sub(kept.start)).max(1);
    let mean = track.totals.kept_end.saturating_sub(track.totals.kept_start).div_ceil(count);
    let interval = interval(track.timescale);
    let together = match track.totals.usual_duration {
        Some(usual) => interval / u64::from(usual.max(1)),
        // Some frames last longer than others.
        None => (interval / mean.max(1)).saturating_sub(1),
    };
    // Any two packets have more bytes than one may have.
    let full = 2 * bytes / LONGEST_PAYLOAD as u64;
    (frames.div_ceil(together.max(1)) + full).min(frames)
}
