//! A connection that sends files where holes are written to it.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use rustix::net::{SendAncillaryBuffer, SendFlags};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use super::hole;
use crate::extent::Extent;

/// The stretches of files that holes on their way to a connection stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileQueue(Arc<Mutex<VecDeque<Extent>>>);

impl FileQueue {
    /// Puts a stretch behind the others; gives the hole to write for it.
    pub(super) fn push(&self, extent: Extent) -> Bytes {
        let hole = hole::of(extent.length);
        self.lock().push_back(extent);
        hole
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Extent>> {
        // Nothing in here can panic half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A TCP connection that sends files where holes are written to it.
#[derive(Debug)]
pub(crate) struct FileSocket {
    socket: TcpStream,
    queue: FileQueue,
}

impl FileSocket {
    /// Takes over a connection.
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self { socket, queue: FileQueue::default() }
    }

    /// Where bodies put what they want sent.
    pub(crate) fn queue(&self) -> FileQueue {
        self.queue.clone()
    }

    /// Tries a system call until it can be made.
    fn poll_send(
        &self,
        context: &mut Context<'_>,
        mut send: impl FnMut(&TcpStream) -> rustix::io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.socket.poll_write_ready(context))?;
            let sent = self.socket.try_io(Interest::WRITABLE, || Ok(send(&self.socket)?));
            match sent {
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                    ) => {}
                sent => return Poll::Ready(sent),
            }
        }
    }

    /// Sends of the stretch that a hole stands for.
    fn poll_send_file(&self, context: &mut Context<'_>, length: usize) -> Poll<io::Result<usize>> {
        let mut queue = self.queue.lock();
        let Some(front) = queue.front_mut().filter(|front| front.length == length) else {
            return Poll::Ready(Err(io::Error::other("a hole stands for no stretch of a file")));
        };
        let sent = ready!(self.poll_send(context, |socket| {
            let mut offset = front.start;
            rustix::fs::sendfile(socket, &front.file, Some(&mut offset), length)
        }))?;
        if sent == 0 {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        front.start += sent as u64;
        front.length -= sent;
        if front.length == 0 {
            queue.pop_front();
        }
        Poll::Ready(Ok(sent))
    }
}

impl AsyncRead for FileSocket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_read(context, buffer)
    }
}

impl AsyncWrite for FileSocket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let first = pieces.iter().position(|piece| !piece.is_empty()).unwrap_or(pieces.len());
        let pieces = &pieces[first..];
        match pieces.iter().position(|piece| hole::is(piece)) {
            None => Pin::new(&mut this.socket).poll_write_vectored(context, pieces),
            Some(0) => this.poll_send_file(context, pieces[0].len()),
            Some(before) => this.poll_send(context, |socket| {
                // The file follows at once: what is before it shares its packets.
                let flags = SendFlags::MORE | SendFlags::NOSIGNAL;
                let mut control = SendAncillaryBuffer::default();
                rustix::net::sendmsg(socket, &pieces[..before], &mut control, flags)
            }),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write as _;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    async fn pair() -> (FileSocket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (FileSocket::new(listener.accept().await.unwrap().0), client)
    }

    fn extent(bytes: &[u8], start: u64, length: usize) -> Extent {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Extent { file: Arc::new(file), start, length }
    }

    /// Writes pieces as hyper does: as many as there are at once, until all are gone.
    async fn write(socket: &mut FileSocket, pieces: &[Bytes]) -> io::Result<()> {
        let mut slices: Vec<_> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        let mut rest = slices.as_mut_slice();
        IoSlice::advance_slices(&mut rest, 0);
        while !rest.is_empty() {
            let sent = socket.write_vectored(rest).await?;
            IoSlice::advance_slices(&mut rest, sent);
        }
        Ok(())
    }

    #[tokio::test]
    async fn files_are_sent_where_holes_are() {
        let (mut socket, mut client) = pair().await;
        let long: Vec<u8> = (0..3 << 20).map(|at: u32| (at % 249) as u8).collect();
        let queue = socket.queue();
        let pieces = [
            Bytes::from_static(b"head"),
            queue.push(extent(&long, 7, (3 << 20) - 7)),
            queue.push(extent(b"abcdef", 1, 2)),
            Bytes::from_static(b"tail"),
        ];
        let want = [b"head", &long[7..], b"bc", b"tail"].concat();
        let reading = tokio::spawn(async move {
            let mut read = vec![0; want.len()];
            client.read_exact(&mut read).await.unwrap();
            (read == want, client)
        });
        write(&mut socket, &pieces).await.unwrap();
        assert!(socket.queue.lock().is_empty());
        let (same, mut client) = reading.await.unwrap();
        assert!(same);
        socket.shutdown().await.unwrap();
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0, "nothing else was sent");
    }

    #[tokio::test]
    async fn no_zeros_are_sent() {
        let (mut socket, _client) = pair().await;
        let queue = socket.queue();
        let error = write(&mut socket, &[hole::of(3)]).await.unwrap_err();
        assert!(error.to_string().contains("no stretch"), "{error}");
        let other = [queue.push(extent(b"abc", 0, 3)).slice(..2)];
        let error = write(&mut socket, &other).await.unwrap_err();
        assert!(error.to_string().contains("no stretch"), "{error}");
        let (mut socket, _client) = pair().await;
        let short = [socket.queue().push(extent(b"abc", 1, 5))];
        let error = write(&mut socket, &short).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
