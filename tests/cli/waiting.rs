//! Waiting for another process: who waits is told for which one, once, and the work is done in the
//! end.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Stdio};

use rusqlite::Connection;

use crate::support::{Home, digest, invented};

/// A process that waits, and what it says on standard error.
struct Waiting {
    child: Child,
    said: BufReader<ChildStderr>,
}

impl Waiting {
    fn start(home: &Home, arguments: &[&str]) -> Waiting {
        Waiting::begin(&mut home.command(arguments))
    }

    fn begin(command: &mut Command) -> Waiting {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let said = BufReader::new(child.stderr.take().expect("standard error"));
        Waiting { child, said }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("a line");
        line
    }

    /// How it ended, and what else it said.
    fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.said.read_to_string(&mut rest).expect("text");
        (self.child.wait().expect("the program ends").code(), rest)
    }
}

#[test]
fn who_waits_for_the_library_is_told_for_which_process() {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&(0..3).map(invented).collect::<Vec<_>>()));
    home.json(&["add", "--json", "2026-01-05.md"]);
    let library = Connection::open(home.path("library.db")).expect("a library");
    library.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    let mut waiting = Waiting::start(&home, &["like", "2601.00001"]);
    let line = waiting.line();
    assert!(line.starts_with("waiting for ") && line.contains(", which writes the library "), "{line}");
    assert!(line.contains("library.db"), "{line}");
    let own = format!("waiting for process {} (", std::process::id());
    assert_eq!(line.starts_with(&own), cfg!(target_os = "linux"), "{line}");
    library.execute_batch("COMMIT").expect("the lock is given back");
    let (code, rest) = waiting.end();
    assert_eq!((code, rest.contains("waiting")), (Some(0), false), "{rest}");
    assert_eq!(home.json(&["profile", "export", "default"])["like"][0], "2601.00001");
}

#[test]
fn who_waits_for_a_model_is_told_for_which_process() {
    let home = Home::tiny();
    let path = home.write("cache/models/all-MiniLM-L6-v2/.lock", "");
    let lock = std::fs::File::options().write(true).open(path).expect("a lock file");
    lock.lock().expect("the lock");
    let mut command = home.command(&["model", "fetch", "all-MiniLM-L6-v2"]);
    let mut waiting = Waiting::begin(command.env("HF_HUB_CACHE", home.path("none")));
    let line = waiting.line();
    assert!(line.contains("waiting for ") && line.contains(", which fetches this model"), "{line}");
    let own = format!("waiting for process {} (", std::process::id());
    assert_eq!(line.contains(&own), cfg!(target_os = "linux"), "{line}");
    lock.unlock().expect("the lock is given back");
    // It is offline, and the model is nowhere.
    let (code, rest) = waiting.end();
    assert_eq!((code, rest.contains("waiting")), (Some(2), false), "{rest}");
    assert!(rest.contains("not there"), "{rest}");
}
