//! The fragments of one track, joined.

use super::builder::Builder;
use super::moof::{Row, Start, Traf};
use crate::error::{Error, Place};
use crate::index::{Sample, SampleIndex};
use crate::track::TrackKind;

/// `sample_is_non_sync_sample` (ISO/IEC 14496-12 §8.8.3.1).
const NON_SYNC: u32 = 0x0001_0000;
/// `sample_depends_on`.
const DEPENDS: u32 = 0x0300_0000;
/// `sample_depends_on` 1: does not decode alone.
const DEPENDENT: u32 = 0x0100_0000;

/// The samples of a track in the order of its fragments.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrackFragments {
    builder: Builder,
    /// Decode time of the first sample, if the first fragment gives one.
    start: Option<i64>,
    /// Samples that their flags call key frames.
    sync: Vec<u32>,
    /// First samples of fragments.
    firsts: Vec<u32>,
    /// Whether any flags tell samples apart.
    told: bool,
    /// Why the track cannot be used. Other tracks of the file are not the worse for it.
    problem: Option<Error>,
}

impl TrackFragments {
    /// Adds a fragment. Its samples have been found to lie inside the file.
    pub(super) fn add(&mut self, traf: &Traf<'_>, position: u64, place: Place<'_>) {
        if self.problem.is_none() {
            self.problem = self.append(traf, position, place).err();
        }
    }

    fn append(&mut self, traf: &Traf<'_>, position: u64, place: Place<'_>) -> Result<(), Error> {
        let Some(first) = traf.runs.first().and_then(|run| run.rows().next()) else {
            return Ok(());
        };
        let place = Place { track: traf.track, path: "moof", ..place };
        if traf.description != 1 {
            return Err(place.unsupported(format!("sample description {}", traf.description)));
        }
        let start = match traf.start {
            Start::Decode(time) => Some(time),
            Start::Presentation(time) => Some(time - i64::from(first.offset)),
            Start::Behind => None,
        };
        if self.builder.len() == 0 {
            self.start = start;
        } else if let Some(start) = start {
            // Of fragments without a time the first one starts at 0.
            let time = start.saturating_sub(self.start.unwrap_or(0));
            let fits = u64::try_from(time).ok().and_then(|time| self.builder.end_at(time));
            fits.ok_or_else(|| {
                place.malformed(format!(
                    "the fragment at byte {position} starts at {time} where the one before ends at \
                     {}",
                    self.builder.end()
                ))
            })?;
        }
        self.firsts.push(self.builder.len());
        for run in &traf.runs {
            let mut position = run.position;
            for row in run.rows() {
                self.push(&row, position);
                position += u64::from(row.size);
            }
        }
        Ok(())
    }

    fn push(&mut self, row: &Row, position: u64) {
        let sync = row.flags & NON_SYNC == 0 && row.flags & DEPENDS != DEPENDENT;
        self.told |= row.flags & (NON_SYNC | DEPENDS) != 0;
        if sync {
            self.sync.push(self.builder.len());
        }
        self.builder.push(&sample(row, position));
    }

    /// The index of the whole track, and the decode time of its first sample. `tables` are samples
    /// that the `moov` box lists, as in the first seconds of a file that was still being written.
    ///
    /// Where the flags of a video say nothing, its fragments start with key frames, as in all of
    /// Smooth Streaming. Every audio sample decodes alone.
    pub(crate) fn join(
        self,
        tables: Option<SampleIndex>,
        kind: TrackKind,
        place: Place<'_>,
    ) -> Result<(SampleIndex, i64), Error> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let count = self.builder.len();
        let sync = match kind {
            TrackKind::Video if self.told => Some(self.sync),
            TrackKind::Video => Some(self.firsts),
            TrackKind::Audio => None,
        };
        let fragments = self.builder.finish(sync);
        let Some(tables) = tables else {
            if count == 0 {
                return Err(place.unsupported("an empty track"));
            }
            return Ok((fragments, self.start.unwrap_or(0)));
        };
        let mut all = Builder::default();
        let mut sync = Vec::new();
        let known = tables.samples(0..tables.len());
        known.clone().for_each(|sample| all.push(&sample));
        if count > 0
            && let Some(start) = self.start
        {
            let fits = u64::try_from(start).ok().and_then(|time| all.end_at(time));
            fits.ok_or_else(|| {
                place.malformed(format!("the first fragment starts at {start} inside the tables"))
            })?;
        }
        fragments.samples(0..count).for_each(|sample| all.push(&sample));
        if kind == TrackKind::Video {
            sync.extend(known.filter(|sample| sample.sync).map(|sample| sample.number));
            let behind = fragments.sync_samples().map(|sample| sample.number + tables.len());
            sync.extend(behind);
        }
        Ok((all.finish((kind == TrackKind::Video).then_some(sync)), 0))
    }
}

fn sample(row: &Row, position: u64) -> Sample {
    Sample {
        number: 0,
        position,
        size: row.size,
        dts: 0,
        duration: row.duration,
        composition_offset: i64::from(row.offset),
        sync: false,
    }
}
