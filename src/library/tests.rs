//! What only the inside can reach: full disks, reading as immutable, tampering.

use std::fs;

use super::schema::Kind;
use super::*;
use crate::error::{Error, LibraryError};
use crate::paper::ArxivId;
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
        ..ProfileText::default()
    };
    let text = text.identified().unwrap();
    library.store_text_vectors(number, &[(&text.passage(), &[0.6, 0.8])]).unwrap();
    library.add_texts("default", std::slice::from_ref(&text)).unwrap();
    let from = SyncedFrom { profile: "default", collection: "ICE" };
    library.sync_items(from, &[("A".to_owned(), Synced::Text(text))]).unwrap();
    let up_to = SyncedUpTo { library: "http://localhost".into(), version: 7, subtree: ["ICE".into()].into() };
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
    let topic = KeptTopic { id: 1, level: 0, parent: None, name: Some("ice".into()), given: false, noted: 3 };
    let paper = KeptPaper { row: PaperRow(1), topic: 1, position: [0.5, 1.0] };
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

#[test]
fn every_column_is_in_a_sum() {
    let library = full_library();
    let mut found = summed_columns(&library);
    let owners = ["row", "paper"];
    let of = |summed: &sums::Summed| {
        let table = removal::stored_table(summed.table);
        summed.columns.iter().map(|column| (table.to_owned(), (*column).to_owned())).collect::<Vec<_>>()
    };
    let mut summed: Vec<_> = sums::tables().chain(&sums::PARTS).chain([&sums::VECTORS]).flat_map(of).collect();
    summed.extend(merge::columns().map(|column| ("stored_papers".to_owned(), column.to_owned())));
    // Under the key of its paper a row has its sum.
    found.retain(|pair| summed.contains(pair) || !owners.contains(&&*pair.1));
    found.sort();
    summed.sort();
    assert_eq!(found, summed);
}

#[test]
fn check_finds_every_flipped_bit_of_a_value() {
    let library = full_library();
    // One paper and another one's vector are marked as gone.
    let mark = "DELETE FROM keywords WHERE rowid = 3; INSERT INTO removed_papers VALUES (3); \
                INSERT INTO outdated_vectors SELECT key FROM embeddings WHERE paper = 2";
    library.connection.execute_batch(mark).unwrap();
    assert_eq!(library.check().unwrap(), []);
    library.connection.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF").unwrap();
    // What damages the disk runs no trigger.
    for (schema, table) in [("temp", "sqlite_temp_schema"), ("main", "sqlite_schema")] {
        let sql = format!("SELECT name FROM {table} WHERE type = 'trigger'");
        for trigger in library.list(&sql, |row| row.get::<_, String>(0)).unwrap() {
            library.connection.execute_batch(&format!("DROP TRIGGER {schema}.{trigger}")).unwrap();
        }
    }
    let mut tried = 0;
    for (table, column) in summed_columns(&library) {
        // The first row, and not the first of an index: what is marked need not be right.
        let sql = format!("SELECT {column} FROM {table} NOT INDEXED LIMIT 1");
        let value: rusqlite::types::Value = library.connection.query_row(&sql, [], |row| row.get(0)).unwrap();
        for damaged in flips(&value) {
            tried += 1;
            library.connection.execute_batch("SAVEPOINT whole").unwrap();
            let changed = format!("UPDATE OR IGNORE {table} SET {column} = ?1 WHERE {column} IS ?2");
            let changed = library.connection.execute(&changed, [&damaged, &value]).unwrap();
            let found = library.check();
            assert!(
                changed == 0 || found.as_ref().map_or(true, |found| !found.is_empty()),
                "{table}.{column}: {damaged:?}"
            );
            library.connection.execute_batch("ROLLBACK TO whole; RELEASE whole").unwrap();
        }
    }
    assert!(tried > 300, "{tried}");
    assert_eq!(library.check().unwrap(), []);
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

#[test]
fn what_was_damaged_before_a_merge_is_still_found_after_it() {
    let mut library = full_library();
    library.connection.execute("UPDATE links SET address = 'https://example.org/y' WHERE paper = 2", []).unwrap();
    library.connection.execute("UPDATE stored_papers SET comment = CAST(x'39ff' AS TEXT) WHERE row = 3", []).unwrap();
    let mut more = entry("2601.00002", "Title 2 of ice");
    more.metadata.journal = Some("J. Ice".to_owned());
    assert_eq!(library.merge(&[more]).unwrap(), [Outcome::Updated]);
    let problems: Vec<String> = library.check().unwrap().into_iter().map(|problem| problem.what).collect();
    assert_eq!(
        problems,
        ["2601.00002: what is stored of it is not what was written", "2601.00003: its comment is no valid text"]
    );
    let ids: Vec<String> = library.inspect().unwrap().papers.iter().map(ToString::to_string).collect();
    assert_eq!(ids, ["2601.00002", "2601.00003"]);
}

#[test]
fn a_library_without_sums_is_given_them_by_the_check() {
    let mut library = full_library();
    let sums = |library: &Library| {
        let query = "SELECT 'p' || paper, sum FROM paper_sums UNION ALL SELECT 'v' || key, sum FROM vector_sums \
                     UNION ALL SELECT name, sum FROM table_sums ORDER BY 1";
        library.list(query, |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))).unwrap()
    };
    let before = sums(&library);
    assert_eq!(before.len(), 3 + 3 + 29);
    library.connection.execute_batch("DELETE FROM paper_sums WHERE paper > 1; DELETE FROM vector_sums").unwrap();
    assert_eq!(library.check().unwrap().len(), 5, "each that should have one");
    library.connection.execute_batch("DELETE FROM table_sums").unwrap();
    assert_eq!(library.check().unwrap(), []);
    library.complete_sums().unwrap();
    assert_eq!(sums(&library), before);
    assert_eq!(library.check().unwrap(), []);
}

/// Everything in a library: the dump, and the rows that it leaves out.
fn all_of(library: &Library) -> String {
    let mut out = Vec::new();
    library.dump(&mut out).unwrap();
    let mut all = String::from_utf8(out).unwrap();
    for summed in sums::tables().chain([&sums::VECTORS]) {
        let columns: Vec<String> = summed.columns.iter().map(|column| format!("quote({column})")).collect();
        let sql = format!("SELECT {} AS line FROM {} ORDER BY line", columns.join(" || ', ' || "), summed.table);
        all.push_str(&format!("{}\n", summed.table));
        library.list(&sql, |row| row.get::<_, String>(0)).unwrap().iter().for_each(|line| all.push_str(line));
    }
    all
}

#[test]
fn a_flipped_bit_is_mended_without_any_source() {
    let whole = all_of(&full_library());
    let mut library = full_library();
    library.connection.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF").unwrap();
    let mut columns = summed_columns(&library);
    columns.extend(["paper_sums", "vector_sums", "table_sums"].map(|table| (table.to_owned(), "sum".to_owned())));
    // Keys are what rows are found by; a paper's id is also in profiles.
    let keys = ["row", "paper", "key", "number", "fingerprint", "list"];
    let mut tried = 0;
    for (table, column) in columns.into_iter().filter(|(_, column)| !keys.contains(&&**column)) {
        let sql = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 1");
        let value: Option<rusqlite::types::Value> = {
            use rusqlite::OptionalExtension;
            library.connection.query_row(&sql, [], |row| row.get(0)).optional().unwrap()
        };
        for damaged in value.iter().flat_map(flips).take(4) {
            tried += 1;
            damage(&library, &table, &column, value.as_ref().unwrap(), &damaged);
            let found = library.inspect().unwrap();
            assert!(!found.problems.is_empty(), "{table}.{column}: {damaged:?}");
            let repaired = library.repair(&found, None).unwrap();
            assert_eq!(library.check().unwrap(), [], "{table}.{column}: {damaged:?}, {repaired:?}");
            assert_eq!(repaired.dropped, 0, "{table}.{column}");
            // An index of neighbours that notes a mended vector is right to.
            if (table.as_str(), column.as_str()) == ("stored_embeddings", "vector") {
                library.connection.execute_batch("DELETE FROM changes WHERE number > 3").unwrap();
            }
            assert_eq!(all_of(&library), whole, "{table}.{column}: {damaged:?}");
        }
    }
    assert!(tried > 100, "{tried}");
}

/// Changes the first such value as a damaged disk would: no trigger runs.
fn damage(
    library: &Library,
    table: &str,
    column: &str,
    value: &rusqlite::types::Value,
    damaged: &rusqlite::types::Value,
) {
    let triggers = |from: &str| {
        let sql = format!("SELECT name, sql FROM {from} WHERE type = 'trigger'");
        library.list(&sql, |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap()
    };
    let (kept, own) = (triggers("sqlite_schema"), triggers("sqlite_temp_schema"));
    kept.iter().for_each(|(name, _)| library.connection.execute_batch(&format!("DROP TRIGGER main.{name}")).unwrap());
    own.iter().for_each(|(name, _)| library.connection.execute_batch(&format!("DROP TRIGGER temp.{name}")).unwrap());
    let key = library
        .list(&format!("SELECT name FROM pragma_table_info('{table}') WHERE pk > 0"), |row| row.get::<_, String>(0))
        .unwrap();
    let key = if key.is_empty() { "rowid".to_owned() } else { key.join(", ") };
    library
        .connection
        .execute(
            &format!(
                "UPDATE {table} SET {column} = ?1 WHERE ({key}) = (SELECT {key} FROM {table} WHERE {column} IS ?2 LIMIT 1)"
            ),
            [damaged, value],
        )
        .unwrap();
    kept.iter().for_each(|(_, sql)| library.connection.execute_batch(sql).unwrap());
    sums::keep(&library.connection).unwrap();
}

#[test]
fn what_a_source_says_mends_a_paper_and_the_rest_is_said() {
    let mut library = full_library();
    let whole = all_of(&library);
    let mut told = Library::in_memory().unwrap();
    for id in ["2601.00001", "2601.00002"] {
        let mut more = entry(id, "Another title");
        more.metadata.comment = Some("9 pages".to_owned());
        more.summaries.insert(("en".to_owned(), crate::Facet::Tldr), "Ice melts.".to_owned());
        told.merge(&[more]).unwrap();
    }
    let damage = "UPDATE stored_papers SET comment = 'gone' WHERE row = 1; DELETE FROM summaries WHERE paper = 2";
    library.connection.execute_batch(damage).unwrap();
    let found = library.inspect().unwrap();
    assert_eq!(library.repair(&found, None).unwrap(), Repaired::default(), "nobody knows what was there");
    assert_eq!(library.inspect().unwrap().papers.len(), 2);
    let repaired = library.repair(&found, Some(&told)).unwrap();
    assert_eq!(repaired.mended, ["2601.00001", "2601.00002"]);
    assert_eq!(library.check().unwrap(), []);
    assert_eq!(all_of(&library), whole);
}

#[test]
fn a_vector_beyond_mending_goes_and_keywords_come_again() {
    let mut library = full_library();
    library
        .connection
        .execute_batch("UPDATE stored_embeddings SET vector = x'0000803f00000000' WHERE paper = 2")
        .unwrap();
    library.connection.execute_batch("DELETE FROM keywords WHERE rowid = 3").unwrap();
    let found = library.inspect().unwrap();
    let repaired = library.repair(&found, None).unwrap();
    assert_eq!((repaired.dropped, repaired.mended), (1, vec!["the keyword index".to_owned()]));
    assert_eq!(library.check().unwrap(), []);
    let number = library.fingerprints().unwrap()[0].number;
    let missing: Vec<String> =
        library.next_missing(number, None, 9).unwrap().into_iter().map(|paper| paper.id.to_string()).collect();
    assert_eq!(missing, ["2601.00002"]);
    assert_eq!(library.holding("title ice gödel").unwrap().len(), 3);
}

#[test]
fn what_is_left_of_a_cut_file_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (path, to) = (folder.path().join("papers.db"), folder.path().join("new.db"));
    let mut library = Library::open(&path).unwrap();
    for portion in 0..20 {
        let entries: Vec<Entry> = (1..101)
            .map(|n| {
                entry(
                    &format!("{}{:02}.{n:05}", 24 + portion / 12, portion % 12 + 1),
                    &format!("Title {n} of ice {}", "x".repeat(900)),
                )
            })
            .collect();
        library.merge(&entries).unwrap();
    }
    let all = library.len().unwrap();
    drop(library);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(Library::open(&path).is_err());
    let salvaged = Library::salvage(&path, &to).unwrap();
    assert!(salvaged.papers > all / 5 && salvaged.papers < all, "{salvaged:?} of {all}");
    let new = Library::open(&to).unwrap();
    assert_eq!((new.check().unwrap(), new.len().unwrap()), (Vec::new(), salvaged.papers));
    assert_eq!(fs::read(&path).unwrap(), bytes[..bytes.len() / 2], "the old file is left alone");
    assert!(matches!(Library::salvage(&path, &to), Err(Error::Io { .. })), "a file that is there is not written over");
}

#[test]
fn papers_come_back_where_the_marks_of_removed_ones_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let (path, to) = (folder.path().join("papers.db"), folder.path().join("new.db"));
    let mut library = Library::open(&path).unwrap();
    let entries: Vec<Entry> = (1..=600).map(|n| entry(&format!("2601.{n:05}"), "Ice")).collect();
    library.merge(&entries).unwrap();
    let ids: Vec<ArxivId> = entries[..599].iter().map(|entry| entry.id.clone()).collect();
    library.remove(&ids).unwrap();
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'removed_papers'";
    let root: usize = library.connection.query_row(root, [], |row| row.get(0)).unwrap();
    drop(library);
    let whole = fs::read(&path).unwrap();
    Library::salvage(&path, &to).unwrap();
    assert_eq!(Library::open(&to).unwrap().len().unwrap(), 1, "what was removed stays away");
    fs::remove_file(&to).unwrap();
    let mut damaged = whole;
    damaged[(root - 1) * 8192..root * 8192].fill(0xff);
    fs::write(&path, damaged).unwrap();
    let salvaged = Library::salvage(&path, &to).unwrap();
    // 512 of the 599 were deleted and not only marked.
    assert_eq!((salvaged.papers, salvaged.incomplete), (88, 0));
    assert_eq!(Library::open(&to).unwrap().check().unwrap(), []);
}
