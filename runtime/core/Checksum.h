//===- Checksum.h - A checksum of bytes -------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_CHECKSUM_H
#define MOEC_RUNTIME_CORE_CHECKSUM_H

#include <cstdint>
#include <memory>
#include <string_view>

namespace moec {

/// XXH3 of 64 bits over bytes that come in pieces: how they are cut makes no
/// difference. It finds accidents, about 10 GB/s; it is no signature.
class Checksum {
public:
  Checksum();
  ~Checksum();
  Checksum(const Checksum &) = delete;
  Checksum &operator=(const Checksum &) = delete;

  void add(std::string_view bytes);
  /// Of everything that was added so far.
  uint64_t value() const;

private:
  struct State;
  std::unique_ptr<State> state;
};

/// The same of bytes in one piece.
uint64_t checksum(std::string_view bytes);

} // namespace moec

#endif // MOEC_RUNTIME_CORE_CHECKSUM_H
