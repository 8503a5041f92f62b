//===- Route.h - Top-k routing of items to experts --------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CPU_ROUTE_H
#define MOEC_RUNTIME_CPU_ROUTE_H

#include <algorithm>
#include <cstdint>

namespace moec::rt {

/// T items choose k of E experts; of each of G runs of neighbouring items an
/// expert keeps at most C. G divides T.
struct RouteShape {
  int64_t items = 0;
  int64_t experts = 0;
  int64_t k = 0;
  int64_t capacity = 0;
  bool byImportance = false;
  int64_t groups = 1;
};

/// Bytes of scratch that route() needs for any capacity, priority and groups.
int64_t routeScratchBytes(int64_t items, int64_t experts, int64_t k);

/// R, the most rows that experts can get: min(T * k, E * min(G * C, T)).
inline int64_t routeRows(const RouteShape &shape) {
  int64_t ofGroup = std::min(shape.capacity, shape.items / shape.groups);
  return std::min(shape.items * shape.k,
                  shape.experts * shape.groups * ofGroup);
}
/// Elements of the plan: offsets[E+1], item[R], slot[R], pos[T*k],
/// expert[T*k], in this order.
inline int64_t routePlanElements(const RouteShape &shape) {
  return shape.experts + 1 + 2 * (routeRows(shape) + shape.items * shape.k);
}

/// The routing of V-MoE (arXiv 2106.05974, section 2 and appendix B).
///
/// `gates` f32 [T, E], after softmax -> `weights` f32 [T, k] and `plan` i32.
/// Per item the k largest gates, equal ones by the lower expert first, NaN
/// last; the weight is the gate, not renormalised. Assignments are visited
/// group by group, in each all first choices first, then all second ones and
/// so on; within a choice the items in order, or in stable descending order of
/// their largest gate. One whose expert is full, with C of the group, is
/// dropped. Rows of the plan are grouped by expert and
/// in order of visit within an expert:
///   row r: item[r] = t, slot[r] = t*k + j, pos[t*k + j] = r
///   dropped: pos = -1; expert[t*k + j] is the choice, dropped or not;
///   rows from offsets[E] on: item = slot = -1.
/// A choice beyond the number of experts has weight 0 and expert -1.
/// Allocates nothing.
void route(const RouteShape &shape, const float *gates, float *weights,
           int32_t *plan, void *scratch);

} // namespace moec::rt

#endif // MOEC_RUNTIME_CPU_ROUTE_H
