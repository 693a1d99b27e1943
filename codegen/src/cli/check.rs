//! `odata-codegen check`: whether a directory is what `generate` would write.

use odata_codegen::directory::Difference;
use odata_codegen::{OUTLINE, outline_changes};

use super::failure::{Found, Outcome};
use super::generate::{Generated, Target};
use super::messages::{self, Messages};

const EXAMPLES: &str = "\
Example, as a step of continuous integration:
  odata-codegen check --metadata northwind.xml --out northwind --name northwind";

/// How many lines of a diff are shown.
const MOST: usize = 200;

/// Fail if a directory is not what `generate` would write
///
/// Takes the arguments of `generate` and writes nothing. Prints a summary of what differs, what has
/// changed in the model, a unified diff, and the command that writes it again.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,

    /// Print the whole diff, however long it is
    #[arg(long)]
    full: bool,
}

/// Compares.
pub(super) fn run(arguments: &Arguments, messages: &Messages) -> Outcome {
    let Generated { output, directory, lock, command } = arguments.target.generate(messages)?;
    let differences = directory.differences(&output.files)?;
    let lock = lock.and_then(|lock| lock.difference());
    if differences.is_empty() && lock.is_none() {
        messages.progress(format!("{} is up to date", directory.path().display()));
        return Ok(Found::Nothing);
    }
    let mut text = String::new();
    for summary in differences.iter().map(Difference::summary).chain(lock) {
        text.push_str(&summary);
        text.push('\n');
    }
    text.push_str(&model(&differences));
    text.push('\n');
    let diff: String = differences.iter().map(ToString::to_string).collect();
    let lines = diff.lines().count();
    let shown = if arguments.full { lines } else { MOST.min(lines) };
    for line in diff.lines().take(shown) {
        text.push_str(line);
        text.push('\n');
    }
    if shown < lines {
        text.push_str(&format!("… and {} more lines; --full prints them\n", lines - shown));
    }
    text.push_str(&format!("\nTo write it again, run:\n  {command}\n"));
    messages::result(&text)?;
    Ok(Found::Something)
}

/// What has changed in the model, in terms of CSDL: a crate has an outline of it. If nothing has,
/// the files were edited, or another version of the generator has written them.
fn model(differences: &[Difference]) -> String {
    let Some(outline) = differences.iter().find(|it| it.path().ends_with(OUTLINE)) else {
        return String::new();
    };
    let (old, new) = outline.texts();
    if old.is_empty() || new.is_empty() {
        return String::new();
    }
    let mut text = "\nIn the model:\n".to_owned();
    for change in outline_changes(old, new) {
        text.push_str(&format!("  {change}\n"));
    }
    text
}
