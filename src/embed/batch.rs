//! Tokenised texts in, batches of similar length out, in the forms in which they pass from one step
//! to the next.
//!
//! [`Tokens`] of a text, or of one of its windows, are gathered in a [`Batch`]; the encoder sees it
//! as a [`TokenBatch`]; with its vectors it leaves as a [`BatchDone`].
//!
//! A batch is charged what it costs padded: its longest text times its number of texts. Sorting by
//! length keeps that close to what is there.

use ndarray::{Array2, ArrayView2};

/// The tokens of one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tokens {
    /// Ids, special tokens included: from 1 to the limit.
    pub ids: Vec<u32>,
    /// Token types, aligned with `ids`.
    pub types: Vec<u32>,
    /// How many tokens of the text are beyond the limit.
    pub cut: u32,
}

/// One of the windows that a text was cut into; a text that fits is its only window.
#[derive(Clone, Copy)]
pub(super) struct Window<'a> {
    /// Which of the given texts.
    pub text: usize,
    /// Which of its windows, from 0.
    pub number: usize,
    /// How many windows it has.
    pub count: usize,
    pub tokens: &'a Tokens,
}

/// Texts that go through the encoder together, as tokens one behind the other.
#[derive(Default)]
pub(super) struct Batch {
    /// Which of the given texts these are, or are windows of.
    pub indices: Vec<usize>,
    /// Which of a text's windows each is, from 0.
    pub numbers: Vec<usize>,
    /// How many windows its text has: 1 where it is whole.
    pub counts: Vec<usize>,
    pub ids: Vec<u32>,
    pub types: Vec<u32>,
    /// Cumulative lengths, from 0.
    pub starts: Vec<usize>,
    /// Tokens of each text.
    pub tokens: Vec<u32>,
    /// Tokens cut of each.
    pub cut: Vec<u32>,
}

impl Batch {
    pub(super) fn push(&mut self, window: &Window<'_>) {
        let Window { text, number, count, tokens } = *window;
        self.indices.push(text);
        self.numbers.push(number);
        self.counts.push(count);
        self.ids.extend_from_slice(&tokens.ids);
        self.types.extend_from_slice(&tokens.types);
        self.starts.push(self.ids.len());
        self.tokens.push(tokens.ids.len() as u32);
        self.cut.push(tokens.cut);
    }

    pub(super) fn done<'a>(&'a self, vectors: &'a Array2<f32>) -> BatchDone<'a> {
        BatchDone { indices: &self.indices, vectors: vectors.view(), tokens: &self.tokens, cut: &self.cut }
    }
}

/// Token ids of some texts, one after the other.
pub(super) struct TokenBatch<'a> {
    /// All ids: those of text 0, then those of text 1, ...
    pub ids: &'a [u32],
    /// Token types (segments), aligned with `ids`.
    pub types: &'a [u32],
    /// Cumulative lengths, one more than there are texts: text `i` is
    /// `ids[starts[i]..starts[i + 1]]`, never empty.
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

/// A finished batch, ready to be stored. All parts are aligned.
#[derive(Debug)]
pub struct BatchDone<'a> {
    /// Which of the given texts these are.
    pub indices: &'a [usize],
    /// Their vectors, texts of the batch x dimension, `f32`.
    pub vectors: ArrayView2<'a, f32>,
    /// Tokens embedded of each.
    pub tokens: &'a [u32],
    /// Tokens cut of each.
    pub cut: &'a [u32],
}

/// Groups texts, given by their lengths in tokens, into batches of at most `budget` padded tokens.
///
/// Long texts come first, so that a machine too small fails at once and not in the end. A text
/// longer than the budget is a batch of its own. Gives positions in `lengths`; equal lengths keep
/// their order.
pub(super) fn batches(lengths: &[usize], budget: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(lengths[*at]));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for at in order {
        match batches.last_mut() {
            Some(batch) if lengths[batch[0]] * (batch.len() + 1) <= budget => batch.push(at),
            _ => batches.push(vec![at]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn similar_lengths_share_a_batch() {
        assert_eq!(batches(&[2, 9, 3, 2, 8], 18), [vec![1, 4], vec![2, 0, 3]]);
        assert_eq!(batches(&[5, 100, 5], 10), [vec![1], vec![0, 2]]);
        assert_eq!(batches(&[4, 4, 4], 0), [vec![0], vec![1], vec![2]]);
        assert!(batches(&[], 10).is_empty());
    }

    proptest! {
        #[test]
        fn every_text_is_in_one_batch_within_the_budget(
            lengths in proptest::collection::vec(1usize..300, 0..80), budget in 0usize..2000,
        ) {
            let batches = batches(&lengths, budget);
            for batch in &batches {
                let longest = batch.iter().map(|at| lengths[*at]).max().unwrap();
                prop_assert!(batch.len() == 1 || longest * batch.len() <= budget);
            }
            let mut all: Vec<usize> = batches.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..lengths.len()).collect::<Vec<_>>());
        }
    }
}
