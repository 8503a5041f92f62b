//===- LaneAccess.h - Addresses of the lanes of a warp --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_LANEACCESS_H
#define MOEC_LIB_PTXSIM_LANEACCESS_H

#include "lib/PtxSim/Machine.h"

namespace moec::ptxsim {

/// Memory spaces of an access, in Inst::imm's neighbour Inst::width (upper
/// half).
enum class MemSpace : uint8_t { Generic, Global, Shared, Local, Param };

/// The addresses of one memory instruction.
struct LaneAddresses {
  uint64_t at[32];
};

/// Address register plus offset, for all lanes.
inline void loadAddresses(Warp &w, const Inst &i, LaneAddresses &out) {
  using Alias __attribute__((may_alias)) = uint64_t;
  const uint32_t *row = w.row(i.a);
  if (i.flags & address32) {
    for (unsigned l = 0; l < 32; ++l)
      out.at[l] = uint32_t(row[l] + uint32_t(i.imm));
    return;
  }
  const auto *wide = reinterpret_cast<const Alias *>(row);
  for (unsigned l = 0; l < 32; ++l)
    out.at[l] = wide[l] + uint64_t(i.imm);
}

/// The pattern of a request, from the last one of this instruction if it is the
/// same. `phaseMask` says which low bits of the address matter: 31 for sectors,
/// 3 for banks, which are all alike.
const LanePattern &patternOf(LanePatterns &known, uint32_t mask,
                             const LaneAddresses &a, uint32_t bytes,
                             uint32_t phaseMask);

/// Turns what a generic address means into a space and an address in it.
/// Parameter and local windows give offsets.
inline MemSpace spaceOf(uint64_t &address) {
  if (address < paramWindow)
    return MemSpace::Global;
  if (address >= sharedWindow) {
    address -= sharedWindow;
    return MemSpace::Shared;
  }
  if (address >= localWindow) {
    address -= localWindow;
    return MemSpace::Local;
  }
  address -= paramWindow;
  return MemSpace::Param;
}

/// Host pointers of the lanes in `mask` for an access of `bytes` bytes each,
/// checked and counted. Marks what is written.
void resolveLanes(Warp &w, const Inst &i, uint32_t mask, MemSpace space,
                  LaneAddresses &a, uint32_t bytes, bool write,
                  uint8_t *pointers[32]);

/// The same for atomics: no race with each other.
uint8_t *resolveAtomic(Warp &w, const Inst &i, unsigned lane, MemSpace space,
                       uint64_t address, uint32_t bytes);

/// 32-byte sectors of global memory that a request touches, and its bytes.
void countGlobal(Counters &c, const LaneAddresses &a, uint32_t mask,
                 uint32_t bytes, bool write);
/// Wavefronts of a request to shared memory.
void countShared(Counters &c, const LaneAddresses &a, uint32_t mask,
                 uint32_t bytes, bool write);

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_LANEACCESS_H
