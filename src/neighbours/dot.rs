//! The dot product in an order of sums that is the same on every machine.
//!
//! In: two rows of one length. Out: their product, of which answers may depend bit by bit.

/// Sixteen running sums, added up in a fixed order: the same on every machine.
pub(crate) fn dot(one: &[f32], other: &[f32]) -> f32 {
    const LANES: usize = 16;
    let (ones, one_rest) = one.as_chunks::<LANES>();
    let (others, other_rest) = other.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for (one, other) in ones.iter().zip(others) {
        for lane in 0..LANES {
            sums[lane] += one[lane] * other[lane];
        }
    }
    for (lane, (one, other)) in one_rest.iter().zip(other_rest).enumerate() {
        sums[lane] += one * other;
    }
    sums.iter().sum()
}
