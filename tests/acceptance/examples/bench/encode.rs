//! A job of the service, against the bare ffmpeg that it runs.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use azure_media::{AssetId, JobState, MediaServices};
use tokio::process::Command;

use crate::measure::{Comparison, Goal, Side};

/// How often the job is looked at: this much its time may seem too long, never too short.
const LOOK: Duration = Duration::from_millis(100);

/// A video, here and in the service.
pub(crate) struct Source {
    media: MediaServices,
    video: PathBuf,
    asset: AssetId,
    recorder: Recorder,
}

impl Source {
    /// Uploads a video once for all jobs.
    pub(crate) async fn upload(media: &MediaServices, video: &Path) -> anyhow::Result<Self> {
        let recorder = Recorder::from_environment()?;
        let video = video.canonicalize().with_context(|| video.display().to_string())?;
        let asset = media.upload(&video).await?.asset.id;
        Ok(Self { media: media.clone(), video, asset, recorder })
    }

    /// Encodes, alternately both ways, with the arguments that the service gives ffmpeg.
    pub(crate) async fn compare(&self, preset: &str, rounds: usize) -> anyhow::Result<Comparison> {
        let mut ours = Side::new("mediad: Processing to Finished");
        let mut bare = Side::new("ffmpeg with the same arguments");
        for round in 0..rounds {
            eprintln!("encode to {preset:?}: round {} of {rounds}", round + 1);
            // Who goes first alternates, once the first job has told the arguments.
            for turn in [round, round + 1] {
                match turn % 2 {
                    0 => ours.times.push(self.job(preset).await?),
                    _ => bare.times.push(self.bare().await?),
                }
            }
        }
        let name = format!("encode to {preset:?}");
        Ok(Comparison { name, goal: Goal::TimeAtMost(1.05), bytes: None, ours, bare })
    }

    /// The time from State Processing to Finished, as a client sees it: from the last moment at
    /// which it was not yet seen processing.
    async fn job(&self, preset: &str) -> anyhow::Result<Duration> {
        let job = self.media.encode(&self.asset).preset(preset).await?;
        let start = Arc::new(Mutex::new(Instant::now()));
        let waiting = Arc::clone(&start);
        let progress = move |state, _| {
            if matches!(state, JobState::Queued | JobState::Scheduled) {
                *waiting.lock().expect("nobody panics with it") = Instant::now();
            }
        };
        let encoded = job.wait().every(LOOK).progress(progress).await?;
        let time = start.lock().expect("nobody panics with it").elapsed();
        for output in encoded.outputs {
            self.media.asset(&output.id).delete().await?;
        }
        Ok(time)
    }

    /// Runs ffmpeg as the service did last, on the same video, in an empty folder.
    async fn bare(&self) -> anyhow::Result<Duration> {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new(&self.recorder.ffmpeg);
        command.args(self.recorder.arguments(&self.video)?).current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let start = Instant::now();
        let status = command.status().await.context("starting ffmpeg")?;
        if !status.success() {
            bail!("ffmpeg failed: {status}");
        }
        Ok(start.elapsed())
    }
}

/// The script in place of ffmpeg that notes with which arguments the service calls it.
pub(crate) struct Recorder {
    /// The real one.
    pub(crate) ffmpeg: OsString,
    /// Where the arguments are, each ended by NUL.
    record: PathBuf,
}

impl Recorder {
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        let variable =
            |name| env::var_os(name).with_context(|| format!("{name} is not set: use run.sh"));
        Ok(Self { ffmpeg: variable("BENCH_FFMPEG")?, record: variable("BENCH_RECORD")?.into() })
    }

    /// The arguments of the last call, with this video as the input.
    pub(crate) fn arguments(&self, video: &Path) -> anyhow::Result<Vec<OsString>> {
        let record = std::fs::read_to_string(&self.record).context("no call was noted")?;
        let words = record.split_terminator('\0');
        let mut arguments: Vec<OsString> = words.map(OsString::from).collect();
        let input = arguments.iter().position(|word| word == "-i").map(|at| at + 1);
        let input = input.and_then(|at| arguments.get_mut(at)).context("the call has no input")?;
        *input = "file:".into();
        input.push(video);
        Ok(arguments)
    }
}

/// So many seconds with enough detail and motion to keep an encoder busy, and sound.
pub(crate) async fn make_sample(folder: &Path, seconds: u32) -> anyhow::Result<PathBuf> {
    let path = folder.join("sample.mp4");
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin"]);
    let picture = format!("testsrc2=size=1920x1080:rate=24:duration={seconds}");
    let sound = format!("sine=frequency=440:sample_rate=48000:duration={seconds}");
    command.args(["-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &sound]);
    command.args(["-c:v", "libx264", "-preset", "ultrafast", "-crf", "18"]);
    command.args(["-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2"]);
    let status = command.arg(&path).status().await.context("starting ffmpeg")?;
    if !status.success() {
        bail!("ffmpeg could not make a sample: {status}");
    }
    Ok(path)
}
