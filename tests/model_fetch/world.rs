//! A tiny model of our own, a hub on 127.0.0.1, and pythons that only pretend.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use relata::Result;
use relata::model::{Choice, Manifest, ModelFolder, Progress, Settings, locate};
use sha2::{Digest, Sha256};

pub(crate) const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";
pub(crate) const WEIGHTS: &str = "model.safetensors";

/// A machine of its own: cache, Hugging Face cache, a python, and what the model's files should be.
pub(crate) struct World {
    pub home: tempfile::TempDir,
    pub files: BTreeMap<&'static str, Vec<u8>>,
    pub settings: Settings,
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// One f32 tensor with so many numbers.
fn weights(numbers: usize) -> Vec<u8> {
    let header = format!(r#"{{"w":{{"dtype":"F32","shape":[{numbers}],"data_offsets":[0,{}]}}}}"#, 4 * numbers);
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend((0..numbers).flat_map(|number| (number as f32).to_le_bytes()));
    bytes
}

/// The manifest of such files; a file named in `unpinned` has no sum.
pub(crate) fn manifest(files: &BTreeMap<&'static str, Vec<u8>>, unpinned: &[&str]) -> Manifest {
    let mut text = format!(
        "name = \"toy\"\naliases = [\"nobody/toy\"]\ndescription = \"A toy\"\nlicence = \"MIT\"\n\
         dimension = 8\ntoken_limit = 32\npooling = \"mean\"\n\
         hub = {{ repository = \"nobody/toy\", revision = \"{REVISION}\" }}\n\
         mirror = [{{ kind = \"pypi\", package = \"toy-wheel\", version = \"1.0\", folder = \"toy/model\" }}]\n"
    );
    for (path, bytes) in files {
        writeln!(text, "[[file]]\npath = \"{path}\"\nbytes = {}", bytes.len()).unwrap();
        if !unpinned.contains(path) {
            writeln!(text, "sha256 = \"{}\"", sha256(bytes)).unwrap();
        }
    }
    Manifest::parse(&text).unwrap()
}

impl World {
    /// Nothing cached, no hub listening, a python that is not there.
    pub(crate) fn new() -> World {
        let home = tempfile::tempdir().unwrap();
        let files = BTreeMap::from([
            ("1_Pooling/config.json", br#"{"pooling_mode_mean_tokens": true}"#.to_vec()),
            ("config.json", br#"{"model_type": "bert"}"#.to_vec()),
            ("modules.json", b"[]".to_vec()),
            ("tokenizer.json", b"{}".to_vec()),
            (WEIGHTS, weights(50_000)),
        ]);
        let mut settings =
            Settings::from_vars(|_| None, Some(home.path().join("cache")), Some(home.path().into())).unwrap();
        settings.manifests = vec![manifest(&files, &[])];
        settings.endpoint = format!("http://127.0.0.1:{}", closed_port());
        settings.python = home.path().join("no-python");
        // Long enough for honest servers on a busy machine; nobody waits for them to pass.
        settings.connect_timeout = Duration::from_secs(60);
        settings.stall_timeout = Duration::from_secs(60);
        World { home, files, settings }
    }

    pub(crate) fn choice(&self) -> Choice {
        Choice::parse(Some("toy"))
    }

    /// Where the toy is or would be in the cache.
    pub(crate) fn place(&self) -> PathBuf {
        self.settings.cache.join("models/toy").join(REVISION)
    }

    /// Locates the toy; gives the notes too.
    pub(crate) fn locate(&self) -> (Result<ModelFolder>, Vec<String>) {
        let mut notes = Vec::new();
        let found = locate(&self.choice(), &self.settings, &mut |progress| {
            if let Progress::Note(note) = progress {
                notes.push(note);
            }
        });
        (found, notes)
    }

    /// The message when every source fails.
    pub(crate) fn failure(&self) -> String {
        self.locate().0.unwrap_err().to_string()
    }

    /// Holds every file of a located model against what it should be.
    pub(crate) fn assert_whole(&self, found: &ModelFolder) {
        assert_eq!(found.root, self.place());
        for (path, bytes) in &self.files {
            assert!(std::fs::read(found.root.join(path)).unwrap() == *bytes, "{path}");
        }
        let sums: Vec<(&str, String)> = found.files.iter().map(|f| (f.path.as_str(), f.sha256.clone())).collect();
        let expected: Vec<(&str, String)> = self.files.iter().map(|(path, bytes)| (*path, sha256(bytes))).collect();
        assert_eq!(sums, expected);
        // Nothing of the fetch is left beside the model.
        let left: Vec<_> = std::fs::read_dir(self.settings.cache.join("models"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| name != "toy")
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }

    /// Writes the files as a plain folder.
    pub(crate) fn write_folder(&self, folder: &Path) {
        for (path, bytes) in &self.files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }

    /// A python whose `-m pip download ... --dest DIR ...` runs this shell text with `$dest` set;
    /// each call is recorded.
    pub(crate) fn python(&mut self, script: &str) {
        let path = self.home.path().join("python3");
        let calls = self.home.path().join("python-calls");
        let text = format!(
            "#!/bin/sh\necho \"$@\" >> '{}'\nfor word in \"$@\"; do\n  [ \"$last\" = --dest ] && dest=$word\n  \
             last=$word\ndone\n{script}\n",
            calls.display()
        );
        // Written by a child: a file that this process has open for writing while another test's
        // thread forks cannot be run ("text file busy").
        let mut shell = Command::new("sh")
            .args(["-c", "cat > \"$0\" && chmod +x \"$0\""])
            .arg(&path)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        shell.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(shell.wait().unwrap().success());
        self.settings.python = path;
    }

    /// A python that brings a wheel with these entries.
    pub(crate) fn python_with_wheel(&mut self, entries: &[(&str, &[u8])]) {
        let wheel = self.home.path().join("toy_wheel-1.0-py3-none-any.whl");
        let mut archive = zip::ZipWriter::new(std::fs::File::create(&wheel).unwrap());
        for (name, bytes) in entries {
            archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap();
        self.python(&format!("cp '{}' \"$dest\"", wheel.display()));
    }

    /// A python that brings the right wheel.
    pub(crate) fn good_python(&mut self) {
        let files = self.files.clone();
        let names: Vec<String> = files.keys().map(|path| format!("toy/model/{path}")).collect();
        let mut entries: Vec<(&str, &[u8])> = vec![("toy/__init__.py", b""), ("../outside.txt", b"out")];
        entries.extend(names.iter().map(String::as_str).zip(files.values().map(Vec::as_slice)));
        self.python_with_wheel(&entries);
    }

    /// The argument lines that the python was called with.
    pub(crate) fn python_calls(&self) -> Vec<String> {
        let calls = std::fs::read_to_string(self.home.path().join("python-calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }
}

/// A port that nobody listens on.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What the hub does when asked for the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Good,
    /// Right size, one byte wrong.
    WrongByte,
    WrongSize,
    Status(u16),
    /// Accepts connections and never answers, not even the first question.
    Mute,
    /// Half the body, then nothing more.
    StallsInBody,
    /// Half the body, then the connection is closed.
    ClosesInBody,
    /// As above, but only the first time.
    ClosesInBodyOnce,
    /// More bytes than it said.
    TooMuch,
    /// An entity tag that is a path.
    EvilTag,
}

/// A hub on 127.0.0.1. Its threads end with the process.
pub(crate) struct FakeHub {
    pub endpoint: String,
    /// First line and `Authorization` of every request.
    requests: Arc<Requests>,
    connections: Arc<Mutex<usize>>,
}

impl FakeHub {
    pub(crate) fn start(files: &BTreeMap<&'static str, Vec<u8>>, manner: Manner) -> FakeHub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(Mutex::new(0));
        let hub = FakeHub { endpoint, requests: requests.clone(), connections: connections.clone() };
        let files = Arc::new(files.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                *connections.lock().unwrap() += 1;
                let (files, requests) = (files.clone(), requests.clone());
                // A client that hangs up is the client's business.
                std::thread::spawn(move || answer(stream, &files, manner, &requests).ok());
            }
        });
        hub
    }

    pub(crate) fn requests(&self) -> Vec<(String, Option<String>)> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

type Requests = Mutex<Vec<(String, Option<String>)>>;

fn answer(
    mut stream: TcpStream,
    files: &BTreeMap<&'static str, Vec<u8>>,
    manner: Manner,
    requests: &Requests,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let earlier = {
        let mut requests = requests.lock().unwrap();
        requests.push((first.clone(), headers.get("authorization").cloned()));
        requests.iter().filter(|(line, _)| *line == first).count() - 1
    };
    let path = first.split(' ').nth(1).unwrap_or_default();
    if manner == Manner::Mute {
        return wait_for_hangup(&stream);
    }
    if path.starts_with("/api/models/") {
        let body = r#"{"sha": "x", "siblings": []}"#;
        return write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    }
    let name = path.strip_prefix(&format!("/nobody/toy/resolve/{REVISION}/")).unwrap_or_default();
    let manner = if name == WEIGHTS { manner } else { Manner::Good };
    let Some(bytes) = files.get(name) else {
        return write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    let mut bytes = bytes.clone();
    match manner {
        Manner::Status(status) => {
            return write!(stream, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
        Manner::WrongByte => *bytes.last_mut().unwrap() ^= 1,
        Manner::WrongSize => bytes.truncate(bytes.len() - 1),
        _ => {}
    }
    let (from, to) = headers["range"].strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    let from: usize = from.parse().unwrap();
    let to = to.parse().map_or(bytes.len(), |to: usize| to + 1);
    let tag = if manner == Manner::EvilTag { "/../../../evil".to_owned() } else { sha256(&bytes) };
    let asked_for_all = to == bytes.len();
    let mut part = bytes[from..to].to_vec();
    if manner == Manner::TooMuch && asked_for_all {
        part.extend_from_within(..);
    }
    write!(
        stream,
        "HTTP/1.1 206 Partial Content\r\nETag: \"{tag}\"\r\nX-Repo-Commit: {REVISION}\r\n\
         Content-Range: bytes {from}-{}/{}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        to - 1,
        bytes.len(),
        part.len()
    )?;
    let broken = match manner {
        Manner::StallsInBody | Manner::ClosesInBody => asked_for_all,
        // The first request of this path is the one for its size.
        Manner::ClosesInBodyOnce => asked_for_all && earlier <= 2,
        _ => false,
    };
    if !broken {
        return stream.write_all(&part);
    }
    stream.write_all(&part[..part.len() / 2])?;
    if manner == Manner::StallsInBody { wait_for_hangup(&stream) } else { Ok(()) }
}

fn wait_for_hangup(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_millis(100)))?;
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(120) {
        match stream.peek(&mut [0]) {
            Ok(0) => break,
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    }
    Ok(())
}
