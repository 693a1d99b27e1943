//! Encodes a long source in chunks, side by side, and joins them without a seam.
//!
//! What comes out is what one ffmpeg makes ([`super::command`]): the same frames at the same times,
//! the same key frames, the same sound. Three things see to it:
//!
//! - a chunk is made by the graph of the whole, of which it keeps its own frames
//!   ([`super::plan::chunks`]); times are never counted anew, so nothing is rounded differently;
//! - neighbours compare the pictures that both have decoded ([`seam`]);
//! - frames are counted, in chunks and in what they are joined to ([`line`], [`join`]).
//!
//! Where any of that cannot be promised beforehand, or turns out not to hold, the source is encoded
//! in one piece. What does differ is how bits are spread: rate control begins anew in each chunk, with
//! what the one before has left in the decoder's buffer.
//!
//! Chunks lie in the attempt's own folder, and take as much room as what is made of them; each
//! rendition's are removed when it is joined. An attempt that is lost, with the service or its
//! lease, leaves nothing that another goes on with.

mod join;
mod landing;
mod line;
mod part;
mod seam;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::ENCODED;
use super::crew::{Offer, Team};
use super::error::TaskError;
use super::plan::Plan;
use super::plan::chunks::{obstacle, starts};
use super::probe::Description;
use super::progress::Rising;
use super::tools::EncodeSettings;
use line::{Line, Standing};
use part::{Part, Seen, Site, Threads};

/// The share of encoding that is done when the chunks are.
const JOINING: f64 = 0.98;

/// A task, as far as it is encoded.
pub(super) struct Source<'a> {
    pub(super) settings: &'a EncodeSettings,
    pub(super) team: &'a Team,
    pub(super) plan: &'a Plan,
    /// What ffprobe says of the first input.
    pub(super) description: &'a Description,
    /// The working folder.
    pub(super) work: &'a Path,
    /// What the client calls the first input, and where it is.
    pub(super) name: &'a str,
    pub(super) path: PathBuf,
    pub(super) deadline: Instant,
    pub(super) cancel: &'a CancellationToken,
}

/// How encoding in chunks ended.
pub(super) enum Ended {
    /// All files of the plan are in the working folder.
    Whole,
    /// The source is one that is encoded in one piece.
    Unfit,
}

/// Encodes the source in chunks if that is worth it, and possible.
///
/// # Errors
/// What the task's `ErrorDetails` shall say. No process is left then.
pub(super) async fn run(
    source: &Source<'_>,
    progress: &mut Rising<'_>,
) -> Result<Ended, TaskError> {
    let chunks = match plan(source).await {
        Ok(chunks) => chunks,
        Err(why) => {
            tracing::info!(why, "encoding in one piece");
            return Ok(Ended::Unfit);
        }
    };
    let team = source.team.size();
    tracing::info!(chunks = chunks.len(), team, "encoding in chunks");
    let site = site(source, chunks, team);
    // Whoever helps stops when this is dropped.
    let stop: DropGuard = site.cancel.clone().drop_guard();
    let line = Line::new(site, source.plan.duration);
    let offer = source.team.offer(Arc::clone(&line) as _);
    let worked = work_off(&line, &offer, progress).await;
    drop(offer);
    let unlike = match worked? {
        Worked::Unlike(why) => Some(why),
        Worked::Done(seen) => {
            let joined = join::join(&line.site, source.plan, &seen, progress).await;
            joined.map_err(|failure| failure.error)?
        }
    };
    drop(stop);
    let Some(why) = unlike else { return Ok(Ended::Whole) };
    tracing::warn!(why, "the chunks do not go together: encoding all of it again in one piece");
    Ok(Ended::Unfit)
}

/// The work of each chunk, or why all of it is the work of one ffmpeg.
async fn plan(source: &Source<'_>) -> Result<Vec<Plan>, &'static str> {
    let (plan, settings, workers) = (source.plan, source.settings, source.team.size());
    if workers < 2 {
        return Err("no other worker could help");
    }
    if settings.chunk_seconds == 0 {
        return Err("chunks are switched off");
    }
    if let Some(why) = obstacle(plan, source.description) {
        return Err(why);
    }
    let wanted = starts(plan, source.description, workers, settings.chunk_seconds);
    if wanted.len() < 2 {
        return Err("it is too short");
    }
    let chunks = plan.chunks(&wanted);
    let reached = landing::reachable(settings, source.description, &chunks, source.cancel);
    let reached = reached.await.ok_or("where its key frames are cannot be told")?;
    if reached.len() < 2 {
        return Err("no key frame is near a place to cut");
    }
    if reached.len() < wanted.len() {
        let (wanted, reached) = (wanted.len(), reached.len());
        tracing::debug!(wanted, reached, "not all places to cut have a key frame near");
    }
    Ok(plan.chunks(&reached))
}

fn site(source: &Source<'_>, chunks: Vec<Plan>, team: usize) -> Site {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = |processors: usize| match source.settings.threads {
        0 => u32::try_from(processors.max(1)).unwrap_or(1),
        threads => threads,
    };
    let threads = Threads { usual: threads(cores / team), last: threads(cores), workers: team };
    Site {
        settings: source.settings.clone(),
        chunks,
        sound: source.plan.sound(),
        stills: source.plan.stills(),
        threads,
        work: source.work.to_owned(),
        name: source.name.to_owned(),
        path: source.path.clone(),
        deadline: source.deadline,
        cancel: source.cancel.child_token(),
    }
}

enum Worked {
    Done(Vec<Seen>),
    Unlike(String),
}

/// Does all parts, together with whoever helps. Nobody works on any when this returns.
async fn work_off(
    line: &Arc<Line>,
    offer: &Offer,
    progress: &mut Rising<'_>,
) -> Result<Worked, TaskError> {
    let mut retried = BTreeSet::new();
    loop {
        while let Some(part) = line.next() {
            drive(line, part, progress).await;
        }
        match settled(line, progress).await {
            Standing::Done(seen) => return Ok(Worked::Done(seen)),
            Standing::Unlike(why) => return Ok(Worked::Unlike(why)),
            Standing::Failed(part, failure) if failure.again && retried.insert(part) => {
                tracing::warn!(?part, error = %failure.error, "a part failed: once more, alone");
                clear(line, part).await;
                drive(line, line.again(part), progress).await;
                line.resume();
                offer.remind();
            }
            Standing::Failed(part, failure) => return Err(line.site.explained(part, failure)),
        }
    }
}

/// Works on a part, and tells how far all of them are.
async fn drive(line: &Line, mut part: BoxFuture<'static, ()>, progress: &mut Rising<'_>) {
    loop {
        progress.to(line.share() * JOINING * ENCODED);
        tokio::select! {
            () = &mut part => return,
            () = line.change() => {}
        }
    }
}

/// How it stands when all that was begun has ended.
async fn settled(line: &Line, progress: &mut Rising<'_>) -> Standing {
    loop {
        progress.to(line.share() * JOINING * ENCODED);
        if let Some(standing) = line.standing() {
            return standing;
        }
        line.change().await;
    }
}

/// Removes what a failed part has left.
async fn clear(line: &Line, part: Part) {
    if let Part::Chunk(number) = part {
        // Where there is nothing, nothing is to be removed; other trouble the next try will meet.
        tokio::fs::remove_dir_all(line.site.work.join(part::chunk_folder(number))).await.ok();
    }
}

#[cfg(test)]
mod tests;
