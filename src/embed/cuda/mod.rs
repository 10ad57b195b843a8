//! Encoders on CUDA cards with kernels of our own around cuBLASLt's products: token ids in, one pooled row per text out.
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

use std::f32::consts::LOG2_E;
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
use super::places;
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
    qkv_bias: Option<CudaSlice<u8>>,
    output: CudaSlice<u8>,
    output_bias: CudaSlice<f32>,
    /// The norm that comes next after attention, whichever half of a layer it belongs to.
    after_attention: Norm,
    up: CudaSlice<u8>,
    up_bias: CudaSlice<f32>,
    down: CudaSlice<u8>,
    down_bias: CudaSlice<f32>,
    after_feed_forward: Norm,
    window: Option<usize>,
}

/// Cosines and sines of the angles by which queries and keys are turned, positions x half a head each.
struct Angles {
    cosines: CudaSlice<f32>,
    sines: CudaSlice<f32>,
}

/// A model's weights on one card.
struct CardEncoder {
    card: Card,
    words: CudaSlice<u8>,
    /// Empty where places enter by angles.
    positions: CudaSlice<u8>,
    types: CudaSlice<u8>,
    embedding_norm: Norm,
    layers: Vec<Layer>,
    /// Angles of layers that see whole texts, and of those that see a window.
    angles: Option<[Angles; 2]>,
    /// What a distance adds to the scores of each head, times log2(e): heads x (2 positions - 1); empty where nothing is added.
    distances: CudaSlice<f32>,
    hidden: usize,
    heads: usize,
    intermediate: usize,
    gated: bool,
    norms_first: bool,
    epsilon: f32,
    number: Number,
}

/// A loaded encoder on one card or several.
pub(super) struct CudaEncoder {
    lanes: Vec<Mutex<Lane>>,
    budget: usize,
    hidden: usize,
}

impl CudaEncoder {
    /// Loads the weights onto each card after all of them are checked against the architecture.
    pub(super) fn load(
        architecture: &Architecture,
        weights: &mut Weights,
        cards: &[usize],
        number: Number,
    ) -> Result<CudaEncoder> {
        let mut checkpoint = Checkpoint::open(architecture, weights)?;
        let tables = checkpoint.tables()?;
        let layers = (0..architecture.layers).map(|number| checkpoint.layer(number)).collect::<Result<Vec<_>>>()?;
        let last_norm = checkpoint.last_norm()?;
        let mut lanes = Vec::new();
        let mut budget = MOST_TOKENS;
        for card in cards {
            let read = (&tables, &layers[..], last_norm.as_ref());
            let encoder = Arc::new(CardEncoder::load(architecture, read, *card, number)?);
            // Half of what is free stays so: another program's, or the fragments between our own buffers.
            let room = encoder.card.free()? / 2 / LANES / encoder.bytes_per_token();
            budget = budget.min(room.max(architecture.positions));
            for _ in 0..LANES {
                lanes.push(Mutex::new(Lane::new(encoder.clone())?));
            }
        }
        Ok(CudaEncoder { lanes, budget, hidden: architecture.hidden })
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

impl CardEncoder {
    fn load(
        architecture: &Architecture,
        (tables, layers, last_norm): (&Tables, &[checkpoint::Layer], Option<&checkpoint::Norm>),
        card: usize,
        number: Number,
    ) -> Result<CardEncoder> {
        let card = Card::open(card, architecture, number)?;
        let stream = card.stream()?;
        let Architecture { hidden, heads, intermediate, gated, norms_first, positions: longest, .. } = *architecture;
        let floats = |values: &[f32]| stream.clone_htod(values).map_err(failed);
        let numbers = |values: &[f32]| {
            let encoded = number.encode(values);
            if encoded.is_empty() { stream.null() } else { stream.clone_htod(&encoded) }.map_err(failed)
        };
        let norm = |norm: Option<&checkpoint::Norm>| -> Result<Norm> {
            let (gain, shift) = norm.ok_or(Error::Internal("a layer without its norm"))?;
            Ok(Norm { gain: floats(gain)?, shift: floats(shift)? })
        };
        let mut loaded = Vec::with_capacity(layers.len());
        for (at, layer) in layers.iter().enumerate() {
            // Where norms stand first, that of the next half is the one that comes next.
            let (after_attention, after_feed_forward) = if norms_first {
                let next = layers.get(at + 1).map_or(last_norm, |next| next.attention_norm.as_ref());
                (Some(&layer.feed_forward_norm), next)
            } else {
                (layer.attention_norm.as_ref(), Some(&layer.feed_forward_norm))
            };
            let qkv_bias = architecture.biases.attention.then(|| numbers(&layer.qkv.1)).transpose()?;
            loaded.push(Layer {
                qkv: numbers(&layer.qkv.0)?,
                qkv_bias,
                output: numbers(&layer.output.0)?,
                output_bias: floats(&layer.output.1)?,
                after_attention: norm(after_attention)?,
                up: numbers(&layer.up.0)?,
                up_bias: floats(&layer.up.1)?,
                down: numbers(&layer.down.0)?,
                down_bias: floats(&layer.down.1)?,
                after_feed_forward: norm(after_feed_forward)?,
                window: architecture.windows[at],
            });
        }
        let angles = |base: f64| -> Result<Angles> {
            let angles = places::Angles::new(base, hidden / heads, longest);
            let (cosines, sines) = angles.tables();
            Ok(Angles { cosines: floats(cosines)?, sines: floats(sines)? })
        };
        let angles = match architecture.rotary {
            Some(rotary) => Some([angles(rotary.whole)?, angles(rotary.window)?]),
            None => None,
        };
        let distances = if tables.distances.is_empty() {
            stream.null().map_err(failed)?
        } else {
            let rows = places::by_distance(&tables.distances, heads, longest).concat();
            floats(&rows.iter().map(|value| value * LOG2_E).collect::<Vec<_>>())?
        };
        let encoder = CardEncoder {
            words: numbers(&tables.words)?,
            positions: numbers(&tables.positions)?,
            types: numbers(&tables.types)?,
            embedding_norm: norm(Some(&tables.norm))?,
            card,
            layers: loaded,
            angles,
            distances,
            hidden,
            heads,
            intermediate,
            gated,
            norms_first,
            epsilon: architecture.epsilon as f32,
            number,
        };
        stream.synchronize().map_err(failed)?;
        Ok(encoder)
    }

    /// Memory that a token of a batch takes.
    fn bytes_per_token(&self) -> usize {
        let normed = if self.norms_first { self.hidden } else { 0 };
        let numbers = self.hidden + normed + self.wide();
        self.hidden * self.residual_bytes() + numbers * self.number.bytes() + 6 * size_of::<u32>()
    }

    /// Bytes of a value of the rows that layers add to: as in `kernels/rows.cu`.
    fn residual_bytes(&self) -> usize {
        if self.norms_first { size_of::<f32>() } else { self.number.bytes() }
    }

    /// Whether attention runs on matrix units: as in `kernels/attention.cu`.
    fn matrix_units(&self) -> bool {
        self.number != Number::F32 && (self.hidden / self.heads).is_multiple_of(16)
    }

    /// Columns that go into a feed-forward: with a gate it is two products.
    fn up(&self) -> usize {
        if self.gated { 2 * self.intermediate } else { self.intermediate }
    }

    /// Columns of the buffer that holds first the queries, keys and values, then the inside of the feed-forward.
    fn wide(&self) -> usize {
        (3 * self.hidden).max(self.up())
    }
}
