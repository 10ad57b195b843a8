//! Vectors as plain arrays: no intrinsics, the twin that every instruction set is tested against.

use super::simd::Simd;

/// Eight lanes: two vectors of what every x86-64 and aarch64 has.
#[derive(Clone, Copy)]
pub(super) struct Portable([f32; 8]);

impl Portable {
    #[inline(always)]
    fn each(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Portable(std::array::from_fn(|at| f(self.0[at], other.0[at])))
    }
}

impl Simd for Portable {
    const N: usize = 8;
    const ROWS: usize = 4;
    const VECTORS: usize = 1;
    const OFFSET: i32 = 0;
    type Int = [i32; 8];

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Portable([x; 8])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's pointer is valid for eight floats.
        Portable(unsafe { from.cast::<[f32; 8]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as in `load`.
        unsafe { to.cast::<[f32; 8]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.each(other, |a, b| a + b)
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self.each(other, |a, b| a - b)
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        self.each(other, |a, b| a * b)
    }

    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        self.each(other, |a, b| a / b)
    }

    /// Rounded twice: `f32::mul_add` is a function call where there is no such instruction.
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, summand: Self) -> Self {
        Portable(std::array::from_fn(|at| self.0[at] * factor.0[at] + summand.0[at]))
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        self.each(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        self.each(other, |a, b| if a < b { a } else { b })
    }

    #[inline(always)]
    unsafe fn round(self) -> Self {
        // Adding and taking away 1.5 · 2^23 leaves no bits for a fraction; all lanes here are
        // smaller than 2^22.
        Portable(self.0.map(|x| (x + 12_582_912.0) - 12_582_912.0))
    }

    #[inline(always)]
    unsafe fn scale_exp2(self, whole: Self) -> Self {
        self.each(whole, |x, whole| x * f32::from_bits(((whole as i32 + 127) as u32) << 23))
    }

    #[inline(always)]
    unsafe fn int_zero() -> [i32; 8] {
        [0; 8]
    }

    #[inline(always)]
    unsafe fn int_splat(bytes: u32) -> [i32; 8] {
        [bytes as i32; 8]
    }

    #[inline(always)]
    unsafe fn int_load(from: *const i8) -> [i32; 8] {
        // SAFETY: the caller's pointer is valid for 32 bytes.
        unsafe { from.cast::<[i32; 8]>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn dot(sum: [i32; 8], unsigned: [i32; 8], signed: [i32; 8]) -> [i32; 8] {
        std::array::from_fn(|at| {
            let (u, s) = (unsigned[at].to_ne_bytes(), signed[at].to_ne_bytes());
            (0..4).fold(sum[at], |sum, byte| sum + i32::from(u[byte]) * i32::from(s[byte] as i8))
        })
    }

    #[inline(always)]
    unsafe fn dot_words(sum: [i32; 8], one: [i32; 8], other: [i32; 8]) -> [i32; 8] {
        let words = |x: i32| [x as i16, (x >> 16) as i16].map(i32::from);
        std::array::from_fn(|at| {
            let (one, other) = (words(one[at]), words(other[at]));
            sum[at] + one[0] * other[0] + one[1] * other[1]
        })
    }

    #[inline(always)]
    unsafe fn int_add(x: [i32; 8], other: [i32; 8]) -> [i32; 8] {
        std::array::from_fn(|at| x[at] + other[at])
    }

    #[inline(always)]
    unsafe fn to_int(self) -> [i32; 8] {
        // SAFETY: of the portable set, operations are safe.
        unsafe { self.round().0.map(|x| x as i32) }
    }

    #[inline(always)]
    unsafe fn int_to_float(x: [i32; 8]) -> Self {
        Portable(x.map(|x| x as f32))
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8) {
        // SAFETY: the caller's pointer is valid for eight bytes.
        unsafe {
            let bytes = self.round().0.map(|x| x as u8);
            to.cast::<[u8; 8]>().write_unaligned(bytes);
        }
    }

    #[inline(always)]
    unsafe fn int_store_words(x: [i32; 8], to: *mut i16) {
        // SAFETY: the caller's pointer is valid for eight words.
        unsafe { to.cast::<[i16; 8]>().write_unaligned(x.map(|x| x as i16)) }
    }
}
