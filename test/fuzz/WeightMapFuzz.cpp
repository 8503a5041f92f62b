//===- WeightMapFuzz.cpp - Any text as a name map of weights ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Error.h"
#include "runtime/weights/WeightMap.h"

#include <cstddef>
#include <cstdlib>

using namespace moec;

/// A view reaches no element outside of its tensor.
static void apply(const rt::AxesChange &change,
                  const std::vector<int64_t> &shape) {
  int64_t elements = 1, last = 0;
  for (int64_t size : shape)
    elements *= size;
  try {
    rt::StridedView view = change.apply(shape);
    last = view.offset;
    for (const rt::StridedView::Axis &axis : view.axes)
      last += (axis.size - 1) * axis.stride;
    if (view.offset < 0 || last >= elements || view.elements() > elements)
      std::abort();
  } catch (const rt::Error &) {
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  try {
    rt::WeightMap map = rt::parseWeightMap(
        {reinterpret_cast<const char *>(data), size}, "fuzz");
    for (const rt::WeightRule &rule : map.rules) {
      for (const std::vector<int64_t> &shape :
           {std::vector<int64_t>{}, {6}, {4, 6}, {1, 1, 12}, {2, 3, 4, 5}})
        apply(rule.axes, shape);
      if (rule.from.empty())
        std::abort();
    }
  } catch (const rt::Error &) {
  }
  return 0;
}
