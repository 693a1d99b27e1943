//! Casing. `heck` splits words by case alone, which takes apart words that are written in mixed
//! case (`OData`, `IPv4`) and plurals of abbreviations (`URLs`); those are put right first.

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

use crate::names::ident::normal;

/// Words whose case is not where they begin and end.
const MIXED: [(&str, &str); 6] = [
    ("OData", "Odata"),
    ("OAuth", "Oauth"),
    ("IPv4", "Ipv4"),
    ("IPv6", "Ipv6"),
    ("iOS", "Ios"),
    ("macOS", "Macos"),
];

/// `content_file_size`.
pub(crate) fn snake(name: &str) -> String {
    regular(name).to_snake_case()
}

/// `CONTENT_FILE_SIZE`.
pub(crate) fn shouty(name: &str) -> String {
    regular(name).to_shouty_snake_case()
}

/// A name as a type or a variant: as it is where that is good Rust.
pub(crate) fn camel(name: &str) -> String {
    let name = normal(name);
    let is_camel = name.starts_with(char::is_uppercase) && name.chars().all(char::is_alphanumeric);
    if is_camel { name.into_owned() } else { regular(&name).to_upper_camel_case() }
}

/// Whether a name is in the case that its words ask for: of `Id` and `ID`, the first.
pub(crate) fn is_regular(name: &str) -> bool {
    let mut letters = name.chars();
    let upper: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    snake(name).to_upper_camel_case() == upper + letters.as_str()
}

/// The name with every word in regular case.
fn regular(name: &str) -> String {
    let mut name = normal(name).into_owned();
    for (mixed, word) in MIXED {
        if name.contains(mixed) {
            name = replace_word(&name, mixed, word);
        }
    }
    plurals(&name)
}

/// Replaces a word where it begins and ends one: not the `iOS` in `AudiOS`.
fn replace_word(name: &str, from: &str, to: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while let Some(at) = rest.find(from) {
        let (before, found) = rest.split_at(at);
        let after = &found[from.len()..];
        let begins = before.chars().next_back().or(out.chars().next_back()).is_none_or(|letter| {
            !letter.is_alphabetic() || from.starts_with(char::is_uppercase) && letter.is_lowercase()
        });
        let ends = after.chars().next().is_none_or(|letter| !letter.is_lowercase());
        out.push_str(before);
        out.push_str(if begins && ends { to } else { from });
        rest = after;
    }
    out + rest
}

/// `URLs` → `Urls`: two or more capitals, an `s`, and no small letter after it.
fn plurals(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    let mut capitals = 0;
    for (at, &letter) in letters.iter().enumerate() {
        let next_is_small = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if letter == 's' && capitals >= 2 && !next_is_small {
            let word: String = out.chars().rev().take(capitals - 1).collect();
            let word: String = word.chars().rev().collect();
            out.truncate(out.len() - word.len());
            out.push_str(&word.to_lowercase());
        }
        out.push(letter);
        capitals = if letter.is_uppercase() { capitals + 1 } else { 0 };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake_and_shouty_keep_abbreviations_together() {
        for (name, expected) in [
            ("Id", "id"),
            ("ID", "id"),
            ("ContentFileSize", "content_file_size"),
            ("IPRange", "ip_range"),
            ("IPAccessControl", "ip_access_control"),
            ("x509Certificate", "x509_certificate"),
            ("keyDeliveryType", "key_delivery_type"),
            ("EnvelopeBaseKeyAcquisitionUrl", "envelope_base_key_acquisition_url"),
            ("HLSv3", "hl_sv3"),
            ("URLs", "urls"),
            ("AllowedURLsByIPv4", "allowed_urls_by_ipv4"),
            ("SourceIDs2", "source_ids2"),
            ("GetMonitoringSasUris", "get_monitoring_sas_uris"),
            ("ODataVersion", "odata_version"),
            ("AudiOS", "audi_os"),
            ("APISource", "api_source"),
            ("APIsource", "ap_isource"),
            ("FourCC", "four_cc"),
            ("Größe", "größe"),
            ("_private", "private"),
        ] {
            assert_eq!(snake(name), expected, "{name}");
        }
        assert_eq!(shouty("IPRange"), "IP_RANGE");
        assert_eq!(shouty("AllowedURLs"), "ALLOWED_URLS");
    }

    #[test]
    fn good_type_names_stay() {
        for (name, expected) in [
            ("IPRange", "IPRange"),
            ("AssetFile", "AssetFile"),
            ("asset", "Asset"),
            ("Asset_File", "AssetFile"),
            ("type", "Type"),
            ("self", "Self"),
            ("ª", "A"),
        ] {
            assert_eq!(camel(name), expected, "{name}");
        }
    }
}
