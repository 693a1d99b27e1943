//! Points about requests: links, versions, waiting for permission.

use acceptance::{Connection, Service, error_message, new_id, percent};
use serde_json::json;

use super::ATOM;

#[test]
fn point_30_links_are_added_and_removed_in_every_form() {
    let service = Service::shared();
    let api = &service.api;
    let options = api.post("Assets", r#"{"Name":"links","Options":4}"#).send().expect(201).json();
    let asset = acceptance::id_of(&options);
    let key = api.content_key(4, &[7; 16]);
    let links = format!("Assets('{}')/$links/ContentKeys", percent(&asset));
    let one = format!("{links}('{}')", percent(&key));
    let coded = percent(&key);
    let whole = percent(&format!("ContentKeys('{key}')"));
    let uri = |url: &str| {
        format!("<uri xmlns=\"http://schemas.microsoft.com/ado/2007/08/dataservices\">{url}</uri>")
    };
    let foreign = format!("https://media.windows.net/api/ContentKeys('{coded}')");
    let bodies = [
        ("application/json", json!({ "uri": foreign }).to_string()),
        ("application/json", json!({ "url": foreign }).to_string()),
        ("application/json;odata=verbose", json!({ "uri": foreign }).to_string()),
        ("application/json", format!("{{'uri':'{}ContentKeys(\\'{coded}\\')'}}", service.info.api)),
        ("application/json", json!({ "uri": format!("https://h/API%2F{whole}") }).to_string()),
        (
            "application/json",
            json!({ "uri": format!("http://h/api//ContentKeys('{key}')") }).to_string(),
        ),
        ("application/json", json!({ "uri": format!("ContentKeys('{coded}')") }).to_string()),
        ("application/xml", uri(&foreign)),
        ("application/xml", format!("<?xml version=\"1.0\"?>\n{}", uri(&format!("/api/{whole}")))),
    ];
    for (content_type, body) in bodies {
        let call = api.call("POST", &links).header("content-type", content_type);
        let reply = call.body(body).send().expect(204);
        reply.expect_header("dataserviceversion", "1.0;");
        let found = api.get(&links).send().expect(200).json();
        let url = format!("{}ContentKeys('{coded}')", service.info.api);
        assert_eq!(found["value"], json!([{ "url": url }]));
        let verbose = api.get(&links).verbose().send().expect(200).json();
        assert_eq!(verbose["d"]["results"], json!([{ "uri": url }]));
        let atom = api.get(&links).header("accept", ATOM).send().expect(200);
        assert!(atom.text().ends_with(&format!("<uri>{url}</uri></links>")), "{atom}");
        // Another link keeps the key when the first one goes.
        let keeper = api.post("Assets", r#"{"Options":4}"#).send().expect(201).json();
        let other = format!("{}/$links/ContentKeys", acceptance::key("Assets", &keeper));
        api.post(&other, json!({ "uri": foreign })).send().expect(204);
        api.delete(&one).send().expect(204);
        api.delete(&one).send().expect(404);
        assert_eq!(api.get(&links).send().feed().len(), 0);
    }
    let post = |content_type: &str, body: String| {
        api.call("POST", &links).header("content-type", content_type).body(body).send()
    };
    for (content_type, body, status) in [
        (
            "application/json",
            json!({ "uri": "https://h/api/ContentKeys('nb:kid:UUID:x')" }).to_string(),
            400,
        ),
        (
            "application/json",
            json!({ "uri": format!("ContentKeys('{}')", new_id("kid")) }).to_string(),
            404,
        ),
        (
            "application/json",
            json!({ "uri": format!("Assets('{}')", percent(&asset)) }).to_string(),
            400,
        ),
        ("application/json", json!({ "uri": 1 }).to_string(), 400),
        ("application/json", json!({}).to_string(), 400),
        ("application/json", "{".to_owned(), 400),
        ("application/json", json!({ "uri": "https://elsewhere/other" }).to_string(), 400),
        ("application/xml", "<uri/>".to_owned(), 400),
        ("application/xml", "<uri".to_owned(), 400),
        ("application/xml", "<!DOCTYPE uri [<!ENTITY a \"b\">]><uri>&a;</uri>".to_owned(), 400),
        ("text/plain", foreign.clone(), 415),
    ] {
        let reply = post(content_type, body).expect(status);
        assert!(!error_message(&reply).is_empty());
    }
    assert_eq!(api.get(&links).send().feed().len(), 0, "nothing was linked");
    api.delete(&links).send().expect(405);
}

#[test]
fn point_38_the_version_of_the_service_must_be_named() {
    let service = Service::shared();
    let api = &service.api;
    for version in ["2.0", "2.2", "2.9", "2.11", "2.15", "2.17", "2.19"] {
        api.get("Assets?$top=1").header("x-ms-version", version).send().expect(200);
        let path = format!("Assets?$top=1&api-version={version}");
        api.get(&path).without("x-ms-version").send().expect(200);
    }
    for version in ["", "1.0", "2", "2.20", "3.0", "x", "2.-1"] {
        for accept in ["application/json", ATOM] {
            let call = api.get("Assets").header("accept", accept).header("x-ms-version", version);
            call.send().expect(400);
        }
        let path = format!("Assets?api-version={version}");
        let reply = api.get(&path).without("x-ms-version").send().expect(400);
        assert!(error_message(&reply).contains("x-ms-version"), "{reply}");
    }
    api.get("Assets").without("x-ms-version").send().expect(400);
    let body = r#"{"Name":"unversioned"}"#;
    api.post("Assets", body).without("x-ms-version").send().expect(400);
    let found = api.get("Assets?$filter=Name eq 'unversioned'").send().expect(200);
    assert_eq!(found.feed().len(), 0, "nothing was made");
}

#[test]
fn point_39_a_client_may_wait_for_permission_to_send() {
    let service = Service::shared();
    let body = r#"{"Name":"expected"}"#;
    let head = |expect: &str| {
        format!(
            "POST /api/Assets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
             x-ms-version: 2.19\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             {expect}\r\n\r\n",
            service.api.token,
            body.len()
        )
    };
    let mut connection = Connection::open(&service.info.api);
    // Twice on one connection; and the empty header that PHP sends asks for nothing.
    for _ in 0..2 {
        connection.send(head("Expect: 100-continue").as_bytes());
        assert_eq!(connection.reply().status, 100);
        connection.send(body.as_bytes());
        assert_eq!(connection.reply().status, 201);
    }
    connection.send(head("expect:").as_bytes());
    connection.send(body.as_bytes());
    assert_eq!(connection.reply().status, 201);
}
