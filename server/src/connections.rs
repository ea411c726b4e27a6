//! Connections: how many there may be, what they must do in time, and how they end. `axum::serve` waits for ever: for the
//! head of a request, and at the end for whoever stalls.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

/// Those who have asked nothing yet when the end comes: a request may be on its way.
const LAST_WORD: Duration = Duration::from_secs(1);

/// What connections may take.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// So many at once; others wait to be let in.
    pub most: usize,
    /// Until the head of the first request is there.
    pub first_head: Duration,
    /// Until the head of another is: longer than proxies keep idle connections (nginx a minute), so that none of them
    /// writes into one that is just being closed.
    pub next_head: Duration,
    /// At the end, until what is under way is cut.
    pub end: Duration,
}

impl Bounds {
    /// As many connections as this process may have files open, less what the rest of it needs.
    pub fn of_this_process() -> Self {
        let files = usize::try_from(files_max()).unwrap_or(usize::MAX);
        Self {
            most: (files / 4 * 3).clamp(64, 10_000),
            first_head: Duration::from_secs(10),
            next_head: Duration::from_secs(75),
            end: Duration::from_secs(5),
        }
    }
}

/// Serves until `stopping` says so; then nobody new is let in, requests under way are answered, and what is left when
/// their time is over is cut.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    mut stopping: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(bounds.most));
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer, place) = tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => break,
            let_in = let_in(&listener, &places) => let_in,
            Some(_) = connections.join_next() => continue,
        };
        let connection = Connection {
            router: router.clone(),
            peer,
            bounds,
            stopping: stopping.clone(),
        };
        connections.spawn(async move {
            connection.serve(stream).await;
            drop(place);
        });
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(bounds.end, all).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "connections that did not end are cut"
        );
        connections.shutdown().await;
    }
}

/// Waits for a place, then for somebody who wants it.
async fn let_in(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // Nobody closes the places.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) if is_of_the_peer(&error) => {}
            Err(error) => {
                // No files left, most likely: some will be closed.
                tracing::warn!(%error, "nobody can be let in");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn is_of_the_peer(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// One connection.
struct Connection {
    router: Router,
    peer: SocketAddr,
    bounds: Bounds,
    stopping: watch::Receiver<bool>,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        let Self {
            router,
            peer,
            bounds,
            mut stopping,
        } = self;
        // An answer is written whole: waiting for more of it only delays it.
        let _slower = stream.set_nodelay(true);
        let has_asked = AtomicBool::new(false);
        let service = service_fn(|request: Request<Incoming>| {
            has_asked.store(true, Ordering::Relaxed);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(bounds.next_head);
        let mut served = pin!(http.serve_connection(TokioIo::new(stream), service));
        let mut first_head = pin!(tokio::time::sleep(bounds.first_head));
        let (mut is_ending, mut is_late) = (false, false);
        loop {
            tokio::select! {
                ended = served.as_mut() => {
                    if let Err(error) = ended {
                        tracing::trace!(%error, "a connection broke");
                    }
                    return;
                }
                _ = stopping.wait_for(|stopping| *stopping), if !is_ending => {
                    is_ending = true;
                    served.as_mut().graceful_shutdown();
                    first_head.as_mut().reset(tokio::time::Instant::now() + LAST_WORD);
                    is_late = false;
                }
                () = first_head.as_mut(), if !is_late => {
                    if !has_asked.load(Ordering::Relaxed) {
                        return;
                    }
                    is_late = true;
                }
            }
        }
    }
}

/// How many files this process may have open; as many as it is allowed to have.
fn files_max() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: maximum.map(|most| most.min(65_536)).or(Some(65_536)),
        maximum,
    };
    if current.is_some() && wanted.current > current && setrlimit(Resource::Nofile, wanted).is_ok() {
        return wanted.current.unwrap_or(u64::MAX);
    }
    current.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use axum::routing;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn ask(stream: &mut TcpStream) {
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
    }

    async fn hear(stream: &mut TcpStream) -> String {
        let mut buffer = [0; 1000];
        let read = stream.read(&mut buffer).await.unwrap();
        String::from_utf8_lossy(&buffer[..read]).into_owned()
    }

    #[tokio::test]
    async fn more_than_so_many_wait_to_be_let_in() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", routing::get(async || "let in"));
        let bounds = Bounds {
            most: 2,
            ..Bounds::of_this_process()
        };
        let (stop, stopping) = watch::channel(false);
        let server = tokio::spawn(serve(listener, router, bounds, stopping));
        let mut streams = Vec::new();
        for _ in 0..2 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            ask(&mut stream).await;
            assert!(hear(&mut stream).await.ends_with("let in"));
            streams.push(stream);
        }
        let mut third = TcpStream::connect(address).await.unwrap();
        ask(&mut third).await;
        // Those who are in go on meanwhile.
        for _ in 0..50 {
            ask(&mut streams[0]).await;
            assert!(hear(&mut streams[0]).await.ends_with("let in"));
        }
        let nothing = third.try_read(&mut [0; 1]).unwrap_err();
        assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock, "no place is left");
        drop(streams.pop());
        assert!(
            hear(&mut third).await.ends_with("let in"),
            "the next has the place"
        );
        stop.send(true).unwrap();
        server.await.unwrap();
    }
}
