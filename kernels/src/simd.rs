//! Vectors of `f32` lanes: the few operations that kernels are written in, and what a kernel is.

/// A kernel: compiled once per instruction set. `run` and all that it calls is `#[inline(always)]`,
/// so that it ends inside the one function that has the set's instructions enabled.
pub(super) trait Kernel {
    type Output;
    fn run<L: Simd>(self) -> Self::Output;
}

/// A vector of `N` lanes of `f32`, and one of as many `i32`.
///
/// # Safety
///
/// Operations of a set other than the portable one may only run on a processor that has it: inside
/// [`InstructionSet::run`](super::InstructionSet). Pointers must be valid for `N` lanes; they need
/// no alignment.
pub(super) trait Simd: Copy {
    /// Lanes of a vector.
    const N: usize;
    /// Rows of a tile of a matrix product that fit the registers beside what else is needed.
    const ROWS: usize;
    /// Vectors side by side in a tile.
    const VECTORS: usize;
    /// What [`Simd::store_bytes`] takes off every byte, so that [`Simd::dot`] leaves it out; 128
    /// where a set multiplies signed bytes only.
    const OFFSET: i32;

    /// As many lanes of `i32`, or four times as many bytes.
    type Int: Copy;

    unsafe fn splat(x: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    unsafe fn div(self, other: Self) -> Self;
    /// `self * factor + summand`; rounded once where the set can.
    unsafe fn mul_add(self, factor: Self, summand: Self) -> Self;
    unsafe fn max(self, other: Self) -> Self;
    unsafe fn min(self, other: Self) -> Self;
    /// To the nearest whole number, halves to the even one.
    unsafe fn round(self) -> Self;
    /// Times 2 to the power of each other lane, which holds a whole number from -126 to 127.
    unsafe fn scale_exp2(self, whole: Self) -> Self;

    unsafe fn int_zero() -> Self::Int;
    /// Four bytes in every lane.
    unsafe fn int_splat(bytes: u32) -> Self::Int;
    unsafe fn int_load(from: *const i8) -> Self::Int;
    /// Adds to each lane the products of its four bytes, as [`Simd::store_bytes`] writes them,
    /// with four signed ones within ±127, exactly. The former are of [`Simd::int_splat`].
    unsafe fn dot(sum: Self::Int, unsigned: Self::Int, signed: Self::Int) -> Self::Int;
    /// Adds to each lane the products of its two signed words with two others, exactly where the
    /// sum fits. Those of `one` are of [`Simd::int_splat`].
    unsafe fn dot_words(sum: Self::Int, one: Self::Int, other: Self::Int) -> Self::Int;
    unsafe fn int_add(x: Self::Int, other: Self::Int) -> Self::Int;
    unsafe fn int_to_float(x: Self::Int) -> Self;
    /// To the nearest whole number, halves to the even one, for lanes smaller than 2^22.
    unsafe fn to_int(self) -> Self::Int;
    /// Rounds lanes in 0..=255 (halves to even) and writes them as bytes, each less
    /// [`Simd::OFFSET`].
    unsafe fn store_bytes(self, to: *mut u8);
    /// Writes lanes within ±32767 as words.
    unsafe fn int_store_words(x: Self::Int, to: *mut i16);

    /// The sum of the lanes, by halves: the order is the same whatever the data.
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        // SAFETY: the caller's. `N` is at most 16.
        unsafe {
            let mut lanes = [0f32; 16];
            self.store(lanes.as_mut_ptr());
            let mut half = Self::N / 2;
            while half > 0 {
                for at in 0..half {
                    lanes[at] += lanes[at + half];
                }
                half /= 2;
            }
            lanes[0]
        }
    }

    /// The largest lane.
    #[inline(always)]
    unsafe fn largest(self) -> f32 {
        // SAFETY: as in `sum`.
        unsafe {
            let mut lanes = [f32::NEG_INFINITY; 16];
            self.store(lanes.as_mut_ptr());
            lanes.iter().fold(f32::NEG_INFINITY, |a, b| a.max(*b))
        }
    }

    /// The smallest lane.
    #[inline(always)]
    unsafe fn smallest(self) -> f32 {
        // SAFETY: as in `sum`.
        unsafe {
            let mut lanes = [f32::INFINITY; 16];
            self.store(lanes.as_mut_ptr());
            lanes.iter().fold(f32::INFINITY, |a, b| a.min(*b))
        }
    }
}
