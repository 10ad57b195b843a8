//! The seam between batching and the encoder: token ids in, one hidden row per token out.
//!
//! Ids come flat with cumulative lengths, rows go back flat in the same order, so neither side knows how the other
//! pads, batches or schedules. Another engine replaces what lies behind [`Encoder`] and nothing else: what it must
//! know is in [`Architecture`] and [`Weights`], what it must give is the last hidden layer in `f32`. Pooling stays
//! on this side: it is one pass over the rows, and so every engine pools alike.

use std::str::FromStr;

use ndarray::Array2;

use super::architecture::Architecture;
use super::cpu::CpuBert;
use super::device::DeviceChoice;
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
    /// Relata's own kernels on a CPU, candle's BERT elsewhere.
    #[default]
    Own,
    /// candle-transformers everywhere: slow on a CPU, and what `Own` is held against.
    Stock,
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
}

impl FromStr for Precision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Precision> {
        match text {
            "f32" => Ok(Precision::F32),
            "int8" => Ok(Precision::Int8),
            _ => {
                let reason = "is not a precision; choose f32 or int8";
                Err(Error::Precision { asked: text.escape_debug().to_string(), reason })
            }
        }
    }
}

/// A loaded encoder.
pub(super) enum Encoder {
    Own(CpuBert),
    Stock { bert: Bert, hidden: usize },
}

impl Encoder {
    /// Loads checked weights onto a device.
    pub(super) fn load(
        architecture: &Architecture,
        weights: &mut Weights,
        device: DeviceChoice,
        (engine, precision): (EngineChoice, Precision),
    ) -> Result<Encoder> {
        let device = device.open()?;
        if engine == EngineChoice::Own && device.is_cpu() {
            return Ok(Encoder::Own(CpuBert::load(architecture, weights, precision)?));
        }
        if precision != Precision::F32 {
            let reason = "is for Relata's own engine on a CPU; choose --device cpu and --engine own, or f32";
            return Err(Error::Precision { asked: "int8".to_owned(), reason });
        }
        Ok(Encoder::Stock { bert: Bert::load(architecture, weights, &device)?, hidden: architecture.hidden })
    }

    /// The token budget of a batch, given the one that is asked for.
    pub(super) fn budget(&self, asked: usize) -> usize {
        match self {
            Encoder::Own(_) => asked,
            Encoder::Stock { .. } => asked.min(2048),
        }
    }

    /// The last hidden layer, `f32`, (all tokens of the batch) x hidden, in the order of `batch.ids`.
    ///
    /// A text's rows do not depend on its neighbours: not at all in Relata's own engine, by less than 1e-6 in candle's.
    pub(super) fn encode(&self, batch: &TokenBatch<'_>) -> Result<Array2<f32>> {
        let (rows, hidden) = match self {
            Encoder::Own(bert) => (bert.forward(batch), bert.hidden()),
            Encoder::Stock { bert, hidden } => (unpadded(bert.forward(batch)?, batch, *hidden), *hidden),
        };
        Array2::from_shape_vec((batch.ids.len(), hidden), rows)
            .map_err(|e| Error::Encoder { reason: format!("rows of an unexpected shape: {e}"), source: None })
    }
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
