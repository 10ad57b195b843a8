//! The nearest of every paper among all the others: exactly, or where papers are too many, nearly
//! so (`knn_cells`).
//!
//! In: unit rows. Out: for each the `k` others with the highest cosine. All pairs are compared in
//! 8-bit integers, which is several times as fast as in floats (docs/benchmarks.md); the best of
//! these, with some to spare, are compared again as they are. Equal cosines are ordered by place,
//! so with rows in the order of `order` nothing here depends on the order in which papers came.

use rayon::prelude::*;

use super::candidates::{Candidates, ROWS, Rows, SPARE};
use super::knn_cells;
use crate::error::Result;
use crate::kernels::{InstructionSet, PackedInt8, Quantised, multiply_int8};

/// With more rows than these, not all pairs are compared: the time grows with their square.
const ALL_PAIRS: usize = 120_000;

/// Rows that are packed at a time.
const PACKED: usize = 2048;

/// How many times [`Nearest::find`] says that it is further, for so many rows.
pub(super) fn blocks(rows: usize) -> u64 {
    if rows > ALL_PAIRS {
        return knn_cells::steps(rows);
    }
    (rows.div_ceil(ROWS) * rows.div_ceil(PACKED)) as u64
}

/// Told how much more was compared, or 0 where what is done has no number, again and again and from
/// any thread; an error of it ends the work.
pub type Done<'a> = &'a (dyn Fn(u64) -> Result<()> + Sync);

/// The nearest of every row.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearest {
    k: usize,
    near: Vec<(u32, f32)>,
}

impl Nearest {
    /// Finds, for each row, the `k` others (or all, where there are fewer) with the highest cosine;
    /// beyond 120,000 rows nearly always these. `done` is told how many pairs of blocks were
    /// compared, again and again.
    ///
    /// # Errors
    /// Where `RELATA_CPU` asks for what this machine lacks; what `done` gives.
    pub fn find(rows: &Rows, k: usize, done: Done<'_>) -> Result<Nearest> {
        if rows.len() > ALL_PAIRS { Nearest::in_cells(rows, k, done) } else { Nearest::among_all(rows, k, done) }
    }

    /// The same by comparing all pairs, however many there are.
    ///
    /// # Errors
    /// As [`Nearest::find`].
    pub fn among_all(rows: &Rows, k: usize, done: Done<'_>) -> Result<Nearest> {
        let k = k.min(rows.len().saturating_sub(1));
        Ok(Nearest { k, near: all_pairs(InstructionSet::choose()?, rows, k, done)? })
    }

    /// The same by comparing each row with those around it, however few there are.
    ///
    /// # Errors
    /// As [`Nearest::find`].
    pub fn in_cells(rows: &Rows, k: usize, done: Done<'_>) -> Result<Nearest> {
        let k = k.min(rows.len().saturating_sub(1));
        Ok(Nearest { k, near: knn_cells::nearest(InstructionSet::choose()?, rows, k, done)? })
    }

    /// What was found elsewhere: for each row `k` others with their cosines, the nearest first, one
    /// row behind the other.
    pub fn of_lists(k: usize, near: Vec<(u32, f32)>) -> Nearest {
        Nearest { k, near }
    }

    /// How many each row has.
    pub fn k(&self) -> usize {
        self.k
    }

    /// The nearest of a row with their cosines, the nearest first.
    pub fn of(&self, row: usize) -> &[(u32, f32)] {
        &self.near[row * self.k..][..self.k]
    }

    /// How many rows there are to ask for; 0 where nobody has a neighbour.
    pub fn len(&self) -> usize {
        self.near.len().checked_div(self.k).unwrap_or(0)
    }

    /// Whether nobody has a neighbour.
    pub fn is_empty(&self) -> bool {
        self.near.is_empty()
    }
}

/// The nearest of each row, one after the other.
fn all_pairs(set: InstructionSet, rows: &Rows, k: usize, done: Done<'_>) -> Result<Vec<(u32, f32)>> {
    let count = rows.len();
    let kept = (k + SPARE).min(count);
    let mut found: Vec<Candidates> = (0..count).map(|_| Candidates::new(kept)).collect();
    let quantised: Vec<Quantised> = rows
        .blocks(ROWS)
        .map(|block| {
            let mut quantised = Quantised::default();
            quantised.take(set, block, rows.dimension());
            quantised
        })
        .collect();
    for (number, block) in rows.values().chunks(PACKED * rows.dimension()).enumerate() {
        let others = block.len() / rows.dimension();
        let packed = PackedInt8::pack(set, block, &vec![0.0; others], rows.dimension());
        found.par_chunks_mut(ROWS).zip(&quantised).enumerate().try_for_each_init(
            Vec::new,
            |scores, (at, (own, rows))| {
                scores.resize(own.len() * others, 0.0f32);
                multiply_int8(set, rows, &packed, scores);
                for (row, (candidates, scores)) in own.iter_mut().zip(scores.chunks_exact(others)).enumerate() {
                    let first = number * PACKED;
                    candidates.offer((at * ROWS + row) as u32, scores, |at| (first + at) as u32);
                }
                done(1)
            },
        )?;
    }
    Ok(found.into_par_iter().enumerate().flat_map_iter(|(at, candidates)| candidates.rescored(rows, at, k)).collect())
}

#[cfg(test)]
mod tests {
    use super::super::candidates::dot;
    use super::*;

    fn rows(count: usize, dimension: usize, seed: u64) -> Rows {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut values = Vec::new();
        for _ in 0..count {
            let row: Vec<f32> = (0..dimension).map(|_| random.f32() + random.f32() - 1.0).collect();
            let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
            values.extend(row.iter().map(|x| x / length));
        }
        Rows::new(values, dimension)
    }

    fn by_hand(rows: &Rows, k: usize) -> Vec<Vec<u32>> {
        let near = |own: usize| {
            let mut all: Vec<(f32, u32)> = (0..rows.len())
                .filter(|other| *other != own)
                .map(|other| (dot(rows.row(own), rows.row(other)), other as u32))
                .collect();
            all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            all.into_iter().take(k).map(|(_, other)| other).collect()
        };
        (0..rows.len()).map(near).collect()
    }

    #[test]
    fn these_are_the_nearest() {
        for (count, dimension) in [(1, 8), (2, 8), (7, 33), (150, 16), (2100, 24)] {
            let rows = rows(count, dimension, count as u64);
            let nearest = Nearest::find(&rows, 15, &|_| Ok(())).expect("found");
            let expected = by_hand(&rows, 15);
            assert_eq!(nearest.k(), 15.min(count - 1));
            let mut missed = 0;
            for (at, expected) in expected.iter().enumerate().take(nearest.len()) {
                let found: Vec<u32> = nearest.of(at).iter().map(|(other, _)| *other).collect();
                missed += expected.iter().filter(|other| !found.contains(other)).count();
            }
            assert_eq!(missed, 0, "{count} rows of {dimension}");
        }
    }

    #[test]
    fn of_equals_the_first_are_taken_and_nobody_is_near_to_itself() {
        let rows = Rows::new([1.0, 0.0].repeat(40), 2);
        let nearest = Nearest::find(&rows, 3, &|_| Ok(())).expect("found");
        let names = |at: usize| nearest.of(at).iter().map(|(other, _)| *other).collect::<Vec<_>>();
        assert_eq!((names(0), names(1), names(39)), (vec![1, 2, 3], vec![0, 2, 3], vec![0, 1, 2]));
    }
}
