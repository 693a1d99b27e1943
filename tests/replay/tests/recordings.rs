//! Reads every answer of `../shared/recordings` and looks for all of it in what was read.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use edm::json::Format;
use replay::{Exchange, Outcome, Tables};

/// Parts of URLs, and the document that describes what is there: one of the corpus, or one of this
/// crate. What has none is read into an entity that declares nothing.
type Documents = &'static [(&'static str, &'static str)];

/// A recording, and the format of its services where they declare none.
const RECORDINGS: [(&str, Format, Documents); 6] = [
    ("wcfds5-v3.jsonl", Format::Light, &[("/odata.svc", "metadata/wcfds5.xml")]),
    ("wcfds5-northwind-v2.jsonl", Format::Verbose, &[("/odata.svc", "corpus/northwind_v2.xml")]),
    (
        "olingo4.jsonl",
        Format::V4,
        &[("/odata.svc", "metadata/tecsvc.xml"), ("/trippin", "corpus/trippin_rw_v4.xml")],
    ),
    (
        "cap-v4.jsonl",
        Format::V4,
        &[("/v4/admin", "metadata/cap_admin_v4.xml"), ("/v4/types", "metadata/cap_types_v4.xml")],
    ),
    (
        "v2.jsonl",
        Format::Verbose,
        &[
            ("/ReferenceScenario.svc", "corpus/olingo2_ref_scenario_v2.xml"),
            ("/v2/admin", "metadata/cap_admin_v2.xml"),
            ("/v2/types", "metadata/cap_types_v2.xml"),
        ],
    ),
    ("azurite.jsonl", Format::Light, &[]),
];

/// Folders with sample payloads, what they are in, and the document that describes them.
const SAMPLES: [(&str, &str, Format, &str); 3] = [
    (
        "conformance/olingo-v3/fit-V30",
        "application/json;odata=fullmetadata",
        Format::Light,
        "conformance/olingo-v3/fit-V30/metadata.xml",
    ),
    (
        "conformance/olingo-v3/client-core-v3",
        "application/json;odata=fullmetadata",
        Format::Light,
        "conformance/olingo-v3/client-core-v3/metadata.xml",
    ),
    (
        "conformance/olingo-v3/client-core-v4",
        "application/json;odata.metadata=full",
        Format::V4,
        "conformance/olingo-v3/client-core-v4/staticservice-metadata.xml",
    ),
];

/// What lies beside the workspace, if it is there.
fn shared() -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    shared.join("recordings").is_dir().then_some(shared)
}

fn tables(shared: &Path, document: &str) -> Tables {
    let root = if document.starts_with("metadata/") {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    } else {
        shared
    };
    let text = std::fs::read_to_string(root.join(document)).unwrap();
    Tables::read(document, &text).unwrap_or_else(|problem| panic!("{document}: {problem}"))
}

#[test]
fn nothing_of_a_recorded_answer_is_lost() {
    let Some(shared) = shared() else {
        println!("SKIPPED: there is no ../shared/recordings");
        return;
    };
    let mut lost = Vec::new();
    let mut total = 0;
    for (file, format, documents) in RECORDINGS {
        let open = Tables::default();
        let services: Vec<_> =
            documents.iter().map(|(part, document)| (*part, tables(&shared, document))).collect();
        let text = std::fs::read_to_string(shared.join("recordings").join(file)).unwrap();
        let mut kinds: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
        let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
        for (line, exchange) in text.lines().enumerate() {
            let exchange = Exchange::parse(exchange).unwrap();
            let tables = services.iter().find(|(part, _)| exchange.url().contains(part));
            let tables = tables.map_or(&open, |(_, tables)| tables);
            total += 1;
            for answer in exchange.parts().iter().chain([&exchange]) {
                match answer.replay(tables, format) {
                    Outcome::Read { kind, declared, kept } => {
                        let entry = kinds.entry(kind).or_default();
                        *entry = (entry.0 + 1, entry.1 + declared, entry.2 + kept);
                    }
                    Outcome::Skipped(reason) => *skipped.entry(reason).or_default() += 1,
                    Outcome::Lost(what) => {
                        lost.push(format!("{file}:{} {}: {what}", line + 1, exchange.url()));
                    }
                }
            }
        }
        for (kind, (answers, declared, kept)) in kinds {
            println!("{file}: {answers} × {kind}: {declared} values typed, {kept} members kept");
        }
        for (reason, answers) in skipped {
            println!("{file}: {answers} × skipped: {reason}");
        }
    }
    println!("{total} exchanges");
    assert!(lost.is_empty(), "{} lost:\n{}", lost.len(), lost.join("\n"));
}

/// The files of a folder and those below it, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn nothing_of_a_sample_is_lost() {
    let Some(shared) = shared() else {
        println!("SKIPPED: there is no ../shared/conformance");
        return;
    };
    let mut lost = Vec::new();
    for (folder, content_type, format, document) in SAMPLES {
        let tables = tables(&shared, document);
        let (mut read, mut typed, mut members) = (0, 0, 0);
        for file in files(&shared.join(folder)) {
            let text = std::fs::read_to_string(&file).unwrap();
            match Exchange::of_body(content_type, &text).replay(&tables, format) {
                Outcome::Read { declared, kept, .. } => {
                    (read, typed, members) = (read + 1, typed + declared, members + kept);
                }
                outcome => lost.push(format!("{}: {outcome:?}", file.display())),
            }
        }
        println!("{folder}: {read} samples: {typed} values typed, {members} members kept");
    }
    assert!(lost.is_empty(), "{} lost:\n{}", lost.len(), lost.join("\n"));
}
