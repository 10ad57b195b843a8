//! Cells: the centres around which rows lie, so that a query need look at few of them.
//!
//! In: a sample of rows. Out: centres by k-means (Lloyd 1982), and for any row the nearest of them.
//! Products are taken in bytes with the engine's kernels: which of two centres almost as near a row
//! is given to does not matter, time does.

use rayon::prelude::*;

use crate::kernels::{InstructionSet, PackedInt8, Quantised, multiply_int8};

/// Rounds of k-means. More make cells no better to search: centres hardly move any more.
const ROUNDS: usize = 8;

/// Rows that are compared with all centres at a time.
const CHUNK: usize = 64;

/// Centres, ready to be compared with.
pub(crate) struct Cells {
    set: InstructionSet,
    packed: PackedInt8,
    count: usize,
    dimension: usize,
}

/// Buffers, used again and again.
#[derive(Default)]
pub(super) struct Room {
    quantised: Quantised,
    products: Vec<f32>,
}

impl Cells {
    /// `centres` holds cells x dimension.
    pub(crate) fn new(set: InstructionSet, centres: &[f32], dimension: usize) -> Cells {
        // The nearest is where x·c - |c|²/2 is largest.
        let halves: Vec<f32> =
            centres.chunks_exact(dimension).map(|centre| -0.5 * centre.iter().map(|x| x * x).sum::<f32>()).collect();
        let packed = PackedInt8::pack(set, centres, &halves, dimension);
        Cells { set, packed, count: halves.len(), dimension }
    }

    /// The nearest cell of each of some rows (rows x dimension), appended to `nearest`; of equals
    /// the first.
    pub(super) fn assign(&self, rows: &[f32], room: &mut Room, nearest: &mut Vec<u32>) {
        for rows in rows.chunks(CHUNK * self.dimension) {
            let count = rows.len() / self.dimension;
            room.quantised.take(self.set, rows, self.dimension);
            room.products.resize(count * self.count, 0.0);
            multiply_int8(self.set, &room.quantised, &self.packed, &mut room.products);
            nearest.extend(room.products[..count * self.count].chunks_exact(self.count).map(largest));
        }
    }

    /// The nearest cell of each of all rows (rows x dimension).
    pub(crate) fn assign_all(&self, rows: &[f32]) -> Vec<u32> {
        let parts: Vec<Vec<u32>> = rows
            .par_chunks(16 * CHUNK * self.dimension)
            .map_init(Room::default, |room, rows| {
                let mut nearest = Vec::with_capacity(16 * CHUNK);
                self.assign(rows, room, &mut nearest);
                nearest
            })
            .collect();
        parts.concat()
    }
}

/// The place of the largest value, of equals the first.
fn largest(values: &[f32]) -> u32 {
    // Lane by lane first, which the compiler turns into vectors.
    let most = values.iter().fold(f32::NEG_INFINITY, |most, x| if *x > most { *x } else { most });
    values.iter().position(|x| *x == most).unwrap_or(0) as u32
}

/// Centres of `cells` cells, cells x dimension, from rows x dimension. The first rows begin, so
/// they should be in no order.
pub(crate) fn train(set: InstructionSet, rows: &[f32], dimension: usize, cells: usize) -> Vec<f32> {
    let mut centres = rows[..cells.min(rows.len() / dimension) * dimension].to_vec();
    for _ in 0..ROUNDS {
        let nearest = Cells::new(set, &centres, dimension).assign_all(rows);
        let mut sums = vec![0f32; centres.len()];
        let mut counts = vec![0u32; centres.len() / dimension];
        for (row, cell) in rows.chunks_exact(dimension).zip(&nearest) {
            let cell = *cell as usize;
            counts[cell] += 1;
            sums[cell * dimension..][..dimension].iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        let ends = centres.chunks_exact_mut(dimension).zip(sums.chunks_exact(dimension)).zip(&counts);
        for ((centre, sum), count) in ends.filter(|(_, count)| **count > 0) {
            centre.iter_mut().zip(sum).for_each(|(centre, sum)| *centre = sum / *count as f32);
        }
        reseed(&mut centres, rows, dimension, &nearest, &mut counts);
    }
    centres
}

/// Gives cells that nothing is nearest to a row out of the largest cells.
fn reseed(centres: &mut [f32], rows: &[f32], dimension: usize, nearest: &[u32], counts: &mut [u32]) {
    for empty in 0..counts.len() {
        if counts[empty] > 0 {
            continue;
        }
        let Some(most) = counts.iter().max().copied().filter(|most| *most > 1) else { return };
        let largest = counts.iter().position(|count| *count == most).unwrap_or(0);
        let Some(row) = nearest.iter().rposition(|cell| *cell as usize == largest) else { return };
        centres[empty * dimension..][..dimension].copy_from_slice(&rows[row * dimension..][..dimension]);
        // Half of the largest will follow, near enough.
        (counts[empty], counts[largest]) = (most / 2, most - most / 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_become_cells_on_every_set() {
        // Four corners, a hundred rows near each, in no order.
        let mut random = fastrand::Rng::with_seed(2);
        let corners: Vec<usize> = (0..400).map(|n| (n * 7 + n / 4) % 4).collect();
        let mut rows = Vec::new();
        for corner in &corners {
            rows.extend((0..12).map(|at| if at / 3 == *corner { 1.0 } else { 0.0 } + random.f32() * 0.1));
        }
        for set in InstructionSet::available() {
            let centres = train(set, &rows, 12, 4);
            let nearest = Cells::new(set, &centres, 12).assign_all(&rows);
            let names: Vec<u32> = (0..4).map(|c| nearest[corners.iter().position(|n| *n == c).unwrap()]).collect();
            for (corner, cell) in corners.iter().zip(&nearest) {
                assert_eq!(*cell, names[*corner], "{set:?}");
            }
            let distinct: std::collections::BTreeSet<&u32> = names.iter().collect();
            assert_eq!(distinct.len(), 4, "{set:?}: {names:?}");
            let corner = &centres[names[2] as usize * 12..][..12];
            for (at, x) in corner.iter().enumerate() {
                let expected = if at / 3 == 2 { 1.05 } else { 0.05 };
                assert!((x - expected).abs() < 0.02, "{set:?}: {corner:?}");
            }
        }
    }

    #[test]
    fn rows_that_are_all_the_same_are_one_cell() {
        let rows = [0.6f32, 0.8].repeat(50);
        let set = InstructionSet::available()[0];
        let centres = train(set, &rows, 2, 5);
        let nearest = Cells::new(set, &centres, 2).assign_all(&rows);
        assert!(nearest.iter().all(|cell| *cell == nearest[0]));
        assert_eq!(train(set, &[], 2, 5), Vec::<f32>::new());
    }
}
