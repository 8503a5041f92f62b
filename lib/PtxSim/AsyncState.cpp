//===- AsyncState.cpp - Barriers and transfers of a block -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/AsyncState.h"

#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/Violation.h"

#include <algorithm>
#include <cstring>

namespace moec::ptxsim {

/// The key of the state among the objects of a block: no shared address.
static constexpr uint64_t stateKey = ~uint64_t(0);

void BulkGroups::commit() {
  constexpr size_t most = 1 << 12;
  if (groups.size() >= most)
    violate(FaultKind::Limit,
            "more than {} bulk groups of a thread without a wait", most);
  groups.push_back(open ? last : 0);
  open = false;
}

AsyncState::AsyncState(const Block &block)
    : wgmma(block.numWarps), warpgroups(block.numWarps / 4),
      bulk(size_t(block.numWarps) * 32), polling(block.numWarps) {
  // What ptxas gives to a kernel that knows its number of threads: all 64 Ki
  // registers of a multiprocessor, at most 255 a thread, in steps of 8.
  uint32_t each = 65536 / (block.numWarps * 32) / 8 * 8;
  registers.ofWarp.assign(block.numWarps, std::min(each, uint32_t(248)));
}

AsyncState &asyncOf(Block &block) {
  auto &object = block.objects[stateKey];
  if (!object)
    object = std::make_unique<AsyncState>(block);
  return static_cast<AsyncState &>(*object);
}

void AsyncState::finish(Machine &machine, Block &block) {
  const Inst &last = machine.kernel.code.back();
  for (size_t thread = 0; thread < bulk.size(); ++thread)
    if (bulk[thread].busy())
      machine.fault(
          block.warps[thread / 32], last, unsigned(thread % 32),
          FaultKind::SharedRace,
          "the block ends while a bulk copy may still read its shared "
          "memory; cp.async.bulk.wait_group is missing");
  for (size_t group = 0; group < warpgroups.size(); ++group)
    if (!warpgroups[group].complete())
      machine.fault(block.warps[4 * group], last, 0, FaultKind::Divergence,
                    "the warps of a warpgroup executed different numbers of "
                    "wgmma.mma_async");
}

static uint64_t markOf(uint32_t address) {
  return 0x6d62617272696572u ^ uint64_t(address) << 32;
}

void AsyncState::mark(const Machine::SharedPlace &place) {
  const uint64_t value = markOf(place.byte);
  std::memcpy(place.host, &value, sizeof(value));
}

void AsyncState::expectBarrier(const Machine::SharedPlace &place) const {
  barriers.expect(place.byte);
  uint64_t value;
  std::memcpy(&value, place.host, sizeof(value));
  if (value != markOf(place.byte))
    violateAt(FaultKind::BadOperand, place.byte,
              "the mbarrier here was overwritten by something else");
}

BarrierClock &AsyncState::clockOf(uint32_t address, Clocks &all) {
  auto found = clocks.find(address);
  if (found != clocks.end())
    return found->second;
  BarrierClock &clock = clocks[address];
  clock.agent = all.barrierAgent(numbered++);
  return clock;
}

void AsyncState::forget(uint32_t address) {
  auto found = clocks.find(address);
  if (found == clocks.end())
    return;
  if (found->second.inFlight)
    --stagesInFlight;
  clocks.erase(found);
}

void AsyncState::moved(uint32_t address) {
  ++progress;
  auto found = clocks.find(address);
  if (found == clocks.end())
    return;
  const uint64_t phase = barriers.phase(address);
  if (phase == found->second.phase)
    return;
  found->second.phase = phase;
  found->second.leaving = found->second.arriving;
}

} // namespace moec::ptxsim
