//===- RowAllocation.cpp - Rows for registers -----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// PTX has as many registers as it likes; a warp that keeps them all would not
// fit into the host's caches. Linear scan over live intervals (Poletto and
// Sarkar, 1999). What one lane holds is never touched by another one, so the
// usual liveness of one thread is right for a warp that has diverged.
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/ControlFlow.h"
#include "lib/PtxSim/Decoder.h"

#include <algorithm>
#include <map>

namespace moec::ptxsim {

namespace {

/// Positions between which a register must keep its value.
struct Interval {
  uint32_t begin = noPc;
  uint32_t end = 0;
  void cover(uint32_t pc) {
    begin = std::min(begin, pc);
    end = std::max(end, pc);
  }
};

bool isBranch(const Inst &i) { return i.flags & (flagBranch | flagTable); }

template <typename Fn> void eachUse(const Kernel &k, const Inst &i, Fn fn) {
  for (uint32_t r : {i.a, isBranch(i) ? noReg : i.b, isBranch(i) ? noReg : i.c})
    if (r != noReg)
      fn(r);
  for (unsigned n = i.listDefs; n < i.listCount; ++n)
    fn(k.lists[i.list + n]);
}
template <typename Fn> void eachDef(const Kernel &k, const Inst &i, Fn fn) {
  if (i.dst != noReg)
    fn(i.dst);
  for (unsigned n = 0; n < i.listDefs; ++n)
    fn(k.lists[i.list + n]);
}

using Bits = std::vector<uint64_t>;

/// Live intervals by the usual data flow over basic blocks.
std::vector<Interval> intervals(const Kernel &k, size_t registers) {
  const FlowGraph graph(k);
  const size_t words = (registers + 63) / 64, n = graph.blocks.size();
  std::vector<Interval> all(registers);
  const auto everywhere = [&] {
    for (Interval &v : all)
      v = {0, uint32_t(k.code.size())};
    return all;
  };
  // Only text made to hurt is so large.
  size_t edges = n;
  for (const FlowBlock &b : graph.blocks)
    edges += b.successors.size();
  if (words * edges > (size_t(1) << 24))
    return everywhere();
  std::vector<Bits> in(n, Bits(words)), out(n, Bits(words)),
      kill(n, Bits(words)), gen(n, Bits(words));
  const auto set = [](Bits &b, uint32_t r) {
    b[r / 64] |= uint64_t(1) << r % 64;
  };
  const auto has = [](const Bits &b, uint32_t r) {
    return b[r / 64] >> r % 64 & 1;
  };
  for (size_t b = 0; b < n; ++b) {
    for (uint32_t pc = graph.blocks[b].begin; pc < graph.blocks[b].end; ++pc) {
      const Inst &i = k.code[pc];
      eachUse(k, i, [&](uint32_t r) {
        if (!has(kill[b], r))
          set(gen[b], r);
        all[r].cover(pc);
      });
      eachDef(k, i, [&](uint32_t r) {
        // Under a predicate the old value may stay.
        if (i.guard == noPred)
          set(kill[b], r);
        else if (!has(kill[b], r))
          set(gen[b], r);
        all[r].cover(pc);
      });
    }
  }
  unsigned rounds = 0;
  for (bool changed = true; changed;) {
    changed = false;
    if (++rounds > 100)
      return everywhere();
    for (size_t b = n; b-- > 0;) {
      for (size_t w = 0; w < words; ++w) {
        uint64_t o = 0;
        for (uint32_t s : graph.blocks[b].successors)
          o |= in[s][w];
        const uint64_t i = gen[b][w] | (o & ~kill[b][w]);
        changed |= i != in[b][w];
        out[b][w] = o;
        in[b][w] = i;
      }
    }
  }
  for (size_t b = 0; b < n; ++b) {
    for (size_t w = 0; w < words; ++w) {
      for (uint64_t m = in[b][w]; m; m &= m - 1)
        all[w * 64 + size_t(__builtin_ctzll(m))].cover(graph.blocks[b].begin);
      for (uint64_t m = out[b][w]; m; m &= m - 1)
        all[w * 64 + size_t(__builtin_ctzll(m))].cover(graph.blocks[b].end);
    }
  }
  return all;
}

} // namespace

void allocateRows(Kernel &kernel, const std::vector<uint8_t> &bits,
                  const std::vector<bool> &pinned) {
  const size_t n = bits.size();
  std::vector<uint32_t> row(n, 0);
  uint32_t top = 0;
  for (size_t r = 0; r < n; ++r) {
    if (pinned[r]) {
      row[r] = top;
      top += bits[r] > 32 ? 2 : 1;
    }
  }
  kernel.pinnedRows = top;
  const std::vector<Interval> live = intervals(kernel, n);
  std::vector<uint32_t> order;
  for (uint32_t r = 0; r < n; ++r)
    if (!pinned[r] && live[r].begin != noPc)
      order.push_back(r);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return live[a].begin != live[b].begin ? live[a].begin < live[b].begin
                                          : a < b;
  });
  // Rows that are free again, for one and for two rows. A value is read and
  // another written by one instruction: they never share a row, because rows
  // of 32 and 64 bits could overlap with a shift.
  std::vector<uint32_t> freeRows[2];
  std::multimap<uint32_t, uint32_t> active; // end, register
  for (uint32_t r : order) {
    while (!active.empty() && active.begin()->first < live[r].begin) {
      const uint32_t done = active.begin()->second;
      freeRows[bits[done] > 32].push_back(row[done]);
      active.erase(active.begin());
    }
    const bool wide = bits[r] > 32;
    if (!freeRows[wide].empty()) {
      row[r] = freeRows[wide].back();
      freeRows[wide].pop_back();
    } else if (!wide && !freeRows[1].empty()) {
      row[r] = freeRows[1].back();
      freeRows[1].pop_back();
      freeRows[0].push_back(row[r] + 1);
    } else {
      row[r] = top;
      top += wide ? 2 : 1;
    }
    active.emplace(live[r].end, r);
  }
  kernel.rows = std::max(top, 2u);
  for (Inst &i : kernel.code) {
    const auto move = [&](uint32_t &r) {
      if (r != noReg)
        r = row[r];
    };
    move(i.dst);
    move(i.a);
    if (!isBranch(i)) {
      move(i.b);
      move(i.c);
    }
  }
  for (uint32_t &r : kernel.lists)
    r = row[r];
  for (ConstantRow &c : kernel.constants)
    c.row = row[c.row];
  for (SpecialRow &s : kernel.specials)
    s.row = row[s.row];
}

} // namespace moec::ptxsim
