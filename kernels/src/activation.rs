//! Exponential and activations, a vector of lanes at a time, with known errors.

use super::simd::{Kernel, Simd};
use super::{InstructionSet, Numbers};

/// The activation between the two halves of a feed-forward layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Exact: x Φ(x), by erf.
    Gelu,
    /// The tanh approximation.
    GeluTanh,
    /// x where it is positive, else 0.
    Relu,
    /// x times the logistic function of x, also called swish.
    Silu,
}

/// e to the power of each lane, for lanes up to 88; below -87 the result is that of -87. Relative
/// error below 2e-7.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2, the logarithm in two parts (Cody & Waite 1980), then the
/// polynomial of degree 5 with the least relative error there, 9.1e-8 (fitted by Lawson's
/// iteration).
#[inline(always)]
pub(super) unsafe fn exp<L: Simd>(x: L) -> L {
    // SAFETY: the caller's.
    unsafe {
        let x = x.max(L::splat(-87.0));
        let whole = x.mul(L::splat(std::f32::consts::LOG2_E)).round();
        // 0.693359375 has nine bits, so its product with a whole number is exact.
        let rest = whole.mul_add(L::splat(-0.693_359_4), x);
        let rest = whole.mul_add(L::splat(2.121_944_4e-4), rest);
        let mut sum = L::splat(0.008_290_315);
        for factor in [0.041_897_93, 0.166_676_36, 0.499_991_5, 0.999_999_7, 1.0] {
            sum = sum.mul_add(rest, L::splat(factor));
        }
        sum.scale_exp2(whole)
    }
}

/// x Φ(x), exact GELU, absolute error below 5e-7.
///
/// 1 - Φ(|x|) by formula 7.1.26 of Abramowitz & Stegun, whose error is 1.5e-7 in erf.
#[inline(always)]
unsafe fn gelu<L: Simd>(x: L) -> L {
    // SAFETY: the caller's.
    unsafe {
        let zero = L::splat(0.0);
        let size = x.max(zero.sub(x));
        let z = size.mul(L::splat(std::f32::consts::FRAC_1_SQRT_2));
        let t = L::splat(1.0).div(z.mul_add(L::splat(0.327_591_1), L::splat(1.0)));
        let mut sum = L::splat(1.061_405_4);
        for factor in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
            sum = sum.mul_add(t, L::splat(factor));
        }
        let tail = sum.mul(t).mul(exp(zero.sub(z.mul(z))));
        // x Φ(x) is x - x tail / 2 on the right, x tail / 2 on the left.
        x.max(zero).sub(size.mul(L::splat(0.5)).mul(tail))
    }
}

/// As [`gelu`], absolute error below 2.1e-4: a 60th of the step between two bytes in a row whose
/// largest value is 3.
///
/// x Φ(x) is max(x, 0) less s Φ(-s), where s = |x|; that is a polynomial of degree 7 up to s = 4,
/// where it is 1.3e-4, and as small behind (fitted by Lawson's iteration).
#[inline(always)]
unsafe fn gelu_coarse<L: Simd>(x: L) -> L {
    // SAFETY: the caller's.
    unsafe {
        let zero = L::splat(0.0);
        let size = x.max(zero.sub(x)).min(L::splat(4.0));
        let mut sum = L::splat(-0.000_638_044_5);
        for factor in
            [0.009_845_736, -0.057_083_007, 0.138_376_73, -0.039_922_94, -0.393_608_23, 0.501_766_8, -0.000_195_140_23]
        {
            sum = sum.mul_add(size, L::splat(factor));
        }
        x.max(zero).sub(sum)
    }
}

#[inline(always)]
unsafe fn apply<L: Simd>(activation: Activation, numbers: Numbers, x: L) -> L {
    // SAFETY: the caller's.
    unsafe {
        match activation {
            Activation::Gelu if numbers == Numbers::Words => gelu_coarse(x),
            Activation::Gelu => gelu(x),
            // x / 2 (1 + tanh u) is x times the logistic function of 2 u.
            Activation::GeluTanh => {
                let cube = x.mul(x).mul(x);
                let inner = cube.mul_add(L::splat(0.044_715), x);
                let doubled = inner.mul(L::splat(-1.595_769_2)).min(L::splat(88.0));
                x.div(exp(doubled).add(L::splat(1.0)))
            }
            Activation::Relu => x.max(L::splat(0.0)),
            Activation::Silu => {
                let power = exp(L::splat(0.0).sub(x).min(L::splat(88.0)));
                x.div(power.add(L::splat(1.0)))
            }
        }
    }
}

/// Applies an activation to every value; where they become bytes next, as exactly as that needs.
pub fn activate(set: InstructionSet, activation: Activation, numbers: Numbers, values: &mut [f32]) {
    set.run(Activate { activation, numbers, values });
}

struct Activate<'a> {
    activation: Activation,
    numbers: Numbers,
    values: &'a mut [f32],
}

impl Kernel for Activate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Simd>(self) {
        let Activate { activation, numbers, values } = self;
        let mut chunks = values.chunks_exact_mut(L::N);
        // SAFETY: chunks hold `N` lanes, the buffer at least as many.
        unsafe {
            for chunk in &mut chunks {
                apply(activation, numbers, L::load(chunk.as_ptr())).store(chunk.as_mut_ptr());
            }
            let rest = chunks.into_remainder();
            let mut buffer = [0f32; 16];
            buffer[..rest.len()].copy_from_slice(rest);
            apply(activation, numbers, L::load(buffer.as_ptr())).store(buffer.as_mut_ptr());
            rest.copy_from_slice(&buffer[..rest.len()]);
        }
    }
}

/// The inside of a gated feed-forward: for each row of `wide`, which holds a gate and as many
/// values, the activated gate times the values. `out` has half as many numbers as `wide`.
pub fn gate(
    set: InstructionSet,
    activation: Activation,
    numbers: Numbers,
    wide: &[f32],
    width: usize,
    out: &mut [f32],
) {
    assert!(width > 0 && wide.len().is_multiple_of(2 * width) && out.len() * 2 == wide.len());
    set.run(Gate { activation, numbers, wide, width, out });
}

struct Gate<'a> {
    activation: Activation,
    numbers: Numbers,
    wide: &'a [f32],
    width: usize,
    out: &'a mut [f32],
}

impl Kernel for Gate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Simd>(self) {
        let Gate { activation, numbers, wide, width, out } = self;
        let whole = width / L::N * L::N;
        for (row, out) in wide.chunks_exact(2 * width).zip(out.chunks_exact_mut(width)) {
            let (gates, values) = row.split_at(width);
            // SAFETY: vectors are loaded and stored up to `whole`, inside all three; the buffers
            // hold the widest.
            unsafe {
                for at in (0..whole).step_by(L::N) {
                    let gate = apply(activation, numbers, L::load(gates.as_ptr().add(at)));
                    gate.mul(L::load(values.as_ptr().add(at))).store(out.as_mut_ptr().add(at));
                }
                let (mut buffer, rest) = ([0f32; 16], &gates[whole..]);
                buffer[..rest.len()].copy_from_slice(rest);
                apply(activation, numbers, L::load(buffer.as_ptr())).store(buffer.as_mut_ptr());
                for ((out, gate), value) in out[whole..].iter_mut().zip(buffer).zip(&values[whole..]) {
                    *out = gate * value;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held_against(activation: Activation, numbers: Numbers, most: f64, exact: impl Fn(f64) -> f64) {
        // Odd in number, so that the last vector is not full.
        let inputs: Vec<f32> =
            (-120_001..=120_001).map(|at| at as f32 * 1e-4).chain([-60.0, 60.0, -1e4, 0.0]).collect();
        for set in InstructionSet::available() {
            let mut values = inputs.clone();
            activate(set, activation, numbers, &mut values);
            for (x, got) in inputs.iter().zip(&values) {
                let exact = exact(f64::from(*x));
                let error = (f64::from(*got) - exact).abs();
                assert!(
                    error <= most * exact.abs().max(1.0),
                    "{set:?} {activation:?} {numbers:?} of {x}: {got} is not {exact}"
                );
            }
        }
    }

    #[test]
    fn activations_have_the_error_they_claim() {
        let gelu = |x| 0.5 * x * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2));
        held_against(Activation::Gelu, Numbers::F32, 5e-7, gelu);
        held_against(Activation::Gelu, Numbers::Words, 2.1e-4, gelu);
        held_against(Activation::GeluTanh, Numbers::F32, 5e-7, |x| {
            0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3))).tanh())
        });
        held_against(Activation::Relu, Numbers::F32, 0.0, |x| x.max(0.0));
        held_against(Activation::Silu, Numbers::F32, 5e-7, |x| x / (1.0 + (-x).exp()));
    }

    #[test]
    fn a_gate_is_the_activation_times_the_values() {
        for width in [1, 7, 16, 37] {
            let wide: Vec<f32> = (0..3 * 2 * width).map(|at| (at * 37 % 101) as f32 / 20.0 - 2.5).collect();
            for set in InstructionSet::available() {
                let mut out = vec![0.0; 3 * width];
                gate(set, Activation::Silu, Numbers::F32, &wide, width, &mut out);
                for (at, got) in out.iter().enumerate() {
                    let (row, column) = (at / width, at % width);
                    let [gate, value] = [0, width].map(|half| f64::from(wide[row * 2 * width + half + column]));
                    let exact = gate / (1.0 + (-gate).exp()) * value;
                    assert!((f64::from(*got) - exact).abs() < 2e-6, "{set:?}: {got} is not {exact}");
                }
            }
        }
    }
}
