//===- DeviceMemory.h - Global memory of the simulated GPU ------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_DEVICEMEMORY_H
#define MOEC_LIB_PTXSIM_DEVICEMEMORY_H

#include "lib/PtxSim/Simulator.h"

#include <cstdlib>
#include <map>

namespace moec::ptxsim {

struct Allocation {
  uint64_t base = 0;
  uint64_t bytes = 0;
  std::string name;
  std::unique_ptr<uint8_t, decltype(&std::free)> host{nullptr, &std::free};
  /// Which block stored last: launch stamp in the upper 12 bits, block in the
  /// lower 20, one entry per 1 << writerShift bytes. Made when first needed.
  std::unique_ptr<uint32_t, decltype(&std::free)> writers{nullptr, &std::free};
  unsigned writerShift = 2;
};

/// A piece of memory that a launch may touch.
struct Region {
  uint64_t lo = 0, hi = 0;
  uint8_t *host = nullptr; ///< of lo
  Allocation *allocation = nullptr;
  bool writable = true;
  std::string name;
};

/// Allocations at addresses that are never used twice, with gaps between them.
class DeviceMemory {
public:
  explicit DeviceMemory(uint64_t limit) : limit(limit) {}
  uint64_t allocate(size_t bytes, const std::string &name);
  void release(uint64_t address);
  /// The allocation in which [address, address + bytes) lies, or null.
  Allocation *find(uint64_t address, uint64_t bytes) const;
  /// Throws Error, naming the nearest allocation, if there is none.
  uint8_t *host(uint64_t address, uint64_t bytes) const;
  /// "16 bytes behind the end of 'x' (4096 bytes at 0x...)".
  std::string describe(uint64_t address, uint64_t bytes) const;
  /// The allocation that is hit or nearest below; empty if there is none.
  std::string nearest(uint64_t address) const;
  /// All allocations as regions, in order of address.
  std::vector<Region> regions() const;
  uint64_t used() const { return total; }

private:
  struct Released {
    uint64_t bytes;
    std::string name;
  };
  uint64_t limit;
  uint64_t total = 0;
  uint64_t top = uint64_t(1) << 36;
  std::map<uint64_t, std::unique_ptr<Allocation>> live;
  std::map<uint64_t, Released> released;
};

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_DEVICEMEMORY_H
