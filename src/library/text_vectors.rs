//! Vectors of liked texts that are no papers.
//!
//! In: texts. Out: their vectors, by the SHA-256 of what was embedded. They are embedded when they
//! are first asked for, and go with the last profile that has the text.

use rusqlite::{Connection, OptionalExtension, Params, Row, TransactionBehavior};
use sha2::{Digest, Sha256};

use super::faults::Faults;
use super::vectors::{flaw, floats};
use super::{FingerprintNumber, Library};
use crate::error::Result;

impl Library {
    /// The stored vectors of texts; `None` for one that has none, or a damaged one.
    pub fn text_vectors(&self, fingerprint: FingerprintNumber, texts: &[String]) -> Result<Vec<Option<Vec<f32>>>> {
        let sql = "SELECT vector FROM text_embeddings WHERE text = ?1 AND fingerprint = ?2";
        self.vectors_by(fingerprint, sql, texts.iter().map(|text| (text_hash(text), fingerprint.0)))
    }

    /// Stores vectors of texts, in one transaction.
    ///
    /// # Errors
    /// [`LibraryError::VectorRefused`](crate::error::LibraryError::VectorRefused) for a vector of
    /// another dimension, or not of unit length; then none is stored.
    pub fn store_text_vectors(&mut self, fingerprint: FingerprintNumber, vectors: &[(&str, &[f32])]) -> Result<()> {
        let sql = "INSERT INTO text_embeddings (text, fingerprint, vector) VALUES (?1, ?2, ?3) \
                   ON CONFLICT DO UPDATE SET vector = excluded.vector";
        self.store_by(fingerprint, sql, vectors, |text, blob| (text_hash(text), fingerprint.0, blob))
    }

    /// The vectors that a query finds by each of some keys; `None` for a key without one, or with a
    /// damaged one.
    pub(super) fn vectors_by<K: Params>(
        &self,
        fingerprint: FingerprintNumber,
        sql: &str,
        keys: impl Iterator<Item = K>,
    ) -> Result<Vec<Option<Vec<f32>>>> {
        let _snapshot = self.snapshot()?;
        let dimension = self.dimension(fingerprint)?;
        let mut statement = self.connection.prepare_cached(sql).in_library(&self.path)?;
        let read = |row: &Row<'_>| Ok(floats(row.get_ref(0)?.as_blob()?).collect::<Vec<f32>>());
        keys.map(|key| {
            let vector = statement.query_row(key, read).optional().in_library(&self.path)?;
            Ok(vector.filter(|vector| flaw(vector.iter().copied(), dimension).is_none()))
        })
        .collect()
    }

    /// Stores vectors, each by a statement with `parameters` of its owner and its bytes, in one
    /// transaction.
    ///
    /// # Errors
    /// As [`Library::store_text_vectors`].
    pub(super) fn store_by<T, P: Params>(
        &mut self,
        fingerprint: FingerprintNumber,
        sql: &str,
        vectors: &[(T, &[f32])],
        parameters: impl Fn(&T, Vec<u8>) -> P,
    ) -> Result<()> {
        let dimension = self.dimension(fingerprint)?;
        if let Some(why) = vectors.iter().find_map(|(_, vector)| flaw(vector.iter().copied(), dimension)) {
            return Err(self.refused(why));
        }
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        for (owner, vector) in vectors {
            let blob: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
            let stored = transaction.prepare_cached(sql).and_then(|mut sql| sql.execute(parameters(owner, blob)));
            stored.in_library(path)?;
        }
        transaction.commit().in_library(path)
    }
}

/// The sum under which the vector of a text stands.
pub(super) fn text_hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// Deletes the vectors of texts that no profile has.
pub(super) fn drop_unused(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .execute("DELETE FROM text_embeddings WHERE text NOT IN (SELECT passage FROM profile_texts)", [])
        .map(|_| ())
}
