//! Codec configuration records: what they say to a player.
//!
//! Codec strings follow RFC 6381 §3.3 and ISO/IEC 14496-15 annex E; `CodecPrivateData` follows
//! MS-SSTR §2.2.2.5.

use std::fmt::Write as _;

use crate::aac::AacConfig;
use crate::av1::Av1Config;
use crate::boxes::Reader;
use crate::dolby::DolbyConfig;
use crate::error::{Error, Place};

/// The codec of a track with its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Codec {
    /// H.264 (sample entry `avc1` or `avc3`).
    Avc(AvcConfig),
    /// H.265 (sample entry `hvc1` or `hev1`).
    Hevc(HevcConfig),
    /// AV1 (sample entry `av01`).
    Av1(Av1Config),
    /// AAC (sample entry `mp4a`).
    Aac(AacConfig),
    /// AC-3, Dolby Digital (sample entry `ac-3`).
    Ac3(DolbyConfig),
    /// Enhanced AC-3, Dolby Digital Plus (sample entry `ec-3`).
    Eac3(DolbyConfig),
}

impl Codec {
    /// The value for `CODECS` (RFC 8216) and `@codecs` (DASH), such as `avc1.64001F`.
    pub fn rfc6381(&self) -> String {
        match self {
            Codec::Avc(config) => format!(
                "{}.{:02X}{:02X}{:02X}",
                config.sample_entry.escape_ascii(),
                config.profile,
                config.compatibility,
                config.level
            ),
            Codec::Hevc(config) => config.rfc6381(),
            Codec::Av1(config) => config.rfc6381(),
            Codec::Aac(config) => format!("mp4a.40.{}", config.object_type),
            Codec::Ac3(_) => "ac-3".to_owned(),
            Codec::Eac3(_) => "ec-3".to_owned(),
        }
    }

    /// The name that people know it by.
    pub fn name(&self) -> &'static str {
        match self {
            Codec::Avc(_) => "H.264",
            Codec::Hevc(_) => "H.265",
            Codec::Av1(_) => "AV1",
            Codec::Aac(_) => "AAC",
            Codec::Ac3(_) => "AC-3",
            Codec::Eac3(_) => "E-AC-3",
        }
    }

    /// What Smooth Streaming has no way to describe: the codec, or that of this codec.
    pub(crate) fn not_in_smooth(&self) -> Option<&'static str> {
        match self {
            // `CodecPrivateData` is all that a client gets (MS-SSTR §2.2.2.5).
            Codec::Avc(AvcConfig { parameter_sets, .. })
            | Codec::Hevc(HevcConfig { parameter_sets, .. })
                if parameter_sets.is_empty() =>
            {
                Some("video whose parameter sets are in its samples")
            }
            Codec::Avc(_) | Codec::Hevc(_) | Codec::Aac(_) => None,
            Codec::Av1(_) | Codec::Ac3(_) | Codec::Eac3(_) => Some(self.name()),
        }
    }

    /// Whether common encryption can be applied here. AV1 needs the parts of each frame told apart
    /// (AV1 ISOBMFF §4.2), which is not done.
    pub fn fits_common_encryption(&self) -> bool {
        !matches!(self, Codec::Av1(_))
    }

    /// `FourCC` of a Smooth Streaming quality level, and of filters.
    pub fn four_cc(&self) -> &'static str {
        match self {
            Codec::Avc(_) => "H264",
            Codec::Hevc(_) => "HVC1",
            Codec::Av1(_) => "AV01",
            Codec::Aac(config) if config.object_type == 2 => "AACL",
            Codec::Aac(_) => "AACH",
            Codec::Ac3(_) => "AC-3",
            Codec::Eac3(_) => "EC-3",
        }
    }

    /// `CodecPrivateData` of a Smooth Streaming quality level, in hexadecimal: the parameter sets
    /// with Annex B start codes for video, the AudioSpecificConfig for AAC; empty for what does not
    /// fit into Smooth Streaming.
    pub fn private_data(&self) -> String {
        match self {
            Codec::Avc(config) => annex_b(&config.parameter_sets),
            Codec::Hevc(config) => annex_b(&config.parameter_sets),
            Codec::Aac(config) => hex(&config.specific_config),
            Codec::Av1(_) | Codec::Ac3(_) | Codec::Eac3(_) => String::new(),
        }
    }
}

/// What an `avcC` box says (ISO/IEC 14496-15 §5.3.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvcConfig {
    /// `avc1` or `avc3`.
    pub sample_entry: [u8; 4],
    /// AVCProfileIndication.
    pub profile: u8,
    /// profile_compatibility: the constraint flags.
    pub compatibility: u8,
    /// AVCLevelIndication.
    pub level: u8,
    /// Bytes of the length before each NAL unit: 1, 2 or 4.
    pub nal_length: u8,
    /// Sequence, then picture parameter sets, without start codes.
    pub parameter_sets: Vec<Vec<u8>>,
}

impl AvcConfig {
    pub(crate) fn parse(sample_entry: [u8; 4], mut r: Reader<'_>) -> Result<Self, Error> {
        let version = r.u8()?;
        if version != 1 {
            return Err(r.place().unsupported(format!("avcC version {version}")));
        }
        let (profile, compatibility, level) = (r.u8()?, r.u8()?, r.u8()?);
        let nal_length = nal_length(r.u8()?, r.place())?;
        let mut parameter_sets = Vec::new();
        for mask in [0x1f, 0xff] {
            let count = r.u8()? & mask;
            for _ in 0..count {
                parameter_sets.push(sized(&mut r)?.to_vec());
            }
        }
        Ok(AvcConfig { sample_entry, profile, compatibility, level, nal_length, parameter_sets })
    }
}

/// What an `hvcC` box says (ISO/IEC 14496-15 §8.3.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HevcConfig {
    /// `hvc1` or `hev1`.
    pub sample_entry: [u8; 4],
    /// general_profile_space, 0 to 3.
    pub profile_space: u8,
    /// general_tier_flag: true for the High tier.
    pub high_tier: bool,
    /// general_profile_idc.
    pub profile: u8,
    /// general_profile_compatibility_flags.
    pub compatibility: u32,
    /// general_constraint_indicator_flags, most significant byte first.
    pub constraints: [u8; 6],
    /// general_level_idc.
    pub level: u8,
    /// Bytes of the length before each NAL unit: 1, 2 or 4.
    pub nal_length: u8,
    /// Video, sequence, then picture parameter sets, without start codes.
    pub parameter_sets: Vec<Vec<u8>>,
}

/// Most parameter sets that H.265 has numbers for: 16 of video, 16 of sequences and 64 of pictures
/// (ITU-T H.265 §7.4.3). The box has room for millions of empty ones.
const MAX_HEVC_SETS: usize = 16 + 16 + 64;

impl HevcConfig {
    pub(crate) fn parse(sample_entry: [u8; 4], mut r: Reader<'_>) -> Result<Self, Error> {
        // Writers before the final standard used version 0 for the same layout.
        let version = r.u8()?;
        if version > 1 {
            return Err(r.place().unsupported(format!("hvcC version {version}")));
        }
        let general = r.u8()?;
        let compatibility = r.u32()?;
        let mut constraints = [0; 6];
        constraints.copy_from_slice(r.take(6)?);
        let level = r.u8()?;
        // Segmentation, parallelism, chroma, bit depths, average frame rate.
        r.take(8)?;
        let nal_length = nal_length(r.u8()?, r.place())?;
        let mut parameter_sets = Vec::new();
        for _ in 0..r.u8()? {
            let kind = r.u8()? & 0x3f;
            for _ in 0..r.u16()? {
                let unit = sized(&mut r)?;
                // VPS, SPS and PPS; SEI messages do not belong in CodecPrivateData.
                if !(32..=34).contains(&kind) {
                    continue;
                }
                if parameter_sets.len() == MAX_HEVC_SETS {
                    let problem = format!("more than {MAX_HEVC_SETS} parameter sets");
                    return Err(r.place().malformed(problem));
                }
                parameter_sets.push(unit.to_vec());
            }
        }
        Ok(HevcConfig {
            sample_entry,
            profile_space: general >> 6,
            high_tier: general & 0x20 != 0,
            profile: general & 0x1f,
            compatibility,
            constraints,
            level,
            nal_length,
            parameter_sets,
        })
    }

    /// ISO/IEC 14496-15 §E.3: the compatibility flags are in reverse bit order, and trailing zero
    /// bytes of the constraint flags are left out.
    fn rfc6381(&self) -> String {
        let mut text = format!("{}.", self.sample_entry.escape_ascii());
        if let Some(space) = [None, Some('A'), Some('B'), Some('C')]
            .get(usize::from(self.profile_space))
            .copied()
            .flatten()
        {
            text.push(space);
        }
        let tier = if self.high_tier { 'H' } else { 'L' };
        let compatibility = self.compatibility.reverse_bits();
        // Writing to a String cannot fail.
        let _ = write!(text, "{}.{compatibility:X}.{tier}{}", self.profile, self.level);
        let used = self.constraints.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        for byte in self.constraints.iter().take(used) {
            let _ = write!(text, ".{byte:X}");
        }
        text
    }
}

fn nal_length(byte: u8, place: Place<'_>) -> Result<u8, Error> {
    match byte & 3 {
        2 => Err(place.malformed("NAL unit lengths of 3 bytes are not allowed")),
        minus_one => Ok(minus_one + 1),
    }
}

/// Bytes behind a 16-bit length.
fn sized<'a>(r: &mut Reader<'a>) -> Result<&'a [u8], Error> {
    let len = r.u16()?;
    r.take(usize::from(len))
}

fn annex_b(units: &[Vec<u8>]) -> String {
    units.iter().map(|unit| format!("00000001{}", hex(unit))).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PLACE: Place<'static> = Place { file: "a.mp4", track: 1, path: "stsd" };

    #[test]
    fn avc_configuration() {
        let bytes = [1, 0x64, 0, 0x1f, 0xff, 0xe1, 0, 3, 0x67, 0x64, 0, 1, 0, 2, 0x68, 0xee];
        let config = AvcConfig::parse(*b"avc1", Reader::new(&bytes, PLACE)).unwrap();
        assert_eq!(config.nal_length, 4);
        let codec = Codec::Avc(config);
        assert_eq!(codec.rfc6381(), "avc1.64001F");
        assert_eq!(codec.private_data(), "000000016764000000000168EE");
        assert_eq!(codec.four_cc(), "H264");
    }

    #[test]
    fn parameter_sets_of_hevc_have_a_limit() {
        let parse = |count: u8| {
            let mut bytes = [&[1; 23][..], &[33, 0, count]].concat();
            bytes[21] = 3;
            bytes.resize(bytes.len() + 2 * usize::from(count), 0);
            HevcConfig::parse(*b"hvc1", Reader::new(&bytes, PLACE))
        };
        assert_eq!(parse(96).unwrap().parameter_sets.len(), 96);
        assert!(parse(97).unwrap_err().to_string().contains("more than 96 parameter sets"));
    }

    #[test]
    fn hevc_codec_strings_of_the_standard() {
        let mut config = HevcConfig {
            sample_entry: *b"hev1",
            profile_space: 0,
            high_tier: false,
            profile: 1,
            compatibility: 0x6000_0000,
            constraints: [0xb0, 0, 0, 0, 0, 0],
            level: 93,
            nal_length: 4,
            parameter_sets: vec![],
        };
        assert_eq!(config.rfc6381(), "hev1.1.6.L93.B0");
        config.profile_space = 1;
        config.high_tier = true;
        config.constraints = [0; 6];
        assert_eq!(config.rfc6381(), "hev1.A1.6.H93");
    }
}
