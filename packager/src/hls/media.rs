//! Media playlists: the segments of one quality level.

use std::fmt::Write as _;

use super::{Container, Outline, micros};
use crate::presentation::Presentation;
use crate::stream::Stream;
use crate::time::{TIMESCALE, iso_date_time};
use crate::timeline::Chunk;
use crate::track::TrackKind;

/// Writes the media playlist of any quality level of a stream: all have the same fragments, and
/// the bitrate is in the folder of the playlist. `audio` is what the segments have beside video.
/// `keys` are `EXT-X-KEY` lines: they come behind the initialization segment, so they do not apply
/// to it and it is clear (RFC 8216 §4.3.2.4). `longest` is what [`longest`] says.
pub(crate) fn media(
    stream: &Stream,
    audio: Option<&Stream>,
    longest: u64,
    outline: &Outline<'_>,
    keys: &str,
) -> String {
    let timeline = stream.timeline();
    let chunks: Vec<Chunk> = match audio {
        None => timeline.chunks().collect(),
        Some(audio) => {
            timeline.numbers().filter_map(|at| timeline.joined(at, audio.timeline())).collect()
        }
    };
    let mut out = String::with_capacity(256 + chunks.len() * 112);
    head(&mut out, outline, longest);
    match outline.container {
        Container::FragmentedMp4 => {
            let uri = segment_uri(stream, audio, "i", outline);
            let suffix = outline.parameters.suffix(".mp4");
            let _ = write!(out, "#EXT-X-MAP:URI=\"{uri}{suffix}\"\n{keys}");
        }
        Container::Transport => {
            out.push_str(keys);
            date(&mut out, chunks.first().map_or(0, |chunk| chunk.start));
        }
    }
    // Everything but the time is the same.
    let uri = segment_uri(stream, audio, "\n", outline) + outline.segment_suffix();
    let (before, behind) = uri.split_once('\n').unwrap_or((&uri, ""));
    // A fragment is named by the start of its video.
    for (chunk, named) in chunks.iter().zip(timeline.chunks()) {
        duration(&mut out, chunk.start, chunk.start + chunk.duration);
        let _ = writeln!(out, "{before}{}{behind}", named.start);
    }
    out.push_str("#EXT-X-ENDLIST\n");
    out
}

/// Duration of the longest segment of all playlists of sound and picture, in 100-ns units: their
/// target durations must be the same (RFC 8216 §6.2.4), and sound is cut between its own frames.
pub(crate) fn longest(presentation: &Presentation, outline: &Outline<'_>) -> u64 {
    let streams = presentation.streams().iter().map(Stream::timeline);
    let apart = streams.map(|timeline| timeline.longest());
    let (video, audio) = (presentation.of_kind(TrackKind::Video), TrackKind::Audio);
    let pairs = video.filter(|_| outline.is_muxed()).flat_map(|video| {
        presentation.of_kind(audio).map(|audio| (video.timeline(), audio.timeline()))
    });
    // Only at both ends, a segment may be longer than its video.
    let muxed = pairs.flat_map(|(video, audio)| {
        let numbers = video.numbers();
        let ends = [numbers.start, numbers.end.saturating_sub(1)];
        ends.into_iter().filter_map(|number| Some(video.joined(number, audio)?.duration))
    });
    apart.chain(muxed).max().unwrap_or(0)
}

/// Writes what a media playlist begins with.
pub(super) fn head(out: &mut String, outline: &Outline<'_>, longest: u64) {
    // RFC 8216 §4.3.3.1 asks for no less than the rounded maximum; rounding up is what Azure Media
    // Services did.
    let longest = longest.div_ceil(u64::from(TIMESCALE));
    out.push_str(outline.head());
    out.push_str(match outline.container {
        Container::FragmentedMp4 => "#EXT-X-PLAYLIST-TYPE:VOD\n",
        // Of an old version, without effect, and expected.
        Container::Transport => "#EXT-X-ALLOW-CACHE:NO\n",
    });
    let _ = writeln!(out, "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-TARGETDURATION:{longest}");
}

/// Writes when the first segment starts: the presentation does at the start of 1970.
pub(crate) fn date(out: &mut String, start: u64) {
    let _ = writeln!(out, "#EXT-X-PROGRAM-DATE-TIME:{}", iso_date_time(start));
}

/// Writes `EXTINF`.
pub(crate) fn duration(out: &mut String, start: u64, end: u64) {
    let micros = micros(end) - micros(start);
    let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
    let _ = writeln!(out, "#EXTINF:{seconds}.{rest:06},no-desc");
}

/// The URI of a segment, below the quality level, without extension.
pub(super) fn segment_uri(
    stream: &Stream,
    audio: Option<&Stream>,
    time: &str,
    outline: &Outline<'_>,
) -> String {
    let parameters = outline.parameters;
    let (audio, repeated) = match audio {
        Some(audio) => {
            (format!(",audiotrack={}", audio.name()), parameters.repeated_in_fragments())
        }
        // Without a name, the first audio track is meant; a filter may have left none.
        None if outline.is_muxed() => (String::new(), parameters.repeated()),
        None => (String::new(), parameters.repeated_in_fragments()),
    };
    let (name, format) = (stream.name(), outline.format.name());
    format!("Fragments({name}={time},format={format}{audio}{repeated})")
}
