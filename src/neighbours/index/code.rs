//! One bit per dimension, with the estimate of a scalar product that it gives, and how far that may
//! be off.
//!
//! RaBitQ (Gao & Long, SIGMOD 2024, arXiv:2405.12497): of what a row differs from the centre of its
//! cell, turned at random, the signs are kept. Their product with the turned query, scaled,
//! estimates the product of the difference and the query without bias; its standard deviation is
//! known for each row. Eight rows are a block (`kernels/codes.rs`).
//!
//! Here: rows into codes, and queries into the planes of bits that codes are multiplied with.

use bytemuck::{Pod, Zeroable};

use super::rotation::Rotation;
use crate::kernels::{PLANES, Planes};

/// The code of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(super) struct RowFactors {
    /// Scale of the estimate: product of difference and query = scale · product of signs and turned
    /// query.
    pub scale: f32,
    /// Standard deviation of the estimate, for a query of length 1.
    pub error: f32,
}

/// The signs of a difference (a bit per dimension, set where it is positive), and its factors.
///
/// `turned` is room for whole words.
pub(super) fn encode(rotation: &Rotation, difference: &[f32], turned: &mut [f32], bits: &mut [u64]) -> RowFactors {
    rotation.apply(difference, turned);
    let (mut square, mut absolute) = (0f32, 0f32);
    for (word, bits) in turned.chunks_exact(64).zip(bits) {
        let mut signs = 0;
        for (at, value) in word.iter().enumerate() {
            signs |= u64::from(*value > 0.0) << at;
            square += value * value;
            absolute += value.abs();
        }
        *bits = signs;
    }
    if absolute <= f32::MIN_POSITIVE {
        return RowFactors::default();
    }
    let dimensions = turned.len() as f32;
    // Cosine of the difference and its signs, in the paper <ō, o>.
    let aligned = (absolute / (dimensions * square).sqrt()).min(1.0);
    let spread = (1.0 - aligned * aligned).max(0.0) / (aligned * aligned * (dimensions - 1.0).max(1.0));
    RowFactors { scale: square / absolute, error: (square * spread).sqrt() }
}

/// A query, turned, in planes of bits.
pub(super) fn planes(rotation: &Rotation, query: &[f32]) -> Planes {
    let mut turned = vec![0.0; super::rotation::words(query.len()) * 64];
    rotation.apply(query, &mut turned);
    let (low, high) = turned.iter().fold((f32::MAX, f32::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
    let most = (1u32 << PLANES) - 1;
    let step = ((high - low) / most as f32).max(f32::MIN_POSITIVE);
    let (mut total, mut bits) = (0, Vec::with_capacity(turned.len() / 64));
    for word in turned.chunks_exact(64) {
        let mut planes = [0u64; PLANES];
        for (at, value) in word.iter().enumerate() {
            let number = (((value - low) / step).round() as u32).min(most);
            total += number;
            for (plane, bits) in planes.iter_mut().enumerate() {
                *bits |= u64::from(number >> plane & 1) << at;
            }
        }
        bits.push(planes);
    }
    Planes { bits, step, low, sum: low * turned.len() as f32 + step * total as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_right_on_average_and_their_errors_as_large_as_they_say() {
        let dimension = 384;
        let rotation = Rotation::new(dimension, 11);
        let mut random = fastrand::Rng::with_seed(1);
        let mut unit = || {
            let vector: Vec<f32> = (0..dimension).map(|_| random.f32() + random.f32() - 1.0).collect();
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            vector.iter().map(|x| x / length).collect::<Vec<f32>>()
        };
        let (mut bits, mut turned) = (vec![0u64; 6], vec![0.0; 384]);
        let mut errors = Vec::new();
        for _ in 0..40 {
            let query = unit();
            let planes = planes(&rotation, &query);
            let number = |at: usize| (0..PLANES).map(|p| (planes.bits[at / 64][p] >> (at % 64) & 1) << p).sum::<u64>();
            for _ in 0..50 {
                let row: Vec<f32> = unit().iter().zip(&query).map(|(x, q)| 0.6 * (x + 0.5 * q)).collect();
                let factors = encode(&rotation, &row, &mut turned, &mut bits);
                let product: f32 = (0..dimension)
                    .map(|at| {
                        let element = planes.low + planes.step * number(at) as f32;
                        if bits[at / 64] >> (at % 64) & 1 == 1 { element } else { -element }
                    })
                    .sum();
                let exact: f32 = row.iter().zip(&query).map(|(x, y)| x * y).sum();
                errors.push((factors.scale * product - exact) / factors.error);
            }
        }
        let mean = errors.iter().sum::<f32>() / 2000.0;
        let spread = (errors.iter().map(|x| x * x).sum::<f32>() / 2000.0).sqrt();
        // The part of the query along a row is estimated without error, so the spread is a little
        // below 1.
        assert!(mean.abs() < 0.08, "{mean}");
        assert!((0.8..1.1).contains(&spread), "{spread}");
    }

    #[test]
    fn nothing_is_coded_as_nothing() {
        let rotation = Rotation::new(70, 1);
        let (mut bits, mut turned) = (vec![9; 2], vec![0.0; 128]);
        assert_eq!(encode(&rotation, &[0.0; 70], &mut turned, &mut bits), RowFactors::default());
        assert_eq!(bits, [0, 0]);
    }
}
