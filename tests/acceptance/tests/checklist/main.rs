//! What client code was seen to depend on, most likely first: each test is named after its point of
//! the list and drives the service over HTTP.

#![allow(clippy::unwrap_used)]

mod account;
mod jobs;
mod keys;
mod protocol;
mod streaming;

/// The points of the list.
const POINTS: u32 = 46;

/// All that is beside this file, and below.
fn sources(folder: &std::path::Path) -> String {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| match path.is_dir() {
            true => sources(&path),
            false => std::fs::read_to_string(&path).unwrap(),
        })
        .collect()
}

#[test]
fn every_point_has_a_test() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/checklist");
    let tests = sources(folder.as_ref());
    for point in 1..=POINTS {
        let name = format!("#[test]\nfn point_{point:02}_");
        assert!(tests.contains(&name), "point {point} has no test");
    }
}
