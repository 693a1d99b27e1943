//! Long sources, which several encoders work on together.

use std::time::{Duration, Instant};

use acceptance::{
    Api, Service, blob_url, eventually, ffprobe, id_of, key, media_processes, percent, video,
};
use serde_json::Value as Json;

const LONG: Duration = Duration::from_secs(120);
const SECONDS: u32 = 16;

/// Two encoders; slow ones, so that there is something to see.
fn two(x264_preset: &str) -> Service {
    let arguments = ["--encoders", "2", "--encode-chunk-seconds", "2", "--x264-preset"];
    Service::start_with(&[arguments.as_slice(), &[x264_preset]].concat())
}

/// How many processes encode; how many of them a chunk.
fn encoders(service: &Service) -> (usize, usize) {
    let all = media_processes(&service.data());
    let named = |line: &&String| line.split(' ').next().unwrap().ends_with("ffmpeg");
    let encoders: Vec<_> = all.iter().filter(named).collect();
    (encoders.len(), encoders.iter().filter(|line| line.contains("framehash")).count())
}

/// The names of MP4 files in an asset, and what a player finds in them: kinds and times of all
/// frames, and which of them are key frames.
fn packets(api: &Api, asset: &str) -> Vec<(String, Vec<String>)> {
    let sas = api.sas(asset, 1);
    let files = format!("Assets('{}')/Files", percent(asset));
    let files = api.get(&files).send().expect(200).feed();
    let names = files.iter().map(|file| file["Name"].as_str().unwrap());
    let shown = |name: &str| {
        let mp4 = api.plain("GET", &blob_url(&sas, name)).send().expect(200).body;
        // In the order of each time: which frames are out of order, the encoder decides.
        let mut packets = ffprobe(&mp4, "-of csv=p=0 -show_entries packet=codec_type,pts,flags");
        packets.extend(ffprobe(&mp4, "-of csv=p=0 -show_entries packet=codec_type,dts,duration"));
        packets.sort();
        (name.to_owned(), packets)
    };
    names.filter(|name| name.ends_with(".mp4")).map(shown).collect()
}

/// No attempt's files are left, sources and chunks.
fn nothing_is_left(service: &Service) {
    let scratch = service.data().join("scratch");
    eventually(Duration::from_secs(5), "scratch files are removed", || {
        std::fs::read_dir(&scratch).unwrap().next().is_none().then_some(())
    });
}

/// How many packets of a kind there are in each of these files that has any.
fn counts(files: &[(String, Vec<String>)], kind: &str) -> Vec<usize> {
    // Each is there twice.
    let of = |all: &[String]| all.iter().filter(|line| line.starts_with(kind)).count() / 2;
    files.iter().map(|(_, all)| of(all)).filter(|count| *count > 0).collect()
}

/// That there are pictures, all of them in each file with any.
#[track_caller]
fn are_whole(files: &[(String, Vec<String>)]) {
    let (counts, pictures) = (counts(files, "video"), (SECONDS * 25) as usize);
    assert!(!counts.is_empty() && counts.iter().all(|count| *count == pictures), "{counts:?}");
}

#[test]
fn workers_without_a_task_help_and_leave_when_there_is_one() {
    let service = &two("slower");
    let api = &service.api;
    let content = video("320x180", SECONDS);
    let asset = api.upload("film.mp4", &content).asset;
    let job = id_of(&api.job(&asset, "Adaptive Streaming"));
    eventually(LONG, "two chunks are encoded at once", || {
        let (processes, chunks) = encoders(service);
        assert!(processes <= 2, "{processes}");
        (chunks == 2).then_some(())
    });
    // Another task waits for a chunk at most, and not for the film.
    let quick = id_of(&api.job(&asset, "AAC Audio"));
    let mut last = 0.0;
    eventually(LONG, "the other task is done", || {
        let (processes, _) = encoders(service);
        assert!(processes <= 2, "{processes}");
        let progress = api.tasks(&job)[0]["Progress"].as_f64().unwrap();
        assert!(progress >= last, "{last}, then {progress}");
        last = progress;
        (api.state(&quick) == 3).then_some(())
    });
    assert_eq!(api.finish(&job), 3, "{:?}", api.tasks(&job));
    let (film, other) = (api.tasks(&job)[0].clone(), api.tasks(&quick)[0].clone());
    assert_eq!(film["Progress"], 100.0);
    let time = |task: &Json, name: &str| task[name].as_str().unwrap().to_owned();
    assert!(time(&other, "StartTime") < time(&film, "EndTime"), "{film}, {other}");
    let parts = packets(api, &id_of(&api.outputs(&job)[0]));

    // Encoded in one piece.
    let api = &Service::shared().api;
    let whole = packets(api, &api.encoded("film.mp4", &content));
    for ((name, whole), (other, parts)) in whole.iter().zip(&parts) {
        assert_eq!(name, other);
        let different = whole.iter().zip(parts).position(|(whole, part)| whole != part);
        assert_eq!((different, whole.len()), (None, parts.len()), "{name}");
    }
    assert_eq!(whole.len(), parts.len());
    are_whole(&whole);
    assert!(!counts(&whole, "audio").is_empty());
}

#[test]
fn canceling_ends_all_chunks() {
    let service = &two("veryslow");
    let api = &service.api;
    let asset = api.upload("film.mp4", &video("640x360", SECONDS)).asset;
    let job = id_of(&api.job(&asset, "Adaptive Streaming"));
    eventually(LONG, "two chunks are encoded at once", || (encoders(service).1 == 2).then_some(()));
    let asked = Instant::now();
    api.get(&format!("CancelJob?jobid='{}'", percent(&job))).send().expect(204);
    assert_eq!(api.finish(&job), 5);
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert_eq!(encoders(service), (0, 0));
    nothing_is_left(service);
    let files = format!("{}/Files", key("Assets", &api.outputs(&job)[0]));
    assert_eq!(api.get(&files).send().expect(200).feed().len(), 0);
    // Both have time again.
    let next = id_of(&api.job(&asset, "AAC Audio"));
    assert_eq!(api.finish(&next), 3);
}

#[test]
fn a_service_that_was_killed_begins_again() {
    let service = two("slower");
    let api = service.api.clone();
    let asset = api.upload("film.mp4", &video("320x180", SECONDS)).asset;
    let job = id_of(&api.job(&asset, "Adaptive Streaming"));
    eventually(LONG, "a chunk is done, and others are begun", || {
        let ahead = api.tasks(&job)[0]["Progress"].as_f64().unwrap() > 10.0;
        (ahead && encoders(&service).1 > 0).then_some(())
    });
    let data = service.data();
    let stopped = service.kill();
    eventually(Duration::from_secs(5), "no ffmpeg outlives the service", || {
        media_processes(&data).is_empty().then_some(())
    });
    let service = stopped.start();
    assert_eq!(api.finish(&job), 3, "{:?}", api.tasks(&job));
    are_whole(&packets(&api, &id_of(&api.outputs(&job)[0])));
    nothing_is_left(&service);
}
