//! A generated directory: compared and replaced as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use similar::TextDiff;

/// What generated files say in one of their first lines.
const MARK: &str = "@generated";
/// How many lines that are.
const MARKED_LINES: usize = 5;

/// Texts by path, relative to the directory, with `/` between folders.
type Files = BTreeMap<String, String>;

/// A directory that holds generated files and nothing else.
pub(crate) struct Directory {
    path: PathBuf,
    /// What messages call it.
    name: String,
}

impl Directory {
    /// The directory of this name below the root.
    pub(crate) fn new(root: &Path, name: &str) -> Self {
        Self { path: root.join(name), name: name.to_owned() }
    }

    /// Where it differs from what it should hold, in the order of paths.
    ///
    /// # Errors
    ///
    /// It cannot be read, or holds something that is neither a file nor a folder.
    pub(crate) fn differences(&self, wanted: &Files) -> anyhow::Result<Vec<Difference>> {
        let present = self.read()?;
        let names: BTreeSet<&String> = present.keys().chain(wanted.keys()).collect();
        let differences = names.into_iter().filter_map(|name| {
            let (old, new) = (present.get(name), wanted.get(name));
            let path = format!("{}/{name}", self.name);
            (old != new).then(|| Difference { path, old: old.cloned(), new: new.cloned() })
        });
        Ok(differences.collect())
    }

    /// Makes it hold the wanted files and nothing else. They are written beside it first: whoever
    /// looks sees the old directory or the new one, and half a directory never takes its place.
    ///
    /// # Errors
    ///
    /// A file in it is not marked as generated, so is somebody's work; or the disk refuses.
    pub(crate) fn replace(&self, wanted: &Files) -> anyhow::Result<()> {
        for (name, text) in self.read()? {
            if !text.lines().take(MARKED_LINES).any(|line| line.contains(MARK)) {
                bail!(
                    "{}/{name} is not marked as {MARK}, and would be lost; move it elsewhere first",
                    self.name
                );
            }
        }
        let new = self.sibling("new")?;
        for (name, text) in wanted {
            let path = new.join(name);
            write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        }
        let old = self.sibling("old")?;
        if self.path.exists() {
            rename(&self.path, &old)?;
        }
        rename(&new, &self.path)?;
        remove(&old)
    }

    fn read(&self) -> anyhow::Result<Files> {
        let mut files = Files::new();
        if self.path.exists() {
            read(&self.path, "", &mut files).with_context(|| format!("reading {}", self.name))?;
        }
        Ok(files)
    }

    /// A hidden neighbour, on the same disk, without what a run that was killed left in it.
    fn sibling(&self, extension: &str) -> anyhow::Result<PathBuf> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let path = self.path.with_file_name(format!(".{name}.{extension}"));
        remove(&path)?;
        Ok(path)
    }
}

/// Reads a folder and those in it. Text that is not UTF-8 was not generated: it is good enough if
/// it differs.
fn read(folder: &Path, prefix: &str, files: &mut Files) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if kind.is_dir() {
            read(&entry.path(), &format!("{name}/"), files)?;
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).with_context(|| name.clone())?;
            files.insert(name, String::from_utf8_lossy(&bytes).into_owned());
        } else {
            bail!("{name} is neither a file nor a folder; remove it");
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

fn rename(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::rename(from, to).with_context(|| format!("renaming {} to {}", from.display(), to.display()))
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// A file that is not what it should be: missing, left over or changed. It displays as a unified
/// diff from what is there to what should be.
#[derive(Debug)]
pub(crate) struct Difference {
    path: String,
    old: Option<String>,
    new: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |letter: &str, text: &Option<String>| match text {
            Some(_) => format!("{letter}/{}", self.path),
            None => "/dev/null".to_owned(),
        };
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let what = match (&self.old, &self.new) {
            (None, _) => "is missing",
            (_, None) => "is not generated any more",
            _ => "is changed",
        };
        writeln!(f, "{} {what}", self.path)?;
        let (old, new) = (text(&self.old), text(&self.new));
        let diff = TextDiff::from_lines(&old, &new);
        let mut unified = diff.unified_diff();
        writeln!(f, "{}", unified.header(&side("a", &self.old), &side("b", &self.new)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const MARKED: &str = "// @generated\n";

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(name, text)| ((*name).to_owned(), format!("{MARKED}{text}\n"))).collect()
    }

    fn directory(list: &[(&str, &str)]) -> (tempfile::TempDir, Directory) {
        let root = tempfile::tempdir().unwrap();
        let directory = Directory::new(root.path(), "src/module");
        directory.replace(&files(list)).unwrap();
        (root, directory)
    }

    #[test]
    fn what_is_missing_left_over_or_changed_is_shown() {
        let (_root, directory) = directory(&[("a.rs", "old"), ("same.rs", "s"), ("z/left.rs", "")]);
        let wanted = files(&[("a.rs", "new"), ("b.rs", "b"), ("same.rs", "s")]);
        let differences = directory.differences(&wanted).unwrap();
        let shown: String = differences.iter().map(Difference::to_string).collect();
        let expected = "\
src/module/a.rs is changed
--- a/src/module/a.rs
+++ b/src/module/a.rs
@@ -1,2 +1,2 @@
 // @generated
-old
+new

src/module/b.rs is missing
--- /dev/null
+++ b/src/module/b.rs
@@ -0,0 +1,2 @@
+// @generated
+b

src/module/z/left.rs is not generated any more
--- a/src/module/z/left.rs
+++ /dev/null
@@ -1,2 +0,0 @@
-// @generated
-

";
        assert_eq!(shown, expected);
    }

    #[test]
    fn it_is_replaced_as_a_whole() {
        let (root, directory) = directory(&[("a.rs", "old"), ("sub/stale.rs", "")]);
        let wanted = files(&[("a.rs", "new"), ("sub/b.rs", "b")]);
        // As left behind by a run that was killed.
        fs::create_dir(root.path().join("src/.module.new")).unwrap();
        fs::write(root.path().join("src/.module.new/x.rs"), "x").unwrap();
        directory.replace(&wanted).unwrap();
        assert_eq!(directory.read().unwrap(), wanted);
        assert_eq!(fs::read_dir(root.path().join("src")).unwrap().count(), 1, "nothing beside it");
    }

    #[test]
    fn what_is_not_generated_stops_it_untouched() {
        let (root, directory) = directory(&[("a.rs", "a")]);
        let path = root.path().join("src/module/mine.rs");
        fs::write(&path, "//! Written by hand.\n").unwrap();
        let error = directory.replace(&files(&[("a.rs", "new")])).unwrap_err().to_string();
        assert!(error.contains("src/module/mine.rs is not marked as @generated"), "{error}");
        assert_eq!(fs::read_to_string(path).unwrap(), "//! Written by hand.\n");
        let kept = fs::read_to_string(root.path().join("src/module/a.rs")).unwrap();
        assert_eq!(kept, format!("{MARKED}a\n"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let (root, directory) = directory(&[("a.rs", "a")]);
        std::os::unix::fs::symlink("a.rs", root.path().join("src/module/b.rs")).unwrap();
        let error = format!("{:#}", directory.differences(&files(&[])).unwrap_err());
        assert!(error.contains("b.rs is neither a file nor a folder"), "{error}");
    }
}
