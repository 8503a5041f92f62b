//===- Memory.cpp - Aligned blocks ----------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Memory.h"
#include "runtime/core/Fail.h"

#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

// An address sanitizer sees overruns of heap blocks, not of mappings.
#if defined(__SANITIZE_ADDRESS__)
#define MOEC_HEAP_BLOCKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MOEC_HEAP_BLOCKS 1
#endif
#endif
#ifndef MOEC_HEAP_BLOCKS
#define MOEC_HEAP_BLOCKS 0
#endif

namespace moec::rt {

static constexpr size_t pageBytes = 4096;
#if !MOEC_HEAP_BLOCKS
static constexpr size_t hugePageBytes = size_t(2) << 20;
#endif

Block::Block(size_t size, const char *what) : bytes(size) {
  if (size == 0)
    return;
  mapped = (size + pageBytes - 1) / pageBytes * pageBytes;
#if MOEC_HEAP_BLOCKS
  // The sanitizer ends the program at a request that large.
  start =
      size < size_t(1) << 38
          ? static_cast<char *>(std::aligned_alloc(64, (size + 63) / 64 * 64))
          : nullptr;
  if (start)
    std::memset(start, 0, size);
#else
  void *memory = mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  start = memory == MAP_FAILED ? nullptr : static_cast<char *>(memory);
  // Fewer misses of the address cache; a refusal costs nothing.
  if (start && mapped >= hugePageBytes)
    madvise(start, mapped, MADV_HUGEPAGE);
#endif
  if (!start)
    throw Error(fmt::format("no memory for {}: {:.1f} MiB are needed", what,
                            double(size) / (1 << 20)),
                ErrorCode::Resources);
}

Block::~Block() {
  if (!start)
    return;
#if MOEC_HEAP_BLOCKS
  std::free(start);
#else
  munmap(start, mapped);
#endif
}

void Block::zero() {
  if (start)
    std::memset(start, 0, bytes);
}

} // namespace moec::rt
