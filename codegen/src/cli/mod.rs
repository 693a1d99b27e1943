//! `odata-codegen`: reads files and URLs, calls the library, writes files.
//!
//! | module | what |
//! |---|---|
//! | [`generate`], [`check`] | a crate or a module, written or compared |
//! | [`diff`], [`describe`] | what has changed between two documents, what is in one |
//! | [`fetch`] | a document of a service, kept as a file |
//! | [`input`], [`references`] | documents from files, the cache or a service |
//! | [`http`], [`sidecar`] | the one way a document is requested, and what is kept of it |
//! | [`messages`] | diagnostics and progress, for people or programs |
//! | [`failure`] | why a command ends early, and its exit code |

mod check;
mod describe;
mod diff;
mod failure;
mod fetch;
mod generate;
mod http;
mod input;
mod messages;
mod references;
mod sidecar;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Outcome;
use messages::{MessageFormat, Messages};

/// What all commands answer to the shell.
const EXIT_CODES: &str = "\
Exit codes:
  0  done; with `check` and `diff`: nothing differs
  1  `check` found drift, or `diff` found changes
  2  the command line or what it names is wrong: documents, amendments, the names lock
  3  the disk refuses: a file cannot be read or written, or would be lost
  4  a service cannot be reached, refuses, or answers with something else than metadata";

const EXAMPLES: &str = "\
From a service to a first build:
  odata-codegen fetch https://services.odata.org/V4/Northwind/Northwind.svc --out northwind.xml
  odata-codegen describe northwind.xml
  odata-codegen generate --metadata northwind.xml --out northwind --name northwind
  odata-codegen check --metadata northwind.xml --out northwind --name northwind

When the service has a new version:
  odata-codegen fetch https://services.odata.org/V4/Northwind/Northwind.svc --out new.xml
  odata-codegen diff northwind.xml new.xml";

/// Generates typed Rust clients from the `$metadata` of OData services, V1 to V4.01
///
/// Results are written to standard output, diagnostics and progress to standard error.
#[derive(Parser)]
#[command(version, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(after_help = EXIT_CODES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// How diagnostics are printed to standard error: for people, or one JSON object per line with
    /// code, severity, file, line, column, message and help
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value_t)]
    message_format: MessageFormat,

    /// Print no progress
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Subcommand)]
enum Command {
    Generate(generate::Arguments),
    Check(check::Arguments),
    Diff(diff::Arguments),
    Describe(describe::Arguments),
    Fetch(fetch::Arguments),
}

/// Runs the command that the command line names.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let messages = Messages::new(cli.message_format, cli.quiet);
    let outcome: Outcome = match &cli.command {
        Command::Generate(arguments) => generate::run(arguments, &messages),
        Command::Check(arguments) => check::run(arguments, &messages),
        Command::Diff(arguments) => diff::run(arguments, &messages),
        Command::Describe(arguments) => describe::run(arguments, &messages),
        Command::Fetch(arguments) => fetch::run(arguments, &messages),
    };
    match outcome {
        Ok(found) => found.exit_code(),
        Err(failure) => {
            messages.failure(&failure);
            failure.exit_code()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
