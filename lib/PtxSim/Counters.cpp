//===- Counters.cpp - What a simulated launch did -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Counters.h"

#include <algorithm>

namespace moec::ptxsim {

const char *instClassName(InstClass c) {
  static const char *const names[numInstClasses] = {
      "float",  "half",   "integer", "special", "convert",
      "move",   "global", "shared",  "local",   "param",
      "atomic", "async",  "tensor",  "barrier", "control"};
  return names[unsigned(c)];
}

Counters &Counters::operator+=(const Counters &o) {
  for (unsigned i = 0; i < numInstClasses; ++i)
    byClass[i] += o.byClass[i];
  const auto sum = [&](auto... members) {
    ((this->*members += o.*members), ...);
  };
  sum(&Counters::launches, &Counters::blocks, &Counters::warps,
      &Counters::warpInstructions, &Counters::partialWarpInstructions,
      &Counters::threadInstructions, &Counters::globalLoads,
      &Counters::globalLoadSectors, &Counters::globalLoadIdealSectors,
      &Counters::globalLoadBytes, &Counters::globalStores,
      &Counters::globalStoreSectors, &Counters::globalStoreIdealSectors,
      &Counters::globalPartialSectors, &Counters::globalStoreBytes,
      &Counters::bulkCopies, &Counters::bulkBytes, &Counters::sharedLoads,
      &Counters::sharedStores, &Counters::sharedLoadConflicts,
      &Counters::sharedStoreConflicts, &Counters::ldmatrixConflicts,
      &Counters::stmatrixConflicts, &Counters::copyConflicts,
      &Counters::sharedLoadBytes, &Counters::sharedStoreBytes,
      &Counters::localBytes, &Counters::atomics, &Counters::floatFlops,
      &Counters::tensorFlops, &Counters::wgmmaConflicts, &Counters::barriers);
  sharedBytesPerBlock = std::max(sharedBytesPerBlock, o.sharedBytesPerBlock);
  bulkStagesInFlight = std::max(bulkStagesInFlight, o.bulkStagesInFlight);
  copyGroupsInFlight = std::max(copyGroupsInFlight, o.copyGroupsInFlight);
  wgmmaGroupsInFlight = std::max(wgmmaGroupsInFlight, o.wgmmaGroupsInFlight);
  return *this;
}

static double ratio(uint64_t a, uint64_t b) { return b ? double(a) / b : 1; }

double Counters::globalLoadExcess() const {
  return ratio(globalLoadSectors, globalLoadIdealSectors);
}

double Counters::globalStoreExcess() const {
  return ratio(globalStoreSectors, globalStoreIdealSectors);
}

} // namespace moec::ptxsim
