//! Language codes.

/// Two-letter codes that BCP 47 wants in place of ISO 639-2 codes, for the languages most seen.
const SHORT_LANGUAGES: [(&str, &str); 36] = [
    ("ara", "ar"),
    ("ben", "bn"),
    ("bul", "bg"),
    ("cat", "ca"),
    ("ces", "cs"),
    ("chi", "zh"),
    ("cze", "cs"),
    ("dan", "da"),
    ("deu", "de"),
    ("dut", "nl"),
    ("ell", "el"),
    ("eng", "en"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("fre", "fr"),
    ("ger", "de"),
    ("gre", "el"),
    ("heb", "he"),
    ("hin", "hi"),
    ("hun", "hu"),
    ("ind", "id"),
    ("ita", "it"),
    ("jpn", "ja"),
    ("kor", "ko"),
    ("nld", "nl"),
    ("nor", "no"),
    ("pol", "pl"),
    ("por", "pt"),
    ("ron", "ro"),
    ("rus", "ru"),
    ("spa", "es"),
    ("swe", "sv"),
    ("tha", "th"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("zho", "zh"),
];

/// The two-letter code of a language that has one; otherwise the code that was given.
pub(crate) fn short(language: &str) -> &str {
    let found = SHORT_LANGUAGES.iter().find(|(long, _)| long.eq_ignore_ascii_case(language));
    found.map_or(language, |(_, short)| short)
}

/// Whether two codes mean the same language.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    short(one).eq_ignore_ascii_case(short(other))
}
