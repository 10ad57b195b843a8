//! Texts in, vectors out, as sentence-transformers would make them from the same model folder.
//!
//! The way of a text: [`passage`](crate::passage) -> `tokens` -> `batch` -> `encoder` (the seam behind which the model
//! runs) -> `pooling` -> a row of [`Embeddings`]. `folder` reads how a model does it (`config` what its encoder is, `checkpoint` its
//! tensors), `long` cuts long texts into windows, `cpu` or `cuda` (our kernels) or `stock`
//! (candle's BERT) runs it, `pipeline` keeps a GPU busy, and [`Fingerprint`] says in one hash what made a vector.

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

mod long;
mod module;
mod pipeline;
mod places;
mod pooling;
mod prompts;
mod stock;
mod tokens;
mod weights;
mod words;

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

pub use device::{Cards, DeviceChoice};
pub use encoder::{EngineChoice, Precision};
pub use fingerprint::Fingerprint;
pub use folder::Recipe;
pub use long::Long;
pub use prompts::Role;

use crate::{Error, Result};
use encoder::{Encoder, TokenBatch};
use long::Gather;
use pooling::Head;
use tokens::{Tokeniser, Tokens};
use weights::Weights;

/// Texts that are tokenised and sorted together: 4096 abstracts make some hundred batches, with little padding, and
/// their tokens take 8 MB.
const WINDOW: usize = 4096;

/// The set of kernels that [`EngineChoice::Own`] runs on this machine: `avx512`, `avx2`, `neon` or `portable`.
///
/// # Errors
///
/// [`Error::Device`] where `RELATA_CPU` names a set that is unknown or not there.
pub fn kernels_name() -> Result<&'static str> {
    Ok(crate::kernels::InstructionSet::choose()?.name())
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
    /// The most tokens of a batch, padding included; `None` is what suits the engine and its memory. Candle's BERT takes at
    /// most 2048, as it needs 80 KB a token for all-MiniLM; Relata's own engine needs 2 KB, on a card 5 KB.
    pub token_budget: Option<usize>,
    /// Whether rows are scaled to unit length even where the folder's own modules do not. Relata compares by cosine,
    /// so this loses nothing, and a [`Fingerprint`] stands for such rows; `false` gives sentence-transformers' numbers.
    pub unit_rows: bool,
    /// What becomes of texts beyond the token limit.
    pub long: Long,
    /// Text put before texts of a role, by its name (`query`, `passage`), for roles of which the folder itself says nothing.
    pub prompts: BTreeMap<String, String>,
}

impl Default for EmbedderOptions {
    fn default() -> EmbedderOptions {
        EmbedderOptions {
            device: DeviceChoice::Auto,
            engine: EngineChoice::Own,
            precision: Precision::F32,
            token_budget: None,
            unit_rows: true,
            long: Long::Truncate,
            prompts: BTreeMap::new(),
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
    long: Long,
}

impl Embedder {
    /// Loads a model folder in the layout of sentence-transformers.
    ///
    /// # Errors
    ///
    /// [`Error::ModelFile`] and [`Error::ModelNotFollowed`] for the folder, [`Error::Device`] for the device.
    pub fn load(root: &Path, options: &EmbedderOptions) -> Result<Embedder> {
        let recipe = Recipe::read(root)?.with_prompts(&options.prompts);
        // Side by side: each is about half of the time from a cold start to the first vector.
        let (tokeniser, encoder) = rayon::join(
            || Tokeniser::load(root, &recipe),
            || {
                let mut weights = Weights::open(&root.join(&recipe.weights))?;
                Encoder::load(&recipe.architecture, &mut weights, options.device, (options.engine, options.precision))
            },
        );
        let (tokeniser, encoder) = (tokeniser?, encoder?);
        let head = Head::load(root, &recipe, options.unit_rows)?;
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

    /// Counts the tokens of texts that would be embedded, special ones included, without embedding them.
    ///
    /// # Errors
    ///
    /// [`Error::Tokens`] for a text that the tokenizer can't take.
    pub fn count_tokens<T: AsRef<str> + Sync>(&self, texts: &[T], role: Role) -> Result<Vec<u32>> {
        let tokens = self.tokeniser.encode_all(0, texts, (role, self.long))?;
        Ok(tokens.iter().map(|parts| parts.iter().map(|part| part.ids.len() as u32).sum()).collect())
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
        let lanes = self.encoder.lanes();
        if lanes > 1 {
            let produce =
                |give: &mut dyn FnMut(Batch) -> bool| self.each_batch(texts, role, &mut |batch| Ok(give(batch)));
            let work = |lane, batch: Batch| self.embed_batch(lane, &batch).map(|vectors| (batch, vectors));
            return pipeline::run(lanes, produce, work, |(batch, vectors)| deliver(batch, vectors));
        }
        self.each_batch(texts, role, &mut |batch| {
            let vectors = self.embed_batch(0, &batch)?;
            deliver(batch, vectors)?;
            Ok(true)
        })
    }

    /// Tokenises texts window by window and gives their batches to `take`, until it answers `false`.
    fn each_batch<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        role: Role,
        take: &mut dyn FnMut(Batch) -> Result<bool>,
    ) -> Result<()> {
        for (number, window) in texts.chunks(WINDOW).enumerate() {
            let first = number * WINDOW;
            let tokens = self.tokeniser.encode_all(first, window, (role, self.long))?;
            // Windows of all texts, one behind the other: which text, which of its windows, and of how many.
            let pieces: Vec<(usize, (usize, usize), &Tokens)> = tokens
                .iter()
                .enumerate()
                .flat_map(|(at, text)| {
                    text.iter().enumerate().map(move |(number, piece)| (first + at, (number, text.len()), piece))
                })
                .collect();
            let lengths: Vec<usize> = pieces.iter().map(|(_, _, piece)| piece.ids.len()).collect();
            for members in batch::batches(&lengths, self.token_budget) {
                let mut batch = Batch { starts: vec![0], ..Batch::default() };
                for at in members {
                    let (text, window, piece) = pieces[at];
                    batch.push(text, window, piece);
                }
                if !take(batch)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Vectors of a batch, texts x dimension.
    fn embed_batch(&self, lane: usize, batch: &Batch) -> Result<Array2<f32>> {
        let tokens = TokenBatch { ids: &batch.ids, types: &batch.types, starts: &batch.starts };
        let pooled = self.encoder.pooled(lane, &tokens, self.head.pooling())?;
        let width = self.recipe.dimension();
        let finished: Vec<Vec<f32>> = {
            let rows: Vec<_> = pooled.axis_iter(Axis(0)).collect();
            rows.into_par_iter().map(|row| self.head.apply(row.to_vec())).collect()
        };
        let mut vectors = Array2::zeros((finished.len(), width));
        for (finished, mut vector) in finished.into_iter().zip(vectors.rows_mut()) {
            if finished.len() != width || finished.iter().any(|x| !x.is_finite()) {
                let reason = "gave a vector that is not finite; the weights may be damaged".to_owned();
                return Err(Error::Encoder { reason, source: None });
            }
            vector.assign(&ndarray::ArrayView1::from(&finished));
        }
        Ok(vectors)
    }
}

/// Texts that go through the encoder together, as tokens one behind the other.
#[derive(Default)]
struct Batch {
    /// Which of the given texts these are, or are windows of.
    indices: Vec<usize>,
    /// Number of the window, and of how many; (0, 1) for a whole text.
    windows: Vec<(usize, usize)>,
    ids: Vec<u32>,
    types: Vec<u32>,
    /// Cumulative lengths, from 0.
    starts: Vec<usize>,
    /// Tokens of each text.
    tokens: Vec<u32>,
    /// Tokens cut of each.
    cut: Vec<u32>,
}

impl Batch {
    fn push(&mut self, index: usize, window: (usize, usize), text: &Tokens) {
        self.indices.push(index);
        self.windows.push(window);
        self.ids.extend_from_slice(&text.ids);
        self.types.extend_from_slice(&text.types);
        self.starts.push(self.ids.len());
        self.tokens.push(text.ids.len() as u32);
        self.cut.push(text.cut);
    }

    fn done<'a>(&'a self, vectors: &'a Array2<f32>) -> BatchDone<'a> {
        BatchDone { indices: &self.indices, vectors: vectors.view(), tokens: &self.tokens, cut: &self.cut }
    }
}
