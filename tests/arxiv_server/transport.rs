//! Faults of transport, the log of requests, and hostile texts.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::SignedDuration;

use crate::arxiv::{Endpoint, Fault, Server};
use crate::client::{Answer, Client};
use crate::server;
use crate::xml::parse;

const OAI: &str = "verb=ListRecords&metadataPrefix=arXivRaw";

fn get(server: &Server) -> Answer {
    Client::new(server.base()).get(&format!("{}?{OAI}", server.oai()))
}

#[test]
fn refusals_are_plain_text_with_and_without_retry_after() {
    let (server, _) = server();
    let cases = [
        (Fault::TooMany { retry_after: None }, 429, "Rate exceeded.\n", None),
        (Fault::TooMany { retry_after: Some(120) }, 429, "Rate exceeded.\n", Some("120")),
        (Fault::Unavailable { retry_after: None }, 503, "Service Unavailable\n", None),
        (Fault::Unavailable { retry_after: Some(30) }, 503, "Service Unavailable\n", Some("30")),
        (Fault::FirstByteTimeout, 503, "first byte timeout", None),
    ];
    for (fault, status, text, retry) in cases {
        server.fail(Endpoint::Oai, fault.clone());
        let answer = get(&server);
        assert_eq!((answer.status, answer.text().as_str()), (status, text));
        assert_eq!(answer.header("retry-after"), retry, "{fault:?}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(get(&server).status, 200, "the next request is answered");
        let seen = server.requests();
        assert_eq!((seen[seen.len() - 2].status, &seen[seen.len() - 2].faults), (status, &vec![fault]));
    }
    server.fail(Endpoint::Oai, Fault::HtmlDenial);
    let denial = get(&server);
    assert_eq!((denial.status, denial.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(denial.text().contains("<title>Access Denied</title>"));
}

#[test]
fn a_cut_breaks_the_connection_and_a_truncated_answer_is_whole_over_http() {
    let (server, _) = server();
    let whole = get(&server);
    assert!(whole.whole && parse(&whole.body).is_some());
    for after in [0, 1, 700, 100_000] {
        server.fail(Endpoint::Oai, Fault::Cut(after));
        let cut = get(&server);
        assert!(!cut.whole);
        assert_eq!(cut.body, whole.body[..after]);
        assert_eq!(cut.header("content-length"), whole.header("content-length"));
        server.fail(Endpoint::Oai, Fault::Truncated(after));
        let truncated = get(&server);
        assert_eq!((truncated.status, truncated.whole), (200, true));
        assert_eq!(truncated.body, whole.body[..after]);
        assert!(parse(&truncated.body).is_none());
    }
    server.fail(Endpoint::Oai, Fault::Truncated(usize::MAX));
    assert_eq!(get(&server).body.len(), whole.body.len() - 1);
    server.fail(Endpoint::Oai, Fault::Cut(usize::MAX));
    assert_eq!(get(&server).body.len(), whole.body.len() - 1);
}

/// Addresses that each endpoint answers with a document.
fn addresses(server: &Server) -> [(Endpoint, String); 3] {
    [
        (Endpoint::Feed, format!("{}/cs.LG", server.feed())),
        (Endpoint::Oai, format!("{}?{OAI}", server.oai())),
        (Endpoint::Api, format!("{}?search_query=cat:cs.LG&start=1", server.api())),
    ]
}

#[test]
fn every_pair_of_faults_is_served_and_leaves_the_server_well() {
    let (server, _) = server();
    for (endpoint, address) in addresses(&server) {
        let normal = Client::new(server.base()).get(&address).body;
        let faults: Vec<Fault> =
            Fault::examples().into_iter().filter(|one| one.0 == endpoint).map(|one| one.1).collect();
        let mut pairs = 0;
        for (at, first) in faults.iter().enumerate() {
            for second in &faults[at..] {
                server.fail_together(endpoint, [first.clone(), second.clone()]);
                let answer = Client::new(server.base()).get(&address);
                let refusal = |fault: &Fault| match fault {
                    Fault::TooMany { .. } => Some(429),
                    Fault::Unavailable { .. } | Fault::FirstByteTimeout => Some(503),
                    Fault::HtmlDenial => Some(200),
                    _ => None,
                };
                let status = refusal(first).or(refusal(second)).unwrap_or(200);
                assert_eq!(answer.status, status, "{first:?} {second:?}");
                let is_cut = |fault: &Fault| matches!(fault, Fault::Cut(_));
                assert_eq!(answer.whole, !is_cut(first) && !is_cut(second), "{first:?} {second:?}");
                pairs += 1;
            }
        }
        assert!(pairs >= 78, "{pairs}");
        assert_eq!(Client::new(server.base()).get(&address).body, normal);
    }
}

#[test]
fn a_slow_answer_is_late_and_right() {
    let (server, _) = server();
    server.fail(Endpoint::Oai, Fault::SlowFirstByte(Duration::from_millis(60)));
    let begin = Instant::now();
    let answer = get(&server);
    assert!(begin.elapsed() >= Duration::from_millis(60));
    assert_eq!(answer.body, get(&server).body);
}

#[test]
fn faults_are_queued_numbered_standing_and_combined() {
    let (server, _) = server();
    let refused = Fault::TooMany { retry_after: None };
    server.fail(Endpoint::Oai, refused.clone());
    server.fail_together(Endpoint::Oai, [Fault::FirstByteTimeout, Fault::Cut(5)]);
    server.fail_at(Endpoint::Oai, 4, Fault::HtmlDenial);
    let feed = Client::new(server.base()).get(&format!("{}/cs.LG", server.feed()));
    assert_eq!(feed.status, 200, "faults of another endpoint wait");
    assert_eq!(get(&server).status, 429);
    let both = get(&server);
    assert_eq!((both.status, both.text().as_str(), both.whole), (503, "first", false));
    assert_eq!(get(&server).status, 200);
    assert!(get(&server).text().contains("Access Denied"));
    server.always(Endpoint::Oai, refused);
    server.fail(Endpoint::Oai, Fault::Truncated(3));
    let combined = get(&server);
    assert_eq!((combined.status, combined.text().as_str()), (429, "Rat"));
    assert_eq!(get(&server).status, 429);
    server.heal();
    assert_eq!(get(&server).status, 200);
}

#[test]
fn requests_are_noted_with_their_time_by_the_clock_and_their_connection() {
    let (server, clock) = server();
    let mut client = Client::new(server.base());
    client.get(&format!("{}/cs.LG", server.feed()));
    clock.advance(Duration::from_secs(3));
    client.get_with(&format!("{}?{OAI}&from=2026-03-02", server.oai()), "X-Test: yes\r\n");
    clock.advance(Duration::from_millis(3500));
    assert_eq!(client.get(&format!("{}/nowhere", server.base())).status, 404);
    assert_eq!((server.connections(), server.shortest_pause()), (1, Some(SignedDuration::from_secs(3))));
    get(&server);
    assert_eq!((server.connections(), server.shortest_pause()), (2, Some(SignedDuration::ZERO)));
    let seen = server.requests();
    let endpoints: Vec<Option<Endpoint>> = seen.iter().map(|one| one.endpoint).collect();
    assert_eq!(endpoints, [Some(Endpoint::Feed), Some(Endpoint::Oai), None, Some(Endpoint::Oai)]);
    assert_eq!(seen[1].at.to_string(), "2026-03-03T12:00:03Z");
    assert_eq!(seen[1].argument("from").as_deref(), Some("2026-03-02"));
    assert_eq!((seen[1].header("user-agent"), seen[1].header("x-test")), (Some("test/1"), Some("yes")));
    assert_eq!((seen[0].path.as_str(), seen[2].status), ("/atom/cs.LG", 404));
    assert_eq!((server.take_requests().len(), server.requests().len()), (4, 0));
}

#[test]
fn the_date_of_answers_is_the_clock_s() {
    let (server, _) = server();
    assert_eq!(get(&server).header("date"), Some("Tue, 03 Mar 2026 12:00:00 GMT"));
}

#[test]
fn every_fault_has_a_name_and_an_example_at_its_endpoint() {
    let named = [
        ("429", "TooMany { retry_after: None }"),
        ("429=120", "TooMany { retry_after: Some(120) }"),
        ("503", "Unavailable { retry_after: None }"),
        ("503=30", "Unavailable { retry_after: Some(30) }"),
        ("first-byte-timeout", "FirstByteTimeout"),
        ("denial", "HtmlDenial"),
        ("slow=50", "SlowFirstByte(50ms)"),
        ("cut=700", "Cut(700)"),
        ("truncated=700", "Truncated(700)"),
        ("bad-token", "BadResumptionToken"),
        ("page-sizes=7,3,5", "PageSizes([7, 3, 5])"),
        ("overlap=2", "OverlapPages(2)"),
        ("zero-results", "TotalResultsZero"),
        ("empty-later-page", "EmptyLaterPage"),
        ("index-late=1", "IndexLate(1)"),
        ("stale=cs.LG", "StaleCategory(\"cs.LG\")"),
        ("no-entries", "NoEntries"),
        ("date-behind", "PubDateBehind(1)"),
        ("missing=2603.00001", "Missing([\"2603.00001\"])"),
        ("not-yet-out", "NotYetOut"),
    ];
    for (name, debug) in named {
        assert_eq!(format!("{:?}", Fault::parse(name).unwrap()), debug);
    }
    for wrong in ["", "nonsense", "429=soon", "stale", "page-sizes=1,x"] {
        assert_eq!(Fault::parse(wrong), None, "{wrong}");
    }
    let kind = |fault: &Fault| format!("{fault:?}").split(['(', ' ']).next().unwrap().to_owned();
    let parsed: BTreeSet<String> = named.iter().map(|(name, _)| kind(&Fault::parse(name).unwrap())).collect();
    let examples: BTreeSet<String> = Fault::examples().iter().map(|(_, fault)| kind(fault)).collect();
    assert_eq!(examples, parsed);
    for (endpoint, fault) in Fault::examples() {
        assert!(fault.endpoints().contains(&endpoint), "{fault:?}");
    }
}

#[test]
fn hostile_texts_arrive_as_they_are() {
    let (server, _) = server();
    let ids = server.change(|world| world.make_hostile(40, 10_000));
    assert_eq!(ids.len(), 15);
    let document = parse(&get(&server).body).unwrap();
    let mut compared = 0;
    for record in document.all("record") {
        let id = record.value("id").unwrap();
        let world = server.world();
        let paper = world.paper(id).unwrap();
        let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(joined(record.value("title").unwrap()), joined(&paper.title), "{id}");
        assert_eq!(joined(record.value("abstract").unwrap()), joined(&paper.abstract_text), "{id}");
        compared += usize::from(ids.iter().any(|hostile| hostile == id));
    }
    assert_eq!(compared, 11);
}
