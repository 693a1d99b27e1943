//! `odata-codegen generate`: documents in, a directory of Rust out.

use std::fs;
use std::io;
use std::path::PathBuf;

use odata_codegen::directory::{Directory, Kind};
use odata_codegen::{Options, Output};

use super::failure::{Failure, Found, Outcome};
use super::input::{self, Documents, Origin};
use super::messages::Messages;

const EXAMPLES: &str = "\
Examples:
  odata-codegen generate --metadata northwind.xml --out src/northwind
  odata-codegen generate --metadata orders.xml --metadata stock.xml --amend fixes.toml --out src/shop";

/// Write a Rust module into a directory, which is replaced as a whole
///
/// Nothing is written if anything is wrong with the input. Files that are not marked as @generated
/// are never lost: they stop it.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(super) target: Target,
}

/// What is to be generated, and from what.
#[derive(clap::Args)]
pub(crate) struct Target {
    /// A metadata document: a file or a URL; may be given several times
    #[arg(long, value_name = "FILE|URL", required = true)]
    metadata: Vec<String>,

    /// A file of amendments: names, types and texts that the documents lack; may be given several
    /// times
    #[arg(long, value_name = "FILE")]
    amend: Vec<PathBuf>,

    /// The names lock: names that it lists are kept, and new ones are added to it
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,

    /// The directory to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// The version of the service, for the documentation of the module
    #[arg(long, value_name = "TEXT")]
    service_version: Option<String>,

    /// What generated files tell to run to generate them again; else this command line
    #[arg(long, value_name = "COMMAND")]
    regenerate_with: Option<String>,

    /// The feature of the crate that requests are behind; without one they are always there
    #[arg(long, value_name = "NAME")]
    client_feature: Option<String>,

    #[command(flatten)]
    origin: Origin,
}

/// Generated files, and where they belong.
pub(super) struct Generated {
    pub(super) output: Output,
    pub(super) directory: Directory,
    /// The names lock, if one is kept.
    pub(super) lock: Option<Lock>,
    /// What writes them.
    pub(super) command: String,
}

/// A file that keeps names from one run to the next.
pub(super) struct Lock {
    path: PathBuf,
    /// As it is; `None` if there is none yet.
    present: Option<String>,
    /// As it should be.
    wanted: String,
}

impl Lock {
    /// What is the matter with it, if anything is.
    pub(super) fn difference(&self) -> Option<String> {
        let path = self.path.display();
        match &self.present {
            None => Some(format!("{path} is missing")),
            Some(present) if *present != self.wanted => Some(format!("{path} is changed")),
            Some(_) => None,
        }
    }

    fn write(&self) -> Result<(), Failure> {
        match self.difference() {
            Some(_) => super::sidecar::write(&self.path, self.wanted.as_bytes()),
            None => Ok(()),
        }
    }
}

/// Writes.
pub(super) fn run(arguments: &Arguments, messages: &Messages) -> Outcome {
    let generated = arguments.target.generate(messages)?;
    let Generated { output, directory, .. } = &generated;
    let changed = directory.differences(&output.files)?.len();
    if changed > 0 {
        directory.replace(&output.files)?;
    }
    if let Some(lock) = &generated.lock {
        lock.write()?;
    }
    let lines: usize = output.files.values().map(|text| text.lines().count()).sum();
    messages.progress(format!(
        "{}: {} files with {lines} lines, {changed} changed",
        directory.path().display(),
        output.files.len()
    ));
    Ok(Found::Nothing)
}

impl Target {
    /// Reads and generates; writes nothing.
    ///
    /// # Errors
    ///
    /// What is named cannot be read, or is wrong.
    pub(super) fn generate(&self, messages: &Messages) -> Result<Generated, Failure> {
        let Documents { documents, reading } = self.origin.documents(&self.metadata, messages)?;
        let amendments = input::files(&self.amend, messages)?;
        let command = self.command();
        let present = self.lock()?;
        let options = Options {
            command: command.clone(),
            service_version: self.service_version.clone(),
            client_feature: self.client_feature.clone(),
            reading,
            lock: present.clone(),
            ..Options::default()
        };
        match odata_codegen::generate(&documents, &amendments, &options) {
            Ok(output) => {
                messages.diagnostics(&output.warnings);
                let name = self.out.display().to_string();
                let directory = Directory::new(&self.out, name, Kind::Module);
                let lock = self.lock.as_ref().map(|path| Lock {
                    path: path.clone(),
                    present,
                    wanted: output.lock.clone(),
                });
                Ok(Generated { output, directory, lock, command })
            }
            Err(diagnostics) => {
                messages.diagnostics(&diagnostics);
                Err(Failure::input("nothing was generated: the input has errors"))
            }
        }
    }

    /// The names lock, if an earlier run has written one.
    fn lock(&self) -> Result<Option<String>, Failure> {
        let Some(path) = &self.lock else { return Ok(None) };
        match fs::read_to_string(path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::input(format!("reading {}: {error}", path.display()))),
        }
    }

    /// The command line that generates the same again, without what is about this run only.
    fn command(&self) -> String {
        if let Some(command) = &self.regenerate_with {
            return command.clone();
        }
        let mut words = vec!["odata-codegen".to_owned(), "generate".to_owned()];
        let mut option = |name: &str, value: &str| {
            words.push(name.to_owned());
            words.push(quoted(value));
        };
        for metadata in &self.metadata {
            let shown = super::http::url(metadata).map(|url| super::http::shown(&url));
            option("--metadata", shown.as_deref().unwrap_or(metadata));
        }
        for amend in &self.amend {
            option("--amend", &amend.to_string_lossy());
        }
        if let Some(lock) = &self.lock {
            option("--lock", &lock.to_string_lossy());
        }
        option("--out", &self.out.to_string_lossy());
        if let Some(version) = &self.service_version {
            option("--service-version", version);
        }
        if let Some(feature) = &self.client_feature {
            option("--client-feature", feature);
        }
        if self.origin.is_lenient() {
            words.push("--lenient".to_owned());
        }
        words.join(" ")
    }
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "/._-+:,=@%".contains(char);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::quoted;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("a/b-1.xml"), "a/b-1.xml");
        assert_eq!(quoted("https://host/$metadata"), "'https://host/$metadata'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
