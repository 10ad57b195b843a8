//! Scalar products of two rows, in orders of sums that are the same on every machine.
//!
//! In: rows of one length. Out: their product, of which answers may depend bit by bit.

/// Running sums of a product: the compiler turns them into vector registers.
const LANES: usize = 16;

/// The dot product of a stored vector (`f32`, little-endian) with a query; NaN where their lengths
/// differ.
///
/// Sixteen running sums, added up by halves: the result is the same on every machine.
#[must_use]
pub fn dot_stored(stored: &[u8], query: &[f32]) -> f32 {
    if stored.len() != size_of_val(query) {
        return f32::NAN;
    }
    let (stored, _) = stored.as_chunks::<4>();
    let (stored_blocks, stored_rest) = stored.as_chunks::<LANES>();
    let (query_blocks, query_rest) = query.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for (stored, query) in stored_blocks.iter().zip(query_blocks) {
        for lane in 0..LANES {
            sums[lane] += f32::from_le_bytes(stored[lane]) * query[lane];
        }
    }
    for (lane, (stored, query)) in stored_rest.iter().zip(query_rest).enumerate() {
        sums[lane] += f32::from_le_bytes(*stored) * query;
    }
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
    }
    sums[0]
}

/// The dot product of two rows of one length. Sixteen running sums, added up one after the other:
/// the result is the same on every machine.
#[must_use]
pub fn dot(one: &[f32], other: &[f32]) -> f32 {
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
