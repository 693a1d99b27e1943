//! JSON text to a tree of values with spans: what `xml.rs` is for XML. Libraries read JSON into
//! values without places, which diagnostics need.

use std::borrow::Cow;

use crate::diagnostic::{Findings, Span};
use crate::source::Source;

/// How deep values may be nested.
const DEEPEST: usize = 128;

/// How many values a document may have.
const MOST: usize = 4_000_000;

/// A value, and where it is.
#[derive(Debug)]
pub(crate) struct Node<'d> {
    pub(crate) value: Value<'d>,
    pub(crate) span: Span,
}

/// A value.
#[derive(Debug)]
pub(crate) enum Value<'d> {
    Null,
    Bool(bool),
    /// A number, as written.
    Number(&'d str),
    String(Cow<'d, str>),
    Array(Vec<Node<'d>>),
    /// The members in the order of the document; a name may come twice.
    Object(Vec<Member<'d>>),
}

/// A member of an object.
#[derive(Debug)]
pub(crate) struct Member<'d> {
    pub(crate) name: Cow<'d, str>,
    /// Where the name is, without quotes.
    pub(crate) span: Span,
    pub(crate) node: Node<'d>,
}

/// Reads a document; `None` after an error.
pub(crate) fn read<'d>(
    index: usize,
    source: &'d Source,
    findings: &mut Findings,
) -> Option<Node<'d>> {
    let at = source.text.len() - source.text.trim_start_matches('\u{feff}').len();
    let mut reader = Reader { source: index, text: &source.text, at, count: 0 };
    let result = reader.value(0).and_then(|node| {
        reader.blank();
        match reader.peek() {
            None => Ok(node),
            Some(_) => Err(reader.failure("something follows the document")),
        }
    });
    match result {
        Ok(node) => Some(node),
        Err(Failure { code, span, message }) => {
            findings.error(code, span, message);
            None
        }
    }
}

/// Why a document cannot be read.
struct Failure {
    code: &'static str,
    span: Span,
    message: String,
}

struct Reader<'d> {
    source: usize,
    text: &'d str,
    at: usize,
    count: usize,
}

impl<'d> Reader<'d> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span { source: self.source, start, end }
    }

    /// What is wrong at the place where the reader is.
    fn failure(&self, message: &str) -> Failure {
        if self.at >= self.text.len() {
            return Failure {
                code: "json::cut-short",
                span: self.span(self.text.len().saturating_sub(1), self.text.len()),
                message: "the document is cut short".to_owned(),
            };
        }
        Failure {
            code: "json::syntax",
            span: self.span(self.at, self.at + 1),
            message: format!("this is not JSON: {message}"),
        }
    }

    fn expect(&mut self, byte: u8, message: &str) -> Result<(), Failure> {
        self.blank();
        if self.peek() != Some(byte) {
            return Err(self.failure(message));
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Node<'d>, Failure> {
        self.blank();
        let start = self.at;
        self.count += 1;
        if depth > DEEPEST || self.count > MOST {
            let (code, message) = match depth > DEEPEST {
                true => ("json::too-deep", format!("values are nested more than {DEEPEST} deep")),
                false => ("json::too-large", format!("there are more than {MOST} values")),
            };
            return Err(Failure { code, span: self.span(start, start), message });
        }
        let value = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Value::String(self.string()?.0),
            Some(b'-' | b'0'..=b'9') => {
                let is_part = |byte| matches!(byte, b'-' | b'+' | b'.' | b'0'..=b'9' | b'e' | b'E');
                while self.peek().is_some_and(is_part) {
                    self.at += 1;
                }
                Value::Number(self.text.get(start..self.at).unwrap_or_default())
            }
            _ => {
                let words = [
                    ("null", Value::Null),
                    ("true", Value::Bool(true)),
                    ("false", Value::Bool(false)),
                ];
                let rest = self.text.get(self.at..).unwrap_or_default();
                let found = words.into_iter().find(|(word, _)| rest.starts_with(word));
                let Some((word, value)) = found else {
                    return Err(self.failure("a value is expected"));
                };
                self.at += word.len();
                value
            }
        };
        Ok(Node { value, span: self.span(start, self.at) })
    }

    fn object(&mut self, depth: usize) -> Result<Value<'d>, Failure> {
        self.at += 1;
        let mut members = Vec::new();
        self.blank();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            self.blank();
            if self.peek() != Some(b'"') {
                return Err(self.failure("a name is expected"));
            }
            let (name, span) = self.string()?;
            self.expect(b':', "`:` is expected")?;
            let node = self.value(depth + 1)?;
            members.push(Member { name, span, node });
            self.blank();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.failure("`,` or `}` is expected")),
            }
        }
        self.at += 1;
        Ok(Value::Object(members))
    }

    fn array(&mut self, depth: usize) -> Result<Value<'d>, Failure> {
        self.at += 1;
        let mut items = Vec::new();
        self.blank();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blank();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.failure("`,` or `]` is expected")),
            }
        }
        self.at += 1;
        Ok(Value::Array(items))
    }

    /// A string and where it is, without quotes.
    fn string(&mut self) -> Result<(Cow<'d, str>, Span), Failure> {
        self.at += 1;
        let start = self.at;
        let mut has_escapes = false;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escapes = true;
                    self.at += 2;
                }
                Some(byte) if byte < b' ' => {
                    return Err(self.failure("a string ends with its line"));
                }
                Some(_) => self.at += 1,
                None => return Err(self.failure("a string does not end")),
            }
        }
        let span = self.span(start, self.at);
        let raw = self.text.get(start..self.at).unwrap_or_default();
        let text = match has_escapes {
            false => Cow::Borrowed(raw),
            true => {
                let quoted = self.text.get(start - 1..=self.at).unwrap_or_default();
                // Escapes are the one thing that a library does as well without places.
                let Ok(text) = serde_json::from_str::<String>(quoted) else {
                    self.at = start;
                    return Err(self.failure("a string has a bad escape"));
                };
                Cow::Owned(text)
            }
        };
        self.at += 1;
        Ok((text, span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, look: impl Fn(Option<Node<'_>>, String)) {
        let source = Source { name: "t.json".to_owned(), text: text.to_owned() };
        let mut findings = Findings::default();
        let node = read(0, &source, &mut findings);
        look(node, findings.finish([source.clone()].into()).to_string());
    }

    #[test]
    fn values_have_places() {
        let text = "\u{feff}{ \"a\": [1, -2.5e3, true, null], \"b\\u00e9\": \"x\\n\" }";
        parse(text, |node, _| {
            let Some(Node { value: Value::Object(members), .. }) = node else {
                panic!("it is an object")
            };
            assert_eq!(&text[members[0].span.start..members[0].span.end], "a");
            let Value::Array(items) = &members[0].node.value else { panic!("an array") };
            assert_eq!(&text[items[1].span.start..items[1].span.end], "-2.5e3");
            assert!(matches!(items[3].value, Value::Null));
            assert_eq!(members[1].name, "bé");
            assert!(matches!(&members[1].node.value, Value::String(text) if text == "x\n"));
        });
    }

    #[test]
    fn what_is_no_json_has_a_place() {
        for (text, place) in [
            ("", "t.json:1:1: error[json::cut-short]"),
            ("{\"a\": ", "t.json:1:6: error[json::cut-short]"),
            ("{\"a\": 1,\n}", "t.json:2:1: error[json::syntax]"),
            ("[1 2]", "t.json:1:4: error[json::syntax]"),
            ("[\"\\q\"]", "t.json:1:3: error[json::syntax]"),
            ("\"a", "t.json:1:2: error[json::cut-short]"),
            ("\"a\\", "t.json:1:3: error[json::cut-short]"),
            ("{} {}", "t.json:1:4: error[json::syntax]"),
            ("[é]", "t.json:1:2: error[json::syntax]"),
        ] {
            parse(text, |node, found| {
                assert!(node.is_none() && found.starts_with(place), "{text}: {found}");
            });
        }
        parse(&"[".repeat(1_000_000), |_, found| assert!(found.contains("json::too-deep")));
    }
}
