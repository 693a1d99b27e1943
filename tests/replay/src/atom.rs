//! Whether an entity, a value or a page holds all that its Atom does. The document is parsed by
//! another library than the one that reads it.

use edm::atom::{Body, Layout, property};
use edm::error::ServiceError;
use edm::json::{self, Format, PageInfo, PayloadErrorKind, Raw};
use edm::model::{Primitive, StructuredType, Type};
use edm::{DateTime, Draft, Extra, Structured as _, to_members};
use roxmltree::{Document, Node};

use crate::Tables;
use crate::entity::{Entities, Entity, Tally};
use crate::exchange::{NOTHING, Outcome};

const RELATED: &str = "http://schemas.microsoft.com/ado/2007/08/dataservices/related/";
const RELATED_LINKS: &str = "http://schemas.microsoft.com/ado/2007/08/dataservices/relatedlinks/";
const RELATED_V4: &str = "http://docs.oasis-open.org/odata/ns/related/";
const META: &str = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata";
const META_V4: &str = "http://docs.oasis-open.org/odata/ns/metadata";
const GML: &str = "http://www.opengis.net/gml";

/// Reads a document and looks for all of it in what was read. `set` is the type of the entities
/// that were asked for, if that is known.
pub(crate) fn replay(text: &str, tables: &Tables, set: Option<&'static StructuredType>) -> Outcome {
    let text = text.trim_start_matches('\u{feff}');
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => return in_stream(text, &error),
    };
    let (root, body) = (document.root_element(), Body::new(text));
    let mut search = Search { tables, tally: Tally::default() };
    let lost = |error: edm::json::PayloadError| Outcome::Lost(error.to_string());
    let kind = match root.tag_name().name() {
        "Edmx" => return Outcome::Skipped("metadata"),
        "entry" => {
            let mut entity = Entity::new(search.type_of(root, set));
            if let Err(error) = body.entity(&mut entity) {
                return lost(error);
            }
            search.entry(root, &entity);
            "Atom entry"
        }
        "feed" => {
            let first = children(root, "entry").next();
            let ty = first.map_or(set.unwrap_or(&NOTHING), |entry| search.type_of(entry, set));
            let mut page = Entities { ty, items: Vec::new(), removed: Vec::new() };
            let info = match body.page(&mut page) {
                Ok(info) => info,
                Err(error) => return lost(error),
            };
            search.kept(children(root, "entry").count() == page.items.len(), "an entry");
            for (entry, entity) in children(root, "entry").zip(&page.items) {
                search.entry(entry, entity);
            }
            search.page(root, &info);
            "Atom feed"
        }
        "links" | "uri" => {
            let (urls, info) = match body.links() {
                Ok(read) => read,
                Err(error) => return lost(error),
            };
            let theirs: Vec<_> = match root.has_tag_name("uri") {
                true => vec![text_of(root)],
                false => children(root, "uri").map(text_of).collect(),
            };
            search.kept(urls == theirs, "links");
            let next = children(root, "next").next().map(text_of);
            search.kept(info.next == next, "the next page");
            "XML links"
        }
        "service" => match body.resources() {
            Ok(found) => {
                let collections = root
                    .descendants()
                    .filter(|node| node.has_tag_name(("http://www.w3.org/2007/app", "collection")));
                search.kept(collections.count() == found.len(), "a collection");
                "XML service document"
            }
            Err(error) => return lost(error),
        },
        "error" => match ServiceError::parse(text) {
            Some(error) => {
                let message = children(root, "message").next().map(text_of);
                search.kept(message.as_deref() == Some(error.message.trim()), "the message");
                "error"
            }
            None => return Outcome::Lost("not read as an error".to_owned()),
        },
        name => {
            let ty = value_type(root, tables);
            match body.value(&ty) {
                Ok(value) => {
                    let printed = property(name, &value, &ty);
                    search.printed(root, &printed);
                    "XML value"
                }
                Err(error) => return lost(error),
            }
        }
    };
    let Tally { declared, kept, lost } = search.tally;
    match lost.as_slice() {
        [] => Outcome::Read { kind, declared, kept },
        lost => Outcome::Lost(lost.join(", ")),
    }
}

/// A document that is none must hold the error of the service.
fn in_stream(text: &str, error: &roxmltree::Error) -> Outcome {
    let read = Body::new(text).entity(&mut Entity::new(&NOTHING));
    match read.map_err(|error| error.kind) {
        Err(PayloadErrorKind::Service(_)) => {
            Outcome::Read { kind: "error in Atom", declared: 1, kept: 0 }
        }
        _ => Outcome::Lost(format!("not XML: {error}")),
    }
}

struct Search<'a> {
    tables: &'a Tables,
    tally: Tally,
}

impl Search<'_> {
    /// The type that an entry says it is of, if the tables have it.
    fn type_of(
        &self,
        entry: Node<'_, '_>,
        set: Option<&'static StructuredType>,
    ) -> &'static StructuredType {
        let named = children(entry, "category").find_map(|category| category.attribute("term"));
        let named = named.map(|name| name.trim_start_matches('#'));
        named.and_then(|name| self.tables.ty(name)).or(set).unwrap_or(&NOTHING)
    }

    fn entry(&mut self, entry: Node<'_, '_>, entity: &Entity) {
        let extra = entity.extra().expect("an entity keeps what it does not have");
        let payload = extra.payload().cloned().unwrap_or_default();
        if let Some(etag) = meta(entry, "etag") {
            self.kept(payload.etag.as_deref() == Some(etag), "the ETag");
        }
        let said = |name: &str| extra.annotation(name).and_then(Raw::to_text);
        for child in entry.children().filter(Node::is_element) {
            let text = text_of(child);
            match child.tag_name().name() {
                "id" => self.kept(payload.id.as_deref().unwrap_or_default() == text, "the id"),
                "category" => {
                    let term = child.attribute("term").map(|term| term.trim_start_matches('#'));
                    self.kept(payload.type_name.as_deref() == term, "the type");
                }
                "title" | "summary" | "updated" | "published" | "rights" => {
                    let name = format!("@atom.{}", child.tag_name().name());
                    self.kept(said(&name).unwrap_or_default() == text, &name);
                }
                "author" => {
                    let name = children(child, "name").next().map(text_of).unwrap_or_default();
                    self.kept(said("@atom.author").unwrap_or_default() == name, "the author");
                }
                "link" => self.link(child, extra),
                "action" | "function" => {
                    let name = child.attribute("metadata").unwrap_or_default();
                    let name = format!("#{}", name.rsplit('#').next().unwrap_or_default());
                    self.kept(extra.annotation(&name).is_some(), &name);
                }
                "content" => match child.attribute("src") {
                    Some(source) => {
                        let read = said("odata.mediaReadLink");
                        self.kept(read.as_deref() == Some(source), "the media");
                    }
                    None => children(child, "properties").for_each(|p| self.properties(p, entity)),
                },
                "properties" => self.properties(child, entity),
                other => self.kept(false, other),
            }
        }
    }

    fn link(&mut self, link: Node<'_, '_>, extra: &Extra) {
        let (relation, href) = (link.attribute("rel").unwrap_or_default(), link.attribute("href"));
        let said = |name: String| extra.annotation(&name).and_then(Raw::to_text);
        let related = relation.strip_prefix(RELATED).or_else(|| relation.strip_prefix(RELATED_V4));
        let found = if let Some(name) = related {
            if let Some(inline) = children(link, "inline").next() {
                self.inline(name, inline, extra);
            }
            said(format!("{name}@odata.navigationLinkUrl"))
        } else if let Some(name) = relation.strip_prefix(RELATED_LINKS) {
            said(format!("{name}@odata.associationLinkUrl"))
        } else if let Some((kind, name)) = ["edit-media/", "mediaresource/"]
            .iter()
            .find_map(|kind| relation.split_once(kind).map(|(_, name)| (*kind, name)))
        {
            let kind = if kind == "edit-media/" { "mediaEditLink" } else { "mediaReadLink" };
            said(format!("{name}@odata.{kind}"))
        } else {
            match relation {
                "edit" => extra.payload().and_then(|payload| payload.edit_link.clone()),
                "edit-media" => said("odata.mediaEditLink".to_owned()),
                "self" => said("odata.readLink".to_owned()).or_else(|| href.map(str::to_owned)),
                _ => None,
            }
        };
        self.kept(found.as_deref() == href, relation);
    }

    /// Entities that came along are kept as light JSON.
    fn inline(&mut self, name: &str, inline: Node<'_, '_>, extra: &Extra) {
        let json = extra.get(name).unwrap_or_default();
        let mut read = |entry: Node<'_, '_>, json: &serde_json::Value| {
            let mut entity = Entity::new(self.type_of(entry, None));
            match json::Body::new(&json.to_string(), Format::Light).entity(&mut entity) {
                Ok(()) => self.entry(entry, &entity),
                Err(error) => self.kept(false, &format!("{name}: {error}")),
            }
        };
        if let Some(entry) = children(inline, "entry").next() {
            read(entry, &json);
        } else if let Some(feed) = children(inline, "feed").next() {
            let entities = json.as_array().map_or(&[][..], Vec::as_slice);
            children(feed, "entry").zip(entities).for_each(|(entry, json)| read(entry, json));
            self.kept(children(feed, "entry").count() == entities.len(), name);
        } else {
            self.kept(json.is_null(), name);
        }
    }

    /// Writes the entity and looks for every property in what was written.
    fn properties(&mut self, properties: Node<'_, '_>, entity: &Entity) {
        let draft = Draft { members: to_members(entity), ..Draft::default() };
        let layout = Layout { root: "", updated: DateTime::MIN };
        let text = layout.draft(&draft, entity.structured_type());
        let document = Document::parse(&text).expect("what is written is XML");
        let written = document.descendants().find(|node| node.has_tag_name((META, "properties")));
        for element in properties.children().filter(Node::is_element) {
            let name = element.tag_name().name();
            let same = written.and_then(|written| children(written, name).next());
            self.same(element, same, name);
        }
    }

    fn printed(&mut self, element: Node<'_, '_>, printed: &str) {
        let document = Document::parse(printed).expect("what is written is XML");
        self.same(element, Some(document.root_element()), element.tag_name().name());
    }

    fn same(&mut self, theirs: Node<'_, '_>, ours: Option<Node<'_, '_>>, at: &str) {
        match ours.map_or_else(|| Err("is missing".to_owned()), |ours| equal(theirs, ours, None)) {
            Ok(()) => self.tally.declared += 1,
            Err(problem) => self.tally.lost.push(format!("{at}: {problem}")),
        }
    }

    fn page(&mut self, feed: Node<'_, '_>, info: &PageInfo) {
        for child in feed.children().filter(Node::is_element) {
            let text = text_of(child);
            match child.tag_name().name() {
                "count" => {
                    self.kept(info.count.map(|count| count.to_string()) == Some(text), "the count");
                }
                "link" if child.attribute("rel") == Some("next") => {
                    self.kept(info.next.as_deref() == child.attribute("href"), "the next page");
                }
                name @ ("id" | "title") => {
                    let name = format!("@atom.{name}");
                    let found = info.annotations.iter().find(|(other, _)| *other == name);
                    let found = found.and_then(|(_, raw)| raw.to_text()).unwrap_or_default();
                    self.kept(found == text, &name);
                }
                _ => {}
            }
        }
    }

    fn kept(&mut self, found: bool, at: &str) {
        match found {
            true => self.tally.kept += 1,
            false => self.tally.lost.push(at.to_owned()),
        }
    }
}

/// What OData says of an element.
fn meta<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attribute((META, name)).or_else(|| node.attribute((META_V4, name)))
}

/// The type that an element says it is of, in the words of V3.
fn said_type(node: Node<'_, '_>) -> Option<String> {
    let name = meta(node, "type")?.trim_start_matches('#');
    let qualify = |name: &str| match name.contains('.') {
        true => name.to_owned(),
        false => format!("Edm.{name}"),
    };
    Some(match item(name) {
        Some(item) => format!("Collection({})", qualify(item)),
        None => qualify(name),
    })
}

fn item(name: &str) -> Option<&str> {
    name.strip_prefix("Collection(")?.strip_suffix(')')
}

/// Whether two elements hold the same value. White space between elements is layout. `given` is the
/// type that the element has by what is around it.
fn equal(theirs: Node<'_, '_>, ours: Node<'_, '_>, given: Option<&str>) -> Result<(), String> {
    let is_null = |node: Node<'_, '_>| meta(node, "null") == Some("true");
    if is_null(theirs) || is_null(ours) {
        return if is_null(theirs) == is_null(ours) { Ok(()) } else { Err("null".to_owned()) };
    }
    let (said, printed) = (said_type(theirs), said_type(ours));
    if let Some(said) = said.as_deref().filter(|said| *said != "Edm.String")
        && printed.as_deref().or(given) != Some(said)
    {
        return Err(format!("the type {said} became {printed:?}"));
    }
    let ty = said.or(printed);
    let ty = ty.as_deref().or(given);
    let is_shape = |node: &Node<'_, '_>| node.tag_name().namespace() == Some(GML);
    let inside = |node: Node<'_, '_>| node.children().filter(Node::is_element).count();
    if inside(theirs) > 0 && !theirs.children().any(|child| is_shape(&child)) {
        if item(ty.unwrap_or_default()).is_some() && inside(theirs) != inside(ours) {
            return Err(format!("{} elements became {}", inside(theirs), inside(ours)));
        }
        for child in theirs.children().filter(Node::is_element) {
            let name = child.tag_name().name();
            let place =
                child.prev_siblings().skip(1).filter(|c| c.tag_name().name() == name).count();
            let other = children(ours, name).nth(place);
            let other = other.ok_or_else(|| format!("{name} is missing"))?;
            let given = ty.and_then(item);
            equal(child, other, given).map_err(|problem| format!("{name}: {problem}"))?;
        }
        return Ok(());
    }
    // A line is written point by point, whether or not they came in one list.
    let text = |node: Node<'_, '_>| -> String {
        let texts: Vec<_> = node
            .descendants()
            .filter(|node| node.is_text() && (inside(theirs) == 0 || !is_blank(node)))
            .filter_map(|text| text.text())
            .collect();
        texts.join(if inside(theirs) == 0 { "" } else { " " })
    };
    let (theirs, ours) = (text(theirs), text(ours));
    match theirs == ours || means_the_same(&theirs, &ours, ty.unwrap_or("Edm.String")) {
        true => Ok(()),
        false => Err(format!("{theirs:?} became {ours:?}")),
    }
}

fn is_blank(node: &Node<'_, '_>) -> bool {
    node.text().is_some_and(|text| text.trim().is_empty())
}

/// Whether two texts are forms of one value, of the type that is said, or of numbers in a shape.
fn means_the_same(theirs: &str, ours: &str, said: &str) -> bool {
    let numbers = |text: &str| -> Option<Vec<f64>> {
        text.split_whitespace().map(|number| number.parse().ok()).collect()
    };
    match Primitive::named(said) {
        Some(Primitive::String) => false,
        Some(primitive) if !primitive.is_geo() => {
            let read = |text: &str| {
                let text = serde_json::Value::from(text.trim()).to_string();
                json::value_from_text(&text, &Type::Primitive(primitive)).ok()
            };
            read(theirs).is_some() && read(theirs) == read(ours)
        }
        // The numbers of a shape.
        _ => numbers(theirs).is_some_and(|n| !n.is_empty() && Some(n) == numbers(ours)),
    }
}

fn children<'a, 'i>(
    node: Node<'a, 'i>,
    name: &'a str,
) -> impl Iterator<Item = Node<'a, 'i>> + use<'a, 'i> {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

fn text_of(node: Node<'_, '_>) -> String {
    let texts = node.children().filter(Node::is_text).filter_map(|text| text.text());
    texts.collect::<String>().trim().to_owned()
}

/// The type that a value says it is of: a text if it says none.
fn value_type(root: Node<'_, '_>, tables: &Tables) -> Type {
    let Some(name) = said_type(root) else {
        let is_text = !root.children().any(|child| child.is_element());
        return Type::Primitive(if is_text { Primitive::String } else { Primitive::Untyped });
    };
    crate::exchange::named_type(&name, tables).unwrap_or(Type::Primitive(Primitive::Untyped))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn same(theirs: &str, ours: &str) -> bool {
        let wrap = |text: &str| format!("<x xmlns:m='{META}'>{text}</x>");
        let (theirs, ours) = (wrap(theirs), wrap(ours));
        let (theirs, ours) = (Document::parse(&theirs).unwrap(), Document::parse(&ours).unwrap());
        equal(theirs.root_element(), ours.root_element(), None).is_ok()
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        assert!(same("<a m:type='Edm.Double'>1.0</a>", "<a m:type='Edm.Double'>1</a>"));
        assert!(same("<a m:null='true' m:type='Edm.Int32'/>", "<a m:null='true'/>"));
        assert!(same("<a> <b>1</b> </a>", "<a><b>1</b></a>"));
        for (theirs, ours) in [
            ("<a>1</a>", "<a>2</a>"),
            ("<a>x</a>", "<a>x </a>"),
            ("<a/>", "<a m:null='true'/>"),
            ("<a m:type='Edm.Int32'>1</a>", "<a>1</a>"),
            ("<a m:type='Edm.Int32'>1</a>", "<a m:type='Edm.Int32'>2</a>"),
            ("<a><b>1</b><b>2</b></a>", "<a><b>2</b><b>1</b></a>"),
            ("<a><b>1</b></a>", "<a><c>1</c></a>"),
        ] {
            assert!(!same(theirs, ours), "{theirs} {ours}");
        }
    }
}
