//! Unit rows, and for one of them the best of the others that it was shown.
//!
//! In: scores in 8-bit integers, block by block. Out: the few best, compared again as they are.

use rayon::prelude::*;

pub(super) use crate::kernels::dot;

/// Rows that are compared with a block of others at a time: their scores stay in the cache of a
/// core.
pub(super) const ROWS: usize = 64;

/// Candidates beyond `k` that are compared again. Of 11,288 papers' 15 nearest, 10 to spare lose
/// none that is told apart by more than the last bits.
pub(super) const SPARE: usize = 16;

/// Unit vectors, one after the other.
#[derive(Clone, Debug)]
pub struct Rows {
    values: Vec<f32>,
    dimension: usize,
}

impl Rows {
    /// Rows of this dimension; a rest that is no whole row is left out.
    pub fn new(mut values: Vec<f32>, dimension: usize) -> Rows {
        let dimension = dimension.max(1);
        values.truncate(values.len() / dimension * dimension);
        Rows { values, dimension }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.values.len() / self.dimension
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Elements of a row.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// One row.
    pub fn row(&self, at: usize) -> &[f32] {
        &self.values[at * self.dimension..][..self.dimension]
    }

    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    pub(super) fn blocks(&self, rows: usize) -> impl IndexedParallelIterator<Item = &[f32]> {
        self.values.par_chunks(rows * self.dimension)
    }
}

/// The best so far of one row, the best first.
pub(super) struct Candidates {
    kept: Vec<(f32, u32)>,
    room: usize,
}

impl Candidates {
    pub(super) fn new(room: usize) -> Candidates {
        Candidates { kept: Vec::with_capacity(room), room }
    }

    /// Shows the scores of other rows, which `name` gives. Of equals those that came first are
    /// kept.
    pub(super) fn offer(&mut self, own: u32, scores: &[f32], name: impl Fn(usize) -> u32) {
        const TOGETHER: usize = 16;
        for (block, scores) in scores.chunks(TOGETHER).enumerate() {
            let worst = self.worst();
            // Most blocks hold nothing of interest: one comparison for all of it.
            if !scores.iter().fold(false, |any, score| any | (*score > worst)) {
                continue;
            }
            for (at, score) in scores.iter().enumerate() {
                if *score <= self.worst() {
                    continue;
                }
                let other = name(block * TOGETHER + at);
                if other != own {
                    self.kept.truncate(self.room - 1);
                    let place = self.kept.partition_point(|(kept, _)| kept >= score);
                    self.kept.insert(place, (*score, other));
                }
            }
        }
    }

    /// The `k` of these with the highest cosine to a row, compared as they are; of equals the
    /// first.
    pub(super) fn rescored(self, rows: &Rows, row: usize, k: usize) -> Vec<(u32, f32)> {
        let own = rows.row(row);
        let mut near: Vec<(u32, f32)> =
            self.kept.iter().map(|(_, other)| (*other, dot(own, rows.row(*other as usize)))).collect();
        near.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        near.truncate(k);
        near
    }

    fn worst(&self) -> f32 {
        if self.kept.len() < self.room { f32::NEG_INFINITY } else { self.kept[self.room - 1].0 }
    }
}
