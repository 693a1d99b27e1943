//! What a player gets of a text stream.

use std::ops::Range;

use bytes::Bytes;

use super::hls::time_map;
use super::stream::TextStream;
use super::ttml;
use crate::boxes::Writer;
use crate::error::Error;
use crate::format::Format;
use crate::fragment::{FragmentNoun, TFXD, TRACK_ID};

/// A fragment of a text stream, whole: it has a few kilobytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFragment {
    /// Content type.
    pub content_type: &'static str,
    /// The bytes.
    pub body: Bytes,
}

/// Where time starts for a player.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Zero {
    /// Start of the presentation on the timeline: players of DASH have no other zero for text.
    pub(crate) origin: u64,
    /// Time stamps of HLS segments at the start of the timeline, in units of 90 kHz.
    pub(crate) clock: u64,
}

/// The fragment that starts at `start`. In DASH there is only one, with all cues.
pub(crate) fn fragment(
    stream: &TextStream,
    bitrate: u64,
    start: u64,
    format: Format,
    noun: FragmentNoun,
    zero: Zero,
) -> Result<TextFragment, Error> {
    let subtitles = stream.checked(bitrate)?;
    let webvtt = |text: String| TextFragment { content_type: "text/vtt", body: text.into() };
    Ok(match format {
        Format::Hls(_) => {
            let (_, range) = stream.fragment(start)?;
            webvtt(subtitles.webvtt(&range, &time_map(zero.clock), 0))
        }
        Format::Dash(_) => {
            if start != stream.timeline.start() {
                return Err(Error::NoSuchTime { track: stream.name().to_owned(), start });
            }
            webvtt(subtitles.webvtt(&stream.span(), "", zero.origin))
        }
        Format::Smooth(_) => {
            let (at, range) = stream.fragment(start)?;
            let document = ttml::document(subtitles, &range, stream.language());
            let sequence = u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1);
            let body = match noun {
                FragmentNoun::RawFragments => document.into(),
                FragmentNoun::FragmentInfo => moof(sequence, &range, document.len()).into_bytes(),
                FragmentNoun::Fragments | FragmentNoun::KeyFrames => {
                    let mut w = moof(sequence, &range, document.len());
                    w.boxed(b"mdat", |w| w.put(document.as_bytes()));
                    w.into_bytes()
                }
            };
            TextFragment { content_type: "application/mp4", body: body.into() }
        }
    })
}

/// The metadata of a fragment of Smooth Streaming whose only sample is a document (MS-SSTR §2.2.4).
fn moof(sequence: u32, range: &Range<u64>, length: usize) -> Writer {
    let duration = range.end - range.start;
    let mut w = Writer::with_capacity(length + 160);
    let mut data_offset = 0;
    w.boxed(b"moof", |w| {
        w.full(b"mfhd", 0, 0, |w| w.u32(sequence));
        w.boxed(b"traf", |w| {
            w.full(b"tfhd", 0, 0, |w| w.u32(TRACK_ID));
            // Data offset, and a duration and a size for each sample.
            w.full(b"trun", 0, 0x0301, |w| {
                w.u32(1);
                data_offset = w.len();
                w.u32(0);
                w.u32(u32::try_from(duration).unwrap_or(u32::MAX));
                w.u32(u32::try_from(length).unwrap_or(u32::MAX));
            });
            w.boxed(b"uuid", |w| {
                w.put(&TFXD);
                w.u32(1 << 24);
                w.u64(range.start);
                w.u64(duration);
            });
        });
    });
    // Behind the header of `mdat`.
    w.patch_u32(data_offset, u32::try_from(w.len() + 8).unwrap_or(u32::MAX));
    w
}
