//! Texts in, vectors out, as sentence-transformers would make them from the same model folder.
//!
//! The way of a text: [`passage`](crate::passage) -> `tokens` -> `batch` -> `encoder` (the seam behind which the model
//! runs) -> `pooling` -> a row of [`Embeddings`]. `folder` reads how a model does it, `cpu` (our kernels) or `stock` (candle's BERT)
//! runs it,
//! and [`Fingerprint`] says in one hash what made a vector.

mod architecture;
mod batch;
mod cpu;
mod device;
mod encoder;
mod files;
mod fingerprint;
mod folder;
mod kernels;
mod pooling;
mod prompts;
mod stock;
mod tokens;
mod weights;

use std::path::Path;

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

pub use device::DeviceChoice;
pub use encoder::{EngineChoice, Precision};
pub use fingerprint::Fingerprint;
pub use folder::Recipe;
pub use prompts::Role;

use crate::{Error, Result};
use encoder::{Encoder, TokenBatch};
use pooling::Head;
use tokens::{Tokeniser, Tokens};
use weights::Weights;

/// Texts that are tokenised and sorted together: 4096 abstracts make some hundred batches, with little padding, and
/// their tokens take 8 MB.
const WINDOW: usize = 4096;

/// The set of kernels that [`EngineChoice::Own`] runs on this machine: `avx512`, `avx2` or `portable`.
///
/// # Errors
///
/// [`Error::Device`] where `RELATA_CPU` names a set that is unknown or not there.
pub fn kernels_name() -> Result<&'static str> {
    Ok(kernels::InstructionSet::choose()?.name())
}

/// How to load and run a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbedderOptions {
    /// Where the encoder runs.
    pub device: DeviceChoice,
    /// What computes on it.
    pub engine: EngineChoice,
    /// In what numbers.
    pub precision: Precision,
    /// The most tokens of a batch, padding included. Candle's BERT takes at most 2048, as it needs 80 KB a token for
    /// all-MiniLM; Relata's own engine needs 2 KB.
    pub token_budget: usize,
    /// Whether rows are scaled to unit length even where the folder's own modules do not. Relata compares by cosine,
    /// so this loses nothing, and a [`Fingerprint`] stands for such rows; `false` gives sentence-transformers' numbers.
    pub unit_rows: bool,
}

impl Default for EmbedderOptions {
    fn default() -> EmbedderOptions {
        EmbedderOptions {
            device: DeviceChoice::Auto,
            engine: EngineChoice::Own,
            precision: Precision::F32,
            token_budget: 16_384,
            unit_rows: true,
        }
    }
}

/// Vectors of some texts, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    /// Texts x dimension, `f32`; rows have unit length to 1e-6 (see [`EmbedderOptions::unit_rows`]).
    pub vectors: Array2<f32>,
    /// Tokens embedded of each text, special ones included.
    pub tokens: Vec<u32>,
    /// Tokens of each text that were cut because the model takes no more.
    pub cut: Vec<u32>,
}

/// A finished batch, ready to be stored. All parts are aligned.
#[derive(Debug)]
pub struct BatchDone<'a> {
    /// Which of the given texts these are.
    pub indices: &'a [usize],
    /// Their vectors, texts of the batch x dimension, `f32`.
    pub vectors: ArrayView2<'a, f32>,
    /// Tokens embedded of each.
    pub tokens: &'a [u32],
    /// Tokens cut of each.
    pub cut: &'a [u32],
}

/// A loaded model.
pub struct Embedder {
    recipe: Recipe,
    tokeniser: Tokeniser,
    encoder: Encoder,
    head: Head,
    token_budget: usize,
}

impl Embedder {
    /// Loads a model folder in the layout of sentence-transformers.
    ///
    /// # Errors
    ///
    /// [`Error::ModelFile`] and [`Error::ModelNotFollowed`] for the folder, [`Error::Device`] for the device.
    pub fn load(root: &Path, options: &EmbedderOptions) -> Result<Embedder> {
        let recipe = Recipe::read(root)?;
        let tokeniser = Tokeniser::load(root, &recipe)?;
        let mut weights = Weights::open(&root.join(&recipe.weights))?;
        let encoder =
            Encoder::load(&recipe.architecture, &mut weights, options.device, (options.engine, options.precision))?;
        let head = Head::load(root, &recipe, options.unit_rows)?;
        Ok(Embedder { recipe, tokeniser, head, token_budget: encoder.budget(options.token_budget), encoder })
    }

    /// How the folder makes vectors: dimension, token limit, pooling.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Embeds texts; row `i` is that of text `i`. An empty text is embedded as its special tokens.
    ///
    /// # Errors
    ///
    /// As [`Embedder::embed_batches`].
    pub fn embed<T: AsRef<str> + Sync>(&self, texts: &[T], role: Role) -> Result<Embeddings> {
        let mut all = Embeddings {
            vectors: Array2::zeros((texts.len(), self.recipe.dimension())),
            tokens: vec![0; texts.len()],
            cut: vec![0; texts.len()],
        };
        self.embed_batches(texts, role, &mut |batch| {
            for (at, index) in batch.indices.iter().enumerate() {
                all.vectors.row_mut(*index).assign(&batch.vectors.row(at));
                all.tokens[*index] = batch.tokens[at];
                all.cut[*index] = batch.cut[at];
            }
            Ok(())
        })?;
        Ok(all)
    }

    /// Embeds texts and hands every batch over as soon as it is done, so that it can be stored. Every text is handed
    /// over exactly once; the order is that of the batches, which depends on the texts alone.
    ///
    /// # Errors
    ///
    /// [`Error::Tokens`] for a text that the tokenizer can't take, [`Error::Encoder`] where the device fails, and what
    /// `on_batch` gives. Batches handed over before stand, and the embedder can be used on.
    pub fn embed_batches<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        role: Role,
        on_batch: &mut dyn FnMut(BatchDone<'_>) -> Result<()>,
    ) -> Result<()> {
        for (number, window) in texts.chunks(WINDOW).enumerate() {
            let first = number * WINDOW;
            let tokens = self.tokeniser.encode_all(first, window, role)?;
            let lengths: Vec<usize> = tokens.iter().map(|text| text.ids.len()).collect();
            for batch in batch::batches(&lengths, self.token_budget) {
                let members: Vec<&Tokens> = batch.iter().map(|at| &tokens[*at]).collect();
                let indices: Vec<usize> = batch.iter().map(|at| first + at).collect();
                let vectors = self.embed_batch(&members)?;
                on_batch(BatchDone {
                    indices: &indices,
                    vectors: vectors.view(),
                    tokens: &members.iter().map(|text| text.ids.len() as u32).collect::<Vec<_>>(),
                    cut: &members.iter().map(|text| text.cut).collect::<Vec<_>>(),
                })?;
            }
        }
        Ok(())
    }

    fn embed_batch(&self, texts: &[&Tokens]) -> Result<Array2<f32>> {
        let ids: Vec<u32> = texts.iter().flat_map(|text| &text.ids).copied().collect();
        let types: Vec<u32> = texts.iter().flat_map(|text| &text.types).copied().collect();
        let mut starts = vec![0];
        for text in texts {
            starts.push(starts[starts.len() - 1] + text.ids.len());
        }
        let batch = TokenBatch { ids: &ids, types: &types, starts: &starts };
        let rows = self.encoder.encode(&batch)?;
        let width = self.recipe.dimension();
        let pooled: Vec<Vec<f32>> = (0..texts.len())
            .into_par_iter()
            .map(|text| self.head.apply(rows.slice(ndarray::s![batch.range(text), ..])))
            .collect();
        let mut vectors = Array2::zeros((texts.len(), width));
        for (pooled, mut vector) in pooled.into_iter().zip(vectors.rows_mut()) {
            if pooled.len() != width || pooled.iter().any(|x| !x.is_finite()) {
                let reason = "gave a vector that is not finite; the weights may be damaged".to_owned();
                return Err(Error::Encoder { reason, source: None });
            }
            vector.assign(&ndarray::ArrayView1::from(&pooled));
        }
        Ok(vectors)
    }
}
