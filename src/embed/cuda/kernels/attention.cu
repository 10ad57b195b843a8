// Attention of one head of one text: softmax(Q Kt scale) V with the softmax in one pass, and no
// score ever in memory. A block takes up to 128 queries: tiles[2 i] is the text, tiles[2 i + 1] its
// first query. Rows of `qkv` hold the queries, keys and values of all heads. `scale` contains
// log2(e). A query sees keys up to `window` tokens away where WINDOWS, all of them elsewhere; what
// a distance adds to a score stands in `distances` (heads x (2 LONGEST - 1), key less query, times
// log2(e)) where DISTANCES.
#define QUERIES 128

// First key that any query of a tile sees, at the beginning of a group of keys.
__device__ __forceinline__ int first_key(int first_query, int window, int keys) {
#if WINDOWS
    return max(first_query - window, 0) / keys * keys;
#else
    return 0;
#endif
}

// The key behind the last that any query of a tile sees.
__device__ __forceinline__ int behind_keys(int first_query, int window, int length) {
#if WINDOWS
    return min(length, first_query + QUERIES + window);
#else
    return length;
#endif
}

__device__ __forceinline__ bool is_seen(int query, int key, int window, int length) {
#if WINDOWS
    return key < length && abs(key - query) <= window;
#else
    return key < length;
#endif
}

// The score of a query and a key of a text: of those that are there, by a distance that the table
// has.
__device__ __forceinline__ float with_distance(float score, const float* distances, int query, int key, int length) {
#if DISTANCES
    if (query < length && key < length) score += distances[LONGEST - 1 + key - query];
#endif
    return score;
}

#if ELEMENT != 0 && HEAD % 16 == 0

#if HEAD <= 64
#define KEYS 64
#else
#define KEYS 32
#endif
// Eight values more than a row has, so that eight rows lie in eight different groups of banks.
#define PITCH (HEAD + 8)

extern "C" __global__ void __launch_bounds__(256) attention(
    element* out, const element* qkv, const u32* tiles, const u32* starts, float scale, int window, const float* distances) {
    alignas(16) __shared__ element keys[KEYS * PITCH];
    alignas(16) __shared__ element values[KEYS * PITCH];
    const int head = blockIdx.x % HEADS, tile = blockIdx.x / HEADS;
    const u32 start = starts[tiles[2 * tile]];
    const int length = starts[tiles[2 * tile] + 1] - start;
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, group = lane / 4, place = lane % 4;
    const int first_query = tiles[2 * tile + 1], row = first_query + warp * 16 + group;
    const int behind = behind_keys(first_query, window, length);
    qkv += (size_t)start * 3 * HIDDEN + head * HEAD;
#if DISTANCES
    distances += head * (2 * LONGEST - 1);
#endif

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
    float most[2] = {LOWEST, LOWEST}, total[2] = {0, 0};
    const u32 key_lane = (u32)__cvta_generic_to_shared(keys + ((lane / 16) * 8 + lane % 8) * PITCH + ((lane / 8) % 2) * 8);
    const u32 value_lane = (u32)__cvta_generic_to_shared(values + (lane % 16) * PITCH + (lane / 16) * 8);

    for (int first = first_key(first_query, window, KEYS); first < behind; first += KEYS) {
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
                u32 parts[4];
                load_matrices(parts, key_lane + (n * 8 * PITCH + k * 16) * 2);
                multiply(scores[n], queries[k], parts[0], parts[1]);
                multiply(scores[n + 1], queries[k], parts[2], parts[3]);
            }
#if DISTANCES
        // What is added has its final size, so that the scores must have it as well.
        const float unit = 1;
#pragma unroll
        for (int n = 0; n < KEYS / 8; n++)
#pragma unroll
            for (int part = 0; part < 4; part++) {
                const int query = row + part / 2 * 8, key = first + n * 8 + place * 2 + part % 2;
                scores[n][part] = with_distance(scores[n][part] * scale, distances, query, key, length);
            }
#else
        const float unit = scale;
#endif
        if (WINDOWS || first + KEYS > length) {
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++)
#pragma unroll
                for (int part = 0; part < 4; part++)
                    if (!is_seen(row + part / 2 * 8, first + n * 8 + place * 2 + part % 2, window, length))
                        scores[n][part] = -LARGEST;
        }
#pragma unroll
        for (int half = 0; half < 2; half++) {
            float largest = most[half];
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++)
                largest = fmaxf(largest, fmaxf(scores[n][2 * half], scores[n][2 * half + 1]));
            largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, 1));
            largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, 2));
            const float shrink = power((most[half] - largest) * unit), base = largest * unit;
            most[half] = largest;
            float sum = 0;
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++)
#pragma unroll
                for (int part = 2 * half; part < 2 * half + 2; part++) {
                    scores[n][part] = power(scores[n][part] * unit - base);
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
                u32 parts[4];
                load_transposed(parts, value_lane + (k * 16 * PITCH + n * 8) * 2);
                multiply(sums[n], powers, parts[0], parts[1]);
                multiply(sums[n + 1], powers, parts[2], parts[3]);
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
    element* out, const element* qkv, const u32* tiles, const u32* starts, float scale, int window, const float* distances) {
    __shared__ float keys[KEYS][HEAD], values[KEYS][HEAD];
    const int head = blockIdx.x % HEADS, tile = blockIdx.x / HEADS;
    const u32 start = starts[tiles[2 * tile]];
    const int length = starts[tiles[2 * tile] + 1] - start;
    const int first_query = tiles[2 * tile + 1], row = first_query + threadIdx.x;
    const int behind = behind_keys(first_query, window, length);
    qkv += (size_t)start * 3 * HIDDEN + head * HEAD;
#if DISTANCES
    distances += head * (2 * LONGEST - 1);
#endif
    float query[HEAD], sum[HEAD];
#pragma unroll
    for (int i = 0; i < HEAD; i++) {
        query[i] = row < length ? widen(qkv[(size_t)row * 3 * HIDDEN + i]) * scale : 0;
        sum[i] = 0;
    }
    float most = LOWEST, total = 0;
    for (int first = first_key(first_query, window, KEYS); first < behind; first += KEYS) {
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
            score = with_distance(score, distances, row, first + key, length);
            scores[key] = is_seen(row, first + key, window, length) ? score : -LARGEST;
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
