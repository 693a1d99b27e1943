//! A directory of generated files: compared with what it should hold, and made to hold it.

mod disk;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use similar::TextDiff;

/// What generated files say in one of their first lines.
const MARK: &str = "@generated";
/// How many lines that are.
const MARKED_LINES: usize = 5;

/// Texts by path, relative to the directory, with `/` between folders.
pub type Files = BTreeMap<String, String>;

/// A directory that holds generated files.
#[derive(Clone, Debug)]
pub struct Directory {
    path: PathBuf,
    /// What messages call it.
    name: String,
    kind: Kind,
}

/// What else may be in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: it is a generated module.
    Module,
    /// What somebody adds to a generated crate, and what cargo puts there.
    Crate,
}

/// Why a directory cannot be compared or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The disk refuses.
    #[error("{what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It would be lost, or its target be written to.
    #[error("{0} is neither a file nor a folder; remove it")]
    NotAFile(String),
    /// It is somebody's work, and would be lost.
    #[error("{0} is not marked as {MARK}, and would be lost; move it elsewhere first")]
    NotGenerated(String),
}

impl Directory {
    /// A directory, and what messages call it.
    pub fn new(path: impl Into<PathBuf>, name: impl Into<String>, kind: Kind) -> Self {
        Self { path: path.into(), name: name.into(), kind }
    }

    /// Where it differs from what it should hold, in the order of paths.
    ///
    /// # Errors
    ///
    /// It cannot be read, or holds something that is neither a file nor a folder.
    pub fn differences(&self, wanted: &Files) -> Result<Vec<Difference>, Error> {
        let present = self.present(wanted)?;
        let names: BTreeSet<&String> = present.keys().chain(wanted.keys()).collect();
        let differences = names.into_iter().filter_map(|name| {
            let (old, new) = (present.get(name), wanted.get(name));
            let path = format!("{}/{name}", self.name);
            (old != new).then(|| Difference { path, old: old.cloned(), new: new.cloned() })
        });
        Ok(differences.collect())
    }

    /// Makes it hold the wanted files, and no other generated ones. Nothing is touched if one that
    /// would be lost is not generated. A module is written beside the old one first, and takes its
    /// place as a whole; the files of a crate take their places one by one, when all are written.
    /// Files that stay as they are keep their times.
    ///
    /// # Errors
    ///
    /// A file that would be lost is not marked as generated; or the disk refuses.
    pub fn replace(&self, wanted: &Files) -> Result<(), Error> {
        let present = self.present(wanted)?;
        let would_be_lost = present.iter().find(|(_, text)| !is_generated(text));
        if let Some((name, _)) = would_be_lost {
            return Err(Error::NotGenerated(format!("{}/{name}", self.name)));
        }
        match self.kind {
            Kind::Module => disk::replace(&self.path, wanted),
            Kind::Crate => disk::update(&self.path, wanted, &present),
        }
    }

    /// What is there and belongs to the generator: in a crate, what is wanted and what is marked.
    fn present(&self, wanted: &Files) -> Result<Files, Error> {
        let mut files = Files::new();
        if self.path.exists() {
            disk::read(&self.path, &mut files, &self.name, self.kind == Kind::Crate)?;
        }
        if self.kind == Kind::Crate {
            files.retain(|name, text| wanted.contains_key(name) || is_generated(text));
        }
        Ok(files)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn is_generated(text: &str) -> bool {
    text.lines().take(MARKED_LINES).any(|line| line.contains(MARK))
}

/// A file that is not what it should be: missing, left over or changed. It displays as a unified
/// diff from what is there to what should be.
#[derive(Clone, Debug)]
pub struct Difference {
    path: String,
    old: Option<String>,
    new: Option<String>,
}

impl Difference {
    /// One line: the file, and what is the matter with it.
    pub fn summary(&self) -> String {
        let Self { path, old, new } = self;
        match (old, new) {
            (None, _) => format!("{path} is missing"),
            (_, None) => format!("{path} is not generated any more"),
            (Some(old), Some(new)) => {
                let diff = TextDiff::from_lines(old.as_str(), new.as_str());
                let count = |tag| diff.iter_all_changes().filter(|it| it.tag() == tag).count();
                let (added, removed) =
                    (count(similar::ChangeTag::Insert), count(similar::ChangeTag::Delete));
                format!("{path} is changed: +{added} -{removed}")
            }
        }
    }

    /// The file, with the name of the directory before it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is there, and what should be; nothing for a file that is missing or left over.
    pub fn texts(&self) -> (&str, &str) {
        (self.old.as_deref().unwrap_or_default(), self.new.as_deref().unwrap_or_default())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |letter: &str, text: &Option<String>| match text {
            Some(_) => format!("{letter}/{}", self.path),
            None => "/dev/null".to_owned(),
        };
        let what = match (&self.old, &self.new) {
            (None, _) => "is missing",
            (_, None) => "is not generated any more",
            _ => "is changed",
        };
        writeln!(f, "{} {what}", self.path)?;
        let (old, new) = self.texts();
        let diff = TextDiff::from_lines(old, new);
        let mut unified = diff.unified_diff();
        writeln!(f, "{}", unified.header(&side("a", &self.old), &side("b", &self.new)))
    }
}

#[cfg(test)]
mod tests;
