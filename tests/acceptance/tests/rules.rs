//! The rules of the entity sets: what is refused, with which status, and what goes along with what.

#![allow(clippy::unwrap_used)]

use acceptance::{Service, ago, blob_url, error_message, id_of, key, locator, new_id, percent};
use serde_json::{Value as Json, json};

#[test]
fn assets() {
    let service = Service::shared();
    let api = &service.api;
    for options in ["0", "1", "2", "4"] {
        let body = json!({ "Name": "options", "Options": options });
        let asset = api.post("Assets", body).send().expect(201).json();
        assert_eq!(asset["Options"].to_string(), options);
    }
    for options in ["3", "5", "6", "7", "8", "-1"] {
        let reply = api.post("Assets", json!({ "Options": options })).send().expect(400);
        assert!(error_message(&reply).contains("Options"), "{reply}");
    }
    let reply = api.post("Assets", json!({ "StorageAccountName": "elsewhere" })).send().expect(404);
    assert!(error_message(&reply).contains("elsewhere"), "{reply}");
    // All have defaults.
    let asset = api.post("Assets", "{}").send().expect(201).json();
    let account = api.get("StorageAccounts").send().expect(200).feed()[0].clone();
    assert_eq!(asset["StorageAccountName"], account["Name"]);
    assert_eq!(account["IsDefault"], true);
    let body = json!({ "StorageAccountName": account["Name"] });
    api.post("Assets", body).send().expect(201);
    let path = key("Assets", &asset);
    for body in [
        json!({ "Options": 1 }),
        json!({ "StorageAccountName": "other" }),
        json!({ "Name": "x".repeat(5000) }),
    ] {
        api.merge(&path, body).send().expect(400);
    }
    api.merge(&path, json!({ "Name": null, "AlternateId": "a" })).send().expect(204);
    let changed = api.get(&path).send().json();
    assert_eq!((&changed["Name"], &changed["AlternateId"]), (&Json::Null, &json!("a")));
    assert!(changed["LastModified"].as_str() > asset["Created"].as_str().map(|t| &t[..23]));
    api.call("POST", &format!("{path}/Publish")).send().expect(204);
}

/// Names that are paths, or that do not fit into a URL as they are.
const REFUSED_NAMES: &[&str] = &[
    "",
    " ",
    ".",
    "..",
    "../x.mp4",
    "/etc/passwd",
    "a/b.mp4",
    "a\\b.mp4",
    "a.b.mp4",
    ".hidden",
    "a%2fb.mp4",
    "%2e%2e",
    "a?b.mp4",
    "a#b.mp4",
    "a&b.mp4",
    "a:b.mp4",
    "C:a.mp4",
    "a'b.mp4",
    "a\"b.mp4",
    "a\u{0}b.mp4",
    "a\nb.mp4",
    "a*b.mp4",
    "a(1).mp4",
    "a=b.mp4",
    "a,b.mp4",
    "a;b.mp4",
    "a@b.mp4",
    "a+b.mp4",
    "a$b.mp4",
    "a[b.mp4",
    "a!b.mp4",
];

#[test]
fn file_names() {
    let service = Service::shared();
    let api = &service.api;
    let asset = api.asset("names");
    let post = |name: &str, primary: bool| {
        let body = json!({ "Name": name, "ParentAssetId": asset, "IsPrimary": primary });
        api.post("Files", body).send()
    };
    let first = post("a.mp4", true).expect(201).json();
    let reply = post("a.mp4", false).expect(409);
    assert!(error_message(&reply).contains("a.mp4"), "{reply}");
    let reply = post("b.mp4", true).expect(409);
    assert!(error_message(&reply).contains("primary"), "{reply}");
    let second = post("b.mp4", false).expect(201).json();
    api.merge(&key("Files", &second), json!({ "IsPrimary": true })).send().expect(409);
    api.merge(&key("Files", &second), json!({ "Name": "a.mp4" })).send().expect(409);
    api.merge(&key("Files", &first), json!({ "IsPrimary": "false" })).send().expect(204);
    api.merge(&key("Files", &second), json!({ "IsPrimary": "true" })).send().expect(204);
    for name in REFUSED_NAMES {
        post(name, false).expect(400);
        if !name.is_empty() {
            api.merge(&key("Files", &second), json!({ "Name": name })).send().expect(400);
        }
    }
    post(&format!("{}.mp4", "x".repeat(300)), false).expect(400);
    post("Größe und Maß-1_2~3.mp4", false).expect(201);
    let other = json!({ "Name": "x.mp4", "ParentAssetId": new_id("cid") });
    api.post("Files", other).send().expect(404);
    api.post("Files", json!({ "Name": "x.mp4" })).send().expect(400);
    api.post("Files", json!({ "Name": "x.mp4", "ParentAssetId": "x" })).send().expect(400);
    let moved = json!({ "ParentAssetId": api.asset("other") });
    api.merge(&key("Files", &second), moved).send().expect(400);
    // Of several files made at the same time, one gets the name.
    let made = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..6).map(|_| scope.spawn(|| post("race.mp4", false).status)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).filter(|status| *status == 201).count()
    });
    assert_eq!(made, 1);
}

#[test]
fn create_file_infos_makes_a_file_of_each_blob() {
    let service = Service::shared();
    let api = &service.api;
    let asset = api.asset("infos");
    let known = api.file(&asset, "known.mp4");
    let sas = api.sas(&asset, 2);
    for (name, size) in [("known.mp4", 3), ("new.mp4", 5)] {
        let put = api.plain("PUT", &blob_url(&sas, name)).header("x-ms-blob-type", "BlockBlob");
        put.body(vec![b'x'; size]).send().expect(201);
    }
    for _ in 0..2 {
        let path = format!("CreateFileInfos?assetid='{}'", percent(&asset));
        api.get(&path).send().expect(204);
        let files = api.get(&format!("Assets('{}')/Files", percent(&asset))).send().feed();
        assert_eq!(files.len(), 2, "{files:?}");
        assert_eq!(id_of(&files[0]), known);
        assert_eq!(files[1]["Name"], "new.mp4");
        assert_eq!(files[1]["ContentFileSize"], "5");
        assert_eq!(files[1]["MimeType"], Json::Null);
        assert!(files.iter().all(|file| file["IsPrimary"] == false), "{files:?}");
    }
}

#[test]
fn access_policies() {
    let service = Service::shared();
    let api = &service.api;
    let post = |body: Json| api.post("AccessPolicies", body).send();
    // As the article says it: not 400.
    post(json!({ "Name": "x", "Permissions": "2" })).expect(500);
    post(json!({ "Name": "x", "DurationInMinutes": null })).expect(400);
    for minutes in ["0", "-1", "NaN", "INF", "x", ""] {
        post(json!({ "Name": "x", "DurationInMinutes": minutes })).expect(400);
    }
    for permissions in [16, -1, 255] {
        let body = json!({ "Name": "x", "DurationInMinutes": 1, "Permissions": permissions });
        post(body).expect(400);
    }
    let policy = post(json!({ "Name": "x", "DurationInMinutes": "0.5" })).expect(201).json();
    assert_eq!(policy["Permissions"], 0);
    assert_eq!(policy["DurationInMinutes"], 0.5);
    let path = key("AccessPolicies", &policy);
    api.delete(&path).send().expect(204);
    api.delete(&path).send().expect(404);
}

#[test]
fn five_locators_and_no_more() {
    let service = Service::shared();
    let api = &service.api;
    let asset = api.asset("five");
    let policy = api.policy(1);
    let make = |ty| api.post("Locators", locator(&policy, &asset, ty)).send();
    let statuses = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || make(n % 2 + 1).status)).collect();
        let mut statuses: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
        statuses.sort_unstable();
        statuses
    });
    assert_eq!(statuses, [201, 201, 201, 201, 201, 409, 409, 409]);
    let sixth = make(1).expect(409);
    assert!(error_message(&sixth).contains('5'), "{sixth}");
    let locators = api.get(&format!("Assets('{}')/Locators", percent(&asset))).send().feed();
    assert_eq!(locators.len(), 5);
    // One gone makes room for one; what was refused has left no policy in the container.
    for locator in locators {
        api.delete(&key("Locators", &locator)).send().expect(204);
        make(1).expect(201);
    }
    make(1).expect(409);
}

#[test]
fn locator_rules() {
    let service = Service::shared();
    let api = &service.api;
    let asset = api.asset("locators");
    let (read, write, list) = (api.policy(1), api.policy(2), api.policy(9));
    let make = |body: Json| api.post("Locators", body).send();
    for ty in [0, 3, -1] {
        make(locator(&read, &asset, ty)).expect(400);
    }
    for policy in [&write, &list, &api.policy(4), &api.policy(0)] {
        make(locator(policy, &asset, 2)).expect(400);
    }
    make(locator(&new_id("pid"), &asset, 1)).expect(404);
    make(locator(&read, &new_id("cid"), 1)).expect(404);
    make(locator("x", &asset, 1)).expect(400);
    make(json!({ "AssetId": asset, "Type": 1 })).expect(400);
    make(json!({ "AccessPolicyId": read, "Type": 1 })).expect(400);
    make(json!({ "AccessPolicyId": read, "AssetId": asset })).expect(400);

    // Chosen by the client, once.
    let id = new_id("lid");
    let mut body = locator(&read, &asset, 2);
    body["Id"] = id.clone().into();
    let made = make(body.clone()).expect(201).json();
    assert_eq!(made["Id"], id);
    make(body.clone()).expect(409);
    body["Id"] = "nb:cid:UUID:x".into();
    make(body).expect(400);
    // Without a start it starts now.
    let body = json!({ "AccessPolicyId": read, "AssetId": asset, "Type": 1, "Name": "named" });
    let now = make(body).expect(201).json();
    assert_eq!((&now["StartTime"], &now["Name"]), (&Json::Null, &json!("named")));
    let found = api.get("Locators?$filter=Name eq 'named'").send().expect(200).feed();
    assert_eq!(id_of(&found[0]), id_of(&now));
    // By links, as .NET does.
    let body = json!({
        "Type": 1, "AssetId": null, "AccessPolicyId": null,
        "Asset@odata.bind": api.uri("Assets", &asset),
        "AccessPolicy@odata.bind": api.uri("AccessPolicies", &read),
    });
    let bound = make(body).expect(201).json();
    assert_eq!(bound["AssetId"], asset);
    // The policy may go: the locator stays.
    api.delete(&format!("AccessPolicies('{}')", percent(&read))).send().expect(204);
    api.get(&key("Locators", &bound)).send().expect(200);
}

#[test]
fn a_locator_without_an_end_that_matters_works() {
    let api = &Service::shared().api;
    let upload = api.upload("a.mp4", b"forever");
    let body = json!({ "Name": "ever", "DurationInMinutes": 1e12, "Permissions": 1 });
    let policy = id_of(&api.post("AccessPolicies", body).send().expect(201).json());
    let made = api.post("Locators", locator(&policy, &upload.asset, 1)).send().expect(201).json();
    let blob = api.plain("GET", &blob_url(&made, "a.mp4")).send().expect(200);
    assert_eq!(blob.body, b"forever");
}

#[test]
fn locator_updates() {
    let service = Service::shared();
    let api = &service.api;
    let asset = api.asset("updates");
    let sas = api.sas(&asset, 1);
    let reply =
        api.merge(&key("Locators", &sas), json!({ "StartTime": ago(1) })).send().expect(400);
    assert!(error_message(&reply).contains("SAS"), "{reply}");
    let origin = api.origin(&asset);
    let path = key("Locators", &origin);
    api.merge(&path, json!({ "StartTime": "2030-01-01T00:00:00Z" })).send().expect(204);
    let moved = api.get(&path).send().json();
    assert_eq!(moved["StartTime"], "2030-01-01T00:00:00");
    assert_eq!(moved["ExpirationDateTime"], "2030-01-01T01:00:00", "its policy has 60 minutes");
    assert_eq!(moved["Path"], origin["Path"]);
    let both = json!({
        "StartTime": "2031-01-01T00:00:00Z", "ExpirationDateTime": "2032-01-01T00:00:00Z",
    });
    api.merge(&path, both).send().expect(204);
    assert_eq!(api.get(&path).send().json()["ExpirationDateTime"], "2032-01-01T00:00:00");
    let ends = |end: &str| api.merge(&path, json!({ "ExpirationDateTime": end })).send();
    ends("2030-12-31T00:00:00Z").expect(400);
    ends("2031-06-01T00:00:00Z").expect(204);
    let moved = api.get(&path).send().json();
    assert_eq!(moved["StartTime"], "2031-01-01T00:00:00", "it stays");
    assert_eq!(moved["ExpirationDateTime"], "2031-06-01T00:00:00");
    api.merge(&path, json!({ "Type": 1 })).send().expect(400);
    api.merge(&path, json!({ "AssetId": api.asset("another") })).send().expect(400);
}

#[test]
fn what_goes_with_an_asset() {
    let service = Service::shared();
    let api = &service.api;
    let upload = api.upload("gone.mp4", b"content");
    let (sas, origin) = (api.sas(&upload.asset, 9), api.origin(&upload.asset));
    let blob = blob_url(&sas, "gone.mp4");
    api.plain("GET", &blob).send().expect(200);
    api.delete(&format!("Assets('{}')", percent(&upload.asset))).send().expect(204);
    for path in [key("Locators", &sas), key("Locators", &origin)] {
        api.get(&path).send().expect(404);
    }
    api.get(&format!("Files('{}')", percent(&upload.file))).send().expect(404);
    let gone = api.plain("GET", &blob).send();
    assert!(matches!(gone.status, 403 | 404), "{gone}");
    api.post("Locators", locator(&api.policy(1), &upload.asset, 1)).send().expect(404);

    // The container may be kept; its SAS URLs end all the same.
    let kept = api.upload("kept.mp4", b"content");
    let sas = api.sas(&kept.asset, 9);
    let path = format!("Assets('{}')?keepcontainer=true", percent(&kept.asset));
    api.delete(&path).send().expect(204);
    api.get(&key("Locators", &sas)).send().expect(404);
    api.plain("GET", &blob_url(&sas, "kept.mp4")).send().expect(403);
}

#[test]
fn the_default_endpoint() {
    let service = Service::shared();
    let api = &service.api;
    let endpoint = api.get("StreamingEndpoints").send().expect(200).feed()[0].clone();
    let path = key("StreamingEndpoints", &endpoint);
    assert_eq!(endpoint["State"], "Stopped");
    assert_eq!(endpoint["HostName"], service.info.streaming.trim_start_matches("http://"));
    let stop = api.call("POST", &format!("{path}/Stop")).send().expect(400);
    assert!(error_message(&stop).contains("Running"), "{stop}");
    api.get(&format!("{path}/Start")).send().expect(405);
    api.call("POST", &format!("{path}/Nope")).send().expect(404);
    api.call("POST", &format!("StreamingEndpoints('{}')/Start", new_id("oid"))).send().expect(404);
    let body = json!({ "Description": "changed" });
    api.merge(&path, body).send().expect(204);
    assert_eq!(api.get(&path).send().json()["Description"], "changed");
}
