//! Jobs and tasks: their states, outputs and presets.

use std::time::Duration;

use acceptance::{
    ENCODER, Service, blob_url, decode, error_message, eventually, id_of, key, made_by_ffmpeg,
    new_id, percent, task_body, video,
};
use serde_json::{Value as Json, json};

#[test]
fn point_09_states_are_polled_in_every_form_and_never_go_back() {
    let service = &Service::start();
    let api = &service.api;
    let asset = api.upload("film.mp4", &video("320x180", 4)).asset;
    let job = id_of(&api.job(&asset, "Adaptive Streaming"));
    let (path, id) = (format!("Jobs('{}')", percent(&job)), job.replace(':', "%3a"));
    let mut seen = vec![0];
    eventually(Duration::from_secs(60), "the job is over", || {
        // Each way of asking is of an earlier moment than the next.
        let verbose = api.get(&format!("{path}/State")).verbose().send().expect(200).json();
        let light = api.get(&format!("Jobs('{id}')/State")).send().expect(200).json();
        let entity = api.get(&path).send().expect(200).json();
        let filter = format!("Jobs()?$filter=Id eq '{job}'&$top=1");
        let feed = api.get(&filter).verbose().send().expect(200).feed();
        let task = api.tasks(&job)[0].clone();
        assert_eq!(verbose, json!({ "d": { "State": verbose["d"]["State"] } }));
        assert!(light["odata.metadata"].as_str().unwrap().ends_with("$metadata#Edm.Int32"));
        for state in [&verbose["d"]["State"], &light["value"], &entity["State"], &feed[0]["State"]]
        {
            seen.push(state.as_i64().unwrap());
        }
        let progress = task["Progress"].as_f64().unwrap();
        assert!((0.0..=100.0).contains(&progress), "{task}");
        (seen.last() == Some(&3)).then_some(())
    });
    assert!(seen.is_sorted() && seen.iter().all(|state| *state <= 3), "{seen:?}");
    let job = api.get(&path).send().expect(200).json();
    for property in ["StartTime", "EndTime"] {
        assert!(job[property].is_string(), "{job}");
    }
    assert!(job["RunningDuration"].as_f64().unwrap() > 0.0, "{job}");
    assert_eq!(api.tasks(&id_of(&job))[0]["Progress"], 100.0);
    // What is over stays as it is.
    assert_eq!(api.get(&path).send().expect(200).json(), job);
}

#[test]
fn point_10_output_assets_are_listed_at_once_and_filled_at_the_end() {
    let api = &Service::shared().api;
    let asset = api.upload("film.mp4", &video("160x90", 1)).asset;
    let job = api.job(&asset, "Adaptive Streaming");
    let [output] = api.outputs(&id_of(&job)).try_into().unwrap();
    assert_eq!(output["Name"], "JobOutputAsset(0)_job");
    assert!(id_of(&output).starts_with("nb:cid:UUID:"), "{output}");
    let files = format!("{}/Files", key("Assets", &output));
    assert_eq!(api.finish(&id_of(&job)), 3);
    let files = api.get(&files).send().expect(200).feed();
    let primary: Vec<_> = files.iter().filter(|file| file["IsPrimary"] == true).collect();
    let [primary] = primary[..] else { panic!("{files:?}") };
    assert_eq!(
        (&primary["Name"], &primary["MimeType"]),
        (&json!("film.ism"), &json!("application/octet-stream"),)
    );
    assert_eq!(files.last().unwrap()["Name"], "film_manifest.xml");
    // A name of its own, and none for the job.
    let body = task_body("JobInputAsset(0)", "JobOutputAsset(0)");
    let post = |name: Json, body: &str| {
        let body = json!({
            "Name": name,
            "InputMediaAssets": [{ "__metadata": { "uri": api.uri("Assets", &asset) } }],
            "Tasks": [{
                "Configuration": "AAC Audio", "MediaProcessorId": ENCODER, "TaskBody": body,
            }],
        });
        let job = id_of(&api.post("Jobs", body).verbose().send().expect(201).json()["d"]);
        let name = api.outputs(&job)[0]["Name"].clone();
        (job, name)
    };
    let named = body.replace("<outputAsset>", "<outputAsset assetName=\"Tom &amp; Jerry\">");
    assert_eq!(post(json!("x"), &named).1, "Tom & Jerry");
    let (job, name) = post(Json::Null, &body);
    assert_eq!(name, format!("JobOutputAsset(0)_{job}"));
}

#[test]
fn point_20_jobs_are_canceled_and_not_twice() {
    let service = &Service::start_with(&["--x264-preset", "veryslow"]);
    let api = &service.api;
    let asset = api.upload("long.mp4", &video("640x360", 30)).asset;
    for parameter in ["jobid", "jobId"] {
        let job = id_of(&api.job(&asset, "Adaptive Streaming"));
        eventually(Duration::from_secs(30), "the job runs", || {
            (api.state(&job) == 2).then_some(())
        });
        let cancel = format!("CancelJob?{parameter}='{}'", job.replace(':', "%3a"));
        let reply = api.get(&cancel).send().expect(204);
        assert!(reply.body.is_empty(), "{reply}");
        assert!([5, 6].contains(&api.state(&job)));
        assert_eq!(api.finish(&job), 5);
        assert_eq!(api.tasks(&job)[0]["State"], 5);
        let again = api.get(&cancel).send().expect(400);
        assert!(error_message(&again).contains("cannot be canceled"), "{again}");
        assert_eq!(api.state(&job), 5);
    }
    api.get("CancelJob?jobid='notAValidId'").send().expect(400);
    api.get(&format!("CancelJob?jobid='{}'", new_id("jid"))).send().expect(404);
    let finished = id_of(&api.job(&asset, "AAC Audio"));
    assert_eq!(api.finish(&finished), 3);
    api.get(&format!("CancelJob?jobid='{finished}'")).send().expect(400);
}

#[test]
fn point_31_a_bad_preset_is_accepted_and_ends_the_job_in_error() {
    let api = &Service::shared().api;
    let asset = api.upload("film.mp4", &video("160x90", 1)).asset;
    for preset in [
        "No Such Preset",
        "",
        "{ not json",
        "<Preset/>",
        r#"{"Version":1.0,"Codecs":[{"Type":"AACAudio","Loudness":9}],"Outputs":[]}"#,
    ] {
        let job = id_of(&api.job(&asset, preset));
        assert_eq!(api.finish(&job), 4, "{preset}");
        let [task] = api.tasks(&job).try_into().unwrap();
        assert_eq!(task["State"], 4, "{task}");
        let details = task["ErrorDetails"].as_array().unwrap();
        assert_eq!(details.len(), 1, "{task}");
        assert_eq!(details[0]["Code"], "ErrorParsingConfiguration", "{task}");
        assert!(!details[0]["Message"].as_str().unwrap().is_empty(), "{task}");
        assert_eq!(api.outputs(&job), [] as [Json; 0], "{preset}");
    }
}

/// The published ladders, from sources whose own rate does not bound them.
#[test]
fn point_32_adaptive_streaming_makes_the_published_layers() {
    let api = &Service::shared().api;
    for (size, rate, layers) in [
        (
            "1920x1080",
            "30000/1001",
            &[
                "1920x1080_6780",
                "1280x720_3520",
                "960x540_2210",
                "640x360_1150",
                "480x270_720",
                "320x180_380",
            ][..],
        ),
        (
            "1280x720",
            "24000/1001",
            &["1280x720_2940", "960x540_1850", "640x360_960", "480x270_600", "320x180_320"][..],
        ),
        ("640x360", "30000/1001", &["640x360_700", "480x270_440", "320x180_230"][..]),
    ] {
        // Noise, which takes more than any layer has.
        let arguments = format!(
            "-f lavfi -i testsrc2=s={size}:r={rate}:d=0.5,noise=alls=60:allf=t -f lavfi -i \
             sine=r=48000:d=0.5 -c:v libx264 -preset ultrafast -qp 20 -pix_fmt yuv420p -c:a aac"
        );
        let asset = api.upload("film.mp4", &made_by_ffmpeg(&arguments, "mp4")).asset;
        let job = id_of(&api.job(&asset, "Adaptive Streaming"));
        assert_eq!(api.finish(&job), 3, "{:?}", api.tasks(&job));
        let output = api.outputs(&job)[0].clone();
        let files = api.get(&format!("{}/Files", key("Assets", &output))).send().feed();
        let names: Vec<_> = files.iter().map(|file| file["Name"].as_str().unwrap()).collect();
        let made: Vec<_> = names.iter().filter(|name| name.ends_with(".mp4")).collect();
        let mut expected: Vec<_> = layers.iter().map(|layer| format!("film_{layer}.mp4")).collect();
        expected.push("film_AACAudio_128.mp4".to_owned());
        assert_eq!(made, expected.iter().collect::<Vec<_>>(), "{size}");
        let sas = api.sas(&id_of(&output), 1);
        let url = blob_url(&sas, &expected[layers.len() - 1]);
        let smallest = api.plain("GET", &url).send().expect(200).body;
        assert!(decode(&smallest, "v").count >= 12, "{size}");
    }
}

#[test]
fn point_37_priority_is_for_jobs_that_wait() {
    let service = &Service::start_with(&["--x264-preset", "veryslow"]);
    let api = &service.api;
    let long = api.upload("long.mp4", &video("640x360", 10)).asset;
    let short = api.upload("short.mp4", &video("160x90", 1)).asset;
    let running = id_of(&api.job(&long, "Adaptive Streaming"));
    eventually(Duration::from_secs(30), "the first job runs", || {
        (api.state(&running) == 2).then_some(())
    });
    let path = |job: &str| format!("Jobs('{}')", percent(job));
    let late = api.merge(&path(&running), json!({ "Priority": 9 })).send().expect(400);
    let says = "Job's priority can only be changed if the job is in Queued state";
    assert_eq!(error_message(&late), says);
    assert_eq!(api.get(&path(&running)).send().expect(200).json()["Priority"], 0);
    let jobs: Vec<_> = (0..3).map(|_| id_of(&api.job(&short, "AAC Audio"))).collect();
    api.merge(&path(&jobs[2]), json!({ "Priority": "7" })).send().expect(204);
    api.merge(&path(&jobs[1]), json!({ "Priority": 3 })).send().expect(204);
    assert_eq!(api.get(&path(&jobs[2])).send().expect(200).json()["Priority"], 7);
    api.get(&format!("CancelJob?jobid='{running}'")).send().expect(204);
    let ended = |job: &String| {
        assert_eq!(api.finish(job), 3, "{:?}", api.tasks(job));
        let job = api.get(&path(job)).send().expect(200).json();
        job["StartTime"].as_str().unwrap().to_owned()
    };
    let started: Vec<_> = jobs.iter().map(ended).collect();
    assert!(started[2] < started[1] && started[1] < started[0], "{started:?}");
    api.merge(&path(&jobs[0]), json!({ "Priority": 1 })).send().expect(400);
}

#[test]
fn point_40_chained_tasks_and_where_outputs_come_from() {
    let api = &Service::shared().api;
    let asset = api.upload("film.mp4", &video("160x90", 1)).asset;
    let task = |preset: &str, input: &str, output: &str| {
        json!({
            "Configuration": preset, "MediaProcessorId": ENCODER,
            "TaskBody": task_body(input, output),
        })
    };
    let single = r#"{"Version":1.0,"Codecs":[{"Type":"CopyVideo"},{"Type":"CopyAudio"}],
        "Outputs":[{"FileName":"{Basename}_copy.mp4","Format":{"Type":"TSFormat"}}]}"#;
    let single = single.replace("_copy.mp4", "_copy.ts");
    let job = json!({
        "Name": "chain",
        "InputMediaAssets": [{ "__metadata": { "uri": api.uri("Assets", &asset) } }],
        "Tasks": [
            task("AAC Audio", "JobOutputAsset(0)", "JobOutputAsset(1)"),
            task(&single, "JobInputAsset(0)", "JobOutputAsset(0)"),
        ],
    });
    let job = id_of(&api.post("Jobs", job).verbose().send().expect(201).json()["d"]);
    let outputs = api.outputs(&job);
    let tasks = api.tasks(&job);
    let linked = |set: &str, entity: &Json, navigation: &str| -> Vec<String> {
        let path = format!("{}/{navigation}", key(set, entity));
        api.get(&path).send().expect(200).feed().iter().map(id_of).collect()
    };
    assert_eq!(linked("Assets", &outputs[0], "ParentAssets"), [asset.as_str()]);
    assert_eq!(linked("Assets", &outputs[1], "ParentAssets"), [id_of(&outputs[0])]);
    assert_eq!(linked("Tasks", &tasks[0], "OutputMediaAssets"), [id_of(&outputs[1])]);
    assert_eq!(linked("Tasks", &tasks[0], "InputMediaAssets"), [id_of(&outputs[0])]);
    assert_eq!(linked("Tasks", &tasks[1], "OutputMediaAssets"), [id_of(&outputs[0])]);
    assert_eq!(api.finish(&job), 3, "{:?}", api.tasks(&job));
    let tasks = api.tasks(&job);
    let text = |task: &Json, property: &str| task[property].as_str().unwrap().to_owned();
    assert!(text(&tasks[0], "StartTime") >= text(&tasks[1], "EndTime"), "{tasks:?}");
    let path = format!("{}/Files", key("Assets", &outputs[1]));
    let files = api.get(&path).send().expect(200).feed();
    assert_eq!(files[0]["Name"], "film_copy_AAC_128.mp4", "{files:?}");
}
