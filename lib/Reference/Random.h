//===- Random.h - Random numbers that are the same everywhere ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_REFERENCE_RANDOM_H
#define MOEC_LIB_REFERENCE_RANDOM_H

#include <cmath>
#include <cstdint>

namespace moec::reference {

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): the standard library's normal
/// distribution differs from one library to another.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}

  uint64_t next() {
    uint64_t z = state += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  /// Goes on from here and from `word`.
  void mix(uint64_t word) { state = next() ^ word; }
  /// In (0, 1].
  double uniform() { return (double(next() >> 11) + 1) / 9007199254740992.0; }
  /// Mean 0, standard deviation 1 (Box and Muller, 1958).
  double normal() {
    double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(6.283185307179586476925286766559 * uniform());
  }

private:
  uint64_t state;
};

} // namespace moec::reference

#endif // MOEC_LIB_REFERENCE_RANDOM_H
