//! All that a query needs of an index, whether it lies in a file or in memory, and the order in
//! which a query goes through its cells.
//!
//! Rows lie in segments: those that there were when the cells were made, and those that came later.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::probe_limits::ProbeLimits;
use super::rotation::Rotation;
use super::segment::Segment;
use crate::kernels::{InstructionSet, dots};

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
    pub(super) limits: ProbeLimits<'a>,
    /// How far the difference of two scores in bytes may be off.
    pub(super) int8_error: f32,
    /// The first holds the rows that there were when the cells were made.
    pub(super) segments: Vec<Segment<'a>>,
}

impl Table<'_> {
    /// The products of all centres with a query, and the cells in the order in which they are
    /// scanned.
    pub(super) fn order(&self, set: InstructionSet, query: &[f32]) -> (Vec<f32>, BinaryHeap<RankedCell>) {
        let mut products = vec![0f32; self.lengths.len()];
        dots(set, self.centres, query, &mut products);
        let ranked = |(cell, (product, length)): (usize, (&f32, &f32))| RankedCell { cosine: product / length, cell };
        let order = products.iter().zip(self.lengths).enumerate().map(ranked).collect();
        (products, order)
    }
}

/// A cell and the cosine of its centre and the query.
#[derive(Clone, Copy, Debug)]
pub(super) struct RankedCell {
    cosine: f32,
    pub(super) cell: usize,
}

impl PartialEq for RankedCell {
    fn eq(&self, other: &RankedCell) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for RankedCell {}

impl Ord for RankedCell {
    fn cmp(&self, other: &RankedCell) -> Ordering {
        self.cosine.total_cmp(&other.cosine).then_with(|| other.cell.cmp(&self.cell))
    }
}

impl PartialOrd for RankedCell {
    fn partial_cmp(&self, other: &RankedCell) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
