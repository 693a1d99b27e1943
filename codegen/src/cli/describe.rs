//! `odata-codegen describe`: what a service offers.

use std::path::PathBuf;

use clap::ValueEnum;
use odata_codegen::{Options, Reading, Source, describe, read_model_as};
use serde_json::json;

use super::failure::{Failure, Found, Outcome};
use super::input::{self, Documents, Origin};
use super::messages::{self, Messages};

const EXAMPLES: &str = "\
Examples:
  odata-codegen describe northwind.xml
  odata-codegen describe --format json https://host/service/ | jq '.containers[].entity_sets[].name'";

/// Print what a service offers: entity sets, types, operations, and what generating it costs
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The documents: files or URLs
    #[arg(required = true, value_name = "FILE|URL")]
    metadata: Vec<String>,

    /// A file of amendments; may be given several times
    #[arg(long, value_name = "FILE")]
    amend: Vec<PathBuf>,

    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,

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
    /// A section of a document
    Markdown,
}

/// What generating costs.
struct Cost {
    files: usize,
    lines: usize,
}

/// Describes.
pub(super) fn run(arguments: &Arguments, messages: &Messages) -> Outcome {
    let Documents { documents, reading } =
        arguments.origin.documents(&arguments.metadata, messages)?;
    let amendments = input::files(&arguments.amend, messages)?;
    let read = read_model_as(&documents, &amendments, &reading);
    let (model, _) = read.map_err(|diagnostics| {
        messages.diagnostics(&diagnostics);
        Failure::input("nothing can be said of documents with errors")
    })?;
    let description = describe::describe(&model);
    let cost = cost(&documents, &amendments, reading);
    let shown = cost.as_ref().map(|Cost { files, lines }| {
        format!("Generated, it is {files} files with {lines} lines of Rust.\n")
    });
    let shown = shown.unwrap_or_default();
    let text = match arguments.format {
        Format::Text => format!("{}\n{shown}", describe::text(&description)),
        Format::Markdown => format!("{}\n{shown}", describe::markdown(&description)),
        Format::Json => {
            let mut object = describe::json(&description);
            object["generated"] = cost
                .map_or_else(|| json!(null), |it| json!({"files": it.files, "lines": it.lines}));
            format!("{object:#}\n")
        }
    };
    messages::result(&text)?;
    Ok(Found::Nothing)
}

/// Generates, to count what comes out: that takes less time than to read an estimate. `None` if
/// names collide, which is no matter here.
fn cost(documents: &[Source], amendments: &[Source], reading: Reading) -> Option<Cost> {
    let options = Options { reading, ..Options::default() };
    let output = odata_codegen::generate(documents, amendments, &options).ok()?;
    let lines = output.files.values().map(|text| text.lines().count()).sum();
    Some(Cost { files: output.files.len(), lines })
}
