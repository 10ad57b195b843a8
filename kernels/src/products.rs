//! Scalar products of many rows with many queries, each in the one order of sums that is the same
//! on every machine.
//!
//! In: rows as a library stores them, and queries. Out: every product, with the bits of
//! [`dot_stored`](crate::dot_stored): sixteen running sums, each product rounded before it is
//! added, and the sums added up by halves. A tile of a few rows and a few queries is computed at a
//! time: their running sums stay in registers, an element that was loaded serves several products,
//! and as many sums run side by side as it takes to hide how long one addition takes. A matrix
//! product with fused multiplications would take half as long, and round otherwise on every set.

use super::instruction_set::InstructionSet;
use super::simd::{Kernel, Simd};

/// Writes a block once for each of at most four rows or queries, with its number as a constant: as
/// `each_row`, which would write two hundred blocks here.
macro_rules! each {
    ($count:ident, $at:ident => $block:block) => { each!(@ $count, $at, $block, 0 1 2 3) };
    (@ $count:ident, $at:ident, $block:block, $($number:literal)*) => {
        $(if $number < $count {
            #[allow(non_upper_case_globals)]
            const $at: usize = $number;
            $block
        })*
    };
}

/// Running sums of a product.
const SUMS: usize = 16;

/// The product of each row (rows x `dimension` of `f32`, little-endian) with each query (queries x
/// `dimension`), to `out`: queries x rows.
pub fn dot_products(set: InstructionSet, rows: &[u8], queries: &[f32], dimension: usize, out: &mut [f32]) {
    let width = dimension * size_of::<f32>();
    assert!(dimension > 0 && rows.len().is_multiple_of(width) && queries.len().is_multiple_of(dimension));
    let (row_count, query_count) = (rows.len() / width, queries.len() / dimension);
    assert!(out.len() == row_count * query_count);
    // A number is read as this machine has it.
    const { assert!(cfg!(target_endian = "little")) };
    set.run(DotProducts { rows, queries, dimension, row_count, query_count, out });
}

struct DotProducts<'a> {
    rows: &'a [u8],
    queries: &'a [f32],
    dimension: usize,
    row_count: usize,
    query_count: usize,
    out: &'a mut [f32],
}

impl Kernel for DotProducts<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Simd>(self) {
        // SAFETY: `dot_products` has checked the lengths. As many sums as a set's registers hold
        // beside what is loaded; a set has sixteen lanes or eight.
        unsafe { if L::N == SUMS { self.tiles::<L, 1, 4>() } else { self.tiles::<L, 2, 2>() } }
    }
}

impl DotProducts<'_> {
    /// Computes everything in tiles of `SIDE` rows and queries, and the rest one by one.
    ///
    /// # Safety
    ///
    /// As in [`Simd`]; `VECTORS` vectors hold the sums of a product.
    #[inline(always)]
    unsafe fn tiles<L: Simd, const VECTORS: usize, const SIDE: usize>(mut self) {
        let (whole_rows, whole_queries) = (self.row_count / SIDE * SIDE, self.query_count / SIDE * SIDE);
        // SAFETY: the caller's; no row or query is beyond the last.
        unsafe {
            for row in (0..whole_rows).step_by(SIDE) {
                for query in (0..whole_queries).step_by(SIDE) {
                    self.tile::<L, VECTORS, SIDE, SIDE>(row, query);
                }
                for query in whole_queries..self.query_count {
                    self.tile::<L, VECTORS, SIDE, 1>(row, query);
                }
            }
            for row in whole_rows..self.row_count {
                for query in (0..whole_queries).step_by(SIDE) {
                    self.tile::<L, VECTORS, 1, SIDE>(row, query);
                }
                for query in whole_queries..self.query_count {
                    self.tile::<L, VECTORS, 1, 1>(row, query);
                }
            }
        }
    }

    /// The products of `ROWS` rows and `QUERIES` queries, from a row and a query on.
    ///
    /// # Safety
    ///
    /// As in [`DotProducts::tiles`]; there are so many rows and queries.
    #[inline(always)]
    unsafe fn tile<L: Simd, const VECTORS: usize, const ROWS: usize, const QUERIES: usize>(
        &mut self,
        row: usize,
        query: usize,
    ) {
        let dimension = self.dimension;
        let (whole, rest) = (dimension / SUMS * SUMS, dimension % SUMS);
        // SAFETY: the caller's. Elements of rows have no alignment, and are only copied and loaded.
        unsafe {
            let rows: *const f32 = self.rows.as_ptr().add(row * dimension * size_of::<f32>()).cast();
            let queries = self.queries.as_ptr().add(query * dimension);
            let mut sums = [[[L::splat(0.0); VECTORS]; QUERIES]; ROWS];
            for at in (0..whole).step_by(SUMS) {
                add_step::<L, VECTORS, ROWS, QUERIES>(&mut sums, rows.add(at), queries.add(at), dimension);
            }
            if rest > 0 {
                // Zeros add nothing: no running sum is ever -0, since it begins with 0.
                let mut tails = ([[0f32; SUMS]; ROWS], [[0f32; SUMS]; QUERIES]);
                for (number, tail) in tails.0.iter_mut().enumerate() {
                    copy(rows.add(number * dimension + whole), tail, rest);
                }
                for (number, tail) in tails.1.iter_mut().enumerate() {
                    copy(queries.add(number * dimension + whole), tail, rest);
                }
                let (rows, queries) = (tails.0.as_ptr().cast(), tails.1.as_ptr().cast());
                add_step::<L, VECTORS, ROWS, QUERIES>(&mut sums, rows, queries, SUMS);
            }
            let out = self.out.as_mut_ptr().add(query * self.row_count + row);
            each!(ROWS, row => {
                each!(QUERIES, query => {
                    let sum = sums[row][query];
                    *out.add(query * self.row_count + row) = sum[1..].iter().fold(sum[0], |one, other| one.add(*other)).sum();
                });
            });
        }
    }
}

/// Adds sixteen products to the sums of each pair. Rows stand `stride` elements apart, queries too.
///
/// # Safety
///
/// As in [`DotProducts::tile`], for sixteen elements.
#[inline(always)]
unsafe fn add_step<L: Simd, const VECTORS: usize, const ROWS: usize, const QUERIES: usize>(
    sums: &mut [[[L; VECTORS]; QUERIES]; ROWS],
    rows: *const f32,
    queries: *const f32,
    stride: usize,
) {
    // SAFETY: the caller's.
    unsafe {
        for vector in 0..VECTORS {
            let at = vector * L::N;
            let mut columns = [L::splat(0.0); QUERIES];
            for (query, column) in columns.iter_mut().enumerate() {
                *column = L::load(queries.add(query * stride + at));
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                let x = L::load(rows.add(row * stride + at));
                for (sums, column) in sums.iter_mut().zip(columns) {
                    sums[vector] = sums[vector].add(x.mul(column));
                }
            }
        }
    }
}

/// # Safety
///
/// So many floats can be read, at any address, and there are fewer than sixteen.
#[inline(always)]
unsafe fn copy(from: *const f32, to: &mut [f32; SUMS], count: usize) {
    // SAFETY: the caller's.
    unsafe { std::ptr::copy_nonoverlapping(from.cast::<u8>(), to.as_mut_ptr().cast::<u8>(), count * size_of::<f32>()) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The sum in the order that answers have.
    fn by_hand(one: &[f32], other: &[f32]) -> f32 {
        let mut sums = [0f32; SUMS];
        one.iter().zip(other).enumerate().for_each(|(at, (x, y))| sums[at % SUMS] += x * y);
        for half in [8, 4, 2, 1] {
            (0..half).for_each(|lane| sums[lane] += sums[lane + half]);
        }
        sums[0]
    }

    proptest! {
        #[test]
        fn every_set_gives_the_bits_of_one_order(
            rows in 0usize..11, queries in 0usize..11, dimension in prop_oneof![1usize..70, Just(384), Just(1024)], seed in any::<u32>(),
        ) {
            let value = |at: usize| match (at as u32).wrapping_mul(2_654_435_761) ^ seed {
                hash if hash % 17 == 0 => -0.0,
                hash => (hash >> 8) as f32 / 8_388_608.0 - 1.0,
            };
            let a: Vec<f32> = (0..rows * dimension).map(value).collect();
            let b: Vec<f32> = (0..queries * dimension).map(|at| value(at + 7919)).collect();
            // Rows of a file begin anywhere.
            let bytes: Vec<u8> = [0].into_iter().chain(a.iter().flat_map(|x| x.to_le_bytes())).collect();
            for set in InstructionSet::available() {
                let mut out = vec![f32::NAN; rows * queries];
                dot_products(set, &bytes[1..], &b, dimension, &mut out);
                for (at, product) in out.iter().enumerate() {
                    let (query, row) = (at / rows, at % rows);
                    let expected = by_hand(&a[row * dimension..][..dimension], &b[query * dimension..][..dimension]);
                    prop_assert_eq!(product.to_bits(), expected.to_bits(), "{:?}: row {}, query {}", set, row, query);
                }
            }
        }
    }
}
