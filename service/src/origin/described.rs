//! What is made of samples: it takes a read of the index of their file.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use bytes::Bytes;
use packager::{Error as PackagerError, IndexRange};

use super::memory::Reading;
use super::{OriginError, files};
use crate::app::App;
use crate::sample_index::{self, IndexError};

/// Versions of files, by name.
pub(super) type Versions = BTreeMap<String, i64>;

/// Reads parts of indexes, and makes something of them in the order that they were asked for. An
/// index that cannot be read is made anew, once.
pub(super) async fn make<T>(
    reading: &Reading<'_>,
    asset: &str,
    versions: &Versions,
    wanted: &[IndexRange],
    make: impl Fn(&[Bytes]) -> Result<T, PackagerError>,
) -> Result<T, OriginError> {
    let app = reading.app;
    match attempt(app, versions, wanted, &make).await {
        Err(error) if error.is_damage() => {
            tracing::warn!(asset, %error, "samples are not described");
            let files: BTreeSet<&str> = wanted.iter().map(|wanted| &*wanted.file).collect();
            for name in files {
                let file = files::open(&mut reading.another(), asset, name).await?;
                sample_index::repair(app, asset, &file).await?;
            }
            Ok(attempt(app, versions, wanted, &make).await?)
        }
        made => Ok(made?),
    }
}

async fn attempt<T>(
    app: &App,
    versions: &Versions,
    wanted: &[IndexRange],
    make: impl Fn(&[Bytes]) -> Result<T, PackagerError>,
) -> Result<T, IndexError> {
    let mut read = Vec::with_capacity(wanted.len());
    // What follows each other in a file is one read: a playlist of key frames wants all of it.
    for run in wanted.chunk_by(|a, b| a.file == b.file && follows(&a.range, &b.range)) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let version = versions.get(&*first.file).copied().unwrap_or_default();
        let (start, end) = (first.range.start, last.range.end);
        let bytes = sample_index::read(app, version, start..end).await?;
        read.extend(run.iter().map(|part| {
            // Inside of what was read, which is in memory.
            let offset = |at: u64| usize::try_from(at - start).unwrap_or(usize::MAX);
            bytes.slice(offset(part.range.start)..offset(part.range.end))
        }));
    }
    Ok(make(&read)?)
}

/// Whether a range starts within the one before it, or where that ends, and ends no earlier.
fn follows(before: &Range<u64>, next: &Range<u64>) -> bool {
    (before.start..=before.end).contains(&next.start) && next.end >= before.end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_follow_are_read_together() {
        assert!(follows(&(10..20), &(20..30)));
        assert!(follows(&(10..20), &(15..20)));
        assert!(!follows(&(10..20), &(21..30)));
        assert!(!follows(&(10..20), &(5..30)));
        assert!(!follows(&(10..20), &(15..19)));
    }
}
