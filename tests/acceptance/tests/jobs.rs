//! Jobs that go wrong, are canceled, or take their time.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use acceptance::{Service, eventually, id_of, key, media_processes, not_a_video, percent, video};
use serde_json::{Value as Json, json};

/// Waits for a job to fail; returns the only detail of its only task.
#[track_caller]
fn failure(service: &Service, job: &Json) -> (String, String) {
    let api = &service.api;
    assert_eq!(api.finish(&id_of(job)), 4);
    let [task] = api.tasks(&id_of(job)).try_into().unwrap();
    assert_eq!(task["State"], 4, "{task}");
    assert!(task["EndTime"].is_string(), "{task}");
    let [detail] = task["ErrorDetails"].as_array().unwrap().as_slice() else { panic!("{task}") };
    let text = |name: &str| detail[name].as_str().unwrap().to_owned();
    let (code, message) = (text("Code"), text("Message"));
    let data = service.data();
    assert!(!message.contains(&*data.to_string_lossy()), "says where it ran: {message}");
    // Its output is gone, and so is the scratch space.
    assert_eq!(api.outputs(&id_of(job)), [] as [Json; 0]);
    eventually(Duration::from_secs(5), "the scratch directory is empty", || {
        std::fs::read_dir(data.join("scratch")).unwrap().next().is_none().then_some(())
    });
    (code, message)
}

#[test]
fn what_is_not_a_video() {
    let service = &Service::start();
    let api = &service.api;
    let asset = api.upload("notes.mp4", &not_a_video()).asset;
    let (code, message) = failure(service, &api.job(&asset, "Adaptive Streaming"));
    assert_eq!(code, "ErrorDownloadingInputAssetMalformedContent");
    assert!(message.contains("notes.mp4"), "{message}");
    // A playlist that names other files is not followed.
    let playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n";
    let asset = api.upload("list.mp4", playlist).asset;
    let (_, message) = failure(service, &api.job(&asset, "Adaptive Streaming"));
    assert!(message.contains("list.mp4"), "{message}");
    let asset = api.upload("empty.mp4", b"").asset;
    let (_, message) = failure(service, &api.job(&asset, "Adaptive Streaming"));
    assert!(message.contains("empty.mp4"), "{message}");
    // A video that is cut short.
    let whole = video("320x180", 2);
    let asset = api.upload("cut.mp4", &whole[..whole.len() / 2]).asset;
    failure(service, &api.job(&asset, "Adaptive Streaming"));
    // The file is known and was never uploaded.
    let asset = api.asset("missing");
    api.file(&asset, "missing.mp4");
    let (code, message) = failure(service, &api.job(&asset, "Adaptive Streaming"));
    assert_eq!(code, "ErrorDownloadingInputAssetMalformedContent");
    assert!(message.contains("missing.mp4"), "{message}");
    // And the service goes on.
    api.encoded("good.mp4", &whole);
}

#[test]
fn presets_that_are_none() {
    let service = &Service::start();
    let api = &service.api;
    let asset = api.upload("in.mp4", &video("320x180", 2)).asset;
    for preset in ["No Such Preset", "", "{", "{}", "<Preset", r#"{"Version":1.0,"Codecs":[1]}"#] {
        let (code, message) = failure(service, &api.job(&asset, preset));
        assert_eq!(code, "ErrorParsingConfiguration", "{preset}: {message}");
        assert!(!message.is_empty());
    }
    // Names of outputs are not paths.
    for name in ["../{Basename}.mp4", "/tmp/{Basename}.mp4", "a/b.mp4"] {
        let preset = json_preset(name);
        let (code, _) = failure(service, &api.job(&asset, &preset));
        assert_eq!(code, "ErrorParsingConfiguration", "{name}");
    }
}

fn json_preset(name: &str) -> String {
    json!({
        "Version": 1.0,
        "Codecs": [
            { "Type": "H264Video", "KeyFrameInterval": "00:00:02", "H264Layers": [
                { "Type": "H264Layer", "Profile": "Auto", "Level": "auto", "Bitrate": 300,
                  "MaxBitrate": 300, "BufferWindow": "00:00:05", "Width": 320, "Height": 180,
                  "BFrames": 3, "ReferenceFrames": 3, "AdaptiveBFrame": true, "FrameRate": "0/1" }
            ] },
            { "Type": "AACAudio", "Profile": "AACLC", "Channels": 2, "SamplingRate": 48000,
              "Bitrate": 96 },
        ],
        "Outputs": [{ "FileName": name, "Format": { "Type": "MP4Format" } }],
    })
    .to_string()
}

#[test]
fn a_json_preset_and_a_chain_of_tasks() {
    let service = &Service::start();
    let api = &service.api;
    let asset = api.upload("film.mp4", &video("320x180", 3)).asset;
    let body = json!({
        "Name": "chain",
        "InputMediaAssets": [{ "__metadata": { "uri": api.uri("Assets", &asset) } }],
        "Tasks": [
            { "Configuration": json_preset("{Basename}_{Width}x{Height}_{VideoBitrate}.mp4"),
              "MediaProcessorId": acceptance::ENCODER,
              "TaskBody": acceptance::task_body("JobInputAsset(0)", "JobOutputAsset(0)") },
            { "Configuration": "AAC Audio", "MediaProcessorId": acceptance::ENCODER,
              "TaskBody": acceptance::task_body("JobInputAsset(0)", "JobOutputAsset(1)") },
        ],
    });
    let job = api.post("Jobs", body).verbose().send().expect(201).json()["d"].clone();
    assert_eq!(api.finish(&id_of(&job)), 3, "{:?}", api.tasks(&id_of(&job)));
    let outputs = api.outputs(&id_of(&job));
    let names = |asset: &Json| {
        let files = api.get(&format!("{}/Files", key("Assets", asset))).send().feed();
        files.iter().map(|file| file["Name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(names(&outputs[0]).contains(&"film_320x180_300.mp4".to_owned()), "{outputs:?}");
    assert!(names(&outputs[1]).iter().any(|name| name.ends_with(".mp4")));
}

#[test]
fn canceling_ends_ffmpeg() {
    let service = &Service::start_with(&["--x264-preset", "veryslow"]);
    let api = &service.api;
    let asset = api.upload("long.mp4", &video("640x360", 60)).asset;
    let job = id_of(&api.job(&asset, "Adaptive Streaming"));
    let data = service.data();
    // Far enough that there is progress; progress never falls, and neither does the state.
    let (mut last, mut state) = (0.0, 0);
    eventually(Duration::from_secs(60), "the task has got ahead", || {
        let now = api.state(&job);
        assert!(now >= state && now <= 2, "{state}, then {now}");
        state = now;
        let progress = api.tasks(&job)[0]["Progress"].as_f64().unwrap();
        assert!(progress >= last && progress < 100.0, "{last}, then {progress}");
        last = progress;
        (progress > 1.0).then_some(())
    });
    assert!(!media_processes(&data).is_empty(), "ffmpeg runs");
    let asked = Instant::now();
    api.get(&format!("CancelJob?jobid='{}'", percent(&job))).send().expect(204);
    let mut seen = vec![api.state(&job)];
    assert_eq!(api.finish(&job), 5);
    seen.push(5);
    assert!(seen == [6, 5] || seen == [5, 5], "{seen:?}");
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert_eq!(media_processes(&data), [] as [String; 0]);
    let task = api.tasks(&job)[0].clone();
    assert_eq!(task["State"], 5, "{task}");
    assert_eq!(task["ErrorDetails"], json!([]));
    api.get(&format!("CancelJob?jobid='{job}'")).send().expect(400);
    // The encoder is free again.
    let short = api.upload("short.mp4", &video("320x180", 1)).asset;
    let next = id_of(&api.job(&short, "AAC Audio"));
    assert_eq!(api.finish(&next), 3, "{:?}", api.tasks(&next));
    api.delete(&format!("Jobs('{}')", percent(&job))).send().expect(204);
}
