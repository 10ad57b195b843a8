//! BERT on a CPU with kernels of our own: token ids in, one hidden row per token out.
//!
//! Texts stand one behind the other, without padding. A batch is cut into blocks of whole texts, and each block goes
//! through all layers on one thread, in buffers that the thread keeps: no thread ever waits for another, and a
//! text's numbers depend on neither the number of threads nor its neighbours, bit for bit. Weights are packed once,
//! at load; the three projections of attention are one.

use std::cell::RefCell;

use rayon::prelude::*;

use super::architecture::{Activation, Architecture, Tables};
use super::encoder::TokenBatch;
use super::kernels::{
    Aligned, Head, Input, InstructionSet, NormWeights, Packed, PackedInt8, Quantised, activate, attend, multiply,
    multiply_int8, normalise,
};
use super::weights::Weights;
use crate::Result;

/// Tokens of a block, about: one abstract, or many titles. Its rows of all kinds take 2 MB for all-MiniLM.
const BLOCK: usize = 256;

/// Rows that go through a feed-forward together, so that the wide rows between its halves stay in the cache.
const FEED_FORWARD: usize = 112;

struct Linear {
    weight: Weight,
    bias: Vec<f32>,
}

enum Weight {
    F32(Packed),
    Int8(PackedInt8),
}

struct Layer {
    qkv: Linear,
    output: Linear,
    attention_norm: NormWeights,
    up: Linear,
    down: Linear,
    feed_forward_norm: NormWeights,
}

/// A loaded BERT.
pub(super) struct CpuBert {
    set: InstructionSet,
    words: Vec<f32>,
    positions: Vec<f32>,
    types: Vec<f32>,
    embedding_norm: NormWeights,
    layers: Vec<Layer>,
    hidden: usize,
    heads: usize,
    activation: Activation,
}

/// Rows of a block, kept by a thread from block to block.
#[derive(Default)]
struct Buffers {
    qkv: Aligned<f32>,
    attended: Aligned<f32>,
    sum: Aligned<f32>,
    wide: Aligned<f32>,
    quantised: Quantised,
    head: Head,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

impl CpuBert {
    /// Loads and packs the weights, as bytes or as `f32`, after all of them are checked against the architecture.
    pub(super) fn load(architecture: &Architecture, weights: &mut Weights, int8: bool) -> Result<CpuBert> {
        let set = InstructionSet::choose()?;
        let mut tensors = architecture.open(weights)?;
        let Tables { words, positions, types } = tensors.tables(architecture)?;
        let mut next = || tensors.next();
        let epsilon = architecture.epsilon as f32;
        let hidden = architecture.hidden;
        let embedding_norm = NormWeights { weight: next()?, bias: next()?, epsilon };
        let linear = |weight: Vec<f32>, bias: Vec<f32>| {
            let inputs = weight.len() / bias.len();
            let weight = if int8 {
                Weight::Int8(PackedInt8::pack(set, &weight, &bias, inputs))
            } else {
                let mut packed = Packed::empty();
                packed.pack(set, bias.len(), inputs, |output, input| weight[output * inputs + input]);
                Weight::F32(packed)
            };
            Linear { weight, bias }
        };
        let mut layers = Vec::with_capacity(architecture.layers);
        for _ in 0..architecture.layers {
            let (mut weight, mut bias) = (next()?, next()?);
            for _ in 0..2 {
                weight.extend(next()?);
                bias.extend(next()?);
            }
            layers.push(Layer {
                qkv: linear(weight, bias),
                output: linear(next()?, next()?),
                up: linear(next()?, next()?),
                down: linear(next()?, next()?),
                attention_norm: NormWeights { weight: next()?, bias: next()?, epsilon },
                feed_forward_norm: NormWeights { weight: next()?, bias: next()?, epsilon },
            });
        }
        let Architecture { heads, activation, .. } = *architecture;
        Ok(CpuBert { set, words, positions, types, embedding_norm, layers, hidden, heads, activation })
    }

    /// Width of a row.
    pub(super) fn hidden(&self) -> usize {
        self.hidden
    }

    /// Hidden rows of a batch, flat: tokens x hidden, in the order of its ids.
    pub(super) fn forward(&self, batch: &TokenBatch<'_>) -> Vec<f32> {
        let mut rows = vec![0f32; batch.ids.len() * self.hidden];
        let mut blocks = Vec::new();
        let mut rest = rows.as_mut_slice();
        let mut first = 0;
        while first < batch.texts() {
            let start = batch.starts[first];
            let mut behind = first + 1;
            while behind < batch.texts() && batch.starts[behind + 1] - start <= BLOCK {
                behind += 1;
            }
            let (block, others) = rest.split_at_mut((batch.starts[behind] - start) * self.hidden);
            blocks.push((first..behind, block));
            (rest, first) = (others, behind);
        }
        blocks.into_par_iter().with_max_len(1).for_each(|(texts, rows)| {
            BUFFERS.with_borrow_mut(|buffers| self.forward_block(batch, texts, rows, buffers));
        });
        rows
    }

    fn forward_block(
        &self,
        batch: &TokenBatch<'_>,
        texts: std::ops::Range<usize>,
        x: &mut [f32],
        buffers: &mut Buffers,
    ) {
        let CpuBert { set, hidden, .. } = *self;
        let start = batch.starts[texts.start];
        let tokens = x.len() / hidden;
        for text in texts.clone() {
            for (position, at) in batch.range(text).enumerate() {
                let row = &mut x[(at - start) * hidden..][..hidden];
                let word = &self.words[batch.ids[at] as usize * hidden..][..hidden];
                let place = &self.positions[position * hidden..][..hidden];
                let kind = &self.types[batch.types[at] as usize * hidden..][..hidden];
                for (at, value) in row.iter_mut().enumerate() {
                    *value = word[at] + kind[at] + place[at];
                }
            }
        }
        normalise(set, x, None, &self.embedding_norm);
        let Buffers { qkv, attended, sum, wide, quantised, head } = buffers;
        qkv.resize(tokens * 3 * hidden);
        attended.resize(tokens * hidden);
        sum.resize(tokens * hidden);
        for layer in &self.layers {
            self.project(tokens, x, &layer.qkv, quantised, qkv);
            let width = hidden / self.heads;
            for text in texts.clone() {
                let range = batch.range(text);
                let from = (range.start - start) * 3 * hidden;
                for number in 0..self.heads {
                    let part = |part: usize| &qkv[from + part * hidden + number * width..];
                    let input =
                        Input { qkv: [part(0), part(1), part(2)], stride: 3 * hidden, tokens: range.len(), width };
                    let out = &mut attended[(range.start - start) * hidden + number * width..];
                    attend(set, head, &input, (out, hidden));
                }
            }
            self.project(tokens, attended, &layer.output, quantised, sum);
            normalise(set, x, Some(sum), &layer.attention_norm);
            let inside = layer.up.bias.len();
            wide.resize(FEED_FORWARD * inside);
            for (x, sum) in x.chunks(FEED_FORWARD * hidden).zip(sum.chunks_mut(FEED_FORWARD * hidden)) {
                let rows = x.len() / hidden;
                let wide = &mut wide[..rows * inside];
                self.project(rows, x, &layer.up, quantised, wide);
                activate(set, self.activation, wide);
                self.project(rows, wide, &layer.down, quantised, sum);
            }
            normalise(set, x, Some(sum), &layer.feed_forward_norm);
        }
    }

    fn project(&self, rows: usize, x: &[f32], linear: &Linear, quantised: &mut Quantised, out: &mut [f32]) {
        let (inputs, outputs) = (x.len() / rows.max(1), linear.bias.len());
        match &linear.weight {
            Weight::F32(weight) => multiply(self.set, rows, (x, inputs), weight, Some(&linear.bias), (out, outputs)),
            Weight::Int8(weight) => {
                quantised.take(self.set, x, inputs);
                multiply_int8(self.set, quantised, weight, out);
            }
        }
    }
}
