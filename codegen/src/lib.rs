//! Generates typed Rust clients from OData `$metadata` documents.
//!
//! [`generate`] is a pure function: documents and amendments in, files out. Documents go through
//! stages with a vocabulary each: XML elements, CSDL as written, the [`model`] with every
//! reference resolved and every amendment applied, and a plan of what Rust will say.
//!
//! CSDL 2 and 3 without inheritance, enumerations and annotations are supported; what is not is
//! refused with a [`Diagnostic`], never skipped.
#![forbid(unsafe_code)]
// Input is hostile: nothing that came out of a document may end in a panic.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![deny(clippy::disallowed_types)]

mod amend;
mod csdl;
pub mod describe;
mod diagnostic;
pub mod diff;
#[cfg(feature = "directory")]
pub mod directory;
mod emit;
pub mod model;
mod names;
mod outline;
mod plan;
mod print;
mod render;
mod xml;

use std::collections::BTreeMap;
use std::sync::Arc;

use diagnostic::Findings;
pub use diagnostic::{Diagnostic, Diagnostics, Severity, Source, Span, Spanned};
use model::Model;
pub use outline::outline;
pub use render::{Style, render};

/// What generated files say about where they come from.
#[derive(Clone, Debug)]
pub struct Options {
    /// The command that generates them again.
    pub command: String,
    /// The version of the service, for the text of the module.
    pub service_version: Option<String>,
    /// The feature of the crate that requests are behind; without one they are always there.
    pub client_feature: Option<String>,
}

/// Generated files.
#[derive(Clone, Debug)]
pub struct Output {
    /// Contents by path, relative to the directory of the module.
    pub files: BTreeMap<String, String>,
    /// What is worth a look, though nothing is wrong.
    pub warnings: Diagnostics,
}

/// Generates a Rust module from documents and amendments. The same input always gives the same
/// output, byte for byte.
///
/// # Errors
///
/// All that the first stage to find something wrong finds.
pub fn generate(
    documents: &[Source],
    amendments: &[Source],
    options: &Options,
) -> Result<Output, Diagnostics> {
    let mut run = Run::new(documents, amendments);
    let model = run.model(documents.len())?;
    let names = names::decide(&model, &mut run.findings);
    run.check()?;
    let origin = origin(documents, amendments);
    let version = options.service_version.as_deref();
    let plan = plan::plan(&model, &names, version, &origin, &options.command);
    let header = header(&origin, &options.command);
    let mut files = BTreeMap::new();
    for (name, file) in emit::files(&plan, &model, &names, options.client_feature.as_deref()) {
        match print::print(&header, &file) {
            Ok(text) => drop(files.insert(name, text)),
            Err(error) => {
                let message =
                    format!("the generator made something of `{name}` that is not Rust: {error}");
                run.findings.error("emit::not-rust", Span::default(), message);
            }
        }
    }
    run.check()?;
    Ok(Output { files, warnings: run.finish() })
}

/// Reads documents and amendments without generating anything: to compare versions of a model.
///
/// # Errors
///
/// All that the first stage to find something wrong finds.
pub fn read_model(documents: &[Source], amendments: &[Source]) -> Result<Model, Diagnostics> {
    Run::new(documents, amendments).model(documents.len())
}

/// The sources of a run and what is found in them so far.
struct Run {
    sources: Arc<[Source]>,
    findings: Findings,
}

impl Run {
    fn new(documents: &[Source], amendments: &[Source]) -> Self {
        let sources = documents.iter().chain(amendments).cloned().collect();
        Self { sources, findings: Findings::default() }
    }

    fn finish(self) -> Diagnostics {
        self.findings.finish(self.sources)
    }

    /// Ends the run if a stage has found errors.
    fn check(&mut self) -> Result<(), Diagnostics> {
        if !self.findings.has_errors() {
            return Ok(());
        }
        Err(std::mem::take(&mut self.findings).finish(Arc::clone(&self.sources)))
    }

    /// Reads, parses, amends and resolves.
    fn model(&mut self, documents: usize) -> Result<Model, Diagnostics> {
        let sources = Arc::clone(&self.sources);
        let mut edmx = csdl::Edmx::default();
        let mut amendments = Vec::new();
        for (index, source) in sources.iter().enumerate() {
            if index >= documents {
                amendments.extend(amend::read(index, source, &mut self.findings));
            } else if let Some(root) = xml::read(index, source, &mut self.findings) {
                edmx.schemas.extend(csdl::parse(&root, &mut self.findings));
            }
        }
        self.check()?;
        amend::apply(&mut edmx, amendments, &mut self.findings);
        self.check()?;
        let model = model::resolve(&edmx, &mut self.findings);
        self.check()?;
        // Without a model there is an error, which `check` has returned.
        model.ok_or_else(|| std::mem::take(&mut self.findings).finish(sources))
    }
}

/// What generated files come from.
fn origin(documents: &[Source], amendments: &[Source]) -> String {
    let list = |sources: &[Source]| {
        let names: Vec<String> =
            sources.iter().map(|source| source.name.replace(['\n', '\r', '`'], "_")).collect();
        names.join(" and ")
    };
    match amendments {
        [] => list(documents),
        _ => format!("{} amended by {}", list(documents), list(amendments)),
    }
}

/// What every generated file begins with.
fn header(origin: &str, command: &str) -> String {
    let command = command.replace(['\n', '\r'], " ");
    format!(
        "// @generated by odata-codegen from {origin}. Do not edit.\n\
         // To generate it again: {command}\n"
    )
}
