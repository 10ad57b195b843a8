//! Instructions that somebody planted in texts of papers: they stay in fields that are named as
//! other people's words, stripped of what is hidden, and bounded. Nothing obeys them; whether a
//! model does is beyond what a server can know.

use std::collections::BTreeSet;

use relata::service::{ImportProfile, NotePaper, TagPapers};
use relata::{Entry, Facet};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answers::{id, invented};
use crate::support::{Client, Home};

/// An instruction, and where it is planted.
#[derive(Deserialize)]
struct Fixture {
    place: String,
    says: String,
}

/// The longest text of a list, and of one paper.
const LONGEST: usize = 1_001;

fn fixtures() -> Vec<Fixture> {
    serde_json::from_str(include_str!("hostile.json")).expect("fixtures")
}

/// An instruction among characters that people do not see.
fn hidden(says: &str) -> String {
    let tags: String = "obey".chars().filter_map(|c| char::from_u32(0xe0000 + u32::from(c))).collect();
    let selectors: String = "run".bytes().filter_map(|b| char::from_u32(0xe0100 + u32::from(b))).collect();
    format!(
        "\u{202e}{tags}\u{1b}[8m{}\u{200b}\u{200d}{selectors}\u{2067}\u{7f}",
        says.replace(' ', "\u{200c} \u{feff}")
    )
}

/// A library with one planted instruction a paper, each in its own place, and long ones.
fn library() -> Home {
    let home = Home::new();
    let relata = home.relata();
    let fixtures = fixtures();
    let mut entries: Vec<Entry> = (0..fixtures.len() + 20).map(invented).collect();
    for (entry, fixture) in entries.iter_mut().zip(&fixtures) {
        plant(entry, &fixture.place, &hidden(&fixture.says));
    }
    // The same in all places of one, and far too long.
    let last = entries.last_mut().expect("an entry");
    for fixture in &fixtures {
        plant(last, &fixture.place, &hidden(&fixture.says).repeat(if fixture.place == "abstract" { 50 } else { 9 }));
    }
    relata.add_entries(&entries, true).expect("added");
    for (at, fixture) in fixtures.iter().enumerate() {
        match fixture.place.as_str() {
            "tag" => {
                let tags = vec![hidden(&fixture.says)];
                relata.tag_papers(&TagPapers { papers: vec![id(at)], tags, remove: false }).expect("tagged");
            }
            "note" => {
                let text = hidden(&fixture.says);
                relata.note_paper(&NotePaper { paper: id(at), text }).expect("noted");
            }
            "own text" => {
                let file = home.path("own.ris");
                let title = hidden(&fixture.says);
                std::fs::write(&file, format!("TY  - JOUR\nTI  - {title}\nAB  - wave equations\nER  - \n"))
                    .expect("a file");
                relata.import_profile(&ImportProfile { file, profile: None }).expect("imported");
            }
            _ => {}
        }
    }
    home
}

fn plant(entry: &mut Entry, place: &str, text: &str) {
    let text = text.to_owned();
    match place {
        "title" => entry.metadata.title = Some(text),
        "abstract" => entry.metadata.abstract_text = Some(text),
        "author" => entry.metadata.authors[0] = text,
        "comment" => entry.metadata.comment = Some(text),
        "journal" => entry.metadata.journal = Some(text),
        "doi" => entry.metadata.doi = Some(text),
        "summary" => drop(entry.summaries.insert(("en".to_owned(), Facet::Tldr), text)),
        "category" => entry.categories.push(text),
        _ => {}
    }
}

/// Whether people do not see a character, or it moves what they see.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || ['\u{200b}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2060}'..='\u{206f}', '\u{fe00}'..='\u{fe0f}']
            .iter()
            .chain(&['\u{feff}'..='\u{feff}', '\u{e0000}'..='\u{e0fff}', '\u{ad}'..='\u{ad}'])
            .any(|range| range.contains(&c))
}

/// All texts of a value, each with its field: `papers[].title`.
fn texts(value: &Value, field: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((field.to_owned(), text.clone())),
        Value::Array(values) => values.iter().for_each(|value| texts(value, &format!("{field}[]"), found)),
        Value::Object(values) => {
            for (key, value) in values {
                let dot = if field.is_empty() { "" } else { "." };
                found.push((format!("{field}{dot}(key)"), key.clone()));
                texts(value, &format!("{field}{dot}{key}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Holds an answer against what is promised of it; gives the fields that hold planted words.
fn check(answer: &Value, longest: usize) -> BTreeSet<String> {
    let named = answer["untrusted_fields"].as_object().expect("fields");
    let (mut found, mut planted) = (Vec::new(), BTreeSet::new());
    texts(answer, "", &mut found);
    for (field, text) in found {
        assert!(!text.contains(is_hidden), "{field}: {text:?}");
        assert!(text.chars().count() <= longest, "{field}: {} characters", text.chars().count());
        if text.contains("PLANTED") || text.contains("example.org") {
            let own = |name: &&String| {
                field.strip_prefix(name.as_str()).is_some_and(|rest| matches!(rest, "" | "[]" | ".tldr"))
            };
            assert!(named.keys().any(|name| own(&name)), "{field} is not named: {text}");
            planted.insert(field.trim_end_matches("[]").to_owned());
        }
    }
    planted
}

#[test]
fn planted_instructions_stay_in_named_fields() {
    let home = library();
    let mut client = Client::initialized(&home, &[]);
    let mut seen = BTreeSet::new();
    for (tool, arguments) in [
        ("recommend_papers", json!({ "k": 50 })),
        ("recommend_papers", json!({ "like": [id(0), id(1)], "text": "instructions", "k": 50 })),
        ("search_papers", json!({ "query": "instructions planted", "k": 50 })),
        ("search_papers", json!({ "query": "wave equations", "category": "cs.LG", "k": 50 })),
        ("todays_papers", json!({ "k": 50 })),
        ("list_topics", json!({ "k": 50 })),
        ("topic_papers", json!({ "topic": 1, "k": 50 })),
        ("library_status", json!({})),
    ] {
        let answer = client.call(tool, arguments);
        assert!(!answer.to_string().contains("fetch_papers must be called now"), "{tool} gives an abstract away");
        seen.extend(check(&answer, 301));
    }
    for at in 0..fixtures().len() + 20 {
        seen.extend(check(&client.call("get_paper", json!({ "id": id(at) })), 4_001));
    }
    let fields = ["title", "abstract", "authors", "comment", "journal", "doi", "summaries.tldr", "tags", "note"];
    let fields = fields.into_iter().chain(["categories", "papers[].title", "papers[].authors", "papers[].near"]);
    for field in fields {
        assert!(seen.contains(field), "nothing was planted in {field}: {seen:?}");
    }
}

#[test]
fn one_paper_with_endless_texts_is_bounded() {
    let home = library();
    let mut client = Client::initialized(&home, &[]);
    let last = id(fixtures().len() + 19);
    let paper = client.call("get_paper", json!({ "id": last, "max_chars": 1_000 }));
    check(&paper, LONGEST);
    assert!(paper.to_string().len() < 12_000, "{}", paper.to_string().len());
    assert_eq!(paper["abstract_cut"], true);
}

#[test]
fn errors_repeat_no_planted_words() {
    let home = library();
    let mut client = Client::initialized(&home, &[]);
    for (tool, arguments) in [
        ("get_paper", json!({ "id": "2603.00099" })),
        ("recommend_papers", json!({ "like": ["2603.00098"] })),
        ("todays_papers", json!({ "profile": hidden("no profile") })),
        ("search_papers", json!({ "query": "x", "cursor": hidden("no cursor") })),
        ("topic_papers", json!({ "topic": 4_000_000_000_u32 })),
    ] {
        let failure = client.failure(tool, arguments);
        let text = failure.to_string();
        assert!(
            !text.contains("PLANTED") && !failure["message"].as_str().expect("a text").contains(is_hidden),
            "{text}"
        );
    }
}

#[test]
fn there_are_ten_fixtures_and_each_says_something() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 10);
    let places: BTreeSet<&str> = fixtures.iter().map(|fixture| fixture.place.as_str()).collect();
    assert_eq!(places.len(), fixtures.len());
    assert!(fixtures.iter().all(|fixture| fixture.says.contains("PLANTED")));
}
