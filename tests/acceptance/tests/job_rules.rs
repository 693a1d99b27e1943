//! The rules of jobs and tasks: what is refused, what is made at once, what cannot be changed.

#![allow(clippy::unwrap_used)]

use acceptance::{
    ENCODER, Reply, Service, error_message, eventually, id_of, key, new_id, not_a_video, percent,
    task_body, video,
};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// A job of these tasks and inputs.
fn post_job(service: &Service, name: &Json, assets: &[&str], tasks: &Json) -> Reply {
    let links: Vec<_> = assets.iter().map(|id| service.api.uri("Assets", id)).collect();
    let body = json!({ "Name": name, "InputMediaAssets@odata.bind": links, "Tasks": tasks });
    service.api.post("Jobs", body).header("dataserviceversion", "3.0").send()
}

fn task(body: &str) -> Json {
    json!({ "Configuration": "AAC Audio", "MediaProcessorId": ENCODER, "TaskBody": body })
}

fn simple() -> Json {
    task(&task_body("JobInputAsset(0)", "JobOutputAsset(0)"))
}

/// Posts a job that must be refused; returns why.
#[track_caller]
fn refuse(service: &Service, assets: &[&str], tasks: Json) -> String {
    error_message(&post_job(service, &json!("refused"), assets, &tasks).expect(400))
}

/// Nothing is left of jobs that were refused.
#[track_caller]
fn check_nothing_made(service: &Service) {
    let made = service.api.get("Jobs?$filter=Name eq 'refused'").send().expect(200).feed();
    assert_eq!(made, [] as [Json; 0]);
    let made = service.api.get("Assets?$filter=endswith(Name,'_refused')").send().expect(200);
    assert_eq!(made.feed(), [] as [Json; 0]);
}

#[test]
fn inputs_and_processors() {
    let service = Service::shared();
    let api = &service.api;
    let asset = api.asset("inputs");
    let good = asset.as_str();
    // No file, then several and none is primary.
    assert!(refuse(service, &[good], json!([simple()])).contains("primary"));
    api.file(good, "a.mp4");
    let second = api.file(good, "b.mp4");
    assert!(refuse(service, &[good], json!([simple()])).contains("primary"));
    let path = format!("Files('{}')", percent(&second));
    api.merge(&path, json!({ "IsPrimary": true })).send().expect(204);
    // Now the asset is good.
    assert!(refuse(service, &[], json!([simple()])).contains("InputMediaAssets"));
    assert!(refuse(service, &[good], json!([])).contains("Tasks"));
    let unknown = post_job(service, &json!("refused"), &[&new_id("cid")], &json!([simple()]));
    unknown.expect(404);
    let mut tasks = json!([simple()]);
    tasks[0]["MediaProcessorId"] = new_id("mpid").into();
    assert!(refuse(service, &[good], tasks.clone()).contains("media processor"));
    tasks[0]["MediaProcessorId"] = "x".into();
    assert!(refuse(service, &[good], tasks).contains("MediaProcessorId"));
    let account = task_body("JobInputAsset(0)", "JobOutputAsset(0)")
        .replace("<outputAsset>", "<outputAsset storageAccountName=\"elsewhere\">");
    post_job(service, &json!("refused"), &[good], &json!([task(&account)])).expect(404);
    check_nothing_made(service);
}

#[test]
fn task_bodies() {
    let service = Service::shared();
    let asset = service.api.asset("bodies");
    service.api.file(&asset, "a.mp4");
    let one = |body: &str| refuse(service, &[&asset], json!([task(body)]));
    for (body, problem) in [
        ("", "TaskBody"),
        ("taskBody", "TaskBody"),
        ("<taskBody>", "cut short"),
        ("<x/>", "taskBody"),
        ("<taskBody><inputAsset>JobInputAsset(0)</inputAsset></taskBody>", "outputAsset"),
        ("<taskBody><outputAsset>JobOutputAsset(0)</outputAsset></taskBody>", "inputAsset"),
    ] {
        assert!(one(body).contains(problem), "{body}: {}", one(body));
    }
    let bomb = "<!DOCTYPE taskBody [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><taskBody>\
                <inputAsset>&a;</inputAsset><outputAsset>JobOutputAsset(0)</outputAsset></taskBody>";
    let message = one(bomb);
    assert!(message.contains("document type") && !message.contains("root:"), "{message}");
    for (input, output, problem) in [
        ("JobInputAsset(1)", "JobOutputAsset(0)", "JobInputAsset(1)"),
        ("JobOutputAsset(1)", "JobOutputAsset(0)", "JobOutputAsset(1)"),
        ("JobOutputAsset(0)", "JobOutputAsset(0)", "cycle"),
        ("JobInputAsset(99999999999999999999)", "JobOutputAsset(0)", "TaskBody"),
    ] {
        let message = one(&task_body(input, output));
        assert!(message.contains(problem), "{input}: {message}");
    }
    // Between tasks: an output made twice, a cycle of two, too many.
    let refuse = |tasks: Json| refuse(service, &[&asset], tasks);
    assert!(refuse(json!([simple(), simple()])).contains("JobOutputAsset(0)"));
    let cycle = json!([
        task(&task_body("JobOutputAsset(1)", "JobOutputAsset(0)")),
        task(&task_body("JobOutputAsset(0)", "JobOutputAsset(1)")),
    ]);
    assert!(refuse(cycle).contains("cycle"));
    let output = |n| task(&task_body("JobInputAsset(0)", &format!("JobOutputAsset({n})")));
    let tasks = (0..31).map(output).collect();
    let reply = post_job(service, &json!("refused"), &[&asset], &tasks).expect(403);
    assert!(error_message(&reply).contains("30 tasks"), "{reply}");
    check_nothing_made(service);
}

#[test]
fn outputs_are_there_at_once() {
    let service = Service::shared();
    let api = &service.api;
    let asset = api.upload("in.mp4", &not_a_video()).asset;
    let named = task_body("JobInputAsset(0)", "JobOutputAsset(0)").replace(
        "<outputAsset>",
        "<outputAsset assetName=\"Tom &amp; &quot;Jerry&quot;\" assetCreationOptions=\"0\">",
    );
    let chained = task(&task_body(" JobOutputAsset(0) ", "JobOutputAsset(1)"));
    let tasks = json!([task(&named), chained]);
    let job = post_job(service, &json!("film"), &[&asset], &tasks).expect(201).json();
    let outputs = api.outputs(&id_of(&job));
    let names: Vec<_> = outputs.iter().map(|asset| asset["Name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Tom & \"Jerry\"", "JobOutputAsset(1)_film"]);
    let parents = |output: &Json| {
        let path = format!("{}/ParentAssets", key("Assets", output));
        api.get(&path).send().expect(200).feed().iter().map(id_of).collect::<Vec<_>>()
    };
    assert_eq!(parents(&outputs[0]), [asset.as_str()]);
    assert_eq!(parents(&outputs[1]), [id_of(&outputs[0])]);
    let inputs = api.get(&format!("{}/InputMediaAssets", key("Jobs", &job))).send().feed();
    assert_eq!(id_of(&inputs[0]), asset);
    let tasks = api.tasks(&id_of(&job));
    assert_eq!(tasks.len(), 2);
    let output = api.get(&format!("{}/OutputMediaAssets", key("Tasks", &tasks[1]))).send().feed();
    assert_eq!(id_of(&output[0]), id_of(&outputs[1]));
    // The first fails, for it has no video; the second waits for it and does not run.
    assert_eq!(api.finish(&id_of(&job)), 4);
    let states: Vec<_> = api.tasks(&id_of(&job)).iter().map(|task| task["State"].clone()).collect();
    assert_eq!(states, [4, 5]);
    // A job without a name gives its id to its outputs.
    let job = post_job(service, &Json::Null, &[&asset], &json!([simple()])).expect(201).json();
    let name = format!("JobOutputAsset(0)_{}", id_of(&job));
    assert_eq!(api.outputs(&id_of(&job))[0]["Name"], name.as_str());
    api.finish(&id_of(&job));
}

#[test]
fn a_job_under_way_stays_as_it_is() {
    // Slow, so that the first job occupies the only encoder.
    let service = &Service::start_with(&["--x264-preset", "veryslow"]);
    let api = &service.api;
    let asset = api.upload("in.mp4", &video("640x360", 30)).asset;
    let running = id_of(&api.job(&asset, "Adaptive Streaming"));
    let queued = id_of(&api.job(&asset, "Adaptive Streaming"));
    eventually(Duration::from_secs(20), "the first job runs", || {
        (api.state(&running) == 2).then_some(())
    });
    let path = |id: &str| format!("Jobs('{}')", percent(id));
    api.merge(&path(&queued), json!({ "Priority": 5 })).send().expect(204);
    assert_eq!(api.get(&path(&queued)).send().json()["Priority"], 5);
    let late = api.merge(&path(&running), json!({ "Priority": "5" })).send().expect(400);
    assert_eq!(
        error_message(&late),
        "Job's priority can only be changed if the job is in Queued state"
    );
    api.merge(&path(&running), json!({ "Priority": 0, "Name": "job" })).send().expect(204);
    api.merge(&path(&running), json!({ "Name": "other" })).send().expect(400);
    for job in [&running, &queued] {
        api.delete(&path(job)).send().expect(400);
    }
    // One that nobody works on is canceled at once.
    api.get(&format!("CancelJob?jobId='{queued}'")).send().expect(204);
    assert_eq!(api.finish(&queued), 5);
    api.get(&format!("CancelJob?jobid='{queued}'")).send().expect(400);
    api.delete(&path(&queued)).send().expect(204);
    api.get(&format!("CancelJob?jobid='{running}'")).send().expect(204);
    assert_eq!(api.finish(&running), 5);
}
