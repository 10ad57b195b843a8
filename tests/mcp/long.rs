//! Requests that take long: a client is told how far they are, and may take them back.

use serde_json::json;

use crate::answers::{id, invented};
use crate::support::{Client, Home};

/// Papers of which none has a vector, so that the first answer takes long.
fn unembedded(papers: usize) -> Home {
    let home = Home::new();
    home.relata().add_entries(&(0..papers).map(invented).collect::<Vec<_>>(), false).expect("added");
    home
}

fn recommend() -> serde_json::Value {
    json!({ "name": "recommend_papers", "arguments": { "like": [id(1)] }, "_meta": { "progressToken": "far" } })
}

#[test]
fn who_asks_for_progress_is_told_of_it_and_nobody_else_is() {
    let home = unembedded(40);
    let mut client = Client::initialized(&home, &[]);
    let asked = client.ask("tools/call", recommend());
    let told = client.receive();
    assert_eq!(told["method"], "notifications/progress", "{told}");
    assert_eq!(told["params"]["progressToken"], "far");
    let message = told["params"]["message"].as_str().expect("a text");
    assert!(message.starts_with("embedding papers") || message.starts_with("fetching"), "{message}");
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
    let mut client = Client::initialized(&home, &[]);
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
    assert_eq!(client.leave().0, Some(0));
    let info = home.relata().info().expect("numbers");
    assert!(info.embedded < 3_000, "all papers were embedded for nobody");
}
