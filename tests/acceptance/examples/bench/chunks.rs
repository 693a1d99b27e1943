//! A long source: two encoders that share it, against one ffmpeg with all processors.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use acceptance::{Api, Service, blob_url, cpu_time, eventually, id_of, percent};
use anyhow::{Context as _, bail, ensure};
use tempfile::TempDir;

use crate::encode::Recorder;
use crate::likeness::{Likeness, tracks};
use crate::measure::{Comparison, Goal, Side};

/// The ladder of five that is usual for 1080p, with sound in each file.
const LADDER: &str = r#"{ "Version": 1.0, "Codecs": [
    { "Type": "H264Video", "KeyFrameInterval": "00:00:02", "H264Layers": [
        { "Type": "H264Layer", "Bitrate": 4500, "Width": 1920, "Height": 1080 },
        { "Type": "H264Layer", "Bitrate": 2500, "Width": 1280, "Height": 720 },
        { "Type": "H264Layer", "Bitrate": 1400, "Width": 960, "Height": 540 },
        { "Type": "H264Layer", "Bitrate": 700, "Width": 640, "Height": 360 },
        { "Type": "H264Layer", "Bitrate": 300, "Width": 426, "Height": 240 } ] },
    { "Type": "AACAudio", "Bitrate": 128 }],
  "Outputs": [{ "FileName": "{Basename}_{Height}.mp4", "Format": { "Type": "MP4Format" } }] }"#;
/// How often the job is looked at.
const LOOK: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(60);

/// Times on the clock and of processors, and how alike the outputs are.
pub(crate) struct Results {
    pub(crate) comparisons: Vec<Comparison>,
    pub(crate) likenesses: Vec<Likeness>,
}

/// Encodes in turn; who goes first alternates.
pub(crate) fn compare(video: &Path, rounds: usize) -> anyhow::Result<Results> {
    let video = video.canonicalize().with_context(|| video.display().to_string())?;
    let content = std::fs::read(&video)?;
    let recorder = Recorder::from_environment()?;
    let arguments = arguments(&recorder, &video, &content)?;
    let two = Shared::start(&content);
    let side = |name| Side::new(name);
    let mut wall = (side("mediad with two encoders"), side("one ffmpeg, all processors"));
    let mut cpu = (side("mediad and its ffmpegs"), side("one ffmpeg"));
    let mut last = (None, None);
    for round in 0..rounds {
        eprintln!("chunks: round {} of {rounds}", round + 1);
        for turn in [round, round + 1] {
            if turn % 2 == 0 {
                let (folder, times) = two.job()?;
                wall.0.times.push(times.0);
                cpu.0.times.push(times.1);
                last.0 = Some(folder);
            } else {
                let (folder, times) = bare(&recorder.ffmpeg, &arguments)?;
                wall.1.times.push(times.0);
                cpu.1.times.push(times.1);
                last.1 = Some(folder);
            }
        }
    }
    let comparison = |name: &str, most, (ours, bare)| {
        let name = format!("chunks: {name}");
        Comparison { name, goal: Goal::TimeAtMost(most), bytes: None, ours, bare }
    };
    let comparisons = vec![comparison("time", 1.0, wall), comparison("CPU time", 1.05, cpu)];
    let (Some(ours), Some(bare)) = last else { bail!("there is nothing to compare: no rounds") };
    Ok(Results { comparisons, likenesses: likenesses(ours.path(), bare.path(), &video)? })
}

/// What the service has one ffmpeg do: noted, and not waited for.
fn arguments(recorder: &Recorder, video: &Path, content: &[u8]) -> anyhow::Result<Vec<OsString>> {
    let alone = Service::start_with(&[]);
    let asset = alone.api.upload("film.mp4", content).asset;
    alone.api.job(&asset, LADDER);
    Ok(eventually(PATIENCE, "ffmpeg is called", || {
        let arguments = recorder.arguments(video).ok()?;
        arguments.iter().any(|argument| argument == "tee").then_some(arguments)
    }))
}

/// On the clock, and of processors.
type Times = (Duration, Duration);

/// Runs ffmpeg in an empty folder.
fn bare(ffmpeg: &OsString, arguments: &[OsString]) -> anyhow::Result<(TempDir, Times)> {
    let folder = tempfile::tempdir()?;
    let (start, used) = (Instant::now(), cpu_time(std::process::id()));
    let mut command = Command::new(ffmpeg);
    command.args(arguments).current_dir(folder.path());
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    let status = status.context("starting ffmpeg")?;
    ensure!(status.success(), "ffmpeg failed: {status}");
    let times = (start.elapsed(), cpu_time(std::process::id()).saturating_sub(used));
    Ok((folder, times))
}

/// A service with two encoders, and the video in it.
struct Shared {
    service: Service,
    asset: String,
}

impl Shared {
    fn start(content: &[u8]) -> Self {
        let service = Service::start_with(&["--encoders", "2"]);
        let asset = service.api.upload("film.mp4", content).asset;
        Self { service, asset }
    }

    /// From the job's creation to its end; returns its MP4 files by number, as ffmpeg calls them.
    fn job(&self) -> anyhow::Result<(TempDir, Times)> {
        let api = &self.service.api;
        let (start, used) = (Instant::now(), cpu_time(self.service.pid()));
        let job = id_of(&api.job(&self.asset, LADDER));
        let state = loop {
            match api.state(&job) {
                state @ 3..=5 => break state,
                _ => std::thread::sleep(LOOK),
            }
        };
        let times = (start.elapsed(), cpu_time(self.service.pid()).saturating_sub(used));
        ensure!(state == 3, "the job failed: {:?}", api.tasks(&job));
        Ok((files(api, &id_of(&api.outputs(&job)[0]))?, times))
    }
}

fn files(api: &Api, asset: &str) -> anyhow::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    let sas = api.sas(asset, 1);
    let path = format!("Assets('{}')/Files", percent(asset));
    let files = api.get(&path).send().expect(200).feed();
    let names = files.iter().filter_map(|file| file["Name"].as_str());
    for (number, name) in names.filter(|name| name.ends_with(".mp4")).enumerate() {
        let body = api.plain("GET", &blob_url(&sas, name)).send().expect(200).body;
        std::fs::write(folder.path().join(format!("{number}.mp4")), body)?;
    }
    Ok(folder)
}

/// Compares the files of two folders, the first of them also with the video itself.
fn likenesses(ours: &Path, bare: &Path, video: &Path) -> anyhow::Result<Vec<Likeness>> {
    let mut likenesses = Vec::new();
    loop {
        let number = likenesses.len();
        let path = |folder: &Path| -> PathBuf { folder.join(format!("{number}.mp4")) };
        let (ours, bare) = (path(ours), path(bare));
        if !bare.exists() {
            ensure!(number > 0, "ffmpeg has made no files");
            return Ok(likenesses);
        }
        let original = (number == 0).then_some(video);
        likenesses.push(Likeness::new(tracks(&ours)?, tracks(&bare)?, (&ours, &bare), original)?);
    }
}
