#![allow(clippy::unwrap_used)]
use edm::path::ResourcePath;
use edm::query::QueryOptions;
use edm::{Record, Value, json};

use super::*;

fn version(name: &str) -> ApiVersion {
    ApiVersion::named(name).unwrap()
}

#[test]
fn versions_are_named_2_and_a_number() {
    assert_eq!(version("2.0"), ApiVersion(0));
    assert_eq!(version(" 2.19 "), ApiVersion::LATEST);
    for bad in ["", "2", "2.", "2.x", "2.+1", "2.20", "3.0", "1.0", "2015-01-01", "2.99999999999"] {
        assert_eq!(ApiVersion::named(bad), None, "{bad}");
    }
}

#[test]
fn every_version_has_the_sets_of_its_document() {
    for minor in 0..=ApiVersion::LATEST.0 {
        let version = ApiVersion(minor);
        let (model, document) = (version.model(), version.metadata());
        assert!(document.contains("</edmx:Edmx>"), "{version}");
        for set in MODEL.entity_sets {
            let is_there = document.contains(&format!("EntitySet Name=\"{}\"", set.name));
            assert_eq!(model.entity_set(set.name).is_some(), is_there, "{version} {}", set.name);
        }
        for ty in model.entity_types.iter().chain(model.complex_types) {
            let start = document.find(&format!("Type Name=\"{}\"", ty.name)).unwrap();
            let text = &document[start..];
            let text = &text[..text.find("Type>").unwrap()];
            let count = text.matches("<Property ").count();
            assert_eq!(ty.properties.len(), count, "{version} {}", ty.name);
            let count = text.matches("<NavigationProperty ").count();
            assert_eq!(ty.navigation.len(), count, "{version} {}", ty.name);
        }
    }
}

#[test]
fn paths_lead_to_what_there_was() {
    let check = |name: &str, path: &str| {
        let path = ResourcePath::parse(path).unwrap();
        version(name).check_path(&path).map_err(|error| error.status.as_u16())
    };
    for (name, path, expected) in [
        ("2.10", "Filters", Err(404)),
        ("2.11", "Filters", Ok(())),
        ("2.10", "Assets('a')/AssetFilters", Err(404)),
        ("2.2", "Assets('a')/Locators('b')/Name", Ok(())),
        ("2.1", "Assets('a')/Locators('b')/Name", Err(404)),
        ("2.6", "ContentKeys('a')/GetKeyDeliveryUrl", Err(404)),
        ("2.7", "ContentKeys('a')/GetKeyDeliveryUrl", Ok(())),
        ("2.6", "Assets('a')/$links/DeliveryPolicies", Err(404)),
        ("2.0", "CancelJob", Ok(())),
        ("2.4", "Origins", Err(501)),
        ("2.7", "Origins", Ok(())),
        ("2.0", "$metadata", Ok(())),
        ("2.0", "Assets/$count", Ok(())),
    ] {
        assert_eq!(check(name, path), expected, "{name} {path}");
    }
}

#[test]
fn queries_name_what_there_was() {
    let assets = MODEL.entity_set("Assets").unwrap().entity_type;
    let check = |name: &str, query: &str| {
        let options = QueryOptions::parse(query).unwrap();
        version(name).check_options(&options, assets).is_ok()
    };
    for (query, since) in [
        ("$filter=Uri eq 'x'", 2),
        ("$filter=not (Name eq 'x' or startswith(StorageAccountName,'x'))", 2),
        ("$orderby=FormatOption desc", 13),
        ("$select=Id,DeliveryPolicies", 7),
        ("$filter=Name eq 'x'&$orderby=Created", 0),
    ] {
        let query = query.replace(' ', "%20");
        for minor in 0..=19 {
            assert_eq!(check(&format!("2.{minor}"), &query), minor >= since, "2.{minor} {query}");
        }
    }
}

#[test]
fn bodies_have_what_there_was_at_any_depth() {
    let check = |name: &str, set: &str, body: &str| {
        let ty = MODEL.entity_set(set).unwrap().entity_type;
        let draft = json::read_draft(&serde_json::from_str(body).unwrap(), ty).unwrap();
        version(name).check_draft(&draft, ty).is_ok()
    };
    for (set, body, since) in [
        ("Assets", r#"{"Name":"x"}"#, 0),
        ("Assets", r#"{"FormatOption":1}"#, 13),
        ("Jobs", r#"{"Name":"x","Tasks":[{"Name":"y","TaskNotificationSubscriptions":[]}]}"#, 13),
        ("Filters", r#"{"PresentationTimeRange":{"ForceEndTimestamp":true}}"#, 18),
        ("Filters", r#"{"PresentationTimeRange":{"StartTimestamp":"1"}}"#, 0),
    ] {
        for minor in [0, 6, 7, 12, 13, 17, 18, 19] {
            let name = format!("2.{minor}");
            assert_eq!(check(&name, set, body), minor >= since, "{name} {set} {body}");
        }
    }
}

#[test]
fn entities_are_as_the_version_had_them() {
    let filters = MODEL.entity_set("Filters").unwrap();
    let mut record = Record::new(filters.entity_type);
    record.put("Name", "x");
    let range = Value::Complex(vec![
        ("StartTimestamp".into(), Value::Integer(1)),
        ("ForceEndTimestamp".into(), Value::Boolean(true)),
    ]);
    record.put("PresentationTimeRange", range.clone());
    assert_eq!(*version("2.19").record(&record, filters).value("PresentationTimeRange"), range);
    let old = version("2.11").record(&record, filters);
    assert_eq!(old.text("Name"), "x");
    let members = vec![("StartTimestamp".into(), Value::Integer(1))];
    assert_eq!(*old.value("PresentationTimeRange"), Value::Complex(members));
    assert!(version("2.11").set(filters).unwrap().entity_type.property("FirstQuality").is_none());
}
