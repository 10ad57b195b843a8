//! How far a query goes through the cells: measured when the index is made, looked up when it is asked.
//!
//! In: a table, and rows of the library that its centres were not made from. Out: [`Step`]s, and from them, for a number of neighbours,
//! how many rows are scanned by the score of the worst of them.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::build::most;
use super::table::{Promise, Table};
use crate::kernels::InstructionSet;

/// Queries that a search's reach is measured with.
pub(super) const TRIALS: usize = 256;

/// Neighbours of each of them.
const DEEPEST: usize = 1000;

/// Of the neighbours of trials, the share that is scanned: where few are looked for, and where many are.
const TAKEN_IN: (f64, f64) = (0.993, 0.986);

/// How far scores are apart that are measured together, and how many there have to be of them at the least.
const STEP: f32 = 0.02;
const PER_STEP: usize = 500;

/// How many neighbours are few, and how many are many: see [`Step`].
const FEW: f32 = 10.0;
const MANY: f32 = 100.0;

/// Rows that have to be scanned to have nearly all of those that score so much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Step {
    /// The least score that this step is for.
    pub(super) score: f32,
    /// Where few neighbours are looked for: each counts for more.
    pub(super) few: f32,
    /// Where many are.
    pub(super) many: f32,
}

/// How far a query goes: by the score of the worst of the rows that it looks for, which says how crowded the place is.
///
/// The number of neighbours does not say it: ten are found in one cell where a paper has thirty near copies, and in fifty cells
/// where it is alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach<'a> {
    /// Scores descend, rows do not.
    pub(super) steps: &'a [Step],
    /// The mean standard deviation of a score by code.
    pub(super) error: f32,
}

impl Reach<'_> {
    /// For `k` neighbours: the least score of each step, and the rows that are scanned. Below the last, everything is.
    pub(super) fn limits(&self, k: usize) -> Vec<(f32, f32)> {
        let share = ((k.max(1) as f32).ln() - FEW.ln()) / (MANY.ln() - FEW.ln());
        let share = share.clamp(0.0, 1.0);
        self.steps.iter().map(|step| (step.score, step.few.powf(1.0 - share) * step.many.powf(share))).collect()
    }
}

/// How many rows are scanned until nearly all neighbours of such a score are among them, for rows of the table as queries.
pub(super) fn measure(table: &Table<'_>, set: InstructionSet, trials: &[f32]) -> Vec<Step> {
    // Neighbours: their scores, and the rows that are scanned up to their cells.
    let mut neighbours: Vec<(f32, f32)> = trials
        .par_chunks(table.dimension.max(1))
        .flat_map_iter(|query| {
            let found = table.search(set, (query, DEEPEST + 1, true), &|_| true).unwrap_or_default();
            let (products, mut order) = table.order(set, query);
            let mut scanned = vec![0f32; products.len()];
            let mut rows = 0;
            while let Some(Promise { cell, .. }) = order.pop() {
                rows += table.segments[0].places(cell).len();
                scanned[cell] = rows as f32;
            }
            // The first is the query itself.
            found.into_iter().skip(1).map(move |found| (found.score, scanned[found.cell]))
        })
        .collect();
    neighbours.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.total_cmp(&b.1)));
    let mut steps: Vec<Step> = Vec::new();
    let mut rest = neighbours.as_slice();
    while let Some((score, _)) = rest.first() {
        let least = score - STEP;
        let count = rest.partition_point(|(score, _)| *score > least).max(PER_STEP).min(rest.len());
        let (these, next) = rest.split_at(count);
        let before = steps.last().copied().unwrap_or_default();
        let rows = |share| most(share, these.iter().map(|(_, rows)| *rows).collect());
        steps.push(Step {
            score: these[count - 1].0,
            few: rows(TAKEN_IN.0).max(before.few),
            many: rows(TAKEN_IN.1).max(before.many),
        });
        rest = next;
    }
    steps
}
