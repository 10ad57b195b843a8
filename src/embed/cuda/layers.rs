//! The weights of a model on one card, in the order in which its kernels take them.

use std::f32::consts::LOG2_E;

use cudarc::driver::CudaSlice;

use super::dtype::DType;
use super::gpu::{Gpu, failed};
use crate::embed::architecture::Architecture;
use crate::embed::checkpoint::{self, Tables};
use crate::embed::positions;
use crate::{Error, Result};

pub(super) struct Norm {
    pub gain: CudaSlice<f32>,
    pub shift: CudaSlice<f32>,
}

pub(super) struct Layer {
    pub qkv: CudaSlice<u8>,
    pub qkv_bias: Option<CudaSlice<u8>>,
    pub output: CudaSlice<u8>,
    pub output_bias: CudaSlice<f32>,
    /// The norm that comes next after attention, whichever half of a layer it belongs to.
    pub after_attention: Norm,
    pub up: CudaSlice<u8>,
    pub up_bias: CudaSlice<f32>,
    pub down: CudaSlice<u8>,
    pub down_bias: CudaSlice<f32>,
    pub after_feed_forward: Norm,
    pub window: Option<usize>,
}

/// Cosines and sines of the angles by which queries and keys are turned, positions x half a head
/// each.
pub(super) struct RotaryTable {
    pub cosines: CudaSlice<f32>,
    pub sines: CudaSlice<f32>,
}

/// A model's weights on one card.
pub(super) struct GpuEncoder {
    pub card: Gpu,
    pub words: CudaSlice<u8>,
    /// Empty where positions enter by rotation.
    pub positions: CudaSlice<u8>,
    pub types: CudaSlice<u8>,
    pub embedding_norm: Norm,
    pub layers: Vec<Layer>,
    /// Angles of layers that see whole texts, and of those that see a window.
    pub rotary: Option<[RotaryTable; 2]>,
    /// What a distance adds to the scores of each head, times log2(e): heads x (2 positions - 1);
    /// empty where nothing is added.
    pub distances: CudaSlice<f32>,
    pub hidden: usize,
    pub heads: usize,
    pub intermediate: usize,
    pub gated: bool,
    pub norms_first: bool,
    pub epsilon: f32,
    pub number: DType,
}

/// A model's tensors as they were read, before they go to a card.
pub(super) struct Read {
    pub tables: Tables,
    pub layers: Vec<checkpoint::Layer>,
    /// Where norms stand first.
    pub last_norm: Option<checkpoint::Norm>,
}

impl GpuEncoder {
    pub(super) fn load(architecture: &Architecture, read: &Read, card: usize, number: DType) -> Result<GpuEncoder> {
        let Read { tables, layers, last_norm } = read;
        let card = Gpu::open(card, architecture, number)?;
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
                let next = layers.get(at + 1).map_or(last_norm.as_ref(), |next| next.attention_norm.as_ref());
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
        let table = |base: f64| -> Result<RotaryTable> {
            let rotary = positions::RotaryTable::new(base, hidden / heads, longest);
            let (cosines, sines) = rotary.tables();
            Ok(RotaryTable { cosines: floats(cosines)?, sines: floats(sines)? })
        };
        let rotary = match architecture.rotary {
            Some(bases) => Some([table(bases.whole)?, table(bases.window)?]),
            None => None,
        };
        let distances = if tables.distances.is_empty() {
            stream.null().map_err(failed)?
        } else {
            let rows = positions::by_distance(&tables.distances, heads, longest).concat();
            floats(&rows.iter().map(|value| value * LOG2_E).collect::<Vec<_>>())?
        };
        let encoder = GpuEncoder {
            words: numbers(&tables.words)?,
            positions: numbers(&tables.positions)?,
            types: numbers(&tables.types)?,
            embedding_norm: norm(Some(&tables.norm))?,
            card,
            layers: loaded,
            rotary,
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
    pub(super) fn bytes_per_token(&self) -> usize {
        let normed = if self.norms_first { self.hidden } else { 0 };
        let numbers = self.hidden + normed + self.wide();
        self.hidden * self.residual_bytes() + numbers * self.number.bytes() + 6 * size_of::<u32>()
    }

    /// Bytes of a value of the rows that layers add to: as in `kernels/rows.cu`.
    pub(super) fn residual_bytes(&self) -> usize {
        if self.norms_first { size_of::<f32>() } else { self.number.bytes() }
    }

    /// Whether attention runs on matrix units: as in `kernels/attention.cu`.
    pub(super) fn matrix_units(&self) -> bool {
        self.number != DType::F32 && (self.hidden / self.heads).is_multiple_of(16)
    }

    /// Columns that go into a feed-forward: with a gate it is two products.
    pub(super) fn up(&self) -> usize {
        if self.gated { 2 * self.intermediate } else { self.intermediate }
    }

    /// Columns of the buffer that holds first the queries, keys and values, then the inside of the
    /// feed-forward.
    pub(super) fn wide(&self) -> usize {
        (3 * self.hidden).max(self.up())
    }
}
