//! The seam between batching and the encoder: token ids in, one pooled row per text out.
//!
//! Ids come flat with cumulative lengths, so neither side knows how the other pads, batches or
//! schedules. Another engine replaces what lies behind [`Encoder`] and nothing else: what it must
//! know is in [`Architecture`] and [`Weights`], what it must give is the last hidden layer, pooled.
//! On a CPU that is `pooling`, for every engine alike; CUDA cards pool themselves, as a row per
//! token is too much to bring back.

use ndarray::{Array2, s};
use rayon::prelude::*;

use super::architecture::{Architecture, Family};
use super::batch::TokenBatch;
use super::cpu::CpuEncoder;
use super::device::{self, Cards, DeviceChoice};
use super::machine;
use super::options::{EmbedderOptions, EngineChoice, Precision};
use super::pooling::{self, Pooling};
use super::stock::Bert;
use super::weights::Weights;
use crate::error::{DeviceRefusal, EmbeddingError, Error, PrecisionRefusal, Result};

/// A loaded encoder.
pub(super) enum Encoder {
    Own(CpuEncoder),
    Stock {
        bert: Bert,
        hidden: usize,
    },
    #[cfg(feature = "cuda")]
    Cuda(super::cuda::CudaEncoder),
}

impl Encoder {
    /// Loads checked weights onto a device.
    pub(super) fn load(
        architecture: &Architecture,
        weights: &mut Weights,
        options: &EmbedderOptions,
    ) -> Result<Encoder> {
        let EmbedderOptions { device, engine, precision, .. } = *options;
        let refused = |reason| Err(EmbeddingError::Precision { asked: precision.name().to_owned(), reason }.into());
        let cpu_only = precision == Precision::Int8 || engine == EngineChoice::Stock;
        // `auto` takes a device that runs the model: a CPU runs all of them.
        let device = match (device, device.resolve()) {
            (DeviceChoice::Auto, _) if cpu_only => DeviceChoice::Cpu,
            (DeviceChoice::Auto, DeviceChoice::Metal) if architecture.family != Family::Bert => DeviceChoice::Cpu,
            (_, resolved) => resolved,
        };
        let mut stock = |device| -> Result<Encoder> {
            Ok(Encoder::Stock { bert: Bert::load(architecture, weights, &device)?, hidden: architecture.hidden })
        };
        match (device, precision) {
            (DeviceChoice::Cuda(_), _) if engine == EngineChoice::Stock => {
                Err(device::refused(&device.to_string(), DeviceRefusal::OwnEngineOnly))
            }
            (DeviceChoice::Cuda(_), Precision::Int8) => refused(PrecisionRefusal::CpuOnly),
            (DeviceChoice::Cuda(cards), _) => cuda(architecture, weights, cards, precision),
            (_, Precision::F16 | Precision::Bf16) => refused(PrecisionRefusal::CudaOnly),
            (DeviceChoice::Cpu | DeviceChoice::Auto, _) if engine == EngineChoice::Own => {
                Ok(Encoder::Own(CpuEncoder::load(architecture, weights, precision == Precision::Int8)?))
            }
            (_, Precision::Int8) => refused(PrecisionRefusal::OwnEngineOnCpuOnly),
            (DeviceChoice::Metal, _) => stock(machine::metal()?),
            _ => stock(candle_core::Device::Cpu),
        }
    }

    /// The token budget of a batch: the one that is asked for, or what suits the engine.
    pub(super) fn budget(&self, asked: Option<usize>) -> usize {
        match self {
            Encoder::Own(_) => asked.unwrap_or(16_384),
            Encoder::Stock { .. } => asked.unwrap_or(2048).min(2048),
            #[cfg(feature = "cuda")]
            Encoder::Cuda(encoder) => asked.unwrap_or(encoder.budget()),
        }
    }

    /// Batches that are best under way at once: more than one where a device works beside the CPU.
    pub(super) fn in_flight(&self) -> usize {
        match self {
            Encoder::Own(_) | Encoder::Stock { .. } => 1,
            #[cfg(feature = "cuda")]
            Encoder::Cuda(encoder) => encoder.in_flight(),
        }
    }

    /// The last hidden layer, pooled: texts x (poolings x hidden).
    ///
    /// A text's row does not depend on its neighbours: not at all in Relata's own engine on a CPU,
    /// by less than 1e-6 in candle's and in `f32` on a card.
    pub(super) fn pooled(&self, slot: usize, batch: &TokenBatch<'_>, pooling: &[Pooling]) -> Result<Array2<f64>> {
        let (rows, hidden) = match self {
            Encoder::Own(bert) => (bert.forward(batch), bert.hidden()),
            Encoder::Stock { bert, hidden } => (unpadded(bert.forward(batch)?, batch, *hidden), *hidden),
            #[cfg(feature = "cuda")]
            Encoder::Cuda(encoder) => return encoder.pooled(slot, batch, pooling),
        };
        debug_assert!(slot < self.in_flight());
        let unexpected = |e| {
            Error::from(EmbeddingError::Encoder {
                reason: format!("failed: rows of an unexpected shape: {e}"),
                source: None,
            })
        };
        let rows = Array2::from_shape_vec((batch.ids.len(), hidden), rows).map_err(unexpected)?;
        let texts = 0..batch.texts();
        let pool = |text| pooling::pool(pooling, rows.slice(s![batch.range(text), ..]));
        let pooled: Vec<Vec<f64>> = texts.into_par_iter().map(pool).collect();
        Array2::from_shape_vec((batch.texts(), pooling.len() * hidden), pooled.concat()).map_err(unexpected)
    }
}

#[cfg(feature = "cuda")]
fn cuda(architecture: &Architecture, weights: &mut Weights, cards: Cards, precision: Precision) -> Result<Encoder> {
    use super::cuda::{CudaEncoder, DType};
    let number = match precision {
        Precision::F16 => DType::F16,
        Precision::Bf16 => DType::Bf16,
        Precision::F32 | Precision::Int8 => DType::F32,
    };
    let cards: Vec<usize> = cards.numbers().collect();
    Ok(Encoder::Cuda(CudaEncoder::load(architecture, weights, &cards, number)?))
}

#[cfg(not(feature = "cuda"))]
fn cuda(_: &Architecture, _: &mut Weights, cards: Cards, _: Precision) -> Result<Encoder> {
    let asked = DeviceChoice::Cuda(cards).to_string();
    Err(device::refused(&asked, DeviceRefusal::NotBuiltIn { feature: "cuda" }))
}

/// Closes the gaps that padding left. A row only ever moves towards the front.
fn unpadded(mut rows: Vec<f32>, batch: &TokenBatch<'_>, hidden: usize) -> Vec<f32> {
    let longest = batch.longest();
    for text in 0..batch.texts() {
        let range = batch.range(text);
        let from = text * longest * hidden;
        rows.copy_within(from..from + range.len() * hidden, range.start * hidden);
    }
    rows.truncate(batch.ids.len() * hidden);
    rows
}
