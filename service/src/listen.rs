//! The listeners: connections with limits in number and time, and an orderly end.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use futures_util::future::join_all;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use prometheus_client::metrics::gauge::Gauge;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::send::{FileQueue, FileSocket};
use crate::tls::Tls;
use crate::unfold::Unfolded;

/// How long a client may take to send the head of a request; also how long a connection may idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a client may take nothing of what it is sent: nobody else has its place meanwhile, and no
/// blob that is replaced or deleted can be removed.
const STALL: Duration = Duration::from_secs(300);
/// Connections at one time; others wait to be accepted.
const MOST_CONNECTIONS: usize = 4096;
/// How long to wait when the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long connections may take to end when the service does.
const GRACE: Duration = Duration::from_secs(10);

/// Where connections come from.
pub(crate) struct Listener {
    pub(crate) socket: TcpListener,
    /// What makes them secret, if they are.
    pub(crate) tls: Option<Tls>,
}

/// The connection that a request has come by, among its extensions.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    /// The address at its other end.
    pub(crate) peer: IpAddr,
    /// Where to put what is to be sent of files, if it can send them.
    pub(crate) files: Option<FileQueue>,
}

/// Counts a connection for as long as it is open.
struct Open(Gauge);

impl Open {
    fn new(count: &Gauge) -> Self {
        count.inc();
        Self(count.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// What all connections share.
#[derive(Clone)]
struct Shared {
    router: Router,
    /// How many connections are open.
    open: Gauge,
    room: Arc<Semaphore>,
    graceful: Arc<GracefulShutdown>,
}

/// Serves connections until told to stop; those that are open then may end what they are at. How
/// many are open is told by the gauge.
pub(crate) async fn serve(
    listeners: Vec<Listener>,
    router: Router,
    open: Gauge,
    stop: CancellationToken,
) {
    let graceful = Arc::new(GracefulShutdown::new());
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let shared = Shared { router, open, room, graceful: Arc::clone(&graceful) };
    let accepting = listeners.into_iter().map(|one| accept_all(one, shared.clone(), stop.clone()));
    join_all(accepting).await;
    drop(shared);
    let Some(graceful) = Arc::into_inner(graceful) else { return };
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were cut off");
    }
}

async fn accept_all(listener: Listener, shared: Shared, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener.socket, &shared.room) => accepted,
            () = stop.cancelled() => return,
        };
        let Some((stream, peer, place)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let (router, watcher) = (shared.router.clone(), shared.graceful.watcher());
        let (tls, stop) = (listener.tls.clone(), stop.clone());
        let open = Open::new(&shared.open);
        tokio::spawn(async move {
            match tls {
                None => {
                    let socket = FileSocket::new(stream);
                    let files = Some(socket.queue());
                    answer(socket, Connection { peer, files }, router, watcher).await;
                }
                Some(tls) => tokio::select! {
                    agreed = tls.accept(stream) => match agreed {
                        Ok(stream) => {
                            answer(stream, Connection { peer, files: None }, router, watcher).await;
                        }
                        Err(error) => tracing::debug!(%error, "no TLS connection"),
                    },
                    // There is nothing to be ended in order.
                    () = stop.cancelled() => {}
                },
            }
            drop((place, open));
        });
    }
}

/// Answers the requests of one connection.
async fn answer<S>(stream: S, connection: Connection, router: Router, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let router = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
        request
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(Unfolded::new(stream)), TowerToHyperService::new(router));
    // A client that breaks off is no failure of the service.
    if let Err(error) = watcher.watch(served).await {
        tracing::debug!(%error, "connection ended");
    }
}

/// The next connection, and its place among those that there may be.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, IpAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, address)) => {
            // Answers are short, or long enough to fill packets anyway.
            let _ = stream.set_nodelay(true);
            end_stalls(&stream, STALL);
            // An address of IPv4 is one also where it comes to a socket of IPv6.
            Some((stream, address.ip().to_canonical(), place))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection was not accepted");
            None
        }
    }
}

/// Has the system end a connection whose client takes nothing for so long (RFC 5482 has the idea,
/// tcp(7) the option).
fn end_stalls(stream: &TcpStream, limit: Duration) {
    let limit = u32::try_from(limit.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(stream, limit) {
        tracing::warn!(%error, "a connection has no limit of stalls");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io;

    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        end_stalls(&stream, Duration::from_millis(500));
        let sending = async {
            loop {
                if let Err(error) = stream.write_all(&[0; 64 << 10]).await {
                    return error;
                }
            }
        };
        let error = tokio::time::timeout(Duration::from_secs(60), sending).await.unwrap();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(client);
    }
}
