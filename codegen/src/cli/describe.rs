//! `odata-codegen describe`: what a service offers.

use std::path::PathBuf;

use clap::ValueEnum;
use odata_codegen::{Kept, Options, Output, describe, generate, read_model_as};
use serde_json::{Value, json};

use super::failure::{Failure, Found, Outcome};
use super::input::{self, Documents, Origin, Selected};
use super::messages::{self, Messages};

const EXAMPLES: &str = "\
Examples:
  odata-codegen describe northwind.xml
  odata-codegen describe northwind.xml --include Products
  odata-codegen describe --format json https://host/service/ | jq '.containers[].entity_sets[].name'";

/// Print what a service offers: entity sets, types, operations, and what generating it costs
///
/// With --include or --exclude, prints what is kept instead, each thing with the reason: what it is
/// needed for, or the pattern that names it.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The documents: files or URLs
    #[arg(required = true, value_name = "FILE|URL")]
    metadata: Vec<String>,

    #[command(flatten)]
    selected: Selected,

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
    let options =
        Options { reading, selection: arguments.selected.selection(), ..Options::default() };
    let output = generate(&documents, &amendments, &options).map_err(|diagnostics| {
        messages.diagnostics(&diagnostics);
        Failure::input("nothing can be generated of it")
    })?;
    let text = match (arguments.format, arguments.selected.is_everything()) {
        (Format::Json, is_everything) => {
            let mut object = if is_everything {
                describe::json(&describe::describe(&model))
            } else {
                json!({ "kept": kept_json(&output.kept) })
            };
            object["generated"] = cost_json(&output);
            format!("{object:#}\n")
        }
        (Format::Text, true) => describe::text(&describe::describe(&model)) + &cost(&output),
        (Format::Markdown, true) => {
            describe::markdown(&describe::describe(&model)) + &cost(&output)
        }
        (_, false) => kept(&output.kept) + &cost(&output),
    };
    messages::result(&text)?;
    Ok(Found::Nothing)
}

/// What generating costs: it is done, to count what comes out, and takes less time than to read
/// an estimate.
fn cost(output: &Output) -> String {
    format!("\nGenerated, it is {} files; {}.\n", output.files.len(), output.cost)
}

fn cost_json(output: &Output) -> Value {
    let cost = &output.cost;
    json!({
        "files": output.files.len(),
        "lines": cost.lines,
        "entity_types": cost.entity_types,
        "stubs": cost.stubs,
        "complex_types": cost.complex_types,
        "enum_types": cost.enum_types,
        "properties": cost.properties,
        "operations": cost.operations,
        "sets": cost.sets,
    })
}

/// What a selection keeps, each with the reason.
fn kept(list: &[Kept]) -> String {
    let mut text = String::new();
    for Kept { what, because, of } in list {
        let of = of.and_then(|of| list.get(of)).map(|of| format!(" of {}", of.what));
        text.push_str(&format!("{what}: {because}{}\n", of.unwrap_or_default()));
    }
    text
}

fn kept_json(list: &[Kept]) -> Value {
    let list = list.iter().map(|kept| {
        let of = kept.of.and_then(|of| list.get(of)).map(|of| of.what.as_str());
        json!({ "what": kept.what, "because": kept.because, "of": of })
    });
    list.collect()
}
