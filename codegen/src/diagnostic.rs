//! What is wrong with a document or an amendment, and where.
//!
//! Every stage collects all it finds before the pipeline stops, so that one run shows all
//! mistakes of a kind. Codes are stable: they are part of the contract.

use std::fmt;
use std::sync::Arc;

use crate::source::Source;

/// A range of bytes in one of the sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Which source: documents come first, then amendments.
    pub source: usize,
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A value and where it is written.
#[derive(Clone, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Puts a value and its place together.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// What becomes of a document that breaks the rules of CSDL in a way that can be mended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Every breach of the rules is an error.
    #[default]
    Strict,
    /// What can be mended is, with a warning: a property whose type is nowhere is left out, say.
    Lenient,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nothing is generated.
    Error,
    /// Generated nevertheless.
    Warning,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// A stable code, such as `csdl::unresolved-type`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where it is.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// Other places that belong to it, each with a word on why.
    pub related: Vec<(Span, String)>,
    /// What to do about it.
    pub help: Option<String>,
    /// Whether there is time to look for a name that looks alike.
    may_suggest: bool,
}

impl Diagnostic {
    /// Adds what to do about it.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place that belongs to it.
    pub fn related(&mut self, span: Span, label: impl Into<String>) -> &mut Self {
        self.related.push((span, label.into()));
        self
    }

    /// Adds "did you mean …" if one of the candidates looks like what was written.
    pub fn suggest<'a>(
        &mut self,
        written: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> &mut Self {
        if !self.may_suggest {
            return self;
        }
        if let Some(best) = closest(written, candidates.into_iter().take(CANDIDATES)) {
            self.help = Some(format!("did you mean `{best}`?"));
        }
        self
    }
}

/// The candidate that is most like what was written, if any is alike enough.
fn closest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let score = strsim::jaro_winkler(&written, &candidate.to_lowercase());
        // Ties go to the first candidate: the order of the document, so the text is stable.
        if score >= 0.8 && best.is_none_or(|(top, _)| score > top) {
            best = Some((score, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// How many findings are kept. A hostile document can be wrong in a million places.
const MOST: usize = 10_000;

/// How many findings come with a suggestion: each has to look at all names there are.
const SUGGESTED: usize = 100;

/// How many names a suggestion is looked for among; Graph has 3,000.
const CANDIDATES: usize = 5_000;

/// Collects the findings of a stage.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    mode: Mode,
    has_errors: bool,
    list: Vec<Diagnostic>,
}

impl Findings {
    /// No findings yet.
    pub(crate) fn new(mode: Mode) -> Self {
        Self { mode, ..Self::default() }
    }

    /// Notes an error.
    pub(crate) fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        self.push(code, Severity::Error, span, message.into())
    }

    /// Notes a warning.
    pub(crate) fn warning(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        self.push(code, Severity::Warning, span, message.into())
    }

    /// Notes a breach of the rules that the caller mends: an error in strict mode, a warning in
    /// lenient mode. The caller goes on as if it were mended in both, to find all there is.
    pub(crate) fn repair(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let severity = match self.mode {
            Mode::Strict => Severity::Error,
            Mode::Lenient => Severity::Warning,
        };
        self.push(code, severity, span, message.into())
    }

    fn push(
        &mut self,
        code: &'static str,
        severity: Severity,
        span: Span,
        message: String,
    ) -> &mut Diagnostic {
        self.has_errors |= severity == Severity::Error;
        // What is beyond the limit takes the last place: callers add to what they have noted.
        if self.list.len() >= MOST {
            self.list.pop();
        }
        let index = self.list.len();
        self.list.push(Diagnostic {
            code,
            severity,
            span,
            message,
            related: Vec::new(),
            help: None,
            may_suggest: index < SUGGESTED,
        });
        &mut self.list[index]
    }

    /// Makes warnings of the errors in places that nothing generated comes from.
    pub(crate) fn forgive(&mut self, is_idle: impl Fn(Span) -> bool) {
        for finding in &mut self.list {
            if finding.severity == Severity::Error && is_idle(finding.span) {
                finding.severity = Severity::Warning;
            }
        }
        // Of more findings than are kept, the others may be errors.
        self.has_errors &= self.list.len() >= MOST
            || self.list.iter().any(|finding| finding.severity == Severity::Error);
    }

    /// Whether nothing may be generated.
    pub(crate) fn has_errors(&self) -> bool {
        self.has_errors
    }

    /// The findings with the sources they point into, in the order of the sources. One place is
    /// told once of one kind of mistake: a name may collide in several scopes.
    pub(crate) fn finish(mut self, sources: Arc<[Source]>) -> Diagnostics {
        self.list.sort_by_key(|diagnostic| diagnostic.span);
        self.list.dedup_by_key(|diagnostic| (diagnostic.code, diagnostic.span));
        let lines = if self.list.is_empty() { Vec::new() } else { line_starts(&sources) };
        Diagnostics { sources, lines, list: self.list }
    }
}

/// Where the lines of every source begin.
fn line_starts(sources: &[Source]) -> Vec<Vec<usize>> {
    let starts = |source: &Source| {
        let ends = source.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
    };
    sources.iter().map(starts).collect()
}

/// Findings, and the sources they point into.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    pub(crate) sources: Arc<[Source]>,
    lines: Vec<Vec<usize>>,
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// The findings, in the order of the sources.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// `file:line:column` of a span; lines and columns count from 1, columns in characters.
    pub fn location(&self, span: Span) -> String {
        let Some(source) = self.sources.get(span.source) else {
            return "(no source)".to_owned();
        };
        let at = source.text.floor_char_boundary(span.start);
        let starts = self.lines.get(span.source).map_or(&[] as &[usize], Vec::as_slice);
        let line = starts.partition_point(|start| *start <= at).max(1);
        let line_start = starts.get(line - 1).copied().unwrap_or_default();
        let column = source.text.get(line_start..at).unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", source.name)
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.list.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            let severity = match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let Diagnostic { code, message, .. } = diagnostic;
            write!(f, "{}: {severity}[{code}]: {message}", self.location(diagnostic.span))?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn suggests_the_closest_name_or_none() {
        let names = ["AssetFile", "Asset", "Locator"];
        assert_eq!(closest("AssetFiles", names), Some("AssetFile"));
        assert_eq!(closest("asset", names), Some("Asset"));
        assert_eq!(closest("Wine", names), None);
    }
}
