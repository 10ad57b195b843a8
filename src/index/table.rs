//! The rows of an index, cell by cell, and how a query goes through them.
//!
//! In: a unit query. Out: the rows most likely to be its nearest, with scores that are right to three decimals. Cells are scanned in
//! the order of the cosines of their centres and the query. In a cell every row has a bound from its code (`code.rs`); a row
//! whose bound reaches the worst of those kept so far is looked at in bytes. How many rows are scanned was measured when the
//! index was made, with rows of the library as queries: so many that nearly all true neighbours were among them.
//! That holds for any data: where nothing is clustered, nearly everything is scanned.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::code::planes;
use super::rotation::Rotation;
use crate::kernels::{BLOCK, Factors, InstructionSet, bounds, dot_bytes, dots};
use crate::neighbours::Best;

/// The key of a place that no row has: blocks are filled up.
pub(super) const NOBODY: u64 = u64::MAX;

/// How many standard deviations above its estimate a row's score may be. One true neighbour in a few hundred is
/// further off than that.
const WIDTH: f32 = 2.5;

/// Depths at which the effort is known.
pub(super) const DEPTHS: [usize; 5] = [10, 32, 100, 316, 1000];

/// Effort with which everything is scanned.
pub(super) const ALL: f32 = f32::INFINITY;

/// Slices over all that a query needs, whether they lie in a file or in memory.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    pub(super) dimension: usize,
    pub(super) rotation: &'a Rotation,
    /// Cells x dimension: means of their rows.
    pub(super) centres: &'a [f32],
    /// Cells: the lengths of the centres, above 0.
    pub(super) lengths: &'a [f32],
    /// Where each cell begins, in blocks, and where the last ends.
    pub(super) starts: &'a [u64],
    /// Blocks x words.
    pub(super) codes: &'a [[u64; BLOCK]],
    /// Blocks.
    pub(super) factors: &'a [Factors],
    /// Places: blocks x 8. Rows of the library, or [`NOBODY`].
    pub(super) keys: &'a [u64],
    /// Places x dimension.
    pub(super) bytes: &'a [i8],
    /// Places: what a byte is worth.
    pub(super) scales: &'a [f32],
    /// By [`DEPTHS`]: rows that are scanned.
    pub(super) efforts: [f32; DEPTHS.len()],
    /// How far the difference of two scores in bytes may be off.
    pub(super) blur: f32,
}

/// A row that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) key: u64,
    /// Product with the query, to three decimals.
    pub(super) score: f32,
    pub(super) cell: usize,
}

/// What is wrong with a table, found while it was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Damage(pub(super) String);

/// Whether what is about to be used is what was written.
pub(super) trait Guard {
    /// Asked once for each cell that is scanned.
    fn cell(&self, table: &Table<'_>, cell: usize) -> Result<(), Damage>;
    /// Asked for each row that is looked at in bytes.
    fn place(&self, table: &Table<'_>, place: usize) -> Result<(), Damage>;
}

/// For what has just been made.
pub(super) struct Trusted;

impl Guard for Trusted {
    fn cell(&self, _: &Table<'_>, _: usize) -> Result<(), Damage> {
        Ok(())
    }

    fn place(&self, _: &Table<'_>, _: usize) -> Result<(), Damage> {
        Ok(())
    }
}

impl Table<'_> {
    /// The places of a cell.
    pub(super) fn places(&self, cell: usize) -> std::ops::Range<usize> {
        self.starts[cell] as usize * BLOCK..self.starts[cell + 1] as usize * BLOCK
    }

    /// The bytes of a place.
    pub(super) fn row(&self, place: usize) -> &[i8] {
        &self.bytes[place * self.dimension..][..self.dimension]
    }

    /// How many rows are scanned to find the `k` nearest; between and beyond the known depths as a power of the depth.
    pub(super) fn effort(&self, k: usize) -> f32 {
        let at = |known: usize| (DEPTHS[known] as f32).ln();
        let wanted = (k.max(1) as f32).ln().max(at(0));
        let upper = (1..DEPTHS.len() - 1).find(|known| at(*known) >= wanted).unwrap_or(DEPTHS.len() - 1);
        let (below, above) = (self.efforts[upper - 1].max(1.0).ln(), self.efforts[upper].max(1.0).ln());
        let share = (wanted - at(upper - 1)) / (at(upper) - at(upper - 1));
        (below + share * (above - below)).exp()
    }

    /// The products of all centres with a query, and the cells in the order in which they are scanned.
    pub(super) fn order(&self, set: InstructionSet, query: &[f32]) -> (Vec<f32>, BinaryHeap<Promise>) {
        let mut products = vec![0f32; self.starts.len() - 1];
        dots(set, self.centres, query, &mut products);
        let promise = |(cell, (product, length)): (usize, (&f32, &f32))| Promise { cosine: product / length, cell };
        let order = products.iter().zip(self.lengths).enumerate().map(promise).collect();
        (products, order)
    }

    /// The admitted rows that can be among the best `k` as far as scores in bytes tell, best first.
    pub(super) fn search(
        &self,
        set: InstructionSet,
        (query, k, effort): (&[f32], usize, f32),
        admitted: &dyn Fn(u64) -> bool,
        guard: &dyn Guard,
    ) -> Result<Vec<Found>, Damage> {
        let planes = planes(self.rotation, query);
        let (products, mut order) = self.order(set, query);
        let mut best: Best<u64> = Best::new(k);
        let mut found = Vec::new();
        let mut worst = f32::NEG_INFINITY;
        let (mut upper, mut scanned) = (Vec::new(), 0f32);
        while let Some(Promise { cell, .. }) = order.pop() {
            if scanned >= effort && best.worst().is_some() {
                break;
            }
            let start = products[cell];
            guard.cell(self, cell)?;
            let blocks = self.starts[cell] as usize..self.starts[cell + 1] as usize;
            scanned += (blocks.len() * BLOCK) as f32;
            let words = planes.bits.len();
            upper.clear();
            upper.resize(blocks.len(), [0f32; BLOCK]);
            let codes = &self.codes[blocks.start * words..blocks.end * words];
            bounds(set, codes, &self.factors[blocks.clone()], &planes, (start, WIDTH), &mut upper);
            for (at, bound) in upper.as_flattened().iter().enumerate() {
                if *bound < worst - self.blur {
                    continue;
                }
                let place = blocks.start * BLOCK + at;
                let key = self.keys[place];
                if key == NOBODY || !admitted(key) {
                    continue;
                }
                guard.place(self, place)?;
                let score = self.scales[place] * dot_bytes(set, self.row(place), query);
                if score >= worst - self.blur {
                    found.push(Found { key, score, cell });
                    best.offer(key, score);
                    worst = best.worst().unwrap_or(f32::NEG_INFINITY);
                }
            }
        }
        found.retain(|found| found.score >= worst - self.blur);
        found.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.key.cmp(&b.key)));
        Ok(found)
    }
}

/// A cell and the cosine of its centre and the query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Promise {
    cosine: f32,
    pub(super) cell: usize,
}

impl PartialEq for Promise {
    fn eq(&self, other: &Promise) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Promise {}

impl Ord for Promise {
    fn cmp(&self, other: &Promise) -> Ordering {
        self.cosine.total_cmp(&other.cosine).then_with(|| other.cell.cmp(&self.cell))
    }
}

impl PartialOrd for Promise {
    fn partial_cmp(&self, other: &Promise) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
