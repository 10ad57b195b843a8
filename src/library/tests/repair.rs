//! Repair and salvage: what is damaged is mended where anything tells how.

use super::super::sums;
use super::*;

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
