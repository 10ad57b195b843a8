//! Arguments of every kind for every argument of every tool: each is answered or refused in words,
//! and none is a bug.

use serde_json::{Map, Value, json};

use crate::answers::invented;
use crate::support::{Client, Home};

/// What somebody might send for anything.
fn odd_values() -> Vec<Value> {
    let nested = (0..100).fold(json!(1), |inner, _| json!([inner]));
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(1),
        json!(51),
        json!(0.5),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!(" "),
        json!("\u{0}"),
        json!("2602.10611"),
        json!("2026-02-30"),
        json!("' OR 1=1; DROP TABLE papers; --"),
        json!("\"*\" NEAR/0 ("),
        json!("../../etc/passwd"),
        json!("$(touch /tmp/x) `id` ${HOME} {{7*7}}"),
        json!("\u{202e}\u{e0041}\u{10ffff}"),
        json!("ä".repeat(3_000)),
        json!([]),
        json!([null, 1, "x", {}]),
        json!(["2602.10611", "2602.10611"]),
        json!({}),
        json!({ "a": { "b": [] } }),
        nested,
    ]
}

/// Arguments that a tool needs, so that the odd one is what decides.
fn needed(tool: &str) -> Map<String, Value> {
    let needed = match tool {
        "search_papers" => json!({ "query": "glaciers" }),
        "get_paper" => json!({ "id": "2603.00001" }),
        "topic_papers" => json!({ "topic": 1 }),
        "recommend_papers" => json!({ "like": ["2603.00001"] }),
        _ => json!({}),
    };
    needed.as_object().cloned().expect("an object")
}

#[test]
fn odd_arguments_are_answered_or_refused() {
    let home = Home::new();
    home.relata().add_entries(&(0..12).map(invented).collect::<Vec<_>>(), true).expect("added");
    let mut client = Client::initialized(&home, &["--allow-writes"]);
    let listed = client.result("tools/list", json!({}));
    let (mut answered, mut refused) = (0, 0);
    for tool in listed["tools"].as_array().expect("tools") {
        let name = tool["name"].as_str().expect("a name");
        let arguments = tool["inputSchema"]["properties"].as_object().expect("arguments");
        for argument in arguments.keys().map(String::as_str).chain(["no_such_argument"]) {
            for value in odd_values() {
                let mut asked = needed(name);
                asked.insert(argument.to_owned(), value.clone());
                let result = client.result("tools/call", json!({ "name": name, "arguments": asked }));
                if result["isError"] == json!(false) {
                    assert_ne!(argument, "no_such_argument", "{name} takes what it does not know");
                    answered += 1;
                    continue;
                }
                let failure: Value =
                    serde_json::from_str(result["content"][0]["text"].as_str().expect("a text")).expect("data");
                let status = failure["status"].as_u64().expect("a status");
                assert!((400..500).contains(&status) || status == 503, "{name} {argument} {value}: {failure}");
                assert!(failure["message"].as_str().expect("a text").chars().count() < 800, "{failure}");
                refused += 1;
            }
        }
    }
    assert!(answered > 50 && refused > 500, "{answered} answered, {refused} refused");
    assert_eq!(client.call("library_status", json!({}))["papers"], 12);
}

#[test]
fn arguments_that_are_no_object_are_refused() {
    let home = Home::new();
    let mut client = Client::initialized(&home, &[]);
    for arguments in [json!([]), json!("x"), json!(1)] {
        let response = client.response("tools/call", json!({ "name": "library_status", "arguments": arguments }));
        assert!(response.get("error").is_some(), "{response}");
    }
    assert_eq!(client.call("library_status", json!(null))["papers"], 7);
}
