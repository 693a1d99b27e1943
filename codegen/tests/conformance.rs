//! Documents that others test their readers with, where those are present: the unit tests of
//! odata.net, and the samples of OASIS.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use odata_codegen::{Diagnostics, Mode, Reading, Severity, Source, read_model_as};

fn folder(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance").join(name);
    let is_there = path.exists();
    if !is_there {
        eprintln!("SKIPPED: there is nothing at {}", path.display());
    }
    is_there.then_some(path)
}

fn read(source: &Source, mode: Mode) -> Result<Diagnostics, Diagnostics> {
    let reading = Reading { mode, references: Vec::new() };
    read_model_as(std::slice::from_ref(source), &[], &reading).map(|(_, warnings)| warnings)
}

/// The code of the first error.
fn first(found: &Diagnostics) -> &'static str {
    let error = found.iter().find(|found| found.severity == Severity::Error);
    error.expect("what is refused has an error").code
}

/// Why a document that breaks a rule may pass, by the words in the name of the rule.
const OUT_OF_SCOPE: [(&str, &str); 12] = [
    ("Expression", "values of annotations are not checked against their terms"),
    ("Constant", "values of annotations are not checked against their terms"),
    ("Annotation", "annotations of terms that are not read may be anything"),
    ("Invalid", "facets, constraints and constants that nothing is generated from"),
    ("Dependent", "referential constraints are not read"),
    ("Relationship", "referential constraints are not read"),
    ("Duplicate", "terms, aliases and bindings that are repeated do no harm"),
    ("AlreadyDefined", "terms are not read"),
    ("NavigationProperty", "`Nullable` on a collection does no harm"),
    ("EntitySet", "which sets containment allows does not matter"),
    ("Must", "members of flags without values get a bit each"),
    ("", "what only the XML reader of odata.net does"),
];

#[test]
fn documents_of_odata_net() {
    let Some(path) = folder("odatanet/csdl-v4.jsonl") else { return };
    let text = fs::read_to_string(path).expect("readable");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |what: String| *counts.entry(what).or_default() += 1;
    let (mut strict_valid, mut valid, mut refused) = (0, 0, 0);
    for (at, line) in text.lines().enumerate() {
        let record: serde_json::Value = serde_json::from_str(line).expect("a record is JSON");
        let csdl = record["csdl"].as_str().expect("a record has a document");
        let rules = record["expect_errors"].as_array().expect("a list");
        let source = Source { name: format!("{}.xml", at + 1), text: csdl.to_owned() };
        let strict = read(&source, Mode::Strict);
        let lenient = read(&source, Mode::Lenient);
        if record["well_formed"] == false {
            assert!(lenient.is_err(), "{csdl}");
            count("not well-formed: refused".to_owned());
            continue;
        }
        match (rules.first(), &strict, &lenient) {
            (None, Ok(_), _) => {
                strict_valid += 1;
                valid += 1;
                count("valid: accepted".to_owned());
            }
            (None, Err(found), Ok(_)) => {
                valid += 1;
                count(format!("valid by itself: accepted in lenient mode, {}", first(found)));
            }
            // Templates of documents, and documents that are invalid without the test saying so.
            (None, _, Err(found)) => count(format!("out of scope: refused, {}", first(found))),
            (Some(_), Err(found), _) => {
                refused += 1;
                count(format!("invalid: refused in strict mode, {}", first(found)));
            }
            (Some(rule), Ok(_), _) => {
                let rule = rule.as_str().expect("a name");
                let reason = OUT_OF_SCOPE.iter().find(|(word, _)| rule.contains(word));
                let (_, reason) = reason.expect("the last one is for all");
                count(format!("out of scope: accepted, {reason}"));
            }
        }
    }
    for (what, count) in &counts {
        eprintln!("{count:5} {what}");
    }
    eprintln!("{strict_valid} valid ones in strict mode, {valid} in lenient mode");
    eprintln!("{refused} invalid ones refused in strict mode");
    assert!(strict_valid >= 662, "{strict_valid}");
    assert!(valid >= 815, "{valid}");
    assert!(refused >= 75, "{refused}");
}

#[test]
fn samples_of_oasis() {
    let Some(root) = folder("csdl-samples/oasis") else { return };
    let mut ran = 0;
    for (directory, is_valid) in
        [("examples", true), ("examples/counterexamples", false), ("test", true)]
    {
        let entries = fs::read_dir(root.join(directory)).expect("readable");
        let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("readable").path()).collect();
        paths.sort();
        for path in paths {
            let name = path.strip_prefix(&root).expect("it is below").display().to_string();
            let is_document = name.ends_with(".xml") || name.ends_with(".json");
            if !is_document || name.contains("eslintrc") {
                continue;
            }
            let bytes = fs::read(&path).expect("readable");
            let source = Source::from_bytes(&name, &bytes).expect("it is UTF-8");
            let strict = read(&source, Mode::Strict);
            let lenient = read(&source, Mode::Lenient);
            let word = match (&strict, &lenient) {
                (Ok(_), _) => "accepted".to_owned(),
                (Err(found), Ok(_)) => format!("accepted in lenient mode, {}", first(found)),
                (_, Err(found)) => format!("refused, {}", first(found)),
            };
            eprintln!("{name:50} {word}");
            ran += 1;
            assert!(lenient.is_ok() || !is_valid, "{name}: {}", lenient.expect_err("refused"));
        }
    }
    assert!(ran >= 20, "documents are missing: {ran}");
}
