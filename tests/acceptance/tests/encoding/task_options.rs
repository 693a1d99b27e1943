//! `Task.Options`, chains of tasks, and what is told of a task's course.

use std::time::Duration;

use acceptance::{
    Api, ENCODER, Service, crypto, error_message, eventually, id_of, key, new_id, not_a_video,
    percent, task_body, video,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

fn task(configuration: &str, input: &str, output: &str, options: u32) -> Json {
    json!({
        "Configuration": configuration, "MediaProcessorId": ENCODER, "Options": options,
        "TaskBody": task_body(input, output),
    })
}

fn body(api: &Api, assets: &[&str], tasks: &Json) -> Json {
    let links: Vec<_> = assets.iter().map(|id| api.uri("Assets", id)).collect();
    json!({ "Name": "options", "InputMediaAssets@odata.bind": links, "Tasks": tasks })
}

fn post(api: &Api, assets: &[&str], tasks: &Json) -> String {
    let body = body(api, assets, tasks);
    id_of(&api.post("Jobs", body).header("dataserviceversion", "3.0").send().expect(201).json())
}

fn states(api: &Api, job: &str) -> Vec<i64> {
    api.tasks(job).iter().map(|task| task["State"].as_i64().unwrap()).collect()
}

#[test]
fn a_protected_configuration_is_read_with_its_key() {
    let api = &Service::shared().api;
    let asset = api.upload("film.mp4", &video("160x90", 1)).asset;
    let (secret, iv, id) = ([9; 32], [5; 16], new_id("kid"));
    let content_key = json!({
        "Id": id, "ContentKeyType": 2,
        "EncryptedContentKey": crypto::wrap(&api.certificate(), &secret),
    });
    api.post("ContentKeys", content_key).send().expect(201);
    let mut protected = task(
        &STANDARD.encode(crypto::cbc(&secret, &iv, b"AAC Audio")),
        "JobInputAsset(0)",
        "JobOutputAsset(0)",
        1,
    );
    let refused = |task: &Json| {
        let body = body(api, &[&asset], &json!([task]));
        let reply = api.post("Jobs", body).header("dataserviceversion", "3.0").send();
        error_message(&reply.expect(400))
    };
    assert!(refused(&protected).contains("EncryptionKeyId"));
    protected["EncryptionKeyId"] = json!(id);
    protected["EncryptionScheme"] = json!("StorageEncryption");
    protected["InitializationVector"] = json!(STANDARD.encode(iv));
    assert!(refused(&protected).contains("EncryptionScheme"));
    protected["EncryptionScheme"] = json!("ConfigurationEncryption");
    protected["EncryptionVersion"] = json!("1.0");
    let job = post(api, &[&asset], &json!([protected]));
    assert_eq!(api.finish(&job), 3, "{:?}", api.tasks(&job));
    // Another vector, and a key that is not there.
    for (property, value) in
        [("InitializationVector", STANDARD.encode([6; 16])), ("EncryptionKeyId", new_id("kid"))]
    {
        let mut wrong = protected.clone();
        wrong[property] = json!(value);
        let job = post(api, &[&asset], &json!([wrong]));
        assert_eq!(api.finish(&job), 4);
        let task = api.tasks(&job)[0].clone();
        assert_eq!(task["ErrorDetails"][0]["Code"], "ErrorParsingConfiguration", "{task}");
    }
    protected["InitializationVector"] = json!("short");
    assert!(refused(&protected).contains("16 bytes"));
    protected["Options"] = json!(8);
    assert!(refused(&protected).contains("Options is 8"));
}

/// A failure ends what waits for it, whatever its options, and the rest unless they say otherwise.
#[test]
fn failure_goes_down_the_chain() {
    let api = &Service::shared().api;
    let bad = api.upload("bad.mp4", &not_a_video()).asset;
    let good = api.upload("good.mp4", &video("160x90", 1)).asset;
    let (bad_input, good_input) = ("JobInputAsset(0)", "JobInputAsset(1)");
    let tasks = json!([
        task("AAC Audio", bad_input, "JobOutputAsset(0)", 2),
        task("AAC Audio", "JobOutputAsset(0)", "JobOutputAsset(1)", 4),
        task("AAC Audio", "JobOutputAsset(1)", "JobOutputAsset(2)", 4),
        task("AAC Audio", good_input, "JobOutputAsset(3)", 0),
        task("AAC Audio", good_input, "JobOutputAsset(4)", 4),
        task("AAC Audio", "JobOutputAsset(4)", "JobOutputAsset(5)", 4),
    ]);
    let job = post(api, &[&bad, &good], &tasks);
    assert_eq!(api.finish(&job), 4);
    assert_eq!(states(api, &job), [4, 5, 5, 5, 3, 3]);
    let tasks = api.tasks(&job);
    assert!(tasks.iter().all(|task| task["EndTime"].is_string()), "{tasks:?}");
    // The output of the first is kept, as its options say.
    let outputs = api.outputs(&job);
    assert_eq!(outputs.len(), 6, "{outputs:?}");
    let files = |n: usize| api.get(&format!("{}/Files", key("Assets", &outputs[n]))).send().feed();
    assert_eq!((files(0).len(), files(5).is_empty()), (0, false));
    // What is told of each.
    let codes = |task: &Json| -> Vec<String> {
        let events = task["HistoricalEvents"].as_array().unwrap();
        assert!(events.iter().all(|event| event["TimeStamp"].is_string()), "{task}");
        events.iter().map(|event| event["Code"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes(&tasks[0]), ["Scheduled", "Processing", "Error"]);
    assert_eq!(codes(&tasks[1]), ["Canceled"]);
    assert_eq!(codes(&tasks[4]), ["Scheduled", "Processing", "Finished"]);
    assert!(tasks[4]["PerfMessage"].as_str().unwrap().contains("files of"), "{}", tasks[4]);
    assert_eq!(tasks[0]["ErrorDetails"].as_array().unwrap().len(), 1);
    assert!(tasks[4]["RunningDuration"].as_f64().unwrap() > 0.0, "{}", tasks[4]);
}

/// With room for two tasks, one that runs is stopped when another fails, or is spared.
#[test]
fn failure_stops_what_runs() {
    let service = &Service::start_with(&["--x264-preset", "veryslow", "--encoders", "2"]);
    let api = &service.api;
    let bad = api.upload("bad.mp4", &not_a_video()).asset;
    let long = api.upload("long.mp4", &video("640x360", 60)).asset;
    let tasks = json!([
        task("Adaptive Streaming", "JobInputAsset(0)", "JobOutputAsset(0)", 0),
        task("AAC Audio", "JobInputAsset(1)", "JobOutputAsset(1)", 0),
    ]);
    let job = post(api, &[&long, &bad], &tasks);
    assert_eq!(api.finish(&job), 4);
    assert_eq!(states(api, &job), [5, 4]);
    eventually(Duration::from_secs(10), "ffmpeg is gone", || {
        acceptance::media_processes(&service.data()).is_empty().then_some(())
    });
}

#[test]
fn outputs_are_made_as_the_body_says() {
    let api = &Service::shared().api;
    let asset = api.upload("film.mp4", &video("160x90", 1)).asset;
    let account = api.get("StorageAccounts").send().expect(200).feed()[0]["Name"].clone();
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-16\"?>\n<taskBody>\n <inputAsset> JobInputAsset(0)\n\
         </inputAsset>\n <outputAsset AssetCreationOptions=\"0\" assetFormatOption=\"1\" \
         AssetName=\"&lt;Film&gt;\" StorageAccountName={account}>JobOutputAsset(3)</outputAsset>\n\
         <outputAsset assetName=\"second\">JobOutputAsset(1)</outputAsset></taskBody>"
    );
    let mut wanted = task("AAC Audio", "", "", 0);
    wanted["TaskBody"] = json!(text);
    let job = post(api, &[&asset], &json!([wanted]));
    let outputs = api.outputs(&job);
    let facts: Vec<_> = outputs
        .iter()
        .map(|o| (o["Name"].as_str().unwrap(), o["Options"].as_i64(), o["FormatOption"].as_i64()))
        .collect();
    assert_eq!(facts, [("second", Some(0), Some(0)), ("<Film>", Some(0), Some(1))]);
    assert!(outputs.iter().all(|output| output["StorageAccountName"] == account), "{outputs:?}");
    assert_eq!(api.finish(&job), 3);
    let path = format!("Jobs('{}')", percent(&job));
    api.delete(&path).send().expect(204);
    api.get(&path).send().expect(404);
    assert_eq!(api.get(&key("Assets", &outputs[1])).send().expect(200).json()["Name"], "<Film>");
}
