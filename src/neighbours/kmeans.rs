//! K-means (Lloyd 1982) in steps that add up, on one machine or on many.
//!
//! In: rows, in as many parts as there are, and centres. Out: of each part the sums of the rows
//! that are nearest to each centre; of all of them the next centres. Sums are sums of whole
//! numbers, so they are the same in whatever parts rows come and in whatever order parts are added
//! up. The nearest centre is that of floats, the same on every instruction set ([`super::index`]).
//!
//! [`train`] makes centres of a sample on one machine, for the index and the cells of topics;
//! clusters of shards begin with [`train_spread`].

use rayon::prelude::*;

use crate::error::Result;
use crate::index::cells::Cells;
use crate::kernels::{InstructionSet, dot};
use crate::neighbours::InterruptCheck;

/// Rounds of [`train`]. More make cells no better to search: centres hardly move any more.
const ROUNDS: usize = 8;

/// Rows of which [`train_spread`] draws the beginning, for each centre: enough for that, and it
/// takes no longer than the rounds that follow.
const SEEDS_FROM: usize = 10;

/// Rows that are drawn for each centre of a beginning, of which the best is taken.
const TRIALS: usize = 4;

/// Seed of what is drawn.
const SEED: u64 = 1;

/// Elements are summed in whole multiples of 1 / this.
const UNIT: f64 = 4_294_967_296.0;

/// Centres, ready to be compared with rows.
pub struct Centres {
    cells: Cells,
    dimension: usize,
}

/// What the rows of a part add to the centres that are nearest to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    /// Sums of elements in multiples of 2⁻³², centres x dimension. With elements from -1 to 1 they
    /// hold 2³¹ rows.
    pub sums: Vec<i64>,
    /// How many rows each centre has.
    pub counts: Vec<u64>,
    /// The sum of squared distances of rows from their centres, in multiples of 2⁻³². A part holds
    /// 2²⁹ unit rows.
    pub inertia: i64,
}

/// The centres that follow from sums.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// Centres x dimension. A centre that is nearest to no row stays where it is.
    pub centres: Vec<f32>,
    /// How far centres moved: the root of the mean, over rows, of the squared way of their centre.
    pub way: f64,
}

impl Centres {
    /// `centres` holds centres x dimension; `dimension` is at least 1.
    ///
    /// # Errors
    /// Where `RELATA_CPU` asks for what this machine lacks.
    pub fn new(centres: &[f32], dimension: usize) -> Result<Centres> {
        Ok(Centres::on(InstructionSet::choose()?, centres, dimension))
    }

    fn on(set: InstructionSet, centres: &[f32], dimension: usize) -> Centres {
        Centres { cells: Cells::new(set, centres, dimension), dimension }
    }

    /// The nearest centre of each row (rows x dimension, finite) by Euclidean distance; of equals
    /// the first.
    ///
    /// # Errors
    /// What `check` gives.
    pub fn nearest(&self, rows: &[f32], check: InterruptCheck<'_>) -> Result<Vec<u32>> {
        if self.cells.count() == 0 { Ok(Vec::new()) } else { self.cells.assign_all(rows, check) }
    }

    /// The cosine of each row (rows x dimension, of unit length) to the centre that is nearest to
    /// it; 0 where that is the origin.
    pub fn cosines(&self, rows: &[f32], nearest: &[u32]) -> Vec<f32> {
        let cosine = |(row, cell): (&[f32], &u32)| {
            let centre = self.cells.centre(*cell as usize);
            let length = dot(centre, centre).sqrt();
            if length > 0.0 { (dot(row, centre) / length).clamp(-1.0, 1.0) } else { 0.0 }
        };
        rows.par_chunks_exact(self.dimension).zip(nearest).map(cosine).collect()
    }

    /// One pass over a part: `rows` holds rows x dimension, fewer than 2³² rows of elements from -1
    /// to 1.
    ///
    /// # Errors
    /// What `check` gives.
    pub fn sums(&self, rows: &[f32], check: InterruptCheck<'_>) -> Result<Sums> {
        Ok(self.add_up(rows, &self.nearest(rows, check)?))
    }

    fn add_up(&self, rows: &[f32], nearest: &[u32]) -> Sums {
        let dimension = self.dimension;
        let members = Members::new(nearest, self.cells.count());
        let mut sums = vec![0i64; self.cells.count() * dimension];
        // A cell's sums are one thread's, so there is one copy of them however many threads there
        // are.
        let inertia = sums
            .par_chunks_mut(dimension)
            .enumerate()
            .map(|(cell, sums)| {
                let centre = self.cells.centre(cell);
                let mut inertia = 0;
                for row in members.of(cell) {
                    let row = &rows[*row as usize * dimension..][..dimension];
                    sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += whole(*x));
                    inertia += whole(dot(row, row) - 2.0 * dot(row, centre) + dot(centre, centre)).max(0);
                }
                inertia
            })
            .sum();
        Sums { sums, counts: members.counts(), inertia }
    }
}

/// An element in multiples of 2⁻³²: elements of 2⁻⁸ and more without loss.
fn whole(x: f32) -> i64 {
    // In this range the last bit of an f64 is worth 1, so its bits are the number; and unlike a
    // conversion, this is done in vectors.
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    (f64::from(x) * UNIT + MAGIC).to_bits() as i64 - MAGIC.to_bits() as i64
}

/// Which rows each cell has.
struct Members {
    starts: Vec<usize>,
    rows: Vec<u32>,
}

impl Members {
    fn new(nearest: &[u32], cells: usize) -> Members {
        let mut starts = vec![0; cells + 1];
        nearest.iter().for_each(|cell| starts[*cell as usize + 1] += 1);
        (0..cells).for_each(|cell| starts[cell + 1] += starts[cell]);
        let (mut next, mut rows) = (starts.clone(), vec![0; nearest.len()]);
        for (row, cell) in nearest.iter().enumerate() {
            rows[next[*cell as usize]] = row as u32;
            next[*cell as usize] += 1;
        }
        Members { starts, rows }
    }

    fn of(&self, cell: usize) -> &[u32] {
        &self.rows[self.starts[cell]..self.starts[cell + 1]]
    }

    fn counts(&self) -> Vec<u64> {
        self.starts.windows(2).map(|ends| (ends[1] - ends[0]) as u64).collect()
    }
}

/// The centres that follow from the sums of all rows: the means of those that are nearest to each.
/// `before` and `sums` hold centres x dimension.
pub fn moved(before: &[f32], sums: &[i64], counts: &[u64]) -> Moved {
    let dimension = before.len().checked_div(counts.len()).unwrap_or(0).max(1);
    let (mut centres, mut way) = (before.to_vec(), 0.0);
    let ends = centres.chunks_exact_mut(dimension).zip(sums.chunks_exact(dimension)).zip(counts);
    for ((centre, sums), count) in ends.filter(|(_, count)| **count > 0) {
        for (x, sum) in centre.iter_mut().zip(sums) {
            let mean = (*sum as f64 / *count as f64 / UNIT) as f32;
            way += *count as f64 * (f64::from(mean) - f64::from(*x)).powi(2);
            *x = mean;
        }
    }
    Moved { centres, way: (way / counts.iter().sum::<u64>().max(1) as f64).sqrt() }
}

/// Centres of `k` cells (fewer where there are fewer rows), centres x dimension, from rows x
/// dimension of elements from -1 to 1. The first rows begin, so they should be in no order.
///
/// # Errors
/// Where `RELATA_CPU` asks for what this machine lacks; what `check` gives.
pub fn train(rows: &[f32], dimension: usize, k: usize, check: InterruptCheck<'_>) -> Result<Vec<f32>> {
    train_on(InstructionSet::choose()?, rows, dimension, k, check)
}

/// As [`train`], with a beginning that is spread over all rows: better clusters where
/// they are few and apart, in about twice the time.
///
/// # Errors
/// As [`train`].
pub fn train_spread(rows: &[f32], dimension: usize, k: usize, check: InterruptCheck<'_>) -> Result<Vec<f32>> {
    let first = &rows[..rows.len().min(k.saturating_mul(SEEDS_FROM).saturating_mul(dimension))];
    let begin = spread(first, dimension, k, check)?;
    rounds(InstructionSet::choose()?, rows, dimension, begin, check)
}

/// As [`train`], on a set of instructions; centres are the same on each.
///
/// # Errors
/// What `check` gives.
pub(crate) fn train_on(
    set: InstructionSet,
    rows: &[f32],
    dimension: usize,
    k: usize,
    check: InterruptCheck<'_>,
) -> Result<Vec<f32>> {
    rounds(set, rows, dimension, rows[..k.min(rows.len() / dimension) * dimension].to_vec(), check)
}

/// `k` rows (fewer where there are fewer) of rows x dimension by greedy k-means++ (Arthur and
/// Vassilvitskii 2007): some are drawn, each with a chance that grows with its squared distance
/// from those before, and the one that leaves the least distances is taken.
fn spread(rows: &[f32], dimension: usize, k: usize, check: InterruptCheck<'_>) -> Result<Vec<f32>> {
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut centres = Vec::with_capacity(k.min(rows.len() / dimension) * dimension);
    // Whole numbers, whose sum is the same in any order.
    let mut distances = vec![i64::from(u32::MAX); rows.len() / dimension];
    for _ in 0..k.min(distances.len()) {
        check()?;
        let total: i64 = distances.iter().sum();
        let left = |place: usize| {
            let left = left_by(rows, dimension, place, &distances);
            (left.iter().sum::<i64>(), place, left)
        };
        let trials: Vec<usize> = (0..TRIALS).map(|_| drawn(&distances, random.i64(0..total.max(1)))).collect();
        if let Some((_, place, left)) = trials.into_iter().map(left).min_by_key(|(sum, place, _)| (*sum, *place)) {
            centres.extend_from_slice(&rows[place * dimension..][..dimension]);
            distances = left;
        }
    }
    Ok(centres)
}

/// The row into whose share of all distances a number falls.
fn drawn(distances: &[i64], number: i64) -> usize {
    let mut left = number;
    let place = distances.iter().position(|distance| {
        left -= distance;
        left < 0
    });
    place.unwrap_or(0)
}

/// The squared distances of rows from the nearest centre, once a row has become one.
fn left_by(rows: &[f32], dimension: usize, place: usize, distances: &[i64]) -> Vec<i64> {
    let centre = &rows[place * dimension..][..dimension];
    let square = dot(centre, centre);
    let left =
        |(row, distance): (&[f32], &i64)| whole(dot(row, row) - 2.0 * dot(row, centre) + square).max(0).min(*distance);
    rows.par_chunks_exact(dimension).zip(distances).with_min_len(256).map(left).collect()
}

fn rounds(
    set: InstructionSet,
    rows: &[f32],
    dimension: usize,
    mut centres: Vec<f32>,
    check: InterruptCheck<'_>,
) -> Result<Vec<f32>> {
    if centres.is_empty() {
        return Ok(centres);
    }
    for _ in 0..ROUNDS {
        let compared = Centres::on(set, &centres, dimension);
        let nearest = compared.nearest(rows, check)?;
        let Sums { sums, mut counts, .. } = compared.add_up(rows, &nearest);
        centres = moved(&centres, &sums, &counts).centres;
        reseed(&mut centres, rows, dimension, &nearest, &mut counts);
    }
    Ok(centres)
}

/// Gives cells that nothing is nearest to a row out of the largest cells.
fn reseed(centres: &mut [f32], rows: &[f32], dimension: usize, nearest: &[u32], counts: &mut [u64]) {
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

/// How far the square of a row's length may be from 1 for the row to be taken as it is.
const NEARLY: f32 = 1e-4;

/// Scales rows (rows x dimension) to unit length, in place; one that has it nearly stays as it is.
/// Gives the number of the first row that has no direction or an element that is not finite.
pub fn to_unit_length(rows: &mut [f32], dimension: usize) -> Option<usize> {
    let sound = |row: &mut [f32]| {
        let square = dot(row, row);
        if (square - 1.0).abs() > NEARLY {
            let length = square.sqrt();
            row.iter_mut().for_each(|x| *x /= length);
        }
        // Of a row of zeros, or of one whose length is beyond the numbers, no sound row is made.
        square.is_normal() && row.iter().all(|x| x.is_finite())
    };
    rows.par_chunks_exact_mut(dimension.max(1)).map(sound).collect::<Vec<bool>>().iter().position(|sound| !sound)
}

#[cfg(test)]
mod tests;
