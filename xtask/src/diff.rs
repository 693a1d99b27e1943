//! `cargo xtask diff`: what has changed between two metadata documents.

use std::fs;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context as _, bail};
use odata_codegen::model::Model;
use odata_codegen::{Source, diff};

use crate::generate::show;
use crate::versions::{self, Version};

/// Print what has changed between two metadata documents, and what that breaks
///
/// Tells the step that the next version of the client has to make, too. Documents are compared as
/// they are, without amendments: those of one version need not apply to the other.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The old version of the service, such as 2.11, or the file of a document
    old: Document,

    /// The new version of the service, such as 2.19, or the file of a document
    new: Document,

    /// Print a section of a changelog
    #[arg(long)]
    markdown: bool,
}

/// A metadata document.
#[derive(Clone)]
enum Document {
    /// That of a version of the service.
    Version(Version),
    File(PathBuf),
}

impl FromStr for Document {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.parse().map_or_else(|_| Self::File(text.into()), Self::Version))
    }
}

impl Document {
    fn path(&self) -> anyhow::Result<PathBuf> {
        match self {
            Self::Version(version) => versions::document(*version),
            Self::File(path) => Ok(path.clone()),
        }
    }
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

fn read(document: &Document) -> anyhow::Result<Model> {
    let path = document.path()?;
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
