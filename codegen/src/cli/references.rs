//! Documents that others refer to: beside the one that refers to them, in the cache, or at their
//! URL.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use odata_codegen::{Source, references};
use reqwest::Url;

use super::failure::Failure;
use super::http;
use super::input::{self, Origin};
use super::messages::Messages;
use super::sidecar::Sidecar;

/// Where a document is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    File(PathBuf),
    Url(Url),
}

impl Place {
    /// What a command line names.
    pub(crate) fn of(text: &str) -> Self {
        match http::url(text) {
            Some(url) => Self::Url(url),
            None => Self::File(PathBuf::from(text)),
        }
    }

    /// Where what a document here refers to may be, the most likely place first. Documents are
    /// often stored together under the last part of their URLs.
    fn candidates(&self, uri: &str) -> Vec<Self> {
        let uri = uri.split('#').next().unwrap_or_default();
        let last = last_part(uri);
        match self {
            Self::Url(base) => base.join(uri).ok().map(Self::Url).into_iter().collect(),
            Self::File(path) => {
                let folder = path.parent().unwrap_or(Path::new(""));
                let mut places = Vec::new();
                match http::url(uri) {
                    Some(url) => {
                        places.push(Self::File(folder.join(last)));
                        places.push(Self::Url(url));
                    }
                    None => {
                        places.push(Self::File(folder.join(uri)));
                        places.push(Self::File(folder.join(last)));
                        // Where the document comes from, the other one may be, too.
                        let base = Sidecar::of_document(path);
                        let base = base.and_then(|sidecar| http::url(&sidecar.final_url));
                        places.extend(base.and_then(|base| base.join(uri).ok()).map(Self::Url));
                    }
                }
                places.retain(|place| !matches!(place, Self::File(path) if !path.is_file()));
                places
            }
        }
    }

    /// The service that it comes from, if that is known.
    fn service(&self) -> Option<Url> {
        match self {
            Self::Url(url) => Some(url.clone()),
            Self::File(path) => http::url(&Sidecar::of_document(path)?.url),
        }
    }

    /// The same place is one place, however it is written.
    fn canonical(&self) -> Self {
        match self {
            Self::File(path) => Self::File(path.canonicalize().unwrap_or_else(|_| path.clone())),
            Self::Url(url) => Self::Url(url.clone()),
        }
    }
}

/// What is behind the last slash of an address.
pub(crate) fn last_part(uri: &str) -> &str {
    let uri = uri.split('#').next().unwrap_or_default();
    uri.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// The documents that these refer to, and those that they refer to, each once. Vocabularies are
/// left out. What is not to be had is told, and left to the generator: nothing may need it.
/// Credentials are for the services that the documents come from: a document may name any host.
///
/// # Errors
///
/// A file that is there cannot be read.
pub(crate) fn load(
    documents: &[(Place, Source)],
    origin: &Origin,
    messages: &Messages,
) -> Result<Vec<Source>, Failure> {
    let trusted: Vec<_> =
        documents.iter().filter_map(|(place, _)| Some(place.service()?.origin())).collect();
    let stranger = origin.without_credentials();
    let asking = |url: &Url| if trusted.contains(&url.origin()) { origin } else { &stranger };
    let mut seen: BTreeSet<Place> = documents.iter().map(|(place, _)| place.canonical()).collect();
    let mut waiting: Vec<(Place, Source)> = documents.to_vec();
    let mut found = Vec::new();
    while let Some((place, source)) = waiting.pop() {
        // What is wrong with a document is told when it is generated from.
        let references = references(&source).unwrap_or_default();
        for reference in references.iter().filter(|it| !it.is_vocabulary()) {
            let candidates = place.candidates(&reference.uri);
            if candidates.iter().any(|candidate| seen.contains(&candidate.canonical())) {
                continue;
            }
            match first(&candidates, asking, messages)? {
                Ok((place, source)) => {
                    seen.insert(place.canonical());
                    found.push(source.clone());
                    waiting.push((place, source));
                }
                Err(why) => messages
                    .progress(format!("{}: `{}` is not read{why}", source.name, reference.uri)),
            }
        }
    }
    // The order of files does not depend on which document was asked first.
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The first document that is to be had, or why there is none.
fn first<'o>(
    candidates: &[Place],
    asking: impl Fn(&Url) -> &'o Origin,
    messages: &Messages,
) -> Result<Result<(Place, Source), String>, Failure> {
    let mut why = String::new();
    for place in candidates {
        match place {
            Place::File(path) => return Ok(Ok((place.clone(), input::file(path, messages)?))),
            Place::Url(url) => match asking(url).at_url(url, messages) {
                Ok(source) => return Ok(Ok((place.clone(), source))),
                Err(failure) => why.push_str(&format!("; {failure}")),
            },
        }
    }
    Ok(Err(why))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn documents_are_looked_for_beside_the_one_that_refers_to_them() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| directory.path().join(name);
        std::fs::write(file("shapes.xml"), "").unwrap();
        let place = Place::File(file("main.xml"));
        let url = "http://host/schemas/shapes.xml#x";
        let parsed = Url::parse("http://host/schemas/shapes.xml").unwrap();
        let beside = Place::File(file("shapes.xml"));
        assert_eq!(place.candidates(url), [beside.clone(), Place::Url(parsed.clone())]);
        assert_eq!(place.candidates("../other/shapes.xml"), std::slice::from_ref(&beside));
        assert_eq!(place.candidates("nowhere.xml"), []);
        let base = Place::Url(Url::parse("http://host/schemas/main.xml").unwrap());
        assert_eq!(base.candidates("shapes.xml"), [Place::Url(parsed)]);
    }
}
