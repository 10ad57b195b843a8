//! Sums over all that is stored: what is damaged is found.

use super::super::{merge, removal, sums};
use super::*;

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
