//! Reads a file once: every block is sent and hashed from the same memory.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use md5::{Digest as _, Md5};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::Progress;
use crate::blob::BlockBlob;
use crate::encryption::StorageCipher;
use crate::error::UploadError;

/// The Blob service takes no more blocks than this in one blob.
const MOST_BLOCKS: u64 = 50_000;

/// A file that is open.
pub(super) struct Content {
    file: File,
    path: PathBuf,
    /// Its length when it was opened; exactly this much is sent.
    pub(super) len: u64,
    /// Encrypts what is read.
    pub(super) cipher: Option<StorageCipher>,
    /// How much has been read.
    position: u64,
}

/// How it is sent.
#[derive(Clone, Copy)]
pub(super) struct Blocks {
    pub(super) size: u64,
    pub(super) parallel: usize,
}

/// A block in memory. The permit counts it until it is sent and hashed.
struct Block {
    index: u64,
    bytes: Bytes,
    permit: Arc<OwnedSemaphorePermit>,
}

impl Content {
    /// Opens a file.
    pub(super) async fn open(path: &Path) -> Result<Self, UploadError> {
        let path = path.to_owned();
        blocking(move || {
            let opened = File::open(&path).and_then(|file| {
                let metadata = file.metadata()?;
                if !metadata.is_file() {
                    return Err(io::Error::other("it is not a file"));
                }
                Ok((file, metadata.len()))
            });
            match opened {
                Ok((file, len)) => Ok(Self { file, path, len, cipher: None, position: 0 }),
                Err(source) => Err(UploadError::Read { path, source }),
            }
        })
        .await
    }

    /// Sends the content; returns its MD5. What fits into one block goes with one request.
    pub(super) async fn send(
        self,
        blob: &BlockBlob,
        mut blocks: Blocks,
        progress: &mut Progress,
    ) -> Result<[u8; 16], UploadError> {
        let total = self.len;
        blocks.size = blocks.size.max(total.div_ceil(MOST_BLOCKS));
        if total > blocks.size {
            return self.send_blocks(blob, blocks, progress).await;
        }
        let (bytes, md5) = blocking(move || {
            let mut content = self;
            let bytes = content.read(total)?;
            let md5: [u8; 16] = Md5::digest(&bytes).into();
            Ok((bytes, md5))
        })
        .await?;
        blob.put(bytes, md5).await?;
        progress(total, total);
        Ok(md5)
    }

    /// A thread reads ahead and hashes in order, while blocks are sent in any order.
    async fn send_blocks(
        self,
        blob: &BlockBlob,
        blocks: Blocks,
        progress: &mut Progress,
    ) -> Result<[u8; 16], UploadError> {
        let (total, count) = (self.len, self.len.div_ceil(blocks.size));
        let room = Arc::new(Semaphore::new(blocks.parallel));
        let (sender, receiver) = mpsc::channel(1);
        let runtime = tokio::runtime::Handle::current();
        let reader = blocking(move || self.read_blocks(blocks.size, &room, &runtime, &sender));
        let blocks_read = stream::unfold(receiver, async |mut receiver| {
            receiver.recv().await.map(|block: Block| (block, receiver))
        });
        let send = async |block: Block| {
            let len = block.bytes.len() as u64;
            let sent = blob.put_block(block.index, block.bytes).await;
            drop(block.permit);
            sent.map(|()| len)
        };
        let writer = async {
            let mut sends = std::pin::pin!(blocks_read.map(send).buffer_unordered(blocks.parallel));
            let mut sent = 0;
            while let Some(len) = sends.try_next().await? {
                sent += len;
                progress(sent, total);
            }
            Ok::<_, UploadError>(())
        };
        // The reader ends by itself when the writer fails: nobody takes its blocks any more.
        let (md5, ()) = tokio::try_join!(reader, writer)?;
        blob.commit(count, md5).await?;
        Ok(md5)
    }

    /// The thread. It stops early, with whatever hash, if nobody takes its blocks.
    fn read_blocks(
        mut self,
        size: u64,
        room: &Arc<Semaphore>,
        runtime: &tokio::runtime::Handle,
        sender: &mpsc::Sender<Block>,
    ) -> Result<[u8; 16], UploadError> {
        let mut hasher = Md5::new();
        let mut left = self.len;
        for index in 0.. {
            if left == 0 {
                break;
            }
            let Ok(permit) = runtime.block_on(Arc::clone(room).acquire_owned()) else {
                break;
            };
            let bytes = self.read(left.min(size))?;
            left -= bytes.len() as u64;
            let permit = Arc::new(permit);
            let block = Block { index, bytes: bytes.clone(), permit: Arc::clone(&permit) };
            if sender.blocking_send(block).is_err() {
                break;
            }
            hasher.update(&bytes);
        }
        Ok(hasher.finalize().into())
    }

    /// Exactly the next `len` bytes, as they are to be sent.
    fn read(&mut self, len: u64) -> Result<Bytes, UploadError> {
        let fits = usize::try_from(len).map_err(|_| io::ErrorKind::OutOfMemory.into());
        let read = fits.and_then(|len: usize| {
            let mut buffer = Vec::with_capacity(len);
            (&mut self.file).take(len as u64).read_to_end(&mut buffer)?;
            if let Some(cipher) = &self.cipher {
                cipher.apply(self.position, &mut buffer)?;
            }
            self.position += buffer.len() as u64;
            Ok(buffer)
        });
        match read {
            Ok(buffer) if buffer.len() as u64 == len => Ok(buffer.into()),
            Ok(_) => Err(UploadError::Changed { path: self.path.clone() }),
            Err(source) => Err(UploadError::Read { path: self.path.clone(), source }),
        }
    }
}

/// Runs what blocks on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, UploadError> + Send + 'static,
) -> Result<T, UploadError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime shuts down, and this future with it.
            Err(_) => std::future::pending().await,
        },
    }
}
