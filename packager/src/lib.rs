//! Just-in-time packaging of MP4 files for HLS, MPEG-DASH and Smooth Streaming.
//!
//! The crate does no I/O: bytes in, bytes out. A caller that owns the storage works like this:
//!
//! 1. [`Locate`] tells which byte ranges of an MP4 file to read until all [`Boxes`] that tell about
//!    samples are at hand: the `moov`, and the `moof` boxes of a fragmented file.
//! 2. [`Mp4::parse`] turns them into [`Track`]s with a compact sample index.
//! 3. The `.ism` file of the asset ([`ServerManifest`]) names the tracks, or the caller lists
//!    [`Rendition`]s itself; a [`Presentation`] cuts all of them on one timeline.
//! 4. [`Request::parse`] reads the URL below the locator; the presentation answers it with a
//!    manifest, an initialization segment, or a [`Fragment`]: a few hundred bytes of header and
//!    the byte ranges of the MP4 file that follow it. Sample data never passes through here.
//!
//! What a [`protect::Protection`] encrypts is different: [`View::fragment`] says what is to be done
//! with the bytes.
//!
//! # Time
//!
//! Edit lists are applied once, when a track is parsed: each sample gets its place on the
//! presentation timeline, and everything after that (fragments, manifests, all three protocols)
//! uses that timeline. The first sample of a track decodes at its own presentation time, so a
//! video track with B-frames starts at 0 like the audio. AAC priming frames lie before time 0 and
//! are left out. Composition offsets are signed in Smooth Streaming; in HLS and DASH they are
//! made positive, and the edit list of the initialization segment takes that shift back. So audio
//! and video are in step in every protocol.
//!
//! Manifests and URLs count 100-nanosecond units ([`TIMESCALE`]).

mod aac;
mod av1;
mod bits;
mod bounds;
mod boxes;
mod carriage;
mod codec;
mod cut;
mod dash;
mod dolby;
mod edit;
mod error;
mod filter;
mod format;
mod fragment;
mod fragmented;
mod hls;
mod index;
mod indexed;
mod init;
mod language;
mod located;
mod moov;
mod outline;
mod picture;
mod plan;
mod playlist_plan;
mod presentation;
pub mod protect;
mod sample_entry;
mod server_manifest;
mod server_manifest_xml;
mod sidecar;
mod smooth;
mod source;
mod stream;
mod tables;
#[cfg(test)]
mod testing;
pub mod text;
mod time;
mod timeline;
mod track;
pub mod ts;
mod url;
mod view;

pub use aac::AacConfig;
pub use av1::{Av1Config, Colour};
pub use codec::{AvcConfig, Codec, HevcConfig};
pub use dolby::DolbyConfig;
pub use error::Error;
pub use filter::{Condition, Filter, MediaType, TimeRange, TrackProperty, TrackSelection};
pub use format::{DashFormat, Encryption, Format, HlsFormat, SmoothFormat};
pub use fragment::{Fragment, FragmentNoun};
pub use index::{Sample, SampleIndex, Samples};
pub use indexed::IndexedTrack;
pub use moov::Mp4;
pub use plan::{IndexRange, Plan};
pub use playlist_plan::PlaylistPlan;
pub use presentation::Presentation;
pub use server_manifest::{MediaEntry, MediaKind, ServerManifest, ServerManifestError};
pub use sidecar::IndexFile;
pub use source::{Boxes, Locate, Step};
pub use stream::{Quality, Rendition, Stream};
pub use time::TIMESCALE;
pub use timeline::{Chunk, Timeline};
pub use track::{Track, TrackKind, VideoInfo};
pub use url::{Parameters, Request, ThumbnailRequest, UrlError};
pub use view::{Packaged, View};
