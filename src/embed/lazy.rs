//! A model that is loaded when the first text must be embedded, and known by its fingerprint
//! before.
//!
//! In: a choice of model and where models are looked for. Out: the fingerprint under which vectors
//! are stored, and, on demand, the embedder itself. A question by paper id is answered from stored
//! vectors, so it never loads (or fetches) the model; that is what makes the second run of a
//! command quick.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::Array2;

use super::{Embedder, EmbedderOptions, Fingerprint, Precision, Recipe, Role};
use crate::error::{EmbeddingError, Error, ModelError, Result};
use crate::model::{self, Choice, Identity, Progress, Settings};

/// A model that is loaded when first needed, and then shared by all threads that ask.
pub struct LazyEmbedder {
    choice: Choice,
    settings: Settings,
    options: EmbedderOptions,
    identity: Identity,
    fingerprint: Fingerprint,
    f32_will_do: bool,
    loaded: Mutex<Option<Arc<Embedder>>>,
}

impl LazyEmbedder {
    /// Identifies the model without loading it.
    ///
    /// # Errors
    /// An unknown name, or a folder that is not a model.
    pub fn new(choice: Choice, settings: Settings, options: EmbedderOptions) -> Result<LazyEmbedder> {
        let identity = model::identify(&choice, &settings)?;
        let options = EmbedderOptions { prompts: identity.prompts.clone(), ..options };
        let fingerprint = Fingerprint::new(&identity.name, &identity.files, &options);
        Ok(LazyEmbedder {
            choice,
            settings,
            options,
            identity,
            fingerprint,
            f32_will_do: false,
            loaded: Mutex::new(None),
        })
    }

    /// Takes `f32` where `f16` is not to be had: the same vectors, by their fingerprint, from a
    /// machine without a card.
    pub fn or_f32(self) -> LazyEmbedder {
        LazyEmbedder { f32_will_do: true, ..self }
    }

    /// What decides this model's vectors.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Name, dimension and token limit.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The folder of the user's own that was chosen; `None` for a model that is known by name.
    pub fn folder(&self) -> Option<&Path> {
        match &self.choice {
            Choice::Name(_) => None,
            Choice::Dir(root) => Some(root),
        }
    }

    /// How texts are embedded.
    pub fn options(&self) -> &EmbedderOptions {
        &self.options
    }

    /// Where models are looked for.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The embedder, found or fetched and loaded at the first call; other threads wait for that.
    ///
    /// # Errors
    /// No source has the model, or its files are not what they should be.
    pub fn load(&self, progress: &mut dyn FnMut(Progress)) -> Result<Arc<Embedder>> {
        // A thread that panicked while it loaded has left nothing half loaded.
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(embedder) = &*loaded {
            return Ok(Arc::clone(embedder));
        }
        let folder = model::locate(&self.choice, &self.settings, progress)?;
        if folder.files != self.identity.files {
            let now = Fingerprint::new(&folder.name, &folder.files, &self.options);
            let [before, now] = [&self.fingerprint, &now].map(|print| print.digest().get(..12).unwrap_or_default());
            let reason = format!(
                "its files changed while this command ran (the fingerprint was {before}, it is {now} now); run it again"
            );
            return Err(ModelError::Folder { path: folder.root, reason }.into());
        }
        let f32_instead = self.f32_will_do && self.options.precision == Precision::F16;
        let embedder = match Embedder::load(&folder.root, &self.options) {
            Err(Error::Embedding(EmbeddingError::Precision { .. } | EmbeddingError::Device { .. })) if f32_instead => {
                let options = EmbedderOptions { precision: Precision::F32, ..self.options.clone() };
                Embedder::load(&folder.root, &options)?
            }
            loaded => loaded?,
        };
        Ok(Arc::clone(loaded.insert(Arc::new(embedder))))
    }

    /// Embeds texts that a person typed. Shape: texts x dimension, unit rows.
    ///
    /// # Errors
    /// As [`LazyEmbedder::load`], and what embedding itself reports.
    pub fn embed_queries(&self, texts: &[String], progress: &mut dyn FnMut(Progress)) -> Result<Array2<f32>> {
        if texts.is_empty() {
            return Ok(Array2::zeros((0, 0)));
        }
        Ok(self.load(progress)?.embed(texts, Role::Query)?.vectors)
    }

    /// Embeds texts as papers are embedded. Unit rows, in this order.
    ///
    /// # Errors
    /// As [`LazyEmbedder::load`], and what embedding itself reports.
    pub fn embed_passages(&self, texts: &[String], progress: &mut dyn FnMut(Progress)) -> Result<Vec<Vec<f32>>> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let embedded = self.load(progress)?.embed(texts, Role::Passage)?;
        Ok(embedded.vectors.outer_iter().map(|row| row.to_vec()).collect())
    }

    /// Length of the model's vectors, by its manifest, or by the configuration of a folder of the
    /// user's own.
    ///
    /// # Errors
    /// The folder's configuration cannot be read.
    pub fn dimension(&self) -> Result<usize> {
        match (self.identity.dimension, &self.choice) {
            (Some(dimension), _) => Ok(dimension as usize),
            (None, Choice::Dir(root)) => Ok(Recipe::read(root)?.dimension()),
            (None, Choice::Name(_)) => Err(Error::Internal("a manifest without a dimension")),
        }
    }
}
