// Three CUDA cards that are none: the calls to driver, run-time compiler and cuBLASLt that Relata makes, answered on a CPU, so that the CUDA
// engine runs where there is no card. Kernels are compiled by the C++ compiler behind `device.h`. Made for what it finds wrong, not for speed:
//
// - memory is full of NaN until it is written, and ends at a page that can't be touched;
// - cards 0 and 1 have 1 GiB of memory, card 2 has 80 MiB, most of which cuBLASLt's workspaces take, so that batches must be cut;
// - there is no card 3.
//
// Work is done when it is asked for, one kernel after the other: what two streams do to each other is not seen here.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <regex>
#include <string>
#include <sys/mman.h>
#include <vector>

#define CALL extern "C" int

namespace {

// Codes of CUresult.
enum { DONE = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, INVALID_DEVICE = 101, INVALID_IMAGE = 200, NOT_FOUND = 500 };

const size_t MIB = 1 << 20, PAGE = 4096;
const size_t MEMORY[] = {1024 * MIB, 1024 * MIB, 80 * MIB};
const int CARDS = 3;

struct Block {
    void* start;
    size_t length, asked;
    int card;
};

std::mutex guard;
std::map<uintptr_t, Block> blocks;
size_t used[CARDS];
// Cards of contexts, which are pointers to these.
int numbers[CARDS] = {0, 1, 2};
thread_local int* current = &numbers[0];

size_t rounded(size_t size, size_t to) { return (size + to - 1) / to * to; }

int allocate(uintptr_t* address, size_t size) {
    std::lock_guard<std::mutex> lock(guard);
    const int card = *current;
    *address = 0;
    if (size == 0) return DONE;
    if (used[card] + size > MEMORY[card]) return OUT_OF_MEMORY;
    const size_t room = rounded(size, PAGE), length = room + PAGE;
    void* start = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) return OUT_OF_MEMORY;
    mprotect((char*)start + room, PAGE, PROT_NONE);
    // As close to the page behind as 16-byte accesses allow.
    *address = (uintptr_t)start + room - rounded(size, 16);
    memset((void*)*address, 0xff, size);
    used[card] += size;
    blocks[*address] = {start, length, size, card};
    return DONE;
}

int release(uintptr_t address) {
    if (address == 0) return DONE;
    std::lock_guard<std::mutex> lock(guard);
    const auto found = blocks.find(address);
    if (found == blocks.end()) return INVALID_VALUE;
    used[found->second.card] -= found->second.asked;
    munmap(found->second.start, found->second.length);
    blocks.erase(found);
    return DONE;
}

}  // namespace

// Driver

CALL cuInit(unsigned) { return DONE; }
CALL cuDeviceGetCount(int* count) { *count = CARDS; return DONE; }
CALL cuDeviceGet(int* device, int number) {
    if (number < 0 || number >= CARDS) return INVALID_DEVICE;
    *device = number;
    return DONE;
}
CALL cuDeviceGetAttribute(int* value, int attribute, int) {
    switch (attribute) {
        case 75: *value = 9; break;   // compute capability, before the dot
        case 76: *value = 0; break;   // behind it
        case 115: *value = 1; break;  // memory pools
        default: *value = 0;
    }
    return DONE;
}
CALL cuDevicePrimaryCtxRetain(void** context, int device) { *context = &numbers[device]; return DONE; }
CALL cuDevicePrimaryCtxRelease_v2(int) { return DONE; }
CALL cuCtxSetCurrent(void* context) { current = (int*)context; return DONE; }
CALL cuCtxGetCurrent(void** context) { *context = current; return DONE; }
CALL cuCtxSynchronize() { return DONE; }
CALL cuStreamCreate(void** stream, unsigned) { *stream = new int(0); return DONE; }
CALL cuStreamDestroy_v2(void* stream) { delete (int*)stream; return DONE; }
CALL cuStreamSynchronize(void*) { return DONE; }
CALL cuStreamWaitEvent(void*, void*, unsigned) { return DONE; }
CALL cuEventCreate(void** event, unsigned) { *event = new int(0); return DONE; }
CALL cuEventRecord(void*, void*) { return DONE; }
CALL cuEventDestroy_v2(void* event) { delete (int*)event; return DONE; }
CALL cuMemAlloc_v2(uintptr_t* address, size_t size) { return allocate(address, size); }
CALL cuMemAllocAsync(uintptr_t* address, size_t size, void*) { return allocate(address, size); }
CALL cuMemFree_v2(uintptr_t address) { return release(address); }
CALL cuMemFreeAsync(uintptr_t address, void*) { return release(address); }
CALL cuMemcpyHtoDAsync_v2(uintptr_t to, const void* from, size_t size, void*) { memcpy((void*)to, from, size); return DONE; }
CALL cuMemcpyDtoHAsync_v2(void* to, uintptr_t from, size_t size, void*) { memcpy(to, (const void*)from, size); return DONE; }
CALL cuMemGetInfo_v2(size_t* free, size_t* total) {
    std::lock_guard<std::mutex> lock(guard);
    *total = MEMORY[*current];
    *free = *total - used[*current];
    return DONE;
}
CALL cuGetErrorString(int code, const char** text) {
    *text = code == OUT_OF_MEMORY ? "out of memory" : code == INVALID_DEVICE ? "invalid device ordinal" : "failed";
    return DONE;
}

CALL cuModuleLoadData(void** module, const void* image) {
    *module = dlopen((const char*)image, RTLD_NOW | RTLD_LOCAL);
    if (!*module) fprintf(stderr, "%s\n", dlerror());
    return *module ? DONE : INVALID_IMAGE;
}
CALL cuModuleUnload(void*) { return DONE; }
CALL cuModuleGetFunction(void** function, void* module, const char* name) {
    *function = dlsym(module, (std::string("launch_") + name).c_str());
    return *function ? DONE : NOT_FOUND;
}
CALL cuLaunchKernel(void* function, unsigned blocks, unsigned y, unsigned z, unsigned threads, unsigned thread_y, unsigned thread_z,
                    unsigned shared, void*, void** parameters, void**) {
    if (y != 1 || z != 1 || thread_y != 1 || thread_z != 1 || shared != 0 || blocks == 0 || threads == 0 || threads > 1024)
        return INVALID_VALUE;
    ((void (*)(void**, unsigned, unsigned))function)(parameters, blocks, threads);
    return DONE;
}

// Run-time compiler: its "PTX" is the path of a library.

namespace {
struct Program {
    std::string source, path, log;
};
std::mutex compiling;
}  // namespace

CALL nvrtcCreateProgram(Program** program, const char* source, const char*, int, const char* const*, const char* const*) {
    *program = new Program{source, "", ""};
    return DONE;
}
CALL nvrtcDestroyProgram(Program** program) { delete *program; return DONE; }
CALL nvrtcCompileProgram(Program* program, int count, const char* const* options) {
    std::lock_guard<std::mutex> lock(compiling);
    const char* folder = getenv("RELATA_CARD_FOLDER");
    const std::string base = folder ? folder : ".";
    std::string command = "c++ -std=c++17 -O2 -w -shared -fPIC -include device.h -I '" + base + "'";
    for (int at = 0; at < count; at++)
        if (strncmp(options[at], "-D", 2) == 0) command += std::string(" ") + options[at];
    std::string source = program->source;
    const std::regex kernel("__global__ void (__launch_bounds__\\(\\w+\\) )?(\\w+)\\(");
    for (std::sregex_iterator at(program->source.begin(), program->source.end(), kernel), end; at != end; ++at) {
        const std::string name = (*at)[2];
        // The one kernel that not every model has.
        if (name == "turn" && command.find("-DROTARY=1") == std::string::npos) continue;
        if (source.find("launch_" + name + "(") != std::string::npos) continue;
        source += "extern \"C\" void launch_" + name + "(void** parameters, unsigned blocks, unsigned threads) {" +
                  " card::launch(" + name + ", parameters, blocks, threads); }\n";
    }
    const size_t key = std::hash<std::string>()(command + source);
    program->path = base + "/kernels-" + std::to_string(key) + ".so";
    if (std::ifstream(program->path).good()) return DONE;
    const std::string file = base + "/kernels-" + std::to_string(key) + ".cpp", log = file + ".log";
    std::ofstream(file) << source;
    command += " '" + file + "' -o '" + program->path + ".part' 2> '" + log + "' && mv '" + program->path + ".part' '" + program->path + "'";
    if (system(command.c_str()) == 0) return DONE;
    std::ifstream read(log);
    program->log.assign(std::istreambuf_iterator<char>(read), {});
    return 6;  // NVRTC_ERROR_COMPILATION
}
CALL nvrtcGetPTXSize(Program* program, size_t* size) { *size = program->path.size() + 1; return DONE; }
CALL nvrtcGetPTX(Program* program, char* ptx) { strcpy(ptx, program->path.c_str()); return DONE; }
CALL nvrtcGetProgramLogSize(Program* program, size_t* size) { *size = program->log.size() + 1; return DONE; }
CALL nvrtcGetProgramLog(Program* program, char* log) { strcpy(log, program->log.c_str()); return DONE; }

// cuBLASLt: one product, column-major, the first matrix transposed.

namespace {
struct Product {
    int transposed = 0, epilogue = 1;
    const void* bias = nullptr;
};
struct Layout {
    int type;
    uint64_t rows, columns;
    int64_t stride;
};
enum { F32 = 0, F16 = 2, BF16 = 14 };

float read(const void* values, int type, size_t at) {
    if (type == F32) return ((const float*)values)[at];
    const uint16_t bits = ((const uint16_t*)values)[at];
    if (type == F16) {
        _Float16 half;
        memcpy(&half, &bits, 2);
        return (float)half;
    }
    const uint32_t wide = (uint32_t)bits << 16;
    float x;
    memcpy(&x, &wide, 4);
    return x;
}

void write(void* values, int type, size_t at, float x) {
    if (type == F32) {
        ((float*)values)[at] = x;
    } else if (type == F16) {
        const _Float16 half = (_Float16)x;
        memcpy((uint16_t*)values + at, &half, 2);
    } else {
        uint32_t bits;
        memcpy(&bits, &x, 4);
        ((uint16_t*)values)[at] = x != x ? 0x7fff : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    }
}
}  // namespace

CALL cublasLtCreate(void** handle) { *handle = new int(0); return DONE; }
CALL cublasLtDestroy(void* handle) { delete (int*)handle; return DONE; }
CALL cublasLtMatmulDescCreate(Product** product, int, int) { *product = new Product; return DONE; }
CALL cublasLtMatmulDescDestroy(Product* product) { delete product; return DONE; }
CALL cublasLtMatmulDescSetAttribute(Product* product, int attribute, const void* value, size_t size) {
    switch (attribute) {
        case 3: memcpy(&product->transposed, value, size); return DONE;
        case 7: memcpy(&product->epilogue, value, size); return DONE;
        case 8: memcpy(&product->bias, value, size); return DONE;
        default: return 7;  // CUBLAS_STATUS_INVALID_VALUE
    }
}
CALL cublasLtMatrixLayoutCreate(Layout** layout, int type, uint64_t rows, uint64_t columns, int64_t stride) {
    if (stride < (int64_t)rows) return 7;
    *layout = new Layout{type, rows, columns, stride};
    return DONE;
}
CALL cublasLtMatrixLayoutDestroy(Layout* layout) { delete layout; return DONE; }
CALL cublasLtMatmulPreferenceCreate(void** preference) { *preference = new int(0); return DONE; }
CALL cublasLtMatmulPreferenceSetAttribute(void*, int, const void*, size_t) { return DONE; }
CALL cublasLtMatmulPreferenceDestroy(void* preference) { delete (int*)preference; return DONE; }
CALL cublasLtMatmulAlgoGetHeuristic(void*, Product*, Layout*, Layout*, Layout*, Layout*, void*, int, void* result, int* found) {
    // cublasLtMatmulHeuristicResult_t: an algorithm that nothing reads, and a state of success.
    memset(result, 0, 96);
    *found = 1;
    return DONE;
}
CALL cublasLtMatmul(void*, Product* product, const float* alpha, const void* a, Layout* la, const void* b, Layout* lb, const float* beta,
                    const void*, Layout*, void* d, Layout* ld, const void*, void*, size_t, void*) {
    const bool with_bias = product->epilogue == 4;
    if (product->transposed != 1 || *alpha != 1 || *beta != 0 || (product->epilogue != 1 && !with_bias) || la->rows != lb->rows ||
        la->columns != ld->rows || lb->columns != ld->columns)
        return 7;
    const size_t inner = la->rows;
    std::vector<float> weights(inner * la->columns), input(inner);
    for (size_t row = 0; row < la->columns; row++)
        for (size_t k = 0; k < inner; k++) weights[row * inner + k] = read(a, la->type, row * la->stride + k);
    for (size_t column = 0; column < lb->columns; column++) {
        for (size_t k = 0; k < inner; k++) input[k] = read(b, lb->type, column * lb->stride + k);
        for (size_t row = 0; row < la->columns; row++) {
            float sum = 0;
            for (size_t k = 0; k < inner; k++) sum += weights[row * inner + k] * input[k];
            if (with_bias) sum += read(product->bias, ld->type, row);
            write(d, ld->type, column * ld->stride + row, sum);
        }
    }
    return DONE;
}
