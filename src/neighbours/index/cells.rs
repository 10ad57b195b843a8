//! Cells: the centres around which rows lie, so that a query need look at few of them.
//!
//! In: centres, which [`crate::neighbours::kmeans`] makes. Out: for any row the nearest of them.
//! Products are taken in bytes with the engine's kernels, and those centres that may be the nearest
//! by what bytes leave open are compared again in floats. So the answer is that of floats, and the
//! same on every instruction set, in the time of bytes.

use rayon::prelude::*;

use crate::error::Result;
use crate::kernels::{InstructionSet, PackedInt8, Quantised, dot, multiply_int8};
use crate::neighbours::InterruptCheck;

/// Rows that are compared with all centres at a time.
const CHUNK: usize = 64;

/// Centres, ready to be compared with.
pub(crate) struct Cells {
    set: InstructionSet,
    packed: PackedInt8,
    centres: Vec<f32>,
    /// -|c|²/2 of each centre.
    halves: Vec<f32>,
    dimension: usize,
    /// The length of the longest centre.
    longest: f32,
    /// The length of what bytes leave out of a centre, of the worst.
    left_out: f32,
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
        let squares = || centres.chunks_exact(dimension).map(|centre| dot(centre, centre));
        let halves: Vec<f32> = squares().map(|square| -0.5 * square).collect();
        let left_out = |centre: &[f32]| {
            let most = centre.iter().fold(0f32, |most, x| most.max(x.abs()));
            length_left_out(centre, 0.0, if most > 0.0 { most / 127.0 } else { 1.0 })
        };
        Cells {
            set,
            packed: PackedInt8::pack(set, centres, &halves, dimension),
            longest: squares().fold(0f32, f32::max).sqrt(),
            left_out: centres.chunks_exact(dimension).map(left_out).fold(0.0, f32::max),
            centres: centres.to_vec(),
            halves,
            dimension,
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.halves.len()
    }

    /// One centre.
    pub(crate) fn centre(&self, cell: usize) -> &[f32] {
        &self.centres[cell * self.dimension..][..self.dimension]
    }

    /// The nearest cell of each of some rows (rows x dimension), appended to `nearest`; of equals
    /// the first.
    pub(super) fn assign(&self, rows: &[f32], room: &mut Room, nearest: &mut Vec<u32>) {
        for rows in rows.chunks(CHUNK * self.dimension) {
            let count = rows.len() / self.dimension;
            room.quantised.take(self.set, rows, self.dimension);
            room.products.resize(count * self.count(), 0.0);
            multiply_int8(self.set, &room.quantised, &self.packed, &mut room.products);
            let products = room.products[..count * self.count()].chunks_exact(self.count());
            nearest.extend(rows.chunks_exact(self.dimension).zip(products).map(|(row, scores)| self.best(row, scores)));
        }
    }

    /// The nearest cell of each of all rows (rows x dimension).
    ///
    /// # Errors
    /// What `check` gives.
    pub(crate) fn assign_all(&self, rows: &[f32], check: InterruptCheck<'_>) -> Result<Vec<u32>> {
        let parts = rows.par_chunks(16 * CHUNK * self.dimension).map_init(Room::default, |room, rows| {
            let mut nearest = Vec::with_capacity(16 * CHUNK);
            for rows in rows.chunks(CHUNK * self.dimension) {
                check()?;
                self.assign(rows, room, &mut nearest);
            }
            Ok(nearest)
        });
        Ok(parts.collect::<Result<Vec<Vec<u32>>>>()?.concat())
    }

    /// The nearest cell of a row, whose scores in bytes these are.
    fn best(&self, row: &[f32], scores: &[f32]) -> u32 {
        const TOGETHER: usize = 16;
        // Lane by lane first, which the compiler turns into vectors.
        let most = scores.iter().fold(f32::NEG_INFINITY, |most, x| if *x > most { *x } else { most });
        let least = most - 2.0 * self.error(row);
        let mut best = (f32::NEG_INFINITY, 0);
        for (block, scores) in scores.chunks(TOGETHER).enumerate() {
            if !scores.iter().fold(false, |any, score| any | (*score >= least)) {
                continue;
            }
            for (at, _) in scores.iter().enumerate().filter(|(_, score)| **score >= least) {
                let cell = block * TOGETHER + at;
                let score = dot(row, self.centre(cell)) + self.halves[cell];
                if score > best.0 {
                    best = (score, cell as u32);
                }
            }
        }
        best.1
    }

    /// By how much a row's score in bytes may differ from its score in floats, at most. With x' and
    /// c' for what bytes hold, |x·c - x'·c'| <= |x - x'| |c| + |x'| |c - c'| (Cauchy and Schwarz);
    /// what remains is the rounding of sums.
    fn error(&self, row: &[f32]) -> f32 {
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        for x in row {
            (low, high) = (if *x < low { *x } else { low }, if *x > high { *x } else { high });
        }
        let length = dot(row, row).sqrt();
        let left_out = length_left_out(row, low, ((high - low) / 255.0).max(f32::MIN_POSITIVE));
        let rounding = 2e-6 * (length + low.abs() * (row.len() as f32).sqrt()) * self.longest;
        1.01 * (left_out * self.longest + (length + left_out) * self.left_out) + rounding
    }
}

/// The length of what is left out of a row that is rounded to whole multiples of `scale` above
/// `low`.
fn length_left_out(row: &[f32], low: f32, scale: f32) -> f32 {
    // Beyond it, f32 has no fraction: the sum is rounded, and `f32::round` would be a call.
    const MAGIC: f32 = 12_582_912.0;
    const LANES: usize = 8;
    let inverse = 1.0 / scale;
    let left_out = |x: f32| {
        let steps = (x - low) * inverse;
        steps - (steps + MAGIC - MAGIC)
    };
    let mut sums = [0f32; LANES];
    let (whole, rest) = row.as_chunks::<LANES>();
    for lanes in whole {
        for lane in 0..LANES {
            sums[lane] += left_out(lanes[lane]) * left_out(lanes[lane]);
        }
    }
    let rest: f32 = rest.iter().map(|x| left_out(*x) * left_out(*x)).sum();
    (sums.iter().sum::<f32>() + rest).sqrt() * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows with a few large elements, which bytes hold badly, and centres that lie close together.
    fn hard(count: usize, dimension: usize, seed: u64) -> Vec<f32> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut values = Vec::new();
        for _ in 0..count {
            let mut row: Vec<f32> = (0..dimension).map(|_| 0.1 * (random.f32() - 0.5)).collect();
            row[0] += 0.9;
            row[dimension / 2] -= random.f32();
            values.extend(row);
        }
        values
    }

    #[test]
    fn the_nearest_is_that_of_floats_on_every_set() {
        for (cells, dimension) in [(1, 3), (7, 16), (300, 37), (300, 384)] {
            let (rows, centres) = (hard(60, dimension, 1), hard(cells, dimension, 2));
            let by_hand = |row: &[f32]| {
                let score = |c: &[f32]| dot(row, c) - 0.5 * dot(c, c);
                let scores: Vec<f32> = centres.chunks_exact(dimension).map(score).collect();
                let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                scores.iter().position(|x| *x == most).unwrap() as u32
            };
            let expected: Vec<u32> = rows.chunks_exact(dimension).map(by_hand).collect();
            assert!(cells == 1 || expected.iter().any(|cell| *cell != expected[0]));
            for set in InstructionSet::available() {
                let found = Cells::new(set, &centres, dimension).assign_all(&rows, &|| Ok(())).expect("found");
                assert_eq!(found, expected, "{set:?} {cells}");
            }
        }
    }

    #[test]
    fn bytes_differ_by_no_more_than_is_said() {
        let (dimension, count) = (100, 50);
        let (rows, centres) = (hard(count, dimension, 5), hard(count, dimension, 6));
        for set in InstructionSet::available() {
            let cells = Cells::new(set, &centres, dimension);
            let (mut quantised, mut scores) = (Quantised::default(), vec![0.0; count * count]);
            quantised.take(set, &rows, dimension);
            multiply_int8(set, &quantised, &cells.packed, &mut scores);
            let mut largest = 0f32;
            for (row, scores) in rows.chunks_exact(dimension).zip(scores.chunks_exact(count)) {
                let error = cells.error(row);
                for (cell, score) in scores.iter().enumerate() {
                    let exact = dot(row, cells.centre(cell)) + cells.halves[cell];
                    largest = largest.max((score - exact).abs() / error);
                }
            }
            assert!(largest <= 1.0 && largest > 0.05, "{set:?}: {largest}");
        }
    }

    #[test]
    fn of_equal_centres_the_first_is_the_nearest() {
        let centres = [0.0f32, 1.0].iter().copied().chain([0.6, 0.8].repeat(40)).collect::<Vec<f32>>();
        let set = InstructionSet::available()[0];
        let found = Cells::new(set, &centres, 2).assign_all(&[0.6, 0.8, 0.1, 0.99], &|| Ok(()));
        assert_eq!(found.expect("found"), [1, 0]);
    }
}
