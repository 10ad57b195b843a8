//! Softmax of rows of scores, up to a factor for each row.

use super::activation::exp;
use super::instruction_set::InstructionSet;
use super::simd::{Kernel, Simd};
use super::strided::Strided;

/// Queries whose scores are kept at once: two tiles of the widest set, 28 KB of scores for 256
/// keys.
pub(super) const QUERIES: usize = 28;

/// What the largest power of a row becomes in words.
pub(super) const LARGEST_POWER: f32 = 4095.0;

/// Powers of each row of `tokens` scores, which are multiplied with `scale` first, in place;
/// `inverse` is what each row is still to be multiplied with.
pub(super) fn softmax(
    set: InstructionSet,
    scores: &mut [f32],
    tokens: usize,
    scale: f32,
    inverse: &mut [f32; QUERIES],
) {
    set.run(Softmax { scores, tokens, scale, inverse });
}

/// As [`softmax`], into rows of words: the largest power of a row is [`LARGEST_POWER`], and words
/// behind the last power are 0.
pub(super) fn softmax_to_words(
    set: InstructionSet,
    scores: &[f32],
    tokens: usize,
    scale: f32,
    words: Strided<&mut [i16]>,
    inverse: &mut [f32; QUERIES],
) {
    let Strided { values: words, stride } = words;
    assert!(tokens <= stride && scores.len() / tokens.max(1) <= words.len() / stride.max(1));
    set.run(SoftmaxToWords { scores, tokens, scale, words, stride, inverse });
}

/// The largest of a row.
#[inline(always)]
fn largest<L: Simd>(row: &[f32]) -> f32 {
    let whole = row.len() / L::N * L::N;
    // SAFETY: vectors are loaded up to `whole`, inside the row.
    unsafe {
        let mut most = L::splat(f32::NEG_INFINITY);
        for at in (0..whole).step_by(L::N) {
            most = most.max(L::load(row.as_ptr().add(at)));
        }
        row[whole..].iter().fold(most.largest(), |a, b| a.max(*b))
    }
}

struct Softmax<'a> {
    scores: &'a mut [f32],
    tokens: usize,
    scale: f32,
    inverse: &'a mut [f32; QUERIES],
}

impl Kernel for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Simd>(self) {
        let whole = self.tokens / L::N * L::N;
        for (row, inverse) in self.scores.chunks_exact_mut(self.tokens).zip(self.inverse) {
            // SAFETY: vectors are loaded up to `whole`, which is inside the row; the buffer holds
            // the widest vector.
            unsafe {
                let most = largest::<L>(row);
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

/// [`LARGEST_POWER`] times 2 to the power of each lane, none above 0, as whole numbers: those below
/// -14 give 0.
///
/// x = n + r with |r| <= 1/2, and a polynomial of degree 3 in r whose relative error is below 1e-4:
/// the result has 12 bits. A function and no closure: see `each_row`.
#[inline(always)]
unsafe fn word_power<L: Simd>(x: L) -> L::Int {
    // SAFETY: the caller's.
    unsafe {
        let x = x.max(L::splat(-126.0));
        let whole = x.round();
        let rest = x.sub(whole);
        let mut sum = L::splat(0.055_170_56 * LARGEST_POWER);
        for factor in [0.242_611_2, 0.693_260_98, 0.999_928_1] {
            sum = sum.mul_add(rest, L::splat(factor * LARGEST_POWER));
        }
        sum.scale_exp2(whole).to_int()
    }
}

struct SoftmaxToWords<'a> {
    scores: &'a [f32],
    tokens: usize,
    scale: f32,
    words: &'a mut [i16],
    stride: usize,
    inverse: &'a mut [f32; QUERIES],
}

impl Kernel for SoftmaxToWords<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Simd>(self) {
        let SoftmaxToWords { scores, tokens, scale, words, stride, inverse } = self;
        let scale = scale * std::f32::consts::LOG2_E;
        let whole = tokens / L::N * L::N;
        let rows = scores.chunks_exact(tokens).zip(words.chunks_exact_mut(stride));
        for ((row, words), inverse) in rows.zip(inverse) {
            // SAFETY: vectors are loaded and stored up to `whole`, inside scores and words; the
            // buffers hold the widest.
            unsafe {
                let most = largest::<L>(row);
                let (scale, shift) = (L::splat(scale), L::splat(-most * scale));
                // Of what is stored, so that weights add up to 1.
                let mut sums = L::int_zero();
                for at in (0..whole).step_by(L::N) {
                    let power = word_power(L::load(row.as_ptr().add(at)).mul_add(scale, shift));
                    sums = L::int_add(sums, power);
                    L::int_store_words(power, words.as_mut_ptr().add(at));
                }
                let rest = &row[whole..];
                let mut buffer = [f32::NEG_INFINITY; 16];
                buffer[..rest.len()].copy_from_slice(rest);
                let power = word_power(L::load(buffer.as_ptr()).mul_add(scale, shift));
                sums = L::int_add(sums, power);
                let mut last = [0i16; 16];
                L::int_store_words(power, last.as_mut_ptr());
                let behind = &mut words[whole..];
                let (filled, empty) = behind.split_at_mut(rest.len());
                filled.copy_from_slice(&last[..rest.len()]);
                empty.fill(0);
                *inverse = 1.0 / L::int_to_float(sums).sum();
            }
        }
    }
}
