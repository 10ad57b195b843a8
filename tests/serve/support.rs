//! A server of a library of its own, and a client that sends exactly what it is told to.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// A program that serves.
pub(crate) struct Server {
    pub(crate) folder: TempDir,
    pub(crate) address: SocketAddr,
    /// The first line of its output.
    pub(crate) link: String,
    pub(crate) child: Child,
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The code of a problem.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        problem["code"].as_str().expect("a code").to_owned()
    }
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relata"));
    command.args(arguments).stdin(Stdio::null()).current_dir(folder);
    command.env("RELATA_LIBRARY", folder.join("library.db")).env("RELATA_CACHE", folder.join("cache"));
    command.env("RELATA_CONFIG", folder.join("config.toml")).env_remove("RELATA_OFFLINE").env_remove("RELATA_LOG");
    command.env("RELATA_MODEL", Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/tiny-bert"));
    command
}

/// Runs the program on the library in a folder.
pub(crate) fn program(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("the program starts")
}

impl Server {
    /// Serves an empty library on a free port.
    pub(crate) fn start(arguments: &[&str]) -> Server {
        Server::in_folder(TempDir::new().expect("a folder"), arguments)
    }

    /// Serves the library in a folder on a free port.
    pub(crate) fn in_folder(folder: TempDir, arguments: &[&str]) -> Server {
        let mut all = vec!["serve", "--port", "0"];
        all.extend(arguments);
        let mut child = command(folder.path(), &all)
            .stdout(Stdio::piped())
            .stderr(fs::File::create(folder.path().join("errors.txt")).expect("a file"))
            .spawn()
            .expect("the program starts");
        let mut link = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut link).expect("a line");
        let link = link.trim().to_owned();
        let host = link.strip_prefix("http://").and_then(|rest| rest.split('/').next()).expect("an address");
        let address = host.parse().expect("an address");
        Server { folder, address, link, child }
    }

    /// Runs the program on the same library.
    pub(crate) fn program(&self, arguments: &[&str]) -> Output {
        program(self.folder.path(), arguments)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
        stream
    }

    /// Sends a request as it stands and reads until the server closes.
    pub(crate) fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        // A server that refuses may do so before it has read all.
        let _ = stream.write_all(request);
        read(stream)
    }

    /// A request with headers; `Host` is the server's own unless one is given.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if headers.iter().all(|(name, _)| !name.eq_ignore_ascii_case("host")) {
            request += &format!("Host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() {
            request += &format!("Content-Length: {}\r\n", body.len());
        }
        self.raw(format!("{request}\r\n{body}").as_bytes())
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// The body of an answer that is no text.
    pub(crate) fn bytes(&self, path: &str) -> Vec<u8> {
        let mut stream = self.connect();
        let request = format!("GET {path} HTTP/1.1\r\nConnection: close\r\nHost: {}\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).expect("sent");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        assert!(bytes.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&bytes));
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("the end of the head");
        bytes.split_off(head + 4)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("Content-Type", "application/json")], &body.to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads an answer until the connection ends.
pub(crate) fn read(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(0);
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_owned(), value.to_owned()));
    Answer { status, headers: headers.collect(), body: body.to_owned() }
}
