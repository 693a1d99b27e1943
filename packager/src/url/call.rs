//! The nouns of a streaming URL and what stands in their parentheses.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::{UrlError, syntax};

/// Extensions that clients put behind manifests, for players that look at nothing else.
pub(super) const MANIFEST_EXTENSIONS: &[&str] = &["m3u8", "mpd", "ism", "ismc"];

/// Extensions behind fragments, for clients that only open URLs with one they know.
pub(super) const FRAGMENT_EXTENSIONS: &[&str] =
    &["ts", "m4s", "mp4", "m4v", "m4a", "cmfv", "cmfa", "cmft", "aac", "vtt"];

/// Takes the percent-encoding from a segment of a path. What is then in it is text: a slash that
/// was encoded does not separate anything (RFC 3986 §2.2), and has no place in a name either.
pub(super) fn decoded(segment: &str) -> Result<Cow<'_, str>, UrlError> {
    let text = percent_decode_str(segment).decode_utf8();
    let text = text.map_err(|_| syntax("the path is not UTF-8"))?;
    if text.contains(|c: char| matches!(c, '/' | '\\') || c.is_control()) {
        return Err(syntax("slashes and control characters cannot be in a name"));
    }
    Ok(text)
}

/// `Noun(parameter,parameter).extension`
pub(super) struct Call<'a> {
    /// In lower case.
    pub(super) noun: String,
    pub(super) parameters: Vec<&'a str>,
    /// Without the dot.
    extension: Option<&'a str>,
}

impl<'a> Call<'a> {
    /// Takes a segment apart.
    pub(super) fn parse(text: &'a str) -> Result<Self, UrlError> {
        let (noun, parameters, rest) = match text.split_once('(') {
            Some((noun, behind)) => {
                let closed = behind.rsplit_once(')');
                let (inside, rest) = closed.ok_or_else(|| syntax("`)` is missing"))?;
                if inside.contains(['(', ')']) {
                    return Err(syntax("parentheses inside of parentheses"));
                }
                (noun, inside.split(',').map(str::trim).collect(), rest.trim())
            }
            None => {
                let (noun, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
                (noun, vec![], rest)
            }
        };
        let extension = match rest.strip_prefix('.') {
            None if !rest.is_empty() => return Err(syntax(format!("unexpected {rest:?}"))),
            extension => extension,
        };
        Ok(Call { noun: noun.trim().to_ascii_lowercase(), parameters, extension })
    }

    /// Refuses any extension but these, which mean nothing.
    pub(super) fn check_extension(&self, known: &[&str]) -> Result<(), UrlError> {
        match self.extension {
            Some(other) if !known.iter().any(|known| known.eq_ignore_ascii_case(other)) => {
                Err(syntax(format!("unexpected extension {other:?}")))
            }
            _ => Ok(()),
        }
    }
}
