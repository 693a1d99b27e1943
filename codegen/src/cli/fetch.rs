//! `odata-codegen fetch`: a document of a service, kept as a file.

use std::path::PathBuf;

use reqwest::Url;

use super::failure::{Failure, Found, Outcome};
use super::http;
use super::input::Origin;
use super::messages::Messages;
use super::sidecar::{self, Sidecar};

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
    let known = Sidecar::beside(out, &url).map(|sidecar| sidecar.known());
    let is_known = known.is_some();
    let Some(document) = arguments.origin.request(&url, &known.unwrap_or_default())? else {
        messages.progress(format!("{} has not changed since it was stored", out.display()));
        return Ok(Found::Nothing);
    };
    let is_same = std::fs::read(out).is_ok_and(|bytes| bytes == document.bytes);
    Sidecar::of(&url, &document).store(out, &document.bytes)?;
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
    Ok(Found::Nothing)
}

/// The `$metadata` of a service root.
fn metadata(mut url: Url) -> Url {
    if !ENDINGS.iter().any(|ending| url.path().to_ascii_lowercase().ends_with(ending)) {
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
