//! The HTTP server on loopback: takes requests, notes them, answers by [`super::feed`],
//! [`super::oai`] and [`super::api`], and disturbs answers as it is told.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use futures_util::stream;
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::api;
use super::clock::Clock;
use super::faults::{Endpoint, Fault};
use super::feed::{self, Form};
use super::oai::{self, Records};
use super::query::{parse, percent_decode};
use super::reply::Reply;
use super::script::{Faults, Script};
use super::world::World;

/// The most bytes of a request's body.
const MOST_POSTED: usize = 1 << 20;
/// How long after the bytes before it a connection is cut, so that these arrive.
const BEFORE_CUT: Duration = Duration::from_millis(20);

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// What was asked; none where no server has the address.
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) method: String,
    /// The path, as sent.
    pub(crate) path: String,
    /// The query string, or the form that was posted, as sent.
    pub(crate) query: String,
    /// Names in small letters, and values.
    pub(crate) headers: Vec<(String, String)>,
    /// When it came, by the server's clock.
    pub(crate) at: Timestamp,
    /// The client's port, which tells its connections apart.
    pub(crate) port: u16,
    pub(crate) status: u16,
    /// The faults that its answer has.
    pub(crate) faults: Vec<Fault>,
}

impl Seen {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.0 == name).map(|header| header.1.as_str())
    }

    /// The value of an argument, decoded.
    pub(crate) fn argument(&self, name: &str) -> Option<String> {
        parse(&self.query).into_iter().find(|pair| pair.0 == name).map(|pair| pair.1)
    }
}

/// What the server has at hand.
struct Core {
    base: String,
    clock: Clock,
    world: RwLock<World>,
    script: Mutex<Script>,
    seen: Mutex<Vec<Seen>>,
    /// The records of OAI on a day, which stay until the day or the world changes.
    records: Mutex<Option<(jiff::civil::Date, Arc<Records>)>>,
    /// Resumption tokens that were given out, and when they expire.
    tokens: Mutex<HashMap<String, Timestamp>>,
    page_size: Mutex<usize>,
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    core: Arc<Core>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no panic under the lock")
}

impl Server {
    /// Starts a server on a free port.
    pub(crate) fn start(world: World, clock: Clock) -> Server {
        Server::start_on(0, world, clock).expect("a free port on loopback")
    }

    /// Starts a server on a port; 0 is a free one.
    ///
    /// # Errors
    ///
    /// If the port is taken.
    pub(crate) fn start_on(port: u16, world: World, clock: Clock) -> io::Result<Server> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let core = Arc::new(Core {
            base: format!("http://{}", listener.local_addr()?),
            clock,
            world: RwLock::new(world),
            script: Mutex::default(),
            seen: Mutex::default(),
            records: Mutex::default(),
            tokens: Mutex::default(),
            page_size: Mutex::new(oai::PAGE),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let router = Router::new().fallback(handle).with_state(Arc::clone(&core));
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener of this machine");
                let service = router.into_make_service_with_connect_info::<SocketAddr>();
                tokio::spawn(async move { axum::serve(listener, service).await });
                // An error says that the server was dropped, which is the same.
                let _ = stopped.await;
            });
            runtime.shutdown_background();
        });
        Ok(Server { core, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn base(&self) -> &str {
        &self.core.base
    }

    /// The daily feed as Atom, to which `/cs.LG+stat.ML` is added.
    pub(crate) fn feed(&self) -> String {
        format!("{}/atom", self.core.base)
    }

    /// The daily feed as RSS.
    pub(crate) fn rss(&self) -> String {
        format!("{}/rss", self.core.base)
    }

    /// OAI-PMH.
    pub(crate) fn oai(&self) -> String {
        format!("{}/oai", self.core.base)
    }

    /// The former address of OAI-PMH, which redirects.
    pub(crate) fn old_oai(&self) -> String {
        format!("{}/oai2", self.core.base)
    }

    /// The query API.
    pub(crate) fn api(&self) -> String {
        format!("{}/api/query", self.core.base)
    }

    /// Lets the next request to an endpoint that has no fault yet meet this one.
    pub(crate) fn fail(&self, endpoint: Endpoint, fault: Fault) {
        self.fail_together(endpoint, [fault]);
    }

    /// Lets the next request to an endpoint that has no fault yet meet several at once.
    pub(crate) fn fail_together(&self, endpoint: Endpoint, faults: impl IntoIterator<Item = Fault>) {
        lock(&self.core.script).queue(endpoint, faults.into_iter().collect());
    }

    /// Lets the `number`th request to an endpoint, counted from 1 since the start, meet a fault.
    pub(crate) fn fail_at(&self, endpoint: Endpoint, number: u64, fault: Fault) {
        lock(&self.core.script).at(endpoint, number, fault);
    }

    /// Lets every request to an endpoint meet a fault.
    pub(crate) fn always(&self, endpoint: Endpoint, fault: Fault) {
        lock(&self.core.script).always(endpoint, fault);
    }

    /// Ends all faults.
    pub(crate) fn heal(&self) {
        lock(&self.core.script).clear();
    }

    /// Sets the number of records that a page of OAI has at most.
    pub(crate) fn set_page_size(&self, records: usize) {
        *lock(&self.core.page_size) = records;
    }

    /// The requests so far, in the order in which they came.
    pub(crate) fn requests(&self) -> Vec<Seen> {
        lock(&self.core.seen).clone()
    }

    /// The requests so far, which it then forgets.
    pub(crate) fn take_requests(&self) -> Vec<Seen> {
        std::mem::take(&mut *lock(&self.core.seen))
    }

    /// The shortest time between two requests that follow each other; none with fewer than two.
    pub(crate) fn shortest_pause(&self) -> Option<jiff::SignedDuration> {
        let seen = lock(&self.core.seen);
        seen.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at)).min()
    }

    /// How many connections the requests so far came over.
    pub(crate) fn connections(&self) -> usize {
        let mut ports: Vec<u16> = lock(&self.core.seen).iter().map(|seen| seen.port).collect();
        ports.sort_unstable();
        ports.dedup();
        ports.len()
    }

    /// The archive.
    pub(crate) fn world(&self) -> RwLockReadGuard<'_, World> {
        self.core.world.read().expect("no panic under the lock")
    }

    /// Changes the archive while the server runs.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.core.world.write().expect("no panic under the lock");
        *lock(&self.core.records) = None;
        change(&mut world)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Its panic, if there was one, stands on standard error.
            let _ = thread.join();
        }
    }
}

/// Answers a request and notes it.
async fn handle(
    State(core): State<Arc<Core>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let posted = to_bytes(body, MOST_POSTED).await.unwrap_or_default();
    let now = (core.clock)();
    let query = if parts.method == "POST" {
        String::from_utf8_lossy(&posted).into_owned()
    } else {
        parts.uri.query().unwrap_or_default().to_owned()
    };
    let (reply, endpoint, faults) = core.reply(&parts, &query, now);
    lock(&core.seen).push(seen(&parts, query, now, peer.port(), &reply, endpoint, faults));
    tokio::time::sleep(reply.delay).await;
    respond(reply, now, parts.method == "HEAD")
}

fn seen(
    parts: &Parts,
    query: String,
    at: Timestamp,
    port: u16,
    reply: &Reply,
    endpoint: Option<Endpoint>,
    faults: Faults,
) -> Seen {
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Seen {
        endpoint,
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query,
        headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        at,
        port,
        status: reply.status,
        faults: faults.list,
    }
}

impl Core {
    /// The answer to a request, with its faults.
    fn reply(&self, parts: &Parts, query: &str, now: Timestamp) -> (Reply, Option<Endpoint>, Faults) {
        let path = percent_decode(parts.uri.path());
        let endpoint = match path.trim_start_matches('/').split('/').next().unwrap_or_default() {
            "oai2" => return (self.redirect(query), Some(Endpoint::Oai), Faults::default()),
            "atom" | "rss" => Endpoint::Feed,
            "oai" => Endpoint::Oai,
            "api" => Endpoint::Api,
            _ => return (Reply::plain(404, "Not Found\n"), None, Faults::default()),
        };
        let faults = lock(&self.script).next(endpoint);
        let reply = faults.instead().unwrap_or_else(|| match endpoint {
            Endpoint::Feed => self.feed(parts, &path, now, &faults),
            Endpoint::Oai => self.oai(query, now, &faults),
            Endpoint::Api => {
                let world = self.world.read().expect("no panic under the lock");
                api::answer(&api::Request { world: &world, now, query, arguments: &parse(query) }, &faults)
            }
        });
        (faults.disturb(reply), Some(endpoint), faults)
    }

    fn redirect(&self, query: &str) -> Reply {
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        Reply::plain(301, "Moved Permanently\n").with("location", format!("{}/oai{query}", self.base))
    }

    fn feed(&self, parts: &Parts, path: &str, now: Timestamp, faults: &Faults) -> Reply {
        let (form, query) = match path.strip_prefix("/atom/") {
            Some(query) => (Form::Atom, query),
            None => (Form::Rss, path.strip_prefix("/rss/").unwrap_or_default()),
        };
        let if_none_match = parts.headers.get("if-none-match").and_then(|value| value.to_str().ok());
        let address = format!("{}{path}", self.base);
        let request = feed::Request { form, query, address: &address, if_none_match, now };
        feed::answer(&self.world.read().expect("no panic under the lock"), &request, faults)
    }

    fn oai(&self, query: &str, now: Timestamp, faults: &Faults) -> Reply {
        let world = self.world.read().expect("no panic under the lock");
        let records = self.records(&world, now);
        let request = oai::Request {
            world: &world,
            records: &records,
            now,
            address: &format!("{}/oai", self.base),
            arguments: &parse(query),
            page_size: *lock(&self.page_size),
            tokens: &mut lock(&self.tokens),
        };
        oai::answer(request, faults)
    }

    /// The records of OAI at a moment.
    fn records(&self, world: &World, now: Timestamp) -> Arc<Records> {
        let day = super::calendar::oai_day(now);
        let mut kept = lock(&self.records);
        if let Some((_, records)) = kept.as_ref().filter(|kept| kept.0 == day) {
            return Arc::clone(records);
        }
        let records = Arc::new(oai::records(world, now));
        *kept = Some((day, Arc::clone(&records)));
        records
    }
}

/// Sends an answer.
fn respond(reply: Reply, now: Timestamp, head: bool) -> Response {
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let mut response = Response::builder().status(reply.status).header("date", date);
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    if reply.status != 304 {
        response = response.header("content-length", reply.body.len());
    }
    let body = match reply.cut {
        _ if head => Body::empty(),
        Some(after) => cut_body(&reply.body[..after]),
        None => Body::from(reply.body),
    };
    response.body(body).expect("headers of this server's own")
}

/// A body that breaks off: some bytes, then an error, at which the connection is closed.
fn cut_body(bytes: &[u8]) -> Body {
    let bytes = Some(Bytes::copy_from_slice(bytes)).filter(|bytes| !bytes.is_empty());
    Body::from_stream(stream::unfold((bytes, false), |(bytes, broken)| async move {
        if let Some(bytes) = bytes {
            return Some((Ok(bytes), (None, false)));
        }
        if broken {
            return None;
        }
        tokio::time::sleep(BEFORE_CUT).await;
        Some((Err(io::Error::other("the connection is cut, as the test asked for")), (None, true)))
    }))
}
