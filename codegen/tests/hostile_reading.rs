//! Documents that are made to hurt are read in bounded time and memory, and never with a panic.

use std::time::{Duration, Instant};

use odata_codegen::{Mode, Reading, Source, Style, read_model_as, references, render};

const HEAD: &str = "<Schema Namespace=\"S\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">";

/// Reads a document in both modes; whether it passes in lenient mode.
fn try_out(text: &str) -> bool {
    let source = Source { name: "m.xml".to_owned(), text: text.to_owned() };
    let _ = references(&source);
    let read = |mode| {
        let reading = Reading { mode, references: Vec::new() };
        match read_model_as(std::slice::from_ref(&source), &[], &reading) {
            Ok(_) => true,
            Err(found) => {
                assert!(!render(&found, Style::Plain).is_empty());
                assert!(!found.to_string().is_empty());
                false
            }
        }
    };
    read(Mode::Strict);
    read(Mode::Lenient)
}

fn schema(contents: &str) -> String {
    format!("{HEAD}{contents}</Schema>")
}

#[test]
fn size_and_shape_are_bounded() {
    let many =
        |count: usize, one: &dyn Fn(usize) -> String| (0..count).map(one).collect::<String>();
    let chain = many(3_000, &|at| {
        format!("<ComplexType Name=\"T{at}\" BaseType=\"S.T{}\"/>", (at + 1) % 3_000)
    });
    let lost = many(3_000, &|at| format!("<Property Name=\"P{at}\" Type=\"S.Nowhere{at}\"/>"));
    let twice = many(3_000, &|_| "<ComplexType Name=\"T\"/>".to_owned());
    let names = many(3_000, &|at| format!("<ComplexType Name=\"T{at}\"/>"));
    let bindings =
        many(3_000, &|at| format!("<NavigationPropertyBinding Path=\"P{at}\" Target=\"T{at}\"/>"));
    let definitions = many(3_000, &|at| {
        format!("<TypeDefinition Name=\"D{at}\" UnderlyingType=\"S.D{}\"/>", at + 1)
    });
    for (what, text) in [
        ("deep XML", "<a>".repeat(10_000)),
        ("deep JSON", "{\"$Version\":".repeat(10_000)),
        (
            "expansion",
            "<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>".to_owned(),
        ),
        ("a long cycle", schema(&chain)),
        ("lost types", schema(&format!("{names}<ComplexType Name=\"C\">{lost}</ComplexType>"))),
        ("one name", schema(&twice)),
        ("a long definition", schema(&definitions)),
        (
            "bindings",
            schema(&format!(
                "<EntityType Name=\"E\"/><EntityContainer Name=\"C\"><EntitySet Name=\"A\" EntityType=\"S.E\">{bindings}</EntitySet></EntityContainer>"
            )),
        ),
    ] {
        let start = Instant::now();
        try_out(&text);
        let spent = start.elapsed();
        // Far more than it takes, so that a slow machine passes; far less than what is quadratic.
        assert!(spent < Duration::from_secs(60), "{what} took {spent:?}");
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
fn documents_cut_and_garbled() {
    let documents = [
        include_str!("model/whole.xml").to_owned(),
        include_str!("model/whole.json").to_owned(),
        include_str!("model/broken.xml").to_owned(),
        schema(include_str!("model/annotations.xml")),
        schema(include_str!("model/operations.xml")),
        schema(include_str!("model/function_imports.xml")),
    ];
    let mut numbers = Numbers(20_140_224);
    for document in &documents {
        let letters: Vec<char> = document.chars().collect();
        for _ in 0..40 {
            let cut: String = letters[..numbers.below(letters.len())].iter().collect();
            try_out(&cut);
            let mut garbled = letters.clone();
            for _ in 0..=numbers.below(3) {
                let from = numbers.below(garbled.len());
                let length = numbers.below(20).min(garbled.len() - from);
                let piece: Vec<char> = garbled.drain(from..from + length).collect();
                let to = numbers.below(garbled.len());
                garbled.splice(to..to, piece);
            }
            try_out(&garbled.into_iter().collect::<String>());
        }
    }
}
