//! A canonical order of papers, derived from their vectors alone, so that ids and insertion order
//! cannot affect the topics.
//!
//! In: vectors of papers, by id. Out: the same by a checksum of the vectors' bits. The order
//! matters because the paper that is taken first decides between groupings that are equally good.
//! Equal vectors stay by id, which decides which of many equal papers are neighbours.

use rayon::prelude::*;

/// The places of rows (rows x dimension) in the canonical order. Equal rows stay in their order.
pub(super) fn by_content(vectors: &[f32], dimension: usize) -> Vec<u32> {
    let row = |at: usize| bytemuck::cast_slice::<f32, u8>(&vectors[at * dimension..][..dimension]);
    let mut order: Vec<(u32, u32)> =
        (0..vectors.len() / dimension.max(1)).into_par_iter().map(|at| (crc32fast::hash(row(at)), at as u32)).collect();
    order.sort_unstable_by(|(sum, at), (other_sum, other)| {
        let content = || row(*at as usize).cmp(row(*other as usize));
        sum.cmp(other_sum).then_with(content).then(at.cmp(other))
    });
    order.into_iter().map(|(_, at)| at).collect()
}

/// Numbers by which rows (rows x dimension) of different places come into the canonical order:
/// ascending, equal numbers by id. Rows that differ have the same number about once in 2⁶⁴ pairs.
pub fn content_keys(vectors: &[f32], dimension: usize) -> Vec<u64> {
    let key = |row: &[f32]| {
        let bytes = bytemuck::cast_slice::<f32, u8>(row);
        let first = bytes.first_chunk::<4>().map_or(0, |first| u32::from_be_bytes(*first));
        u64::from(crc32fast::hash(bytes)) << 32 | u64::from(first)
    };
    vectors.par_chunks_exact(dimension.max(1)).map(key).collect()
}

/// Moves the row `order[i]` to the place `i`, for all `i`. Works in place, since a million rows may
/// take up most of the memory.
pub(super) fn reorder(vectors: &mut [f32], dimension: usize, order: &[u32]) {
    let mut moved = vec![false; order.len()];
    let mut first = vec![0.0; dimension];
    for start in 0..order.len() {
        if moved[start] {
            continue;
        }
        first.copy_from_slice(&vectors[start * dimension..][..dimension]);
        let mut to = start;
        loop {
            moved[to] = true;
            let from = order[to] as usize;
            if from == start {
                vectors[to * dimension..][..dimension].copy_from_slice(&first);
                break;
            }
            vectors.copy_within(from * dimension..(from + 1) * dimension, to * dimension);
            to = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_come_in_the_same_order_whatever_order_they_came_in(
            rows in prop::collection::vec(prop::array::uniform3(-1.0f32..1.0), 0..40),
            seed in any::<u64>(),
        ) {
            let sorted = |rows: &[[f32; 3]]| {
                let mut vectors = rows.as_flattened().to_vec();
                let order = by_content(&vectors, 3);
                let expected: Vec<f32> = order.iter().flat_map(|at| rows[*at as usize]).collect();
                reorder(&mut vectors, 3, &order);
                assert_eq!(vectors, expected);
                vectors
            };
            let mut shuffled = rows.clone();
            fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
            prop_assert_eq!(sorted(&rows), sorted(&shuffled));
        }
    }

    #[test]
    fn keys_sort_rows_as_their_content_does() {
        let mut random = fastrand::Rng::with_seed(2);
        let vectors: Vec<f32> = (0..300 * 5).map(|_| random.f32() - 0.5).collect();
        let keys = content_keys(&vectors, 5);
        let mut order: Vec<u32> = (0..300).collect();
        order.sort_by_key(|row| keys[*row as usize]);
        assert_eq!(order, by_content(&vectors, 5));
    }

    #[test]
    fn equal_rows_stay_in_their_order() {
        let order = by_content(&[0.5, 0.1, 0.5, 0.5, 0.1], 1);
        let of = |value: &[u32]| order.iter().copied().filter(|at| value.contains(at)).collect::<Vec<u32>>();
        assert_eq!((of(&[0, 2, 3]), of(&[1, 4])), (vec![0, 2, 3], vec![1, 4]));
    }
}
