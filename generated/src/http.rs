//! The HTTP client of everything that is not OData: token endpoints and storage.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use bytes::{Bytes, BytesMut};

/// More of an answer that is read for its words is not kept.
const LONGEST_ANSWER: usize = 1 << 20;

/// A client that does not follow redirects: neither a secret nor a signature may go astray.
pub(crate) fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        // Between two reads, not for the whole: large downloads take their time.
        .read_timeout(Duration::from_secs(100))
        .user_agent(concat!("azure-media/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Delays between tries, without end: 100 ms at first, 8 s at last, varied at random.
pub(crate) fn delays() -> impl Iterator<Item = Duration> + Send {
    ExponentialBuilder::new()
        .with_jitter()
        .with_min_delay(Duration::from_millis(100))
        .with_max_delay(Duration::from_secs(8))
        .without_max_times()
        .build()
}

/// The body of an answer, up to a length that no honest one exceeds.
pub(crate) async fn start_of_body(
    mut response: reqwest::Response,
) -> Result<Bytes, reqwest::Error> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        let room = LONGEST_ANSWER - body.len();
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if body.len() == LONGEST_ANSWER {
            break;
        }
    }
    Ok(body.freeze())
}
