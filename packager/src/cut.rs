//! Cutting a presentation by filters.

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::error::Error;
use crate::filter::Filter;
use crate::presentation::Presentation;
use crate::stream::{Quality, Stream};
use crate::time::TIMESCALE;

/// Audio is cut at the frame that is nearest to a cut of the video: a fragment of it that reaches
/// less than this into a part of the video does not belong there.
const SLACK: u64 = TIMESCALE as u64 / 10;

pub(crate) fn filtered(all: &Presentation, filters: &[Filter]) -> Result<Presentation, Error> {
    let part = part(all, filters)?;
    let mut streams = Vec::new();
    let mut tracks_left = false;
    for stream in all.streams() {
        let qualities: Vec<Quality> = stream
            .qualities()
            .iter()
            .filter(|quality| filters.iter().all(|filter| filter.keeps(stream, quality)))
            .cloned()
            .collect();
        if qualities.is_empty() {
            continue;
        }
        tracks_left = true;
        let timeline = match &part {
            Some(part) => stream.timeline.within(&part.range, SLACK),
            None => Some(stream.timeline.clone()),
        };
        let Some(timeline) = timeline else { continue };
        streams.push(Stream { timeline, qualities, ..stream.clone() });
    }
    let kept =
        all.all_texts().iter().filter(|text| filters.iter().all(|filter| filter.keeps_text(text)));
    let texts = kept.filter_map(|text| match &part {
        Some(part) => text.within(&part.range, SLACK),
        None => Some(text.clone()),
    });
    let texts: Vec<_> = texts.collect();
    let Some(first) = streams.first() else {
        // Subtitles alone are no presentation: HLS cannot list them without a variant.
        let left = match (tracks_left, texts.is_empty()) {
            (true, _) => "fragment",
            (false, true) => "track",
            (false, false) => "track of audio or video",
        };
        return Err(Error::NothingLeft { left });
    };
    let origin = match part {
        Some(part) => part.origin.unwrap_or(first.timeline.start()),
        None => all.origin(),
    };
    let first_quality = filters.iter().find_map(|filter| filter.first_quality);
    Ok(all.cut(streams, texts, origin, first_quality.or(all.first_quality())))
}

/// A part of the timeline.
struct Part {
    range: Range<u64>,
    /// Where the presentation starts then; with the first stream that is left, if not told.
    origin: Option<u64>,
}

/// The part that all filters leave, moved out to where fragments of the first stream start and
/// end, so that all streams are cut at the same place, whichever of them are left.
fn part(all: &Presentation, filters: &[Filter]) -> Result<Option<Part>, Error> {
    let mut ranges = filters.iter().filter_map(|filter| filter.time.as_ref()).map(|time| &time.0);
    let Some(first) = ranges.next().cloned() else { return Ok(None) };
    let range =
        ranges.fold(first, |both, range| both.start.max(range.start)..both.end.min(range.end));
    if range.is_empty() {
        return Err(Error::NothingLeft { left: "fragment" });
    }
    let Some(reference) = all.streams().first().map(Stream::timeline) else { return Ok(None) };
    let Some(inside) = reference.within(&range, 0) else {
        return Ok(Some(Part { range, origin: None }));
    };
    let (start, origin) = if inside.start() == reference.start() {
        (range.start.min(inside.start()), all.origin())
    } else {
        (inside.start(), inside.start())
    };
    // What other streams have behind the end of the first stays if the range goes there.
    let end = if range.end > reference.end() { range.end } else { inside.end() };
    Ok(Some(Part { range: start..end, origin: Some(origin) }))
}
