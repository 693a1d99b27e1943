//! What commands read: documents from files or services, and amendments.

use std::fs;
use std::path::{Path, PathBuf};

use odata_codegen::{Mode, Reading, Selection, Source};
use reqwest::Url;

use super::failure::Failure;
use super::http::{self, Credentials, Known};
use super::messages::Messages;
use super::references::{self, Place};
use super::sidecar::Sidecar;

/// What of the documents is wanted.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Selected {
    /// An entity set, singleton, type, namespace or operation to keep, with all that it needs;
    /// `*` and `?` stand for any text and any letter; may be given several times
    #[arg(long, value_name = "PATTERN")]
    pub(crate) include: Vec<String>,

    /// What to leave out of that; may be given several times
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
}

impl Selected {
    /// For the library.
    pub(crate) fn selection(&self) -> Selection {
        Selection { include: self.include.clone(), exclude: self.exclude.clone() }
    }

    /// Whether all of the documents is wanted.
    pub(crate) fn is_everything(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }
}

/// Documents, and how they are to be read.
pub(crate) struct Documents {
    /// What is named on the command line.
    pub(crate) documents: Vec<Source>,
    /// With the documents that they refer to.
    pub(crate) reading: Reading,
}

/// Where documents may come from.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Documents from services")]
pub(crate) struct Origin {
    #[command(flatten)]
    credentials: Credentials,

    /// Repair what real services get wrong, each repair with a warning, instead of refusing it
    #[arg(long, help_heading = None)]
    lenient: bool,

    /// Read no document from a service: take what the cache has, or fail
    #[arg(long)]
    no_fetch: bool,

    /// Where documents from services are kept; else in the user's cache directory
    #[arg(long, value_name = "DIR", env = "ODATA_CODEGEN_CACHE")]
    cache: Option<PathBuf>,
}

impl Origin {
    /// Reads documents from files or services, and those that they refer to.
    ///
    /// # Errors
    ///
    /// One that is named cannot be read, or is not text.
    pub(crate) fn documents(
        &self,
        texts: &[String],
        messages: &Messages,
    ) -> Result<Documents, Failure> {
        let mut documents = Vec::new();
        for text in texts {
            let place = Place::of(text);
            let source = match &place {
                Place::File(path) => file(path, messages)?,
                Place::Url(url) => self.at_url(url, messages)?,
            };
            documents.push((place, source));
        }
        let references = references::load(&documents, self, messages)?;
        let mode = if self.lenient { Mode::Lenient } else { Mode::Strict };
        let documents = documents.into_iter().map(|(_, source)| source).collect();
        Ok(Documents { documents, reading: Reading { mode, references } })
    }

    /// The same without credentials: for hosts that a document names, and nobody else.
    pub(crate) fn without_credentials(&self) -> Self {
        Self { credentials: Credentials::default(), ..self.clone() }
    }

    /// Whether documents are repaired.
    pub(crate) fn is_lenient(&self) -> bool {
        self.lenient
    }

    /// Reads a document of a service.
    ///
    /// # Errors
    ///
    /// It is not to be had, or is not text.
    pub(crate) fn at_url(&self, url: &Url, messages: &Messages) -> Result<Source, Failure> {
        let bytes = self.fetched(url, messages)?;
        decoded(http::shown(url), &bytes, messages)
    }

    /// A document of a service: from the cache, if it is still the same there.
    fn fetched(&self, url: &Url, messages: &Messages) -> Result<Vec<u8>, Failure> {
        let path = self.cached(url)?;
        let sidecar = Sidecar::beside(&path, url);
        let read = || fs::read(&path).map_err(Failure::io("reading", &path));
        if self.no_fetch {
            return match sidecar {
                Some(_) => read(),
                None => Err(Failure::network(format!(
                    "{}: not in the cache, and --no-fetch forbids to request it",
                    http::shown(url)
                ))),
            };
        }
        let known = sidecar.as_ref().map(Sidecar::known).unwrap_or_default();
        match http::get(url, &self.credentials, &known)? {
            Some(document) => {
                Sidecar::of(url, &document).store(&path, &document.bytes)?;
                messages.progress(format!("read {}", http::shown(url)));
                Ok(document.bytes)
            }
            None => {
                messages.progress(format!("{} has not changed", http::shown(url)));
                read()
            }
        }
    }

    /// Requests a document, unless it is still what is known.
    ///
    /// # Errors
    ///
    /// The service cannot be reached, refuses, or answers with something else than a document.
    pub(crate) fn request(
        &self,
        url: &Url,
        known: &Known,
    ) -> Result<Option<http::Document>, Failure> {
        if self.no_fetch {
            return Err(Failure::input("--no-fetch forbids what this command does"));
        }
        http::get(url, &self.credentials, known)
    }

    /// Where the cache keeps a document.
    fn cached(&self, url: &Url) -> Result<PathBuf, Failure> {
        let folder = match &self.cache {
            Some(folder) => folder.clone(),
            None => default_cache().ok_or_else(|| {
                Failure::input("there is no cache directory for this user; give one with --cache")
            })?,
        };
        let host = url.host_str().unwrap_or_default();
        let port = url.port().map(|port| format!("_{port}")).unwrap_or_default();
        let mut path = folder.join(file_name(&format!("{host}{port}")));
        let segments = url.path_segments().into_iter().flatten();
        path.extend(segments.filter(|segment| !segment.is_empty()).map(file_name));
        if let Some(query) = url.query() {
            path.push(file_name(query));
        }
        // A document at one URL must not be where another needs a folder.
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".document");
        path.set_file_name(name);
        Ok(path)
    }
}

/// Reads a file of a document or of amendments.
///
/// # Errors
///
/// It cannot be read, or is not text.
pub(crate) fn file(path: &Path, messages: &Messages) -> Result<Source, Failure> {
    // A file that was named is part of the command line, so not to find it is the caller's.
    let bytes = fs::read(path)
        .map_err(|error| Failure::input(format!("reading {}: {error}", path.display())))?;
    decoded(path.display().to_string(), &bytes, messages)
}

/// Reads several files.
///
/// # Errors
///
/// One cannot be read, or is not text.
pub(crate) fn files(paths: &[PathBuf], messages: &Messages) -> Result<Vec<Source>, Failure> {
    paths.iter().map(|path| file(path, messages)).collect()
}

fn decoded(name: String, bytes: &[u8], messages: &Messages) -> Result<Source, Failure> {
    Source::from_bytes(name.clone(), bytes).map_err(|diagnostics| {
        messages.diagnostics(&diagnostics);
        Failure::input(format!("{name} cannot be read"))
    })
}

/// A part of a URL as the name of a file, on every system.
fn file_name(text: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '$');
    let name: String = text.chars().map(|char| if is_plain(char) { char } else { '_' }).collect();
    // `.` and `..` would be folders.
    if name.chars().all(|char| char == '.') { "_".repeat(name.len()) } else { name }
}

fn default_cache() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let cache = match variable("XDG_CACHE_HOME").or_else(|| variable("LOCALAPPDATA")) {
        Some(cache) => PathBuf::from(cache),
        None => PathBuf::from(variable("HOME")?).join(".cache"),
    };
    Some(cache.join("odata-codegen"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_url_has_a_place_inside_the_cache() {
        let origin = Origin {
            credentials: Credentials::default(),
            lenient: false,
            no_fetch: true,
            cache: Some(PathBuf::from("cache")),
        };
        let cached = |text| origin.cached(&http::url(text).unwrap()).unwrap();
        let path = cached("https://host:81/a/%2e%2e/../b/$metadata?x=../../y");
        assert_eq!(path, Path::new("cache/host_81/b/$metadata/x_.._.._y.document"));
        assert_ne!(cached("https://host/a"), cached("https://host/a/b").parent().unwrap());
        assert_eq!(cached("https://host/"), Path::new("cache/host.document"));
        assert_eq!(file_name(".."), "__");
    }
}
