//! Parts of a blob that are fetched before they are read.
//!
//! Where objects are far away, each request to them costs more than many bytes do. What belongs
//! together, such as the samples of a fragment, is therefore fetched at once.

use std::ops::Range;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::super::error::Result;
use super::open::BlobFile;
use crate::extent::Extent;

/// What lies between two ranges is fetched with them, unless there is more of it.
const LONGEST_GAP: u64 = 256 << 10;
/// Nothing longer is fetched at once: the first byte of it could not be sent before the last has
/// come. It is read bit by bit.
const LONGEST: u64 = 64 << 20;
/// Requests at the same time for one reader.
const AT_ONCE: usize = 4;

/// A range of a blob and where its bytes are.
#[derive(Debug)]
pub(super) struct Near {
    range: Range<u64>,
    extents: Vec<Extent>,
}

impl Near {
    /// The stretches of a range, if it is within this one.
    pub(super) fn extents(&self, wanted: &Range<u64>) -> Option<Vec<Extent>> {
        if wanted.start < self.range.start || wanted.end > self.range.end {
            return None;
        }
        let mut found = Vec::with_capacity(1);
        let mut at = self.range.start;
        for extent in &self.extents {
            let end = at + extent.length as u64;
            let (first, last) = (wanted.start.max(at), wanted.end.min(end));
            if first < last {
                found.push(extent.part(first - at..last - at)?);
            }
            at = end;
        }
        Some(found)
    }
}

impl BlobFile {
    /// The same version, with ranges of it at hand: each comes with one request to where the
    /// objects are, and those that are close to each other come together. Where objects are local
    /// files, there is nothing to do.
    ///
    /// # Errors
    /// The failures of the objects.
    pub(crate) async fn near(&self, ranges: &[Range<u64>]) -> Result<Self> {
        let fetched = stream::iter(hulls(ranges)).map(|hull| self.fetch(hull));
        let fetched: Vec<_> = fetched.buffered(AT_ONCE).try_collect().await?;
        let mut file = self.clone();
        file.near = fetched.into_iter().flatten().collect();
        Ok(file)
    }

    async fn fetch(&self, range: Range<u64>) -> Result<Option<Near>> {
        let mut extents = Vec::with_capacity(1);
        for (segment, part) in self.version.parts(range.clone()) {
            match self.store.inner.files.fetch(&segment.object, part).await? {
                Some(extent) => extents.push(extent),
                None => return Ok(None),
            }
        }
        Ok(Some(Near { range, extents }))
    }
}

/// The ranges that are to be fetched, with those joined that are close to each other.
fn hulls(ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    let fetched = |range: &&Range<u64>| !range.is_empty() && range.end - range.start <= LONGEST;
    let mut sorted: Vec<_> = ranges.iter().filter(fetched).cloned().collect();
    sorted.sort_unstable_by_key(|range| range.start);
    let mut hulls: Vec<Range<u64>> = Vec::new();
    for range in sorted {
        let joins = |last: &&mut Range<u64>| {
            range.start <= last.end.saturating_add(LONGEST_GAP)
                && range.end.max(last.end) - last.start <= LONGEST
        };
        match hulls.last_mut().filter(joins) {
            Some(last) => last.end = last.end.max(range.end),
            None => hulls.push(range),
        }
    }
    hulls
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs::File;
    use std::sync::Arc;

    use super::*;

    #[test]
    fn ranges_that_are_close_are_joined() {
        let far = 1 << 30;
        let near = 42 + LONGEST_GAP;
        let ranges = [far..far + 9, 10..20, 40..41, 5..5, 12..15, 41 + LONGEST_GAP..near];
        assert_eq!(hulls(&ranges), [10..near, far..far + 9]);
        assert!(hulls(&[]).is_empty());
    }

    #[test]
    fn nothing_longer_than_a_fragment_is_fetched_at_once() {
        let half = LONGEST / 2;
        let ranges = [0..half, half..LONGEST, LONGEST..LONGEST + 5, 2 * LONGEST..3 * LONGEST + 1];
        assert_eq!(hulls(&ranges), [0..LONGEST, LONGEST..LONGEST + 5]);
    }

    #[test]
    fn parts_are_found_across_stretches() {
        let file = Arc::new(tempfile::tempfile().unwrap());
        let extent = |start, length| Extent { file: Arc::<File>::clone(&file), start, length };
        let near = Near { range: 100..130, extents: vec![extent(7, 10), extent(0, 20)] };
        let found = |range| {
            let extents = near.extents(&range)?;
            Some(extents.iter().map(|e| (e.start, e.length)).collect::<Vec<_>>())
        };
        assert_eq!(found(100..130), Some(vec![(7, 10), (0, 20)]));
        assert_eq!(found(109..112), Some(vec![(16, 1), (0, 2)]));
        assert_eq!(found(112..113), Some(vec![(2, 1)]));
        assert_eq!(found(120..120), Some(vec![]));
        assert_eq!((found(99..101), found(129..131)), (None, None));
    }
}
