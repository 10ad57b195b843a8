//! Long work: begun, followed, ended; and vectors in the forms of other servers.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::support::Server;

/// The job once it is over.
fn over(server: &Server, place: &str) -> Value {
    let begun = Instant::now();
    loop {
        let job = server.get(place).json();
        if !matches!(job["state"].as_str(), Some("waiting" | "running")) {
            return job;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{job}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_file_is_added_as_a_job_that_tells_of_itself() {
    let server = Server::start(&[]);
    let digest = include_str!("../../seeds/sample-digest-2026-02-14.md");
    let path = "/api/v1/jobs/add?name=..%2F..%2F2026-02-14.md";
    let begun = server.send("POST", path, &[("Content-Type", "application/octet-stream")], digest);
    assert_eq!((begun.status, begun.json()["kind"].as_str()), (202, Some("add")), "{begun:?}");
    let place = begun.header("location").expect("a place").to_owned();
    let job = over(&server, &place);
    assert_eq!((job["state"].as_str(), &job["answer"]["added"]), (Some("done"), &json!(7)), "{job}");
    // Those of a file of this name have the day of its name.
    assert_eq!(server.get("/api/v1/papers/2602.10611").json()["date"], "2026-02-14");

    // Its events, from the beginning and from one on; the stream ends with the job.
    let mut stream = server.connect();
    let head = format!("GET {place}/events HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.address);
    stream.write_all(head.as_bytes()).expect("sent");
    let lines: Vec<String> = BufReader::new(stream).lines().map_while(Result::ok).collect();
    let data: Vec<Value> =
        lines.iter().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok()).collect();
    assert_eq!(data.first(), Some(&json!({"event": "state", "state": "running"})));
    assert_eq!(data.last(), Some(&json!({"event": "state", "state": "done"})));
    assert!(data.contains(&json!({"event": "done", "work": "embedding", "done": 7})), "{data:?}");
    let last = lines.iter().filter_map(|line| line.strip_prefix("id: ")).next_back().expect("a number");
    let rest = server.send("GET", &format!("{place}/events"), &[("Last-Event-ID", last)], "");
    assert!(!rest.body.contains("data: "), "{rest:?}");
}

/// Adds a file as a job; gives the job once it is over.
fn added(server: &Server, name: &str, text: &str) -> Value {
    let path = format!("/api/v1/jobs/add?name={name}");
    let begun = server.send("POST", &path, &[("Content-Type", "application/octet-stream")], text);
    over(server, begun.header("location").expect("a place"))
}

#[test]
fn a_job_that_is_done_in_part_says_what_is_stored_and_what_is_not() {
    let server = Server::start(&[]);
    let file = "{\"id\": \"2601.00001\", \"title\": \"Ice\", \"abstract\": \"Of ice.\"}\n{\"title\": \"No id\"}\n\
                {\"id\": \"2601.00002\", \"title\": \"Snow\", \"abstract\": \"Of snow.\"}\nno JSON at all\n";
    let job = added(&server, "papers.jsonl", file);
    assert_eq!(
        (&job["state"], &job["answer"]["added"], &job["problem"]),
        (&json!("partial"), &json!(2), &json!(null)),
        "{job}"
    );
    let skipped = job["answer"]["skipped"].as_array().expect("a list");
    let lines: Vec<&Value> = skipped.iter().map(|entry| &entry["line"]).collect();
    assert_eq!(lines, [&json!(2), &json!(4)], "{job}");
    let page = |number: u64| server.send("GET", &format!("/jobs/{number}"), &[("Accept", "text/html")], "").body;
    let shown = page(1);
    for part in [
        "Done in part",
        "<dt>New papers</dt><dd>2</dd>",
        "<bdi>papers.jsonl, line 2</bdi>: ",
        "<bdi>papers.jsonl, line 4</bdi>: ",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }

    // The same again, and nothing of which anything can be used.
    let again = added(&server, "papers.jsonl", file);
    assert_eq!((&again["state"], &again["answer"]["unchanged"]), (&json!("partial"), &json!(2)), "{again}");
    let nothing = added(&server, "letter.txt", "Dear Ada,\nthis is a letter.\n");
    assert_eq!(
        (&nothing["state"], &nothing["problem"]["code"]),
        (&json!("failed"), &json!("nothing-usable")),
        "{nothing}"
    );
    assert_eq!(nothing["answer"]["skipped"][0]["file"], "letter.txt", "{nothing}");
    let shown = page(3);
    assert!(shown.contains("Failed") && shown.contains("<code>nothing-usable</code>"), "{shown}");
    // The event that ends a job has its state.
    let events = server.get("/api/v1/jobs/1/events").body;
    assert!(events.contains("data: {\"event\":\"state\",\"state\":\"partial\"}"), "{events}");
}

#[test]
fn what_was_stored_before_a_job_went_wrong_is_told_with_the_error() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let model = folder.path().join("model");
    std::fs::create_dir(&model).expect("a folder");
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/tiny-bert");
    for file in std::fs::read_dir(tiny).expect("the model") {
        let file = file.expect("a file");
        if file.path().is_file() {
            std::fs::copy(file.path(), model.join(file.file_name())).expect("a copy");
        }
    }
    let server = Server::in_folder(folder, &["--model", &model.display().to_string()]);
    // The model goes while the server runs.
    std::fs::remove_dir_all(&model).expect("removed");
    let text = "{\"id\": \"2601.00001\", \"title\": \"Ice\", \"abstract\": \"Of ice.\"}\n";
    let job = added(&server, "papers.jsonl", text);
    assert_eq!((&job["state"], &job["answer"]["added"]), (&json!("partial"), &json!(1)), "{job}");
    let code = job["problem"]["code"].as_str().expect("a code");
    assert!(code.starts_with("model-"), "{job}");
    let shown = server.send("GET", "/jobs/1", &[("Accept", "text/html")], "").body;
    assert!(
        shown.contains("<dt>New papers</dt><dd>1</dd>") && shown.contains(&format!("<code>{code}</code>")),
        "{shown}"
    );
}

#[test]
fn jobs_are_listed_refused_and_ended() {
    let server = Server::start(&[]);
    let check = server.post("/api/v1/jobs/check", &json!({}));
    let topics = server.post("/api/v1/jobs/topics", &json!({"fresh": true}));
    let reembed = server.post("/api/v1/jobs/reembed", &json!({}));
    let ended = server.send("DELETE", reembed.header("location").expect("a place"), &[], "");
    assert_eq!(ended.status, 200);
    let topics = over(&server, topics.header("location").expect("a place"));
    assert_eq!(topics["answer"]["papers"].as_array().map(Vec::len), Some(7), "{topics}");
    // An empty library is nothing to check.
    let check = over(&server, check.header("location").expect("a place"));
    assert!(matches!(check["state"].as_str(), Some("done" | "failed")), "{check}");
    let kinds: Vec<Value> = server.get("/api/v1/jobs").json()["jobs"]
        .as_array()
        .expect("jobs")
        .iter()
        .map(|job| job["kind"].clone())
        .collect();
    assert_eq!(kinds, ["reembed", "findTopics", "check"]);
    // What is wrong is told at once, and is no job.
    let refused = server.post("/api/v1/jobs/fetch", &json!({"category": ["cs.LG"]}));
    assert_eq!((refused.status, refused.code().as_str()), (422, "malformed-request"));
    for path in ["/api/v1/jobs/99", "/api/v1/jobs/99/events"] {
        assert_eq!(server.get(path).code(), "no-such-job");
    }
    assert_eq!(server.get("/api/v1/jobs/x").code(), "malformed-request");
}

#[test]
fn vectors_are_those_of_the_engine_in_every_form() {
    let server = Server::start(&[]);
    let texts = ["Neural networks solve equations.", "Ice melts.", ""];
    let tei = server.post("/embed", &json!({"inputs": texts})).json();
    let rows: Vec<Vec<f64>> = serde_json::from_value(tei.clone()).expect("rows");
    for row in &rows {
        assert!((row.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-5);
    }
    // One by one they are the same bits.
    for (at, text) in texts.iter().enumerate() {
        assert_eq!(server.post("/embed", &json!({"inputs": text})).json()[0], tei[at]);
    }
    let open_ai = server.post("/v1/embeddings", &json!({"input": texts, "model": "any"})).json();
    assert_eq!(open_ai["data"][1]["embedding"], tei[1]);
    assert_eq!(open_ai["usage"]["prompt_tokens"], open_ai["usage"]["total_tokens"]);
    let name = open_ai["model"].as_str().expect("a name").to_owned();
    assert_eq!(server.get("/v1/models").json()["data"][0]["id"], *name);
    let packed = server.post("/v1/embeddings", &json!({"input": texts[0], "encoding_format": "base64"})).json();
    let bytes = STANDARD.decode(packed["data"][0]["embedding"].as_str().expect("text")).expect("base64");
    let unpacked: Vec<f32> = bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
    let numbers: Vec<f32> = rows[0].iter().map(|x| *x as f32).collect();
    assert_eq!(unpacked, numbers);
}

#[test]
fn texts_that_are_too_long_too_many_or_no_texts_are_told() {
    let server = Server::start(&[]);
    let long = "word ".repeat(2000);
    let cut = server.post("/embed", &json!({"inputs": ["short", long]}));
    assert_eq!((cut.status, cut.header("relata-truncated")), (200, Some("1")));
    for (path, body, status, code) in [
        ("/embed", json!({"inputs": ["short", long], "truncate": false}), 413, "text-too-long"),
        ("/embed", json!({"inputs": vec!["a"; 33]}), 413, "too-many-texts"),
        ("/embed", json!({"inputs": []}), 422, "malformed-request"),
        ("/embed", json!({"inputs": "a", "normalize": false}), 422, "malformed-request"),
        ("/embed", json!({"inputs": "a", "prompt_name": "other"}), 422, "malformed-request"),
        ("/embed", json!({"inputs": "a", "dimensions": 7}), 422, "malformed-request"),
        ("/v1/embeddings", json!({"input": [[1, 2, 3]]}), 422, "malformed-request"),
        ("/v1/embeddings", json!({"input": "a", "encoding_format": "int8"}), 422, "malformed-request"),
    ] {
        let answer = server.post(path, &body);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path}: {answer:?}");
    }
}

#[test]
fn what_was_asked_is_counted_and_not_told() {
    let server = Server::start(&["--metrics"]);
    server.get("/api/v1/search?q=secret");
    server.get("/api/v1/papers/2602.10611");
    let told = server.get("/metrics").body;
    assert!(
        told.contains(r#"relata_requests_total{method="GET",route="/api/v1/papers/{*id}",status="200"} 1"#),
        "{told}"
    );
    assert!(told.contains("relata_request_duration_seconds_bucket"), "{told}");
    assert!(!told.contains("secret") && !told.contains("10611"), "{told}");
    assert_eq!(Server::start(&[]).get("/metrics").code(), "no-such-page");
}
