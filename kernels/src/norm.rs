//! Layer norm of rows, and of sums of rows.

use super::instruction_set::InstructionSet;
use super::simd::{Kernel, Simd};

/// A layer norm's weight and bias, both as long as a row.
pub struct NormWeights {
    /// By what each number of a row is scaled.
    pub weight: Vec<f32>,
    /// What is added to each then.
    pub bias: Vec<f32>,
    /// What is added to the variance of a row, so that no division is by zero.
    pub epsilon: f32,
}

/// Norms each row of `x` in place: takes the mean off, divides by the deviation, scales and shifts.
///
/// With `y`, which has the same shape, the rows are those of `x + y`.
pub fn normalise(set: InstructionSet, x: &mut [f32], y: Option<&[f32]>, norm: &NormWeights) {
    let width = norm.weight.len();
    assert!(norm.bias.len() == width && width > 0 && x.len().is_multiple_of(width));
    assert!(y.is_none_or(|y| y.len() == x.len()));
    set.run(Normalise { x, y, norm });
}

struct Normalise<'a> {
    x: &'a mut [f32],
    y: Option<&'a [f32]>,
    norm: &'a NormWeights,
}

impl Kernel for Normalise<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Simd>(self) {
        let NormWeights { weight, bias, epsilon } = self.norm;
        let width = weight.len();
        for (number, row) in self.x.chunks_exact_mut(width).enumerate() {
            let whole = width / L::N * L::N;
            // SAFETY: vectors are loaded and stored up to `whole`, which is inside the rows, the
            // weight and the bias.
            unsafe {
                let mut sums = L::splat(0.0);
                if let Some(y) = self.y {
                    let y = &y[number * width..][..width];
                    for at in (0..whole).step_by(L::N) {
                        let x = L::load(row.as_ptr().add(at)).add(L::load(y.as_ptr().add(at)));
                        x.store(row.as_mut_ptr().add(at));
                        sums = sums.add(x);
                    }
                    row[whole..].iter_mut().zip(&y[whole..]).for_each(|(x, y)| *x += y);
                } else {
                    for at in (0..whole).step_by(L::N) {
                        sums = sums.add(L::load(row.as_ptr().add(at)));
                    }
                }
                let mean = (sums.sum() + row[whole..].iter().sum::<f32>()) / width as f32;
                let means = L::splat(mean);
                let mut squares = L::splat(0.0);
                for at in (0..whole).step_by(L::N) {
                    let off = L::load(row.as_ptr().add(at)).sub(means);
                    squares = off.mul_add(off, squares);
                }
                let rest: f32 = row[whole..].iter().map(|x| (x - mean) * (x - mean)).sum();
                let variance = (squares.sum() + rest) / width as f32;
                let scale = 1.0 / (variance + epsilon).sqrt();
                let scales = L::splat(scale);
                for at in (0..whole).step_by(L::N) {
                    let off = L::load(row.as_ptr().add(at)).sub(means).mul(scales);
                    let normed = off.mul_add(L::load(weight.as_ptr().add(at)), L::load(bias.as_ptr().add(at)));
                    normed.store(row.as_mut_ptr().add(at));
                }
                for at in whole..width {
                    row[at] = (row[at] - mean) * scale * weight[at] + bias[at];
                }
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
        fn every_set_norms_odd_widths(width in 2usize..60, rows in 1usize..5, seed in any::<u32>(), summed in any::<bool>()) {
            let value = |at: usize| (((at as u32).wrapping_mul(2_654_435_761) ^ seed) >> 8) as f32 / 8_388_608.0 - 1.0;
            let x: Vec<f32> = (0..rows * width).map(value).collect();
            let y: Vec<f32> = (0..rows * width).map(|at| value(at + 7919)).collect();
            let of = |from: usize| (0..width).map(|at| value(at + from)).collect::<Vec<f32>>();
            let norm = NormWeights { weight: of(9), bias: of(99), epsilon: 1e-3 };
            for set in InstructionSet::available() {
                let mut got = x.clone();
                normalise(set, &mut got, summed.then_some(y.as_slice()), &norm);
                for row in 0..rows {
                    let sums: Vec<f64> = (row * width..(row + 1) * width)
                        .map(|at| f64::from(x[at]) + if summed { f64::from(y[at]) } else { 0.0 })
                        .collect();
                    let mean = sums.iter().sum::<f64>() / width as f64;
                    let variance = sums.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / width as f64;
                    for at in 0..width {
                        let exact = (sums[at] - mean) / (variance + 1e-3).sqrt() * f64::from(norm.weight[at])
                            + f64::from(norm.bias[at]);
                        let got = f64::from(got[row * width + at]);
                        prop_assert!((got - exact).abs() < 2e-5, "{set:?}: {got} is not {exact}");
                    }
                }
            }
        }
    }
}
