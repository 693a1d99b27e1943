//! Text streams in HLS: renditions of type `SUBTITLES` (RFC 8216 §3.5 and §4.3.4.1).

use std::fmt::Write as _;

use super::name::TextRole;
use super::stream::TextStream;
use crate::error::Error;
use crate::format::HlsFormat;
use crate::hls::{self, Container, Outline};
use crate::language::short;
use crate::time::TIMESCALE;
use crate::url::Parameters;

/// The group that all variants refer to.
pub(crate) const GROUP: &str = "subs";

/// Relates the times of cues to the timestamps of media segments: `clock` is what these are at the
/// start of the presentation.
pub(super) fn time_map(clock: u64) -> String {
    format!("X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:{clock}\n")
}

/// Writes an `EXT-X-MEDIA` line for each stream. Writing to a `String` cannot fail, so results are
/// not looked at.
pub(crate) fn renditions<'a>(
    streams: impl Iterator<Item = &'a TextStream>,
    format: HlsFormat,
    parameters: &Parameters,
) -> String {
    let (repeated, suffix) = (parameters.repeated(), parameters.suffix(".m3u8"));
    let mut out = String::new();
    // A player may choose one for its language: no two should be alike in that (RFC 8216
    // §4.3.4.1.1).
    let mut chosen = Vec::new();
    for stream in streams {
        let (name, format) = (stream.name(), format.name());
        let _ = write!(
            out,
            "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"{GROUP}\",NAME=\"{}\"",
            stream.label()
        );
        if let Some(language) = stream.language() {
            let _ = write!(out, ",LANGUAGE=\"{}\"", short(language));
        }
        let kind = (stream.language(), stream.file.role);
        let is_first = !chosen.contains(&kind);
        chosen.push(kind);
        let _ = write!(out, ",DEFAULT=NO,AUTOSELECT={}", hls::yes(is_first));
        out.push_str(match stream.file.role {
            TextRole::Subtitles => ",FORCED=NO",
            TextRole::Forced => ",FORCED=YES",
            TextRole::Captions => {
                ",FORCED=NO,CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog,\
                 public.accessibility.describes-music-and-sound\""
            }
        });
        let bitrate = stream.file.bitrate;
        let _ = writeln!(
            out,
            ",URI=\"QualityLevels({bitrate})/Manifest({name},format={format}{repeated}){suffix}\""
        );
    }
    out
}

/// Writes the media playlist. Segments have the extension of WebVTT, without which some clients
/// refuse them.
///
/// # Errors
/// If the bitrate is not that of the stream, or the file cannot be read.
pub(crate) fn media(
    stream: &TextStream,
    bitrate: u64,
    outline: &Outline<'_>,
) -> Result<String, Error> {
    stream.checked(bitrate)?;
    let (name, format, timeline) = (stream.name(), outline.format.name(), &stream.timeline);
    let repeated = outline.parameters.repeated_in_fragments();
    let longest = timeline.longest().div_ceil(u64::from(TIMESCALE));
    let mut out = format!(
        "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:0\n\
         #EXT-X-TARGETDURATION:{longest}\n"
    );
    // Either all playlists have a date or none has (RFC 8216 §6.2.4).
    if outline.container == Container::Transport {
        hls::date(&mut out, timeline.start());
    }
    for chunk in timeline.chunks() {
        hls::duration(&mut out, chunk.start, chunk.start + chunk.duration);
        let start = chunk.start;
        let _ = writeln!(out, "Fragments({name}={start},format={format}{repeated}).vtt");
    }
    out.push_str("#EXT-X-ENDLIST\n");
    Ok(out)
}
