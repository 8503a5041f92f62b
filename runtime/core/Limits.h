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

namespace moec::rt {

/// Bytes of a block of memory (the arena, the parameters): far from where the
/// arithmetic of addresses overflows.
constexpr int64_t maxBytes = int64_t(1) << 50;
/// Elements of such a block or of a tensor: none is larger than an f32.
constexpr int64_t maxElements = maxBytes / 4;

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_LIMITS_H
