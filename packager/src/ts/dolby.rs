//! What the program map says of AC-3 and E-AC-3, as ATSC has it (A/52 annexes A and G): players of
//! HLS know them by that.

use crate::dolby::DolbyConfig;

/// registration_descriptor (ISO/IEC 13818-1 §2.6.8).
const REGISTRATION: u8 = 0x05;
/// AC-3 audio descriptor (A/52 §A3.4.3), and E-AC-3 audio descriptor (§G.3.5).
const AC3_AUDIO: u8 = 0x81;
const EAC3_AUDIO: u8 = 0xcc;

/// More channels than 3/2 with a low one have.
const MORE_THAN_SURROUND: u16 = 7;

/// The descriptors of AC-3. The second one ends where it may first: what could follow are names and
/// numbers of services.
pub(super) fn ac3_descriptors(config: &DolbyConfig) -> Vec<u8> {
    let mut out = registration(*b"AC-3");
    out.extend_from_slice(&[
        AC3_AUDIO,
        3,
        config.rate_index() << 5 | config.bit_stream_id,
        // An exact rate; whether there is Dolby Surround in two channels is not known.
        (config.rate_code & 0x1f) << 2,
        // Numbers of channels begin with those of acmod; full_svc: it is played alone.
        config.service << 5 | config.mode << 1 | 1,
    ]);
    out
}

/// The descriptors of E-AC-3, the second one with bsid and no more.
pub(super) fn eac3_descriptors(config: &DolbyConfig) -> Vec<u8> {
    // Table G.3: dual mono, mono, stereo, then up to 3/2 and more than that.
    let channels = match (config.mode, config.channels) {
        (_, MORE_THAN_SURROUND..) => 5,
        (0, _) => 1,
        (1, _) => 0,
        (2, _) => 2,
        _ => 4,
    };
    let mut out = registration(*b"EAC3");
    out.extend_from_slice(&[
        EAC3_AUDIO,
        3,
        // Reserved, bsid_flag.
        0xc0,
        // Reserved, full_service_flag.
        0xc0 | config.service << 3 | channels,
        // No languages, reserved.
        0x20 | config.bit_stream_id,
    ]);
    out
}

fn registration(format: [u8; 4]) -> Vec<u8> {
    [&[REGISTRATION, 4][..], &format].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(mode: u8, channels: u16, bit_stream_id: u8) -> DolbyConfig {
        DolbyConfig {
            sampling_rate: 44_100,
            channels,
            layout: 0,
            objects: None,
            bit_stream_id,
            service: 2,
            mode,
            rate_code: 14,
        }
    }

    #[test]
    fn descriptors_tell_what_the_bit_stream_tells() {
        // 44.1 kHz, bsid 8; 384 kbit/s; for the visually impaired, 3/2, alone.
        let want = [5, 4, b'A', b'C', b'-', b'3', 0x81, 3, 0x28, 0x38, 0x4f];
        assert_eq!(ac3_descriptors(&config(7, 6, 8)), want);
        for (mode, channels, code) in [(0, 2, 1), (1, 1, 0), (2, 2, 2), (7, 6, 4), (7, 8, 5)] {
            let found = eac3_descriptors(&config(mode, channels, 16));
            assert_eq!(found[..8], [5, 4, b'E', b'A', b'C', b'3', 0xcc, 3]);
            assert_eq!(found[8..], [0xc0, 0xd0 | code, 0x30]);
        }
    }
}
