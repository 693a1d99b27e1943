//! The parts of a task that wait to be done, and how those that were begun went.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::Notify;

use super::part::{Failure, Part, Seen, Site};
use crate::encode::crew::Help;
use crate::encode::error::TaskError;

/// Parts in line, which any worker takes from.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) site: Site,
    /// How many seconds each chunk takes up.
    lengths: Vec<f64>,
    state: Mutex<State>,
    /// Rings when anything has changed.
    moved: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Part>,
    running: usize,
    /// Nothing more is begun: something has gone wrong.
    held: bool,
    failed: Vec<(Part, Failure)>,
    /// Why the chunks cannot be joined.
    unlike: Option<String>,
    /// By chunk: how many seconds are done.
    done: Vec<f64>,
    seen: Vec<Option<Seen>>,
}

impl State {
    fn set_done(&mut self, part: Part, seconds: f64) {
        let Part::Chunk(number) = part else { return };
        if let Some(done) = self.done.get_mut(number) {
            *done = seconds;
        }
    }
}

/// How the line stands when nobody works on it.
#[derive(Debug)]
pub(super) enum Standing {
    Done(Vec<Seen>),
    Failed(Part, Failure),
    /// The chunks do not go together, and why.
    Unlike(String),
}

impl Line {
    /// All parts of `site`, whose chunks end after `duration` seconds if that is known.
    pub(super) fn new(site: Site, duration: Option<f64>) -> Arc<Self> {
        let lengths = site.chunks.iter().map(|chunk| {
            let (begin, end) = chunk.cut.as_ref().map_or((0.0, None), |cut| cut.span());
            (end.or(duration).unwrap_or(begin) - begin).max(0.0)
        });
        let lengths: Vec<f64> = lengths.collect();
        // What takes a single process longest comes first: nobody waits for it at the end.
        let whole =
            [site.sound.as_ref().map(|_| Part::Sound), site.stills.as_ref().map(|_| Part::Stills)];
        let chunks = (0..site.chunks.len()).map(Part::Chunk);
        let state = State {
            waiting: whole.into_iter().flatten().chain(chunks).collect(),
            done: vec![0.0; lengths.len()],
            seen: vec![None; lengths.len()],
            ..State::default()
        };
        Arc::new(Self { site, lengths, state: Mutex::new(state), moved: Notify::new() })
    }

    /// The next part, to be done by whoever polls what this returns.
    pub(super) fn next(self: &Arc<Self>) -> Option<BoxFuture<'static, ()>> {
        let mut state = self.state();
        if state.held {
            return None;
        }
        let part = state.waiting.pop_front()?;
        state.running += 1;
        drop(state);
        Some(Begun { line: Arc::clone(self), part, ended: false }.work().boxed())
    }

    /// Does a part that has failed again, while nothing else runs; then all goes on.
    pub(super) fn again(self: &Arc<Self>, part: Part) -> BoxFuture<'static, ()> {
        let mut state = self.state();
        state.running += 1;
        drop(state);
        Begun { line: Arc::clone(self), part, ended: false }.work().boxed()
    }

    /// Lets parts be begun again, unless others have failed.
    pub(super) fn resume(&self) {
        let mut state = self.state();
        state.held = !state.failed.is_empty() || state.unlike.is_some();
    }

    /// Waits until anything has changed.
    pub(super) async fn change(&self) {
        self.moved.notified().await;
    }

    /// The share of all chunks that is encoded.
    pub(super) fn share(&self) -> f64 {
        let total: f64 = self.lengths.iter().sum();
        let done: f64 = self.state().done.iter().sum();
        if total > 0.0 { (done / total).min(1.0) } else { 0.0 }
    }

    /// How it stands, or `None` while somebody works on it.
    pub(super) fn standing(&self) -> Option<Standing> {
        let mut state = self.state();
        if state.running > 0 {
            return None;
        }
        if let Some(why) = &state.unlike {
            return Some(Standing::Unlike(why.clone()));
        }
        if !state.failed.is_empty() {
            let (part, failure) = state.failed.remove(0);
            return Some(Standing::Failed(part, failure));
        }
        let seen: Option<Vec<Seen>> = state.seen.iter().cloned().collect();
        // Every chunk that did not fail was seen.
        seen.filter(|_| state.waiting.is_empty()).map(Standing::Done)
    }

    fn report(&self, part: Part, seconds: f64) {
        if let Part::Chunk(number) = part {
            self.state().set_done(part, seconds.min(self.length(number)));
            self.moved.notify_one();
        }
    }

    fn length(&self, number: usize) -> f64 {
        self.lengths.get(number).copied().unwrap_or_default()
    }

    fn end(&self, part: Part, result: Result<Option<Seen>, Failure>) {
        let mut state = self.state();
        state.running -= 1;
        match (result, part) {
            (Err(failure), _) => {
                state.held = true;
                state.failed.push((part, failure));
                state.set_done(part, 0.0);
            }
            (Ok(seen), Part::Chunk(number)) => {
                state.set_done(part, self.length(number));
                if let Some(slot) = state.seen.get_mut(number) {
                    *slot = seen;
                }
                if let Some(why) = self.mismatch(&state.seen, number) {
                    state.held = true;
                    state.unlike = Some(why);
                    // What others encode now is of no use.
                    self.site.cancel.cancel();
                }
            }
            (Ok(_), Part::Sound | Part::Stills) => {}
        }
        drop(state);
        self.moved.notify_one();
    }

    /// Why a chunk cannot be joined to those around it that have been encoded.
    fn mismatch(&self, seen: &[Option<Seen>], number: usize) -> Option<String> {
        let of = |number: usize| Some((seen.get(number)?.as_ref()?, self.cut(number)?));
        let (chunk, cut) = of(number)?;
        let planned = cut.own_frames().filter(|_| cut.followed);
        for frames in chunk.frames.iter().map(|frames| u64::from(*frames)) {
            if planned.map_or(frames == 0, |planned| planned != frames) {
                return Some(format!("chunk {number} has {frames} frames instead of {planned:?}"));
            }
        }
        if chunk.frames.windows(2).any(|pair| pair[0] != pair[1]) {
            return Some(format!("the renditions of chunk {number} have different lengths"));
        }
        let before = number.checked_sub(1).and_then(of).map(|(before, _)| (before, chunk, cut));
        let behind = of(number + 1).map(|(behind, cut)| (chunk, behind, cut));
        for (before, behind, cut) in before.into_iter().chain(behind) {
            let at = cut.first;
            if !before.hashes.meet(&behind.hashes, at) {
                return Some(format!("pictures differ at frame {at}, decoded from there"));
            }
            if before.codecs != behind.codecs {
                return Some(format!("the encoder's parameters differ at frame {at}"));
            }
        }
        None
    }

    fn cut(&self, number: usize) -> Option<&crate::encode::plan::Cut> {
        self.site.chunks.get(number)?.cut.as_ref()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that panics is done while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Help for Line {
    fn take(self: Arc<Self>) -> Option<BoxFuture<'static, ()>> {
        self.next()
    }
}

/// A part that a worker has taken.
struct Begun {
    line: Arc<Line>,
    part: Part,
    ended: bool,
}

impl Begun {
    async fn work(mut self) {
        let (line, part) = (Arc::clone(&self.line), self.part);
        let result = line.site.run(part, |seconds| line.report(part, seconds)).await;
        self.ended = true;
        line.end(part, result);
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.ended {
            let error = TaskError::processing("a worker gave up a part of the task");
            self.line.end(self.part, Err(error.into()));
        }
    }
}
