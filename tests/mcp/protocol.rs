//! The protocol: both eras, the list of tools, what stands on standard output, requests that are
//! wrong.

use serde_json::{Value, json};

use crate::support::{Client, Home, STATELESS, meta};

/// The most bytes of the list of tools.
const BUDGET: usize = 12 * 1024;

/// The list of tools, as it was looked at last.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mcp/tools.json");

#[test]
fn every_version_of_the_era_with_sessions_is_spoken() {
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let home = Home::new();
        let mut client = Client::start(&home, &[]);
        let result = client.initialize(version);
        assert_eq!(result["protocolVersion"], version);
        assert_eq!(result["serverInfo"]["name"], "relata");
        assert_eq!(result["capabilities"], json!({ "prompts": {}, "resources": {}, "tools": {} }));
        let tools = client.result("tools/list", json!({}));
        assert_eq!(tools["tools"].as_array().expect("tools").len(), 7, "{version}");
        assert!(tools.get("resultType").is_none(), "{version}: {tools}");
        let (code, rest, _) = client.leave();
        assert_eq!((code, rest.as_str()), (Some(0), ""), "{version}");
    }
}

#[test]
fn the_era_without_sessions_is_spoken() {
    let home = Home::new();
    let mut client = Client::start(&home, &[]);
    let found = client.result("server/discover", json!({ "_meta": meta() }));
    let versions = found["supportedVersions"].as_array().expect("versions");
    for version in [STATELESS, "2025-11-25", "2024-11-05"] {
        assert!(versions.contains(&json!(version)), "{found}");
    }
    assert_eq!(found["resultType"], "complete");
    let listed = client.result("tools/list", json!({ "_meta": meta() }));
    assert_eq!(listed["resultType"], "complete");
    assert_eq!((&listed["ttlMs"], &listed["cacheScope"]), (&json!(3_600_000), &json!("public")));
    let asked = json!({ "name": "search_papers", "arguments": { "query": "2602.10611" }, "_meta": meta() });
    let called = client.result("tools/call", asked);
    assert_eq!(called["structuredContent"]["papers"][0]["id"], "2602.10611");
    // What this era has not.
    assert_eq!(client.response("ping", json!({ "_meta": meta() }))["error"]["code"], -32601);
    let mut other = meta();
    other["io.modelcontextprotocol/protocolVersion"] = json!("2031-01-01");
    assert_eq!(client.response("tools/list", json!({ "_meta": other }))["error"]["code"], -32022);
}

#[test]
fn the_list_of_tools_is_what_was_looked_at_last_and_within_its_budget() {
    let home = Home::new();
    let mut client = Client::initialized(&home, &["--allow-writes"]);
    let listed = client.result("tools/list", json!({}));
    let bytes = listed.to_string().len();
    assert!(bytes <= BUDGET, "{bytes} bytes of tools; at most {BUDGET}");
    let made = serde_json::to_string_pretty(&listed).expect("text") + "\n";
    if std::env::var_os("RELATA_RENEW").is_some_and(|value| value == "1") {
        std::fs::write(GOLDEN, &made).expect("written");
    }
    let there = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    assert!(there == made, "the tools changed: RELATA_RENEW=1 cargo test --features serve --test mcp budget");
}

#[test]
fn tools_come_in_a_fixed_order_and_say_what_they_do_to_the_world() {
    let home = Home::new();
    let mut client = Client::initialized(&home, &["--allow-writes"]);
    let listed = client.result("tools/list", json!({}));
    let row = |tool: &Value| {
        let hints = ["readOnlyHint", "openWorldHint", "destructiveHint", "idempotentHint"];
        let hints = hints.map(|hint| tool["annotations"][hint].as_bool());
        let closed = tool["inputSchema"]["additionalProperties"] == json!(false);
        (tool["name"].as_str().expect("a name").to_owned(), hints, closed)
    };
    let rows: Vec<_> = listed["tools"].as_array().expect("tools").iter().map(row).collect();
    let reads = |name: &str| (name.to_owned(), [Some(true), Some(false), None, None], true);
    assert_eq!(
        rows,
        [
            reads("recommend_papers"),
            reads("search_papers"),
            reads("todays_papers"),
            reads("get_paper"),
            reads("list_topics"),
            reads("topic_papers"),
            reads("library_status"),
            ("rate_papers".to_owned(), [Some(false), Some(false), Some(false), Some(true)], true),
            ("fetch_papers".to_owned(), [Some(false), Some(true), Some(false), Some(true)], true),
        ]
    );
}

#[test]
fn what_is_wrong_is_an_error_and_the_next_request_is_answered() {
    let home = Home::new();
    let mut client = Client::initialized(&home, &[]);
    let unknown = client.response("tools/call", json!({ "name": "rm_rf", "arguments": {} }));
    assert_eq!(unknown["error"]["code"], -32602);
    // A tool that writes is not there unless it was asked for.
    let write =
        client.response("tools/call", json!({ "name": "rate_papers", "arguments": { "like": ["2602.10611"] } }));
    assert_eq!(write["error"]["code"], -32602);
    assert_eq!(client.response("no/such", json!({}))["error"]["code"], -32601);
    let many = client.failure("search_papers", json!({ "query": "x", "k": 1_000_000_000 }));
    assert_eq!(many, json!({ "status": 400, "code": "arguments", "message": "k: 1000000000 is not from 1 to 50" }));
    let long = client.failure("search_papers", json!({ "query": "x".repeat(1_000_000) }));
    assert_eq!(long["message"], "query: 1000000 characters; at most 2000 are read");
    let path = client.failure("get_paper", json!({ "id": "../../etc/passwd" }));
    assert_eq!(path["status"], 400);
    let extra = client.failure("library_status", json!({ "path": "/" }));
    assert_eq!(extra["status"], 400);
    assert_eq!(client.call("library_status", json!({}))["papers"], 7);
}

#[test]
fn a_line_that_is_no_message_does_not_end_the_server() {
    let home = Home::new();
    let mut client = Client::initialized(&home, &[]);
    client.send(&json!("no request"));
    client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 99 } }));
    assert_eq!(client.call("library_status", json!({}))["source"], "sample");
}

#[test]
fn nothing_but_the_protocol_stands_on_standard_output_and_notes_stand_on_standard_error() {
    let home = Home::new();
    let mut client = Client::initialized(&home, &[]);
    client.call("recommend_papers", json!({ "like": ["2602.10611"], "k": 2 }));
    let (code, rest, errors) = client.leave();
    assert_eq!((code, rest.as_str()), (Some(0), ""));
    assert!(errors.contains("this answer comes from the sample digest (7 papers)"), "{errors}");
}

#[test]
fn a_client_that_leaves_at_once_ends_the_server() {
    let home = Home::new();
    let (code, rest, errors) = Client::start(&home, &[]).leave();
    assert_eq!((code, rest.as_str(), errors.as_str()), (Some(0), "", ""));
}

#[test]
fn resources_are_the_answers_of_tools() {
    let home = Home::new();
    let mut client = Client::initialized(&home, &[]);
    let templates = client.result("resources/templates/list", json!({}));
    let uris: Vec<&str> = templates["resourceTemplates"]
        .as_array()
        .expect("templates")
        .iter()
        .map(|template| template["uriTemplate"].as_str().expect("an address"))
        .collect();
    assert_eq!(uris, ["relata://paper/{id}", "relata://topic/{n}", "relata://today/{profile}"]);
    let read = client.result("resources/read", json!({ "uri": "relata://paper/2602.10611" }));
    let text = read["contents"][0]["text"].as_str().expect("a text");
    let paper = client.call("get_paper", json!({ "id": "2602.10611" }));
    assert_eq!(serde_json::from_str::<Value>(text).expect("data"), paper);
    assert_eq!(read["contents"][0]["mimeType"], "application/json");
    for missing in ["relata://paper/2602.99999", "file:///etc/passwd", "relata://topic/999"] {
        assert_eq!(client.response("resources/read", json!({ "uri": missing }))["error"]["code"], -32002, "{missing}");
    }
    let asked = json!({ "uri": "relata://paper/2602.99999", "_meta": meta() });
    assert_eq!(client.response("resources/read", asked)["error"]["code"], -32602);
    assert_eq!(client.result("resources/list", json!({}))["resources"], json!([]));
}

#[test]
fn prompts_name_the_tools_that_they_need() {
    let home = Home::new();
    let mut client = Client::initialized(&home, &[]);
    let listed = client.result("prompts/list", json!({}));
    let names: Vec<&Value> =
        listed["prompts"].as_array().expect("prompts").iter().map(|prompt| &prompt["name"]).collect();
    assert_eq!(names, ["whats_new", "topic_survey"]);
    let survey = json!({ "name": "topic_survey", "arguments": { "topic": "neural operators" } });
    let prompt = client.result("prompts/get", survey);
    let text = prompt["messages"][0]["content"]["text"].as_str().expect("a text");
    for part in ["\"neural operators\"", "search_papers", "get_paper", "arXiv id"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(client.response("prompts/get", json!({ "name": "topic_survey" }))["error"]["code"], -32602);
}

#[test]
fn an_error_is_told_on_standard_error_by_its_request_and_without_what_was_asked() {
    let home = Home::new();
    std::fs::write(home.path("library.db"), "these are notes and no library ".repeat(200)).expect("a file");
    let mut client = Client::initialized(&home, &[]);
    let asked = json!({ "query": "a question that is secret" });
    let request = client.ask("tools/call", json!({ "name": "search_papers", "arguments": asked }));
    assert_eq!(client.receive()["id"], request);
    let (_, _, errors) = client.leave();
    let line = errors.lines().find(|line| line.starts_with("error: ")).unwrap_or_else(|| panic!("{errors}"));
    assert!(line.starts_with(&format!("error: request {request}, search_papers: ")), "{line}");
    assert!(line.contains("library.db") && !errors.contains("secret"), "{errors}");
}
