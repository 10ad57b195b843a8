//! The Hugging Face hub, through hf-hub.
//!
//! In: the manifest and the settings. Out: the files at the pinned revision in the stage, each
//! checked. hf-hub 0.5 sets no time limits and cannot be cancelled, so it works in a thread that
//! tells of every read: a server that falls silent, or sends more than the manifest allows, is
//! given up by dropping the other end.

use std::fs::File;
use std::path::{Component, Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use hf_hub::api::sync::{Api, ApiBuilder, ApiError, ApiRepo};
use hf_hub::{Repo, RepoType};

use super::manifest::Manifest;
use super::progress::{Meter, Progress};
use super::settings::Settings;
use super::stage::{MAX_FILE, Stage};

/// What the downloading thread tells.
enum Event {
    /// A file begins, or begins again.
    Begin,
    /// So many bytes more.
    Bytes(u64),
    /// A file of the manifest, by position, is whole.
    Done(usize, PathBuf),
    /// The download has ended without a file, and why.
    Failed(String),
}

/// Downloads all files; says in one line why not otherwise.
pub(super) fn download(
    manifest: &Manifest,
    settings: &Settings,
    stage: &mut Stage,
    progress: &mut dyn FnMut(Progress),
) -> std::result::Result<(), String> {
    let api = ApiBuilder::new()
        .with_endpoint(settings.endpoint.clone())
        .with_cache_dir(stage.scratch())
        .with_token(settings.token.clone())
        .with_user_agent("relata", env!("CARGO_PKG_VERSION"))
        .with_progress(false)
        // Each goes on where the last one broke off.
        .with_retries(2)
        .build()
        .map_err(|error| error.to_string())?;
    let Manifest { hub, .. } = manifest;
    let repo = Repo::with_revision(hub.repository.clone(), RepoType::Model, hub.revision.clone());
    let remote = api.repo(repo);
    probe(&remote, settings)?;

    let (sender, events) = channel();
    let files: Vec<(String, u64)> =
        manifest.files.iter().map(|file| (file.path.clone(), file.bytes.unwrap_or(MAX_FILE))).collect();
    let exact: Vec<bool> = manifest.files.iter().map(|file| file.bytes.is_some()).collect();
    let thread = std::thread::Builder::new()
        .name("hub download".into())
        .spawn(move || {
            for (position, (path, bytes)) in files.iter().enumerate() {
                let event = match download_file(&api, &remote, path, *bytes, exact[position], &sender) {
                    Ok(local) => Event::Done(position, local),
                    Err(reason) => Event::Failed(format!("{path}: {reason}")),
                };
                let failed = matches!(event, Event::Failed(_));
                if sender.send(event).is_err() || failed {
                    return;
                }
            }
        })
        .map_err(|error| error.to_string())?;
    let outcome = receive(manifest, settings, &events, stage, progress);
    drop(events);
    // It ends with what it next tells. Only where it hangs in a read it is left behind, until the
    // server or the process ends: it has nothing but its own file.
    let given = Instant::now();
    while !thread.is_finished() && given.elapsed() < Duration::from_millis(500) {
        std::thread::sleep(Duration::from_millis(5));
    }
    outcome
}

/// Asks for the repository once, with the time limits that hf-hub does not set; any answer will do.
fn probe(remote: &ApiRepo, settings: &Settings) -> std::result::Result<(), String> {
    let limit = settings.connect_timeout;
    let answer = remote
        .info_request()
        .config()
        .http_status_as_error(false)
        .timeout_resolve(Some(limit))
        .timeout_connect(Some(limit))
        .timeout_recv_response(Some(settings.stall_timeout))
        .build()
        .call();
    match answer {
        Ok(_) => Ok(()),
        Err(error) => Err(match error.to_string() {
            text if text == "timeout: connect" || text == "timeout: resolve" => {
                format!("no connection within {} s", limit.as_secs_f32())
            }
            text if text.starts_with("timeout") => {
                format!("connected, but no answer within {} s", settings.stall_timeout.as_secs_f32())
            }
            text => format!("not reachable: {}", text.strip_prefix("io: ").unwrap_or(&text)),
        }),
    }
}

/// In the thread: one file into hf-hub's cache inside the stage.
fn download_file(
    api: &Api,
    remote: &ApiRepo,
    path: &str,
    bytes: u64,
    exact: bool,
    sender: &Sender<Event>,
) -> std::result::Result<PathBuf, String> {
    let metadata = api.metadata(&remote.url(path)).map_err(in_words)?;
    let size = metadata.size() as u64;
    if size > bytes || (exact && size != bytes) {
        return Err(format!("the server offers {size} bytes instead of {bytes}"));
    }
    // hf-hub makes paths of both.
    for name in [metadata.etag(), metadata.commit_hash()] {
        if !Path::new(name).components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(format!("the server names it {name:?}"));
        }
    }
    remote.download_with_progress(path, Teller(sender.clone())).map_err(in_words)
}

fn in_words(error: ApiError) -> String {
    if let ApiError::TooManyRetries(last) = error {
        return format!("broke off again and again, at last with: {}", in_words(*last));
    }
    let text = error.to_string();
    let text = text.strip_prefix("request error: ").or(text.strip_prefix("I/O error ")).unwrap_or(&text);
    match text.strip_prefix("http status: ") {
        Some(status @ ("401" | "403")) => format!("HTTP {status}; the hub wants a token (HF_TOKEN) or another one"),
        Some(status) => format!("HTTP {status}"),
        None => text.to_owned(),
    }
}

/// Passes hf-hub's progress on.
struct Teller(Sender<Event>);

impl hf_hub::api::Progress for Teller {
    fn init(&mut self, _size: usize, _filename: &str) {
        self.tell(Event::Begin);
    }

    fn update(&mut self, size: usize) {
        self.tell(Event::Bytes(size as u64));
    }

    fn finish(&mut self) {}
}

impl Teller {
    fn tell(&self, event: Event) {
        if self.0.send(event).is_err() {
            // Nobody listens any more. Unwinding is the only way out of hf-hub's copy loop; it ends
            // this thread alone, and without the panic hook's message.
            std::panic::resume_unwind(Box::new("given up"));
        }
    }
}

/// In the caller's thread: checks each file as it comes.
fn receive(
    manifest: &Manifest,
    settings: &Settings,
    events: &Receiver<Event>,
    stage: &mut Stage,
    progress: &mut dyn FnMut(Progress),
) -> std::result::Result<(), String> {
    let mut meter = Meter::begin(
        progress,
        format!("{} from {}", manifest.name, settings.endpoint),
        manifest.files.iter().map(|file| file.bytes).sum(),
    );
    let (mut whole, mut current, mut done) = (0, 0, 0);
    while done < manifest.files.len() {
        let at = &manifest.files[done];
        match events.recv_timeout(settings.stall_timeout) {
            Ok(Event::Begin) => current = 0,
            Ok(Event::Bytes(bytes)) => {
                current += bytes;
                let limit = at.bytes.unwrap_or(MAX_FILE);
                if current > limit {
                    return Err(format!("{}: the server sends more than {limit} bytes", at.path));
                }
                meter.at(whole + current);
            }
            Ok(Event::Done(position, local)) => {
                let file = &manifest.files[position];
                let mut from = File::open(&local).map_err(|error| format!("{}: {error}", file.path))?;
                stage.write(file, &mut from)?;
                whole += current;
                current = 0;
                done = position + 1;
            }
            Ok(Event::Failed(reason)) => return Err(reason),
            Err(RecvTimeoutError::Timeout) => {
                let seconds = settings.stall_timeout.as_secs_f32();
                return Err(format!("{}: nothing came for {seconds} s", at.path));
            }
            Err(RecvTimeoutError::Disconnected) => return Err(format!("{}: the download broke off", at.path)),
        }
    }
    Ok(())
}
