//! The seam between batching and the encoder: token ids in, one pooled row per text out.
//!
//! Ids come flat with cumulative lengths, so neither side knows how the other pads, batches or schedules. Another engine
//! replaces what lies behind [`Encoder`] and nothing else: what it must know is in [`Architecture`] and [`Weights`],
//! what it must give is the last hidden layer, pooled. On a CPU that is `pooling`, for every engine alike; CUDA cards
//! pool themselves, as a row per token is too much to bring back.

use std::str::FromStr;

use ndarray::{Array2, s};
use rayon::prelude::*;

use super::architecture::{Architecture, Family};
use super::cpu::CpuEncoder;
use super::device::{self, DeviceChoice};
use super::pooling::{self, Pooling};
use super::stock::Bert;
use super::weights::Weights;
use crate::{Error, Result};

/// Token ids of some texts, one after the other.
pub(super) struct TokenBatch<'a> {
    /// All ids: those of text 0, then those of text 1, ...
    pub ids: &'a [u32],
    /// Token types (segments), aligned with `ids`.
    pub types: &'a [u32],
    /// Cumulative lengths, one more than there are texts: text `i` is `ids[starts[i]..starts[i + 1]]`, never empty.
    pub starts: &'a [usize],
}

impl TokenBatch<'_> {
    /// Number of texts.
    pub(super) fn texts(&self) -> usize {
        self.starts.len() - 1
    }

    /// Where the tokens of a text stand.
    pub(super) fn range(&self, text: usize) -> std::ops::Range<usize> {
        self.starts[text]..self.starts[text + 1]
    }

    /// Tokens of the longest text.
    pub(super) fn longest(&self) -> usize {
        self.starts.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0)
    }
}

/// What computes the encoder (`--engine`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EngineChoice {
    /// Relata's own kernels on a CPU and on CUDA cards, candle's BERT on Metal.
    #[default]
    Own,
    /// candle-transformers on a CPU or Metal: slow, and what `Own` is held against.
    Stock,
}

impl EngineChoice {
    /// The name that it is read from.
    pub fn name(self) -> &'static str {
        match self {
            EngineChoice::Own => "own",
            EngineChoice::Stock => "stock",
        }
    }
}

impl FromStr for EngineChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<EngineChoice> {
        match text {
            "own" => Ok(EngineChoice::Own),
            "stock" => Ok(EngineChoice::Stock),
            _ => Err(Error::Engine { asked: text.escape_debug().to_string() }),
        }
    }
}

/// In what numbers the encoder computes (`--precision`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floating point: the vectors of sentence-transformers.
    #[default]
    F32,
    /// Linear layers in 8-bit integers (weights scaled per output, activations per token), all else in `f32`. Relata's
    /// own engine on a CPU only.
    Int8,
    /// 16-bit floating point with sums in `f32`. Relata's own engine on CUDA cards only.
    F16,
    /// As `F16`, with the range of `f32` and 8 bits of mantissa.
    Bf16,
}

impl Precision {
    /// The word of `--precision`.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::Int8 => "int8",
            Precision::F16 => "f16",
            Precision::Bf16 => "bf16",
        }
    }
}

impl FromStr for Precision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Precision> {
        match text {
            "f32" => Ok(Precision::F32),
            "int8" => Ok(Precision::Int8),
            "f16" => Ok(Precision::F16),
            "bf16" => Ok(Precision::Bf16),
            _ => {
                let reason = "is not a precision; choose f32, f16, bf16 or int8";
                Err(Error::Precision { asked: text.escape_debug().to_string(), reason })
            }
        }
    }
}

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
        device: DeviceChoice,
        (engine, precision): (EngineChoice, Precision),
    ) -> Result<Encoder> {
        let refused = |reason| Err(Error::Precision { asked: precision.name().to_owned(), reason });
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
                Err(device::refused(&device.to_string(), "runs Relata's own engine alone; choose --engine own"))
            }
            (DeviceChoice::Cuda(_), Precision::Int8) => refused("is for a CPU; choose --device cpu, or f16 or bf16"),
            (DeviceChoice::Cuda(cards), _) => cuda(architecture, weights, cards, precision),
            (_, Precision::F16 | Precision::Bf16) => refused("is for CUDA cards; choose --device cuda, or f32 or int8"),
            (DeviceChoice::Cpu | DeviceChoice::Auto, _) if engine == EngineChoice::Own => {
                Ok(Encoder::Own(CpuEncoder::load(architecture, weights, precision == Precision::Int8)?))
            }
            (_, Precision::Int8) => {
                refused("is for Relata's own engine on a CPU; choose --device cpu and --engine own, or f32")
            }
            (DeviceChoice::Metal, _) => stock(device::metal()?),
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
    pub(super) fn lanes(&self) -> usize {
        match self {
            Encoder::Own(_) | Encoder::Stock { .. } => 1,
            #[cfg(feature = "cuda")]
            Encoder::Cuda(encoder) => encoder.lanes(),
        }
    }

    /// The last hidden layer, pooled: texts x (poolings x hidden).
    ///
    /// A text's row does not depend on its neighbours: not at all in Relata's own engine on a CPU, by less than 1e-6 in
    /// candle's and in `f32` on a card.
    pub(super) fn pooled(&self, lane: usize, batch: &TokenBatch<'_>, pooling: &[Pooling]) -> Result<Array2<f64>> {
        let (rows, hidden) = match self {
            Encoder::Own(bert) => (bert.forward(batch), bert.hidden()),
            Encoder::Stock { bert, hidden } => (unpadded(bert.forward(batch)?, batch, *hidden), *hidden),
            #[cfg(feature = "cuda")]
            Encoder::Cuda(encoder) => return encoder.pooled(lane, batch, pooling),
        };
        debug_assert!(lane < self.lanes());
        let unexpected =
            |e| Error::Encoder { reason: format!("failed: rows of an unexpected shape: {e}"), source: None };
        let rows = Array2::from_shape_vec((batch.ids.len(), hidden), rows).map_err(unexpected)?;
        let texts = 0..batch.texts();
        let pool = |text| pooling::pool(pooling, rows.slice(s![batch.range(text), ..]));
        let pooled: Vec<Vec<f64>> = texts.into_par_iter().map(pool).collect();
        Array2::from_shape_vec((batch.texts(), pooling.len() * hidden), pooled.concat()).map_err(unexpected)
    }
}

#[cfg(feature = "cuda")]
fn cuda(
    architecture: &Architecture,
    weights: &mut Weights,
    cards: device::Cards,
    precision: Precision,
) -> Result<Encoder> {
    use super::cuda::{CudaEncoder, Number};
    let number = match precision {
        Precision::F16 => Number::F16,
        Precision::Bf16 => Number::Bf16,
        Precision::F32 | Precision::Int8 => Number::F32,
    };
    let cards: Vec<usize> = cards.numbers().collect();
    Ok(Encoder::Cuda(CudaEncoder::load(architecture, weights, &cards, number)?))
}

#[cfg(not(feature = "cuda"))]
fn cuda(_: &Architecture, _: &mut Weights, cards: device::Cards, _: Precision) -> Result<Encoder> {
    let asked = DeviceChoice::Cuda(cards).to_string();
    Err(device::refused(&asked, "is not built in; build with `--features cuda`, or choose auto or cpu"))
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
