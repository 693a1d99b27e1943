//! Common encryption: what is encrypted, and the key systems that a player may use.

use super::clear_key::ClearKey;
use super::key::{BLOCK, ContentKey};
use super::play_ready::PlayReady;
use super::widevine::Widevine;
use crate::track::{Track, TrackKind};

/// The protection schemes of ISO/IEC 23001-7 that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// AES in counter mode, with an IV for each sample.
    Cenc,
    /// AES in CBC mode with a constant IV; of video, every tenth block.
    Cbcs,
}

/// Encrypted and clear blocks of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) encrypted: u8,
    pub(super) clear: u8,
}

impl Scheme {
    /// The scheme type of `schm`, and the value of `mp4protection` in DASH.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Scheme::Cenc => "cenc",
            Scheme::Cbcs => "cbcs",
        }
    }

    /// The pattern for a kind of track: only video has one (ISO/IEC 23001-7 §10.4).
    pub(super) fn pattern(self, kind: TrackKind) -> Option<Pattern> {
        (self == Scheme::Cbcs && kind == TrackKind::Video)
            .then_some(Pattern { encrypted: 1, clear: 9 })
    }
}

/// Common encryption and its key systems. A player picks one that it has.
#[derive(Debug, Clone)]
pub struct Common {
    /// The scheme.
    pub scheme: Scheme,
    /// The constant IV of `cbcs`; derived from the key and the track if it is not given.
    pub iv: Option<[u8; BLOCK]>,
    /// Microsoft PlayReady.
    pub play_ready: Option<PlayReady>,
    /// Google Widevine.
    pub widevine: Option<Widevine>,
    /// Apple FairPlay Streaming, for HLS.
    pub fair_play: Option<FairPlay>,
    /// The key itself, for whoever may have it.
    pub clear_key: Option<ClearKey>,
}

impl Common {
    /// The IV of a track's first sample under `cenc`, to which sample numbers are added.
    pub(super) fn first_iv(key: &ContentKey, track: &Track) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = derive(key, "cenc", track);
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// The constant IV of a track under `cbcs`.
    pub(super) fn constant_iv(&self, key: &ContentKey, track: &Track) -> [u8; BLOCK] {
        self.iv.unwrap_or_else(|| derive(key, "cbcs", track))
    }
}

fn derive(key: &ContentKey, purpose: &str, track: &Track) -> [u8; BLOCK] {
    key.derive(purpose, &[&track.fingerprint, &track.id.to_be_bytes()])
}

/// Apple FairPlay Streaming.
#[derive(Debug, Clone)]
pub struct FairPlay {
    /// Where a player asks for the key; playlists write it with the scheme `skd`.
    pub license_url: String,
}
