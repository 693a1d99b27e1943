//! One recorded exchange, and how its answer is read.

use edm::error::ServiceError;
use edm::json::{Body, Declared, Format, PayloadErrorKind};
use edm::model::{Primitive, StructuredType, Type};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::entity::{Entities, Entity, Search, Tally, type_name};
use crate::tables::by_name;
use crate::{Tables, atom};

/// A type that declares nothing: everything is kept beside it.
pub(crate) static NOTHING: StructuredType = StructuredType { is_open: true, ..StructuredType::NEW };

/// A request, and what a server answered.
#[derive(Clone, Debug, Deserialize)]
pub struct Exchange {
    request: Request,
    response: Response,
}

#[derive(Clone, Debug, Deserialize)]
struct Request {
    method: String,
    url: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

/// What became of an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything in it was found again: values by their types, and what is kept beside them.
    Read {
        /// The kind of payload.
        kind: &'static str,
        /// Values of declared properties, and of results.
        declared: usize,
        /// Control information and members that are not declared.
        kept: usize,
    },
    /// It is not for the readers of payloads, for this reason.
    Skipped(&'static str),
    /// Something was lost, or refused.
    Lost(String),
}

impl Exchange {
    /// Reads one line of a recording.
    ///
    /// # Errors
    ///
    /// The line is no exchange.
    pub fn parse(line: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(line)
    }

    /// An answer of which only the body is known.
    pub fn of_body(content_type: &str, body: &str) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self {
            request: Request { method: String::new(), url: String::new() },
            response: Response { status: 200, headers, body: Some(body.to_owned()) },
        }
    }

    /// The URL of the request.
    pub fn url(&self) -> &str {
        &self.request.url
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.response.headers.iter();
        headers
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The answers within the answer to a batch; empty for other answers.
    pub fn parts(&self) -> Vec<Self> {
        let text = self.response.body.as_deref().unwrap_or_default();
        let responses = match self.header("content-type") {
            Some(of_parts) if of_parts.starts_with("multipart/") => {
                text.split("HTTP/1.1 ").skip(1).filter_map(part).collect()
            }
            Some(of_json) if of_json.contains("json") => {
                let json: Json = serde_json::from_str(text).unwrap_or_default();
                let responses = json.get("responses").and_then(Json::as_array);
                responses.into_iter().flatten().filter_map(json_part).collect()
            }
            _ => Vec::new(),
        };
        let exchange = |response| Self {
            // What was asked for is not looked up: the context URL tells.
            request: Request { method: String::new(), url: self.request.url.clone() },
            response,
        };
        responses.into_iter().map(exchange).collect()
    }

    /// Reads the answer and looks for all of it in what was read.
    pub fn replay(&self, tables: &Tables, default: Format) -> Outcome {
        let text = self.response.body.as_deref().unwrap_or_default();
        let content_type = self.header("content-type").unwrap_or_default();
        if text.trim().is_empty() {
            return Outcome::Skipped("no body");
        }
        if content_type.starts_with("multipart/") {
            return Outcome::Skipped("a batch, whose parts are read");
        }
        if self.response.status >= 400 {
            return self.error(text);
        }
        if content_type.contains("xml") {
            return atom::replay(text, tables, self.type_of_url(tables));
        }
        if !content_type.contains("json") {
            return Outcome::Skipped("neither JSON, XML nor an error");
        }
        let declared = Declared {
            content_type: Some(content_type),
            data_service_version: self.header("dataserviceversion"),
            odata_version: self.header("odata-version"),
        };
        let format = Format::of_response(declared).unwrap_or(default);
        let json: Json = match serde_json::from_str(text) {
            Ok(json) => json,
            // Half a page, and the error behind it.
            Err(error) => {
                let mut entities =
                    Entities { ty: &NOTHING, items: Vec::new(), removed: Vec::new() };
                return match Body::new(text, format).page(&mut entities).map_err(|e| e.kind) {
                    Err(PayloadErrorKind::Service(_)) => {
                        Outcome::Read { kind: "error in a page", declared: 1, kept: 0 }
                    }
                    _ => Outcome::Lost(format!("not JSON: {error}")),
                };
            }
        };
        if json.get("responses").is_some() {
            return Outcome::Skipped("a batch, whose parts are read");
        }
        if json.get("error").is_some() || json.get("odata.error").is_some() {
            return self.error(text);
        }
        let search = Search { tables, format, tally: Tally::default() };
        self.payload(&Body::new(text, format), &json, search)
    }

    /// Errors are read in any form; code and message must be in the text.
    fn error(&self, text: &str) -> Outcome {
        let Some(error) = ServiceError::parse(text) else {
            return if text.trim_start().starts_with(['{', '<']) {
                Outcome::Lost("not read as an error".to_owned())
            } else {
                Outcome::Skipped("an error in plain text")
            };
        };
        let json: Json = serde_json::from_str(text).unwrap_or_default();
        let body = json.get("error").or_else(|| json.get("odata.error"));
        let message = body.and_then(|body| body.get("message"));
        let message = message.map(|message| message.get("value").unwrap_or(message));
        if message.and_then(Json::as_str).is_some_and(|message| message != error.message) {
            return Outcome::Lost("another message".to_owned());
        }
        let details = body.and_then(|body| body.get("details")?.as_array()).map_or(0, Vec::len);
        if details > error.details.len() {
            return Outcome::Lost("a detail of the error".to_owned());
        }
        Outcome::Read { kind: "error", declared: 2, kept: error.details.len() }
    }

    fn payload(&self, body: &Body<'_>, json: &Json, mut search: Search<'_>) -> Outcome {
        let wrapped = json.get("d").filter(|_| body.format() == Format::Verbose);
        let inner = wrapped.unwrap_or(json);
        let list = inner
            .as_array()
            .or_else(|| inner.get("value")?.as_array())
            .or_else(|| inner.get("results")?.as_array());
        let fragment = fragment(json);
        if inner.get("EntitySets").is_some() || (fragment.is_empty() && context(json).is_some()) {
            return match body.resources() {
                Ok(found) => {
                    Outcome::Read { kind: "service document", declared: found.len(), kept: 0 }
                }
                Err(error) => Outcome::Lost(error.to_string()),
            };
        }
        let first = list.map_or(Some(inner), |list| list.first());
        if first.is_some_and(is_link) {
            let expected = list.map_or(1, Vec::len);
            return match body.links() {
                Ok((links, _)) if links.len() == expected => {
                    Outcome::Read { kind: "links", declared: expected, kept: 0 }
                }
                other => Outcome::Lost(format!("{other:?}")),
            };
        }
        let of_set = self.type_of_url(search.tables);
        let named = first.and_then(type_name).and_then(|name| search.tables.ty(name));
        let of_context = search.tables.ty(&fragment).or_else(|| search.tables.set(&fragment));
        let ty =
            named.or(of_context).or(of_set.filter(|_| fragment.is_empty())).unwrap_or(&NOTHING);
        let kind = match (list, first) {
            (Some(list), _)
                if list.iter().all(Json::is_object) && !is_complex(named, &fragment) =>
            {
                let mut entities = Entities { ty, items: Vec::new(), removed: Vec::new() };
                let info = match body.page(&mut entities) {
                    Ok(info) => info,
                    Err(error) => return Outcome::Lost(error.to_string()),
                };
                let read = entities.items.iter().chain(&entities.removed);
                if entities.items.len() + entities.removed.len() + info.links.len() != list.len() {
                    return Outcome::Lost("an entity".to_owned());
                }
                let present = list.iter().filter(|json| !is_removed(json) && !is_delta_link(json));
                let removed = list.iter().filter(|json| is_removed(json));
                for (json, entity) in present.chain(removed).zip(read) {
                    search.entity(json, entity, "");
                    search.written_back(entity);
                }
                page_info(inner, &info, &mut search.tally);
                "page"
            }
            (None, _)
                if inner.is_object()
                    && inner.get("value").is_none()
                    && is_entity(inner, body.format(), ty) =>
            {
                let mut entity = Entity::new(ty);
                match body.nullable_entity(&mut entity) {
                    Ok(true) => {
                        search.entity(inner, &entity, "");
                        search.written_back(&entity);
                    }
                    Ok(false) if inner.get("odata.null").is_some() => search.tally.kept += 1,
                    other => return Outcome::Lost(format!("{other:?}")),
                }
                "entity"
            }
            _ => {
                let value_type = value_type(&fragment, inner, search.tables);
                let value = match body.value(&value_type) {
                    Ok(value) => value,
                    Err(error) => return Outcome::Lost(error.to_string()),
                };
                let payload = inner.get("value").unwrap_or_else(|| single_member(inner));
                search.value(payload, &value, &value_type, "");
                "value"
            }
        };
        let Tally { declared, kept, lost } = search.tally;
        match lost.as_slice() {
            [] => Outcome::Read { kind, declared, kept },
            lost => Outcome::Lost(lost.join(", ")),
        }
    }

    /// The type of the set that the path of the request starts with, if nothing follows it.
    fn type_of_url(&self, tables: &Tables) -> Option<&'static StructuredType> {
        if self.request.method != "GET" && self.request.method != "POST" {
            return None;
        }
        let path = self.request.url.split('?').next()?;
        let last = path.rsplit('/').next()?;
        tables.set(last.split('(').next()?)
    }
}

/// One answer within a multipart body: what follows `HTTP/1.1 `.
fn part(text: &str) -> Option<Response> {
    let (head, body) = text.split_once("\n\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').next()?.parse().ok()?;
    let header =
        |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    let headers = lines.filter_map(header).collect();
    let body = body.split("\n--").next().unwrap_or_default();
    Some(Response { status, headers, body: Some(body.to_owned()) })
}

/// One answer within a JSON batch.
fn json_part(json: &Json) -> Option<Response> {
    let header = |(name, value): (&String, &Json)| Some((name.clone(), value.as_str()?.to_owned()));
    Some(Response {
        status: u16::try_from(json.get("status")?.as_u64()?).ok()?,
        headers: json.get("headers")?.as_object()?.iter().filter_map(header).collect(),
        body: json.get("body").map(Json::to_string),
    })
}

fn context(json: &Json) -> Option<&str> {
    let context = json.get("@odata.context").or_else(|| json.get("@context"));
    context.or_else(|| json.get("odata.metadata"))?.as_str()
}

/// The set or type that the context URL names.
fn fragment(json: &Json) -> String {
    let Some((_, fragment)) = context(json).and_then(|url| url.split_once('#')) else {
        return String::new();
    };
    if fragment.starts_with("Collection(") {
        return fragment.to_owned();
    }
    fragment.split(['/', '(', '&']).next().unwrap_or_default().to_owned()
}

fn is_link(json: &Json) -> bool {
    let Some(object) = json.as_object() else { return false };
    let names = ["url", "uri", "@odata.id", "@id"];
    let mut members =
        object.keys().filter(|name| !name.contains("context") && !name.contains("odata.metadata"));
    members.clone().count() == 1 && members.all(|name| names.contains(&name.as_str()))
}

fn is_removed(json: &Json) -> bool {
    let context = json.get("@odata.context").and_then(Json::as_str);
    json.get("@removed").is_some() || context.is_some_and(|url| url.ends_with("$deletedEntity"))
}

fn is_delta_link(json: &Json) -> bool {
    let context = json.get("@odata.context").and_then(Json::as_str);
    context.is_some_and(|url| url.ends_with("$link") || url.ends_with("$deletedLink"))
}

fn is_complex(named: Option<&StructuredType>, fragment: &str) -> bool {
    named.is_some_and(|ty| fragment == format!("Collection({})", ty.qualified_name()))
}

/// Whether an object is an entity, or a complex value that stands alone; verbose JSON has other
/// results in a member of an object without `__metadata`.
fn is_entity(inner: &Json, format: Format, ty: &StructuredType) -> bool {
    let only = inner.as_object().is_some_and(|object| object.len() == 1);
    !(only && format == Format::Verbose && ty.name.is_empty())
}

fn single_member(inner: &Json) -> &Json {
    match inner.as_object() {
        Some(object) if object.len() == 1 => object.values().next().unwrap_or(inner),
        _ => inner,
    }
}

/// The type of a result, by the context URL or by what it says of itself.
fn value_type(fragment: &str, inner: &Json, tables: &Tables) -> Type {
    let named = |name: &str| named_type(name, tables);
    let said = type_name(single_member(inner));
    let open = Type::Primitive(Primitive::Untyped);
    named(fragment).or_else(|| said.and_then(named)).unwrap_or(open)
}

/// A type by the name that payloads have for it.
pub(crate) fn named_type(name: &str, tables: &Tables) -> Option<Type> {
    let single = |name: &str| {
        let primitive = name.strip_prefix("Edm.").and_then(by_name).map(Type::Primitive);
        primitive.or_else(|| tables.ty(name).map(Type::Complex))
    };
    match name.strip_prefix("Collection(").and_then(|rest| rest.strip_suffix(')')) {
        None => single(name),
        Some(item) => single(item).map(|item| Type::Collection(Box::leak(Box::new(item)))),
    }
}

/// What stands beside the entities of a page.
fn page_info(json: &Json, info: &edm::json::PageInfo, tally: &mut Tally) {
    for (name, json) in json.as_object().into_iter().flatten() {
        let plain = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
        let name = name.as_str();
        let found = match name.trim_start_matches('@').trim_start_matches("odata.") {
            "value" | "results" => continue,
            "nextLink" | "__next" => info.next.as_deref() == Some(&plain),
            "deltaLink" => info.delta.as_deref() == Some(&plain),
            "count" | "__count" => info.count.map(|count| count.to_string()) == Some(plain),
            "context" | "metadata" => info.context.as_deref() == Some(&plain),
            _ => {
                info.annotations.iter().any(|(other, raw)| other == name && raw.to_json() == *json)
            }
        };
        if found {
            tally.kept += 1;
        } else {
            tally.lost.push(name.to_owned());
        }
    }
}
