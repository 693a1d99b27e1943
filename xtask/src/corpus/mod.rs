//! `cargo xtask corpus`: the generator against public `$metadata` documents.
//!
//! The documents are not part of the repository; see [`documents`]. Every one that is valid must be
//! generated, twice with the same result, and what comes out of all of them must pass clippy with
//! `#![deny(warnings)]`. Every one that is not must get a diagnostic that names the place.

mod crates;
mod documents;
mod run;
mod table;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::bail;

use crate::root;
use documents::Document;
use run::Outcome;

/// Where the documents are if nobody says otherwise: beside the workspace.
const CORPUS: &str = "../shared/corpus";

/// Generate from every document of a corpus of public metadata, and compile it
///
/// Prints a table of what passes per version of OData, as the README has it, and what does not
/// pass with the reason. Without the corpus there is nothing to do, which is said.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The directory of the documents; else ../shared/corpus
    #[arg(long, value_name = "DIR", env = "ODATA_CORPUS")]
    corpus: Option<PathBuf>,

    /// Only documents whose name contains this text
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,

    /// Do not compile what is generated
    #[arg(long)]
    no_compile: bool,

    /// Print a line per document, with its time
    #[arg(long)]
    verbose: bool,
}

impl Arguments {
    /// All documents of the default corpus, compiled.
    pub(crate) fn all() -> Self {
        Self { corpus: None, only: None, no_compile: false, verbose: false }
    }

    /// Where the documents are.
    pub(crate) fn corpus(&self) -> PathBuf {
        self.corpus.clone().unwrap_or_else(|| root().join(CORPUS))
    }
}

/// Runs.
///
/// # Errors
///
/// A document does not pass, or the corpus is not there.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = arguments.corpus();
    if !folder.is_dir() {
        bail!("there is no corpus at {}; --corpus tells where it is", folder.display());
    }
    let mut documents = documents::find(&folder)?;
    if let Some(text) = &arguments.only {
        documents.retain(|document| document.name.contains(text));
    }
    let start = Instant::now();
    let mut outcomes = run::all(&documents);
    eprintln!("generated twice in {:.1} s", start.elapsed().as_secs_f64());
    if !arguments.no_compile {
        let start = Instant::now();
        crates::compile(&documents, &mut outcomes)?;
        eprintln!("compiled in {:.1} s", start.elapsed().as_secs_f64());
    }
    if arguments.verbose {
        for (document, outcome) in documents.iter().zip(&outcomes) {
            eprintln!("{:>7.3} s {:>7} lines  {}", outcome.seconds, outcome.lines, document.name);
        }
    }
    let table = table::print(&documents, &outcomes);
    crate::generate::print(&format!("{table}\n"))?;
    let failed: Vec<(&Document, &String)> = documents
        .iter()
        .zip(&outcomes)
        .filter_map(|(document, outcome)| Some((document, outcome.failure.as_ref()?)))
        .collect();
    for (document, why) in &failed {
        eprintln!("{}: {why}", document.name);
    }
    match failed.len() {
        0 => Ok(()),
        number => bail!("{number} of {} documents do not pass", documents.len()),
    }
}

/// Whether a document has come to what it should.
fn has_passed(outcome: &Outcome) -> bool {
    outcome.failure.is_none()
}
