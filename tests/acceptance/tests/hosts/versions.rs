//! Each client sees the model of the version that it asks for.

use std::collections::BTreeSet;

use acceptance::{Call, Service, error_message, key};
use serde_json::{Value as Json, json};

fn at(version: &str, call: Call) -> Call {
    call.header("x-ms-version", version)
}

fn names(json: &Json) -> BTreeSet<String> {
    json.as_object().unwrap().keys().filter(|name| !name.starts_with("odata.")).cloned().collect()
}

#[test]
fn metadata_is_that_of_the_version() {
    let api = &Service::shared().api;
    let metadata =
        |call: Call| call.header("accept", "application/xml").send().expect(200).text().to_owned();
    let of = |version: &str| metadata(at(version, api.get("$metadata")));
    let sets = |text: &str| text.matches("<EntitySet ").count();
    let mut before = 0;
    for minor in 0..20 {
        let text = of(&format!("2.{minor}"));
        // In 2.7 one set takes the place of another, and six are new.
        assert!(sets(&text) >= before, "2.{minor}");
        before = sets(&text);
        let has = |name: &str| text.contains(&format!("Name=\"{name}\""));
        assert_eq!(has("Origins"), (2..=6).contains(&minor), "2.{minor}");
        assert_eq!(has("StreamingEndpoints"), minor >= 7, "2.{minor}");
        assert_eq!(has("AssetFilters"), minor >= 11, "2.{minor}");
        assert_eq!(has("ForceEndTimestamp"), minor >= 18, "2.{minor}");
    }
    assert_eq!(of("2.4"), of("2.3"));
    let by_query = api.get("$metadata?api-version=2.11").without("x-ms-version");
    assert_eq!(metadata(by_query), of("2.11"));
}

#[test]
fn entities_have_the_properties_of_the_version() {
    let api = &Service::shared().api;
    let asset = api.post("Assets", r#"{"Name":"versions","FormatOption":1}"#).send().expect(201);
    let path = key("Assets", &asset.json());
    let light = |version: &str| names(&at(version, api.get(&path)).send().expect(200).json());
    let first = ["Id", "State", "Created", "LastModified", "AlternateId", "Name", "Options"];
    let first: BTreeSet<_> = first.map(str::to_owned).into();
    assert_eq!(light("2.0"), first);
    assert_eq!(light("2.2").len(), first.len() + 2, "Uri and StorageAccountName");
    assert!(!light("2.12").contains("FormatOption") && light("2.13").contains("FormatOption"));
    // The value is kept, whoever does not see it.
    at("2.2", api.merge(&path, r#"{"Name":"renamed"}"#)).send().expect(204);
    let now = api.get(&path).send().expect(200).json();
    assert_eq!((&now["Name"], &now["FormatOption"]), (&json!("renamed"), &json!(1)));

    let verbose = |version: &str| {
        names(&at(version, api.get(&path).verbose()).send().expect(200).json()["d"])
    };
    assert!(!verbose("2.6").contains("DeliveryPolicies"));
    assert!(verbose("2.7").contains("DeliveryPolicies"));
    assert!(
        !verbose("2.1").contains("StorageAccount") && verbose("2.2").contains("StorageAccount")
    );
    let atom = |version: &str| {
        let call = at(version, api.get(&path)).header("accept", "application/atom+xml");
        call.send().expect(200).text().to_owned()
    };
    assert!(!atom("2.10").contains("AssetFilters") && !atom("2.10").contains("FormatOption"));
    assert!(atom("2.13").contains("AssetFilters") && atom("2.13").contains("FormatOption"));
    // Of a feed and of what was just made, too.
    let filter = "Assets?$filter=Name%20eq%20'renamed'";
    let feed = at("2.0", api.get(filter)).send().feed();
    assert_eq!(names(&feed[0]), first);
    let made = at("2.0", api.post("Assets", r#"{"Name":"old"}"#)).send().expect(201);
    assert_eq!(names(&made.json()), first);
}

#[test]
fn sets_that_came_later_are_not_there() {
    let api = &Service::shared().api;
    for (set, since) in [
        ("Assets", 0),
        ("NotificationEndPoints", 1),
        ("StorageAccounts", 2),
        ("StreamingEndpoints", 7),
        ("EncodingReservedUnitTypes", 8),
        ("Filters", 11),
        ("MonitoringConfigurations", 13),
    ] {
        for minor in [0, 1, 2, 6, 7, 8, 10, 11, 12, 13, 19] {
            let version = format!("2.{minor}");
            let reply = at(&version, api.get(set)).send();
            assert_eq!(reply.status, if minor >= since { 200 } else { 404 }, "{version}\n{reply}");
            let listed = at(&version, api.get("")).send().feed();
            let listed = listed.iter().any(|entry| entry["name"] == set);
            assert_eq!(listed, minor >= since, "{version} {set}");
        }
    }
    let gone = at("2.6", api.get("StreamingEndpoints")).send().expect(404);
    assert_eq!(error_message(&gone), "Resource not found for the segment 'StreamingEndpoints'.");
    let origins = at("2.6", api.get("Origins")).send().expect(501);
    assert!(error_message(&origins).contains("StreamingEndpoints"), "{origins}");
    at("2.19", api.get("Origins")).send().expect(404);
}

#[test]
fn requests_do_not_name_what_came_later() {
    let api = &Service::shared().api;
    for (version, body) in [
        ("2.12", r#"{"Name":"x","FormatOption":1}"#),
        ("2.1", r#"{"Name":"x","StorageAccountName":"mediad"}"#),
    ] {
        let reply = at(version, api.post("Assets", body)).send().expect(400);
        assert!(error_message(&reply).contains("does not exist on type"), "{reply}");
    }
    let entry = r#"<entry xmlns="http://www.w3.org/2005/Atom" xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"><content type="application/xml"><m:properties><d:Name>x</d:Name><d:FormatOption m:type="Edm.Int32">1</d:FormatOption></m:properties></content></entry>"#;
    let call = api.call("POST", "Assets").body(entry);
    let call = at("2.12", call.header("content-type", "application/atom+xml"));
    call.send().expect(400);
    for query in [
        "Assets?$filter=Uri%20eq%20'x'",
        "Assets?$orderby=StorageAccountName",
        "Assets?$select=Id,Uri",
        "Assets/$count?$filter=Uri%20eq%20'x'",
    ] {
        let call = |version| at(version, api.get(query)).header("accept", "*/*").send();
        assert_eq!(call("2.1").status, 400, "{query}");
        assert_eq!(call("2.2").status, 200, "{query}");
    }
    let path = key("Assets", &api.post("Assets", r#"{"Name":"y"}"#).send().expect(201).json());
    for (version, path, status) in [
        ("2.1", format!("{path}/Uri"), 404),
        ("2.2", format!("{path}/Uri"), 200),
        ("2.6", format!("{path}/DeliveryPolicies"), 404),
        ("2.7", format!("{path}/DeliveryPolicies"), 200),
        ("2.6", format!("{path}/$links/DeliveryPolicies"), 404),
    ] {
        assert_eq!(at(version, api.get(&path)).send().status, status, "{version} {path}");
    }
    // Nothing was made of what was refused.
    let refused = api.get("Assets/$count?$filter=Name%20eq%20'x'").header("accept", "text/plain");
    assert_eq!(refused.send().text(), "0");
}
