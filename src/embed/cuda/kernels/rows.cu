// Kernels that take rows one by one: embedding, angles, norms, activation, pooling.

// Rows are read four values at a time where their width allows it.
#if HIDDEN % 4 == 0
#define VECTOR 4
#else
#define VECTOR 1
#endif
// Vectors of a row that each lane of a warp holds.
#define PER_LANE ((HIDDEN + 32 * VECTOR - 1) / (32 * VECTOR))
// Values of the feed-forward that a thread takes at once: 16 bytes where its width allows it.
#if INSIDE % 8 == 0 && ELEMENT != 0
#define BROAD 8
#elif INSIDE % 4 == 0
#define BROAD 4
#else
#define BROAD 1
#endif

template <typename T, int N>
struct alignas(N * sizeof(T)) Several { T values[N]; };
typedef Several<element, VECTOR> Vector;
typedef Several<float, VECTOR> Floats;
typedef Several<element, BROAD> Broad;

// Where norms stand first, what layers add goes into rows that no norm ever brings back to size,
// over all layers: these rows are f32.
#if NORMS_FIRST
typedef float residual;
__device__ __forceinline__ float read(float x) { return x; }
#else
typedef element residual;
__device__ __forceinline__ float read(element x) { return widen(x); }
#endif
typedef Several<residual, VECTOR> Residuals;

__device__ __forceinline__ void put(float& to, float x) { to = x; }
#if ELEMENT != 0
__device__ __forceinline__ void put(element& to, float x) { to = narrow(x); }
#endif

// A row, as a warp holds it.
typedef float Row[PER_LANE][VECTOR];

__device__ __forceinline__ float warp_sum(float x) {
#pragma unroll
    for (int step = 16; step > 0; step >>= 1) x += __shfl_xor_sync(~0u, x, step);
    return x;
}

// Layer norm of a row whose places beyond its width are 0.
__device__ __forceinline__ void normalise(Row& row, int lane, const float* gain, const float* shift, float epsilon) {
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
#pragma unroll
        for (int j = 0; j < VECTOR; j++) row[i][j] = (row[i][j] - mean) * scale * gains.values[j] + shifts.values[j];
    }
}

template <typename T>
__device__ __forceinline__ void keep(const Row& row, int lane, T* out) {
#pragma unroll
    for (int i = 0; i < PER_LANE; i++) {
        const int at = (i * 32 + lane) * VECTOR;
        if (at >= HIDDEN) continue;
        Several<T, VECTOR> values;
#pragma unroll
        for (int j = 0; j < VECTOR; j++) put(values.values[j], row[i][j]);
        *(Several<T, VECTOR>*)(out + at) = values;
    }
}

// x = norm(word + type + position), a warp a token; where norms stand first, `normed` gets the same
// rows.
extern "C" __global__ void embed(
    residual* x, element* normed, const u32* ids, const u32* types, const u32* places, const element* words,
    const element* kinds, const element* positions, const float* gain, const float* shift, float epsilon, int tokens) {
    const int token = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (token >= tokens) return;
    const element* word = words + (size_t)ids[token] * HIDDEN;
    const element* kind = kinds + (size_t)types[token] * HIDDEN;
    Row row;
#pragma unroll
    for (int i = 0; i < PER_LANE; i++) {
        const int at = (i * 32 + lane) * VECTOR;
        Vector a = {}, b = {}, c = {};
        if (at < HIDDEN) {
            a = *(const Vector*)(word + at);
            b = *(const Vector*)(kind + at);
#if !ROTARY
            c = *(const Vector*)(positions + (size_t)places[token] * HIDDEN + at);
#endif
        }
#pragma unroll
        for (int j = 0; j < VECTOR; j++) row[i][j] = widen(a.values[j]) + widen(b.values[j]) + widen(c.values[j]);
    }
    normalise(row, lane, gain, shift, epsilon);
    keep(row, lane, x + (size_t)token * HIDDEN);
#if NORMS_FIRST
    keep(row, lane, normed + (size_t)token * HIDDEN);
#endif
}

// x = norm(x + product + bias), a warp a token; where norms stand first, x = x + product + bias and
// `normed` is its norm.
extern "C" __global__ void add_norm(
    residual* x, element* normed, const element* product, const float* bias, const float* gain, const float* shift,
    float epsilon, int tokens) {
    const int token = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (token >= tokens) return;
    x += (size_t)token * HIDDEN;
    product += (size_t)token * HIDDEN;
    Row row;
#pragma unroll
    for (int i = 0; i < PER_LANE; i++) {
        const int at = (i * 32 + lane) * VECTOR;
        Residuals a = {};
        Vector b = {};
        Floats c = {};
        if (at < HIDDEN) {
            a = *(const Residuals*)(x + at);
            b = *(const Vector*)(product + at);
            c = *(const Floats*)(bias + at);
        }
#pragma unroll
        for (int j = 0; j < VECTOR; j++) row[i][j] = read(a.values[j]) + widen(b.values[j]) + c.values[j];
    }
#if NORMS_FIRST
    keep(row, lane, x);
    normalise(row, lane, gain, shift, epsilon);
    keep(row, lane, normed + (size_t)token * HIDDEN);
#else
    normalise(row, lane, gain, shift, epsilon);
    keep(row, lane, x);
#endif
}

#if ROTARY
#define HALF (HEAD / 2)
#if HALF % 4 == 0
#define TURNED 4
#else
#define TURNED 1
#endif

// Turns queries and keys by the angles of their token's place, a block a token: value i of a head's
// first half with value i of its second.
extern "C" __global__ void turn(element* qkv, const u32* places, const float* cosines, const float* sines) {
    typedef Several<element, TURNED> Elements;
    typedef Several<float, TURNED> Angles;
    qkv += (size_t)blockIdx.x * 3 * HIDDEN;
    cosines += (size_t)places[blockIdx.x] * HALF;
    sines += (size_t)places[blockIdx.x] * HALF;
    // Keys stand right behind the queries: twice as many heads.
    for (int at = threadIdx.x * TURNED; at < HIDDEN; at += blockDim.x * TURNED) {
        const int column = at % HALF;
        element* head = qkv + at / HALF * HEAD + column;
        const Angles cosine = *(const Angles*)(cosines + column), sine = *(const Angles*)(sines + column);
        Elements first = *(Elements*)head, second = *(Elements*)(head + HALF);
#pragma unroll
        for (int j = 0; j < TURNED; j++) {
            const float a = widen(first.values[j]), b = widen(second.values[j]);
            first.values[j] = narrow(a * cosine.values[j] - b * sine.values[j]);
            second.values[j] = narrow(b * cosine.values[j] + a * sine.values[j]);
        }
        *(Elements*)head = first;
        *(Elements*)(head + HALF) = second;
    }
}
#endif

__device__ __forceinline__ float activated(float x) {
#if ACTIVATION == 0
    return 0.5f * x * (1.0f + erff(x * 0.70710678f));
#elif ACTIVATION == 1
    return 0.5f * x * (1.0f + tanhf(0.79788456f * (x + 0.044715f * x * x * x)));
#elif ACTIVATION == 2
    return fmaxf(x, 0.0f);
#else
    return x / (1.0f + expf(-x));
#endif
}

// wide = activation(wide + bias), a block a row. With a gate a row is twice as wide: the activation
// of its first half times its second takes the place of the first.
extern "C" __global__ void activate(element* wide, const float* bias) {
    wide += (size_t)blockIdx.x * (1 + GATED) * INSIDE;
    for (int at = threadIdx.x * BROAD; at < INSIDE; at += blockDim.x * BROAD) {
        Broad vector = *(Broad*)(wide + at);
#if GATED
        const Broad second = *(Broad*)(wide + INSIDE + at);
#endif
#pragma unroll
        for (int j = 0; j < BROAD; j++) {
            float y = activated(widen(vector.values[j]) + bias[at + j]);
#if GATED
            y *= widen(second.values[j]) + bias[INSIDE + at + j];
#endif
            vector.values[j] = narrow(y);
        }
        *(Broad*)(wide + at) = vector;
    }
}

// Rows of a text to one row: kind 0 first, 1 largest, 2 mean, 3 last. A block a text; `stride`
// between rows of `out`.
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

