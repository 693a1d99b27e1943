//! Bodies of inserts and updates, and of links, as a service reads them.

use super::RELATED;
use super::value::{Unknown, read};
use super::xml::{Element, Reader, Space, decode};
use crate::json::{PayloadError, mismatch, undeclared};
use crate::model::{Navigation, Property, StructuredType, Type};
use crate::{Binding, Draft, Inline, Members, Value};

/// Deeper bodies are refused.
const MAX_DEPTH: usize = 8;

/// Reads the body of an insert or update: an entry.
///
/// Properties need not say their types, and need not stand in `content`. Links bind entities that
/// there are, or carry those to create along. A link to what a navigation property leads to, as an
/// entry has it that was read, says nothing; so do all other elements of Atom.
///
/// # Errors
///
/// The body is no entry, has a property that the type has not, or a value is not of its type.
pub fn read_draft(body: &[u8], ty: &'static StructuredType) -> Result<Draft, PayloadError> {
    let root = document(body)?;
    match root.is(Space::Atom, "entry") {
        true => entry(&root, ty, 0),
        false => Err(mismatch("an entry of Atom", format_args!("the element '{}'", root.name))),
    }
}

/// Reads the body that sets one property by itself.
///
/// # Errors
///
/// The body is of another property, or the value is not of its type.
pub fn read_property(body: &[u8], row: &Property) -> Result<Value, PayloadError> {
    let root = document(body)?;
    if root.name != row.name {
        return Err(mismatch(format_args!("'{}'", row.name), format_args!("'{}'", root.name)));
    }
    read(&root, &row.ty, Unknown::Refused).map_err(|error| error.within(row.name))
}

/// Reads the body that adds or sets a link: the URL of an entity.
///
/// # Errors
///
/// The body is something else.
pub fn read_uri(body: &[u8]) -> Result<String, PayloadError> {
    let root = document(body)?;
    match (root.name.as_str(), root.text.trim()) {
        ("uri", url) if !url.is_empty() && root.children.is_empty() => Ok(url.to_owned()),
        (name, _) => Err(mismatch("the element 'uri' with a URL", format_args!("'{name}'"))),
    }
}

/// The root element of a body. A client may write what XML does not have; a service must not take
/// it, for it would have to print it.
fn document(body: &[u8]) -> Result<Element, PayloadError> {
    let text = decode(body)?;
    let is_foreign = |c: char| {
        c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{7f}')
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    match text.chars().find(|c| is_foreign(*c)) {
        Some(c) => Err(mismatch("a character of XML", format_args!("{c:?}"))),
        None => Reader::document(&text),
    }
}

fn entry(
    entry: &Element,
    ty: &'static StructuredType,
    depth: usize,
) -> Result<Draft, PayloadError> {
    if depth == MAX_DEPTH {
        return Err(PayloadError::new(format!("nested deeper than {MAX_DEPTH} levels")));
    }
    let mut draft = Draft { members: Members::new(), ..Draft::default() };
    for child in &entry.children {
        match (child.space, child.name.as_str()) {
            (Space::Atom, "content") => {
                for properties in child.children.iter().filter(|c| c.is(Space::Meta, "properties"))
                {
                    members(&mut draft, properties, ty)?;
                }
            }
            // Beside the media of the entity, which is what `content` is then.
            (Space::Meta, "properties") => members(&mut draft, child, ty)?,
            (Space::Atom, "link") => link(&mut draft, child, ty, depth)?,
            _ => {}
        }
    }
    Ok(draft)
}

fn members(
    draft: &mut Draft,
    properties: &Element,
    ty: &'static StructuredType,
) -> Result<(), PayloadError> {
    for element in &properties.children {
        let name = element.name.as_str();
        let (_, row) = ty.property(name).ok_or_else(|| undeclared(name, ty))?;
        let value = read(element, &row.ty, Unknown::Refused).map_err(|e| e.within(name))?;
        if value.is_null() && !row.nullable && matches!(row.ty, Type::Collection(_)) {
            return Err(PayloadError::new("a collection cannot be null").within(name));
        }
        draft.members.push((row.name.into(), value));
    }
    Ok(())
}

fn link(
    draft: &mut Draft,
    link: &Element,
    ty: &'static StructuredType,
    depth: usize,
) -> Result<(), PayloadError> {
    let Some(name) = link.attribute("rel").and_then(|rel| rel.trim().strip_prefix(RELATED)) else {
        return Ok(());
    };
    let navigation = ty.navigation(name).ok_or_else(|| undeclared(name, ty))?;
    let within = |error: PayloadError| error.within(name);
    match link.child(Space::Meta, "inline") {
        Some(inline) => self::inline(draft, inline, navigation, depth).map_err(within),
        None => {
            let href = link.attribute("href").map(str::trim).unwrap_or_default();
            match href {
                "" => Err(within(PayloadError::new("a link needs a URL in 'href'"))),
                _ if is_deferred(href, navigation) => Ok(()),
                _ => {
                    bind(draft, navigation, href);
                    Ok(())
                }
            }
        }
    }
}

/// Whether a URL is that of what the navigation property leads to, and not that of an entity.
fn is_deferred(href: &str, navigation: &Navigation) -> bool {
    href.trim_end_matches('/').rsplit('/').next() == Some(navigation.name)
}

fn bind(draft: &mut Draft, navigation: &Navigation, url: &str) {
    let bindings = &mut draft.bindings;
    match bindings.iter_mut().find(|binding| binding.navigation == navigation.name) {
        Some(binding) => binding.urls.push(url.to_owned()),
        None => bindings.push(Binding {
            navigation: navigation.name.into(),
            many: navigation.many,
            urls: vec![url.to_owned()],
        }),
    }
}

/// Entities to create along: an entry, several in a feed, or none.
fn inline(
    draft: &mut Draft,
    inline: &Element,
    navigation: &Navigation,
    depth: usize,
) -> Result<(), PayloadError> {
    let is_entry = |child: &&Element| child.is(Space::Atom, "entry");
    let feed = inline.child(Space::Atom, "feed").unwrap_or(inline);
    let mut entities = Vec::new();
    for (position, child) in feed.children.iter().filter(is_entry).enumerate() {
        let entity = entry(child, navigation.target, depth + 1);
        entities.push(entity.map_err(|error| error.within(&format!("[{position}]")))?);
    }
    if entities.is_empty() {
        return Ok(());
    }
    match draft.inline.iter_mut().find(|other| other.navigation == navigation.name) {
        Some(other) => other.entities.extend(entities),
        None => draft.inline.push(Inline {
            navigation: navigation.name.into(),
            many: navigation.many,
            entities,
        }),
    }
    Ok(())
}
