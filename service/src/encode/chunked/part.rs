//! One part of a task: the process that does it, and what it has made.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use packager::{Codec, TrackKind};
use tokio::fs;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::seam::Hashes;
use crate::encode::error::{ErrorCode, TaskError};
use crate::encode::plan::{Cut, Plan};
use crate::encode::preset::Container;
use crate::encode::process::{self, Limits, ProcessError};
use crate::encode::progress::Position;
use crate::encode::tools::EncodeSettings;
use crate::encode::{command, disk, failure, measure};

/// What one process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// The sound, all of it at once: an encoder of sound begins with samples of its own, which must
    /// not be at every cut.
    Sound,
    /// Images.
    Stills,
    /// A run of the picture's frames.
    Chunk(usize),
}

/// Everything that is needed to do a part.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) settings: EncodeSettings,
    pub(super) chunks: Vec<Plan>,
    pub(super) sound: Option<Plan>,
    pub(super) stills: Option<Plan>,
    /// For each process.
    pub(super) threads: Threads,
    /// The task's working folder.
    pub(super) work: PathBuf,
    /// What the client calls the source.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) deadline: Instant,
    pub(super) cancel: CancellationToken,
}

/// How many threads a process has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Threads {
    /// Where all workers have something to do. Encoders with a thread each need less of a processor
    /// than one with many.
    pub(super) usual: u32,
    /// For each of the last `workers` chunks: the worker that ends first has nothing more to do, and
    /// leaves its processors to those that still run.
    pub(super) last: u32,
    /// How many work side by side.
    pub(super) workers: usize,
}

impl Threads {
    /// Those of a part of a task with so many chunks.
    pub(super) fn of(self, part: Part, chunks: usize) -> u32 {
        match part {
            Part::Chunk(number) if number + self.workers >= chunks => self.last,
            _ => self.usual,
        }
    }
}

/// What is known about an encoded chunk.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) hashes: Hashes,
    /// Frames in each rendition.
    pub(super) frames: Vec<u32>,
    /// What a decoder must know of each rendition.
    pub(super) codecs: Vec<Codec>,
}

/// Why a part was not done.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) error: TaskError,
    /// Whether it may go better another time.
    pub(super) again: bool,
}

impl From<TaskError> for Failure {
    fn from(error: TaskError) -> Self {
        let again = error.code != ErrorCode::CancelingTask;
        Self { error, again }
    }
}

/// Folder of the parts of the sound.
const SOUND_FOLDER: &str = "sound";

/// Folder of the parts of a chunk.
pub(super) fn chunk_folder(number: usize) -> String {
    format!("chunk-{number}")
}

/// The file of number `file` among those of the sound.
pub(super) fn sound_file(file: usize, container: Container) -> String {
    format!("{SOUND_FOLDER}/{}", command::work_name(file, container))
}

impl Site {
    /// Does a part; `report` hears how many seconds of it are done. The process is dead by the time
    /// this returns or is dropped.
    pub(super) async fn run(
        &self,
        part: Part,
        report: impl Fn(f64) + Send + Sync,
    ) -> Result<Option<Seen>, Failure> {
        let (plan, folder) = match part {
            Part::Sound => (self.sound.as_ref(), self.work.join(SOUND_FOLDER)),
            Part::Stills => (self.stills.as_ref(), self.work.clone()),
            Part::Chunk(number) => (self.chunks.get(number), self.work.join(chunk_folder(number))),
        };
        let Some(plan) = plan else { return Ok(None) };
        fs::create_dir_all(&folder).await.map_err(disk)?;
        let stall = match part {
            // Between two images of a long source there may be hours without a sign of life.
            Part::Stills => self.settings.wall_clock_limit,
            Part::Sound | Part::Chunk(_) => self.settings.stall_limit,
        };
        let arguments = command::arguments(plan, self.threads.of(part, self.chunks.len()));
        self.ffmpeg(&arguments, &folder, stall, report).await?;
        match &plan.cut {
            Some(cut) => Ok(Some(look_at(&folder, cut, plan.files.len()).await.map_err(disk)?)),
            None => Ok(None),
        }
    }

    /// Runs ffmpeg in a folder; no longer than `stall` without getting ahead.
    pub(super) async fn ffmpeg(
        &self,
        args: &[std::ffi::OsString],
        folder: &Path,
        stall: Duration,
        report: impl Fn(f64) + Send + Sync,
    ) -> Result<(), Failure> {
        let mut position = Position::default();
        let on_line = &mut |line: &str| {
            let ahead = position.advance(line);
            if ahead {
                report(position.seconds);
            }
            ahead
        };
        let ffmpeg = &self.settings.tools.ffmpeg;
        // The time limit is one of the task, not of its parts.
        let wall_clock = self.deadline.saturating_duration_since(Instant::now());
        let limits = Limits { wall_clock, stall };
        let ran = process::run(ffmpeg, args, folder, limits, &self.cancel, on_line).await;
        let finished = ran.map_err(|error| {
            let again = !matches!(error, ProcessError::Canceled | ProcessError::TimeLimit(..));
            let error = error.of_limit(self.settings.wall_clock_limit);
            Failure { error: failure::from_process(error, &self.name), again }
        })?;
        if finished.status.success() {
            return Ok(());
        }
        Err(failure::encoding(&self.name, &finished.stderr, &self.path).into())
    }

    /// A failure that says in which part it was.
    pub(super) fn explained(&self, part: Part, failure: Failure) -> TaskError {
        let place = match part {
            Part::Sound => "in the sound".to_owned(),
            Part::Stills => "in the images".to_owned(),
            Part::Chunk(number) => match self.chunks.get(number).and_then(|c| c.cut.as_ref()) {
                Some(cut) => span(cut),
                None => return failure.error,
            },
        };
        if !failure.again {
            return failure.error;
        }
        TaskError { message: format!("{} ({place})", failure.error.message), ..failure.error }
    }
}

fn span(cut: &Cut) -> String {
    let clock = |seconds: f64| {
        // Saturating, and never negative.
        let millis = (seconds * 1000.0).round() as u64;
        let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
        format!("{hours:02}:{minutes:02}:{:02}.{:03}", millis / 1000 % 60, millis % 1000)
    };
    match cut.span() {
        (begin, Some(end)) => format!("between {} and {}", clock(begin), clock(end)),
        (begin, None) => format!("after {}", clock(begin)),
    }
}

/// Reads what ffmpeg has left in a chunk's folder. A file without frames has none; ffmpeg makes
/// those of a chunk behind the source's end.
async fn look_at(folder: &Path, cut: &Cut, renditions: usize) -> io::Result<Seen> {
    let seam = fs::read_to_string(folder.join(command::SEAM_FILE)).await?;
    let hashes = Hashes::parse(&seam, cut);
    let folder = folder.to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        let (mut frames, mut codecs) = (Vec::new(), Vec::new());
        for rendition in 0..renditions {
            let name = command::work_name(rendition, Container::Mp4);
            let measured = measure::read_index(&folder.join(&name), &name).ok();
            let mp4 = measured.and_then(|measured| measured.mp4);
            let track = mp4.as_ref().and_then(|mp4| mp4.first(TrackKind::Video).ok());
            frames.push(track.and_then(|track| track.index()).map_or(0, |index| index.len()));
            codecs.extend(track.map(|track| track.codec().clone()));
        }
        (frames, codecs)
    });
    let (frames, codecs) = reading.await.map_err(io::Error::other)?;
    Ok(Seen { hashes, frames, codecs })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::preset::Rational;

    #[test]
    fn a_failed_part_is_named_by_its_times() {
        let rate = Rational { num: 30_000, den: 1001 };
        let cut = |first, end| Cut { first, end, followed: true, frame_rate: rate };
        assert_eq!(span(&cut(0, Some(300))), "between 00:00:00.000 and 00:00:10.010");
        assert_eq!(span(&cut(107_892, None)), "after 00:59:59.996");
    }
}
