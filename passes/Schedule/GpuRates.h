//===- GpuRates.h - What the cost models know of GPUs ----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_SCHEDULE_GPURATES_H
#define MOEC_PASSES_SCHEDULE_GPURATES_H

#include "dialects/Kernel/KernelOps.h"
#include <cmath>

namespace moec::schedule {

// In cycles of one multiprocessor. Rates are those of the CUDA C++ Programming
// Guide for compute capability 8.0; later GPUs are faster in similar
// proportions.

constexpr double lanesOf80 = 64;       // f32 multiply-adds a cycle
constexpr double lanesOf90 = 128;      // compute capability 9.0
constexpr double tensorRate = 1024;    // bf16 multiply-adds a cycle
constexpr double wgmmaRate = 2048;     // compute capability 9.0
constexpr double sharedRate = 128;     // bytes a cycle
constexpr double globalRate = 32;      // bytes a cycle, from L2
constexpr double loadLatency = 600;    // global load to use
constexpr double blockOverhead = 1500; // start, first loads, last stores
constexpr int64_t maxThreads = 2048, maxRegisters = 65536;

inline double lanesOf(kernel::GpuAttr machine) {
  return machine.hasWarpgroups() ? lanesOf90 : lanesOf80;
}

/// Cycles of the multiprocessor that has the most of `blocks`: the units are
/// busy for `work` of each, and a block alone takes `alone`. A block takes
/// `shared` bytes, `threads` and `registers` in all.
inline double busiest(kernel::GpuAttr machine, double blocks, double work,
                      double alone, double shared, double threads,
                      double registers) {
  double resident = std::min({std::floor(machine.getSharedBytes() / shared),
                              std::floor(maxThreads / threads),
                              std::floor(maxRegisters / registers)});
  double perUnit = std::ceil(blocks / machine.getMultiprocessors());
  return std::max(perUnit * work,
                  std::ceil(perUnit / std::max(resident, 1.0)) * alone);
}

} // namespace moec::schedule

#endif // MOEC_PASSES_SCHEDULE_GPURATES_H
