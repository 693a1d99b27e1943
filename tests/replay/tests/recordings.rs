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
const SAMPLES: [(&str, &str, Format, &str); 5] = [
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
        "conformance/olingo-v3/fit-V30",
        "application/atom+xml",
        Format::Light,
        "conformance/olingo-v3/fit-V30/metadata.xml",
    ),
    (
        "conformance/olingo-v3/client-core-v3",
        "application/atom+xml",
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
fn files(folder: &Path, wanted: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, wanted));
        } else if path.extension().is_some_and(|extension| extension == wanted) {
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
        let extension = if content_type.contains("xml") { "xml" } else { "json" };
        for file in files(&shared.join(folder), extension) {
            let text = std::fs::read_to_string(&file).unwrap();
            match Exchange::of_body(content_type, &text).replay(&tables, format) {
                Outcome::Read { declared, kept, .. } => {
                    (read, typed, members) = (read + 1, typed + declared, members + kept);
                }
                Outcome::Skipped("metadata") => {}
                outcome => lost.push(format!("{}: {outcome:?}", file.display())),
            }
        }
        println!(
            "{folder}: {read} samples of {extension}: {typed} values typed, {members} members kept"
        );
    }
    assert!(lost.is_empty(), "{} lost:\n{}", lost.len(), lost.join("\n"));
}

/// What Azure Media Services itself has sent and was sent, told by hand: documents between lines of
/// HTTP.
#[test]
fn nothing_of_the_original_service_is_lost() {
    let Some(shared) = shared() else {
        println!("SKIPPED: there is no ../shared/recordings");
        return;
    };
    let file = shared.join("recordings/ams-live/ingest-2013-atom-and-verbose.txt");
    let text = std::fs::read_to_string(file).unwrap();
    let tables = Tables::of(&azure_media::v2_19::tables::MODEL);
    let (mut answers, mut requests, mut lost) = (0, 0, Vec::new());
    for (start, _) in text.match_indices("<?xml") {
        let document = &text[start..];
        let (_, root) = document.split_once("?>").unwrap();
        let names = [("<entry", "</entry>"), ("<feed", "</feed>")];
        let name = names.iter().find(|(start, _)| root.trim_start().starts_with(start));
        let Some(end) = name.and_then(|(_, end)| Some(document.find(end)? + end.len())) else {
            continue;
        };
        let document = &document[..end];
        if document.contains("xml:base") {
            match Exchange::of_body("application/atom+xml", document).replay(&tables, Format::Light)
            {
                Outcome::Read { .. } => answers += 1,
                outcome => lost.push(format!("{document}: {outcome:?}")),
            }
        } else if document.contains("<m:properties>") && !document.contains("<contenttype") {
            let (_, url) = text[..start].rsplit_once("/api/").unwrap();
            let set = url.split([' ', '(']).next().unwrap();
            let draft = edm::atom::read_draft(document.as_bytes(), tables.set(set).unwrap());
            match draft {
                Ok(draft) if draft.members.len() == document.matches("<d:").count() => {
                    requests += 1
                }
                other => lost.push(format!("{document}: {other:?}")),
            }
        }
    }
    println!("the original service: {answers} answers and {requests} requests in Atom");
    assert!(lost.is_empty(), "{} lost:\n{}", lost.len(), lost.join("\n"));
    // One request was not told as it was sent.
    assert_eq!((answers, requests), (7, 3));
}
