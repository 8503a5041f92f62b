//===- Fault.h - What went wrong in a simulated kernel ----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_FAULT_H
#define MOEC_LIB_PTXSIM_FAULT_H

#include "lib/PtxSim/Error.h"

#include <cstdint>
#include <string>

namespace moec::ptxsim {

enum class FaultKind : uint8_t {
  OutOfBounds,     ///< an access outside of every allocation or window
  Misaligned,      ///< an address that the width of the access does not divide
  UnwrittenShared, ///< a read of shared memory that nobody wrote
  SharedRace,      ///< two threads, one byte of shared memory, no order
  GlobalRace,      ///< two blocks store to one byte in one launch
  MissingProxyFence, ///< generic writes read by TMA or wgmma without a fence
  EndedBlock,        ///< a block of the cluster uses one that may have ended
  Deadlock,          ///< no warp can run, and some have not ended
  Divergence,        ///< a barrier that only a part of a warp reaches
  BadOperand,        ///< a descriptor, a count or a shape that is not legal
  Trap,              ///< the kernel executed trap
  Limit,             ///< more instructions than the limits allow
};

/// "out of bounds", "shared-memory race", ...
const char *faultKindName(FaultKind kind);

/// A kernel that did something it must not do. what() tells everything in one
/// line; the members are for programs and tests.
class Fault : public Error {
public:
  struct Where {
    FaultKind kind = FaultKind::BadOperand;
    std::string kernel;
    unsigned line = 0; ///< line of the PTX text, counted from 1
    uint32_t block = 0;
    uint32_t thread = 0;
    bool hasAddress = false;
    uint64_t address = 0;
    /// The device allocation that was hit or barely missed; empty for others.
    std::string allocation;
    std::string detail; ///< what happened, in words
  };

  explicit Fault(Where where);
  ~Fault() override;
  const Where &where() const { return place; }
  FaultKind kind() const { return place.kind; }

private:
  Where place;
};

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_FAULT_H
