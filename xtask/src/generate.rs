//! `cargo xtask generate`: the typed client, from the metadata of the service.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};

use anyhow::{Context as _, bail};
use odata_codegen::directory::{Difference, Directory, Kind};
use odata_codegen::{Diagnostics, Options, Output, Source, Style};

use crate::{root, versions};

/// The metadata of the service.
const METADATA: &str = "metadata/ams-2.19.xml";
/// What the metadata does not say.
const AMENDMENTS: &str = "metadata/ams-2.19.toml";
/// The version of the service.
const VERSION: &str = "2.19";
/// The emitted module.
const MODULE: &str = "generated/src/v2_19";
/// What makes it again.
const COMMAND: &str = "cargo xtask generate";

/// Write the typed client in generated/src/v2_19, and the metadata of earlier versions
///
/// It is made of metadata/ams-2.19.xml (the $metadata document of the service) and
/// metadata/ams-2.19.toml (amendments: what the document does not say). The directory is replaced
/// as a whole; it is not touched if it holds a file that is not marked as @generated, or if
/// anything is wrong with the input. metadata/versions.toml and the two give metadata/ams-2.X.xml,
/// a document for every version in which the model has changed.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing; print a diff and fail if the directory is not what would be written
    #[arg(long)]
    pub(crate) check: bool,
}

/// Generates or checks.
///
/// # Errors
///
/// The input is wrong, the directory cannot be read or written, or `--check` found differences.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let derived = versions::generate(arguments.check).with_context(|| {
        format!("to write the metadata of earlier versions again, run: {COMMAND}")
    })?;
    if derived > 0 {
        eprintln!("wrote metadata of earlier versions: {} changed", count(derived));
    }
    let module = module();
    let emitted = match emit(read(METADATA)?, read(AMENDMENTS)?) {
        Ok(output) => {
            show(&output.warnings);
            output.files
        }
        Err(diagnostics) => {
            show(&diagnostics);
            bail!("nothing was generated; {METADATA} and {AMENDMENTS} are to be repaired first")
        }
    };
    let differences = module.differences(&emitted)?;
    if differences.is_empty() {
        eprintln!("{MODULE} is up to date");
        return Ok(());
    }
    if arguments.check {
        let diff: String = differences.iter().map(Difference::to_string).collect();
        print(&diff).context("printing the differences")?;
        bail!(
            "{MODULE} is not what {METADATA} and {AMENDMENTS} give: {} differ. \
             To write it again, run: {COMMAND}",
            count(differences.len())
        );
    }
    module.replace(&emitted)?;
    eprintln!("wrote {MODULE}: {} changed", count(differences.len()));
    Ok(())
}

/// Where the emitted module is; messages name it as seen from the root.
fn module() -> Directory {
    Directory::new(root().join(MODULE), MODULE, Kind::Module)
}

fn emit(metadata: String, amendments: String) -> Result<Output, Diagnostics> {
    let options = Options {
        command: COMMAND.to_owned(),
        service_version: Some(VERSION.to_owned()),
        client_feature: Some("client".to_owned()),
        ..Options::default()
    };
    // Sources are named as seen from the root: the same on every machine.
    let source = |name: &str, text| Source { name: name.to_owned(), text };
    let metadata = source(METADATA, metadata);
    odata_codegen::generate(&[metadata], &[source(AMENDMENTS, amendments)], &options)
}

fn read(name: &str) -> anyhow::Result<String> {
    fs::read_to_string(root().join(name)).with_context(|| format!("reading {name}"))
}

/// Shows what is wrong with the input.
pub(crate) fn show(diagnostics: &Diagnostics) {
    let style = if io::stderr().is_terminal() { Style::Coloured } else { Style::Plain };
    eprint!("{}", odata_codegen::render(diagnostics, style));
}

/// To standard output, so that it can be piped into other programs.
///
/// # Errors
///
/// Nobody reads it to its end.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

fn count(number: usize) -> String {
    match number {
        1 => "1 file".to_owned(),
        _ => format!("{number} files"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PROPERTY: &str = "        <Property Name=\"AlternateId\" Type=\"Edm.String\" />\n";

    /// The metadata without a property of an asset.
    fn without_property() -> String {
        let metadata = read(METADATA).unwrap();
        assert!(metadata.contains(PROPERTY), "the property is there");
        metadata.replacen(PROPERTY, "", 1)
    }

    #[test]
    fn an_amendment_of_a_deleted_property_is_an_error_that_names_both() {
        let amendments = read(AMENDMENTS).unwrap();
        let errors = emit(without_property(), amendments).unwrap_err().to_string();
        let [file, line, column, _] = errors.splitn(4, ':').collect::<Vec<_>>()[..] else {
            panic!("no place in {errors}");
        };
        assert_eq!(file, AMENDMENTS);
        assert!(line.parse::<u32>().unwrap() > 1 && column.parse::<u32>().is_ok(), "{errors}");
        assert!(errors.contains("`Asset` has no property `AlternateId`"), "{errors}");
    }

    #[test]
    fn a_deleted_property_that_nothing_amends_is_in_the_diff() {
        let amendments = read(AMENDMENTS).unwrap();
        let start = amendments.find("[property.\"Asset.AlternateId\"]").unwrap();
        let end = start + amendments[start..].find("\n\n").unwrap();
        let amendments = format!("{}{}", &amendments[..start], &amendments[end..]);
        let emitted = emit(without_property(), amendments).unwrap();
        let differences = module().differences(&emitted.files).unwrap();
        let shown: String = differences.iter().map(Difference::to_string).collect();
        assert!(shown.contains("+++ b/generated/src/v2_19/asset.rs"), "{shown}");
        assert!(shown.contains("-    pub alternate_id: "), "{shown}");
    }
}
