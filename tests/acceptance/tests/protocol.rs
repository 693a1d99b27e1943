//! OData V3 as clients of the service speak it: paths, formats, verbs, queries, errors.

#![allow(clippy::unwrap_used)]

use acceptance::{Connection, Service, error_message, id_of, key, new_id, percent};
use serde_json::{Value as Json, json};

const MINIMAL: &str = "application/json;odata=minimalmetadata;streaming=true;charset=utf-8";
const VERBOSE: &str = "application/json;odata=verbose;charset=utf-8";

/// Asks for a path as it is written here.
fn raw(service: &Service, method: &str, path: &str, more: &[(&str, &str)]) -> acceptance::RawReply {
    let bearer = format!("Bearer {}", service.api.token);
    let mut headers = vec![("authorization", bearer.as_str()), ("x-ms-version", "2.19")];
    headers.extend(more);
    Connection::request(&service.info.api, method, path, &headers)
}

#[test]
fn the_many_ways_to_write_a_path() {
    let service = Service::shared();
    let id = service.api.asset("paths");
    let coded = percent(&id);
    for path in [
        format!("/api/Assets('{id}')"),
        format!("/api/Assets('{coded}')"),
        format!("/api/Assets('{}')", coded.replace("%3A", "%3a")),
        format!("/api//Assets('{id}')"),
        format!("//api//Assets('{id}')/"),
        format!("/API/Assets('{id}')"),
        format!("/api/Assets%28%27{coded}%27%29"),
        format!("/api%2FAssets%28%27{coded}%27%29"),
        format!("/api/%2FAssets%28'{coded}'%29"),
        format!("/api/Assets(%27{id}%27)"),
        format!("/api/Assets(Id='{id}')"),
        format!("/api/Assets('{id}')?api-version=2.2&x=y"),
    ] {
        let reply = raw(service, "GET", &path, &[("accept", "application/json")]);
        assert_eq!(reply.status, 200, "{path}: {}", String::from_utf8_lossy(&reply.body));
        let json: Json = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(json["Id"], id, "{path}");
    }
    for path in ["/api/Assets()", "/api/Assets/", "/api//Assets", "/api/Assets()/$count"] {
        assert_eq!(raw(service, "GET", path, &[]).status, 200, "{path}");
    }
    for (path, status) in [
        ("/api/assets", 404),
        ("/api/Assets('x", 400),
        ("/api/Assets(x)", 400),
        ("/api/Assets(1)", 400),
        ("/api/Assets(Name='x')", 400),
        ("/api/('x')", 400),
        ("/api/Assets('x')('y')", 400),
        ("/api/Assets('nb:cid:UUID:%ff')", 400),
        ("/api/Assets/Assets", 404),
        ("/apis/Assets", 404),
    ] {
        let reply = raw(service, "GET", path, &[]);
        assert_eq!(reply.status, status, "{path}: {}", String::from_utf8_lossy(&reply.body));
    }
}

#[test]
fn accept_decides_the_format() {
    let service = Service::shared();
    let id = service.api.asset("accept");
    let path = format!("Assets('{}')", percent(&id));
    let none = "application/json;odata=nometadata;streaming=true;charset=utf-8";
    let full = "application/json;odata=fullmetadata;streaming=true;charset=utf-8";
    for (accept, expected, version) in [
        ("application/json", MINIMAL, "3.0;"),
        ("application/json;odata=minimalmetadata", MINIMAL, "3.0;"),
        ("application/json;odata=minimalmetadata;streaming=true", MINIMAL, "3.0;"),
        ("application/json, text/plain, */*", MINIMAL, "3.0;"),
        ("application/json;odata=nometadata", none, "3.0;"),
        ("application/json;odata=fullmetadata", full, "3.0;"),
        ("application/json;odata=verbose", VERBOSE, "1.0;"),
        ("application/json; odata=verbose", VERBOSE, "1.0;"),
    ] {
        let reply = service.api.get(&path).header("accept", accept).send().expect(200);
        let reply = reply.expect_header("content-type", expected);
        reply.expect_header("dataserviceversion", version);
    }
    for accept in ["application/json;odata=light", "application/json;odata=x", "text/html"] {
        let reply = service.api.get(&path).header("accept", accept).send().expect(415);
        let reply = reply.expect_header("content-type", "application/xml;charset=utf-8");
        assert!(reply.text().contains("Unsupported media type requested."), "{reply}");
    }
    let bare = service.api.get(&path).header("accept", "application/json;odata=nometadata");
    let bare = bare.send().json();
    assert!(bare.as_object().unwrap().keys().all(|name| !name.contains("odata")), "{bare}");
    let all = service.api.get(&path).header("accept", "application/json;odata=fullmetadata");
    let all = all.send().json();
    assert_eq!(all["odata.type"], "Microsoft.Cloud.Media.Vod.Rest.Data.Models.Asset");
    assert_eq!(all["odata.id"], format!("{}{path}", service.info.api));
    assert_eq!(all["Created@odata.type"], "Edm.DateTime");
    assert_eq!(all["Files@odata.navigationLinkUrl"], format!("{path}/Files"));
}

#[test]
fn versions_decide_what_can_be_answered() {
    let service = Service::shared();
    service.api.asset("versions");
    let get =
        |path: &str, name: &str, value: &str| service.api.get(path).header(name, value).send();
    for version in ["1.0", "1.0;NetFx", "2.0", "3.0", "3.0;NetFx"] {
        get("Assets", "dataserviceversion", version).expect(200);
    }
    for version in ["4.0", "0.9", "1", "x", ""] {
        let reply = get("Assets", "dataserviceversion", version).expect(400);
        assert!(!error_message(&reply).is_empty());
    }
    service.api.get("Assets").without("dataserviceversion").send().expect(200);
    // A client that knows no V3 gets verbose JSON, and no types that need V3.
    let old = get("Assets", "maxdataserviceversion", "2.0").expect(200);
    old.expect_header("content-type", VERBOSE).expect_header("dataserviceversion", "2.0;");
    let older = get("Assets", "maxdataserviceversion", "1.0").expect(200);
    older.expect_header("content-type", VERBOSE).expect_header("dataserviceversion", "1.0;");
    let reply = get("Jobs", "maxdataserviceversion", "2.0").expect(400);
    assert!(reply.text().contains("The MaxDataServiceVersion '2.0' is too low"), "{reply}");
    get("Assets", "maxdataserviceversion", "4.0").expect(200);
    get("Assets", "maxdataserviceversion", "x").expect(400);
}

#[test]
fn errors_tell_unknown_from_malformed() {
    let service = Service::shared();
    let api = &service.api;
    for (path, status) in [
        ("Nothing".to_owned(), 404),
        ("Assets('notAValidId')".to_owned(), 400),
        ("Assets('nb:pid:UUID:9bc8ff20-24fb-4fdb-9d7c-b04c7ee573a1')".to_owned(), 400),
        ("Assets('nb:cid:UUID:x')".to_owned(), 400),
        (format!("Assets('{}')", new_id("cid")), 404),
        (format!("Assets('{}')/Files", new_id("cid")), 404),
        (format!("Operations('{}')", new_id("opid")), 404),
        (format!("CancelJob?jobid='{}'", new_id("jid")), 404),
        ("CancelJob?jobid='x'".to_owned(), 400),
        ("CancelJob?jobid=1".to_owned(), 400),
        ("CancelJob".to_owned(), 400),
        (format!("CreateFileInfos?assetid='{}'", new_id("cid")), 404),
    ] {
        let reply = api.get(&path).send().expect(status);
        assert!(!error_message(&reply).is_empty(), "{reply}");
    }
    let missing = format!("Assets('{}')", new_id("cid"));
    let reply = api.get(&missing).send().expect(404);
    assert_eq!(error_message(&reply), "Resource Asset not found");
    api.merge(&missing, r#"{"Name":"x"}"#).send().expect(404);
    api.delete(&missing).send().expect(404);
    let reply = api.get("Nothing").send().expect(404);
    assert_eq!(error_message(&reply), "Resource not found for the segment 'Nothing'.");
    let verbose = api.get("Nothing").verbose().send().expect(404);
    assert_eq!(
        verbose.json(),
        json!({ "error": { "code": "", "message": { "lang": "en-US",
            "value": "Resource not found for the segment 'Nothing'." } } })
    );
}

#[test]
fn single_properties() {
    let service = Service::shared();
    let api = &service.api;
    let path = format!("Assets('{}')", percent(&api.asset("Größe 'x'")));
    let root = &service.info.api;
    let get = |name: &str| api.get(&format!("{path}/{name}")).send().expect(200);
    assert_eq!(
        get("Options").json(),
        json!({ "odata.metadata": format!("{root}$metadata#Edm.Int32"), "value": 0 })
    );
    let name = get("Name");
    assert_eq!(name.json()["value"], "Größe 'x'");
    assert!(name.text().is_ascii(), "what is not ASCII is escaped: {name}");
    assert_eq!(
        get("AlternateId").json(),
        json!({ "odata.metadata": format!("{root}$metadata#Edm.Null"), "odata.null": true })
    );
    let verbose = |name: &str| api.get(&format!("{path}/{name}")).verbose().send().expect(200);
    assert_eq!(verbose("Options").text(), r#"{"d":{"Options":0}}"#);
    assert_eq!(verbose("AlternateId").text(), r#"{"d":{"AlternateId":null}}"#);
    assert_eq!(verbose("Options").header("dataserviceversion"), "1.0;");
    let value = api.get(&format!("{path}/Options/$value")).header("accept", "text/plain").send();
    let value = value.expect(200).expect_header("content-type", "text/plain;charset=utf-8");
    assert_eq!(value.text(), "0");
    api.get(&format!("{path}/Options/$value")).send().expect(415);
    let null = api.get(&format!("{path}/AlternateId/$value")).header("accept", "*/*");
    null.send().expect(404);
    api.get(&format!("{path}/Nope")).send().expect(404);
}

#[test]
fn links() {
    let service = Service::shared();
    let api = &service.api;
    let asset = api.asset("links");
    let file = api.file(&asset, "links.mp4");
    let locator = api.sas(&asset, 1);
    let root = &service.info.api;
    let path = format!("Assets('{}')", percent(&asset));
    let found = api.get(&format!("{path}/$links/Files")).send().expect(200).json();
    assert_eq!(
        found,
        json!({ "odata.metadata": format!("{root}$metadata#Assets/$links/Files"),
                "value": [{ "url": format!("{root}Files('{}')", percent(&file)) }] })
    );
    let path = key("Locators", &locator);
    let found = api.get(&format!("{path}/$links/Asset")).verbose().send().expect(200).json();
    assert_eq!(found, json!({ "d": { "uri": format!("{root}Assets('{}')", percent(&asset)) } }));
    let followed = api.get(&format!("{path}/Asset/Files")).send().expect(200).feed();
    assert_eq!(id_of(&followed[0]), file);
    let policy = api.get(&format!("{path}/AccessPolicy")).send().expect(200).json();
    assert_eq!(policy["Id"], locator["AccessPolicyId"]);
    // These links are properties of the other side and cannot be set from here.
    let link = json!({ "url": format!("{root}Files('{}')", percent(&file)) });
    api.post(&format!("Assets('{}')/$links/Files", percent(&asset)), link).send().expect(405);
    api.get(&format!("Assets('{}')/$links/Nope", percent(&asset))).send().expect(404);
    api.get(&format!("Assets('{}')/$links", percent(&asset))).send().expect(404);
    let account = api.get(&format!("Assets('{}')/StorageAccount", percent(&asset))).send();
    assert_eq!(account.expect(200).json()["IsDefault"], true);
}

#[test]
fn documents() {
    let service = Service::shared();
    let api = &service.api;
    let root = api.get("").send().expect(200).expect_header("content-type", MINIMAL).json();
    assert_eq!(root["odata.metadata"], format!("{}$metadata", service.info.api));
    let sets: Vec<_> = root["value"].as_array().unwrap().iter().map(|s| &s["name"]).collect();
    assert_eq!(sets[..3], ["AccessPolicies", "Locators", "ContentKeys"]);
    assert_eq!(sets.len(), 26);
    let metadata = api.get("$metadata").header("accept", "application/xml").send().expect(200);
    let metadata = metadata.expect_header("content-type", "application/xml;charset=utf-8");
    assert!(metadata.text().contains("Name=\"WindowsAzureMediaServices\""));
    api.get("$metadata").send().expect(415);
}
