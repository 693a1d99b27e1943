#![allow(clippy::unwrap_used)]
use std::collections::BTreeSet;

use odata_codegen::{Source, diff, model::Model, read_model};

use super::*;

fn model(version: &str) -> Model {
    let path = document(version.parse().unwrap()).unwrap();
    let source = Source::from_bytes(path.display().to_string(), &fs::read(path).unwrap()).unwrap();
    read_model(&[source], &[]).unwrap()
}

fn changes(old: &str, new: &str) -> Vec<String> {
    diff::diff(&model(old), &model(new)).iter().map(ToString::to_string).collect()
}

#[test]
fn the_documents_are_what_they_are_derived_as() {
    generate(true).unwrap();
}

#[test]
fn versions_without_changes_have_the_document_of_the_one_before() {
    let file = |version: &str| {
        let path = document(version.parse().unwrap()).unwrap();
        path.file_name().unwrap().to_str().unwrap().to_owned()
    };
    assert_eq!(file("2.0"), "ams-2.0.xml");
    assert_eq!(file("2.4"), "ams-2.3.xml");
    assert_eq!(file("2.6"), "ams-2.5.xml");
    assert_eq!(file("2.11"), "ams-2.11.xml");
    assert_eq!(file("2.14"), "ams-2.13.xml");
    assert_eq!(file("2.19"), "ams-2.19.xml");
    assert!(document("2.20".parse().unwrap()).is_err());
    for bad in ["2", "2.", "3.0", "2.+1", "2.x", "latest", "../2.1"] {
        assert!(bad.parse::<Version>().is_err(), "{bad}");
    }
}

#[test]
fn each_version_adds_and_only_2_7_takes_away() {
    let versions = history().unwrap().changes();
    assert!(versions.len() > 12, "{versions:?}");
    for pair in versions.windows(2) {
        let (old, new) = (pair[0].to_string(), pair[1].to_string());
        let changes = changes(&old, &new);
        let taken: Vec<_> = changes.iter().filter(|c| !c.ends_with(" added")).collect();
        match new.as_str() {
            "2.7" => assert!(taken.iter().all(|c| c.contains("Origin")), "{taken:?}"),
            _ => assert!(taken.is_empty(), "{old} to {new}: {taken:?}"),
        }
        // The last change came with 2.18.
        assert_eq!(changes.is_empty(), new == "2.19", "{old} to {new}");
    }
}

#[test]
fn what_2_11_brought_is_in_the_difference() {
    let changes = changes("2.10", "2.11").join("\n");
    for name in ["Filters", "AssetFilters", "PresentationTimeRange", "Asset/AssetFilters"] {
        assert!(changes.contains(name), "{name} in\n{changes}");
    }
    assert!(!changes.contains("FirstQuality"), "{changes}");
}

#[test]
fn every_name_of_the_history_is_in_the_latest_document() {
    let history = history().unwrap();
    let text = read(LATEST).unwrap();
    let missing: BTreeSet<_> = history
        .names()
        .filter(|(_, name)| {
            let last = name.rsplit('.').next().unwrap();
            !text.contains(&format!("Name=\"{last}\""))
        })
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
