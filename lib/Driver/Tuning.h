//===- Tuning.h - Schedules that were measured ------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_TUNING_H
#define MOEC_LIB_DRIVER_TUNING_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace moec::driver {

/// What measured times hold for. Two that differ in anything are two machines.
struct TuningMachine {
  std::string compiler; ///< as `moec --version` prints it
  std::string cpu;      ///< as LLVM calls it: "znver3"
  int64_t cores = 0, vectorBytes = 0, vectorRegisters = 0;
  std::vector<int64_t> caches; ///< bytes of L1 (data), L2, L3; 0: not known
};

/// How a kernel is cut, as `#kernel.schedule` says it: sizes from 1 to 2^20.
struct Schedule {
  std::vector<int64_t> tile, micro;

  bool operator==(const Schedule &other) const {
    return tile == other.tile && micro == other.micro;
  }
  bool operator!=(const Schedule &other) const { return !(*this == other); }
};
/// By the names of shapes (passes/Schedule/TunedShape.h).
using Schedules = std::map<std::string, Schedule>;

/// A kernel of a module that has a schedule.
struct PlannedKernel {
  std::string symbol; ///< as the manifest calls it
  std::string shape;  ///< the name of its shape
  Schedule schedule;
  /// What is worth measuring, the cost model's choice first.
  std::vector<Schedule> candidates;
};

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_TUNING_H
