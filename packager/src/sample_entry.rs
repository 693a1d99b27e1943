//! The sample description of a track (`stsd`, ISO/IEC 14496-12 §8.5.2).

use bytes::Bytes;

use crate::aac::AacConfig;
use crate::boxes::Reader;
use crate::codec::{AvcConfig, Codec, HevcConfig};
use crate::error::{Error, Place};
use crate::moov::{TrackKind, VideoInfo};

const STSD: &str = "mdia/minf/stbl/stsd";
const AVC_C: &str = "mdia/minf/stbl/stsd/avc1/avcC";
const HVC_C: &str = "mdia/minf/stbl/stsd/hvc1/hvcC";
const ESDS: &str = "mdia/minf/stbl/stsd/mp4a/esds";

/// The only sample entry of a track, understood and as it was.
#[derive(Debug)]
pub(crate) struct SampleEntry {
    pub(crate) codec: Codec,
    pub(crate) video: Option<VideoInfo>,
    /// The whole box, copied into initialization segments.
    pub(crate) raw: Bytes,
}

impl SampleEntry {
    /// Parses `stsd`. Refuses codecs other than H.264, H.265 and AAC, and files that switch
    /// between sample descriptions.
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
        let entry = Reader::new(payload, place);
        Ok(match (kind, &format) {
            (TrackKind::Video, b"avc1" | b"avc3" | b"hvc1" | b"hev1") => visual(entry, format)?,
            (TrackKind::Audio, b"mp4a") => (audio(entry)?, None),
            _ => {
                let name = format.escape_ascii().to_string();
                return Err(place.unsupported(format!("codec {name:?}")));
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
    let codec = if matches!(&format, b"avc1" | b"avc3") {
        Codec::Avc(AvcConfig::parse(format, r.child(b"avcC", AVC_C)?)?)
    } else {
        Codec::Hevc(HevcConfig::parse(format, r.child(b"hvcC", HVC_C)?)?)
    };
    Ok((codec, Some(VideoInfo { width, height })))
}

fn audio(mut r: Reader<'_>) -> Result<Codec, Error> {
    r.take(8)?;
    let version = r.u16()?;
    if version != 0 {
        let what = format!("a QuickTime sound description of version {version}");
        return Err(r.place().unsupported(what));
    }
    r.take(6)?;
    let channels = r.u16()?;
    // Sample size, pre-defined, reserved, sampling rate: the esds box says it better.
    r.take(10)?;
    let mut esds = r.child(b"esds", ESDS)?;
    esds.version()?;
    Ok(Codec::Aac(AacConfig::parse(esds, channels)?))
}
