//! Every document of the corpus is read, in both modes, where the corpus is present.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use odata_codegen::{Diagnostics, Mode, Reading, Source, read_model_as};

fn corpus() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let is_there = root.is_dir();
    if !is_there {
        eprintln!("SKIPPED: there is no corpus at {}", root.display());
    }
    is_there.then_some(root)
}

fn source(path: &Path) -> Source {
    let bytes = fs::read(path).expect("the corpus is readable");
    let name = path.file_name().expect("a file has a name").to_string_lossy();
    Source::from_bytes(name, &bytes).unwrap_or_else(|error| panic!("{error}"))
}

/// Every document with those that it may refer to: the others of its directory.
fn documents(root: &Path) -> BTreeMap<String, (Source, Vec<Source>)> {
    let mut documents = BTreeMap::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        let entries = fs::read_dir(&directory).expect("the corpus is readable");
        let paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
        let files: Vec<&PathBuf> = paths
            .iter()
            .filter(|path| path.extension().is_some_and(|e| e == "xml" || e == "json"))
            .collect();
        for path in &files {
            let others = match directory == root {
                true => Vec::new(),
                false => {
                    files.iter().filter(|other| other != &path).map(|other| source(other)).collect()
                }
            };
            let name = path.strip_prefix(root).expect("it is below").display().to_string();
            documents.insert(name, (source(path), others));
        }
        directories.extend(paths.into_iter().filter(|path| path.is_dir()));
    }
    documents
}

fn read(document: &Source, references: &[Source], mode: Mode) -> Result<Diagnostics, Diagnostics> {
    let reading = Reading { mode, references: references.to_vec() };
    read_model_as(std::slice::from_ref(document), &[], &reading).map(|(_, warnings)| warnings)
}

#[test]
fn every_document_is_read() {
    let Some(root) = corpus() else { return };
    let mut table = String::new();
    let (mut strict, mut lenient, mut valid) = (0, 0, 0);
    let mut wrong = Vec::new();
    for (name, (document, references)) in documents(&root) {
        let results = [Mode::Strict, Mode::Lenient].map(|mode| read(&document, &references, mode));
        let word = |result: &Result<Diagnostics, Diagnostics>| match result {
            Ok(warnings) if warnings.is_empty() => "ok".to_owned(),
            Ok(warnings) => format!("ok, {} warnings", warnings.len()),
            Err(found) => format!("{} findings", found.len()),
        };
        let line = format!("{name:45} {:20} {}", word(&results[0]), word(&results[1]));
        writeln!(table, "{line}").expect("a string grows");
        let is_invalid = name.starts_with("invalid_");
        if !is_invalid {
            valid += 1;
            strict += usize::from(results[0].is_ok());
            lenient += usize::from(results[1].is_ok());
        }
        for result in &results {
            if let Err(found) = result {
                let first = found.iter().next().expect("there is one");
                assert!(first.span.source <= references.len(), "{found}");
            }
        }
        if results[1].is_ok() == is_invalid {
            wrong.push(line);
        }
        if std::env::var_os("SHOW").is_some_and(|show| show == name.as_str() || show == "all") {
            for (mode, result) in ["strict", "lenient"].iter().zip(&results) {
                let (Ok(found) | Err(found)) = result;
                eprintln!("--- {name} {mode}\n{found}");
            }
        }
    }
    eprintln!("{table}\n{valid} valid documents: {strict} strict, {lenient} lenient");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
