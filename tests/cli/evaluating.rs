//! `relata eval`, and what is learned from a library.

use serde_json::{Value, json};

use crate::support::{Home, digest, invented};

/// A library of so many invented papers.
fn filled(papers: usize) -> Home {
    let home = Home::tiny();
    let papers: Vec<_> = (0..papers).map(invented).collect();
    home.write("2026-01-05.md", digest(&papers));
    home.json(&["add", "--json", "2026-01-05.md"]);
    home
}

fn found(value: &Value) -> Vec<String> {
    let rows = value["results"].as_array().expect("a list of results");
    rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn a_method_is_measured_by_what_recommend_answers() {
    let home = filled(140);
    let liked = "2601.00008";
    let answers = found(&home.json(&["recommend", "--like", liked, "-k", "20", "--json"]));
    // Relevant: the answers of rank 2 and 7, and one that is no answer.
    let unfound = (0..140).map(|n| invented(n).id).find(|id| id != liked && !answers.contains(id)).expect("an id");
    let line = json!({ "query": liked, "relevant": [answers[1], answers[6], unfound, liked] });
    home.write("judged.jsonl", format!("{line}\n\n"));
    let value = home.json(&["eval", "judged.jsonl", "--json"]);
    assert_eq!(value["queries"], 1);
    let names: Vec<&str> =
        value["methods"].as_array().expect("methods").iter().filter_map(|method| method["name"].as_str()).collect();
    assert_eq!(names, ["relata", "cosine", "tfidf", "bm25"]);
    let gain = |rank: f64| 1.0 / (rank + 1.0).log2();
    let ndcg = (gain(2.0) + gain(7.0)) / (gain(1.0) + gain(2.0) + gain(3.0));
    let first = &value["methods"][0];
    for (metric, expected) in [("ndcg@10", ndcg), ("p@5", 0.2), ("recall@20", 2.0 / 3.0), ("mrr", 0.5)] {
        for part in ["mean", "low", "high"] {
            let got = first[metric][part].as_f64().expect("a number");
            assert!((got - expected).abs() < 1e-6, "{metric} {part}: {got} is not {expected}");
        }
    }
    // Subject and means of a paper are in its title: the three that share both are what words alone
    // find first.
    let same: Vec<String> = (0..140).filter(|n| n % 35 == 7).map(|n| invented(n).id).collect();
    home.write("subjects.jsonl", json!({ "query": liked, "relevant": same }).to_string());
    let value = home.json(&["eval", "subjects.jsonl", "--method", "tfidf", "--json"]);
    assert_eq!(value["methods"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&value["methods"][0]["ndcg@10"]["mean"], &value["methods"][0]["p@5"]["mean"]),
        (&json!(1.0), &json!(0.6))
    );
    let text = home.run(&["eval", "subjects.jsonl", "--method", "tfidf,bm25"]);
    let lines: Vec<&str> = text.stdout.lines().collect();
    assert_eq!((text.code, lines.len()), (0, 4), "{}", text.stdout);
    assert!(lines[1].starts_with("method   ndcg@10") && lines[2].starts_with("tfidf    "), "{}", text.stdout);
}

#[test]
fn bad_judgements_are_named_and_the_others_count() {
    let home = filled(60);
    let lines = [
        r#"{"query": "2601.00001", "relevant": ["2601.00008", "2601.77777"]}"#,
        r#"{"query": "2601.00002", "relevant": "2601.00009"}"#,
        r#"{"query": "a paper", "relevant": ["2601.00003"]}"#,
        r#"{"query": "2601.88888", "relevant": ["2601.00003"]}"#,
    ];
    home.write("judged.jsonl", lines.join("\n"));
    let ended = home.run(&["eval", "judged.jsonl", "--method", "cosine", "--json"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert_eq!(ended.json()["queries"], 1);
    for expected in ["judged.jsonl: line 2: expected", "line 3: \"a paper\" is no arXiv id", "2 judged papers"] {
        assert!(ended.stderr.contains(expected), "{expected}: {}", ended.stderr);
    }
    // A paper of which only the id is known has nothing to be compared by.
    home.write("bare.jsonl", json!({ "id": "2601.00777", "authors": ["Ada Example"] }).to_string());
    home.json(&["add", "--json", "bare.jsonl"]);
    home.write("judged.jsonl", format!("{}\n{}", lines[0], lines[0].replace("00001", "00777")));
    let ended = home.run(&["eval", "judged.jsonl", "--json"]);
    assert_eq!((ended.code, &ended.json()["queries"]), (0, &json!(1)), "{}", ended.stderr);
    assert!(ended.stderr.contains("3 judged papers"), "{}", ended.stderr);
    home.write("judged.jsonl", lines[3]);
    let ended = home.run(&["eval", "judged.jsonl"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{}", ended.stderr);
    let ended = home.run(&["eval", "nowhere.jsonl"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("nowhere.jsonl"), "{}", ended.stderr);
}

#[test]
fn weights_change_what_counts() {
    let home = filled(60);
    let ask = |weights: &[&str]| {
        let arguments = [&["recommend", "--like", "2601.00001", "-k", "5", "--json", "--weight"][..], weights].concat();
        home.json(&arguments)
    };
    let parts = |value: &Value| value["results"][0]["reason"]["parts"].clone();
    let once = ask(&["authors=10"]);
    // Number 1 has the authors of 12, 23, 34, ...
    let authors = parts(&once)["authors"].as_f64().expect("a number");
    assert!(authors > 10.0, "{authors}");
    let score = once["results"][0]["score"].as_f64().expect("a score");
    let sum: f64 = ["meaning", "associations", "words", "authors", "unlike"]
        .iter()
        .map(|part| parts(&once)[*part].as_f64().expect("a number"))
        .sum();
    assert!((score - sum).abs() < 1e-4, "{score} is not {sum}");
    let alone = ask(&["authors=0,meaning=0,associations=0,words=1"]);
    let alone = parts(&alone);
    assert_eq!((&alone["authors"], &alone["meaning"], &alone["associations"]), (&json!(0.0), &json!(0.0), &json!(0.0)));
    assert!(alone["words"].as_f64().expect("a number") > 1.0);
    for wrong in ["authors", "authors=x", "authors=-1", "authors=1e9", "years=1"] {
        let ended = home.run(&["recommend", "--like", "2601.00001", "--weight", wrong]);
        assert_eq!(ended.code, 2, "{wrong}: {}", ended.stdout);
        assert!(ended.stderr.contains(wrong.split('=').next_back().expect("a part")), "{}", ended.stderr);
    }
}

#[test]
fn what_was_learned_is_kept_and_can_always_be_deleted() {
    let home = filled(600);
    let kept = home.path("library.db.learned");
    let ask = || home.run(&["recommend", "--like", "2601.00001", "--json"]);
    let first = ask();
    assert_eq!(first.code, 0, "{}", first.stderr);
    let bytes = std::fs::read(&kept).expect("what was learned is kept");
    assert_eq!(ask().stdout, first.stdout);
    assert_eq!(std::fs::read(&kept).expect("the file"), bytes, "it is read and not made again");

    // Damaged in its data: named, made anew, the same answer.
    let mut damaged = bytes.clone();
    let last = damaged.len() - 100;
    damaged[last] ^= 1;
    std::fs::write(&kept, &damaged).expect("a file");
    let ended = ask();
    assert!(ended.stderr.contains("library.db.learned is damaged (its checksum"), "{}", ended.stderr);
    assert_eq!(ended.stdout, first.stdout);
    assert_eq!(ask().stderr, first.stderr, "repaired");
    for cut in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&kept, &bytes[..cut]).expect("a file");
        let ended = ask();
        assert!(ended.stderr.contains("is damaged"), "{cut}: {}", ended.stderr);
        assert_eq!(ended.stdout, first.stdout, "cut to {cut}");
    }
    std::fs::remove_file(&kept).expect("the file");
    assert_eq!(ask().stdout, first.stdout);

    // Damaged in its header, where it says how many papers it was learned from.
    let at = bytes.windows(9).position(|window| window == b"\"sampled\"").expect("the header") + 11;
    let mut damaged = bytes.clone();
    damaged[at] = b'0';
    std::fs::write(&kept, &damaged).expect("a file");
    let ended = ask();
    assert!(ended.stderr.contains("is damaged (its checksum does not fit); made anew"), "{}", ended.stderr);
    assert_eq!(ended.stdout, first.stdout);

    // Another library's: passed over without a word.
    let other = Home::tiny();
    let papers: Vec<_> = (2000..2600).map(invented).collect();
    other.write("2026-01-05.md", digest(&papers));
    other.json(&["add", "--json", "2026-01-05.md"]);
    assert_eq!(other.run(&["recommend", "--like", "2601.02001"]).code, 0);
    std::fs::copy(other.path("library.db.learned"), &kept).expect("a copy");
    let ended = ask();
    assert_eq!((ended.stdout, ended.stderr), (first.stdout.clone(), first.stderr.clone()));

    // A place where it cannot be written: told, and answered.
    std::fs::remove_file(&kept).expect("the file");
    std::fs::create_dir(&kept).expect("a folder in its place");
    let ended = ask();
    assert_eq!((ended.code, &ended.stdout), (0, &first.stdout));
    assert!(ended.stderr.contains("could not be kept"), "{}", ended.stderr);
}

#[test]
fn a_small_library_keeps_nothing_and_removes_what_is_damaged() {
    let home = filled(60);
    let kept = home.path("library.db.learned");
    assert!(!kept.exists());
    std::fs::write(&kept, "not what it should be").expect("a file");
    let ended = home.run(&["recommend", "--like", "2601.00001"]);
    assert_eq!(ended.code, 0);
    assert!(ended.stderr.contains("is damaged (its checksum does not fit); removed"), "{}", ended.stderr);
    assert!(!kept.exists());
}

#[test]
fn damaged_vectors_are_passed_over_and_named_where_they_are_asked_with() {
    let home = filled(60);
    let before = found(&home.json(&["recommend", "--like", "2601.00001", "2601.00002", "-k", "60", "--json"]));
    {
        let database = rusqlite::Connection::open(home.path("library.db")).expect("a database");
        let damage = |id: &str, vector: Vec<u8>| {
            let changed = database
                .execute(
                    "UPDATE stored_embeddings SET vector = ?1 WHERE paper = (SELECT row FROM papers WHERE id = ?2)",
                    rusqlite::params![vector, id],
                )
                .expect("an update");
            assert_eq!(changed, 1);
        };
        let length: usize = database
            .query_row("SELECT length(vector) FROM embeddings LIMIT 1", [], |row| row.get(0))
            .expect("a length");
        damage("2601.00003", f32::NAN.to_le_bytes().repeat(length / 4));
        damage("2601.00004", vec![0; length - 4]);
        damage("2601.00005", f32::INFINITY.to_le_bytes().repeat(length / 4));
    }
    let after = found(&home.json(&["recommend", "--like", "2601.00001", "2601.00002", "-k", "60", "--json"]));
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    let kept = before.into_iter().filter(|id| !["2601.00003", "2601.00004", "2601.00005"].contains(&id.as_str()));
    assert_eq!(sorted(after), sorted(kept.collect()));
    for id in ["2601.00003", "2601.00004", "2601.00005"] {
        let ended = home.run(&["recommend", "--like", "2601.00001", id]);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
        assert!(ended.stderr.contains(&format!("the vector of {id}")), "{}", ended.stderr);
    }
}

#[test]
fn a_paper_that_is_liked_twice_counts_once() {
    let home = filled(140);
    let ask = |liked: &[&str]| found(&home.json(&[&["recommend", "-k", "20", "--json", "--like"][..], liked].concat()));
    let once = ask(&["2601.00001", "2601.00033"]);
    assert_eq!(ask(&["2601.00001", "arXiv:2601.00001v2", "2601.00033", "2601.00001"]), once);
}

#[test]
fn what_is_learned_does_not_depend_on_the_order_of_papers() {
    let papers: Vec<_> = (0..520).map(invented).collect();
    let answers = |pages: &[&[_]]| {
        let home = Home::tiny();
        for (day, page) in pages.iter().enumerate() {
            let name = format!("2026-01-{:02}.md", day + 1);
            home.write(&name, digest(page));
            home.json(&["add", "--json", &name]);
        }
        let value = home.json(&["recommend", "--like", "2601.00001", "2601.00100", "-k", "50", "--json"]);
        let rows = value["results"].as_array().expect("a list").clone();
        rows.iter().map(|row| (row["id"].clone(), row["score"].clone(), row["reason"].clone())).collect::<Vec<_>>()
    };
    let one = answers(&[&papers]);
    let other = answers(&[&papers[300..], &papers[..100], &papers[100..300]]);
    assert_eq!(one, other);
}

#[test]
fn diversity_spreads_answers_and_is_measured() {
    let home = filled(140);
    let line = json!({ "query": "2601.00008", "relevant": ["2601.00043", "2601.00078", "2601.00113"] });
    home.write("judged.jsonl", line.to_string());
    let similarity = |diversity: &str| {
        let value = home.json(&["eval", "judged.jsonl", "--method", "relata", "--diversity", diversity, "--json"]);
        value["methods"][0]["similarity@10"]["mean"].as_f64().expect("a number")
    };
    assert!(similarity("0.6") < similarity("0") - 1e-4, "{} {}", similarity("0.6"), similarity("0"));
    let ask = |diversity: &str| {
        found(&home.json(&["recommend", "--like", "2601.00008", "--diversity", diversity, "-k", "12", "--json"]))
    };
    let (plain, spread) = (ask("0"), ask("0.6"));
    assert_eq!(plain[0], spread[0], "the best comes first in any case");
    let distinct: std::collections::BTreeSet<&String> = spread.iter().collect();
    assert_eq!(distinct.len(), 12);
    assert_ne!(plain, spread);
    for wrong in ["-0.1", "1.5", "x"] {
        let ended = home.run(&["recommend", "--like", "2601.00008", &format!("--diversity={wrong}")]);
        assert_eq!(ended.code, 2, "{wrong}");
        assert!(ended.stderr.contains("from 0 to 1"), "{}", ended.stderr);
    }
}
