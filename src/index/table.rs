//! The rows of an index, cell by cell, and how a query goes through them.
//!
//! In: a unit query. Out: the rows most likely to be its nearest, with scores that are right to three decimals. Cells are scanned in
//! the order of the cosines of their centres and the query. In a cell every row has bounds from its code (`code.rs`); rows
//! that can be among the best by their bounds are looked at in bytes. How many rows are scanned was measured when the
//! index was made, with rows of the library as queries: so many that nearly all rows with such a score were among them.
//! That holds for any data: where nothing is clustered, nearly everything is scanned, and so it is for a query that has nothing
//! near it.
//!
//! Rows lie in segments: those that there were when the cells were made, and those that came later. Of these every cell is scanned: no cell was
//! made for them, and a field that is new lies in all of them.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::code::planes;
use super::reach::Reach;
use super::rotation::Rotation;
use crate::kernels::{BLOCK, Factors, InstructionSet, bounds, dot_bytes, dots};
use crate::neighbours::Best;

/// The key of a place that no row has: blocks are filled up.
pub(super) const NOBODY: u64 = u64::MAX;

/// How many standard deviations above its estimate a row's score may be. One true neighbour in a few hundred is
/// further off than that.
const WIDTH: f32 = 2.5;

/// What those that are best by their codes owe to the errors of their codes, in standard deviations: they are not that good.
const LUCK: f32 = 1.0;

/// Cells that are scanned before all that came later is: by then it is known what a row must have to be among the best.
const FIRST_CELLS: usize = 16;

/// Rows that are put in order at once, at the least: only a part of those whose codes are good enough is looked at in bytes, and to order
/// all of them took longer.
const ORDERED: usize = 256;

/// Slices over all that a query needs, whether they lie in a file or in memory.
#[derive(Clone)]
pub(super) struct Table<'a> {
    pub(super) dimension: usize,
    pub(super) rotation: &'a Rotation,
    /// Cells x dimension: means of their rows.
    pub(super) centres: &'a [f32],
    /// Cells: the lengths of the centres, above 0.
    pub(super) lengths: &'a [f32],
    /// How far is scanned.
    pub(super) reach: Reach<'a>,
    /// How far the difference of two scores in bytes may be off.
    pub(super) blur: f32,
    /// The first holds the rows that there were when the cells were made.
    pub(super) segments: Vec<Segment<'a>>,
}

/// Rows, cell by cell.
#[derive(Clone, Copy)]
pub(super) struct Segment<'a> {
    /// Where each cell begins, in blocks, and where the last ends.
    pub(super) starts: &'a [u64],
    /// Blocks x words.
    pub(super) codes: &'a [[u64; BLOCK]],
    /// Blocks.
    pub(super) factors: &'a [Factors],
    /// Places: blocks x 8. Rows of the library, or [`NOBODY`].
    pub(super) keys: &'a [u64],
    /// Places: what a byte is worth.
    pub(super) scales: &'a [f32],
    /// Keys of rows that have changed since, ascending: they are passed over.
    pub(super) outdated: &'a [u64],
    /// The bytes.
    pub(super) source: &'a dyn Source,
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

/// Where rows in bytes come from, and whether what is about to be used is what was written.
pub(super) trait Source: Sync {
    /// Asked for each cell before it is scanned.
    fn check(&self, segment: &Segment<'_>, cell: usize) -> Result<(), Damage>;
    /// The bytes of a place.
    fn row(&self, place: usize) -> Result<&[i8], Damage>;
}

impl Segment<'_> {
    /// The places of a cell.
    pub(super) fn places(&self, cell: usize) -> std::ops::Range<usize> {
        self.starts[cell] as usize * BLOCK..self.starts[cell + 1] as usize * BLOCK
    }

    /// Whether a place holds a row that still counts.
    pub(super) fn holds(&self, place: usize) -> bool {
        let key = self.keys[place];
        key != NOBODY && (self.outdated.is_empty() || self.outdated.binary_search(&key).is_err())
    }
}

impl Table<'_> {
    /// The products of all centres with a query, and the cells in the order in which they are scanned.
    pub(super) fn order(&self, set: InstructionSet, query: &[f32]) -> (Vec<f32>, BinaryHeap<Promise>) {
        let mut products = vec![0f32; self.lengths.len()];
        dots(set, self.centres, query, &mut products);
        let promise = |(cell, (product, length)): (usize, (&f32, &f32))| Promise { cosine: product / length, cell };
        let order = products.iter().zip(self.lengths).enumerate().map(promise).collect();
        (products, order)
    }

    /// The admitted rows that can be among the best `k` as far as scores in bytes tell, best first.
    pub(super) fn search(
        &self,
        set: InstructionSet,
        (query, k, everything): (&[f32], usize, bool),
        admitted: &dyn Fn(u64) -> bool,
    ) -> Result<Vec<Found>, Damage> {
        let planes = planes(self.rotation, query);
        let (products, mut order) = self.order(set, query);
        // First by codes alone. Whatever cannot reach the worst of the k best by what they have at the least is passed over.
        let mut least: Best<u64> = Best::new(k);
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut worst = f32::NEG_INFINITY;
        let (mut upper, mut scanned) = (Vec::new(), 0f32);
        let limits = self.reach.limits(k);
        let limit = |score: f32| limits.get(limits.partition_point(|(least, _)| *least > score)).map(|(_, rows)| *rows);
        // Scans a cell of a segment, and gives what the worst of the k best has at the least.
        let mut scan = |number: usize, cell: usize| -> Result<Option<f32>, Damage> {
            let segment = &self.segments[number];
            segment.source.check(segment, cell)?;
            let blocks = segment.starts[cell] as usize..segment.starts[cell + 1] as usize;
            let words = planes.bits.len();
            upper.clear();
            upper.resize(blocks.len(), [0f32; BLOCK]);
            let codes = &segment.codes[blocks.start * words..blocks.end * words];
            bounds(set, codes, &segment.factors[blocks.clone()], &planes, (products[cell], WIDTH), &mut upper);
            for (at, &most) in upper.as_flattened().iter().enumerate() {
                if most < worst {
                    continue;
                }
                let place = blocks.start * BLOCK + at;
                if !segment.holds(place) || !admitted(segment.keys[place]) {
                    continue;
                }
                candidates.push(Candidate { most, place, segment: number, cell });
                let error = segment.factors[place / BLOCK].error[place % BLOCK];
                least.offer(segment.keys[place], most - 2.0 * WIDTH * error);
                worst = least.worst().unwrap_or(f32::NEG_INFINITY);
            }
            Ok(least.worst())
        };
        let mut reached = None;
        let mut later_left = self.segments.len() > 1;
        let mut cells = 0;
        while let Some(&Promise { cell, .. }) = order.peek() {
            // The worst of the k best has at the least what it has by its code, less WIDTH deviations.
            let thought = reached.map(|worst| worst + (WIDTH - LUCK) * self.reach.error);
            let far_enough = !everything && thought.and_then(limit).is_some_and(|rows| scanned >= rows);
            if later_left && (far_enough || cells == FIRST_CELLS) {
                for number in 1..self.segments.len() {
                    for Promise { cell, .. } in &order {
                        reached = scan(number, *cell)?;
                    }
                }
                later_left = false;
                continue;
            }
            if far_enough {
                break;
            }
            order.pop();
            cells += 1;
            // As far as was measured, which was in the first segment.
            scanned += self.segments[0].places(cell).len() as f32;
            for number in 0..if later_left { self.segments.len() } else { 1 } {
                reached = scan(number, cell)?;
            }
        }
        // Then in bytes, the most promising first, until no other can reach the worst of the k best.
        candidates.retain(|candidate| candidate.most >= worst);
        let mut best: Best<u64> = Best::new(k);
        let mut found = Vec::new();
        let mut worst = f32::NEG_INFINITY;
        let mut rest = candidates.as_mut_slice();
        'looking: while !rest.is_empty() {
            let (next, others) = most_promising(rest, ORDERED.max(k.saturating_mul(2)));
            for &Candidate { most, place, segment, cell } in next.iter() {
                if most < worst - self.blur {
                    break 'looking;
                }
                let segment = &self.segments[segment];
                let score = segment.scales[place] * dot_bytes(set, segment.source.row(place)?, query);
                best.offer(segment.keys[place], score);
                found.push(Found { key: segment.keys[place], score, cell });
                worst = best.worst().unwrap_or(f32::NEG_INFINITY);
            }
            rest = others;
        }
        found.retain(|found| found.score >= worst - self.blur);
        found.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.key.cmp(&b.key)));
        Ok(found)
    }
}

/// The first of some candidates in order, and those behind them in none.
fn most_promising(candidates: &mut [Candidate], count: usize) -> (&mut [Candidate], &mut [Candidate]) {
    if candidates.len() > count {
        candidates.select_nth_unstable_by(count, |a, b| b.cmp(a));
    }
    let (first, others) = candidates.split_at_mut(count.min(candidates.len()));
    first.sort_unstable_by(|a, b| b.cmp(a));
    (first, others)
}

/// A row whose score may be as high as `most`, by its code.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    most: f32,
    segment: usize,
    place: usize,
    cell: usize,
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Candidate) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

impl Ord for Candidate {
    fn cmp(&self, other: &Candidate) -> Ordering {
        self.most.total_cmp(&other.most).then_with(|| (other.segment, other.place).cmp(&(self.segment, self.place)))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Candidate) -> Option<Ordering> {
        Some(self.cmp(other))
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
