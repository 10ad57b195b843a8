//! Encoders on CUDA cards with kernels of our own around cuBLASLt's products: token ids in, one
//! pooled row per text out.
//!
//! Texts stand one behind the other, without padding, as on the CPU. Each card holds the weights
//! once and has two streams: a stream with buffers and a thread of its caller's, so that one stream
//! copies and launches while the other computes. Rows are pooled on the card, so a text costs one
//! row on the way back and not one per token. No buffer is allocated between batches unless one is
//! larger than all before it.
//!
//! Here: which stream takes a batch. `gpu` finds a card and compiles the kernels, `layers` holds
//! the weights on it, `blas` multiplies, `stream` takes a batch through the layers.

#![allow(unsafe_code)]

mod blas;
mod dtype;
mod gpu;
mod layers;
mod stream;

use std::sync::{Arc, Mutex, PoisonError};

use ndarray::Array2;

pub(super) use dtype::DType;
pub(super) use gpu::answers;

use self::layers::{GpuEncoder, Read};
use self::stream::Stream;
use super::architecture::Architecture;
use super::batch::TokenBatch;
use super::checkpoint::Checkpoint;
use super::pooling::Pooling;
use super::weights::Weights;
use crate::{Error, Result};

/// Streams of a card: one computes while the other copies and launches.
const STREAMS: usize = 2;

/// The most tokens of a batch that free memory may ask for. More is not faster.
const MOST_TOKENS: usize = 65_536;

/// A loaded encoder on one card or several.
pub(super) struct CudaEncoder {
    streams: Vec<Mutex<Stream>>,
    budget: usize,
    hidden: usize,
}

impl CudaEncoder {
    /// Loads the weights onto each card after all of them are checked against the architecture.
    pub(super) fn load(
        architecture: &Architecture,
        weights: &mut Weights,
        cards: &[usize],
        number: DType,
    ) -> Result<CudaEncoder> {
        let mut checkpoint = Checkpoint::open(architecture, weights)?;
        let read = Read {
            tables: checkpoint.tables()?,
            layers: (0..architecture.layers).map(|number| checkpoint.layer(number)).collect::<Result<_>>()?,
            last_norm: checkpoint.last_norm()?,
        };
        let mut streams = Vec::new();
        let mut budget = MOST_TOKENS;
        for card in cards {
            let encoder = Arc::new(GpuEncoder::load(architecture, &read, *card, number)?);
            // Half of what is free stays so: another program's, or the fragments between our own
            // buffers.
            let room = encoder.card.free()? / 2 / STREAMS / encoder.bytes_per_token();
            budget = budget.min(room.max(architecture.positions));
            for _ in 0..STREAMS {
                streams.push(Mutex::new(Stream::new(encoder.clone())?));
            }
        }
        Ok(CudaEncoder { streams, budget, hidden: architecture.hidden })
    }

    /// Tokens of a batch that the cards have memory for.
    pub(super) fn budget(&self) -> usize {
        self.budget
    }

    /// Batches that can be under way at once.
    pub(super) fn in_flight(&self) -> usize {
        self.streams.len()
    }

    /// Pooled rows, texts x (poolings x hidden). A batch beyond the card's memory is cut in two
    /// until its parts are not.
    pub(super) fn pooled(&self, stream: usize, batch: &TokenBatch<'_>, pooling: &[Pooling]) -> Result<Array2<f64>> {
        let width = pooling.len() * self.hidden;
        let mut rows = Vec::with_capacity(batch.texts() * width);
        // A stream that panicked has no state that the next batch would read.
        let mut stream = self.streams[stream].lock().unwrap_or_else(PoisonError::into_inner);
        stream.append(batch, 0..batch.texts(), pooling, &mut rows)?;
        Array2::from_shape_vec((batch.texts(), width), rows.into_iter().map(f64::from).collect())
            .map_err(|_| Error::Internal("a card gives too few rows"))
    }
}
