//! Removing papers, and the vectors of texts that have changed.
//!
//! In: ids, or a row whose text is another one now. Out: rows that no query finds any more. They
//! are marked, which costs a few pages however many they are, and deleted a bounded number at a
//! time, by this writer and those that come later (docs/design/sqlite.md). So a few papers are gone
//! from the file at once, and ten thousand in little time.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::faults::Faults;
use super::ids::row_of;
use super::{Library, PaperRow};
use crate::error::Result;
use crate::paper::ArxivId;

/// So many marked papers, and as many marked vectors, a writer deletes in its transaction.
pub(super) const AT_ONCE: usize = 512;

/// As many where nothing else is waited for.
const PORTION: usize = 4096;

/// Tables that readers know by the name of a view, which leaves out what is marked.
const VIEWED: [(&str, &str); 4] = [
    ("papers", "stored_papers"),
    ("paper_categories", "stored_paper_categories"),
    ("listings", "stored_listings"),
    ("embeddings", "stored_embeddings"),
];

/// The table that holds the rows which are asked for under this name.
pub(super) fn stored_table(name: &'static str) -> &'static str {
    VIEWED.iter().find(|(view, _)| *view == name).map_or(name, |(_, table)| table)
}

impl Library {
    /// Removes papers with all that belongs to them, in one transaction. Says for each id whether
    /// it was there.
    ///
    /// # Errors
    /// What SQLite reports; then nothing is removed.
    pub fn remove(&mut self, ids: &[ArxivId]) -> Result<Vec<bool>> {
        self.keep_more_pages()?;
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let remove = || -> rusqlite::Result<Vec<bool>> {
            let rows = ids.iter().map(|id| row_of(&transaction, id)).collect::<rusqlite::Result<Vec<_>>>()?;
            // In their order in the file, so that a page is changed once for all that go from it.
            let ordered: BTreeSet<PaperRow> = rows.iter().flatten().copied().collect();
            for row in &ordered {
                // At once, since how rare a word is depends on it.
                transaction.prepare_cached("DELETE FROM keywords WHERE rowid = ?1")?.execute([row.0])?;
                transaction.prepare_cached("INSERT INTO removed_papers (row) VALUES (?1)")?.execute([row.0])?;
            }
            delete_marked(&transaction, AT_ONCE)?;
            // An id that is named twice went once.
            let mut left = ordered;
            Ok(rows.into_iter().map(|row| row.is_some_and(|row| left.remove(&row))).collect())
        };
        let removed = remove().in_library(path)?;
        transaction.commit().in_library(path)?;
        Ok(removed)
    }

    /// Deletes all that is only marked, some thousand rows to a transaction.
    ///
    /// # Errors
    /// What SQLite reports; then the rest stays marked.
    pub(super) fn delete_all_marked(&mut self) -> Result<()> {
        while self.has_marks()? {
            let path = &self.path;
            let transaction =
                self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
            delete_marked(&transaction, PORTION).in_library(path)?;
            transaction.commit().in_library(path)?;
        }
        Ok(())
    }

    fn has_marks(&self) -> Result<bool> {
        has_marks(&self.connection).in_library(&self.path)
    }
}

/// Whether any paper or vector is marked.
pub(super) fn has_marks(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM removed_papers) OR EXISTS (SELECT 1 FROM outdated_vectors)";
    connection.query_row(sql, [], |row| row.get(0))
}

/// Whether every mark can be read, on which all reading depends.
pub(super) fn marks_are_readable(connection: &Connection) -> bool {
    let sql = "SELECT (SELECT sum(row) FROM removed_papers), (SELECT sum(key >> 40) FROM outdated_vectors)";
    connection.query_row(sql, [], |_| Ok(())).is_ok()
}

/// Lets this connection read what is marked as well: in a damaged file, better a paper that was
/// removed than none.
pub(super) fn ignore_marks(connection: &Connection) -> rusqlite::Result<()> {
    for (view, table) in VIEWED {
        // A temporary name comes before one of the file.
        connection.execute_batch(&format!("CREATE TEMP VIEW {view} AS SELECT * FROM main.{table}"))?;
    }
    Ok(())
}

/// Marks the vectors of a paper: its text is another one now.
pub(super) fn outdate_vectors(connection: &Connection, row: PaperRow) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO outdated_vectors (key) SELECT key FROM stored_embeddings WHERE paper = ?1",
        )?
        .execute([row.0])?;
    Ok(())
}

/// What a library holds under an id.
pub(super) enum Stored {
    /// A paper.
    Paper(PaperRow),
    /// The row of a paper that was removed; [`delete_paper`] makes room for a new one.
    Removed(PaperRow),
}

/// What stands under an id, by one look-up.
pub(super) fn stored_under(connection: &Connection, id: &ArxivId) -> rusqlite::Result<Option<Stored>> {
    let mut statement = connection
        .prepare_cached("SELECT row, row IN (SELECT row FROM removed_papers) FROM stored_papers WHERE id = ?1")?;
    let stored = statement.query_row([id.as_str()], |found| {
        let row = PaperRow(found.get(0)?);
        Ok(if found.get(1)? { Stored::Removed(row) } else { Stored::Paper(row) })
    });
    stored.optional()
}

/// Deletes a vector that is outdated, so that another one may be stored under its key.
pub(super) fn make_room_for_vector(connection: &Connection, key: i64) -> rusqlite::Result<()> {
    if connection.prepare_cached("SELECT 1 FROM outdated_vectors WHERE key = ?1")?.exists([key])? {
        delete_vector(connection, key)?;
    }
    Ok(())
}

/// Deletes some of the rows that are marked, the lowest first.
pub(super) fn delete_marked(connection: &Connection, most: usize) -> rusqlite::Result<()> {
    for row in marked(connection, "SELECT row FROM removed_papers ORDER BY row LIMIT ?1", most)? {
        delete_paper(connection, PaperRow(row))?;
    }
    for key in marked(connection, "SELECT key FROM outdated_vectors ORDER BY key LIMIT ?1", most)? {
        delete_vector(connection, key)?;
    }
    Ok(())
}

fn marked(connection: &Connection, sql: &str, most: usize) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([most], |row| row.get(0))?;
    rows.collect()
}

/// Deletes a paper that is marked, and all that belongs to it.
pub(super) fn delete_paper(connection: &Connection, row: PaperRow) -> rusqlite::Result<()> {
    // All other tables follow by their foreign keys. The marks go last: by them, the triggers see
    // that these rows count no longer.
    let keys = vector_keys(connection, row)?;
    connection.prepare_cached("DELETE FROM stored_papers WHERE row = ?1")?.execute([row.0])?;
    for key in keys {
        connection.prepare_cached("DELETE FROM outdated_vectors WHERE key = ?1")?.execute([key])?;
    }
    connection.prepare_cached("DELETE FROM removed_papers WHERE row = ?1")?.execute([row.0])?;
    Ok(())
}

fn vector_keys(connection: &Connection, row: PaperRow) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached("SELECT key FROM stored_embeddings WHERE paper = ?1")?;
    let keys = statement.query_map([row.0], |found| found.get(0))?;
    keys.collect()
}

fn delete_vector(connection: &Connection, key: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM stored_embeddings WHERE key = ?1")?.execute([key])?;
    connection.prepare_cached("DELETE FROM outdated_vectors WHERE key = ?1")?.execute([key])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};

    use super::super::{Filter, FingerprintNumber, FingerprintText, Matching, NewVector, Outcome, Tokens};
    use super::*;
    use crate::paper::{Entry, Listing};
    use crate::{Precedence, SourceKind};

    const DAY: Date = date(2026, 1, 9);

    fn id(number: usize) -> ArxivId {
        ArxivId::parse(&format!("2601.{number:05}")).unwrap().0
    }

    fn entry(number: usize, version: u32, title: &str) -> Entry {
        let precedence = Precedence { version, date: None, kind: SourceKind::RawJsonl };
        let mut entry = Entry::new(id(number), precedence, 1);
        entry.title = Some(format!("{title} {number}"));
        entry.categories = vec!["cs.LG".to_owned()];
        entry.listing = Some(Listing { file: "a.md".to_owned(), date: Some(DAY) });
        entry
    }

    fn embed(library: &mut Library, number: FingerprintNumber) -> usize {
        let missing = library.next_missing(number, None, 9999).unwrap();
        let new: Vec<NewVector<'_>> = missing
            .iter()
            .map(|paper| NewVector {
                row: paper.row,
                passage_hash: paper.passage_hash,
                vector: &[0.6, 0.8],
                tokens: Tokens::default(),
            })
            .collect();
        library.store_vectors(number, &new).unwrap().stored
    }

    /// More papers than one transaction deletes, each with a vector.
    fn library(papers: usize) -> (Library, FingerprintNumber) {
        let mut library = Library::in_memory().unwrap();
        let entries: Vec<Entry> = (1..=papers).map(|number| entry(number, 1, "Ice")).collect();
        library.merge(&entries).unwrap();
        let text = FingerprintText { digest: "d".into(), model: "m".into(), description: "x".into(), dimension: 2 };
        let number = library.ensure_fingerprint(&text).unwrap();
        library.note_changes(number).unwrap();
        assert_eq!(embed(&mut library, number), papers);
        (library, number)
    }

    fn rows_of(library: &Library, table: &str) -> i64 {
        library.connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    /// All that is asked about papers and vectors.
    fn told(library: &Library, number: FingerprintNumber) -> (u64, usize, usize, usize, usize, usize, u64) {
        let mut scanned = 0;
        library.scan(number, &mut |_, _| scanned += 1).unwrap();
        let Matching::Only(categories) = library.matching(&Filter::new().categories(["cs.LG"])).unwrap() else {
            panic!("a category has been asked for");
        };
        (
            library.len().unwrap(),
            categories.len(),
            library.listed_on(DAY).unwrap().len(),
            library.holding("ice").unwrap().len(),
            library.embedded(number).unwrap().len(),
            scanned,
            library.missing(number).unwrap(),
        )
    }

    #[test]
    fn many_papers_are_gone_at_once_though_only_some_are_deleted() {
        let (mut library, number) = library(1500);
        let ids: Vec<ArxivId> = (1..=1400).map(id).collect();
        assert!(library.remove(&ids).unwrap().iter().all(|gone| *gone));
        assert_eq!(told(&library, number), (100, 100, 100, 100, 100, 100, 0));
        assert_eq!(rows_of(&library, "removed_papers"), 1400 - 512);
        assert_eq!((rows_of(&library, "stored_papers"), rows_of(&library, "stored_embeddings")), (988, 988));
        assert_eq!((library.row_of(&id(1400)).unwrap(), library.paper(&id(1400)).unwrap()), (None, None));
        assert!(library.remove(&ids).unwrap().iter().all(|gone| !*gone), "they are gone already");
        assert_eq!(library.check().unwrap(), []);
        // The index of neighbours is told of each once, whether it was deleted or marked.
        assert_eq!(library.changed_since(number, 1500).unwrap().len(), 1400);
        // The second call has deleted some as well.
        assert_eq!(rows_of(&library, "stored_papers"), 100 + 1400 - 2 * 512);
        library.complete_sums().unwrap();
        assert_eq!((rows_of(&library, "stored_papers"), rows_of(&library, "stored_embeddings")), (100, 100));
        assert_eq!((rows_of(&library, "removed_papers"), rows_of(&library, "paper_sums")), (0, 100));
        assert_eq!(told(&library, number), (100, 100, 100, 100, 100, 100, 0));
        assert_eq!(library.changed_since(number, 1500).unwrap().len(), 1400);
        assert_eq!(library.check().unwrap(), []);
    }

    #[test]
    fn a_paper_that_is_marked_as_removed_comes_back_as_a_new_one() {
        let (mut library, number) = library(700);
        let before = library.row_of(&id(700)).unwrap();
        library.remove(&(1..=700).map(id).collect::<Vec<_>>()).unwrap();
        assert_eq!(library.merge(&[entry(700, 1, "Snow")]).unwrap(), [Outcome::Added]);
        assert!(library.row_of(&id(700)).unwrap() > before, "row numbers are not used again");
        assert_eq!(library.paper(&id(700)).unwrap().unwrap().title.as_deref(), Some("Snow 700"));
        assert_eq!(told(&library, number), (1, 1, 1, 0, 0, 0, 1));
        assert_eq!(embed(&mut library, number), 1);
        assert_eq!((rows_of(&library, "stored_papers"), library.check().unwrap()), (1, Vec::new()));
    }

    #[test]
    fn vectors_of_texts_that_changed_are_none_and_are_replaced() {
        let (mut library, number) = library(1300);
        let changed: Vec<Entry> = (1..=1200).map(|number| entry(number, 2, "Snow")).collect();
        assert!(library.merge(&changed).unwrap().iter().all(|outcome| *outcome == Outcome::Updated));
        assert_eq!(told(&library, number), (1300, 1300, 1300, 100, 100, 100, 1200));
        assert_eq!(rows_of(&library, "outdated_vectors"), 1200 - 512);
        assert_eq!(library.vector(number, library.row_of(&id(1200)).unwrap().unwrap()).unwrap(), None);
        assert_eq!(library.check().unwrap(), []);
        // A text that is the old one again has no vector any more, and gets one.
        library.merge(&[entry(1200, 3, "Ice")]).unwrap();
        library.remove(&[id(1199)]).unwrap();
        assert_eq!(library.check().unwrap(), []);
        assert_eq!(embed(&mut library, number), 1199);
        assert_eq!((rows_of(&library, "outdated_vectors"), rows_of(&library, "stored_embeddings")), (0, 1299));
        assert_eq!(told(&library, number), (1299, 1299, 1299, 101, 1299, 1299, 0));
        assert_eq!(library.check().unwrap(), []);
    }

    #[test]
    fn another_model_forgets_what_is_marked_as_well() {
        let (mut library, number) = library(600);
        library.merge(&(1..=600).map(|number| entry(number, 2, "Snow")).collect::<Vec<_>>()).unwrap();
        let text = FingerprintText { digest: "e".into(), model: "n".into(), description: "y".into(), dimension: 2 };
        let other = library.ensure_fingerprint(&text).unwrap();
        assert_eq!(embed(&mut library, other), 600);
        assert_eq!(library.forget_others(other).unwrap(), 0, "those of the old text were none");
        assert_eq!((rows_of(&library, "outdated_vectors"), rows_of(&library, "stored_embeddings")), (0, 600));
        assert_eq!(library.fingerprint("d").unwrap(), None);
        assert_ne!(number, other);
        assert_eq!(library.check().unwrap(), []);
    }
}
