use std::fmt;

use crate::Error;

/// Sees every request before it is sent and every answer as it comes, each try by itself.
pub trait Hook: Send + Sync + fmt::Debug {
    /// May change the head of a request: add headers, sign it.
    ///
    /// # Errors
    ///
    /// The request must not be sent; nothing is tried again.
    fn request(&self, head: &mut http::request::Parts) -> Result<(), Error> {
        let _ = head;
        Ok(())
    }

    /// Sees the head of an answer, whatever its status.
    fn response(&self, head: &http::response::Parts) {
        let _ = head;
    }
}
