use std::fmt;

use crate::error::ServiceError;

/// A payload that is not what the model says, or no payload at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", if path.is_empty() { String::new() } else { format!("{path}: ") })]
pub struct PayloadError {
    /// The place, such as `Tasks[0].Priority`; empty for the whole.
    pub path: String,
    /// What is wrong there.
    pub problem: String,
    /// What kind of problem it is.
    pub kind: PayloadErrorKind,
    /// The text around the place, or the start of what is no payload; empty if it is not known.
    pub excerpt: String,
}

/// What is wrong with a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PayloadErrorKind {
    /// It is JSON, but not of the form or type that was expected.
    Mismatch,
    /// It is not JSON.
    Syntax,
    /// It ends too early: the connection was cut, perhaps.
    Truncated,
    /// There is none.
    Empty,
    /// It is HTML or XML: a login page, perhaps, or Atom.
    Markup,
    /// The service reports an error in place of the payload or behind the start of it, though the
    /// status was one of success.
    Service(Box<ServiceError>),
}

/// One step of a path.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Member(&'a str),
    Item(usize),
}

impl PayloadError {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        let kind = PayloadErrorKind::Mismatch;
        Self { path: String::new(), problem: problem.into(), kind, excerpt: String::new() }
    }

    pub(crate) fn of_kind(kind: PayloadErrorKind, problem: &str, text: &str) -> Self {
        let excerpt = around(text, 0).to_owned();
        Self { path: String::new(), problem: problem.to_owned(), kind, excerpt }
    }

    /// An error that the service reports where something else was expected.
    pub(crate) fn service(error: ServiceError) -> Self {
        let problem = format!("the service reports an error: {}", error.message);
        let kind = PayloadErrorKind::Service(Box::new(error));
        Self { path: String::new(), problem, kind, excerpt: String::new() }
    }

    /// The same problem, one level up.
    pub(crate) fn within(self, outer: &str) -> Self {
        self.at(Place::Member(outer))
    }

    pub(super) fn at(mut self, place: Place<'_>) -> Self {
        let mut path = match place {
            Place::Member(name) => name.to_owned(),
            Place::Item(position) => format!("[{position}]"),
        };
        if !self.path.is_empty() && !self.path.starts_with('[') {
            path.push('.');
        }
        path.push_str(&self.path);
        self.path = path;
        self
    }

    /// The same problem, with the text around a position that a JSON parser gave: line and column
    /// count from 1, the column in bytes.
    pub(super) fn near(self, text: &str, line: usize, column: usize) -> Self {
        let lines = text.split_inclusive('\n').take(line.saturating_sub(1));
        let position = lines.map(str::len).sum::<usize>() + column;
        self.excerpted(text, position)
    }

    /// The same problem, with the text around a position in bytes.
    pub(crate) fn excerpted(mut self, text: &str, position: usize) -> Self {
        around(text, position).clone_into(&mut self.excerpt);
        self
    }
}

/// At most 80 bytes of a text, on both sides of a position.
fn around(text: &str, position: usize) -> &str {
    const REACH: usize = 40;
    let position = position.min(text.len());
    let start = text.floor_char_boundary(position.saturating_sub(REACH));
    let end = text.ceil_char_boundary((position + REACH).min(text.len()));
    text.get(start..end).unwrap_or_default().trim()
}

/// What was found in place of something else, for messages.
pub(crate) fn mismatch(expected: impl fmt::Display, found: impl fmt::Display) -> PayloadError {
    PayloadError::new(format!("expected {expected}, found {found}"))
}
