//! Diagnostics as text for people: the look of rustc.

use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str,
};

use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Span};

/// Whether to colour the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For files and tests.
    Plain,
    /// With ANSI escapes, for terminals.
    Coloured,
}

/// How many findings are shown; nobody reads more before mending the first.
const MOST: usize = 100;

/// The findings, each with the lines it is about.
pub fn render(diagnostics: &Diagnostics, style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    let mut text = String::new();
    for diagnostic in diagnostics.iter().take(MOST) {
        text.push_str(&renderer.render(&[group(diagnostics, diagnostic)]));
        text.push_str("\n\n");
    }
    if let Some(more @ 1..) = diagnostics.len().checked_sub(MOST) {
        text.push_str(&format!("and {more} more\n"));
    }
    text
}

fn group<'a>(diagnostics: &'a Diagnostics, diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(
        level.primary_title(normalize_untrusted_str(&diagnostic.message)).id(diagnostic.code),
    );
    let primary = AnnotationKind::Primary;
    if let Some(snippet) = snippet(diagnostics, diagnostic.span, primary, None) {
        group = group.element(snippet);
    }
    for (span, label) in &diagnostic.related {
        let context = AnnotationKind::Context;
        if let Some(snippet) = snippet(diagnostics, *span, context, Some(label)) {
            group = group.element(snippet);
        }
    }
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(normalize_untrusted_str(help))),
        None => group,
    }
}

/// The line of a span. Documents may be a single line of a megabyte, so it is cut soon after the
/// span; the renderer cuts what is before.
fn snippet<'a>(
    diagnostics: &'a Diagnostics,
    span: Span,
    kind: AnnotationKind,
    label: Option<&'a str>,
) -> Option<Snippet<'a, Annotation<'a>>> {
    const AFTER: usize = 400;
    let source = diagnostics.sources.get(span.source)?;
    let text = source.text.as_str();
    let start = text.floor_char_boundary(span.start);
    let line_start = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let line_end = text.get(start..)?.find('\n').map_or(text.len(), |at| start + at);
    let line_end = text.floor_char_boundary(line_end.min(start + AFTER));
    let end = text.floor_char_boundary(span.end.clamp(start, line_end));
    let line = text.get(..line_start)?.matches('\n').count() + 1;
    let annotation = kind.span(start - line_start..end - line_start).label(label);
    let snippet = Snippet::source(text.get(line_start..line_end)?);
    Some(snippet.path(source.name.as_str()).line_start(line).annotation(annotation))
}
