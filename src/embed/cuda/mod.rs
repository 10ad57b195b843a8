//! Encoders on CUDA cards with kernels of our own around cuBLASLt's products: token ids in, one
//! pooled row per text out.
//!
//! Texts stand one behind the other, without padding, as on the CPU. Each card holds the weights
//! once and has two lanes: a stream with buffers and a thread of its caller's, so that one lane
//! copies and launches while the other computes. Rows are pooled on the card, so a text costs one
//! row on the way back and not one per token. No buffer is allocated between batches unless one is
//! larger than all before it.
//!
//! Here: which lane takes a batch. `card` finds a card and compiles the kernels, `layers` holds the
//! weights on it, `blas` multiplies, `lane` takes a batch through the layers.

#![allow(unsafe_code)]

mod blas;
mod card;
mod lane;
mod layers;
mod number;

use std::sync::{Arc, Mutex, PoisonError};

use ndarray::Array2;

pub(super) use card::answers;
pub(super) use number::Number;

use self::lane::Lane;
use self::layers::{CardEncoder, Read};
use super::architecture::Architecture;
use super::batch::TokenBatch;
use super::checkpoint::Checkpoint;
use super::pooling::Pooling;
use super::weights::Weights;
use crate::{Error, Result};

/// Streams of a card: one computes while the other copies and launches.
const LANES: usize = 2;

/// The most tokens of a batch that free memory may ask for. More is not faster.
const MOST_TOKENS: usize = 65_536;

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
        let read = Read {
            tables: checkpoint.tables()?,
            layers: (0..architecture.layers).map(|number| checkpoint.layer(number)).collect::<Result<_>>()?,
            last_norm: checkpoint.last_norm()?,
        };
        let mut lanes = Vec::new();
        let mut budget = MOST_TOKENS;
        for card in cards {
            let encoder = Arc::new(CardEncoder::load(architecture, &read, *card, number)?);
            // Half of what is free stays so: another program's, or the fragments between our own
            // buffers.
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

    /// Pooled rows, texts x (poolings x hidden). A batch beyond the card's memory is cut in two
    /// until its parts are not.
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
