//! `odata-codegen diff`: what has changed between two documents.

use std::path::PathBuf;

use clap::ValueEnum;
use odata_codegen::diff::{self, Change};
use odata_codegen::model::Model;
use odata_codegen::{Source, Span, read_model_as};

use super::failure::{Failure, Found, Outcome};
use super::input::{self, Documents, Origin};
use super::messages::{self, Messages};

const EXAMPLES: &str = "\
Examples:
  odata-codegen diff old.xml new.xml
  odata-codegen diff --format markdown old.xml https://host/service/$metadata >>CHANGELOG.md
  odata-codegen diff --fail-on breaking old.xml new.xml";

/// Print what has changed between two documents, and what that breaks
///
/// Changes are those of the model: the order of a document, its prefixes and its annotations that
/// mean nothing to a client are no changes. Each is breaking or not for programs that read, for
/// programs that write, and for their source when the client is generated again; together they
/// demand a step of the semantic version.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The document of the old version: a file or a URL
    old: String,

    /// The document of the new version: a file or a URL
    new: String,

    /// Amendments that apply to both; may be given several times
    #[arg(long, value_name = "FILE")]
    amend: Vec<PathBuf>,

    /// How changes are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Which changes make the exit code 1
    #[arg(long, value_enum, value_name = "WHICH", default_value_t)]
    fail_on: FailOn,

    #[command(flatten)]
    origin: Origin,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    #[default]
    Text,
    /// One object, for programs
    Json,
    /// A section of a changelog
    Markdown,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// All of them
    #[default]
    Any,
    /// Those that break something
    Breaking,
    /// None
    Never,
}

/// One of the two versions.
struct Version {
    source: Source,
    model: Model,
}

impl Version {
    fn location(&self, span: Span) -> Option<String> {
        // What comes from an amendment is in neither document.
        (span.source == 0).then(|| {
            let before = self.source.text.get(..span.start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|char| *char != '\n').count() + 1;
            format!("{}:{line}:{column}", self.source.name)
        })
    }
}

/// Compares.
pub(super) fn run(arguments: &Arguments, messages: &Messages) -> Outcome {
    let amendments = input::files(&arguments.amend, messages)?;
    let old = read(&arguments.old, &amendments, arguments, messages)?;
    let new = read(&arguments.new, &amendments, arguments, messages)?;
    let changes = diff::diff(&old.model, &new.model);
    let text = match arguments.format {
        Format::Text => diff::text(&changes),
        Format::Markdown => diff::markdown(&changes),
        Format::Json => {
            let location = |change: &Change| {
                let old = change.old_span.and_then(|span| old.location(span));
                (old, change.new_span.and_then(|span| new.location(span)))
            };
            format!("{:#}\n", diff::json(&changes, location))
        }
    };
    messages::result(&text)?;
    let fails = match arguments.fail_on {
        FailOn::Any => !changes.is_empty(),
        FailOn::Breaking => changes.iter().any(|change| change.effect.is_breaking()),
        FailOn::Never => false,
    };
    Ok(if fails { Found::Something } else { Found::Nothing })
}

fn read(
    text: &str,
    amendments: &[Source],
    arguments: &Arguments,
    messages: &Messages,
) -> Result<Version, Failure> {
    let Documents { mut documents, reading } =
        arguments.origin.documents(&[text.to_owned()], messages)?;
    match read_model_as(&documents, amendments, &reading) {
        // Warnings are told where the document is generated from.
        Ok((model, _)) => Ok(Version { source: documents.swap_remove(0), model }),
        Err(diagnostics) => {
            messages.diagnostics(&diagnostics);
            Err(Failure::input(format!("{text} cannot be compared: it has errors")))
        }
    }
}
