//! Texts and vectors of chosen papers: what is read to compare papers closely.
//!
//! In: rows, or how many are wanted. Out: title, abstract, authors and vector. Less than a whole
//! [`Paper`](super::Paper), which lies in five tables, so some hundred candidates of an answer are
//! read in a few milliseconds.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, params};

use super::faults::{Faults, unreadable};
use super::ids::parse_id;
use super::open::Access;
use super::vectors::{flaw, floats, key};
use super::{FingerprintNumber, Library, Matching, PaperRow};
use crate::error::Result;
use crate::paper::{ArxivId, PartialDate};
use crate::text::hash;

/// A paper as it is compared.
#[derive(Clone, Debug, PartialEq)]
pub struct PaperText {
    /// Its row.
    pub row: PaperRow,
    /// Its id.
    pub id: ArxivId,
    /// Title, empty where it is not known.
    pub title: String,
    /// Abstract, empty where it is not known.
    pub abstract_text: String,
    /// Authors in order.
    pub authors: Vec<String>,
    /// Its vector, unit length.
    pub vector: Vec<f32>,
}

/// Papers with their vectors.
pub(crate) struct Embedded {
    /// Ordered by id.
    pub(crate) papers: Vec<(ArxivId, PaperRow, PartialDate)>,
    /// One behind the other, in the same order.
    pub(crate) vectors: Vec<f32>,
}

impl Library {
    /// These papers, in this order; one without a vector, with a damaged one, or removed meanwhile,
    /// is left out.
    pub fn texts_of(&self, fingerprint: FingerprintNumber, rows: &[PaperRow]) -> Result<Vec<PaperText>> {
        let _snapshot = self.snapshot()?;
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT title, abstract, authors, vector, id FROM papers JOIN embeddings ON key = ?1 WHERE row = ?2",
            )
            .in_library(&self.path)?;
        let dimension = self.dimension(fingerprint)?;
        let mut papers = Vec::with_capacity(rows.len());
        for &row in rows {
            let read = |found: &rusqlite::Row<'_>| {
                let authors = serde_json::from_str(found.get_ref(2)?.as_str()?)
                    .map_err(|_| unreadable("a list of authors cannot be read"))?;
                Ok(PaperText {
                    row,
                    id: parse_id(found.get_ref(4)?.as_str()?)?,
                    title: found.get::<_, Option<String>>(0)?.unwrap_or_default(),
                    abstract_text: found.get::<_, Option<String>>(1)?.unwrap_or_default(),
                    authors,
                    vector: floats(found.get_ref(3)?.as_blob()?).collect(),
                })
            };
            let found =
                statement.query_row(params![key(fingerprint, row), row.0], read).optional().in_library(&self.path)?;
            papers.extend(found.filter(|paper: &PaperText| flaw(paper.vector.iter().copied(), dimension).is_none()));
        }
        Ok(papers)
    }

    /// All papers with their dates, ordered by id.
    pub(crate) fn by_id(&self) -> Result<Vec<(ArxivId, PaperRow, PartialDate)>> {
        let mut papers = self.list("SELECT id, row, date FROM papers", |row| {
            let date = row.get_ref(2)?.as_str()?.parse().map_err(|_| unreadable("a date cannot be read"))?;
            Ok((parse_id(row.get_ref(0)?.as_str()?)?, PaperRow(row.get(1)?), date))
        })?;
        papers.sort_unstable();
        Ok(papers)
    }

    /// All papers that have a sound vector, or those `within`.
    pub(crate) fn rows_by_id(&self, fingerprint: FingerprintNumber, within: &Matching) -> Result<Embedded> {
        let dimension = self.dimension(fingerprint)?;
        let mut papers = self.by_id()?;
        papers.retain(|(_, row, _)| within.contains(*row));
        let places: HashMap<PaperRow, usize> = papers.iter().enumerate().map(|(at, paper)| (paper.1, at)).collect();
        let mut values = vec![0.0f32; papers.len() * dimension];
        let mut sound = vec![false; papers.len()];
        self.scan(fingerprint, &mut |row, vector| {
            if let Some(&place) = places.get(&row)
                && flaw(floats(vector), dimension).is_none()
            {
                sound[place] = true;
                values[place * dimension..][..dimension].iter_mut().zip(floats(vector)).for_each(|(to, x)| *to = x);
            }
        })?;
        let mut kept = 0;
        for (place, _) in sound.iter().enumerate().filter(|(_, sound)| **sound) {
            values.copy_within(place * dimension..(place + 1) * dimension, kept * dimension);
            kept += 1;
        }
        values.truncate(kept * dimension);
        let mut sound = sound.into_iter();
        papers.retain(|_| sound.next() == Some(true));
        Ok(Embedded { papers, vectors: values })
    }

    /// Whether a paper is here and has a text, so that it can be compared.
    pub fn has_text(&self, id: &ArxivId) -> Result<bool> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT 1 FROM papers WHERE id = ?1 AND passage IS NOT NULL")
            .in_library(&self.path)?;
        statement.exists([id.as_str()]).in_library(&self.path)
    }

    /// At most `limit` papers, with or without a text, chosen and ordered by a hash of their ids:
    /// the same ones whatever the order in which papers came. Reads the index of ids and not the
    /// papers, which lie on a hundred times as many pages.
    pub fn sample(&self, limit: usize) -> Result<Vec<PaperRow>> {
        let mut statement = self.connection.prepare_cached("SELECT row, id FROM papers").in_library(&self.path)?;
        let read = |row: &rusqlite::Row<'_>| Ok((mixed(row.get_ref(1)?.as_str()?), PaperRow(row.get(0)?)));
        let mut drawn = statement
            .query_map([], read)
            .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
            .in_library(&self.path)?;
        if drawn.len() > limit {
            drawn.select_nth_unstable_by_key(limit, |(hash, _)| *hash);
            drawn.truncate(limit);
        }
        drawn.sort_unstable_by_key(|(hash, _)| *hash);
        Ok(drawn.into_iter().map(|(_, row)| row).collect())
    }

    /// How many papers have a vector of this fingerprint.
    pub fn vectors(&self, fingerprint: FingerprintNumber) -> Result<u64> {
        self.connection
            .query_row("SELECT vectors FROM fingerprints WHERE number = ?1", [fingerprint.0], |row| row.get(0))
            .in_library(&self.path)
    }

    /// The digest of a fingerprint.
    pub fn digest(&self, fingerprint: FingerprintNumber) -> Result<String> {
        self.connection
            .query_row("SELECT digest FROM fingerprints WHERE number = ?1", [fingerprint.0], |row| row.get(0))
            .in_library(&self.path)
    }

    /// Whether it lies in a file.
    pub fn is_file(&self) -> bool {
        self.access != Access::Memory
    }
}

/// FNV-1a, then the last step of MurmurHash3 (Appleby): without it, ids that differ in their last
/// digits lie side by side.
fn mixed(id: &str) -> u64 {
    let mut hash = hash(id);
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        hash = (hash ^ (hash >> 33)).wrapping_mul(factor);
    }
    hash ^ (hash >> 33)
}
