//! Input that is cut, garbled or hostile gives diagnostics, never a panic, and never hangs.

use std::fmt::Write;

use odata_codegen::{Options, Source, Style, generate, render};

const DOCUMENT: &str = include_str!("golden/operations/metadata.xml");
const NAVIGATION: &str = include_str!("golden/navigation/metadata.xml");
const AMENDMENTS: &str = include_str!("golden/operations/amend.toml");

fn try_out(document: &str, amendments: &str) -> bool {
    let source = |name: &str, text: &str| Source { name: name.to_owned(), text: text.to_owned() };
    let options = Options { command: "make".to_owned(), ..Options::default() };
    let documents = [source("m.xml", document)];
    match generate(&documents, &[source("a.toml", amendments)], &options) {
        Ok(_) => true,
        Err(diagnostics) => {
            // Rendering has to cope with every span.
            assert!(!render(&diagnostics, Style::Plain).is_empty());
            assert!(!diagnostics.to_string().is_empty());
            false
        }
    }
}

/// A small generator of numbers: the test has to fail for the same input everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

#[test]
fn the_fixture_is_good() {
    assert!(try_out(DOCUMENT, AMENDMENTS));
    assert!(try_out(NAVIGATION, ""));
}

#[test]
fn documents_cut_anywhere() {
    let end = DOCUMENT.trim_end().len();
    for at in (0..end).filter(|at| DOCUMENT.is_char_boundary(*at)) {
        assert!(!try_out(&DOCUMENT[..at], AMENDMENTS), "cut at {at}");
    }
}

#[test]
fn amendments_cut_anywhere() {
    for at in (0..AMENDMENTS.len()).filter(|at| AMENDMENTS.is_char_boundary(*at)) {
        // What is left may be good: every prefix that ends with an entry is.
        try_out(DOCUMENT, &AMENDMENTS[..at]);
    }
}

/// Replaces, removes, repeats or moves a few pieces of a text.
fn garble(text: &str, numbers: &mut Numbers) -> String {
    const PIECES: [&str; 20] = [
        "<",
        ">",
        "\"",
        "&",
        "&#0;",
        "&#x10FFFF;",
        "é",
        "\u{0}",
        "\u{feff}",
        "Edm.",
        "Collection(",
        ")",
        ".",
        "Sample.",
        "Name",
        "true",
        "<!--",
        "]]>",
        "[",
        "=",
    ];
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(chars.len());
        let length = numbers.below(12).min(chars.len() - at);
        match numbers.below(4) {
            0 => drop(chars.drain(at..at + length)),
            1 => {
                let piece = PIECES[numbers.below(PIECES.len())];
                chars.splice(at..at, piece.chars());
            }
            2 => {
                let copy: Vec<char> = chars[at..at + length].to_vec();
                let to = numbers.below(chars.len());
                chars.splice(to..to, copy);
            }
            _ => {
                let piece = PIECES[numbers.below(PIECES.len())];
                chars.splice(at..at + length, piece.chars());
            }
        }
    }
    chars.into_iter().collect()
}

#[test]
fn garbled_documents_and_amendments() {
    let mut numbers = Numbers(20_190_219);
    for _ in 0..1500 {
        try_out(&garble(DOCUMENT, &mut numbers), AMENDMENTS);
        try_out(&garble(NAVIGATION, &mut numbers), "");
        try_out(DOCUMENT, &garble(AMENDMENTS, &mut numbers));
    }
}

/// Values of attributes garbled one at a time: these pass the XML reader more often.
#[test]
fn garbled_values() {
    let mut numbers = Numbers(7);
    let quotes: Vec<usize> = DOCUMENT.match_indices('"').map(|(at, _)| at).collect();
    for pair in quotes.chunks_exact(2) {
        for value in
            ["", " ", "_", "Self", "é", "Sample.Channel", "Edm.Int32", "Sample.Report", "true", "*"]
        {
            let mut text = DOCUMENT.to_owned();
            text.replace_range(pair[0] + 1..pair[1], value);
            try_out(&text, if numbers.below(2) == 0 { AMENDMENTS } else { "" });
        }
    }
}

#[test]
fn texts_that_try_to_leave_their_comment() {
    let mut amendments = String::from("[type.Channel]\ndoc = ");
    let text = "*/ } \n/// \n//! #![feature(x)]\n\n```\ncode\n```\n\n\u{2028} `unclosed [link](super::X) <script>";
    write!(amendments, "{text:?}").expect("writing to a string does not fail");
    let amendments = amendments.replace("\\u{2028}", "\\u2028");
    assert!(try_out(DOCUMENT, &amendments));
}

#[test]
fn many_errors_are_found_in_time() {
    let mut document = DOCUMENT.replace("Type=\"Edm.", "Type=\"Edn.");
    document = document.replace(
        "<ComplexType",
        &format!("{}<ComplexType", "<ComplexType Name=\"Same\"/>".repeat(2000)),
    );
    assert!(!try_out(&document, ""));
}
