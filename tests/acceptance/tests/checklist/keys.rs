//! Content keys, encryption and delivery policies.

use std::time::Duration;

use acceptance::{
    ENCODER, Service, blob_url, crypto, decode, error_message, eventually, id_of, key, locator,
    new_id, percent, storage_cipher, task_body, value, video,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

#[test]
fn point_28_clients_choose_ids_and_a_second_use_is_a_conflict() {
    let api = &Service::shared().api;
    let wrapped = crypto::wrap(&api.certificate(), &[7; 16]);
    let content_key = json!({
        "Id": new_id("kid"), "ContentKeyType": "0", "EncryptedContentKey": wrapped,
    });
    let mut sas = locator(&api.policy(1), &api.asset("a"), 1);
    sas["Id"] = json!(new_id("lid"));
    let task_template = |id: &str| {
        json!({
            "Name": "t", "TemplateType": 1,
            "JobTemplateBody": format!(
                "<jobTemplate><taskBody taskTemplateId=\"{id}\"><inputAsset>JobInputAsset(0)\
                 </inputAsset><outputAsset>JobOutputAsset(0)</outputAsset></taskBody></jobTemplate>"
            ),
            "TaskTemplates": [{
                "Id": id, "Configuration": "AAC Audio", "MediaProcessorId": ENCODER,
                "NumberofInputAssets": 1, "NumberofOutputAssets": 1,
            }],
        })
    };
    let template_id = new_id("ttid");
    for (set, body, chosen) in [
        ("ContentKeys", &content_key, content_key["Id"].as_str()),
        ("Locators", &sas, sas["Id"].as_str()),
        ("JobTemplates", &task_template(&template_id), None),
    ] {
        let made = api.post(set, body).verbose().send().expect(201).json()["d"].clone();
        if let Some(chosen) = chosen {
            assert_eq!(id_of(&made), chosen);
            assert_eq!(api.get(&key(set, &made)).send().expect(200).json()["Id"], chosen);
        }
        let again = api.post(set, body).verbose().send().expect(409);
        assert!(!error_message(&again).is_empty(), "{again}");
    }
    let path = format!("TaskTemplates('{}')", percent(&template_id));
    assert_eq!(api.get(&path).send().expect(200).json()["Id"], template_id.as_str());
    // One that is not an id is no such thing, for whatever set.
    for (set, body, id) in [
        ("ContentKeys", content_key.clone(), "nb:kid:UUID:x".to_owned()),
        ("ContentKeys", content_key, new_id("lid")),
        ("Locators", sas, "notAValidId".to_owned()),
    ] {
        let mut body = body;
        body["Id"] = Json::String(id);
        api.post(set, body).send().expect(400);
    }
}

/// Each step as the documentation of storage encryption has it, by `openssl` alone.
#[test]
fn point_29_storage_encrypted_uploads_are_encoded() {
    let api = &Service::shared().api;
    let content = video("128x72", 1);
    let id = value(&api.get("GetProtectionKeyId?contentKeyType=1").send().expect(200));
    assert!(id.len() == 40 && id.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b)));
    let path = format!("GetProtectionKey?ProtectionKeyId='{id}'");
    let certificate = value(&api.get(&path).send().expect(200));
    assert_eq!(crypto::sha1(&STANDARD.decode(&certificate).unwrap()), id);

    let (secret, iv) = (crypto::random(32), 397_304_628_502_661_816_u64);
    let content_key = json!({
        "Id": new_id("kid"), "ContentKeyType": "1", "ProtectionKeyId": id, "ProtectionKeyType": "0",
        "EncryptedContentKey": crypto::wrap(&certificate, &secret), "Checksum": "TfXtjCIlq1Y=",
    });
    api.post("ContentKeys", &content_key).send().expect(201);
    let asset = json!({ "Name": "a", "Options": "1" });
    let asset = id_of(&api.post("Assets", asset).send().expect(201).json());
    let path = format!("Assets('{}')", percent(&asset));
    api.link(&path, "ContentKeys", "ContentKeys", &id_of(&content_key)).expect(204);

    // The counter starts as the vector, eight bytes, and then the number of the block.
    let encrypted = storage_cipher(&secret, iv, &content);
    let tail = crypto::ctr(&secret, (u128::from(iv) << 64) + 2, &content[32..]);
    assert_eq!(encrypted[32..], tail);
    let file = api.file(&asset, "film.mp4");
    api.put(&asset, "film.mp4", &encrypted);
    let merge = json!({
        "ContentFileSize": content.len().to_string(), "IsEncrypted": "true",
        "EncryptionScheme": "StorageEncryption", "EncryptionVersion": "1.0",
        "EncryptionKeyId": id_of(&content_key), "InitializationVector": iv.to_string(),
    });
    api.merge(&format!("Files('{}')", percent(&file)), merge).send().expect(204);
    // What is stored is what was sent, and nobody else's to read.
    let stored = api.plain("GET", &blob_url(&api.sas(&asset, 1), "film.mp4")).send().expect(200);
    assert_eq!(stored.body, encrypted);

    let job = json!({
        "Name": "job",
        "InputMediaAssets": [{ "__metadata": { "uri": api.uri("Assets", &asset) } }],
        "Tasks": [{
            "Configuration": "H264 Single Bitrate 4x3 SD", "MediaProcessorId": ENCODER,
            "TaskBody": task_body("JobInputAsset(0)", "JobOutputAsset(0)"),
        }],
    });
    let job = api.post("Jobs", job).verbose().send().expect(201).json()["d"].clone();
    let job = id_of(&job);
    assert_eq!(api.finish(&job), 3, "{:?}", api.tasks(&job));
    let output = id_of(&api.outputs(&job)[0]);
    let files = api.files(&output);
    let encoded = files.iter().find(|file| file["MimeType"] == "video/mp4").expect("a video");
    assert_eq!(encoded["IsEncrypted"], false);
    let encoded = api.blob(&output, encoded["Name"].as_str().unwrap());
    assert!(decode(&encoded, "v").count > 0);
}

/// Without a policy everything is served; with one, what it names; and it cannot be changed while
/// the asset is streamed.
#[test]
fn point_41_delivery_policies_gate_protocols() {
    let api = &Service::shared().api;
    api.endpoint("Running");
    let asset = api.encoded("film.mp4", &video("128x72", 1));
    let path = format!("Assets('{}')", percent(&asset));
    let formats = ["manifest", "manifest(format=mpd-time-csf)", "manifest(format=m3u8-aapl)"];
    let served = |locator: &Json| {
        let root = locator["Path"].as_str().unwrap();
        formats.map(|format| api.plain("GET", &format!("{root}film.ism/{format}")).send().status)
    };
    let soon = |locator: &Json, expected: [u16; 3]| {
        eventually(Duration::from_secs(10), "the policies count", || {
            (served(locator) == expected).then_some(())
        });
    };
    let locator = api.origin(&asset);
    soon(&locator, [200, 200, 200]);

    let policy = |ty: i32, protocol: i32| {
        let body = json!({
            "Name": "p", "AssetDeliveryPolicyType": ty, "AssetDeliveryProtocol": protocol,
            "AssetDeliveryConfiguration": null,
        });
        id_of(&api.post("AssetDeliveryPolicies", body).send().expect(201).json())
    };
    let link = |policy: &str| api.link(&path, "DeliveryPolicies", "AssetDeliveryPolicies", policy);
    // In the clear by DASH, and not at all by HLS; Smooth Streaming is not named.
    let (dash, hls) = (policy(2, 2), policy(1, 4));
    assert!(error_message(&link(&dash).expect(409)).contains("locator"));
    api.delete(&key("Locators", &locator)).send().expect(204);
    link(&dash).expect(204);
    link(&hls).expect(204);
    let again = link(&policy(2, 6)).expect(409);
    assert!(error_message(&again).contains("protocol"), "{again}");
    let locator = api.origin(&asset);
    soon(&locator, [403, 200, 403]);
    let url = format!("{}film.ism/manifest", locator["Path"].as_str().unwrap());
    let blocked = api.plain("GET", &url).send().expect(403);
    assert!(blocked.text().starts_with("MPE_OUTPUT_FORMAT_BLOCKED"), "{blocked}");
    assert_eq!(blocked.header("access-control-allow-origin"), "*");

    let unlink = format!("{path}/$links/DeliveryPolicies('{}')", percent(&hls));
    api.delete(&unlink).send().expect(409);
    api.delete(&key("Locators", &locator)).send().expect(204);
    for policy in [&hls, &dash] {
        let unlink = format!("{path}/$links/DeliveryPolicies('{}')", percent(policy));
        api.delete(&unlink).send().expect(204);
    }
    soon(&api.origin(&asset), [200, 200, 200]);
}
