//! Workers: they take tasks, encode, and tell how it went.
//!
//! The tables of `Jobs` and `Tasks` are the queue: a queue of its own beside them would be a second
//! truth. Who works on what is a lease with a heartbeat ([`crate::store::Queue`]); a worker that is
//! gone loses its lease, and the task starts again from its inputs.

mod events;
mod inputs;
mod outcome;
mod outputs;
pub(crate) mod processors;
pub(crate) mod purge;
mod run;
mod work;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::futures::Notified;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::encode::{Crew, EncodeSettings};
use crate::error::ApiError;
use crate::sets;

/// How long a worker may be silent before its task is given to another.
const LEASE: Duration = Duration::from_secs(30);
/// How often a worker looks for tasks when nobody rings.
const LOOK: Duration = Duration::from_secs(5);

/// What workers share.
#[derive(Clone)]
struct Workshop {
    settings: Arc<EncodeSettings>,
    crew: Arc<Crew>,
}

/// Runs workers until told to stop; tasks that run then are stopped, and start again with the
/// service.
pub(crate) async fn run(
    app: Arc<App>,
    settings: Arc<EncodeSettings>,
    count: usize,
    stop: CancellationToken,
) {
    // What this process held before a crash, nobody works on.
    forget(&app).await;
    let crew = Crew::new(count, Arc::clone(&app.work));
    let workshop = Workshop { settings, crew };
    let mut workers = JoinSet::new();
    workers.spawn(settle(Arc::clone(&app), stop.clone()));
    for place in 0..count {
        workers.spawn(work(Arc::clone(&app), workshop.clone(), place, stop.clone()));
    }
    while workers.join_next().await.is_some() {}
    forget(&app).await;
}

async fn forget(app: &App) {
    if let Err(error) = app.queue.forget(&app.account.worker).await {
        tracing::error!(%error, "leases of an earlier run could not be ended");
    }
}

/// A worker, whose place says how many others there are before it. Those beyond the account's
/// reserved units rest.
async fn work(app: Arc<App>, workshop: Workshop, place: usize, stop: CancellationToken) {
    while !stop.is_cancelled() {
        // Registered before looking: a ring in between is not lost.
        let ring = app.work.notified();
        if !survived(Box::pin(next_for(place, &app, &workshop, &stop))).await {
            rest(ring, &stop).await;
        }
    }
}

/// Whether a worker has found something to do. It outlives whatever went wrong with that.
async fn survived(next: impl Future<Output = Result<bool, ApiError>>) -> bool {
    match AssertUnwindSafe(next).catch_unwind().await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            tracing::error!(%error, "a worker cannot reach its tasks");
            false
        }
        // Nobody renews the lease of its task any more, which starts again when that has ended.
        Err(_) => {
            tracing::error!("a worker has panicked");
            false
        }
    }
}

/// Ends canceled jobs of which nobody works on a task. Not left to the workers: all of them may be
/// busy with other jobs for long.
async fn settle(app: Arc<App>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let ring = app.work.notified();
        if let Err(error) = settle_all(&app).await {
            tracing::error!(%error, "canceled jobs could not be ended");
        }
        rest(ring, &stop).await;
    }
}

async fn settle_all(app: &App) -> Result<(), ApiError> {
    for job in app.queue.canceled_jobs().await? {
        outcome::settle_canceled(app, &job).await?;
    }
    Ok(())
}

/// Waits until there may be something to do.
async fn rest(ring: Notified<'_>, stop: &CancellationToken) {
    tokio::select! {
        () = ring => {}
        () = tokio::time::sleep(LOOK) => {}
        () = stop.cancelled() => {}
    }
}

/// Does what there is to do next, if there is a reserved unit for the worker; returns whether there
/// was anything.
async fn next_for(
    place: usize,
    app: &Arc<App>,
    workshop: &Workshop,
    stop: &CancellationToken,
) -> Result<bool, ApiError> {
    if place >= sets::task_slots(app).await? {
        return Ok(false);
    }
    if Box::pin(next(app, workshop, stop)).await? {
        return Ok(true);
    }
    // No task waits: a part of one that runs may.
    let Some(part) = workshop.crew.take() else { return Ok(false) };
    part.await;
    Ok(true)
}

/// Does what there is to do next; returns whether there was anything.
async fn next(
    app: &Arc<App>,
    workshop: &Workshop,
    stop: &CancellationToken,
) -> Result<bool, ApiError> {
    let Some(claim) = app.queue.claim(&app.account.worker, LEASE).await? else {
        return Ok(false);
    };
    let lease = claim.lease.clone();
    let result = Box::pin(run::run(app, workshop, claim, stop)).await;
    // A task that was stopped with the service keeps its attempt number for the next start.
    if !stop.is_cancelled() {
        app.queue.release(&lease).await?;
        if result.is_ok() {
            // The job may have been canceled meanwhile, and this have been its last task at work.
            app.work.notify_waiters();
        }
    }
    result.map(|()| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_worker_survives_its_work() {
        assert!(survived(async { Ok(true) }).await);
        assert!(!survived(async { Ok(false) }).await);
        assert!(!survived(async { Err(ApiError::internal("no such table")) }).await);
        assert!(!survived(async { panic!("as no work should") }).await);
    }
}
