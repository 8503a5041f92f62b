//===- Executor.h - Runs the program of an entry ----------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CPU_EXECUTOR_H
#define MOEC_RUNTIME_CPU_EXECUTOR_H

#include "runtime/core/Device.h"
#include "runtime/cpu/NativeCode.h"

#include <memory>

namespace moec::rt {

/// A program with every address resolved. run() allocates nothing, unless the
/// number of threads is new.
///
/// One parallel region serves a step, with a Barrier after each launch. Inside
/// it subnormal numbers count as zero: optimizer moments that fade towards zero
/// would otherwise slow every step a hundredfold on some CPUs.
class Executor {
public:
  Executor(std::shared_ptr<const NativeCode> code, int64_t entry,
           const BlockAddress &address);

  ~Executor();

  /// Scratch bytes that each thread needs.
  int64_t scratchBytes() const { return scratchNeeded; }

  /// Runs the program with `threads` threads; thread i owns the bytes from
  /// `scratch + i * scratchStride`. With `costs` (one for each kernel of the
  /// module) every launch is timed.
  void run(int threads, Dealing dealing, char *scratch, int64_t scratchStride,
           std::vector<KernelCost> *costs);

private:
  struct Address {
    char *base;
    int64_t stride, shift, modulus, size;
    void *at(int64_t it) const {
      int64_t ring = modulus == 1 ? 0 : (it + shift) % modulus * size;
      return base + it * stride + ring;
    }
  };
  struct Step {
    const BoundKernel *kernel;
    int64_t blocks;
    int64_t kernelIndex;
    size_t firstAddress, addressCount;
  };
  struct Segment {
    size_t firstStep, stepCount;
    int64_t repeat;
  };
  struct Team;
  std::unique_ptr<Team> team; ///< that of the last run
  void runThread(int thread);

  std::shared_ptr<const NativeCode> code;
  std::vector<Address> addresses;
  std::vector<Step> steps;
  std::vector<Segment> segments;
  size_t maxArguments = 0;
  int64_t scratchNeeded = 0;
  /// The arguments of the launch at hand, a row for each thread.
  std::vector<std::vector<void *>> arguments;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_CPU_EXECUTOR_H
