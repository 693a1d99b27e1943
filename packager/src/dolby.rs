//! AC-3 and E-AC-3 configuration: the `dac3` and `dec3` boxes (ETSI TS 102 366 annex F).

use crate::bits::Bits;
use crate::boxes::Reader;
use crate::error::Error;

/// Sampling rates by `fscod`.
const SAMPLING_RATES: [u32; 3] = [48_000, 44_100, 32_000];

/// Channels by `acmod`, as bits of a channel map (ETSI TS 102 366 table E.1.4): left is the highest
/// bit, then centre, right, and the two surrounds; the ninth one is a single surround.
const LAYOUTS: [u16; 8] = [0xa000, 0x4000, 0xa000, 0xe000, 0xa100, 0xe100, 0xb800, 0xf800];

/// The low frequency channel, the lowest bit of a channel map.
const LFE: u16 = 1;

/// Bits of a channel map that stand for a pair: front centre, rear surround, surround direct,
/// wide, and high pairs.
const PAIRS: u16 = 0x0400 | 0x0200 | 0x0040 | 0x0020 | 0x0010;

/// What a `dac3` or `dec3` box says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DolbyConfig {
    /// Sampling rate in Hz.
    pub sampling_rate: u32,
    /// Number of channels, the low frequency channel among them.
    pub channels: u16,
    /// Where the channels are: a channel map of ETSI TS 102 366 table E.1.4.
    pub layout: u16,
    /// complexity_index_type_a: how many objects there are at most, if the sound has such (Dolby
    /// Atmos).
    pub objects: Option<u8>,
    /// bsid: the syntax of the bit stream.
    pub bit_stream_id: u8,
    /// bsmod: what the sound is for; 0 for a complete main mix.
    pub service: u8,
    /// acmod: the channels of the first independent substream.
    pub mode: u8,
    /// bit_rate_code of AC-3; 0 for E-AC-3, which has none.
    pub rate_code: u8,
}

/// What both boxes say of a substream, in the same words but for what lies between them.
struct Substream {
    sampling_rate: u32,
    bit_stream_id: u8,
    service: u8,
    mode: u8,
    layout: u16,
}

impl Substream {
    /// Reads it; `skip` bits lie between bsid and bsmod.
    fn read(bits: &mut Bits<'_>, skip: u32) -> Result<Self, Error> {
        let code = bits.take(2)?;
        let sampling_rate = SAMPLING_RATES.get(code as usize).copied();
        let sampling_rate =
            sampling_rate.ok_or_else(|| bits.place().unsupported("a reduced sampling rate"))?;
        let bit_stream_id = bits.take(5)? as u8;
        bits.take(skip)?;
        let (service, mode) = (bits.take(3)? as u8, bits.take(3)? as u8);
        let low = if bits.take(1)? == 1 { LFE } else { 0 };
        let layout = LAYOUTS.get(usize::from(mode)).copied().unwrap_or(0) | low;
        Ok(Substream { sampling_rate, bit_stream_id, service, mode, layout })
    }
}

impl DolbyConfig {
    /// Parses the payload of `dac3` (§F.4).
    pub(crate) fn ac3(r: Reader<'_>) -> Result<Self, Error> {
        let mut bits = Bits::new(r.rest(), r.place());
        let only = Substream::read(&mut bits, 0)?;
        let rate_code = bits.take(5)? as u8;
        Ok(DolbyConfig { rate_code, ..Self::new(&only, None) })
    }

    /// Parses the payload of `dec3` (§F.6). Sound is that of the first independent substream, with
    /// the channels that its dependent ones add.
    pub(crate) fn eac3(r: Reader<'_>) -> Result<Self, Error> {
        let mut bits = Bits::new(r.rest(), r.place());
        // Data rate.
        bits.take(13)?;
        let more = bits.take(3)?;
        let mut first = None;
        for _ in 0..=more {
            // Reserved, and whether it is for mixing.
            let mut substream = Substream::read(&mut bits, 1 + 1)?;
            bits.take(3)?;
            if bits.take(4)? > 0 {
                substream.layout |= added(bits.take(9)?);
            } else {
                bits.take(1)?;
            }
            first.get_or_insert(substream);
        }
        let first = first.ok_or_else(|| bits.place().malformed("there is no substream"))?;
        // Bytes of an extension may follow, or padding (ETSI TS 103 420 §C.3.2).
        let joint = bits.take(8).is_ok_and(|flags| flags & 1 == 1);
        let objects = if joint { bits.take(8).ok() } else { None };
        Ok(Self::new(&first, objects.map(|count| count as u8)))
    }

    fn new(substream: &Substream, objects: Option<u8>) -> Self {
        let layout = substream.layout;
        let channels = layout.count_ones() + (layout & PAIRS).count_ones();
        DolbyConfig {
            sampling_rate: substream.sampling_rate,
            channels: channels as u16,
            layout,
            objects,
            bit_stream_id: substream.bit_stream_id,
            service: substream.service,
            mode: substream.mode,
            rate_code: 0,
        }
    }

    /// fscod: the sampling rate as a code.
    pub(crate) fn rate_index(&self) -> u8 {
        let known = SAMPLING_RATES.iter().position(|rate| *rate == self.sampling_rate);
        known.unwrap_or_default() as u8
    }
}

/// `chan_loc` (table F.6.1) as a channel map: its lowest bit is the front centre pair, and its
/// highest a second low frequency channel.
fn added(locations: u32) -> u16 {
    (0..8).filter(|bit| locations >> bit & 1 == 1).map(|bit| 0x0400 >> bit).sum::<u16>()
        | if locations & 0x100 != 0 { 0x0002 } else { 0 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::error::Place;

    const PLACE: Place<'static> = Place { file: "a.mp4", track: 1, path: "dec3" };

    fn reader(bytes: &[u8]) -> Reader<'_> {
        Reader::new(bytes, PLACE)
    }

    #[test]
    fn ac3() {
        // 48 kHz, 3/2 with LFE, 384 kbit/s, as ffmpeg writes it.
        let config = DolbyConfig::ac3(reader(&[0x10, 0x3d, 0xc0])).unwrap();
        assert_eq!((config.sampling_rate, config.channels, config.layout), (48_000, 6, 0xf801));
        assert_eq!((config.bit_stream_id, config.service, config.mode), (8, 0, 7));
        assert_eq!((config.rate_index(), config.rate_code), (0, 14));
        // 44.1 kHz, 2/0.
        let config = DolbyConfig::ac3(reader(&[0x50, 0x10, 0x00])).unwrap();
        assert_eq!((config.sampling_rate, config.channels, config.layout), (44_100, 2, 0xa000));
    }

    #[test]
    fn eac3() {
        // 5.1 without dependent substreams, and with objects in it.
        let plain = [0x0c, 0x00, 0x20, 0x0f, 0x00];
        let config = DolbyConfig::eac3(reader(&plain)).unwrap();
        assert_eq!((config.sampling_rate, config.channels, config.layout), (48_000, 6, 0xf801));
        assert_eq!((config.objects, config.rate_code), (None, 0));
        assert_eq!((config.bit_stream_id, config.service, config.mode), (16, 0, 7));
        let objects = [&plain[..], &[0x01, 0x10]].concat();
        assert_eq!(DolbyConfig::eac3(reader(&objects)).unwrap().objects, Some(16));
        // A dependent substream with rear surrounds makes it 7.1.
        let wide = [0x0c, 0x00, 0x20, 0x0f, 0x02, 0x02];
        let config = DolbyConfig::eac3(reader(&wide)).unwrap();
        assert_eq!((config.channels, config.layout), (8, 0xfa01));
    }

    #[test]
    fn refuses_what_is_cut_off_or_reserved() {
        assert!(matches!(DolbyConfig::ac3(reader(&[0x10])), Err(Error::Malformed { .. })));
        assert!(matches!(DolbyConfig::ac3(reader(&[0xd0, 0, 0])), Err(Error::Unsupported { .. })));
        // Eight independent substreams are claimed.
        let cut = DolbyConfig::eac3(reader(&[0x0c, 0x07, 0x20, 0x0f, 0x00]));
        assert!(matches!(cut, Err(Error::Malformed { .. })));
    }
}
