//===- Limits.h - How large a module may be ---------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The compiler refuses what is larger, and the runtime a manifest that says so.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_LIMITS_H
#define MOEC_RUNTIME_CORE_LIMITS_H

#include <cstdint>
#include <vector>

namespace moec::rt {

/// Bytes of a block of memory (the arena, the parameters): far from where the
/// arithmetic of addresses overflows.
constexpr int64_t maxBytes = int64_t(1) << 50;
/// Elements of such a block or of a tensor: none is larger than an f32.
constexpr int64_t maxElements = maxBytes / 4;

/// Iterations of a repeat, and places of a ring.
constexpr int64_t maxRepeat = int64_t(1) << 31;

/// Of `repeat` iterations (at least 1) those between which the address of an
/// argument, offset + it * stride + ((it + shift) % modulus) * size, is least
/// and greatest. Within one lap of the ring the address is linear in the
/// iteration, and so it is from lap to lap at the same place of the ring. So
/// the extremes are among the ends of the first and the last iterations' laps,
/// and the ends of the first and the last whole lap. `shift` and `modulus` are
/// at most maxRepeat.
inline std::vector<int64_t> extremeIterations(int64_t repeat, int64_t shift,
                                              int64_t modulus) {
  // Where the second lap begins, and the last one.
  const int64_t second = modulus - shift % modulus;
  const int64_t last = repeat - 1 - (repeat - 1 + shift) % modulus;
  std::vector<int64_t> found;
  for (int64_t it : {int64_t(0), second - 1, second, second + modulus - 1,
                     last - modulus, last - 1, last, repeat - 1})
    if (it >= 0 && it < repeat)
      found.push_back(it);
  return found;
}

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_LIMITS_H
