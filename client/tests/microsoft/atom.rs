//! Reads Atom entries and the other XML bodies of V1 to V3, as far as requests use them. It is
//! strict: whatever it does not know could have a meaning, and fails the test.

use edm::json::Format;
use serde_json::json;

use crate::content::{Content, Structure, below_root};
use crate::xml::{self, Element};

const RELATED: &str = "http://schemas.microsoft.com/ado/2007/08/dataservices/related/";

/// What the body of a request to `path` says.
pub(crate) fn read(text: &str, path: &str) -> Content {
    let root = xml::parse(text);
    match root.name.as_str() {
        "entry" => entry(&root, path),
        "m:uri" => Content::Link(below_root(&root.text).to_owned()),
        // A property of its own is `value` in JSON light.
        name if name.starts_with("d:") => {
            let mut property = Structure::default();
            property.members.insert("value".to_owned(), value(&root, "Edm.String"));
            Content::Structure(property)
        }
        name => panic!("{name} is not understood"),
    }
}

/// `path` is empty for an entity that is new, which has no id.
fn entry(entry: &Element, path: &str) -> Content {
    let mut structure = Structure::default();
    for child in &entry.children {
        match child.name.as_str() {
            "category" => structure.set_type(child.attribute("term").unwrap()),
            "link" => link(child, &mut structure),
            // The properties of a media entry stand outside `content`, which is its media.
            "m:properties" => members(child, &mut structure),
            "content" => match child.children.as_slice() {
                [properties] if properties.name == "m:properties" => {
                    members(properties, &mut structure);
                }
                _ => panic!("{child:?} is not understood"),
            },
            // It repeats what the URL says.
            "id" if child.text.is_empty() || below_root(&child.text) == path => {}
            // Atom demands them of every entry; they say nothing of the entity.
            "title" | "updated" | "author" => {}
            _ => panic!("{child:?} is not understood"),
        }
    }
    Content::Structure(structure)
}

/// A link binds an entity, or carries what is inserted with this one.
fn link(link: &Element, structure: &mut Structure) {
    let name = link.attribute("rel").and_then(|rel| rel.strip_prefix(RELATED));
    let name = name.unwrap_or_else(|| panic!("{link:?} is not understood")).to_owned();
    let Some(inline) = link.children.first() else {
        let url = below_root(link.attribute("href").unwrap()).to_owned();
        structure.bound.entry(name).or_default().push(url);
        return;
    };
    assert_eq!(inline.name, "m:inline");
    let content = match inline.children.first() {
        None => Content::Null,
        Some(feed) if feed.name == "feed" => {
            let entries = feed.children.iter().filter(|child| child.name == "entry");
            Content::Many(entries.map(|one| entry(one, "")).collect())
        }
        Some(one) => entry(one, ""),
    };
    structure.members.insert(name, content);
}

fn members(parent: &Element, structure: &mut Structure) {
    for child in &parent.children {
        let name = child.name.strip_prefix("d:").unwrap();
        structure.members.insert(name.to_owned(), value(child, "Edm.String"));
    }
}

/// The value of a property, or of an item of a collection; that has the type that is given unless
/// it says another.
fn value(element: &Element, ty: &str) -> Content {
    if element.attribute("m:null") == Some("true") {
        return Content::Null;
    }
    let text = element.text.as_str();
    let ty = element.attribute("m:type").unwrap_or(ty);
    if let Some(item) = ty.strip_prefix("Collection(").and_then(|rest| rest.strip_suffix(')')) {
        return Content::Many(element.children.iter().map(|child| value(child, item)).collect());
    }
    match ty {
        "Edm.Boolean" => Content::Boolean(text.parse().unwrap()),
        "Edm.Byte" | "Edm.SByte" | "Edm.Int16" | "Edm.Int32" | "Edm.Single" | "Edm.Double" => {
            match text.parse::<f64>().unwrap() {
                number if number.is_finite() => Content::Number(number),
                _ => Content::text(text),
            }
        }
        "Edm.GeographyPoint" => point(&element.children[0]),
        primitive if primitive.starts_with("Edm.") => Content::text(text),
        complex => {
            let mut structure = Structure::default();
            structure.set_type(complex);
            members(element, &mut structure);
            Content::Structure(structure)
        }
    }
}

/// GML has the latitude first, GeoJSON the longitude.
fn point(gml: &Element) -> Content {
    assert_eq!(gml.name, "gml:Point");
    let system = gml.attribute("gml:srsName").unwrap();
    let code = system.strip_prefix("http://www.opengis.net/def/crs/EPSG/0/").unwrap();
    let position = gml.children[0].text.split(' ').map(|number| number.parse::<f64>().unwrap());
    let [latitude, longitude] = position.collect::<Vec<_>>()[..] else {
        panic!("{gml:?} is not understood");
    };
    let point = json!({
        "type": "Point",
        "coordinates": [longitude, latitude],
        "crs": { "type": "name", "properties": { "name": format!("EPSG:{code}") } },
    });
    Content::of_json(&point, Format::Light)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry with these children, which may use the prefixes `d` and `m`.
    fn read_entry(children: &str) -> Content {
        let text = format!(
            r#"<entry xmlns="http://www.w3.org/2005/Atom"
                xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices"
                xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"
               >{children}</entry>"#
        );
        read(&text, "Products(1)")
    }

    fn light(json: &serde_json::Value) -> Content {
        Content::of_json(json, Format::Light)
    }

    #[test]
    fn inline_entries_and_feeds_are_what_json_nests() {
        let entry = |id: u8| {
            format!(
                r#"<entry><content type="application/xml"><m:properties>
                   <d:ID m:type="Edm.Int32">{id}</d:ID></m:properties></content></entry>"#
            )
        };
        let atom = read_entry(&format!(
            r#"<link rel="{RELATED}Category" href="Categories(2)"><m:inline>{}</m:inline></link>
               <link rel="{RELATED}Parts"><m:inline><feed><title/>{}{}</feed></m:inline></link>
               <link rel="{RELATED}Heir"><m:inline/></link>"#,
            entry(2),
            entry(3),
            entry(4),
        ));
        let json = json!({"Category": {"ID": 2}, "Parts": [{"ID": 3}, {"ID": 4}], "Heir": null});
        assert_eq!(atom, light(&json));
    }

    #[test]
    fn all_links_of_a_property_are_bound() {
        let atom = read_entry(&format!(
            r#"<link rel="{RELATED}Parts" href="http://h/odata.svc/Parts(1)"/>
               <link rel="{RELATED}Parts" href="Parts(2)"/>"#
        ));
        assert_eq!(atom, light(&json!({"Parts@odata.bind": ["Parts(1)", "Parts(2)"]})));
        assert_ne!(atom, light(&json!({"Parts@odata.bind": ["Parts(1)"]})));
    }

    #[test]
    fn complex_values_and_escapes_are_read() {
        let atom = read_entry(
            r#"<m:properties><d:At m:type="Demo.Address"><d:City>a &amp; &#x62;</d:City>
               <d:Zip m:null="true"/></d:At></m:properties>"#,
        );
        assert_eq!(atom, light(&json!({"At": {"City": "a & b", "Zip": null}})));
    }

    #[test]
    fn a_property_of_its_own_is_a_value() {
        let of = |text: &str| {
            let namespaces = r#"xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices"
                xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata""#;
            read(&format!("<d:Price {namespaces} {text}"), "Products(1)/Price")
        };
        let price = of(r#"m:type="Edm.Decimal">9.90</d:Price>"#);
        assert_eq!(price, light(&json!({"value": "9.90"})));
        assert_eq!(of(r#"m:null="true"/>"#), light(&json!({"value": null})));
    }

    #[test]
    #[should_panic(expected = "not understood")]
    fn an_id_of_another_entity_is_no_repetition() {
        read_entry("<id>http://h/odata.svc/Products(2)</id>");
    }
}
