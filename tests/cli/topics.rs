//! Topics: as people see them, as scripts read them, and as a page.

use serde_json::{Value, json};

use crate::support::{Home, digest, invented};

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// The sample's two papers on physics-informed networks are a topic by that name, and two others
/// are not in it.
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

/// A library of a hundred papers, and digests of some that come later.
fn grown() -> Home {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&(0..100).map(invented).collect::<Vec<_>>()));
    home.write("2026-01-06.md", digest(&(100..102).map(invented).collect::<Vec<_>>()));
    home.write("2026-01-07.md", digest(&(102..260).map(invented).collect::<Vec<_>>()));
    home.json(&["add", "--json", "2026-01-05.md"]);
    home
}

fn topic_of<'a>(value: &'a Value, paper: &Value) -> &'a Value {
    let found = list(&value["papers"]).iter().find(|other| other["id"] == paper["id"]);
    &found.expect("the paper")["topics"][0]
}

#[test]
fn topics_keep_their_numbers_and_names_as_papers_come_and_go() {
    let home = grown();
    let first = home.json(&["topics", "--json"]);
    assert_eq!(first.get("news"), None);
    assert_eq!(home.json(&["topics", "--json"]), first);
    let one = text(&first["levels"][0]["topics"][1]["id"]).to_owned();
    let renamed = home.run(&["topics", "rename", &one, " Things of all kinds "]);
    assert_eq!(renamed.code, 0, "{}", renamed.stderr);
    let before = text(&first["levels"][0]["topics"][1]["name"]);
    assert_eq!(renamed.stdout, format!("{one}  Things of all kinds, before {before}\n"));

    home.json(&["add", "--json", "2026-01-06.md"]);
    let second = home.json(&["topics", "--json"]);
    assert_eq!(second["news"]["added"], 2);
    assert_eq!(second["news"]["sought"], false);
    let name = |value: &Value| {
        let topic = list(&value["levels"][0]["topics"]).iter().find(|topic| topic["id"] == one.as_str());
        topic.map(|topic| text(&topic["name"]).to_owned())
    };
    assert_eq!(name(&second).as_deref(), Some("Things of all kinds"));
    for paper in list(&first["papers"]) {
        assert_eq!(topic_of(&second, paper), &paper["topics"][0]);
        let now = list(&second["papers"]).iter().find(|other| other["id"] == paper["id"]).expect("the paper");
        assert_eq!((&now["x"], &now["y"]), (&paper["x"], &paper["y"]));
    }
    // The same question has the same answer, and looking from scratch changes nothing.
    let fresh = home.json(&["topics", "--json", "--fresh"]);
    assert_eq!(fresh.get("news"), None);
    assert_eq!(home.json(&["topics", "--json"]), second);

    home.json(&["add", "--json", "2026-01-07.md"]);
    home.json(&["remove", "--json", text(&first["papers"][0]["id"])]);
    let third = home.json(&["topics", "--json", "--markdown", "topics.md"]);
    let page = std::fs::read_to_string(home.path("topics.md")).expect("the page");
    let one_change = text(&third["news"]["changes"][0]["text"]).split_once('”').expect("a name").1.to_owned();
    assert!(page.contains("158 papers came, 1 went; topics were sought anew\n\n* "), "{page:.3000}");
    assert!(page.contains(&one_change), "{one_change}");
    let read = home.json(&["add", "--json", "--no-embed", "topics.md"]);
    assert_eq!((&read["added"], &read["skipped"]), (&json!(0), &json!([])));
    assert_eq!((&third["news"]["added"], &third["news"]["removed"]), (&json!(158), &json!(1)));
    assert_eq!(third["news"]["sought"], true);
    assert!(!list(&third["news"]["changes"]).is_empty());
    let highest = list(&second["levels"][0]["topics"]).iter().map(|topic| text(&topic["id"]).parse::<u32>());
    let highest = highest.map(|id| id.expect("a number")).max().expect("topics");
    for level in list(&third["levels"]) {
        for topic in list(&level["topics"]) {
            let known = list(&second["levels"][0]["topics"]).iter().any(|other| other["id"] == topic["id"]);
            assert!(known || text(&topic["id"]).parse::<u32>().expect("a number") > highest);
        }
    }

    let history = home.json(&["topics", "history", "--json"]);
    let runs = list(&history["runs"]);
    assert_eq!(runs.iter().map(|run| run["papers"].as_u64()).collect::<Vec<_>>(), [Some(259), Some(102), Some(100)]);
    assert_eq!(runs[0]["changes"], third["news"]["changes"]);
    let told = home.run(&["topics", "history"]);
    assert!(told.stdout.contains("259 papers: 158 papers came, 1 went; topics were sought anew\n"), "{}", told.stdout);
    assert!(told.stdout.ends_with("100 papers: first found\n"), "{}", told.stdout);
    assert_eq!(home.run(&["topics", "history", "--forget"]).code, 0);
    assert_eq!(home.run(&["topics", "history"]).code, 1);
    assert_eq!(home.json(&["topics", "--json"]), home.json(&["topics", "--json", "--fresh"]));
}

#[test]
fn selections_have_numbers_of_their_own_and_days_have_none() {
    let home = grown();
    assert_eq!(home.run(&["topics", "rename", "1", "Mine"]).code, 2);
    let whole = home.json(&["topics", "--json"]);
    let some = home.json(&["topics", "--json", "--category", "cs.LG"]);
    assert_eq!(home.run(&["topics", "rename", "1", "Mine", "--category", "cs.LG"]).code, 0);
    let name = |value: &Value| text(&value["levels"][0]["topics"][0]["name"]).to_owned();
    assert_eq!(name(&home.json(&["topics", "--json", "--category", "cs.LG"])), "Mine");
    assert_eq!(home.json(&["topics", "--json"]), whole);
    assert_eq!(home.run(&["topics", "rename", "1", "--category", "cs.LG"]).code, 0);
    assert_eq!(home.json(&["topics", "--json", "--category", "cs.LG"]), some);

    let taken = home.run(&["topics", "rename", "2", &name(&whole).to_uppercase()]);
    assert_eq!(taken.code, 2);
    assert!(taken.stderr.contains("topic 1 is already called"), "{}", taken.stderr);
    let nobody = home.run(&["topics", "rename", "99", "Nothing"]);
    assert!(nobody.stderr.contains("there is no topic 99"), "{}", nobody.stderr);
    let days = home.run(&["topics", "history", "--since", "2026-01-01"]);
    assert!(days.stderr.contains("leave --since and --until out"), "{}", days.stderr);
    assert_eq!((nobody.code, days.code), (2, 2));

    home.json(&["topics", "--json", "--since", "2026-01-01"]);
    let history = home.json(&["topics", "history", "--json"]);
    assert_eq!(list(&history["runs"]).len(), 1);
}

#[test]
fn topics_can_be_found_by_other_methods() {
    let home = grown();
    let kmeans = home.json(&["topics", "--json", "--method", "kmeans", "--k", "7"]);
    assert_eq!(list(&kmeans["levels"]).len(), 1);
    assert_eq!(list(&kmeans["levels"][0]["topics"]).len(), 7);
    assert_eq!(home.json(&["topics", "--json", "--method", "kmeans", "--k", "7"]), kmeans);
    let dbscan = home.json(&["topics", "--json", "--method", "dbscan", "--min-papers", "4"]);
    let topics = list(&dbscan["levels"][0]["topics"]);
    let none = topics.iter().find(|topic| topic["name"] == "in no topic").expect("papers in no topic");
    let left_out: Vec<&str> = list(&none["papers"]).iter().map(text).collect();
    assert!(left_out.len() < 100, "{}", left_out.len());
    for paper in list(&dbscan["papers"]).iter().filter(|paper| left_out.contains(&text(&paper["id"]))) {
        assert_eq!(paper["weak"], true);
    }
    assert_eq!(home.run(&["topics", "history"]).code, 1, "nothing of this is kept");
    let refused = home.run(&["topics", "--method", "kmeans"]);
    assert!(refused.code == 2 && refused.stderr.contains("--k"), "{}", refused.stderr);
    let refused = home.run(&["topics", "--method", "kmeans", "--k", "101"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("100 papers cannot be 101 topics"), "{}", refused.stderr);
    let refused = home.run(&["topics", "--method", "kmeans", "--k", "101", "--html", "library.db"]);
    assert_eq!(refused.code, 2);
    // Before topics are looked for, which would fail as well.
    assert!(refused.stderr.contains("is a file of the library"), "{}", refused.stderr);
}

#[test]
fn papers_are_exported_as_csv_and_json_lines() {
    let home = grown();
    let ended = home.run(&["export", "--csv", "papers.csv", "--jsonl", "papers.jsonl", "--category", "cs.LG"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(ended.stderr, "Wrote 34 papers to papers.csv.\nWrote 34 papers to papers.jsonl.\n");
    let topics = home.json(&["topics", "--category", "cs.LG", "--json"]);
    let csv = std::fs::read_to_string(home.path("papers.csv")).expect("the table");
    let lines = std::fs::read_to_string(home.path("papers.jsonl")).expect("the lines");
    assert_eq!((csv.lines().count(), lines.lines().count()), (35, 34));
    assert!(csv.starts_with("id,title,authors,date,category,categories,url,topic,topic_id,"), "{csv:.200}");
    for (line, paper) in lines.lines().zip(list(&topics["papers"])) {
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!((&line["id"], line.get("vector")), (&paper["id"], None));
        assert_eq!(line["topic_id"].to_string(), text(&paper["topics"][0]));
        assert!((line["x"].as_f64().expect("x") - paper["x"].as_f64().expect("x")).abs() < 1e-3);
    }
    assert_eq!(home.run(&["export", "--jsonl", "v.jsonl", "--vectors"]).code, 0);
    let lines = std::fs::read_to_string(home.path("v.jsonl")).expect("the lines");
    let line: Value = serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
    let dimension = home.json(&["info", "--json"])["vectors"][0]["dimension"].as_u64();
    assert_eq!(line["vector"].as_array().map(|vector| vector.len() as u64), dimension);
    let refused = home.run(&["export"]);
    assert!(refused.code == 2 && refused.stderr.contains("--csv"), "{}", refused.stderr);
}

#[cfg(not(feature = "parquet"))]
#[test]
fn a_parquet_table_needs_the_feature_and_is_not_offered_without() {
    let home = grown();
    assert!(!home.run(&["export", "--help"]).stdout.contains("--parquet"));
    let refused = home.run(&["export", "--parquet", "papers.parquet"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("--features parquet"), "{}", refused.stderr);
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
