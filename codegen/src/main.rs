//! The command line of the generator: reads files, calls the library, replaces a directory.

mod directory;

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use odata_codegen::{Diagnostics, Options, Source, Style, generate, render};

/// Generates typed Rust clients from OData `$metadata` documents.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Generates a module into a directory, which it replaces as a whole.
    Generate(Generate),
}

#[derive(clap::Args)]
struct Generate {
    /// A metadata document; may be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    metadata: Vec<PathBuf>,
    /// A file of amendments; may be given several times.
    #[arg(long, value_name = "FILE")]
    amend: Vec<PathBuf>,
    /// The directory of the module.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The version of the service, for the documentation of the module.
    #[arg(long, value_name = "TEXT")]
    service_version: Option<String>,
    /// What generated files tell to run to generate them again.
    #[arg(long, value_name = "COMMAND", default_value = "odata-codegen generate")]
    regenerate_with: String,
    /// The feature of the crate that requests are behind.
    #[arg(long, value_name = "NAME", default_value = "client")]
    client_feature: String,
    /// Writes nothing; prints what differs and fails if anything does.
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    let Command::Generate(arguments) = Cli::parse().command;
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            report(&format!("error: {error:#}\n"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Generate) -> anyhow::Result<ExitCode> {
    let options = Options {
        command: arguments.regenerate_with.clone(),
        service_version: arguments.service_version.clone(),
        client_feature: Some(arguments.client_feature.clone()),
    };
    let documents = read(&arguments.metadata)?;
    let amendments = read(&arguments.amend)?;
    let output = match generate(&documents, &amendments, &options) {
        Ok(output) => output,
        Err(diagnostics) => {
            show(&diagnostics);
            bail!("nothing was generated");
        }
    };
    show(&output.warnings);
    let present = directory::present(&arguments.out)?;
    if arguments.check {
        let differences = directory::differences(&output.files, &present);
        for difference in &differences {
            report(&format!("{}: {difference}\n", arguments.out.display()));
        }
        return Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    directory::replace(&arguments.out, &output.files, &present)?;
    Ok(ExitCode::SUCCESS)
}

fn read(paths: &[PathBuf]) -> anyhow::Result<Vec<Source>> {
    let read = |path: &PathBuf| {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Source { name: path.display().to_string(), text })
    };
    paths.iter().map(read).collect()
}

fn show(diagnostics: &Diagnostics) {
    let style = if std::io::stderr().is_terminal() { Style::Coloured } else { Style::Plain };
    report(&render(diagnostics, style));
}

/// Writes to standard error; there is nobody to tell if that fails.
fn report(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
