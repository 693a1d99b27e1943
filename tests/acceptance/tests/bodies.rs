//! Bodies of requests: how they are read, by which verb, and which are refused.

#![allow(clippy::unwrap_used)]

use acceptance::{Connection, Service, error_message, key, percent};
use serde_json::{Value as Json, json};

#[test]
fn content_type_decides_how_a_body_is_read() {
    let service = Service::shared();
    let post = |content_type: &str, version: &str, body: Json| {
        let call = service.api.post("Assets", body).header("content-type", content_type);
        call.header("dataserviceversion", version).send()
    };
    let body = || json!({ "Name": "content type" });
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;odata=verbose",
        "application/json;odata=minimalmetadata",
        "application/json;odata=nometadata",
        "application/json;odata=fullmetadata",
    ] {
        for version in ["1.0;NetFx", "2.0", "3.0", "3.0;NetFx"] {
            post(content_type, version, body()).expect(201);
        }
    }
    for content_type in ["text/plain", "text/json", "application/x-www-form-urlencoded"] {
        let reply = post(content_type, "3.0", body()).expect(415);
        assert_eq!(error_message(&reply), "Unsupported media type requested.");
    }
    let call = service.api.post("Assets", body()).without("content-type");
    call.send().expect(415);
    // What only one form has, is taken in both: `__metadata`, M/D/Y dates, links by name.
    let meta = json!({ "Name": "x", "__metadata": { "type": "Asset" } });
    post("application/json", "3.0", meta).expect(201);
}

#[test]
fn dates_of_all_clients_are_read() {
    let service = Service::shared();
    let api = &service.api;
    let asset = api.asset("dates");
    let policy = api.policy(1);
    let start = |text: &str, version: &str| {
        let body = format!(
            r#"{{"AccessPolicyId":"{policy}","AssetId":"{asset}","StartTime":"{text}","Type":2}}"#
        );
        let reply = api.post("Locators", body).header("dataserviceversion", version).send();
        let locator = reply.expect(201).json();
        api.delete(&key("Locators", &locator)).send().expect(204);
        locator["StartTime"].as_str().unwrap()[..19].to_owned()
    };
    for (text, version, expected) in [
        ("2014-05-17T16:45:53Z", "1.0;NetFx", "2014-05-17T16:45:53"),
        ("2014-05-17T16:45:53", "3.0", "2014-05-17T16:45:53"),
        ("2014-05-17T16:45:53+02:00", "3.0", "2014-05-17T14:45:53"),
        ("2014-05-17", "3.0", "2014-05-17T00:00:00"),
        ("5/17/2014 4:45:53 PM", "1.0;NetFx", "2014-05-17T16:45:53"),
        ("11/22/2026 12:32:02 AM", "1.0", "2026-11-22T00:32:02"),
        (r"\/Date(1400345153000)\/", "1.0", "2014-05-17T16:45:53"),
    ] {
        assert_eq!(start(text, version), expected, "{text}");
    }
    let body =
        json!({ "AccessPolicyId": policy, "AssetId": asset, "StartTime": "soon", "Type": 2 });
    api.post("Locators", body).send().expect(400);
}

#[test]
fn verbs_stand_for_each_other() {
    let service = Service::shared();
    let api = &service.api;
    let path = format!("Assets('{}')", percent(&api.asset("verbs")));
    let name = || api.get(&path).send().json()["Name"].as_str().unwrap().to_owned();
    for verb in ["MERGE", "PATCH", "PUT"] {
        let reply = api.call(verb, &path).json(json!({ "Name": verb })).send().expect(204);
        assert!(reply.body.is_empty());
        assert_eq!(name(), verb);
        let body = json!({ "Name": format!("{verb} by POST") });
        let tunnel = api.post(&path, body).header("x-http-method", verb).send().expect(204);
        tunnel.expect_header("dataserviceversion", "1.0;");
        assert_eq!(name(), format!("{verb} by POST"));
    }
    // What a body does not have stays as it is, also with PUT.
    api.merge(&path, json!({ "AlternateId": "kept" })).send().expect(204);
    api.call("PUT", &path).json(json!({ "Name": "put" })).send().expect(204);
    assert_eq!(api.get(&path).send().json()["AlternateId"], "kept");
    for (method, path, message) in [
        ("PUT", "Assets", "is not valid for PUT operation"),
        ("MERGE", "Assets", "is not valid for MERGE operation"),
        ("DELETE", "Assets", "is not valid for DELETE operation"),
        ("POST", path.as_str(), "is not valid for POST operation"),
        ("POST", "CancelJob", "is not valid for POST operation"),
        ("BREW", "Assets", "Method Not Allowed"),
    ] {
        let reply = api.call(method, path).json("{}").send().expect(405);
        assert!(error_message(&reply).contains(message), "{reply}");
    }
    api.call("POST", &path).header("x-http-method", "delete").send().expect(204);
    api.get(&path).send().expect(404);
}

#[test]
fn the_whole_entity_may_be_sent_back() {
    let service = Service::shared();
    let api = &service.api;
    let asset = api.asset("whole");
    let file = api.file(&asset, "whole.mp4");
    let path = format!("Files('{}')", percent(&file));
    let mut read = api.get(&path).send().json();
    read["ContentFileSize"] = "12".into();
    let sent = read.as_object_mut().unwrap();
    sent.remove("odata.metadata");
    api.merge(&path, &read).send().expect(204);
    assert_eq!(api.get(&path).send().json()["ContentFileSize"], "12");
    let path = format!("Assets('{}')", percent(&asset));
    let mut read = api.get(&path).verbose().send().json()["d"].clone();
    read["Name"] = "other".into();
    api.merge(&path, &read).verbose().send().expect(204);
    assert_eq!(api.get(&path).send().json()["Name"], "other");
    // What is set once cannot be set to something else.
    let reply = api.merge(&path, json!({ "Options": 1 })).send().expect(400);
    assert!(error_message(&reply).contains("Options"), "{reply}");
    // .NET sends every property of what it makes; those of the service are the service's.
    let body = json!({
        "Id": null, "Name": "net", "Created": "0001-01-01T00:00:00", "State": 0,
        "LastModified": "0001-01-01T00:00:00", "AlternateId": null, "Options": 0,
        "StorageAccountName": null, "Uri": null,
    });
    let made = api.post("Assets", body).send().expect(201).json();
    assert!(made["Created"].as_str().unwrap().starts_with("20"), "{made}");
}

#[test]
fn wrong_bodies_are_refused() {
    let service = Service::shared();
    let api = &service.api;
    let asset = api.asset("wrong");
    for body in [
        r#"{"Name":"x","Nope":1}"#,
        r#"{"Name":1}"#,
        r#"{"Options":1.0}"#,
        r#"{"Options":"one"}"#,
        r#"{"Options":null}"#,
        r#"{"Options":99999999999}"#,
        r#"{"Options":[0]}"#,
        r#"{"Name":{"a":1}}"#,
        "[]",
        "\"x\"",
        "null",
        "",
        "{",
        "{\"Name\":\"x\"",
        "{} {}",
        "<xml/>",
    ] {
        let reply = api.post("Assets", body).send().expect(400);
        assert!(error_message(&reply).len() > 10, "{reply}");
    }
    let reply = api.post("Assets", r#"{"Nope":1}"#).send().expect(400);
    assert!(error_message(&reply).contains("Nope"), "names the property: {reply}");
    let file = |member: &str| {
        let body = format!(r#"{{"ParentAssetId":"{asset}","Name":"a.mp4",{member}}}"#);
        api.post("Files", body).send().expect(400);
    };
    file(r#""IsPrimary":1"#);
    file(r#""IsPrimary":"yes""#);
    file(r#""ContentFileSize":"12x""#);
    file(r#""ContentFileSize":"99999999999999999999""#);
    // Booleans and numbers may be texts, and Int64 a number.
    let body = format!(
        r#"{{"ParentAssetId":"{asset}","Name":"b.mp4","IsPrimary":"True","ContentFileSize":12}}"#
    );
    let file = api.post("Files", body).send().expect(201).json();
    assert_eq!((&file["IsPrimary"], &file["ContentFileSize"]), (&json!(true), &json!("12")));
    // A body that never ends is not read to its end.
    let huge = format!(r#"{{"Name":"{}"}}"#, "x".repeat(9 << 20));
    api.post("Assets", huge).send().expect(413);
    let long = json!({ "Name": "x".repeat(5000) });
    api.post("Assets", long).send().expect(400);
    // Nested as deep as a stack overflow wants it.
    api.post("Assets", "[".repeat(200_000)).send().expect(400);
}

#[test]
fn a_client_may_wait_for_permission_to_go_on() {
    let service = Service::shared();
    let mut connection = Connection::open(&service.info.api);
    let body = r#"{"Name":"expected"}"#;
    let head = format!(
        "POST /api/Assets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nx-ms-version: 2.19\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        service.api.token,
        body.len()
    );
    connection.send(head.as_bytes());
    assert_eq!(connection.reply().status, 100);
    connection.send(body.as_bytes());
    let made = connection.reply();
    assert_eq!(made.status, 201, "{made:?}");
    assert!(made.headers.contains("location: http://"), "{made:?}");
}
