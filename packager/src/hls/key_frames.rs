//! Playlists of key frames, to seek by (RFC 8216 §4.3.3.6): byte ranges of ordinary segments.
//!
//! Each range is the transport packets of one access unit. The program tables are before the first
//! key frame of each segment, where a player looks for them without `EXT-X-MAP`, which version 4
//! does not have.

use std::fmt::Write as _;

use super::Outline;
use super::media::{date, duration, head, segment_uri};
use crate::stream::Stream;
use crate::ts::KeyFrame;

/// Writes the playlist. `segments` are the starts of the segments in URLs, and their key frames.
pub(crate) fn key_frames(
    stream: &Stream,
    segments: &[(u64, Vec<KeyFrame>)],
    outline: &Outline<'_>,
) -> String {
    let all = || {
        segments.iter().flat_map(|(start, frames)| frames.iter().map(move |frame| (*start, *frame)))
    };
    // A key frame lasts until the next one is shown.
    let next = all().skip(1).map(|(_, frame)| frame.time).chain([stream.timeline().end()]);
    let listed: Vec<_> = all().zip(next).filter(|((_, frame), end)| frame.time < *end).collect();
    let longest = listed.iter().map(|((_, frame), end)| end - frame.time).max().unwrap_or(0);
    let mut out = String::with_capacity(256 + listed.len() * 112);
    head(&mut out, outline, longest);
    // That allows for a target duration of its own (RFC 8216 §6.2.4).
    out.push_str("#EXT-X-PLAYLIST-TYPE:VOD\n");
    date(&mut out, listed.first().map_or(0, |((_, frame), _)| frame.time));
    out.push_str("#EXT-X-I-FRAMES-ONLY\n");
    let uri = segment_uri(stream, None, "\n", outline) + outline.segment_suffix();
    let (before, behind) = uri.split_once('\n').unwrap_or((&uri, ""));
    for ((start, frame), end) in listed {
        duration(&mut out, frame.time, end);
        let _ = writeln!(out, "#EXT-X-BYTERANGE:{}@{}", frame.length, frame.offset);
        let _ = writeln!(out, "{before}{start}{behind}");
    }
    out.push_str("#EXT-X-ENDLIST\n");
    out
}
