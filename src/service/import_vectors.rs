//! Vectors that were made elsewhere, taken over into the library.
//!
//! In: files of vectors ([`ImportVectors`]), or arrays of them ([`VectorArrays`]), which both say
//! whether the vectors are the papers' own: by the fingerprint, and by the SHA-256 of each text
//! that was embedded. Out: how many were taken, and why others were not. Rows go in by batches of
//! one transaction each, so whoever ends the work keeps what was taken. `import_files` reads the
//! files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ndarray::ArrayView2;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Relata;
use super::add::Skips;
use super::catch_up::settings_of;
use super::store::{Connection, Writing};
use crate::embed::LazyEmbedder;
use crate::error::{Error, LibraryError, Result};
use crate::library::{FingerprintNumber, FingerprintText, OfferedVector};
use crate::paper::ArxivId;

/// Files of vectors to take over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportVectors {
    /// Files of Parquet with the columns `id`, `vector`, `fingerprint` and `passage`, as `embed`
    /// and shards have them, and folders that hold such files.
    pub paths: Vec<PathBuf>,
}

impl ImportVectors {
    /// Asks for the vectors of files and folders.
    pub fn new(paths: impl IntoIterator<Item = impl Into<PathBuf>>) -> ImportVectors {
        ImportVectors { paths: paths.into_iter().map(Into::into).collect() }
    }
}

/// Vectors of papers in memory.
#[derive(Clone, Copy, Debug)]
pub struct VectorArrays<'a> {
    /// What decides the vectors, as a digest.
    pub fingerprint: &'a str,
    /// The papers.
    pub ids: &'a [String],
    /// The SHA-256 of the text of each.
    pub passages: &'a [[u8; 32]],
    /// Papers x dimension, rows of unit length.
    pub vectors: ArrayView2<'a, f32>,
}

/// What became of vectors that were made elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportedVectors {
    /// Files that were looked into.
    pub files: usize,
    /// Papers that have their vector now, by this call.
    pub taken: u64,
    /// Vectors of papers that had theirs before.
    pub there: u64,
    /// Vectors of papers that are not in the library.
    pub unknown: u64,
    /// Vectors of papers that have another text than the one that was embedded, or none.
    pub other_text: u64,
    /// Vectors that were made by another model, or in another way, than the library's.
    pub other_fingerprint: u64,
    /// Files that could not be used, or not to their end; what was taken before stays.
    #[serde(flatten)]
    pub skips: Skips,
    /// What is remarkable about files.
    pub notes: Vec<String>,
}

impl Relata {
    /// As [`Relata::import_vectors`], of vectors in memory and in one transaction.
    ///
    /// # Errors
    /// [`LibraryError::Empty`] where the library has no papers; [`LibraryError::VectorRefused`] for
    /// vectors of another dimension or not of unit length, of which none is then taken; what the
    /// library and the model's files report.
    pub fn import_arrays(&self, arrays: &VectorArrays<'_>) -> Result<ImportedVectors> {
        let mut imported = ImportedVectors::default();
        let mut import = self.begin_import()?;
        if import.is_own(arrays.fingerprint) {
            import.take(arrays.ids, arrays.passages, arrays.vectors, &mut imported)?;
        } else {
            imported.other_fingerprint = arrays.ids.len() as u64;
        }
        Ok(imported)
    }

    pub(super) fn begin_import(&self) -> Result<Import<'_>> {
        let empty = || LibraryError::Empty { path: self.library_path().to_owned() };
        let library = self.with_papers()?.ok_or_else(empty)?;
        let embedder = self.lazy_embedder(Some(&library))?;
        let permit = self.shared.own.write();
        Ok(Import { library, embedder, number: None, others: BTreeMap::new(), _permit: permit })
    }
}

/// Vectors on their way into a library.
pub(super) struct Import<'a> {
    library: Connection<'a>,
    /// The model of the library's papers.
    pub(super) embedder: Arc<LazyEmbedder>,
    /// The number of its vectors, once there are some.
    number: Option<FingerprintNumber>,
    /// Fingerprints of other vectors, each with the first file that has them.
    pub(super) others: BTreeMap<String, PathBuf>,
    _permit: Writing<'a>,
}

impl Import<'_> {
    pub(super) fn is_own(&self, fingerprint: &str) -> bool {
        fingerprint == self.embedder.fingerprint().digest()
    }

    /// Takes some rows of the library's own fingerprint, in one transaction.
    pub(super) fn take(
        &mut self,
        ids: &[String],
        passages: &[[u8; 32]],
        vectors: ArrayView2<'_, f32>,
        imported: &mut ImportedVectors,
    ) -> Result<()> {
        let number = self.enter()?;
        let vectors = vectors.as_standard_layout();
        let mut offered = Vec::with_capacity(ids.len());
        for ((id, passage_hash), vector) in ids.iter().zip(passages).zip(vectors.outer_iter()) {
            let Some((id, _)) = ArxivId::parse(id) else {
                imported.unknown += 1;
                continue;
            };
            // Rows of a matrix in standard layout lie together.
            let vector = vector.to_slice().ok_or(Error::Internal("a row that does not lie together"))?;
            offered.push(OfferedVector { id, passage_hash: *passage_hash, vector });
        }
        let count = self.library.take_vectors(number, &offered)?;
        imported.taken += count.taken;
        imported.there += count.there;
        imported.unknown += count.unknown;
        imported.other_text += count.other_text;
        Ok(())
    }

    /// The number of the library's vectors. A library that has none remembers the model from here
    /// on.
    fn enter(&mut self) -> Result<FingerprintNumber> {
        if let Some(number) = self.number {
            return Ok(number);
        }
        let (library, embedder) = (&mut self.library, &self.embedder);
        let number = library.ensure_fingerprint(&FingerprintText {
            digest: embedder.fingerprint().digest().to_owned(),
            model: embedder.identity().name.clone(),
            description: embedder.fingerprint().description().to_owned(),
            dimension: embedder.dimension()?,
        })?;
        if library.fingerprints()?.iter().all(|set| set.vectors == 0) {
            library.set_embedding_settings(&settings_of(embedder)?)?;
        }
        self.number = Some(number);
        Ok(number)
    }

    /// That vectors were made in another way than the library's.
    pub(super) fn is_of_another(&self, made: &str, file: &Path) -> String {
        let own = self.embedder.fingerprint();
        let short = |digest: &str| digest.get(..12).unwrap_or(digest).to_owned();
        format!(
            "{}: made with the fingerprint {}; papers of this library are embedded with {} ({})",
            file.display(),
            short(made),
            own.description(),
            short(own.digest()),
        )
    }
}
