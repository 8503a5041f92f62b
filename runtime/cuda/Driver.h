//===- Driver.h - The CUDA driver, loaded when needed -----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The part of the driver's interface that the runtime uses, declared here: its
// numbers and layouts are fixed for all time, so no CUDA toolkit is needed to
// build, and no driver to start.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CUDA_DRIVER_H
#define MOEC_RUNTIME_CUDA_DRIVER_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace moec::rt::cuda {

using Result = int; ///< CUresult; 0 is success
using Ordinal = int;
using Pointer = unsigned long long; ///< CUdeviceptr
using Context = struct ContextObject *;
using ModuleHandle = struct ModuleObject *;
using Function = struct FunctionObject *;
using Stream = struct StreamObject *;
using Event = struct EventObject *;
using Graph = struct GraphObject *;
using GraphExec = struct GraphExecObject *;

enum : Result {
  OutOfMemory = 2,
  NoDevice = 100,
  NoBinaryForGpu = 209,
  NotFound = 500,
};

enum Attribute : int {
  SharedPerBlockOptIn = 97,
  CapabilityMajor = 75,
  CapabilityMinor = 76,
};

enum FunctionAttribute : int {
  MaxThreads = 0,
  StaticShared = 1,
  LocalBytes = 3,
  Registers = 4,
  MaxDynamicShared = 8,
  NonPortableCluster = 14,
};

enum JitOption : int {
  InfoLog = 3,
  InfoLogBytes = 4,
  ErrorLog = 5,
  ErrorLogBytes = 6,
};

constexpr unsigned nonBlockingStream = 1;
constexpr int captureThreadLocal = 1;

/// CUlaunchAttribute with the dimension of a cluster.
struct LaunchAttribute {
  int id = 4; // CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION
  char padding[4] = {};
  unsigned x = 1, y = 1, z = 1;
  char rest[52] = {};
};
static_assert(sizeof(LaunchAttribute) == 72, "as the driver has it");

struct LaunchConfig {
  unsigned gridX = 1, gridY = 1, gridZ = 1;
  unsigned blockX = 1, blockY = 1, blockZ = 1;
  unsigned sharedBytes = 0;
  Stream stream = nullptr;
  LaunchAttribute *attributes = nullptr;
  unsigned attributeCount = 0;
};
static_assert(sizeof(LaunchConfig) == 56, "as the driver has it");

/// X(member, symbol, parameters) for every function.
#define MOEC_CUDA_FUNCTIONS(X)                                                 \
  X(init, cuInit, (unsigned flags))                                            \
  X(getErrorName, cuGetErrorName, (Result result, const char **text))          \
  X(getErrorString, cuGetErrorString, (Result result, const char **text))      \
  X(deviceCount, cuDeviceGetCount, (int *count))                               \
  X(deviceGet, cuDeviceGet, (Ordinal * device, int index))                     \
  X(deviceName, cuDeviceGetName, (char *text, int bytes, Ordinal device))      \
  X(deviceAttribute, cuDeviceGetAttribute,                                     \
    (int *value, int attribute, Ordinal device))                               \
  X(contextRetain, cuDevicePrimaryCtxRetain,                                   \
    (Context * context, Ordinal device))                                       \
  X(contextRelease, cuDevicePrimaryCtxRelease_v2, (Ordinal device))            \
  X(contextPush, cuCtxPushCurrent_v2, (Context context))                       \
  X(contextPop, cuCtxPopCurrent_v2, (Context * context))                       \
  X(moduleLoad, cuModuleLoadDataEx,                                            \
    (ModuleHandle * module, const void *image, unsigned options, int *names,   \
     void **values))                                                           \
  X(moduleUnload, cuModuleUnload, (ModuleHandle module))                       \
  X(moduleFunction, cuModuleGetFunction,                                       \
    (Function * function, ModuleHandle module, const char *name))              \
  X(functionGet, cuFuncGetAttribute,                                           \
    (int *value, int attribute, Function function))                            \
  X(functionSet, cuFuncSetAttribute,                                           \
    (Function function, int attribute, int value))                             \
  X(memoryInfo, cuMemGetInfo_v2, (size_t *free, size_t *total))                \
  X(allocate, cuMemAlloc_v2, (Pointer * address, size_t bytes))                \
  X(release, cuMemFree_v2, (Pointer address))                                  \
  X(copyIn, cuMemcpyHtoDAsync_v2,                                              \
    (Pointer to, const void *from, size_t bytes, Stream stream))               \
  X(copyOut, cuMemcpyDtoHAsync_v2,                                             \
    (void *to, Pointer from, size_t bytes, Stream stream))                     \
  X(fill, cuMemsetD8Async,                                                     \
    (Pointer address, unsigned char value, size_t bytes, Stream stream))       \
  X(streamCreate, cuStreamCreate, (Stream * stream, unsigned flags))           \
  X(streamDestroy, cuStreamDestroy_v2, (Stream stream))                        \
  X(streamWait, cuStreamSynchronize, (Stream stream))                          \
  X(captureBegin, cuStreamBeginCapture_v2, (Stream stream, int mode))          \
  X(captureEnd, cuStreamEndCapture, (Stream stream, Graph * graph))            \
  X(graphInstantiate, cuGraphInstantiateWithFlags,                             \
    (GraphExec * exec, Graph graph, unsigned long long flags))                 \
  X(graphDestroy, cuGraphDestroy, (Graph graph))                               \
  X(graphExecDestroy, cuGraphExecDestroy, (GraphExec exec))                    \
  X(graphLaunch, cuGraphLaunch, (GraphExec exec, Stream stream))               \
  X(eventCreate, cuEventCreate, (Event * event, unsigned flags))               \
  X(eventDestroy, cuEventDestroy_v2, (Event event))                            \
  X(eventRecord, cuEventRecord, (Event event, Stream stream))                  \
  X(eventElapsed, cuEventElapsedTime,                                          \
    (float *milliseconds, Event start, Event end))                             \
  X(launch, cuLaunchKernel,                                                    \
    (Function function, unsigned gridX, unsigned gridY, unsigned gridZ,        \
     unsigned blockX, unsigned blockY, unsigned blockZ, unsigned sharedBytes,  \
     Stream stream, void **parameters, void **extra))

/// Functions that drivers before CUDA 12 lack; null there.
#define MOEC_CUDA_NEW_FUNCTIONS(X)                                             \
  X(launchEx, cuLaunchKernelEx,                                                \
    (const LaunchConfig *config, Function function, void **parameters,         \
     void **extra))                                                            \
  X(encodeTiled, cuTensorMapEncodeTiled,                                       \
    (void *map, int type, uint32_t rank, void *address, const uint64_t *shape, \
     const uint64_t *strides, const uint32_t *box, const uint32_t *steps,      \
     int interleave, int swizzle, int promotion, int fill))

/// The functions of a loaded driver.
class Driver {
public:
  /// Loads libcuda.so.1, or the file that the environment variable
  /// MOEC_CUDA_DRIVER names, and starts it. Throws Error (Resources), one line,
  /// when there is none or it finds no GPU.
  static std::shared_ptr<const Driver> open();
  ~Driver();
  Driver(const Driver &) = delete;

  /// "CUDA_ERROR_OUT_OF_MEMORY (out of memory)".
  std::string text(Result result) const;
  /// Throws Error that says what failed; Resources when memory is short.
  void check(Result result, const std::string &what) const;

#define MOEC_CUDA_MEMBER(member, symbol, parameters)                           \
  Result(*member) parameters = nullptr;
  MOEC_CUDA_FUNCTIONS(MOEC_CUDA_MEMBER)
  MOEC_CUDA_NEW_FUNCTIONS(MOEC_CUDA_MEMBER)
#undef MOEC_CUDA_MEMBER

private:
  Driver() = default;
  void *library = nullptr;
};

} // namespace moec::rt::cuda

#endif // MOEC_RUNTIME_CUDA_DRIVER_H
