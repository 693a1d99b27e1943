//! TTML documents in fragments of Smooth Streaming.

use std::fmt::Write as _;
use std::ops::Range;

use quick_xml::escape::escape;

use super::super::cues::{Cue, Subtitles};
use super::super::markup;
use super::super::timestamp::Timestamp;

/// Where text stands: at the bottom unless a cue says otherwise, with the margins of subtitles on
/// television.
const LAYOUT: &str = "<head><layout>\
    <region xml:id=\"bottom\" tts:origin=\"10% 10%\" tts:extent=\"80% 80%\" \
    tts:displayAlign=\"after\" tts:textAlign=\"center\"/>\
    <region xml:id=\"top\" tts:origin=\"10% 10%\" tts:extent=\"80% 80%\" \
    tts:displayAlign=\"before\" tts:textAlign=\"center\"/>\
    </layout></head>";

/// Lines from the top that count as the upper half of a picture, which has about 15.
const UPPER_LINES: i64 = 7;

/// Writes the cues of a fragment, cut to it. Times count from the start of the fragment: that is
/// how clients of Smooth Streaming read them (dash.js: `ttmlTimeIsRelative`). Writing to a `String`
/// cannot fail, so results are not looked at.
pub(in super::super) fn document(
    cues: &Subtitles,
    range: &Range<u64>,
    language: Option<&str>,
) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <tt xmlns=\"http://www.w3.org/ns/ttml\" xmlns:tts=\"http://www.w3.org/ns/ttml#styling\"",
    );
    // An empty language means that it is not known.
    let language = escape(language.unwrap_or_default());
    let _ = write!(out, " xml:lang=\"{language}\">{LAYOUT}<body><div>");
    for cue in cues.within(range) {
        let start = cue.start.max(range.start) - range.start;
        let end = cue.end.min(range.end) - range.start;
        let (region, align) = placed(cue);
        let _ = write!(out, "\n<p region=\"{region}\"");
        if let Some(align) = align {
            let _ = write!(out, " tts:textAlign=\"{align}\"");
        }
        let (start, end, text) = (Timestamp(start), Timestamp(end), markup::to_ttml(&cue.text));
        let _ = write!(out, " begin=\"{start}\" end=\"{end}\">{text}</p>");
    }
    out.push_str("\n</div></body></tt>\n");
    out
}

/// The region that the settings of a cue come nearest to, and how its lines are aligned.
fn placed(cue: &Cue) -> (&'static str, Option<&'static str>) {
    let setting = |wanted: &str| {
        let settings = cue.settings.split(' ').filter_map(|setting| setting.split_once(':'));
        settings.filter(|(name, _)| *name == wanted).map(|(_, value)| value).next()
    };
    let line = setting("line").and_then(|line| line.split(',').next());
    let upper = line.is_some_and(|line| match line.strip_suffix('%') {
        Some(percent) => percent.parse().is_ok_and(|percent: f64| percent < 50.0),
        None => line.parse().is_ok_and(|line: i64| (0..UPPER_LINES).contains(&line)),
    });
    let align = match setting("align") {
        Some("start" | "left") => Some("left"),
        Some("end" | "right") => Some("right"),
        _ => None,
    };
    (if upper { "top" } else { "bottom" }, align)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FILE: &str = "WEBVTT\n\n00:01.000 --> 00:03.000 line:0 align:start\nup <i>&amp;</i>\n\n\
        00:05.500 --> 00:07.000\nacross\nthe cut\n\n00:09.000 --> 00:10.000 line:90%\nlater\n";

    #[test]
    fn cues_are_cut_to_the_fragment() {
        let cues = Subtitles::parse("a.vtt", FILE.as_bytes()).unwrap();
        let first = document(&cues, &(0..60_000_000), Some("en"));
        assert!(first.contains("xml:lang=\"en\""), "{first}");
        let paragraphs: Vec<_> = first.lines().filter(|line| line.starts_with("<p ")).collect();
        assert_eq!(
            paragraphs,
            [
                "<p region=\"top\" tts:textAlign=\"left\" begin=\"00:00:01.000\" \
                 end=\"00:00:03.000\">up <span tts:fontStyle=\"italic\">&amp;</span></p>",
                "<p region=\"bottom\" begin=\"00:00:05.500\" end=\"00:00:06.000\">across<br/>the cut</p>",
            ]
        );
        let second = document(&cues, &(60_000_000..120_000_000), None);
        let paragraphs: Vec<_> = second.lines().filter(|line| line.starts_with("<p ")).collect();
        assert_eq!(
            paragraphs,
            [
                "<p region=\"bottom\" begin=\"00:00:00.000\" end=\"00:00:01.000\">across<br/>the cut</p>",
                "<p region=\"bottom\" begin=\"00:00:03.000\" end=\"00:00:04.000\">later</p>",
            ]
        );
        let none = document(&cues, &(120_000_000..130_000_000), None);
        assert!(none.contains("<div>\n</div>") && none.contains("xml:lang=\"\""), "{none}");
    }
}
