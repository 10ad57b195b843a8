//! The rows of an index, cell by cell, and how a query goes through them.
//!
//! In: a unit query. Out: the rows most likely to be its nearest, with scores that are right to three decimals. Cells are scanned in
//! the order in which their centres are near the query. In a cell every row has a bound from its code (`code.rs`); a row
//! whose bound reaches the worst of those kept so far is looked at in bytes. Scanning ends at the first centre that lies
//! further below that worst one than nearly all neighbours of the queries that were tried when the index was built did (its
//! `reach`): a query in a crowded place is done sooner than one far from everything, and one with a strict filter goes on.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::code::planes;
use super::rotation::Rotation;
use crate::kernels::{BLOCK, Factors, InstructionSet, bounds, dot_bytes, dots};
use crate::neighbours::{Best, Scored};

/// The key of a place that no row has: blocks are filled up.
pub(super) const NOBODY: u64 = u64::MAX;

/// How many standard deviations above its estimate a row's score may be. One true neighbour in a few hundred is
/// further off than that.
const WIDTH: f32 = 2.5;

/// Depths at which the reach is known.
pub(super) const DEPTHS: [usize; 3] = [10, 100, 1000];

/// Slices over all that a query needs, whether they lie in a file or in memory.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    pub(super) dimension: usize,
    pub(super) rotation: &'a Rotation,
    /// Cells x dimension: means of their rows.
    pub(super) centres: &'a [f32],
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
    /// By [`DEPTHS`]: how far below the worst neighbour a centre of one may lie.
    pub(super) reach: [f32; DEPTHS.len()],
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

    /// How far below the worst of `k` neighbours a centre may lie.
    pub(super) fn reach(&self, k: usize) -> f32 {
        let at = |depth: usize| (depth as f32).ln();
        let (first, last) = (DEPTHS[0], DEPTHS[DEPTHS.len() - 1]);
        let wanted = at(k.clamp(first, last));
        let upper = DEPTHS.iter().position(|depth| at(*depth) >= wanted).unwrap_or(DEPTHS.len() - 1).max(1);
        let (below, above) = (at(DEPTHS[upper - 1]), at(DEPTHS[upper]));
        let share = (wanted - below) / (above - below);
        self.reach[upper - 1] * (1.0 - share) + self.reach[upper] * share
    }

    /// The best `k` admitted rows and whatever ties with them, best first.
    pub(super) fn search(
        &self,
        set: InstructionSet,
        (query, k, reach): (&[f32], usize, f32),
        admitted: &dyn Fn(u64) -> bool,
        guard: &dyn Guard,
    ) -> Result<Vec<Found>, Damage> {
        let planes = planes(self.rotation, query);
        let mut promises = vec![0f32; self.starts.len() - 1];
        dots(set, self.centres, query, &mut promises);
        let mut order: BinaryHeap<Promise> =
            promises.into_iter().enumerate().map(|(cell, score)| Promise { score, cell }).collect();
        let mut best: Best<(u64, usize)> = Best::new(k);
        let mut worst = f32::NEG_INFINITY;
        let mut upper = Vec::new();
        while let Some(Promise { score: start, cell }) = order.pop() {
            if start < worst - reach {
                break;
            }
            guard.cell(self, cell)?;
            let blocks = self.starts[cell] as usize..self.starts[cell + 1] as usize;
            let words = planes.bits.len();
            upper.clear();
            upper.resize(blocks.len(), [0f32; BLOCK]);
            let codes = &self.codes[blocks.start * words..blocks.end * words];
            bounds(set, codes, &self.factors[blocks.clone()], &planes, (start, WIDTH), &mut upper);
            for (at, bound) in upper.as_flattened().iter().enumerate() {
                if *bound < worst {
                    continue;
                }
                let place = blocks.start * BLOCK + at;
                let key = self.keys[place];
                if key == NOBODY || !admitted(key) {
                    continue;
                }
                guard.place(self, place)?;
                let score = self.scales[place] * dot_bytes(set, self.row(place), query);
                best.offer((key, cell), score);
                worst = best.worst().unwrap_or(f32::NEG_INFINITY);
            }
        }
        let found = best.into_sorted().into_iter();
        Ok(found.map(|Scored { key: (key, cell), score }| Found { key, score, cell }).collect())
    }
}

/// A cell and its centre's product with the query.
#[derive(Clone, Copy, Debug)]
struct Promise {
    score: f32,
    cell: usize,
}

impl PartialEq for Promise {
    fn eq(&self, other: &Promise) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Promise {}

impl Ord for Promise {
    fn cmp(&self, other: &Promise) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| other.cell.cmp(&self.cell))
    }
}

impl PartialOrd for Promise {
    fn partial_cmp(&self, other: &Promise) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
