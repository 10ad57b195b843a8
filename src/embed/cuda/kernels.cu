// Kernels of the CUDA engine, compiled at load for one model: ELEMENT (0 f32, 1 f16, 2 bf16), HIDDEN, HEAD (width of a
// head), HEADS, INSIDE (width inside the feed-forward) and ACTIVATION (0 GELU by erf, 1 GELU by tanh, 2 ReLU, 3 SiLU) are defined by the caller. Every sum is f32.
// No header is included, so that the run-time compiler needs nothing but this file.

typedef unsigned int u32;
typedef unsigned short u16;

// Minus infinity marks a key that is not there.
#define LARGEST __int_as_float(0x7f800000)

#if ELEMENT == 0
typedef float element;
__device__ __forceinline__ float widen(element x) { return x; }
__device__ __forceinline__ element narrow(float x) { return x; }
#else
typedef u16 element;
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
#endif

// Rows are read four values at a time where their width allows it.
#if HIDDEN % 4 == 0
#define VECTOR 4
#else
#define VECTOR 1
#endif
// Vectors of a row that each lane of a warp holds.
#define PER_LANE ((HIDDEN + 32 * VECTOR - 1) / (32 * VECTOR))

struct alignas(VECTOR * sizeof(element)) Vector { element values[VECTOR]; };
// Values of the feed-forward that a thread takes at once: 16 bytes where its width allows it.
#if INSIDE % 8 == 0 && ELEMENT != 0
#define BROAD 8
#elif INSIDE % 4 == 0
#define BROAD 4
#else
#define BROAD 1
#endif
struct alignas(BROAD * sizeof(element)) Broad { element values[BROAD]; };
struct alignas(VECTOR * sizeof(float)) Floats { float values[VECTOR]; };

__device__ __forceinline__ float warp_sum(float x) {
#pragma unroll
    for (int step = 16; step > 0; step >>= 1) x += __shfl_xor_sync(~0u, x, step);
    return x;
}

// Layer norm of a row that a warp holds, written to `out`.
__device__ __forceinline__ void normalise(
    float (&row)[PER_LANE][VECTOR], int lane, const float* gain, const float* shift, float epsilon, element* out) {
    float sum = 0;
#pragma unroll
    for (int i = 0; i < PER_LANE; i++)
#pragma unroll
        for (int j = 0; j < VECTOR; j++) sum += row[i][j];
    const float mean = warp_sum(sum) / HIDDEN;
    float squares = 0;
#pragma unroll
    for (int i = 0; i < PER_LANE; i++) {
        if ((i * 32 + lane) * VECTOR >= HIDDEN) continue;
#pragma unroll
        for (int j = 0; j < VECTOR; j++) squares += (row[i][j] - mean) * (row[i][j] - mean);
    }
    const float scale = rsqrtf(warp_sum(squares) / HIDDEN + epsilon);
#pragma unroll
    for (int i = 0; i < PER_LANE; i++) {
        const int at = (i * 32 + lane) * VECTOR;
        if (at >= HIDDEN) continue;
        const Floats gains = *(const Floats*)(gain + at), shifts = *(const Floats*)(shift + at);
        Vector narrowed;
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            narrowed.values[j] = narrow((row[i][j] - mean) * scale * gains.values[j] + shifts.values[j]);
        *(Vector*)(out + at) = narrowed;
    }
}

// x = norm(word + position + type), a warp a token.
extern "C" __global__ void embed(
    element* x, const u32* ids, const u32* types, const u32* places, const element* words, const element* kinds,
    const element* positions, const float* gain, const float* shift, float epsilon, int tokens) {
    const int token = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (token >= tokens) return;
    const element* word = words + (size_t)ids[token] * HIDDEN;
    const element* kind = kinds + (size_t)types[token] * HIDDEN;
    const element* place = positions + (size_t)places[token] * HIDDEN;
    float row[PER_LANE][VECTOR];
#pragma unroll
    for (int i = 0; i < PER_LANE; i++) {
        const int at = (i * 32 + lane) * VECTOR;
        Vector a = {}, b = {}, c = {};
        if (at < HIDDEN) {
            a = *(const Vector*)(word + at);
            b = *(const Vector*)(kind + at);
            c = *(const Vector*)(place + at);
        }
#pragma unroll
        for (int j = 0; j < VECTOR; j++) row[i][j] = widen(a.values[j]) + widen(b.values[j]) + widen(c.values[j]);
    }
    normalise(row, lane, gain, shift, epsilon, x + (size_t)token * HIDDEN);
}

// x = norm(x + product + bias), a warp a token.
extern "C" __global__ void add_norm(
    element* x, const element* product, const float* bias, const float* gain, const float* shift, float epsilon,
    int tokens) {
    const int token = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (token >= tokens) return;
    x += (size_t)token * HIDDEN;
    product += (size_t)token * HIDDEN;
    float row[PER_LANE][VECTOR];
#pragma unroll
    for (int i = 0; i < PER_LANE; i++) {
        const int at = (i * 32 + lane) * VECTOR;
        Vector a = {}, b = {};
        Floats c = {};
        if (at < HIDDEN) {
            a = *(const Vector*)(x + at);
            b = *(const Vector*)(product + at);
            c = *(const Floats*)(bias + at);
        }
#pragma unroll
        for (int j = 0; j < VECTOR; j++) row[i][j] = widen(a.values[j]) + widen(b.values[j]) + c.values[j];
    }
    normalise(row, lane, gain, shift, epsilon, x);
}

// wide = activation(wide + bias), a block a row of `width` columns.
extern "C" __global__ void activate(element* wide, const float* bias, int width) {
    wide += (size_t)blockIdx.x * width;
    for (int at = threadIdx.x * BROAD; at < width; at += blockDim.x * BROAD) {
        Broad vector = *(Broad*)(wide + at);
#pragma unroll
        for (int j = 0; j < BROAD; j++) {
            const float x = widen(vector.values[j]) + bias[at + j];
#if ACTIVATION == 0
            const float y = 0.5f * x * (1.0f + erff(x * 0.70710678f));
#elif ACTIVATION == 1
            const float y = 0.5f * x * (1.0f + tanhf(0.79788456f * (x + 0.044715f * x * x * x)));
#elif ACTIVATION == 2
            const float y = fmaxf(x, 0.0f);
#else
            const float y = x / (1.0f + expf(-x));
#endif
            vector.values[j] = narrow(y);
        }
        *(Broad*)(wide + at) = vector;
    }
}

// Rows of a text to one row: kind 0 first, 1 largest, 2 mean, 3 last. A block a text; `stride` between rows of `out`.
extern "C" __global__ void pool(float* out, const element* x, const u32* starts, int kind, int stride) {
    const u32 first = starts[blockIdx.x], behind = starts[blockIdx.x + 1];
    for (int at = threadIdx.x; at < HIDDEN; at += blockDim.x) {
        const u32 from = kind == 3 ? behind - 1 : first;
        float pooled = widen(x[(size_t)from * HIDDEN + at]);
        if (kind == 1 || kind == 2) {
            for (u32 row = first + 1; row < behind; row++) {
                const float value = widen(x[(size_t)row * HIDDEN + at]);
                pooled = kind == 1 ? fmaxf(pooled, value) : pooled + value;
            }
        }
        if (kind == 2) pooled /= behind - first;
        out[(size_t)blockIdx.x * stride + at] = pooled;
    }
}

// Attention of one head of one text: softmax(Q Kt scale) V with the softmax in one pass, and no score ever in memory.
// A block takes up to 128 queries: tiles[2 i] is the text, tiles[2 i + 1] its first query. Rows of `qkv` hold the
// queries, keys and values of all heads. `scale` contains log2(e).
#define QUERIES 128

#if ELEMENT != 0 && HEAD % 16 == 0

__device__ __forceinline__ float power(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

__device__ __forceinline__ void multiply(float (&sum)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." KIND "." KIND ".f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

#if HEAD <= 64
#define KEYS 64
#else
#define KEYS 32
#endif
// Eight values more than a row has, so that eight rows lie in eight different groups of banks.
#define PITCH (HEAD + 8)

extern "C" __global__ void __launch_bounds__(256) attention(
    element* out, const element* qkv, const u32* tiles, const u32* starts, float scale) {
    __shared__ alignas(16) element keys[KEYS * PITCH];
    __shared__ alignas(16) element values[KEYS * PITCH];
    const int head = blockIdx.x % HEADS, tile = blockIdx.x / HEADS;
    const u32 start = starts[tiles[2 * tile]];
    const int length = starts[tiles[2 * tile] + 1] - start;
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, group = lane / 4, place = lane % 4;
    const int row = tiles[2 * tile + 1] + warp * 16 + group;
    qkv += (size_t)start * 3 * HIDDEN + head * HEAD;

    u32 queries[HEAD / 16][4];
#pragma unroll
    for (int k = 0; k < HEAD / 16; k++)
#pragma unroll
        for (int part = 0; part < 4; part++) {
            const int at = row + (part % 2) * 8;
            queries[k][part] =
                at < length ? *(const u32*)(qkv + (size_t)at * 3 * HIDDEN + k * 16 + (part / 2) * 8 + place * 2) : 0;
        }

    float sums[HEAD / 8][4] = {};
    float most[2] = {-LARGEST, -LARGEST}, total[2] = {0, 0};
    const u32 key_lane = (u32)__cvta_generic_to_shared(keys + ((lane / 16) * 8 + lane % 8) * PITCH + ((lane / 8) % 2) * 8);
    const u32 value_lane = (u32)__cvta_generic_to_shared(values + (lane % 16) * PITCH + (lane / 16) * 8);

    for (int first = 0; first < length; first += KEYS) {
        __syncthreads();
        for (int at = threadIdx.x; at < KEYS * HEAD / 8; at += 256) {
            const int key = at / (HEAD / 8), column = at % (HEAD / 8) * 8;
            uint4 k = {0, 0, 0, 0}, v = {0, 0, 0, 0};
            if (first + key < length) {
                const element* from = qkv + (size_t)(first + key) * 3 * HIDDEN + HIDDEN + column;
                k = *(const uint4*)from;
                v = *(const uint4*)(from + HIDDEN);
            }
            *(uint4*)(keys + key * PITCH + column) = k;
            *(uint4*)(values + key * PITCH + column) = v;
        }
        __syncthreads();

        float scores[KEYS / 8][4] = {};
#pragma unroll
        for (int n = 0; n < KEYS / 8; n += 2)
#pragma unroll
            for (int k = 0; k < HEAD / 16; k++) {
                u32 b0, b1, b2, b3;
                asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                             : "=r"(b0), "=r"(b1), "=r"(b2), "=r"(b3)
                             : "r"(key_lane + (n * 8 * PITCH + k * 16) * 2));
                multiply(scores[n], queries[k], b0, b1);
                multiply(scores[n + 1], queries[k], b2, b3);
            }
        if (first + KEYS > length) {
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++)
#pragma unroll
                for (int part = 0; part < 4; part++)
                    if (first + n * 8 + place * 2 + part % 2 >= length) scores[n][part] = -LARGEST;
        }
#pragma unroll
        for (int half = 0; half < 2; half++) {
            float largest = most[half];
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++)
                largest = fmaxf(largest, fmaxf(scores[n][2 * half], scores[n][2 * half + 1]));
            largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, 1));
            largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, 2));
            const float shrink = power((most[half] - largest) * scale), base = largest * scale;
            most[half] = largest;
            float sum = 0;
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++)
#pragma unroll
                for (int part = 2 * half; part < 2 * half + 2; part++) {
                    scores[n][part] = power(scores[n][part] * scale - base);
                    sum += scores[n][part];
                }
            total[half] = total[half] * shrink + sum;
#pragma unroll
            for (int n = 0; n < HEAD / 8; n++) {
                sums[n][2 * half] *= shrink;
                sums[n][2 * half + 1] *= shrink;
            }
        }
#pragma unroll
        for (int k = 0; k < KEYS / 16; k++) {
            const u32 powers[4] = {
                pack(scores[2 * k][0], scores[2 * k][1]), pack(scores[2 * k][2], scores[2 * k][3]),
                pack(scores[2 * k + 1][0], scores[2 * k + 1][1]), pack(scores[2 * k + 1][2], scores[2 * k + 1][3])};
#pragma unroll
            for (int n = 0; n < HEAD / 8; n += 2) {
                u32 b0, b1, b2, b3;
                asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                             : "=r"(b0), "=r"(b1), "=r"(b2), "=r"(b3)
                             : "r"(value_lane + (k * 16 * PITCH + n * 8) * 2));
                multiply(sums[n], powers, b0, b1);
                multiply(sums[n + 1], powers, b2, b3);
            }
        }
    }
#pragma unroll
    for (int half = 0; half < 2; half++) {
        total[half] += __shfl_xor_sync(~0u, total[half], 1);
        total[half] += __shfl_xor_sync(~0u, total[half], 2);
        const int at = row + half * 8;
        if (at >= length) continue;
        const float inverse = 1.0f / total[half];
        element* to = out + (size_t)(start + at) * HIDDEN + head * HEAD + place * 2;
#pragma unroll
        for (int n = 0; n < HEAD / 8; n++)
            *(u32*)(to + n * 8) = pack(sums[n][2 * half] * inverse, sums[n][2 * half + 1] * inverse);
    }
}

#else

#define KEYS 16

// Without matrix units: a thread a query, keys and values read by all threads at once.
extern "C" __global__ void __launch_bounds__(QUERIES) attention(
    element* out, const element* qkv, const u32* tiles, const u32* starts, float scale) {
    __shared__ float keys[KEYS][HEAD], values[KEYS][HEAD];
    const int head = blockIdx.x % HEADS, tile = blockIdx.x / HEADS;
    const u32 start = starts[tiles[2 * tile]];
    const int length = starts[tiles[2 * tile] + 1] - start;
    const int row = tiles[2 * tile + 1] + threadIdx.x;
    qkv += (size_t)start * 3 * HIDDEN + head * HEAD;
    float query[HEAD], sum[HEAD];
#pragma unroll
    for (int i = 0; i < HEAD; i++) {
        query[i] = row < length ? widen(qkv[(size_t)row * 3 * HIDDEN + i]) * scale : 0;
        sum[i] = 0;
    }
    float most = -LARGEST, total = 0;
    for (int first = 0; first < length; first += KEYS) {
        __syncthreads();
        for (int at = threadIdx.x; at < KEYS * HEAD; at += QUERIES) {
            const int key = at / HEAD, column = at % HEAD;
            const element* from = qkv + (size_t)(first + key) * 3 * HIDDEN + HIDDEN + column;
            keys[key][column] = first + key < length ? widen(from[0]) : 0;
            values[key][column] = first + key < length ? widen(from[HIDDEN]) : 0;
        }
        __syncthreads();
        float scores[KEYS], largest = most;
#pragma unroll
        for (int key = 0; key < KEYS; key++) {
            float score = 0;
#pragma unroll
            for (int i = 0; i < HEAD; i++) score += query[i] * keys[key][i];
            scores[key] = first + key < length ? score : -LARGEST;
            largest = fmaxf(largest, scores[key]);
        }
        const float shrink = exp2f(most - largest);
        most = largest;
        total *= shrink;
#pragma unroll
        for (int i = 0; i < HEAD; i++) sum[i] *= shrink;
#pragma unroll
        for (int key = 0; key < KEYS; key++) {
            const float weight = exp2f(scores[key] - most);
            total += weight;
#pragma unroll
            for (int i = 0; i < HEAD; i++) sum[i] += weight * values[key][i];
        }
    }
    if (row < length)
#pragma unroll
        for (int i = 0; i < HEAD; i++) out[(size_t)(start + row) * HIDDEN + head * HEAD + i] = narrow(sum[i] / total);
}

#endif
