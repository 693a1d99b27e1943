//! Language codes.

use isolang::Language;

/// Bibliographic codes of ISO 639-2, which ISO 639-3 does not have, and the two-letter codes of
/// the same languages.
const BIBLIOGRAPHIC: [(&str, &str); 20] = [
    ("alb", "sq"),
    ("arm", "hy"),
    ("baq", "eu"),
    ("bur", "my"),
    ("chi", "zh"),
    ("cze", "cs"),
    ("dut", "nl"),
    ("fre", "fr"),
    ("geo", "ka"),
    ("ger", "de"),
    ("gre", "el"),
    ("ice", "is"),
    ("mac", "mk"),
    ("mao", "mi"),
    ("may", "ms"),
    ("per", "fa"),
    ("rum", "ro"),
    ("slo", "sk"),
    ("tib", "bo"),
    ("wel", "cy"),
];

/// The two-letter code of a language that has one, given by a code of two or three letters.
pub(crate) fn known(code: &str) -> Option<&'static str> {
    // Nothing longer is a code, however much of it there is.
    let code = code.get(..code.len().min(4))?.to_ascii_lowercase();
    let bibliographic = BIBLIOGRAPHIC.iter().find(|(long, _)| *long == code);
    if let Some((_, short)) = bibliographic {
        return Some(short);
    }
    let found = Language::from_639_1(&code).or_else(|| Language::from_639_3(&code));
    found.and_then(|language| language.to_639_1())
}

/// The two-letter code of a language that has one, which BCP 47 wants in place of a longer one;
/// otherwise the code that was given.
pub(crate) fn short(language: &str) -> &str {
    known(language).unwrap_or(language)
}

/// Whether a language is one that is wanted. A language wanted without a region means it in all
/// regions, as in the basic filtering of RFC 4647 §3.3.1.
pub(crate) fn matches(language: &str, wanted: &str) -> bool {
    let primary = language.split(['-', '_']).next().unwrap_or_default();
    [language, primary].iter().any(|one| short(one).eq_ignore_ascii_case(short(wanted)))
}

/// What a language is called in English, with what its tag says beyond that; the tag itself if it
/// is not known.
pub(crate) fn label(tag: &str) -> String {
    let (primary, rest) = tag.split_once(['-', '_']).unwrap_or((tag, ""));
    let Some(language) = known(primary).and_then(Language::from_639_1) else {
        return tag.to_owned();
    };
    // Some names say more than people do, such as `Modern Greek (1453-)`.
    let name = language.to_name().split(" (").next().unwrap_or_default();
    if rest.is_empty() { name.to_owned() } else { format!("{name} ({rest})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_any_length_lead_to_the_short_one() {
        for (code, want) in [
            ("en", Some("en")),
            ("ENG", Some("en")),
            ("ger", Some("de")),
            ("deu", Some("de")),
            ("fre", Some("fr")),
            ("ell", Some("el")),
            ("new", None),
            ("und", None),
            ("xx", None),
            ("engl", None),
            ("english", None),
            ("", None),
            ("é", None),
            ("ééé", None),
        ] {
            assert_eq!(known(code), want, "{code}");
        }
        assert_eq!((short("spa"), short("und"), short("en-US")), ("es", "und", "en-US"));
    }

    #[test]
    fn a_language_is_wanted_in_all_regions_or_in_one() {
        assert!(matches("eng", "en") && matches("en", "ENG") && matches("und", "und"));
        assert!(matches("en-US", "en") && matches("en-us", "en-US") && matches("pt_BR", "por"));
        assert!(!matches("en", "en-US") && !matches("en-GB", "en-US") && !matches("en", "de"));
    }

    #[test]
    fn labels_are_names() {
        for (tag, want) in [
            ("en", "English"),
            ("ger", "German"),
            ("en-US", "English (US)"),
            ("el", "Modern Greek"),
            ("zh-Hant", "Chinese (Hant)"),
            ("tlh", "tlh"),
        ] {
            assert_eq!(label(tag), want);
        }
    }
}
