//! What an account has and how much of it: ids, quotas, notifications, ingest.

use acceptance::{
    Api, ENCODER, Service, ago, blob_url, error_message, id_of, key, locator, new_id, percent,
};
use serde_json::{Value as Json, json};

fn put(api: &Api, sas: &Json, name: &str, content: &[u8]) {
    let call = api.plain("PUT", &blob_url(sas, name)).header("x-ms-blob-type", "BlockBlob");
    call.body(content).send().expect(201);
}

fn files(api: &Api, asset: &str) -> Vec<Json> {
    api.get(&format!("Assets('{}')/Files", percent(asset))).send().expect(200).feed()
}

#[test]
fn point_26_create_file_infos_lists_the_blobs_and_marks_no_primary() {
    let api = &Service::shared().api;
    let asset = api.asset("infos");
    let sas = api.sas(&asset, 2);
    put(api, &sas, "one.mp4", &[1; 10]);
    put(api, &sas, "two.mp4", &[2; 2000]);
    let known = api.file(&asset, "one.mp4");
    api.get(&format!("CreateFileInfos?assetid='{}'", percent(&asset))).send().expect(204);
    // As node-azure-media writes it; files that are known stay as they are.
    api.get(&format!("/CreateFileInfos?assetid='{asset}'")).send().expect(204);
    let found = files(api, &asset);
    assert_eq!(found.len(), 2);
    let file = |name: &str| found.iter().find(|file| file["Name"] == name).unwrap();
    assert_eq!(file("one.mp4")["Id"], json!(known));
    let made = file("two.mp4");
    assert_eq!(made["ContentFileSize"], "2000");
    assert_eq!((&made["MimeType"], &made["IsPrimary"]), (&Json::Null, &json!(false)));
    assert!(found.iter().all(|file| file["IsPrimary"] == false));

    let call = |id: &str| api.get(&format!("CreateFileInfos?assetid='{id}'")).send();
    call("notAValidId").expect(400);
    call(&percent(&new_id("cid"))).expect(404);
    api.get("CreateFileInfos").send().expect(400);
    api.get(&format!("CreateFileInfos?assetid={}", percent(&asset))).send().expect(400);
    api.post(&format!("CreateFileInfos?assetid='{asset}'"), "{}").send().expect(405);
}

#[test]
fn point_27_locators_are_five_and_only_those_of_the_origin_change() {
    let api = &Service::shared().api;
    let asset = api.upload("a.mp4", b"x").asset;
    let (read, write) = (api.policy(1), api.policy(2));
    let make = |policy: &str, ty: i32| api.post("Locators", locator(policy, &asset, ty)).send();
    let sas = make(&write, 1).expect(201).json();
    let origin = make(&read, 2).expect(201).json();
    for ty in [1, 2, 1] {
        make(&read, ty).expect(201);
    }
    let sixth = make(&read, 2).expect(409);
    assert!(error_message(&sixth).contains("5 locators"), "{sixth}");
    make(&read, 1).expect(409);

    let change = json!({ "StartTime": ago(30) });
    let refused = api.merge(&key("Locators", &sas), &change).send().expect(400);
    assert!(error_message(&refused).contains("SAS"), "{refused}");
    let path = key("Locators", &origin);
    let start = ago(20);
    api.merge(&path, json!({ "StartTime": start })).send().expect(204);
    let moved = api.get(&path).send().expect(200).json();
    let time = |text: &Json| {
        let text = text.as_str().unwrap().trim_end_matches('Z');
        format!("{text}Z").parse::<jiff::Timestamp>().unwrap()
    };
    // The policy lasts an hour.
    let length = time(&moved["ExpirationDateTime"]) - time(&moved["StartTime"]);
    assert_eq!(length.total(jiff::Unit::Minute).unwrap(), 60.0);
    assert_eq!(time(&moved["StartTime"]), time(&json!(start)));
    assert!(time(&moved["ExpirationDateTime"]) < time(&origin["ExpirationDateTime"]));
    assert_eq!(moved["Path"], origin["Path"]);
    // One that is deleted makes room for another.
    api.delete(&path).send().expect(204);
    make(&read, 2).expect(201);
}

#[test]
fn point_28_clients_choose_ids_of_locators_and_task_templates() {
    let api = &Service::shared().api;
    let asset = api.upload("a.mp4", b"x").asset;
    let policy = api.policy(1);
    let id = new_id("lid");
    let with_id = |id: &str| {
        let mut body = locator(&policy, &asset, 2);
        body["Id"] = json!(id);
        api.post("Locators", body).send()
    };
    let made = with_id(&id).expect(201).json();
    assert_eq!(made["Id"], json!(id));
    let guid = id.rsplit(':').next().unwrap();
    assert!(made["Path"].as_str().unwrap().ends_with(&format!("/{guid}/")), "{made}");
    let taken = with_id(&id).expect(409);
    assert!(error_message(&taken).contains(&id), "{taken}");
    with_id("notAValidId").expect(400);
    with_id(&new_id("pid")).expect(400);
    // One that a client leaves empty, the service fills in.
    let made = with_id("").expect(201).json();
    assert!(made["Id"].as_str().unwrap().starts_with("nb:lid:UUID:"));

    let id = new_id("ttid");
    let template = json!({
        "Name": "template", "TemplateType": "1", "NumberofInputAssets": "1",
        "JobTemplateBody": format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><jobTemplate>\
             <taskBody taskTemplateId=\"{id}\"><inputAsset>JobInputAsset(0)</inputAsset>\
             <outputAsset>JobOutputAsset(0)</outputAsset></taskBody></jobTemplate>"
        ),
        "TaskTemplates": [{
            "Id": id, "Configuration": "Adaptive Streaming", "MediaProcessorId": ENCODER,
            "NumberofInputAssets": 1, "NumberofOutputAssets": 1,
        }],
    });
    api.post("JobTemplates", &template).send().expect(201);
    let path = format!("TaskTemplates('{}')", percent(&id));
    assert_eq!(api.get(&path).send().expect(200).json()["Id"], json!(id));
    let taken = api.post("JobTemplates", &template).send().expect(409);
    assert!(error_message(&taken).contains(&id), "{taken}");
}

#[test]
fn point_36_names_and_the_primary_file_are_unique_in_an_asset() {
    let api = &Service::shared().api;
    let asset = api.asset("unique");
    let make = |name: &str, primary: bool| {
        let body = json!({
            "Name": name, "ParentAssetId": asset, "IsPrimary": primary.to_string(),
            "IsEncrypted": "false", "MimeType": "video/mp4",
        });
        api.post("Files", body).send()
    };
    make("a.mp4", true).expect(201);
    let other = make("b.mp4", false).expect(201).json();
    let twice = make("a.mp4", false).expect(409);
    assert!(error_message(&twice).contains("'a.mp4'"), "{twice}");
    let primary = make("c.mp4", true).expect(409);
    assert!(error_message(&primary).contains("primary"), "{primary}");
    let path = key("Files", &other);
    for change in [json!({ "Name": "a.mp4" }), json!({ "IsPrimary": true })] {
        api.merge(&path, change).send().expect(409);
    }
    assert_eq!(files(api, &asset).len(), 2);
    assert_eq!(api.get(&path).send().expect(200).json()["Name"], "b.mp4");
    // Another asset can have the same.
    let elsewhere = id_of(&api.post("Assets", "{}").send().expect(201).json());
    api.file(&elsewhere, "a.mp4");
}

#[test]
fn point_46_throttled_requests_are_answered_with_503_in_the_words_of_the_service() {
    let message = |rule: &str| {
        let file = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        std::fs::write(&file, format!("[throttle]\n{rule}\n")).unwrap();
        let service = Service::start_with(&["--quotas", file.to_str().unwrap()]);
        let api = &service.api;
        let replies: Vec<_> = (0..30).map(|_| api.get("Assets").send()).collect();
        assert!(replies.iter().any(|reply| reply.status == 200));
        let busy = replies.iter().find(|reply| reply.status == 503).unwrap();
        // In the format that was asked for.
        let verbose = (0..30).map(|_| api.get("Assets").verbose().send());
        let busy_verbose = verbose.into_iter().find(|reply| reply.status == 503).unwrap();
        assert_eq!(error_message(&busy_verbose), error_message(busy));
        // Whoever has no token is not counted, and learns nothing.
        api.get("Assets").without("authorization").send().expect(401);
        error_message(busy)
    };
    assert_eq!(
        message("requests = 3"),
        "Server is busy. More than 3 requests per second can be throttled."
    );
    assert_eq!(
        message("requests = 5\nseconds = 60"),
        "Server is busy. More than 5 requests within 60 seconds can be throttled."
    );
    // Off unless it is asked for.
    let api = &Service::shared().api;
    assert!((0..60).all(|_| api.get("Assets?$top=1").send().status == 200));
}
