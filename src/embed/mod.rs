//! Texts in, vectors out, as sentence-transformers would make them from the same model folder.
//!
//! The way of a text: [`passage`](crate::passage) -> `tokens` -> `batch` -> `encoder` (the seam
//! behind which the model runs) -> `pooling` -> a row of [`Embeddings`].
//!
//! `options` and `device` hold what the caller asks for, `machine` what there is. `folder` reads
//! how a model does it (`config` what its encoder is, `checkpoint` its tensors). `long` cuts long
//! texts into windows. `cpu` or `cuda` (our kernels) or `stock` (candle's BERT) runs the encoder,
//! `pipeline` keeps a GPU busy, and [`Fingerprint`] says in one hash what made a vector.
//! [`LazyEmbedder`] loads a model when it is needed.

mod architecture;
mod batch;
mod checkpoint;
mod config;
mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
mod device;
mod encoder;
mod files;
mod fingerprint;
mod folder;
mod lazy;
mod long;
mod machine;
mod module;
mod options;
mod pipeline;
mod pooling;
mod positions;
mod prompts;
mod stock;
mod token_cache;
mod tokenizer_limits;
mod tokens;
mod weights;

use std::path::Path;

use ndarray::{Array2, Axis};
use rayon::prelude::*;

pub use batch::BatchDone;
pub use device::{Cards, DeviceChoice};
pub use fingerprint::Fingerprint;
pub use folder::Recipe;
pub use lazy::LazyEmbedder;
pub use options::{EmbedderOptions, EngineChoice, Long, Precision};
pub use prompts::Role;

use crate::error::{EmbeddingError, Result};
use batch::{Batch, TokenBatch, Window};
use encoder::Encoder;
use long::Gather;
use pooling::Head;
use tokens::Tokeniser;
use weights::Weights;

/// Texts that are tokenised and sorted together: 4096 abstracts make some hundred batches, with
/// little padding, and their tokens take 8 MB.
const WINDOW: usize = 4096;

/// The set of kernels that [`EngineChoice::Own`] runs on this machine: `avx512`, `avx2`, `neon` or
/// `portable`.
///
/// # Errors
///
/// [`EmbeddingError::Device`] where `RELATA_CPU` names a set that is unknown or not there.
pub fn kernels_name() -> Result<&'static str> {
    Ok(crate::kernels::InstructionSet::choose()?.name())
}

/// Vectors of some texts, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    /// Texts x dimension, `f32`; rows have unit length to 1e-6 (see
    /// [`EmbedderOptions::unit_rows`]).
    pub vectors: Array2<f32>,
    /// Tokens embedded of each text, special ones included.
    pub tokens: Vec<u32>,
    /// Tokens of each text that were cut because the model takes no more.
    pub cut: Vec<u32>,
}

/// A loaded model.
///
/// ```
/// use relata::embed::{Embedder, EmbedderOptions, Role};
///
/// # fn main() -> relata::Result<()> {
/// # let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/tiny-bert");
/// # /*
/// let folder = "path/to/all-MiniLM-L6-v2";
/// # */
/// let embedder = Embedder::load(folder.as_ref(), &EmbedderOptions::new())?;
/// let embedded = embedder.embed(&["Ice moves.", "Ice melts."], Role::Passage)?;
/// assert_eq!(embedded.vectors.dim(), (2, embedder.recipe().dimension()));
/// # Ok(())
/// # }
/// ```
pub struct Embedder {
    recipe: Recipe,
    tokeniser: Tokeniser,
    encoder: Encoder,
    head: Head,
    token_budget: usize,
    long: Long,
}

impl Embedder {
    /// Loads a model folder in the layout of sentence-transformers.
    ///
    /// # Errors
    ///
    /// [`ModelError::File`](crate::error::ModelError::File) and
    /// [`ModelError::NotFollowed`](crate::error::ModelError::NotFollowed) for the folder,
    /// [`EmbeddingError::Device`] for the device.
    pub fn load(root: &Path, options: &EmbedderOptions) -> Result<Embedder> {
        let recipe = Recipe::read(root)?.with_prompts(&options.prompts);
        // Side by side: each is about half of the time from a cold start to the first vector.
        let (tokeniser, encoder) = rayon::join(
            || Tokeniser::load(root, &recipe),
            || {
                let mut weights = Weights::open(&root.join(&recipe.weights))?;
                Encoder::load(&recipe.architecture, &mut weights, options)
            },
        );
        let (tokeniser, encoder) = (tokeniser?, encoder?);
        let head = Head::load(root, &recipe.pooling, &recipe.steps, options.unit_rows)?;
        let token_budget = encoder.budget(options.token_budget);
        Ok(Embedder { recipe, tokeniser, head, token_budget, encoder, long: options.long })
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

    /// Counts the tokens of texts that would be embedded, special ones included, without embedding
    /// them.
    ///
    /// # Errors
    ///
    /// [`EmbeddingError::Tokens`] for a text that the tokenizer can't take.
    pub fn count_tokens<T: AsRef<str> + Sync>(&self, texts: &[T], role: Role) -> Result<Vec<u32>> {
        let tokens = self.tokeniser.encode_all(0, texts, role, self.long)?;
        Ok(tokens.iter().map(|parts| parts.iter().map(|part| part.ids.len() as u32).sum()).collect())
    }

    /// Embeds texts and hands every batch over as soon as it is done, so that it can be stored.
    /// Every text is handed over exactly once; the order is that of the batches, which depends on
    /// the texts alone.
    ///
    /// # Errors
    ///
    /// [`EmbeddingError::Tokens`] for a text that the tokenizer can't take,
    /// [`EmbeddingError::Encoder`] where the device fails, and what `on_batch` gives. Batches
    /// handed over before stand, and the embedder can be used on.
    pub fn embed_batches<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        role: Role,
        on_batch: &mut dyn FnMut(BatchDone<'_>) -> Result<()>,
    ) -> Result<()> {
        self.embed_within(texts, role, None, on_batch)
    }

    /// As [`Embedder::embed_batches`], with at most so many tokens in a batch, padding included;
    /// `None` is what the model was loaded with. The vectors are the same.
    ///
    /// # Errors
    ///
    /// As [`Embedder::embed_batches`].
    pub fn embed_within<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        role: Role,
        token_budget: Option<usize>,
        on_batch: &mut dyn FnMut(BatchDone<'_>) -> Result<()>,
    ) -> Result<()> {
        let token_budget = token_budget.map_or(self.token_budget, |asked| self.encoder.budget(Some(asked)));
        let mut gather = Gather::default();
        let mut deliver = |batch: Batch, vectors: Array2<f32>| {
            if self.long == Long::Truncate {
                return on_batch(batch.done(&vectors));
            }
            let (indices, vectors, tokens, cut) = gather.take(&batch, &vectors).rows(self.recipe.dimension());
            if indices.is_empty() {
                return Ok(());
            }
            on_batch(BatchDone { indices: &indices, vectors: vectors.view(), tokens: &tokens, cut: &cut })
        };
        let slots = self.encoder.in_flight();
        if slots > 1 {
            let produce = |give: &mut dyn FnMut(Batch) -> bool| {
                self.each_batch(texts, role, token_budget, &mut |batch| Ok(give(batch)))
            };
            let work = |slot, batch: Batch| self.embed_batch(slot, &batch).map(|vectors| (batch, vectors));
            return pipeline::run(slots, produce, work, |(batch, vectors)| deliver(batch, vectors));
        }
        self.each_batch(texts, role, token_budget, &mut |batch| {
            let vectors = self.embed_batch(0, &batch)?;
            deliver(batch, vectors)?;
            Ok(true)
        })
    }

    /// Tokenises texts window by window and gives their batches to `take`, until it answers
    /// `false`.
    fn each_batch<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        role: Role,
        token_budget: usize,
        take: &mut dyn FnMut(Batch) -> Result<bool>,
    ) -> Result<()> {
        for (number, window) in texts.chunks(WINDOW).enumerate() {
            let first = number * WINDOW;
            let tokens = self.tokeniser.encode_all(first, window, role, self.long)?;
            // The windows of all texts, one behind the other.
            let windows: Vec<Window<'_>> = tokens
                .iter()
                .enumerate()
                .flat_map(|(at, of_text)| {
                    let window =
                        move |(number, tokens)| Window { text: first + at, number, count: of_text.len(), tokens };
                    of_text.iter().enumerate().map(window)
                })
                .collect();
            let lengths: Vec<usize> = windows.iter().map(|window| window.tokens.ids.len()).collect();
            for members in batch::batches(&lengths, token_budget) {
                let mut batch = Batch { starts: vec![0], ..Batch::default() };
                for at in members {
                    batch.push(&windows[at]);
                }
                if !take(batch)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Vectors of a batch, texts x dimension.
    fn embed_batch(&self, slot: usize, batch: &Batch) -> Result<Array2<f32>> {
        let tokens = TokenBatch { ids: &batch.ids, types: &batch.types, starts: &batch.starts };
        let pooled = self.encoder.pooled(slot, &tokens, self.head.pooling())?;
        let width = self.recipe.dimension();
        let finished: Vec<Vec<f32>> = {
            let rows: Vec<_> = pooled.axis_iter(Axis(0)).collect();
            rows.into_par_iter().map(|row| self.head.apply(row.to_vec())).collect()
        };
        let mut vectors = Array2::zeros((finished.len(), width));
        for (finished, mut vector) in finished.into_iter().zip(vectors.rows_mut()) {
            if finished.len() != width || finished.iter().any(|x| !x.is_finite()) {
                let reason = "gave a vector that is not finite; the weights may be damaged".to_owned();
                return Err(EmbeddingError::Encoder { reason, source: None }.into());
            }
            vector.assign(&ndarray::ArrayView1::from(&finished));
        }
        Ok(vectors)
    }
}
