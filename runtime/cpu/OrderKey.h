//===- OrderKey.h - Integers that order as gates do -------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CPU_ORDERKEY_H
#define MOEC_RUNTIME_CPU_ORDERKEY_H

#include <cstdint>
#include <cstring>
#include <limits>

namespace moec::rt {

/// An integer that orders as the float does; NaN is the lowest, -0 equals +0.
/// All routers compare gates by it.
inline int32_t orderKey(float value) {
  value += 0.0f; // -0 becomes +0
  int32_t bits;
  std::memcpy(&bits, &value, 4);
  int32_t key = bits ^ ((bits >> 31) & 0x7fffffff);
  bool isNaN = (bits & 0x7fffffff) > 0x7f800000;
  return isNaN ? std::numeric_limits<int32_t>::min() : key;
}

} // namespace moec::rt

#endif // MOEC_RUNTIME_CPU_ORDERKEY_H
