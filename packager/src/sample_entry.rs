//! The sample description of a track (`stsd`, ISO/IEC 14496-12 §8.5.2).

use bytes::Bytes;

use crate::aac::AacConfig;
use crate::av1::Av1Config;
use crate::boxes::Reader;
use crate::codec::{AvcConfig, Codec, HevcConfig};
use crate::dolby::DolbyConfig;
use crate::error::{Error, Place};
use crate::track::{TrackKind, VideoInfo};

const STSD: &str = "mdia/minf/stbl/stsd";
const AVC_C: &str = "mdia/minf/stbl/stsd/avc1/avcC";
const HVC_C: &str = "mdia/minf/stbl/stsd/hvc1/hvcC";
const AV1_C: &str = "mdia/minf/stbl/stsd/av01/av1C";
const COLR: &str = "mdia/minf/stbl/stsd/av01/colr";
const ESDS: &str = "mdia/minf/stbl/stsd/mp4a/esds";
const DAC3: &str = "mdia/minf/stbl/stsd/ac-3/dac3";
const DEC3: &str = "mdia/minf/stbl/stsd/ec-3/dec3";

/// Largest sample entry, in bytes. Those of real files have a few hundred, and a few hundred
/// thousand with a colour profile. Each initialization segment has a copy of it.
const MAX_LENGTH: usize = 1 << 20;

/// The only sample entry of a track, understood and as it was.
#[derive(Debug)]
pub(crate) struct SampleEntry {
    pub(crate) codec: Codec,
    pub(crate) video: Option<VideoInfo>,
    /// The whole box, copied into initialization segments.
    pub(crate) raw: Bytes,
}

impl SampleEntry {
    /// Parses `stsd`. Refuses codecs that cannot be packaged, and files that switch between
    /// sample descriptions.
    pub(crate) fn parse(stbl: Reader<'_>, kind: TrackKind) -> Result<Self, Error> {
        let mut stsd = stbl.child(b"stsd", STSD)?;
        stsd.version()?;
        let count = stsd.u32()?;
        let whole = stsd.rest();
        let Some((format, payload)) = stsd.next_box()? else {
            return Err(stsd.place().malformed("has no sample entry"));
        };
        if count != 1 {
            let what = format!("a track with {count} sample descriptions");
            return Err(stsd.place().unsupported(what));
        }
        let codec = Self::codec(format, payload, kind, stsd.place())?;
        let used = whole.len() - stsd.rest().len();
        let raw = Bytes::copy_from_slice(whole.get(..used).unwrap_or_default());
        Ok(SampleEntry { codec: codec.0, video: codec.1, raw })
    }

    /// Parses a sample entry box that was kept.
    pub(crate) fn of_raw(raw: Bytes, kind: TrackKind, place: Place<'_>) -> Result<Self, Error> {
        let found = Reader::new(&raw, place).next_box()?;
        let (format, payload) = found.ok_or_else(|| place.malformed("has no sample entry"))?;
        let (codec, video) = Self::codec(format, payload, kind, place)?;
        Ok(SampleEntry { codec, video, raw })
    }

    fn codec(
        format: [u8; 4],
        payload: &[u8],
        kind: TrackKind,
        place: Place<'_>,
    ) -> Result<(Codec, Option<VideoInfo>), Error> {
        if payload.len() > MAX_LENGTH {
            let length = payload.len();
            return Err(place.malformed(format!("a sample entry of {length} bytes")));
        }
        let entry = Reader::new(payload, place);
        Ok(match (kind, &format) {
            (TrackKind::Video, b"avc1" | b"avc3" | b"hvc1" | b"hev1" | b"av01") => {
                visual(entry, format)?
            }
            (TrackKind::Audio, b"mp4a" | b"ac-3" | b"ec-3") => (audio(entry, format)?, None),
            (_, b"encv" | b"enca") => return Err(place.unsupported("an encrypted track")),
            _ => {
                return Err(place.unsupported(format!("codec \"{}\"", format.escape_ascii())));
            }
        })
    }
}

fn visual(mut r: Reader<'_>, format: [u8; 4]) -> Result<(Codec, Option<VideoInfo>), Error> {
    // Reserved, data reference index, pre-defined.
    r.take(24)?;
    let (width, height) = (r.u16()?, r.u16()?);
    // Resolution, frame count, compressor name, depth, pre-defined.
    r.take(50)?;
    let codec = match &format {
        b"avc1" | b"avc3" => Codec::Avc(AvcConfig::parse(format, r.child(b"avcC", AVC_C)?)?),
        b"av01" => {
            let colr = r.optional_child(b"colr", COLR)?;
            Codec::Av1(Av1Config::parse(r.child(b"av1C", AV1_C)?, colr)?)
        }
        _ => Codec::Hevc(HevcConfig::parse(format, r.child(b"hvcC", HVC_C)?)?),
    };
    Ok((codec, Some(VideoInfo { width, height })))
}

fn audio(mut r: Reader<'_>, format: [u8; 4]) -> Result<Codec, Error> {
    r.take(8)?;
    let version = r.u16()?;
    if version != 0 {
        let what = format!("a QuickTime sound description of version {version}");
        return Err(r.place().unsupported(what));
    }
    r.take(6)?;
    let channels = r.u16()?;
    // Sample size, pre-defined, reserved, sampling rate: the box of the codec says it better.
    r.take(10)?;
    match &format {
        b"ac-3" => return Ok(Codec::Ac3(DolbyConfig::ac3(r.child(b"dac3", DAC3)?)?)),
        b"ec-3" => return Ok(Codec::Eac3(DolbyConfig::eac3(r.child(b"dec3", DEC3)?)?)),
        _ => {}
    }
    let mut esds = r.child(b"esds", ESDS)?;
    esds.version()?;
    Ok(Codec::Aac(AacConfig::parse(esds, channels)?))
}
