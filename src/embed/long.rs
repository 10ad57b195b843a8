//! What becomes of a text that has more tokens than the model takes.
//!
//! Cut into windows, it is embedded window by window; [`Gather`] waits for the last of them and
//! gives the text one vector. Windows are batched like texts of their own, so those of one text can
//! come in different batches.

use std::collections::HashMap;

use ndarray::{Array2, ArrayView1};

use super::batch::{Batch, Tokens};

/// Tokens of a window, special ones included, where the model takes as many.
pub(super) const WINDOW: usize = 256;

/// A text's windows that are done.
struct Waiting {
    /// By number: tokens and vector.
    windows: Vec<Option<(u32, Vec<f32>)>>,
    left: usize,
}

/// Finished windows in, finished texts out.
#[derive(Default)]
pub(super) struct Gather {
    waiting: HashMap<usize, Waiting>,
}

/// Texts whose vectors are complete, aligned.
#[derive(Default)]
pub(super) struct Complete {
    pub indices: Vec<usize>,
    pub vectors: Vec<f32>,
    pub tokens: Vec<u32>,
    pub cut: Vec<u32>,
}

impl Gather {
    /// Takes a finished batch and gives the texts that it completes.
    pub(super) fn take(&mut self, batch: &Batch, vectors: &Array2<f32>) -> Complete {
        let mut complete = Complete::default();
        for (at, row) in vectors.rows().into_iter().enumerate() {
            let (text, tokens) = (batch.indices[at], batch.tokens[at]);
            let finished = match batch.counts[at] {
                1 => (tokens, row.to_vec()),
                count => {
                    let start = || Waiting { windows: vec![None; count], left: count };
                    let waiting = self.waiting.entry(text).or_insert_with(start);
                    waiting.windows[batch.numbers[at]] = Some((tokens, row.to_vec()));
                    waiting.left -= 1;
                    if waiting.left > 0 {
                        continue;
                    }
                    let windows = self.waiting.remove(&text).map(|waiting| waiting.windows).unwrap_or_default();
                    mean(windows.iter().flatten())
                }
            };
            complete.indices.push(text);
            complete.tokens.push(finished.0);
            complete.vectors.extend(finished.1);
            complete.cut.push(batch.cut[at]);
        }
        complete
    }
}

/// The mean of windows, weighted by their tokens, as long as they are on average where they are no
/// unit rows; and the tokens of all.
fn mean<'a>(windows: impl Iterator<Item = &'a (u32, Vec<f32>)> + Clone) -> (u32, Vec<f32>) {
    let tokens: u32 = windows.clone().map(|(tokens, _)| tokens).sum();
    let mut sum: Vec<f64> = Vec::new();
    let mut length = 0.0;
    let norm = |row: &[f64]| row.iter().map(|x| x * x).sum::<f64>().sqrt();
    for (own, vector) in windows {
        let weight = f64::from(*own) / f64::from(tokens);
        let row: Vec<f64> = vector.iter().map(|x| f64::from(*x) * weight).collect();
        length += norm(&row);
        sum.resize(row.len(), 0.0);
        sum.iter_mut().zip(&row).for_each(|(sum, x)| *sum += x);
    }
    let size = norm(&sum).max(f64::MIN_POSITIVE);
    (tokens, sum.into_iter().map(|x| (x / size * length) as f32).collect())
}

impl Complete {
    /// The vectors as rows `width` long.
    pub(super) fn rows(self, width: usize) -> (Vec<usize>, Array2<f32>, Vec<u32>, Vec<u32>) {
        let mut rows = Array2::zeros((self.indices.len(), width));
        for (mut row, vector) in rows.rows_mut().into_iter().zip(self.vectors.chunks_exact(width.max(1))) {
            row.assign(&ArrayView1::from(vector));
        }
        (self.indices, rows, self.tokens, self.cut)
    }
}

/// Special tokens around a text, such as `[CLS]` and `[SEP]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around {
    /// How many stand before it.
    pub before: usize,
    /// How many stand behind it.
    pub behind: usize,
}

/// Windows of a text, at least one: each keeps what stands around a text.
pub(super) fn windows(whole: &Tokens, Around { before, behind }: Around, room: usize) -> Vec<Tokens> {
    let own = before..whole.ids.len() - behind;
    if own.len() <= room {
        return vec![whole.clone()];
    }
    let around = |values: &[u32], window: std::ops::Range<usize>| {
        [&values[..before], &values[window], &values[own.end..]].concat()
    };
    own.clone()
        .step_by(room)
        .map(|from| {
            let window = from..(from + room).min(own.end);
            Tokens { ids: around(&whole.ids, window.clone()), types: around(&whole.types, window), cut: 0 }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_keep_the_special_tokens() {
        let tokens = |ids: &[u32]| Tokens { ids: ids.to_vec(), types: vec![0; ids.len()], cut: 0 };
        let whole = tokens(&[2, 10, 11, 12, 13, 14, 3]);
        let around = Around { before: 1, behind: 1 };
        assert_eq!(windows(&whole, around, 5), std::slice::from_ref(&whole));
        assert_eq!(windows(&whole, around, 2), [tokens(&[2, 10, 11, 3]), tokens(&[2, 12, 13, 3]), tokens(&[2, 14, 3])]);
        assert_eq!(windows(&tokens(&[2, 3]), around, 2), [tokens(&[2, 3])]);
    }

    #[test]
    fn a_mean_is_weighted_and_of_unit_length() {
        let (tokens, vector) = mean([(30, vec![1.0, 0.0]), (10, vec![0.0, 1.0])].iter());
        assert_eq!(tokens, 40);
        let expected = [3.0 / 10f32.sqrt(), 1.0 / 10f32.sqrt()];
        assert!(vector.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{vector:?}");
        let opposite = mean([(5, vec![1.0, 0.0]), (5, vec![-1.0, 0.0])].iter()).1;
        assert!(opposite.iter().all(|x| x.is_finite()));
    }
}
