//! What is generated, compiled: every document is a module of one of a few crates of even size.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;

use anyhow::{Context as _, bail};

use super::documents::Document;
use super::run::Outcome;
use crate::{cargo, root};

/// Where the crates are written, in the directory that cargo builds into.
const FOLDER: &str = "corpus";

/// How many errors are told of a document.
const MOST: usize = 2;

/// A crate.
#[derive(Clone, Debug, Default)]
struct Part {
    /// Indices of documents.
    documents: Vec<usize>,
    lines: usize,
}

/// Runs clippy over what was generated, and notes in the outcomes what does not pass.
///
/// # Errors
///
/// The crates cannot be written, or something else than a document does not compile.
pub(crate) fn compile(documents: &[Document], outcomes: &mut [Outcome]) -> anyhow::Result<()> {
    let target = cargo::target()?;
    let folder = target.join(FOLDER);
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let compiled: Vec<usize> =
        (0..documents.len()).filter(|&index| !outcomes[index].files.is_empty()).collect();
    let parts = parts(&compiled, outcomes, 2 * processors);
    if parts.is_empty() {
        return Ok(());
    }
    match fs::remove_dir_all(folder.join("crates")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).context("removing the crates of an earlier run");
        }
        _ => {}
    }
    for (index, part) in parts.iter().enumerate() {
        write_part(&folder.join(format!("crates/part{index}")), part, documents, outcomes)
            .context("writing the crates")?;
    }
    write(&folder.join("Cargo.toml"), "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n")?;
    // The same versions of dependencies, so that they are built once.
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).context("copying Cargo.lock")?;
    let errors = clippy(&folder, &target)?;
    for &index in &compiled {
        if let Some(list) = errors.get(&module(&documents[index].name)) {
            let shown: Vec<&str> = list.iter().take(MOST).map(String::as_str).collect();
            let failure = format!("{} errors of the compiler: {}", list.len(), shown.join("; "));
            outcomes[index].failure.get_or_insert(failure);
        }
    }
    Ok(())
}

/// Distributes documents: the largest first, each to the crate that has least.
fn parts(indices: &[usize], outcomes: &[Outcome], number: usize) -> Vec<Part> {
    let mut indices = indices.to_vec();
    indices.sort_by_key(|&index| std::cmp::Reverse(outcomes[index].lines));
    let mut parts = vec![Part::default(); number];
    for index in indices {
        if let Some(part) = parts.iter_mut().min_by_key(|part| part.lines) {
            part.documents.push(index);
            part.lines += outcomes[index].lines;
        }
    }
    parts.retain(|part| !part.documents.is_empty());
    parts
}

fn write_part(
    folder: &Path,
    part: &Part,
    documents: &[Document],
    outcomes: &[Outcome],
) -> anyhow::Result<()> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let path = |name: &str| root().join(name).display().to_string();
    let mut manifest = format!(
        "[package]\nname = \"corpus-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nedm = {{ path = {:?} }}\n\
         odata-client = {{ path = {:?}, default-features = false }}\n\n[features]\n",
        path("edm"),
        path("client")
    );
    // Large documents have features; all of them are compiled.
    let files = part.documents.iter().flat_map(|&index| outcomes[index].files.values());
    let features: BTreeSet<&str> = files.flat_map(|text| features(text)).collect();
    writeln!(manifest, "default = {:?}", features.iter().collect::<Vec<_>>())?;
    for feature in features {
        writeln!(manifest, "{feature} = []")?;
    }
    write(&folder.join("Cargo.toml"), &manifest)?;
    let mut lib = "#![deny(warnings, missing_docs, unreachable_pub, clippy::all)]\n\
                   //! Documents of a corpus.\n"
        .to_owned();
    for &index in &part.documents {
        let module = module(&documents[index].name);
        writeln!(lib, "pub mod {module};")?;
        for (name, text) in &outcomes[index].files {
            write(&folder.join("src").join(&module).join(name), text)?;
        }
    }
    write(&folder.join("src/lib.rs"), &lib)
}

/// The features that generated code asks for.
fn features(text: &str) -> impl Iterator<Item = &str> {
    text.split("feature = \"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0))
}

/// The name of the module of a document.
fn module(document: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric();
    let name: String = document.chars().map(|it| if is_plain(it) { it } else { '_' }).collect();
    format!("d_{}", name.to_ascii_lowercase())
}

/// Runs clippy; returns the errors by module.
fn clippy(folder: &Path, target: &Path) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let mut command = cargo::cargo(&["clippy", "--workspace", "--keep-going", "--quiet"]);
    command
        .args(["--message-format", "short", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .stderr(Stdio::piped());
    let output = command.output().context("starting clippy")?;
    let text = String::from_utf8_lossy(&output.stderr);
    let mut errors: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| line.contains(": error")) {
        // crates/part0/src/MODULE/FILE.rs:1:2: error: …
        let mut path = line.split(['/', '\\']).skip_while(|part| *part != "src");
        if let Some(module) = path.nth(1).filter(|module| module.starts_with("d_")) {
            errors.entry(module.to_owned()).or_default().push(line.to_owned());
        }
    }
    if !output.status.success() && errors.is_empty() {
        bail!("the crates do not compile:\n{text}");
    }
    Ok(errors)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_of_even_size() {
        let outcome = |lines| Outcome {
            files: BTreeMap::from([("mod.rs".to_owned(), String::new())]),
            lines,
            ..Outcome::default()
        };
        let outcomes = [10, 1, 6, 5].map(outcome);
        let parts = parts(&[0, 1, 2, 3], &outcomes, 2);
        assert_eq!(parts.iter().map(|part| part.lines).collect::<Vec<_>>(), [11, 11]);
        assert_eq!(super::parts(&[], &[], 2).len(), 0);
    }

    #[test]
    fn features_are_found() {
        let text = "#[cfg(all(feature = \"a-b\", feature = \"c\"))]\nmod x;";
        assert_eq!(features(text).collect::<Vec<_>>(), ["a-b", "c"]);
    }

    #[test]
    fn every_document_is_a_module() {
        assert_eq!(module("redfish/Power_v1.xml"), "d_redfish_power_v1_xml");
    }
}
