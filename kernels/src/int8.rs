//! Matrix product in 8-bit integers.
//!
//! Weights are signed bytes with a scale per output, activations unsigned bytes with a scale and a
//! lowest value per row: `x = scale · q + low`. So a product is
//! `weight scale · (row scale · sum of bytes + low · sum of weights)`, with the sum of bytes exact
//! on every instruction set. The range of an activation row need not be symmetric, which after a
//! GELU (from -0.17 up) is worth a bit of precision.

use super::aligned::Aligned;
use super::instruction_set::InstructionSet;
use super::simd::{Kernel, Simd};
use super::tiles::{Tile, each_row, run_tiles, write_row};

/// Inputs that one instruction multiplies and adds.
const GROUP: usize = 4;

/// A weight matrix in panels of bytes: for each group of four inputs, four bytes of each output of
/// the panel.
pub struct PackedInt8 {
    panels: Aligned<i8>,
    /// Per output, filled up to whole panels: scale, sum of weights times scale, bias.
    scales: Aligned<f32>,
    sums: Aligned<f32>,
    biases: Aligned<f32>,
    /// What sums of bytes begin with: that by which bytes are less on this set, times the sum of
    /// the weights.
    starts: Aligned<i32>,
    groups: usize,
    outputs: usize,
    width: usize,
}

impl PackedInt8 {
    /// Quantises and packs `weight`, outputs x `inputs`, row-major. The largest weight of each
    /// output becomes 127.
    pub fn pack(set: InstructionSet, weight: &[f32], bias: &[f32], inputs: usize) -> PackedInt8 {
        let (outputs, width, groups) = (bias.len(), set.panel(), inputs.div_ceil(GROUP));
        let offset = set.byte_offset();
        assert!(weight.len() == outputs * inputs);
        let columns = outputs.div_ceil(width) * width;
        let mut packed = PackedInt8 {
            panels: Aligned::new(columns * groups * GROUP),
            scales: Aligned::new(columns),
            sums: Aligned::new(columns),
            biases: Aligned::new(columns),
            starts: Aligned::new(columns),
            groups,
            outputs,
            width,
        };
        packed.biases[..outputs].copy_from_slice(bias);
        for (output, row) in weight.chunks_exact(inputs.max(1)).enumerate() {
            let most = row.iter().fold(0f32, |most, x| most.max(x.abs()));
            let scale = if most > 0.0 { most / 127.0 } else { 1.0 };
            let (panel, lane) = (output / width, output % width);
            let mut sum = 0i32;
            for (input, x) in row.iter().enumerate() {
                let byte = (x / scale).round() as i8;
                sum += i32::from(byte);
                let group = panel * groups + input / GROUP;
                packed.panels[(group * width + lane) * GROUP + input % GROUP] = byte;
            }
            packed.scales[output] = scale;
            packed.sums[output] = sum as f32 * scale;
            packed.starts[output] = sum * offset;
        }
        packed
    }
}

/// Rows of activations as bytes, in a buffer that is used again and again.
#[derive(Default)]
pub struct Quantised {
    /// Less [`Simd::OFFSET`].
    bytes: Aligned<u8>,
    /// Scale and lowest value of each row.
    ranges: Vec<[f32; 2]>,
    /// Bytes of a row: its inputs, filled up to whole groups.
    stride: usize,
}

impl Quantised {
    /// Takes rows of `inputs` finite values each.
    pub fn take(&mut self, set: InstructionSet, x: &[f32], inputs: usize) {
        assert!(inputs > 0 && x.len().is_multiple_of(inputs));
        let rows = x.len() / inputs;
        self.stride = inputs.div_ceil(GROUP) * GROUP;
        self.bytes.resize(rows * self.stride);
        self.ranges.clear();
        self.ranges.resize(rows, [0.0; 2]);
        set.run(Take { x, inputs, bytes: &mut self.bytes, ranges: &mut self.ranges, stride: self.stride });
    }
}

struct Take<'a> {
    x: &'a [f32],
    inputs: usize,
    bytes: &'a mut [u8],
    ranges: &'a mut [[f32; 2]],
    stride: usize,
}

impl Kernel for Take<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Simd>(self) {
        let whole = self.inputs / L::N * L::N;
        let rows = self.x.chunks_exact(self.inputs).zip(self.bytes.chunks_exact_mut(self.stride)).zip(self.ranges);
        for ((row, bytes), range) in rows {
            // SAFETY: vectors are loaded and stored up to `whole`, inside row and bytes; the
            // buffers hold the widest.
            unsafe {
                let (mut most, mut least) = (L::splat(f32::NEG_INFINITY), L::splat(f32::INFINITY));
                for at in (0..whole).step_by(L::N) {
                    let x = L::load(row.as_ptr().add(at));
                    (most, least) = (most.max(x), least.min(x));
                }
                let (mut high, mut low) = (most.largest(), least.smallest());
                for x in &row[whole..] {
                    (high, low) = (high.max(*x), low.min(*x));
                }
                let scale = ((high - low) / 255.0).max(f32::MIN_POSITIVE);
                *range = [scale, low];
                let (lows, inverse, top) = (L::splat(low), L::splat(1.0 / scale), L::splat(255.0));
                for at in (0..whole).step_by(L::N) {
                    let x = L::load(row.as_ptr().add(at)).sub(lows).mul(inverse).min(top);
                    x.store_bytes(bytes.as_mut_ptr().add(at));
                }
                let rest = &row[whole..];
                let (mut values, mut rounded) = ([low; 16], [0u8; 16]);
                values[..rest.len()].copy_from_slice(rest);
                L::load(values.as_ptr()).sub(lows).mul(inverse).min(top).store_bytes(rounded.as_mut_ptr());
                // What fills up the last group meets weights of zero.
                bytes[whole..].copy_from_slice(&rounded[..self.stride - whole]);
            }
        }
    }
}

/// `out = x · weightᵀ + bias`; `out` is rows x outputs.
pub fn multiply_int8(set: InstructionSet, x: &Quantised, weight: &PackedInt8, out: &mut [f32]) {
    assert!(x.stride == weight.groups * GROUP && x.bytes.len() == x.ranges.len() * x.stride);
    assert!(out.len() >= x.ranges.len() * weight.outputs);
    assert!(weight.width == set.panel(), "weights are packed for another instruction set");
    set.run(MultiplyInt8 { x, weight, out });
}

struct MultiplyInt8<'a> {
    x: &'a Quantised,
    weight: &'a PackedInt8,
    out: &'a mut [f32],
}

impl Kernel for MultiplyInt8<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Simd>(self) {
        let MultiplyInt8 { x, weight, out } = self;
        let rows = x.ranges.len();
        let panel_bytes = weight.groups * GROUP * weight.width;
        for number in 0..weight.panels.len().checked_div(panel_bytes).unwrap_or(0) {
            let first = number * weight.width;
            let here = weight.width.min(weight.outputs - first);
            // SAFETY: `multiply_int8` has checked the shapes; `row` and those behind it in the tile
            // are below `rows`.
            unsafe {
                run_tiles::<L, _>(rows, |row| TileInt8 {
                    bytes: x.bytes.as_ptr().add(row * x.stride),
                    stride: x.stride,
                    groups: weight.groups,
                    panel: weight.panels.as_ptr().add(number * panel_bytes),
                    scales: weight.scales.as_ptr().add(first),
                    sums: weight.sums.as_ptr().add(first),
                    biases: weight.biases.as_ptr().add(first),
                    starts: weight.starts.as_ptr().add(first),
                    ranges: x.ranges.as_ptr().add(row),
                    to: out.as_mut_ptr().add(row * weight.outputs + first),
                    out_stride: weight.outputs,
                    here,
                });
            }
        }
    }
}

/// Rows hold `groups` groups, the panel as many, scales and the like a panel's width.
struct TileInt8 {
    bytes: *const u8,
    stride: usize,
    groups: usize,
    panel: *const i8,
    scales: *const f32,
    sums: *const f32,
    biases: *const f32,
    starts: *const i32,
    ranges: *const [f32; 2],
    to: *mut f32,
    out_stride: usize,
    here: usize,
}

impl Tile for TileInt8 {
    #[inline(always)]
    unsafe fn compute<L: Simd, const VECTORS: usize, const ROWS: usize>(self) {
        // SAFETY: the caller's.
        unsafe {
            let mut start = [L::int_zero(); VECTORS];
            for (number, start) in start.iter_mut().enumerate() {
                *start = L::int_load(self.starts.add(number * L::N).cast());
            }
            let totals = totals::<L, VECTORS, ROWS, false>(start, self.bytes, self.stride, self.groups, self.panel);
            each_row!(ROWS, row => {
                let [scale, low] = *self.ranges.add(row);
                let (scale, low) = (L::splat(scale), L::splat(low));
                let to = self.to.add(row * self.out_stride);
                let mut values = [L::splat(0.0); VECTORS];
                for (number, value) in values.iter_mut().enumerate() {
                    let at = number * L::N;
                    let shift = low.mul_add(L::load(self.sums.add(at)), L::load(self.biases.add(at)));
                    let factor = scale.mul(L::load(self.scales.add(at)));
                    *value = L::int_to_float(totals[row][number]).mul_add(factor, shift);
                }
                write_row(values, to, self.here);
            });
        }
    }
}

/// Sums of a tile: `ROWS` rows, `stride` bytes apart, against a panel, over `groups` groups of four
/// bytes or two words, on top of `start`.
#[inline(always)]
pub(super) unsafe fn totals<L: Simd, const VECTORS: usize, const ROWS: usize, const WORDS: bool>(
    start: [L::Int; VECTORS],
    rows: *const u8,
    stride: usize,
    groups: usize,
    mut panel: *const i8,
) -> [[L::Int; VECTORS]; ROWS] {
    // SAFETY: the caller's: rows hold `groups` groups, the panel as many of a tile's width.
    unsafe {
        let mut totals = [start; ROWS];
        for group in 0..groups {
            let mut columns = [L::int_zero(); VECTORS];
            for (number, column) in columns.iter_mut().enumerate() {
                *column = L::int_load(panel.add(number * L::N * GROUP));
            }
            each_row!(ROWS, row => {
                let own = L::int_splat(rows.add(row * stride + group * GROUP).cast::<u32>().read_unaligned());
                for (total, column) in totals[row].iter_mut().zip(columns) {
                    *total = if WORDS { L::dot_words(*total, own, column) } else { L::dot(*total, own, column) };
                }
            });
            panel = panel.add(VECTORS * L::N * GROUP);
        }
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Bytes of 0 and 255 against weights of ±127: the largest products there are, added up in all
    /// their combinations of signs.
    #[test]
    fn the_largest_products_fit() {
        let inputs = 12;
        let signs = |bits: usize, at: usize| if bits >> (at % 4) & 1 == 1 { 1.0 } else { -1.0 };
        let weight: Vec<f32> = (0..16 * inputs).map(|at| signs(at / inputs, at)).collect();
        // The first group of a row holds both ends of its range, the other two are the row's own.
        let value = |row: usize, at: usize| if at < 4 { at % 2 } else { row >> (at % 4) & 1 } as f32;
        let x: Vec<f32> = (0..16 * inputs).map(|at| value(at / inputs, at % inputs)).collect();
        for set in InstructionSet::available() {
            let mut quantised = Quantised::default();
            quantised.take(set, &x, inputs);
            let mut out = vec![0.0; 16 * 16];
            multiply_int8(set, &quantised, &PackedInt8::pack(set, &weight, &[0.0; 16], inputs), &mut out);
            for (at, got) in out.iter().enumerate() {
                let (row, column) = (at / 16, at % 16);
                let exact: f32 = (0..inputs).map(|at| value(row, at) * signs(column, at)).sum();
                assert!((got - exact).abs() < 1e-4, "{set:?}: {got} is not {exact}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_set_multiplies_bytes_alike(
            rows in 1usize..32, inputs in 1usize..70, outputs in 1usize..80, seed in any::<u32>(),
        ) {
            let value = |at: usize| (((at as u32).wrapping_mul(2_654_435_761) ^ seed) >> 8) as f32 / 8_388_608.0 - 1.0;
            let x: Vec<f32> = (0..rows * inputs).map(value).collect();
            let weight: Vec<f32> = (0..outputs * inputs).map(|at| value(at + 7919)).collect();
            let bias: Vec<f32> = (0..outputs).map(|at| value(at + 104_729)).collect();
            let mut of_portable: Option<Vec<u8>> = None;
            for set in InstructionSet::available().into_iter().rev() {
                let mut quantised = Quantised::default();
                quantised.take(set, &x, inputs);
                let plain: Vec<u8> =
                    quantised.bytes.iter().map(|byte| byte.wrapping_add(set.byte_offset() as u8)).collect();
                let bytes = of_portable.get_or_insert_with(|| plain.clone());
                prop_assert_eq!(&bytes[..], &plain[..]);
                let packed = PackedInt8::pack(set, &weight, &bias, inputs);
                let mut out = vec![0.0; rows * outputs];
                multiply_int8(set, &quantised, &packed, &mut out);
                for row in 0..rows {
                    let [scale, low] = quantised.ranges[row].map(f64::from);
                    for column in 0..outputs {
                        // Exactly what the bytes stand for; and that is near the product of the
                        // values themselves.
                        let own = &weight[column * inputs..][..inputs];
                        let most = own.iter().fold(0f32, |most, x| most.max(x.abs()));
                        let (mut exact, mut plain) = (f64::from(bias[column]), f64::from(bias[column]));
                        for input in 0..inputs {
                            let byte = f64::from((own[input] / (most / 127.0)).round() as i8) * f64::from(most / 127.0);
                            exact += (scale * f64::from(bytes[row * quantised.stride + input]) + low) * byte;
                            plain += f64::from(x[row * inputs + input]) * f64::from(own[input]);
                        }
                        let got = f64::from(out[row * outputs + column]);
                        prop_assert!((got - exact).abs() < 1e-4, "{set:?}: {got} is not {exact}");
                        prop_assert!((got - plain).abs() < 0.01 * inputs as f64 + 1e-4, "{set:?}: {got} is far from {plain}");
                    }
                }
            }
        }
    }
}
