//! Papers compared by one facet.

use serde_json::{Value, json};

use crate::support::Home;

/// A digest of papers, each with an id, a method as the digest tells it or none, and an abstract.
fn page(papers: &[(&str, Option<&str>, &str)]) -> String {
    let mut page = String::from("# cs.LG [[Back]](#toc)\n\n");
    for (n, (id, method, text)) in papers.iter().enumerate() {
        let method = method.map_or(String::new(), |method| format!("Method: {method}\n\n"));
        page.push_str(&format!(
            "### [{}] [Paper {n}](https://arxiv.org/abs/{id})\n*A. Author*\n\nMain category: cs.LG\n\n<details>\n  \
             <summary>Details</summary>\n{method}Abstract: {text}\n\n</details>\n\n",
            n + 1
        ));
    }
    page
}

const PAPERS: [(&str, Option<&str>, &str); 5] = [
    ("2602.00001", Some("Graph cuts on radar images of ice."), "Glaciers are poorly understood. We cut graphs."),
    ("2602.00002", Some("Graph cuts on radar images of ice."), "Violins remain a challenge. We listen to wood."),
    ("2602.00003", Some("Sampling of sounds that wood makes."), "Glaciers are poorly understood. We cut graphs."),
    (
        "2602.00004",
        None,
        "However, cells are poorly understood. We propose graph cuts on radar images of ice. It outperforms all.",
    ),
    (
        "2602.00005",
        None,
        "However, existing theories lack ice. Ice was observed, and it was significantly higher than the best of snow.",
    ),
];

fn home() -> Home {
    let home = Home::tiny();
    home.write("2026-02-20.md", page(&PAPERS));
    home.json(&["add", "--json", "2026-02-20.md"]);
    home
}

fn results(value: &Value) -> Vec<(&str, &str, &str)> {
    let rows = value["results"].as_array().expect("a list of results");
    rows.iter()
        .map(|row| {
            // One that tells nothing of the facet has none.
            let facet = &row["reason"]["facet"];
            let text = |name: &str| facet[name].as_str().unwrap_or("");
            assert!(facet.is_null() || !text("text").is_empty());
            (row["id"].as_str().unwrap(), text("from"), text("text"))
        })
        .collect()
}

#[test]
fn the_facet_is_compared_beside_the_words_of_the_whole() {
    let home = home();
    let value = home.json(&["recommend", "--like", "2602.00001", "--facet", "method", "--json"]);
    let found = results(&value);
    // All papers are compared; the one that tells no method by its whole abstract.
    assert_eq!(found.len(), 4);
    let of = |id: &str| found.iter().find(|(own, ..)| *own == id).map(|(_, from, text)| (*from, *text));
    assert_eq!(of("2602.00002"), Some(("digest", "Graph cuts on radar images of ice.")));
    assert_eq!(of("2602.00004"), Some(("abstract", "We propose graph cuts on radar images of ice.")));
    assert_eq!(of("2602.00005"), Some(("", "")));
    let parts = |id: &str, part: &str| {
        let rows = value["results"].as_array().expect("results");
        let row = rows.iter().find(|row| row["id"] == id).expect("an answer");
        row["reason"]["parts"][part].as_f64().expect("a number")
    };
    // The same method weighs more than another, and the same abstract has the more words in common.
    assert!(parts("2602.00002", "meaning") > parts("2602.00003", "meaning"));
    assert!(parts("2602.00003", "words") > parts("2602.00002", "words"));
    assert_eq!(value["results"][0]["reason"]["parts"]["authors"], 0.0, "authors are no facet");
    assert_eq!(
        value["query"]["facet"],
        json!({
            "name": "method", "silent": [], "unread": 0,
            "liked": [{ "id": "2602.00001", "text": "Graph cuts on radar images of ice.", "from": "digest" }],
        })
    );
    let whole = home.json(&["recommend", "--like", "2602.00001", "--json"]);
    assert!(whole["query"].get("facet").is_none() && whole["results"][0]["reason"].get("facet").is_none());
}

#[test]
fn what_tells_no_facet_is_compared_by_the_whole() {
    let home = home();
    let text = "Sampling of sounds that wood makes.";
    let found = home.json(&["recommend", "--like-text", text, "--facet", "method", "--json"]);
    assert_eq!(results(&found).len(), 5, "a text is taken as it stands");
    let ended =
        home.run(&["recommend", "--like-text", text, "--like", "2602.00005", "--facet", "method", "--json", "-k", "9"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let value = ended.json();
    assert_eq!(value["query"]["facet"]["silent"], json!(["2602.00005"]));
    let note = "note: nothing tells the method of 2602.00005: its whole abstract is compared";
    assert!(ended.stderr.contains(note), "{}", ended.stderr);
    assert_eq!(results(&value).len(), 4);
    assert!(results(&value).iter().all(|(id, ..)| *id != "2602.00005"));
    let alone = home.run(&["recommend", "--like", "2602.00005", "--facet", "method", "--json"]);
    assert_eq!(alone.code, 0, "{}", alone.stderr);
    assert_eq!(results(&alone.json()).len(), 4);
    assert!(alone.stderr.contains(note), "{}", alone.stderr);
    let unknown = home.run(&["recommend", "--like", "2602.00005", "--facet", "tldr"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("no such facet; there are motivation, method, result, conclusion"));
}

#[test]
fn what_was_embedded_once_is_kept_until_its_text_changes() {
    let home = home();
    let asked = ["recommend", "--like", "2602.00001", "--facet", "method", "--json"];
    let first = home.run(&asked);
    let vectors = |sql: &str| {
        let connection = rusqlite::Connection::open(home.path("library.db")).expect("the library");
        connection.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a number")
    };
    const ALL: &str = "SELECT count(*) FROM facet_embeddings";
    assert_eq!(vectors(ALL), 4);
    assert_eq!(home.run(&asked).stdout, first.stdout);
    // A paper without a method that a later digest tells, in place of its abstract's.
    home.write("2026-02-21.md", page(&[("2602.00004", Some("Sampling of sounds that wood makes."), PAPERS[3].2)]));
    home.json(&["add", "--json", "2026-02-21.md"]);
    let value = home.json(&asked);
    let told = results(&value).into_iter().find(|(id, ..)| *id == "2602.00004");
    assert_eq!(told, Some(("2602.00004", "digest", "Sampling of sounds that wood makes.")));
    assert_eq!(vectors(ALL), 4);
    assert_eq!(home.run(&["check"]).code, 0);
    home.json(&["remove", "2602.00002", "--json"]);
    assert_eq!(vectors(ALL), 3);
}
