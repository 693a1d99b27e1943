//! Answers to calls of a batch.

use std::fmt;

use edm::batch::{self as wire, Part as WirePart};
use url::Url;

use super::{Batch, BatchHandle, BatchId, Calls};
use crate::call::is_absolute;
use crate::service::{inner_reply, service_error};
use crate::{Call, Error, Reply};

/// The answer to one call; none if the service did not get so far.
type Answer = Option<Result<Reply, Error>>;

/// The results of a batch.
pub struct BatchResults {
    /// The batch that they are of.
    pub(super) batch: BatchId,
    /// By the number of the call, from 0; none if the service did not get so far.
    pub(super) replies: Vec<Answer>,
}

impl Batch {
    /// Gives every call of a change set the error of the one that has failed. In JSON each has its
    /// own answer, and services leave out those of the others, or say that they were done though
    /// they are undone.
    fn fail_together(&self, replies: &mut [Answer]) {
        for part in &self.parts {
            let Calls::ChangeSet(calls) = part else { continue };
            let slots: Vec<usize> = calls.iter().map(|one| one.id - 1).collect();
            let failed = slots.iter().find_map(|slot| failure(&replies[*slot]).cloned());
            let Some(error) = failed else { continue };
            for slot in slots {
                if failure(&replies[slot]).is_none() {
                    replies[slot] = Some(Err(error.clone()));
                }
            }
        }
    }

    /// Puts answers to calls: by the order of parts, which is that of the requests, or by their
    /// ids, which JSON has.
    pub(super) fn assign(
        &self,
        answers: Vec<WirePart<wire::Response>>,
        reply: &Reply,
    ) -> Vec<Answer> {
        let mut replies: Vec<Answer> = Vec::new();
        replies.resize_with(self.count, || None);
        let calls: Vec<&Call> = self.calls().map(|one| &one.call).collect();
        let mut put = |id: usize, answer: wire::Response| {
            let at = id.wrapping_sub(1);
            if let (Some(slot), Some(call)) = (replies.get_mut(at), calls.get(at)) {
                let reply = Reply { method: call.method, ..inner_reply(answer, reply) };
                let reply = Reply { url: url(call, &reply.root), ..reply };
                *slot = Some(match call.accepts(reply.status) {
                    true => Ok(reply),
                    false => Err(service_error(&reply).of(reply.method, &reply.url)),
                });
            }
        };
        if self.in_json {
            for part in answers {
                let messages = match part {
                    WirePart::One(one) => vec![one],
                    WirePart::ChangeSet(all) => all,
                };
                for answer in messages {
                    if let Some(id) = answer.id.as_deref().and_then(|id| id.parse().ok()) {
                        put(id, answer);
                    }
                }
            }
            self.fail_together(&mut replies);
            return replies;
        }
        for (calls, answer) in self.parts.iter().zip(answers) {
            match (calls, answer) {
                (Calls::One(one), WirePart::One(answer)) => put(one.id, answer),
                (Calls::One(one), WirePart::ChangeSet(answers)) => {
                    answers.into_iter().take(1).for_each(|answer| put(one.id, answer));
                }
                (Calls::ChangeSet(calls), WirePart::One(answer)) => {
                    // It has failed as a whole.
                    calls.iter().for_each(|one| put(one.id, answer.clone()));
                }
                (Calls::ChangeSet(calls), WirePart::ChangeSet(answers)) => {
                    let has_failed = answers.len() == 1 && answers[0].status >= 400;
                    for (position, one) in calls.iter().enumerate() {
                        let id = one.id.to_string();
                        let by_id = answers.iter().find(|answer| answer.id.as_ref() == Some(&id));
                        let by_place = answers.get(if has_failed { 0 } else { position });
                        if let Some(answer) = by_id.or(by_place) {
                            put(one.id, answer.clone());
                        }
                    }
                }
            }
        }
        replies
    }
}

/// The error that an answer in a batch is.
fn failure(answer: &Answer) -> Option<&Error> {
    answer.as_ref()?.as_ref().err()
}

/// Where a call would have gone by itself.
fn url(call: &Call, root: &Url) -> Url {
    let url = match is_absolute(&call.target) {
        true => Url::parse(&call.target),
        false => Url::parse(&format!("{root}{}", call.target)),
    };
    url.unwrap_or_else(|_| root.clone())
}

impl BatchResults {
    /// The result of a call.
    ///
    /// # Errors
    ///
    /// The service refused the call, or the change set that it was in; it stopped before it; or
    /// the answer is not what the model says. The call is of another batch:
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage).
    pub fn get<T>(&self, handle: &BatchHandle<T>) -> Result<T, Error> {
        if handle.batch != self.batch {
            return Err(Error::usage("the call is of another batch"));
        }
        match handle.id.checked_sub(1).and_then(|at| self.replies.get(at)) {
            Some(Some(Ok(reply))) => handle.decode.decode(reply),
            Some(Some(Err(error))) => Err(error.clone()),
            Some(None) | None => Err(Error::payload("the batch has no answer to this call")),
        }
    }
}

impl fmt::Debug for BatchResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.replies).finish()
    }
}
