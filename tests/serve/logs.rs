//! What is told on standard error: which request failed and by what, and never what was asked.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::{Answer, Server};

/// A server of a file that is no library.
fn damaged() -> Server {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("library.db"), "these are notes and no library at all ".repeat(200)).expect("a file");
    Server::in_folder(folder, &[])
}

fn call(server: &Server, tool: &str, arguments: &Value) -> Answer {
    let message =
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}});
    let headers = [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")];
    server.send("POST", "/mcp", &headers, &message.to_string())
}

fn logged(server: &Server) -> String {
    fs::read_to_string(server.folder.path().join("errors.txt")).expect("standard error")
}

#[test]
fn an_error_at_mcp_is_logged_by_its_request_and_without_what_was_asked() {
    let server = damaged();
    let answer = call(&server, "search_papers", &json!({"query": "a question that is secret"}));
    let id = answer.header("x-request-id").expect("an id").to_owned();
    let failure = answer.json()["result"]["content"][0]["text"].as_str().expect("a failure").to_owned();
    assert!(failure.contains("\"code\":\"library-foreign\""), "{failure}");
    let log = logged(&server);
    let line = log.lines().find(|line| line.contains("ERROR")).unwrap_or_else(|| panic!("{log}"));
    for part in
        [&*format!("id=\"{id}\""), "tool=\"search_papers\"", "status=500", "code=\"library-foreign\"", "library.db"]
    {
        assert!(line.contains(part), "{part}: {line}");
    }
    // What the asker can mend is no error of the server.
    let before = log.lines().count();
    call(&server, "search_papers", &json!({"query": 3}));
    assert_eq!(logged(&server).lines().count(), before, "{}", logged(&server));
    assert!(!logged(&server).contains("secret"), "{}", logged(&server));
}

#[test]
fn an_error_of_the_api_is_logged_by_its_request() {
    let server = damaged();
    let answer = server.get("/api/v1/search?q=secret");
    assert_eq!((answer.status, answer.code().as_str()), (500, "library-foreign"));
    let id = answer.header("x-request-id").expect("an id").to_owned();
    let log = logged(&server);
    assert!(
        log.lines().any(|line| line.contains("ERROR") && line.contains(&id) && line.contains("/api/v1/search")),
        "{log}"
    );
    assert!(!log.contains("secret"), "{log}");
}
