//! Ranges of days over OAI-PMH, page by page.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use relata::service::{CancelToken, Event};

use super::arxiv::{Endpoint, Fault};
use super::*;

fn since(day: Date) -> Fetch {
    Fetch::new(["cs"]).since(day).embed(false)
}

/// What a harvest of the archive holds that nothing disturbed.
fn undisturbed() -> String {
    let bench = Bench::usual(TUESDAY);
    bench.server.set_page_size(20);
    let fetched = bench.fetch(&since(date(2026, 2, 23)));
    assert_eq!(fetched.outcome, FetchOutcome::New);
    assert!(fetched.requests > 5);
    bench.dump()
}

#[test]
fn a_harvest_has_every_record_once_whatever_the_pages() {
    let wanted = undisturbed();
    let faults = [
        vec![Fault::PageSizes(vec![3, 50, 1, 7])],
        vec![Fault::OverlapPages(2)],
        vec![Fault::PageSizes(vec![9, 4]), Fault::OverlapPages(3)],
    ];
    for faults in faults {
        let bench = Bench::usual(TUESDAY);
        bench.server.set_page_size(20);
        faults.iter().for_each(|fault| bench.server.always(Endpoint::Oai, fault.clone()));
        bench.fetch(&since(date(2026, 2, 23)));
        assert_eq!(bench.dump(), wanted, "{faults:?}");
    }
}

#[test]
fn a_harvest_that_broke_off_goes_on_from_its_place() {
    let wanted = undisturbed();
    for broken_at in 1..6 {
        let bench = Bench::usual(TUESDAY);
        bench.server.set_page_size(20);
        let cancel = CancelToken::new();
        let (token, pages) = (cancel.clone(), Arc::new(AtomicU64::new(0)));
        let stopped = bench.relata.cancelled_by(&cancel).observed_by(move |event: Event| {
            if let Event::Harvested(status) = event
                && pages.fetch_max(status.pages, Ordering::Relaxed) + 1 == broken_at
            {
                token.cancel();
            }
        });
        assert_eq!(stopped.fetch(&since(date(2026, 2, 23))).unwrap_err().code(), "cancelled");
        let asked = bench.server.requests().len();
        let fetched = bench.fetch(&since(date(2026, 2, 23)));
        assert_eq!(bench.dump(), wanted, "broken at page {broken_at}");
        let total = asked as u64 + fetched.requests;
        // Nothing was asked for twice.
        let whole = Bench::usual(TUESDAY);
        whole.server.set_page_size(20);
        assert_eq!(whole.fetch(&since(date(2026, 2, 23))).requests, total, "broken at page {broken_at}");
    }
}

#[test]
fn a_token_that_has_expired_costs_a_day_at_most() {
    let wanted = undisturbed();
    // In the middle of the harvest; and over midnight, since a server is that slow.
    let bench = Bench::usual(TUESDAY);
    bench.server.set_page_size(20);
    bench.server.fail_at(Endpoint::Oai, 3, Fault::BadResumptionToken);
    let fetched = bench.fetch(&since(date(2026, 2, 23)));
    assert_eq!((fetched.outcome, bench.dump()), (FetchOutcome::New, wanted.clone()));

    let bench = Bench::usual(TUESDAY);
    bench.server.set_page_size(20);
    bench.server.fail_at(Endpoint::Oai, 3, Fault::Unavailable { retry_after: None });
    bench.clock.set("2026-03-03T23:59:58Z");
    let fetched = bench.fetch(&since(date(2026, 2, 23)));
    assert_eq!(fetched.outcome, FetchOutcome::New);
    let ids = bench.ids();
    assert!(
        wanted.lines().filter(|line| !line.starts_with(' ')).all(|line| ids.contains(line.split(' ').next().unwrap()))
    );
    // One that takes no token of its own is given up, and says so.
    let bench = Bench::usual(TUESDAY);
    bench.server.set_page_size(20);
    bench.server.always(Endpoint::Oai, Fault::BadResumptionToken);
    let error = bench.relata.fetch(&since(date(2026, 2, 23))).unwrap_err();
    assert_eq!(error.code(), "fetch-refused");
    assert!(!bench.ids().is_empty(), "what came is stored");
}

#[test]
fn servers_that_fail_are_asked_again() {
    let wanted = undisturbed();
    let faults = [
        Fault::TooMany { retry_after: None },
        Fault::Unavailable { retry_after: Some(20) },
        Fault::FirstByteTimeout,
        Fault::HtmlDenial,
        Fault::Cut(900),
        Fault::Truncated(900),
    ];
    for fault in faults {
        let bench = Bench::usual(TUESDAY);
        bench.server.set_page_size(20);
        for number in [1, 2, 4, 7] {
            bench.server.fail_at(Endpoint::Oai, number, fault.clone());
        }
        bench.fetch(&since(date(2026, 2, 23)));
        assert_eq!(bench.dump(), wanted, "{fault:?}");
    }
    let bench = Bench::usual(TUESDAY);
    bench.server.set_page_size(20);
    bench.fetch(&since(date(2026, 2, 23)).until(date(2026, 2, 24)));
    let some = bench.ids().len();
    bench.server.always(Endpoint::Oai, Fault::HtmlDenial);
    let error = bench.relata.fetch(&since(date(2026, 2, 23))).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("6 attempts") && text.contains("Access Denied"), "{text}");
    assert_eq!(bench.ids().len(), some, "what was stored stays");
}

#[test]
fn all_of_arxiv_is_kept_current() {
    let bench = Bench::usual(MONDAY);
    bench.server.set_page_size(50);
    let all = Fetch::default().all(true).embed(false);
    let first = bench.fetch(&all);
    assert_eq!(first.outcome, FetchOutcome::New);
    let out = |bench: &Bench, day| {
        bench
            .server
            .world()
            .papers()
            .iter()
            .filter(|paper| paper.at(day).is_some())
            .map(|paper| paper.id.clone())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(bench.ids(), out(&bench, date(2026, 3, 2)));
    bench.clock.set("2026-03-05T12:00:00Z");
    let second = bench.fetch(&all);
    assert!(second.requests < first.requests, "{} {}", second.requests, first.requests);
    assert_eq!(bench.ids(), out(&bench, date(2026, 3, 5)));
    assert_eq!(bench.fetch(&all).added.added, 0);
}

#[test]
fn an_address_that_has_moved_is_followed_once() {
    let wanted = undisturbed();
    let bench = Bench::usual(TUESDAY);
    bench.server.set_page_size(20);
    let settings = |bench: &Bench, oai: String| {
        relata(bench.folder.path(), &bench.server, &bench.clock, |arxiv| ArxivSettings { oai, ..arxiv })
    };
    let moved = settings(&bench, bench.server.old_oai());
    let fetched = moved.fetch(&since(date(2026, 2, 23))).unwrap();
    assert_eq!(bench.dump(), wanted);
    let seen = bench.server.requests();
    assert_eq!(seen.iter().filter(|seen| seen.status == 301).count(), 1, "once, and then asked where it is");
    assert_eq!(seen.len() as u64, fetched.requests);
}
