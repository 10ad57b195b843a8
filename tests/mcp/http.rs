//! MCP over HTTP: who is answered, both eras without sessions, clients that go away.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use relata::mcp::McpOptions;
use relata::service::{Event, Work};
use serde_json::{Value, json};

use crate::answers::{id, invented};
use crate::support::{Home, STATELESS, Web, meta};

fn web(home: &Home) -> Web {
    Web::start(home.relata(), McpOptions::default())
}

fn error(body: &str) -> i64 {
    let message: Value = serde_json::from_str(body).expect("a message");
    message["error"]["code"].as_i64().unwrap_or_else(|| panic!("no error: {body}"))
}

#[test]
fn the_era_without_sessions_is_answered_with_data() {
    let home = Home::new();
    let web = web(&home);
    let found = web.post("server/discover", None, &json!({}));
    assert_eq!(found.status, 200, "{}", found.body);
    let found: Value = serde_json::from_str(&found.body).expect("a message");
    assert!(found["result"]["supportedVersions"].as_array().expect("versions").contains(&json!(STATELESS)));
    let answer = web.call("search_papers", json!({ "query": "2602.10611" }));
    assert_eq!(answer["papers"][0]["id"], "2602.10611");
    assert_eq!(answer["source"], "sample");
}

#[test]
fn the_era_with_sessions_is_answered_without_one() {
    let home = Home::new();
    let web = web(&home);
    let client =
        json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    let headers = [
        ("Host", "localhost:8080"),
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
    ];
    let ask = |method: &str, parameters: &Value| {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": parameters }).to_string();
        web.ask("POST", &headers, &body)
    };
    let reply = ask("initialize", &client);
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(!reply.head.to_ascii_lowercase().contains("mcp-session-id"), "{}", reply.head);
    let result: Value = serde_json::from_str(&reply.body).expect("a message");
    assert_eq!(result["result"]["protocolVersion"], "2025-06-18");
    let listed: Value = serde_json::from_str(&ask("tools/list", &json!({})).body).expect("a message");
    assert_eq!(listed["result"]["tools"].as_array().expect("tools").len(), 7);
    let call = json!({ "name": "library_status", "arguments": {} });
    let called: Value = serde_json::from_str(&ask("tools/call", &call).body).expect("a message");
    assert_eq!(called["result"]["structuredContent"]["papers"], 7);
}

#[test]
fn foreign_hosts_and_origins_are_refused_before_anything_is_read() {
    let home = Home::new();
    let web = web(&home);
    let status = |headers: &[(&str, &str)]| web.post_from(headers, "tools/list", None, &json!({})).status;
    assert_eq!(status(&[]), 200);
    assert_eq!(status(&[("Host", "localhost:5055")]), 200);
    for host in ["evil.example", "evil.example:5055", "127.0.0.1.evil.example", "192.168.1.2", "0.0.0.0"] {
        assert_eq!(status(&[("Host", host)]), 403, "{host}");
        // Under DNS rebinding both are the attacker's.
        assert_eq!(status(&[("Host", host), ("Origin", &format!("http://{host}"))]), 403, "{host}");
    }
    for origin in ["https://evil.example", "null", "http://localhost:9999", "http://127.0.0.1", "file://", ""] {
        assert_eq!(status(&[("Origin", origin)]), 403, "{origin}");
    }
}

#[test]
fn named_hosts_and_origins_are_answered_and_no_others() {
    let home = Home::new();
    let options =
        McpOptions::default().allowed_hosts(["relata.example:8443"]).allowed_origins(["https://app.example:443"]);
    let web = Web::start(home.relata(), options);
    let status = |headers: &[(&str, &str)]| web.post_from(headers, "tools/list", None, &json!({})).status;
    assert_eq!(status(&[("Host", "relata.example:8443"), ("Origin", "https://app.example")]), 200);
    assert_eq!(status(&[("Host", "relata.example:8443"), ("Origin", "https://app.example:444")]), 403);
    assert_eq!(status(&[("Host", "relata.example:8080")]), 403);
    assert_eq!(status(&[("Host", "localhost")]), 403);
}

#[test]
fn requests_that_are_wrong_are_refused() {
    let home = Home::new();
    let web = web(&home);
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta() } }).to_string();
    let host = ("Host", "127.0.0.1");
    let (json_type, accept) = (("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream"));
    let version = ("MCP-Protocol-Version", STATELESS);
    for method in ["GET", "DELETE"] {
        assert_eq!(web.ask(method, &[host, accept, version], "").status, 405, "{method}");
    }
    let list = ("Mcp-Method", "tools/list");
    let text = [host, ("Content-Type", "text/plain"), accept, version, list];
    assert_eq!(web.ask("POST", &text, &body).status, 415);
    let mismatch = web.ask("POST", &[host, json_type, accept, version, ("Mcp-Method", "tools/call")], &body);
    assert_eq!((mismatch.status, error(&mismatch.body)), (400, -32020));
    let other = [host, json_type, accept, ("MCP-Protocol-Version", "2031-01-01"), list];
    let unknown = web.ask("POST", &other, &body.replace(STATELESS, "2031-01-01"));
    assert_eq!((unknown.status, error(&unknown.body)), (400, -32022), "{}", unknown.body);
    let method = web.post("no/such", None, &json!({}));
    assert_eq!((method.status, error(&method.body)), (404, -32601));
    let large = body.replace("\"id\":1", &format!("\"id\":\"{}\"", "x".repeat(1_000_000)));
    assert_eq!(web.ask("POST", &[host, json_type, accept, version, list], &large).status, 413);
}

#[test]
fn work_of_a_client_that_is_gone_ends() {
    let home = Home::new();
    home.relata().add_entries(&(0..3_000).map(invented).collect::<Vec<_>>(), false).expect("added");
    let (began, has_begun) = mpsc::channel();
    let (steps, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (count, end) = (Arc::clone(&steps), Arc::clone(&ended));
    let began = std::sync::Mutex::new(began);
    let observer = move |event: Event| match event {
        Event::Began(Work::Embedding, _) => {
            let _ = began.lock().expect("a lock").send(());
            std::thread::sleep(Duration::from_millis(300));
        }
        // Slow enough for the server to see that nobody is there.
        Event::Done(Work::Embedding, _) => {
            count.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(200));
        }
        Event::Ended(Work::Embedding) => end.store(true, Ordering::SeqCst),
        _ => {}
    };
    let web = Web::start(home.relata(), McpOptions::default().observer(Arc::new(observer)));
    let call = json!({ "name": "recommend_papers", "arguments": { "like": [id(1)] }, "_meta": meta() });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call }).to_string();
    let stream = web.raw(&format!(
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json, \
         text/event-stream\r\nMCP-Protocol-Version: {STATELESS}\r\nMcp-Method: tools/call\r\nMcp-Name: \
         recommend_papers\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    has_begun.recv_timeout(Duration::from_secs(60)).expect("embedding begins");
    drop(stream);
    for _ in 0..600 {
        if ended.load(Ordering::SeqCst) {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(ended.load(Ordering::SeqCst), "the work goes on after {} steps", steps.load(Ordering::SeqCst));
    let info = home.relata().info().expect("numbers");
    assert!(info.embedded < 3_000, "all of the {} papers were embedded for nobody", info.papers);
}
