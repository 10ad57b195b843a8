//! The tools that write: only where they are allowed, and what they change.

use std::sync::Arc;

use relata::service::Profiles;
use serde_json::json;

use crate::answers::{id, invented};
use crate::support::{Client, Home};

#[test]
fn ratings_are_kept_and_twice_is_as_good_as_once() {
    let home = Home::new();
    home.relata().add_entries(&(0..5).map(invented).collect::<Vec<_>>(), false).expect("added");
    let mut client = Client::initialized(&home, &["--allow-writes"]);
    let asked = json!({ "like": [id(0), id(1)], "unlike": [id(2)], "profile": "waves" });
    let rated = client.call("rate_papers", asked.clone());
    assert_eq!(rated, json!({ "profile": "waves", "changed": 3, "unknown": [], "likes": 2, "unlikes": 1 }));
    assert_eq!(client.call("rate_papers", asked)["changed"], 0);
    let forgot = client.call("rate_papers", json!({ "forget": [id(1)], "like": ["2605.00001"], "profile": "waves" }));
    assert_eq!((&forgot["likes"], &forgot["unknown"]), (&json!(1), &json!(["2605.00001"])));
    let Profiles { profiles } = home.relata().profiles().expect("profiles");
    assert_eq!(profiles.len(), 1);
    assert_eq!((&profiles[0].like, &profiles[0].unlike), (&vec![id(0)], &vec![id(2)]));
}

#[test]
fn a_paper_is_not_rated_in_two_ways() {
    let home = Home::new();
    home.relata().add_entries(&[invented(0)], false).expect("added");
    let mut client = Client::initialized(&home, &["--allow-writes"]);
    let failure = client.failure("rate_papers", json!({ "like": [id(0)], "unlike": ["arXiv:2603.00001v3"] }));
    assert_eq!(failure["message"], "2603.00001 is rated in two ways");
    assert_eq!(home.relata().profiles().expect("profiles").profiles, []);
}

#[test]
fn fetching_offline_says_so() {
    let home = Home::new();
    let mut client = Client::initialized(&home, &["--allow-writes"]);
    let failure = client.failure("fetch_papers", json!({ "ids": ["2603.00001"] }));
    assert_eq!((&failure["status"], &failure["code"]), (&json!(503), &json!("fetch-offline")));
    // What an agent may choose are papers, not what is fetched every day from now on.
    assert_eq!(client.failure("fetch_papers", json!({ "categories": ["cs.LG"] }))["code"], "arguments");
}

#[test]
fn writers_go_one_after_another() {
    let home = Arc::new(Home::new());
    home.relata().add_entries(&(0..40).map(invented).collect::<Vec<_>>(), false).expect("added");
    let mut client = Client::initialized(&home, &["--allow-writes"]);
    let asked: Vec<u64> = (0..40)
        .map(|n| client.ask("tools/call", json!({ "name": "rate_papers", "arguments": { "like": [id(n)] } })))
        .collect();
    let answers: Vec<_> = asked.iter().map(|_| client.receive()).collect();
    let mut likes: Vec<u64> =
        answers.iter().map(|answer| answer["result"]["structuredContent"]["likes"].as_u64().expect("likes")).collect();
    likes.sort_unstable();
    assert_eq!(likes, (1..=40).collect::<Vec<_>>());
}
