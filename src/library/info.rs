//! What `relata info` tells of a whole library.

use std::fs;

use jiff::civil::Date;
use rusqlite::Row;

use super::faults::{Faults, unreadable};
use super::{FingerprintNumber, FingerprintText, Library};
use crate::error::Result;
use crate::paper::PartialDate;

/// A library in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info {
    /// Papers.
    pub papers: u64,
    /// Papers with a text to embed.
    pub passages: u64,
    /// Vectors by fingerprint, in the order in which the fingerprints first came.
    pub fingerprints: Vec<StoredFingerprint>,
    /// The first and the last [date](super::Paper::date) of a paper.
    pub dates: Option<(PartialDate, PartialDate)>,
    /// Papers by category (a paper counts in each of its categories), most first, then by name.
    pub categories: Vec<(String, u64)>,
    /// Bytes on disk, the write-ahead log included; 0 in memory.
    pub bytes: u64,
}

/// A fingerprint and its vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFingerprint {
    /// Its number in this file.
    pub number: FingerprintNumber,
    /// What it says.
    pub text: FingerprintText,
    /// How many papers have a vector of it.
    pub vectors: u64,
}

impl Library {
    /// Counts everything.
    pub fn info(&self) -> Result<Info> {
        // One snapshot, so that the numbers fit each other.
        let _snapshot = self.snapshot()?;
        Ok(Info {
            papers: self.count("papers")?,
            passages: self.count("passages")?,
            fingerprints: self.fingerprints()?,
            dates: self.dates()?,
            categories: self.list(
                "SELECT category, count(*) AS papers FROM paper_categories GROUP BY category ORDER BY papers DESC, category",
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?,
            bytes: self.bytes(),
        })
    }

    /// All fingerprints with their numbers of vectors, in the order in which they first came.
    pub fn fingerprints(&self) -> Result<Vec<StoredFingerprint>> {
        self.list(
            "SELECT number, digest, model, description, dimension, vectors FROM fingerprints ORDER BY number",
            |row| {
                let text = FingerprintText {
                    digest: row.get(1)?,
                    model: row.get(2)?,
                    description: row.get(3)?,
                    dimension: row.get(4)?,
                };
                Ok(StoredFingerprint { number: FingerprintNumber(row.get(0)?), text, vectors: row.get(5)? })
            },
        )
    }

    /// One of the counts that the triggers keep.
    pub(super) fn count(&self, name: &str) -> Result<u64> {
        self.connection
            .prepare_cached("SELECT value FROM counts WHERE name = ?1")
            .and_then(|mut statement| statement.query_row([name], |row| row.get(0)))
            .in_library(&self.path)
    }

    pub(super) fn list<T>(&self, sql: &str, read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare(sql).in_library(&self.path)?;
        statement.query_map([], read).and_then(Iterator::collect).in_library(&self.path)
    }

    /// The first and the last of its papers, by [`Paper::date`](super::Paper::date).
    pub fn dates(&self) -> Result<Option<(PartialDate, PartialDate)>> {
        let ends: (Option<String>, Option<String>) = self
            .connection
            .query_row("SELECT (SELECT min(date) FROM papers), (SELECT max(date) FROM papers)", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .in_library(&self.path)?;
        let (Some(first), Some(last)) = ends else { return Ok(None) };
        let parse =
            |text: &str| text.parse().map_err(|_| unreadable(format!("{text:?} is no date"))).in_library(&self.path);
        Ok(Some((parse(&first)?, parse(&last)?)))
    }

    /// The latest date of a paper that may be on `last` or before it.
    pub fn latest(&self, last: Date) -> Result<Option<PartialDate>> {
        let found: Option<String> = self
            .connection
            .query_row("SELECT max(date) FROM papers WHERE date <= ?1", [last.to_string()], |row| row.get(0))
            .in_library(&self.path)?;
        let parse = |text: &String| text.parse().map_err(|_| unreadable(format!("{text:?} is no date")));
        found.as_ref().map(parse).transpose().in_library(&self.path)
    }

    fn bytes(&self) -> u64 {
        let mut log = self.path.as_os_str().to_owned();
        log.push("-wal");
        let size = |path: &std::path::Path| fs::metadata(path).map_or(0, |found| found.len());
        size(&self.path) + size(log.as_ref())
    }
}
