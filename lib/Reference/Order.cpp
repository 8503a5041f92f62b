//===- Order.cpp - Orders of tokens, and tokens in an order
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Evaluator.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;
using namespace moec::reference;

template <typename T>
static Status evalArgsort(moe::ArgsortOp op, Frame<T> &frame) {
  const TensorOf<T> &input = frame.get(op.getInput());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  int64_t extent = input.shape.back();
  for (int64_t row = 0; row < input.size(); row += extent) {
    const int32_t *keys = input.ints.data() + row;
    int32_t *order = result.ints.data() + row;
    std::iota(order, order + extent, 0);
    std::stable_sort(order, order + extent,
                     [&](int32_t a, int32_t b) { return keys[a] < keys[b]; });
  }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

/// Calls `move` with the elements of the whole [images, n, channels] and of the
/// part [images, m, channels] that belong together.
template <typename T, typename Op>
static void forEachPair(Op op, Frame<T> &frame, ArrayRef<int64_t> whole,
                        int64_t m,
                        llvm::function_ref<void(int64_t, int64_t)> move) {
  const std::vector<int32_t> &order = frame.get(op.getOrder()).ints;
  int64_t n = whole[1], channels = whole[2];
  for (int64_t b = 0; b < whole[0]; ++b)
    for (int64_t p = 0; p < m; ++p) {
      int32_t at = order[b * n + int64_t(op.getBegin()) + p];
      if (at < 0 || at >= n)
        continue;
      for (int64_t c = 0; c < channels; ++c)
        move((b * n + at) * channels + c, (b * m + p) * channels + c);
    }
}

template <typename T>
static Status evalGather(moe::GatherTokensOp op, Frame<T> &frame) {
  const TensorOf<T> &input = frame.get(op.getInput());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  forEachPair(op, frame, input.shape, result.shape[1],
              [&](int64_t whole, int64_t part) {
                result.floats[part] = input.floats[whole];
              });
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalScatter(moe::ScatterTokensOp op, Frame<T> &frame) {
  const TensorOf<T> &input = frame.get(op.getInput());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  forEachPair(op, frame, result.shape, input.shape[1],
              [&](int64_t whole, int64_t part) {
                result.floats[whole] = input.floats[part];
              });
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
Status moec::reference::evalOrder(Operation *op, Frame<T> &frame) {
  return llvm::TypeSwitch<Operation *, Status>(op)
      .Case([&](moe::ArgsortOp op) { return evalArgsort(op, frame); })
      .Case([&](moe::GatherTokensOp op) { return evalGather(op, frame); })
      .Case([&](moe::ScatterTokensOp op) { return evalScatter(op, frame); })
      .Default([](Operation *) { return Status::NotMine; });
}
MOEC_REFERENCE_FAMILY(evalOrder)
