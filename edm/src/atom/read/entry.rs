//! An entity, property by property, and what its entry holds beside them.

use serde_json::{Map, Value as Json, json};

use crate::atom::value::{KEPT, Unknown, keep, read};
use crate::atom::xml::{Element, Space};
use crate::atom::{RELATED, RELATED_LINKS, RELATED_V4};
use crate::json::{Format, PayloadError, Raw, value_to_json};
use crate::model::StructuredType;
use crate::{Structured, Value};

const MEDIA: &str = "http://schemas.microsoft.com/ado/2007/08/dataservices/mediaresource/";
const EDIT_MEDIA: &str = "http://schemas.microsoft.com/ado/2007/08/dataservices/edit-media/";

/// The table of entities of which the model says nothing.
static UNKNOWN: StructuredType = StructuredType::NEW;

/// An entry taken apart. What JSON has as control information has the names of light JSON here.
#[derive(Default)]
struct Entry<'a> {
    type_name: Option<String>,
    id: Option<String>,
    etag: Option<String>,
    edit_link: Option<String>,
    annotations: Vec<(String, Json)>,
    properties: Vec<&'a Element>,
    /// Entities that came along, by navigation property.
    inline: Vec<(String, Json)>,
}

/// Reads an entry into a value of its type; how many declared properties were there.
pub(super) fn read_entry(
    element: &Element,
    target: &mut dyn Structured,
) -> Result<usize, PayloadError> {
    let ty = target.structured_type();
    let entry = Entry::new(element, ty)?;
    let (mut count, mut undeclared) = (0, Map::new());
    for property in entry.properties {
        let name = property.name.as_str();
        match ty.property(name) {
            Some((index, row)) => {
                let value = read(property, &row.ty, Unknown::Kept).map_err(|e| e.within(name))?;
                let set = target.set(index, value);
                set.map_err(|error| PayloadError::new(error.to_string()).within(name))?;
                count += 1;
            }
            None => keep(property, &mut undeclared).map_err(|error| error.within(name))?,
        }
    }
    if let Some(extra) = target.extra_mut() {
        let payload = extra.payload_mut();
        payload.format = Format::Light;
        payload.type_name = entry.type_name;
        payload.id = entry.id;
        payload.etag = entry.etag;
        payload.edit_link = entry.edit_link;
        let annotations = entry.annotations.into_iter();
        payload.annotations.extend(annotations.map(|(name, json)| (name, Raw::from(&json))));
        for (name, json) in undeclared.into_iter().chain(entry.inline) {
            extra.keep(&name, Raw::from(&json).as_raw(), Some(Format::Light));
        }
    }
    Ok(count)
}

/// An entry as an object of light JSON.
pub(super) fn entry_to_json(
    element: &Element,
    ty: &'static StructuredType,
) -> Result<Json, PayloadError> {
    let entry = Entry::new(element, ty)?;
    let mut object = Map::new();
    for (name, text) in [
        ("odata.type", entry.type_name),
        ("odata.id", entry.id),
        ("odata.etag", entry.etag),
        ("odata.editLink", entry.edit_link),
    ] {
        object.extend(text.map(|text| (name.to_owned(), Json::String(text))));
    }
    object.extend(entry.annotations);
    for property in entry.properties {
        let name = property.name.as_str();
        match ty.property(name) {
            Some((_, row)) => {
                let value = read(property, &row.ty, Unknown::Kept).map_err(|e| e.within(name))?;
                object.insert(name.to_owned(), value_to_json(&value, &row.ty, KEPT));
            }
            None => keep(property, &mut object).map_err(|error| error.within(name))?,
        }
    }
    object.extend(entry.inline);
    Ok(Json::Object(object))
}

impl<'a> Entry<'a> {
    fn new(element: &'a Element, ty: &'static StructuredType) -> Result<Self, PayloadError> {
        let mut entry = Self { etag: owned(element.meta("etag")), ..Self::default() };
        for child in &element.children {
            match (child.space, child.name.as_str()) {
                (Space::Atom, "id") => entry.id = owned(Some(child.text.trim())),
                (Space::Atom, "category") => {
                    let term = child.attribute("term").map(|term| term.trim_start_matches('#'));
                    entry.type_name = owned(term);
                }
                (Space::Atom, "content") => entry.content(child),
                (Space::Meta, "properties") => entry.properties.extend(&child.children),
                (Space::Atom, "link") => entry.link(child, ty)?,
                (Space::Meta, "action" | "function") => entry.operation(child),
                // Some services have properties of the entity there, and nowhere else.
                (Space::Atom, "title" | "summary" | "published" | "updated" | "rights") => {
                    entry.say_text(&format!("@atom.{}", child.name), child);
                }
                (Space::Atom, "author") => {
                    if let Some(name) = child.child(Space::Atom, "name") {
                        entry.say_text("@atom.author", name);
                    }
                }
                _ => {}
            }
        }
        Ok(entry)
    }

    /// The properties, or where the media of the entity is.
    fn content(&mut self, content: &'a Element) {
        let properties = content.children.iter().filter(|c| c.is(Space::Meta, "properties"));
        self.properties.extend(properties.flat_map(|properties| &properties.children));
        if let Some(source) = content.attribute("src") {
            self.say("odata.mediaReadLink", source);
            if let Some(media_type) = content.attribute("type") {
                self.say("odata.mediaContentType", media_type);
            }
        }
    }

    fn link(&mut self, link: &Element, ty: &'static StructuredType) -> Result<(), PayloadError> {
        let href = link.attribute("href").unwrap_or_default();
        let relation = link.attribute("rel").unwrap_or("alternate").trim();
        let related = relation.strip_prefix(RELATED).or_else(|| relation.strip_prefix(RELATED_V4));
        if let Some(name) = related {
            if let Some(inline) = link.child(Space::Meta, "inline") {
                self.inline(name, inline, ty).map_err(|error| error.within(name))?;
            }
            if !href.is_empty() {
                self.say(&format!("{name}@odata.navigationLinkUrl"), href);
            }
        } else if let Some(name) = relation.strip_prefix(RELATED_LINKS) {
            self.say(&format!("{name}@odata.associationLinkUrl"), href);
        } else if let Some(name) = relation.strip_prefix(MEDIA) {
            self.media(name, "mediaReadLink", link, href);
        } else if let Some(name) = relation.strip_prefix(EDIT_MEDIA) {
            self.media(name, "mediaEditLink", link, href);
        } else {
            match relation {
                "edit" => self.edit_link = owned(Some(href)),
                // Of an entity that cannot be edited.
                "self" if self.edit_link.is_none() => self.say("odata.readLink", href),
                "edit-media" => {
                    self.say("odata.mediaEditLink", href);
                    if let Some(etag) = link.meta("etag") {
                        self.say("odata.mediaETag", etag);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A stream that is a property.
    fn media(&mut self, name: &str, kind: &str, link: &Element, href: &str) {
        self.say(&format!("{name}@odata.{kind}"), href);
        for (kind, text) in
            [("mediaContentType", link.attribute("type")), ("mediaETag", link.meta("etag"))]
        {
            let name = format!("{name}@odata.{kind}");
            if let Some(text) = text.filter(|_| self.annotations.iter().all(|(n, _)| *n != name)) {
                self.say(&name, text);
            }
        }
    }

    fn inline(
        &mut self,
        name: &str,
        inline: &Element,
        ty: &'static StructuredType,
    ) -> Result<(), PayloadError> {
        let target = ty.navigation(name).map_or(&UNKNOWN, |navigation| navigation.target);
        let json = if let Some(feed) = inline.child(Space::Atom, "feed") {
            for child in &feed.children {
                match (child.space, child.name.as_str()) {
                    (Space::Meta, "count") => {
                        self.say(&format!("{name}@odata.count"), child.text.trim());
                    }
                    (Space::Atom, "link") if child.attribute("rel") == Some("next") => {
                        let next = child.attribute("href").unwrap_or_default();
                        self.say(&format!("{name}@odata.nextLink"), next);
                    }
                    _ => {}
                }
            }
            entries_to_json(feed, target)?
        } else if let Some(entry) = inline.child(Space::Atom, "entry") {
            entry_to_json(entry, target)?
        } else {
            Json::Null
        };
        self.inline.push((name.to_owned(), json));
        Ok(())
    }

    /// An operation that can be called, under the name that its metadata has.
    fn operation(&mut self, operation: &Element) {
        let metadata = operation.attribute("metadata").unwrap_or_default();
        let name = metadata.rsplit_once('#').map_or(metadata, |(_, name)| name);
        let attribute = |name| operation.attribute(name).unwrap_or_default();
        let said = json!({ "title": attribute("title"), "target": attribute("target") });
        self.annotations.push((format!("#{name}"), said));
    }

    fn say(&mut self, name: &str, text: &str) {
        self.annotations.push((name.to_owned(), json!(text)));
    }

    fn say_text(&mut self, name: &str, element: &Element) {
        match element.text.trim() {
            "" => {}
            text => self.say(name, text),
        }
    }
}

fn owned(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The entries of a feed as an array of light JSON.
pub(super) fn entries_to_json(
    feed: &Element,
    ty: &'static StructuredType,
) -> Result<Json, PayloadError> {
    let entries = feed.children.iter().filter(|child| child.is(Space::Atom, "entry"));
    let read = |(position, entry)| {
        entry_to_json(entry, ty).map_err(|error| error.within(&format!("[{position}]")))
    };
    entries.enumerate().map(read).collect::<Result<_, _>>().map(Json::Array)
}

/// An entity, or several of them, as a value: the result of an operation.
pub(super) fn entities_to_value(
    root: &Element,
    ty: &crate::model::Type,
) -> Result<Value, PayloadError> {
    use crate::model::Type;
    let json = match ty {
        Type::Entity(ty) => entry_to_json(root, ty)?,
        Type::Collection(Type::Entity(ty)) => entries_to_json(root, ty)?,
        _ => return Err(PayloadError::new(format!("expected {}, found entities", ty.wire_name()))),
    };
    crate::json::lenient_value(&json.to_string(), ty, Format::Light)
}
