//! The nouns of a streaming URL and what stands in their parentheses.

use super::{UrlError, syntax};

/// `Noun(parameter,parameter).extension`
pub(super) struct Call<'a> {
    /// In lower case.
    pub(super) noun: String,
    pub(super) parameters: Vec<&'a str>,
}

impl<'a> Call<'a> {
    /// Takes a segment apart. One of the extensions may follow, and means nothing.
    pub(super) fn parse(text: &'a str, extensions: &[&str]) -> Result<Self, UrlError> {
        let known = |rest: &str| {
            rest.is_empty()
                || rest.strip_prefix('.').is_some_and(|extension| {
                    extensions.iter().any(|known| known.eq_ignore_ascii_case(extension))
                })
        };
        let (noun, parameters, rest) = match text.split_once('(') {
            Some((noun, behind)) => {
                let closed = behind.rsplit_once(')');
                let (inside, rest) = closed.ok_or_else(|| syntax("`)` is missing"))?;
                if inside.contains(['(', ')']) {
                    return Err(syntax("parentheses inside of parentheses"));
                }
                (noun, inside.split(',').map(str::trim).collect(), rest.trim())
            }
            None => match text.split_once('.') {
                Some((noun, extension)) => {
                    (noun, vec![], &text[text.len() - extension.len() - 1..])
                }
                None => (text, vec![], ""),
            },
        };
        if !known(rest) {
            return Err(syntax(format!("unexpected {rest:?}")));
        }
        Ok(Call { noun: noun.trim().to_ascii_lowercase(), parameters })
    }
}
