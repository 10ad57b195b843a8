//! A stand-in for Zotero's two APIs: a real HTTP server on loopback over a made-up library.
//!
//! In: items and collections, and faults for requests to come. Out: answers as Zotero gives them,
//! and what was asked. The web API demands a key, gives at most 100 items a page, counts versions,
//! and takes at most 50 items at once while the library has the version that is named. The API of
//! this machine demands nothing, gives what is asked for at once, has fewer paths, and its versions
//! count what was synced: what was changed since has none.

mod state;

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use state::{Reply, Request, State, plain};

/// The key of the web API.
pub(crate) const KEY: &str = "P9NiFoyLeZu2bZNvvuQPDWsd";

/// What disturbs an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// The answer is as it should be.
    None,
    /// A status, with the seconds of `Retry-After`.
    Status(u16, Option<u64>),
    /// The answer asks to wait so many seconds before the next request.
    Backoff(u64),
    /// The connection is cut in the middle of the answer.
    Cut,
    /// After this answer an item is added to the library.
    Change,
    /// Before this answer another program adds a paper to the library, by its arXiv id, unless it
    /// is there.
    Meanwhile(&'static str),
    /// The request is carried out, and the connection closed without an answer.
    Lost,
    /// The request is not carried out, and the connection closed without an answer.
    Dropped,
    /// The request is carried out, and the answer does not come.
    Silent,
}

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// `local` or `web`.
    pub(crate) side: &'static str,
    /// The path below the library, with its parameters.
    pub(crate) path: String,
    /// The version in `If-Modified-Since-Version`.
    pub(crate) unless: Option<u64>,
    pub(crate) status: u16,
    /// How many items were to be written.
    pub(crate) works: usize,
}

/// The server; it ends with the test.
pub(crate) struct Zotero {
    address: String,
    state: Arc<Mutex<State>>,
}

impl Zotero {
    /// Starts a server whose pages have at most so many items.
    pub(crate) fn start(page: usize) -> Zotero {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let state = State {
            version: 1,
            synced: 1,
            page,
            local: true,
            items: BTreeMap::new(),
            collections: BTreeMap::new(),
            may_write: true,
            refused: Vec::new(),
            faults: VecDeque::new(),
            write_faults: VecDeque::new(),
            seen: Vec::new(),
        };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away is none of the server's business.
                let _ = serve(stream, &shared);
            }
        });
        Zotero { address, state }
    }

    /// The address of the API of this machine.
    pub(crate) fn local(&self) -> String {
        format!("{}/local", self.address)
    }

    /// The address of the web API.
    pub(crate) fn web(&self) -> String {
        format!("{}/web", self.address)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the Zotero of this machine talk to other programs, or not.
    pub(crate) fn talks(&self, talks: bool) {
        self.state().local = talks;
    }

    /// Makes a collection, in another one or in none.
    pub(crate) fn collection(&self, key: &str, name: &str, parent: Option<&str>) {
        let mut state = self.state();
        state.version += 1;
        let parent = parent.map_or(Value::Bool(false), Value::from);
        let version = state.version;
        let data = json!({ "key": key, "version": version, "name": name, "parentCollection": parent });
        state.collections.insert(key.to_owned(), data);
    }

    /// Deletes a collection; what stands in it is kept.
    pub(crate) fn delete_collection(&self, key: &str) {
        let mut state = self.state();
        state.version += 1;
        state.collections.remove(key);
    }

    /// Adds an article, or replaces it.
    pub(crate) fn put(&self, key: &str, title: &str, abstract_note: &str, collections: &[&str]) {
        self.state().put(key, title, abstract_note, collections);
    }

    /// Sets another field of an item.
    pub(crate) fn set(&self, key: &str, field: &str, value: impl Into<Value>) {
        let mut state = self.state();
        state.version += 1;
        let version = state.version;
        let item = state.items.get_mut(key).expect("an item");
        item.version = version;
        item.data[field] = value.into();
    }

    pub(crate) fn delete(&self, key: &str) {
        let mut state = self.state();
        state.version += 1;
        state.items.remove(key);
    }

    /// Has the Zotero of this machine sync.
    pub(crate) fn sync(&self) {
        let mut state = self.state();
        state.synced = state.version;
    }

    /// Disturbs the next requests, in this order.
    pub(crate) fn disturb(&self, faults: &[Fault]) {
        self.state().faults.extend(faults);
    }

    /// Disturbs nobody any longer.
    pub(crate) fn calm(&self) {
        let mut state = self.state();
        state.faults.clear();
        state.write_faults.clear();
    }

    /// Disturbs the next requests that write, in this order.
    pub(crate) fn disturb_writes(&self, faults: &[Fault]) {
        self.state().write_faults.extend(faults);
    }

    /// Has the key write, or not.
    pub(crate) fn allow_writes(&self, may_write: bool) {
        self.state().may_write = may_write;
    }

    /// Takes no items with these `archiveID`s.
    pub(crate) fn refuse(&self, ids: &[&str]) {
        self.state().refused = ids.iter().map(|id| (*id).to_owned()).collect();
    }

    /// The items with an `archiveID`, ordered by it.
    pub(crate) fn with_archive_id(&self) -> Vec<(String, Value)> {
        let state = self.state();
        let mut found: Vec<(String, Value)> = (state.items.iter())
            .filter(|(_, item)| item.data["archiveID"].is_string())
            .map(|(key, item)| (key.clone(), item.data.clone()))
            .collect();
        found.sort_by_key(|(key, data)| (data["archiveID"].to_string(), key.clone()));
        found
    }

    /// The requests since this was last asked.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state().seen)
    }
}

/// Reads a request.
fn read(stream: &TcpStream) -> std::io::Result<Request> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let writes = line.starts_with("POST ");
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    let works = writes.then(|| serde_json::from_slice(&body).unwrap_or_default());
    let (side, path) = match target.strip_prefix("/web") {
        Some(path) => ("web", path),
        None => ("local", target.strip_prefix("/local").unwrap_or_default()),
    };
    Ok(Request { side, path: path.to_owned(), headers, works })
}

fn serve(mut stream: TcpStream, shared: &Mutex<State>) -> std::io::Result<()> {
    let request = read(&stream)?;
    let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
    let queue = if request.works.is_some() { &mut state.write_faults } else { &mut state.faults };
    let fault = queue.pop_front().unwrap_or(Fault::None);
    if let Fault::Meanwhile(id) = fault
        && state.items.values().all(|item| item.data["archiveID"] != id)
    {
        let key = format!("OTHER{}", state.version);
        state.put(&key, "Of another program", "", &[]);
        state.items.get_mut(&key).expect("put").data["archiveID"] = id.into();
    }
    let mut reply = match fault {
        Fault::Status(status, retry) => {
            let headers = retry.map(|seconds| ("Retry-After", seconds.to_string())).into_iter().collect();
            Reply { headers, ..plain(status, "no") }
        }
        Fault::Dropped => plain(0, ""),
        _ => state.answer(&request),
    };
    match fault {
        Fault::Backoff(seconds) => reply.headers.push(("Backoff", seconds.to_string())),
        Fault::Change => {
            let key = format!("LATE{}", state.version);
            let title = format!("Late arrival {}", state.version);
            state.put(&key, &title, "", &["ICE"]);
        }
        _ => {}
    }
    let unless = request.headers.get("if-modified-since-version").and_then(|version| version.parse().ok());
    let below = request.path.strip_prefix("/users/").and_then(|rest| rest.split_once('/')).map(|(_, path)| path);
    let path = below.unwrap_or(&request.path).to_owned();
    let works = request.works.as_ref().map_or(0, Vec::len);
    state.seen.push(Seen { side: request.side, path, unless, status: reply.status, works });
    drop(state);
    match fault {
        Fault::Lost | Fault::Dropped => return Ok(()),
        // Until whoever asked is gone.
        Fault::Silent => return stream.read_to_end(&mut Vec::new()).map(|_| ()),
        _ => {}
    }
    let length = reply.body.len();
    write!(stream, "HTTP/1.1 {} x\r\nContent-Length: {length}\r\nConnection: close\r\n", reply.status)?;
    for (name, value) in &reply.headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    let sent = if matches!(fault, Fault::Cut) { length / 2 } else { length };
    write!(stream, "\r\n{}", &reply.body[..sent])
}
