//! Vectors that were made elsewhere, taken over into the library.
//!
//! In: ids of papers, their vectors, and what tells whether these are the papers' own: the
//! fingerprint, and the SHA-256 of each text that was embedded. Out: how many were taken, and why
//! others were not.

use ndarray::ArrayView2;

use super::Relata;
use super::catch_up::settings_of;
use crate::error::{LibraryError, Result};
use crate::library::{FingerprintText, NewVector, Tokens};
use crate::paper::ArxivId;

/// Vectors of papers.
#[derive(Clone, Copy, Debug)]
pub struct ImportVectors<'a> {
    /// What decides the vectors, as a digest.
    pub fingerprint: &'a str,
    /// The papers.
    pub ids: &'a [String],
    /// The SHA-256 of the text of each.
    pub passages: &'a [[u8; 32]],
    /// Papers x dimension, rows of unit length.
    pub vectors: ArrayView2<'a, f32>,
}

/// What became of them, in papers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportedVectors {
    /// Have their vector now.
    pub taken: u64,
    /// Had it before.
    pub there: u64,
    /// Are not in the library.
    pub unknown: u64,
    /// Have another text, or none.
    pub other_text: u64,
    /// Were embedded in another way than the library's papers are.
    pub other_fingerprint: u64,
}

impl Relata {
    /// Takes over vectors, in one transaction, of those papers that have the text that was
    /// embedded. How many tokens a text has is not known of them.
    ///
    /// # Errors
    /// [`LibraryError::Empty`] where the library has no papers; [`LibraryError::VectorRefused`] for
    /// vectors of another dimension or not of unit length, of which none is then taken; what the
    /// library and the model's files report.
    pub fn import_vectors(&self, asked: &ImportVectors<'_>) -> Result<ImportedVectors> {
        let empty = || LibraryError::Empty { path: self.library_path().to_owned() };
        let mut library = self.with_papers()?.ok_or_else(empty)?;
        let embedder = self.lazy_embedder(Some(&library))?;
        let mut imported = ImportedVectors::default();
        if asked.fingerprint != embedder.fingerprint().digest() {
            imported.other_fingerprint = asked.ids.len() as u64;
            return Ok(imported);
        }
        let _permit = self.shared.own.write();
        let number = library.ensure_fingerprint(&FingerprintText {
            digest: embedder.fingerprint().digest().to_owned(),
            model: embedder.identity().name.clone(),
            description: embedder.fingerprint().description().to_owned(),
            dimension: embedder.dimension()?,
        })?;
        if library.fingerprints()?.iter().all(|set| set.vectors == 0) {
            library.set_embedding_settings(&settings_of(&embedder)?)?;
        }
        let rows: Vec<Vec<f32>> = asked.vectors.outer_iter().map(|row| row.to_vec()).collect();
        let mut new = Vec::with_capacity(rows.len());
        for ((id, passage), vector) in asked.ids.iter().zip(asked.passages).zip(&rows) {
            let known = ArxivId::parse(id).map_or(Ok(None), |(id, _)| library.passage_hash(&id))?;
            match known {
                None => imported.unknown += 1,
                Some((_, own)) if own != Some(*passage) => imported.other_text += 1,
                Some((row, _)) if library.vector(number, row)?.is_some() => imported.there += 1,
                Some((row, _)) => {
                    new.push(NewVector { row, passage_hash: *passage, vector, tokens: Tokens::default() });
                }
            }
        }
        let stored = library.store_vectors(number, &new)?;
        imported.taken = stored.stored as u64;
        imported.other_text += stored.dropped as u64;
        Ok(imported)
    }
}
