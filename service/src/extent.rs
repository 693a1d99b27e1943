//! Stretches of local files, read without making anybody wait who serves others.
//!
//! What the system has in memory is read at once, with `RWF_NOWAIT` of preadv2(2), which fails
//! instead of waiting for a disk. The rest is read on threads that may wait, a bounded number of
//! them. Where a file system does not know `RWF_NOWAIT`, everything counts as the rest.

use std::fs::File;
use std::io::{self, IoSliceMut};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use rustix::fs::Advice;
use rustix::io::{Errno, ReadWriteFlags};
use tokio::sync::Semaphore;

/// Reads from disks at one time; the others wait.
static DISK_READS: Semaphore = Semaphore::const_new(32);

/// How far apart the bytes are by which a stretch is taken to be in memory. Systems read and forget
/// files in runs about as long.
const PROBE_DISTANCE: u64 = 512 << 10;
/// How much is read at a time where the bytes themselves are of no use.
const SCRATCH: usize = 256 << 10;
/// How far the system is told to read on behind what had to come from a disk.
const READ_AHEAD: u64 = 4 << 20;

/// A stretch of a local file.
#[derive(Clone, Debug)]
pub(crate) struct Extent {
    /// The file.
    pub(crate) file: Arc<File>,
    /// Offset of the first byte.
    pub(crate) start: u64,
    /// How many bytes.
    pub(crate) length: usize,
}

impl Extent {
    /// Offset of the first byte behind it.
    fn end(&self) -> u64 {
        self.start + self.length as u64
    }

    /// A part of it, told by offsets from its start; `None` if that is not within it.
    pub(crate) fn part(&self, range: Range<u64>) -> Option<Self> {
        let (first, end) = (usize::try_from(range.start).ok()?, usize::try_from(range.end).ok()?);
        let length = end.checked_sub(first).filter(|_| end <= self.length)?;
        Some(Self { file: Arc::clone(&self.file), start: self.start + range.start, length })
    }

    /// Whether the stretch is in memory, as far as samples tell.
    pub(crate) fn is_in_memory(&self) -> bool {
        let Some(last) = self.end().checked_sub(1).filter(|_| self.length > 0) else { return true };
        let probes = (self.start..last).step_by(PROBE_DISTANCE as usize);
        probes.chain([last]).all(|at| read_now(&self.file, &mut [0], at) == Some(1))
    }

    /// Sees to it that the stretch is in memory, unless the system has no room for it.
    ///
    /// # Errors
    /// Those of reading; [`io::ErrorKind::UnexpectedEof`] if the file is shorter.
    pub(crate) async fn bring_into_memory(&self) -> io::Result<()> {
        if self.is_in_memory() {
            return Ok(());
        }
        let extent = self.clone();
        on_disk_thread(move || {
            let mut scratch = vec![0; SCRATCH.min(extent.length)];
            let end = extent.end();
            let mut at = extent.start;
            while at < end {
                let length = usize::try_from(end - at).unwrap_or(SCRATCH).min(SCRATCH);
                extent.file.read_exact_at(&mut scratch[..length], at)?;
                at += length as u64;
            }
            // A reader who has come this far goes on. Advice need not be taken.
            let ahead = std::num::NonZeroU64::new(READ_AHEAD);
            let _ = rustix::fs::fadvise(&extent.file, end, ahead, Advice::WillNeed);
            Ok(())
        })
        .await
    }
}

/// Reads stretches, one behind the other.
///
/// # Errors
/// Those of reading; [`io::ErrorKind::UnexpectedEof`] if a file is shorter.
pub(crate) async fn read(extents: Vec<Extent>) -> io::Result<Vec<u8>> {
    let length = extents.iter().map(|extent| extent.length).sum();
    read_into(extents, vec![0; length]).await
}

/// Reads stretches, one behind the other, into a buffer that is as long as they.
///
/// # Errors
/// As [`read`], and [`io::ErrorKind::InvalidInput`] for a buffer of another length.
pub(crate) async fn read_into<B>(extents: Vec<Extent>, mut bytes: B) -> io::Result<B>
where
    B: AsMut<[u8]> + Send + 'static,
{
    let mut rest = bytes.as_mut();
    if rest.len() != extents.iter().map(|extent| extent.length).sum::<usize>() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut done = 0;
    for extent in &extents {
        let (part, behind) = rest.split_at_mut(extent.length);
        if read_now(&extent.file, part, extent.start) != Some(part.len()) {
            break;
        }
        rest = behind;
        done += 1;
    }
    if done == extents.len() {
        return Ok(bytes);
    }
    on_disk_thread(move || {
        let mut rest = bytes.as_mut();
        for (number, extent) in extents.iter().enumerate() {
            let (part, behind) = rest.split_at_mut(extent.length);
            if number >= done {
                extent.file.read_exact_at(part, extent.start)?;
            }
            rest = behind;
        }
        Ok(bytes)
    })
    .await
}

/// Reads what is in memory of a file; `None` if the start is not, or the system cannot tell.
fn read_now(file: &File, buffer: &mut [u8], start: u64) -> Option<usize> {
    if buffer.is_empty() {
        return Some(0);
    }
    loop {
        let mut buffers = [IoSliceMut::new(buffer)];
        match rustix::io::preadv2(file, &mut buffers, start, ReadWriteFlags::NOWAIT) {
            Err(Errno::INTR) => {}
            read => return read.ok(),
        }
    }
}

/// Runs what may wait for a disk.
async fn on_disk_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let turn = DISK_READS.acquire().await.map_err(io::Error::other)?;
    let done = tokio::task::spawn_blocking(move || {
        // Held until the read is over, also when nobody waits for it any more.
        let _turn = turn;
        work()
    });
    done.await.map_err(io::Error::other)?
}

/// Cuts a range into pieces of at most `length` bytes.
pub(crate) fn pieces(range: Range<u64>, length: u64) -> impl Iterator<Item = Range<u64>> {
    let end = range.end;
    let step = usize::try_from(length.max(1)).unwrap_or(usize::MAX);
    range.step_by(step).map(move |start| start..start.saturating_add(length.max(1)).min(end))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write as _;

    use super::*;

    fn file(length: usize) -> Arc<File> {
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        file.write_all(&bytes).unwrap();
        file.sync_all().unwrap();
        Arc::new(file)
    }

    fn extent(file: &Arc<File>, start: u64, length: usize) -> Extent {
        Extent { file: Arc::clone(file), start, length }
    }

    /// Makes the system forget what it has of a file.
    fn forget(file: &File) {
        rustix::fs::fadvise(file, 0, None, Advice::DontNeed).unwrap();
    }

    #[tokio::test]
    async fn stretches_are_read_whether_they_are_in_memory_or_not() {
        let file = file(3 << 20);
        let stretches = vec![extent(&file, 5, 3), extent(&file, 1 << 20, 2), extent(&file, 9, 0)];
        let want: Vec<u8> = [5, 6, 7, 1 << 20, (1 << 20) + 1].map(|at| (at % 251) as u8).into();
        for _ in 0..2 {
            assert_eq!(read(stretches.clone()).await.unwrap(), want);
            forget(&file);
        }
    }

    #[tokio::test]
    async fn stretches_are_brought_into_memory() {
        let file = file(3 << 20);
        let whole = extent(&file, 0, 3 << 20);
        forget(&file);
        whole.bring_into_memory().await.unwrap();
        // Holds where the file system knows RWF_NOWAIT.
        let knows = read_now(&file, &mut [0], 0).is_some();
        assert_eq!(whole.is_in_memory(), knows);
    }

    #[tokio::test]
    async fn a_short_file_is_an_error() {
        let file = file(100);
        for stretch in [extent(&file, 90, 11), extent(&file, 200, 1)] {
            let read = read(vec![stretch.clone()]).await.unwrap_err();
            assert_eq!(read.kind(), io::ErrorKind::UnexpectedEof);
            let brought = stretch.bring_into_memory().await.unwrap_err();
            assert_eq!(brought.kind(), io::ErrorKind::UnexpectedEof);
        }
    }

    #[test]
    fn pieces_cover_a_range_once() {
        assert_eq!(pieces(3..10, 4).collect::<Vec<_>>(), [3..7, 7..10]);
        assert_eq!(pieces(0..8, 4).collect::<Vec<_>>(), [0..4, 4..8]);
        assert_eq!(pieces(5..5, 4).count(), 0);
    }
}
