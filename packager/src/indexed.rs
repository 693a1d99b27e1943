//! A track together with what is known of its samples.

use std::ops::Deref;
use std::sync::Arc;

use crate::index::SampleIndex;
use crate::moov::Track;
use crate::outline::Outline;

/// A track that can be cut into fragments.
///
/// It is a [`Track`] with more: where it can be cut, and, if it was read from the file itself, its
/// samples. A [`crate::Presentation`] keeps less of it.
#[derive(Debug, Clone)]
pub struct IndexedTrack {
    track: Arc<Track>,
    outline: Outline,
    index: Option<Arc<SampleIndex>>,
}

impl IndexedTrack {
    pub(crate) fn new(track: Track, index: SampleIndex) -> Self {
        let outline = Outline::of(&index, track.kind, &track.placement);
        IndexedTrack { track: Arc::new(track), outline, index: Some(Arc::new(index)) }
    }

    /// Where the samples lie in the file; `None` if that has not been read.
    pub fn index(&self) -> Option<&SampleIndex> {
        self.index.as_deref()
    }

    pub(crate) fn outline(&self) -> &Outline {
        &self.outline
    }

    /// The track alone.
    pub(crate) fn shared(&self) -> Arc<Track> {
        Arc::clone(&self.track)
    }

    /// The samples, for who keeps them.
    pub(crate) fn tables(&self) -> Option<Arc<SampleIndex>> {
        self.index.clone()
    }
}

impl Deref for IndexedTrack {
    type Target = Track;

    fn deref(&self) -> &Track {
        &self.track
    }
}
