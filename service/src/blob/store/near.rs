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
        for segment in &self.version.segments {
            let first = range.start.max(segment.start);
            let end = range.end.min(segment.start + segment.length);
            if first < end {
                let part = first - segment.start..end - segment.start;
                match self.store.inner.files.fetch(&segment.object, part).await? {
                    Some(extent) => extents.push(extent),
                    None => return Ok(None),
                }
            }
        }
        Ok(Some(Near { range, extents }))
    }
}

/// The ranges, with those joined that are close to each other.
fn hulls(ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut sorted: Vec<_> = ranges.iter().filter(|range| !range.is_empty()).cloned().collect();
    sorted.sort_unstable_by_key(|range| range.start);
    let mut hulls: Vec<Range<u64>> = Vec::new();
    for range in sorted {
        match hulls.last_mut().filter(|last| range.start <= last.end.saturating_add(LONGEST_GAP)) {
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
        let ranges = [far..far + 9, 10..20, 40..41, 5..5, 12..15, 41 + LONGEST_GAP..far / 2];
        assert_eq!(hulls(&ranges), [10..far / 2, far..far + 9]);
        assert!(hulls(&[]).is_empty());
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
