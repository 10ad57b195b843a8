//! Rows of numbers that may lie inside wider rows: a matrix, or some of its columns.

/// Rows of which each begins `stride` numbers after the one before it. How many there are, and how
/// long, is said where they are used.
#[derive(Clone, Copy, Debug)]
pub struct Strided<S> {
    /// From the first number of the first row on.
    pub values: S,
    /// Numbers from the beginning of a row to that of the next.
    pub stride: usize,
}
