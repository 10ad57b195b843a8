//! Answers are those of the program, with tags that hold as long as the library does.

use serde_json::{Value, json};

use super::support::Server;

/// The program's answer to the same question.
fn told(server: &Server, arguments: &[&str]) -> Value {
    let output = server.program(arguments);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[test]
fn the_api_answers_as_the_program_does() {
    let server = Server::start(&[]);
    for (path, arguments) in [
        ("/api/v1/recommend?like=2602.10611&k=3", &["recommend", "--like", "2602.10611", "-k", "3", "--json"][..]),
        (
            "/api/v1/recommend?like=2602.10611&facet=method&category=cs.LG&author=Li&at_least=1",
            &[
                "recommend",
                "--like",
                "2602.10611",
                "--facet",
                "method",
                "--category",
                "cs.LG",
                "--author",
                "Li",
                "--at-least",
                "1",
                "--json",
            ],
        ),
        ("/api/v1/search?q=neural+networks&k=2", &["search", "neural networks", "-k", "2", "--json"]),
        ("/api/v1/papers/2602.10611", &["show", "2602.10611", "--json"]),
        ("/api/v1/papers/https:%2F%2Farxiv.org%2Fabs%2F2602.10611v2", &["show", "2602.10611", "--json"]),
        ("/api/v1/tags", &["tag", "--json"]),
        ("/api/v1/profiles", &["profile", "list", "--json"]),
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        assert_eq!(answer.json(), told(&server, arguments), "{path}");
    }
    // With a body, a question may be longer than an address.
    let body = json!({"like_text": ["a text ".repeat(2000)], "k": 2});
    let long = server.post("/api/v1/recommend", &body);
    assert_eq!((long.status, long.json()["results"].as_array().map(Vec::len)), (200, Some(2)));
    assert_eq!(
        server.post("/api/v1/search", &json!({"text": "neural"})).json(),
        server.get("/api/v1/search?q=neural").json()
    );
}

#[test]
fn what_is_changed_by_one_door_is_seen_by_the_other() {
    let server = Server::start(&[]);
    let liked = server.post("/api/v1/profiles/default/likes", &json!({"papers": ["2602.10611", "2602.99999"]}));
    assert_eq!(liked.status, 200);
    assert_eq!(liked.json()["changed"], 1);
    assert_eq!(liked.json()["unknown"], json!(["2602.99999"]));
    let profiles = told(&server, &["profile", "list", "--json"]);
    assert_eq!(profiles["profiles"][0]["like"], json!(["2602.10611"]));
    server.program(&["unlike", "2602.11097"]);
    assert_eq!(server.get("/api/v1/profiles/default").json()["unlike"], json!(["2602.11097"]));
    assert_eq!(
        server.post("/api/v1/profiles/default/forgets", &json!({"papers": ["2602.10611"]})).json()["changed"],
        1
    );
    let follows = server.post("/api/v1/profiles/default/follows", &json!({"follow": {"author": ["Ada Lovelace"]}}));
    assert_eq!(follows.json()["follow"]["author"], json!(["Ada Lovelace"]));
    let sources = server.post("/api/v1/sources", &json!({"categories": ["cs.LG"]}));
    assert_eq!(sources.json()["categories"][0]["category"], "cs.LG");
    let removed = server.send("DELETE", "/api/v1/profiles/default", &[], "");
    assert_eq!((removed.status, removed.json()), (200, json!({"changed": 1})));
    assert_eq!(server.get("/api/v1/profiles").json(), json!({"profiles": []}));
}

#[test]
fn a_tag_holds_as_long_as_the_library_does() {
    let server = Server::start(&[]);
    server.post("/api/v1/profiles/default/likes", &json!({"papers": ["2602.10611"]}));
    let path = "/api/v1/profiles";
    let tag = server.get(path).header("etag").expect("a tag").to_owned();
    let again = server.send("GET", path, &[("If-None-Match", &tag)], "");
    assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", Some(&*tag)));
    // A change by this process and one by another, both.
    server.post("/api/v1/profiles/default/likes", &json!({"papers": ["2602.11097"]}));
    let changed = server.send("GET", path, &[("If-None-Match", &tag)], "");
    assert_eq!(changed.json()["profiles"][0]["like"].as_array().map(Vec::len), Some(2));
    let tag = changed.header("etag").expect("a tag").to_owned();
    server.program(&["unlike", "2602.11097"]);
    assert_eq!(server.send("GET", path, &[("If-None-Match", &tag)], "").status, 200);
}

#[test]
fn the_sample_answers_while_the_library_is_empty_and_says_so() {
    let server = Server::start(&[]);
    let answer = server.get("/api/v1/search?q=networks");
    let notes: Value = serde_json::from_str(answer.header("relata-notes").expect("notes")).expect("JSON");
    assert_eq!(notes[0]["sample"]["papers"], 7);
    // Notes stand beside answers, and what clients ask is not told on the terminal.
    assert_eq!(server.get("/search?q=networks").status, 200);
    let told = std::fs::read_to_string(server.folder.path().join("errors.txt")).expect("a file");
    assert_eq!(told, format!("Relata answers at {}; Ctrl-C ends it.\n", server.address));
}

#[test]
fn problems_have_codes_and_say_what_is_wrong() {
    let server = Server::start(&[]);
    let long = "x".repeat(70_000);
    for (path, status, code, detail) in [
        ("/api/v1/papers/2602.00001", 404, "not-in-library", "2602.00001"),
        ("/api/v1/papers/nonsense", 422, "malformed-request", "nonsense"),
        ("/api/v1/recommend", 409, "nothing-liked", "nothing says what you like"),
        ("/api/v1/profiles/nobody", 404, "no-such-profile", "nobody"),
        ("/api/v1/search?q=a&kk=3", 422, "malformed-request", "kk"),
        ("/api/v1/search?q=a&k=1000000000", 422, "malformed-request", "at most 1000"),
        ("/api/v1/search?q=a&since=2026-13-01", 422, "malformed-request", "filter.since: "),
        ("/api/v1/today?profile=default&paths=%2Fetc%2Fpasswd", 422, "malformed-request", "paths"),
        ("/api/v1/nothing", 404, "no-such-page", "/api"),
    ] {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path}: {answer:?}");
        assert!(answer.json()["detail"].as_str().is_some_and(|own| own.contains(detail)), "{answer:?}");
    }
    for (body, detail) in [
        (json!({"paths": ["/etc/passwd"]}), "paths cannot be asked for here"),
        (json!({"profile": "default", "k": "many"}), "invalid type: string"),
        (json!({"profile": long}), "profile is longer than"),
        (json!([1]), "no JSON object"),
    ] {
        let answer = server.post("/api/v1/today/shown", &body);
        assert_eq!((answer.status, answer.code().as_str()), (422, "malformed-request"), "{answer:?}");
        assert!(answer.json()["detail"].as_str().is_some_and(|own| own.contains(detail)), "{answer:?}");
    }
    let method = server.send("DELETE", "/api/v1/search", &[], "");
    assert_eq!((method.status, method.code().as_str()), (405, "method-not-allowed"));
    assert!(method.header("allow").is_some_and(|allow| allow.contains("GET")), "{method:?}");
}

#[test]
fn topics_that_were_found_can_be_asked_for() {
    let server = Server::start(&[]);
    assert_eq!(server.get("/api/v1/topics").json(), Value::Null);
    assert_eq!(server.get("/api/v1/topics/1").code(), "no-such-topic");
    let digest = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds/sample-digest-2026-02-14.md");
    assert_eq!(server.program(&["add", digest]).status.code(), Some(0));
    let found = told(&server, &["topics", "--json"]);
    let tree = server.get("/api/v1/topics").json();
    let level = |topic: &Value| (topic["id"].clone(), topic["size"].clone());
    let finest = found["levels"].as_array().and_then(|levels| levels.last()).expect("a level");
    let wanted: Vec<_> = finest["topics"].as_array().expect("topics").iter().map(level).collect();
    for (id, size) in wanted {
        let topic = server.get(&format!("/api/v1/topics/{}", id.as_str().expect("a number"))).json();
        assert_eq!(topic["topic"]["size"], size);
        assert_eq!(topic["papers"].as_array().map(|papers| Value::from(papers.len())), Some(size));
    }
    assert_eq!(tree["papers"], 7);
}
