// What rows and weights are stored in, and the instructions that no C++ names. First of the parts
// that are compiled together, at load, for one model: its switches (`gpu.rs` says which) are
// defined by the caller. Every sum is f32. No header is included, so that the run-time compiler
// needs nothing but these files. Where no card compiles them (tests/fake_cuda), `device.h` computes
// what the instructions do.

typedef unsigned int u32;
typedef unsigned short u16;

// Minus infinity marks a key that is not there.
#define LARGEST __int_as_float(0x7f800000)
// Below every score, and finite: where a row has met no key yet, a difference from it is a number.
#define LOWEST -1e30f

#if ELEMENT == 0

typedef float element;
__device__ __forceinline__ float widen(element x) { return x; }
__device__ __forceinline__ element narrow(float x) { return x; }

#else

typedef u16 element;

#ifdef __CUDA_ARCH__

#if ELEMENT == 1
#define KIND "f16"
__device__ __forceinline__ float widen(element x) {
    float wide;
    asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(x));
    return wide;
}
#else
#define KIND "bf16"
__device__ __forceinline__ float widen(element x) { return __uint_as_float((u32)x << 16); }
#endif

__device__ __forceinline__ element narrow(float x) {
    element half;
    asm("cvt.rn." KIND ".f32 %0, %1;" : "=h"(half) : "f"(x));
    return half;
}

// Two values in one register, the first in the low half.
__device__ __forceinline__ u32 pack(float low, float high) {
    u32 both;
    asm("cvt.rn." KIND "x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
    return both;
}

// Two to the power of x, roughly.
__device__ __forceinline__ float power(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// sum (16 x 8) += a (16 x 16) b (16 x 8), a warp together, each lane with its part of the matrices.
__device__ __forceinline__ void multiply(float (&sum)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." KIND "." KIND ".f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Four matrices of 8 x 8 from shared memory, a warp together: each lane names a row, and gets its
// part of all four.
__device__ __forceinline__ void load_matrices(u32 (&parts)[4], u32 row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(parts[0]), "=r"(parts[1]), "=r"(parts[2]), "=r"(parts[3])
                 : "r"(row));
}

// As `load_matrices`, each matrix transposed.
__device__ __forceinline__ void load_transposed(u32 (&parts)[4], u32 row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(parts[0]), "=r"(parts[1]), "=r"(parts[2]), "=r"(parts[3])
                 : "r"(row));
}

#endif

#endif

