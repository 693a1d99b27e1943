//! Calls that a service works on after it has answered: `respond-async`, 202, and asking again.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::dialect::Preference;
use crate::request::{Decode, decode_nothing};
use crate::retry::retry_after;
use crate::service::{inner_reply, service_error};
use crate::{Call, Error, Reply, Request, Service};

/// How a call that may take long was answered.
#[derive(Debug)]
pub enum Started<T> {
    /// At once.
    Done(T),
    /// The service works on it.
    Running(Monitor<T>),
}

/// A call that the service works on.
pub struct Monitor<T> {
    service: Service,
    /// Where the service tells how far it is.
    url: String,
    delay: Duration,
    decode: Decode<T>,
}

/// Between questions, unless the service asks for another pause.
const DELAY: Duration = Duration::from_secs(2);

impl<T> Request<T> {
    /// Sends the call, with the wish that the service answers before it is done.
    ///
    /// # Errors
    ///
    /// The service refuses, there is no answer, or it is not what the model says.
    pub async fn respond_async(mut self) -> Result<Started<T>, Error> {
        self.call.wish(Preference::RespondAsync, self.service.dialect());
        let reply = self.service.send(&self.call).await?;
        match reply.header("location").filter(|_| reply.status == 202) {
            None => self.decode.decode(&reply).map(Started::Done),
            Some(location) => {
                let url = reply.url.join(location).map_err(Error::usage)?.into();
                let delay = pause(&reply);
                let Self { service, decode, .. } = self;
                Ok(Started::Running(Monitor { service, url, delay, decode }))
            }
        }
    }
}

fn pause(reply: &Reply) -> Duration {
    let asked = reply.header("retry-after");
    asked.and_then(|text| retry_after(text, SystemTime::now())).unwrap_or(DELAY)
}

impl<T> Monitor<T> {
    /// Where the service tells how far it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks once; `None` if the service still works on it.
    ///
    /// # Errors
    ///
    /// The call has failed, there is no answer, or it is not what the model says.
    pub async fn poll(&mut self) -> Result<Option<T>, Error> {
        let reply = self.service.send(&Call::get(self.url.as_str())).await?;
        if reply.status == 202 {
            self.delay = pause(&reply);
            if let Some(location) = reply.header("location") {
                self.url = reply.url.join(location).map_err(Error::usage)?.into();
            }
            return Ok(None);
        }
        let reply = result(reply)?;
        self.decode.decode(&reply).map(Some)
    }

    /// Asks until it is done, with the pauses that the service asks for. Put a time limit around
    /// it: the service may never be done.
    ///
    /// # Errors
    ///
    /// The call has failed, there is no answer, or it is not what the model says.
    pub async fn wait(mut self) -> Result<T, Error> {
        loop {
            tokio::time::sleep(self.delay).await;
            if let Some(result) = self.poll().await? {
                return Ok(result);
            }
        }
    }

    /// Tells the service to stop.
    pub fn cancel(&self) -> Request<()> {
        let call = Call::write("DELETE", self.url.as_str(), None);
        Request::new(&self.service, call, decode_nothing)
    }
}

/// The answer to the call itself: within the one about it as text of HTTP (4.0), or this one with
/// its status in a header (4.01).
fn result(mut reply: Reply) -> Result<Reply, Error> {
    let content_type = reply.header("content-type").unwrap_or_default();
    if content_type.to_ascii_lowercase().starts_with("application/http") {
        let inner = edm::batch::read_response(&reply.body);
        let inner = inner.map_err(|error| reply.blame(Error::payload(error)))?;
        reply = inner_reply(inner, &reply);
    } else if let Some(status) = reply.header("asyncresult").and_then(|text| text.parse().ok()) {
        reply.status = status;
    }
    match reply.status {
        200..=299 => Ok(reply),
        _ => Err(service_error(&reply)),
    }
}

impl<T> fmt::Debug for Monitor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor").field("delay", &self.delay).finish_non_exhaustive()
    }
}
