//! XML as its infoset, without what says nothing to a service.

use crate::xml::{self, Element};

/// The document of a body that was sent to `path`.
///
/// The order of properties, and that of the parts of an entry, has no meaning; elements of the same
/// name keep theirs. The id of an entry repeats the URL, and when it was written is of no interest.
/// An `Edm.DateTime` has no zone. Microsoft's client puts links into the vocabulary of metadata,
/// the standard puts them into that of data.
pub(crate) fn read(text: &str) -> Element {
    let mut root = xml::parse(text);
    if root.name == "m:uri" {
        root.name = "d:uri".to_owned();
    }
    normalise(&mut root);
    root
}

fn normalise(element: &mut Element) {
    match element.name.as_str() {
        "updated" | "id" => element.text.clear(),
        _ => {}
    }
    if element.text.contains('T')
        && let Ok(time) = edm::DateTime::parse(&element.text)
    {
        element.text = time.to_string();
    }
    element.children.iter_mut().for_each(normalise);
    element.children.sort_by(|one, other| one.name.cmp(&other.name));
}

#[cfg(test)]
mod tests {
    use super::read;

    const NAMES: &str = r#"xmlns="http://www.w3.org/2005/Atom"
        xmlns:a="http://schemas.microsoft.com/ado/2007/08/dataservices"
        xmlns:b="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata""#;

    #[test]
    fn what_says_something_is_told_apart() {
        let entry = |inside: &str| read(&format!("<entry {NAMES}>{inside}</entry>"));
        let same = entry("<id>u</id><a:B b:null='true'/><a:A>2014-01-02T00:00:00Z</a:A>");
        assert_eq!(same, entry("<a:A>2014-01-02T00:00:00</a:A><a:B b:null='true'/><id/>"));
        assert_ne!(same, entry("<a:A>2014-01-02T00:00:00</a:A><a:B/><id/>"));
        assert_ne!(same, entry("<a:A>2014-01-02T00:00:01</a:A><a:B b:null='true'/><id/>"));
        let items = |items: &str| entry(&format!("<a:C>{items}</a:C>"));
        assert_ne!(items("<a:e>1</a:e><a:e>2</a:e>"), items("<a:e>2</a:e><a:e>1</a:e>"));
    }
}
