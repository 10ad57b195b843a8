//! The nearest of every paper where papers are too many to compare all pairs: sought in the cells
//! around each.
//!
//! In: unit rows. Out: for each the `k` others with the highest cosine, nearly always. Rows fall
//! into cells by k-means ([`crate::neighbours::kmeans`]), and those of a cell are
//! compared with the rows of the cells whose centres lie nearest to its own, in 8-bit integers and
//! then as they are. Cells come from rows chosen by their places, so with rows in the order of
//! `order` nothing here depends on the order in which papers came. Which share is found, and what
//! it takes, was measured (docs/benchmarks.md).

use rayon::prelude::*;

use super::candidates::{Candidates, ROWS, Rows, SPARE, dot};
use super::knn::Done;
use crate::error::Result;
use crate::index::cells::Cells;
use crate::kernels::{InstructionSet, PackedInt8, Quantised, multiply_int8};
use crate::neighbours::kmeans::train_on;

/// Rows of a cell, on average.
const IN_CELL: usize = 512;

/// Cells around a row that are looked at, its own included.
const AROUND: usize = 48;

/// Rows that cells are made from, for each of them.
const SAMPLE: usize = 32;

/// Seed of the order in which rows are drawn for the sample.
const SEED: u64 = 1;

/// How many times [`nearest`] says that it is further, for so many rows.
pub(super) fn steps(rows: usize) -> u64 {
    count(rows) as u64
}

fn count(rows: usize) -> usize {
    rows.div_ceil(IN_CELL)
}

/// Finds, for each row, the `k` others with the highest cosine; one after the other. `done` is told
/// how many cells were looked at.
///
/// # Errors
/// What `done` gives.
pub(super) fn nearest(set: InstructionSet, rows: &Rows, k: usize, done: Done<'_>) -> Result<Vec<(u32, f32)>> {
    let dimension = rows.dimension();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let cells = count(rows.len());
    let centres = train_on(set, &sample(rows, cells * SAMPLE), dimension, cells, &|| done(0))?;
    let cell_of = Cells::new(set, &centres, dimension).assign_all(rows.values(), &|| done(0))?;
    let in_cells = InCells::new(set, rows, &cell_of, centres.len() / dimension);
    let sizes: Vec<u64> = in_cells.members.iter().map(|own| own.len() as u64).collect();
    let around: Vec<Vec<u32>> =
        (0..sizes.len()).into_par_iter().map(|cell| around(&centres, dimension, cell, &sizes, Around::of(k))).collect();
    let found: Vec<Vec<(u32, f32)>> = around
        .par_iter()
        .enumerate()
        .map(|(cell, around)| {
            let near = in_cells.nearest(cell, around, k);
            done(1)?;
            Ok(near)
        })
        .collect::<Result<_>>()?;
    let mut near = vec![(0, 0.0); rows.len() * k];
    for (own, found) in in_cells.members.iter().zip(found) {
        for (row, found) in own.iter().zip(found.chunks_exact(k.max(1))) {
            near[*row as usize * k..][..k].copy_from_slice(found);
        }
    }
    Ok(near)
}

/// Rows in their cells, ready to be compared: the step that [`nearest`] and
/// [`nearest_in_cells`](super::nearest_in_cells) share.
pub(super) struct InCells<'a> {
    set: InstructionSet,
    rows: &'a Rows,
    /// Of each cell, ascending.
    members: Vec<Vec<u32>>,
    packed: Vec<PackedInt8>,
}

impl<'a> InCells<'a> {
    /// `cell_of` has the cell of each row, below `cells`.
    pub(super) fn new(set: InstructionSet, rows: &'a Rows, cell_of: &[u32], cells: usize) -> InCells<'a> {
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); cells];
        for (row, cell) in cell_of.iter().enumerate() {
            members[*cell as usize].push(row as u32);
        }
        let dimension = rows.dimension();
        let pack = |own: &Vec<u32>| PackedInt8::pack(set, &gathered(rows, own), &vec![0.0; own.len()], dimension);
        let packed = members.par_iter().map(pack).collect();
        InCells { set, rows, members, packed }
    }

    /// The rows of a cell, ascending.
    pub(super) fn members(&self, cell: usize) -> &[u32] {
        &self.members[cell]
    }

    /// For each row of a cell the `k` others with the highest cosine among those of some cells, one
    /// after the other; fewer where these hold fewer.
    pub(super) fn nearest(&self, cell: usize, around: &[u32], k: usize) -> Vec<(u32, f32)> {
        let own = &self.members[cell];
        let (mut quantised, mut scores) = (Quantised::default(), Vec::new());
        let mut near = Vec::with_capacity(own.len() * k);
        for block in own.chunks(ROWS) {
            quantised.take(self.set, &gathered(self.rows, block), self.rows.dimension());
            let mut candidates: Vec<Candidates> = block.iter().map(|_| Candidates::new(k + SPARE)).collect();
            for other in around {
                let others = &self.members[*other as usize];
                if others.is_empty() {
                    continue;
                }
                scores.resize(block.len() * others.len(), 0.0f32);
                multiply_int8(self.set, &quantised, &self.packed[*other as usize], &mut scores);
                for (row, (kept, scores)) in candidates.iter_mut().zip(scores.chunks(others.len())).enumerate() {
                    kept.offer(block[row], scores, |at| others[at]);
                }
            }
            for (row, candidates) in block.iter().zip(candidates) {
                near.extend(candidates.rescored(self.rows, *row as usize, k));
            }
        }
        near
    }
}

/// Some rows, in no order.
fn sample(rows: &Rows, most: usize) -> Vec<f32> {
    let mut places: Vec<u32> = (0..rows.len() as u32).collect();
    fastrand::Rng::with_seed(SEED).shuffle(&mut places);
    places.truncate(most);
    gathered(rows, &places)
}

fn gathered(rows: &Rows, places: &[u32]) -> Vec<f32> {
    places.iter().flat_map(|place| rows.row(*place as usize)).copied().collect()
}

/// Which cells are looked at around one.
#[derive(Clone, Copy)]
pub(super) struct Around {
    /// How many, the cell itself included.
    pub(super) cells: usize,
    /// Rows that they hold at least, where there are so many.
    pub(super) rows: u64,
}

impl Around {
    /// What is looked at for `k` neighbours of each row.
    pub(super) fn of(k: usize) -> Around {
        Around { cells: AROUND, rows: Around::rows_for(k) }
    }

    /// Rows that hold `k` others for each of them, with some to spare.
    pub(super) fn rows_for(k: usize) -> u64 {
        (k + SPARE + 1) as u64
    }
}

/// The cells whose centres lie nearest to that of one, which comes first; of equals the first.
/// Those without rows are left out.
pub(super) fn around(centres: &[f32], dimension: usize, cell: usize, sizes: &[u64], asked: Around) -> Vec<u32> {
    let own = &centres[cell * dimension..][..dimension];
    let distance = |other: &[f32]| dot(other, other) - 2.0 * dot(own, other);
    let mut order: Vec<(f32, u32)> = centres.chunks_exact(dimension).map(distance).zip(0..).collect();
    order[cell].0 = f32::NEG_INFINITY;
    order.retain(|(_, cell)| sizes[*cell as usize] > 0);
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut held = 0;
    let enough = |(taken, (_, cell)): &(usize, (f32, u32))| {
        let more = *taken < asked.cells || held < asked.rows;
        held += sizes[*cell as usize];
        more
    };
    order.into_iter().enumerate().take_while(enough).map(|(_, (_, cell))| cell).collect()
}

#[cfg(test)]
mod tests {
    use super::super::candidates::Rows;
    use super::super::knn::Nearest;

    /// Rows around points that lie around points.
    fn rows(count: usize) -> Rows {
        const DIMENSION: usize = 30;
        let mut random = fastrand::Rng::with_seed(9);
        let mut values = Vec::new();
        for row in 0..count {
            let mut x: Vec<f32> = (0..DIMENSION).map(|_| 0.3 * (random.f32() - 0.5)).collect();
            x[row % 7] += 0.5;
            x[7 + row % 23] += 0.5;
            let length = x.iter().map(|x| x * x).sum::<f32>().sqrt();
            values.extend(x.iter().map(|x| x / length));
        }
        Rows::new(values, DIMENSION)
    }

    #[test]
    fn nearly_all_of_the_nearest_are_found_whatever_the_threads() {
        let rows = rows(27_000);
        let found = Nearest::in_cells(&rows, 15, &|_| Ok(())).expect("found");
        let exact = Nearest::among_all(&rows, 15, &|_| Ok(())).expect("found");
        let mut same = 0;
        for row in 0..rows.len() {
            let names: Vec<u32> = found.of(row).iter().map(|(other, _)| *other).collect();
            assert!(!names.contains(&(row as u32)));
            same += exact.of(row).iter().filter(|(other, _)| names.contains(other)).count();
        }
        let share = same as f64 / (15 * rows.len()) as f64;
        assert!(share > 0.98 && share < 1.0, "{share}");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("threads");
        assert_eq!(pool.install(|| Nearest::in_cells(&rows, 15, &|_| Ok(())).expect("found")), found);
    }

    #[test]
    fn rows_that_are_all_the_same_have_neighbours() {
        let rows = Rows::new([0.6f32, 0.8].repeat(1500), 2);
        let found = Nearest::in_cells(&rows, 3, &|_| Ok(())).expect("found");
        let names = |row: usize| found.of(row).iter().map(|(other, _)| *other).collect::<Vec<_>>();
        assert_eq!((names(0), names(1), names(1499)), (vec![1, 2, 3], vec![0, 2, 3], vec![0, 1, 2]));
    }
}
