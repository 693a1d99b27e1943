//! Reading TTML (TTML1, also known as DFXP): paragraphs with their times, lines and plain styles.

use std::collections::BTreeSet;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::attributes::{AttrError, Attribute};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::super::cues::{Cue, Subtitles};
use super::super::error::{TextError, TextOddity, TextProblem, TextWarning};
use super::super::webvtt::{MAX_CUES, MAX_FILE, MAX_WARNINGS};
use super::time::Clock;

/// Deepest nesting. Documents have about eight levels.
const MAX_DEPTH: usize = 64;

/// Reads a file. `file` is its name for messages.
pub(in super::super) fn parse(file: &str, bytes: &[u8]) -> Result<Subtitles, TextError> {
    let fail = |line, problem| TextError { file: file.to_owned(), line, problem };
    if bytes.len() > MAX_FILE {
        return Err(fail(1, TextProblem::TooLarge { limit: MAX_FILE }));
    }
    let not_ttml = |line, problem: &str| fail(line, TextProblem::NotTtml(problem.to_owned()));
    let text = std::str::from_utf8(bytes).map_err(|_| not_ttml(1, "it is not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    let mut document = Document::default();
    loop {
        let event = reader.read_event();
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let line =
            || text.get(..at).unwrap_or(text).bytes().filter(|byte| *byte == b'\n').count() + 1;
        let event = event.map_err(|error| not_ttml(line(), &error.to_string()))?;
        let done = document.take(&event, &line).map_err(|problem| not_ttml(line(), &problem))?;
        if document.cues.len() > MAX_CUES {
            return Err(fail(line(), TextProblem::TooManyCues { limit: MAX_CUES }));
        }
        if done {
            return Ok(Subtitles::new(document.cues, String::new(), document.warnings));
        }
    }
}

/// An element that is open.
struct Open {
    kind: Kind,
    /// What the times of its children count from.
    begin: u64,
    end: Option<u64>,
    /// End tags of the styles that it has opened.
    styles: &'static [&'static str],
    /// Text of the paragraph before it, if it has a time of its own and so is a cue of its own.
    outer: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Paragraph,
    /// Its text is not shown.
    Hidden,
    Other,
}

#[derive(Default)]
struct Document {
    clock: Option<Clock>,
    open: Vec<Open>,
    /// Regions at the top of the picture.
    upper: BTreeSet<String>,
    /// Of the paragraph that is open: its text and settings.
    text: String,
    settings: &'static str,
    cues: Vec<Cue>,
    warnings: Vec<TextWarning>,
}

impl Document {
    /// Takes an event; whether it was the last.
    fn take(&mut self, event: &Event<'_>, line: &dyn Fn() -> usize) -> Result<bool, String> {
        match event {
            Event::Start(start) => self.start(start)?,
            Event::Empty(start) => {
                self.start(start)?;
                self.end(line);
            }
            Event::End(_) => self.end(line),
            Event::Text(text) => self.add(text),
            Event::CData(text) => self.add(text),
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|error| error.to_string())?;
                match (character, resolve_predefined_entity(reference)) {
                    (Some(character), _) => self.add(character.encode_utf8(&mut [0; 4])),
                    (None, Some(text)) => self.add(text),
                    (None, None) => return Err("there is an unknown entity".to_owned()),
                }
            }
            Event::DocType(_) => {
                return Err("document type declarations are not allowed".to_owned());
            }
            Event::Eof if !self.open.is_empty() => return Err("it is cut off".to_owned()),
            Event::Eof if self.clock.is_none() => return Err("it is empty".to_owned()),
            Event::Eof => return Ok(true),
            _ => {}
        }
        Ok(false)
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        if self.open.len() >= MAX_DEPTH {
            return Err("it is nested too deeply".to_owned());
        }
        let attributes = attributes(start)?;
        let attribute = |name: &str| {
            let found = attributes.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str())
        };
        let name = start.local_name();
        let name = name.into_inner();
        let Some(clock) = self.clock else {
            if name != "tt" {
                return Err(format!("its root is <{name}>"));
            }
            self.clock = Some(Clock::new(attribute));
            self.open.push(Open {
                kind: Kind::Other,
                begin: 0,
                end: None,
                styles: &[],
                outer: None,
            });
            return Ok(());
        };
        let inside = self.open.iter().any(|open| open.kind == Kind::Paragraph);
        let kind = match name {
            "p" if !inside => Kind::Paragraph,
            "span" | "br" => Kind::Other,
            _ if inside => Kind::Hidden,
            _ => Kind::Other,
        };
        let (parent, limit) = self.open.last().map_or((0, None), |open| (open.begin, open.end));
        let time =
            |name: &str| clock.read(attribute(name)?).map(|time| time.saturating_add(parent));
        let begin = time("begin").unwrap_or(parent);
        let lasts = attribute("dur").and_then(|text| clock.read(text));
        let ends = [limit, time("end"), lasts.map(|lasts| begin.saturating_add(lasts))];
        let end = ends.into_iter().flatten().min();
        match (name, kind) {
            ("br", _) => self.text.push('\n'),
            (_, Kind::Paragraph) => {
                let region = attribute("region").unwrap_or_default();
                self.settings = if self.upper.contains(region) { "line:0" } else { "" };
                self.text.clear();
            }
            ("region", _) if attribute("displayAlign") == Some("before") => {
                self.upper.extend(attribute("id").map(str::to_owned));
            }
            _ => {}
        }
        let is_timed = ["begin", "end", "dur"].iter().any(|name| attribute(name).is_some());
        let outer = (inside && name == "span" && is_timed).then(|| std::mem::take(&mut self.text));
        if outer.is_some() {
            self.open.iter().for_each(|open| open_styles(&mut self.text, open.styles));
        }
        let styles: &[&str] = match (attribute("fontStyle"), attribute("fontWeight")) {
            (Some("italic" | "oblique"), Some("bold")) => &["</b>", "</i>"],
            (Some("italic" | "oblique"), _) => &["</i>"],
            (_, Some("bold")) => &["</b>"],
            _ => &[],
        };
        let shown = inside && kind == Kind::Other || kind == Kind::Paragraph;
        let styles = if shown { styles } else { &[] };
        open_styles(&mut self.text, styles);
        self.open.push(Open { kind, begin, end, styles, outer });
        Ok(())
    }

    fn end(&mut self, line: &dyn Fn() -> usize) {
        let Some(mut open) = self.open.pop() else { return };
        self.text.extend(open.styles.iter().copied());
        if let Some(outer) = open.outer.take() {
            let parents = self.open.iter().rev();
            self.text.extend(parents.flat_map(|open| open.styles.iter().copied()));
            self.cue(&open, line);
            self.text = outer;
        } else if open.kind == Kind::Paragraph {
            self.cue(&open, line);
        }
    }

    /// Makes a cue of the paragraph that has ended, or a part of it with a time of its own, unless there is nothing to be seen of it.
    fn cue(&mut self, open: &Open, line: &dyn Fn() -> usize) {
        let lines = self.text.split('\n').map(str::trim).filter(|line| !line.is_empty());
        let text = lines.collect::<Vec<_>>().join("\n");
        let oddity = match open.end {
            _ if is_blank(&text) => return,
            None => TextOddity::BadTiming,
            Some(end) if end <= open.begin => TextOddity::NeverShown,
            Some(end) => {
                let (start, settings) = (open.begin, self.settings.into());
                self.cues.push(Cue { start, end, id: "".into(), settings, text: text.into() });
                return;
            }
        };
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(TextWarning { line: line(), oddity });
        }
    }

    /// Adds text of a paragraph as cue text, with one space for any white space.
    fn add(&mut self, text: &str) {
        let shown = self.open.iter().any(|open| open.kind == Kind::Paragraph)
            && self.open.iter().all(|open| open.kind != Kind::Hidden);
        if !shown {
            return;
        }
        for character in text.chars() {
            match character {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                ' ' | '\t' | '\r' | '\n' if self.text.ends_with([' ', '\n']) => {}
                ' ' | '\t' | '\r' | '\n' => self.text.push(' '),
                '\0' => {}
                other => self.text.push(other),
            }
        }
    }
}

/// Opens the styles that these end tags close.
fn open_styles(text: &mut String, ends: &[&str]) {
    ends.iter().rev().for_each(|tag| text.push_str(&tag.replace('/', "")));
}

/// Whether there is nothing but tags in cue text.
fn is_blank(text: &str) -> bool {
    let between = text.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    between.into_iter().all(|text| text.trim().is_empty())
}

/// The attributes of an element by local name.
fn attributes(start: &BytesStart<'_>) -> Result<Vec<(String, String)>, String> {
    let read = |attribute: Result<Attribute<'_>, AttrError>| {
        let attribute = attribute.map_err(|error| error.to_string())?;
        // Without a document type there are only the five entities of XML itself.
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = value.map_err(|error| error.to_string())?.into_owned();
        Ok((attribute.key.local_name().into_inner().to_owned(), value))
    };
    start.attributes().map(read).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn shown(text: &str) -> Vec<(u64, u64, String, String)> {
        let subtitles = parse("a.ttml", text.as_bytes()).unwrap();
        let cue = |cue: &Cue| {
            (cue.start / 10_000, cue.end / 10_000, cue.settings.to_string(), cue.text.to_string())
        };
        subtitles.cues().iter().map(cue).collect()
    }

    #[test]
    fn reads_paragraphs_with_their_times_and_styles() {
        let text = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
            <!-- a film --><tt xmlns=\"http://www.w3.org/ns/ttml\" xml:lang=\"en\" \
            xmlns:tts=\"http://www.w3.org/ns/ttml#styling\" ttp:tickRate=\"1000\" xmlns:ttp=\"x\">\
            <head><metadata><ttm:title xmlns:ttm=\"y\">not shown</ttm:title></metadata>\
            <layout><region xml:id=\"up\" tts:displayAlign=\"before\"/></layout></head>\
            <body begin=\"1s\" end=\"100s\"><div>\n\
            <p begin=\"00:00:00\" end=\"00:00:01.5\" region=\"up\">  Hello,\n  <span \
            tts:fontStyle=\"italic\">old <span tts:fontWeight=\"bold\">friend</span></span> &lt;x&gt; &#65;<br/>\
            R&amp;D <metadata>hidden</metadata><![CDATA[<3]]></p>\n\
            <p begin=\"3000t\" dur=\"2s\">dur</p><p begin=\"5s\">until the end</p>\
            <p begin=\"9s\" end=\"8s\">never</p><p begin=\"1s\" end=\"2s\"> <br/> </p>\
            </div></body></tt>\n";
        assert_eq!(
            shown(text),
            [
                (
                    1000,
                    2500,
                    "line:0".into(),
                    "Hello, <i>old <b>friend</b></i> &lt;x&gt; A\nR&amp;D &lt;3".into()
                ),
                (4000, 6000, "".into(), "dur".into()),
                (6000, 100_000, "".into(), "until the end".into()),
            ]
        );
        let warnings = parse("a.ttml", text.as_bytes()).unwrap();
        assert_eq!(warnings.warnings(), [TextWarning { line: 5, oddity: TextOddity::NeverShown }]);
    }

    /// As EBU-TT-D allows beside times of paragraphs (EBU Tech 3380).
    #[test]
    fn parts_of_a_paragraph_may_have_their_own_times() {
        let text = "<tt><body><div>\
            <p tts:fontStyle=\"italic\"><span begin=\"1s\" end=\"2s\">one</span><br/>\
            <span begin=\"2s\" dur=\"1s\" tts:fontWeight=\"bold\">two<br/>lines</span></p>\
            <p begin=\"10s\" end=\"20s\">all the time <span begin=\"5s\">later</span></p>\
            <p begin=\"30s\" end=\"31s\"><span tts:fontStyle=\"italic\"> </span></p>\
            </div></body></tt>";
        let want = [
            (1000, 2000, "<i>one</i>"),
            (2000, 3000, "<i><b>two\nlines</b></i>"),
            (10_000, 20_000, "all the time"),
            (15_000, 20_000, "later"),
        ];
        let want = want.map(|(start, end, text)| (start, end, String::new(), text.to_owned()));
        assert_eq!(shown(text), want);
        assert!(parse("a.ttml", text.as_bytes()).unwrap().warnings().is_empty());
    }

    #[test]
    fn reads_what_is_written_for_smooth_streaming() {
        let file = "WEBVTT\n\n00:01.000 --> 00:02.000\n<b>a</b> &amp; b\nc\n";
        let subtitles = Subtitles::parse("a.vtt", file.as_bytes()).unwrap();
        let document = super::super::document(&subtitles, &(0..60_000_000), Some("en"));
        let read = parse("a.ttml", document.as_bytes()).unwrap();
        assert_eq!(read.cues(), subtitles.cues());
    }

    #[test]
    fn refuses_what_is_no_document_of_text() {
        let deep = format!("<tt>{}", "<div>".repeat(70));
        for (text, line, problem) in [
            ("", 1, "it is empty"),
            ("<html/>", 1, "its root is <html>"),
            ("<tt>\n<body>", 2, "it is cut off"),
            ("<!DOCTYPE tt [<!ENTITY a \"aa\">]><tt/>", 1, "document type"),
            ("<tt>\n\n&a;</tt>", 3, "unknown entity"),
            (&deep, 1, "nested too deeply"),
            ("<tt>\n<p a=\"&x;\"/></tt>", 2, ""),
            ("<tt></div>", 1, ""),
        ] {
            let error = parse("a.ttml", text.as_bytes()).unwrap_err();
            let TextProblem::NotTtml(found) = &error.problem else { panic!("{error}") };
            assert!(error.line == line && found.contains(problem), "{error}");
        }
        assert!(parse("a.ttml", b"\xff\xfe<\0t\0t\0").is_err());
        let many = format!("<tt>{}</tt>", "<p dur=\"1s\">a</p>".repeat(MAX_CUES + 1));
        let error = parse("a.ttml", many.as_bytes()).unwrap_err();
        assert_eq!(error.problem, TextProblem::TooManyCues { limit: MAX_CUES });
    }
}
