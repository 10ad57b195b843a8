//! Topics: as people see them, as scripts read them, and as a page.

use serde_json::{Value, json};

use crate::support::{Home, digest, invented};

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// The sample's two papers on physics-informed networks are a topic by that name, and two others are not in it.
#[test]
fn the_topics_of_the_sample() {
    let home = Home::real();
    assert_eq!(home.run(&["model", "fetch"]).code, 0);
    let value = home.json(&["topics", "--json"]);
    let topics = list(&value["levels"][0]["topics"]);
    let of = |id: &str| {
        let paper = list(&value["papers"]).iter().find(|paper| paper["id"] == id).expect("the paper");
        let topic = topics.iter().find(|topic| topic["id"] == paper["topics"][0]).expect("its topic");
        text(&topic["name"])
    };
    assert_eq!(of("2602.10611"), of("2602.11097"));
    assert!(of("2602.10611").starts_with("physics-informed neural networks (PINNs)"), "{}", of("2602.10611"));
    assert_ne!(of("2602.10611"), of("2602.10637"));
    assert_ne!(of("2602.10611"), of("2602.10209"));
    assert_eq!(value["levels"][0]["name"], "topic");
    assert_eq!(topics.iter().map(|topic| topic["size"].as_u64().expect("a number")).sum::<u64>(), 7);
}

#[test]
fn every_paper_is_in_a_topic_of_each_level_and_topics_are_nested() {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&(0..250).map(invented).collect::<Vec<_>>()));
    home.json(&["add", "--json", "2026-01-05.md"]);
    let value = home.json(&["topics", "--json"]);
    let names: Vec<&str> = list(&value["levels"]).iter().map(|level| text(&level["name"])).collect();
    assert_eq!(names, ["field", "topic"]);
    assert_eq!(list(&value["papers"]).len(), 250);
    for level in list(&value["levels"]) {
        let mut papers: Vec<&str> =
            list(&level["topics"]).iter().flat_map(|topic| list(&topic["papers"]).iter().map(text)).collect();
        papers.sort_unstable();
        let ids: Vec<&str> = list(&value["papers"]).iter().map(|paper| text(&paper["id"])).collect();
        assert_eq!(papers, ids);
    }
    for topic in list(&value["levels"][1]["topics"]) {
        let fields = list(&value["levels"][0]["topics"]);
        let parent = fields.iter().find(|field| field["id"] == topic["parent"]).expect("the field");
        assert!(list(&topic["papers"]).iter().all(|paper| list(&parent["papers"]).contains(paper)));
        assert!(list(&topic["central"]).iter().all(|paper| list(&topic["papers"]).contains(paper)));
    }
    // The same again, from a library where papers came in another order.
    let other = Home::tiny();
    other.write("b.md", digest(&(100..250).rev().map(invented).collect::<Vec<_>>()));
    other.write("a.md", digest(&(0..100).map(invented).collect::<Vec<_>>()));
    other.json(&["add", "--json", "b.md", "a.md"]);
    assert_eq!(other.json(&["topics", "--json"]), value);
}

#[test]
fn filters_choose_first_and_a_page_reads_as_a_digest() {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&(0..60).map(invented).collect::<Vec<_>>()));
    home.json(&["add", "--json", "2026-01-05.md"]);
    let ended = home.run(&["topics", "--category", "cs.LG", "--markdown", "topics.md", "--json"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let papers = list(&ended.json()["papers"]).len();
    assert!(papers > 0 && papers < 60, "{papers}");
    assert_eq!(ended.json()["query"]["category"], json!(["cs.LG"]));
    let report = home.json(&["add", "--json", "--no-embed", "topics.md"]);
    let read =
        report["updated"].as_u64().zip(report["unchanged"].as_u64()).map(|(updated, unchanged)| updated + unchanged);
    assert_eq!((read, &report["skipped"]), (Some(papers as u64), &json!([])));

    let none = home.run(&["topics", "--search", "nothingofthekind", "--json"]);
    assert_eq!((none.code, none.stdout.as_str()), (1, ""));
    assert!(none.stderr.contains("No paper is left"), "{}", none.stderr);
    let refused = home.run(&["topics", "--since", "2026-02-01", "--until", "2026-01-01"]);
    assert_eq!(refused.code, 2);
    let refused = home.run(&["topics", "--markdown", "no/such/folder/topics.md"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("no/such/folder/topics.md"), "{}", refused.stderr);
}

/// What the sample's papers are sorted under, by either way to say it.
#[test]
fn papers_are_sorted_under_given_names() {
    let home = Home::real();
    assert_eq!(home.run(&["model", "fetch"]).code, 0);
    for names in [
        ["physics-informed neural networks (PINNs)", "generative sampling", "theory of neural networks"],
        ["PINNs", "generative sampling", "theory"],
    ] {
        let value = home.json(&[["topics", "--json", "--into"].as_slice(), &names].concat());
        let topics = list(&value["levels"][0]["topics"]);
        assert_eq!(topics.iter().take(3).map(|topic| text(&topic["name"])).collect::<Vec<_>>(), names);
        let paper = |id: &str| list(&value["papers"]).iter().find(|paper| paper["id"] == id).expect("the paper");
        let of = |id: &str| {
            let own = &paper(id)["topics"][0];
            topics.iter().position(|topic| topic["id"] == *own).expect("its topic")
        };
        let ids = ["2602.10611", "2602.11097", "2602.10637", "2602.10209", "2602.10680"];
        assert_eq!(ids.map(of), [0, 0, 1, 2, 2], "{names:?}");
        assert_eq!(paper("2602.10158")["weak"], true, "{names:?}");
        assert_eq!(paper("2602.10611")["weak"], false);
    }
    let none = home.run(&["topics", "--into", "this = 2602.99999"]);
    assert_eq!(none.code, 1, "{}", none.stderr);
    assert!(none.stderr.contains("2602.99999"), "{}", none.stderr);
    let all = home.json(&["topics", "--into", "glaciers", "--threshold", "0.9", "--json"]);
    let topics = list(&all["levels"][0]["topics"]);
    let sizes = topics.iter().map(|topic| (text(&topic["name"]), topic["size"].as_u64()));
    assert_eq!(sizes.collect::<Vec<_>>(), [("glaciers", Some(0)), ("other", Some(7))]);
}
