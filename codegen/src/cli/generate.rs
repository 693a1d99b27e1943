//! `odata-codegen generate`: documents in, a directory of Rust out.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use clap::ValueEnum;
use odata_codegen::directory::{Directory, Kind};
use odata_codegen::{Layout, Options, Output, Package, Runtime, generate, generate_crate};

use super::failure::{Failure, Found, Outcome};
use super::input::{self, Documents, Origin, Selected};
use super::messages::Messages;

const EXAMPLES: &str = "\
Examples:
  odata-codegen generate --metadata northwind.xml --out northwind --name northwind
  odata-codegen generate --metadata orders.xml --metadata stock.xml --amend fixes.toml \\
      --lock shop.names.toml --out shop --name shop --runtime ../reprise
  odata-codegen generate --metadata graph.xml --include users --include 'mail*' --lenient \\
      --out graph --name graph
  odata-codegen generate --metadata northwind.xml --out src/northwind --module";

/// Write a crate, or a module of a crate
///
/// With --name, a complete crate is written: manifest, sources, README, and an outline of the
/// model for reviews. What somebody adds to it is left alone. With --module, the directory is that
/// of a module and is replaced as a whole. Nothing is written if anything is wrong with the input,
/// and files that are not marked as @generated are never lost: they stop it.
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

    #[command(flatten)]
    selected: Selected,

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

    /// The name of the crate
    #[arg(long, value_name = "CRATE", required_unless_present = "module")]
    name: Option<String>,

    /// Write a module in the place of a crate
    #[arg(long, conflicts_with_all = ["name", "runtime"])]
    module: bool,

    /// Where the crate gets the run time from: a directory that holds the crates `edm` and
    /// `odata-client`, or their version in the registry
    #[arg(long, value_name = "PATH|VERSION", default_value = env!("CARGO_PKG_VERSION"))]
    runtime: String,

    /// How types are spread over modules
    #[arg(long, value_enum, default_value_t)]
    layout: LayoutName,

    /// The version of the service, for its documentation
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

/// How types are spread over modules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum LayoutName {
    /// One per namespace in a large crate, each with a feature; else one for all
    #[default]
    Automatic,
    /// One for all types
    One,
    /// One per namespace, each with a feature
    PerNamespace,
}

impl LayoutName {
    fn is_default(self) -> bool {
        self == Self::default()
    }
}

impl From<LayoutName> for Layout {
    fn from(name: LayoutName) -> Self {
        match name {
            LayoutName::Automatic => Self::Automatic,
            LayoutName::One => Self::One,
            LayoutName::PerNamespace => Self::PerNamespace,
        }
    }
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
    messages.progress(format!(
        "{}: {} files, {changed} changed; {}",
        directory.path().display(),
        output.files.len(),
        output.cost
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
            layout: self.layout.into(),
            selection: self.selected.selection(),
        };
        let generated = match &self.name {
            Some(name) => {
                let package = Package { name: name.clone(), runtime: self.runtime()? };
                generate_crate(&documents, &amendments, &options, &package)
            }
            None => generate(&documents, &amendments, &options),
        };
        match generated {
            Ok(output) => {
                messages.diagnostics(&output.warnings);
                let name = self.out.display().to_string();
                let kind = if self.module { Kind::Module } else { Kind::Crate };
                let directory = Directory::new(&self.out, name, kind);
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

    /// Where the run time comes from. A directory is named as seen from the crate, so that the
    /// crate is the same on every machine that has both.
    fn runtime(&self) -> Result<Runtime, Failure> {
        if self.runtime.starts_with(|char: char| char.is_ascii_digit()) {
            return Ok(Runtime::Version(self.runtime.clone()));
        }
        let path = Path::new(&self.runtime);
        if !path.join("edm/Cargo.toml").is_file() {
            let message = format!(
                "`{}` is neither a version nor a directory that holds the crate `edm`",
                self.runtime
            );
            return Err(Failure::input(message));
        }
        if path.is_absolute() {
            return Ok(Runtime::Path(self.runtime.clone()));
        }
        let absolute = |path| std::path::absolute(path).map_err(Failure::io("finding", path));
        Ok(Runtime::Path(relative(&absolute(&self.out)?, &absolute(path)?)))
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
        for include in &self.selected.include {
            option("--include", include);
        }
        for exclude in &self.selected.exclude {
            option("--exclude", exclude);
        }
        for amend in &self.amend {
            option("--amend", &amend.to_string_lossy());
        }
        if let Some(lock) = &self.lock {
            option("--lock", &lock.to_string_lossy());
        }
        option("--out", &self.out.to_string_lossy());
        if let Some(name) = &self.name {
            option("--name", name);
            option("--runtime", &self.runtime);
        }
        if let Some(version) = &self.service_version {
            option("--service-version", version);
        }
        if let Some(feature) = &self.client_feature {
            option("--client-feature", feature);
        }
        if self.module {
            words.push("--module".to_owned());
        }
        if let Some(layout) = self.layout.to_possible_value().filter(|_| !self.layout.is_default())
        {
            words.push(format!("--layout {}", layout.get_name()));
        }
        if self.origin.is_lenient() {
            words.push("--lenient".to_owned());
        }
        words.join(" ")
    }
}

/// The path from a directory to another one; both are absolute.
fn relative(from: &Path, to: &Path) -> String {
    /// The directories of a path, without those that are left again.
    fn parts(path: &Path) -> Vec<String> {
        let mut parts = Vec::new();
        for part in path.components() {
            match part {
                Component::ParentDir => drop(parts.pop()),
                Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
                Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
            }
        }
        parts
    }
    let (from, to) = (parts(from), parts(to));
    let same = from.iter().zip(&to).take_while(|(from, to)| from == to).count();
    let up = std::iter::repeat_n("..", from.len() - same);
    let path = up.chain(to[same..].iter().map(String::as_str)).collect::<Vec<_>>().join("/");
    if path.is_empty() { ".".to_owned() } else { path }
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
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("a/b-1.xml"), "a/b-1.xml");
        assert_eq!(quoted("https://host/$metadata"), "'https://host/$metadata'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn the_run_time_is_named_as_seen_from_the_crate() {
        let path = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(path("/a/b/crate", "/a/b/x/../reprise"), "../reprise");
        assert_eq!(path("/a", "/a/reprise"), "reprise");
        assert_eq!(path("/a/b", "/c"), "../../c");
        assert_eq!(path("/a", "/a"), ".");
    }
}
