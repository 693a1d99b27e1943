//! MPEG transport stream segments (ISO/IEC 13818-1), as HLS has them (RFC 8216 §3.2).
//!
//! How long a segment will be, and where its frames lie in it, follows from sample sizes: nothing
//! is read before the first byte is sent. Sample data is copied once, into packets.

mod access_unit;
mod adts;
mod audio;
mod dolby;
mod packet;
mod pes;
mod piece;
mod psi;
mod segment;
mod source;
#[cfg(test)]
mod tests;

/// Content type of segments, also of audio.
pub const CONTENT_TYPE: &str = "video/mp2t";

/// Which bytes segments are made of: to be raised with any change to them. No byte of a segment is
/// made when it is named to caches, which must not take a part of an earlier segment for one of a
/// later.
pub const REVISION: u32 = 1;

pub use piece::{Piece, Read};
pub use segment::Segment;

pub(crate) use pes::ORIGIN;
pub(crate) use segment::KeyFrame;
pub(crate) use source::{Format, Source};
