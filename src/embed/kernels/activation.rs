//! Exponential and activations, a vector of lanes at a time, with known errors.

use super::InstructionSet;
use super::lanes::{Job, Lanes};
use crate::embed::architecture::Activation;

/// e to the power of each lane, for lanes up to 88; below -87 the result is that of -87. Relative error below 2e-7.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2, the logarithm in two parts (Cody & Waite 1980), then the polynomial of degree 5
/// with the least relative error there, 9.1e-8 (fitted by Lawson's iteration).
#[inline(always)]
pub(super) unsafe fn exp<L: Lanes>(x: L) -> L {
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
        sum.mul(whole.exp2_whole())
    }
}

/// x Φ(x), exact GELU, absolute error below 5e-7.
///
/// 1 - Φ(|x|) by formula 7.1.26 of Abramowitz & Stegun, whose error is 1.5e-7 in erf.
#[inline(always)]
unsafe fn gelu<L: Lanes>(x: L) -> L {
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

#[inline(always)]
unsafe fn apply<L: Lanes>(activation: Activation, x: L) -> L {
    // SAFETY: the caller's.
    unsafe {
        match activation {
            Activation::Gelu => gelu(x),
            // x / 2 (1 + tanh u) is x times the logistic function of 2 u.
            Activation::GeluTanh => {
                let cube = x.mul(x).mul(x);
                let inner = cube.mul_add(L::splat(0.044_715), x);
                let doubled = inner.mul(L::splat(-1.595_769_2)).min(L::splat(88.0));
                x.div(exp(doubled).add(L::splat(1.0)))
            }
            Activation::Relu => x.max(L::splat(0.0)),
        }
    }
}

/// Applies an activation to every value.
pub(crate) fn activate(set: InstructionSet, activation: Activation, values: &mut [f32]) {
    set.run(Activate { activation, values });
}

struct Activate<'a> {
    activation: Activation,
    values: &'a mut [f32],
}

impl Job for Activate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let activation = self.activation;
        let mut chunks = self.values.chunks_exact_mut(L::N);
        // SAFETY: chunks hold `N` lanes, the buffer at least as many.
        unsafe {
            for chunk in &mut chunks {
                apply(activation, L::load(chunk.as_ptr())).store(chunk.as_mut_ptr());
            }
            let rest = chunks.into_remainder();
            let mut buffer = [0f32; 16];
            buffer[..rest.len()].copy_from_slice(rest);
            apply(activation, L::load(buffer.as_ptr())).store(buffer.as_mut_ptr());
            rest.copy_from_slice(&buffer[..rest.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::cpu::erf::erf_f64;

    fn held_against(activation: Activation, most: f64, exact: impl Fn(f64) -> f64) {
        // Odd in number, so that the last vector is not full.
        let inputs: Vec<f32> =
            (-120_001..=120_001).map(|at| at as f32 * 1e-4).chain([-60.0, 60.0, -1e4, 0.0]).collect();
        for set in InstructionSet::available() {
            let mut values = inputs.clone();
            activate(set, activation, &mut values);
            for (x, got) in inputs.iter().zip(&values) {
                let exact = exact(f64::from(*x));
                let error = (f64::from(*got) - exact).abs();
                assert!(error <= most * exact.abs().max(1.0), "{set:?} {activation:?} of {x}: {got} is not {exact}");
            }
        }
    }

    #[test]
    fn activations_have_the_error_they_claim() {
        held_against(Activation::Gelu, 5e-7, |x| 0.5 * x * (1.0 + erf_f64(x * std::f64::consts::FRAC_1_SQRT_2)));
        held_against(Activation::GeluTanh, 5e-7, |x| {
            0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3))).tanh())
        });
        held_against(Activation::Relu, 0.0, |x| x.max(0.0));
    }
}
