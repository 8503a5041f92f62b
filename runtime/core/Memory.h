//===- Memory.h - Aligned blocks --------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_MEMORY_H
#define MOEC_RUNTIME_CORE_MEMORY_H

#include <cstddef>
#include <utility>

namespace moec::rt {

/// Zeroed memory that starts on a page (hence 64-byte aligned) and never moves.
/// Throws Error (Resources) when the system has none; `what` names it there.
class Block {
public:
  Block() = default;
  Block(size_t bytes, const char *what);
  ~Block();
  Block(Block &&other) noexcept { swap(other); }
  Block &operator=(Block &&other) noexcept {
    swap(other);
    return *this;
  }

  char *data() const { return start; }
  template <typename T> T *as() const { return reinterpret_cast<T *>(start); }
  size_t size() const { return bytes; }
  void zero();

private:
  void swap(Block &other) noexcept {
    std::swap(start, other.start);
    std::swap(bytes, other.bytes);
    std::swap(mapped, other.mapped);
  }
  char *start = nullptr;
  size_t bytes = 0;
  size_t mapped = 0;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_MEMORY_H
