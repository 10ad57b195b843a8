//! `relata check`: whether everything in the file fits together and is as it was written.
//!
//! In: a library. Out: problems in words, none where all is well, and the papers that they concern.
//! SQLite checks its own pages and keys; what only we know is checked here: each row against its
//! sum, texts against hashes, vectors against their dimension and length, counts, keywords.

use std::collections::BTreeSet;
use std::fmt;

use rusqlite::{OptionalExtension, TransactionBehavior};

use super::Library;
use super::faults::Faults;
use super::passes::Passed;
use super::sums::{Summed, table_sum, tables};
use super::vectors::{flaw, floats};
use super::walk::{Damaged, Model, Seen, Span, text, walk};
use crate::error::Result;
use crate::paper::ArxivId;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What, in words.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// All that a check found.
#[derive(Debug, Default)]
pub struct Findings {
    /// In words; of one kind the first ones, and how many more there are.
    pub problems: Vec<Problem>,
    /// The papers whose text or vector is damaged, ascending, each once.
    pub papers: Vec<ArxivId>,
    pub(super) seen: Seen,
    /// Tables whose rows are not as they were written, with what their sum should be.
    pub(super) tables: Vec<(&'static Summed, i64)>,
    /// Whether SQLite's indexes do not fit their tables.
    pub(super) indexes: bool,
    /// Whether the keyword index is damaged.
    pub(super) keywords: bool,
}

/// Beyond this many problems of one kind, the rest is only counted.
const MOST_OF_A_KIND: usize = 20;

/// Papers that are given their sums in one transaction.
const PORTION: i64 = 4096;

/// Row numbers end here.
pub(super) const LAST_ROW: i64 = 1 << super::schema::ROW_BITS;

impl Library {
    /// Checks the whole file. Reads every page.
    ///
    /// # Errors
    /// Where the file is so damaged that checking cannot go on; damage that it can be told around
    /// is a [`Problem`].
    pub fn check(&self) -> Result<Vec<Problem>> {
        Ok(self.inspect()?.problems)
    }

    /// As [`Library::check`], and says which papers are concerned.
    ///
    /// # Errors
    /// As [`Library::check`].
    pub fn inspect(&self) -> Result<Findings> {
        let _snapshot = self.pinned_snapshot()?;
        let mut findings = Findings::default();
        let passed = self.pass(&self.models()?, self.last_row()?)?;
        self.check_sqlite(&mut findings, &passed)?;
        self.check_papers(&mut findings, passed.seen)?;
        self.check_facet_vectors(&mut findings.problems)?;
        self.check_tables(&mut findings)?;
        self.check_keywords(&mut findings)?;
        self.check_counts(&mut findings)?;
        Ok(findings)
    }

    /// Deletes what is only marked as removed, and gives sums to papers, vectors and tables that an
    /// earlier version has written without, some thousand rows to a transaction. What has one keeps
    /// it; a paper whose text is known to be damaged gets none.
    ///
    /// # Errors
    /// What SQLite reports.
    pub fn complete_sums(&mut self) -> Result<()> {
        self.delete_all_marked()?;
        for missing in tables() {
            if self.sum_of(missing.table)?.is_some() {
                continue;
            }
            let path = &self.path;
            let transaction =
                self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
            table_sum(&transaction, missing)
                .and_then(|sum| {
                    transaction.execute("INSERT OR IGNORE INTO table_sums VALUES (?1, ?2)", (missing.table, sum))
                })
                .in_library(path)?;
            transaction.commit().in_library(path)?;
        }
        if self.has_all_sums()? {
            return Ok(());
        }
        let models = self.models()?;
        let mut from = 0;
        while from <= self.last_row()? {
            from = self.sum_portion(&models, from)?;
        }
        self.connection
            .execute("INSERT OR IGNORE INTO table_sums VALUES ('papers', 0), ('embeddings', 0)", [])
            .in_library(&self.path)?;
        Ok(())
    }

    /// Sums of some papers that have none, in one transaction. Gives the row to go on from.
    fn sum_portion(&mut self, models: &[Model], from: i64) -> Result<i64> {
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let until = from + PORTION;
        let write = || {
            let mut seen = Seen::default();
            walk(&transaction, models, Span { from, until }, &mut seen)?;
            for (paper, sum) in seen.unsummed_papers {
                transaction.prepare_cached("INSERT INTO paper_sums VALUES (?1, ?2)")?.execute([paper, sum])?;
            }
            for (key, sum) in seen.unsummed_vectors {
                transaction.prepare_cached("INSERT INTO vector_sums VALUES (?1, ?2)")?.execute([key, sum])?;
            }
            Ok(until)
        };
        let until = write().in_library(path)?;
        transaction.commit().in_library(path)?;
        Ok(until)
    }

    /// Whether every paper and every vector should have a sum.
    fn has_all_sums(&self) -> Result<bool> {
        Ok(self.sum_of("papers")?.is_some() && self.sum_of("embeddings")?.is_some())
    }

    fn sum_of(&self, table: &str) -> Result<Option<i64>> {
        self.connection
            .query_row("SELECT sum FROM table_sums WHERE name = ?1", [table], |row| row.get(0))
            .optional()
            .in_library(&self.path)
    }

    fn models(&self) -> Result<Vec<Model>> {
        self.list("SELECT number, dimension FROM fingerprints ORDER BY number", |row| {
            Ok(Model { number: row.get(0)?, dimension: row.get(1).unwrap_or(0) })
        })
    }

    fn last_row(&self) -> Result<i64> {
        self.connection
            .query_row("SELECT coalesce(max(row), 0) FROM papers", [], |row| row.get(0))
            .in_library(&self.path)
    }

    fn check_sqlite(&self, findings: &mut Findings, passed: &Passed) -> Result<()> {
        let found: Vec<&String> = passed.pages.iter().chain(&passed.keywords).filter(|line| *line != "ok").collect();
        findings.keywords = found.iter().any(|line| line.contains("keywords") || line.contains("fts5"));
        findings.indexes = found.iter().any(|line| line.contains("index"));
        let problems = &mut findings.problems;
        problems.extend(found.into_iter().map(|what| Problem { what: what.clone() }));
        for table in
            ["facet_embeddings", "text_embeddings", "indexes", "topic_sets", "topic_runs", "topics", "topic_papers"]
        {
            let orphans = self.list(&format!("PRAGMA foreign_key_check({table})"), |row| {
                let (row, parent): (Option<i64>, String) = (row.get(1)?, row.get(2)?);
                let row = row.map_or(String::new(), |row| format!(" {row}"));
                Ok(format!("row{row} of {table} belongs to no row of {parent}"))
            })?;
            report(problems, orphans);
        }
        Ok(())
    }

    /// Papers, what belongs to them, and their vectors.
    fn check_papers(&self, findings: &mut Findings, mut seen: Seen) -> Result<()> {
        if self.has_all_sums()? {
            self.note_missing_sums(&mut seen)?;
        }
        let problems = &mut findings.problems;
        report(problems, seen.papers.iter().map(|Damaged { id, why, .. }| format!("{id}: {why}")));
        seen.vectors.sort_by_key(|damaged| damaged.key);
        report(problems, seen.vectors.iter().map(|Damaged { id, why, .. }| format!("the vector of {id}: {why}")));
        let orphan = |(table, row): &(&str, i64)| format!("row {row} of {table} belongs to no row of papers");
        report(problems, seen.orphans.iter().map(orphan));
        let vectors: i64 = self
            .connection
            .query_row("SELECT count(*) FROM embeddings", [], |row| row.get(0))
            .in_library(&self.path)?;
        let orphans = seen.orphans.iter().filter(|(table, _)| *table == "embeddings").count() as u64;
        let strangers = (vectors.cast_unsigned()).saturating_sub(seen.looked_at + orphans);
        report(problems, (strangers > 0).then(|| format!("{strangers} vectors belong to no model")));
        let ids: BTreeSet<ArxivId> =
            seen.papers.iter().chain(&seen.vectors).filter_map(|damaged| id(&damaged.id)).collect();
        findings.papers = ids.into_iter().collect();
        findings.seen = seen;
        Ok(())
    }

    /// What lacks a sum where nothing should.
    fn note_missing_sums(&self, seen: &mut Seen) -> Result<()> {
        let why = || "its sum is missing".to_owned();
        for &(row, _) in &seen.unsummed_papers {
            seen.papers.push(Damaged { key: row, id: self.stored_id(row)?, why: why() });
        }
        for &(key, _) in &seen.unsummed_vectors {
            seen.vectors.push(Damaged { key, id: self.stored_id(key & (LAST_ROW - 1))?, why: why() });
        }
        seen.papers.sort_by_key(|damaged| damaged.key);
        Ok(())
    }

    fn stored_id(&self, row: i64) -> Result<String> {
        self.connection
            .query_row("SELECT id FROM papers WHERE row = ?1", [row], |found| Ok(text(found.get_ref(0)?)))
            .in_library(&self.path)
    }

    fn check_facet_vectors(&self, problems: &mut Vec<Problem>) -> Result<()> {
        let wrong = self.list(
            "SELECT p.id, e.facet, f.dimension, e.vector FROM facet_embeddings e \
             JOIN papers p ON p.row = e.paper JOIN fingerprints f ON f.number = e.fingerprint ORDER BY p.id, e.facet",
            |row| {
                let (id, facet) = (text(row.get_ref(0)?), text(row.get_ref(1)?));
                let vector = row.get_ref(3)?.as_blob_or_null().unwrap_or(None).unwrap_or_default();
                let why = flaw(floats(vector), row.get(2).unwrap_or(0));
                Ok(why.map(|why| format!("the vector of the {facet} of {id}: {why}")))
            },
        )?;
        report(problems, wrong.into_iter().flatten());
        let wrong = self.list(
            "SELECT t.title, f.dimension, e.vector FROM text_embeddings e JOIN profile_texts t ON t.passage = e.text \
             JOIN fingerprints f ON f.number = e.fingerprint ORDER BY t.title",
            |row| {
                let vector = row.get_ref(2)?.as_blob_or_null().unwrap_or(None).unwrap_or_default();
                let why = flaw(floats(vector), row.get(1).unwrap_or(0));
                let title = text(row.get_ref(0)?);
                Ok(why.map(|why| format!("the vector of the liked text {title:?}: {why}")))
            },
        )?;
        report(problems, wrong.into_iter().flatten());
        Ok(())
    }

    /// The tables that have one sum for all rows.
    fn check_tables(&self, findings: &mut Findings) -> Result<()> {
        for summed in tables() {
            let Some(stored) = self.sum_of(summed.table)? else { continue };
            if table_sum(&self.connection, summed).in_library(&self.path)? != stored {
                let what = format!("the table {} is not what was written", summed.table);
                findings.problems.push(Problem { what });
                findings.tables.push((summed, stored));
            }
        }
        let known: Vec<&str> = tables().map(|summed| summed.table).chain(["papers", "embeddings"]).collect();
        let names: Vec<String> = self.list("SELECT name FROM table_sums", |row| Ok(text(row.get_ref(0)?)))?;
        let unknown = names.into_iter().filter(|name| !known.contains(&name.as_str()));
        report(
            &mut findings.problems,
            unknown.map(|name| format!("there is a sum of a table {name:?}, which is none")),
        );
        Ok(())
    }

    fn check_keywords(&self, findings: &mut Findings) -> Result<()> {
        let problems = &mut findings.problems;
        let before = problems.len();
        let missing = self
            .list("SELECT id FROM papers WHERE row NOT IN (SELECT id FROM keywords_docsize) ORDER BY id", |row| {
                Ok(format!("{}: not in the keyword index", text(row.get_ref(0)?)))
            })?;
        report(problems, missing);
        let extra = self.list("SELECT id FROM keywords_docsize WHERE id NOT IN (SELECT row FROM papers)", |row| {
            Ok(format!("the keyword index holds row {}, which is no paper", row.get::<_, i64>(0)?))
        })?;
        report(problems, extra);
        findings.keywords |= problems.len() > before;
        Ok(())
    }

    fn check_counts(&self, findings: &mut Findings) -> Result<()> {
        let mut statement = self
            .connection
            .prepare(
                "SELECT name, value, real FROM counts JOIN ( \
                    SELECT 'papers' AS of, count(*) AS real FROM papers UNION ALL \
                    SELECT 'passages', ?1) ON of = name WHERE value <> real UNION ALL \
                 SELECT 'vectors of ' || model, vectors, real FROM ( \
                    SELECT *, (SELECT count(*) FROM embeddings WHERE fingerprint = number) AS real FROM fingerprints) \
                 WHERE vectors <> real",
            )
            .in_library(&self.path)?;
        let wrong = statement.query_map([findings.seen.passages], |row| {
            let (name, told, real): (_, i64, i64) = (text(row.get_ref(0)?), row.get(1)?, row.get(2)?);
            Ok(format!("{told} {name} are counted where there are {real}"))
        });
        let wrong = wrong.and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>).in_library(&self.path)?;
        report(&mut findings.problems, wrong);
        Ok(())
    }
}

fn id(text: &str) -> Option<ArxivId> {
    ArxivId::parse(text).map(|(id, _)| id)
}

fn report(problems: &mut Vec<Problem>, found: impl IntoIterator<Item = String>) {
    let mut found = found.into_iter();
    problems.extend(found.by_ref().take(MOST_OF_A_KIND).map(|what| Problem { what }));
    let more = found.count();
    if more > 0 {
        problems.push(Problem { what: format!("and {more} more of this kind") });
    }
}
