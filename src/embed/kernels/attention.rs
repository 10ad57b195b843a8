//! Attention of one head over one text: a few queries at a time against all keys, scores never leaving the cache.
//!
//! Keys and values of the head are packed as the weights of a matrix product; scores of a block of queries are a
//! product with the keys, their softmax is taken in place, and a product with the values gives the result. The whole
//! text's scores (245² x 12 heads, 3 MB) are never stored.

use super::InstructionSet;
use super::activation::exp;
use super::aligned::Aligned;
use super::gemm::{Packed, multiply};
use super::lanes::{Job, Lanes};

/// Queries whose scores are kept at once: two tiles of the widest set, 28 KB of scores for 256 keys.
const QUERIES: usize = 28;

/// Buffers of a thread.
pub(crate) struct Head {
    keys: Packed,
    values: Packed,
    scores: Aligned<f32>,
}

impl Default for Head {
    fn default() -> Head {
        Head { keys: Packed::empty(), values: Packed::empty(), scores: Aligned::new(0) }
    }
}

/// One head: `tokens` rows of queries, keys and values, each `width` long and `stride` apart.
pub(crate) struct Input<'a> {
    pub qkv: [&'a [f32]; 3],
    pub stride: usize,
    pub tokens: usize,
    pub width: usize,
}

/// Softmax(queries · keysᵀ / √width) · values, into rows of `out` that are `out_stride` apart.
pub(crate) fn attend(set: InstructionSet, head: &mut Head, input: &Input<'_>, (out, out_stride): (&mut [f32], usize)) {
    let Input { qkv: [queries, keys, values], stride, tokens, width } = *input;
    let scale = 1.0 / (width as f32).sqrt();
    head.keys.pack(set, tokens, width, |key, at| keys[key * stride + at]);
    head.values.pack_rows(set, width, values, stride, tokens);
    head.scores.resize(QUERIES * tokens);
    let mut first = 0;
    while first < tokens {
        let here = QUERIES.min(tokens - first);
        multiply(set, here, (&queries[first * stride..], stride), &head.keys, None, (&mut head.scores, tokens));
        let inverse = &mut [0.0; QUERIES];
        set.run(Softmax { scores: &mut head.scores[..here * tokens], tokens, scale, inverse });
        multiply(set, here, (&head.scores, tokens), &head.values, None, (&mut out[first * out_stride..], out_stride));
        // Divided here and not in the softmax: a result has fewer numbers than there are scores.
        for (row, inverse) in out[first * out_stride..].chunks_mut(out_stride).zip(&inverse[..here]) {
            row[..width].iter_mut().for_each(|x| *x *= inverse);
        }
        first += here;
    }
}

/// Softmax of each row of scores, which are scaled first, up to a factor for each row.
struct Softmax<'a> {
    scores: &'a mut [f32],
    tokens: usize,
    scale: f32,
    /// What each row is still to be multiplied with.
    inverse: &'a mut [f32; QUERIES],
}

impl Job for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let whole = self.tokens / L::N * L::N;
        for (row, inverse) in self.scores.chunks_exact_mut(self.tokens).zip(self.inverse) {
            // SAFETY: vectors are loaded up to `whole`, which is inside the row; the buffer holds the widest vector.
            unsafe {
                let mut most = L::splat(f32::NEG_INFINITY);
                for at in (0..whole).step_by(L::N) {
                    most = most.max(L::load(row.as_ptr().add(at)));
                }
                let most = row[whole..].iter().fold(most.largest(), |a, b| a.max(*b));
                let (scale, shift) = (L::splat(self.scale), L::splat(-most * self.scale));
                let mut sums = L::splat(0.0);
                for at in (0..whole).step_by(L::N) {
                    let power = exp(L::load(row.as_ptr().add(at)).mul_add(scale, shift));
                    sums = sums.add(power);
                    power.store(row.as_mut_ptr().add(at));
                }
                let rest = &mut row[whole..];
                let mut buffer = [0f32; 16];
                buffer[..rest.len()].copy_from_slice(rest);
                exp(L::load(buffer.as_ptr()).mul_add(scale, shift)).store(buffer.as_mut_ptr());
                rest.copy_from_slice(&buffer[..rest.len()]);
                let sum = sums.sum() + rest.iter().sum::<f32>();
                *inverse = 1.0 / sum;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_set_attends(tokens in 1usize..130, width in 1usize..36, seed in any::<u32>()) {
            let stride = 3 * width + 1;
            let value = |at: usize| (((at as u32).wrapping_mul(2_654_435_761) ^ seed) >> 8) as f32 / 2_097_152.0 - 4.0;
            let rows: Vec<f32> = (0..tokens * stride).map(value).collect();
            let at = |row: usize, part: usize, column: usize| f64::from(rows[row * stride + part * width + column]);
            for set in InstructionSet::available() {
                let mut out = vec![9.0; tokens * (width + 2)];
                let qkv = [&rows[..], &rows[width..], &rows[2 * width..]];
                let input = Input { qkv, stride, tokens, width };
                attend(set, &mut Head::default(), &input, (&mut out, width + 2));
                for query in [0, tokens / 2, tokens - 1] {
                    let scores: Vec<f64> = (0..tokens)
                        .map(|key| (0..width).map(|c| at(query, 0, c) * at(key, 1, c)).sum::<f64>() / (width as f64).sqrt())
                        .collect();
                    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    let powers: Vec<f64> = scores.iter().map(|score| (score - most).exp()).collect();
                    let sum: f64 = powers.iter().sum();
                    for column in 0..width {
                        let exact = (0..tokens).map(|key| powers[key] * at(key, 2, column)).sum::<f64>() / sum;
                        let got = f64::from(out[query * (width + 2) + column]);
                        prop_assert!((got - exact).abs() < 5e-4, "{set:?}: {got} is not {exact}");
                    }
                    prop_assert_eq!(out[query * (width + 2) + width], 9.0);
                }
            }
        }
    }
}
