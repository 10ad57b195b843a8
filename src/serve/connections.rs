//! Connections: how many there are, how long they may be slow, how they end.
//!
//! In: a listening socket and what answers requests. Out: nothing, once it was told to stop and the
//! requests that were begun are answered. A client that sends the head of a request, or takes an
//! answer, too slowly is cut. Where all places are taken, the connection that has been idle for
//! longest makes room, so that a thousand idle ones keep nobody out.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::{Instant, Sleep, sleep, timeout};

/// How many connections there may be, and how slow they may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectionLimits {
    /// Connections at once.
    pub(super) at_once: usize,
    /// How long the head of a request may take, and how long a connection may be idle.
    pub(super) head: Duration,
    /// How long a client may take nothing of an answer.
    pub(super) taking: Duration,
    /// How long requests may take that are answered when the server is told to stop.
    pub(super) farewell: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> ConnectionLimits {
        let seconds = Duration::from_secs;
        ConnectionLimits { at_once: 4096, head: seconds(10), taking: seconds(30), farewell: seconds(10) }
    }
}

/// The largest head of a request, in bytes.
const HEAD: usize = 32 << 10;
/// The most headers of a request.
const HEADERS: usize = 64;
/// Files that the server keeps for other things than connections.
const OTHER_FILES: usize = 256;

/// The connections that are open, the one that came first first.
#[derive(Clone, Default)]
struct Connections(Arc<Mutex<(u64, BTreeMap<u64, Open>)>>);

struct Open {
    requests: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl Connections {
    fn all(&self) -> MutexGuard<'_, (u64, BTreeMap<u64, Open>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the connection that has been there for longest among those that ask nothing. `false`
    /// where all of them ask something.
    fn make_room(&self) -> bool {
        let mut all = self.all();
        let idle = all.1.iter().find(|(_, open)| open.requests.load(Ordering::Relaxed) == 0).map(|(number, _)| *number);
        let Some(open) = idle.and_then(|number| all.1.remove(&number)) else { return false };
        open.task.abort();
        true
    }

    fn count(&self) -> usize {
        self.all().1.len()
    }
}

/// Counts a request that is being answered, until it is dropped.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(requests: &Arc<AtomicUsize>) -> Counted {
        requests.fetch_add(1, Ordering::Relaxed);
        Counted(Arc::clone(requests))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Answers until `stop` ends.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    stop: impl Future<Output = ()>,
) {
    let most = limits.at_once.min(files_at_once().saturating_sub(OTHER_FILES)).max(16);
    let (connections, graceful) = (Connections::default(), GracefulShutdown::new());
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, _)) = accepted else {
            // No file is left, or the client has gone.
            connections.make_room();
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        if connections.count() >= most && !connections.make_room() {
            continue;
        }
        open(stream, router.clone(), limits, &connections, &graceful);
    }
    drop(listener);
    let _ = timeout(limits.farewell, graceful.shutdown()).await;
}

fn open(
    stream: TcpStream,
    router: Router,
    limits: ConnectionLimits,
    connections: &Connections,
    graceful: &GracefulShutdown,
) {
    let _ = stream.set_nodelay(true);
    let requests = Arc::new(AtomicUsize::new(0));
    let (service, counter) = (TowerToHyperService::new(router), Arc::clone(&requests));
    let service = service_fn(move |request| {
        let (answer, counted) = (service.call(request), Counted::new(&counter));
        async move {
            let _counted = counted;
            answer.await
        }
    });
    let io = TokioIo::new(Patient::new(stream, limits.taking));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD)
        .max_headers(HEADERS)
        .serve_connection(io, service);
    let connection = graceful.watch(connection);
    // The task takes itself out of the list, and must find itself there.
    let mut all = connections.all();
    let number = all.0;
    all.0 += 1;
    let own = connections.clone();
    let task = tokio::spawn(async move {
        // A client that breaks off is its own affair.
        let _ = connection.await;
        own.all().1.remove(&number);
    });
    all.1.insert(number, Open { requests, task: task.abort_handle() });
}

/// How many files this process may have open: as many as the system allows it, which is more than
/// it allows unasked.
#[cfg(unix)]
fn files_at_once() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let now = getrlimit(Resource::Nofile).current;
    now.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX)
}

#[cfg(not(unix))]
fn files_at_once() -> usize {
    usize::MAX
}

/// A stream that fails where the other side takes nothing for too long.
struct Patient {
    stream: TcpStream,
    limit: Duration,
    waits: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    fn new(stream: TcpStream, limit: Duration) -> Patient {
        Patient { stream, limit, waits: None }
    }

    /// Passes on what the stream says, unless it has said nothing for too long.
    fn watched<T>(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.waits = None;
            return polled;
        }
        let until = Instant::now() + self.limit;
        let waits = self.waits.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        match waits.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watched(context, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.watched(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
