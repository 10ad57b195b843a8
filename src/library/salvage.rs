//! What can still be read of a library's file that SQLite refuses to open, as one that was cut.
//!
//! In: the damaged file, which is only read, and the path of a new one. Out: a library of what came
//! back. Tables are read row by row in the order of their keys, and where pages are missing the
//! next row that can be read is sought by doubling steps. SQLite's own recovery, which also finds
//! pages that nothing leads to any more, needs its `sqlite_dbpage` table, which the bundled SQLite
//! is built without.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Row, Statement, TransactionBehavior, params};

use super::faults::Faults;
use super::merge::{columns, write_all_keywords};
use super::raw::{RawRow, RawValue, put, read, stored_row};
use super::removal::{ignore_marks, marks_are_readable};
use super::sums::{PARTS, VECTORS, tables};
use super::walk::{Model, Seen, Span, walk};
use super::withdrawn::mark_all;
use super::{Library, schema};
use crate::error::{Error, LibraryError, Result};

/// How much came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Salvaged {
    /// Papers.
    pub papers: u64,
    /// Of these, those of which something is missing.
    pub incomplete: u64,
    /// Vectors.
    pub vectors: u64,
}

/// Rows that are written in one transaction.
const PORTION: usize = 4096;

/// What belongs to an index, to facets or to liked texts is made anew, and what is marked is not
/// read.
const LEFT_OUT: [&str; 6] =
    ["indexes", "changes", "facet_embeddings", "text_embeddings", "removed_papers", "outdated_vectors"];

impl Library {
    /// Reads what can be read of a damaged library into a new one, which must not be there yet.
    ///
    /// # Errors
    /// [`LibraryError::Damaged`] where not even the tables can be told, or no paper can be read;
    /// [`Error::Io`] where the new file is there already.
    pub fn salvage(from: &Path, to: &Path) -> Result<Salvaged> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let old = Connection::open_with_flags(std::path::absolute(from).map_err(Error::io(from))?, flags)
            .and_then(|old| {
                // SQLite then reads a file that is shorter than its header says.
                old.pragma_update(None, "writable_schema", true)?;
                if !marks_are_readable(&old) {
                    ignore_marks(&old)?;
                }
                old.query_row("SELECT count(*) FROM papers WHERE row < 0", [], |_| Ok(()))?;
                Ok(old)
            })
            .in_library(from)?;
        let version: i64 = old.pragma_query_value(None, "user_version", |row| row.get(0)).in_library(from)?;
        if version != schema::current_version() {
            return Err(LibraryError::Older {
                path: from.to_owned(),
                found: version,
                known: schema::current_version(),
            }
            .into());
        }
        std::fs::File::create_new(to).map_err(Error::io(to))?;
        let mut new = Library::open(to)?;
        let salvaged = new.fill_from(&old)?;
        if salvaged.papers == 0 {
            drop(new);
            std::fs::remove_file(to).map_err(Error::io(to))?;
            let what = "no paper can be read".to_owned();
            return Err(LibraryError::Damaged { path: from.to_owned(), what }.into());
        }
        Ok(salvaged)
    }

    fn fill_from(&mut self, old: &Connection) -> Result<Salvaged> {
        let path = self.path.clone();
        let mut salvaged = Salvaged::default();
        // Fingerprints first, as vectors belong to them.
        for summed in tables().filter(|summed| !LEFT_OUT.contains(&summed.table)) {
            let rows = small_table(old, summed.table, summed.columns);
            self.put_all(&rows)?;
        }
        let columns: Vec<&'static str> = ["row"].into_iter().chain(columns()).collect();
        let mut batch = Vec::new();
        each_row(old, "papers", "row", &columns, &mut |paper, row| {
            batch.push(row);
            for part in &PARTS {
                let columns: Vec<&'static str> = ["paper"].into_iter().chain(part.columns.iter().copied()).collect();
                batch.extend(read(old, part.table, columns, "paper", paper).unwrap_or_default());
            }
            batch.extend(read(old, "paper_sums", vec!["paper", "sum"], "paper", paper).unwrap_or_default());
            if batch.len() >= PORTION {
                self.put_all(&std::mem::take(&mut batch))?;
            }
            Ok(())
        })?;
        self.put_all(&std::mem::take(&mut batch))?;
        each_row(old, VECTORS.table, "key", VECTORS.columns, &mut |key, row| {
            let sum = read(old, "vector_sums", vec!["sum"], "key", key).unwrap_or_default().pop();
            if sum.is_none_or(|sum| sum.values == [RawValue::Integer(row.sum())]) {
                batch.push(row);
            }
            if batch.len() >= PORTION {
                self.put_all(&std::mem::take(&mut batch))?;
            }
            Ok(())
        })?;
        self.put_all(&batch)?;
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(&path)?;
        settle(&transaction, &mut salvaged).in_library(&path)?;
        transaction.commit().in_library(&path)?;
        Ok(salvaged)
    }

    /// Stores rows as they are; one that does not fit is left out.
    fn put_all(&mut self, rows: &[RawRow]) -> Result<()> {
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        for row in rows {
            let _ = put(&transaction, row);
        }
        transaction.commit().in_library(path)
    }
}

/// Leaves out what is damaged among what was read, and makes the rest whole.
fn settle(new: &Connection, salvaged: &mut Salvaged) -> rusqlite::Result<()> {
    let models = new
        .prepare("SELECT number, dimension FROM fingerprints ORDER BY number")?
        .query_map([], |row| Ok(Model { number: row.get(0)?, dimension: row.get(1)? }))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut seen = Seen::default();
    walk(new, &models, Span { from: 0, until: 1 << schema::ROW_BITS }, &mut seen)?;
    for damaged in &seen.vectors {
        new.execute("DELETE FROM stored_embeddings WHERE key = ?1", [damaged.key])?;
    }
    // What is left of a paper is what it is from here on.
    for damaged in &seen.papers {
        new.execute("DELETE FROM paper_sums WHERE paper = ?1", [damaged.key])?;
        salvaged.incomplete += 1;
    }
    let mut again = Seen::default();
    walk(new, &models, Span { from: 0, until: 1 << schema::ROW_BITS }, &mut again)?;
    for (paper, sum) in again.unsummed_papers {
        new.execute("INSERT INTO paper_sums VALUES (?1, ?2)", params![paper, sum])?;
    }
    // A paper whose text is not the one that it was stored with would never be right again.
    for damaged in &again.papers {
        new.execute("DELETE FROM stored_papers WHERE row = ?1", [damaged.key])?;
        salvaged.incomplete -= 1;
    }
    write_all_keywords(new)?;
    mark_all(new)?;
    let count = |table: &str| new.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0));
    (salvaged.papers, salvaged.vectors) = (count("papers")?, count("embeddings")?);
    Ok(())
}

/// Visits every row that can be read, by its key.
fn each_row(
    old: &Connection,
    table: &'static str,
    key: &str,
    columns: &[&'static str],
    visit: &mut dyn FnMut(i64, RawRow) -> Result<()>,
) -> Result<()> {
    let sql = format!("SELECT {} FROM {table} WHERE {key} >= ?1 ORDER BY {key}", columns.join(", "));
    let Ok(mut statement) = old.prepare(&sql) else { return Ok(()) };
    let mut from = 0i64;
    loop {
        let Ok(mut rows) = statement.query([from]) else { return Ok(()) };
        let ended = loop {
            match rows.next() {
                Ok(Some(row)) => {
                    let Ok((at, row)) = keyed(table, columns, row) else { break false };
                    from = at + 1;
                    visit(at, row)?;
                }
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        if ended {
            return Ok(());
        }
        drop(rows);
        let Some(next) = beyond_hole(&mut statement, from) else { return Ok(()) };
        from = next;
    }
}

/// The first key beyond pages that cannot be read, which begin with `from`.
fn beyond_hole(statement: &mut Statement<'_>, from: i64) -> Option<i64> {
    let mut readable = |key: i64| statement.query([key]).is_ok_and(|mut rows| rows.next().is_ok());
    let (mut low, mut high) = (from, from + 1);
    while !readable(high) {
        low = high;
        high = from.checked_add((high - from).checked_mul(2)?)?;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if readable(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

fn keyed(table: &'static str, columns: &[&'static str], row: &Row<'_>) -> rusqlite::Result<(i64, RawRow)> {
    Ok((row.get(0)?, stored_row(table, columns.to_vec(), row)?))
}

/// What can be read of a small table, from its beginning on.
fn small_table(old: &Connection, table: &'static str, columns: &[&'static str]) -> Vec<RawRow> {
    let Ok(mut statement) = old.prepare(&format!("SELECT {} FROM {table}", columns.join(", "))) else {
        return Vec::new();
    };
    let Ok(mut rows) = statement.query([]) else { return Vec::new() };
    let mut found = Vec::new();
    while let Ok(Some(row)) = rows.next() {
        found.extend(stored_row(table, columns.to_vec(), row));
    }
    found
}
