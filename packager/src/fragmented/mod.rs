//! Fragmented files (ISO/IEC 14496-12 §8.8): samples are told by a `moof` box before each piece of
//! media data, not by the tables of the `moov` box.
//!
//! Such are the `.ismv` and `.isma` files of Smooth Streaming, archives of live streams, and CMAF.
//! Each `moof` is read once and added to the sample index of its tracks; what comes out is the
//! same as from a progressive file.
//!
//! # Time
//!
//! A fragment starts at the time that it gives itself: `tfdt`, which is a decode time, or the
//! `tfxd` of Smooth Streaming, which is the time of the first sample as clients see it
//! (MS-SSTR §2.2.4.4). Without either it starts where the one before ends. If it starts later or
//! earlier than that, the last sample of the one before is made longer or shorter, so that later
//! times stay true and nothing drifts. What would have to be made shorter than nothing is refused.
//!
//! # Bounds
//!
//! A count in a `moof` costs the writer nothing, so it is held against the bytes that there are:
//! all samples lie inside the file, have sizes, and together are not larger than the file.

mod builder;
mod moof;
mod track;

use std::collections::BTreeMap;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::boxes::Reader;
use crate::error::{Error, Place};
use crate::moov::MAX_TRACKS;
use moof::{Defaults, Traf};

pub(crate) use track::TrackFragments;

const MVEX: &str = "moov/mvex";
const TREX: &str = "moov/mvex/trex";

/// Most samples in all fragments of a file: three days at 60 frames per second.
const MAX_SAMPLES: u64 = 1 << 24;

/// Most `moof` boxes: three days of eight tracks in fragments of two seconds.
const MAX_FRAGMENTS: u32 = 1 << 20;

/// Most bytes of all `moof` boxes together.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// What the `moof` boxes of a file say.
#[derive(Debug, Clone)]
pub(crate) struct Fragments {
    file_len: u64,
    defaults: BTreeMap<u32, Defaults>,
    tracks: BTreeMap<u32, TrackFragments>,
    hasher: Sha256,
    count: u32,
    /// Bytes of `moof` boxes, samples, and bytes of samples so far.
    moofs: u64,
    samples: u64,
    data: u64,
    /// Whether the media data of the last fragment is cut off.
    cut: bool,
}

impl Fragments {
    /// Whether a `moov` announces fragments, and the defaults for them.
    pub(crate) fn announced(
        moov: &Bytes,
        file_len: u64,
        place: Place<'_>,
    ) -> Result<Option<Self>, Error> {
        let root = Reader::new(moov, place.at("moov"));
        let Some(mut mvex) = root.optional_child(b"mvex", MVEX)? else {
            return Ok(None);
        };
        let mut defaults = BTreeMap::new();
        while let Some((kind, payload)) = mvex.next_box()? {
            if kind == *b"trex" {
                let (track, values) = Defaults::parse(Reader::new(payload, place.at(TREX)))?;
                defaults.insert(track, values);
            }
        }
        let mut hasher = Sha256::new();
        hasher.update(moov);
        Ok(Some(Fragments {
            file_len,
            defaults,
            tracks: BTreeMap::new(),
            hasher,
            count: 0,
            moofs: 0,
            samples: 0,
            data: 0,
            cut: false,
        }))
    }

    /// Adds the payload of a `moof` box that starts at byte `position` of the file.
    ///
    /// The last fragment of a file may lack media data, as when a recording was broken off: it is
    /// left out. A fragment behind it shows that the file is not cut but damaged.
    pub(crate) fn add(
        &mut self,
        moof: &[u8],
        position: u64,
        place: Place<'_>,
    ) -> Result<(), Error> {
        let place = place.at("moof");
        if self.cut {
            return Err(place.malformed(format!(
                "the fragment before the one at byte {position} has samples beyond the end of the \
                 file"
            )));
        }
        self.hasher.update(moof);
        self.count += 1;
        self.moofs += moof.len() as u64;
        if self.count > MAX_FRAGMENTS || self.moofs > MAX_BYTES {
            return Err(place.malformed("more fragments than are accepted"));
        }
        let trafs = moof::parse(moof, position, &self.defaults, place)?;
        if trafs.iter().any(|traf| traf.end() > self.file_len) {
            self.cut = true;
            return Ok(());
        }
        self.samples += trafs.iter().map(Traf::samples).sum::<u64>();
        self.data = trafs.iter().fold(self.data, |sum, traf| sum.saturating_add(traf.bytes()));
        if self.samples > MAX_SAMPLES {
            let problem = format!("more than {MAX_SAMPLES} samples");
            return Err(place.malformed(problem));
        }
        if self.data > self.file_len {
            return Err(place.malformed("the samples together are larger than the file"));
        }
        for traf in trafs.iter().filter(|traf| traf.samples() > 0) {
            self.tracks.entry(traf.track).or_default().add(traf, position, place);
        }
        if self.tracks.len() > MAX_TRACKS {
            return Err(place.malformed(format!("more than {MAX_TRACKS} tracks")));
        }
        Ok(())
    }

    /// Takes the fragments of a track out.
    pub(crate) fn take(&mut self, id: u32) -> TrackFragments {
        self.tracks.remove(&id).unwrap_or_default()
    }

    /// SHA-256 of the `moov` and all `moof` boxes.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        self.hasher.clone().finalize().into()
    }
}

#[cfg(test)]
mod tests;
