use std::fmt;

use crate::Value;
use crate::filter::{ParseFilterError, Parser};
use crate::literal::{self, Literal};

/// What ends a search: in parentheses, a semicolon begins the next option.
type Ends = &'static [char];
const IN_PARENTHESES: Ends = &[')', ';'];
const ALONE: Ends = &[')'];

/// A `$search` expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// A word, or a phrase of several.
    Term(String),
    /// What a user has typed so far, which need not follow the grammar: in single quotes.
    Incomplete(String),
    /// What does not match.
    Not(Box<Search>),
    /// What matches both.
    And(Box<Search>, Box<Search>),
    /// What matches one of both.
    Or(Box<Search>, Box<Search>),
}

impl Search {
    /// A word, or a phrase of several.
    pub fn term(text: impl Into<String>) -> Self {
        Self::Term(text.into())
    }

    /// What matches both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::And(Box::new(self), Box::new(other))
    }

    /// What matches one of both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::Or(Box::new(self), Box::new(other))
    }

    const fn precedence(&self) -> u8 {
        match self {
            Self::Or(..) => 1,
            Self::And(..) => 2,
            Self::Not(_) => 3,
            Self::Term(_) | Self::Incomplete(_) => 4,
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, context: u8) -> fmt::Result {
        if self.precedence() < context {
            f.write_str("(")?;
            self.write(f, 0)?;
            return f.write_str(")");
        }
        match self {
            Self::Term(text) if is_word(text) => f.write_str(text),
            Self::Term(text) => {
                write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
            }
            Self::Incomplete(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Self::Not(operand) => {
                f.write_str("NOT ")?;
                operand.write(f, 3)
            }
            Self::And(left, right) | Self::Or(left, right) => {
                left.write(f, self.precedence())?;
                f.write_str(if self.precedence() == 1 { " OR " } else { " AND " })?;
                right.write(f, self.precedence() + 1)
            }
        }
    }

    /// Reads up to a semicolon, a closing parenthesis or the end.
    pub(super) fn parse(parser: &mut Parser<'_>) -> Result<Self, ParseFilterError> {
        parser.skip_spaces();
        if let Ok((Literal { value: Value::String(text), .. }, rest)) =
            literal::scan(parser.rest(), parser.version)
            && parser.rest().starts_with('\'')
        {
            parser.go_to(rest);
            return Ok(Self::Incomplete(text));
        }
        let ends = if parser.is_nested() { IN_PARENTHESES } else { ALONE };
        Self::disjunction(parser, ends)
    }

    fn disjunction(parser: &mut Parser<'_>, ends: Ends) -> Result<Self, ParseFilterError> {
        parser.nested(|parser| {
            let mut left = Self::conjunction(parser, ends)?;
            while eat_operator(parser, "OR") {
                left = left.or(Self::conjunction(parser, ends)?);
            }
            Ok(left)
        })
    }

    /// Operands with `AND`, or with nothing, between them.
    fn conjunction(parser: &mut Parser<'_>, ends: Ends) -> Result<Self, ParseFilterError> {
        let mut left = Self::operand(parser, ends)?;
        loop {
            let spaced = parser.rest().starts_with([' ', '\t']);
            parser.skip_spaces();
            let is_end = parser.rest().is_empty() || parser.rest().starts_with(ends);
            if is_end || sees_operator(parser, "OR") {
                return Ok(left);
            }
            if !eat_operator(parser, "AND") && !spaced {
                return Err(parser.error("words of a search have spaces between them"));
            }
            left = left.and(Self::operand(parser, ends)?);
        }
    }

    fn operand(parser: &mut Parser<'_>, ends: Ends) -> Result<Self, ParseFilterError> {
        parser.skip_spaces();
        if eat_operator(parser, "NOT") {
            return parser.nested(|parser| Ok(Self::Not(Box::new(Self::operand(parser, ends)?))));
        }
        if parser.eat("(") {
            let inner = Self::disjunction(parser, ends)?;
            parser.expect(")")?;
            return Ok(inner);
        }
        let text = parser.rest();
        if let Some(phrase) = text.strip_prefix('"') {
            return match scan_phrase(phrase) {
                Some((phrase, rest)) if !phrase.is_empty() => {
                    parser.go_to(rest);
                    Ok(Self::Term(phrase))
                }
                Some(_) => Err(parser.error("an empty phrase")),
                None => Err(parser.error("its closing quote is missing")),
            };
        }
        let end = text.find(|c| !is_word_character(c) || ends.contains(&c)).unwrap_or(text.len());
        if end == 0 || text.starts_with('\'') {
            return Err(parser.unexpected("a word"));
        }
        parser.go_to(&text[end..]);
        Ok(Self::Term(text[..end].to_owned()))
    }
}

/// A phrase up to its closing quote, `\"` undone.
fn scan_phrase(text: &str) -> Option<(String, &str)> {
    let mut phrase = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Some((phrase, &text[at + 1..])),
            '\\' => phrase.push(characters.next()?.1),
            c => phrase.push(c),
        }
    }
    None
}

/// Whether an operator is next: the word, and an operand behind it.
fn sees_operator(parser: &mut Parser<'_>, operator: &str) -> bool {
    parser.skip_spaces();
    let behind = parser.rest().strip_prefix(operator);
    behind.is_some_and(|rest| rest.starts_with([' ', '\t']) && !rest.trim_start().is_empty())
}

fn eat_operator(parser: &mut Parser<'_>, operator: &str) -> bool {
    let found = sees_operator(parser, operator);
    found && parser.eat(operator)
}

fn is_word_character(c: char) -> bool {
    !(c.is_whitespace() || c.is_control() || matches!(c, '(' | ')' | '"'))
}

/// Whether a text needs no quotes.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('\'')
        && text.chars().all(|c| is_word_character(c) && !IN_PARENTHESES.contains(&c))
        && !matches!(text, "AND" | "OR" | "NOT")
}

impl fmt::Display for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}
