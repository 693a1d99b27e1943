//! The states of streaming endpoints, the operations between them, and what an endpoint can be.

use std::time::Duration;

use acceptance::{Api, Reply, Service, error_message, eventually, key, percent, poll};
use serde_json::{Value as Json, json};

const FAST: [&str; 2] = ["--x264-preset", "ultrafast"];
/// Long enough to look in between.
const SLOW: [&str; 2] = ["--operation-milliseconds", "1500"];

fn endpoint(api: &Api, name: &str) -> Json {
    let all = api.get("StreamingEndpoints").send().expect(200).feed();
    all.into_iter().find(|endpoint| endpoint["Name"] == name).unwrap()
}

fn act(api: &Api, endpoint: &Json, action: &str) -> Reply {
    let path = format!("{}/{action}", key("StreamingEndpoints", endpoint));
    api.call("POST", &path).send()
}

fn operation(api: &Api, accepted: &Reply) -> Json {
    let id = accepted.header("operation-id");
    api.get(&format!("Operations('{}')", percent(id))).send().expect(200).json()
}

fn state(api: &Api, endpoint: &Json) -> String {
    let read = api.get(&key("StreamingEndpoints", endpoint)).send().expect(200).json();
    read["State"].as_str().unwrap().to_owned()
}

#[test]
fn a_second_endpoint_is_made_and_no_third() {
    let service = Service::start_with(&FAST);
    let api = &service.api;
    let body = json!({
        "Name": "Second-1", "Description": "of two", "ScaleUnits": 1,
        "CacheControl": { "MaxAge": "1800" },
        "AccessControl": { "IP": { "Allow": [{ "Name": "all", "Address": "0.0.0.0", "SubnetPrefixLength": 0 }] } },
        "CustomHostNames": ["video.contoso.example"],
    });
    let made = api.post("StreamingEndpoints", &body).send().expect(202);
    let entity = made.json();
    assert!(made.header("location").ends_with(&key("StreamingEndpoints", &entity)), "{made}");
    assert!(entity["Id"].as_str().unwrap().starts_with("nb:oid:UUID:"));
    assert_eq!((&entity["State"], &entity["HostName"]), (&"Stopped".into(), &Json::Null));
    assert_eq!(entity["StreamingEndpointVersion"], "2.0");
    assert!(entity["FreeTrialEndTime"].as_str().unwrap().starts_with("0001-01-01T00:00:00"));
    assert_eq!(entity["CdnEnabled"], false);
    for member in
        ["Name", "Description", "ScaleUnits", "CacheControl", "AccessControl", "CustomHostNames"]
    {
        let (sent, got) = (&body[member], &entity[member]);
        assert!(sent == got || member == "AccessControl", "{member}: {got}");
    }
    assert_eq!(entity["AccessControl"]["IP"], body["AccessControl"]["IP"]);
    assert!(entity["AccessControl"]["Akamai"].is_null());
    let done = operation(api, &made);
    assert_eq!((&done["State"], &done["TargetEntityId"]), (&"Succeeded".into(), &entity["Id"]));
    assert!(done["ErrorCode"].is_null() && done["ErrorMessage"].is_null());
    let host = endpoint(api, "Second-1")["HostName"].as_str().unwrap().to_owned();
    assert!(host.starts_with("second-1-mediad.streaming."), "{host}");
    let third = api.post("StreamingEndpoints", json!({ "Name": "third" })).send().expect(403);
    assert!(error_message(&third).contains("2 streaming endpoints"), "{third}");
}

#[test]
fn what_an_endpoint_cannot_be() {
    let api = &Service::shared().api;
    let long = "x".repeat(33);
    let with = |member: &str, value: Json| json!({ "Name": "bad", member: value });
    let hosts = |names: Json| with("CustomHostNames", names);
    let allow = |address: &str, length: i32| {
        let range = json!({ "Name": "r", "Address": address, "SubnetPrefixLength": length });
        with("AccessControl", json!({ "IP": { "Allow": [range] } }))
    };
    let site = |text: &str| with("CrossSiteAccessPolicies", json!({ "CrossDomainPolicy": text }));
    let akamai = json!({ "Akamai": { "AkamaiSignatureHeaderAuthenticationKeyList": [
        { "Identifier": "id", "Expiration": "2030-01-01T00:00:00Z", "Base64Key": "dGVzdA==" }
    ] } });
    for (body, status, says) in [
        (json!({}), 400, "Name"),
        (json!({ "Name": "" }), 400, "InvalidResourceName"),
        (json!({ "Name": "-a" }), 400, "InvalidResourceName"),
        (json!({ "Name": "a-" }), 400, "InvalidResourceName"),
        (json!({ "Name": "a.b" }), 400, "InvalidResourceName"),
        (json!({ "Name": long }), 400, "32"),
        (json!({ "Name": "DEFAULT" }), 409, "ResourceNameTaken"),
        (with("Description", "x".repeat(257).into()), 400, "256"),
        (with("State", "Scaling".into()), 400, "State"),
        (with("ScaleUnits", 11.into()), 403, "10 streaming units"),
        (with("ScaleUnits", (-1).into()), 400, "at least 0"),
        (
            with("CdnEnabled", true.into()),
            412,
            "CDN capability is not available in the current region.",
        ),
        (with("CdnProvider", "Nobody".into()), 400, "CdnProvider"),
        (with("StreamingEndpointVersion", "3.0".into()), 400, "1.0 or 2.0"),
        (with("CacheControl", json!({ "MaxAge": "-1" })), 400, "MaxAge"),
        (with("CacheControl", json!({ "MaxAge": "99999999999" })), 400, "MaxAge"),
        (hosts(json!(["http://video.example"])), 400, "not a host name"),
        (hosts(json!(["video.example", "VIDEO.example"])), 400, "twice"),
        (hosts(json!(["media.windows.net"])), 409, "another service"),
        (hosts(json!(["a.blob.core.windows.net"])), 409, "another service"),
        (allow("nowhere", 8), 400, "not an IP address"),
        (allow("10.0.0.0", 33), 400, "0 to 32"),
        (allow("::1", 129), 400, "0 to 128"),
        (allow("::1", -1), 400, "0 to 128"),
        (site("<access-policy/>"), 400, "cross-domain-policy"),
        (site("<cross-domain-policy>"), 400, "cross-domain-policy"),
        (with("AccessControl", akamai), 501, "Akamai"),
        (with("Nope", 1.into()), 400, "Nope"),
    ] {
        let reply = api.post("StreamingEndpoints", &body).send().expect(status);
        assert!(error_message(&reply).contains(says), "{reply}");
    }
    assert_eq!(api.get("StreamingEndpoints").send().expect(200).feed().len(), 1);
}

#[test]
fn every_step_takes_an_operation() {
    let service = Service::start_with(&[FAST, SLOW].concat());
    let api = &service.api;
    let default = endpoint(api, "default");
    let path = key("StreamingEndpoints", &default);
    let refused = act(api, &default, "Stop").expect(400);
    assert!(error_message(&refused).contains("must be Running"), "{refused}");

    let start = act(api, &default, "Start").expect(202);
    assert!(start.body.is_empty());
    assert_eq!(state(api, &default), "Starting");
    let in_progress = operation(api, &start);
    assert_eq!(in_progress["State"], "InProgress");
    assert_eq!(in_progress["TargetEntityId"], default["Id"]);
    // Meanwhile there is no other.
    act(api, &default, "Start").expect(400);
    act(api, &default, "Stop").expect(400);
    api.merge(&path, json!({ "Description": "no" })).send().expect(400);
    poll(api, &start);
    assert_eq!(state(api, &default), "Running");

    let merge = api.merge(&path, json!({ "Description": "while running" })).send().expect(202);
    assert_eq!(state(api, &default), "Running");
    let busy = act(api, &default, "Stop").expect(409);
    assert!(error_message(&busy).contains("OperationInProgress"), "{busy}");
    poll(api, &merge);
    assert_eq!(endpoint(api, "default")["Description"], "while running");

    let scale =
        |units: Json| api.post(&format!("{path}/Scale"), json!({ "scaleUnits": units })).send();
    for (wrong, status) in
        [(json!(11), 403), (json!(-1), 400), (json!("many"), 400), (json!(null), 400)]
    {
        scale(wrong).expect(status);
    }
    let scaled = scale(json!(2)).expect(202);
    assert_eq!(state(api, &default), "Scaling");
    // It goes on meanwhile; what it does not find is no matter of its state.
    let ask = || {
        let url = format!("{}/{}/a.mp4", service.info.streaming, uuid::Uuid::new_v4());
        api.plain("GET", &url).send().expect(404).text().contains("stopped")
    };
    assert!(!ask(), "running while it is scaled");
    poll(api, &scaled);
    let read = endpoint(api, "default");
    assert_eq!((&read["State"], &read["ScaleUnits"]), (&"Running".into(), &2.into()));

    let stop = act(api, &default, "Stop").expect(202);
    assert_eq!(state(api, &default), "Stopping");
    poll(api, &stop);
    // As SDKs of scripting languages send it.
    let scaled = scale(json!("0")).expect(202);
    assert_eq!(state(api, &default), "Scaling");
    assert!(ask(), "stopped while it is scaled");
    poll(api, &scaled);
    let read = endpoint(api, "default");
    assert_eq!((&read["State"], &read["ScaleUnits"]), (&"Stopped".into(), &0.into()));
    api.merge(&path, json!({ "Description": "while stopped" })).send().expect(204);

    let second = json!({ "Name": "second", "State": "Running" });
    let made = api.post("StreamingEndpoints", second).send().expect(202);
    assert_eq!(state(api, &made.json()), "Starting");
    poll(api, &made);
    let second = endpoint(api, "second");
    assert_eq!(second["State"], "Running");
    let second_path = key("StreamingEndpoints", &second);
    api.delete(&second_path).send().expect(400);
    poll(api, &act(api, &second, "Stop").expect(202));
    let deleted = api.delete(&second_path).send().expect(202);
    assert_eq!(state(api, &second), "Deleting");
    poll(api, &deleted);
    api.get(&second_path).send().expect(404);
}

#[test]
fn the_default_endpoint_cannot_be_deleted() {
    let api = &Service::shared().api;
    let path = key("StreamingEndpoints", &endpoint(api, "default"));
    let refused = api.delete(&path).send().expect(202);
    let operation = operation(api, &refused);
    assert_eq!(operation["State"], "Failed");
    assert_eq!(operation["ErrorCode"], "DeleteNotAllowedOnDefaultOrigin");
    assert!(operation["ErrorMessage"].as_str().unwrap().contains("cannot be deleted"));
    api.get(&path).send().expect(200);
}

#[test]
fn what_cannot_be_changed() {
    let service = Service::start_with(&FAST);
    let api = &service.api;
    let path = key("StreamingEndpoints", &endpoint(api, "default"));
    for (body, status) in [
        (json!({ "Name": "other" }), 400),
        (json!({ "ScaleUnits": 3 }), 400),
        (json!({ "State": "Running" }), 400),
        (json!({ "StreamingEndpointVersion": "1.0" }), 400),
        (json!({ "CdnEnabled": true }), 412),
    ] {
        api.merge(&path, body).send().expect(status);
    }
    // All that was read comes back, and changes nothing.
    let mut whole = api.get(&path).send().expect(200).json();
    whole.as_object_mut().unwrap().retain(|name, _| !name.starts_with("odata."));
    api.merge(&path, &whole).send().expect(204);
    let classic = json!({ "Name": "classic", "StreamingEndpointVersion": "1.0" });
    let classic = api.post("StreamingEndpoints", classic).send().expect(202).json();
    let path = key("StreamingEndpoints", &classic);
    api.merge(&path, json!({ "StreamingEndpointVersion": "2.0" })).send().expect(204);
    api.merge(&path, json!({ "StreamingEndpointVersion": "1.0" })).send().expect(400);
    api.merge(&path, json!({ "StreamingEndpointVersion": null })).send().expect(204);
    assert_eq!(endpoint(api, "classic")["StreamingEndpointVersion"], "2.0");
}

#[test]
fn an_endpoint_as_dot_net_sends_it() {
    let service = Service::start_with(&FAST);
    let api = &service.api;
    // All that the class has, set or not.
    let body = json!({
        "Id": null, "Name": "net", "Description": null, "Created": "0001-01-01T00:00:00",
        "LastModified": "0001-01-01T00:00:00", "State": null, "HostName": null, "ScaleUnits": null,
        "CustomHostNames": [], "AccessControl": null, "CacheControl": { "MaxAge": null },
        "CrossSiteAccessPolicies": { "ClientAccessPolicy": null, "CrossDomainPolicy": null },
        "CdnEnabled": false, "CdnProvider": null, "CdnProfile": null,
        "FreeTrialEndTime": "0001-01-01T00:00:00", "StreamingEndpointVersion": null,
    });
    let made =
        api.post("StreamingEndpoints", body).verbose().send().expect(202).json()["d"].clone();
    assert_eq!((&made["State"], &made["ScaleUnits"]), (&"Stopped".into(), &0.into()));
    let path = key("StreamingEndpoints", &made);
    let read = api.get(&path).verbose().send().expect(200).json()["d"].clone();
    assert_eq!(read["StreamingEndpointVersion"], "2.0");
    api.merge(&path, &read).verbose().send().expect(204);
    poll(api, &act(api, &made, "Start").expect(202));
}

#[test]
fn an_operation_that_was_interrupted_is_finished() {
    let service = Service::start_with(&[FAST, ["--operation-milliseconds", "3600000"]].concat());
    let default = endpoint(&service.api, "default");
    let start = act(&service.api, &default, "Start").expect(202);
    assert_eq!(state(&service.api, &default), "Starting");
    let service = service.kill().start();
    eventually(Duration::from_secs(20), "the endpoint is running", || {
        (state(&service.api, &default) == "Running").then_some(())
    });
    assert_eq!(operation(&service.api, &start)["State"], "Succeeded");
}
