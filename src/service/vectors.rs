//! The vectors of a library's papers, as one matrix.

use ndarray::Array2;

use super::Relata;
use crate::error::{Error, LibraryError, Result};
use crate::library::PaperRow;
use crate::paper::ArxivId;

/// The vectors of all papers that have one.
#[derive(Clone, Debug)]
pub struct PaperVectors {
    /// The papers, in the order in which they came into the library.
    pub ids: Vec<ArxivId>,
    /// Papers x dimension, `f32`, rows of unit length.
    pub vectors: Array2<f32>,
    /// What decides the vectors, as a digest.
    pub fingerprint: String,
}

impl Relata {
    /// The vectors of the library's papers under the model that its answers use. Papers that were
    /// not embedded yet are left out; [`Relata::prepare`] embeds them.
    ///
    /// # Errors
    /// [`LibraryError::Empty`] where the library has no papers, or none with a vector; what the
    /// library reports.
    pub fn vectors(&self) -> Result<PaperVectors> {
        let empty = || Error::from(LibraryError::Empty { path: self.library_path().to_owned() });
        let (library, fingerprint) = self.with_vectors()?.ok_or_else(empty)?;
        let _view = library.view()?;
        let dimension = library.dimension(fingerprint)?;
        let (mut rows, mut elements): (Vec<PaperRow>, Vec<f32>) = (Vec::new(), Vec::new());
        library.scan(fingerprint, &mut |row, stored| {
            if stored.len() == dimension * size_of::<f32>() {
                rows.push(row);
                let (chunks, _) = stored.as_chunks::<4>();
                elements.extend(chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)));
            }
        })?;
        let mut ids = Vec::with_capacity(rows.len());
        for row in &rows {
            ids.push(library.id_of(*row)?.ok_or(Error::Internal("a vector is of no paper"))?);
        }
        let vectors = Array2::from_shape_vec((rows.len(), dimension), elements);
        let vectors = vectors.map_err(|_| Error::Internal("vectors are of several lengths"))?;
        let fingerprint = self.lazy_embedder(Some(&library))?.fingerprint().digest().to_owned();
        Ok(PaperVectors { ids, vectors, fingerprint })
    }
}
