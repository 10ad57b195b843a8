//! What changed since an index was made, and which file is the index.
//!
//! In: the end of a build. Out: the token of the file that belongs to this library, and the papers
//! whose vectors came, went or changed since. Triggers keep the list (`schema/2.sql`), so no writer
//! can forget to, of whatever version of this program.

use rusqlite::{OptionalExtension, TransactionBehavior, params};

use super::faults::Faults;
use super::vectors::key;
use super::{FingerprintNumber, Library, PaperRow};
use crate::error::Result;

impl Library {
    /// From now on notes what changes, if it did not before; gives the number of the last change,
    /// and the token of the index that there is now, empty where there is none.
    pub(crate) fn note_changes(&self, fingerprint: FingerprintNumber) -> Result<(i64, String)> {
        self.connection
            .execute("INSERT OR IGNORE INTO indexes (fingerprint, token) VALUES (?1, '')", [fingerprint.0])
            .and_then(|_| {
                self.connection.query_row(
                    "SELECT (SELECT seq FROM sqlite_sequence WHERE name = 'changes'), token FROM indexes WHERE fingerprint = ?1",
                    [fingerprint.0],
                    |row| Ok((row.get::<_, Option<i64>>(0)?.unwrap_or(0), row.get(1)?)),
                )
            })
            .in_library(&self.path)
    }

    /// Says which file is the index now, forgets the changes that it takes in, and calls `place`,
    /// which puts it in its place. Unless another process has made one since the token was
    /// `before`: that one knows of changes that are forgotten already, so it stays, and the answer
    /// is `false`.
    pub(crate) fn set_index(
        &mut self,
        fingerprint: FingerprintNumber,
        before: &str,
        token: &str,
        taken_in: i64,
        place: impl FnOnce() -> Result<()>,
    ) -> Result<bool> {
        let path = &self.path;
        let (first, end) = keys(fingerprint);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let set = transaction
            .execute(
                "UPDATE indexes SET token = ?2 WHERE fingerprint = ?1 AND token = ?3",
                params![fingerprint.0, token, before],
            )
            .in_library(path)?;
        if set == 0 {
            return Ok(false);
        }
        transaction
            .execute("DELETE FROM changes WHERE number <= ?1 AND key >= ?2 AND key < ?3", params![taken_in, first, end])
            .in_library(path)?;
        // Before the commit: a file that the library does not know of is none, and is made anew.
        place()?;
        transaction.commit().in_library(path)?;
        Ok(true)
    }

    /// Forgets that there is an index and what changed since, and no longer notes it; `remove`
    /// removes its files.
    pub(crate) fn unset_index(&mut self, fingerprint: FingerprintNumber, remove: impl FnOnce()) -> Result<()> {
        let path = &self.path;
        let (first, end) = keys(fingerprint);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        transaction
            .execute("DELETE FROM indexes WHERE fingerprint = ?1", [fingerprint.0])
            .and_then(|_| transaction.execute("DELETE FROM changes WHERE key >= ?1 AND key < ?2", [first, end]))
            .in_library(path)?;
        remove();
        transaction.commit().in_library(path)
    }

    /// The token of the index, if this library has one.
    pub(crate) fn index_token(&self, fingerprint: FingerprintNumber) -> Result<Option<String>> {
        self.connection
            .query_row("SELECT token FROM indexes WHERE fingerprint = ?1 AND token <> ''", [fingerprint.0], |row| {
                row.get(0)
            })
            .optional()
            .in_library(&self.path)
    }

    /// The papers that have a vector, ascending.
    pub(crate) fn embedded(&self, fingerprint: FingerprintNumber) -> Result<Vec<PaperRow>> {
        let (first, end) = keys(fingerprint);
        let mut statement = self
            .connection
            .prepare_cached("SELECT key FROM embeddings WHERE key >= ?1 AND key < ?2 ORDER BY key")
            .in_library(&self.path)?;
        statement
            .query_map([first, end], |row| Ok(PaperRow(row.get::<_, i64>(0)? - first)))
            .and_then(Iterator::collect)
            .in_library(&self.path)
    }

    /// The papers whose vectors changed after the change of that number, ascending, each once.
    pub(crate) fn changed_since(&self, fingerprint: FingerprintNumber, number: i64) -> Result<Vec<PaperRow>> {
        let (first, end) = keys(fingerprint);
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT DISTINCT key FROM changes WHERE number > ?1 AND key >= ?2 AND key < ?3 ORDER BY key",
            )
            .in_library(&self.path)?;
        statement
            .query_map([number, first, end], |row| Ok(PaperRow(row.get::<_, i64>(0)? - first)))
            .and_then(Iterator::collect)
            .in_library(&self.path)
    }
}

/// The first key of a fingerprint, and that behind its last.
fn keys(fingerprint: FingerprintNumber) -> (i64, i64) {
    (key(fingerprint, PaperRow(0)), key(FingerprintNumber(fingerprint.0 + 1), PaperRow(0)))
}
