//! Encryption of streams while they are packaged.
//!
//! Two methods, as in the delivery policies of Azure Media Services:
//!
//! * [`Envelope`]: whole segments with AES-128 in CBC mode and PKCS #7 padding. HLS calls it
//!   `AES-128` (RFC 8216 §4.3.2.4); DASH and Smooth Streaming signal it as ISO/IEC 23009-4 does.
//! * [`Common`]: the samples inside of fragments (ISO/IEC 23001-7), by the `cenc` or the `cbcs`
//!   scheme. Of video, NAL unit headers, slice headers and everything that is not a slice stay
//!   clear; of audio, nothing does.
//!
//! # Initialization vectors
//!
//! The same request gives the same bytes, today and on another machine: caches and retries need
//! that. So nothing is random. What is not given by the caller is derived from the content key with
//! HMAC-SHA-256, which nobody without the key can tell from random bits:
//!
//! * `cenc` must never use the same key and counter block for different bytes. The upper half of a
//!   counter block is the IV of the sample, and the lower half counts blocks from 0, so it is
//!   enough that samples have different IVs. The IV of a sample is its number in the track, added
//!   to a 64-bit start that is derived from the key id, the SHA-256 of the file's `moov` box and
//!   its name ([`crate::Boxes::named`]), and the track id. Within a track no IV comes twice. Two
//!   tracks of n samples overlap with a probability of about 2n/2^64: for 1000 tracks of ten hours
//!   under one key that is less than one in a million. The same track in another protocol or
//!   another manifest has the same IVs for the same bytes, which gives the same ciphertext and
//!   tells nothing; a file that was encoded again has another `moov` box and therefore other IVs.
//!   The name is for sound of a constant bitrate, of which files of the same length have the same
//!   `moov` box.
//! * `cbcs` has one constant IV by design of the scheme: the caller's, or one derived for the
//!   track in the same way.
//! * The envelope has one IV in the manifest: the caller's, or one derived from the key id.
//!   Segments that begin alike then show that they do, which the first bytes of any segment do
//!   anyway; after the first difference nothing is to be seen.

mod avc;
mod bits;
mod cipher;
mod clear_key;
mod common;
pub(crate) mod dash;
mod envelope;
mod hevc;
mod hevc_sets;
pub(crate) mod hls;
mod key;
mod layout;
mod play_ready;
mod reference_pictures;
mod samples;
pub(crate) mod smooth;
mod system;
#[cfg(test)]
mod tests;
mod track;
mod widevine;

pub use clear_key::ClearKey;
pub use common::{Common, FairPlay, Scheme};
pub use envelope::{Envelope, EnvelopeEncryptor};
pub use key::ContentKey;
pub use play_ready::PlayReady;
pub use samples::{EncryptedFragment, SampleEncryptor, SampleRun};
pub use widevine::Widevine;

pub(crate) use samples::EncryptedSamples;
pub(crate) use track::TrackEncryption;

use crate::format::Encryption;
use crate::stream::Stream;

/// How a presentation is encrypted, and with which key.
#[derive(Debug, Clone)]
pub struct Protection {
    /// The key.
    pub key: ContentKey,
    /// What is done with it.
    pub method: Method,
    /// Streams whose codec has one of these FourCCs (`H264`, `AACL`, as Smooth Streaming writes
    /// them) stay clear.
    pub clear_codecs: Vec<String>,
}

/// What is encrypted, and how players learn of it.
#[derive(Debug, Clone)]
pub enum Method {
    /// Whole segments.
    Envelope(Envelope),
    /// Samples.
    Common(Common),
}

impl Protection {
    /// The value of `encryption` in URLs for this protection.
    pub fn encryption(&self) -> Encryption {
        match &self.method {
            Method::Envelope(_) => Encryption::Cbc,
            Method::Common(common) => match common.scheme {
                Scheme::Cenc => Encryption::Cenc,
                Scheme::Cbcs => Encryption::Cbcs,
            },
        }
    }

    /// Whether a stream is encrypted.
    pub(crate) fn covers(&self, stream: &Stream) -> bool {
        let codec = stream.qualities().first().map_or("", |q| q.track().codec().four_cc());
        !self.clear_codecs.iter().any(|clear| clear.eq_ignore_ascii_case(codec))
    }
}
