//===- AsyncAccess.h - What asynchronous instructions share --- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_ASYNCACCESS_H
#define MOEC_LIB_PTXSIM_ASYNCACCESS_H

#include "lib/PtxSim/Decoder.h"
#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/Machine.h"
#include "lib/PtxSim/Violation.h"

#include <cstring>
#include <string>
#include <vector>

namespace moec::ptxsim {

//===- Decoding -----------------------------------------------------------===//

/// Takes all modifiers that are left, joined by dots.
std::string restOfModifiers(Decoder &d);
/// `count` registers of 32 bits in braces (one may stand without).
std::vector<uint32_t> useVector(Decoder &d, size_t k, size_t count);
std::vector<uint32_t> defVector(Decoder &d, size_t k, size_t count);
/// Operand k is an address: Inst::a, Inst::imm and the width of the register.
void useAddress(Decoder &d, Inst &i, size_t k);

//===- Execution ----------------------------------------------------------===//

template <typename Visit> void forLanes(uint32_t mask, Visit visit) {
  for (unsigned lane = 0; lane < 32; ++lane)
    if (mask >> lane & 1)
      visit(lane);
}

/// The 64 bits of a lane of a wide register.
inline uint64_t wideLane(Warp &w, uint32_t row, unsigned lane) {
  uint64_t value;
  std::memcpy(&value, w.row(row) + 2 * lane, 8);
  return value;
}
inline void setWideLane(Warp &w, uint32_t row, unsigned lane, uint64_t value) {
  std::memcpy(w.row(row) + 2 * lane, &value, 8);
}

/// The address that Inst::a and Inst::imm give for a lane.
uint64_t addressOf(Warp &w, const Inst &i, unsigned lane);
/// A shared address of 32 bits from what an instruction was given: an address
/// in the shared window, or with `generic` a generic one, which must lie there.
uint32_t sharedAddress(Warp &w, const Inst &i, unsigned lane, uint64_t address,
                       bool generic);
/// The address of the same byte in the block with this rank in the cluster.
inline uint32_t addressInRank(uint32_t address, unsigned rank) {
  return (address & ((1u << sharedRankShift) - 1)) | (rank + 1)
                                                         << sharedRankShift;
}

/// A fault unless all 32 lanes execute the instruction (.aligned).
void expectWholeWarp(Warp &w, const Inst &i, uint32_t mask);

/// Calls a function that may throw Violation, which becomes a fault.
template <typename Body>
void guarded(Warp &w, const Inst &i, unsigned lane, Body body) {
  try {
    body();
  } catch (const Violation &v) {
    if (v.hasAddress)
      w.machine->faultAt(w, i, lane, v.kind, v.address, v.text);
    w.machine->fault(w, i, lane, v.kind, v.text);
  }
}

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_ASYNCACCESS_H
