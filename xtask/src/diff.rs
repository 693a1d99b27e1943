//! `cargo xtask diff`: what has changed between two metadata documents.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use odata_codegen::model::Model;
use odata_codegen::{Source, diff};

use crate::generate::show;

/// Print what has changed between two metadata documents, and what that breaks
///
/// Tells the step that the next version of the client has to make, too. Documents are compared as
/// they are, without amendments: those of one version need not apply to the other.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The document of the old version
    old: PathBuf,

    /// The document of the new version
    new: PathBuf,

    /// Print a section of a changelog
    #[arg(long)]
    markdown: bool,
}

/// Compares.
///
/// # Errors
///
/// A document cannot be read, or is wrong.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let changes = diff::diff(&read(&arguments.old)?, &read(&arguments.new)?);
    let text = if arguments.markdown { diff::markdown(&changes) } else { diff::text(&changes) };
    crate::generate::print(&text).context("printing the changes")
}

fn read(path: &Path) -> anyhow::Result<Model> {
    let name = path.display().to_string();
    let bytes = fs::read(path).with_context(|| format!("reading {name}"))?;
    let model = Source::from_bytes(name.clone(), &bytes)
        .and_then(|source| odata_codegen::read_model(&[source], &[]));
    match model {
        Ok(model) => Ok(model),
        Err(diagnostics) => {
            show(&diagnostics);
            bail!("{name} cannot be compared: it has errors")
        }
    }
}
