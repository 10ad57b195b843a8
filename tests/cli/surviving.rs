//! Killed processes and processes side by side.

use std::process::Stdio;
use std::time::Duration;

use crate::support::{Home, digest, invented};

/// Kills `add` at moments spread over its whole course; whatever it had done, the next run
/// completes it.
#[test]
fn a_killed_add_goes_on_where_it_was() {
    let papers: Vec<_> = (0..400).map(invented).collect();
    let page = digest(&papers);
    let whole = Home::tiny();
    whole.write("2026-01-05.md", &page);
    let expected_report = whole.json(&["add", "--json", "2026-01-05.md"]);
    assert_eq!(expected_report["embedded"], 400);
    let question = ["recommend", "--like", "2601.00001", "--json", "-k", "400"];
    let expected = whole.json(&question);

    for delay in [5, 15, 30, 60, 100, 150, 220, 300] {
        let home = Home::tiny();
        home.write("2026-01-05.md", &page);
        let mut child = home
            .command(&["add", "2026-01-05.md"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(Duration::from_millis(delay));
        // Kill is SIGKILL: no handler runs. The child may have ended already, which is a moment
        // like any other.
        let _ = child.kill();
        child.wait().expect("the child is reaped");
        let report = home.json(&["add", "--json", "2026-01-05.md"]);
        let total = report["added"].as_u64().unwrap_or(0) + report["unchanged"].as_u64().unwrap_or(0);
        assert_eq!((total, &report["updated"]), (400, &0.into()), "killed after {delay} ms");
        let info = home.json(&["info", "--json"]);
        assert_eq!((&info["papers"], &info["embedded"]), (&400.into(), &400.into()));
        assert_eq!(home.json(&["check", "--json"])["problems"].as_array().map(Vec::len), Some(0));
        assert_eq!(home.json(&question), expected, "killed after {delay} ms");
    }
}

#[test]
fn two_adds_at_once_and_a_reader_beside_them() {
    let home = Home::tiny();
    let papers: Vec<_> = (0..300).map(invented).collect();
    home.write("2026-01-05.md", digest(&papers[..200]));
    home.write("2026-01-06.md", digest(&papers[100..]));
    home.write("2026-01-04.md", digest(&papers[..3]));
    home.json(&["add", "--json", "2026-01-04.md"]);
    let start = |file: &str| {
        let mut command = home.command(&["add", file, "--json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
    };
    let children = [start("2026-01-05.md"), start("2026-01-06.md")];
    for _ in 0..5 {
        assert_eq!(home.json(&["info", "2601.00001", "--json"])["id"], "2601.00001");
    }
    for child in children {
        let output = child.wait_with_output().expect("the child ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let info = home.json(&["info", "--json"]);
    assert_eq!((&info["papers"], &info["embedded"]), (&300.into(), &300.into()));
    assert_eq!(home.json(&["check", "--json"])["problems"].as_array().map(Vec::len), Some(0));
}

/// Kills `add` as soon as its first vectors are stored: the rest is made by the next run, and what
/// was stored is kept.
#[test]
fn a_kill_in_the_middle_of_embedding_loses_nothing() {
    let papers: Vec<_> = (0..2_000).map(invented).collect();
    let page = digest(&papers);
    let stored = |home: &Home| {
        let library = rusqlite::Connection::open(home.path("library.db")).ok()?;
        library.query_row("SELECT count(*) FROM embeddings", [], |row| row.get::<_, u64>(0)).ok()
    };
    let killed = || {
        let home = Home::tiny();
        home.write("2026-01-05.md", &page);
        let mut command = home.command(&["add", "2026-01-05.md"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        while stored(&home).is_none_or(|vectors| vectors == 0) && child.try_wait().expect("a child").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().expect("the child can be killed");
        child.wait().expect("the child is reaped");
        let before = stored(&home).expect("a library");
        assert!(before > 0, "add ended before it stored a vector");
        // All of them: this kill came too late.
        (before < 2_000).then_some((home, before))
    };
    let (home, before) = (0..50).find_map(|_| killed()).expect("a kill in the middle");
    let report = home.json(&["add", "--json", "2026-01-05.md"]);
    assert_eq!((&report["unchanged"], &report["embedded"]), (&2_000.into(), &(2_000 - before).into()));
    assert_eq!(home.json(&["check", "--json"])["problems"].as_array().map(Vec::len), Some(0));
}

#[test]
fn readers_do_not_wait_for_a_writer() {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&[invented(0), invented(1), invented(2)]));
    home.json(&["add", "--json", "2026-01-05.md"]);
    let writer = rusqlite::Connection::open(home.path("library.db")).expect("a library");
    writer
        .execute_batch("BEGIN IMMEDIATE; UPDATE stored_papers SET comment = 'not yet committed'")
        .expect("the write lock");
    assert_eq!(home.json(&["info", "--json"])["papers"], 3);
    assert_eq!(home.json(&["info", "2601.00001", "--json"])["comment"], serde_json::Value::Null);
    let answered = home.run(&["recommend", "--like", "2601.00001", "--json"]);
    assert_eq!(answered.json()["results"].as_array().map(Vec::len), Some(2));
    // What it would note for the next command is left out soon.
    assert!(answered.stderr.contains("`relata like 1` means an earlier answer than this"), "{}", answered.stderr);
    assert!(!answered.stderr.contains("waiting for"), "{}", answered.stderr);
    writer.execute_batch("ROLLBACK").expect("the end of the transaction");
}
