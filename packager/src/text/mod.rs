//! Subtitles: read from WebVTT and TTML files, delivered in every protocol.
//!
//! * HLS gets segments of WebVTT, cut where the video is cut; a cue that spans a cut is in both
//!   segments (RFC 8216 §3.5).
//! * DASH gets one WebVTT file for each track. dash.js and shaka-player both play it, ffmpeg and
//!   GStreamer do not stumble over it, and it needs no box around each cue (`wvtt`), which several
//!   players read differently or not at all.
//! * Smooth Streaming gets fragments with a TTML document each (MS-SSTR §2.2.4).
//!
//! Subtitles are not encrypted: no key system does that, and manifests do not say it of them.

mod cues;
mod dash;
mod error;
mod fragment;
mod hls;
mod markup;
mod name;
mod smooth;
mod stream;
#[cfg(test)]
mod tests;
mod timestamp;
mod ttml;
mod webvtt;

pub use cues::{Cue, Subtitles};
pub use error::{TextError, TextOddity, TextProblem, TextWarning};
pub use fragment::TextFragment;
pub use name::TextRole;
pub use stream::{TextFile, TextStream};
pub use webvtt::MAX_FILE;

pub(crate) use dash::adaptation_sets;
pub(crate) use fragment::{Zero, fragment};
pub(crate) use hls::{GROUP, media, renditions};
pub(crate) use smooth::stream_indexes;
pub(crate) use stream::streams;
