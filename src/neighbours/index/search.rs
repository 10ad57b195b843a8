//! How a query goes through the rows of an index.
//!
//! In: a unit query. Out: the rows most likely to be its nearest, with scores that are right to
//! three decimals. There are two steps:
//!
//! 1. By codes (`Table::candidates`). Cells are scanned in the order of the cosines of their
//!    centres and the query. In a cell every row has bounds from its code (`code.rs`); rows that
//!    can be among the best by their bounds become candidates.
//! 2. By bytes (`Table::ranked`). Candidates are scored in bytes, the most promising first, until
//!    no other can be among the best.
//!
//! How many rows the first step scans was measured when the index was made (`measure.rs`), with
//! rows of the library as queries: so many that nearly all rows with such a score were among them.
//! That holds for any data: where nothing is clustered, nearly everything is scanned, and so it is
//! for a query that has nothing near it. Rows that came later are scanned in every cell: no cell
//! was made for them, and the papers of a new field lie in all of them.

use std::cmp::Ordering;

use super::code::planes;
use super::segment::Damage;
use super::table::{RankedCell, Table};
use crate::kernels::{BLOCK, InstructionSet, Planes, bounds, dot_bytes};
use crate::neighbours::top_k::Best;

/// How many standard deviations a row's score may be above its estimate. One true neighbour in a
/// few hundred is further off than that.
const WIDTH: f32 = 2.5;

/// The best rows by 1-bit code are overestimated (winner's curse). Subtract this many standard
/// deviations from their estimates.
const OPTIMISM_CORRECTION: f32 = 1.0;

/// Cells that are scanned before the rows that came later are: by then it is known which score a
/// row must have to be among the best.
const FIRST_CELLS: usize = 16;

/// Candidates that are sorted at once, at the least. Only a part of them is scored in bytes, and to
/// sort all of them took longer.
const ORDERED: usize = 256;

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query<'a> {
    /// Of unit length.
    pub(super) vector: &'a [f32],
    /// How many rows.
    pub(super) k: usize,
    /// Whether all cells are scanned, however good the rows are that were found.
    pub(super) everything: bool,
}

/// A row that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) key: u64,
    /// Product with the query, to three decimals.
    pub(super) score: f32,
    pub(super) cell: usize,
}

impl Table<'_> {
    /// The admitted rows that can be among the best `k` as far as scores in bytes tell, the best
    /// first.
    pub(super) fn search(
        &self,
        set: InstructionSet,
        query: &Query<'_>,
        admitted: &dyn Fn(u64) -> bool,
    ) -> Result<Vec<Found>, Damage> {
        let candidates = self.candidates(set, query, admitted)?;
        self.ranked(set, query, candidates)
    }

    /// The first step: the admitted rows of the scanned cells that can be among the best `k` by
    /// their codes, in no order.
    fn candidates(
        &self,
        set: InstructionSet,
        query: &Query<'_>,
        admitted: &dyn Fn(u64) -> bool,
    ) -> Result<Vec<Candidate>, Damage> {
        let (products, mut order) = self.order(set, query.vector);
        let mut scan = CodeScan {
            table: self,
            set,
            planes: planes(self.rotation, query.vector),
            products,
            admitted,
            least: Best::new(query.k),
            candidates: Vec::new(),
            upper: Vec::new(),
        };
        let limits = self.limits.by_score(query.k);
        let limit = |score: f32| limits.get(limits.partition_point(|(least, _)| *least > score)).map(|(_, rows)| *rows);
        let mut later_left = self.segments.len() > 1;
        let (mut cells, mut scanned) = (0, 0f32);
        while let Some(&RankedCell { cell, .. }) = order.peek() {
            // The estimate of the k-th best: its lower bound is WIDTH deviations below it.
            let expected = scan.least.worst().map(|worst| worst + (WIDTH - OPTIMISM_CORRECTION) * self.limits.error);
            let far_enough = !query.everything && expected.and_then(limit).is_some_and(|rows| scanned >= rows);
            if later_left && (far_enough || cells == FIRST_CELLS) {
                for number in 1..self.segments.len() {
                    order.iter().try_for_each(|RankedCell { cell, .. }| scan.cell(number, *cell))?;
                }
                later_left = false;
                continue;
            }
            if far_enough {
                break;
            }
            order.pop();
            cells += 1;
            // Limits were measured on the first segment alone.
            scanned += self.segments[0].places(cell).len() as f32;
            for number in 0..if later_left { self.segments.len() } else { 1 } {
                scan.cell(number, cell)?;
            }
        }
        Ok(scan.finish())
    }

    /// The second step: candidates by their scores in bytes, the best first, without those that
    /// cannot be among the best `k`.
    fn ranked(
        &self,
        set: InstructionSet,
        query: &Query<'_>,
        mut candidates: Vec<Candidate>,
    ) -> Result<Vec<Found>, Damage> {
        let mut best: Best<u64> = Best::new(query.k);
        let mut found = Vec::new();
        let mut worst = f32::NEG_INFINITY;
        let mut rest = candidates.as_mut_slice();
        'looking: while !rest.is_empty() {
            let (next, others) = most_promising(rest, ORDERED.max(query.k.saturating_mul(2)));
            for &Candidate { most, place, segment, cell } in next.iter() {
                // Candidates come by their upper bounds: no later one can be better.
                if most < worst - self.int8_error {
                    break 'looking;
                }
                let segment = &self.segments[segment];
                let score = segment.scales[place] * dot_bytes(set, segment.source.row(place)?, query.vector);
                best.offer(segment.keys[place], score);
                found.push(Found { key: segment.keys[place], score, cell });
                worst = best.worst().unwrap_or(f32::NEG_INFINITY);
            }
            rest = others;
        }
        found.retain(|found| found.score >= worst - self.int8_error);
        found.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.key.cmp(&b.key)));
        Ok(found)
    }
}

/// A scan of cells by their codes, and what it found so far.
struct CodeScan<'a> {
    table: &'a Table<'a>,
    set: InstructionSet,
    planes: Planes,
    /// Of the centres with the query.
    products: Vec<f32>,
    admitted: &'a dyn Fn(u64) -> bool,
    /// The k best by what their scores are at the least.
    least: Best<u64>,
    candidates: Vec<Candidate>,
    /// What the scores of a cell's rows are at the most; kept so that its memory is used again.
    upper: Vec<[f32; BLOCK]>,
}

impl CodeScan<'_> {
    /// What a row must be able to reach: the worst of the k best by what they have at the least.
    fn worst(&self) -> f32 {
        self.least.worst().unwrap_or(f32::NEG_INFINITY)
    }

    /// Scans a cell of a segment.
    fn cell(&mut self, number: usize, cell: usize) -> Result<(), Damage> {
        let segment = &self.table.segments[number];
        segment.source.check(segment, cell)?;
        let blocks = segment.starts[cell] as usize..segment.starts[cell + 1] as usize;
        let words = self.planes.bits.len();
        self.upper.clear();
        self.upper.resize(blocks.len(), [0f32; BLOCK]);
        let codes = &segment.codes[blocks.start * words..blocks.end * words];
        let factors = &segment.factors[blocks.clone()];
        bounds(self.set, codes, factors, &self.planes, self.products[cell], WIDTH, &mut self.upper);
        let mut worst = self.worst();
        for (at, &most) in self.upper.as_flattened().iter().enumerate() {
            if most < worst {
                continue;
            }
            let place = blocks.start * BLOCK + at;
            if !segment.holds(place) || !(self.admitted)(segment.keys[place]) {
                continue;
            }
            self.candidates.push(Candidate { most, place, segment: number, cell });
            let error = segment.factors[place / BLOCK].error[place % BLOCK];
            self.least.offer(segment.keys[place], most - 2.0 * WIDTH * error);
            worst = self.least.worst().unwrap_or(f32::NEG_INFINITY);
        }
        Ok(())
    }

    /// The candidates that can still be among the k best, now that all are known.
    fn finish(mut self) -> Vec<Candidate> {
        let worst = self.worst();
        self.candidates.retain(|candidate| candidate.most >= worst);
        self.candidates
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
