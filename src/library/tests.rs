//! What only the inside can reach: full disks, reading as immutable, and in `sums` and `repair`
//! tampering.

mod repair;
mod sums;

use std::fs;

use super::schema::Kind;
use super::*;
use crate::error::{Error, LibraryError};
use crate::paper::{ArxivId, LikeWeight};
use crate::paper::{Entry, Metadata, Precedence, SourceKind};

fn entry(id: &str, title: &str) -> Entry {
    let (id, _) = ArxivId::parse(id).unwrap();
    let precedence = Precedence { version: 1, date: None, kind: SourceKind::RawJsonl };
    Entry {
        metadata: Metadata { title: Some(title.to_owned()), ..Metadata::default() },
        ..Entry::new(id, precedence, 1)
    }
}

#[test]
fn a_full_disk_leaves_what_was_stored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("papers.db");
    let mut library = Library::open(&path).unwrap();
    library.merge(&[entry("2601.00001", "Kept")]).unwrap();
    // SQLite reports a file that may not grow as it reports a disk without room.
    let pages: i64 = library.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    library.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
    let many: Vec<Entry> = (1..2000).map(|n| entry(&format!("2602.{n:05}"), &"word ".repeat(200))).collect();
    let fault = library.merge(&many).unwrap_err();
    assert!(matches!(fault, Error::Library(LibraryError::Full { .. })), "{fault}");
    let text = fault.to_string().replace(&folder.path().display().to_string(), "");
    insta::assert_snapshot!(text, @"no room left to write the library /papers.db: database or disk is full; what was stored before is untouched");
    let id = ArxivId::parse("2601.00001").unwrap().0;
    assert_eq!(library.paper(&id).unwrap().unwrap().title.as_deref(), Some("Kept"));
    assert_eq!(library.info().unwrap().papers, 1);
    assert_eq!(library.check().unwrap(), []);
}

#[test]
fn immutable_reading_needs_a_folded_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd ?#% name.db");
    let mut library = Library::open(&path).unwrap();
    library.merge(&[entry("2601.00001", "Kept")]).unwrap();
    let refused = Library::read_immutable(&path).unwrap_err();
    assert!(matches!(refused, Error::Library(LibraryError::Unfolded { .. })), "{refused}");
    drop(library);
    let (connection, kind, access) = Library::read_immutable(&path).unwrap();
    assert_eq!((kind, access), (Kind::Current, Access::Immutable));
    let title: String = connection.query_row("SELECT title FROM papers", [], |row| row.get(0)).unwrap();
    assert_eq!(title, "Kept");
}

#[test]
fn a_library_in_memory_works_like_a_file() {
    let mut library = Library::in_memory().unwrap();
    assert!(library.is_empty().unwrap());
    assert_eq!(library.merge(&[entry("2601.00001", "A title")]).unwrap(), [Outcome::Added]);
    assert!(!library.is_empty().unwrap());
    assert_eq!(library.check().unwrap(), []);
}

/// A library of three papers with all that can be said of one, likes, topics and vectors.
fn full_library() -> Library {
    let mut library = Library::in_memory().unwrap();
    let mut entries: Vec<Entry> =
        (1..4).map(|n| entry(&format!("2601.0000{n}"), &format!("Title {n} of ice"))).collect();
    for entry in &mut entries {
        entry.metadata.abstract_text = Some("It melts.".to_owned());
        entry.metadata.authors = vec!["A. Author".to_owned(), "Kurt Gödel".to_owned()];
        entry.metadata.comment = Some("9 pages".to_owned());
        entry.categories = vec!["cs.LG".to_owned(), "math.ST".to_owned()];
        entry.links.insert("code".to_owned(), "https://example.org/x".to_owned());
        entry.summaries.insert(("en".to_owned(), crate::Facet::Tldr), "Ice melts.".to_owned());
        entry.listing = Some(crate::Listing { file: "a.md".to_owned(), date: None });
    }
    entries[0].metadata.withdrawal = Some("yes".to_owned());
    library.merge(&entries).unwrap();
    let text = FingerprintText { digest: "d".into(), model: "m".into(), description: "x".into(), dimension: 2 };
    let number = library.ensure_fingerprint(&text).unwrap();
    library.note_changes(number).unwrap();
    let missing = library.next_missing(number, None, 9).unwrap();
    for paper in &missing {
        let new = NewVector {
            row: paper.row,
            passage_hash: paper.passage_hash,
            vector: &[0.6, 0.8],
            tokens: Tokens { embedded: 7, cut: 2 },
        };
        library.store_vectors(number, &[new]).unwrap();
    }
    let ids: Vec<ArxivId> = missing.into_iter().map(|paper| paper.id).collect();
    let day = "2026-02-11".parse::<jiff::civil::Date>().unwrap();
    library.set_opinions("default", &[(ids[0].clone(), Some(Opinion::Liked))]).unwrap();
    library.set_weights("default", &[(ids[0].clone(), LikeWeight::new(0.5))], &[]).unwrap();
    let text = ProfileText {
        ids: [ArxivId::parse("2512.00001").unwrap().0].into(),
        doi: Some("10.1000/1".to_owned()),
        title: "Slow ice".to_owned(),
        abstract_text: "It is slow.".to_owned(),
        authors: vec!["A. Author".to_owned()],
        source: "mine.bib".to_owned(),
        collection: Some("Ice".to_owned()),
        noted: day,
        interest: Some(1),
        weight: LikeWeight::new(0.5),
        ..ProfileText::default()
    };
    let text = text.identified().unwrap();
    library.store_text_vectors(number, &[(&text.passage(), &[0.6, 0.8])]).unwrap();
    library.add_texts("default", std::slice::from_ref(&text)).unwrap();
    let from = SyncedFrom { profile: "default", collection: "ICE" };
    library.sync_items(from, &[("A".to_owned(), Synced::Text(text))]).unwrap();
    let subtree = ["ICE".to_owned()].into();
    let up_to = SyncedUpTo { name: "Ice".into(), library: "http://localhost".into(), version: 7, subtree };
    library.finish_sync(from, &up_to, &[]).unwrap();
    library.note_written("default", "http://localhost", &[(ids[0].clone(), "B".to_owned())]).unwrap();
    library.note_shown("default", day.into(), &ids).unwrap();
    let follows = crate::paper::Follows { author: vec!["Kurt Gödel".into()], ..Default::default() };
    library.follow("default", &follows).unwrap();
    library.set_note(&ids[0], "Read again.").unwrap();
    library.set_tags(&ids[..1], &["ice".to_owned()], false).unwrap();
    library.set_read(&ids[..1], true).unwrap();
    library.set_last_answer(&ids).unwrap();
    let mail = MailKey { profile: "default", day: "2026-02-11", recipient: "ada@a.example" };
    library.begin_mail(mail, false).unwrap();
    library.note_mail_sent(mail).unwrap();
    let topic = KeptTopic {
        id: 1,
        level: 0,
        parent: None,
        name: Some("ice".into()),
        given: false,
        noted: 3,
        terms: vec![("ice".into(), 1000)],
    };
    let paper = KeptPaper { row: PaperRow(1), topic: 1, position: [0.5, 1.0], strength: Some(75) };
    let run = TopicRun { date: day, papers: 3, added: 3, removed: 0, reclustered: true, changes: Vec::new() };
    let kept = KeptTopics { run: 1, date: day, last_topic: 1, drift: 0, topics: vec![topic], papers: vec![paper] };
    library.keep_topics(TopicSet { fingerprint: number, selection: "" }, None, &kept, Some(&run)).unwrap();
    let facet = FacetPassage { row: PaperRow(1), text: "ice".into() };
    library.store_facet_vectors(number, crate::Facet::Method, &[(&facet, &[0.6, 0.8])]).unwrap();
    note_sources(&mut library);
    library
}

/// Where papers come from, with a value in every column.
fn note_sources(library: &mut Library) {
    let told = jiff::civil::date(2026, 2, 13);
    let day = Some(told);
    let followed =
        FollowedCategory { complete: day, news: day, reconciled: day, ..FollowedCategory::new("cs.LG".to_owned()) };
    let fetched = "2026-02-13T06:00:00Z".parse().unwrap();
    let answer = FeedAnswer { etag: "a".to_owned(), day: told, fetched };
    library.merge_feed(&[], &[followed], Some(("http://a/cs.LG", &answer))).unwrap();
    let place = Harvest {
        scope: "cs:cs:LG".to_owned(),
        since: day,
        until: day,
        token: Some("t".to_owned()),
        datestamp: day,
        pages: 1,
        records: 2000,
        begun: Some(fetched),
        complete: day,
    };
    library.merge_page(&[], &place).unwrap();
}

/// The columns of every table that holds what cannot be computed again.
fn summed_columns(library: &Library) -> Vec<(String, String)> {
    const APART: [&str; 5] = ["counts", "paper_sums", "vector_sums", "table_sums", "sqlite_sequence"];
    let all = library.list(
        "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
         WHERE t.type = 'table' AND t.name NOT LIKE 'keywords%' ORDER BY t.name, c.cid",
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
    );
    let counted = |table: &str, column: &str| table == "fingerprints" && column == "vectors";
    all.unwrap().into_iter().filter(|(table, column)| !APART.contains(&&**table) && !counted(table, column)).collect()
}

/// A value with one bit flipped: some of its bits.
fn flips(value: &rusqlite::types::Value) -> Vec<rusqlite::types::Value> {
    use rusqlite::types::Value;
    let bits = |bytes: &[u8]| {
        let step = (bytes.len() * 8 / 12).max(1);
        (0..bytes.len() * 8)
            .step_by(step)
            .map(|bit| {
                let mut flipped = bytes.to_vec();
                flipped[bit / 8] ^= 1 << (bit % 8);
                flipped
            })
            .collect::<Vec<_>>()
    };
    match value {
        Value::Null => vec![Value::Integer(1)],
        Value::Integer(number) => [0, 1, 5, 20].map(|bit| Value::Integer(number ^ (1 << bit))).to_vec(),
        Value::Real(real) => [0, 30, 51].map(|bit| Value::Real(f64::from_bits(real.to_bits() ^ (1 << bit)))).to_vec(),
        Value::Blob(bytes) => bits(bytes).into_iter().map(Value::Blob).collect(),
        Value::Text(text) => bits(text.as_bytes())
            .into_iter()
            .filter_map(|bytes| String::from_utf8(bytes).ok())
            .map(Value::Text)
            .collect(),
    }
}
