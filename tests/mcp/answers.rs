//! What tools answer, on values: from the sample, and from a library of invented papers.

use std::collections::BTreeSet;

use relata::service::{Opine, Today};
use relata::{ArxivId, Entry, Listing, Metadata, Precedence, SourceKind};
use serde_json::{Value, json};

use crate::schema;
use crate::support::{Client, Home};

/// Paper number `n` of an invented literature, listed on 2 March 2026.
pub(crate) fn invented(n: usize) -> Entry {
    let subjects = ["glaciers", "tokenisers", "bridges", "enzymes", "galaxies", "auctions", "violins"];
    let subject = subjects[n % subjects.len()];
    let precedence = Precedence { version: 2, date: None, kind: SourceKind::RawJsonl };
    let day = jiff::civil::date(2026, 3, 2);
    Entry {
        metadata: Metadata {
            title: Some(format!("Wave equations for {subject}, part {n}")),
            abstract_text: Some(format!("We describe {subject} number {n}. The {subject} are observed {n} times.")),
            authors: (0..5).map(|author| format!("Ada Example{}", n % 11 + author)).collect(),
            published: Some(day.into()),
            ..Metadata::default()
        },
        categories: vec![["cs.LG", "stat.ML", "astro-ph.GA"][n % 3].to_owned(), "cs.AI".to_owned()],
        listing: Some(Listing { file: "digest-2026-03-02.md".to_owned(), date: Some(day) }),
        ..Entry::new(id(n), precedence, 1)
    }
}

pub(crate) fn id(n: usize) -> ArxivId {
    ArxivId::parse(&format!("2603.{:05}", n + 1)).expect("an id").0
}

/// A library of 60 papers, of which the default profile likes two.
fn library() -> Home {
    let home = Home::new();
    let relata = home.relata();
    relata.add_entries(&(0..60).map(invented).collect::<Vec<_>>(), true).expect("added");
    let opinion = Some(relata::library::Opinion::Liked);
    relata.opine(&Opine { papers: vec![id(3), id(10)], profile: "default".to_owned(), opinion }).expect("liked");
    home
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["papers"].as_array().expect("papers").iter().map(|paper| paper["id"].as_str().expect("an id")).collect()
}

#[test]
fn the_sample_answers_an_empty_library_and_says_so() {
    let home = Home::new();
    let mut client = Client::initialized(&home, &[]);
    let answer = client.call("recommend_papers", json!({ "like": ["https://arxiv.org/abs/2602.10611v1"], "k": 3 }));
    assert_eq!(answer["source"], "sample");
    assert_eq!(
        answer["notes"],
        json!(["The user's library is empty: the sample of 7 papers that comes with Relata answers."])
    );
    assert_eq!((answer["model"].as_str(), answer["newest_paper"].as_str()), (Some("tiny-bert"), Some("2026-02-14")));
    assert_eq!(ids(&answer).len(), 3);
    assert!(!ids(&answer).contains(&"2602.10611"));
    let today = client.failure("todays_papers", json!({}));
    assert_eq!((&today["status"], &today["code"]), (&json!(409), &json!("empty-library")));
    assert_eq!(
        today["message"],
        "the library (the library) has no papers; the user fills it: relata fetch cs.LG, or relata add FILE"
    );
    assert!(!home.path("library.db").exists(), "a question makes no library");
}

#[test]
fn every_answer_fits_the_schema_of_its_tool() {
    let home = library();
    let mut client = Client::initialized(&home, &["--allow-writes"]);
    let listed = client.result("tools/list", json!({}));
    let mut asked = BTreeSet::new();
    for (tool, arguments) in [
        ("recommend_papers", json!({ "like": [id(1)], "text": "bridges", "facet": "method", "why": true })),
        ("recommend_papers", json!({ "profile": "default", "why": false })),
        ("search_papers", json!({ "query": "wave equations for violins", "k": 3 })),
        ("search_papers", json!({ "query": "Ada Example3" })),
        ("todays_papers", json!({})),
        ("get_paper", json!({ "id": id(1) })),
        ("list_topics", json!({ "level": "field" })),
        ("topic_papers", json!({ "topic": 1, "k": 2 })),
        ("library_status", json!({})),
        ("rate_papers", json!({ "like": [id(5)], "unlike": [id(6)], "forget": [id(10)] })),
    ] {
        let schema = listed["tools"].as_array().expect("tools").iter().find(|row| row["name"] == tool).expect("a tool");
        let answer = client.call(tool, arguments.clone());
        assert_eq!(schema::faults(&answer, &schema["outputSchema"]), Vec::<String>::new(), "{tool} {arguments}");
        asked.insert(tool);
    }
    // Fetching needs a server of arXiv.
    assert_eq!(asked.len(), listed["tools"].as_array().expect("tools").len() - 1);
}

#[test]
fn a_paper_of_a_list_is_small_and_says_why() {
    let home = library();
    let mut client = Client::initialized(&home, &[]);
    let answer = client.call("recommend_papers", json!({ "like": [id(3)], "k": 50 }));
    assert_eq!(answer["source"], "library");
    let same: Vec<&Value> =
        answer["papers"].as_array().expect("papers").iter().filter(|paper| paper["id"] == id(10).as_str()).collect();
    let [paper] = same.as_slice() else { panic!("{answer}") };
    assert_eq!(paper["title"], "Wave equations for enzymes, part 10");
    assert_eq!(paper["url"], "https://arxiv.org/abs/2603.00011");
    assert_eq!(paper["authors"], json!(["Ada Example10", "Ada Example11", "Ada Example12"]));
    assert_eq!((&paper["more_authors"], &paper["version"]), (&json!(2), &json!(2)));
    assert_eq!(paper["categories"], json!(["stat.ML", "cs.AI"]));
    assert_eq!((&paper["date"], &paper["near"]), (&json!("2026-03-02"), &json!("2603.00004")));
    assert!(paper["shared_terms"].as_array().expect("terms").contains(&json!("enzymes")), "{paper}");
    let parts = paper["parts"].as_object().expect("parts");
    let sum: f64 = parts.values().map(|part| part.as_f64().expect("a number")).sum();
    assert!((sum - paper["score"].as_f64().expect("a score")).abs() < 0.01, "{paper}");
    assert!(!answer.to_string().contains("are observed"), "no abstract stands in a list");

    let bare = client.call("recommend_papers", json!({ "like": [id(3)], "k": 50, "why": false }));
    assert_eq!(ids(&bare), ids(&answer));
    assert!(bare["papers"][0].get("parts").is_none() && bare["papers"][0].get("near").is_none());
}

#[test]
fn filters_hold() {
    let home = library();
    let mut client = Client::initialized(&home, &[]);
    let asked = json!({ "like": [id(3)], "category": "cs.LG", "exclude": ["glaciers", "violins"], "k": 50 });
    let answer = client.call("recommend_papers", asked);
    let expected: BTreeSet<String> =
        (0..60).filter(|n| n % 3 == 0 && ![0, 6].contains(&(n % 7)) && *n != 3).map(|n| id(n).to_string()).collect();
    assert_eq!(ids(&answer).into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), expected);
    let none = client.call("search_papers", json!({ "query": "glaciers", "until": "2026-03-01" }));
    assert_eq!((ids(&none).len(), &none["total"]), (0, &json!(0)));
    let newest = client.call("search_papers", json!({ "author": "Ada Example0", "category": "cs.LG", "k": 50 }));
    let expected: BTreeSet<String> = (0..60).filter(|n| n % 3 == 0 && n % 11 == 0).map(|n| id(n).to_string()).collect();
    assert_eq!(ids(&newest).into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), expected);
    assert!(newest["papers"][0].get("score").is_none(), "nothing was compared: {newest}");
    let nothing = client.failure("search_papers", json!({}));
    assert_eq!(nothing["message"], "the text is empty; ask with words, or without any and with a filter");
    let wrong = client.failure("search_papers", json!({ "query": "a", "since": "2026-03-02", "until": "2026-03-01" }));
    assert_eq!((&wrong["status"], &wrong["code"]), (&json!(400), &json!("empty-period")));
}

#[test]
fn pages_of_a_search_are_the_search() {
    let home = library();
    let mut client = Client::initialized(&home, &[]);
    let whole = client.call("search_papers", json!({ "query": "auctions", "k": 50 }));
    assert_eq!(ids(&whole).len(), 50);
    let mut paged = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let mut asked = json!({ "query": "auctions", "k": 20 });
        if !cursor.is_null() {
            asked["cursor"] = cursor.clone();
        }
        let page = client.call("search_papers", asked);
        paged.extend(ids(&page).into_iter().map(str::to_owned));
        match page.get("next_cursor") {
            Some(next) => cursor = next.clone(),
            None => {
                assert_eq!(page["total"], 60);
                break;
            }
        }
    }
    assert_eq!(paged.len(), 60);
    assert_eq!(paged[..50], ids(&whole)[..]);
    let other = client.failure("search_papers", json!({ "query": "bridges", "cursor": cursor }));
    assert_eq!(other["message"], "cursor: this is no cursor of an answer to these arguments");
}

#[test]
fn todays_papers_are_those_of_the_list_and_stay_unseen() {
    let home = library();
    let mut client = Client::initialized(&home, &[]);
    let first = client.call("todays_papers", json!({ "k": 5 }));
    assert_eq!((&first["day"], &first["papers_of_day"]), (&json!("2026-03-02"), &json!(60)));
    assert_eq!(first["profile"], "default");
    let list = home.relata().today(&Today::new("default").k(5)).expect("a list");
    let listed: Vec<String> = list.results.iter().map(|new| new.row.id.to_string()).collect();
    assert_eq!(ids(&first), listed);
    assert_eq!(client.call("todays_papers", json!({ "k": 5 })), first);
    assert_eq!(home.relata().today(&Today::new("default").k(5).only_new(true)).expect("a list").listed_before, 0);
    let none = client.failure("todays_papers", json!({ "profile": "nobody" }));
    assert_eq!((&none["status"], &none["code"]), (&json!(404), &json!("no-such-profile")));
}

#[test]
fn one_paper_has_its_abstract_up_to_a_bound() {
    let home = library();
    let mut client = Client::initialized(&home, &[]);
    let mut long = invented(7);
    long.metadata.abstract_text = Some("word ".repeat(2_000));
    home.relata().add_entries(&[long], true).expect("added");
    let paper = client.call("get_paper", json!({ "id": "arXiv:2603.00008", "max_chars": 100 }));
    let text = paper["abstract"].as_str().expect("a text");
    assert_eq!((text.chars().count(), text.ends_with('…'), &paper["abstract_cut"]), (100, true, &json!(true)));
    let paper = client.call("get_paper", json!({ "id": id(1) }));
    assert_eq!(paper["abstract"], "We describe tokenisers number 1. The tokenisers are observed 1 times.");
    assert_eq!((paper["authors"].as_array().map(Vec::len), paper.get("abstract_cut")), (Some(5), None));
    let missing = client.failure("get_paper", json!({ "id": "2603.99999" }));
    assert_eq!(missing["status"], 404);
    assert!(!missing["message"].as_str().expect("a text").contains("Wave"), "{missing}");
}

#[test]
fn topics_and_their_papers_go_together() {
    let home = library();
    let mut client = Client::initialized(&home, &[]);
    let topics = client.call("list_topics", json!({ "k": 50 }));
    assert_eq!(topics["papers"], 60);
    let rows = topics["topics"].as_array().expect("topics");
    assert_eq!(rows.len(), topics["total"].as_u64().expect("a number") as usize);
    assert_eq!(rows.iter().map(|row| row["papers"].as_u64().expect("a number")).sum::<u64>(), 60);
    let number: u64 = rows[0]["topic"].as_str().and_then(|number| number.parse().ok()).expect("a number");
    let mut papers = Vec::new();
    let mut asked = json!({ "topic": number, "k": 4 });
    loop {
        let page = client.call("topic_papers", asked.clone());
        assert_eq!((&page["name"], &page["total"]), (&rows[0]["name"], &rows[0]["papers"]));
        papers.extend(ids(&page).into_iter().map(str::to_owned));
        let Some(next) = page.get("next_cursor") else { break };
        asked["cursor"] = next.clone();
    }
    assert_eq!(papers.len() as u64, rows[0]["papers"].as_u64().expect("a number"));
    assert_eq!(papers.iter().collect::<BTreeSet<_>>().len(), papers.len());
    assert_eq!(rows[0]["central"][0], papers[0]);
    let none = client.failure("topic_papers", json!({ "topic": 4_000_000_000_u32 }));
    assert_eq!((&none["status"], &none["code"]), (&json!(404), &json!("no-such-topic")));
}

#[test]
fn the_status_is_the_library_in_numbers() {
    let home = library();
    let mut client = Client::initialized(&home, &[]);
    let status = client.call("library_status", json!({}));
    assert_eq!(
        (&status["papers"], &status["embedded"], &status["source"]),
        (&json!(60), &json!(60), &json!("library"))
    );
    assert_eq!(status["profiles"], json!([{ "name": "default", "likes": 2, "unlikes": 0 }]));
    assert_eq!(status["categories"][0], json!({ "name": "cs.AI", "papers": 60 }));
    assert_eq!(status["fetched_categories"], json!({}));
    assert!(!status.to_string().contains(home.0.path().to_str().expect("a path")), "{status}");
}

#[test]
fn a_question_without_likes_says_what_helps() {
    let home = Home::new();
    home.relata().add_entries(&[invented(0), invented(1)], true).expect("added");
    let mut client = Client::initialized(&home, &[]);
    let failure = client.failure("recommend_papers", json!({}));
    assert_eq!((&failure["status"], &failure["code"]), (&json!(409), &json!("nothing-liked")));
    let unknown = client.failure("recommend_papers", json!({ "like": ["2603.00001", "2605.00001"] }));
    assert_eq!((&unknown["status"], &unknown["code"]), (&json!(404), &json!("not-in-library")));
}

#[test]
fn a_model_that_is_missing_is_told_of_without_folders() {
    let home = Home::new();
    let folder = home.path("nowhere");
    let mut command = home.command(&[]);
    command.env_remove("RELATA_MODEL").env("HOME", home.path("home")).env("HF_HOME", folder.join("hub"));
    let mut client = Client::of(&mut command);
    client.initialize("2025-11-25");
    let failure = client.failure("recommend_papers", json!({ "text": "glaciers" }));
    assert_eq!((&failure["status"], &failure["code"]), (&json!(503), &json!("model-unavailable")));
    let message = failure["message"].as_str().expect("a text");
    assert_eq!(
        message,
        "there is no whole copy of model all-MiniLM-L6-v2 on this machine, and no source brought one; the user \
         fetches it: relata model fetch"
    );
    // The user reads where it was looked for.
    let (_, _, errors) = client.leave();
    assert!(errors.contains("1. cache ") && errors.contains("relata model fetch all-MiniLM-L6-v2"), "{errors}");
}
