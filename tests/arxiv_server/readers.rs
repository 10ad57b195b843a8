//! The readers of `src/reader/feed` read what the stand-in serves. Neither knows the other.

use std::collections::BTreeMap;

use jiff::civil::date;
use relata::reader::{Answer, AnswerKind, Token, read_answer};

use crate::arxiv::{Endpoint, Fault, Server, percent_encode};
use crate::client::Client;
use crate::server;

fn read(server: &Server, address: &str) -> Answer {
    read_answer("answer.xml", &Client::new(server.base()).get(address).body)
}

/// Words, without white space of any kind between them.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn a_harvest_is_read_as_it_was_made_up() {
    let (server, _) = server();
    server.set_page_size(100);
    for prefix in ["arXivRaw", "arXiv", "oai_dc", "arXivOld"] {
        let mut address = format!("{}?verb=ListRecords&metadataPrefix={prefix}", server.oai());
        let mut read_papers = 0;
        loop {
            let answer = read(&server, &address);
            assert_eq!((&answer.kind, answer.complete, &answer.skipped), (&AnswerKind::Oai, true, &Vec::new()));
            let world = server.world();
            for record in &answer.records {
                let entry = &record.entry;
                let paper = world.paper(entry.id.as_str()).unwrap();
                let state = paper.at(date(2026, 3, 3)).unwrap();
                assert_eq!(entry.title.as_deref(), Some(paper.title.as_str()));
                assert_eq!(words(entry.abstract_text.as_deref().unwrap()), words(&paper.abstract_text));
                assert_eq!(record.datestamp, Some(state.datestamp));
                if prefix != "oai_dc" {
                    assert_eq!(entry.categories, state.categories, "{prefix} {}", paper.id);
                    assert_eq!(entry.comment.as_deref(), state.comments());
                }
                if prefix == "arXivRaw" {
                    assert_eq!(entry.precedence.version as usize, state.versions.len());
                }
                assert_eq!(entry.doi, paper.doi);
                read_papers += 1;
            }
            match &answer.token {
                Some(Token::More(token)) => {
                    address = format!("{}?verb=ListRecords&resumptionToken={}", server.oai(), percent_encode(token));
                }
                token => {
                    assert_eq!(token, &Some(Token::Last));
                    break;
                }
            }
        }
        assert_eq!(read_papers, 420, "{prefix}");
    }
}

#[test]
fn the_feed_and_the_api_are_read_as_they_were_made_up() {
    let (server, _) = server();
    let world = server.world();
    let announced = world.announced(date(2026, 3, 3), &["cs", "stat"]);
    for (address, kind) in [(server.feed(), AnswerKind::Atom), (server.rss(), AnswerKind::Rss)] {
        let answer = read(&server, &format!("{address}/cs+stat"));
        assert_eq!((&answer.kind, answer.complete), (&kind, true));
        let found: Vec<(&str, &str)> =
            answer.records.iter().map(|record| (record.announce.unwrap().name(), record.entry.id.as_str())).collect();
        let expected: Vec<(&str, &str)> =
            announced.iter().map(|one| (one.kind.name(), one.paper.id.as_str())).collect();
        assert_eq!(found, expected);
        for (record, listed) in answer.records.iter().zip(&announced) {
            assert_eq!(record.announced_on, Some(date(2026, 3, 3)));
            assert_eq!(record.entry.title.as_deref(), Some(listed.paper.title.as_str()));
            assert_eq!(record.entry.abstract_text.as_deref(), Some(listed.paper.abstract_text.as_str()));
            assert_eq!(record.entry.license, listed.paper.license);
        }
    }
    let ids: Vec<&str> = announced.iter().take(20).map(|one| one.paper.id.as_str()).collect();
    let answer = read(&server, &format!("{}?id_list={}&max_results=20", server.api(), ids.join(",")));
    assert_eq!((&answer.kind, answer.total_results), (&AnswerKind::Api, Some(20)));
    assert_eq!(answer.records.iter().map(|record| record.entry.id.as_str()).collect::<Vec<_>>(), ids);
    for (record, listed) in answer.records.iter().zip(&announced) {
        let names: Vec<String> = listed.paper.authors.iter().map(crate::arxiv::Author::name).collect();
        assert_eq!(record.entry.authors, names);
    }
}

#[test]
fn errors_are_read_with_their_codes() {
    let (server, _) = server();
    let code = |address: String| {
        let answer = read(&server, &address);
        assert!(answer.records.is_empty() && answer.complete);
        answer.errors.into_iter().map(|error| error.code).collect::<Vec<_>>()
    };
    assert_eq!(code(format!("{}?verb=Nonsense", server.oai())), ["badVerb"]);
    assert_eq!(
        code(format!("{}?verb=ListRecords&metadataPrefix=arXiv&from=2026-03-04", server.oai())),
        ["noRecordsMatch"]
    );
    assert_eq!(code(format!("{}?id_list=1234", server.api())), ["incorrect_id_format_for_1234"]);
    let error = read(&server, &format!("{}/cs.XX", server.feed()));
    assert!(error.errors[0].message.contains("Feed error for query: cs.XX"), "{:?}", error.errors);
    server.fail(Endpoint::Feed, Fault::HtmlDenial);
    let denied = read(&server, &format!("{}/cs.LG", server.feed()));
    assert!(matches!(&denied.kind, AnswerKind::Other(words) if words.contains("Access Denied")), "{:?}", denied.kind);
}

#[test]
fn hostile_texts_harm_no_record() {
    let (server, _) = server();
    let hostile = server.change(|world| world.make_hostile(1, 3000));
    assert_eq!(hostile.len(), 600);
    let answers = [
        format!("{}/cs+math+stat", server.feed()),
        format!("{}/cs+math+stat", server.rss()),
        format!("{}?verb=ListRecords&metadataPrefix=arXivRaw", server.oai()),
        format!("{}?search_query=cat:cs.*&max_results=1000", server.api()),
    ];
    for address in answers {
        let answer = read(&server, &address);
        assert!(answer.complete, "{address}");
        assert_eq!(answer.skipped, Vec::new(), "{address}");
        let texts: BTreeMap<&str, &str> =
            answer.records.iter().map(|one| (one.entry.id.as_str(), one.entry.title.as_deref().unwrap())).collect();
        let world = server.world();
        assert!(texts.len() > 20, "{address}");
        for (id, title) in texts {
            assert!(!title.is_empty() && !title.chars().any(char::is_control), "{address} {title:?}");
            // Markup and TeX are made plain; a first word of letters stays.
            let paper = world.paper(id).unwrap();
            let first = words(&paper.title)[0];
            if first.chars().all(char::is_alphanumeric) {
                assert_eq!(words(title)[0], first, "{address} {title:?}");
            }
        }
    }
}
