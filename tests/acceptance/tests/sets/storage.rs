//! The storage account, and what it says of the space in use.

use std::time::Duration;

use acceptance::{Service, error_message, eventually, percent};
use serde_json::json;

#[test]
fn the_storage_account_knows_the_space_in_use() {
    let service = Service::start();
    let api = &service.api;
    let account = api.get("StorageAccounts").send().expect(200).feed()[0].clone();
    assert_eq!((&account["IsDefault"], &account["BytesUsed"]), (&json!(true), &json!("0")));
    let path = format!("StorageAccounts('{}')", account["Name"].as_str().unwrap());
    let used = |bytes: &str| {
        eventually(Duration::from_secs(30), "the space in use is known", || {
            let account = api.get(&path).send().expect(200).json();
            (account["BytesUsed"] == bytes).then_some(())
        });
    };
    let upload = api.upload("a.mp4", &[7; 5000]);
    api.upload("b.mp4", &[7; 300]);
    used("5300");
    api.delete(&format!("Assets('{}')", percent(&upload.asset))).send().expect(204);
    used("300");

    api.get("StorageAccounts('elsewhere')").send().expect(404);
    api.post("StorageAccounts", json!({ "Name": "mine" })).send().expect(405);
    api.merge(&path, json!({ "IsDefault": false })).send().expect(405);
    api.delete(&path).send().expect(405);
    let body = json!({ "StorageAccountName": "elsewhere" });
    let reply = api.post("Assets", body).send().expect(404);
    assert!(error_message(&reply).contains("Cannot find the storage account 'elsewhere'"));
}
