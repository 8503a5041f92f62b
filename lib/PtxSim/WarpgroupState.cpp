//===- WarpgroupState.cpp - Products of a warpgroup in flight -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/WarpgroupState.h"

#include "lib/PtxSim/Violation.h"

#include <algorithm>

using namespace moec::ptxsim;

void WgmmaRegisters::fence() {
  for (uint32_t row : touchedRows)
    rows[row].touched = false;
  touchedRows.clear();
  fenced = true;
}

void WgmmaRegisters::expectFenced() const {
  if (!fenced)
    violate(FaultKind::BadOperand,
            "wgmma.mma_async without a wgmma.fence before it");
}

void WgmmaRegisters::begin(uint32_t number, bool accumulator, uint32_t shape) {
  Row &row = at(number);
  if (row.touched)
    violate(FaultKind::BadOperand,
            "a register of {} was accessed after the last wgmma.fence",
            accumulator ? "the accumulator" : "A");
  if (row.group > completed && (row.accumulator || accumulator) &&
      !(row.accumulator && accumulator && row.shape == shape))
    violate(FaultKind::BadOperand,
            "a register of {} is still in use by an earlier wgmma.mma_async of "
            "another shape or role; wgmma.wait_group is missing",
            accumulator ? "the accumulator" : "A");
  row.group = openGroup();
  row.accumulator = accumulator;
  row.shape = shape;
}

void WgmmaRegisters::touch(uint32_t number) {
  Row &row = at(number);
  if (row.group > completed)
    violate(FaultKind::BadOperand,
            "access to a register of {} that a wgmma.mma_async in flight uses; "
            "{} is missing",
            row.accumulator ? "the accumulator" : "A",
            row.group > committed ? "wgmma.commit_group and wgmma.wait_group"
                                  : "wgmma.wait_group");
  if (!row.touched) {
    row.touched = true;
    touchedRows.push_back(number);
  }
}

uint64_t WgmmaRegisters::wait(uint64_t pending) {
  if (committed > pending)
    completed = std::max(completed, committed - pending);
  return completed;
}

WarpgroupLog::Entry &WarpgroupLog::next(unsigned warp, const void *instruction,
                                        uint64_t a, uint64_t b, bool accumulate,
                                        bool &first) {
  // What all four have passed is not needed any more.
  uint64_t passed = *std::min_element(position, position + 4);
  while (dropped < passed) {
    entries.pop_front();
    ++dropped;
  }
  size_t index = static_cast<size_t>(position[warp]++ - dropped);
  first = index == entries.size();
  if (first) {
    // No warp that meets the others at barriers gets so far ahead.
    if (entries.size() >= maxAhead)
      violate(FaultKind::Divergence,
              "a warp is {} wgmma.mma_async ahead of its warpgroup", maxAhead);
    Entry entry;
    entry.instruction = instruction;
    entry.a = a;
    entry.b = b;
    entry.accumulate = accumulate;
    entries.push_back(std::move(entry));
  }
  Entry &entry = entries[index];
  if (entry.instruction != instruction)
    violate(FaultKind::Divergence,
            "the warps of a warpgroup execute different wgmma.mma_async");
  if (entry.a != a || entry.b != b || entry.accumulate != accumulate)
    violate(FaultKind::BadOperand,
            "the warps of a warpgroup give different descriptors or scales: "
            "A 0x{:x} and 0x{:x}, B 0x{:x} and 0x{:x}",
            entry.a, a, entry.b, b);
  return entry;
}
