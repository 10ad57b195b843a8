//! The seam between batching and the encoder: token ids in, one hidden row per token out.
//!
//! Ids come flat with cumulative lengths, rows go back flat in the same order, so neither side knows how the other
//! pads, batches or schedules. Another engine replaces what lies behind [`Encoder`] and nothing else: what it must
//! know is in [`Architecture`] and [`Weights`], what it must give is the last hidden layer in `f32`. Pooling stays
//! on this side: it is one pass over the rows, and so every engine pools alike.

use ndarray::Array2;

use super::bert::{Architecture, Bert};
use super::device::DeviceChoice;
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

/// A loaded encoder.
pub(super) struct Encoder {
    bert: Bert,
    hidden: usize,
}

impl Encoder {
    /// Loads checked weights onto a device.
    pub(super) fn load(architecture: &Architecture, weights: &mut Weights, device: DeviceChoice) -> Result<Encoder> {
        let bert = Bert::load(architecture, weights, &device.open()?)?;
        Ok(Encoder { bert, hidden: architecture.hidden })
    }

    /// The last hidden layer, `f32`, (all tokens of the batch) x hidden, in the order of `batch.ids`.
    ///
    /// A text's rows do not depend on its neighbours, beyond rounding below 1e-6.
    pub(super) fn encode(&self, batch: &TokenBatch<'_>) -> Result<Array2<f32>> {
        let mut rows = self.bert.forward(batch)?;
        // Close the gaps that padding left. A row only ever moves towards the front.
        let longest = batch.longest();
        for text in 0..batch.texts() {
            let range = batch.range(text);
            let from = text * longest * self.hidden;
            rows.copy_within(from..from + range.len() * self.hidden, range.start * self.hidden);
        }
        rows.truncate(batch.ids.len() * self.hidden);
        Array2::from_shape_vec((batch.ids.len(), self.hidden), rows)
            .map_err(|e| Error::Encoder { reason: format!("rows of an unexpected shape: {e}"), source: None })
    }
}
