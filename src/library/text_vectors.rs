//! Vectors of liked texts that are no papers.
//!
//! In: texts. Out: their vectors, by the SHA-256 of what was embedded. They are embedded when they
//! are first asked for, and go with the last profile that has the text.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use super::faults::Faults;
use super::vectors::{flaw, floats};
use super::{FingerprintNumber, Library};
use crate::error::Result;

impl Library {
    /// The stored vectors of texts; `None` for one that has none, or a damaged one.
    pub fn text_vectors(&self, fingerprint: FingerprintNumber, texts: &[String]) -> Result<Vec<Option<Vec<f32>>>> {
        let _snapshot = self.snapshot()?;
        let dimension = self.dimension(fingerprint)?;
        let mut statement = self
            .connection
            .prepare_cached("SELECT vector FROM text_embeddings WHERE text = ?1 AND fingerprint = ?2")
            .in_library(&self.path)?;
        let mut vectors = Vec::with_capacity(texts.len());
        for text in texts {
            let vector = statement
                .query_row(params![text_hash(text), fingerprint.0], |found| {
                    Ok(floats(found.get_ref(0)?.as_blob()?).collect::<Vec<f32>>())
                })
                .optional()
                .in_library(&self.path)?;
            vectors.push(vector.filter(|vector| flaw(vector.iter().copied(), dimension).is_none()));
        }
        Ok(vectors)
    }

    /// Stores vectors of texts, in one transaction.
    ///
    /// # Errors
    /// [`LibraryError::VectorRefused`](crate::error::LibraryError::VectorRefused) for a vector of
    /// another dimension, or not of unit length; then none is stored.
    pub fn store_text_vectors(&mut self, fingerprint: FingerprintNumber, vectors: &[(&str, &[f32])]) -> Result<()> {
        let dimension = self.dimension(fingerprint)?;
        if let Some(why) = vectors.iter().find_map(|(_, vector)| flaw(vector.iter().copied(), dimension)) {
            return Err(self.refused(why));
        }
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        for (text, vector) in vectors {
            let blob: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
            transaction
                .prepare_cached(
                    "INSERT INTO text_embeddings (text, fingerprint, vector) VALUES (?1, ?2, ?3) \
                     ON CONFLICT DO UPDATE SET vector = excluded.vector",
                )
                .and_then(|mut insert| insert.execute(params![text_hash(text), fingerprint.0, blob]))
                .in_library(path)?;
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
