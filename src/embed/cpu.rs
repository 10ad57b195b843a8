//! Encoders on a CPU with kernels of our own: token ids in, one hidden row per token out.
//!
//! Texts stand one behind the other, without padding. A batch is cut into blocks of whole texts,
//! and each block goes through all layers on one thread, in buffers that the thread keeps: no
//! thread ever waits for another, and a text's numbers depend on neither the number of threads nor
//! its neighbours, bit for bit. Weights are packed once, at load; the three projections of
//! attention are one.

use std::cell::RefCell;
use std::ops::Range;

use rayon::prelude::*;

use super::architecture::{Activation, Architecture};
use super::batch::TokenBatch;
use super::checkpoint::{self, Checkpoint, Tables};
use super::positions::{RotaryTable, by_distance};
use super::weights::Weights;
use crate::Result;
use crate::kernels::{
    Aligned, Head, Input, InstructionSet, NormWeights, Numbers, Packed, PackedInt8, Quantised, Strided, activate,
    attend, gate, multiply, multiply_int8, normalise,
};

/// Tokens of a block, about: one abstract, or many titles. Its rows of all kinds take 2 MB for
/// all-MiniLM.
const BLOCK: usize = 256;

/// Rows that go through a feed-forward together, so that the wide rows between its halves stay in
/// the cache.
const FEED_FORWARD: usize = 112;

struct Linear {
    weight: Weight,
    bias: Vec<f32>,
}

enum Weight {
    F32(Packed),
    Int8(PackedInt8),
}

impl Linear {
    fn pack(set: InstructionSet, (weight, bias): checkpoint::Linear, int8: bool) -> Linear {
        let inputs = weight.len() / bias.len();
        let weight = if int8 {
            Weight::Int8(PackedInt8::pack(set, &weight, &bias, inputs))
        } else {
            let mut packed = Packed::empty();
            packed.pack(set, bias.len(), inputs, |output, input| weight[output * inputs + input]);
            Weight::F32(packed)
        };
        Linear { weight, bias }
    }
}

struct Layer {
    /// `None` where the rows are normed already.
    attention_norm: Option<NormWeights>,
    qkv: Linear,
    output: Linear,
    feed_forward_norm: NormWeights,
    up: Linear,
    down: Linear,
    window: Option<usize>,
}

/// A loaded encoder.
pub(super) struct CpuEncoder {
    set: InstructionSet,
    words: Vec<f32>,
    /// Empty where positions enter by rotation.
    positions: Vec<f32>,
    types: Vec<f32>,
    embedding_norm: NormWeights,
    layers: Vec<Layer>,
    last_norm: Option<NormWeights>,
    hidden: usize,
    heads: usize,
    activation: Activation,
    gated: bool,
    norms_first: bool,
    /// Those of all that is not a linear layer.
    numbers: Numbers,
    /// Angles of layers that see whole texts, and of those that see a window.
    rotary: Option<[RotaryTable; 2]>,
    /// Per head, what a distance adds to a score.
    distances: Option<Vec<Vec<f32>>>,
}

/// Rows of a block, kept by a thread from block to block.
#[derive(Default)]
struct Buffers {
    normed: Aligned<f32>,
    qkv: Aligned<f32>,
    attended: Aligned<f32>,
    sum: Aligned<f32>,
    wide: Aligned<f32>,
    gated: Aligned<f32>,
    quantised: Quantised,
    head: Head,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

impl CpuEncoder {
    /// Loads and packs the weights, as bytes or as `f32`, after all of them are checked against the
    /// architecture.
    pub(super) fn load(architecture: &Architecture, weights: &mut Weights, int8: bool) -> Result<CpuEncoder> {
        let set = InstructionSet::choose()?;
        let mut checkpoint = Checkpoint::open(architecture, weights)?;
        let epsilon = architecture.epsilon as f32;
        let norm = |(weight, bias): checkpoint::Norm| NormWeights { weight, bias, epsilon };
        let Architecture { hidden, heads, activation, gated, norms_first, positions: longest, .. } = *architecture;
        let Tables { words, positions, types, distances, norm: embedding_norm } = checkpoint.tables()?;
        let mut layers = Vec::with_capacity(architecture.layers);
        for (number, window) in architecture.windows.iter().enumerate() {
            let layer = checkpoint.layer(number)?;
            let pack = |linear| Linear::pack(set, linear, int8);
            let ((qkv, output), (up, down)) = rayon::join(
                || (pack(layer.qkv), pack(layer.output)),
                || rayon::join(|| pack(layer.up), || pack(layer.down)),
            );
            layers.push(Layer {
                attention_norm: layer.attention_norm.map(norm),
                qkv,
                output,
                feed_forward_norm: norm(layer.feed_forward_norm),
                up,
                down,
                window: *window,
            });
        }
        let table = |base| RotaryTable::new(base, hidden / heads, longest);
        Ok(CpuEncoder {
            set,
            words,
            positions,
            types,
            embedding_norm: norm(embedding_norm),
            layers,
            last_norm: checkpoint.last_norm()?.map(norm),
            hidden,
            heads,
            activation,
            gated,
            norms_first,
            numbers: if int8 { Numbers::Words } else { Numbers::F32 },
            rotary: architecture.rotary.map(|bases| [table(bases.whole), table(bases.window)]),
            distances: (!distances.is_empty()).then(|| by_distance(&distances, heads, longest)),
        })
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

    fn forward_block(&self, batch: &TokenBatch<'_>, texts: Range<usize>, x: &mut [f32], buffers: &mut Buffers) {
        let CpuEncoder { set, hidden, .. } = *self;
        let tokens = x.len() / hidden;
        self.embed(batch, texts.clone(), x);
        normalise(set, x, None, &self.embedding_norm);
        let Buffers { normed, qkv, attended, sum, wide, gated, quantised, head } = buffers;
        if self.norms_first {
            normed.resize(tokens * hidden);
        }
        qkv.resize(tokens * 3 * hidden);
        attended.resize(tokens * hidden);
        sum.resize(tokens * hidden);
        for layer in &self.layers {
            let from = self.normed(x, layer.attention_norm.as_ref(), normed);
            self.project(tokens, from, &layer.qkv, quantised, qkv);
            self.attend(batch, texts.clone(), layer, qkv, head, attended);
            self.project(tokens, attended, &layer.output, quantised, sum);
            self.add(x, sum, layer.attention_norm.as_ref());
            let from = self.normed(x, Some(&layer.feed_forward_norm), normed);
            let outputs = layer.up.bias.len();
            wide.resize(FEED_FORWARD * outputs);
            gated.resize(if self.gated { FEED_FORWARD * outputs / 2 } else { 0 });
            for (from, sum) in from.chunks(FEED_FORWARD * hidden).zip(sum.chunks_mut(FEED_FORWARD * hidden)) {
                let rows = from.len() / hidden;
                let wide = &mut wide[..rows * outputs];
                self.project(rows, from, &layer.up, quantised, wide);
                let inside = if self.gated {
                    let gated = &mut gated[..rows * outputs / 2];
                    gate(set, self.activation, self.numbers, wide, outputs / 2, gated);
                    &*gated
                } else {
                    activate(set, self.activation, self.numbers, wide);
                    &*wide
                };
                self.project(rows, inside, &layer.down, quantised, sum);
            }
            self.add(x, sum, Some(&layer.feed_forward_norm));
        }
        if let Some(norm) = &self.last_norm {
            normalise(set, x, None, norm);
        }
    }

    /// The sum of what the tables say of each token.
    fn embed(&self, batch: &TokenBatch<'_>, texts: Range<usize>, x: &mut [f32]) {
        let hidden = self.hidden;
        let start = batch.starts[texts.start];
        for text in texts {
            for (position, at) in batch.range(text).enumerate() {
                let row = &mut x[(at - start) * hidden..][..hidden];
                let word = &self.words[batch.ids[at] as usize * hidden..][..hidden];
                let kind = &self.types[batch.types[at] as usize * hidden..][..hidden];
                for (at, value) in row.iter_mut().enumerate() {
                    *value = word[at] + kind[at];
                }
                if !self.positions.is_empty() {
                    let place = &self.positions[position * hidden..][..hidden];
                    row.iter_mut().zip(place).for_each(|(value, place)| *value += place);
                }
            }
        }
    }

    /// What a product takes: the rows themselves, or where norms stand first, a normed copy.
    fn normed<'a>(&self, x: &'a [f32], norm: Option<&NormWeights>, buffer: &'a mut [f32]) -> &'a [f32] {
        match norm {
            Some(norm) if self.norms_first => {
                buffer.copy_from_slice(x);
                normalise(self.set, buffer, None, norm);
                buffer
            }
            _ => x,
        }
    }

    /// Adds what a half of a layer gives to its rows, which are then normed unless norms stand
    /// first.
    fn add(&self, x: &mut [f32], sum: &[f32], norm: Option<&NormWeights>) {
        match norm {
            Some(norm) if !self.norms_first => normalise(self.set, x, Some(sum), norm),
            _ => x.iter_mut().zip(sum).for_each(|(x, sum)| *x += sum),
        }
    }

    fn attend(
        &self,
        batch: &TokenBatch<'_>,
        texts: Range<usize>,
        layer: &Layer,
        qkv: &mut [f32],
        head: &mut Head,
        attended: &mut [f32],
    ) {
        let CpuEncoder { set, hidden, heads, .. } = *self;
        let start = batch.starts[texts.start];
        let width = hidden / heads;
        for text in texts {
            let range = batch.range(text);
            let rows = &mut qkv[(range.start - start) * 3 * hidden..][..range.len() * 3 * hidden];
            if let Some([whole, window]) = &self.rotary {
                let rotary = if layer.window.is_some() { window } else { whole };
                for (position, row) in rows.chunks_exact_mut(3 * hidden).enumerate() {
                    rotary.apply_rope(position, &mut row[..2 * hidden]);
                }
            }
            for number in 0..heads {
                let part = |part: usize| &rows[part * hidden + number * width..];
                let input = Input {
                    qkv: [part(0), part(1), part(2)],
                    stride: 3 * hidden,
                    tokens: range.len(),
                    width,
                    window: layer.window,
                    distances: self.distances.as_ref().map(|heads| &heads[number][..]),
                };
                let out = &mut attended[(range.start - start) * hidden + number * width..];
                attend(set, self.numbers, head, &input, Strided { values: out, stride: hidden });
            }
        }
    }

    fn project(&self, rows: usize, x: &[f32], linear: &Linear, quantised: &mut Quantised, out: &mut [f32]) {
        let (inputs, outputs) = (x.len() / rows.max(1), linear.bias.len());
        match &linear.weight {
            Weight::F32(weight) => {
                let (from, to) = (Strided { values: x, stride: inputs }, Strided { values: out, stride: outputs });
                multiply(self.set, rows, from, weight, Some(&linear.bias), to);
            }
            Weight::Int8(weight) => {
                quantised.take(self.set, x, inputs);
                multiply_int8(self.set, quantised, weight, out);
            }
        }
    }
}
