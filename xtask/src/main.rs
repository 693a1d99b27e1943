//! The project's own tasks: `cargo xtask --help`.
//!
//! | module | what |
//! |---|---|
//! | [`generate`] | the emitted module, written or compared as a whole directory |
//! | [`versions`] | the metadata of every version, derived from the latest |
//! | [`diff`] | what has changed between two metadata documents |
//! | [`corpus`] | the generator against public documents |
//! | [`guide`] | the commands and programs of the guide |
//! | [`quickstart`] | builds the service and runs the example that uses all of it |
//! | [`mod@test`] | every test there is, in steps |
//! | [`cargo`] | calls of cargo: this crate must build when emitted code does not |
//! | [`tools`] | programs that are not Rust: found, or installed |

mod cargo;
mod corpus;
mod diff;
mod generate;
mod guide;
mod quickstart;
mod test;
mod tools;
mod versions;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

/// The project's own tasks
#[derive(Parser)]
#[command(bin_name = "cargo xtask", arg_required_else_help = true, disable_help_subcommand = true)]
enum Task {
    Generate(generate::Arguments),
    Diff(diff::Arguments),
    Corpus(corpus::Arguments),
    Guide(guide::Arguments),
    Quickstart(quickstart::Arguments),
    Test(test::Arguments),
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Generate(arguments) => generate::run(&arguments),
        Task::Diff(arguments) => diff::run(&arguments),
        Task::Corpus(arguments) => corpus::run(&arguments),
        Task::Guide(arguments) => guide::run(&arguments),
        Task::Quickstart(arguments) => quickstart::run(&arguments),
        Task::Test(arguments) => test::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The directory of the workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is in the workspace")
}
