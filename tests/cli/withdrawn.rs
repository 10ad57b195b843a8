//! Withdrawn papers: held back unless somebody asks for them, and marked wherever they show.

use serde_json::{Value, json};

use crate::support::{Ended, Home, digest, invented};

const NOTICE: &str = "This paper has been withdrawn by the authors due to an error in its second lemma.";

fn ids(value: &Value) -> Vec<&str> {
    let rows = value["results"].as_array().expect("a list of results");
    rows.iter().map(|row| row["id"].as_str().expect("an id")).collect()
}

/// Forty papers of January; on a day of February four, of which three are withdrawn: by their
/// abstract, by their comment, by their title.
fn home() -> Home {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&(0..40).map(invented).collect::<Vec<_>>()));
    let line = |number: u32, title: &str, text: &str, comment: &str| {
        let paper = json!({"id": format!("2602.{number:05}"), "title": title, "summary": text, "comment": comment,
            "authors": ["Ada Example"], "categories": ["cs.LG"]});
        format!("{paper}\n")
    };
    let lines = [
        line(
            1,
            "Graph cuts for glaciers at sea",
            "We describe glaciers at sea by graph cuts of a new kind.",
            "9 pages",
        ),
        line(2, "Graph cuts for glaciers on land", NOTICE, ""),
        line(3, "Graph cuts for glaciers in space", "We describe glaciers in space by graph cuts.", NOTICE),
        line(4, "WITHDRAWN: Graph cuts for glaciers", NOTICE, "2 pages"),
    ];
    home.write("2026-02-10.jsonl", lines.concat());
    home.json(&["add", "--json", "2026-01-05.md", "2026-02-10.jsonl"]);
    home.json(&["like", "2601.00001", "--json"]);
    home
}

fn lists(ended: &Ended, id: &str) -> bool {
    ended.stdout.contains(id)
}

#[test]
fn answers_leave_withdrawn_papers_out_unless_they_are_asked_for() {
    let home = home();
    let withdrawn = ["2602.00002", "2602.00003", "2602.00004"];
    for command in [
        &["recommend", "-k", "60"][..],
        &["search", "graph cuts glaciers", "-k", "60"],
        &["search", "--since", "2026-02-01", "-k", "60"],
        &["search", "ada example", "-k", "60"],
        &["today", "--at-least", "0", "-k", "60"],
    ] {
        let held = home.json(&[command, &["--json"]].concat());
        let shown = home.json(&[command, &["--json", "--withdrawn"]].concat());
        assert!(ids(&held).contains(&"2602.00001"), "{command:?}: {held:#}");
        assert!(withdrawn.iter().all(|id| !ids(&held).contains(id)), "{command:?}: {held:#}");
        assert!(withdrawn.iter().all(|id| ids(&shown).contains(id)), "{command:?}: {shown:#}");
        for row in shown["results"].as_array().expect("rows") {
            let marked = withdrawn.contains(&row["id"].as_str().expect("an id"));
            assert_eq!(row.get("withdrawn"), marked.then_some(&json!(true)), "{command:?}: {row:#}");
            assert!(row.get("also").is_none_or(|also| also == &json!([])), "notices are no repeats: {row:#}");
        }
        assert!(held["results"].as_array().expect("rows").iter().all(|row| row.get("withdrawn").is_none()));
    }
}

#[test]
fn a_list_of_a_day_counts_what_it_holds_back() {
    let home = home();
    let ended = home.run(&["today", "--at-least", "0"]);
    assert!(ended.stdout.starts_with("2026-02-10: 1 paper, 1 new"), "{}", ended.stdout);
    assert!(ended.stderr.contains("3 withdrawn held back; --withdrawn shows them."), "{}", ended.stderr);
    let value = home.json(&["today", "--at-least", "0", "--json"]);
    assert_eq!((&value["withdrawn"], &value["day"]["papers"]), (&json!(3), &json!(1)));
    let ended = home.run(&["today", "--at-least", "0", "--withdrawn"]);
    assert!(ended.stdout.starts_with("2026-02-10: 4 papers, 4 new"), "{}", ended.stdout);
    assert!(!ended.stderr.contains("held back"), "{}", ended.stderr);
    let line = ended.stdout.lines().find(|line| line.contains("glaciers in space")).expect("the line of the paper");
    assert!(line.ends_with("Graph cuts for glaciers in space  withdrawn"), "{line}");
    // What a filter leaves out anyhow was not held back.
    let other = home.run(&["today", "--category", "math.CO", "--json"]).json();
    assert_eq!(other["withdrawn"], 0);
}

#[test]
fn a_liked_paper_that_is_withdrawn_counts_and_is_named() {
    let home = home();
    home.json(&["like", "2602.00003", "--json"]);
    let ended = home.run(&["recommend", "-k", "3"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("note: 2602.00003, which you like, is withdrawn"), "{}", ended.stderr);
    let ended = home.run(&["today", "--at-least", "0"]);
    assert!(ended.stderr.contains("note: 2602.00003, which you like, is withdrawn"), "{}", ended.stderr);
    let ended = home.run(&["recommend", "2602.00002", "-k", "3"]);
    assert!(ended.stderr.contains("note: 2602.00002 is withdrawn\n"), "{}", ended.stderr);
    assert!(lists(&ended, "2602.00001") && !lists(&ended, "2602.00003"), "{}", ended.stdout);
    let info = home.run(&["info", "2602.00002"]);
    assert!(info.stdout.contains("\nwithdrawn   yes\n"), "{}", info.stdout);
    assert_eq!(home.json(&["info", "2602.00002", "--json"])["withdrawn"], true);
    assert_eq!(home.json(&["info", "2602.00001", "--json"]).get("withdrawn"), None);
    // Who names it sees it.
    let found = home.json(&["search", "2602.00002", "--json"]);
    assert_eq!((ids(&found), &found["results"][0]["withdrawn"]), (vec!["2602.00002"], &json!(true)));
}

#[test]
fn every_form_marks_a_withdrawn_paper_and_digests_of_ours_are_read_as_marked() {
    let home = home();
    let form = |form: &str| home.run(&["recommend", "-k", "60", "--withdrawn", "--format", form]).stdout;
    let table = form("csv");
    assert!(table.lines().next().expect("a heading").ends_with(",match,withdrawn"), "{table}");
    let row = |id: &str| table.lines().find(|line| line.contains(&format!(",{id},"))).expect("a row");
    assert!(row("2602.00003").ends_with(",yes") && row("2602.00001").ends_with(','), "{table}");
    let plain = home.run(&["recommend", "--format", "csv"]).stdout;
    assert!(plain.lines().next().expect("a heading").ends_with(",match"), "{plain}");
    let count = |text: &str, mark: &str| text.matches(mark).count();
    assert_eq!(count(&form("bibtex"), "  note = {withdrawn},\n"), 3);
    assert_eq!(count(&form("ris"), "N1  - withdrawn\n"), 3);
    assert_eq!(count(&form("html"), "<b>withdrawn</b>"), 3);
    assert_eq!(count(&form("atom"), "<summary>withdrawn; "), 3);
    for (name, mark) in [("markdown", "\nWithdrawn: yes\n"), ("jsonl", "\"withdrawn\":true")] {
        let text = form(name);
        assert_eq!(count(&text, mark), 3, "{text}");
        home.write(name, text);
        let library = home.path(&format!("{name}.db")).display().to_string();
        home.json(&["--library", &library, "add", "--no-embed", "--json", name]);
        for (id, withdrawn) in [("2602.00003", Some(&json!(true))), ("2602.00001", None)] {
            let info = home.json(&["--library", &library, "info", id, "--json"]);
            assert_eq!(info.get("withdrawn"), withdrawn, "{name}: {info:#}");
        }
    }
}

#[test]
fn topics_are_found_without_withdrawn_papers_and_kept_apart_from_those_with_them() {
    let home = home();
    let topics = |more: &[&str]| home.json(&[&["topics", "--json"], more].concat());
    let names = |value: &Value| value.to_string().contains("withdrawn by");
    let (without, with) = (topics(&[]), topics(&["--withdrawn"]));
    let count = |value: &Value| value["papers"].as_array().expect("papers").len();
    assert_eq!((count(&without), count(&with)), (41, 44));
    assert!(!names(&without), "{without:#}");
    assert_eq!(topics(&[]), without, "found again as they were kept");
}
