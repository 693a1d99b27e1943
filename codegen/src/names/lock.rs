//! The names lock: what was called what, so that a new version of the metadata renames nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::diagnostic::{Findings, Span};

/// What the file says about itself.
const HEADER: &str = "# Names that generated code has. A new version of the metadata does not change them as long\n\
    # as this file is kept.\n\n[names]\n";

/// Names by the things that have them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lock {
    names: BTreeMap<String, String>,
}

impl Lock {
    /// Reads a lock; what is wrong with it is an error.
    pub(crate) fn read(text: &str, findings: &mut Findings) -> Self {
        let mut lock = Self::default();
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => {
                let message = format!("the names lock is not TOML: {}", error.message());
                findings.error("names::lock", Span::default(), message);
                return lock;
            }
        };
        let names = table.get("names").and_then(toml::Value::as_table);
        for (key, value) in names.into_iter().flatten() {
            match value.as_str() {
                Some(name) => lock.pin(key, name),
                None => {
                    let message = format!("the name of `{key}` in the names lock is not a text");
                    findings.error("names::lock", Span::default(), message);
                }
            }
        }
        lock
    }

    /// The name of a thing.
    pub(crate) fn name(&self, key: &str) -> Option<&str> {
        self.names.get(key).map(String::as_str)
    }

    /// Remembers a name.
    pub(crate) fn pin(&mut self, key: &str, name: &str) {
        self.names.insert(key.to_owned(), name.to_owned());
    }

    /// Remembers the names of another lock, too.
    pub(crate) fn extend(&mut self, other: Self) {
        self.names.extend(other.names);
    }

    /// The text of the file.
    pub(crate) fn print(&self) -> String {
        let mut text = HEADER.to_owned();
        for (key, name) in &self.names {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{} = {}", quoted(key), quoted(name));
        }
        text
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => {
                out.push('\\');
                out.push(letter);
            }
            letter if letter.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_read_as_it_was_printed() {
        let mut lock = Lock::default();
        lock.pin("Ns.Größe/\"a\\b\u{1}\"", "größe");
        lock.pin("Ns.Asset", "Asset");
        let mut findings = Findings::default();
        let again = Lock::read(&lock.print(), &mut findings);
        assert!(!findings.has_errors());
        assert_eq!(again.names, lock.names);
    }

    #[test]
    fn what_is_not_a_lock_is_an_error() {
        for text in ["names", "[names]\na = 1"] {
            let mut findings = Findings::default();
            Lock::read(text, &mut findings);
            assert!(findings.has_errors(), "{text}");
        }
    }
}
