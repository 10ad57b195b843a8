//! Profiles from one's own texts: references that the library has no paper of.

use serde_json::{Value, json};

use crate::support::{Home, digest, invented};

/// A library of sixty papers, the first of which are left out.
fn without(first: usize) -> Home {
    let home = Home::tiny();
    let papers: Vec<_> = (first..60).map(invented).collect();
    home.write("2026-01-05.md", digest(&papers));
    home.json(&["add", "--json", "2026-01-05.md"]);
    home
}

/// Some papers as an export of Zotero's API, without their ids.
fn zotero(numbers: impl IntoIterator<Item = usize>) -> String {
    let item = |n: usize| {
        let paper = invented(n);
        json!({ "key": format!("ITEM{n}"), "data": {
            "itemType": "journalArticle", "title": paper.title, "abstractNote": paper.text, "dateAdded": "2026-01-02T03:04:05Z",
            "creators": [{ "creatorType": "author", "firstName": "Björn", "lastName": "Muster" }],
        } })
    };
    Value::Array(numbers.into_iter().map(item).collect()).to_string()
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["results"].as_array().expect("results").iter().map(|row| row["id"].as_str().expect("an id")).collect()
}

#[test]
fn references_without_a_paper_are_liked_by_title_and_abstract() {
    let home = without(3);
    home.write("mine.json", zotero([0, 1, 7]));
    let ended = home.run(&["profile", "import", "mine.json"]);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (0, "matched 1, added 1, unmatched 2, skipped 0\nliked 2 unmatched as texts (2 new)\n"),
        "{}",
        ended.stderr
    );
    let again = home.json(&["profile", "import", "mine.json", "--json"]);
    assert_eq!(again["texts"], json!({ "liked": 2, "added": 0, "by_title": 0 }));
    assert_eq!(again["unmatched"][0]["text"], true);
    assert_eq!(home.run(&["profile", "list"]).stdout, "default: 1 liked, 0 disliked, 2 texts\n");

    let texts = home.json(&["profile", "texts", "--json"]);
    assert_eq!(texts["texts"][0]["title"], invented(0).title);
    assert_eq!(texts["texts"][0]["added"], "2026-01-02");
    assert_eq!(texts["texts"][0]["authors"], json!(["Björn Muster"]));

    let answer = home.json(&["recommend", "--json", "-k", "60"]);
    assert_eq!(answer["query"]["own_texts"], 2);
    let by_text: Vec<&Value> =
        answer["results"].as_array().expect("results").iter().map(|row| &row["reason"]["liked"]).collect();
    let first = texts["texts"][0]["key"].as_str().expect("a key");
    assert!(
        by_text.contains(&&json!({ "own_text": first, "title": invented(0).title })),
        "a text is the reason of some: {by_text:?}"
    );
    assert_eq!(home.json(&["recommend", "--json", "-k", "60"])["results"], answer["results"]);
    let shown = home.json(&["profile", "show", "--json"]);
    let liked: usize = shown["interests"]
        .as_array()
        .expect("interests")
        .iter()
        .map(|one| one["papers"].as_array().map_or(0, Vec::len) + one["texts"].as_array().map_or(0, Vec::len))
        .sum();
    assert_eq!(liked, 3);
    let today = home.json(&["today", "--since", "2026-01-01", "--nearest", "--json"]);
    assert!(today["day"]["new"].as_u64().expect("a number") > 50);
}

#[test]
fn a_text_answers_as_its_paper_does() {
    let (texts, papers) = (without(3), without(0));
    let of = [0, 1, 2];
    texts.write("mine.json", zotero(of));
    texts.json(&["profile", "import", "mine.json", "--json"]);
    let named: Vec<String> = of.iter().map(|n| invented(*n).id).collect();
    papers.json(&[["like", "--json"].as_slice(), &named.iter().map(String::as_str).collect::<Vec<_>>()].concat());
    let [by_text, by_paper] = [&texts, &papers].map(|home| home.json(&["recommend", "--json", "-k", "10"]));
    let same = ids(&by_text).iter().filter(|id| ids(&by_paper).contains(id)).count();
    assert!(same >= 7, "{same} of 10: {:?} {:?}", ids(&by_text), ids(&by_paper));
}

#[test]
fn a_text_gives_way_to_its_paper_in_either_order() {
    let (before, after) = (without(3), without(3));
    let rest = digest(&(0..3).map(invented).collect::<Vec<_>>());
    for home in [&before, &after] {
        home.write("mine.json", zotero([0, 1]));
        home.write("2026-01-06.md", &rest);
    }
    before.json(&["profile", "import", "mine.json", "--json"]);
    before.json(&["recommend", "--json"]);
    before.json(&["add", "--json", "2026-01-06.md"]);
    after.json(&["add", "--json", "2026-01-06.md"]);
    after.json(&["profile", "import", "mine.json", "--json"]);
    let exported = before.run(&["profile", "export"]).stdout;
    assert_eq!(exported, after.run(&["profile", "export"]).stdout);
    assert!(!exported.contains("texts") && exported.contains(&invented(1).id), "{exported}");
    let [one, other] = [&before, &after].map(|home| home.json(&["recommend", "--json"])["results"].clone());
    assert_eq!(one, other);
    assert_eq!(before.json(&["check", "--json"])["problems"], json!([]));
}

#[test]
fn texts_travel_with_their_profile_and_can_be_removed() {
    let home = without(3);
    home.write(
        "mine.bib",
        "@book{a, title = {Of Ice and Snow}}\n@misc{b, title = {Hail}, abstract = {It falls.}, doi = {10.1000/HAIL}}\n",
    );
    let ended = home.run(&["profile", "import", "mine.bib", "--profile", "winter"]);
    assert!(ended.stdout.ends_with("liked 2 unmatched as texts (2 new, 1 by title alone)\n"), "{}", ended.stdout);
    let exported = home.run(&["profile", "export", "winter"]).stdout;
    home.write("kept.json", &exported);
    assert_eq!(home.run(&["profile", "remove", "winter"]).stdout, "removed winter (0 papers, 2 texts)\n");
    assert_eq!(home.run(&["profile", "texts", "--profile", "winter"]).code, 2);
    home.json(&["profile", "import", "kept.json", "--json"]);
    let [first, again] = [&exported, &home.run(&["profile", "export", "winter"]).stdout]
        .map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
    assert_eq!(first["texts"][0]["source"], "mine.bib");
    let bare = |mut value: Value| {
        for text in value["texts"].as_array_mut().expect("texts") {
            text["source"] = Value::Null;
        }
        value
    };
    assert_eq!(bare(first), bare(again));

    let listed = home.run(&["profile", "texts", "--profile", "winter"]);
    assert_eq!(listed.stdout, "doi:10.1000/hail  Hail\ntitle:oficeandsnow  Of Ice and Snow  (title alone)\n");
    let ended = home.run(&["profile", "texts", "--profile", "winter", "--remove", "doi:10.1000/hail", "title:rain"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, "removed 1\n"));
    assert!(ended.stderr.contains("title:rain"), "{}", ended.stderr);
    let ended = home.run(&["profile", "texts", "--remove", "title:none"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
}

#[test]
fn interests_of_texts_are_split_joined_and_kept() {
    let home = without(3);
    home.write("mine.json", zotero([0, 1, 2]));
    home.json(&["profile", "import", "mine.json", "--json"]);
    home.run(&["like", "2601.00010"]);
    let count = |home: &Home| home.json(&["profile", "show", "--json"])["interests"].as_array().map_or(0, Vec::len);
    let mut before = count(&home);
    while before > 1 {
        assert_eq!(home.run(&["profile", "join", "1", "2"]).code, 0);
        before = count(&home);
    }
    let shown = home.run(&["profile", "show"]).stdout;
    assert!(shown.contains("(1 paper, 3 texts, 100 % of the answers)"), "{shown}");
    assert_eq!(home.run(&["profile", "split", "1"]).code, 0);
    assert_eq!(count(&home), 2);
    assert_eq!(home.run(&["profile", "regroup"]).code, 0);
    let exported = home.run(&["profile", "export"]).stdout;
    let exported: Value = serde_json::from_str(&exported).expect("JSON");
    assert_eq!(exported["texts"][0]["interest"], Value::Null);
}
