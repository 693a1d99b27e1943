//! Generates typed Rust clients from OData `$metadata` documents.
//!
//! [`generate`] is a pure function: documents and amendments in, files out. Documents go through
//! stages with a vocabulary each: XML elements, CSDL as written, the [`model`] with every
//! reference resolved and every amendment applied, and a plan of what Rust will say.
//!
//! Documents of every version from 1.0 to 4.01 are read. What cannot be generated is left out
//! with a [`Diagnostic`], never skipped in silence.
#![forbid(unsafe_code)]
// Input is hostile: nothing that came out of a document may end in a panic.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![deny(clippy::disallowed_types)]

mod amend;
mod cost;
mod csdl;
pub mod describe;
mod diagnostic;
pub mod diff;
#[cfg(feature = "directory")]
pub mod directory;
mod emit;
mod json;
pub mod model;
mod names;
mod outline;
mod package;
mod plan;
mod print;
mod render;
mod select;
mod source;
mod xml;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use cost::Cost;
pub use csdl::references::{Include, Reference, references};
use diagnostic::Findings;
pub use diagnostic::{Diagnostic, Diagnostics, Mode, Severity, Span, Spanned};
use model::Model;
pub use outline::{outline, outline_changes};
pub use package::{Package, Runtime};
pub use render::{Style, render};
pub use select::{Kept, Selection, explain};
pub use source::Source;

/// What to generate, and what generated files say about where they come from.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The command that generates them again.
    pub command: String,
    /// The version of the service, for the text of the module.
    pub service_version: Option<String>,
    /// The feature of the crate that requests are behind; without one they are always there.
    pub client_feature: Option<String>,
    /// How documents are read.
    pub reading: Reading,
    /// The names lock that an earlier run gave: what it lists keeps its name.
    pub lock: Option<String>,
    /// How types are spread over modules.
    pub layout: Layout,
    /// What of the documents is generated.
    pub selection: Selection,
}

/// How documents are read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// What becomes of documents that break the rules.
    pub mode: Mode,
    /// Documents that the others refer to. They lend the types that the others reach; what else
    /// they declare and what they offer themselves is not generated.
    pub references: Vec<Source>,
}

/// How types are spread over modules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// One per namespace in a crate from a large document of several, one for all otherwise.
    #[default]
    Automatic,
    /// One for all types.
    One,
    /// One per namespace, each with a feature of its own, beside that of the model.
    PerNamespace,
}

/// The file of a generated crate that holds the [`outline`] of its model.
pub const OUTLINE: &str = "model.txt";

/// Generated files.
#[derive(Clone, Debug)]
pub struct Output {
    /// Contents by path, relative to the directory of the module.
    pub files: BTreeMap<String, String>,
    /// The names lock for the next run.
    pub lock: String,
    /// What a selection has kept, and why. Without one, what of the documents that others refer to
    /// is kept, and why; empty without such documents.
    pub kept: Vec<Kept>,
    /// How much it is.
    pub cost: Cost,
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
    generate_as(documents, amendments, options, None)
}

/// Generates a complete crate: a manifest, sources and a README. `cargo check` accepts it at once.
///
/// # Errors
///
/// All that the first stage to find something wrong finds; the package has a name that is none.
pub fn generate_crate(
    documents: &[Source],
    amendments: &[Source],
    options: &Options,
    package: &Package,
) -> Result<Output, Diagnostics> {
    generate_as(documents, amendments, options, Some(package))
}

fn generate_as(
    documents: &[Source],
    amendments: &[Source],
    options: &Options,
    package: Option<&Package>,
) -> Result<Output, Diagnostics> {
    let mut run = Run::new(documents, amendments, &options.reading);
    if let Some(package) = package.filter(|package| !package::is_crate_name(&package.name)) {
        let message = format!("`{}` cannot be the name of a crate", package.name);
        run.findings.error("emit::crate-name", Span::default(), message);
    }
    let (model, lent) = run.model()?;
    let (mut model, selected) = select::select(model, &options.selection, &mut run.findings);
    let kept = if options.selection.is_everything() { lent } else { selected };
    run.check()?;
    let mut lock = names::Lock::default();
    if let Some(text) = &options.lock {
        lock = names::Lock::read(text, &mut run.findings);
        names::keep_namespace(&mut model, &lock);
    }
    // A module is put into a crate that has features of its own.
    let modules =
        if package.is_some() { options.layout.modules(&model) } else { options.layout.module() };
    let names = names::decide(&model, modules, &mut lock, &mut run.findings);
    run.check()?;
    let features = plan::Features::of(&model, &names);
    let from = origin(documents, amendments);
    let header = header(&from, &options.command);
    let call = package.zip(package::FirstCall::of(&model, &names));
    let origin = plan::Origin {
        from: &from,
        command: &options.command,
        version: options.service_version.as_deref(),
        first_call: call.map(|(package, call)| call.lines(package)).unwrap_or_default(),
    };
    let emitter = emit::Emitter {
        plan: &plan::plan(&model, &names, &features, &origin),
        model: &model,
        names: &names,
        features: &features,
        spelling: plan::Spelling::of(&names),
        header: &header,
        client_feature: options.client_feature.as_deref(),
        root: if package.is_some() { emit::Root::CRATE } else { emit::Root::MODULE },
    };
    let mut files = emitter.files();
    if let Some(package) = package {
        files.extend(package::files(package, &model, &names, &features, &header));
        let mark = header.replace("//", "#");
        files.insert(OUTLINE.to_owned(), format!("{mark}{}", outline(&model)));
    }
    let cost = Cost::of(&model, &files);
    Ok(Output { files, lock: lock.print(), kept, cost, warnings: run.finish() })
}

impl Layout {
    /// So many structured types that a slice is worth a feature.
    const LARGE: usize = 500;

    /// The modules of a module.
    fn module(self) -> names::Modules {
        match self {
            Self::PerNamespace => names::Modules::PerNamespace,
            Self::Automatic | Self::One => names::Modules::One,
        }
    }

    /// The modules of a crate.
    fn modules(self, model: &Model) -> names::Modules {
        let types = model.entity_types.len() + model.complex_types.len();
        match self {
            Self::PerNamespace => names::Modules::PerNamespace,
            Self::Automatic if types >= Self::LARGE => names::Modules::PerNamespace,
            Self::Automatic | Self::One => names::Modules::One,
        }
    }
}

/// Reads documents and amendments without generating anything: to compare versions of a model.
///
/// # Errors
///
/// All that is wrong, as far as one stage can go on without another.
pub fn read_model(documents: &[Source], amendments: &[Source]) -> Result<Model, Diagnostics> {
    read_model_as(documents, amendments, &Reading::default()).map(|(model, _)| model)
}

/// Reads documents and amendments without generating anything, with what is worth a look though
/// nothing is wrong.
///
/// # Errors
///
/// All that is wrong, as far as one stage can go on without another.
pub fn read_model_as(
    documents: &[Source],
    amendments: &[Source],
    reading: &Reading,
) -> Result<(Model, Diagnostics), Diagnostics> {
    let mut run = Run::new(documents, amendments, reading);
    let (model, _) = run.model()?;
    Ok((model, run.finish()))
}

/// The sources of a run and what is found in them so far.
struct Run {
    /// Documents, then those that they refer to, then amendments.
    sources: Arc<[Source]>,
    /// How many sources are documents.
    documents: usize,
    /// How many sources are documents or what they refer to.
    readable: usize,
    findings: Findings,
}

impl Run {
    fn new(documents: &[Source], amendments: &[Source], reading: &Reading) -> Self {
        // References are found in any order; what comes out is the same.
        let mut references: Vec<&Source> = reading.references.iter().collect();
        references.sort_by(|a, b| (&a.name, &a.text).cmp(&(&b.name, &b.text)));
        let sources = documents.iter().chain(references).chain(amendments);
        Self {
            sources: sources.cloned().collect(),
            documents: documents.len(),
            readable: documents.len() + reading.references.len(),
            findings: Findings::new(reading.mode),
        }
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

    /// Reads, parses, amends and resolves. What cannot be read ends the run; what is wrong in
    /// itself does not keep the rest from being resolved, so that all of it is told at once. With
    /// the model comes why types of documents that others refer to are in it.
    fn model(&mut self) -> Result<(Model, Vec<Kept>), Diagnostics> {
        let sources = Arc::clone(&self.sources);
        let mut edmx = csdl::Edmx::new(self.documents);
        let mut amendments = Vec::new();
        let mut is_whole = true;
        for (index, source) in sources.iter().enumerate() {
            if index >= self.readable {
                amendments.extend(amend::read(index, source, &mut self.findings));
            } else {
                is_whole &= csdl::read(index, source, &mut edmx, &mut self.findings);
            }
        }
        // Without one of its documents, every name that it declares would be reported.
        if !is_whole {
            self.check()?;
        }
        amend::apply(&mut edmx, amendments, &mut self.findings);
        let kept = select::prune(&mut edmx, &mut self.findings);
        let model = model::resolve(&edmx, &mut self.findings);
        self.check()?;
        Ok((model, kept))
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
