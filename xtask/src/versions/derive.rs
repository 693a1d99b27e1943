//! The document of an earlier version: the latest without what has come since.

use std::collections::BTreeSet;
use std::ops::Range;

use anyhow::{Context as _, bail};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::history::{History, Version};

/// An element, with where it is in the text.
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    /// From the end of what is before it.
    range: Range<usize>,
}

impl Element {
    fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }

    fn visit<'e>(&'e self, visit: &mut impl FnMut(&'e Element)) {
        visit(self);
        for child in &self.children {
            child.visit(visit);
        }
    }
}

/// Derives the document of a version.
pub(super) fn document(
    latest: &str,
    history: &History,
    version: Version,
) -> anyhow::Result<String> {
    let root = parse(latest)?;
    let mut gone = Vec::new();
    let mut associations = BTreeSet::new();
    root.visit(&mut |element| {
        let name = element.attribute("Name");
        let has = |kind, name: &str| history.has(version, kind, name);
        match element.name.as_str() {
            "EntityType" | "ComplexType" if !has("type", name) => gone.push(element),
            "EntityType" | "ComplexType" => {
                for member in &element.children {
                    let full = format!("{name}.{}", member.attribute("Name"));
                    match member.name.as_str() {
                        "Property" if !has("property", &full) => gone.push(member),
                        "NavigationProperty" if !has("navigation", &full) => gone.push(member),
                        "NavigationProperty" => {
                            associations.insert(member.attribute("Relationship"));
                        }
                        _ => {}
                    }
                }
            }
            "EntitySet" if !has("set", name) => gone.push(element),
            "FunctionImport" if !has("operation", &operation(element)) => gone.push(element),
            _ => {}
        }
    });
    // What no navigation property leads along is no part of the model.
    root.visit(&mut |schema| {
        let namespace = schema.attribute("Namespace");
        for element in schema.children.iter().filter(|child| child.name == "Association") {
            let full = format!("{namespace}.{}", element.attribute("Name"));
            if !associations.contains(full.as_str()) {
                gone.push(element);
            }
        }
        for element in schema.children.iter().filter(|child| child.name == "AssociationSet") {
            if !associations.contains(element.attribute("Association")) {
                gone.push(element);
            }
        }
    });
    let text = without(latest, gone.into_iter().map(|element| element.range.clone()).collect());
    let text = with_former(&text, history, version)?;
    with_header(&text, history, version)
}

/// The name of an operation in the amendments: with the type that it is bound to, if it is.
fn operation(element: &Element) -> String {
    let name = element.attribute("Name");
    match element.children.first() {
        Some(first) if element.attribute("IsBindable") == "true" => {
            let ty = first.attribute("Type").rsplit('.').next().unwrap_or_default();
            format!("{ty}.{name}")
        }
        _ => name.to_owned(),
    }
}

fn without(text: &str, mut gone: Vec<Range<usize>>) -> String {
    gone.sort_by_key(|range| range.start);
    let (mut kept, mut end) = (String::with_capacity(text.len()), 0);
    for range in gone {
        // An element within one that is gone is gone with it.
        if range.start >= end {
            kept.push_str(&text[end..range.start]);
            end = range.end;
        }
    }
    kept.push_str(&text[end..]);
    kept
}

fn with_former(text: &str, history: &History, version: Version) -> anyhow::Result<String> {
    const CONTAINER: &str = "      <EntityContainer ";
    const END: &str = "      </EntityContainer>";
    let mut text = text.to_owned();
    for former in history.former(version) {
        let start = text.find(CONTAINER).context("the document has no entity container")?;
        text.insert_str(start, former.types.trim_start_matches('\n'));
        let end = text.find(END).context("the entity container has no end")?;
        text.insert_str(end, former.members.trim_start_matches('\n'));
    }
    Ok(text)
}

/// Says in place of what the latest document says of itself where this one comes from.
fn with_header(text: &str, history: &History, version: Version) -> anyhow::Result<String> {
    let (start, end) = (text.find("<!--"), text.find("-->"));
    let (Some(start), Some(end)) = (start, end) else { bail!("the document has no comment") };
    Ok(format!(
        "{}<!--\n  @generated by cargo xtask generate: do not edit by hand.\n\n  Azure Media \
         Services v2, data model at x-ms-version {version}:\n  that of {} without what has come \
         since, and with what has gone since.\n{}",
        &text[..start],
        history.latest(),
        &text[end..]
    ))
}

fn parse(text: &str) -> anyhow::Result<Element> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut end = 0;
    loop {
        let event = reader.read_event()?;
        let position = usize::try_from(reader.buffer_position())?;
        match event {
            Event::Start(start) => open.push(element(&start, end..position)?),
            Event::Empty(start) => {
                let element = element(&start, end..position)?;
                open.last_mut().context("there is no document element")?.children.push(element);
            }
            Event::End(_) => {
                let mut element = open.pop().context("an element ends that has not begun")?;
                element.range.end = position;
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => return Ok(element),
                }
            }
            Event::Eof => bail!("the document ends too early"),
            // Space before an element goes with it.
            Event::Text(_) => continue,
            _ => {}
        }
        end = position;
    }
}

fn element(start: &BytesStart<'_>, range: Range<usize>) -> anyhow::Result<Element> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute?;
        let name = attribute.key.local_name().as_ref().to_owned();
        attributes.push((name, attribute.value.into_owned()));
    }
    let name = start.local_name().as_ref().to_owned();
    Ok(Element { name, attributes, children: Vec::new(), range })
}
