//! `odata-codegen fetch`: a document of a service, kept as a file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use reqwest::Url;

use super::failure::{Failure, Found, Outcome};
use super::input::{self, Origin};
use super::messages::Messages;
use super::sidecar::{self, Sidecar};
use super::{http, references};

const EXAMPLES: &str = "\
Examples:
  odata-codegen fetch https://services.odata.org/V4/TripPinServiceRW --out trippin.xml
  ODATA_BEARER=… odata-codegen fetch https://graph.microsoft.com/v1.0/ --out graph.xml
  odata-codegen fetch https://host/sap/opu/odata/sap/API_X --header 'APIKey: …' --out x.xml";

/// Endings of URLs that name a document by themselves.
const ENDINGS: [&str; 5] = [".xml", ".json", ".edmx", ".csdl", "$metadata"];

/// Store the `$metadata` of a service as a file
///
/// Beside the file, FILE.fetched.json keeps the URL, the final URL after redirects, the ETag and
/// the date. When it is there, the document is requested only if it has changed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The root of the service, or its $metadata
    url: String,

    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Request the URL as it is, without `/$metadata` behind it
    #[arg(long)]
    exact: bool,

    /// Store what it refers to beside it, too, where `generate` looks first
    ///
    /// Each under the last part of its URL. Without this, `generate` requests them and keeps them
    /// in its cache. Vocabularies are known and not stored.
    #[arg(long)]
    references: bool,

    #[command(flatten)]
    origin: Origin,
}

/// Fetches.
pub(super) fn run(arguments: &Arguments, messages: &Messages) -> Outcome {
    let out = &arguments.out;
    let mut url = http::url(&arguments.url).ok_or_else(|| {
        Failure::input(format!("`{}` is not a URL that begins with http", arguments.url))
    })?;
    if !arguments.exact {
        url = metadata(url);
    }
    let base = store(&arguments.origin, &url, out, messages)?;
    if arguments.references {
        store_references(arguments, &url, base, messages)?;
    }
    Ok(Found::Nothing)
}

/// Stores a document, unless what is stored is still the same. Returns where it was, after
/// redirects.
fn store(origin: &Origin, url: &Url, out: &Path, messages: &Messages) -> Result<Url, Failure> {
    let known = Sidecar::beside(out, url);
    let is_known = known.is_some();
    let conditions = known.as_ref().map(Sidecar::known).unwrap_or_default();
    let Some(document) = origin.request(url, &conditions)? else {
        messages.progress(format!("{} has not changed since it was stored", out.display()));
        let base = known.and_then(|sidecar| http::url(&sidecar.final_url));
        return Ok(base.unwrap_or_else(|| url.clone()));
    };
    let is_same = std::fs::read(out).is_ok_and(|bytes| bytes == document.bytes);
    Sidecar::of(url, &document).store(out, &document.bytes)?;
    let what = match (is_known, is_same) {
        (_, true) => "is the same as before",
        (true, false) => "has changed",
        (false, false) => "stored",
    };
    messages.progress(format!(
        "{} {what}: {} bytes from {}; {} tells where it comes from",
        out.display(),
        document.bytes.len(),
        http::shown(&document.url),
        sidecar::path(out).display()
    ));
    Ok(document.url)
}

/// Stores the documents that the stored one refers to, and those that they refer to, beside it:
/// where `generate` looks for them. What cannot be stored is told, and left out: nothing may need
/// it.
fn store_references(
    arguments: &Arguments,
    url: &Url,
    base: Url,
    messages: &Messages,
) -> Result<(), Failure> {
    let (origin, stranger) = (&arguments.origin, arguments.origin.without_credentials());
    let mut seen = BTreeSet::from([url.clone(), base.clone()]);
    let mut waiting = vec![(base, arguments.out.clone())];
    let mut taken = BTreeSet::from([arguments.out.clone()]);
    while let Some((base, path)) = waiting.pop() {
        let source = input::file(&path, messages)?;
        // What is wrong with a document is told when it is generated from.
        let references = odata_codegen::references(&source).unwrap_or_default();
        for reference in references.iter().filter(|it| !it.is_vocabulary()) {
            let Some(target) = target(&base, &reference.uri) else {
                messages.progress(format!("`{}` is no URL", reference.uri));
                continue;
            };
            if !seen.insert(target.clone()) {
                continue;
            }
            let asking = if target.origin() == url.origin() { origin } else { &stranger };
            let stored = place(&arguments.out, &reference.uri, &target, &mut taken)
                .map(|file| (store(asking, &target, &file, messages), file));
            let why = match stored {
                Ok((Ok(base), file)) => {
                    waiting.push((base, file));
                    continue;
                }
                Ok((Err(failure), _)) if !failure.is_network() => return Err(failure),
                Ok((Err(failure), _)) => failure.to_string(),
                Err(why) => why,
            };
            messages.progress(format!("{} is not stored: {why}", http::shown(&target)));
        }
    }
    Ok(())
}

/// What a document that was at a URL refers to.
fn target(base: &Url, uri: &str) -> Option<Url> {
    let mut target = base.join(uri).ok()?;
    target.set_fragment(None);
    matches!(target.scheme(), "http" | "https").then_some(target)
}

/// Where a document that another one refers to is stored: beside `out`, under the last part of its
/// address. Documents name what they like, so it must look like one and may replace nothing else.
fn place(
    out: &Path,
    uri: &str,
    url: &Url,
    taken: &mut BTreeSet<PathBuf>,
) -> Result<PathBuf, String> {
    let name = references::last_part(uri);
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "._-$".contains(char);
    let lower = name.to_ascii_lowercase();
    if !name.chars().all(is_plain) || name.starts_with('.') || !is_document(&lower) {
        return Err(format!("`{name}` is not the name of a document"));
    }
    let file = out.with_file_name(name);
    if !taken.insert(file.clone()) {
        return Err(format!("{} is another document", file.display()));
    }
    if file.exists() && Sidecar::beside(&file, url).is_none() {
        return Err(format!("{} is there, from elsewhere", file.display()));
    }
    Ok(file)
}

/// Whether a name or path in small letters is that of a document.
fn is_document(lower: &str) -> bool {
    ENDINGS.iter().any(|ending| lower.ends_with(ending))
}

/// The `$metadata` of a service root.
fn metadata(mut url: Url) -> Url {
    if !is_document(&url.path().to_ascii_lowercase()) {
        let path = format!("{}/$metadata", url.path().trim_end_matches('/'));
        url.set_path(&path);
    }
    url
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_root_of_a_service_will_do() {
        let metadata = |text| metadata(http::url(text).unwrap()).to_string();
        assert_eq!(metadata("https://h/a/?x=1"), "https://h/a/$metadata?x=1");
        assert_eq!(metadata("https://h"), "https://h/$metadata");
        assert_eq!(metadata("https://h/a.svc/$metadata"), "https://h/a.svc/$metadata");
        assert_eq!(metadata("https://h/Resource_v1.XML"), "https://h/Resource_v1.XML");
    }
}
