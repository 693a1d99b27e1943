//! Small documents, and the modules generated from them: `golden/<case>/{metadata.xml, amend.toml,
//! out/}`. `UPDATE=1` writes `out/` anew; `golden_compiled.rs` compiles and uses it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use odata_codegen::{Options, Source, Style, generate, render};

type Files = BTreeMap<String, String>;

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let entries = fs::read_dir(root).expect("the cases are there");
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    cases.sort();
    assert!(cases.len() >= 30, "cases are missing: {cases:?}");
    cases
}

fn source(case: &Path, name: &str) -> Option<Source> {
    let text = fs::read_to_string(case.join(name)).ok()?;
    Some(Source { name: name.to_owned(), text })
}

fn generated(case: &Path) -> Files {
    let options = Options {
        command: "UPDATE=1 cargo test -p odata-codegen".to_owned(),
        ..Options::default()
    };
    let documents = [source(case, "metadata.xml").expect("a case has a document")];
    let amendments: Vec<Source> = source(case, "amend.toml").into_iter().collect();
    let output = generate(&documents, &amendments, &options).unwrap_or_else(|diagnostics| {
        panic!("{}:\n{}", case.display(), render(&diagnostics, Style::Plain))
    });
    assert!(output.warnings.is_empty(), "{}", output.warnings);
    output.files
}

fn checked_in(out: &Path) -> Files {
    let mut files = Files::new();
    let Ok(entries) = fs::read_dir(out) else { return files };
    for entry in entries {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        if path.is_dir() {
            let below = checked_in(&path).into_iter();
            files.extend(below.map(|(file, text)| (format!("{name}/{file}"), text)));
        } else {
            files.insert(name, fs::read_to_string(&path).expect("readable"));
        }
    }
    files
}

#[test]
fn goldens_are_current() {
    for case in cases() {
        let files = generated(&case);
        let out = case.join("out");
        let present = checked_in(&out);
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&out).expect("writable");
            for name in present.keys().filter(|name| !files.contains_key(*name)) {
                fs::remove_file(out.join(name)).expect("writable");
            }
            for (name, text) in &files {
                let path = out.join(name);
                fs::create_dir_all(path.parent().expect("below the case")).expect("writable");
                fs::write(path, text).expect("writable");
            }
            continue;
        }
        let names = |files: &Files| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&files), names(&present), "{}: run with UPDATE=1", case.display());
        for (name, text) in &files {
            assert!(present.get(name) == Some(text), "{}/{name}: run with UPDATE=1", out.display());
        }
    }
}

#[test]
fn the_same_input_gives_the_same_output() {
    for case in cases() {
        assert_eq!(generated(&case), generated(&case), "{}", case.display());
    }
}

#[test]
fn everything_in_a_document_is_in_the_tables() {
    for case in cases() {
        let document = source(&case, "metadata.xml").expect("a case has a document").text;
        if document.contains("edmx:Edmx Version=\"4.0\"") {
            // Inheritance, streams and overloads make other numbers.
            continue;
        }
        let files = generated(&case);
        let tables = &files["tables.rs"];
        for (element, row) in [
            ("<EntitySet ", " EntitySet {"),
            ("<EntityType ", ": StructuredType = "),
            ("<Property ", "Property::new("),
            ("<NavigationProperty ", "Navigation::"),
            ("<FunctionImport ", ": Operation = "),
        ] {
            let complex_types = match element {
                "<EntityType " => document.matches("<ComplexType ").count(),
                _ => 0,
            };
            let declared = document.matches(element).count() + complex_types;
            assert_eq!(tables.matches(row).count(), declared, "{element} of {}", case.display());
        }
    }
}
