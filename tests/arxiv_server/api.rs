//! The query API.

use jiff::civil::date;

use crate::arxiv::{Author, Endpoint, Fault, Paper, Server, TestClock, World, percent_encode};
use crate::client::Client;
use crate::server;
use crate::xml::{Element, parse};

fn ask(server: &Server, query: &str) -> Element {
    let answer = Client::new(server.base()).get(&format!("{}?{query}", server.api()));
    assert_eq!(answer.status, 200);
    parse(&answer.body).unwrap()
}

fn ids(feed: &Element) -> Vec<String> {
    let id = |entry: &&Element| entry.value("id").unwrap().strip_prefix("http://arxiv.org/abs/").unwrap().to_owned();
    feed.all("entry").iter().map(id).collect()
}

/// Total results, first index, results a page.
fn numbers(feed: &Element) -> [usize; 3] {
    let names = ["opensearch:totalResults", "opensearch:startIndex", "opensearch:itemsPerPage"];
    names.map(|name| feed.value(name).unwrap().parse().unwrap())
}

fn search(text: &str) -> String {
    format!("search_query={}&max_results=1000", percent_encode(text))
}

/// A server with three papers, of which one has two versions and one is to come.
fn three_papers() -> (Server, TestClock) {
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    let mut first = Paper::new("2602.00001", at("2026-02-20T10:00:00Z"), date(2026, 2, 24), &["cs.LG", "stat.ML"]);
    first.authors.push(Author::new("René", "Dupont"));
    first.authors[1].affiliation = Some("Exemple".into());
    first.comments = Some("5 pages".into());
    first.replace(at("2026-02-27T11:00:00Z"), date(2026, 3, 2));
    let old = Paper::new("hep-th/0601001", at("2006-01-02T10:00:00Z"), date(2006, 1, 4), &["hep-th"]);
    let coming = Paper::new("2603.00001", at("2026-03-03T10:00:00Z"), date(2026, 3, 4), &["cs.LG"]);
    let clock = TestClock::at(crate::TUESDAY);
    (Server::start(World::from_records(vec![first, old, coming]), clock.clock()), clock)
}

#[test]
fn papers_are_found_by_id_with_and_without_version() {
    let (server, clock) = three_papers();
    let list = |ids: &str| ids_of(&server, ids);
    assert_eq!(list("2602.00001"), ["2602.00001v2"]);
    assert_eq!(list("2602.00001v1"), ["2602.00001v1"]);
    assert_eq!(list("hep-th/0601001,2602.00001"), ["hep-th/0601001v1", "2602.00001v2"]);
    assert_eq!(list("2602.00001v3,2612.99999,2603.00001"), Vec::<String>::new());
    // Announced at 20:00 in New York; the index may be a day late.
    clock.set("2026-03-04T01:00:00Z");
    assert_eq!(list("2603.00001"), ["2603.00001v1"]);
    server.fail(Endpoint::Api, Fault::IndexLate(1));
    assert_eq!(list("2603.00001"), Vec::<String>::new());
}

fn ids_of(server: &Server, list: &str) -> Vec<String> {
    ids(&ask(server, &format!("id_list={list}")))
}

#[test]
fn an_entry_has_the_fields_of_the_paper() {
    let (server, _) = three_papers();
    let feed = ask(&server, "id_list=2602.00001v1");
    assert_eq!(numbers(&feed), [1, 0, 10]);
    let entry = feed.find("entry").unwrap();
    assert_eq!(entry.value("published"), Some("2026-02-20T10:00:00Z"));
    assert_eq!(entry.value("updated"), Some("2026-02-20T10:00:00Z"));
    assert_eq!(entry.value("title"), Some("A study of 2602.00001"));
    assert_eq!(entry.value("summary"), Some("  We study 2602.00001, and say what we find.\n"));
    assert_eq!(entry.values("name"), ["Ada Example", "René Dupont"]);
    assert_eq!(entry.all("author")[1].value("arxiv:affiliation"), Some("Exemple"));
    assert_eq!(entry.value("arxiv:comment"), Some("5 pages"));
    assert_eq!(entry.find("arxiv:primary_category").unwrap().attribute("term"), Some("cs.LG"));
    let terms: Vec<_> = entry.all("category").iter().filter_map(|category| category.attribute("term")).collect();
    assert_eq!(terms, ["cs.LG", "stat.ML"]);
    let newest = ask(&server, "id_list=2602.00001");
    assert_eq!(newest.find("entry").unwrap().value("updated"), Some("2026-02-27T11:00:00Z"));
}

#[test]
fn a_bad_request_gets_one_entry_that_is_an_error() {
    let (server, _) = three_papers();
    let cases = [
        ("id_list=1234", "incorrect id format for 1234"),
        ("id_list=2602.00001&start=-1", "start must be a non-negative integer"),
        ("id_list=2602.00001&max_results=many", "max_results must be a non-negative integer"),
        ("search_query=cat:cs.LG&start=29999&max_results=2", "start and max_results must not go beyond 30000 results"),
        ("search_query=nonsense:x", "unknown field nonsense"),
        ("search_query=cat:cs.LG&sortBy=colour", "sortBy must be in: relevance, lastUpdatedDate, submittedDate"),
    ];
    for (query, message) in cases {
        let answer = Client::new(server.base()).get(&format!("{}?{query}", server.api()));
        assert_eq!(answer.status, 400);
        let feed = parse(&answer.body).unwrap();
        let entry = feed.find("entry").unwrap();
        assert_eq!((entry.value("title"), entry.value("summary")), (Some("Error"), Some(message)));
        assert!(entry.value("id").unwrap().starts_with("http://arxiv.org/api/errors#"));
    }
}

#[test]
fn searches_fit_and_come_in_slices() {
    let (server, _) = server();
    let world = server.world();
    let expected = |fits: &dyn Fn(&Paper, &[&str]) -> bool| -> Vec<String> {
        let there = |paper: &&Paper| paper.at(date(2026, 3, 3)).is_some_and(|state| fits(paper, &state.categories));
        world.papers().iter().filter(there).map(|paper| paper.id.clone()).collect()
    };
    let found = |text: &str| {
        let mut found = ids(&ask(&server, &search(text)));
        found.iter_mut().for_each(|id| id.truncate(10));
        found.sort();
        found
    };
    let learning = expected(&|_, categories| categories.contains(&"cs.LG"));
    assert!(learning.len() > 20);
    assert_eq!(found("cat:cs.LG"), learning);
    assert_eq!(found("cat:cs.*"), expected(&|_, categories| categories.iter().any(|one| one.starts_with("cs."))));
    let both = expected(&|_, categories| categories.contains(&"cs.LG") || categories.contains(&"math.PR"));
    assert_eq!(found("cat:cs.LG OR cat:math.PR"), both);
    let (from, to) = ("2026-02-25T00:00:00Z".parse().unwrap(), "2026-02-26T12:30:00Z".parse().unwrap());
    let day =
        expected(&|paper, categories| categories.contains(&"cs.LG") && (from..=to).contains(&paper.versions[0].date));
    assert!(!day.is_empty() && day.len() < learning.len());
    assert_eq!(found("cat:cs.LG AND submittedDate:[202602250000 TO 202602261230]"), day);
    let title = expected(&|paper, categories| paper.title.contains("Robust") && !categories.contains(&"cs.LG"));
    assert_eq!(found("ti:\"robust\" ANDNOT cat:cs.LG"), title);
    let query = "search_query=cat:cs.LG&sortBy=submittedDate&sortOrder=ascending";
    let all = ids(&ask(&server, &format!("{query}&max_results=1000")));
    assert!(all.is_sorted());
    let slice = ask(&server, &format!("{query}&start=7&max_results=5"));
    assert_eq!((numbers(&slice), ids(&slice)), ([learning.len(), 7, 5], all[7..12].to_vec()));
}

#[test]
fn an_index_may_say_nothing_once_and_later_pages_may_be_empty() {
    let (server, _) = server();
    let normal = ids(&ask(&server, &search("cat:cs.LG")));
    server.fail(Endpoint::Api, Fault::TotalResultsZero);
    let zero = ask(&server, &search("cat:cs.LG"));
    assert_eq!((numbers(&zero)[0], ids(&zero).len()), (0, 0));
    assert_eq!(ids(&ask(&server, &search("cat:cs.LG"))), normal);
    server.always(Endpoint::Api, Fault::EmptyLaterPage);
    assert_eq!(ids(&ask(&server, &search("cat:cs.LG"))), normal);
    let later = ask(&server, &format!("{}&start=3", search("cat:cs.LG")));
    assert_eq!((numbers(&later)[0], ids(&later).len()), (normal.len(), 0));
}
