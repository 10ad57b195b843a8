//! The daily feed.

use std::collections::BTreeSet;

use jiff::civil::date;

use crate::arxiv::{AnnounceType, Endpoint, Fault, Paper, Server, TestClock, World};
use crate::client::Client;
use crate::xml::{Element, parse};
use crate::{counts, server};

fn feed(server: &Server, categories: &str) -> Element {
    let answer = Client::new(server.base()).get(&format!("{}/{categories}", server.feed()));
    assert_eq!(answer.status, 200);
    parse(&answer.body).unwrap()
}

/// Ids with versions.
fn ids(feed: &Element) -> Vec<String> {
    let id = |entry: &&Element| entry.value("id").unwrap().strip_prefix("oai:arXiv.org:").unwrap().to_owned();
    feed.all("entry").iter().map(id).collect()
}

#[test]
fn the_feed_of_a_day_has_what_was_announced_in_its_categories_once_and_in_order() {
    let (server, _) = server();
    let feed = feed(&server, "cs.LG+stat.ML+math");
    let world = server.world();
    let announced = world.announced(date(2026, 3, 3), &["cs.LG", "stat.ML", "math"]);
    let entries = feed.all("entry");
    assert_eq!(entries.len(), announced.len());
    assert!(entries.len() > 10, "{}", entries.len());
    let order = |entry: &&Element| {
        let kind = entry.value("arxiv:announce_type").unwrap();
        ["new", "cross", "replace", "replace-cross"].iter().position(|name| *name == kind).unwrap()
    };
    let (kinds, ids) = (entries.iter().map(order).collect::<Vec<_>>(), ids(&feed));
    for (kind, id) in kinds.windows(2).zip(ids.windows(2)) {
        assert!(kind[0] < kind[1] || kind[0] == kind[1] && id[0] > id[1], "{id:?}");
    }
    let without_version = |id: &String| id.split('v').next().unwrap().to_owned();
    assert_eq!(ids.iter().map(without_version).collect::<BTreeSet<_>>().len(), ids.len());
    assert_eq!(counts(kinds).len(), 4, "all announce types occur");
}

#[test]
fn an_entry_has_the_fields_of_the_paper() {
    let clock = TestClock::at(crate::TUESDAY);
    let mut paper = Paper::new("2603.00007", "2026-03-01T10:00:00Z".parse().unwrap(), date(2026, 3, 3), &["cs.LG"]);
    paper.cross_list(date(2026, 3, 3), "stat.ML");
    paper.title = "Less < more & \"more\"".into();
    paper.authors[0].keyname = "Gödel".into();
    paper.authors[0].affiliation = Some("Institute, Town".into());
    paper.authors.push(crate::arxiv::Author::new("Bob", "Builder"));
    paper.journal_ref = Some("J. Tests 1 (2026) 1".into());
    paper.doi = Some("10.1/x".into());
    let server = Server::start(World::from_records(vec![paper]), clock.clock());
    let feed = feed(&server, "stat.ML");
    assert_eq!(feed.value("title"), Some("stat.ML updates on arXiv.org"));
    let entry = feed.find("entry").unwrap();
    assert_eq!(entry.value("id"), Some("oai:arXiv.org:2603.00007v1"));
    assert_eq!(entry.value("title"), Some("Less < more & \"more\""));
    assert_eq!(entry.find("link").unwrap().attribute("href"), Some("https://arxiv.org/abs/2603.00007"));
    assert_eq!(
        entry.value("summary"),
        Some("arXiv:2603.00007v1 Announce Type: cross \nAbstract: We study 2603.00007, and say what we find.")
    );
    let terms: Vec<_> = entry.all("category").iter().filter_map(|category| category.attribute("term")).collect();
    assert_eq!(terms, ["cs.LG", "stat.ML"]);
    assert_eq!(entry.value("published"), Some("2026-03-03T00:00:00-05:00"));
    assert_eq!(entry.value("arxiv:announce_type"), Some("cross"));
    assert_eq!(entry.value("dc:rights"), Some("http://arxiv.org/licenses/nonexclusive-distrib/1.0/"));
    assert_eq!(entry.value("arxiv:journal_reference"), Some("J. Tests 1 (2026) 1"));
    assert_eq!(entry.value("arxiv:DOI"), Some("10.1/x"));
    assert_eq!(entry.values("dc:creator"), ["Ada G\\\"odel (Institute, Town), Bob Builder"]);
    let rss = Client::new(server.base()).get(&format!("{}/cs", server.rss()));
    let rss = parse(&rss.body).unwrap();
    let item = rss.find("item").unwrap();
    assert_eq!(item.value("guid"), Some("oai:arXiv.org:2603.00007v1"));
    assert_eq!(item.find("guid").unwrap().attribute("isPermaLink"), Some("false"));
    assert_eq!(item.value("pubDate"), Some("Tue, 03 Mar 2026 00:00:00 -0500"));
    assert_eq!(item.value("arxiv:announce_type"), Some("new"));
    assert_eq!(rss.find("skipDays").unwrap().values("day"), ["Saturday", "Sunday"]);
    assert_eq!(rss.value("lastBuildDate"), Some("Tue, 03 Mar 2026 05:00:13 +0000"));
}

#[test]
fn replacements_from_the_sixth_version_on_are_left_out_and_2000_entries_are_the_most() {
    let clock = TestClock::at(crate::TUESDAY);
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    let replaced = |id: &str, times: usize| {
        let mut paper = Paper::new(id, at("2026-02-23T10:00:00Z"), date(2026, 2, 24), &["cs.LG"]);
        for day in 0..times {
            let day = i8::try_from(day).unwrap();
            paper.replace(at("2026-02-25T10:00:00Z"), if day == 0 { date(2026, 3, 3) } else { date(2026, 2, 25) });
        }
        paper.versions.sort_by_key(|version| version.day);
        paper
    };
    let mut papers = vec![replaced("2602.00004", 4), replaced("2602.00005", 5)];
    let server = Server::start(World::from_records(papers.clone()), clock.clock());
    assert_eq!(ids(&feed(&server, "cs.LG")), ["2602.00004v5"]);
    for number in 1..=2100 {
        papers.push(Paper::new(&format!("2603.{number:05}"), at("2026-03-02T10:00:00Z"), date(2026, 3, 3), &["cs.LG"]));
    }
    let server = Server::start(World::from_records(papers), clock.clock());
    let ids = ids(&feed(&server, "cs.LG"));
    assert_eq!((ids.len(), ids[0].as_str(), ids[1999].as_str()), (2000, "2603.02100v1", "2603.00101v1"));
}

#[test]
fn the_etag_holds_for_a_day() {
    let (server, clock) = server();
    let address = format!("{}/cs.LG", server.feed());
    let mut client = Client::new(server.base());
    let first = client.get(&address);
    let etag = first.header("etag").unwrap().to_owned();
    // 07:00 in New York: 17 hours to midnight.
    assert_eq!(first.header("cache-control"), Some("max-age=61200"));
    clock.set("2026-03-03T23:00:00Z");
    let again = client.get_with(&address, &format!("If-None-Match: {etag}\r\n"));
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(etag.as_str())));
    let other = client.get_with(&address, "If-None-Match: \"other\"\r\n");
    assert_eq!((other.status, &other.body), (200, &first.body));
    clock.set("2026-03-04T05:00:00Z");
    let next = client.get_with(&address, &format!("If-None-Match: {etag}\r\n"));
    assert_eq!(next.status, 200);
    assert_ne!(next.header("etag"), Some(etag.as_str()));
    assert_eq!(server.requests()[1].header("if-none-match"), Some(etag.as_str()));
}

#[test]
fn a_weekend_has_a_valid_feed_without_entries_and_bad_names_get_an_error_feed() {
    let (server, clock) = server();
    clock.set("2026-03-01T12:00:00Z");
    let sunday = feed(&server, "cs.LG");
    assert_eq!((sunday.all("entry").len(), sunday.value("updated")), (0, Some("2026-03-01T05:00:13.271828+00:00")));
    for (base, name) in [(server.feed(), "cs.XX"), (server.rss(), "cs.LG+nonsense")] {
        let answer = Client::new(server.base()).get(&format!("{base}/{name}"));
        assert_eq!(answer.status, 400);
        let error = parse(&answer.body).unwrap();
        assert_eq!(error.value("title"), Some(format!("Feed error for query: {name}").as_str()));
        assert_eq!(error.all("entry").len() + error.all("item").len(), 0);
    }
}

#[test]
fn a_stale_category_has_papers_of_the_day_before_under_the_date_of_today() {
    let (server, _) = server();
    server.fail(Endpoint::Feed, Fault::StaleCategory("cs.LG".into()));
    let stale = feed(&server, "cs.LG+math.PR");
    let fresh = feed(&server, "cs.LG+math.PR");
    assert_eq!(stale.value("updated"), fresh.value("updated"));
    let world = server.world();
    let on = |day, category: &str| -> BTreeSet<String> {
        world.announced(date(2026, 3, day), &[category]).iter().map(|one| one.paper.id.clone()).collect()
    };
    let of = |feed: &Element| -> BTreeSet<String> {
        ids(feed).iter().map(|id| id.split('v').next().unwrap().to_owned()).collect()
    };
    assert_eq!(of(&fresh), on(3, "cs.LG").union(&on(3, "math.PR")).cloned().collect());
    assert_eq!(of(&stale), on(2, "cs.LG").union(&on(3, "math.PR")).cloned().collect());
    assert_ne!(of(&stale), of(&fresh));
    assert_eq!(stale.find("entry").unwrap().value("published"), Some("2026-03-03T00:00:00-05:00"));
}

#[test]
fn faults_of_the_content_change_what_they_say_and_nothing_else() {
    let (server, _) = server();
    let normal = ids(&feed(&server, "cs.LG"));
    server.fail(Endpoint::Feed, Fault::NoEntries);
    assert_eq!(ids(&feed(&server, "cs.LG")), Vec::<String>::new());
    server.fail(Endpoint::Feed, Fault::PubDateBehind(1));
    let behind = feed(&server, "cs.LG");
    assert_eq!(ids(&behind), normal);
    assert_eq!(behind.find("entry").unwrap().value("published"), Some("2026-03-02T00:00:00-05:00"));
    let left_out = normal[1].split('v').next().unwrap().to_owned();
    server.fail(Endpoint::Feed, Fault::Missing(vec![left_out]));
    let mut expected = normal.clone();
    expected.remove(1);
    assert_eq!(ids(&feed(&server, "cs.LG")), expected);
    server.fail(Endpoint::Feed, Fault::NotYetOut);
    let late = feed(&server, "cs.LG");
    assert_eq!(late.value("updated"), Some("2026-03-02T05:00:13.271828+00:00"));
    let world = server.world();
    let yesterday = world.announced(date(2026, 3, 2), &["cs.LG"]);
    assert_eq!(ids(&late).len(), yesterday.len());
    assert_eq!(yesterday[0].kind, AnnounceType::New);
    assert!(ids(&late)[0].starts_with(&yesterday[0].paper.id));
    drop(world);
    assert_eq!(ids(&feed(&server, "cs.LG")), normal);
}
