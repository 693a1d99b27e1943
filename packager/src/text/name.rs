//! What the name of a file tells of its subtitles: `film.en.vtt`, `film_en-US.vtt`, `de.vtt`.

use crate::language;

/// What subtitles are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextRole {
    /// For those who hear but do not understand.
    Subtitles,
    /// For those who do not hear: sounds are described too.
    Captions,
    /// Only what is not said in the language of the sound; shown to everyone.
    Forced,
}

/// The parts of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileName<'a> {
    /// Without the extension.
    pub(super) stem: &'a str,
    /// The language at its end, as BCP 47 writes it.
    pub(super) language: Option<String>,
    pub(super) role: TextRole,
}

/// Scripts that languages are told apart by; other words of four letters are no scripts.
const SCRIPTS: [&str; 5] = ["Hans", "Hant", "Latn", "Cyrl", "Arab"];
const SEPARATORS: [char; 4] = ['.', '_', '-', ' '];

/// Takes a name apart.
pub(super) fn parse(file: &str) -> FileName<'_> {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    // Media servers and editors mark these behind the language: `film.en.sdh.vtt`.
    let (rest, role) = match last_part(stem) {
        (rest, part) if ["sdh", "cc", "hi"].iter().any(|mark| part.eq_ignore_ascii_case(mark)) => {
            (rest, TextRole::Captions)
        }
        (rest, part) if part.eq_ignore_ascii_case("forced") => (rest, TextRole::Forced),
        _ => (Some(stem), TextRole::Subtitles),
    };
    // `hi` is also Hindi, unless a language stands before it.
    match rest.and_then(language_at_end) {
        Some(language) => FileName { stem, language: Some(language), role },
        None => {
            let language = language_at_end(stem);
            let role = if language.is_some() { TextRole::Subtitles } else { role };
            FileName { stem, language, role }
        }
    }
}

/// What stands before the last separator, if there is one, and what stands behind it.
fn last_part(text: &str) -> (Option<&str>, &str) {
    match text.rsplit_once(SEPARATORS) {
        Some((rest, part)) => (Some(rest), part),
        None => (None, text),
    }
}

/// A language tag at the end of a text, with a region or script or without.
fn language_at_end(text: &str) -> Option<String> {
    let (rest, last) = last_part(text);
    if let Some(rest) = rest
        // A region is joined to its language by one of these two only.
        && text.strip_prefix(rest).is_some_and(|behind| behind.starts_with(['-', '_']))
        && let Some(subtag) = subtag(last)
        && let Some(language) = language::known(last_part(rest).1)
    {
        return Some(format!("{language}-{subtag}"));
    }
    language::known(last).map(str::to_owned)
}

/// A script or region subtag as it is usually written (RFC 5646 §2.1.1).
fn subtag(text: &str) -> Option<String> {
    let letters = text.bytes().all(|byte| byte.is_ascii_alphabetic());
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        2 if letters => Some(text.to_ascii_uppercase()),
        3 if digits => Some(text.to_owned()),
        4 => {
            SCRIPTS.into_iter().find(|script| script.eq_ignore_ascii_case(text)).map(str::to_owned)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_found_at_the_end() {
        for (file, want) in [
            ("film.en.vtt", Some("en")),
            ("film_en-US.vtt", Some("en-US")),
            ("film_en_us.VTT", Some("en-US")),
            ("subs-de.vtt", Some("de")),
            ("de.vtt", Some("de")),
            ("pt-br.vtt", Some("pt-BR")),
            ("film.zh-hant.vtt", Some("zh-Hant")),
            ("film.es-419.vtt", Some("es-419")),
            ("film.eng.vtt", Some("en")),
            ("film.ger.vtt", Some("de")),
            ("a film EN.vtt", Some("en")),
            ("film.mp4_fr.vtt", Some("fr")),
            ("film.en-part.vtt", None),
            ("film.en.HD.vtt", None),
            ("plain.vtt", None),
            ("film_cut_2.vtt", None),
            ("film.new.vtt", None),
            (".vtt", None),
            ("-.vtt", None),
            ("ünïcode-é.vtt", None),
        ] {
            assert_eq!(parse(file).language.as_deref(), want, "{file}");
        }
    }

    #[test]
    fn marks_behind_the_language_tell_the_role() {
        for (file, language, role) in [
            ("film.en.sdh.vtt", Some("en"), TextRole::Captions),
            ("film.en-GB.cc.vtt", Some("en-GB"), TextRole::Captions),
            ("film.de.forced.vtt", Some("de"), TextRole::Forced),
            ("film.en.hi.vtt", Some("en"), TextRole::Captions),
            ("film.hi.vtt", Some("hi"), TextRole::Subtitles),
            ("film.cc.vtt", None, TextRole::Captions),
            ("film.vtt", None, TextRole::Subtitles),
        ] {
            let found = parse(file);
            assert_eq!((found.language.as_deref(), found.role), (language, role), "{file}");
        }
    }
}
