//! Cues on the timeline of a presentation.

use std::fmt::Write as _;
use std::ops::Range;

use super::error::{TextError, TextProblem, TextWarning};
use super::timestamp::Timestamp;
use super::{ttml, webvtt};

/// A text that is shown for some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// When it appears, in 100-ns units of the presentation.
    pub start: u64,
    /// When it disappears; later than `start`.
    pub end: u64,
    /// Identifier; often empty.
    pub id: Box<str>,
    /// Cue settings of WebVTT, such as `line:0 align:start`; often empty.
    pub settings: Box<str>,
    /// Cue text of WebVTT: lines without an empty one, with its tags and character references.
    pub text: Box<str>,
}

/// The subtitles of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subtitles {
    /// Sorted by start, those with the same start in the order of the file.
    cues: Vec<Cue>,
    /// For each cue, the latest end of all cues up to it.
    latest_ends: Vec<u64>,
    /// Style and region definitions of WebVTT, each with an empty line behind it.
    definitions: String,
    warnings: Vec<TextWarning>,
}

impl Subtitles {
    /// Reads a file; the end of its name tells the format.
    ///
    /// # Errors
    /// [`TextError`] for what is not subtitles at all. Whatever else is odd is a
    /// [warning](Self::warnings), and the rest is used.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, TextError> {
        let (_, extension) = file.rsplit_once('.').unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "vtt" => webvtt::parse(file, bytes),
            "ttml" | "dfxp" | "xml" => ttml::parse(file, bytes),
            _ => {
                let problem = TextProblem::UnknownFormat;
                Err(TextError { file: file.to_owned(), line: 1, problem })
            }
        }
    }

    pub(super) fn new(mut cues: Vec<Cue>, definitions: String, warnings: Vec<TextWarning>) -> Self {
        cues.sort_by_key(|cue| cue.start);
        let mut latest = 0;
        let latest_ends = cues.iter().map(|cue| {
            latest = cue.end.max(latest);
            latest
        });
        Self { latest_ends: latest_ends.collect(), cues, definitions, warnings }
    }

    /// The cues by their start.
    pub fn cues(&self) -> &[Cue] {
        &self.cues
    }

    /// What was left out or mended: the first few oddities of the file.
    pub fn warnings(&self) -> &[TextWarning] {
        &self.warnings
    }

    /// Whether these are pictures for a seek bar and no subtitles: each cue names a part of an
    /// image (W3C Media Fragments §4.2.2).
    pub fn are_thumbnails(&self) -> bool {
        !self.cues.is_empty() && self.cues.iter().all(|cue| cue.text.contains("#xywh="))
    }

    /// About what they take in memory, in bytes.
    pub fn weight(&self) -> usize {
        let texts = |cue: &Cue| cue.id.len() + cue.settings.len() + cue.text.len();
        let each = size_of::<Cue>() + size_of::<u64>();
        let texts: usize = self.cues.iter().map(texts).sum();
        size_of::<Self>() + self.definitions.len() + self.cues.len() * each + texts
    }

    /// The cues that are shown at some time of a range.
    pub(super) fn within(&self, range: &Range<u64>) -> impl Iterator<Item = &Cue> {
        let behind = self.cues.partition_point(|cue| cue.start < range.end);
        // No cue before the first with a later end reaches into the range.
        let first = self.latest_ends.partition_point(|end| *end <= range.start).min(behind);
        let from = range.start;
        self.cues.get(first..behind).unwrap_or_default().iter().filter(move |cue| cue.end > from)
    }

    /// Writes the cues of a range as a WebVTT file. `header` stands behind the signature; times
    /// count from `origin`. Writing to a `String` cannot fail, so results are not looked at.
    pub(super) fn webvtt(&self, range: &Range<u64>, header: &str, origin: u64) -> String {
        let mut out = format!("WEBVTT\n{header}\n{}", self.definitions);
        for cue in self.within(range) {
            if !cue.id.is_empty() {
                let _ = writeln!(out, "{}", cue.id);
            }
            let (start, end) = (cue.start.saturating_sub(origin), cue.end.saturating_sub(origin));
            let _ = write!(out, "{} --> {}", Timestamp(start), Timestamp(end));
            if !cue.settings.is_empty() {
                let _ = write!(out, " {}", cue.settings);
            }
            let _ = write!(out, "\n{}\n\n", cue.text);
        }
        out
    }
}

/// Whether the name of a file says that it is WebVTT.
pub(super) fn is_webvtt(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("vtt"))
}
