//! Papers of which only the month is known: shown, filtered, written and listed as such.

use serde_json::{Value, json};

use crate::support::{Home, Invented, digest, invented};

fn ids(value: &Value) -> Vec<&str> {
    let rows = value["results"].as_array().expect("a list of results");
    let mut ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().expect("an id")).collect();
    ids.sort_unstable();
    ids
}

/// Three papers of February 2026 and one of January, in a file that tells no day.
fn home() -> Home {
    let home = Home::tiny();
    let ids = ["2602.00001", "2602.00002", "2602.00003", "2601.00009"];
    let papers = ids.iter().enumerate().map(|(n, id)| {
        let Invented { title, text, .. } = invented(n);
        json!({"id": id, "title": title, "summary": text, "authors": ["Ada Example"], "categories": ["cs.LG"]})
            .to_string()
    });
    home.write("papers.jsonl", papers.collect::<Vec<_>>().join("\n"));
    home.json(&["add", "--json", "papers.jsonl"]);
    home.json(&["like", "2602.00001", "--json"]);
    home
}

#[test]
fn a_month_is_shown_and_kept_where_one_of_its_days_would_be() {
    let home = home();
    let info = home.json(&["info", "2602.00002", "--json"]);
    assert_eq!((&info["date"], &info["published"]), (&json!("2026-02"), &Value::Null));
    assert!(home.run(&["info", "2602.00002"]).stdout.contains("2026-02\n"));
    let library = home.json(&["info", "--json"]);
    assert_eq!((&library["first_date"], &library["last_date"]), (&json!("2026-01"), &json!("2026-02")));
    let asked = |filter: &[&str]| {
        let ended = home.run(&[&["recommend", "--json"][..], filter].concat());
        assert!(ended.code < 2, "{}", ended.stderr);
        ended.json()
    };
    let found = asked(&["--since", "2026-02-10"]);
    assert_eq!(ids(&found), ["2602.00002", "2602.00003"]);
    assert_eq!(found["results"][0]["date"], "2026-02");
    assert_eq!(ids(&asked(&["--until", "2026-02-10"])), ["2601.00009", "2602.00002", "2602.00003"]);
    assert_eq!(ids(&asked(&["--until", "2026-01-31"])), ["2601.00009"]);
    assert!(ids(&asked(&["--since", "2026-03-01"])).is_empty());
    let lines = home.run(&["recommend", "--since", "2026-02-28"]).stdout;
    assert!(lines.contains("https://arxiv.org/abs/2602.00002 · 2026-02 · cs.LG"), "{lines}");
    let ris = home.run(&["recommend", "--since", "2026-02-10", "--format", "ris"]).stdout;
    assert_eq!(ris.matches("\nDA  - 2026/02//\n").count(), 2, "{ris}");
}

#[test]
fn a_daily_list_is_of_a_month_only_where_no_day_is_known() {
    let home = home();
    let today = || home.json(&["today", "--at-least", "0", "--json"]);
    let list = today();
    assert_eq!((&list["day"]["date"], ids(&list)), (&json!("2026-02"), vec!["2602.00002", "2602.00003"]));
    assert_eq!(ids(&today()), ["2602.00002", "2602.00003"], "the same list again");
    let dated = Invented { id: "2602.00010".to_owned(), ..invented(9) };
    home.write("digests/2026/02/20.md", digest(&[dated]));
    home.json(&["add", "--json", "digests"]);
    let list = today();
    assert_eq!((&list["day"]["date"], ids(&list)), (&json!("2026-02-20"), vec!["2602.00010"]));
    assert_eq!(home.run(&["check"]).code, 0);
}
