//! What has to be read before a media playlist can be written.

use bytes::Bytes;

use crate::error::Error;
use crate::hls::{self, Outline};
use crate::located::Located;
use crate::plan::{IndexRange, reads, segment};
use crate::stream::Stream;

/// A media playlist that was asked for.
///
/// Only for a playlist of key frames there is something to read: what describes the samples of all
/// fragments. These ranges follow each other or overlap a little, so one read gets them all.
#[derive(Debug)]
pub struct PlaylistPlan<'a>(What<'a>);

#[derive(Debug)]
enum What<'a> {
    Written(String),
    KeyFrames { stream: &'a Stream, fragments: Vec<Located>, outline: Outline<'a> },
}

impl<'a> PlaylistPlan<'a> {
    pub(crate) fn written(text: String) -> Self {
        PlaylistPlan(What::Written(text))
    }

    pub(crate) fn key_frames(
        stream: &'a Stream,
        fragments: Vec<Located>,
        outline: Outline<'a>,
    ) -> Self {
        PlaylistPlan(What::KeyFrames { stream, fragments, outline })
    }

    /// What to read of indexes; nothing where the samples are at hand.
    pub fn reads(&self) -> Vec<IndexRange> {
        match &self.0 {
            What::Written(_) => Vec::new(),
            What::KeyFrames { fragments, .. } => reads(fragments),
        }
    }

    /// Writes the playlist, of what was read in the order of [`PlaylistPlan::reads`].
    ///
    /// # Errors
    /// As [`crate::Plan::package`].
    pub fn write(&self, read: &[Bytes]) -> Result<String, Error> {
        let (stream, fragments, outline) = match &self.0 {
            What::Written(text) => return Ok(text.clone()),
            What::KeyFrames { stream, fragments, outline } => (stream, fragments, outline),
        };
        let mut read = read.iter().map(|bytes| &bytes[..]);
        let mut segments = Vec::with_capacity(fragments.len());
        for fragment in fragments {
            let start = fragment.start;
            let segment = segment(&[fragment.clone().read(&mut read)?])?;
            segments.push((start, segment.key_frames().collect()));
        }
        Ok(hls::key_frames(stream, &segments, outline))
    }
}
