//! The directory of a generated module: compared and replaced as a whole.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

/// The files of a directory by name; none if there is no directory.
pub(crate) fn present(directory: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(files),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot list {}", directory.display()));
        }
    };
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", directory.display()))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !path.is_file() {
            bail!(
                "{} is not a file: the directory holds something else than a generated module",
                path.display()
            );
        }
        let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        files.insert(name, String::from_utf8_lossy(&text).into_owned());
    }
    Ok(files)
}

/// What a run would change.
pub(crate) fn differences(
    wanted: &BTreeMap<String, String>,
    present: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut list = Vec::new();
    for (name, text) in wanted {
        match present.get(name) {
            None => list.push(format!("{name} is missing")),
            Some(found) if found != text => {
                let pairs = text.lines().zip(found.lines());
                let line = pairs.take_while(|(wanted, found)| wanted == found).count() + 1;
                list.push(format!("{name} differs from line {line}"));
            }
            Some(_) => {}
        }
    }
    for name in present.keys().filter(|name| !wanted.contains_key(*name)) {
        list.push(format!("{name} is not generated any more"));
    }
    list
}

/// Makes the directory hold the wanted files and nothing else. Files that do not say that they
/// are generated are somebody's work, and stop it before anything is touched.
pub(crate) fn replace(
    directory: &Path,
    wanted: &BTreeMap<String, String>,
    present: &BTreeMap<String, String>,
) -> anyhow::Result<()> {
    let is_generated =
        |text: &str| text.lines().next().is_some_and(|line| line.contains("@generated"));
    if let Some((name, _)) = present.iter().find(|(_, text)| !is_generated(text)) {
        bail!("{} is not generated; move it away first", directory.join(name).display());
    }
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    for name in present.keys().filter(|name| !wanted.contains_key(*name)) {
        let path = directory.join(name);
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    // Files that stay as they are keep their times, so that builds are not repeated.
    for (name, text) in wanted.iter().filter(|(name, text)| present.get(*name) != Some(*text)) {
        let path = directory.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
