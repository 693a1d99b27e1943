//! Documents from services.

use std::io::Read as _;
use std::time::Duration;

use reqwest::blocking::{Client, Response};
use reqwest::header::{
    ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED, LOCATION,
};
use reqwest::{StatusCode, Url, redirect};

use super::failure::Failure;

/// How long a document may be, in bytes: longer than any that is known.
const LONGEST: u64 = 128 << 20;
/// How often a service may send elsewhere.
const REDIRECTS: usize = 10;
/// How much of an answer that is not wanted is shown, in characters.
const EXCERPT: usize = 200;

/// How services are asked.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Credentials {
    /// A header that is sent to the service, such as 'X-Api-Key: …'; may be given several times
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(HeaderName, HeaderValue)>,

    /// A bearer token for the service
    #[arg(long, value_name = "TOKEN", env = "ODATA_BEARER", hide_env_values = true)]
    bearer: Option<String>,
}

/// A document as a service has answered it.
pub(crate) struct Document {
    /// The contents.
    pub(crate) bytes: Vec<u8>,
    /// Where it was, after redirects.
    pub(crate) url: Url,
    /// What tells versions of it apart.
    pub(crate) etag: Option<String>,
    /// When the service says it was changed last.
    pub(crate) last_modified: Option<String>,
}

/// What is known of a document from before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Its ETag.
    pub(crate) etag: Option<String>,
    /// When it was changed last.
    pub(crate) last_modified: Option<String>,
}

/// Requests a document, unless it is still what is known.
///
/// # Errors
///
/// The service cannot be reached, refuses, or answers with something else than a document.
pub(crate) fn get(
    url: &Url,
    credentials: &Credentials,
    known: &Known,
) -> Result<Option<Document>, Failure> {
    let client = Client::builder()
        .user_agent(concat!("odata-codegen/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(Duration::from_secs(20))
        .timeout(Duration::from_secs(300))
        .build()
        .map_err(|error| Failure::network(explained(&error)))?;
    let mut target = url.clone();
    for _ in 0..=REDIRECTS {
        let mut request = client.get(target.clone()).headers(conditions(known));
        // Other hosts have no business with what is meant for this one.
        if target.origin() == url.origin() {
            for (name, value) in &credentials.headers {
                request = request.header(name, value);
            }
            if let Some(token) = &credentials.bearer {
                request = request.bearer_auth(token);
            }
        }
        let response = request.send().map_err(|error| {
            Failure::network(format!("{}: {}", shown(&target), explained(&error)))
        })?;
        if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
            return document(response, target);
        }
        target = next(&response, &target)?;
    }
    Err(Failure::network(format!("{}: more than {REDIRECTS} redirects", shown(url))))
}

/// A URL without what may be secret in it.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Refused for URLs that cannot have either.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url.to_string()
}

/// A URL that documents are requested from; `None` if the text is the path of a file.
pub(crate) fn url(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("a header is written as `Name: value`")?;
    let name = name.trim().parse().map_err(|_| format!("`{name}` is not the name of a header"))?;
    let mut value = HeaderValue::from_str(value.trim())
        .map_err(|_| "the value of the header has characters that no header has".to_owned())?;
    value.set_sensitive(true);
    Ok((name, value))
}

fn conditions(known: &Known) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/xml, application/json;q=0.5"));
    let conditions = [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)];
    for (name, value) in conditions {
        if let Some(Ok(value)) = value.as_ref().map(|value| HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    headers
}

fn next(response: &Response, from: &Url) -> Result<Url, Failure> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let next = location.and_then(|location| from.join(location).ok());
    next.filter(|next| matches!(next.scheme(), "http" | "https")).ok_or_else(|| {
        Failure::network(format!("{}: {} without a place to go to", shown(from), response.status()))
    })
}

fn document(response: Response, url: Url) -> Result<Option<Document>, Failure> {
    let status = response.status();
    if status == StatusCode::NOT_MODIFIED {
        return Ok(None);
    }
    let text = |name| {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        value.map(str::to_owned)
    };
    let (etag, last_modified) = (text(ETAG), text(LAST_MODIFIED));
    let content_type = text(CONTENT_TYPE).unwrap_or_default();
    let mut bytes = Vec::new();
    let read = response.take(LONGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::network(format!("{}: {error}", shown(&url))))?;
    if bytes.len() as u64 > LONGEST {
        let message = format!("{}: longer than {LONGEST} bytes", shown(&url));
        return Err(Failure::network(message));
    }
    if !status.is_success() {
        let help = match status.as_u16() {
            401 | 403 => "; give a token with --bearer or ODATA_BEARER, or a header with --header",
            404 => "; the URL is that of the service root or of its $metadata",
            _ => "",
        };
        let message = format!("{}: {status}{help}{}", shown(&url), excerpt(&bytes));
        return Err(Failure::network(message));
    }
    refuse_html(&bytes, &content_type, &url)?;
    Ok(Some(Document { bytes, url, etag, last_modified }))
}

/// A page for people, such as one to log in at, is not a document whatever its status says.
fn refuse_html(bytes: &[u8], content_type: &str, url: &Url) -> Result<(), Failure> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
    let start = head.trim_start_matches(|char: char| char.is_whitespace() || char == '\u{feff}');
    let start: String = start.chars().take(16).collect::<String>().to_ascii_lowercase();
    let is_html = start.starts_with("<!doctype html") || start.starts_with("<html");
    if !is_html && !content_type.to_ascii_lowercase().starts_with("text/html") {
        return Ok(());
    }
    let title = head
        .split_once("<title>")
        .and_then(|(_, rest)| rest.split_once("</title>"))
        .map(|(title, _)| format!(" with the title \"{}\"", title.trim()))
        .unwrap_or_default();
    Err(Failure::network(format!(
        "{}: the answer is an HTML page{title}, not metadata; if it is a page to log in at, give a \
         token with --bearer or ODATA_BEARER, or a header with --header",
        shown(url)
    )))
}

fn excerpt(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * EXCERPT)]);
    let words: Vec<&str> = text.split_whitespace().collect();
    let text: String = words.join(" ").chars().take(EXCERPT).collect();
    if text.is_empty() { text } else { format!("; it says: {text}") }
}

/// An error with its causes. The URL is told by the caller, without secrets.
fn explained(error: &reqwest::Error) -> String {
    let mut text = match error {
        error if error.is_timeout() => "no answer in time".to_owned(),
        error if error.is_connect() => "cannot connect".to_owned(),
        _ => "the request failed".to_owned(),
    };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn secrets_in_a_url_are_not_shown() {
        let url = url("https://me:secret@host/a/$metadata?sig=secret#x").unwrap();
        assert_eq!(shown(&url), "https://host/a/$metadata");
        assert!(super::url("C:/a.xml").is_none() && super::url("a.xml").is_none());
    }

    #[test]
    fn pages_for_people_are_refused() {
        let url = url("https://host/$metadata").unwrap();
        let page = b"\xef\xbb\xbf\r\n<!DOCTYPE HTML><head><title> Sign in </title>";
        let error = refuse_html(page, "application/xml", &url).unwrap_err().to_string();
        assert!(error.contains("HTML page with the title \"Sign in\""), "{error}");
        assert!(refuse_html(b"hello", "text/html; charset=utf-8", &url).is_err());
        assert!(refuse_html(b"<?xml version='1.0'?><Edmx/>", "application/xml", &url).is_ok());
    }

    #[test]
    fn headers_have_a_name_and_a_value() {
        let (name, value) = header("X-Api-Key: a:b").unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("x-api-key", "a:b"));
        assert!(header("nothing").is_err() && header("a b: c").is_err());
    }
}
