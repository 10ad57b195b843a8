//! A random rotation that costs n log n: what one bit per dimension needs to be fair to every
//! direction.
//!
//! In: a vector. Out: the vector turned, filled up to whole words of 64 dimensions. Signs are
//! flipped at random, then a Hadamard transform mixes as many dimensions as the largest power of
//! two holds, from the front and from the back by turns (Ailon & Chazelle 2009; in RaBitQ's library
//! of 2025 for the same purpose). A matrix would take as long to read as a query takes.

/// Rounds of flipping and mixing: after two from either end every dimension has met every other.
const ROUNDS: usize = 4;

/// The signs of a rotation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rotation {
    /// Rounds x words; a bit that is set flips.
    pub(super) flips: Vec<u64>,
}

/// Words of codes of vectors of a dimension.
pub(super) fn words(dimension: usize) -> usize {
    dimension.div_ceil(64)
}

impl Rotation {
    /// One for vectors of a dimension, the same for every seed.
    pub(super) fn new(dimension: usize, seed: u64) -> Rotation {
        let mut random = fastrand::Rng::with_seed(seed);
        Rotation { flips: (0..ROUNDS * words(dimension)).map(|_| random.u64(..)).collect() }
    }

    /// Whether there are as many signs as vectors of a dimension need.
    pub(super) fn fits(&self, dimension: usize) -> bool {
        self.flips.len() == ROUNDS * words(dimension)
    }

    /// Turns a vector; `turned` holds whole words and gets the same length.
    pub(super) fn apply(&self, vector: &[f32], turned: &mut [f32]) {
        let (own, rest) = turned.split_at_mut(vector.len());
        own.copy_from_slice(vector);
        rest.fill(0.0);
        let window = if turned.len().is_power_of_two() { turned.len() } else { turned.len().next_power_of_two() / 2 };
        for (round, flips) in self.flips.chunks_exact(turned.len() / 64).enumerate() {
            for (word, flips) in turned.chunks_exact_mut(64).zip(flips) {
                for (at, value) in word.iter_mut().enumerate() {
                    // The bit becomes the sign.
                    *value = f32::from_bits(value.to_bits() ^ ((flips >> at & 1) as u32) << 31);
                }
            }
            let start = if round % 2 == 0 { 0 } else { turned.len() - window };
            mix(&mut turned[start..start + window]);
        }
    }
}

/// The Hadamard transform of a power of two of values, of which there are 64 or more, keeping
/// lengths.
fn mix(values: &mut [f32]) {
    let mut half = 1;
    while half < values.len() {
        for pair in values.chunks_exact_mut(2 * half) {
            let (left, right) = pair.split_at_mut(half);
            for (left, right) in left.iter_mut().zip(right) {
                (*left, *right) = (*left + *right, *left - *right);
            }
        }
        half *= 2;
    }
    let scale = 1.0 / (values.len() as f32).sqrt();
    values.iter_mut().for_each(|value| *value *= scale);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(one: &[f32], other: &[f32]) -> f64 {
        one.iter().zip(other).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    }

    #[test]
    fn lengths_and_angles_stay() {
        for dimension in [1, 8, 64, 100, 384, 768, 1000] {
            let rotation = Rotation::new(dimension, 3);
            assert!(rotation.fits(dimension) && !rotation.fits(dimension + 64));
            let mut random = fastrand::Rng::with_seed(5);
            let mut vector = || (0..dimension).map(|_| random.f32() - 0.3).collect::<Vec<f32>>();
            let (one, other) = (vector(), vector());
            let turn = |vector: &[f32]| {
                let mut turned = vec![9.0; words(dimension) * 64];
                rotation.apply(vector, &mut turned);
                turned
            };
            let (a, b) = (turn(&one), turn(&other));
            for (turned, plain) in [(dot(&a, &a), dot(&one, &one)), (dot(&a, &b), dot(&one, &other))] {
                assert!((turned - plain).abs() < 1e-5 * dimension as f64, "{dimension}: {turned} is not {plain}");
            }
        }
    }

    #[test]
    fn a_single_dimension_is_spread_over_all() {
        // Of 384 dimensions a fair rotation leaves no element of a unit vector above 0.25.
        let rotation = Rotation::new(384, 3);
        for at in 0..384 {
            let mut vector = vec![0.0; 384];
            vector[at] = 1.0;
            let mut turned = vec![0.0; 384];
            rotation.apply(&vector, &mut turned);
            let most = turned.iter().fold(0f32, |most, x| most.max(x.abs()));
            assert!(most < 0.25, "{at}: {most}");
        }
    }
}
