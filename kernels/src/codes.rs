//! Bounds of many scalar products from one bit per dimension, and scalar products with rows of
//! bytes.
//!
//! In: rows as signs (see `index/code.rs` for what they mean), a query as planes of bits. Out: for
//! each row the most that its product with the query is likely to be. These loops are plain Rust
//! over arrays, which compiled for a set of instructions become vectors; but counting bits is left
//! to the compiler only on AVX2 and where AVX-512 has no instruction for it: it makes twelve times
//! as many instructions of it as AVX-512 needs, and adds up after every word what NEON counts in
//! bytes.

use super::instruction_set::InstructionSet;
use super::simd::{Kernel, Simd};

/// Rows whose codes lie together: the first word of each, then the second of each.
pub const BLOCK: usize = 8;

/// Bits of an element of the query.
pub const PLANES: usize = 4;

/// A query as the codes meet it: element i is `low + step · number`, the numbers in planes of bits.
#[derive(Clone, Debug, Default)]
pub struct Planes {
    /// `PLANES` bits of each word of 64 dimensions: words x planes.
    pub bits: Vec<[u64; PLANES]>,
    /// What one step of a number is worth.
    pub step: f32,
    /// What the number 0 is worth.
    pub low: f32,
    /// Sum of all elements as they stand in the planes.
    pub sum: f32,
}

/// What turns the count of a row into a bound, for the rows of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Factors {
    /// Scale of the estimate.
    pub scale: [f32; BLOCK],
    /// Standard deviation of its error, for a query of length 1.
    pub error: [f32; BLOCK],
    /// Number of bits that are set.
    pub ones: [f32; BLOCK],
}

/// For each row `start + scale · product of signs and query + width · error`.
///
/// `codes` holds words x blocks in blocks, `out` a number per row.
pub fn bounds(
    set: InstructionSet,
    codes: &[[u64; BLOCK]],
    factors: &[Factors],
    query: &Planes,
    start: f32,
    width: f32,
    out: &mut [[f32; BLOCK]],
) {
    assert!(codes.len() == factors.len() * query.bits.len() && out.len() == factors.len());
    #[cfg(target_arch = "x86_64")]
    if set == InstructionSet::Avx512 && std::arch::is_x86_feature_detected!("avx512vpopcntdq") {
        // SAFETY: the processor has just been asked, and lengths are checked above.
        return unsafe { bounds_512(codes, factors, query, start, width, out) };
    }
    #[cfg(target_arch = "aarch64")]
    if set != InstructionSet::Portable {
        // SAFETY: every other set has NEON, and lengths are checked above.
        return unsafe { bounds_neon(codes, factors, query, start, width, out) };
    }
    set.run(Bounds { codes, factors, query, start, width, out });
}

/// [`bounds`] for AVX-512 that counts bits.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512vpopcntdq")]
unsafe fn bounds_512(
    codes: &[[u64; BLOCK]],
    factors: &[Factors],
    query: &Planes,
    start: f32,
    width: f32,
    out: &mut [[f32; BLOCK]],
) {
    use std::arch::x86_64::*;
    let (step, low) = (_mm256_set1_ps(2.0 * query.step), _mm256_set1_ps(2.0 * query.low));
    let (start, width, sum) = (_mm256_set1_ps(start), _mm256_set1_ps(width), _mm256_set1_ps(query.sum));
    for ((words, factors), out) in codes.chunks_exact(query.bits.len()).zip(factors).zip(out) {
        let mut counts = [_mm512_setzero_si512(); PLANES];
        for (word, planes) in words.iter().zip(&query.bits) {
            // SAFETY: eight numbers of 64 bits, as everything that is loaded and stored here is a
            // whole block.
            let word = unsafe { _mm512_loadu_si512(word.as_ptr().cast()) };
            for (counts, plane) in counts.iter_mut().zip(planes) {
                let both = _mm512_and_si512(word, _mm512_set1_epi64(*plane as i64));
                *counts = _mm512_add_epi64(*counts, _mm512_popcnt_epi64(both));
            }
        }
        let mut total = counts[PLANES - 1];
        for counts in counts[..PLANES - 1].iter().rev() {
            total = _mm512_add_epi64(_mm512_add_epi64(total, total), *counts);
        }
        let total = _mm256_cvtepi32_ps(_mm512_cvtepi64_epi32(total));
        // SAFETY: as above.
        unsafe {
            let load = |values: &[f32; BLOCK]| _mm256_loadu_ps(values.as_ptr());
            let product = _mm256_fmadd_ps(low, load(&factors.ones), _mm256_fmsub_ps(step, total, sum));
            let bound = _mm256_fmadd_ps(width, load(&factors.error), start);
            _mm256_storeu_ps(out.as_mut_ptr(), _mm256_fmadd_ps(load(&factors.scale), product, bound));
        }
    }
}

/// [`bounds`] for NEON, which counts the bits of bytes: they are added up as bytes as long as the
/// sum fits.
#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon")]
unsafe fn bounds_neon(
    codes: &[[u64; BLOCK]],
    factors: &[Factors],
    query: &Planes,
    start: f32,
    width: f32,
    out: &mut [[f32; BLOCK]],
) {
    use std::arch::aarch64::*;
    /// Words whose counts, at most 8 a byte, add up to less than 256.
    const FIT: usize = 31;
    /// Registers of a word of each row.
    const PAIRS: usize = BLOCK / 2;
    let (step, low) = (vdupq_n_f32(2.0 * query.step), vdupq_n_f32(2.0 * query.low));
    let (start, width, less) = (vdupq_n_f32(start), vdupq_n_f32(width), vdupq_n_f32(-query.sum));
    for ((words, factors), out) in codes.chunks_exact(query.bits.len().max(1)).zip(factors).zip(out) {
        let mut totals = [vdupq_n_u32(0); 2];
        for (words, bits) in words.chunks(FIT).zip(query.bits.chunks(FIT)) {
            let mut counts = [[vdupq_n_u8(0); PAIRS]; PLANES];
            for (word, planes) in words.iter().zip(bits) {
                let mut pairs = [vdupq_n_u8(0); PAIRS];
                for (number, pair) in pairs.iter_mut().enumerate() {
                    // SAFETY: 16 bytes of the 64 of a word of each row.
                    *pair = unsafe { vld1q_u8(word.as_ptr().add(2 * number).cast()) };
                }
                for (counts, plane) in counts.iter_mut().zip(planes) {
                    let plane = vreinterpretq_u8_u64(vdupq_n_u64(*plane));
                    for (count, pair) in counts.iter_mut().zip(pairs) {
                        *count = vaddq_u8(*count, vcntq_u8(vandq_u8(pair, plane)));
                    }
                }
            }
            // At most 15 · 2 · 8 · 31, so 16 bits hold what two bytes of all planes make.
            let mut sums = [vdupq_n_u32(0); PAIRS];
            for (number, sum) in sums.iter_mut().enumerate() {
                let mut both = vpaddlq_u8(counts[PLANES - 1][number]);
                for counts in counts[..PLANES - 1].iter().rev() {
                    both = vpadalq_u8(vaddq_u16(both, both), counts[number]);
                }
                *sum = vpaddlq_u16(both);
            }
            totals[0] = vaddq_u32(totals[0], vpaddq_u32(sums[0], sums[1]));
            totals[1] = vaddq_u32(totals[1], vpaddq_u32(sums[2], sums[3]));
        }
        for (half, total) in totals.into_iter().enumerate() {
            // SAFETY: four floats of eight, in factors as in `out`.
            unsafe {
                let load = |values: &[f32; BLOCK]| vld1q_f32(values.as_ptr().add(4 * half));
                let product = vfmaq_f32(vfmaq_f32(less, step, vcvtq_f32_u32(total)), low, load(&factors.ones));
                let bound = vfmaq_f32(start, width, load(&factors.error));
                let bound = vfmaq_f32(bound, load(&factors.scale), product);
                vst1q_f32(out.as_mut_ptr().add(4 * half), bound);
            }
        }
    }
}

struct Bounds<'a> {
    codes: &'a [[u64; BLOCK]],
    factors: &'a [Factors],
    query: &'a Planes,
    start: f32,
    width: f32,
    out: &'a mut [[f32; BLOCK]],
}

impl Kernel for Bounds<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Simd>(self) {
        let Bounds { codes, factors, query, start, width, out } = self;
        let (step, low) = (2.0 * query.step, 2.0 * query.low);
        let blocks = codes.chunks_exact(query.bits.len().max(1)).zip(factors).zip(out);
        for ((words, factors), out) in blocks {
            let mut counts = [[0u64; BLOCK]; PLANES];
            for (word, planes) in words.iter().zip(&query.bits) {
                for (counts, plane) in counts.iter_mut().zip(planes) {
                    for lane in 0..BLOCK {
                        counts[lane] += u64::from((word[lane] & plane).count_ones());
                    }
                }
            }
            for lane in 0..BLOCK {
                let total = counts.iter().rev().fold(0, |total, counts| 2 * total + counts[lane]) as i32 as f32;
                let product = step * total + low * factors.ones[lane] - query.sum;
                out[lane] = start + factors.scale[lane] * product + width * factors.error[lane];
            }
        }
    }
}

/// Scalar product of a row of bytes with a query; the row's scale is the caller's.
pub fn dot_bytes(set: InstructionSet, row: &[i8], query: &[f32]) -> f32 {
    assert!(row.len() == query.len());
    set.run(DotBytes { row, query })
}

struct DotBytes<'a> {
    row: &'a [i8],
    query: &'a [f32],
}

impl Kernel for DotBytes<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<L: Simd>(self) -> f32 {
        const LANES: usize = 32;
        let ((rows, row_rest), (queries, query_rest)) =
            (self.row.as_chunks::<LANES>(), self.query.as_chunks::<LANES>());
        let mut sums = [0f32; LANES];
        for (row, query) in rows.iter().zip(queries) {
            for lane in 0..LANES {
                sums[lane] += f32::from(row[lane]) * query[lane];
            }
        }
        added(sums) + row_rest.iter().zip(query_rest).map(|(x, y)| f32::from(*x) * y).sum::<f32>()
    }
}

/// Adds a row of bytes, times `factor`, to `sum`.
pub fn add_bytes(set: InstructionSet, row: &[i8], factor: f32, sum: &mut [f32]) {
    assert!(row.len() == sum.len());
    set.run(AddBytes { row, factor, sum });
}

struct AddBytes<'a> {
    row: &'a [i8],
    factor: f32,
    sum: &'a mut [f32],
}

impl Kernel for AddBytes<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Simd>(self) {
        for (sum, x) in self.sum.iter_mut().zip(self.row) {
            *sum += self.factor * f32::from(*x);
        }
    }
}

/// Scalar product of each row with a query: `rows` holds rows x the query's length.
pub fn dots(set: InstructionSet, rows: &[f32], query: &[f32], out: &mut [f32]) {
    assert!(rows.len() == out.len() * query.len());
    set.run(Dots { rows, query, out });
}

struct Dots<'a> {
    rows: &'a [f32],
    query: &'a [f32],
    out: &'a mut [f32],
}

impl Kernel for Dots<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Simd>(self) {
        const LANES: usize = 32;
        let (queries, query_rest) = self.query.as_chunks::<LANES>();
        for (row, out) in self.rows.chunks_exact(self.query.len().max(1)).zip(self.out) {
            let (rows, row_rest) = row.as_chunks::<LANES>();
            let mut sums = [0f32; LANES];
            for (row, query) in rows.iter().zip(queries) {
                for lane in 0..LANES {
                    sums[lane] += row[lane] * query[lane];
                }
            }
            *out = added(sums) + row_rest.iter().zip(query_rest).map(|(x, y)| x * y).sum::<f32>();
        }
    }
}

/// In a fixed order, by halves.
#[inline(always)]
fn added(mut sums: [f32; 32]) -> f32 {
    let mut width = sums.len();
    while width > 1 {
        width /= 2;
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
    }
    sums[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_bit_of_a_long_code_is_counted() {
        for words in [31, 32, 63] {
            let planes = Planes { bits: vec![[u64::MAX; PLANES]; words], step: 0.5, low: 0.0, sum: 0.0 };
            let factors = [Factors { scale: [1.0; BLOCK], ..Factors::default() }; 2];
            for set in InstructionSet::available() {
                let mut out = [[0.0; BLOCK]; 2];
                bounds(set, &vec![[u64::MAX; BLOCK]; 2 * words], &factors, &planes, 0.0, 0.0, &mut out);
                assert_eq!(out, [[(15 * 64 * words) as f32; BLOCK]; 2], "{set:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn bounds_are_what_they_say_on_every_set(words in 1usize..9, blocks in 0usize..5, seed in any::<u64>()) {
            let mut random = fastrand::Rng::with_seed(seed);
            let codes: Vec<[u64; BLOCK]> = (0..words * blocks).map(|_| [(); BLOCK].map(|()| random.u64(..))).collect();
            let numbers: Vec<u8> = (0..words * 64).map(|_| random.u8(..16)).collect();
            let bits = numbers.chunks(64).map(|word| {
                let plane = |plane: usize| word.iter().enumerate().map(|(at, x)| u64::from(x >> plane & 1) << at).sum();
                [plane(0), plane(1), plane(2), plane(3)]
            });
            let (step, low) = (0.01, -0.07);
            let elements: Vec<f64> = numbers.iter().map(|x| low + step * f64::from(*x)).collect();
            let planes = Planes {
                bits: bits.collect(), step: step as f32, low: low as f32, sum: elements.iter().sum::<f64>() as f32,
            };
            let bit = |row: usize, at: usize| codes[row / BLOCK * words + at / 64][row % BLOCK] >> (at % 64) & 1;
            let ones = |row: usize| (0..words * 64).map(|at| bit(row, at)).sum::<u64>();
            let factors: Vec<Factors> = (0..blocks).map(|block| Factors {
                scale: [(); BLOCK].map(|()| random.f32()),
                error: [(); BLOCK].map(|()| random.f32()),
                ones: std::array::from_fn(|lane| ones(block * BLOCK + lane) as f32),
            }).collect();
            let mut expected = vec![[0f32; BLOCK]; blocks];
            bounds(InstructionSet::Portable, &codes, &factors, &planes, 0.5, 2.0, &mut expected);
            for (block, own) in factors.iter().enumerate() {
                for (lane, &got) in expected[block].iter().enumerate() {
                    let row = block * BLOCK + lane;
                    let signed = |at: usize| if bit(row, at) == 1 { elements[at] } else { -elements[at] };
                    let product: f64 = (0..words * 64).map(signed).sum();
                    let exact = 0.5 + f64::from(own.scale[lane]) * product + 2.0 * f64::from(own.error[lane]);
                    prop_assert!((f64::from(got) - exact).abs() < 1e-4, "{got} is not {exact}");
                }
            }
            for set in InstructionSet::available() {
                let mut got = vec![[0f32; BLOCK]; blocks];
                bounds(set, &codes, &factors, &planes, 0.5, 2.0, &mut got);
                for (got, expected) in got.iter().flatten().zip(expected.iter().flatten()) {
                    prop_assert!((got - expected).abs() < 1e-5, "{set:?}: {got} is not {expected}");
                }
            }
        }

        #[test]
        fn products_are_those_of_the_books(length in 0usize..100, seed in any::<u64>()) {
            let mut random = fastrand::Rng::with_seed(seed);
            let bytes: Vec<i8> = (0..length).map(|_| random.i8(-127..)).collect();
            let row: Vec<f32> = bytes.iter().map(|x| f32::from(*x)).collect();
            let query: Vec<f32> = (0..length).map(|_| random.f32() - 0.5).collect();
            let exact: f64 = row.iter().zip(&query).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
            for set in InstructionSet::available() {
                let got = dot_bytes(set, &bytes, &query);
                prop_assert!((f64::from(got) - exact).abs() < 1e-2, "{set:?}: {got} is not {exact}");
                let mut out = [0.0];
                dots(set, &row, &query, &mut out);
                prop_assert!((f64::from(out[0]) - exact).abs() < 1e-2 || length == 0);
                let mut sum = query.clone();
                add_bytes(set, &bytes, 0.5, &mut sum);
                for ((sum, x), before) in sum.iter().zip(&row).zip(&query) {
                    prop_assert!((sum - (before + 0.5 * x)).abs() < 1e-4, "{set:?}: {sum}");
                }
            }
        }
    }
}
