//! Which papers are withdrawn.
//!
//! In: what was merged of a paper. Out: the set of those that are withdrawn, which answers leave
//! out. The table is derived from the papers ([`Record::is_withdrawn`]) and written with them. A
//! library that another rule has marked is marked anew when it is next opened for writing: by the
//! papers whose texts hold certain words, which are few.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::faults::Faults;
use super::ids::parse_id;
use super::record::Record;
use super::stored::load;
use super::{Library, PaperRow, PaperSet};
use crate::error::Result;

/// The number of the rule in `paper::withdrawn` and its words. Another rule has another number.
const RULE: i64 = 1;

/// Papers that may be withdrawn: a superset of those that are, by any rule. What a comment says
/// stands in no index.
const CANDIDATES: &str = "SELECT row, id FROM papers WHERE withdrawal IS NOT NULL OR comment LIKE '%withd%' \
     OR comment LIKE '%removed by%' OR comment LIKE '%with-drawn%' OR comment LIKE '%widthd%' OR comment LIKE '%whithd%' \
     OR row IN (SELECT rowid FROM keywords WHERE keywords MATCH \
     '{title abstract} : (withd* OR widthd* OR whithd* OR (with AND drawn) OR (removed AND by))')";

impl Library {
    /// The papers that are withdrawn.
    ///
    /// # Errors
    /// What the library reports.
    pub fn withdrawn(&self) -> Result<PaperSet> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT paper FROM withdrawn WHERE paper NOT IN (SELECT row FROM removed_papers) ORDER BY paper",
            )
            .in_library(&self.path)?;
        let rows = statement
            .query_map([], |row| row.get(0).map(PaperRow))
            .and_then(Iterator::collect)
            .in_library(&self.path)?;
        Ok(PaperSet::new(rows))
    }

    /// Marks all papers anew where that was done by another rule.
    pub(super) fn renew_withdrawn(&mut self) -> Result<()> {
        let path = &self.path;
        if rule(&self.connection).in_library(path)? == RULE {
            return Ok(());
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        // Another process may have been faster.
        if rule(&transaction).in_library(path)? != RULE {
            mark_all(&transaction).in_library(path)?;
        }
        transaction.commit().in_library(path)
    }
}

fn rule(connection: &Connection) -> rusqlite::Result<i64> {
    let stored = connection
        .query_row("SELECT value FROM counts WHERE name = 'withdrawn_rule'", [], |row| row.get(0))
        .optional()?;
    Ok(stored.unwrap_or(0))
}

/// Makes the table anew from what the papers say. A paper that cannot be read is left out.
pub(super) fn mark_all(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("DELETE FROM withdrawn; UPDATE table_sums SET sum = 0 WHERE name = 'withdrawn'")?;
    let mut papers = connection.prepare(CANDIDATES)?;
    let mut papers = papers.query([])?;
    while let Some(paper) = papers.next()? {
        let row = PaperRow(paper.get(0)?);
        let Ok(id) = paper.get_ref(1)?.as_str().map_err(Into::into).and_then(parse_id) else { continue };
        if let Ok(record) = load(connection, row, &id) {
            mark(connection, row, false, record.is_withdrawn())?;
        }
    }
    let noted = "INSERT INTO counts VALUES ('withdrawn_rule', ?1) ON CONFLICT DO UPDATE SET value = excluded.value";
    connection.execute(noted, [RULE]).map(|_| ())
}

/// Notes of a paper whether it is withdrawn, where that has changed.
pub(super) fn mark(connection: &Connection, row: PaperRow, before: bool, after: bool) -> rusqlite::Result<()> {
    if before == after {
        return Ok(());
    }
    let sql = match after {
        true => "INSERT OR IGNORE INTO withdrawn (paper) VALUES (?1)",
        false => "DELETE FROM withdrawn WHERE paper = ?1",
    };
    connection.prepare_cached(sql)?.execute([row.0]).map(|_| ())
}

/// As [`mark`], of what was merged.
pub(super) fn mark_merged(
    connection: &Connection,
    row: PaperRow,
    before: &Record,
    after: &Record,
) -> rusqlite::Result<()> {
    mark(connection, row, before.is_withdrawn(), after.is_withdrawn())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::{Filter, Matching};
    use crate::paper::{ArxivId, Entry};
    use crate::{Precedence, SourceKind};

    const NOTICE: &str = "This paper has been withdrawn by the authors due to a wrong sign";

    fn id(number: u32) -> ArxivId {
        ArxivId::parse(&format!("2602.{number:05}")).unwrap().0
    }

    fn entry(number: u32, version: u32, day: &str, comment: Option<&str>) -> Entry {
        let precedence = Precedence { version, date: Some(day.parse().unwrap()), kind: SourceKind::Snapshot };
        let mut entry = Entry::new(id(number), precedence, 1);
        entry.title = Some(format!("Ice {number}"));
        entry.abstract_text = Some("It melts.".to_owned());
        entry.comment = comment.map(str::to_owned);
        entry
    }

    fn withdrawn(library: &Library) -> Vec<ArxivId> {
        library.withdrawn().unwrap().rows().iter().map(|row| library.id_of(*row).unwrap().unwrap()).collect()
    }

    #[test]
    fn a_withdrawn_paper_matches_only_filters_that_want_it() {
        let mut library = Library::in_memory().unwrap();
        library.merge(&[entry(1, 1, "2026-02-01", None), entry(2, 1, "2026-02-01", None)]).unwrap();
        assert_eq!(library.matching(&Filter::new()).unwrap(), Matching::All);
        library.merge(&[entry(2, 2, "2026-02-03", Some(NOTICE))]).unwrap();
        let rows = |numbers: &[u32]| {
            PaperSet::new(numbers.iter().map(|n| library.row_of(&id(*n)).unwrap().unwrap()).collect())
        };
        assert_eq!(library.matching(&Filter::new()).unwrap(), Matching::AllBut(rows(&[2])));
        assert_eq!(library.matching(&Filter::new().withdrawn(true)).unwrap(), Matching::All);
        let since = Filter::new().since("2026-02-01".parse().unwrap());
        assert_eq!(library.matching(&since).unwrap(), Matching::Only(rows(&[1])));
        assert_eq!(library.matching(&since.withdrawn(true)).unwrap(), Matching::Only(rows(&[1, 2])));
        assert!(
            library.paper(&id(2)).unwrap().unwrap().withdrawn && !library.paper(&id(1)).unwrap().unwrap().withdrawn
        );
        library.remove(&[id(2)]).unwrap();
        assert_eq!(library.matching(&Filter::new()).unwrap(), Matching::All);
    }

    #[test]
    fn a_later_version_lifts_the_mark_in_any_order_and_an_earlier_one_does_not() {
        let sources =
            [entry(1, 1, "2026-02-01", None), entry(1, 2, "2026-02-02", Some(NOTICE)), entry(1, 3, "2026-02-03", None)];
        for (order, expected) in [
            (vec![0, 1], true),
            (vec![1, 0], true),
            (vec![1], true),
            (vec![1, 2], false),
            (vec![2, 1], false),
            (vec![2, 0, 1], false),
        ] {
            let mut library = Library::in_memory().unwrap();
            for at in &order {
                library.merge(&[sources[*at].clone()]).unwrap();
            }
            let expected = if expected { vec![id(1)] } else { Vec::new() };
            assert_eq!(withdrawn(&library), expected, "{order:?}");
        }
        // A digest that tells the first version and no comment is older than what tells no version.
        for (day, expected) in [("2026-02-01", vec![id(1)]), ("2026-02-09", Vec::new())] {
            let mut library = Library::in_memory().unwrap();
            library.merge(&[entry(1, 0, "2026-02-05", Some(NOTICE)), entry(1, 1, day, None)]).unwrap();
            assert_eq!(withdrawn(&library), expected, "{day}");
        }
    }

    #[test]
    fn any_source_may_mark_a_paper_without_words() {
        let mut library = Library::in_memory().unwrap();
        let mut marked = entry(1, 2, "2026-02-01", Some("9 pages"));
        marked.withdrawal = Some("yes".to_owned());
        library.merge(&[marked, entry(2, 1, "2026-02-01", None)]).unwrap();
        assert_eq!(withdrawn(&library), [id(1)]);
        library.merge(&[entry(1, 3, "2026-02-08", None)]).unwrap();
        assert!(withdrawn(&library).is_empty());
    }

    #[test]
    fn papers_are_marked_anew_where_another_rule_has_marked_them() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("library.db");
        let mut library = Library::open(&path).unwrap();
        let mut told = entry(2, 1, "2026-02-01", None);
        told.abstract_text = Some(format!("{NOTICE}."));
        let mut named = entry(3, 1, "2026-02-01", None);
        named.title = Some("WITHDRAWN: Ice".to_owned());
        let mut removed = entry(4, 1, "2026-02-01", None);
        removed.comment = Some("This submission has been removed by arXiv administrators".to_owned());
        let mut plate = entry(5, 1, "2026-02-01", None);
        plate.abstract_text = Some("A plate is withdrawn from a bath.".to_owned());
        library.merge(&[entry(1, 1, "2026-02-01", Some(NOTICE)), told, named, removed, plate]).unwrap();
        let marked = withdrawn(&library);
        assert_eq!(marked, [id(1), id(2), id(3), id(4)]);
        let wrong = "DELETE FROM withdrawn; INSERT INTO withdrawn SELECT row FROM papers WHERE id = '2602.00005'";
        library.connection.execute_batch(wrong).unwrap();
        drop(library);
        assert_eq!(withdrawn(&Library::open(&path).unwrap()), [id(5)], "the rule is the same");
        let library = Library::open(&path).unwrap();
        library.connection.execute("UPDATE counts SET value = 0 WHERE name = 'withdrawn_rule'", []).unwrap();
        drop(library);
        assert_eq!(withdrawn(&Library::open(&path).unwrap()), marked);
    }
}
