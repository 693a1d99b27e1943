//! XML, written element by element into a text.

use std::fmt::Write as _;

/// What is at the start of every document.
pub(super) const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";

/// The vocabularies of an entry or a feed, the one of Atom without a prefix.
pub(super) const ENTRY: &str = " xmlns=\"http://www.w3.org/2005/Atom\"";
/// The vocabularies of properties.
pub(super) const DATA: &str = " xmlns:d=\"http://schemas.microsoft.com/ado/2007/08/dataservices\" \
    xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\"";
/// The vocabularies that come with V3.
pub(super) const SHAPES: &str = " xmlns:georss=\"http://www.georss.org/georss\" \
    xmlns:gml=\"http://www.opengis.net/gml\"";

/// A text of XML in the making.
#[derive(Default)]
pub(super) struct Markup(pub(super) String);

impl Markup {
    /// A document, with its declaration.
    pub(super) fn document() -> Self {
        Self(DECLARATION.to_owned())
    }

    /// Markup as it is.
    pub(super) fn raw(&mut self, markup: &str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// An attribute of the start tag that is being written.
    pub(super) fn attribute(&mut self, name: &str, value: &str) -> &mut Self {
        self.0.push(' ');
        self.0.push_str(name);
        self.0.push_str("=\"");
        self.escaped(value, true);
        self.0.push('"');
        self
    }

    /// Text between tags.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.escaped(text, false);
        self
    }

    /// `<name>text</name>`, or `<name />`.
    pub(super) fn element(&mut self, name: &str, text: &str) -> &mut Self {
        self.raw("<").raw(name).content(name, text)
    }

    /// What follows the attributes of a start tag: `>text</name>`, or ` />`.
    pub(super) fn content(&mut self, name: &str, text: &str) -> &mut Self {
        match text {
            "" => self.raw(" />"),
            text => self.raw(">").text(text).raw("</").raw(name).raw(">"),
        }
    }

    /// What a reader would not give back as it is, is written by its number. XML has no place for
    /// the character 0.
    fn escaped(&mut self, text: &str, in_attribute: bool) {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' if in_attribute => self.0.push_str("&quot;"),
                '\t' | '\n' if !in_attribute => self.0.push(letter),
                '\0' => self.0.push(char::REPLACEMENT_CHARACTER),
                '\u{1}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{fffe}' | '\u{ffff}' => {
                    // A text takes whatever is written to it.
                    let _ = write!(self.0, "&#x{:X};", u32::from(letter));
                }
                letter => self.0.push(letter),
            }
        }
    }
}
