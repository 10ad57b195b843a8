//! OAI-PMH.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::civil::date;

use crate::arxiv::{Endpoint, Fault, Paper, Server, TestClock, Token, World, percent_encode};
use crate::client::Client;
use crate::server;
use crate::xml::{Element, parse};

/// Asks with a query string.
fn ask(server: &Server, query: &str) -> Element {
    let answer = Client::new(server.base()).get(&format!("{}?{query}", server.oai()));
    assert_eq!(answer.status, 200);
    parse(&answer.body).unwrap()
}

/// The code of the error that a query gets.
fn code(server: &Server, query: &str) -> String {
    ask(server, query).find("error").unwrap().attribute("code").unwrap().to_owned()
}

fn token(page: &Element) -> Option<String> {
    page.value("resumptionToken").map(str::to_owned)
}

fn ids(page: &Element) -> Vec<String> {
    let identifiers = page.values("identifier");
    identifiers.into_iter().map(|id| id.strip_prefix("oai:arXiv.org:").unwrap().to_owned()).collect()
}

/// All pages of a list.
fn harvest(server: &Server, query: &str) -> Vec<Element> {
    let mut pages = vec![ask(server, &format!("verb=ListRecords&{query}"))];
    while let Some(next) = token(&pages[pages.len() - 1]).filter(|token| !token.is_empty()) {
        pages.push(ask(server, &format!("verb=ListRecords&resumptionToken={}", percent_encode(&next))));
    }
    pages
}

#[test]
fn a_harvest_gives_every_record_once_and_by_day() {
    let (server, clock) = server();
    server.set_page_size(37);
    let pages = harvest(&server, "metadataPrefix=arXivRaw&from=2026-02-23");
    let stamps: Vec<(String, String)> = pages
        .iter()
        .flat_map(|page| page.all("header"))
        .map(|header| (header.value("datestamp").unwrap().into(), header.value("identifier").unwrap().into()))
        .collect();
    let mut sorted = stamps.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(stamps, sorted);
    // OAI has what was announced until Monday evening: the papers of seven of ten days.
    let world = server.world();
    let expected = world.papers().iter().filter(|paper| paper.versions[0].day <= date(2026, 3, 3)).count();
    assert_eq!((stamps.len(), expected), (420, 420));
    for (_, id) in &stamps {
        assert!(world.paper(id.strip_prefix("oai:arXiv.org:").unwrap()).is_some());
    }
    let tokens: Vec<Option<String>> = pages.iter().map(token).collect();
    assert_eq!(tokens.len(), 420_usize.div_ceil(37));
    assert_eq!(tokens.last(), Some(&Some(String::new())), "the last page of several has an empty token");
    // One minute before 22:30 in New York, Wednesday's papers are not there, then they are.
    for (moment, there) in [("2026-03-04T03:29:00Z", false), ("2026-03-04T03:30:00Z", true)] {
        clock.set(moment);
        let page = ask(&server, "verb=ListIdentifiers&metadataPrefix=arXiv&from=2026-03-04");
        assert_eq!(page.find("error").is_none(), there, "{moment}");
    }
}

#[test]
fn a_record_has_the_fields_of_the_paper() {
    let clock = TestClock::at(crate::TUESDAY);
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    let mut paper = Paper::new("2602.00007", at("2026-02-20T10:00:00Z"), date(2026, 2, 24), &["cs.LG", "hep-th"]);
    paper.authors.push(crate::arxiv::Author::new("René", "Dupont"));
    paper.authors[1].affiliation = Some("Exemple".into());
    paper.comments = Some("5 pages".into());
    paper.msc_class = Some("60K35".into());
    paper.withdraw(at("2026-03-02T01:02:03Z"), date(2026, 3, 3));
    paper.cross_list(date(2026, 3, 5), "cs.AI");
    let server = Server::start(World::from_records(vec![paper]), clock.clock());
    let get = |prefix: &str| {
        ask(&server, &format!("verb=GetRecord&identifier=oai:arXiv.org:2602.00007&metadataPrefix={prefix}"))
    };
    let raw = get("arXivRaw");
    assert_eq!(raw.value("datestamp"), Some("2026-03-03"));
    assert_eq!(raw.values("setSpec"), ["cs:cs:LG", "physics:hep-th"]);
    assert_eq!(raw.values("date"), ["Fri, 20 Feb 2026 10:00:00 GMT", "Mon, 02 Mar 2026 01:02:03 GMT"]);
    assert_eq!(raw.values("source_type"), ["I"]);
    let versions: Vec<_> = raw.all("version").iter().filter_map(|version| version.attribute("version")).collect();
    assert_eq!(versions, ["v1", "v2"]);
    assert_eq!(raw.value("categories"), Some("cs.LG hep-th"));
    assert_eq!(raw.value("authors"), Some("Ada Example and Ren\\'e Dupont (1) ((1) Exemple)"));
    assert_eq!(raw.value("comments"), Some("This paper has been withdrawn by the authors"));
    assert_eq!((raw.value("acm-class"), raw.value("msc-class")), (Some("60K35"), Some("60K35")));
    assert_eq!(raw.value("abstract"), Some("  We study 2602.00007, and say what we find.\n"));
    let arxiv = get("arXiv");
    assert_eq!((arxiv.value("created"), arxiv.value("updated")), (Some("2026-02-20"), Some("2026-03-02")));
    assert_eq!(arxiv.values("keyname"), ["Example", "Dupont"]);
    assert_eq!(arxiv.values("forenames"), ["Ada", "René"]);
    let dublin_core = get("oai_dc");
    assert_eq!(dublin_core.values("dc:creator"), ["Example, Ada", "Dupont, René"]);
    assert_eq!(dublin_core.values("dc:identifier"), ["http://arxiv.org/abs/2602.00007"]);
    assert_eq!(get("arXivOld").value("id"), Some("2602.00007"));
    clock.set("2026-03-05T12:00:00Z");
    assert_eq!(get("arXivRaw").value("categories"), Some("cs.LG hep-th cs.AI"));
}

#[test]
fn errors_come_with_status_200_and_their_codes() {
    let (server, _) = server();
    let cases = [
        ("", "badVerb"),
        ("verb=Nonsense", "badVerb"),
        ("verb=ListRecords", "badArgument"),
        ("verb=ListRecords&metadataPrefix=marc", "cannotDisseminateFormat"),
        ("verb=ListRecords&metadataPrefix=arXivRaw&set=nonsense", "badArgument"),
        ("verb=ListRecords&metadataPrefix=arXivRaw&set=cs:cs:XX", "badArgument"),
        ("verb=ListRecords&metadataPrefix=arXivRaw&from=2005-09-15", "badArgument"),
        ("verb=ListRecords&metadataPrefix=arXivRaw&until=2026-03-05", "badArgument"),
        ("verb=ListRecords&metadataPrefix=arXivRaw&from=2026-03-02&until=2026-03-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=arXivRaw&from=yesterday", "badArgument"),
        ("verb=ListRecords&metadataPrefix=arXivRaw&from=2026-03-01&from=2026-03-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=arXivRaw&extra=1", "badArgument"),
        ("verb=ListRecords&metadataPrefix=arXivRaw&from=2026-03-04&until=2026-03-04", "noRecordsMatch"),
        ("verb=ListRecords&resumptionToken=nonsense", "badResumptionToken"),
        ("verb=GetRecord&metadataPrefix=arXivRaw&identifier=oai:arXiv.org:1234.56789", "idDoesNotExist"),
        ("verb=GetRecord&metadataPrefix=arXivRaw&identifier=2602.00001", "idDoesNotExist"),
        ("verb=GetRecord&metadataPrefix=arXivRaw", "badArgument"),
    ];
    for (query, expected) in cases {
        assert_eq!(code(&server, query), expected, "{query}");
    }
    assert_eq!(ask(&server, "verb=Identify").value("earliestDatestamp"), Some("2005-09-16"));
    let prefixes = ask(&server, "verb=ListMetadataFormats");
    assert_eq!(prefixes.values("metadataPrefix"), ["oai_dc", "arXiv", "arXivOld", "arXivRaw"]);
    let sets = ask(&server, "verb=ListSets");
    for spec in ["cs", "cs:cs", "cs:cs:LG", "physics", "physics:hep-th", "physics:astro-ph:GA"] {
        assert!(sets.values("setSpec").contains(&spec), "{spec}");
    }
}

#[test]
fn sets_hold_the_papers_of_their_categories() {
    let (server, _) = server();
    let world = server.world();
    let expected = |names: &[&str]| -> Vec<String> {
        let within = |paper: &&Paper| {
            let state = paper.at(date(2026, 3, 3));
            let fits = |category: &&str| {
                names.iter().any(|name| category == name || category.starts_with(&format!("{name}.")))
            };
            state.is_some_and(|state| state.categories.iter().any(fits))
        };
        world.papers().iter().filter(within).map(|paper| paper.id.clone()).collect()
    };
    let physics = ["astro-ph", "cond-mat", "hep-th", "hep-ph", "quant-ph", "gr-qc", "physics", "nlin"].as_slice();
    let cases: [(&str, &[&str]); 5] = [
        ("cs:cs:LG", &["cs.LG"]),
        ("cs:cs", &["cs"]),
        ("cs", &["cs"]),
        ("physics:hep-th", &["hep-th"]),
        ("physics", physics),
    ];
    for (set, names) in cases {
        let page = ask(&server, &format!("verb=ListIdentifiers&metadataPrefix=arXiv&set={set}"));
        assert_eq!(token(&page), None, "a lone page has no token");
        let mut found = ids(&page);
        found.sort();
        assert_eq!(found, expected(names), "{set}");
        assert!(!found.is_empty());
    }
}

#[test]
fn a_token_is_a_query_that_can_be_written_anew() {
    let (server, _) = server();
    server.set_page_size(50);
    let first = ask(&server, "verb=ListRecords&metadataPrefix=arXivRaw&from=2026-02-23&until=2026-03-03&set=cs");
    let text = token(&first).unwrap();
    assert!(text.starts_with("verb%3DListRecords%26metadataPrefix%3DarXivRaw%26from%3D2026-0"), "{text}");
    assert_eq!(first.find("resumptionToken").unwrap().attribute("expirationDate"), Some("2026-03-04T00:00:00Z"));
    let parsed = Token::parse(&text).unwrap();
    let last = first.values("datestamp").last().unwrap().parse().unwrap();
    let given =
        first.values("datestamp").iter().filter(|day| day.parse::<jiff::civil::Date>().unwrap() == last).count();
    let written = Token {
        verb: "ListRecords".into(),
        metadata_prefix: "arXivRaw".into(),
        from: Some(last),
        until: Some(date(2026, 3, 3)),
        set: Some("cs".into()),
        skip: given,
    };
    assert_eq!((&parsed, parsed.text()), (&written, text.clone()));
    // Once or twice encoded in the address, as clients do it.
    let second = ids(&ask(&server, &format!("verb=ListRecords&resumptionToken={}", percent_encode(&text))));
    assert_eq!(ids(&ask(&server, &format!("verb=ListRecords&resumptionToken={text}"))), second);
    let further = Token { skip: given + 1, ..written };
    let shifted = ids(&ask(&server, &format!("verb=ListRecords&resumptionToken={}", percent_encode(&further.text()))));
    assert_eq!(shifted[..49], second[1..]);
    let posted = Client::new(server.base())
        .post(&server.oai(), &format!("verb=ListRecords&resumptionToken={}", percent_encode(&text)));
    assert_eq!(ids(&parse(&posted.body).unwrap()), second);
}

#[test]
fn a_token_expires_at_midnight_in_utc() {
    let (server, clock) = server();
    server.set_page_size(50);
    let query = |text: &str| format!("verb=ListRecords&resumptionToken={}", percent_encode(text));
    let text = token(&ask(&server, "verb=ListRecords&metadataPrefix=arXivRaw")).unwrap();
    clock.set("2026-03-03T23:59:59Z");
    let before = ids(&ask(&server, &query(&text)));
    clock.set("2026-03-04T00:00:00Z");
    assert_eq!(code(&server, &query(&text)), "badResumptionToken");
    // Written anew it goes on: it holds nothing of the day on which it was given out.
    assert_eq!(ids(&ask(&server, &query(&Token::parse(&text).unwrap().text()))), before);
    server.fail(Endpoint::Oai, Fault::BadResumptionToken);
    assert_eq!(code(&server, &query(&text)), "badResumptionToken");
    assert_eq!(ids(&ask(&server, &query(&text))), before);
}

#[test]
fn changing_page_sizes_lose_nothing_and_overlaps_repeat_records_of_the_border() {
    let (server, _) = server();
    let normal: Vec<String> = harvest(&server, "metadataPrefix=arXivRaw").iter().flat_map(ids).collect();
    server.always(Endpoint::Oai, Fault::PageSizes(vec![40, 7, 90]));
    let pages = harvest(&server, "metadataPrefix=arXivRaw");
    let sizes: BTreeSet<usize> = pages[..pages.len() - 1].iter().map(|page| ids(page).len()).collect();
    assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [7, 40, 90]);
    assert_eq!(pages.iter().flat_map(ids).collect::<Vec<_>>(), normal);
    server.heal();
    server.set_page_size(50);
    server.always(Endpoint::Oai, Fault::OverlapPages(3));
    let pages: Vec<Vec<String>> = harvest(&server, "metadataPrefix=arXivRaw").iter().map(ids).collect();
    let mut times: BTreeMap<&String, usize> = BTreeMap::new();
    for id in pages.iter().flatten() {
        *times.entry(id).or_default() += 1;
    }
    assert_eq!(times.len(), normal.len());
    assert_eq!(times.values().max(), Some(&2));
    assert_eq!(pages[0][47..], pages[1][..3]);
}

#[test]
fn the_former_address_redirects_and_a_bulk_update_puts_many_records_on_a_day() {
    let (server, clock) = server();
    let answer = Client::new(server.base()).get(&format!("{}?verb=Identify", server.old_oai()));
    assert_eq!(
        (answer.status, answer.header("location")),
        (301, Some(format!("{}?verb=Identify", server.oai()).as_str()))
    );
    let ids_before = ids(&ask(&server, "verb=ListIdentifiers&metadataPrefix=arXiv&from=2026-03-03"));
    let touched = server.change(|world| world.bulk_update(date(2026, 3, 3), 250));
    assert_eq!(touched.len(), 250);
    server.set_page_size(100);
    let after: Vec<String> = harvest(&server, "metadataPrefix=arXivRaw&from=2026-03-03").iter().flat_map(ids).collect();
    let mut expected: Vec<String> = ids_before.into_iter().chain(touched).collect();
    expected.sort();
    expected.dedup();
    assert_eq!(after, expected);
    clock.advance(Duration::from_secs(24 * 3600));
    let next = ask(&server, "verb=ListIdentifiers&metadataPrefix=arXiv&from=2026-03-04");
    assert!(ids(&next).len() < 150);
}

#[test]
fn the_feed_of_a_day_and_the_records_of_its_day_agree() {
    let (server, clock) = server();
    for day in [24, 25, 26, 27] {
        let today = date(2026, 2, day);
        clock.set(&format!("{today}T12:00:00Z"));
        for (category, set) in [("cs.LG", "cs:cs:LG"), ("math.PR", "math:math:PR"), ("hep-th", "physics:hep-th")] {
            let feed = Client::new(server.base()).get(&format!("{}/{category}", server.feed()));
            let feed = parse(&feed.body).unwrap();
            let in_feed: BTreeSet<String> = feed
                .all("entry")
                .iter()
                .map(|entry| entry.value("id").unwrap()["oai:arXiv.org:".len()..].split('v').next().unwrap().to_owned())
                .collect();
            let query = format!("verb=ListIdentifiers&metadataPrefix=arXivRaw&from={today}&until={today}&set={set}");
            let in_oai: BTreeSet<String> = ids(&ask(&server, &query)).into_iter().collect();
            // OAI also has papers of the category that were announced in another one on the day.
            assert!(!in_feed.is_empty() && in_feed.is_subset(&in_oai), "{today} {category}");
            let world = server.world();
            for id in in_oai.difference(&in_feed) {
                let here = |one: &&crate::arxiv::Announcement| one.day == today && one.category == category;
                assert!(!world.paper(id).unwrap().announced.iter().any(|one| here(&one)), "{id}");
            }
        }
    }
}
