//! The monitoring configuration.

use acceptance::{Service, error_message, key, new_id};
use serde_json::{Value as Json, json};

fn level(configuration: &Json, component: &str) -> Json {
    let settings = configuration["Settings"].as_array().unwrap();
    settings.iter().find(|s| s["Component"] == component).unwrap()["Level"].clone()
}

#[test]
fn there_is_one_and_what_it_leaves_out_is_disabled() {
    let service = Service::start();
    let api = &service.api;
    assert!(api.get("MonitoringConfigurations").send().expect(200).feed().is_empty());
    let body = json!({ "Settings": [{ "Component": "Channel", "Level": "Normal" }] });
    let made = api.post("MonitoringConfigurations", &body).send().expect(201).json();
    assert!(made["Id"].as_str().unwrap().starts_with("nb:mcid:UUID:"));
    assert_eq!(level(&made, "Channel"), "Normal");
    assert_eq!(level(&made, "StreamingEndpoint"), "Disabled");
    let reply = api.post("MonitoringConfigurations", &body).send().expect(403);
    assert!(error_message(&reply).contains("1 monitoring configurations"), "{reply}");

    let path = key("MonitoringConfigurations", &made);
    let body = json!({ "Settings": [{ "Component": "StreamingEndpoint", "Level": "Verbose" }] });
    api.merge(&path, body).send().expect(204);
    let changed = api.get(&path).send().expect(200).json();
    assert_eq!(level(&changed, "Channel"), "Disabled");
    assert_eq!(level(&changed, "StreamingEndpoint"), "Verbose");
    for (settings, expected) in [
        (json!([{ "Component": "Job", "Level": "Normal" }]), "Component"),
        (json!([{ "Component": "Channel", "Level": "Loud" }]), "Level"),
        (json!([{ "Component": "Channel" }]), "Level"),
        (json!(vec![json!({ "Component": "Channel", "Level": "Normal" }); 2]), "twice"),
    ] {
        let reply = api.merge(&path, json!({ "Settings": settings })).send().expect(400);
        assert!(error_message(&reply).contains(expected), "{expected}: {reply}");
    }
    assert_eq!(api.get(&path).send().json()["Settings"], changed["Settings"]);
    api.delete(&path).send().expect(204);
    let body = json!({ "NotificationEndPointId": new_id("nepid"), "Settings": [] });
    let reply = api.post("MonitoringConfigurations", body).send().expect(404);
    assert!(error_message(&reply).contains("NotificationEndPoint"), "{reply}");
    api.post("MonitoringConfigurations", json!({ "Settings": [] })).send().expect(201);
}
