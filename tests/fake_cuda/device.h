// What a CUDA card gives to its kernels, on a CPU: stands before the kernels' source where `driver.cpp` compiles it. Threads of a block are
// coroutines that take turns at every barrier, so that all that a block computes comes out the same each time.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static thread_local

struct alignas(16) uint4 { unsigned x, y, z, w; };
struct Place { unsigned x; };
static thread_local Place threadIdx, blockIdx, blockDim;

static inline int max(int a, int b) { return a > b ? a : b; }
static inline int min(int a, int b) { return a < b ? a : b; }
static inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
static inline float __int_as_float(int bits) { float x; memcpy(&x, &bits, 4); return x; }
static inline float __uint_as_float(unsigned bits) { return __int_as_float((int)bits); }

// A coroutine: where its stack ended when it stopped, or what the system has for that, where a switch takes a hundred times as long.
#if defined(__x86_64__)
struct Context { void* top; };
extern "C" void card_switch(Context* from, const Context* to);
asm(R"(
    .text
    .hidden card_switch
    .globl card_switch
card_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq (%rsi), %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
)");
static void prepare(Context& context, char* stack, size_t size, void (*begin)()) {
    // Six registers, then where to begin, then what a call would have left: at the beginning the stack is 8 beyond a multiple of 16.
    void** top = (void**)(((size_t)stack + size) / 16 * 16) - 8;
    memset(top, 0, 8 * sizeof(void*));
    top[6] = (void*)begin;
    context.top = top;
}
#else
#include <ucontext.h>
typedef ucontext_t Context;
static void card_switch(Context* from, const Context* to) { swapcontext(from, to); }
static void prepare(Context& context, char* stack, size_t size, void (*begin)()) {
    getcontext(&context);
    context.uc_stack.ss_sp = stack;
    context.uc_stack.ss_size = size;
    context.uc_link = nullptr;
    makecontext(&context, begin, 0);
}
#endif

namespace card {

const int WARP = 32;
const size_t STACK = 64 << 10;

// Threads that wait for each other. A thread that has returned is waited for no longer.
struct Barrier {
    unsigned members, waiting, turn;
};

struct Thread {
    Context context;
    std::unique_ptr<char[]> stack{new char[STACK]};
    bool done;
};

// What a thread shows the others of its warp. Two of them, as the fastest thread may be one exchange ahead of the slowest.
struct Shown {
    float numbers[2][12];
    const void* address[2];
    unsigned turn;
};

static thread_local Context scheduler;
static thread_local std::vector<Thread> threads;
static thread_local std::vector<Shown> shown;
static thread_local Barrier block_barrier;
static thread_local std::vector<Barrier> warp_barriers;
static thread_local const void* body;
static thread_local void (*call_body)(const void*);
static thread_local char anchor;

static void leave(Barrier& barrier) {
    if (barrier.waiting == barrier.members) {
        barrier.waiting = 0;
        barrier.turn++;
    }
}

static void wait(Barrier& barrier) {
    const unsigned me = threadIdx.x, turn = barrier.turn;
    barrier.waiting++;
    leave(barrier);
    while (barrier.turn == turn) card_switch(&threads[me].context, &scheduler);
}

static void begin() {
    call_body(body);
    const unsigned me = threadIdx.x;
    threads[me].done = true;
    for (Barrier* barrier : {&block_barrier, &warp_barriers[me / WARP]}) {
        barrier->members--;
        if (barrier->members > 0) leave(*barrier);
    }
    card_switch(&threads[me].context, &scheduler);
}

template <typename Body>
void run(unsigned blocks, unsigned size, const Body& kernel) {
    if (threads.size() < size) threads = std::vector<Thread>(size);
    shown.assign(size, Shown{});
    body = &kernel;
    call_body = [](const void* body) { (*(const Body*)body)(); };
    blockDim.x = size;
    for (unsigned block = 0; block < blocks; block++) {
        blockIdx.x = block;
        block_barrier = {size, 0, 0};
        warp_barriers.assign((size + WARP - 1) / WARP, {WARP, 0, 0});
        if (size % WARP != 0) warp_barriers.back().members = size % WARP;
        for (unsigned at = 0; at < size; at++) {
            Thread& thread = threads[at];
            thread.done = false;
            prepare(thread.context, thread.stack.get(), STACK, begin);
        }
        for (unsigned left = size; left > 0;) {
            const unsigned before = left;
            left = 0;
            unsigned long turns = block_barrier.turn, after;
            for (const Barrier& barrier : warp_barriers) turns += barrier.turn;
            for (unsigned at = 0; at < size; at++) {
                if (threads[at].done) continue;
                threadIdx.x = at;
                card_switch(&scheduler, &threads[at].context);
                left += !threads[at].done;
            }
            after = block_barrier.turn;
            for (const Barrier& barrier : warp_barriers) after += barrier.turn;
            if (left == before && turns == after) {
                fprintf(stderr, "threads of a block wait for each other for ever\n");
                abort();
            }
        }
    }
}

template <typename... Parameters, size_t... Numbers>
void launch(void (*kernel)(Parameters...), void** parameters, unsigned blocks, unsigned size, std::index_sequence<Numbers...>) {
    run(blocks, size, [=] { kernel(*(Parameters*)parameters[Numbers]...); });
}

template <typename... Parameters>
void launch(void (*kernel)(Parameters...), void** parameters, unsigned blocks, unsigned size) {
    launch(kernel, parameters, blocks, size, std::index_sequence_for<Parameters...>{});
}

// Waits until every thread of the warp shows something, and gives where this warp's things are, and the exchange's place.
static std::pair<const Shown*, unsigned> exchange() {
    Shown& mine = shown[threadIdx.x];
    const unsigned turn = mine.turn++ % 2;
    wait(warp_barriers[threadIdx.x / WARP]);
    return {&shown[threadIdx.x / WARP * WARP], turn};
}

static unsigned next() { return shown[threadIdx.x].turn % 2; }

}  // namespace card

static inline void __syncthreads() { card::wait(card::block_barrier); }

static inline float __shfl_xor_sync(unsigned, float x, int step) {
    card::shown[threadIdx.x].numbers[card::next()][0] = x;
    const auto [warp, turn] = card::exchange();
    return warp[(threadIdx.x % card::WARP) ^ step].numbers[turn][0];
}

// Shared memory is addressed in 32 bits: from a variable of the same thread.
static inline size_t __cvta_generic_to_shared(const void* address) { return (size_t)address - (size_t)&card::anchor; }

#if ELEMENT != 0

// Halves, as `kernels/dtype.cu` has them in PTX.

static inline float widen(unsigned short bits) {
#if ELEMENT == 1
    _Float16 half;
    memcpy(&half, &bits, 2);
    return (float)half;
#else
    return __uint_as_float((unsigned)bits << 16);
#endif
}

static inline unsigned short narrow(float x) {
#if ELEMENT == 1
    const _Float16 half = (_Float16)x;
    unsigned short bits;
    memcpy(&bits, &half, 2);
    return bits;
#else
    unsigned bits;
    memcpy(&bits, &x, 4);
    if (x != x) return 0x7fff;
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
#endif
}

static inline unsigned pack(float low, float high) { return narrow(low) | (unsigned)narrow(high) << 16; }
static inline float power(float x) { return exp2f(x); }

// mma.sync m16n8k16, by the tables of the PTX ISA: a lane's registers of `a` hold rows lane / 4 and lane / 4 + 8, columns from
// lane % 4 * 2 and 8 behind; those of `b` hold column lane / 4, rows from lane % 4 * 2 and 8 behind.
static inline void multiply(float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    float* mine = card::shown[threadIdx.x].numbers[card::next()];
    const unsigned registers[6] = {a[0], a[1], a[2], a[3], b0, b1};
    for (int at = 0; at < 6; at++) {
        mine[2 * at] = widen((unsigned short)registers[at]);
        mine[2 * at + 1] = widen((unsigned short)(registers[at] >> 16));
    }
    const auto [warp, turn] = card::exchange();
    const unsigned lane = threadIdx.x % card::WARP, group = lane / 4, place = lane % 4;
    for (unsigned part = 0; part < 4; part++) {
        const unsigned column = place * 2 + part % 2;
        for (unsigned k = 0; k < 16; k++) {
            const unsigned from = k % 8 / 2, behind = k / 8, half = k % 2;
            const float x = warp[group * 4 + from].numbers[turn][2 * (part / 2 + 2 * behind) + half];
            const float y = warp[column * 4 + from].numbers[turn][2 * (4 + behind) + half];
            sum[part] += x * y;
        }
    }
}

// ldmatrix x4: lanes 8 i to 8 i + 7 name the rows of matrix i; a lane gets two neighbours of each: of row lane / 4 from column lane % 4 * 2,
// or, transposed, of column lane / 4 from row lane % 4 * 2.
static inline void load(unsigned (&parts)[4], unsigned row, bool transposed) {
    card::shown[threadIdx.x].address[card::next()] = &card::anchor + (int)row;
    const auto [warp, turn] = card::exchange();
    const unsigned lane = threadIdx.x % card::WARP;
    for (unsigned matrix = 0; matrix < 4; matrix++) {
        unsigned short values[2];
        for (unsigned at = 0; at < 2; at++) {
            const unsigned first = lane / 4, second = lane % 4 * 2 + at;
            const unsigned from = transposed ? second : first, column = transposed ? first : second;
            values[at] = ((const unsigned short*)warp[matrix * 8 + from].address[turn])[column];
        }
        parts[matrix] = values[0] | (unsigned)values[1] << 16;
    }
}

static inline void load_matrices(unsigned (&parts)[4], unsigned row) { load(parts, row, false); }
static inline void load_transposed(unsigned (&parts)[4], unsigned row) { load(parts, row, true); }

#endif

