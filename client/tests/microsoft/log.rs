//! The recorded requests, and what of a request has a meaning.

use std::collections::BTreeMap;

use edm::batch::{self, Part};
use serde_json::Value as Json;

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
    Json(Json),
    Text(String),
    Batch(Vec<Vec<Meaning>>),
}

/// Headers that a service acts on. Those about the connection are not among them, and neither is
/// `MaxDataServiceVersion`, which is `3.0` in all.
const HEADERS: [&str; 7] =
    ["accept", "content-type", "if-match", "prefer", "slug", "x-http-method", "dataserviceversion"];

impl Sent {
    pub(crate) fn meaning(&self) -> Meaning {
        let below = self.target.strip_prefix("/odata.svc/").unwrap_or(&self.target);
        let (path, query) = below.split_once('?').unwrap_or((below, ""));
        let headers = HEADERS.iter().filter_map(|name| {
            let value = self.headers.get(*name)?.split(";NetFx").next()?.trim_end_matches(';');
            let value = if value.starts_with("multipart/") { "multipart/mixed" } else { value };
            // The lowest version says as little as none.
            let says_nothing = *name == "dataserviceversion" && value == "1.0";
            (!says_nothing).then(|| ((*name).to_owned(), value.to_owned()))
        });
        let query = url::form_urlencoded::parse(query.as_bytes());
        // Literals that are equal are printed alike.
        let literal = |text: &str| match edm::literal::Literal::parse(text) {
            Ok(literal) => literal.to_string(),
            Err(_) => text.to_owned(),
        };
        // `Products()` is `Products`.
        let path = path.strip_prefix('/').unwrap_or(path).replace("()", "");
        Meaning {
            method: self.method.clone(),
            path: decode(&path),
            query: query.map(|(name, value)| (name.into_owned(), literal(&value))).collect(),
            headers: headers.collect(),
            body: self.body_meaning(),
        }
    }

    fn body_meaning(&self) -> Body {
        let content_type = self.headers.get("content-type").map(String::as_str).unwrap_or_default();
        match self.body.as_str() {
            "" => Body::Nothing,
            text if content_type.starts_with("application/json") => {
                let mut json: Json = serde_json::from_str(text).unwrap();
                normalise(&mut json);
                Body::Json(json)
            }
            text if content_type.starts_with("multipart/") => {
                let parts = batch::read_requests(content_type, text.as_bytes()).unwrap();
                let part = |part: &Part<batch::Request>| match part {
                    Part::One(one) => vec![of_part(one).meaning()],
                    Part::ChangeSet(all) => all.iter().map(|one| of_part(one).meaning()).collect(),
                };
                Body::Batch(parts.iter().map(part).collect())
            }
            text => Body::Text(text.to_owned()),
        }
    }
}

fn of_part(part: &batch::Request) -> Sent {
    // The host of an absolute URL is that of the service.
    let target = match part.url.split_once("/odata.svc/") {
        Some((_, below)) => below.to_owned(),
        None => part.url.clone(),
    };
    let headers =
        part.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    Sent {
        scenario: String::new(),
        method: part.method.clone(),
        target,
        headers: headers.collect(),
        body: String::from_utf8(part.body.clone()).unwrap().trim().to_owned(),
    }
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

/// Takes out what the model says anyway: the types of declared properties, and the names of types
/// that take no part in inheritance; hosts are those of the service. An `Edm.DateTime` has no zone:
/// a `Z` behind it, and zeros behind its second, say nothing.
fn normalise(json: &mut Json) {
    match json {
        Json::Object(object) => {
            let inherits =
                |ty: &Json| matches!(ty.as_str(), Some("Demo.Product" | "Demo.FeaturedProduct"));
            object.retain(|name, value| match name.strip_suffix("odata.type") {
                Some("") => inherits(value),
                Some(_) => false,
                None => true,
            });
            object.values_mut().for_each(normalise);
        }
        Json::Array(items) => items.iter_mut().for_each(normalise),
        Json::String(text) => {
            if let Some((_, below)) = text.split_once("/odata.svc/") {
                *text = below.to_owned();
            } else if let Ok(time) = edm::DateTime::parse(text) {
                *text = time.to_string();
            }
        }
        _ => {}
    }
}
