//! The tables of a library file, and how a file of an older version becomes one of this version.
//!
//! In: a connection that may be empty, ours, newer than us or someone else's. Out: the current
//! schema, or an error that says which of these it was. A file is ours by its `application_id`; its
//! `user_version` counts the migrations it has seen, so a new step is one more string at the end of
//! [`MIGRATIONS`], never a change to an old one.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::faults::Faults;
use super::sums;
use crate::error::{LibraryError, Result};

/// `Rela` in ASCII, at offset 68 of the file: what `file(1)` and we tell a library by.
pub(super) const APPLICATION_ID: i32 = 0x5265_6c61;

/// 8 KiB: five 384-dimensional vectors or five abstracts to a page, with no overflow chains. Must
/// be set before the first table is made.
pub(super) const PAGE_SIZE: i32 = 8192;

/// Bits of a paper's row number inside the key of its vectors, see `embeddings`.
pub(super) const ROW_BITS: i32 = 40;

/// Step n brings a file from version n to n + 1.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
    include_str!("schema/8.sql"),
    include_str!("schema/9.sql"),
    include_str!("schema/10.sql"),
    include_str!("schema/11.sql"),
    include_str!("schema/12.sql"),
    include_str!("schema/13.sql"),
    include_str!("schema/14.sql"),
    include_str!("schema/15.sql"),
    include_str!("schema/16.sql"),
    include_str!("schema/17.sql"),
    include_str!("schema/18.sql"),
    include_str!("schema/19.sql"),
    include_str!("schema/20.sql"),
    include_str!("schema/21.sql"),
    include_str!("schema/22.sql"),
    include_str!("schema/23.sql"),
];

/// The version that this program writes.
pub(super) fn current_version() -> i64 {
    MIGRATIONS.len() as i64
}

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing in it yet.
    Empty,
    /// A library of this version.
    Current,
    /// A library of an earlier version of this program.
    Older(i64),
}

/// Tells what a file is; an error for one that is newer or not ours. Reads the whole schema, so
/// damage shows here.
pub(super) fn kind(connection: &Connection, path: &Path) -> Result<Kind> {
    // One snapshot for all that is asked: a library that another process makes in between would
    // look like a stranger's file, with tables but without our id. Inside a transaction there is
    // one already.
    let _snapshot =
        connection.is_autocommit().then(|| connection.unchecked_transaction()).transpose().in_library(path)?;
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0)).in_library(path)?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).in_library(path)?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).in_library(path)?;
    if application != APPLICATION_ID {
        let empty = application == 0 && version == 0 && tables == 0;
        return if empty { Ok(Kind::Empty) } else { Err(LibraryError::Foreign { path: path.to_owned() }.into()) };
    }
    match version {
        found if found > current_version() => {
            Err(LibraryError::Newer { path: path.to_owned(), found, known: current_version() }.into())
        }
        found if found == current_version() => Ok(Kind::Current),
        0 => Ok(Kind::Empty),
        found => Ok(Kind::Older(found)),
    }
}

/// Brings a file to the current version, in one transaction: killed half-way, it is still the old
/// one.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    if kind(connection, path)? == Kind::Current {
        return Ok(());
    }
    sums::functions(connection).in_library(path)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
    // Asked again under the lock: another process may have been faster.
    let from = match kind(&transaction, path)? {
        Kind::Current => return Ok(()),
        Kind::Empty => 0,
        Kind::Older(version) => version,
    };
    apply(&transaction, MIGRATIONS, from).in_library(path)?;
    transaction.commit().in_library(path)
}

fn apply(transaction: &Transaction<'_>, steps: &[&str], from: i64) -> rusqlite::Result<()> {
    for step in steps.iter().skip(usize::try_from(from).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", steps.len() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn steps_already_taken_are_not_taken_again() {
        let mut connection = Connection::open_in_memory().unwrap();
        let mut upgrade = |steps: &[&str], from| {
            let transaction = connection.transaction().unwrap();
            apply(&transaction, steps, from).unwrap();
            transaction.commit().unwrap();
        };
        let first = "CREATE TABLE t (a); INSERT INTO t VALUES (1)";
        let second = "ALTER TABLE t ADD COLUMN b DEFAULT 2";
        upgrade(&[first], 0);
        upgrade(&[first, second], 1);
        let kept: (i64, i64) = connection.query_row("SELECT a, b FROM t", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        assert_eq!(kept, (1, 2));
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, 2);
    }

    #[test]
    fn a_failing_step_leaves_the_file_as_it_was() {
        let mut connection = Connection::open_in_memory().unwrap();
        {
            let transaction = connection.transaction().unwrap();
            assert!(apply(&transaction, &["CREATE TABLE t (a)", "not SQL"], 0).is_err());
        }
        assert_eq!(kind(&connection, Path::new("x.db")).unwrap(), Kind::Empty);
        migrate(&mut connection, Path::new("x.db")).unwrap();
        assert_eq!(kind(&connection, Path::new("x.db")).unwrap(), Kind::Current);
    }

    #[test]
    fn every_field_of_the_metadata_is_a_column_of_its_name() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, Path::new("x.db")).unwrap();
        let mut statement = connection.prepare("SELECT name FROM pragma_table_info('papers')").unwrap();
        let columns: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(|row| row.unwrap()).collect();
        for field in crate::paper::Field::ALL {
            assert!(columns.iter().any(|column| column == field.name()), "{field:?} is no column: {columns:?}");
        }
    }

    #[test]
    fn a_paper_of_a_library_without_licences_is_told_its_licence_later() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("old.db");
        {
            let mut connection = Connection::open(&path).unwrap();
            let transaction = connection.transaction().unwrap();
            apply(&transaction, &MIGRATIONS[..8], 0).unwrap();
            transaction
                .execute_batch(
                    "INSERT INTO papers (id, version, title, authors, categories, date, provenance) VALUES \
                     ('2602.10611', 1, 'Ice', '[]', '', '2026-02-10', '1 2026-02-11 snapshot: title')",
                )
                .unwrap();
            transaction.commit().unwrap();
        }
        let mut library = super::super::Library::open(&path).unwrap();
        let id = crate::ArxivId::parse("2602.10611").unwrap().0;
        let paper = |library: &super::super::Library| library.paper(&id).unwrap().unwrap();
        assert_eq!((paper(&library).title.as_deref(), &paper(&library).license), (Some("Ice"), &None));
        let precedence = crate::Precedence {
            version: 1,
            date: Some("2026-02-11".parse().unwrap()),
            kind: crate::SourceKind::Snapshot,
        };
        let mut entry = crate::Entry::new(id.clone(), precedence, 1);
        entry.license = Some("CC BY 4.0".to_owned());
        assert_eq!(library.merge(&[entry]).unwrap(), [super::super::Outcome::Updated]);
        assert_eq!(paper(&library).license.as_deref(), Some("CC BY 4.0"));
        let mut dump = Vec::new();
        library.dump(&mut dump).unwrap();
        assert_eq!(
            String::from_utf8(dump).unwrap(),
            "2602.10611 v1 2026-02 [] from 1 2026-02-11 snapshot: title license\n  title: Ice\n  license: CC BY 4.0\n"
        );
    }

    #[test]
    fn a_day_that_no_source_told_becomes_its_month_and_sums_stay_true() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("old.db");
        let first = jiff::civil::date(2026, 2, 1);
        let paper = |number: u32, tell: &dyn Fn(&mut crate::Entry)| {
            let id = crate::ArxivId::parse(&format!("2602.{number:05}")).unwrap().0;
            let precedence = crate::Precedence { version: 1, date: None, kind: crate::SourceKind::RawJsonl };
            let mut entry = crate::Entry::new(id, precedence, 1);
            entry.comment = Some("9 pages".to_owned());
            entry.categories = vec!["cs.LG".to_owned()];
            tell(&mut entry);
            entry
        };
        let entries = [
            paper(1, &|_| ()),
            paper(2, &|paper| paper.published = Some(first.into())),
            paper(3, &|paper| paper.listing = Some(crate::Listing { file: "d.md".to_owned(), date: Some(first) })),
            paper(4, &|paper| paper.updated = Some(first.into())),
            paper(5, &|paper| paper.listing = Some(crate::Listing { file: "d.md".to_owned(), date: None })),
        ];
        {
            let mut library = super::super::Library::open(&path).unwrap();
            library.merge(&entries).unwrap();
            library
                .connection
                .execute_batch(
                    "UPDATE stored_papers SET date = '2026-02-01'; DELETE FROM paper_sums; DELETE FROM table_sums WHERE name = 'papers'",
                )
                .unwrap();
            library.complete_sums().unwrap();
            library
                .connection
                .execute_batch("UPDATE stored_papers SET comment = '8 pages' WHERE id = '2602.00005'")
                .unwrap();
            // What later versions add is not there yet.
            for table in [
                "followed_categories",
                "feed_answers",
                "harvests",
                "follows",
                "notes",
                "tags",
                "read_papers",
                "profile_texts",
                "text_embeddings",
                "sent_mails",
                "zotero_collections",
                "zotero_items",
                "zotero_written",
            ] {
                library.connection.execute_batch(&format!("DROP TABLE {table}")).unwrap();
                library.connection.execute("DELETE FROM table_sums WHERE name = ?1", [table]).unwrap();
            }
            library.connection.pragma_update(None, "user_version", 12).unwrap();
        }
        // A connection of ours has triggers that name the columns.
        let plain = Connection::open(&path).unwrap();
        for (table, column) in [("profile_papers", "weight"), ("topics", "terms"), ("topic_papers", "strength")] {
            plain.execute_batch(&format!("ALTER TABLE {table} DROP COLUMN {column}")).unwrap();
        }
        drop(plain);
        let library = super::super::Library::open(&path).unwrap();
        let dates = library.list("SELECT date FROM papers ORDER BY id", |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(dates, ["2026-02", "2026-02-01", "2026-02-01", "2026-02-01", "2026-02"]);
        for (entry, date) in entries.iter().zip(&dates) {
            assert_eq!(library.paper(&entry.id).unwrap().unwrap().date.to_string(), *date);
        }
        let problems: Vec<String> = library.check().unwrap().into_iter().map(|problem| problem.what).collect();
        assert_eq!(problems, ["2602.00005: what is stored of it is not what was written"], "damage is not covered up");
    }

    #[test]
    fn what_was_shown_before_days_were_noted_has_none() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("old.db");
        {
            let mut connection = Connection::open(&path).unwrap();
            let transaction = connection.transaction().unwrap();
            apply(&transaction, &MIGRATIONS[..6], 0).unwrap();
            transaction.execute_batch("INSERT INTO shown_papers VALUES ('default', '2602.10611')").unwrap();
            transaction.commit().unwrap();
        }
        let mut library = super::super::Library::open(&path).unwrap();
        let id = crate::ArxivId::parse("2602.10611").unwrap().0;
        let shown = [(id.clone(), None)].into();
        assert_eq!(library.shown("default").unwrap(), shown);
        // To show it again takes nothing from what was.
        library.note_shown("default", "2026-02-11".parse().unwrap(), &[id]).unwrap();
        assert_eq!(library.shown("default").unwrap(), shown);
    }

    #[test]
    fn a_library_of_the_first_version_keeps_all_and_learns_the_rest() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("old.db");
        {
            let mut connection = Connection::open(&path).unwrap();
            let transaction = connection.transaction().unwrap();
            apply(&transaction, &MIGRATIONS[..1], 0).unwrap();
            transaction
                .execute_batch(
                    "INSERT INTO papers (row, id, version, title, abstract, authors, categories, date, doi, provenance) VALUES \
                     (7, '2602.10611', 1, 'Ice', 'It melts.', '[\"A. Author\"]', 'cs.LG', '2026-02-10', '10.1/X', '1 2026-02-11 snapshot: title abstract authors doi'); \
                     INSERT INTO fingerprints (number, digest, model, description, dimension) VALUES (1, 'd', 'm', 'x', 2);",
                )
                .unwrap();
            transaction.commit().unwrap();
        }
        assert!(matches!(
            super::super::Library::open_read_only(&path),
            Err(Error::Library(LibraryError::Older { found: 1, .. }))
        ));
        let mut library = super::super::Library::open(&path).unwrap();
        let id = crate::ArxivId::parse("2602.10611").unwrap().0;
        assert_eq!(library.paper(&id).unwrap().unwrap().title.as_deref(), Some("Ice"));
        assert_eq!(library.with_doi("10.1/x").unwrap(), std::slice::from_ref(&id));
        library.set_opinions("default", &[(id.clone(), Some(super::super::Opinion::Liked))]).unwrap();
        let day = "2026-02-11".parse().unwrap();
        library.note_shown("default", day, std::slice::from_ref(&id)).unwrap();
        assert_eq!(library.profile("default").unwrap().like, std::slice::from_ref(&id));
        assert_eq!(library.shown("default").unwrap(), [(id.clone(), Some(day))].into());
        assert_eq!(library.fingerprints().unwrap().len(), 1);
        let settings = super::super::EmbeddingSettings {
            model: "m".to_owned(),
            precision: "int8".to_owned(),
            long: "window".to_owned(),
        };
        assert_eq!(library.embedding_settings().unwrap(), None);
        library.set_embedding_settings(&settings).unwrap();
        assert_eq!(library.embedding_settings().unwrap(), Some(settings));
        drop(library);
        assert!(super::super::Library::open_read_only(&path).is_ok());
    }
}
