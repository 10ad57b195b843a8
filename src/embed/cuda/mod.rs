//! BERT on CUDA cards with kernels of our own around cuBLASLt's products: token ids in, one pooled row per text out.
//!
//! Texts stand one behind the other, without padding, as on the CPU. Each card holds the weights once and has two lanes:
//! a stream with buffers and a thread of its caller's, so that one lane copies and launches while the other computes.
//! Rows are pooled on the card, so a text costs one row on the way back and not one per token. No buffer is allocated
//! between batches unless one is larger than all before it.
//!
//! Here: the weights on their cards. `card` finds a card and compiles the kernels, `blas` multiplies, `lane` takes a batch
//! through the layers.

#![allow(unsafe_code)]

mod blas;
mod card;
mod lane;

use std::sync::{Arc, Mutex, PoisonError};

use cudarc::driver::CudaSlice;
use half::{bf16, f16};
use ndarray::Array2;

pub(super) use card::answers;

use self::card::{Card, failed};
use self::lane::Lane;
use super::architecture::Architecture;
use super::checkpoint::{self, Checkpoint, Tables};
use super::encoder::TokenBatch;
use super::pooling::Pooling;
use super::weights::Weights;
use crate::{Error, Result};

/// Streams of a card: one computes while the other copies and launches.
const LANES: usize = 2;

/// The most tokens of a batch that free memory may ask for. More is not faster.
const MOST_TOKENS: usize = 65_536;

/// What rows and weights are stored in; the kernels know it by this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    F32 = 0,
    F16 = 1,
    Bf16 = 2,
}

impl Number {
    fn bytes(self) -> usize {
        match self {
            Number::F32 => 4,
            Number::F16 | Number::Bf16 => 2,
        }
    }

    fn encode(self, values: &[f32]) -> Vec<u8> {
        match self {
            Number::F32 => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Number::F16 => values.iter().flat_map(|x| f16::from_f32(*x).to_le_bytes()).collect(),
            Number::Bf16 => values.iter().flat_map(|x| bf16::from_f32(*x).to_le_bytes()).collect(),
        }
    }
}

struct Norm {
    gain: CudaSlice<f32>,
    shift: CudaSlice<f32>,
}

struct Layer {
    qkv: CudaSlice<u8>,
    qkv_bias: CudaSlice<u8>,
    output: CudaSlice<u8>,
    output_bias: CudaSlice<f32>,
    attention_norm: Norm,
    up: CudaSlice<u8>,
    up_bias: CudaSlice<f32>,
    down: CudaSlice<u8>,
    down_bias: CudaSlice<f32>,
    feed_forward_norm: Norm,
}

/// A model's weights on one card.
struct CardBert {
    card: Card,
    words: CudaSlice<u8>,
    positions: CudaSlice<u8>,
    types: CudaSlice<u8>,
    embedding_norm: Norm,
    layers: Vec<Layer>,
    hidden: usize,
    heads: usize,
    intermediate: usize,
    epsilon: f32,
    number: Number,
}

/// A loaded BERT on one card or several.
pub(super) struct CudaBert {
    lanes: Vec<Mutex<Lane>>,
    budget: usize,
    hidden: usize,
}

impl CudaBert {
    /// Loads the weights onto each card after all of them are checked against the architecture.
    pub(super) fn load(
        architecture: &Architecture,
        weights: &mut Weights,
        cards: &[usize],
        number: Number,
    ) -> Result<CudaBert> {
        let mut checkpoint = Checkpoint::open(architecture, weights)?;
        let tables = checkpoint.tables()?;
        let layers = (0..architecture.layers).map(|number| checkpoint.layer(number)).collect::<Result<Vec<_>>>()?;
        let mut lanes = Vec::new();
        let mut budget = MOST_TOKENS;
        for card in cards {
            let bert = Arc::new(CardBert::load(architecture, (&tables, &layers), *card, number)?);
            // Half of what is free stays so: another program's, or the fragments between our own buffers.
            let room = bert.card.free()? / 2 / LANES / bert.bytes_per_token();
            budget = budget.min(room.max(architecture.positions));
            for _ in 0..LANES {
                lanes.push(Mutex::new(Lane::new(bert.clone())?));
            }
        }
        Ok(CudaBert { lanes, budget, hidden: architecture.hidden })
    }

    /// Tokens of a batch that the cards have memory for.
    pub(super) fn budget(&self) -> usize {
        self.budget
    }

    /// Batches that can be under way at once.
    pub(super) fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// Pooled rows, texts x (poolings x hidden). A batch beyond the card's memory is cut in two until its parts are not.
    pub(super) fn pooled(&self, lane: usize, batch: &TokenBatch<'_>, pooling: &[Pooling]) -> Result<Array2<f64>> {
        let width = pooling.len() * self.hidden;
        let mut rows = Vec::with_capacity(batch.texts() * width);
        // A lane that panicked has no state that the next batch would read.
        let mut lane = self.lanes[lane].lock().unwrap_or_else(PoisonError::into_inner);
        lane.append(batch, 0..batch.texts(), pooling, &mut rows)?;
        Array2::from_shape_vec((batch.texts(), width), rows.into_iter().map(f64::from).collect())
            .map_err(|_| Error::Internal("a card gives too few rows"))
    }
}

impl CardBert {
    fn load(
        architecture: &Architecture,
        (tables, layers): (&Tables, &[checkpoint::Layer]),
        card: usize,
        number: Number,
    ) -> Result<CardBert> {
        let card = Card::open(card, architecture, number)?;
        let stream = card.stream()?;
        let floats = |values: &[f32]| stream.clone_htod(values).map_err(failed);
        let numbers = |values: &[f32]| stream.clone_htod(&number.encode(values)).map_err(failed);
        let (words, positions, types) = (&tables.words, &tables.positions, &tables.types);
        let (words, positions, types) = (numbers(words)?, numbers(positions)?, numbers(types)?);
        let norm = |(gain, shift): &checkpoint::Norm| -> Result<Norm> {
            Ok(Norm { gain: floats(gain)?, shift: floats(shift)? })
        };
        let embedding_norm = norm(&tables.norm)?;
        let mut loaded = Vec::with_capacity(layers.len());
        for layer in layers {
            let attention_norm = layer.attention_norm.as_ref().ok_or(Error::Internal("a layer without its norm"))?;
            loaded.push(Layer {
                qkv: numbers(&layer.qkv.0)?,
                qkv_bias: numbers(&layer.qkv.1)?,
                output: numbers(&layer.output.0)?,
                output_bias: floats(&layer.output.1)?,
                up: numbers(&layer.up.0)?,
                up_bias: floats(&layer.up.1)?,
                down: numbers(&layer.down.0)?,
                down_bias: floats(&layer.down.1)?,
                attention_norm: norm(attention_norm)?,
                feed_forward_norm: norm(&layer.feed_forward_norm)?,
            });
        }
        stream.synchronize().map_err(failed)?;
        let Architecture { hidden, heads, intermediate, epsilon, .. } = *architecture;
        let epsilon = epsilon as f32;
        Ok(CardBert {
            card,
            words,
            positions,
            types,
            embedding_norm,
            layers: loaded,
            hidden,
            heads,
            intermediate,
            epsilon,
            number,
        })
    }

    /// Memory that a token of a batch takes.
    fn bytes_per_token(&self) -> usize {
        (2 * self.hidden + self.wide()) * self.number.bytes() + 6 * size_of::<u32>()
    }

    /// Whether attention runs on matrix units: as in `kernels.cu`.
    fn matrix_units(&self) -> bool {
        self.number != Number::F32 && (self.hidden / self.heads).is_multiple_of(16)
    }

    /// Columns of the buffer that holds first the queries, keys and values, then the inside of the feed-forward.
    fn wide(&self) -> usize {
        (3 * self.hidden).max(self.intermediate)
    }
}
