//! Notes, tags and read papers: said of papers by id or by their number, and asked for by filters.

use serde_json::{Value, json};

use crate::support::{Home, digest, invented};

/// Thirty papers without vectors, of which three were listed last.
fn home() -> Home {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&(0..30).map(invented).collect::<Vec<_>>()));
    home.json(&["add", "--json", "--no-embed", "2026-01-05.md"]);
    home
}

fn ids(value: &Value) -> Vec<&str> {
    let rows = value["results"].as_array().expect("a list of results");
    rows.iter().map(|row| row["id"].as_str().expect("an id")).collect()
}

#[test]
fn tags_and_notes_are_kept_shown_and_asked_for() {
    let home = home();
    assert_eq!(home.run(&["tag"]).code, 1, "there is none yet");
    let tagged = home.run(&["tag", "2601.00003", "sea ice", "Draft"]);
    assert_eq!(tagged.stdout, "changed 2\n2601.00003 · tags Draft, sea ice\n");
    home.json(&["tag", "arXiv:2601.00005v1", "SEA ICE", "--json"]);
    home.json(&["note", "2601.00003", "Read <b>again</b>,  = 100%.", "--json"]);
    assert_eq!(home.run(&["tag"]).stdout, "     1  Draft\n     2  sea ice\n");
    let found = home.json(&["search", "--tag", "Sea Ice", "--json"]);
    assert_eq!(ids(&found), ["2601.00005", "2601.00003"]);
    assert_eq!(found["query"]["filter"]["tag"], json!(["Sea Ice"]));
    // Places of that answer.
    let read = home.json(&["read", "2", "--json"]);
    let said =
        json!({ "id": "2601.00003", "note": "Read <b>again</b>, = 100%.", "tags": ["Draft", "sea ice"], "read": true });
    assert_eq!(read, json!({ "changed": 1, "unknown": [], "papers": [said] }));
    assert_eq!(ids(&home.json(&["search", "--tag", "sea ice", "--unread", "--json"])), ["2601.00005"]);
    let all = home.json(&["search", "--unread", "-k", "100", "--category", "cs.LG", "--json"]);
    assert!(ids(&all).len() > 5 && !ids(&all).contains(&"2601.00003"));
    let shown = home.run(&["show", "2601.00003"]).stdout;
    for line in ["read        yes", "tags        Draft, sea ice", "note        Read <b>again</b>, = 100%."] {
        assert!(shown.lines().any(|own| own == line), "{line}: {shown}");
    }
    let value = home.json(&["show", "2601.00003", "--json"]);
    assert_eq!((&value["note"], &value["read"]), (&said["note"], &json!(true)));
    assert_eq!(home.json(&["show", "2601.00004", "--json"]).get("tags"), None);

    // What is removed and comes again has what was said of it.
    home.json(&["remove", "2601.00003", "--json"]);
    assert_eq!(ids(&home.json(&["search", "--tag", "sea ice", "--json"])), ["2601.00005"]);
    assert_eq!(home.run(&["tag", "2601.00003", "Draft", "--remove"]).stdout.lines().next(), Some("changed 1"));
    home.json(&["add", "--json", "--no-embed", "2026-01-05.md"]);
    assert_eq!(home.json(&["show", "2601.00003", "--json"])["tags"], json!(["sea ice"]));
    assert_eq!(home.run(&["note", "2601.00003", ""]).stdout, "changed 1\n2601.00003 · read · tags sea ice\n");
    assert_eq!(home.json(&["read", "2601.00003", "--unread", "--json"])["changed"], 1);
    assert_eq!(home.run(&["check"]).code, 0);
}

#[test]
fn exports_have_tags_and_notes() {
    let home = home();
    home.json(&["tag", "2601.00003", "sea & ice", "=draft", "--json"]);
    home.json(&["note", "2601.00003", "See p. 3 & 4", "--json"]);
    let form = |form: &str| home.run(&["search", "--tag", "=draft", "--format", form]).stdout;
    let bibtex = form("bibtex");
    assert!(bibtex.contains("  keywords = {=draft, sea \\& ice},\n"), "{bibtex}");
    assert!(bibtex.contains("  annote = {See p. 3 \\& 4"), "{bibtex}");
    let ris = form("ris");
    assert!(ris.contains("KW  - =draft\nKW  - sea & ice\nN1  - See p. 3 & 4\n"), "{ris}");
    let line: Value = serde_json::from_str(form("jsonl").trim()).expect("JSON");
    assert_eq!(line["relata"]["tags"], json!(["=draft", "sea & ice"]));
    assert_eq!(line["relata"]["note"], "See p. 3 & 4");
    let csv = form("csv");
    assert!(csv.starts_with("rank,id,title,") && csv.lines().next().is_some_and(|line| line.ends_with(",tags,note")));
    assert!(csv.trim_end().ends_with(",'=draft; sea & ice,See p. 3 & 4"), "{csv}");
    // Where nothing is said, tables are as they were.
    let plain =
        home.run(&["search", "--category", "cs.LG", "--exclude", "tokenisers", "-k", "2", "--format", "csv"]).stdout;
    assert!(plain.lines().next().is_some_and(|line| line.ends_with(",why,match")), "{plain}");
}

#[test]
fn what_cannot_be_kept_is_said() {
    let home = home();
    let ended = home.run(&["tag", "2601.00003", "a,b"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(
        ended.stderr.contains("\"a,b\" is no tag: a tag is a text without commas and semicolons"),
        "{}",
        ended.stderr
    );
    let ended = home.run(&["read", "2601.00003", "2601.09999"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, "changed 1\n2601.00003 · read\n"));
    assert!(ended.stderr.contains("2601.09999 is not in the library"), "{}", ended.stderr);
    assert_eq!(home.run(&["note", "2601.09999", "text"]).code, 1);
    assert_eq!(home.run(&["tag", "2601.00003"]).code, 2, "no tag is named");
}
