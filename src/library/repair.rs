//! Mending what a check found.
//!
//! In: the findings, and a library of what sources say where these are at hand. Out: what was
//! mended and what is left. Nothing is guessed: a row counts as mended only where its sum is that
//! of what was written. The sum shows this for a flipped bit, which is sought by trying all of
//! them, and for a value that a source gives. Vectors that cannot be mended are deleted, to be
//! embedded again; what can be made from the rest is made anew.

use rusqlite::{Connection, OptionalExtension, ToSql, TransactionBehavior, params_from_iter};

use super::Library;
use super::check::Findings;
use super::faults::Faults;
use super::merge::{columns, write_all_keywords};
use super::raw::{RawRow, RawValue, put, read, stored_row};
use super::removal::stored_table;
use super::sums::{PARTS, Summed, VECTORS, table_sum};
use super::withdrawn::mark_all;
use crate::error::Result;

/// What a repair did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// What was mended, in words.
    pub mended: Vec<String>,
    /// Vectors that were deleted, since they could not be mended.
    pub dropped: u64,
}

impl Library {
    /// Mends what `findings` tell, as far as that is certain, in one transaction; with what
    /// `sources` hold of a paper where its own row does not suffice. What is left is what the next
    /// [`Library::inspect`] finds.
    ///
    /// # Errors
    /// What SQLite reports; then nothing is changed.
    pub fn repair(&mut self, findings: &Findings, sources: Option<&Library>) -> Result<Repaired> {
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let mut done = Repaired::default();
        let mender = Mender { connection: &transaction, sources: sources.map(|sources| &sources.connection) };
        mender.mend_all(findings, &mut done).in_library(path)?;
        transaction.commit().in_library(path)?;
        Ok(done)
    }
}

/// What mends a paper.
enum Change {
    /// A row becomes another.
    Row(RawRow, RawRow),
    /// A row was lost.
    Lost(RawRow),
}

/// What became of a vector.
enum Vector {
    /// It is as it was written, and nothing was done.
    Sound,
    Mended,
    Lost,
}

struct Mender<'c> {
    connection: &'c Connection,
    sources: Option<&'c Connection>,
}

impl Mender<'_> {
    fn mend_all(&self, findings: &Findings, done: &mut Repaired) -> rusqlite::Result<()> {
        if findings.indexes {
            self.connection.execute_batch("REINDEX")?;
        }
        // The dimensions of vectors stand in one of them.
        for (summed, wanted) in &findings.tables {
            if self.mend_table(summed, *wanted)? {
                done.mended.push(format!("the table {}", summed.table));
            }
        }
        for damaged in &findings.seen.papers {
            if self.mend_paper(damaged.key)? {
                done.mended.push(damaged.id.clone());
            }
        }
        for damaged in &findings.seen.vectors {
            match self.mend_vector(damaged.key)? {
                Vector::Sound => {}
                Vector::Mended => done.mended.push(format!("the vector of {}", damaged.id)),
                Vector::Lost => {
                    let delete = "DELETE FROM stored_embeddings WHERE key = ?1";
                    done.dropped += self.connection.execute(delete, [damaged.key])? as u64;
                }
            }
        }
        for (table, key) in &findings.seen.orphans {
            if matches!(*table, "paper_sums" | "vector_sums") {
                let column = if *table == "paper_sums" { "paper" } else { "key & ((1 << 40) - 1)" };
                self.connection.execute(&format!("DELETE FROM {table} WHERE {column} = ?1"), [key])?;
            }
        }
        if findings.keywords {
            write_all_keywords(self.connection)?;
            done.mended.push("the keyword index".to_owned());
        }
        mark_all(self.connection)?;
        self.count_again()
    }

    /// Whether a paper is as it was written once this is done.
    fn mend_paper(&self, row: i64) -> rusqlite::Result<bool> {
        let stored = self.stored_sum("paper_sums", "paper", row)?;
        let rows = self.rows_of(self.connection, row)?;
        let sum = rows.iter().fold(0i64, |sum, row| sum.wrapping_add(row.sum()));
        let Some(stored) = stored.filter(|stored| !one_bit_apart(*stored, sum)) else {
            // The row is right and its sum was damaged, or lost.
            self.connection.execute("INSERT OR REPLACE INTO paper_sums VALUES (?1, ?2)", [row, sum])?;
            return Ok(true);
        };
        let flipped = rows.iter().find_map(|row| {
            let wanted = stored.wrapping_sub(sum).wrapping_add(row.sum());
            row.unflipped(wanted).map(|right| Change::Row(row.clone(), right))
        });
        let change = match flipped {
            Some(change) => Some(change),
            None => self.told_by_sources(&rows, stored.wrapping_sub(sum))?,
        };
        match change {
            Some(Change::Row(old, new)) => self.replace(row, &old, &new),
            Some(Change::Lost(lost)) => self.insert(row, &lost),
            None => Ok(false),
        }
    }

    /// The row of `papers` and all that belong to it.
    fn rows_of(&self, connection: &Connection, row: i64) -> rusqlite::Result<Vec<RawRow>> {
        let mut rows = read(connection, "papers", columns().collect(), "row", row)?;
        for part in &PARTS {
            rows.extend(read(connection, part.table, part.columns.to_vec(), "paper", row)?);
        }
        Ok(rows)
    }

    /// A value or a row of the sources that changes the sum by what is missing.
    fn told_by_sources(&self, rows: &[RawRow], missing: i64) -> rusqlite::Result<Option<Change>> {
        let (Some(sources), Some(paper)) = (self.sources, rows.first()) else { return Ok(None) };
        let found = sources.query_row("SELECT row FROM papers WHERE id = ?1", [&paper.values[0]], |row| row.get(0));
        let Some(row) = found.optional()? else { return Ok(None) };
        let told = self.rows_of(sources, row)?;
        let fits = |old: &RawRow, new: &RawRow| new.sum().wrapping_sub(old.sum()) == missing;
        for new in &told {
            for old in rows.iter().filter(|old| old.table == new.table) {
                if fits(old, new) {
                    return Ok(Some(Change::Row(old.clone(), new.clone())));
                }
                for at in 0..old.values.len() {
                    let mut mixed = old.clone();
                    mixed.values[at] = new.values[at].clone();
                    if fits(old, &mixed) {
                        return Ok(Some(Change::Row(old.clone(), mixed)));
                    }
                }
            }
            if new.sum() == missing {
                return Ok(Some(Change::Lost(new.clone())));
            }
        }
        Ok(None)
    }

    fn replace(&self, row: i64, old: &RawRow, new: &RawRow) -> rusqlite::Result<bool> {
        let owner = match old.table {
            "papers" => "row",
            "embeddings" => "key",
            _ => "paper",
        };
        let changed: Vec<usize> = (0..old.values.len()).filter(|at| old.values[*at] != new.values[*at]).collect();
        let set: Vec<String> = (2..).zip(&changed).map(|(n, at)| format!("{} = ?{n}", old.columns[*at])).collect();
        let first = 2 + changed.len();
        let same: Vec<String> =
            (first..).zip(&old.columns).map(|(n, column)| format!(" AND {column} IS ?{n}")).collect();
        let sql =
            format!("UPDATE {} SET {} WHERE {owner} = ?1{}", stored_table(old.table), set.join(", "), same.concat());
        let row = RawValue::Integer(row);
        let values = [&row].into_iter().chain(changed.iter().map(|at| &new.values[*at])).chain(&old.values);
        Ok(self.connection.execute(&sql, params_from_iter(values))? > 0)
    }

    fn insert(&self, row: i64, lost: &RawRow) -> rusqlite::Result<bool> {
        let mut whole = lost.clone();
        whole.columns.push("paper");
        whole.values.push(RawValue::Integer(row));
        put(self.connection, &whole)
    }

    fn mend_vector(&self, key: i64) -> rusqlite::Result<Vector> {
        let stored = self.stored_sum("vector_sums", "key", key)?;
        let row = read(self.connection, VECTORS.table, VECTORS.columns.to_vec(), "key", key)?.pop();
        let (Some(stored), Some(row)) = (stored, row) else { return Ok(Vector::Lost) };
        if one_bit_apart(stored, row.sum()) {
            self.connection.execute("UPDATE vector_sums SET sum = ?2 WHERE key = ?1", [key, row.sum()])?;
            return Ok(Vector::Mended);
        }
        if stored == row.sum() {
            // It seemed wrong beside a paper or a fingerprint that is mended by now, or it is.
            let sound = "SELECT 1 FROM embeddings e JOIN papers p ON p.row = e.paper JOIN fingerprints f \
                         ON f.number = e.fingerprint WHERE e.key = ?1 AND p.passage IS e.passage \
                         AND length(e.vector) = 4 * f.dimension";
            return Ok(if self.connection.prepare_cached(sound)?.exists([key])? {
                Vector::Sound
            } else {
                Vector::Lost
            });
        }
        let right = row.unflipped(stored).filter(|right| right.values[0] == row.values[0]);
        let mended = right.map_or(Ok(false), |right| self.replace(key, &row, &right))?;
        Ok(if mended { Vector::Mended } else { Vector::Lost })
    }

    /// A table with one sum for all rows. Vectors of facets and liked texts, and the notes on the
    /// index, which can be made again, are deleted where they cannot be mended.
    fn mend_table(&self, summed: &Summed, wanted: i64) -> rusqlite::Result<bool> {
        // Derived from the papers.
        if summed.table == "withdrawn" {
            return mark_all(self.connection).map(|()| true);
        }
        let sum = table_sum(self.connection, summed)?;
        let stored = self.stored_sum("table_sums", "name", summed.table)?.unwrap_or(wanted);
        let set = |sum: i64| {
            let update = "UPDATE table_sums SET sum = ?2 WHERE name = ?1";
            self.connection.execute(update, (summed.table, sum)).map(|_| ())
        };
        if one_bit_apart(stored, sum) {
            return set(sum).map(|()| true);
        }
        let mut statement =
            self.connection.prepare(&format!("SELECT {} FROM {}", summed.columns.join(", "), summed.table))?;
        let mut rows = statement.query([])?;
        let mut found = None;
        while let Some(row) = rows.next()? {
            let row = stored_row(summed.table, summed.columns.to_vec(), row)?;
            let right = row.unflipped(stored.wrapping_sub(sum).wrapping_add(row.sum()));
            if let Some(right) = right {
                found = Some((row, right));
                break;
            }
        }
        drop(rows);
        drop(statement);
        if let Some((old, new)) = found {
            let places = |from: usize, between: &str, is: &str| {
                let parts: Vec<String> =
                    (from..).zip(&old.columns).map(|(n, column)| format!("{column} {is} ?{n}")).collect();
                parts.join(between)
            };
            let count = old.columns.len();
            let sql =
                format!("UPDATE {} SET {} WHERE {}", old.table, places(1, ", ", "="), places(count + 1, " AND ", "IS"));
            self.connection.execute(&sql, params_from_iter(new.values.iter().chain(&old.values)))?;
            // The triggers have added what the row was changed by.
            return set(stored)
                .map(|()| table_sum(self.connection, summed))
                .map(|sum| sum.is_ok_and(|sum| sum == stored));
        }
        if ["facet_embeddings", "text_embeddings", "changes", "indexes"].contains(&summed.table) {
            self.connection.execute_batch("DELETE FROM indexes; DELETE FROM changes")?;
            self.connection.execute(&format!("DELETE FROM {}", summed.table), [])?;
            for table in ["indexes", "changes", summed.table] {
                self.connection.execute("UPDATE table_sums SET sum = 0 WHERE name = ?1", [table])?;
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn stored_sum(&self, table: &str, column: &str, key: impl ToSql) -> rusqlite::Result<Option<i64>> {
        let sql = format!("SELECT sum FROM {table} WHERE {column} = ?1");
        self.connection.query_row(&sql, [key], |row| row.get(0)).optional()
    }

    fn count_again(&self) -> rusqlite::Result<()> {
        self.connection.execute_batch(
            "UPDATE counts SET value = (SELECT count(*) FROM papers) WHERE name = 'papers'; \
             UPDATE counts SET value = (SELECT count(passage) FROM papers) WHERE name = 'passages'; \
             UPDATE fingerprints SET vectors = (SELECT count(*) FROM embeddings WHERE fingerprint = number)",
        )
    }
}

fn one_bit_apart(one: i64, other: i64) -> bool {
    (one ^ other).count_ones() == 1
}
