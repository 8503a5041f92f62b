//===- FakeDriver.h - A CUDA driver for tests -------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A shared library with the entry points that the runtime uses, over memory of
// the host. Kernels are functions of the host under the names of the PTX text.
// It checks what a driver checks: a current context, live handles, no
// synchronisation inside of a capture.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_RUNTIME_CUDA_FAKEDRIVER_H
#define MOEC_TEST_RUNTIME_CUDA_FAKEDRIVER_H

#include <cstdint>

/// What the GPU is; set before a session is made.
struct FakeGpu {
  int count = 1;
  int initResult = 0;
  int capability = 90;
  int sharedOptIn = 232448;
  int maxThreads = 1024; ///< of every kernel
  int64_t memory = int64_t(1) << 30;
  int failCall = 0; ///< the call, from 1, that fails with failResult
  int failResult = 0;
  const char *failName = nullptr;    ///< count only calls of this symbol
  const char *faultKernel = nullptr; ///< ends with an illegal address
  // What happened.
  int calls = 0;
  int launches = 0;      ///< kernels executed
  int captured = 0;      ///< kernels recorded in graphs
  int graphLaunches = 0; ///< graphs replayed
  int clusterX = 0;      ///< of the last cluster launch
  int lastShared = 0;    ///< dynamic shared memory of the last launch
};

/// What a fake tensor map holds.
struct FakeTensorMap {
  int32_t type;
  uint32_t rank;
  uint64_t address;
  uint64_t shape[5];
  uint64_t strides[4];
  uint32_t box[5];
  int32_t swizzle;
};
static_assert(sizeof(FakeTensorMap) <= 128, "the size of a tensor map");

extern "C" {
FakeGpu *fake_cuda_gpu();
/// Objects and allocations that are alive, and contexts left on the stack.
int64_t fake_cuda_live();
/// Forgets a fault and everything that is alive.
void fake_cuda_reset();
}

#endif // MOEC_TEST_RUNTIME_CUDA_FAKEDRIVER_H
