//! AAC configuration: the `esds` box and the AudioSpecificConfig in it.

use crate::bits::Bits;
use crate::boxes::Reader;
use crate::error::{Error, Place};

/// Sampling rates by `samplingFrequencyIndex` (ISO/IEC 14496-3 table 1.18).
const SAMPLING_RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

/// What the `esds` box of an AAC track says (ISO/IEC 14496-1 §7.2.6, 14496-3 §1.6.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AacConfig {
    /// Audio object type: 2 for AAC-LC, 5 for HE-AAC, 29 for HE-AAC v2.
    pub object_type: u8,
    /// Output sampling rate in Hz, after spectral band replication if that is signalled.
    pub sampling_rate: u32,
    /// Number of output channels.
    pub channels: u16,
    /// channelConfiguration, 0 when a program config element carries the layout.
    pub channel_configuration: u8,
    /// The AudioSpecificConfig.
    pub specific_config: Vec<u8>,
}

/// What the frames of the AAC core are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Core {
    /// samplingFrequencyIndex.
    pub(crate) frequency_index: u8,
    pub(crate) channel_configuration: u8,
}

impl AacConfig {
    /// The AAC core, before spectral band replication; `None` if its frames do not have 1024
    /// samples, or its rate has no index.
    pub(crate) fn core(&self) -> Option<Core> {
        let place = Place { file: "", track: 0, path: "" };
        let mut bits = Bits::new(&self.specific_config, place);
        let object_type = bits.object_type().ok()?;
        let frequency_index = bits.take(4).ok()? as u8;
        let channel_configuration = bits.take(4).ok()? as u8;
        SAMPLING_RATES.get(usize::from(frequency_index))?;
        if matches!(object_type, 5 | 29) {
            bits.sampling_rate().ok()?;
            bits.object_type().ok()?;
        }
        // GASpecificConfig begins with frameLengthFlag (ISO/IEC 14496-3 §4.4.1).
        let short_frames = bits.take(1).ok()? == 1;
        (!short_frames).then_some(Core { frequency_index, channel_configuration })
    }

    /// Parses the payload of an `esds` box behind version and flags; `entry_channels` is the
    /// channel count of the sample entry, for layouts that the configuration does not number.
    pub(crate) fn parse(r: Reader<'_>, entry_channels: u16) -> Result<Self, Error> {
        let place = r.place();
        let specific_config = decoder_specific_info(r)?;
        let mut bits = Bits::new(specific_config, place);
        let mut object_type = bits.object_type()?;
        let mut sampling_rate = bits.sampling_rate()?;
        let configuration = bits.take(4)? as u8;
        let mut signalled = object_type;
        if matches!(object_type, 5 | 29) {
            sampling_rate = bits.sampling_rate()?;
            object_type = bits.object_type()?;
        }
        if object_type != 2 {
            return Err(place.unsupported(format!("MPEG-4 audio object type {object_type}")));
        }
        if signalled == object_type
            && let Some(extension) = bits.extension(configuration)
        {
            (signalled, sampling_rate) = extension;
        }
        let channels = match configuration {
            // Parametric stereo is coded as one channel and comes out as two.
            1 if signalled == 29 => 2,
            1..=6 => u16::from(configuration),
            7 | 12 | 14 => 8,
            11 => 7,
            _ => entry_channels,
        };
        Ok(AacConfig {
            object_type: signalled,
            sampling_rate,
            channels,
            channel_configuration: configuration,
            specific_config: specific_config.to_vec(),
        })
    }
}

/// Finds DecoderSpecificInfo in an ES_Descriptor.
fn decoder_specific_info(r: Reader<'_>) -> Result<&[u8], Error> {
    const ES: u8 = 3;
    const DECODER_CONFIG: u8 = 4;
    const DECODER_SPECIFIC: u8 = 5;
    const MPEG4_AUDIO: u8 = 0x40;

    let place = r.place();
    let mut es = Reader::new(descriptor(r, ES)?, place);
    es.u16()?;
    let flags = es.u8()?;
    if flags & 0x80 != 0 {
        es.u16()?;
    }
    if flags & 0x40 != 0 {
        let len = es.u8()?;
        es.take(usize::from(len))?;
    }
    if flags & 0x20 != 0 {
        es.u16()?;
    }
    let mut config = Reader::new(descriptor(es, DECODER_CONFIG)?, place);
    let object = config.u8()?;
    if object != MPEG4_AUDIO {
        return Err(place.unsupported(format!("audio object type indication 0x{object:02X}")));
    }
    // Stream type, buffer size, maximum and average bitrate.
    config.take(12)?;
    descriptor(config, DECODER_SPECIFIC)
}

/// The payload of the first descriptor with this tag.
fn descriptor(mut r: Reader<'_>, tag: u8) -> Result<&[u8], Error> {
    while !r.rest().is_empty() {
        let found = r.u8()?;
        let mut len = 0usize;
        for _ in 0..4 {
            let byte = r.u8()?;
            len = len << 7 | usize::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                break;
            }
        }
        let payload = r.take(len)?;
        if found == tag {
            return Ok(payload);
        }
    }
    Err(r.place().malformed(format!("descriptor {tag} is missing")))
}

/// The parts of an AudioSpecificConfig.
impl Bits<'_> {
    fn object_type(&mut self) -> Result<u8, Error> {
        let short = self.take(5)?;
        let object_type = if short == 31 { 32 + self.take(6)? } else { short };
        Ok(object_type as u8)
    }

    /// Spectral band replication that is told behind the configuration of the core, where decoders
    /// that do not have it do not look (ISO/IEC 14496-3 §1.6.5): the object type with it, and the
    /// sampling rate of the output.
    fn extension(&mut self, channel_configuration: u8) -> Option<(u8, u32)> {
        const SPECTRAL_BAND_REPLICATION: u32 = 0x2b7;
        const PARAMETRIC_STEREO: u32 = 0x548;

        // GASpecificConfig (§4.4.1), in which 0 announces a program config element.
        let _frame_length = self.take(1).ok()?;
        if self.take(1).ok()? == 1 {
            let _core_coder_delay = self.take(14).ok()?;
        }
        let is_extended = self.take(1).ok()? == 1;
        if is_extended || channel_configuration == 0 {
            return None;
        }
        let is_told = self.take(11).ok()? == SPECTRAL_BAND_REPLICATION
            && self.object_type().ok()? == 5
            && self.take(1).ok()? == 1;
        if !is_told {
            return None;
        }
        let sampling_rate = self.sampling_rate().ok()?;
        let is_stereo =
            self.take(11).ok() == Some(PARAMETRIC_STEREO) && self.take(1).ok() == Some(1);
        Some((if is_stereo { 29 } else { 5 }, sampling_rate))
    }

    fn sampling_rate(&mut self) -> Result<u32, Error> {
        let index = self.take(4)?;
        if index == 15 {
            return self.take(24);
        }
        SAMPLING_RATES.get(index as usize).copied().ok_or_else(|| {
            self.place().malformed(format!("reserved sampling frequency index {index}"))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::codec::Codec;

    const PLACE: Place<'static> = Place { file: "a.mp4", track: 1, path: "esds" };

    fn esds(object: u8, specific: &[u8]) -> Vec<u8> {
        let specific_len = specific.len() as u8;
        let mut bytes = vec![3, 0x80, 0x80, 0x80, 20 + specific_len, 0, 1, 0];
        bytes.extend_from_slice(&[4, 15 + specific_len, object, 0x15]);
        bytes.extend_from_slice(&[0; 11]);
        bytes.extend_from_slice(&[5, specific_len]);
        bytes.extend_from_slice(specific);
        bytes
    }

    #[test]
    fn aac_lc_stereo() {
        let bytes = esds(0x40, &[0x11, 0x90]);
        let config = AacConfig::parse(Reader::new(&bytes, PLACE), 2).unwrap();
        assert_eq!((config.sampling_rate, config.channels), (48_000, 2));
        let codec = Codec::Aac(config);
        assert_eq!(codec.rfc6381(), "mp4a.40.2");
        assert_eq!((codec.four_cc(), codec.private_data()), ("AACL", "1190".to_owned()));
    }

    #[test]
    fn he_aac_reports_its_output() {
        // Object type 29, 24 kHz, mono, extension 48 kHz, then AAC-LC.
        let bytes = esds(0x40, &[0b1110_1011, 0b0000_1001, 0b1000_1000, 0]);
        let config = AacConfig::parse(Reader::new(&bytes, PLACE), 1).unwrap();
        assert_eq!((config.object_type, config.sampling_rate, config.channels), (29, 48_000, 2));
        assert_eq!(Codec::Aac(config).rfc6381(), "mp4a.40.29");
    }

    /// As encoders write it for decoders that have the core only.
    #[test]
    fn he_aac_behind_its_core() {
        let parse = |specific: &[u8]| {
            let bytes = esds(0x40, specific);
            let config = AacConfig::parse(Reader::new(&bytes, PLACE), 2).unwrap();
            (config.object_type, config.sampling_rate, config.channels)
        };
        assert_eq!(parse(&[0x13, 0x10, 0x56, 0xe5, 0x98]), (5, 48_000, 2));
        assert_eq!(parse(&[0x13, 0x08, 0x56, 0xe5, 0x9d, 0x48, 0x80]), (29, 48_000, 2));
        // It says that there is none, is cut off, or is something else.
        assert_eq!(parse(&[0x13, 0x10, 0x56, 0xe5, 0x00]), (2, 24_000, 2));
        assert_eq!(parse(&[0x13, 0x10, 0x56, 0xe5]), (2, 24_000, 2));
        assert_eq!(parse(&[0x13, 0x10, 0x12, 0x34, 0x56]), (2, 24_000, 2));
    }

    #[test]
    fn refuses_other_audio() {
        let mp3 = AacConfig::parse(Reader::new(&esds(0x6b, &[0x11, 0x90]), PLACE), 2);
        assert!(matches!(mp3, Err(Error::Unsupported { .. })));
        let cut = AacConfig::parse(Reader::new(&esds(0x40, &[0x11]), PLACE), 2);
        assert!(matches!(cut, Err(Error::Malformed { .. })));
    }
}
