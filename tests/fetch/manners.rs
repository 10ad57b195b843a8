//! Requests as the servers see them: how many, how far apart, and what follows a refusal.

use std::time::Duration;

use jiff::SignedDuration;

use super::arxiv::{Endpoint, Fault};
use super::*;

fn at_least(seconds: i64, bench: &Bench) {
    let shortest = bench.server.shortest_pause().expect("several requests");
    assert!(shortest >= SignedDuration::from_secs(seconds), "{shortest:?}");
}

#[test]
fn three_seconds_lie_between_requests_whatever_they_ask_for() {
    let bench = Bench::usual(MONDAY);
    bench.fetch(&morning());
    bench.fetch(&Fetch::default().papers(["2603.00001".parse().unwrap()]).embed(false));
    bench.fetch(&Fetch::new(["cs.LG"]).since(date(2026, 2, 23)).embed(false));
    bench.fetch(&morning().reconcile(true));
    assert!(bench.server.requests().len() >= 7);
    let pause = relata::arxiv::ArxivSettings::new("x").pause(&bench.server.feed());
    assert_eq!(pause, Duration::from_secs(3));
    at_least(3, &bench);
    assert_eq!(bench.server.connections(), 4, "one for each client, and no two at once");
}

#[test]
fn other_handles_and_processes_wait_as_well() {
    let bench = Bench::usual(TUESDAY);
    let other = relata(bench.folder.path(), &bench.server, &bench.clock, |arxiv| arxiv);
    std::thread::scope(|scope| {
        for relata in [&bench.relata, &other] {
            scope.spawn(move || {
                for _ in 0..3 {
                    let fetch = Fetch::default().papers(["2602.00001".parse().unwrap()]).embed(false);
                    relata.fetch(&fetch).unwrap();
                }
            });
        }
    });
    assert!(bench.server.requests().len() >= 6);
    at_least(3, &bench);
}

#[test]
fn a_server_that_has_enough_is_left_alone_for_ten_minutes() {
    let bench = Bench::usual(TUESDAY);
    bench.server.fail(Endpoint::Feed, Fault::TooMany { retry_after: None });
    let fetched = bench.fetch(&morning());
    assert_eq!((fetched.outcome, fetched.requests), (FetchOutcome::New, 2));
    at_least(600, &bench);
    // It may ask for less or more.
    for (asked, waited) in [(30, 30), (1800, 1800), (999_999, 3600)] {
        let bench = Bench::usual(TUESDAY);
        bench.server.fail(Endpoint::Feed, Fault::TooMany { retry_after: Some(asked) });
        bench.fetch(&morning());
        at_least(waited, &bench);
        assert!(bench.server.shortest_pause().unwrap() < SignedDuration::from_secs(waited + 10));
    }
}

#[test]
fn a_list_of_the_day_does_not_wait_for_a_server_that_has_enough() {
    let bench = Bench::usual(TUESDAY);
    let names: Vec<String> = CATEGORIES.iter().map(|name| (*name).to_owned()).collect();
    bench.relata.add_sources(&names, None, None).unwrap();
    bench.server.always(Endpoint::Feed, Fault::TooMany { retry_after: None });
    bench.server.always(Endpoint::Oai, Fault::Unavailable { retry_after: Some(600) });
    let before = bench.clock.now();
    let fetched = bench.relata.fetch_due().unwrap().expect("something is due");
    assert_eq!(fetched.outcome, FetchOutcome::Incomplete);
    assert_eq!(states(&fetched), [CategoryState::Failed; 3]);
    assert!(bench.clock.now().duration_since(before) < SignedDuration::from_secs(60));
    let reason = fetched.categories[0].reason.clone().unwrap();
    assert!(reason.contains("asks for fewer requests; the next is made after 2026-03-03 12:10"), "{reason}");
    // One request to each: OAI-PMH is not asked for each category anew.
    assert_eq!(bench.server.requests().len(), 2);
    // Nothing is asked while both rest.
    bench.relata.fetch_due().unwrap().expect("still due");
    assert_eq!(bench.server.requests().len(), 2);
    // Healed and rested, it catches up.
    bench.server.heal();
    bench.clock.advance(Duration::from_secs(700));
    let fetched = bench.relata.fetch_due().unwrap().expect("still due");
    assert_eq!(fetched.outcome, FetchOutcome::New);
    assert!(bench.relata.fetch_due().unwrap().is_none(), "nothing is due any more");
}

#[test]
fn without_the_network_nothing_is_asked() {
    let bench = Bench::usual(TUESDAY);
    let mut settings = bench.relata.settings().clone();
    settings.offline = true;
    let offline = Relata::new(Options::new(bench.folder.path().join("library.db"), settings));
    assert_eq!(offline.fetch(&morning()).unwrap_err().code(), "fetch-offline");
    assert!(offline.fetch_due().unwrap().is_none());
    assert_eq!(bench.server.requests().len(), 0);
    let text = bench.relata.fetch(&Fetch::new(["cs.LG", "readme.md"])).unwrap_err().to_string();
    assert_eq!(text, "readme.md is not a category of arXiv, such as cs.LG or quant-ph");
    assert_eq!(bench.relata.fetch(&Fetch::default()).unwrap_err().code(), "nothing-to-fetch");
    let backwards = morning().since(date(2026, 3, 2)).until(date(2026, 3, 1));
    assert_eq!(bench.relata.fetch(&backwards).unwrap_err().code(), "empty-period");
}
