//! `relata import-vectors`: vectors that `relata embed` made elsewhere, in a library.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Home, Invented, digest, invented};

const PAPERS: usize = 30;

fn papers() -> Vec<Invented> {
    (0..PAPERS).map(invented).collect()
}

/// A home with a digest of so many papers, which are in the library without vectors.
fn added(papers: &[Invented]) -> Home {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(papers));
    home.json(&["add", "--no-embed", "--json", "2026-01-05.md"]);
    home
}

/// Embeds the papers to a file, as another machine would.
fn embedded(papers: &[Invented], to: &Path, more: &[&str]) {
    let other = Home::tiny();
    other.write("papers.md", digest(papers));
    let to = to.to_str().expect("a path in UTF-8");
    let report = other.json(&[&["embed", "papers.md", "-o", to, "--json"], more].concat());
    assert_eq!(report["rows"], papers.len());
}

/// What became of vectors: taken, there, of other papers, of other texts, made otherwise.
fn counts(report: &Value) -> [u64; 5] {
    ["taken", "there", "unknown", "other_text", "other_fingerprint"].map(|key| report[key].as_u64().expect("a number"))
}

fn answer(home: &Home) -> Value {
    home.json(&["recommend", "2601.00003", "-k", "20", "--json"])["results"].clone()
}

#[test]
fn vectors_of_another_machine_answer_as_ones_own_do() {
    let papers = papers();
    let home = added(&papers);
    embedded(&papers, &home.path("v.parquet"), &[]);
    assert_eq!(home.json(&["info", "--json"])["embedded"], 0);
    let report = home.json(&["import-vectors", "v.parquet", "--json"]);
    assert_eq!((counts(&report), &report["files"]), ([PAPERS as u64, 0, 0, 0, 0], &json!(1)));
    assert_eq!((&report["skipped"], &report["notes"]), (&json!([]), &json!([])));
    assert_eq!(home.json(&["info", "--json"])["embedded"], PAPERS);

    let own = Home::tiny();
    own.write("2026-01-05.md", digest(&papers));
    own.json(&["add", "--json", "2026-01-05.md"]);
    assert_eq!(answer(&home), answer(&own));
    assert_eq!(home.json(&["check", "--json"])["problems"], json!([]));

    // The same again finds all of them there.
    let ended = home.run(&["import-vectors", "v.parquet", "v.parquet"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "taken 0, there 30, skipped 0\n"), "{}", ended.stderr);
}

#[test]
fn a_vector_is_taken_by_its_paper_with_its_text_alone() {
    let mut papers = papers();
    let home = Home::tiny();
    std::fs::create_dir(home.path("vectors")).expect("a folder");
    embedded(&papers, &home.path("vectors/b.parquet"), &[]);
    papers.truncate(20);
    papers[4].text = "Another abstract, as of the second version.".to_owned();
    home.write("2026-01-05.md", digest(&papers));
    home.json(&["add", "--no-embed", "--json", "2026-01-05.md"]);
    let ended = home.run(&["import-vectors", "vectors"]);
    let told = "taken 19, there 0, skipped 0; not taken: 10 of papers that are not in the library, 1 of other texts than the papers have\n";
    assert_eq!((ended.code, ended.stdout.as_str()), (0, told), "{}", ended.stderr);
    // What is left is embedded by the next answer.
    assert_eq!(answer(&home).as_array().map(Vec::len), Some(19));
    assert_eq!(home.json(&["info", "--json"])["embedded"], 20);
}

#[test]
fn vectors_of_another_model_are_left_and_named() {
    let papers = papers();
    let home = added(&papers);
    let other = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/tiny-bert-prompts");
    let other = other.to_str().expect("a path in UTF-8");
    embedded(&papers, &home.path("v.parquet"), &["--model", other]);
    let ended = home.run(&["import-vectors", "v.parquet"]);
    let told = "taken 0, there 0, skipped 0; not taken: 30 made in another way than the library's\n";
    assert_eq!((ended.code, ended.stdout.as_str()), (1, told));
    assert!(ended.stderr.contains("note: v.parquet: made with the fingerprint "), "{}", ended.stderr);
    assert!(ended.stderr.contains("name what made them by --model, --precision and --long"), "{}", ended.stderr);
    // Named, that model is the one which the library remembers.
    let report = home.json(&["import-vectors", "v.parquet", "--json", "--model", other]);
    assert_eq!(counts(&report), [PAPERS as u64, 0, 0, 0, 0]);
    let mut plain = home.command(&["recommend", "2601.00003", "--json"]);
    let output = plain.env_remove("RELATA_MODEL").output().expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn vectors_of_questions_are_none_of_papers() {
    let papers = papers();
    let home = added(&papers);
    embedded(&papers, &home.path("v.parquet"), &["--as", "query"]);
    let report = home.run(&["import-vectors", "v.parquet", "--json"]);
    assert_eq!((report.code, counts(&report.json())), (2, [0; 5]));
    let skipped = json!([{ "file": "v.parquet", "line": 0, "reason": "row 1 has no passage" }]);
    assert_eq!(report.json()["skipped"], skipped);
}

#[test]
fn files_that_are_none_leave_the_others_taken() {
    let papers = papers();
    let home = added(&papers);
    std::fs::create_dir_all(home.path("vectors/clusters")).expect("a folder");
    std::fs::create_dir(home.path("empty")).expect("a folder");
    embedded(&papers[..10], &home.path("vectors/a.parquet"), &[]);
    embedded(&papers[10..], &home.path("vectors/c.parquet"), &[]);
    let whole = std::fs::read(home.path("vectors/a.parquet")).expect("a file");
    home.write("vectors/b.parquet", &whole[..whole.len() / 2]);
    home.write("vectors/refused.jsonl", "{}\n");
    home.write("vectors/.d.parquet.half", "half");
    home.write("vectors/clusters/a.parquet", "an answer, and no vectors");
    home.write("notes.txt", "remember the milk\n");
    let named = ["vectors", "notes.txt", "empty", "missing.parquet", "-", "s3://bucket/vectors"];
    let ended = home.run(&[&["import-vectors", "--json"], &named[..]].concat());
    let report = ended.json();
    assert_eq!((ended.code, counts(&report), &report["files"]), (2, [PAPERS as u64, 0, 0, 0, 0], &json!(4)));
    let skipped: Vec<String> = report["skipped"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| {
            let reason = row["reason"].as_str().expect("a reason");
            // What the reader of Parquet says is its own.
            let reason = reason.split(": ").next().unwrap_or_default();
            format!("{}: {reason}", row["file"].as_str().expect("a file"))
        })
        .collect();
    let expected = [
        "empty: the folder holds no file that ends in .parquet",
        "missing.parquet: No such file or directory (os error 2)",
        "-: it is no file on this machine",
        "s3://bucket/vectors: it is no file on this machine",
        "vectors/b.parquet: it cannot be read as Parquet",
        "notes.txt: it cannot be read as Parquet",
    ];
    assert_eq!(skipped, expected);
    assert!(ended.stderr.contains("Files of vectors are those that `relata embed -o FILE.parquet` writes"));

    // Nothing but files that are none.
    let ended = home.run(&["import-vectors", "notes.txt"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, "taken 0, there 0, skipped 1\n"));
}

#[test]
fn a_library_without_papers_takes_no_vectors() {
    let home = Home::tiny();
    embedded(&papers(), &home.path("v.parquet"), &[]);
    let ended = home.run(&["import-vectors", "v.parquet"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.ends_with("add some with `relata add PATH...`\n"), "{}", ended.stderr);
}
