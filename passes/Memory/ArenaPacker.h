//===- ArenaPacker.h - Places lifetimes into one arena ----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_MEMORY_ARENAPACKER_H
#define MOEC_PASSES_MEMORY_ARENAPACKER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>

namespace moec::memory {

/// A buffer that must be in the arena from time `start` to time `end`, both
/// included.
struct Lifetime {
  int64_t bytes;
  int64_t start;
  int64_t end;
  /// Set by packArena: a multiple of 64 bytes.
  int64_t offset = -1;
};

/// Gives every lifetime an offset such that no two that overlap in time overlap
/// in memory, and returns the size of the arena. Largest first, each at the
/// lowest offset where it fits, which is within a few percent of the bound
/// (the largest sum of live bytes) on these programs.
int64_t packArena(llvm::MutableArrayRef<Lifetime> lifetimes);

/// The lifetimes that are in the arena at the time when they are most bytes,
/// the first such time, as indices: larger ones first, then in order. Those
/// without bytes are left out.
llvm::SmallVector<size_t> findPeak(llvm::ArrayRef<Lifetime> lifetimes);

} // namespace moec::memory

#endif // MOEC_PASSES_MEMORY_ARENAPACKER_H
