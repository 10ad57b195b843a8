//! Single papers: by the query interface, and where that fails by OAI-PMH.

use super::arxiv::{Endpoint, Fault};
use super::*;

/// Papers that are out on Tuesday.
fn some(bench: &Bench, count: usize) -> Vec<String> {
    announced(&bench.server.world(), date(2026, 3, 3), &["cs.LG"]).into_iter().take(count).collect()
}

fn request(ids: &[String]) -> Fetch {
    Fetch::default().papers(ids.iter().map(|id| id.parse().unwrap())).embed(false)
}

#[test]
fn papers_come_by_one_request() {
    let bench = Bench::usual(TUESDAY);
    let ids = some(&bench, 5);
    let fetched = bench.fetch(&request(&ids));
    assert_eq!((fetched.outcome, fetched.requests, fetched.added.added), (FetchOutcome::New, 1, 5));
    assert_eq!(bench.ids(), ids.iter().cloned().collect());
    let (world, library) = (bench.server.world(), bench.library());
    for id in &ids {
        let (wanted, paper) = (world.paper(id).unwrap(), library.paper(&id.parse().unwrap()).unwrap().unwrap());
        assert_eq!(paper.title.as_deref(), Some(&*wanted.title));
        assert_eq!(paper.abstract_text.as_deref(), Some(&*wanted.abstract_text));
        assert_eq!(paper.authors, wanted.authors.iter().map(super::arxiv::Author::name).collect::<Vec<_>>());
        let sorted = |categories: &[String]| categories.iter().cloned().collect::<BTreeSet<_>>();
        assert_eq!(paper.categories[0], wanted.categories[0]);
        assert_eq!(sorted(&paper.categories), sorted(&wanted.categories));
    }
}

#[test]
fn where_the_query_interface_fails_oai_answers() {
    for fault in [
        Fault::TooMany { retry_after: None },
        Fault::Unavailable { retry_after: None },
        Fault::HtmlDenial,
        Fault::TotalResultsZero,
        Fault::Truncated(500),
        Fault::Cut(500),
    ] {
        let bench = Bench::usual(TUESDAY);
        let ids = some(&bench, 3);
        bench.server.always(Endpoint::Api, fault.clone());
        let fetched = bench.fetch(&request(&ids));
        assert_eq!((fetched.outcome, fetched.added.added), (FetchOutcome::New, 3), "{fault:?}: {fetched:?}");
        assert_eq!(bench.ids(), ids.iter().cloned().collect(), "{fault:?}");
    }
    // Its index is renewed at this hour, so it is not asked at all.
    let bench = Bench::usual("2026-03-04T00:30:00Z");
    let ids = some(&bench, 2);
    bench.fetch(&request(&ids));
    assert!(bench.server.requests().iter().all(|seen| seen.endpoint == Some(Endpoint::Oai)));
    assert_eq!(bench.ids().len(), 2);
}

#[test]
fn what_arxiv_does_not_have_is_told_from_what_could_not_be_asked() {
    let bench = Bench::usual(TUESDAY);
    let mut ids = some(&bench, 2);
    ids.insert(1, "2602.99999".to_owned());
    let fetched = bench.fetch(&request(&ids));
    assert_eq!(fetched.outcome, FetchOutcome::Incomplete);
    assert_eq!(fetched.absent, ["2602.99999".parse().unwrap()]);
    assert_eq!(fetched.added.added, 2);

    let bench = Bench::usual(TUESDAY);
    let ids = some(&bench, 2);
    bench.server.always(Endpoint::Api, Fault::Unavailable { retry_after: None });
    bench.server.always(Endpoint::Oai, Fault::Unavailable { retry_after: None });
    let fetched = bench.fetch(&request(&ids));
    assert_eq!((fetched.outcome, fetched.absent.len(), fetched.failed.len()), (FetchOutcome::Incomplete, 0, 2));
    assert!(fetched.failed[0].reason.contains("HTTP 503"), "{:?}", fetched.failed);
}
