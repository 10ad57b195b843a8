//! AVX2 and AVX-512 lanes.

use std::arch::asm;
use std::arch::x86_64::*;

use super::simd::{Kernel, Simd};

/// Compiles a kernel for AVX2 and FMA.
#[target_feature(enable = "avx2,fma,popcnt")]
pub(super) unsafe fn avx2<J: Kernel>(job: J) -> J::Output {
    job.run::<Avx2>()
}

/// Compiles a kernel for AVX2, FMA and AVX-VNNI.
#[target_feature(enable = "avx2,fma,popcnt,avxvnni")]
pub(super) unsafe fn avx2_vnni<J: Kernel>(job: J) -> J::Output {
    job.run::<Avx2Vnni>()
}

/// Compiles a kernel for AVX-512 with VNNI.
#[target_feature(enable = "avx2,fma,popcnt,avx512f,avx512bw,avx512vl,avx512vnni")]
pub(super) unsafe fn avx512<J: Kernel>(job: J) -> J::Output {
    job.run::<Avx512>()
}

/// Sixteen lanes.
#[derive(Clone, Copy)]
pub(super) struct Avx512(__m512);

// SAFETY of all below: intrinsics need their instructions, which the trait asks of the caller, and
// valid pointers, which it asks likewise.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Simd for Avx512 {
    const N: usize = 16;
    // 28 sums, two vectors of weights, one value: 31 of 32 registers.
    const ROWS: usize = 14;
    const VECTORS: usize = 2;
    const OFFSET: i32 = 0;
    type Int = __m512i;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        unsafe { Avx512(_mm512_set1_ps(x)) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { Avx512(_mm512_loadu_ps(from)) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm512_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        unsafe { Avx512(_mm512_add_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        unsafe { Avx512(_mm512_sub_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        unsafe { Avx512(_mm512_mul_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        unsafe { Avx512(_mm512_div_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, summand: Self) -> Self {
        unsafe { Avx512(_mm512_fmadd_ps(self.0, factor.0, summand.0)) }
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        unsafe { Avx512(_mm512_max_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        unsafe { Avx512(_mm512_min_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn round(self) -> Self {
        unsafe { Avx512(_mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0)) }
    }

    #[inline(always)]
    unsafe fn scale_exp2(self, whole: Self) -> Self {
        unsafe { Avx512(_mm512_scalef_ps(self.0, whole.0)) }
    }

    #[inline(always)]
    unsafe fn int_zero() -> __m512i {
        unsafe { _mm512_setzero_si512() }
    }

    #[inline(always)]
    unsafe fn int_splat(bytes: u32) -> __m512i {
        unsafe { _mm512_set1_epi32(bytes as i32) }
    }

    #[inline(always)]
    unsafe fn int_load(from: *const i8) -> __m512i {
        unsafe { _mm512_loadu_si512(from.cast()) }
    }

    #[inline(always)]
    unsafe fn dot(sum: __m512i, unsigned: __m512i, signed: __m512i) -> __m512i {
        unsafe { _mm512_dpbusd_epi32(sum, unsigned, signed) }
    }

    #[inline(always)]
    unsafe fn dot_words(sum: __m512i, one: __m512i, other: __m512i) -> __m512i {
        unsafe { dot_words_512(sum, one, other) }
    }

    #[inline(always)]
    unsafe fn int_add(x: __m512i, other: __m512i) -> __m512i {
        unsafe { _mm512_add_epi32(x, other) }
    }

    #[inline(always)]
    unsafe fn to_int(self) -> __m512i {
        unsafe { _mm512_cvtps_epi32(self.0) }
    }

    #[inline(always)]
    unsafe fn int_to_float(x: __m512i) -> Self {
        unsafe { Avx512(_mm512_cvtepi32_ps(x)) }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8) {
        unsafe { _mm_storeu_si128(to.cast(), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(self.0))) }
    }

    #[inline(always)]
    unsafe fn int_store_words(x: __m512i, to: *mut i16) {
        unsafe { _mm256_storeu_si256(to.cast(), _mm512_cvtepi32_epi16(x)) }
    }
}

/// `vpdpwssd`, and not its intrinsic: the compiler makes two instructions of that (`vpmaddwd`,
/// `vpaddd`), for a shorter chain of sums, where here the number of instructions bounds.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn dot_words_512(mut sum: __m512i, one: __m512i, other: __m512i) -> __m512i {
    // SAFETY: reads and writes registers only, on a processor that has the instruction.
    unsafe {
        asm!(
            "vpdpwssd {0}, {1}, {2}", inout(zmm_reg) sum, in(zmm_reg) one, in(zmm_reg) other,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}

/// AVX2 with and without VNNI differ in the products of bytes and of words.
macro_rules! avx2_lanes {
    ($name:ident, $dot:path, $dot_words:path) => {
        #[allow(clippy::undocumented_unsafe_blocks)]
        impl Simd for $name {
            const N: usize = 8;
            // 12 sums, two vectors of weights, one value: 15 of 16 registers.
            const ROWS: usize = 6;
            const VECTORS: usize = 2;
            const OFFSET: i32 = 0;
            type Int = __m256i;

            #[inline(always)]
            unsafe fn splat(x: f32) -> Self {
                unsafe { $name(_mm256_set1_ps(x)) }
            }

            #[inline(always)]
            unsafe fn load(from: *const f32) -> Self {
                unsafe { $name(_mm256_loadu_ps(from)) }
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut f32) {
                unsafe { _mm256_storeu_ps(to, self.0) }
            }

            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                unsafe { $name(_mm256_add_ps(self.0, other.0)) }
            }

            #[inline(always)]
            unsafe fn sub(self, other: Self) -> Self {
                unsafe { $name(_mm256_sub_ps(self.0, other.0)) }
            }

            #[inline(always)]
            unsafe fn mul(self, other: Self) -> Self {
                unsafe { $name(_mm256_mul_ps(self.0, other.0)) }
            }

            #[inline(always)]
            unsafe fn div(self, other: Self) -> Self {
                unsafe { $name(_mm256_div_ps(self.0, other.0)) }
            }

            #[inline(always)]
            unsafe fn mul_add(self, factor: Self, summand: Self) -> Self {
                unsafe { $name(_mm256_fmadd_ps(self.0, factor.0, summand.0)) }
            }

            #[inline(always)]
            unsafe fn max(self, other: Self) -> Self {
                unsafe { $name(_mm256_max_ps(self.0, other.0)) }
            }

            #[inline(always)]
            unsafe fn min(self, other: Self) -> Self {
                unsafe { $name(_mm256_min_ps(self.0, other.0)) }
            }

            #[inline(always)]
            unsafe fn round(self) -> Self {
                unsafe { $name(_mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0)) }
            }

            #[inline(always)]
            unsafe fn scale_exp2(self, whole: Self) -> Self {
                unsafe {
                    let biased = _mm256_add_epi32(_mm256_cvtps_epi32(whole.0), _mm256_set1_epi32(127));
                    $name(_mm256_mul_ps(self.0, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased))))
                }
            }

            #[inline(always)]
            unsafe fn int_zero() -> __m256i {
                unsafe { _mm256_setzero_si256() }
            }

            #[inline(always)]
            unsafe fn int_splat(bytes: u32) -> __m256i {
                unsafe { _mm256_set1_epi32(bytes as i32) }
            }

            #[inline(always)]
            unsafe fn int_load(from: *const i8) -> __m256i {
                unsafe { _mm256_loadu_si256(from.cast()) }
            }

            #[inline(always)]
            unsafe fn dot(sum: __m256i, unsigned: __m256i, signed: __m256i) -> __m256i {
                unsafe { $dot(sum, unsigned, signed) }
            }

            #[inline(always)]
            unsafe fn dot_words(sum: __m256i, one: __m256i, other: __m256i) -> __m256i {
                unsafe { $dot_words(sum, one, other) }
            }

            #[inline(always)]
            unsafe fn int_add(x: __m256i, other: __m256i) -> __m256i {
                unsafe { _mm256_add_epi32(x, other) }
            }

            #[inline(always)]
            unsafe fn to_int(self) -> __m256i {
                unsafe { _mm256_cvtps_epi32(self.0) }
            }

            #[inline(always)]
            unsafe fn int_to_float(x: __m256i) -> Self {
                unsafe { $name(_mm256_cvtepi32_ps(x)) }
            }

            #[inline(always)]
            unsafe fn store_bytes(self, to: *mut u8) {
                unsafe {
                    let whole = _mm256_cvtps_epi32(self.0);
                    let (low, high) = (_mm256_castsi256_si128(whole), _mm256_extracti128_si256::<1>(whole));
                    let words = _mm_packus_epi32(low, high);
                    _mm_storel_epi64(to.cast(), _mm_packus_epi16(words, words));
                }
            }

            #[inline(always)]
            unsafe fn int_store_words(x: __m256i, to: *mut i16) {
                unsafe {
                    let (low, high) = (_mm256_castsi256_si128(x), _mm256_extracti128_si256::<1>(x));
                    _mm_storeu_si128(to.cast(), _mm_packs_epi32(low, high));
                }
            }
        }
    };
}

/// Eight lanes.
#[derive(Clone, Copy)]
pub(super) struct Avx2(__m256);

/// Eight lanes, with byte products in one instruction.
#[derive(Clone, Copy)]
pub(super) struct Avx2Vnni(__m256);

avx2_lanes!(Avx2, dot_by_words, dot_words_and_add);
avx2_lanes!(Avx2Vnni, _mm256_dpbusd_avx_epi32, _mm256_dpwssd_avx_epi32);

#[inline(always)]
#[allow(clippy::undocumented_unsafe_blocks)]
unsafe fn dot_words_and_add(sum: __m256i, one: __m256i, other: __m256i) -> __m256i {
    unsafe { _mm256_add_epi32(sum, _mm256_madd_epi16(one, other)) }
}

/// The products by way of 16-bit words: `maddubs` would saturate.
#[inline(always)]
#[allow(clippy::undocumented_unsafe_blocks)]
unsafe fn dot_by_words(sum: __m256i, unsigned: __m256i, signed: __m256i) -> __m256i {
    unsafe {
        let even = _mm256_madd_epi16(
            _mm256_and_si256(unsigned, _mm256_set1_epi16(255)),
            _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(signed)),
        );
        let odd = _mm256_madd_epi16(_mm256_srli_epi16::<8>(unsigned), _mm256_srai_epi16::<8>(signed));
        _mm256_add_epi32(sum, _mm256_add_epi32(even, odd))
    }
}
