//! Starts a streaming endpoint.

use std::time::Duration;

use odata_client::Error;
use tokio::time::Instant;

use crate::error::{AtStep as _, EndpointError, Step};
use crate::{
    MediaServices, OperationState, StreamingEndpoint, StreamingEndpointId, StreamingEndpointState,
};

/// Azure takes minutes to start an endpoint.
const LONGEST_START: Duration = Duration::from_secs(30 * 60);

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

impl MediaServices {
    /// Starts the streaming endpoint of this name, case disregarded, and waits until it runs. The
    /// endpoint that every account has is called `default`. One that runs already is left alone.
    ///
    /// # Errors
    ///
    /// There is no such endpoint, it is being stopped or deleted, it does not start, or a call
    /// fails.
    pub async fn start_streaming_endpoint(
        &self,
        name: &str,
    ) -> Result<StreamingEndpoint, EndpointError> {
        let endpoints = self.streaming_endpoints().all().await.at(Step::FindEndpoint)?;
        let is_named = |endpoint: &StreamingEndpoint| {
            endpoint.name.as_deref().is_some_and(|other| other.eq_ignore_ascii_case(name))
        };
        let Some(endpoint) = endpoints.into_iter().find(is_named) else {
            return Err(EndpointError::NotFound { name: name.to_owned() });
        };
        match endpoint.state {
            Some(StreamingEndpointState::Running) => return Ok(endpoint),
            Some(StreamingEndpointState::Stopped) => self.start(&endpoint.id).await?,
            // Somebody else starts it.
            Some(StreamingEndpointState::Starting) => {}
            _ => return Err(EndpointError::NotStartable(Box::new(endpoint))),
        }
        self.until_running(&endpoint.id).await
    }

    /// Starts it and waits for the operation that the service starts for that.
    async fn start(&self, id: &StreamingEndpointId) -> Result<(), EndpointError> {
        let start = self.streaming_endpoint(id).start();
        let ((), operation) = start.start().await.at(Step::StartEndpoint)?;
        // Without an operation, it is done.
        let Some(operation) = operation else {
            return Ok(());
        };
        let mut pauses = Pauses::new();
        loop {
            let operation = self.operation(operation.as_str()).get();
            let operation = operation.await.at(Step::WatchEndpoint)?;
            match operation.state {
                Some(OperationState::Succeeded) => return Ok(()),
                Some(OperationState::Failed) => {
                    return Err(EndpointError::Failed {
                        code: operation.error_code.unwrap_or_default(),
                        message: operation.error_message.unwrap_or_default(),
                    });
                }
                _ => {
                    if !pauses.next().await {
                        let endpoint = self.read_endpoint(id).await.at(Step::WatchEndpoint)?;
                        return Err(EndpointError::TooSlow(Box::new(endpoint)));
                    }
                }
            }
        }
    }

    async fn until_running(
        &self,
        id: &StreamingEndpointId,
    ) -> Result<StreamingEndpoint, EndpointError> {
        let mut pauses = Pauses::new();
        loop {
            let endpoint = self.read_endpoint(id).await.at(Step::WatchEndpoint)?;
            match endpoint.state {
                Some(StreamingEndpointState::Running) => return Ok(endpoint),
                Some(StreamingEndpointState::Starting) if pauses.next().await => {}
                Some(StreamingEndpointState::Starting) => {
                    return Err(EndpointError::TooSlow(Box::new(endpoint)));
                }
                _ => return Err(EndpointError::NotStartable(Box::new(endpoint))),
            }
        }
    }

    async fn read_endpoint(&self, id: &StreamingEndpointId) -> Result<StreamingEndpoint, Error> {
        self.streaming_endpoint(id).get().await
    }
}

/// Pauses that get longer, until there has been time enough.
struct Pauses {
    next: Duration,
    end: Instant,
}

impl Pauses {
    fn new() -> Self {
        Self { next: FIRST_PAUSE, end: Instant::now() + LONGEST_START }
    }

    /// Waits; false when the time is over.
    async fn next(&mut self) -> bool {
        if Instant::now() >= self.end {
            return false;
        }
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(LONGEST_PAUSE);
        true
    }
}
