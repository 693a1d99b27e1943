//! The metadata document of every version of the service, derived from that of the latest.
//!
//! The latest document says what there is, its amendments since when, and `versions.toml` what has
//! gone since. Nothing is written by hand twice.

mod derive;
mod history;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};

use crate::root;
use history::History;
pub(crate) use history::Version;

/// Where the documents are.
const FOLDER: &str = "metadata";
/// The latest document, from which the others are derived.
const LATEST: &str = "metadata/ams-2.19.xml";
/// Since when there is what it has.
const AMENDMENTS: &str = "metadata/ams-2.19.toml";
/// What earlier versions had beside that.
const FORMER: &str = "metadata/versions.toml";

/// Writes the documents, or compares them; returns how many were written.
///
/// # Errors
///
/// What they are derived from is wrong, a file cannot be read or written, or, with `check`, a
/// document is not what it should be.
pub(crate) fn generate(check: bool) -> anyhow::Result<usize> {
    let wanted = documents()?;
    let mut stale: Vec<_> = left_over(&wanted)?;
    for (name, text) in &wanted {
        let path = root().join(name);
        if fs::read_to_string(&path).is_ok_and(|found| found == *text) {
            continue;
        }
        stale.push(name.clone());
        if !check {
            fs::write(&path, text).with_context(|| format!("writing {name}"))?;
        }
    }
    if check && !stale.is_empty() {
        bail!("{} is not what {LATEST}, {AMENDMENTS} and {FORMER} give", stale.join(", "));
    }
    Ok(stale.len())
}

/// The document of a version: that of the last version in which the model changed.
///
/// # Errors
///
/// The version is later than the latest, or what the documents are derived from is wrong.
pub(crate) fn document(version: Version) -> anyhow::Result<PathBuf> {
    let history = history()?;
    if version > history.latest() {
        bail!("there is no version {version}: the latest is {}", history.latest());
    }
    let changed = history.changes().into_iter().rfind(|changed| *changed <= version);
    let changed = changed.with_context(|| format!("there is no version {version}"))?;
    Ok(root().join(file_name(changed)))
}

fn file_name(version: Version) -> String {
    format!("{FOLDER}/ams-{version}.xml")
}

fn history() -> anyhow::Result<History> {
    History::read(&read(AMENDMENTS)?, &read(FORMER)?)
}

/// The documents that are derived, by their names.
fn documents() -> anyhow::Result<BTreeMap<String, String>> {
    let (history, latest) = (history()?, read(LATEST)?);
    let changes = history.changes().into_iter().filter(|version| *version != history.latest());
    let document = |version| {
        let text = derive::document(&latest, &history, version)
            .with_context(|| format!("deriving the document of version {version}"))?;
        Ok((file_name(version), text))
    };
    changes.map(document).collect()
}

/// Documents of versions in which nothing changes.
fn left_over(wanted: &BTreeMap<String, String>) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(FOLDER)).context("listing metadata")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let name = format!("{FOLDER}/{name}");
        let is_document = name.starts_with("metadata/ams-") && name.ends_with(".xml");
        if is_document && name != LATEST && !wanted.contains_key(&name) {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}

fn read(name: &str) -> anyhow::Result<String> {
    fs::read_to_string(root().join(name)).with_context(|| format!("reading {name}"))
}

#[cfg(test)]
mod tests;
