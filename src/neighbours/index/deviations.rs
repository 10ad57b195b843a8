//! How far the scores of a table may be off, which its rows say in the order of cells.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::rows::Arranged;
use super::segment::EMPTY_KEY;
use crate::kernels::BLOCK;

/// Standard deviations that the difference of two scores in bytes may be off, times that of one in
/// what a byte is worth: rounding is off by 0.29 (1 / √12) in each of a unit query's directions.
const INT8_ERROR: f32 = 3.0 * 1.42 * 0.29;

/// What is gathered of the rows.
pub(super) struct Deviations {
    errors: f64,
    rows: u64,
    /// The largest scales, the least of them first: those above what 999 of 1000 rows stay below.
    scales: BinaryHeap<Reverse<u32>>,
    most: usize,
}

impl Deviations {
    pub(super) fn new(rows: u64) -> Deviations {
        let most = (rows - (rows as f64 * 0.999) as u64) as usize;
        Deviations { errors: 0.0, rows, scales: BinaryHeap::with_capacity(most + 1), most }
    }

    pub(super) fn take(&mut self, rows: &Arranged) {
        for (place, _) in rows.keys.iter().enumerate().filter(|(_, key)| **key != EMPTY_KEY) {
            self.errors += f64::from(rows.factors[place / BLOCK].error[place % BLOCK]);
            // Positive numbers are ordered as their bits are.
            self.scales.push(Reverse(rows.scales[place].to_bits()));
            if self.scales.len() > self.most {
                self.scales.pop();
            }
        }
    }

    /// The mean standard deviation of a score by code.
    pub(super) fn error(&self) -> f32 {
        (self.errors / self.rows.max(1) as f64) as f32
    }

    /// How far the difference of two scores in bytes may be off: by what the bytes of 999 of 1000
    /// rows are worth at most.
    pub(super) fn int8_error(&self) -> f32 {
        INT8_ERROR * self.scales.peek().map_or(f32::INFINITY, |Reverse(bits)| f32::from_bits(*bits))
    }
}
