//! Vectors of third parties: literals, keys, filters, query options and paths, as Microsoft's
//! libraries, Olingo and OASIS have them.
//!
//! Each test says how many it ran, how many passed, and why the others are out of scope; anything
//! unexpected fails it. The vectors are not part of the repository: where they are not found beside
//! it, the tests say so and check nothing.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

mod aggregation;
mod builder;
mod ms;
mod oasis;
mod odatanet;
mod olingo2;
mod olingo4;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use serde_json::Value as Json;

fn read(name: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance");
    let text = std::fs::read_to_string(folder.join(name));
    if text.is_err() {
        eprintln!("SKIPPED: conformance/{name} is not there");
    }
    text.ok()
}

/// The vectors of a file with one on each line.
fn vectors(name: &str) -> Vec<Json> {
    let text = read(name).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The text of a field.
fn text<'a>(vector: &'a Json, field: &str) -> &'a str {
    vector[field].as_str().unwrap_or_default()
}

/// What became of the vectors of one file.
struct Tally {
    name: &'static str,
    ran: usize,
    passed: usize,
    out_of_scope: BTreeMap<String, usize>,
    failures: Vec<String>,
}

impl Tally {
    fn new(name: &'static str) -> Self {
        Self { name, ran: 0, passed: 0, out_of_scope: BTreeMap::new(), failures: Vec::new() }
    }

    fn skip(&mut self, reason: &str) {
        *self.out_of_scope.entry(reason.to_owned()).or_default() += 1;
    }

    fn check(&mut self, passed: bool, detail: impl FnOnce() -> String) {
        self.ran += 1;
        if passed {
            self.passed += 1;
        } else {
            self.failures.push(detail());
        }
    }

    /// Checks a vector that must be read, and printed so that it is read alike.
    fn check_read<E: Display>(&mut self, vector: &str, printed_twice: Result<(String, String), E>) {
        let detail = match &printed_twice {
            Ok((first, second)) if first == second => String::new(),
            Ok((first, second)) => format!("{vector}\n    printed {first}\n    and then {second}"),
            Err(error) => format!("{vector}\n    refused: {error}"),
        };
        self.check(detail.is_empty(), || detail);
    }

    fn check_refused<T, E>(&mut self, vector: &str, read: &Result<T, E>) {
        self.check(read.is_err(), || format!("{vector}\n    was read"));
    }

    fn finish(self) {
        let Self { name, ran, passed, out_of_scope, failures } = self;
        let left_out: usize = out_of_scope.values().sum();
        eprintln!("{name}: {ran} ran, {passed} passed, {left_out} out of scope");
        for (reason, count) in out_of_scope {
            eprintln!("  {count}: {reason}");
        }
        assert!(failures.is_empty(), "{name}: {} failed\n{}", failures.len(), failures.join("\n"));
    }
}

/// The whole of a Java string of which the vector has the first piece: `"a" + "b"` in its source.
fn joined(source: &str, first: &str) -> String {
    let mut text = first.to_owned();
    let literal = format!("\"{}\"", first.replace('\\', "\\\\").replace('"', "\\\""));
    let Some((_, mut rest)) = source.split_once(&literal) else { return text };
    while let Some(piece) = rest.trim_start().strip_prefix('+').map(str::trim_start) {
        let mut pieces = serde_json::Deserializer::from_str(piece).into_iter::<String>();
        let Some(Ok(more)) = pieces.next() else { return text };
        text.push_str(&more);
        rest = &piece[pieces.byte_offset()..];
    }
    text
}

/// The reason that a list gives for a vector.
fn reason<'a>(list: &[(&str, &'a str)], vector: &str) -> Option<&'a str> {
    list.iter().find(|(listed, _)| *listed == vector).map(|(_, reason)| *reason)
}
