//===- FakeDriver.cpp - A CUDA driver for tests ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cuda/FakeDriver.h"
#include "runtime/cuda/Driver.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace moec::rt::cuda;

extern "C" {
int toy_block, toy_thread;
#define TOY_KERNEL(name) void name(void *const *parameters);
TOY_KERNEL(toy_logits)
TOY_KERNEL(toy_loss)
TOY_KERNEL(toy_means)
TOY_KERNEL(toy_grads)
TOY_KERNEL(toy_update)
TOY_KERNEL(toy_fault)
}

/// Writes what it was given: both maps, the workspace, the operands.
static void showMaps(void *const *p) {
  if (toy_block != 0 || toy_thread != 0)
    return;
  char *out = *static_cast<char *const *>(p[2]);
  std::memcpy(out, p[4], 128);
  std::memcpy(out + 128, p[5], 128);
  std::memcpy(out + 256, p[3], 8);
  std::memcpy(out + 264, p[0], 8);
  std::memcpy(out + 272, p[1], 8);
}

/// y = 2 y + p: what it gives depends on the order of the launches.
static void chain(void *const *p) {
  const float *from = *static_cast<const float *const *>(p[1]);
  float *y = *static_cast<float *const *>(p[2]);
  y[toy_thread] = 2 * y[toy_thread] + from[toy_thread];
}

namespace {
struct Kernel {
  void (*body)(void *const *);
  std::vector<size_t> sizes; ///< of the parameters
};
const std::map<std::string, Kernel> kernels = {
    {"toy_logits", {toy_logits, {8, 8, 8}}},
    {"toy_loss", {toy_loss, {8, 8, 8, 8, 8}}},
    {"toy_means", {toy_means, {8, 8, 8, 8}}},
    {"toy_grads", {toy_grads, {8, 8, 8}}},
    {"toy_update", {toy_update, {8, 8, 8, 8, 8, 8}}},
    {"toy_fault", {toy_fault, {8}}},
    {"maps_show", {showMaps, {8, 8, 8, 8, 128, 128}}},
    {"maps_chain", {chain, {8, 8, 8}}},
};

struct LaunchRecord {
  std::string name;
  unsigned grid, threads;
  std::vector<std::vector<char>> parameters;
};

/// Everything that the driver hands out.
struct State {
  FakeGpu gpu;
  int fault = 0;
  int retained = 0;
  std::vector<Context> stack;
  std::map<Pointer, size_t> memory;
  std::map<void *, std::string> modules; ///< their text
  std::map<void *, std::string>
      functions; ///< not counted: they need no release
  std::set<void *> streams, events;
  std::map<void *, std::vector<LaunchRecord>> graphs, execs;
  std::vector<LaunchRecord> capture;
  bool capturing = false;
  uintptr_t next = 0x1000;
  template <typename T> T handle() { return reinterpret_cast<T>(next += 16); }
};
State *state = new State;
char contextObject;

/// The result of a call before it does anything.
Result enter(const char *symbol, bool needsContext = true) {
  FakeGpu &gpu = state->gpu;
  // What takes things down needs a context: that fails only when it is named.
  bool counts = gpu.failName ? std::strcmp(gpu.failName, symbol) == 0
                             : std::strcmp(symbol, "cuCtxPushCurrent") != 0;
  if (counts)
    if (++gpu.calls == gpu.failCall)
      return gpu.failResult;
  if (needsContext && state->stack.empty())
    return 201;
  return state->fault;
}

void execute(const LaunchRecord &launch) {
  FakeGpu &gpu = state->gpu;
  if (state->fault)
    return;
  if (gpu.faultKernel && launch.name == gpu.faultKernel) {
    state->fault = 700;
    return;
  }
  ++gpu.launches;
  std::vector<void *> pointers;
  for (const std::vector<char> &bytes : launch.parameters)
    pointers.push_back(const_cast<char *>(bytes.data()));
  for (toy_block = 0; toy_block < int(launch.grid); ++toy_block)
    for (toy_thread = 0; toy_thread < int(launch.threads); ++toy_thread)
      kernels.at(launch.name).body(pointers.data());
}

Result doLaunch(Function function, unsigned grid, unsigned threads,
                unsigned shared, Stream stream, void **parameters) {
  auto found = state->functions.find(function);
  if (found == state->functions.end() || !state->streams.count(stream) ||
      grid == 0 || threads == 0)
    return 1;
  LaunchRecord record{found->second, grid, threads, {}};
  size_t i = 0;
  for (size_t size : kernels.at(record.name).sizes) {
    auto *bytes = static_cast<const char *>(parameters[i++]);
    record.parameters.emplace_back(bytes, bytes + size);
  }
  state->gpu.lastShared = int(shared);
  if (state->capturing) {
    ++state->gpu.captured;
    state->capture.push_back(std::move(record));
  } else {
    execute(record);
  }
  return 0;
}
} // namespace

#define ENTER(symbol)                                                          \
  if (Result entered = enter(#symbol))                                         \
    return entered;

extern "C" {

FakeGpu *fake_cuda_gpu() { return &state->gpu; }

int64_t fake_cuda_live() {
  return int64_t(state->memory.size() + state->modules.size() +
                 state->streams.size() + state->events.size() +
                 state->graphs.size() + state->execs.size() +
                 state->stack.size()) +
         state->retained + state->capturing;
}

void fake_cuda_reset() {
  for (auto &[address, bytes] : state->memory)
    std::free(reinterpret_cast<void *>(address));
  delete state;
  state = new State;
}

Result cuInit(unsigned) { return state->gpu.initResult; }

Result cuGetErrorName(Result result, const char **text) {
  *text = result == 2     ? "CUDA_ERROR_OUT_OF_MEMORY"
          : result == 100 ? "CUDA_ERROR_NO_DEVICE"
          : result == 218 ? "CUDA_ERROR_INVALID_PTX"
          : result == 700 ? "CUDA_ERROR_ILLEGAL_ADDRESS"
                          : "CUDA_ERROR_UNKNOWN";
  return 0;
}

Result cuGetErrorString(Result result, const char **text) {
  *text = result == 700 ? "an illegal memory access" : "some words";
  return 0;
}

Result cuDeviceGetCount(int *count) {
  *count = state->gpu.count;
  return 0;
}

Result cuDeviceGet(Ordinal *device, int index) {
  *device = index;
  return enter("cuDeviceGet", false);
}

Result cuDeviceGetName(char *text, int bytes, Ordinal) {
  std::strncpy(text, "Fake GPU", size_t(bytes));
  return enter("cuDeviceGetName", false);
}

Result cuDeviceGetAttribute(int *value, int attribute, Ordinal) {
  const FakeGpu &gpu = state->gpu;
  *value = attribute == CapabilityMajor   ? gpu.capability / 10
           : attribute == CapabilityMinor ? gpu.capability % 10
                                          : gpu.sharedOptIn;
  return enter("cuDeviceGetAttribute", false);
}

Result cuDevicePrimaryCtxRetain(Context *context, Ordinal) {
  if (Result result = enter("cuDevicePrimaryCtxRetain", false))
    return result;
  ++state->retained;
  *context = reinterpret_cast<Context>(&contextObject);
  return 0;
}

Result cuDevicePrimaryCtxRelease_v2(Ordinal) {
  --state->retained;
  return 0;
}

Result cuCtxPushCurrent_v2(Context context) {
  if (Result result = enter("cuCtxPushCurrent", false))
    if (result != state->fault)
      return result;
  state->stack.push_back(context);
  return 0;
}

Result cuCtxPopCurrent_v2(Context *context) {
  if (state->stack.empty())
    return 201;
  *context = state->stack.back();
  state->stack.pop_back();
  return 0;
}

Result cuModuleLoadDataEx(ModuleHandle *module, const void *image,
                          unsigned options, int *names, void **values) {
  ENTER(cuModuleLoadDataEx)
  std::string text = static_cast<const char *>(image);
  if (text.find(".version") == std::string::npos ||
      text.find("syntax error") != std::string::npos) {
    for (unsigned i = 0; i < options; ++i)
      if (names[i] == ErrorLog)
        std::strcpy(static_cast<char *>(values[i]),
                    "ptxas application ptx input, line 3; fatal: Parsing "
                    "error\n");
    return 218;
  }
  *module = state->handle<ModuleHandle>();
  state->modules[*module] = text;
  return 0;
}

Result cuModuleUnload(ModuleHandle module) {
  return state->modules.erase(module) ? 0 : 1;
}

Result cuModuleGetFunction(Function *function, ModuleHandle module,
                           const char *name) {
  ENTER(cuModuleGetFunction)
  if (state->modules.at(module).find(std::string(".entry ") + name + "(") ==
          std::string::npos ||
      !kernels.count(name))
    return NotFound;
  *function = state->handle<Function>();
  state->functions[*function] = name;
  return 0;
}

Result cuFuncGetAttribute(int *value, int attribute, Function) {
  ENTER(cuFuncGetAttribute)
  *value = attribute == MaxThreads     ? state->gpu.maxThreads
           : attribute == StaticShared ? 1024
                                       : 40;
  return 0;
}

Result cuFuncSetAttribute(Function, int attribute, int value) {
  ENTER(cuFuncSetAttribute)
  return attribute == MaxDynamicShared && value > state->gpu.sharedOptIn ? 1
                                                                         : 0;
}

Result cuMemGetInfo_v2(size_t *free, size_t *total) {
  ENTER(cuMemGetInfo)
  *free = *total = size_t(state->gpu.memory);
  for (auto &[address, bytes] : state->memory)
    *free -= bytes;
  return 0;
}

Result cuMemAlloc_v2(Pointer *address, size_t bytes) {
  ENTER(cuMemAlloc)
  size_t free, total;
  cuMemGetInfo_v2(&free, &total);
  if (bytes > free || state->capturing)
    return state->capturing ? 900 : OutOfMemory;
  void *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  std::memset(memory, 0xcc, bytes);
  *address = reinterpret_cast<Pointer>(memory);
  state->memory[*address] = bytes;
  return 0;
}

Result cuMemFree_v2(Pointer address) {
  if (state->stack.empty() || !state->memory.erase(address))
    return 1;
  std::free(reinterpret_cast<void *>(address));
  return 0;
}

/// Whether a range lies in one allocation.
static bool inside(Pointer address, size_t bytes) {
  auto next = state->memory.upper_bound(address);
  if (next == state->memory.begin())
    return false;
  --next;
  return address + bytes <= next->first + next->second;
}

Result cuMemcpyHtoDAsync_v2(Pointer to, const void *from, size_t bytes,
                            Stream stream) {
  ENTER(cuMemcpyHtoDAsync)
  if (!inside(to, bytes) || !state->streams.count(stream))
    return 1;
  std::memcpy(reinterpret_cast<void *>(to), from, bytes);
  return 0;
}

Result cuMemcpyDtoHAsync_v2(void *to, Pointer from, size_t bytes,
                            Stream stream) {
  ENTER(cuMemcpyDtoHAsync)
  if (!inside(from, bytes) || !state->streams.count(stream))
    return 1;
  std::memcpy(to, reinterpret_cast<void *>(from), bytes);
  return 0;
}

Result cuMemsetD8Async(Pointer address, unsigned char value, size_t bytes,
                       Stream stream) {
  ENTER(cuMemsetD8Async)
  if (!inside(address, bytes) || !state->streams.count(stream))
    return 1;
  std::memset(reinterpret_cast<void *>(address), value, bytes);
  return 0;
}

Result cuStreamCreate(Stream *stream, unsigned) {
  ENTER(cuStreamCreate)
  *stream = state->handle<Stream>();
  state->streams.insert(*stream);
  return 0;
}

Result cuStreamDestroy_v2(Stream stream) {
  return state->streams.erase(stream) ? 0 : 1;
}

Result cuStreamSynchronize(Stream) {
  ENTER(cuStreamSynchronize)
  return state->capturing ? 900 : 0;
}

Result cuStreamBeginCapture_v2(Stream, int) {
  ENTER(cuStreamBeginCapture)
  state->capturing = true;
  state->capture.clear();
  return 0;
}

Result cuStreamEndCapture(Stream, Graph *graph) {
  state->capturing = false;
  ENTER(cuStreamEndCapture)
  *graph = state->handle<Graph>();
  state->graphs[*graph] = state->capture;
  return 0;
}

Result cuGraphInstantiateWithFlags(GraphExec *exec, Graph graph,
                                   unsigned long long) {
  ENTER(cuGraphInstantiate)
  *exec = state->handle<GraphExec>();
  state->execs[*exec] = state->graphs.at(graph);
  return 0;
}

Result cuGraphDestroy(Graph graph) {
  return state->graphs.erase(graph) ? 0 : 1;
}

Result cuGraphExecDestroy(GraphExec exec) {
  return state->execs.erase(exec) ? 0 : 1;
}

Result cuGraphLaunch(GraphExec exec, Stream) {
  ENTER(cuGraphLaunch)
  ++state->gpu.graphLaunches;
  for (const LaunchRecord &launch : state->execs.at(exec))
    execute(launch);
  return 0;
}

Result cuEventCreate(Event *event, unsigned) {
  ENTER(cuEventCreate)
  *event = state->handle<Event>();
  state->events.insert(*event);
  return 0;
}

Result cuEventDestroy_v2(Event event) {
  return state->events.erase(event) ? 0 : 1;
}

Result cuEventRecord(Event event, Stream) {
  ENTER(cuEventRecord)
  return state->events.count(event) ? 0 : 1;
}

Result cuEventElapsedTime(float *milliseconds, Event, Event) {
  ENTER(cuEventElapsedTime)
  *milliseconds = 0.5f;
  return 0;
}

Result cuLaunchKernel(Function function, unsigned gridX, unsigned, unsigned,
                      unsigned blockX, unsigned, unsigned, unsigned shared,
                      Stream stream, void **parameters, void **) {
  ENTER(cuLaunchKernel)
  return doLaunch(function, gridX, blockX, shared, stream, parameters);
}

Result cuLaunchKernelEx(const LaunchConfig *config, Function function,
                        void **parameters, void **) {
  ENTER(cuLaunchKernelEx)
  if (config->attributeCount == 1 && config->attributes->id == 4)
    state->gpu.clusterX = int(config->attributes->x);
  return doLaunch(function, config->gridX, config->blockX, config->sharedBytes,
                  config->stream, parameters);
}

Result cuTensorMapEncodeTiled(void *map, int type, uint32_t rank, void *address,
                              const uint64_t *shape, const uint64_t *strides,
                              const uint32_t *box, const uint32_t *steps,
                              int interleave, int swizzle, int, int fill) {
  ENTER(cuTensorMapEncodeTiled)
  FakeTensorMap fake = {};
  fake.type = type;
  fake.rank = rank;
  fake.address = reinterpret_cast<uint64_t>(address);
  fake.swizzle = swizzle;
  bool good = fake.address % 16 == 0 && interleave == 0 && fill == 0;
  for (uint32_t i = 0; i < rank; ++i) {
    fake.shape[i] = shape[i];
    fake.box[i] = box[i];
    good &= steps[i] == 1;
    if (i + 1 < rank) {
      fake.strides[i] = strides[i];
      good &= strides[i] % 16 == 0;
    }
  }
  std::memcpy(map, &fake, sizeof(fake));
  return good ? 0 : 1;
}

} // extern "C"
