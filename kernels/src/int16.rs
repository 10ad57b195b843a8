//! Matrix product in 16-bit integers, for attention beside linear layers in bytes.
//!
//! Bytes are too coarse for scores, which an exponential follows, and for the powers of a softmax,
//! where all below 1/510 of the largest would be lost. Words keep 11 to 13 bits and are still twice
//! as fast as `f32`. Sums are exact: how large a number may become is chosen so that no sum leaves
//! 32 bits ([`largest`]).

use super::aligned::Aligned;
use super::instruction_set::InstructionSet;
use super::int8::totals;
use super::simd::{Kernel, Simd};
use super::strided::Strided;
use super::tiles::{Tile, each_row, run_tiles, write_row};

/// Inputs that one instruction multiplies and adds.
const GROUP: usize = 2;
/// Rows of 16-bit integers, filled up with zeros to whole groups.
#[derive(Default)]
pub(super) struct WordRows {
    pub words: Aligned<i16>,
    /// Words of a row.
    pub stride: usize,
}

impl WordRows {
    /// Makes room; what stands there is not said.
    pub(super) fn shape(&mut self, rows: usize, width: usize) {
        self.stride = width.div_ceil(GROUP) * GROUP;
        self.words.resize(rows * self.stride);
    }

    /// Takes rows of `width` values, divided by `scales` (one for all columns, or one each).
    pub(super) fn take(&mut self, set: InstructionSet, x: Strided<&[f32]>, rows: usize, width: usize, scales: &[f32]) {
        let Strided { values: x, stride } = x;
        self.shape(rows, width);
        assert!(rows == 0 || (rows - 1) * stride + width <= x.len());
        let own = self.stride;
        set.run(Take { x, stride, rows, width, scales, words: &mut self.words, own });
    }
}

struct Take<'a> {
    x: &'a [f32],
    stride: usize,
    rows: usize,
    width: usize,
    scales: &'a [f32],
    words: &'a mut [i16],
    own: usize,
}

impl Kernel for Take<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Simd>(self) {
        let Take { x, stride, rows, width, scales, words, own } = self;
        let whole = width / L::N * L::N;
        let mut inverse = [0f32; 512];
        let inverse = &mut inverse[..width];
        for (at, inverse) in inverse.iter_mut().enumerate() {
            *inverse = 1.0 / scales[if scales.len() == 1 { 0 } else { at }];
        }
        for (row, words) in (0..rows).zip(words.chunks_exact_mut(own)) {
            let row = &x[row * stride..][..width];
            // SAFETY: vectors are loaded and stored up to `whole`, inside rows, words and scales.
            unsafe {
                for at in (0..whole).step_by(L::N) {
                    let x = L::load(row.as_ptr().add(at)).mul(L::load(inverse.as_ptr().add(at)));
                    L::int_store_words(x.to_int(), words.as_mut_ptr().add(at));
                }
            }
            for at in whole..width {
                words[at] = (row[at] * inverse[at]).round_ties_even() as i16;
            }
            words[width..].fill(0);
        }
    }
}

/// The widest head that is computed in words.
pub(super) const WIDEST: usize = 512;

/// The largest number that `terms` products of two such numbers may have, so that their sum stays
/// in 32 bits.
pub(super) fn largest(terms: usize) -> f32 {
    ((f64::from(i32::MAX) / terms.max(1) as f64).sqrt().floor() as f32).min(32_767.0)
}

/// The largest size in each of `width` columns, into `most`, or over all columns where that has one
/// place.
pub(super) fn sizes(set: InstructionSet, x: Strided<&[f32]>, rows: usize, width: usize, most: &mut [f32]) {
    let Strided { values: x, stride } = x;
    assert!(rows == 0 || (rows - 1) * stride + width <= x.len());
    assert!(width <= WIDEST && (most.len() == 1 || most.len() == width));
    set.run(Sizes { x, stride, rows, width, most });
}

struct Sizes<'a> {
    x: &'a [f32],
    stride: usize,
    rows: usize,
    width: usize,
    most: &'a mut [f32],
}

impl Kernel for Sizes<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Simd>(self) {
        let Sizes { x, stride, rows, width, most } = self;
        let mut columns = [0f32; WIDEST];
        let whole = width / L::N * L::N;
        for row in 0..rows {
            let row = &x[row * stride..][..width];
            // SAFETY: vectors are loaded and stored up to `whole`, inside the row and the columns.
            unsafe {
                for at in (0..whole).step_by(L::N) {
                    let x = L::load(row.as_ptr().add(at));
                    let size = x.max(L::splat(0.0).sub(x));
                    size.max(L::load(columns.as_ptr().add(at))).store(columns.as_mut_ptr().add(at));
                }
            }
            for at in whole..width {
                columns[at] = columns[at].max(row[at].abs());
            }
        }
        match most {
            [one] => *one = columns[..width].iter().fold(0.0, |a, b| a.max(*b)),
            most => most.copy_from_slice(&columns[..width]),
        }
    }
}

/// A matrix of 16-bit integers in panels: for each group of two inputs, two words of each output of
/// the panel.
#[derive(Default)]
pub(super) struct PackedWords {
    panels: Aligned<[i16; GROUP]>,
    groups: usize,
    outputs: usize,
    width: usize,
}

impl PackedWords {
    fn shape(&mut self, set: InstructionSet, outputs: usize, inputs: usize) {
        (self.outputs, self.groups, self.width) = (outputs, inputs.div_ceil(GROUP), set.panel());
        self.panels.resize(outputs.div_ceil(self.width) * self.width * self.groups);
    }

    /// Packs a matrix whose outputs are the rows.
    pub(super) fn pack(&mut self, set: InstructionSet, rows: &WordRows, outputs: usize, inputs: usize) {
        self.shape(set, outputs, inputs);
        let (width, groups) = (self.width, self.groups);
        for (number, panel) in self.panels.chunks_exact_mut((width * groups).max(1)).enumerate() {
            let first = number * width;
            let here = width.min(outputs - first);
            if here < width {
                panel.fill([0; GROUP]);
            }
            for lane in 0..here {
                let row = &rows.words[(first + lane) * rows.stride..][..groups * GROUP];
                for (place, pair) in panel[lane..].iter_mut().step_by(width).zip(row.chunks_exact(GROUP)) {
                    *place = [pair[0], pair[1]];
                }
            }
        }
    }

    /// Packs a matrix whose inputs are the rows.
    pub(super) fn pack_rows(&mut self, set: InstructionSet, rows: &WordRows, outputs: usize, inputs: usize) {
        self.shape(set, outputs, inputs);
        let (width, groups) = (self.width, self.groups);
        for (number, panel) in self.panels.chunks_exact_mut((width * groups).max(1)).enumerate() {
            let first = number * width;
            let here = width.min(outputs - first);
            for (group, places) in panel.chunks_exact_mut(width).enumerate() {
                let row = |input: usize| &rows.words[input * rows.stride + first..][..here];
                let upper = row(group * GROUP);
                if group * GROUP + 1 < inputs {
                    let pairs = upper.iter().zip(row(group * GROUP + 1));
                    places.iter_mut().zip(pairs).for_each(|(place, (upper, lower))| *place = [*upper, *lower]);
                } else {
                    places.iter_mut().zip(upper).for_each(|(place, upper)| *place = [*upper, 0]);
                }
                places[here..].fill([0; GROUP]);
            }
        }
    }
}

/// A part of the inputs of a product, and what becomes of its sums.
pub(super) struct Product<'a> {
    /// Rows of words, at least as long as the inputs.
    pub rows: &'a [i16],
    pub stride: usize,
    pub count: usize,
    /// Groups of inputs: from, to.
    pub groups: [usize; 2],
    /// What a row's sums are multiplied with beside that; none, or one each.
    pub row_factors: Option<&'a [f32]>,
    /// What a column's sums are multiplied with; one for all columns, or one each.
    pub column_factors: &'a [f32],
    /// Whether the product is added to what stands there.
    pub add: bool,
}

/// `out = rows · weightᵀ`, times factors, into rows of `out`.
pub(super) fn multiply_words(
    set: InstructionSet,
    product: &Product<'_>,
    weight: &PackedWords,
    out: Strided<&mut [f32]>,
) {
    let Strided { values: out, stride: out_stride } = out;
    let Product { rows, stride, count, groups: [from, to], row_factors, column_factors, .. } = *product;
    if count == 0 || weight.outputs == 0 {
        return;
    }
    assert!(from <= to && to <= weight.groups && (count - 1) * stride + to * GROUP <= rows.len());
    assert!(weight.outputs <= out_stride && (count - 1) * out_stride + weight.outputs <= out.len());
    assert!(row_factors.is_none_or(|factors| factors.len() >= count));
    assert!(column_factors.len() == 1 || column_factors.len() == weight.outputs);
    assert!(weight.width == set.panel(), "words are packed for another instruction set");
    set.run(MultiplyWords { product, weight, out, out_stride });
}

struct MultiplyWords<'a> {
    product: &'a Product<'a>,
    weight: &'a PackedWords,
    out: &'a mut [f32],
    out_stride: usize,
}

impl Kernel for MultiplyWords<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Simd>(self) {
        let MultiplyWords { product, weight, out, out_stride } = self;
        let Product { rows, stride, count, groups: [from, to], row_factors, column_factors, add } = *product;
        let panel_length = weight.groups * weight.width;
        for (number, panel) in weight.panels.chunks_exact(panel_length.max(1)).enumerate() {
            let first = number * weight.width;
            let here = weight.width.min(weight.outputs - first);
            let mut columns = [column_factors[0]; 32];
            if column_factors.len() > 1 {
                columns[..here].copy_from_slice(&column_factors[first..first + here]);
            }
            // SAFETY: `multiply_words` has checked the shapes; `row` and those behind it in the
            // tile are below `count`.
            unsafe {
                run_tiles::<L, _>(count, |row| TileWords {
                    rows: rows.as_ptr().add(row * stride + from * GROUP).cast(),
                    stride: stride * size_of::<i16>(),
                    groups: to - from,
                    panel: panel.as_ptr().add(from * weight.width).cast(),
                    factors: row_factors.map(|factors| &factors[row..]),
                    columns: &columns,
                    to: out.as_mut_ptr().add(row * out_stride + first),
                    out_stride,
                    here,
                    add,
                });
            }
        }
    }
}

struct TileWords<'a> {
    rows: *const u8,
    stride: usize,
    groups: usize,
    panel: *const i8,
    factors: Option<&'a [f32]>,
    columns: &'a [f32; 32],
    to: *mut f32,
    out_stride: usize,
    here: usize,
    add: bool,
}

impl Tile for TileWords<'_> {
    #[inline(always)]
    unsafe fn compute<L: Simd, const VECTORS: usize, const ROWS: usize>(self) {
        // SAFETY: the caller's.
        unsafe {
            let totals = totals::<L, VECTORS, ROWS, true>(
                [L::int_zero(); VECTORS],
                self.rows,
                self.stride,
                self.groups,
                self.panel,
            );
            let mut columns = [L::splat(0.0); VECTORS];
            for (number, column) in columns.iter_mut().enumerate() {
                *column = L::load(self.columns.as_ptr().add(number * L::N));
            }
            each_row!(ROWS, row => {
                let to = self.to.add(row * self.out_stride);
                let mut values = [L::splat(0.0); VECTORS];
                for (number, value) in values.iter_mut().enumerate() {
                    *value = L::int_to_float(totals[row][number]).mul(columns[number]);
                }
                if let Some(factors) = self.factors {
                    let factor = L::splat(factors[row]);
                    for value in &mut values {
                        *value = value.mul(factor);
                    }
                }
                if self.add {
                    let mut before = [0f32; 32];
                    std::ptr::copy_nonoverlapping(to, before.as_mut_ptr(), self.here);
                    for (number, value) in values.iter_mut().enumerate() {
                        *value = value.add(L::load(before.as_ptr().add(number * L::N)));
                    }
                }
                write_row(values, to, self.here);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_sum_leaves_32_bits() {
        for terms in [1, 2, 3, 32, 48, 64, 100, 256] {
            let most = f64::from(largest(terms));
            assert!(most <= 32_767.0 && most * most * terms as f64 <= f64::from(i32::MAX));
            assert!(most > 2000.0);
        }
    }

    proptest! {
        #[test]
        fn every_set_multiplies_words_exactly(
            count in 1usize..40, inputs in 1usize..70, outputs in 1usize..80, seed in any::<u32>(),
            by_rows in any::<bool>(), cut in any::<bool>(),
        ) {
            let value = |at: usize| (((at as u32).wrapping_mul(2_654_435_761) ^ seed) >> 8) as f32 / 8_388_608.0 - 1.0;
            let a: Vec<f32> = (0..count * (inputs + 1)).map(value).collect();
            let (rows, width) = if by_rows { (inputs, outputs) } else { (outputs, inputs) };
            let b: Vec<f32> = (0..inputs * outputs).map(|at| value(at + 7919)).collect();
            let scale = 1.0 / largest(inputs);
            let row_factors: Vec<f32> = (0..count).map(|at| value(at + 31) * scale).collect();
            let column_factors: Vec<f32> = (0..outputs).map(|at| value(at + 77) * scale).collect();
            for set in InstructionSet::available() {
                let (mut left, mut right, mut packed) = (WordRows::default(), WordRows::default(), PackedWords::default());
                left.take(set, Strided { values: &a, stride: inputs + 1 }, count, inputs, &[scale]);
                let from = Strided { values: &b[..], stride: width };
                right.take(set, from, rows, width, &[scale]);
                if by_rows {
                    packed.pack_rows(set, &right, outputs, inputs);
                } else {
                    packed.pack(set, &right, outputs, inputs);
                }
                let mut out = vec![9.0; count * (outputs + 1)];
                // In one go, or in two that are added.
                let middle = if cut { packed.groups / 2 } else { 0 };
                for groups in [[0, middle], [middle, packed.groups]] {
                    let product = Product {
                        rows: &left.words, stride: left.stride, count, groups, add: groups[0] > 0,
                        row_factors: Some(&row_factors), column_factors: &column_factors,
                    };
                    multiply_words(set, &product, &packed, Strided { values: &mut out[..], stride: outputs + 1 });
                }
                for row in 0..count {
                    for column in 0..outputs {
                        let word = |x: f32| f64::from((x * (1.0 / scale)).round_ties_even());
                        let exact: f64 = (0..inputs).map(|at| {
                            let other = if by_rows { b[at * outputs + column] } else { b[column * inputs + at] };
                            word(a[row * (inputs + 1) + at]) * word(other)
                        }).sum::<f64>() * f64::from(row_factors[row]) * f64::from(column_factors[column]);
                        let got = f64::from(out[row * (outputs + 1) + column]);
                        prop_assert!((got - exact).abs() <= 1e-6 * inputs as f64, "{set:?}: {got} is not {exact}");
                    }
                    prop_assert_eq!(out[row * (outputs + 1) + outputs], 9.0);
                }
                let mut most = vec![0.0; outputs];
                sizes(set, from, rows, width, if by_rows { &mut most } else { &mut most[..1] });
                let exact = if by_rows { (0..inputs).map(|at| b[at * outputs].abs()).fold(0.0, f32::max) }
                    else { b.iter().fold(0.0, |most: f32, x| most.max(x.abs())) };
                prop_assert_eq!(most[0], exact);
            }
        }
    }
}
