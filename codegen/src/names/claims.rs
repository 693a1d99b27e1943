//! Identifiers, and scopes in which each may be claimed once.

use std::collections::BTreeMap;

use proc_macro2::Ident;

use crate::diagnostic::{Findings, Span};
use crate::model::Label;

/// Keywords of Rust 2024, strict and reserved.
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Keywords that cannot be raw identifiers.
const PATH_KEYWORDS: [&str; 4] = ["self", "Self", "super", "crate"];

/// The identifier of a text; a keyword becomes a raw identifier, or gets a `_` where it cannot.
pub(crate) fn identifier(text: &str) -> Option<Ident> {
    if PATH_KEYWORDS.contains(&text) {
        syn::parse_str(&format!("{text}_")).ok()
    } else if KEYWORDS.contains(&text) {
        syn::parse_str(&format!("r#{text}")).ok()
    } else {
        syn::parse_str(text).ok()
    }
}

/// Names within which identifiers must differ.
pub(crate) struct Scope {
    /// What it is, for messages: "the fields of `Asset`".
    what: String,
    /// Identifiers that the emitted text uses itself.
    reserved: &'static [&'static str],
    claimed: BTreeMap<String, (String, Span)>,
}

impl Scope {
    pub(crate) fn new(what: impl Into<String>, reserved: &'static [&'static str]) -> Self {
        Self { what: what.into(), reserved, claimed: BTreeMap::new() }
    }

    /// Whether the identifier of a text is taken already.
    pub(crate) fn has(&self, text: &str) -> bool {
        let is_claimed = |ident: Ident| self.claimed.contains_key(&ident.to_string());
        self.reserved.contains(&text) || identifier(text).is_some_and(is_claimed)
    }

    /// The identifier of a text for something with this label. One that the emitted text uses
    /// itself gets a `_`; one that is taken is an error, because which of the two would be
    /// renamed must not depend on their order.
    pub(crate) fn claim(&mut self, text: &str, label: &Label, findings: &mut Findings) -> Ident {
        let reserved = if self.reserved.contains(&text) { "_" } else { "" };
        let Some(ident) = identifier(&format!("{text}{reserved}")) else {
            let message = format!("`{}` has no form that is a Rust identifier", label.name);
            findings
                .error("names::no-identifier", label.span, message)
                .help("give it a Rust name by an amendment: name = \"…\"");
            return Ident::new("unnamed", proc_macro2::Span::call_site());
        };
        let first = self.claimed.insert(ident.to_string(), (label.name.clone(), label.span));
        if let Some((first_name, first_span)) = first {
            let message = format!(
                "`{first_name}` and `{}` are both `{ident}` among {}",
                label.name, self.what
            );
            findings
                .error("names::collision", label.span, message)
                .related(first_span, "the other one")
                .help("give one of them another Rust name by an amendment: name = \"…\"");
        }
        ident
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_become_identifiers() {
        for (text, expected) in [
            ("type", Some("r#type")),
            ("gen", Some("r#gen")),
            ("self", Some("self_")),
            ("Self", Some("Self_")),
            ("union", Some("union")),
            ("größe", Some("größe")),
            ("", None),
            ("1st", None),
            ("x²", None),
        ] {
            assert_eq!(
                identifier(text).map(|ident| ident.to_string()).as_deref(),
                expected,
                "{text}"
            );
        }
    }
}
