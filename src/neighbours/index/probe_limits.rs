//! How far a query goes through the cells, as `measure` found when the index was made.
//!
//! In: [`Step`]s and a number of neighbours. Out: how many rows are scanned, by the score of the
//! worst of them.

use bytemuck::{Pod, Zeroable};

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

/// How far a query goes: by the score of the worst of the rows that it looks for, which says how
/// crowded the place is.
///
/// The number of neighbours does not say it: ten are found in one cell where a paper has thirty
/// near copies, and in fifty cells where it is alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProbeLimits<'a> {
    /// Scores descend, rows do not.
    pub(super) steps: &'a [Step],
    /// The mean standard deviation of a score by code.
    pub(super) error: f32,
}

impl ProbeLimits<'_> {
    /// For `k` neighbours: the least score of each step, and the rows that are scanned. Below the
    /// last, everything is.
    pub(super) fn by_score(&self, k: usize) -> Vec<(f32, f32)> {
        let share = ((k.max(1) as f32).ln() - FEW.ln()) / (MANY.ln() - FEW.ln());
        let share = share.clamp(0.0, 1.0);
        self.steps.iter().map(|step| (step.score, step.few.powf(1.0 - share) * step.many.powf(share))).collect()
    }
}
