//! Quotas that the operator has set, and requests in too great a number.

use acceptance::{ENCODER, Service, error_message, key, task_body};
use serde_json::{Value as Json, json};

fn service(quotas: &str) -> (Service, tempfile::TempPath) {
    let file = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    std::fs::write(&file, quotas).unwrap();
    let path = file.to_str().unwrap().to_owned();
    (Service::start_with(&["--x264-preset", "ultrafast", "--quotas", &path]), file)
}

#[test]
fn what_exceeds_a_quota_is_refused_with_its_name() {
    let (service, _file) = service(
        "assets = 4\njobs = 1\npolicies = 2\nlocators-per-asset = 2\ntasks-per-job = 2\n\
         assets-per-job = 2\nassets-per-task = 3\n",
    );
    let api = &service.api;
    let full = |reply: acceptance::Reply, expected: &str| {
        let reply = reply.expect(403);
        assert!(error_message(&reply).contains(expected), "{expected}: {reply}");
    };
    let asset = api.upload("a.mp4", b"x").asset;
    let uri = json!({ "__metadata": { "uri": api.uri("Assets", &asset) } });
    let task = |output: usize| {
        json!({
            "Configuration": "AAC Audio", "MediaProcessorId": ENCODER,
            "TaskBody": task_body("JobInputAsset(0)", &format!("JobOutputAsset({output})")),
        })
    };
    let job = |inputs: usize, tasks: Vec<Json>| {
        let body = json!({ "InputMediaAssets": vec![uri.clone(); inputs], "Tasks": tasks });
        api.post("Jobs", body).verbose().send()
    };
    full(job(1, (0..3).map(task).collect()), "2 tasks in a job");
    full(job(3, vec![task(0)]), "2 input assets in a job");
    let mut wide = task(0);
    let outputs: String =
        (0..3).map(|n| format!("<outputAsset>JobOutputAsset({n})</outputAsset>")).collect();
    let wide_body =
        format!("<taskBody><inputAsset>JobInputAsset(0)</inputAsset>{outputs}</taskBody>");
    wide["TaskBody"] = json!(wide_body);
    full(job(1, vec![wide]), "3 assets in a task");

    // One of the two policies was made for the upload.
    let policy = api.policy(1);
    let body = json!({ "Name": "third", "DurationInMinutes": 60, "Permissions": 1 });
    full(api.post("AccessPolicies", body).send(), "2 access policies");
    let locator = |api: &acceptance::Api| {
        api.post("Locators", acceptance::locator(&policy, &asset, 2)).send()
    };
    locator(api).expect(201);
    locator(api).expect(201);
    locator(api).expect(409);

    // Three assets more: two outputs of a job, and then one.
    job(1, (0..2).map(task).collect()).expect(201);
    full(job(1, vec![task(0)]), "1 jobs");
    let last = api.post("Assets", json!({ "Name": "last" })).send().expect(201).json();
    full(api.post("Assets", json!({ "Name": "one too many" })).send(), "4 assets");
    api.delete(&key("Assets", &last)).send().expect(204);
    api.post("Assets", json!({ "Name": "room again" })).send().expect(201);
}

#[test]
fn outputs_of_jobs_count_as_assets() {
    let (service, _file) = service("assets = 2\n");
    let api = &service.api;
    let asset = api.upload("a.mp4", b"x").asset;
    let tasks: Vec<_> = (0..2)
        .map(|n| {
            json!({
                "Configuration": "AAC Audio", "MediaProcessorId": ENCODER,
                "TaskBody": task_body("JobInputAsset(0)", &format!("JobOutputAsset({n})")),
            })
        })
        .collect();
    let uri = json!({ "__metadata": { "uri": api.uri("Assets", &asset) } });
    let body = json!({ "InputMediaAssets": [uri], "Tasks": tasks });
    let reply = api.post("Jobs", body).verbose().send().expect(403);
    assert!(error_message(&reply).contains("2 assets"), "{reply}");
    assert!(api.get("Jobs").send().feed().is_empty());
    assert_eq!(api.get("Assets").send().feed().len(), 1);
}

#[test]
fn files_that_are_too_large_for_the_units_are_not_encoded() {
    let (service, _file) = service("encoding-gigabytes-s1 = 1\n");
    let api = &service.api;
    let upload = api.upload("a.mp4", b"x");
    let file = format!("Files('{}')", acceptance::percent(&upload.file));
    let resize = |size: &str| {
        api.merge(&file, json!({ "ContentFileSize": size })).send().expect(204);
    };
    let post = || {
        let uri = json!({ "__metadata": { "uri": api.uri("Assets", &upload.asset) } });
        let body = json!({
            "InputMediaAssets": [uri],
            "Tasks": [{
                "Configuration": "AAC Audio", "MediaProcessorId": ENCODER,
                "TaskBody": task_body("JobInputAsset(0)", "JobOutputAsset(0)"),
            }],
        });
        api.post("Jobs", body).verbose().send()
    };
    resize("1000000001");
    let refused = post().expect(403);
    assert!(error_message(&refused).contains("S1 reserved units"), "{refused}");
    let row = api.get("EncodingReservedUnitTypes").send().expect(200).feed()[0].clone();
    let path = format!("EncodingReservedUnitTypes(guid'{}')", row["AccountId"].as_str().unwrap());
    api.call("PUT", &path).json(json!({ "ReservedUnitType": 1 })).send().expect(204);
    post().expect(201);
    resize("60000000001");
    assert!(error_message(&post().expect(403)).contains("60 GB"));
}
