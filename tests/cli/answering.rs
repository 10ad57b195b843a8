//! `relata recommend` and `relata search`.

use std::process::Command;

use serde_json::Value;

use crate::support::{Home, Invented, digest, invented};

fn answered(value: &Value) -> Vec<(&str, f64)> {
    let rows = value["results"].as_array().expect("a list of results");
    rows.iter().map(|row| (row["id"].as_str().expect("an id"), row["score"].as_f64().expect("a score"))).collect()
}

fn ids(value: &Value) -> Vec<&str> {
    answered(value).into_iter().map(|(id, _)| id).collect()
}

#[test]
fn a_fresh_install_answers_from_the_sample() {
    let home = Home::real();
    let ended = home.run(&["recommend", "--like", "2602.10611", "--json"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let value = ended.json();
    let answers = answered(&value);
    let cosine = |place: usize| {
        let cosine = value["results"][place]["reason"]["cosine"].as_f64().expect("a cosine");
        (answers[place].0, (cosine * 100.0).round())
    };
    assert_eq!([cosine(0), cosine(1)], [("2602.11097", 68.0), ("2602.10451", 49.0)]);
    assert!(answers[0].1 > answers[1].1 + 3.0 && answers[1].1 > answers[2].1 + 3.0, "{answers:?}");
    assert_eq!(answers.len(), 6);
    assert!(ended.stderr.contains("relata add PATH"), "{}", ended.stderr);
    assert_eq!(home.run(&["info", "--json"]).json()["papers"], 0, "the sample stays out of the user's library");
    let first = &value["results"][0];
    assert_eq!(first["rank"], 1);
    assert_eq!(first["title"], "Statistical Learning Analysis of Physics-Informed Neural Networks");
    assert_eq!(first["primary_category"], "cs.LG");
    assert_eq!(first["reason"]["liked"], "2602.10611");
    let terms: Vec<&str> =
        first["reason"]["terms"].as_array().expect("terms").iter().filter_map(Value::as_str).collect();
    assert!(terms.iter().any(|term| term.to_lowercase().contains("physics-informed neural network")), "{terms:?}");
}

#[test]
fn an_answer_says_why_with_its_nearest_sentence_and_the_parts_of_its_score() {
    let home = Home::tiny();
    let papers: Vec<_> = (0..60)
        .map(|n| {
            let paper = invented(n);
            let text = format!("Nothing else is said here. {} Thanks go to everybody.", paper.text);
            Invented { text, ..paper }
        })
        .collect();
    home.write("2026-01-05.md", digest(&papers));
    home.json(&["add", "--json", "2026-01-05.md"]);
    let value = home.json(&["recommend", "--like", "2601.00001", "-k", "1", "--json"]);
    let reason = &value["results"][0]["reason"];
    let sentence = reason["sentence"].as_str().expect("a sentence");
    assert!(sentence.starts_with("We describe ") || sentence.starts_with("The "), "{sentence}");
    let parts: f64 = reason["parts"].as_object().expect("parts").values().filter_map(Value::as_f64).sum();
    assert!((parts - value["results"][0]["score"].as_f64().expect("a score")).abs() < 1e-5);

    let lines = home.run(&["recommend", "--like", "2601.00001", "-k", "1", "--why"]).stdout;
    let lines: Vec<&str> = lines.lines().map(str::trim).collect();
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert!(lines[2].starts_with("About "), "{lines:?}");
    assert_eq!(lines[3], format!("\u{201c}{sentence}\u{201d}"));
    assert!(lines[4].starts_with("meaning ") && lines[4].contains(" + words "), "{}", lines[4]);
    // Two lines and the sentence or what a digest says.
    assert_eq!(home.run(&["recommend", "--like", "2601.00001", "-k", "1"]).stdout.lines().count(), 3);
}

#[test]
fn every_pasted_form_of_an_id_asks_the_same() {
    let home = Home::real();
    let expected = home.json(&["recommend", "--like", "2602.10611", "--json"])["results"].clone();
    for form in
        ["2602.10611v2", "arXiv:2602.10611", "https://arxiv.org/abs/2602.10611", "arxiv.org/pdf/2602.10611v1.pdf"]
    {
        assert_eq!(home.json(&["recommend", "--like", form, "--json"])["results"], expected, "{form}");
    }
}

#[test]
fn the_owners_words_are_a_program() {
    let home = Home::real();
    let model = home.command(&[]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_recommend"));
    command.args(["--like", "2602.10611", "-k", "1", "--json"]);
    command.envs(model.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().expect("the program starts");
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(ids(&value), ["2602.11097"]);
}

#[test]
fn search_finds_by_meaning_and_by_words() {
    let home = Home::real();
    let found = home.json(&["search", "sampling molecules at equilibrium", "--json"]);
    assert_eq!(ids(&found)[0], "2602.10637");
    let by_author = home.json(&["search", "Barajas-Solano", "--json"]);
    assert_eq!(ids(&by_author)[0], "2602.11097");
    let chinese = home.run(&["search", "粗粒化", "--json"]);
    assert_eq!((chinese.code, ids(&chinese.json())), (0, vec!["2602.10637"]), "{}", chinese.stderr);
    assert!(chinese.stderr.contains("words alone"), "{}", chinese.stderr);
}

#[test]
fn liked_and_disliked_papers_are_no_answers_and_k_is_kept() {
    let home = Home::tiny();
    let papers: Vec<_> = (0..60).map(invented).collect();
    home.write("2026-01-05.md", digest(&papers));
    home.json(&["add", "--json", "2026-01-05.md"]);
    let like = ["--like", "2601.00001", "2601.00002", "--unlike", "2601.00003"];
    for k in ["1", "7", "57", "100"] {
        let value = home.json(&[&["recommend", "--json", "-k", k][..], &like].concat());
        let found = answered(&value);
        assert_eq!(found.len(), k.parse::<usize>().expect("a number").min(57));
        assert!(found.iter().all(|(id, _)| !["2601.00001", "2601.00002", "2601.00003"].contains(id)));
        let ordered =
            found.windows(2).all(|pair| (pair[1].1, pair[0].0) < (pair[0].1, pair[1].0) || pair[1].1 < pair[0].1);
        assert!(ordered, "{found:?}");
    }
}

#[test]
fn filters_come_before_the_best_k() {
    let home = Home::tiny();
    let papers: Vec<_> = (0..60).map(invented).collect();
    home.write("2026-01-05.md", digest(&papers[..30]));
    home.write("2026-02-05.md", digest(&papers[30..]));
    home.json(&["add", "--json", "2026-01-05.md", "2026-02-05.md"]);
    let count = |filter: &[&str]| {
        let arguments = [&["recommend", "--like", "2601.00001", "--json", "-k", "60"][..], filter].concat();
        let ended = home.run(&arguments);
        assert!(ended.code < 2, "{}", ended.stderr);
        ended.json()["results"].as_array().expect("a list").len()
    };
    assert_eq!(count(&["--category", "stat.ML"]), 20);
    assert_eq!(count(&["--category", "stat.ML,cs"]), 39);
    assert_eq!(count(&["--category", "stat.ML", "--category", "cs"]), 39);
    assert_eq!(count(&["--since", "2026-02-01"]), 30);
    assert_eq!(count(&["--until", "2026-02-01"]), 29);
    assert_eq!(count(&["--author", "example3 ada"]), 6);
    assert_eq!(count(&["--author", "bjorn muster"]), 59);
    assert_eq!(count(&["--author", "ada muster"]), 0);
    assert_eq!(count(&["--exclude", "glaciers"]), 51);
    assert_eq!(count(&["--category", "math.AG"]), 0);
}

#[test]
fn an_unknown_id_is_answered_with_its_closest() {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&[invented(0), invented(1)]));
    home.json(&["add", "--json", "2026-01-05.md"]);
    let ended = home.run(&["recommend", "--like", "2601.00003"]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.contains("2601.00001") && ended.stderr.contains("graph cuts for glaciers"),
        "{}",
        ended.stderr
    );
    let ended = home.run(&["recommend", "--like", "a paper"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
}

#[test]
fn another_model_never_mixes() {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&[invented(0), invented(1), invented(2)]));
    home.json(&["add", "--json", "2026-01-05.md"]);
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/tiny-bert-cls");
    let ended = home.run(&["recommend", "--like", "2601.00001", "--model", other]);
    assert_eq!(ended.code, 2);
    for part in [
        "tiny-bert in f32 (3 papers)",
        "none of tiny-bert-cls",
        "leave --model and RELATA_MODEL out",
        "tiny-bert-cls reembed`",
    ] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    assert_eq!(home.json(&["reembed", "--json", "--model", other])["embedded"], 3);
    assert_eq!(home.json(&["recommend", "--like", "2601.00001", "--json", "--model", other])["results"][1]["rank"], 2);
    // Both sets stand side by side.
    assert_eq!(home.json(&["info", "--json"])["vectors"].as_array().map(Vec::len), Some(2));
    home.json(&["recommend", "--like", "2601.00001", "--json"]);
}

#[test]
fn vectors_that_were_left_for_later_are_made_when_needed() {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&[invented(0), invented(1), invented(2)]));
    home.json(&["add", "--json", "--no-embed", "2026-01-05.md"]);
    assert_eq!(home.json(&["info", "--json"])["embedded"], 0);
    assert_eq!(
        home.json(&["recommend", "--like", "2601.00001", "--json"])["results"].as_array().map(Vec::len),
        Some(2)
    );
    assert_eq!(home.json(&["info", "--json"])["embedded"], 3);
}

#[test]
fn the_answer_does_not_depend_on_threads() {
    let home = Home::tiny();
    let papers: Vec<_> = (0..200).map(invented).collect();
    home.write("2026-01-05.md", digest(&papers));
    home.json(&["add", "--json", "2026-01-05.md"]);
    let answer = |threads: &str| {
        let mut command = home.command(&["recommend", "--like", "2601.00001", "--json", "-k", "50"]);
        command.env("RAYON_NUM_THREADS", threads).output().expect("the program starts").stdout
    };
    assert_eq!(answer("1"), answer("16"));
}

#[test]
fn the_sample_answers_with_any_model() {
    let home = Home::tiny();
    let first = home.json(&["recommend", "--like", "2602.10611", "--json"]);
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/tiny-bert-cls");
    let second = home.json(&["recommend", "--like", "2602.10611", "--json", "--model", other]);
    assert_eq!((ids(&first).len(), ids(&second).len()), (6, 6));
    assert_ne!(answered(&first)[0].1, answered(&second)[0].1);
}

#[test]
fn arguments_that_make_no_sense_are_refused_without_passing_them_to_the_terminal() {
    let home = Home::tiny();
    let ended = home.run(&["recommend", "--like", "2602.10611", "-k", "0"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    let ended = home.run(&["recommend", "--like-text", "  "]);
    assert_eq!((ended.code, ended.stderr.as_str()), (2, "error: the text is empty; say what to look for\n"));
    let period = ["--since", "2026-02-01", "--until", "2026-01-31"];
    let ended = home.run(&[&["recommend", "--like", "2602.10611"][..], &period].concat());
    let expected = "error: the first day, 2026-02-01, is after the last, 2026-01-31, so no paper can lie between them; give the earlier day with --since and the later with --until\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (2, expected));
    let ended = home.run(&["\u{1b}]0;title\u{7}"]);
    assert_eq!(ended.code, 2);
    assert!(!ended.stderr.contains(['\u{1b}', '\u{7}']), "{:?}", ended.stderr);
}

#[test]
fn answers_have_a_match_from_0_to_100_and_may_be_asked_for_by_it() {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&(0..60).map(invented).collect::<Vec<_>>()));
    home.json(&["add", "--json", "2026-01-05.md"]);
    let matches = |value: &Value| -> Vec<Option<f64>> {
        value["results"].as_array().expect("a list").iter().map(|row| row["match"].as_f64()).collect()
    };
    for question in [["recommend", "2601.00001"], ["search", "glaciers graph cuts"]] {
        let all = home.json(&[&question[..], &["-k", "59", "--json"]].concat());
        let known: Vec<f64> = matches(&all).into_iter().flatten().collect();
        assert_eq!(known.len(), 59, "{all:#}");
        assert!(known.iter().all(|matched| (0.0..=100.0).contains(matched) && (matched * 10.0).fract() == 0.0));
        let middle = known[20].max(1.0).floor();
        let limit = middle.to_string();
        let some = home.json(&[&question[..], &["-k", "59", "--at-least", &limit, "--json"]].concat());
        assert_eq!(some["query"]["filter"]["at_least"].as_f64(), Some(middle));
        let left: Vec<f64> = matches(&some).into_iter().flatten().collect();
        assert!(left.len() < 59 && !left.is_empty() && left.iter().all(|matched| *matched >= middle), "{left:?}");
        // In lines it is a whole number in place of the score.
        let lines = home.run(&[&question[..], &["-k", "1"]].concat()).stdout;
        let shown: f64 = lines.split_whitespace().nth(1).expect("a match").parse().expect("a number");
        assert!((shown - known[0]).abs() <= 0.51, "{lines} {known:?}");
    }
    let none = home.run(&["recommend", "2601.00001", "--at-least", "100"]);
    assert_eq!((none.code, none.stdout.as_str()), (1, ""), "{}", none.stderr);
    // What nothing was compared with has no match.
    let listed = home.run(&["search", "--category", "cs.LG", "-k", "1"]).stdout;
    assert_eq!(listed.split_whitespace().nth(1), Some("-"), "{listed}");
    let named = home.json(&["search", "2601.00001", "--at-least", "90", "--json"]);
    assert_eq!(matches(&named), [None]);
    for wrong in ["-1", "101", "much"] {
        assert_eq!(home.run(&["recommend", "2601.00001", &format!("--at-least={wrong}")]).code, 2);
    }
}
