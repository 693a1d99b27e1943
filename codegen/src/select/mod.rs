//! Selection: what of a model is generated, and why each part of it is.
//!
//! Patterns name entity sets, singletons, types, namespaces and operations. What they name is kept
//! as a whole, with everything that it cannot do without; navigation that leads elsewhere leads to
//! types of which only the key is kept.

mod closure;
mod lent;
mod pattern;
mod shrink;

use crate::diagnostic::{Findings, Span};
use crate::model::Model;
use closure::Closure;
pub(crate) use lent::prune;
use pattern::Pattern;

/// What to keep of a model. Patterns may hold `*` for any text and `?` for any letter; they match
/// names with or without namespace, and the name of a namespace stands for all that is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// What to keep; without any, all of it.
    pub include: Vec<String>,
    /// What to leave out of that. A type that something else holds by value is kept all the same.
    pub exclude: Vec<String>,
}

impl Selection {
    /// Whether nothing is selected in particular.
    pub fn is_everything(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }
}

/// Something that a selection has kept, or that is kept of a document that others refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What it is, such as ``entity type `Ns.Person` ``.
    pub what: String,
    /// Why it is kept, such as ``type of `HomeAddress` ``.
    pub because: String,
    /// The index of what has that.
    pub of: Option<usize>,
}

/// Why something is kept, up to what was kept for its own sake: because a
/// pattern named it, say.
pub fn explain(kept: &[Kept], at: usize) -> String {
    let mut text = String::new();
    let mut next = kept.get(at);
    // Reasons lead to what was kept before, so this ends.
    while let Some(Kept { what, because, of }) = next {
        text.push_str(&format!("{what} is kept: {because}"));
        next = of.and_then(|of| kept.get(of));
        text.push_str(if next.is_some() { " of what follows; " } else { "" });
    }
    text
}

/// Takes from a model what a selection does not keep. A pattern that matches nothing is an error.
pub(crate) fn select(
    model: Model,
    selection: &Selection,
    findings: &mut Findings,
) -> (Model, Vec<Kept>) {
    if selection.is_everything() {
        return (model, Vec::new());
    }
    let include = patterns(&selection.include, &model, findings);
    let exclude = patterns(&selection.exclude, &model, findings);
    let closure = Closure::of(&model, &include, &exclude);
    let kept = closure.kept.clone();
    (shrink::shrink(&model, &closure), kept)
}

fn patterns(texts: &[String], model: &Model, findings: &mut Findings) -> Vec<Pattern> {
    let names = pattern::all_names(model);
    let mut patterns = Vec::new();
    for text in texts {
        let pattern = Pattern::new(text);
        if !names.iter().any(|(namespace, name)| pattern.matches(namespace, name)) {
            let message = format!("nothing is called `{text}`");
            findings
                .error("select::no-match", Span::default(), message)
                .suggest(text, names.iter().map(|(_, name)| *name));
        }
        patterns.push(pattern);
    }
    patterns
}
