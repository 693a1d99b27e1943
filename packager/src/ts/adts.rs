//! Headers of AAC frames outside of MP4 (ADTS, ISO/IEC 14496-3 §1.A.3.2).

use crate::aac::AacConfig;

/// Length of a header without check sum.
pub(super) const HEADER: usize = 7;
/// The length in a header, which counts the header, has 13 bits.
pub(super) const LONGEST: usize = (1 << 13) - 1;

/// The headers of a track.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Headers {
    /// A header with a length of 0, as a number of 56 bits.
    word: u64,
}

impl Headers {
    /// `None` for a configuration that a header cannot express.
    ///
    /// The profile is that of the AAC core, and so is the sampling rate: spectral band replication
    /// and parametric stereo are found by the decoder (ISO/IEC 14496-3 §1.6.6).
    pub(super) fn new(config: &AacConfig) -> Option<Self> {
        let core = config.core()?;
        let channels =
            Some(core.channel_configuration).filter(|number| (1..=7).contains(number))?;
        // AAC-LC; object types are counted from 0 here.
        let profile = 1;
        let fields = [
            (0xfff, 12),
            // MPEG-4, layer 0, no check sum.
            (0b0001, 4),
            (profile, 2),
            (u64::from(core.frequency_index), 4),
            (0, 1),
            (u64::from(channels), 3),
            // Copyright bits; then the length.
            (0, 4),
            (0, 13),
            // Variable bitrate, and one frame.
            (0x7ff, 11),
            (0, 2),
        ];
        let word = fields.iter().fold(0, |word, (value, bits)| word << bits | value);
        Some(Headers { word })
    }

    /// The header of a frame of so many bytes.
    pub(super) fn of(self, frame: usize) -> [u8; HEADER] {
        let length = (frame + HEADER).min(LONGEST) as u64;
        let [_, bytes @ ..] = (self.word | length << 13).to_be_bytes();
        bytes
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn config(specific_config: &[u8]) -> AacConfig {
        AacConfig {
            object_type: 2,
            sampling_rate: 48_000,
            channels: 2,
            channel_configuration: 2,
            specific_config: specific_config.to_vec(),
        }
    }

    #[test]
    fn aac_lc_stereo_at_48_khz() {
        let headers = Headers::new(&config(&[0x11, 0x90])).unwrap();
        assert_eq!(headers.of(93), [0xff, 0xf1, 0x4c, 0x80, 0x0c, 0x9f, 0xfc]);
        assert_eq!(headers.of(8184), [0xff, 0xf1, 0x4c, 0x83, 0xff, 0xff, 0xfc]);
    }

    #[test]
    fn he_aac_has_the_rate_of_its_core() {
        // Object type 29, 24 kHz, mono, extension 48 kHz, then AAC-LC.
        let headers = Headers::new(&config(&[0b1110_1011, 0b0000_1001, 0b1000_1000, 0])).unwrap();
        // Profile 1, index 6, one channel.
        assert_eq!(headers.of(0)[2..4], [0b0101_1000, 0b0100_0000]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        // Channels by a program config element, a rate without index, frames of 960 samples.
        for specific in [&[0x11, 0x80][..], &[0x17, 0x80, 0x30, 0x39, 0x10], &[0x11, 0x94], &[]] {
            assert!(Headers::new(&config(specific)).is_none(), "{specific:x?}");
        }
    }
}
