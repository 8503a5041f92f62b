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

void forEachCounter(
    const Counters &c,
    const std::function<void(const std::string &, uint64_t)> &visit) {
  visit("blocks", c.blocks);
  visit("warps", c.warps);
  visit("warp_instructions", c.warpInstructions);
  visit("partial_warp_instructions", c.partialWarpInstructions);
  visit("thread_instructions", c.threadInstructions);
  for (unsigned i = 0; i < numInstClasses; ++i)
    visit(std::string("instructions_") + instClassName(InstClass(i)),
          c.byClass[i]);
  visit("global_loads", c.globalLoads);
  visit("global_load_sectors", c.globalLoadSectors);
  visit("global_load_ideal_sectors", c.globalLoadIdealSectors);
  visit("global_load_bytes", c.globalLoadBytes);
  visit("global_stores", c.globalStores);
  visit("global_store_sectors", c.globalStoreSectors);
  visit("global_store_ideal_sectors", c.globalStoreIdealSectors);
  visit("global_partial_sectors", c.globalPartialSectors);
  visit("global_store_bytes", c.globalStoreBytes);
  visit("bulk_copies", c.bulkCopies);
  visit("bulk_bytes", c.bulkBytes);
  visit("shared_loads", c.sharedLoads);
  visit("shared_stores", c.sharedStores);
  visit("shared_load_conflicts", c.sharedLoadConflicts);
  visit("shared_store_conflicts", c.sharedStoreConflicts);
  visit("ldmatrix_conflicts", c.ldmatrixConflicts);
  visit("stmatrix_conflicts", c.stmatrixConflicts);
  visit("cp_async_conflicts", c.copyConflicts);
  visit("shared_load_bytes", c.sharedLoadBytes);
  visit("shared_store_bytes", c.sharedStoreBytes);
  visit("local_bytes", c.localBytes);
  visit("atomics", c.atomics);
  visit("float_flops", c.floatFlops);
  visit("tensor_flops", c.tensorFlops);
  visit("wgmma_conflicts", c.wgmmaConflicts);
  visit("barriers", c.barriers);
  visit("shared_bytes_per_block", c.sharedBytesPerBlock);
  visit("bulk_stages_per_block", c.bulkStagesInFlight);
  visit("cp_async_groups_per_block", c.copyGroupsInFlight);
  visit("wgmma_groups_per_block", c.wgmmaGroupsInFlight);
}

} // namespace moec::ptxsim
