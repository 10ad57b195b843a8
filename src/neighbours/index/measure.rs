//! How far a query must go through the cells, measured when the index is made.
//!
//! In: a table, and rows of the library that its centres were not made from. Out: [`Step`]s, by
//! which [`ProbeLimits`](super::probe_limits::ProbeLimits) tells how far a query goes.

use rayon::prelude::*;

use super::probe_limits::Step;
use super::search::Query;
use super::table::{RankedCell, Table};
use crate::kernels::InstructionSet;

/// Queries that the limits are measured with.
pub(super) const TRIALS: usize = 256;

/// Neighbours of each of them.
const DEEPEST: usize = 1000;

/// Of the neighbours of trials, the share that is scanned: where few are looked for, and where many
/// are.
const TAKEN_IN: (f64, f64) = (0.993, 0.986);

/// How far scores are apart that are measured together, and how many there have to be of them at
/// the least.
const STEP: f32 = 0.02;
const PER_STEP: usize = 500;

/// How many rows are scanned until nearly all neighbours of such a score are among them, for rows
/// of the table as queries.
pub(super) fn measure(table: &Table<'_>, set: InstructionSet, trials: &[f32]) -> Vec<Step> {
    // Neighbours: their scores, and the rows that are scanned up to their cells.
    let mut neighbours: Vec<(f32, f32)> = trials
        .par_chunks(table.dimension.max(1))
        .flat_map_iter(|query| {
            let found = table
                .search(set, &Query { vector: query, k: DEEPEST + 1, everything: true }, &|_| true)
                .unwrap_or_default();
            let (products, mut order) = table.order(set, query);
            let mut scanned = vec![0f32; products.len()];
            let mut rows = 0;
            while let Some(RankedCell { cell, .. }) = order.pop() {
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

/// What a share of all values stays below.
pub(super) fn most(share: f64, mut values: Vec<f32>) -> f32 {
    values.sort_unstable_by(f32::total_cmp);
    let at = (values.len() as f64 * share) as usize;
    values.get(at.min(values.len().saturating_sub(1))).copied().unwrap_or(f32::INFINITY)
}
