//! `relata add`.

use std::io::Write;

use crate::support::{Home, digest, invented};

#[test]
fn a_digest_is_added_once_whatever_its_packing() {
    let home = Home::tiny();
    let page = digest(&[invented(0), invented(1), invented(2)]);
    home.write("2026-01-05.md", &page);
    let report = home.json(&["add", "--json", "2026-01-05.md"]);
    assert_eq!((&report["added"], &report["embedded"]), (&3.into(), &3.into()));
    let again = home.json(&["add", "--json", "2026-01-05.md"]);
    assert_eq!((&again["added"], &again["updated"], &again["unchanged"]), (&0.into(), &0.into(), &3.into()));
    assert_eq!(again["embedded"], 0);

    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(page.as_bytes()).expect("packing in memory");
    home.write("packed/2026-01-05.md", packed.finish().expect("packing in memory"));
    assert_eq!(home.json(&["add", "--json", "packed"])["unchanged"], 3);
}

#[test]
fn standard_input_is_read() {
    let home = Home::tiny();
    let ended = home.run_with(&["add", "-", "--no-embed", "--json"], &digest(&[invented(5)]));
    assert_eq!((ended.code, &ended.json()["added"]), (0, &1.into()));
}

#[test]
fn what_is_skipped_is_named_and_the_rest_is_kept() {
    let home = Home::tiny();
    let good = r#"{"id": "2601.00001", "title": "A title", "abstract": "An abstract.", "authors": "A. Author", "categories": "cs.LG", "update_date": "2026-01-05"}"#;
    let bad = r#"{"id": "../../etc/passwd", "title": "B", "abstract": "An abstract.", "authors": "A. Author", "categories": "cs.LG", "update_date": "2026-01-05"}"#;
    home.write("mixed.jsonl", format!("{good}\n{bad}\n{{\"id\": \n"));
    home.write("notes.txt", "remember the milk\n");
    let ended = home.run(&["add", "--no-embed", "--json", "mixed.jsonl", "notes.txt", "missing.md"]);
    let report = ended.json();
    assert_eq!((ended.code, &report["added"]), (2, &1.into()), "{}", ended.stderr);
    let skipped: Vec<(String, u64)> = report["skipped"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| (row["file"].as_str().expect("a file").to_owned(), row["line"].as_u64().expect("a line")))
        .collect();
    for expected in [("mixed.jsonl", 2), ("mixed.jsonl", 3), ("notes.txt", 0), ("missing.md", 0)] {
        assert!(skipped.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} in {skipped:?}");
    }
    assert_eq!(skipped.len(), 4, "{skipped:?}");
}

#[test]
fn an_empty_digest_is_no_error_and_nothing_found() {
    let home = Home::tiny();
    home.write("2026-01-06.md", "<div id=toc></div>\n\n# Table of Contents\n\n");
    let ended = home.run(&["add", "2026-01-06.md"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, "added 0, updated 0, unchanged 0, skipped 0\n"));
}

#[test]
fn a_changed_abstract_is_embedded_again_and_only_that_one() {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&[invented(0), invented(1), invented(2)]));
    home.json(&["add", "--json", "2026-01-05.md"]);
    let mut changed = invented(1);
    changed.text = "Something else entirely.".into();
    home.write("2026-01-09.md", digest(&[invented(0), changed]));
    let report = home.json(&["add", "--json", "2026-01-09.md"]);
    // Paper 0 is listed once more, paper 1 has another text.
    assert_eq!((&report["updated"], &report["embedded"]), (&2.into(), &1.into()));
}

#[test]
fn terminal_escapes_never_reach_the_terminal() {
    let home = Home::tiny();
    let mut paper = invented(0);
    paper.title = "Red \u{1b}[31malert\u{7} \u{202e}gnihtemos".into();
    home.write("2026-01-05.md", digest(&[paper, invented(7)]));
    home.json(&["add", "--json", "2026-01-05.md"]);
    for arguments in [&["info", "2601.00001"][..], &["recommend", "--like", "2601.00008"]] {
        let ended = home.run(arguments);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert!(ended.stdout.contains("alert"), "{}", ended.stdout);
        assert!(!ended.stdout.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{:?}", ended.stdout);
    }
}
