//===- Machine.cpp - Start and schedule the warps of a launch -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Clusters run one after the other, the warps of a cluster in turns: a warp
// runs until it must wait, ends, or has used up its turn. The order is fixed,
// so that two runs give the same bits.
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Machine.h"

#include "lib/PtxSim/Error.h"

#include <algorithm>
#include <cstring>

namespace moec::ptxsim {

BlockObject::~BlockObject() = default;
void BlockObject::finish(Machine &, Block &) {}

/// Instructions of one turn: long enough that registers stay in cache, short
/// enough that a warp which polls memory lets others write it.
constexpr int64_t turn = 16384;

Machine::Machine(const Program &program, const Kernel &kernel,
                 DeviceMemory &memory, const LaunchConfig &config,
                 const Limits &limits, std::vector<Region> regions,
                 uint32_t stamp)
    : program(program), kernel(kernel), config(config), limits(limits),
      memory(memory), regions(std::move(regions)), stamp(stamp) {
  blockWarps = (config.threads + 31) / 32;
  const uint32_t total = blockWarps * config.cluster;
  states.resize(kernel.code.size());
  warps.resize(total);
  registerStore.assign(size_t(total) * kernel.rows * 32, 0);
  predStore.assign(size_t(total) * kernel.preds, 0);
  localStore.assign(size_t(total) * 32 * kernel.localBytes, 0);
  stackStore.resize(size_t(total) * maxDepth);
  blocks.resize(config.cluster);
  shadowBudget = limits.launchMemory;
  patternsLeft = limits.launchMemory / (4 * sizeof(LanePatterns));
  for (Block &b : blocks)
    b.shadow.budget = &shadowBudget;
}

void Machine::run(const void *params, const std::vector<uint64_t> &variables) {
  parameters.assign(static_cast<const uint8_t *>(params),
                    static_cast<const uint8_t *>(params) +
                        kernel.info.parameterBytes);
  pinned.assign(size_t(kernel.pinnedRows) * 32, 0);
  for (const ConstantRow &c : kernel.constants) {
    uint64_t v = c.bits;
    if (c.kind == ConstantRow::Variable)
      v += variables[c.variable];
    else if (c.kind == ConstantRow::DynamicShared)
      v += kernel.dynamicOffset;
    uint32_t *row = pinned.data() + size_t(c.row) * 32;
    for (unsigned l = 0; l < 32; ++l) {
      if (c.wide)
        std::memcpy(row + 2 * l, &v, 8);
      else
        row[l] = uint32_t(v);
    }
  }
  for (uint32_t first = 0; first < config.grid; first += config.cluster) {
    startCluster(first);
    runCluster();
  }
}

void Machine::startCluster(uint32_t first) {
  clocks.reset(blockWarps * config.cluster);
  clusterBarrier = Barrier();
  const uint32_t bytes = kernel.dynamicOffset + config.sharedBytes;
  for (uint32_t rank = 0; rank < config.cluster; ++rank) {
    Block &b = blocks[rank];
    b.index = first + rank;
    b.rank = rank;
    b.numWarps = blockWarps;
    b.warps = warps.data() + size_t(rank) * blockWarps;
    b.sharedBytes = bytes;
    b.shared.assign(bytes + 16, 0);
    if (config.detectSharedRaces)
      b.shadow.reset(bytes, kernel.sharedGranule, clocks.agents());
    for (Barrier &barrier : b.barriers)
      barrier = Barrier();
    b.copies.assign(blockWarps, {});
    b.liveWarps = blockWarps;
    b.remoteUses.assign(config.cluster > 1 ? clocks.agents() : 0, {});
    b.objects.clear();
    for (uint32_t w = 0; w < blockWarps; ++w)
      startWarp(b, w);
    counters.blocks++;
  }
  counters.warps += warps.size();
  // A grid of nothing must end too.
  executed += 16 * warps.size() + uint64_t(bytes) * config.cluster / 64 +
              warps.size() * (pinned.size() + clocks.agents()) / 64;
}

void Machine::startWarp(Block &b, uint32_t index) {
  Warp &w = b.warps[index];
  const size_t n = size_t(b.rank) * blockWarps + index;
  w = Warp();
  w.regs = registerStore.data() + n * kernel.rows * 32;
  w.preds = predStore.data() + n * kernel.preds;
  w.lists = kernel.lists.data();
  w.local = localStore.data() + n * 32 * kernel.localBytes;
  w.stack = stackStore.data() + n * maxDepth;
  w.index = index;
  w.agent = uint32_t(n);
  w.block = &b;
  w.machine = this;
  w.status = WarpStatus::Ready;
  const uint32_t left = config.threads - index * 32;
  w.live = w.active = left >= 32 ? fullMask : (1u << left) - 1;
  if (!pinned.empty())
    std::memcpy(w.regs, pinned.data(), pinned.size() * sizeof(uint32_t));
  for (const SpecialRow &s : kernel.specials) {
    uint32_t *row = w.row(s.row);
    for (unsigned l = 0; l < 32; ++l) {
      const uint64_t v = specialValue(s.reg, b, index, l);
      if (s.wide)
        std::memcpy(row + 2 * l, &v, 8);
      else
        row[l] = uint32_t(v);
    }
  }
}

uint64_t Machine::specialValue(SpecialReg reg, const Block &b, uint32_t warp,
                               unsigned lane) const {
  const uint32_t bit = 1u << lane;
  switch (reg) {
  case SpecialReg::TidX:
    return warp * 32 + lane;
  case SpecialReg::NtidX:
    return config.threads;
  case SpecialReg::CtaidX:
    return b.index;
  case SpecialReg::NctaidX:
    return config.grid;
  case SpecialReg::LaneId:
    return lane;
  case SpecialReg::WarpId:
    return warp;
  case SpecialReg::NwarpId:
    return blockWarps;
  case SpecialReg::SmId:
    return 0;
  case SpecialReg::LanemaskEq:
    return bit;
  case SpecialReg::LanemaskLe:
    return bit | (bit - 1);
  case SpecialReg::LanemaskLt:
    return bit - 1;
  case SpecialReg::LanemaskGe:
    return ~(bit - 1);
  case SpecialReg::LanemaskGt:
    return ~(bit | (bit - 1));
  case SpecialReg::ClusterIdX:
    return b.index / config.cluster;
  case SpecialReg::NclusterIdX:
    return config.grid / config.cluster;
  case SpecialReg::ClusterCtaidX:
    return b.rank;
  case SpecialReg::ClusterNctaidX:
    return config.cluster;
  case SpecialReg::ClusterCtarank:
    return b.rank;
  case SpecialReg::ClusterNctarank:
    return config.cluster;
  case SpecialReg::DynamicSharedSize:
    return config.sharedBytes;
  case SpecialReg::TotalSharedSize:
    return b.sharedBytes;
  case SpecialReg::One:
    return 1;
  case SpecialReg::Zero:
    return 0;
  }
  return 0;
}

void Machine::runWarp(Warp &w) {
  const Inst *const code = kernel.code.data();
  InstState *const state = states.data();
  w.budget = turn;
  int64_t before = turn;
  while (w.budget > 0) {
    --w.budget;
    const uint32_t pc = w.pc++;
    const Inst &i = code[pc];
    uint32_t mask = w.active;
    if (i.guard != noPred) {
      const uint32_t p = w.preds[i.guard];
      mask &= i.flags & guardNegated ? ~p : p;
    }
    InstState &counted = state[pc];
    ++counted.count;
    if (mask == fullMask) {
      counted.lanes += 32;
    } else {
      ++counted.partial;
      if (mask == 0)
        continue;
      counted.lanes += uint32_t(__builtin_popcount(mask));
    }
    // An instruction that ends the turn sets the budget to 0.
    before = w.budget;
    i.fn(w, i, mask);
  }
  executed += uint64_t(turn - before);
  if (executed > limits.warpInstructions)
    fault(w, code[std::min<size_t>(w.pc, kernel.code.size() - 1)], 0,
          FaultKind::Limit,
          fmt::format("the launch executed more than {} warp instructions",
                      limits.warpInstructions));
}

void Machine::runCluster() {
  size_t alive = warps.size();
  while (alive > 0) {
    bool progress = false;
    for (Warp &w : warps) {
      if (w.status == WarpStatus::Done)
        continue;
      if (w.status == WarpStatus::Waiting) {
        if (!w.ready(w, *w.waitInst, w.waitMask))
          continue;
        w.status = WarpStatus::Ready;
      }
      progress = true;
      runWarp(w);
      if (w.status == WarpStatus::Done) {
        --alive;
        warpDone(w);
      }
    }
    if (!progress)
      deadlock();
    if (clocks.overflowed()) {
      const Warp &w = warps.front();
      fault(w, kernel.code[0], 0, FaultKind::Limit,
            "more barriers than the race detector can count");
    }
  }
  for (Block &b : blocks)
    for (auto &object : b.objects)
      object.second->finish(*this, b);
}

/// Barriers wait for the warps that have not ended.
void Machine::warpDone(Warp &w) {
  for (Barrier &b : w.block->barriers)
    completeIfFull(b, w.block);
  completeIfFull(clusterBarrier, nullptr);
  if (--w.block->liveWarps == 0)
    checkRemoteUses(*w.block);
}

void Machine::deadlock() {
  std::string text = "no warp can run:";
  const Warp *first = nullptr;
  unsigned listed = 0;
  for (const Warp &w : warps) {
    if (w.status != WarpStatus::Waiting)
      continue;
    if (!first)
      first = &w;
    if (++listed <= 8)
      text += fmt::format("{} warp {} of block {} waits for {} (line {})",
                          listed > 1 ? "," : "", w.index, w.block->index,
                          w.waitWhat, w.waitInst->line);
  }
  if (listed > 8)
    text += fmt::format(", and {} more", listed - 8);
  fault(*first, *first->waitInst, unsigned(__builtin_ctz(first->waitMask)),
        FaultKind::Deadlock, text);
}

void Machine::arrive(Warp &w, const Inst &i, Barrier &b, uint32_t expected,
                     bool ofCluster) {
  if (b.arrived == 0)
    b.expected = expected;
  else if (b.expected != expected)
    fault(w, i, unsigned(__builtin_ctz(w.active)), FaultKind::BadOperand,
          fmt::format("the barrier expects {} warps, other warps said {}",
                      expected, b.expected));
  ++b.arrived;
  charge(w, clocks.agents() / 32);
  b.arriving.release(clocks, w.agent);
  completeIfFull(b, ofCluster ? nullptr : w.block);
}

void Machine::completeIfFull(Barrier &b, const Block *block) {
  if (b.arrived == 0)
    return;
  uint32_t expected = b.expected;
  if (expected == 0) {
    for (const Warp &w : warps)
      if ((!block || w.block == block) && w.status != WarpStatus::Done)
        ++expected;
  }
  if (b.arrived < expected)
    return;
  b.arrived = 0;
  ++b.phase;
  b.leaving = std::move(b.arriving);
  b.arriving.clear();
  ++counters.barriers;
}

Fault::Where Machine::whereIs(const Warp &w, const Inst &i, unsigned lane,
                              FaultKind kind, const std::string &detail) const {
  Fault::Where where;
  where.kind = kind;
  where.kernel = kernel.info.name;
  where.line = i.line;
  where.block = w.block->index;
  where.thread = threadOf(w, lane);
  where.detail = detail;
  return where;
}

void Machine::fault(const Warp &w, const Inst &i, unsigned lane, FaultKind kind,
                    const std::string &detail) const {
  throw Fault(whereIs(w, i, lane, kind, detail));
}

void Machine::faultAt(const Warp &w, const Inst &i, unsigned lane,
                      FaultKind kind, uint64_t address,
                      const std::string &detail) const {
  Fault::Where where = whereIs(w, i, lane, kind, detail);
  where.hasAddress = true;
  where.address = address;
  if (address >= (uint64_t(1) << 36) && address < paramWindow)
    where.allocation = memory.nearest(address);
  throw Fault(std::move(where));
}

Counters Machine::result() const {
  Counters c = counters;
  c.launches = 1;
  c.sharedBytesPerBlock = kernel.dynamicOffset + config.sharedBytes;
  for (size_t pc = 0; pc < states.size(); ++pc) {
    const Inst &i = kernel.code[pc];
    if (i.flags & flagInternal)
      continue;
    c.warpInstructions += states[pc].count;
    c.threadInstructions += states[pc].lanes;
    c.byClass[i.cls] += states[pc].count;
    c.partialWarpInstructions += states[pc].partial;
    c.floatFlops += states[pc].lanes * i.flops;
  }
  return c;
}

} // namespace moec::ptxsim
