//! Reading WebVTT as browsers do (W3C WebVTT §6, <https://www.w3.org/TR/webvtt1/>): what cannot be
//! read is skipped, a block at a time, and the rest is used.

use super::cues::{Cue, Subtitles};
use super::error::{TextError, TextOddity, TextProblem, TextWarning};
use super::timestamp;

/// Most bytes of a file. Two hours of dense dialogue with styles have about 300 kB.
pub const MAX_FILE: usize = 4 << 20;
/// Most cues of a file. A day of dialogue has about 30,000.
pub(super) const MAX_CUES: usize = 100_000;
/// Most bytes of style and region definitions, which are repeated in each segment.
pub(super) const MAX_DEFINITIONS: usize = 32 << 10;
/// Most warnings that are kept; a file can have one in each line.
pub(super) const MAX_WARNINGS: usize = 16;

const ARROW: &str = "-->";
/// The settings of a cue that the standard has (§4.4).
const SETTINGS: [&str; 6] = ["vertical", "line", "position", "size", "align", "region"];

/// Reads a file. `file` is its name for messages.
pub(super) fn parse(file: &str, bytes: &[u8]) -> Result<Subtitles, TextError> {
    let fail = |line, problem| TextError { file: file.to_owned(), line, problem };
    if bytes.len() > MAX_FILE {
        return Err(fail(1, TextProblem::TooLarge { limit: MAX_FILE }));
    }
    let mut parser = Parser::default();
    let text = String::from_utf8_lossy(bytes);
    if let Err(error) = std::str::from_utf8(bytes) {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        parser.warn(line_of(valid), TextOddity::NotUtf8);
    }
    // U+0000 is no character of WebVTT (§6.1).
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).replace('\0', "\u{fffd}");
    let mut lines = Lines { rest: Some(&text), number: 0 };
    if !lines.next().is_some_and(is_signature) {
        return Err(fail(1, TextProblem::NoSignature));
    }
    parser.header(&mut lines);
    while lines.rest.is_some() {
        parser.block(&mut lines);
        if parser.cues.len() > MAX_CUES {
            return Err(fail(lines.number, TextProblem::TooManyCues { limit: MAX_CUES }));
        }
    }
    Ok(Subtitles::new(parser.cues, parser.definitions, parser.warnings))
}

fn is_signature(line: &str) -> bool {
    line.strip_prefix("WEBVTT").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// Number of the line that a text ends in.
fn line_of(text: &[u8]) -> usize {
    let ends = text.iter().enumerate().filter(|(at, byte)| match byte {
        b'\n' => true,
        b'\r' => text.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    ends.count() + 1
}

/// The lines of a text, whatever they end with: LF, CR or both.
#[derive(Clone, Copy)]
struct Lines<'a> {
    /// `None` behind the last line.
    rest: Option<&'a str>,
    /// Number of the line that was taken last.
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest?;
        self.number += 1;
        let Some((line, _)) = rest.split_once(['\n', '\r']) else {
            self.rest = None;
            return Some(rest);
        };
        let behind = rest.get(line.len()..).unwrap_or_default();
        self.rest = behind.strip_prefix("\r\n").or_else(|| behind.get(1..));
        Some(line)
    }

    /// The next line, unless an arrow in it begins another cue.
    fn next_without_arrow(&mut self) -> Option<&'a str> {
        let mut ahead = *self;
        let line = ahead.next().filter(|line| !line.contains(ARROW))?;
        *self = ahead;
        Some(line)
    }

    /// Takes the rest of a block, lines up to an empty one or an arrow, joined with LF.
    fn block(&mut self, first: &str) -> String {
        let mut text = first.to_owned();
        while let Some(line) = self.next_without_arrow().filter(|line| !line.is_empty()) {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(line);
        }
        text
    }
}

#[derive(Default)]
struct Parser {
    cues: Vec<Cue>,
    definitions: String,
    warnings: Vec<TextWarning>,
}

impl Parser {
    fn warn(&mut self, line: usize, oddity: TextOddity) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(TextWarning { line, oddity });
        }
    }

    /// What stands between the signature and the first empty line.
    fn header(&mut self, lines: &mut Lines<'_>) {
        while let Some(line) = lines.next_without_arrow().filter(|line| !line.is_empty()) {
            if maps_time(line) {
                self.warn(lines.number, TextOddity::TimestampMap);
            }
        }
    }

    /// One block: a cue, definitions, or something to be skipped, such as a comment.
    fn block(&mut self, lines: &mut Lines<'_>) {
        let Some(first) = lines.next() else { return };
        if first.is_empty() {
            return;
        }
        if first.contains(ARROW) {
            return self.cue("", first, lines);
        }
        let at = lines.number;
        // An identifier has the timing in the next line.
        let mut ahead = *lines;
        if let Some(second) = ahead.next().filter(|line| line.contains(ARROW)) {
            *lines = ahead;
            return self.cue(first, second, lines);
        }
        let text = lines.block(first);
        if ["STYLE", "REGION"].contains(&first.trim_end()) {
            self.definition(at, &text);
        }
    }

    fn definition(&mut self, line: usize, text: &str) {
        if !self.cues.is_empty() {
            return self.warn(line, TextOddity::LateDefinition);
        }
        if self.definitions.len() + text.len() + 2 > MAX_DEFINITIONS {
            return self.warn(line, TextOddity::TooManyDefinitions);
        }
        self.definitions.push_str(text);
        self.definitions.push_str("\n\n");
    }

    fn cue(&mut self, id: &str, timing: &str, lines: &mut Lines<'_>) {
        let line = lines.number;
        let text = lines.block("");
        let Some((start, end, settings)) = read_timing(timing) else {
            return self.warn(line, TextOddity::BadTiming);
        };
        if end <= start {
            return self.warn(line, TextOddity::NeverShown);
        }
        if self.cues.last().is_some_and(|last| start < last.start) {
            self.warn(line, TextOddity::OutOfOrder);
        }
        self.cues.push(Cue {
            start,
            end,
            id: id.into(),
            settings: settings.into(),
            text: text.into(),
        });
    }
}

/// A header line that relates the times of a segment to a stream, unless it relates 0 to 0
/// (RFC 8216 §3.5).
fn maps_time(line: &str) -> bool {
    let Some(map) = line.strip_prefix("X-TIMESTAMP-MAP") else { return false };
    let zero = |part: &str| {
        let value = part.split_once(':').map_or("", |(_, value)| value);
        !value.is_empty() && value.chars().all(|c| "0:.".contains(c))
    };
    !map.trim_start_matches('=').split(',').map(str::trim).all(zero)
}

/// Reads the line with the arrow: start, end, and those settings that the standard has.
fn read_timing(line: &str) -> Option<(u64, u64, String)> {
    let (start, rest) = timestamp::read(trim(line))?;
    let rest = trim(rest).strip_prefix(ARROW)?;
    let (end, rest) = timestamp::read(trim(rest))?;
    let known = rest.split_ascii_whitespace().filter(|setting| {
        setting.split_once(':').is_some_and(|(name, value)| {
            SETTINGS.contains(&name) && !value.is_empty() && !value.contains(ARROW)
        })
    });
    Some((start, end, known.collect::<Vec<_>>().join(" ")))
}

/// White space of WebVTT (§6.1), at the start.
fn trim(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\x0c'])
}
