//! Buffers that are used again: getting fresh memory from the system takes longer than filling it.

use std::sync::{Mutex, PoisonError};

/// Length of the buffers that are kept; longer ones are given back to the system.
const LENGTH: usize = 512 << 10;
/// How many are kept at most, which are 32 MiB.
const KEPT: usize = 64;

static FREE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Bytes to be written over: what is in them first may be of anything before.
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    length: usize,
}

impl Buffer {
    /// A buffer of so many bytes.
    pub(crate) fn new(length: usize) -> Self {
        let kept = if length <= LENGTH { free().pop() } else { None };
        Self { bytes: kept.unwrap_or_else(|| vec![0; length.max(LENGTH)]), length }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.bytes.len() == LENGTH {
            let bytes = std::mem::take(&mut self.bytes);
            let mut free = free();
            if free.len() < KEPT {
                free.push(bytes);
            }
        }
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl AsMut<[u8]> for Buffer {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.length]
    }
}

/// Nothing can be wrong with what a thread that panicked has left: it is a list of buffers.
fn free() -> std::sync::MutexGuard<'static, Vec<Vec<u8>>> {
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_have_the_length_that_was_asked_for() {
        for length in [0, 5, LENGTH, LENGTH + 1, 7] {
            let mut buffer = Buffer::new(length);
            assert_eq!((buffer.as_ref().len(), buffer.as_mut().len()), (length, length));
        }
    }
}
