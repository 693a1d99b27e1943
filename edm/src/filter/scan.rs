//! Where tokens start and end in the text of an expression.

use super::{ParseFilterError, Parser};
use crate::version::Version;

impl<'a> Parser<'a> {
    /// What is not read yet.
    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Goes on at `rest`, which is an end of the text.
    pub(crate) fn go_to(&mut self, rest: &str) {
        self.at = self.text.len() - rest.len();
    }

    pub(crate) fn error(&self, problem: impl Into<String>) -> ParseFilterError {
        ParseFilterError { position: self.at, problem: problem.into() }
    }

    /// "unexpected", or that the text ends here.
    pub(crate) fn unexpected(&self, wanted: &str) -> ParseFilterError {
        self.error(match self.rest() {
            "" => format!("expected {wanted}, found the end"),
            rest => format!("expected {wanted}, found '{}'", crate::value::shorten(rest)),
        })
    }

    pub(crate) fn skip_spaces(&mut self) {
        self.go_to(self.rest().trim_start_matches([' ', '\t']));
    }

    /// Whether a token is next, behind spaces.
    pub(crate) fn sees(&mut self, token: &str) -> bool {
        self.skip_spaces();
        self.rest().starts_with(token)
    }

    /// Takes a token, behind spaces.
    pub(crate) fn eat(&mut self, token: &str) -> bool {
        let found = self.sees(token);
        if found {
            self.at += token.len();
        }
        found
    }

    pub(crate) fn expect(&mut self, token: &str) -> Result<(), ParseFilterError> {
        if self.eat(token) { Ok(()) } else { Err(self.error(format!("expected '{token}'"))) }
    }

    /// Takes a keyword that is followed by a space, a parenthesis or the end. V4.01 does not mind
    /// its case.
    pub(crate) fn eat_keyword(&mut self, keyword: &str) -> bool {
        self.skip_spaces();
        let rest = self.rest();
        let ends = |rest: &str| rest.is_empty() || rest.starts_with([' ', '(', '\t']);
        let found = rest.get(..keyword.len()).is_some_and(|head| self.is_word(head, keyword))
            && ends(&rest[keyword.len()..]);
        if found {
            self.at += keyword.len();
        }
        found
    }

    /// Takes `asc` or `desc`, which may stand before a comma.
    pub(crate) fn eat_direction(&mut self, direction: &str) -> bool {
        self.skip_spaces();
        let rest = self.rest();
        let found = rest.get(..direction.len()).is_some_and(|head| self.is_word(head, direction))
            && Self::name_length(rest) == direction.len();
        if found {
            self.at += direction.len();
        }
        found
    }

    /// Whether a text is a word of the grammar, in the case that the version asks for.
    pub(crate) fn is_word(&self, text: &str, word: &str) -> bool {
        text == word || (self.version == Version::V401 && text.eq_ignore_ascii_case(word))
    }

    /// The end of the name at the start of a text: an identifier or, with dots, a qualified name;
    /// 0 if there is none.
    pub(crate) fn name_length(text: &str) -> usize {
        let mut length = 0;
        loop {
            let part = &text[length..];
            let is_start = |c: char| c.is_alphabetic() || c == '_';
            if !part.starts_with(is_start) {
                // The dot before is no part of the name.
                return length.saturating_sub(1);
            }
            length += part.find(|c: char| !(is_start(c) || is_inner(c))).unwrap_or(part.len());
            if !text[length..].starts_with('.') {
                return length;
            }
            length += 1;
        }
    }

    /// Takes an identifier, or a qualified name.
    pub(crate) fn name(&mut self, wanted: &str) -> Result<&'a str, ParseFilterError> {
        let rest = self.rest();
        match Self::name_length(rest) {
            0 => Err(self.unexpected(wanted)),
            length => {
                self.at += length;
                Ok(&rest[..length])
            }
        }
    }

    pub(crate) fn finish(&mut self) -> Result<(), ParseFilterError> {
        self.skip_spaces();
        match self.rest() {
            "" => Ok(()),
            rest => Err(self.error(format!("unexpected '{}'", crate::value::shorten(rest)))),
        }
    }
}

/// What an identifier may have behind its first character: digits, marks and joiners.
fn is_inner(c: char) -> bool {
    c.is_alphanumeric() || (!c.is_ascii() && !c.is_whitespace() && !c.is_control())
}
