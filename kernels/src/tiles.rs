//! Tiles of a matrix product: as many rows of one panel of weights as there are registers for their
//! sums.

use super::simd::Simd;

/// What computes and writes the rows of a tile.
pub(super) trait Tile {
    /// Computes `ROWS` rows of `VECTORS` vectors.
    ///
    /// # Safety
    ///
    /// Pointers are valid for so many rows; and as in [`Simd`].
    unsafe fn compute<L: Simd, const VECTORS: usize, const ROWS: usize>(self);
}

/// Computes `rows` rows in tiles as equal as can be, so that none is small and no row is computed
/// twice. `tile` makes the one that begins with a row.
///
/// # Safety
///
/// As of [`Tile::compute`], for all rows.
#[inline(always)]
pub(super) unsafe fn run_tiles<L: Simd, T: Tile>(rows: usize, mut tile: impl FnMut(usize) -> T) {
    let mut row = 0;
    while row < rows {
        let left = rows - row;
        let here = left.div_ceil(left.div_ceil(L::ROWS));
        let tile = tile(row);
        // SAFETY: the caller's. Which numbers a set never meets is known when it is compiled.
        unsafe {
            match here {
                14 if L::ROWS >= 14 => run_tile::<L, T, 14>(tile),
                13 if L::ROWS >= 13 => run_tile::<L, T, 13>(tile),
                12 if L::ROWS >= 12 => run_tile::<L, T, 12>(tile),
                11 if L::ROWS >= 11 => run_tile::<L, T, 11>(tile),
                10 if L::ROWS >= 10 => run_tile::<L, T, 10>(tile),
                9 if L::ROWS >= 9 => run_tile::<L, T, 9>(tile),
                8 if L::ROWS >= 8 => run_tile::<L, T, 8>(tile),
                7 if L::ROWS >= 7 => run_tile::<L, T, 7>(tile),
                6 if L::ROWS >= 6 => run_tile::<L, T, 6>(tile),
                5 if L::ROWS >= 5 => run_tile::<L, T, 5>(tile),
                4 => run_tile::<L, T, 4>(tile),
                3 => run_tile::<L, T, 3>(tile),
                2 => run_tile::<L, T, 2>(tile),
                _ => run_tile::<L, T, 1>(tile),
            }
        }
        row += here;
    }
}

#[inline(always)]
unsafe fn run_tile<L: Simd, T: Tile, const ROWS: usize>(tile: T) {
    // SAFETY: the caller's.
    unsafe { if L::VECTORS == 2 { tile.compute::<L, 2, ROWS>() } else { tile.compute::<L, 1, ROWS>() } }
}

/// Writes a block once for each row of a tile, at most 14, with the row's number as a constant.
///
/// In a loop the compiler unrolls the innermost block and not the larger one that writes results;
/// sums indexed by a variable there live in memory and not in registers, and every tile begins with
/// clearing 2 KB and ends with reading them. A macro and not a function of a closure: a closure
/// that is not inlined would be compiled without the set's instructions.
macro_rules! each_row {
    ($rows:ident, $row:ident => $block:block) => {
        each_row!(@ $rows, $row, $block, 0 1 2 3 4 5 6 7 8 9 10 11 12 13)
    };
    (@ $rows:ident, $row:ident, $block:block, $($number:literal)*) => {
        $(if $number < $rows {
            #[allow(non_upper_case_globals)]
            const $row: usize = $number;
            $block
        })*
    };
}

pub(super) use each_row;

/// Writes the first `here` columns of a tile's row.
#[inline(always)]
pub(super) unsafe fn write_row<L: Simd, const VECTORS: usize>(row: [L; VECTORS], to: *mut f32, here: usize) {
    // SAFETY: the caller's: `here` columns may be written; what is beyond goes to a buffer first.
    unsafe {
        if here == VECTORS * L::N {
            for (number, vector) in row.iter().enumerate() {
                vector.store(to.add(number * L::N));
            }
        } else {
            let mut buffer = [0f32; 32];
            for (number, vector) in row.iter().enumerate() {
                vector.store(buffer.as_mut_ptr().add(number * L::N));
            }
            std::ptr::copy_nonoverlapping(buffer.as_ptr(), to, here);
        }
    }
}
