//! What is kept beside a document that a service has answered.

use std::fs;
use std::path::{Path, PathBuf};

use reqwest::Url;
use serde_json::{Value, json};

use super::failure::Failure;
use super::http::{Document, Known, shown};

/// Where a document comes from, and what the service said about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sidecar {
    /// What was requested, without secrets.
    pub(crate) url: String,
    /// Where it was, after redirects.
    pub(crate) final_url: String,
    /// What tells versions of it apart.
    pub(crate) etag: Option<String>,
    /// When the service says it was changed last.
    pub(crate) last_modified: Option<String>,
    /// When it was stored.
    pub(crate) date: String,
}

impl Sidecar {
    /// What to keep of a document that has just been answered.
    pub(crate) fn of(url: &Url, document: &Document) -> Self {
        Self {
            url: shown(url),
            final_url: shown(&document.url),
            etag: document.etag.clone(),
            last_modified: document.last_modified.clone(),
            date: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }

    /// That of a document, if the document is there and comes from this URL. One that cannot be
    /// read is as good as none: the document is requested again.
    pub(crate) fn beside(document: &Path, url: &Url) -> Option<Self> {
        Self::of_document(document).filter(|sidecar| sidecar.url == shown(url))
    }

    /// That of a document, if the document is there.
    pub(crate) fn of_document(document: &Path) -> Option<Self> {
        if !document.is_file() {
            return None;
        }
        let text = fs::read_to_string(path(document)).ok()?;
        let value: Value = serde_json::from_str(&text).ok()?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            url: text("url")?,
            final_url: text("final_url").unwrap_or_default(),
            etag: text("etag"),
            last_modified: text("last_modified"),
            date: text("date").unwrap_or_default(),
        })
    }

    /// What a service is told of it, to send the document only if it has changed.
    pub(crate) fn known(&self) -> Known {
        Known { etag: self.etag.clone(), last_modified: self.last_modified.clone() }
    }

    /// Writes a document and this beside it, each as a whole. The old sidecar is removed first: a
    /// document without one is requested again, which is right whatever has happened.
    ///
    /// # Errors
    ///
    /// The disk refuses.
    pub(crate) fn store(&self, document: &Path, bytes: &[u8]) -> Result<(), Failure> {
        let object = json!({
            "url": self.url,
            "final_url": self.final_url,
            "etag": self.etag,
            "last_modified": self.last_modified,
            "date": self.date,
        });
        if let Some(folder) = document.parent() {
            fs::create_dir_all(folder).map_err(Failure::io("creating", folder))?;
        }
        let sidecar = path(document);
        match fs::remove_file(&sidecar) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failure::io("removing", &sidecar)(error));
            }
            _ => {}
        }
        write(document, bytes)?;
        write(&sidecar, format!("{object:#}\n").as_bytes())
    }
}

/// Where the sidecar of a document is.
pub(crate) fn path(document: &Path) -> PathBuf {
    let mut name = document.file_name().unwrap_or_default().to_owned();
    name.push(".fetched.json");
    document.with_file_name(name)
}

/// Writes a file as a whole.
///
/// # Errors
///
/// The disk refuses.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".new");
    let beside = path.with_file_name(name);
    fs::write(&beside, bytes).map_err(Failure::io("writing", &beside))?;
    fs::rename(&beside, path).map_err(Failure::io("writing", path))
}
