//! `relata check`: whether everything in the file fits together.
//!
//! In: a library. Out: problems in words, none where all is well. SQLite checks its own pages and
//! keys; what only we know (texts against hashes, vectors against their dimension and length,
//! counts, keywords) is checked row by row.

use std::fmt;

use sha2::{Digest, Sha256};

use super::Library;
use super::vectors::{flaw, floats};
use crate::error::Result;
use crate::passage::passage;

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

/// Beyond this many problems of one kind, the rest is only counted.
const MOST_OF_A_KIND: usize = 20;

impl Library {
    /// Checks the whole file. Reads every page.
    ///
    /// # Errors
    /// Where the file is so damaged that checking cannot go on; damage that it can be told around
    /// is a [`Problem`].
    pub fn check(&self) -> Result<Vec<Problem>> {
        let mut problems = Vec::new();
        self.check_sqlite(&mut problems)?;
        self.check_passages(&mut problems)?;
        self.check_vectors(&mut problems)?;
        self.check_facet_vectors(&mut problems)?;
        self.check_keywords(&mut problems)?;
        self.check_counts(&mut problems)?;
        Ok(problems)
    }

    fn check_sqlite(&self, problems: &mut Vec<Problem>) -> Result<()> {
        let found: Vec<String> = self.list("PRAGMA integrity_check(20)", |row| row.get(0))?;
        problems.extend(found.into_iter().filter(|line| line != "ok").map(|what| Problem { what }));
        let orphans = self.list("PRAGMA foreign_key_check", |row| {
            let (table, row, parent): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let row = row.map_or(String::new(), |row| format!(" {row}"));
            Ok(format!("row{row} of {table} belongs to no row of {parent}"))
        })?;
        report(problems, orphans);
        Ok(())
    }

    fn check_passages(&self, problems: &mut Vec<Problem>) -> Result<()> {
        let wrong = self.list("SELECT id, title, abstract, passage FROM papers", |row| {
            let title = row.get_ref(1)?.as_str_or_null()?.filter(|title| !title.trim().is_empty());
            let abstract_text = row.get_ref(2)?.as_str_or_null()?;
            let hash = title.map(|title| Sha256::digest(passage(title, abstract_text)));
            let right = hash.as_deref() == row.get_ref(3)?.as_blob_or_null()?;
            Ok(if right {
                None
            } else {
                Some(format!("{}: its text is not the one it was stored with", row.get::<_, String>(0)?))
            })
        })?;
        report(problems, wrong.into_iter().flatten());
        Ok(())
    }

    fn check_vectors(&self, problems: &mut Vec<Problem>) -> Result<()> {
        let wrong = self.list(
            "SELECT p.id, f.dimension, e.vector, p.passage IS e.passage \
             FROM embeddings e LEFT JOIN papers p ON p.row = e.paper LEFT JOIN fingerprints f ON f.number = e.fingerprint \
             ORDER BY e.key",
            |row| {
                let (Some(id), Some(dimension)) = (row.get::<_, Option<String>>(0)?, row.get::<_, Option<usize>>(1)?) else {
                    return Ok(None); // an orphan, told by the foreign keys
                };
                let blob = row.get_ref(2)?.as_blob()?;
                let why = if blob.len() != dimension * size_of::<f32>() {
                    Some(format!("it has {} bytes instead of {}", blob.len(), dimension * size_of::<f32>()))
                } else if !row.get::<_, bool>(3)? {
                    Some("it is of another text than the stored one".to_owned())
                } else {
                    flaw(floats(blob), dimension)
                };
                Ok(why.map(|why| format!("the vector of {id}: {why}")))
            },
        )?;
        report(problems, wrong.into_iter().flatten());
        Ok(())
    }

    fn check_facet_vectors(&self, problems: &mut Vec<Problem>) -> Result<()> {
        let wrong = self.list(
            "SELECT p.id, e.facet, f.dimension, e.vector FROM facet_embeddings e \
             JOIN papers p ON p.row = e.paper JOIN fingerprints f ON f.number = e.fingerprint ORDER BY p.id, e.facet",
            |row| {
                let (id, facet): (String, String) = (row.get(0)?, row.get(1)?);
                let why = flaw(floats(row.get_ref(3)?.as_blob()?), row.get(2)?);
                Ok(why.map(|why| format!("the vector of the {facet} of {id}: {why}")))
            },
        )?;
        report(problems, wrong.into_iter().flatten());
        Ok(())
    }

    fn check_keywords(&self, problems: &mut Vec<Problem>) -> Result<()> {
        let missing = self
            .list("SELECT id FROM papers WHERE row NOT IN (SELECT id FROM keywords_docsize) ORDER BY id", |row| {
                Ok(format!("{}: not in the keyword index", row.get::<_, String>(0)?))
            })?;
        report(problems, missing);
        let extra = self.list("SELECT id FROM keywords_docsize WHERE id NOT IN (SELECT row FROM papers)", |row| {
            Ok(format!("the keyword index holds row {}, which is no paper", row.get::<_, i64>(0)?))
        })?;
        report(problems, extra);
        Ok(())
    }

    fn check_counts(&self, problems: &mut Vec<Problem>) -> Result<()> {
        let wrong = self.list(
            "SELECT name, value, real FROM counts JOIN ( \
                SELECT 'papers' AS of, count(*) AS real FROM papers UNION ALL \
                SELECT 'passages', count(passage) FROM papers) ON of = name WHERE value <> real UNION ALL \
             SELECT 'vectors of ' || model, vectors, real FROM ( \
                SELECT *, (SELECT count(*) FROM embeddings WHERE fingerprint = number) AS real FROM fingerprints) \
             WHERE vectors <> real",
            |row| {
                let (name, told, real): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(format!("{told} {name} are counted where there are {real}"))
            },
        )?;
        report(problems, wrong);
        Ok(())
    }
}

fn report(problems: &mut Vec<Problem>, found: impl IntoIterator<Item = String>) {
    let mut found = found.into_iter();
    problems.extend(found.by_ref().take(MOST_OF_A_KIND).map(|what| Problem { what }));
    let more = found.count();
    if more > 0 {
        problems.push(Problem { what: format!("and {more} more of this kind") });
    }
}
