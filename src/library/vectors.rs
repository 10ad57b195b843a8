//! Vectors beside the papers: which are missing, storing them, reading one.
//!
//! In: unit vectors of passages, under the fingerprint of all that made them. Out: the vector of a
//! paper and what is still to embed. A vector is kept with the SHA-256 of its text, so it never
//! outlives it: merging deletes the vectors of a text that changed, and a vector whose paper
//! changed while it was being computed is not stored at all.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::faults::{Faults, unreadable};
use super::ids::parse_id;
use super::removal::{AT_ONCE, delete_marked, make_room_for_vector};
use super::schema::ROW_BITS;
use super::{Library, PaperRow};
use crate::error::{Error, LibraryError, Result};
use crate::paper::ArxivId;
use crate::passage::passage;

/// How far the length of a stored vector may be from 1. Embedding keeps to 1e-6; this is to notice
/// a missing normalisation, not to measure it.
pub(super) const NORM_TOLERANCE: f64 = 1e-3;

/// The number of a fingerprint in this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FingerprintNumber(pub(crate) i64);

/// What the library keeps of an embedder's fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FingerprintText {
    /// Digest over weights, tokenizer, pooling, token limit and passage recipe: what vectors are
    /// told apart by.
    pub digest: String,
    /// Name of the model, for people.
    pub model: String,
    /// All that went into the digest, for people.
    pub description: String,
    /// Elements of a vector, at least 1.
    pub dimension: usize,
}

/// A paper without a vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its row.
    pub row: PaperRow,
    /// Its id.
    pub id: ArxivId,
    /// The text to embed.
    pub passage: String,
    /// SHA-256 of that text, to be handed back with the vector.
    pub passage_hash: [u8; 32],
}

/// A vector to store.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewVector<'a> {
    /// Whose.
    pub row: PaperRow,
    /// The text that was embedded, from [`Missing`].
    pub passage_hash: [u8; 32],
    /// Unit length.
    pub vector: &'a [f32],
    /// Tokens.
    pub tokens: Tokens,
}

/// How much of a text the model saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Tokens embedded, special ones included.
    pub embedded: u32,
    /// Tokens beyond the model's limit, unseen.
    pub cut: u32,
}

/// How much of a paper one model saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTokens {
    /// Name of the model.
    pub model: String,
    /// Tokens seen and cut.
    pub tokens: Tokens,
}

/// What became of vectors handed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreCount {
    /// Stored, or there already.
    pub stored: usize,
    /// Dropped, since the paper was changed or removed meanwhile.
    pub dropped: usize,
}

impl Library {
    /// The number of a fingerprint; a new one is entered.
    ///
    /// # Errors
    /// [`LibraryError::VectorRefused`] where the digest is known with another dimension.
    pub fn ensure_fingerprint(&mut self, fingerprint: &FingerprintText) -> Result<FingerprintNumber> {
        if let Some(number) = self.fingerprint(&fingerprint.digest)? {
            let known = self.dimension(number)?;
            if known != fingerprint.dimension {
                let asked = fingerprint.dimension;
                return Err(self.refused(format!("its fingerprint is known with dimension {known}, not {asked}")));
            }
            return Ok(number);
        }
        self.connection
            .execute(
                "INSERT INTO fingerprints (digest, model, description, dimension) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO NOTHING",
                params![fingerprint.digest, fingerprint.model, fingerprint.description, fingerprint.dimension],
            )
            .in_library(&self.path)?;
        let number = self.fingerprint(&fingerprint.digest)?;
        number.ok_or_else(|| self.refused("its fingerprint could not be entered".to_owned()))
    }

    /// The number of a fingerprint's digest, if it is known here.
    pub fn fingerprint(&self, digest: &str) -> Result<Option<FingerprintNumber>> {
        self.connection
            .query_row("SELECT number FROM fingerprints WHERE digest = ?1", [digest], |row| row.get(0))
            .optional()
            .map(|number| number.map(FingerprintNumber))
            .in_library(&self.path)
    }

    /// How many papers have a passage and no vector of this fingerprint. Costs no scan.
    pub fn missing(&self, fingerprint: FingerprintNumber) -> Result<u64> {
        let missing: i64 = self
            .connection
            .query_row(
                "SELECT (SELECT value FROM counts WHERE name = 'passages') - vectors FROM fingerprints WHERE number = ?1",
                [fingerprint.0],
                |row| row.get(0),
            )
            .in_library(&self.path)?;
        u64::try_from(missing)
            .map_err(|_| unreadable("it counts more vectors than papers"))
            .or_else(|fault| Err(fault).in_library(&self.path))
    }

    /// The next papers without a vector, by row: those after the row `after`, at most `limit`.
    pub fn next_missing(
        &self,
        fingerprint: FingerprintNumber,
        after: Option<PaperRow>,
        limit: usize,
    ) -> Result<Vec<Missing>> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT row, id, title, abstract, passage FROM papers \
                 WHERE row > ?2 AND passage IS NOT NULL \
                 AND NOT EXISTS (SELECT 1 FROM embeddings WHERE key = (?1 << 40) + papers.row) \
                 ORDER BY row LIMIT ?3",
            )
            .in_library(&self.path)?;
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Missing {
                row: PaperRow(row.get(0)?),
                id: parse_id(row.get_ref(1)?.as_str()?)?,
                passage: passage(row.get_ref(2)?.as_str()?, row.get_ref(3)?.as_str_or_null()?),
                passage_hash: row.get(4)?,
            })
        };
        statement
            .query_map(params![fingerprint.0, after.map_or(0, |row| row.0), limit], read)
            .and_then(Iterator::collect)
            .in_library(&self.path)
    }

    /// Stores vectors, in one transaction. One whose paper changed or went since its text was asked
    /// for is dropped.
    ///
    /// # Errors
    /// [`LibraryError::VectorRefused`] for a vector of another dimension, or not of unit length;
    /// then none is stored.
    pub fn store_vectors(&mut self, fingerprint: FingerprintNumber, vectors: &[NewVector<'_>]) -> Result<StoreCount> {
        let dimension = self.dimension(fingerprint)?;
        for new in vectors {
            if let Some(why) = flaw(new.vector.iter().copied(), dimension) {
                return Err(self.refused(why));
            }
        }
        self.keep_more_pages()?;
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let count = store(&transaction, fingerprint, vectors).in_library(path)?;
        delete_marked(&transaction, AT_ONCE).in_library(path)?;
        transaction.commit().in_library(path)?;
        Ok(count)
    }

    /// The vector of a paper, if it has one.
    pub fn vector(&self, fingerprint: FingerprintNumber, row: PaperRow) -> Result<Option<Vec<f32>>> {
        self.connection
            .prepare_cached("SELECT vector FROM embeddings WHERE key = ?1")
            .and_then(|mut statement| {
                statement
                    .query_row([key(fingerprint, row)], |found| Ok(floats(found.get_ref(0)?.as_blob()?).collect()))
                    .optional()
            })
            .in_library(&self.path)
    }

    /// Visits the vectors of these papers as they are stored (f32, little-endian), in this order;
    /// one without is left out.
    pub fn vectors_of(
        &self,
        fingerprint: FingerprintNumber,
        rows: &[PaperRow],
        visit: &mut dyn FnMut(PaperRow, &[u8]),
    ) -> Result<()> {
        // One transaction: a lock for each row would take longer than reading it.
        let _snapshot = self.snapshot()?;
        let mut statement =
            self.connection.prepare_cached("SELECT vector FROM embeddings WHERE key = ?1").in_library(&self.path)?;
        for &row in rows {
            let read = |found: &rusqlite::Row<'_>| {
                visit(row, found.get_ref(0)?.as_blob()?);
                Ok(())
            };
            statement.query_row([key(fingerprint, row)], read).optional().in_library(&self.path)?;
        }
        Ok(())
    }

    /// How much of a paper's text the model saw, if it has a vector.
    pub fn tokens(&self, fingerprint: FingerprintNumber, row: PaperRow) -> Result<Option<Tokens>> {
        self.connection
            .prepare_cached("SELECT tokens, cut FROM embeddings WHERE key = ?1")
            .and_then(|mut statement| {
                let read = |found: &rusqlite::Row<'_>| Ok(Tokens { embedded: found.get(0)?, cut: found.get(1)? });
                statement.query_row([key(fingerprint, row)], read).optional()
            })
            .in_library(&self.path)
    }

    /// Tokens of a paper under every fingerprint that has embedded it, in the order of their
    /// numbers.
    pub fn tokens_by_model(&self, row: PaperRow) -> Result<Vec<StoredTokens>> {
        let mut found = Vec::new();
        for stored in self.fingerprints()? {
            if let Some(tokens) = self.tokens(stored.number, row)? {
                found.push(StoredTokens { model: stored.text.model, tokens });
            }
        }
        Ok(found)
    }

    /// Drops every vector that another fingerprint made, and those fingerprints. Says how many
    /// vectors went.
    pub fn forget_others(&mut self, keep: FingerprintNumber) -> Result<u64> {
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let begin = key(keep, PaperRow(0));
        let end = key(FingerprintNumber(keep.0 + 1), PaperRow(0));
        let forget = || -> rusqlite::Result<u64> {
            let others = "key < ?1 OR key >= ?2";
            let count = format!("SELECT count(*) FROM embeddings WHERE {others}");
            let gone = transaction.query_row(&count, [begin, end], |row| row.get::<_, i64>(0))?;
            transaction.execute(&format!("DELETE FROM stored_embeddings WHERE {others}"), [begin, end])?;
            transaction.execute(&format!("DELETE FROM outdated_vectors WHERE {others}"), [begin, end])?;
            transaction.execute("DELETE FROM fingerprints WHERE number <> ?1", [keep.0])?;
            Ok(gone.cast_unsigned())
        };
        let gone = forget().in_library(path)?;
        transaction.commit().in_library(path)?;
        Ok(gone)
    }

    /// Elements of a vector of this fingerprint.
    pub fn dimension(&self, fingerprint: FingerprintNumber) -> Result<usize> {
        self.connection
            .query_row("SELECT dimension FROM fingerprints WHERE number = ?1", [fingerprint.0], |row| row.get(0))
            .in_library(&self.path)
    }

    pub(super) fn refused(&self, why: String) -> Error {
        Error::from(LibraryError::VectorRefused { path: self.path.clone(), why })
    }
}

/// The key of a paper's vector: those of one fingerprint lie together, in the order of rows.
pub(super) fn key(fingerprint: FingerprintNumber, row: PaperRow) -> i64 {
    (fingerprint.0 << ROW_BITS) | row.0
}

/// The elements of a stored vector.
pub(super) fn floats(blob: &[u8]) -> impl Iterator<Item = f32> {
    blob.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes))
}

/// What is wrong with a vector, if anything.
pub(super) fn flaw(vector: impl Iterator<Item = f32>, dimension: usize) -> Option<String> {
    let (mut length, mut square) = (0, 0.0);
    for value in vector {
        length += 1;
        square += f64::from(value) * f64::from(value);
    }
    if length != dimension {
        return Some(format!("it has {length} elements instead of {dimension}"));
    }
    let norm = square.sqrt();
    if !norm.is_finite() {
        return Some("it has an element that is not finite".to_owned());
    }
    ((norm - 1.0).abs() > NORM_TOLERANCE).then(|| format!("its length is {norm:.6} instead of 1"))
}

/// Gives a new or changed text the vectors that the same text already has elsewhere.
pub(super) fn reuse_vectors(connection: &Connection, row: PaperRow, passage_hash: &[u8; 32]) -> rusqlite::Result<()> {
    let mut numbers = connection.prepare_cached("SELECT number FROM fingerprints WHERE vectors > 0")?;
    let numbers = numbers.query_map([], |found| found.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
    for number in numbers {
        let same = connection
            .prepare_cached("SELECT key FROM embeddings WHERE fingerprint = ?1 AND passage = ?2 LIMIT 1")?
            .query_row(params![number, passage_hash], |found| found.get::<_, i64>(0))
            .optional()?;
        let Some(same) = same else { continue };
        let key = key(FingerprintNumber(number), row);
        make_room_for_vector(connection, key)?;
        connection
            .prepare_cached(
                "INSERT INTO stored_embeddings (key, fingerprint, paper, passage, tokens, cut, vector) \
                 SELECT ?1, fingerprint, ?2, passage, tokens, cut, vector FROM embeddings WHERE key = ?3",
            )?
            .execute(params![key, row.0, same])?;
    }
    Ok(())
}

fn store(
    connection: &Connection,
    fingerprint: FingerprintNumber,
    vectors: &[NewVector<'_>],
) -> rusqlite::Result<StoreCount> {
    let mut current = connection.prepare_cached("SELECT 1 FROM papers WHERE row = ?1 AND passage = ?2")?;
    let mut count = StoreCount::default();
    let mut blob = Vec::new();
    for new in vectors {
        if !current.exists(params![new.row.0, new.passage_hash])? {
            count.dropped += 1;
            continue;
        }
        // Another process may have embedded the same text: its vector is as good, and stays.
        insert_vector(connection, fingerprint, new, &mut blob)?;
        count.stored += 1;
    }
    Ok(count)
}

/// Writes a vector of a text that its paper has. Says whether there was none. `blob` is room for
/// its bytes.
pub(super) fn insert_vector(
    connection: &Connection,
    fingerprint: FingerprintNumber,
    new: &NewVector<'_>,
    blob: &mut Vec<u8>,
) -> rusqlite::Result<bool> {
    blob.clear();
    blob.extend(new.vector.iter().flat_map(|value| value.to_le_bytes()));
    let Tokens { embedded, cut } = new.tokens;
    let key = key(fingerprint, new.row);
    make_room_for_vector(connection, key)?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO stored_embeddings (key, fingerprint, paper, passage, tokens, cut, vector) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
    )?;
    Ok(insert.execute(params![key, fingerprint.0, new.row.0, new.passage_hash, embedded, cut, &*blob])? > 0)
}
