//===- Random.h - Counter-based random numbers ------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011): the n-th number is a function of key and n alone, so results do not
// depend on threads or on the order in which they are drawn.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_RANDOM_H
#define MOEC_RUNTIME_CORE_RANDOM_H

#include <array>
#include <cstdint>
#include <string_view>

namespace moec::rt {

/// One Philox4x32-10 block: four 32-bit numbers for a 128-bit counter and a
/// 64-bit key.
inline std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter,
                                      uint64_t key) {
  uint32_t k0 = uint32_t(key), k1 = uint32_t(key >> 32);
  for (int round = 0; round < 10; ++round) {
    uint64_t p0 = uint64_t(0xD2511F53u) * counter[0];
    uint64_t p1 = uint64_t(0xCD9E8D57u) * counter[2];
    counter = {uint32_t(p1 >> 32) ^ counter[1] ^ k0, uint32_t(p1),
               uint32_t(p0 >> 32) ^ counter[3] ^ k1, uint32_t(p0)};
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return counter;
}

/// A stream of its own for each seed and name: FNV-1a of the name, mixed with
/// the seed by the finaliser of SplitMix64.
inline uint64_t streamKey(uint64_t seed, std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325ull;
  for (char c : name)
    hash = (hash ^ uint8_t(c)) * 0x100000001b3ull;
  uint64_t z = hash + seed * 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

/// Number `index` of a stream, uniform over 64 bits.
inline uint64_t randomBits(uint64_t key, uint64_t index) {
  std::array<uint32_t, 4> block =
      philox({uint32_t(index), uint32_t(index >> 32), 0, 0}, key);
  return uint64_t(block[0]) << 32 | block[1];
}

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_RANDOM_H
