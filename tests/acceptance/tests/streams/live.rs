//! Live streaming is not built, and says so.

use acceptance::{Service, error_message, new_id};
use serde_json::json;

#[test]
fn channels_and_programs_are_listed_and_cannot_be_made() {
    let api = &Service::shared().api;
    for set in ["Channels", "Programs"] {
        assert!(api.get(set).send().expect(200).feed().is_empty());
        assert_eq!(
            api.get(&format!("{set}/$count")).header("accept", "*/*").send().expect(200).text(),
            "0"
        );
    }
    let channel = json!({ "Name": "live", "Input": { "StreamingProtocol": "RTMP" } });
    let program = json!({
        "Name": "show", "ChannelId": new_id("chid"), "AssetId": new_id("cid"),
        "ArchiveWindowLength": "PT1H",
    });
    for (set, body) in [
        ("Channels", &channel),
        ("Channels", &json!({})),
        ("Programs", &program),
        ("Programs", &json!({})),
    ] {
        let light = api.post(set, body).send().expect(501);
        assert!(error_message(&light).contains("Live streaming is not available"), "{light}");
        let verbose = api.post(set, body).verbose().send().expect(501).json();
        assert!(verbose["error"]["message"]["value"].as_str().unwrap().contains("Live streaming"));
        let atom = api.post(set, body).header("accept", "application/atom+xml").send().expect(501);
        assert!(
            atom.text().contains("<m:message") && atom.text().contains("Live streaming"),
            "{atom}"
        );
    }
    for action in ["Start", "Stop", "Reset"] {
        let path = format!("Channels('{}')/{action}", new_id("chid"));
        api.call("POST", &path).send().expect(404);
    }
    let metadata = api.get("$metadata").header("accept", "application/xml").send().expect(200);
    assert!(metadata.text().contains("EntitySet Name=\"Channels\""));
}
