//! The embedding model of a command: known by its fingerprint from the start, loaded only when a text must be embedded.
//!
//! In: a choice of model and where models are looked for. Out: the fingerprint under which vectors are stored, and, on
//! demand, the embedder itself. A question by paper id is answered from stored vectors, so it never loads (or fetches) the
//! model; that is what makes the second run of a command quick.

use ndarray::Array2;

use crate::embed::{Embedder, EmbedderOptions, Fingerprint, Recipe, Role};
use crate::error::{Error, Result};
use crate::facets::FacetText;
use crate::library::{FingerprintNumber, FingerprintText, Library, NewVector, Tokens};
use crate::model::{self, Choice, Identity, Progress, Settings};
use crate::paper::Facet;

/// Papers handed to the embedder at once: enough to sort by length, little enough to hold in memory.
const WINDOW: usize = 1024;

/// A model that is loaded when first needed.
pub struct Engine {
    choice: Choice,
    settings: Settings,
    options: EmbedderOptions,
    identity: Identity,
    fingerprint: Fingerprint,
    loaded: Option<Embedder>,
}

/// How far [`Engine::catch_up`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Embedded {
    /// Papers embedded by this call so far.
    pub done: u64,
    /// Papers that had no vector when the call began.
    pub total: u64,
}

impl Engine {
    /// Identifies the model without loading it.
    ///
    /// # Errors
    /// An unknown name, or a folder that is not a model.
    pub fn new(choice: Choice, settings: Settings, options: EmbedderOptions) -> Result<Engine> {
        let identity = model::identify(&choice, &settings)?;
        let options = EmbedderOptions { prompts: identity.prompts.clone(), ..options };
        let fingerprint = Fingerprint::new(&identity.name, &identity.files, &options);
        Ok(Engine { choice, settings, options, identity, fingerprint, loaded: None })
    }

    /// What decides this model's vectors.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Name, dimension and token limit.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The embedder, found or fetched and loaded at the first call.
    ///
    /// # Errors
    /// No source has the model, or its files are not what they should be.
    pub fn embedder(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<&Embedder> {
        if self.loaded.is_none() {
            let folder = model::locate(&self.choice, &self.settings, progress)?;
            if folder.files != self.identity.files {
                return Err(Error::ModelFolder {
                    path: folder.root,
                    reason: "its files changed while this command ran; run it again".into(),
                });
            }
            self.loaded = Some(Embedder::load(&folder.root, &self.options)?);
        }
        self.loaded.as_ref().ok_or(Error::Internal("the model was loaded and is gone"))
    }

    /// Embeds texts that a person typed. Shape: texts x dimension, unit rows.
    ///
    /// # Errors
    /// As [`Engine::embedder`], and what embedding itself reports.
    pub fn embed_queries(&mut self, texts: &[String], progress: &mut dyn FnMut(Progress)) -> Result<Array2<f32>> {
        if texts.is_empty() {
            return Ok(Array2::zeros((0, 0)));
        }
        Ok(self.embedder(progress)?.embed(texts, Role::Query)?.vectors)
    }

    /// Embeds texts as papers are embedded. Unit rows, in this order.
    ///
    /// # Errors
    /// As [`Engine::embedder`], and what embedding itself reports.
    pub fn embed_passages(&mut self, texts: &[String], progress: &mut dyn FnMut(Progress)) -> Result<Vec<Vec<f32>>> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let embedded = self.embedder(progress)?.embed(texts, Role::Passage)?;
        Ok(embedded.vectors.outer_iter().map(|row| row.to_vec()).collect())
    }

    /// The vectors of facets, in this order. Those that the library has are taken from there; the others are embedded, and stored where
    /// the library can be written.
    ///
    /// # Errors
    /// As [`Engine::embedder`], and what embedding itself reports; what was stored stays.
    pub fn facet_vectors(
        &mut self,
        library: &mut Library,
        (fingerprint, facet): (FingerprintNumber, Facet),
        texts: &[FacetText],
        fetch: &mut dyn FnMut(Progress),
        embedded: &mut dyn FnMut(Embedded),
    ) -> Result<Vec<Vec<f32>>> {
        let mut vectors = library.facet_vectors(fingerprint, facet, texts)?;
        let missing: Vec<usize> = (0..texts.len()).filter(|at| vectors[*at].is_none()).collect();
        if !missing.is_empty() {
            let embedder = self.embedder(fetch)?;
            let mut progress = Embedded { done: 0, total: missing.len() as u64 };
            embedded(progress);
            let passages: Vec<String> = missing.iter().map(|at| texts[*at].passage()).collect();
            let bare: Vec<&str> = passages.iter().map(String::as_str).collect();
            embedder.embed_batches(&bare, Role::Passage, &mut |batch| {
                for (index, vector) in batch.indices.iter().zip(batch.vectors.outer_iter()) {
                    vectors[missing[*index]] = Some(vector.to_vec());
                }
                progress.done += batch.indices.len() as u64;
                embedded(progress);
                Ok(())
            })?;
            let new = missing.iter().filter_map(|at| Some((&texts[*at], vectors[*at].as_deref()?)));
            match library.store_facet_vectors(fingerprint, facet, &new.collect::<Vec<_>>()) {
                // The answer does without being kept.
                Ok(()) | Err(Error::LibraryReadOnly { .. } | Error::LibraryFull { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        vectors.into_iter().map(|vector| vector.ok_or(Error::Internal("a text was not embedded"))).collect()
    }

    /// The number under which this model's vectors are stored, once every paper of the library has one.
    ///
    /// Embeds what is missing and commits after every batch, so that a killed process loses one batch at the most.
    ///
    /// # Errors
    /// [`Error::OtherModel`] if the library holds vectors, but none of this model, and `begin` is false: embedding a whole
    /// library anew is asked for, not slipped in. Otherwise as [`Engine::embedder`]; what was committed stays.
    pub fn catch_up(
        &mut self,
        library: &mut Library,
        begin: bool,
        fetch: &mut dyn FnMut(Progress),
        embedded: &mut dyn FnMut(Embedded),
    ) -> Result<FingerprintNumber> {
        let stored = library.fingerprints()?;
        let others: Vec<String> = stored
            .iter()
            .filter(|f| f.text.digest != self.fingerprint.digest() && f.vectors > 0)
            .map(|f| format!("{} ({} papers)", f.text.model, f.vectors))
            .collect();
        let has_own = stored.iter().any(|f| f.text.digest == self.fingerprint.digest() && f.vectors > 0);
        if !begin && !has_own && !others.is_empty() {
            return Err(Error::OtherModel {
                library: library.path().to_owned(),
                stored: others.join(", "),
                asked: self.identity.name.clone(),
                choice: self.choice.to_string(),
            });
        }
        let number = library.ensure_fingerprint(&FingerprintText {
            digest: self.fingerprint.digest().to_owned(),
            model: self.identity.name.clone(),
            description: self.fingerprint.description().to_owned(),
            dimension: self.dimension()?,
        })?;
        let total = library.missing(number)?;
        if total == 0 {
            return Ok(number);
        }
        let embedder = self.embedder(fetch)?;
        let mut progress = Embedded { done: 0, total };
        embedded(progress);
        let mut after = None;
        loop {
            let window = library.next_missing(number, after, WINDOW)?;
            let Some(last) = window.last() else { return Ok(number) };
            after = Some(last.row);
            let texts: Vec<&str> = window.iter().map(|paper| paper.passage.as_str()).collect();
            embedder.embed_batches(&texts, Role::Passage, &mut |batch| {
                let rows: Vec<Vec<f32>> = batch.vectors.outer_iter().map(|row| row.to_vec()).collect();
                let new: Vec<NewVector<'_>> = rows
                    .iter()
                    .enumerate()
                    .map(|(at, vector)| NewVector {
                        row: window[batch.indices[at]].row,
                        passage_hash: window[batch.indices[at]].passage_hash,
                        vector,
                        tokens: Tokens { embedded: batch.tokens[at], cut: batch.cut[at] },
                    })
                    .collect();
                progress.done += library.store_vectors(number, &new)?.stored as u64;
                embedded(progress);
                Ok(())
            })?;
        }
    }

    /// Length of the model's vectors: the manifest's word, or for a folder of the user's own its configuration's.
    fn dimension(&self) -> Result<usize> {
        match (self.identity.dimension, &self.choice) {
            (Some(dimension), _) => Ok(dimension as usize),
            (None, Choice::Dir(root)) => Ok(Recipe::read(root)?.dimension()),
            (None, Choice::Name(_)) => Err(Error::Internal("a manifest without a dimension")),
        }
    }
}
