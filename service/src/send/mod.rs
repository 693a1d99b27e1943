//! Files that leave the process without passing through it.
//!
//! hyper writes what a body gives it, and that is bytes. A body that is to send a stretch of a file
//! gives it a *hole* instead: a slice, as long as the stretch, of zeros that nobody ever reads or
//! writes ([`hole`]). At the same moment it puts the stretch into the queue of its connection
//! ([`FileQueue`]). hyper keeps the slices of a body as they are where the connection can write
//! several at once (`is_write_vectored`), in order, and hands them to [`FileSocket`], which tells
//! holes by their address and sends the front of the queue with sendfile(2) in their place.
//!
//! Holes and stretches come and go in the same order. Where one does not fit the other, or a file
//! is shorter than it was, the connection is cut off: no zeros ever leave.
//!
//! Only plain connections have a queue. Where a body finds none, it reads the files.

mod body;
mod hole;
mod socket;

pub(crate) use body::{FileBody, Part, Source, slice};
pub(crate) use socket::{FileQueue, FileSocket};
