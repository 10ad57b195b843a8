//! Matrix product with packed weights: `out = a · weightᵀ + bias`.
//!
//! Weights are cut once, at load, into panels as wide as a tile (two vectors), inputs running
//! fastest from row to row, so that the innermost loop reads them in order. A tile of rows x panel
//! stays in registers over all inputs; every sum is one chain over the inputs in order, so a row's
//! numbers do not depend on the rows beside it. Panels are the outer loop: one (48 KB for 384
//! inputs) stays near while all rows pass by (Goto & van de Geijn 2008, without the copy of `a`,
//! whose rows are short).

use super::aligned::Aligned;
use super::instruction_set::InstructionSet;
use super::simd::{Kernel, Simd};
use super::strided::Strided;
use super::tiles::{Tile, each_row, run_tiles, write_row};

/// A weight matrix in panels.
#[derive(Debug)]
pub struct Packed {
    panels: Aligned<f32>,
    inputs: usize,
    outputs: usize,
    width: usize,
}

impl Packed {
    /// An empty matrix, to be filled by [`Packed::pack`].
    pub fn empty() -> Packed {
        Packed { panels: Aligned::new(0), inputs: 0, outputs: 0, width: 1 }
    }

    /// Makes room for a matrix, and gives the width of its panels.
    fn shape(&mut self, set: InstructionSet, outputs: usize, inputs: usize) -> usize {
        let width = set.panel();
        self.panels.resize(outputs.div_ceil(width) * width * inputs);
        (self.inputs, self.outputs, self.width) = (inputs, outputs, width);
        width
    }

    /// Packs a matrix whose element for output `o` and input `i` is `element(o, i)`. Outputs that
    /// fill up the last panel are zero.
    pub fn pack(&mut self, set: InstructionSet, outputs: usize, inputs: usize, element: impl Fn(usize, usize) -> f32) {
        let width = self.shape(set, outputs, inputs);
        for (panel, values) in self.panels.chunks_exact_mut((width * inputs).max(1)).enumerate() {
            let first = panel * width;
            let here = width.min(outputs - first);
            if here < width {
                values.fill(0.0);
            }
            for lane in 0..here {
                for (input, value) in values[lane..].iter_mut().step_by(width).enumerate() {
                    *value = element(first + lane, input);
                }
            }
        }
    }

    /// Packs the matrix whose element for output `o` and input `i` is `rows[i * stride + o]`:
    /// panels hold pieces of rows.
    pub fn pack_rows(&mut self, set: InstructionSet, outputs: usize, rows: &[f32], stride: usize, inputs: usize) {
        let width = self.shape(set, outputs, inputs);
        for (panel, values) in self.panels.chunks_exact_mut((width * inputs).max(1)).enumerate() {
            let first = panel * width;
            let here = width.min(outputs - first);
            for (value, row) in values.chunks_exact_mut(width).zip(rows.chunks(stride)) {
                value[..here].copy_from_slice(&row[first..first + here]);
                value[here..].fill(0.0);
            }
        }
    }
}

/// `out = a · weightᵀ + bias`: `rows` rows of `a`, each `weight.inputs` long, into as many rows of
/// `out`. Without a bias, nothing is added.
pub fn multiply(
    set: InstructionSet,
    rows: usize,
    a: Strided<&[f32]>,
    weight: &Packed,
    bias: Option<&[f32]>,
    out: Strided<&mut [f32]>,
) {
    let (Strided { values: a, stride }, Strided { values: out, stride: out_stride }) = (a, out);
    if rows == 0 || weight.outputs == 0 {
        return;
    }
    assert!(weight.inputs <= stride && (rows - 1) * stride + weight.inputs <= a.len());
    assert!(weight.outputs <= out_stride && (rows - 1) * out_stride + weight.outputs <= out.len());
    assert!(bias.is_none_or(|bias| bias.len() == weight.outputs));
    assert!(weight.width == set.panel(), "weights are packed for another instruction set");
    set.run(Multiply { rows, a, stride, weight, bias, out, out_stride });
}

struct Multiply<'a> {
    rows: usize,
    a: &'a [f32],
    stride: usize,
    weight: &'a Packed,
    bias: Option<&'a [f32]>,
    out: &'a mut [f32],
    out_stride: usize,
}

impl Kernel for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Simd>(self) {
        let Multiply { rows, a, stride, weight, bias, out, out_stride } = self;
        let Packed { inputs, outputs, width, .. } = *weight;
        for (number, panel) in weight.panels.chunks_exact((width * inputs).max(1)).enumerate() {
            let first = number * width;
            let here = width.min(outputs - first);
            let mut whole = [0f32; 32];
            if let Some(bias) = bias {
                whole[..here].copy_from_slice(&bias[first..first + here]);
            }
            let bias = whole.as_ptr();
            // SAFETY: `multiply` has checked that every row of `a` and `out` that is named here is
            // inside.
            unsafe {
                run_tiles::<L, _>(rows, |row| TileF32 {
                    from: a.as_ptr().add(row * stride),
                    stride,
                    inputs,
                    panel: panel.as_ptr(),
                    bias,
                    to: out.as_mut_ptr().add(row * out_stride + first),
                    out_stride,
                    here,
                });
            }
        }
    }
}

/// Rows of `from` hold `inputs`, the panel `inputs` rows of a tile's width; `here` columns are
/// written.
struct TileF32 {
    from: *const f32,
    stride: usize,
    inputs: usize,
    panel: *const f32,
    bias: *const f32,
    to: *mut f32,
    out_stride: usize,
    here: usize,
}

impl Tile for TileF32 {
    #[inline(always)]
    unsafe fn compute<L: Simd, const VECTORS: usize, const ROWS: usize>(self) {
        // SAFETY: the caller's.
        unsafe {
            let mut start = [L::splat(0.0); VECTORS];
            for (number, start) in start.iter_mut().enumerate() {
                *start = L::load(self.bias.add(number * L::N));
            }
            let mut sums = [start; ROWS];
            let mut weights = self.panel;
            for input in 0..self.inputs {
                let mut columns = [L::splat(0.0); VECTORS];
                for (number, column) in columns.iter_mut().enumerate() {
                    *column = L::load(weights.add(number * L::N));
                }
                each_row!(ROWS, row => {
                    let x = L::splat(*self.from.add(row * self.stride + input));
                    for (sum, column) in sums[row].iter_mut().zip(columns) {
                        *sum = x.mul_add(column, *sum);
                    }
                });
                weights = weights.add(VECTORS * L::N);
            }
            each_row!(ROWS, row => {
                write_row(sums[row], self.to.add(row * self.out_stride), self.here);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_set_multiplies_odd_shapes(
            rows in 1usize..40, inputs in 1usize..70, outputs in 1usize..80, spare in 0usize..3, seed in any::<u32>(),
        ) {
            let value = |at: usize| (((at as u32).wrapping_mul(2_654_435_761) ^ seed) >> 8) as f32 / 8_388_608.0 - 1.0;
            let stride = inputs + spare;
            let a: Vec<f32> = (0..rows * stride).map(value).collect();
            let weight = |output: usize, input: usize| value(7919 + output * inputs + input);
            let bias: Vec<f32> = (0..outputs).map(|at| value(104_729 + at)).collect();
            for set in InstructionSet::available() {
                let mut packed = Packed::empty();
                packed.pack(set, outputs, inputs, weight);
                let out_stride = outputs + spare;
                let mut out = vec![9.0; rows * out_stride];
                let to = Strided { values: &mut out[..], stride: out_stride };
                multiply(set, rows, Strided { values: &a, stride }, &packed, Some(&bias), to);
                for row in 0..rows {
                    for column in 0..out_stride {
                        let got = out[row * out_stride + column];
                        if column >= outputs {
                            prop_assert_eq!(got, 9.0, "written beyond the row");
                            continue;
                        }
                        let mut exact = f64::from(bias[column]);
                        let mut size = exact.abs();
                        for at in 0..inputs {
                            let term = f64::from(a[row * stride + at]) * f64::from(weight(column, at));
                            exact += term;
                            size += term.abs();
                        }
                        // No order of summing can err by more: half an ulp of the sum so far at
                        // each of its steps.
                        let bound = (inputs + 1) as f64 * f64::from(f32::EPSILON) / 2.0 * size;
                        prop_assert!((f64::from(got) - exact).abs() <= bound, "{set:?}: {got} is not {exact}");
                    }
                }
                // A row alone has the same bits as among others.
                let mut alone = vec![0.0; outputs];
                let last = rows - 1;
                let (from, to) = (Strided { values: &a[last * stride..], stride }, Strided { values: &mut alone[..], stride: outputs });
                multiply(set, 1, from, &packed, Some(&bias), to);
                prop_assert_eq!(&alone[..], &out[last * out_stride..last * out_stride + outputs]);
            }
        }
    }
}
