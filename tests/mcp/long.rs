//! Requests that take long: a client is told how far they are, and may take them back.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use relata::mcp::{McpOptions, serve_stdio};
use relata::service::{Event, Work};
use serde_json::{Value, json};

use crate::answers::{id, invented};
use crate::support::{Client, Home, relata};

/// Names the folder of the library to [`server`].
const FOLDER: &str = "RELATA_TEST_FOLDER";
/// A file in that folder, without which no paper is embedded.
const GO: &str = "go";
/// A file that is there once embedding has ended.
const ENDED: &str = "ended";

/// Not a test but a server, in a process of its own: `relata mcp` whose embedding waits for a file.
#[test]
#[ignore = "run by the other tests"]
fn server() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let relata = relata(&folder);
    let observer = move |event: Event| match event {
        Event::Began(Work::Embedding, _) => {
            // Not for ever, should the test have ended before.
            let mut looks = 0..60_000;
            while !folder.join(GO).exists() && looks.next().is_some() {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        Event::Ended(Work::Embedding) => std::fs::write(folder.join(ENDED), "").expect("a file"),
        _ => {}
    };
    serve_stdio(relata, McpOptions::default().observer(Arc::new(observer))).expect("served");
}

/// A client of [`server`].
fn client(home: &Home) -> Client {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "long::server", "--ignored", "--quiet"]).env(FOLDER, home.path(""));
    let mut client = Client::of(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()));
    // What a program of tests says first.
    client.pass_over("running 1 test");
    client.initialize("2025-11-25");
    client
}

/// Papers of which none has a vector, so that the first answer takes long.
fn unembedded(papers: usize) -> Home {
    let home = Home::new();
    home.relata().add_entries(&(0..papers).map(invented).collect::<Vec<_>>(), false).expect("added");
    home
}

fn recommend() -> Value {
    json!({ "name": "recommend_papers", "arguments": { "like": [id(1)] }, "_meta": { "progressToken": "far" } })
}

#[test]
fn who_asks_for_progress_is_told_of_it_and_nobody_else_is() {
    let home = unembedded(40);
    let mut client = client(&home);
    let asked = client.ask("tools/call", recommend());
    let told = client.receive();
    assert_eq!(told["method"], "notifications/progress", "{told}");
    assert_eq!(told["params"]["progressToken"], "far");
    let message = told["params"]["message"].as_str().expect("a text");
    assert!(message.starts_with("embedding papers"), "{message}");
    std::fs::write(home.path(GO), "").expect("a file");
    loop {
        let message = client.receive();
        if message["id"] == asked {
            assert_eq!(message["result"]["isError"], false, "{message}");
            break;
        }
        assert_eq!(message["method"], "notifications/progress", "{message}");
    }
    // The same without a token.
    home.relata().add_entries(&(40..80).map(invented).collect::<Vec<_>>(), false).expect("added");
    let asked = client.ask("tools/call", json!({ "name": "recommend_papers", "arguments": { "like": [id(1)] } }));
    assert_eq!(client.receive()["id"], asked);
}

#[test]
fn a_request_that_is_taken_back_ends_and_is_not_answered() {
    let home = unembedded(3_000);
    let mut client = client(&home);
    let asked = client.ask("tools/call", recommend());
    assert_eq!(client.receive()["method"], "notifications/progress");
    client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": asked } }));
    let next = client.ask("tools/call", json!({ "name": "library_status", "arguments": {} }));
    loop {
        let message = client.receive();
        assert_ne!(message["id"], asked, "{message}");
        if message["id"] == next {
            break;
        }
    }
    // The work ends while the client is still there.
    std::fs::write(home.path(GO), "").expect("a file");
    let ended = (0..12_000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        home.path(ENDED).exists()
    });
    assert!(ended, "the work does not end");
    let info = home.relata().info().expect("numbers");
    assert!(info.embedded < 3_000, "all papers were embedded for nobody");
    let (code, rest, _) = client.leave();
    assert_eq!(code, Some(0));
    let messages = rest.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    assert_eq!(messages.filter(|message| message["id"] == asked).count(), 0, "{rest}");
}
