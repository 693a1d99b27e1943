//! Storage encryption, from the upload to the output.

use acceptance::{Api, ENCODER, Service, decode, id_of, key, new_id, percent, video};
use serde_json::{Value as Json, json};

const PRESET: &str = "H264 Single Bitrate 4x3 SD";

/// Runs one task whose output is made with these options; returns the job.
fn run(api: &Api, asset: &str, processor: &str, configuration: &str, options: u32) -> String {
    let body = format!(
        "<taskBody><inputAsset>JobInputAsset(0)</inputAsset><outputAsset \
         assetCreationOptions=\"{options}\">JobOutputAsset(0)</outputAsset></taskBody>"
    );
    let job = json!({
        "Name": "job",
        "InputMediaAssets": [{ "__metadata": { "uri": api.uri("Assets", asset) } }],
        "Tasks": [{
            "Configuration": configuration, "MediaProcessorId": processor, "TaskBody": body,
        }],
    });
    id_of(&api.post("Jobs", job).verbose().send().expect(201).json()["d"])
}

/// The id of a processor.
fn processor(api: &Api, name: &str) -> String {
    let path = format!("MediaProcessors?$filter=Name eq '{name}'");
    id_of(&api.get(&path).send().expect(200).feed()[0])
}

fn output(api: &Api, job: &str) -> String {
    assert_eq!(api.finish(job), 3, "{:?}", api.tasks(job));
    id_of(&api.outputs(job)[0])
}

fn named<'f>(files: &'f [Json], ending: &str) -> &'f Json {
    let ends = |file: &&Json| file["Name"].as_str().is_some_and(|name| name.ends_with(ending));
    files.iter().find(ends).unwrap_or_else(|| panic!("no {ending} in {files:?}"))
}

/// Upload → encode → download, encrypted all the way; and the upload itself comes back as it was.
#[test]
fn what_is_encrypted_comes_back() {
    let service = Service::shared();
    let api = &service.api;
    let content = video("128x72", 1);
    let sent = api.upload_encrypted("film.mp4", &content);
    assert_ne!(api.blob(&sent.upload.asset, "film.mp4"), content);
    assert_eq!(api.decrypted(&api.files(&sent.upload.asset)[0]), content);

    let encoded = output(api, &run(api, &sent.upload.asset, ENCODER, PRESET, 1));
    let asset = api.get(&format!("Assets('{}')", percent(&encoded))).send().expect(200).json();
    assert_eq!(asset["Options"], 1);
    let keys = api.get(&format!("Assets('{}')/ContentKeys", percent(&encoded))).send();
    let keys = keys.expect(200).feed();
    assert_eq!((keys.len(), &keys[0]["ContentKeyType"]), (1, &json!(1)));
    assert_ne!(id_of(&keys[0]), sent.key_id);
    let files = api.files(&encoded);
    assert!(files.len() > 1, "{files:?}");
    let mut vectors = std::collections::BTreeSet::new();
    for file in &files {
        assert_eq!(file["EncryptionKeyId"], keys[0]["Id"]);
        assert!(vectors.insert(file["InitializationVector"].to_string()), "{files:?}");
        let clear = api.decrypted(file);
        assert_eq!(clear.len().to_string(), file["ContentFileSize"].as_str().unwrap());
    }
    let film = api.decrypted(named(&files, ".mp4"));
    assert!(decode(&film, "v").count > 0);
    let manifest = api.decrypted(named(&files, ".ism"));
    assert!(String::from_utf8(manifest).unwrap().contains("<smil"));

    // The processor for it gives all files in the clear.
    let decryption = processor(api, "Storage Decryption");
    for (asset, name, expected) in
        [(&sent.upload.asset, "film.mp4", &content), (&encoded, ".mp4", &film)]
    {
        let clear = output(api, &run(api, asset, &decryption, "", 0));
        let files = api.files(&clear);
        let file = named(&files, name);
        assert_eq!(file["IsEncrypted"], false);
        assert_eq!(&api.blob(&clear, file["Name"].as_str().unwrap()), expected);
    }

    // With its asset, the key that the service made is gone.
    api.delete(&format!("Assets('{}')", percent(&encoded))).send().expect(204);
    api.get(&key("ContentKeys", &keys[0])).send().expect(404);
}

/// The origin decrypts once a policy says that it may.
#[test]
fn encrypted_assets_are_streamed_in_the_clear() {
    let service = Service::shared();
    let api = &service.api;
    api.endpoint("Running");
    let upload = api.upload("film.mp4", &video("128x72", 5));
    let asset = output(api, &run(api, &upload.asset, ENCODER, PRESET, 1));
    let files = api.files(&asset);
    let film = named(&files, ".mp4");
    let clear = api.decrypted(film);
    let policy = json!({
        "Name": "clear", "AssetDeliveryPolicyType": 2, "AssetDeliveryProtocol": 0xffff,
        "AssetDeliveryConfiguration": null,
    });
    let policy = id_of(&api.post("AssetDeliveryPolicies", policy).send().expect(201).json());
    let path = format!("Assets('{}')", percent(&asset));
    api.link(&path, "DeliveryPolicies", "AssetDeliveryPolicies", &policy).expect(204);
    let root = api.origin(&asset)["Path"].as_str().unwrap().to_owned();

    let url = format!("{root}{}", film["Name"].as_str().unwrap());
    assert_eq!(api.plain("GET", &url).send().expect(200).body, clear);
    for (range, part) in [
        ("bytes=5-5", 5..6),
        ("bytes=15-1000", 15..1001),
        ("bytes=16-31", 16..32),
        ("bytes=1001-", 1001..clear.len()),
        ("bytes=-7", clear.len() - 7..clear.len()),
    ] {
        let reply = api.plain("GET", &url).header("range", range).send().expect(206);
        assert_eq!(reply.body, clear[part.clone()], "{range}");
        let expected = format!("bytes {}-{}/{}", part.start, part.end - 1, clear.len());
        assert_eq!(reply.header("content-range"), expected);
    }
    let past = format!("bytes={}-", clear.len());
    api.plain("GET", &url).header("range", &past).send().expect(416);

    // Streams are byte for byte those of the same files in the clear.
    let plain = output(api, &run(api, &asset, &processor(api, "Storage Decryption"), "", 0));
    let plain_root = api.origin(&plain)["Path"].as_str().unwrap().to_owned();
    let ism = named(&files, ".ism")["Name"].as_str().unwrap();
    let same = |path: &str| {
        let get = |root: &str| api.plain("GET", &format!("{root}{ism}/{path}")).send().expect(200);
        let (encrypted, plain) = (get(&root), get(&plain_root));
        assert!(encrypted.body == plain.body && !plain.body.is_empty(), "{encrypted}");
        plain
    };
    same("manifest");
    // Pictures would be kept in the clear.
    let refused = api.plain("GET", &format!("{root}{ism}/Thumbnails.vtt")).send().expect(403);
    assert!(refused.text().starts_with("MPE_ENC_ENCRYPTION_REQUIRED"), "{refused}");
    let url = format!("{plain_root}{ism}/Thumbnails.vtt");
    api.plain("GET", &url).send_patiently().expect(200);
    let playlists = same("manifest(format=m3u8-aapl)");
    let uri = |line: &&str| !line.starts_with('#') && !line.is_empty();
    for playlist in playlists.text().lines().filter(uri) {
        for segment in same(playlist).text().lines().filter(uri) {
            let folder = playlist.rsplit_once('/').map_or("", |(folder, _)| folder);
            same(&format!("{folder}/{segment}"));
        }
    }
}

/// A file that cannot be decrypted fails the task, as malformed content does.
#[test]
fn what_cannot_be_decrypted_is_not_encoded() {
    let api = &Service::shared().api;
    let short = api.content_key(1, &[7; 16]);
    for (change, problem) in [
        (json!({ "EncryptionKeyId": new_id("kid") }), "EncryptionKeyId"),
        (json!({ "EncryptionKeyId": null }), "EncryptionKeyId"),
        (json!({ "InitializationVector": null }), "InitializationVector"),
        (json!({ "InitializationVector": "0xff" }), "InitializationVector"),
        (json!({ "InitializationVector": "99999999999999999999" }), "InitializationVector"),
        (json!({ "EncryptionKeyId": short }), "32 bytes"),
    ] {
        let sent = api.upload_encrypted("film.mp4", b"x");
        let path = format!("Files('{}')", percent(&sent.upload.file));
        api.merge(&path, &change).send().expect(204);
        let job = run(api, &sent.upload.asset, ENCODER, PRESET, 0);
        assert_eq!(api.finish(&job), 4, "{change}");
        let detail = &api.tasks(&job)[0]["ErrorDetails"][0];
        assert_eq!(detail["Code"], "ErrorDownloadingInputAssetMalformedContent", "{detail}");
        assert!(detail["Message"].as_str().unwrap().contains(problem), "{detail}");
    }
}
