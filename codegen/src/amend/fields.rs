//! One TOML table, read key by key; keys that nobody asks for are reported.

use toml::Spanned as Located;
use toml::de::{DeTable, DeValue};

use crate::csdl::Text;
use crate::diagnostic::{Findings, Span, Spanned};

/// A table of which every key is to be used.
pub(crate) struct Fields<'t> {
    source: usize,
    /// What the table is about, for messages.
    what: String,
    table: &'t DeTable<'t>,
    known: Vec<&'static str>,
}

/// A key, where it is, and its value.
pub(crate) type Entry<'t> = (Text, &'t Located<DeValue<'t>>);

/// The place of something in a source.
pub(crate) fn span<T>(source: usize, located: &Located<T>) -> Span {
    let range = located.span();
    Span { source, start: range.start, end: range.end }
}

/// The entries of a table in the order of the file.
pub(crate) fn entries<'t>(source: usize, table: &'t DeTable<'t>) -> Vec<Entry<'t>> {
    let mut entries: Vec<Entry<'t>> = (table.iter())
        .map(|(key, value)| (Spanned::new(key.get_ref().to_string(), span(source, key)), value))
        .collect();
    entries.sort_by_key(|(key, _)| key.span);
    entries
}

/// The table that a value is, or an error.
pub(crate) fn table<'t>(
    source: usize,
    what: &str,
    value: &'t Located<DeValue<'t>>,
    findings: &mut Findings,
) -> Option<&'t DeTable<'t>> {
    let table = value.get_ref().as_table();
    if table.is_none() {
        wrong_type(source, what, "a table", value, findings);
    }
    table
}

pub(crate) fn wrong_type(
    source: usize,
    what: &str,
    wanted: &str,
    value: &Located<DeValue<'_>>,
    findings: &mut Findings,
) {
    let found = value.get_ref().type_str();
    let message = format!("{what} is of type {found}; it should be {wanted}");
    findings.error("amend::wrong-type", span(source, value), message);
}

impl<'t> Fields<'t> {
    /// Begins to read a table.
    pub(crate) fn new(source: usize, what: impl Into<String>, table: &'t DeTable<'t>) -> Self {
        Self { source, what: what.into(), table, known: Vec::new() }
    }

    /// The value of a key, if it is there.
    pub(crate) fn value(&mut self, key: &'static str) -> Option<&'t Located<DeValue<'t>>> {
        self.known.push(key);
        self.table.get(key)
    }

    fn typed<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        findings: &mut Findings,
        read: impl Fn(&'t DeValue<'t>) -> Option<T>,
    ) -> Option<Spanned<T>> {
        let value = self.value(key)?;
        match read(value.get_ref()) {
            Some(found) => Some(Spanned::new(found, span(self.source, value))),
            None => {
                wrong_type(self.source, &format!("`{key}`"), wanted, value, findings);
                None
            }
        }
    }

    /// A string.
    pub(crate) fn text(&mut self, key: &'static str, findings: &mut Findings) -> Option<Text> {
        self.typed(key, "a string", findings, |value| value.as_str().map(str::to_owned))
    }

    /// A string whose place does not matter.
    pub(crate) fn string(&mut self, key: &'static str, findings: &mut Findings) -> Option<String> {
        self.text(key, findings).map(|text| text.value)
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&mut self, key: &'static str, findings: &mut Findings) -> Option<bool> {
        self.typed(key, "true or false", findings, DeValue::as_bool).map(|value| value.value)
    }

    /// A count.
    pub(crate) fn count(&mut self, key: &'static str, findings: &mut Findings) -> Option<u32> {
        let read = |value: &DeValue<'_>| {
            let integer = value.as_integer()?;
            u32::from_str_radix(integer.as_str(), integer.radix()).ok()
        };
        self.typed(key, "a count", findings, read).map(|value| value.value)
    }

    /// One of several words.
    pub(crate) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
        findings: &mut Findings,
    ) -> Option<T> {
        let text = self.text(key, findings)?;
        choose(key, &text, words, findings)
    }

    /// Reports the keys that nobody asked for.
    pub(crate) fn finish(self, findings: &mut Findings) {
        for (key, _) in entries(self.source, self.table) {
            if !self.known.contains(&key.value.as_str()) {
                let message = format!("{} has no key `{}`", self.what, key.value);
                findings
                    .error("amend::unknown-key", key.span, message)
                    .suggest(&key.value, self.known.iter().copied());
            }
        }
    }
}

/// The meaning of a word.
pub(crate) fn choose<T: Copy>(
    what: &str,
    text: &Text,
    words: &[(&'static str, T)],
    findings: &mut Findings,
) -> Option<T> {
    let found = words.iter().find(|(word, _)| *word == text.value);
    if found.is_none() {
        let list: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        let message = format!("`{what}` is `{}`; it is one of {}", text.value, list.join(", "));
        findings
            .error("amend::bad-value", text.span, message)
            .suggest(&text.value, words.iter().map(|(word, _)| *word));
    }
    found.map(|(_, meaning)| *meaning)
}
