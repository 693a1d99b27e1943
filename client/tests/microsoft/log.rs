//! The recorded requests, and what of a request has a meaning.

use std::collections::BTreeMap;

use edm::batch::{self, Part};
use edm::json::Format;

use crate::atom;
use crate::content::{Content, below_root};
use crate::infoset;
use crate::xml::Element;

/// A request, as it was recorded or as our client has sent it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    /// The scenario that it belongs to.
    pub(crate) scenario: String,
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names are in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// All requests of a recording.
pub(crate) fn parse(log: &str) -> Vec<Sent> {
    let mut all = Vec::new();
    let mut scenario = String::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("######## [") {
            scenario = name.to_owned();
        }
        let Some(start) = line.strip_prefix("=== ") else { continue };
        let mut words = start.split(' ');
        let mut sent = Sent { scenario: scenario.clone(), ..Sent::default() };
        sent.method = words.next().unwrap().to_owned();
        sent.target = words.next().unwrap().to_owned();
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").unwrap();
            sent.headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let mut body = Vec::new();
        while let Some(line) = lines.peek().filter(|line| !is_start(line)) {
            body.push(*line);
            lines.next();
        }
        sent.body = body.join("\n").trim().to_owned();
        all.push(sent);
    }
    all
}

fn is_start(line: &str) -> bool {
    line.starts_with("=== ") || line.starts_with("######## ")
}

/// What of a request has a meaning: two requests with the same are the same to a service.
#[derive(Debug, PartialEq)]
pub(crate) struct Meaning {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: BTreeMap<String, String>,
    body: Body,
}

#[derive(Debug, PartialEq)]
enum Body {
    Nothing,
    Content(Content),
    Xml(Element),
    Text(String),
    Batch(Vec<Vec<Meaning>>),
}

/// How requests in Atom are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    /// With requests in JSON light that say the same.
    AsLight,
    /// With requests in Atom, as infosets.
    AsAtom,
}

/// Headers that a service acts on. Those about the connection are not among them, and neither is
/// `MaxDataServiceVersion`, which is `3.0` in all.
const HEADERS: [&str; 7] =
    ["accept", "content-type", "if-match", "prefer", "slug", "x-http-method", "dataserviceversion"];

/// The format that our client speaks.
const LIGHT: &str = "application/json;odata=minimalmetadata";

impl Sent {
    /// Whether the recorded client was told to use Atom.
    pub(crate) fn is_atom(&self) -> bool {
        self.scenario.starts_with("ATOM]")
    }

    pub(crate) fn meaning(&self, compare: Compare) -> Meaning {
        let below = self.target.strip_prefix("/odata.svc/").unwrap_or(&self.target);
        let (path, query) = below.split_once('?').unwrap_or((below, ""));
        let query = url::form_urlencoded::parse(query.as_bytes());
        // Literals that are equal are printed alike.
        let literal = |text: &str| match edm::literal::Literal::parse(text) {
            Ok(literal) => literal.to_string(),
            Err(_) => text.to_owned(),
        };
        // `Products()` is `Products`.
        let path = decode(&path.strip_prefix('/').unwrap_or(path).replace("()", ""));
        Meaning {
            method: self.method.clone(),
            query: query.map(|(name, value)| (name.into_owned(), literal(&value))).collect(),
            headers: self.headers_meaning(compare),
            body: self.body_meaning(&path, compare),
            path,
        }
    }

    fn headers_meaning(&self, compare: Compare) -> BTreeMap<String, String> {
        let headers = HEADERS.iter().filter_map(|name| {
            let value = self.headers.get(*name)?.split(";NetFx").next()?.trim_end_matches(';');
            let value = if value.starts_with("multipart/") { "multipart/mixed" } else { value };
            Some(((*name).to_owned(), value.to_owned()))
        });
        let mut headers: BTreeMap<String, String> = headers.collect();
        if self.is_atom() && compare == Compare::AsLight {
            say_light(&mut headers);
        }
        // The lowest version says as little as none.
        headers.retain(|name, value| name != "dataserviceversion" || value != "1.0");
        headers
    }

    fn body_meaning(&self, path: &str, compare: Compare) -> Body {
        let content_type = self.headers.get("content-type").map(String::as_str).unwrap_or_default();
        let json = |text, format| {
            Body::Content(Content::of_json(&serde_json::from_str(text).unwrap(), format))
        };
        match (content_type.split(';').next().unwrap_or_default(), self.body.as_str()) {
            (_, "") => Body::Nothing,
            ("application/json", text) if content_type.contains("odata=verbose") => {
                json(text, Format::Verbose)
            }
            ("application/json", text) => json(text, Format::Light),
            ("application/atom+xml" | "application/xml", text) if compare == Compare::AsAtom => {
                Body::Xml(infoset::read(text))
            }
            ("application/atom+xml" | "application/xml", text) => {
                Body::Content(atom::read(text, path))
            }
            ("multipart/mixed", text) => {
                let parts = batch::read_requests(content_type, text.as_bytes()).unwrap();
                let part = |part: &Part<batch::Request>| match part {
                    // Up to V3, only what is in the same change set can refer to a part by its id.
                    Part::One(one) => vec![self.part(one).meaning(compare)],
                    Part::ChangeSet(all) => self.change_set_meaning(all, compare),
                };
                Body::Batch(parts.iter().map(part).collect())
            }
            (_, text) => Body::Text(text.to_owned()),
        }
    }

    /// An id is a label, which has no meaning but the part that it names: its place stands for it.
    fn change_set_meaning(&self, parts: &[batch::Request], compare: Compare) -> Vec<Meaning> {
        let place = |id: &str| parts.iter().position(|part| part.id.as_deref() == Some(id));
        let meaning = |part: &batch::Request| {
            let mut meaning = self.part(part).meaning(compare);
            if let Some(place) = part.id.as_deref().and_then(place) {
                meaning.headers.insert("content-id".to_owned(), format!("part {place}"));
            }
            if let Some(reference) = meaning.path.strip_prefix('$') {
                let (id, rest) = reference.split_once('/').unwrap_or((reference, ""));
                meaning.path = format!("part {}/{rest}", place(id).unwrap());
            }
            meaning
        };
        parts.iter().map(meaning).collect()
    }

    fn part(&self, part: &batch::Request) -> Sent {
        let headers =
            part.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
        Sent {
            scenario: self.scenario.clone(),
            method: part.method.clone(),
            // The host of an absolute URL is that of the service.
            target: below_root(&part.url).to_owned(),
            headers: headers.collect(),
            body: String::from_utf8(part.body.clone()).unwrap().trim().to_owned(),
        }
    }
}

/// The headers of a request in Atom as the same request has them in JSON light. Microsoft's client
/// sends the parameters of actions as verbose JSON then. JSON light came with version 3.0, so what
/// is written in it is of this version, even where the same in Atom is of a lower one.
fn say_light(headers: &mut BTreeMap<String, String>) {
    if let Some(accept) = headers.get_mut("accept")
        && accept == "application/atom+xml,application/xml"
    {
        *accept = LIGHT.to_owned();
    }
    if let Some(content_type) = headers.get_mut("content-type")
        && matches!(
            content_type.as_str(),
            "application/atom+xml" | "application/xml" | "application/json;odata=verbose"
        )
    {
        *content_type = LIGHT.to_owned();
        headers.insert("dataserviceversion".to_owned(), "3.0".to_owned());
    }
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned()
}
