//! Uploads in bulk: what arrives in the container of a manifest goes into its assets.

use std::time::Duration;

use acceptance::{Api, Service, blob_url, error_message, eventually, id_of, key, new_id, percent};
use serde_json::{Value as Json, json};

fn manifest(api: &Api, name: &str) -> Json {
    api.post("IngestManifests", json!({ "Name": name })).send().expect(201).json()
}

/// Adds an asset to a manifest, as documentation does.
fn manifest_asset(api: &Api, manifest: &Json, asset: &str) -> Json {
    let body = json!({ "ParentIngestManifestId": id_of(manifest), "Asset": { "Id": asset } });
    api.post("IngestManifestAssets", body).verbose().send().expect(201).json()["d"].clone()
}

fn manifest_file(manifest: &Json, asset: &Json, name: &str) -> Json {
    json!({
        "Name": name, "ParentIngestManifestId": id_of(manifest),
        "ParentIngestManifestAssetId": id_of(asset), "MimeType": "video/mp4",
    })
}

fn add(api: &Api, body: &Json) -> Json {
    api.post("IngestManifestFiles", body).send().expect(201).json()
}

/// Uploads a blob to the container of a manifest.
fn upload(api: &Api, manifest: &Json, name: &str, content: &[u8]) {
    let url = manifest["BlobStorageUriForUpload"].as_str().unwrap();
    let (base, query) = url.split_once('?').unwrap();
    let put = api.plain("PUT", &format!("{base}/{name}?{query}"));
    put.header("x-ms-blob-type", "BlockBlob").body(content).send().expect(201);
}

fn read(api: &Api, set: &str, entity: &Json) -> Json {
    api.get(&key(set, entity)).send().expect(200).json()
}

/// Waits until a file is in a state.
fn settled(api: &Api, file: &Json, state: i64) -> Json {
    eventually(Duration::from_secs(30), "the upload was taken", || {
        let file = read(api, "IngestManifestFiles", file);
        (file["State"] == state).then_some(file)
    })
}

fn counts(manifest: &Json) -> [i64; 3] {
    ["PendingFilesCount", "FinishedFilesCount", "ErrorFilesCount"]
        .map(|name| manifest["Statistics"][name].as_i64().unwrap())
}

fn files_of(api: &Api, asset: &str) -> Vec<Json> {
    api.get(&format!("Assets('{}')/Files", percent(asset))).send().expect(200).feed()
}

#[test]
fn uploads_go_into_their_assets() {
    let service = Service::start();
    let api = &service.api;
    let made = manifest(api, "bulk");
    assert_eq!((&made["State"], counts(&made)), (&json!(0), [0, 0, 0]));
    assert!(made["Id"].as_str().unwrap().starts_with("nb:mid:UUID:"));
    let account = api.get("StorageAccounts").send().feed()[0]["Name"].clone();
    assert_eq!(made["StorageAccountName"], account);
    let path = key("IngestManifests", &made);
    let pending = || api.get(&format!("{path}/PendingIngestManifestAssets")).send().feed();

    let (first, second) = (api.asset("first"), api.asset("second"));
    let one = manifest_asset(api, &made, &first);
    let two = manifest_asset(api, &made, &second);
    let linked = api.get(&format!("{}/Asset", key("IngestManifestAssets", &one))).send();
    assert_eq!(linked.expect(200).json()["Id"], json!(first));
    let film = add(api, &{
        let mut film = manifest_file(&made, &one, "film.mp4");
        film["IsPrimary"] = json!(true);
        film
    });
    let early = upload_before_its_file(api, &made, &two);
    let secret = add(api, &{
        let mut secret = manifest_file(&made, &two, "secret.mp4");
        secret["IsEncrypted"] = json!(true);
        secret["EncryptionScheme"] = json!("StorageEncryption");
        secret["EncryptionVersion"] = json!("1.0");
        secret["EncryptionKeyId"] = json!(new_id("kid"));
        secret["InitializationVector"] = json!("397304628502661816");
        secret
    });
    settled(api, &early, 1);
    let active = read(api, "IngestManifests", &made);
    assert_eq!((&active["State"], counts(&active)), (&json!(2), [2, 1, 0]));
    assert_eq!(pending().len(), 2);
    assert_eq!(files_of(api, &first), [] as [Json; 0]);

    // In blocks, as large files are.
    let url = made["BlobStorageUriForUpload"].as_str().unwrap().replace('?', "/film.mp4?");
    for (id, content) in [("YQ==", "0123456"), ("Yg==", "789")] {
        let put = api.plain("PUT", &format!("{url}&comp=block&blockid={}", percent(id)));
        put.body(content).send().expect(201);
    }
    let list = "<BlockList><Latest>YQ==</Latest><Latest>Yg==</Latest></BlockList>";
    api.plain("PUT", &format!("{url}&comp=blocklist")).body(list).send().expect(201);
    settled(api, &film, 1);
    upload(api, &made, "secret.mp4", &[9; 1000]);
    settled(api, &secret, 1);

    let files = files_of(api, &first);
    assert_eq!(files.len(), 1);
    assert_eq!(
        [&files[0]["Name"], &files[0]["ContentFileSize"], &files[0]["IsPrimary"]],
        [&json!("film.mp4"), &json!("10"), &json!(true)]
    );
    assert_eq!(files[0]["MimeType"], "video/mp4");
    let files = files_of(api, &second);
    let file = files.iter().find(|file| file["Name"] == "secret.mp4").unwrap();
    for name in ["IsEncrypted", "EncryptionScheme", "EncryptionKeyId", "InitializationVector"] {
        assert_eq!(file[name], secret[name], "{name}");
    }
    let blob = api.plain("GET", &blob_url(&api.sas(&first, 1), "film.mp4")).send().expect(200);
    assert_eq!(blob.body, b"0123456789");
    // Moved, not copied.
    let read_url = made["BlobStorageUriForUpload"].as_str().unwrap().replace('?', "/film.mp4?");
    api.plain("GET", &read_url).send().expect(404);

    let done = read(api, "IngestManifests", &made);
    assert_eq!((&done["State"], counts(&done)), (&json!(0), [0, 3, 0]));
    assert!(pending().is_empty());
    assert_eq!(api.get(&format!("{path}/IngestManifestAssets")).send().feed().len(), 2);

    // The manifest goes with its parts; the assets stay, with what is in them.
    api.merge(&path, json!({ "Name": "renamed" })).send().expect(204);
    assert_eq!(read(api, "IngestManifests", &made)["Name"], "renamed");
    api.delete(&path).send().expect(204);
    for (set, entity) in [("IngestManifestAssets", &one), ("IngestManifestFiles", &film)] {
        api.get(&key(set, entity)).send().expect(404);
    }
    let put = api.plain("PUT", &url).header("x-ms-blob-type", "BlockBlob").body("x").send();
    assert!(matches!(put.status, 403 | 404), "{put}");
    assert_eq!(files_of(api, &first).len(), 1);
}

/// A blob that comes before anybody has said which asset it is for.
fn upload_before_its_file(api: &Api, manifest: &Json, asset: &Json) -> Json {
    upload(api, manifest, "early.mp4", b"early");
    add(api, &manifest_file(manifest, asset, "early.mp4"))
}

#[test]
fn uploads_that_do_not_fit_say_why() {
    let api = &Service::shared().api;
    let made = manifest(api, "errors");
    let asset = api.upload("there.mp4", b"x").asset;
    let parent = manifest_asset(api, &made, &asset);
    let twice = add(api, &manifest_file(&made, &parent, "there.mp4"));
    upload(api, &made, "there.mp4", b"other");
    let failed = settled(api, &twice, 2);
    assert!(failed["ErrorDetail"].as_str().unwrap().contains("'there.mp4'"), "{failed}");
    let (other, other_asset) = {
        let asset = api.asset("deleted");
        (manifest_asset(api, &made, &asset), asset)
    };
    let orphan = add(api, &manifest_file(&made, &other, "orphan.mp4"));
    api.delete(&format!("Assets('{}')", percent(&other_asset))).send().expect(204);
    upload(api, &made, "orphan.mp4", b"x");
    let failed = settled(api, &orphan, 2);
    assert!(failed["ErrorDetail"].as_str().unwrap().contains("deleted"), "{failed}");
    let done = read(api, "IngestManifests", &made);
    assert_eq!((&done["State"], counts(&done)), (&json!(0), [0, 0, 2]));
    let details = done["Statistics"]["ErrorFilesDetails"].as_str().unwrap();
    assert!(details.contains("there.mp4: ") && details.contains("orphan.mp4: "), "{details}");
    // What was in the asset is as it was.
    let blob = api.plain("GET", &blob_url(&api.sas(&asset, 1), "there.mp4")).send().expect(200);
    assert_eq!(blob.body, b"x");

    // A file that is deleted is counted no more, and not waited for.
    let waits = add(api, &manifest_file(&made, &parent, "waits.mp4"));
    assert_eq!(counts(&read(api, "IngestManifests", &made)), [1, 0, 2]);
    for file in [&waits, &twice] {
        api.delete(&key("IngestManifestFiles", file)).send().expect(204);
    }
    let left = read(api, "IngestManifests", &made);
    assert_eq!((&left["State"], counts(&left)), (&json!(0), [0, 0, 1]));
    api.delete(&key("IngestManifestAssets", &other)).send().expect(204);
    api.get(&key("IngestManifestFiles", &orphan)).send().expect(404);
}

#[test]
fn what_is_no_bulk_upload_is_refused() {
    let api = &Service::shared().api;
    let (made, asset) = (manifest(api, ""), api.asset("a"));
    let parent = manifest_asset(api, &made, &asset);
    let refuse = |set: &str, body: Json, status: u16, expected: &str| {
        let reply = api.post(set, body).send().expect(status);
        assert!(error_message(&reply).contains(expected), "{expected}: {reply}");
    };
    let account = json!({ "StorageAccountName": "elsewhere" });
    refuse("IngestManifests", account, 404, "Cannot find the storage account");
    refuse("IngestManifests", json!({ "Nope": 1 }), 400, "Nope");

    let body =
        |manifest: &str, asset: Json| json!({ "ParentIngestManifestId": manifest, "Asset": asset });
    let id = id_of(&made);
    let set = "IngestManifestAssets";
    refuse(set, body(&new_id("mid"), json!({ "Id": asset })), 404, "IngestManifest");
    refuse(set, body("notAValidId", json!({ "Id": asset })), 400, "ParentIngestManifestId");
    refuse(set, body(&id, json!({ "Id": new_id("cid") })), 404, "Asset");
    refuse(set, body(&id, json!({ "Id": "notAValidId" })), 400, "id");
    refuse(set, body(&id, json!({})), 400, "needs an Asset");
    refuse(set, json!({ "ParentIngestManifestId": id }), 400, "needs an Asset");
    refuse(set, json!({ "Asset": { "Id": asset } }), 400, "ParentIngestManifestId");
    let bound = json!({
        "ParentIngestManifestId": id, "Asset@odata.bind": api.uri("Assets", &asset),
    });
    api.post(set, bound).send().expect(201);

    let set = "IngestManifestFiles";
    let with = |name: &str, value: Json| {
        let mut file = manifest_file(&made, &parent, "a.mp4");
        file[name] = value;
        file
    };
    for name in ["", " ", "../a.mp4", "a/b.mp4", "a.b.mp4"] {
        refuse(set, with("Name", json!(name)), 400, "name");
    }
    for length in [261, 4001] {
        refuse(set, with("Name", json!("x".repeat(length))), 400, "Name");
    }
    refuse(set, with("Name", Json::Null), 400, "Name");
    refuse(set, with("ParentIngestManifestAssetId", json!(new_id("maid"))), 404, "Asset");
    refuse(set, with("ParentIngestManifestId", json!(new_id("mid"))), 404, "IngestManifest");
    refuse(set, with("EncryptionScheme", json!("Rot13")), 400, "EncryptionScheme");
    let other = manifest(api, "other");
    refuse(set, with("ParentIngestManifestId", json!(id_of(&other))), 400, "another");
    let file = add(api, &with("IsPrimary", json!(true)));
    refuse(set, with("IsPrimary", json!(false)), 409, "'a.mp4'");
    let mut second = with("Name", json!("b.mp4"));
    second["IsPrimary"] = json!(true);
    refuse(set, second, 409, "primary");
    api.merge(&key(set, &file), json!({ "MimeType": "x/y" })).send().expect(405);
    api.merge(&key("IngestManifests", &made), json!({ "StorageAccountName": "x" }))
        .send()
        .expect(400);
    assert_eq!(counts(&read(api, "IngestManifests", &made)), [1, 0, 0]);
    api.delete("IngestManifests('notAValidId')").send().expect(400);
    api.delete(&format!("IngestManifests('{}')", percent(&new_id("mid")))).send().expect(404);
}

#[test]
fn uploads_that_a_crash_cut_off_are_taken_at_the_next_start() {
    let service = Service::start();
    let (made, asset) = (manifest(&service.api, "crash"), service.api.asset("a"));
    let parent = manifest_asset(&service.api, &made, &asset);
    let names: Vec<_> = (0..40).map(|n| format!("file{n}.mp4")).collect();
    for name in &names {
        add(&service.api, &manifest_file(&made, &parent, name));
    }
    for name in &names {
        upload(&service.api, &made, name, name.as_bytes());
    }
    // Some are in their asset by now, one perhaps half, and others not at all.
    let service = service.kill().start();
    let api = &service.api;
    eventually(Duration::from_secs(60), "all uploads were taken", || {
        let manifest = read(api, "IngestManifests", &made);
        (counts(&manifest) == [0, 40, 0]).then_some(())
    });
    let mut files: Vec<_> =
        files_of(api, &asset).iter().map(|f| f["Name"].as_str().unwrap().to_owned()).collect();
    files.sort();
    let mut expected = names.clone();
    expected.sort();
    assert_eq!(files, expected);
    let sas = api.sas(&asset, 1);
    for name in &names {
        let blob = api.plain("GET", &blob_url(&sas, name)).send().expect(200);
        assert_eq!(blob.body, name.as_bytes());
    }
}
