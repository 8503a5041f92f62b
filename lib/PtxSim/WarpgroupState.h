//===- WarpgroupState.h - Products of a warpgroup in flight --- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_WARPGROUPSTATE_H
#define MOEC_LIB_PTXSIM_WARPGROUPSTATE_H

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace moec::ptxsim {

/// The registers that one warp has given to wgmma.mma_async, and when it gets
/// them back. Throws Violation where the manual leaves the behaviour undefined.
class WgmmaRegisters {
public:
  /// wgmma.fence: accesses so far come before the next mma_async.
  void fence();
  /// mma_async of the shape `shape` (any number that tells shapes apart) begins
  /// to use a row, as accumulator or as a part of A.
  void begin(uint32_t row, bool accumulator, uint32_t shape);
  /// Throws if no wgmma.fence came before the first mma_async.
  void expectFenced() const;
  /// An ordinary instruction reads or writes a row.
  void touch(uint32_t row);

  /// commit_group. Returns the number of the group, counted from 1.
  uint64_t commit() { return ++committed; }
  /// wait_group: all but the last `pending` groups are complete. Returns the
  /// number of the last complete group.
  uint64_t wait(uint64_t pending);
  /// The group that an mma_async issued now will belong to.
  uint64_t openGroup() const { return committed + 1; }
  /// How many groups were committed.
  uint64_t groups() const { return committed; }
  /// Committed groups that nobody waited for.
  uint64_t inFlight() const { return committed - completed; }

private:
  struct Row {
    uint64_t group = 0; ///< that uses it last; 0: none
    uint32_t shape = 0; ///< of that use
    bool accumulator = false;
    bool touched = false; ///< by an ordinary instruction since the last fence
  };

  Row &at(uint32_t row) {
    if (row >= rows.size())
      rows.resize(size_t(row) + 1);
    return rows[row];
  }

  std::vector<Row> rows;
  std::vector<uint32_t> touchedRows;
  uint64_t committed = 0, completed = 0;
  bool fenced = false;
};

/// The mma_async that the four warps of a warpgroup execute, each in its own
/// time: all must execute the same ones. Keeps the elements of B, so that they
/// are read from shared memory once and not four times.
class WarpgroupLog {
public:
  struct Entry {
    const void *instruction = nullptr;
    uint64_t a = 0, b = 0; ///< descriptors; a is 0 for registers
    bool accumulate = false;
    std::vector<float> right; ///< B [k][n]
  };

  /// Warp `warp` (0 to 3) executes its next mma_async. Returns the entry and
  /// whether this warp is the first to come. Throws Violation if the warps
  /// before it executed another one.
  Entry &next(unsigned warp, const void *instruction, uint64_t a, uint64_t b,
              bool accumulate, bool &first);
  /// At the end of the kernel: have all warps executed the same number?
  bool complete() const {
    return position[0] == position[1] && position[0] == position[2] &&
           position[0] == position[3];
  }

private:
  static constexpr size_t maxAhead = 512;

  std::deque<Entry> entries;
  uint64_t dropped = 0; ///< entries that all warps have passed
  uint64_t position[4] = {};
};

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_WARPGROUPSTATE_H
