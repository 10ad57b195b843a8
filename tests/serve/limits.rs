//! Who asks too much, too slowly or too often is cut, and nobody else notices.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;

use super::support::{Server, program, read};

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let server = Server::start(&[]);
    let megabyte = "a".repeat(1 << 20);
    let query = server.get(&format!("/api/v1/search?q={megabyte}"));
    assert!(matches!(query.status, 414 | 431), "{}", query.status);
    let header = server.send("GET", "/api/v1/tags", &[("X-Long", &megabyte)], "");
    assert_eq!(header.status, 431);
    let body = server.post("/api/v1/search", &json!({"text": megabyte}));
    assert_eq!((body.status, body.code().as_str()), (413, "body-too-long"));
    // One that is announced and never comes is not waited for.
    let announced = "POST /api/v1/search HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: 9999999999\r\nConnection: close\r\n\r\n";
    let announced = server.raw(announced.replace("HOST", &server.address.to_string()).as_bytes());
    assert_eq!(announced.status, 413);
    for nonsense in ["\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n"] {
        let answer = server.raw(nonsense.as_bytes());
        assert!(matches!(answer.status, 400 | 421 | 0), "{nonsense:?}: {}", answer.status);
    }
    assert_eq!(server.get("/health").status, 200);
}

#[test]
fn idle_connections_keep_nobody_out() {
    let server = Server::start(&[]);
    let mut idle: Vec<TcpStream> = (0..1000).map(|_| server.connect()).collect();
    for stream in &mut idle {
        stream.write_all(b"GET /health HTTP/1.1\r\nHo").expect("half a head");
    }
    assert_eq!(server.get("/health").status, 200);
    assert_eq!(server.get("/api/v1/tags").status, 200);
    // Whoever never ends a head is cut.
    let mut slow = idle.swap_remove(0);
    slow.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
    let _ = slow.flush();
    assert!(matches!(read(slow).status, 0 | 408));
}

#[test]
fn what_was_asked_before_the_end_is_answered() {
    let mut server = Server::start(&[]);
    let mut stream = server.connect();
    let question = json!({"like_text": ["a long text of many words ".repeat(400)], "k": 3}).to_string();
    let head =
        format!("POST /api/v1/recommend HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n", server.address);
    let length = question.len();
    let begun = format!("{head}Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n{}", &question[..10]);
    stream.write_all(begun.as_bytes()).expect("half a request");
    // The server asks for the rest once it has begun.
    let wanted = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut told = [0; 25];
    stream.read_exact(&mut told).expect("a word of the server");
    assert_eq!(&told, wanted, "{}", String::from_utf8_lossy(&told));
    let id = server.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().is_ok_and(|status| status.success()));
    // It has begun to end once it takes nobody any more.
    let refuses = (0..6000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        TcpStream::connect(server.address).is_err()
    });
    assert!(refuses, "it goes on after a SIGTERM");
    stream.write_all(&question.as_bytes()[10..]).expect("the other half");
    let answer = read(stream);
    assert_eq!((answer.status, answer.json()["results"].as_array().map(Vec::len)), (200, Some(3)));
    assert_eq!(server.child.wait().expect("an end").code(), Some(0));
}

/// Changes that were acknowledged outlive a kill at any moment. `RELATA_SERVE_KILLS` says how
/// often; 4 times without it.
#[test]
fn what_was_acknowledged_outlives_a_kill() {
    let kills = std::env::var("RELATA_SERVE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(4);
    let mut folder = tempfile::TempDir::new().expect("a folder");
    let digest = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds/sample-digest-2026-02-14.md");
    let added = program(folder.path(), &["add", digest, "--no-embed"]);
    assert_eq!(added.status.code(), Some(0), "{added:?}");
    for kill in 0..kills {
        let mut server = Server::in_folder(folder, &[]);
        let address = server.address;
        let (begin, begun) = mpsc::channel();
        let writer = std::thread::spawn(move || {
            let mut last = None;
            for number in 0.. {
                let body = json!({"paper": "2602.10611", "text": format!("note {kill} {number}")}).to_string();
                let Ok(mut stream) = TcpStream::connect(address) else { break };
                let head = format!(
                    "POST /api/v1/notes HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nConnection: close\r\n"
                );
                let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
                if stream.write_all(request.as_bytes()).is_err() || read(stream).status != 200 {
                    break;
                }
                last = Some(number);
                let _ = begin.send(());
            }
            last
        });
        begun.recv_timeout(Duration::from_secs(120)).expect("a change is acknowledged");
        std::thread::sleep(Duration::from_millis(37 * (kill % 7)));
        server.child.kill().expect("killed");
        let last: i32 = writer.join().expect("the writer").expect("a change was acknowledged");
        let shown = server.program(&["show", "2602.10611", "--json"]);
        let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
        let note = shown["note"].as_str().unwrap_or_default().to_owned();
        // The one after it may have been stored and not acknowledged.
        let wanted = [format!("note {kill} {last}"), format!("note {kill} {}", last + 1)];
        assert!(wanted.contains(&note), "{note:?} instead of {wanted:?}");
        let checked = server.program(&["check"]);
        assert_eq!(checked.status.code(), Some(0), "{checked:?}");
        folder = std::mem::replace(&mut server.folder, tempfile::TempDir::new().expect("a folder"));
    }
}
