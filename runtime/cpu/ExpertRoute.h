//===- ExpertRoute.h - Experts choose their items ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CPU_EXPERTROUTE_H
#define MOEC_RUNTIME_CPU_EXPERTROUTE_H

#include <cstdint>

namespace moec::rt {

/// Each of E experts takes C of the T / G neighbouring items of each of G
/// groups. G divides T, and 1 <= C <= T / G.
struct ExpertRouteShape {
  /// Experts that are routed together.
  static constexpr int64_t lanes = 16;

  int64_t items = 0;
  int64_t experts = 0;
  int64_t groups = 1;
  int64_t capacity = 0;

  int64_t groupItems() const { return items / groups; }
  int64_t rows() const { return experts * groups * capacity; }
  /// Elements of the plan: offsets[E+1], item[R], slot[R], pos[T*E],
  /// expert[T*E], in this order.
  int64_t planElements() const {
    return experts + 1 + 2 * (rows() + items * experts);
  }
  /// Bytes of scratch that expertRoute() needs.
  int64_t scratchBytes() const { return 4 * lanes * groupItems(); }
};

/// Expert choice (Zhou et al., arXiv 2202.09368, section 3.2).
///
/// `gates` f32 [T, E] -> `plan` i32. Of each group an expert takes the C items
/// with the largest gates, equal ones by the lower item first, NaN last. All R
/// = E * G * C rows are used, grouped by expert and in order of item within an
/// expert:
///   row r: item[r] = t, slot[r] = t*E + e, pos[t*E + e] = r
///   not taken: pos = -1; expert[t*E + e] is e, taken or not.
/// Takes time in proportion to T * E, whatever C is. Allocates nothing;
/// `scratch` is aligned to 4 bytes.
void expertRoute(const ExpertRouteShape &shape, const float *gates,
                 int32_t *plan, void *scratch);

} // namespace moec::rt

#endif // MOEC_RUNTIME_CPU_EXPERTROUTE_H
