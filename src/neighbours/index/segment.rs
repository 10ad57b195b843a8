//! Rows of an index, cell by cell: where their codes and bytes lie, and whether they are what was
//! written.

use crate::kernels::{BLOCK, Factors};

/// The key of a place that no row has: blocks are filled up.
pub(super) const EMPTY_KEY: u64 = u64::MAX;

/// Rows, cell by cell.
#[derive(Clone, Copy)]
pub(super) struct Segment<'a> {
    /// Where each cell begins, in blocks, and where the last ends.
    pub(super) starts: &'a [u64],
    /// Blocks x words.
    pub(super) codes: &'a [[u64; BLOCK]],
    /// Blocks.
    pub(super) factors: &'a [Factors],
    /// Places: blocks x 8. Rows of the library, or [`EMPTY_KEY`].
    pub(super) keys: &'a [u64],
    /// Places: what a byte is worth.
    pub(super) scales: &'a [f32],
    /// Keys of rows that have changed since, ascending: they are passed over.
    pub(super) outdated: &'a [u64],
    /// The bytes.
    pub(super) source: &'a dyn Source,
}

impl Segment<'_> {
    /// The places of a cell.
    pub(super) fn places(&self, cell: usize) -> std::ops::Range<usize> {
        self.starts[cell] as usize * BLOCK..self.starts[cell + 1] as usize * BLOCK
    }

    /// Whether a place holds a row that still counts.
    pub(super) fn holds(&self, place: usize) -> bool {
        let key = self.keys[place];
        key != EMPTY_KEY && (self.outdated.is_empty() || self.outdated.binary_search(&key).is_err())
    }
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
