//! NEON lanes, with and without its later products of bytes.

use std::arch::aarch64::*;
use std::arch::asm;

use super::simd::{Kernel, Simd};

/// Compiles a kernel for NEON.
#[target_feature(enable = "neon")]
pub(super) unsafe fn neon<J: Kernel>(job: J) -> J::Output {
    job.run::<Neon>()
}

/// Compiles a kernel for NEON with products of signed bytes.
#[target_feature(enable = "neon,dotprod")]
pub(super) unsafe fn neon_dot<J: Kernel>(job: J) -> J::Output {
    job.run::<NeonDot>()
}

/// Compiles a kernel for NEON with products of unsigned bytes and signed ones.
#[target_feature(enable = "neon,dotprod,i8mm")]
pub(super) unsafe fn neon_i8mm<J: Kernel>(job: J) -> J::Output {
    job.run::<NeonI8mm>()
}

/// The sets differ in rows and in the products of bytes. A vector is two registers: a value of a
/// row, which takes an instruction to spread over its lanes, then meets four registers of weights.
macro_rules! neon_lanes {
    ($name:ident, $rows:literal, $offset:literal, $dot:path) => {
        // SAFETY of all in here: pointers are valid, which the trait asks of the caller; and so is
        // that the processor has the instructions of `$dot`. NEON itself every aarch64 has.
        #[allow(clippy::undocumented_unsafe_blocks)]
        impl Simd for $name {
            const N: usize = 8;
            // With 6 rows 24 registers of sums, four of weights, one value: 29 of 32.
            const ROWS: usize = $rows;
            const VECTORS: usize = 2;
            const OFFSET: i32 = $offset;
            type Int = int32x4x2_t;

            #[inline(always)]
            unsafe fn splat(x: f32) -> Self {
                unsafe {
                    let x = vdupq_n_f32(x);
                    $name(x, x)
                }
            }

            #[inline(always)]
            unsafe fn load(from: *const f32) -> Self {
                unsafe { $name(vld1q_f32(from), vld1q_f32(from.add(4))) }
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut f32) {
                unsafe {
                    vst1q_f32(to, self.0);
                    vst1q_f32(to.add(4), self.1);
                }
            }

            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                unsafe { $name(vaddq_f32(self.0, other.0), vaddq_f32(self.1, other.1)) }
            }

            #[inline(always)]
            unsafe fn sub(self, other: Self) -> Self {
                unsafe { $name(vsubq_f32(self.0, other.0), vsubq_f32(self.1, other.1)) }
            }

            #[inline(always)]
            unsafe fn mul(self, other: Self) -> Self {
                unsafe { $name(vmulq_f32(self.0, other.0), vmulq_f32(self.1, other.1)) }
            }

            #[inline(always)]
            unsafe fn div(self, other: Self) -> Self {
                unsafe { $name(vdivq_f32(self.0, other.0), vdivq_f32(self.1, other.1)) }
            }

            #[inline(always)]
            unsafe fn mul_add(self, factor: Self, summand: Self) -> Self {
                unsafe { $name(vfmaq_f32(summand.0, self.0, factor.0), vfmaq_f32(summand.1, self.1, factor.1)) }
            }

            #[inline(always)]
            unsafe fn max(self, other: Self) -> Self {
                unsafe { $name(vmaxq_f32(self.0, other.0), vmaxq_f32(self.1, other.1)) }
            }

            #[inline(always)]
            unsafe fn min(self, other: Self) -> Self {
                unsafe { $name(vminq_f32(self.0, other.0), vminq_f32(self.1, other.1)) }
            }

            #[inline(always)]
            unsafe fn round(self) -> Self {
                unsafe { $name(vrndnq_f32(self.0), vrndnq_f32(self.1)) }
            }

            #[inline(always)]
            unsafe fn scale_exp2(self, whole: Self) -> Self {
                unsafe { $name(times_exp2(self.0, whole.0), times_exp2(self.1, whole.1)) }
            }

            #[inline(always)]
            unsafe fn int_zero() -> int32x4x2_t {
                unsafe { int32x4x2_t(vdupq_n_s32(0), vdupq_n_s32(0)) }
            }

            #[inline(always)]
            unsafe fn int_splat(bytes: u32) -> int32x4x2_t {
                unsafe {
                    let bytes = vdupq_n_s32(bytes as i32);
                    int32x4x2_t(bytes, bytes)
                }
            }

            #[inline(always)]
            unsafe fn int_load(from: *const i8) -> int32x4x2_t {
                unsafe {
                    let (low, high) = (vld1q_s8(from), vld1q_s8(from.add(16)));
                    int32x4x2_t(vreinterpretq_s32_s8(low), vreinterpretq_s32_s8(high))
                }
            }

            #[inline(always)]
            unsafe fn dot(sum: int32x4x2_t, unsigned: int32x4x2_t, signed: int32x4x2_t) -> int32x4x2_t {
                unsafe { { $dot(sum, unsigned, signed) } }
            }

            /// Words of columns are sorted by the row's word that they meet, which is done once for
            /// all rows of a tile.
            #[inline(always)]
            unsafe fn dot_words(sum: int32x4x2_t, one: int32x4x2_t, other: int32x4x2_t) -> int32x4x2_t {
                unsafe {
                    let (first, second) = apart(other);
                    add_words::<1>(add_words::<0>(sum, first, one.0), second, one.0)
                }
            }

            #[inline(always)]
            unsafe fn int_add(x: int32x4x2_t, other: int32x4x2_t) -> int32x4x2_t {
                unsafe { int32x4x2_t(vaddq_s32(x.0, other.0), vaddq_s32(x.1, other.1)) }
            }

            #[inline(always)]
            unsafe fn int_to_float(x: int32x4x2_t) -> Self {
                unsafe { $name(vcvtq_f32_s32(x.0), vcvtq_f32_s32(x.1)) }
            }

            #[inline(always)]
            unsafe fn to_int(self) -> int32x4x2_t {
                unsafe { int32x4x2_t(vcvtnq_s32_f32(self.0), vcvtnq_s32_f32(self.1)) }
            }

            #[inline(always)]
            unsafe fn store_bytes(self, to: *mut u8) {
                unsafe {
                    let (low, high) = (vqmovn_u32(vcvtnq_u32_f32(self.0)), vqmovn_u32(vcvtnq_u32_f32(self.1)));
                    let bytes = vqmovn_u16(vcombine_u16(low, high));
                    vst1_u8(to, veor_u8(bytes, vdup_n_u8($offset)))
                }
            }

            #[inline(always)]
            unsafe fn int_store_words(x: int32x4x2_t, to: *mut i16) {
                unsafe { { vst1q_s16(to, vcombine_s16(vqmovn_s32(x.0), vqmovn_s32(x.1))) } }
            }
        }
    };
}

/// Eight lanes.
#[derive(Clone, Copy)]
pub(super) struct Neon(float32x4_t, float32x4_t);

/// Eight lanes, with products of signed bytes in one instruction.
#[derive(Clone, Copy)]
pub(super) struct NeonDot(float32x4_t, float32x4_t);

/// Eight lanes, with products of unsigned bytes and signed ones in one instruction.
#[derive(Clone, Copy)]
pub(super) struct NeonI8mm(float32x4_t, float32x4_t);

// With more rows, words between bytes and their sum would find no registers.
neon_lanes!(Neon, 4, 128, dot_by_words);
neon_lanes!(NeonDot, 6, 128, dot_signed);
neon_lanes!(NeonI8mm, 6, 0, dot_mixed);

#[inline(always)]
unsafe fn times_exp2(x: float32x4_t, whole: float32x4_t) -> float32x4_t {
    // SAFETY: NEON every aarch64 has.
    unsafe {
        let biased = vaddq_s32(vcvtnq_s32_f32(whole), vdupq_n_s32(127));
        vmulq_f32(x, vreinterpretq_f32_s32(vshlq_n_s32::<23>(biased)))
    }
}

/// The first word of each lane, and the second.
#[inline(always)]
unsafe fn apart(x: int32x4x2_t) -> (int16x8_t, int16x8_t) {
    // SAFETY: as in `times_exp2`.
    unsafe {
        let (low, high) = (vreinterpretq_s16_s32(x.0), vreinterpretq_s16_s32(x.1));
        (vuzp1q_s16(low, high), vuzp2q_s16(low, high))
    }
}

/// Adds the products of eight words with one word of a row. `smlal`, and not its intrinsic: the
/// compiler then takes columns apart into halves of registers, of which there are too few.
#[inline(always)]
unsafe fn add_words<const WORD: usize>(sum: int32x4x2_t, words: int16x8_t, row: int32x4_t) -> int32x4x2_t {
    let int32x4x2_t(mut low, mut high) = sum;
    // SAFETY: reads and writes registers only.
    unsafe {
        asm!(
            "smlal {0:v}.4s, {1:v}.4h, {2:v}.h[{3}]",
            inout(vreg) low, in(vreg) words, in(vreg_low16) row, const WORD,
            options(pure, nomem, nostack, preserves_flags),
        );
        asm!(
            "smlal2 {0:v}.4s, {1:v}.8h, {2:v}.h[{3}]",
            inout(vreg) high, in(vreg) words, in(vreg_low16) row, const WORD,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    int32x4x2_t(low, high)
}

/// Two products of bytes, none larger than 128 · 127, fit a 16-bit word: bytes 0 and 1 of a lane,
/// then 2 and 3 on top of them, then both words into the sum. Columns are taken apart once for all
/// rows of a tile.
#[inline(always)]
unsafe fn dot_by_words(sum: int32x4x2_t, row: int32x4x2_t, signed: int32x4x2_t) -> int32x4x2_t {
    // SAFETY: as in `times_exp2`.
    unsafe {
        let row = vreinterpretq_s16_s32(row.0);
        let row_first = vreinterpretq_s8_s16(vdupq_laneq_s16::<0>(row));
        let row_second = vreinterpretq_s8_s16(vdupq_laneq_s16::<1>(row));
        let (first, second) = apart(signed);
        let (first, second) = (vreinterpretq_s8_s16(first), vreinterpretq_s8_s16(second));
        let low = vmull_s8(vget_low_s8(first), vget_low_s8(row_first));
        let low = vmlal_s8(low, vget_low_s8(second), vget_low_s8(row_second));
        let high = vmlal_high_s8(vmull_high_s8(first, row_first), second, row_second);
        int32x4x2_t(vpadalq_s16(sum.0, low), vpadalq_s16(sum.1, high))
    }
}

#[inline(always)]
unsafe fn dot_signed(sum: int32x4x2_t, row: int32x4x2_t, signed: int32x4x2_t) -> int32x4x2_t {
    // SAFETY: the caller's.
    unsafe { int32x4x2_t(sdot(sum.0, row.0, signed.0), sdot(sum.1, row.1, signed.1)) }
}

#[inline(always)]
unsafe fn dot_mixed(sum: int32x4x2_t, row: int32x4x2_t, signed: int32x4x2_t) -> int32x4x2_t {
    // SAFETY: as in `dot_signed`.
    unsafe { int32x4x2_t(usdot(sum.0, row.0, signed.0), usdot(sum.1, row.1, signed.1)) }
}

/// `sdot`, whose intrinsic is not stable in Rust 1.95.
#[inline]
#[target_feature(enable = "dotprod")]
unsafe fn sdot(mut sum: int32x4_t, one: int32x4_t, other: int32x4_t) -> int32x4_t {
    // SAFETY: reads and writes registers only, on a processor that has the instruction.
    unsafe {
        asm!(
            "sdot {0:v}.4s, {1:v}.16b, {2:v}.16b", inout(vreg) sum, in(vreg) one, in(vreg) other,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}

/// `usdot`, whose intrinsic is not stable in Rust 1.95.
#[inline]
#[target_feature(enable = "i8mm")]
unsafe fn usdot(mut sum: int32x4_t, unsigned: int32x4_t, signed: int32x4_t) -> int32x4_t {
    // SAFETY: as in `sdot`.
    unsafe {
        asm!(
            "usdot {0:v}.4s, {1:v}.16b, {2:v}.16b", inout(vreg) sum, in(vreg) unsigned, in(vreg) signed,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}
