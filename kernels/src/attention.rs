//! Attention of one head over one text: a few queries at a time against all keys, scores never
//! leaving the cache.
//!
//! Keys and values of the head are packed as the weights of a matrix product; scores of a block of
//! queries are a product with the keys, their softmax is taken, and a product with the values gives
//! the result. The whole text's scores (245² x 12 heads, 3 MB) are never stored. Where a token sees
//! a window only, each few queries meet just the keys that one of them sees. Both products are in
//! `f32`, or beside linear layers in bytes in 16-bit integers ([`Numbers`]).

use std::ops::Range;

use super::aligned::Aligned;
use super::gemm::{Packed, multiply};
use super::instruction_set::InstructionSet;
use super::int16::{PackedWords, Product, WIDEST, WordRows, largest, multiply_words, sizes};
use super::softmax::{LARGEST_POWER, QUERIES, softmax, softmax_to_words};
use super::strided::Strided;

/// Keys whose products with a power can be added up in 32 bits, for values of [`LARGEST_VALUE`].
const KEYS: usize = 256;

/// Keys that a token may see in words. A power below 1/8190 of the largest becomes 0: of 512 keys
/// that are all just below, these are 6 % of all weight, and of 8,192 they would be half.
const MOST_KEYS: usize = 512;

/// What the largest value of a column becomes in words.
const LARGEST_VALUE: f32 = 2047.0;

const _: () = assert!(LARGEST_POWER as u64 * LARGEST_VALUE as u64 * KEYS as u64 <= i32::MAX as u64);

/// In what numbers the two products are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Single precision throughout.
    F32,
    /// Queries and keys with 13 bits (for heads 32 wide), powers with 12, values with 11, each
    /// beside a sign: twice as fast.
    Words,
}

/// Buffers of a thread.
pub struct Head {
    keys: Packed,
    values: Packed,
    scores: Aligned<f32>,
    words: Words,
}

/// What [`Numbers::Words`] needs beside the scores.
#[derive(Default)]
struct Words {
    queries: WordRows,
    query_scale: f32,
    /// Rows on their way into a packed matrix.
    rows: WordRows,
    keys: PackedWords,
    key_scale: f32,
    values: PackedWords,
    value_scales: Vec<f32>,
    powers: WordRows,
}

impl Default for Head {
    fn default() -> Head {
        Head { keys: Packed::empty(), values: Packed::empty(), scores: Aligned::new(0), words: Words::default() }
    }
}

/// One head: `tokens` rows of queries, keys and values, each `width` long and `stride` apart.
pub struct Input<'a> {
    /// Queries, keys and values.
    pub qkv: [&'a [f32]; 3],
    /// Numbers from one row to the next.
    pub stride: usize,
    /// Rows of each.
    pub tokens: usize,
    /// Numbers of a row.
    pub width: usize,
    /// How many tokens on either side a token sees; `None` for all.
    pub window: Option<usize>,
    /// What is added to the score of a key by its distance, key less query; that of distance 0
    /// stands in the middle.
    pub distances: Option<&'a [f32]>,
}

/// Softmax(queries · keysᵀ / √width + distances) · values, into rows of `out`.
pub fn attend(set: InstructionSet, numbers: Numbers, head: &mut Head, input: &Input<'_>, out: Strided<&mut [f32]>) {
    let Strided { values: out, stride: out_stride } = out;
    let Input { qkv: [queries, ..], stride, tokens, width, window, distances } = *input;
    let most = window.map_or(tokens, |window| tokens.min(2 * window + QUERIES));
    let numbers = if width > WIDEST || most > MOST_KEYS { Numbers::F32 } else { numbers };
    let scale = 1.0 / (width as f32).sqrt();
    assert!(distances.is_none_or(|distances| distances.len() + 1 >= 2 * tokens));
    if numbers == Numbers::Words {
        head.words.take_queries(set, Strided { values: queries, stride }, tokens, width);
    }
    let mut packed = 0..0;
    let mut first = 0;
    while first < tokens {
        let here = QUERIES.min(tokens - first);
        let seen = match window {
            Some(window) => first.saturating_sub(window)..(first + here + window).min(tokens),
            None => 0..tokens,
        };
        let count = seen.len();
        if packed != seen {
            head.pack(set, numbers, input, seen.clone());
            packed = seen.clone();
        }
        // In words the scale goes with the factors that a product has anyway.
        let scale = match numbers {
            Numbers::F32 => {
                let here_queries = Strided { values: &queries[first * stride..], stride };
                let scores = Strided { values: &mut head.scores[..], stride: count };
                multiply(set, here, here_queries, &head.keys, None, scores);
                scale
            }
            Numbers::Words => {
                let scores = Strided { values: &mut head.scores[..], stride: count };
                head.words.score(set, first..first + here, scale, scores);
                1.0
            }
        };
        let scores = &mut head.scores[..here * count];
        if let Some(distances) = distances {
            for (row, query) in scores.chunks_exact_mut(count).zip(first..) {
                let from = distances.len() / 2 + seen.start - query;
                row.iter_mut().zip(&distances[from..]).for_each(|(score, more)| *score = *score * scale + more);
            }
        }
        if let Some(window) = window {
            for (row, query) in scores.chunks_exact_mut(count).zip(first..) {
                let before = query.saturating_sub(window).saturating_sub(seen.start);
                let behind = (query + window + 1 - seen.start).min(count);
                row[..before].fill(f32::NEG_INFINITY);
                row[behind..].fill(f32::NEG_INFINITY);
            }
        }
        let inverse = &mut [0.0; QUERIES];
        let scale = if distances.is_some() { 1.0 } else { scale };
        let out = Strided { values: &mut out[first * out_stride..], stride: out_stride };
        match numbers {
            Numbers::F32 => {
                softmax(set, scores, count, scale, inverse);
                let powers = Strided { values: &head.scores[..], stride: count };
                let sums = Strided { values: &mut *out.values, stride: out_stride };
                multiply(set, here, powers, &head.values, None, sums);
                // Divided here and not in the softmax: a result has fewer numbers than there are
                // scores.
                for (row, inverse) in out.values.chunks_mut(out_stride).zip(&inverse[..here]) {
                    row[..width].iter_mut().for_each(|x| *x *= inverse);
                }
            }
            Numbers::Words => {
                let powers = &mut head.words.powers;
                powers.shape(QUERIES, count);
                let words = Strided { values: &mut powers.words[..], stride: powers.stride };
                softmax_to_words(set, scores, count, scale, words, inverse);
                head.words.weigh(set, here, count, inverse, out);
            }
        }
        first += here;
    }
}

impl Head {
    /// Packs the keys and values that some queries see.
    fn pack(&mut self, set: InstructionSet, numbers: Numbers, input: &Input<'_>, seen: Range<usize>) {
        let Input { qkv: [_, keys, values], stride, width, .. } = *input;
        let count = seen.len();
        self.scores.resize(QUERIES * count);
        let [keys, values] = [keys, values].map(|part| Strided { values: &part[seen.start * stride..], stride });
        match numbers {
            Numbers::F32 => {
                self.keys.pack(set, count, width, |key, at| keys.values[key * stride + at]);
                self.values.pack_rows(set, width, values.values, stride, count);
            }
            Numbers::Words => self.words.pack(set, keys, values, count, width),
        }
    }
}

/// What divides values so that the largest becomes `most`; never 0.
fn scale_for(largest: f32, most: f32) -> f32 {
    (largest / most).max(f32::MIN_POSITIVE)
}

impl Words {
    fn take_queries(&mut self, set: InstructionSet, queries: Strided<&[f32]>, tokens: usize, width: usize) {
        let mut size = [0.0];
        sizes(set, queries, tokens, width, &mut size);
        self.query_scale = scale_for(size[0], largest(width));
        self.queries.take(set, queries, tokens, width, &[self.query_scale]);
    }

    fn pack(
        &mut self,
        set: InstructionSet,
        keys: Strided<&[f32]>,
        values: Strided<&[f32]>,
        count: usize,
        width: usize,
    ) {
        let mut size = [0.0];
        sizes(set, keys, count, width, &mut size);
        self.key_scale = scale_for(size[0], largest(width));
        self.rows.take(set, keys, count, width, &[self.key_scale]);
        self.keys.pack(set, &self.rows, count, width);
        self.value_scales.clear();
        self.value_scales.resize(width, 0.0);
        sizes(set, values, count, width, &mut self.value_scales);
        self.value_scales.iter_mut().for_each(|size| *size = scale_for(*size, LARGEST_VALUE));
        self.rows.take(set, values, count, width, &self.value_scales);
        self.values.pack_rows(set, &self.rows, width, count);
    }

    /// Scores of some queries.
    fn score(&self, set: InstructionSet, queries: Range<usize>, scale: f32, out: Strided<&mut [f32]>) {
        let product = Product {
            rows: &self.queries.words[queries.start * self.queries.stride..],
            stride: self.queries.stride,
            count: queries.len(),
            groups: [0, self.queries.stride / 2],
            row_factors: None,
            column_factors: &[self.query_scale * self.key_scale * scale],
            add: false,
        };
        multiply_words(set, &product, &self.keys, out);
    }

    /// Values weighed by the powers, over so many keys at a time as their sum has room for.
    fn weigh(&self, set: InstructionSet, count: usize, keys: usize, inverse: &[f32], out: Strided<&mut [f32]>) {
        let groups = keys.div_ceil(2);
        for from in (0..groups).step_by(KEYS / 2) {
            let product = Product {
                rows: &self.powers.words,
                stride: self.powers.stride,
                count,
                groups: [from, groups.min(from + KEYS / 2)],
                row_factors: Some(inverse),
                column_factors: &self.value_scales,
                add: from > 0,
            };
            multiply_words(set, &product, &self.values, Strided { values: &mut *out.values, stride: out.stride });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_set_attends(
            tokens in prop_oneof![4 => 1usize..130, 2 => 250usize..300, 1 => 513usize..520], width in 1usize..36, seed in any::<u32>(),
            window in proptest::option::of(0usize..50), by_distance in any::<bool>(),
        ) {
            let stride = 3 * width + 1;
            let value = |at: usize| (((at as u32).wrapping_mul(2_654_435_761) ^ seed) >> 8) as f32 / 2_097_152.0 - 4.0;
            let rows: Vec<f32> = (0..tokens * stride).map(value).collect();
            let at = |row: usize, part: usize, column: usize| f64::from(rows[row * stride + part * width + column]);
            let all = |numbers| InstructionSet::available().into_iter().map(move |set| (set, numbers));
            // In words: 1e-4 of the largest score of some 150, and of the largest value, 4.
            for (set, numbers) in all(Numbers::F32).chain(all(Numbers::Words)) {
                let in_f32 = numbers == Numbers::F32 || (window.is_none() && tokens > MOST_KEYS);
                let bound = if in_f32 { 5e-4 } else { 6e-2 };
                let mut out = vec![9.0; tokens * (width + 2)];
                let qkv = [&rows[..], &rows[width..], &rows[2 * width..]];
                let more: Vec<f32> = (0..2 * tokens + 1).map(|at| value(at + 31)).collect();
                let distances = by_distance.then_some(&more[..]);
                let input = Input { qkv, stride, tokens, width, window, distances };
                let to = Strided { values: &mut out[..], stride: width + 2 };
                attend(set, numbers, &mut Head::default(), &input, to);
                for query in [0, tokens / 2, tokens - 1] {
                    let scores: Vec<f64> = (0..tokens)
                        .map(|key| {
                            if window.is_some_and(|window| key.abs_diff(query) > window) {
                                return f64::NEG_INFINITY;
                            }
                            let product = (0..width).map(|c| at(query, 0, c) * at(key, 1, c)).sum::<f64>();
                            let more = if by_distance { f64::from(more[tokens + key - query]) } else { 0.0 };
                            product / (width as f64).sqrt() + more
                        })
                        .collect();
                    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    let powers: Vec<f64> = scores.iter().map(|score| (score - most).exp()).collect();
                    let sum: f64 = powers.iter().sum();
                    for column in 0..width {
                        let exact = (0..tokens).map(|key| powers[key] * at(key, 2, column)).sum::<f64>() / sum;
                        let got = f64::from(out[query * (width + 2) + column]);
                        prop_assert!((got - exact).abs() < bound, "{set:?} {numbers:?}: {got} is not {exact}");
                    }
                    prop_assert_eq!(out[query * (width + 2) + width], 9.0);
                }
            }
        }
    }
}
