//===- Mixing.cpp - Patches, linear layers, contractions
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
static Status evalPatchify(moe::PatchifyOp op, Frame<T> &frame) {
  const TensorOf<T> &image = frame.get(op.getImage());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  int64_t height = image.shape[1], width = image.shape[2];
  int64_t channels = image.shape[3], p = op.getPatch();
  ArrayRef<double> mean = op.getMean(), std = op.getStd();
  int64_t flat = 0; // Of the result: b, patch row, patch column, y, x, channel.
  for (int64_t b = 0; b < image.shape[0]; ++b)
    for (int64_t i = 0; i < height / p; ++i)
      for (int64_t j = 0; j < width / p; ++j)
        for (int64_t y = 0; y < p; ++y)
          for (int64_t x = 0; x < p; ++x)
            for (int64_t c = 0; c < channels; ++c) {
              int64_t source =
                  ((b * height + i * p + y) * width + j * p + x) * channels + c;
              // Bytes are unsigned, however the i8 was sign-extended.
              T value = image.isInt ? T(image.ints[source] & 0xff) / T(255)
                                    : image.floats[source];
              result.floats[flat++] =
                  (value - T(mean[c % mean.size()])) / T(std[c % std.size()]);
            }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalLinear(moe::LinearOp op, Frame<T> &frame) {
  const TensorOf<T> &input = frame.get(op.getInput());
  const TensorOf<T> &weight = frame.get(op.getWeight());
  const TensorOf<T> *bias = op.getBias() ? &frame.get(op.getBias()) : nullptr;
  TensorOf<T> result = zerosFor<T>(op.getResult());
  AxisView from(input.shape, op.getAxis()), to(result.shape, op.getAxis());
  for (int64_t o = 0; o < to.outer; ++o)
    for (int64_t n = 0; n < to.extent; ++n)
      for (int64_t i = 0; i < to.inner; ++i) {
        T sum = 0;
        for (int64_t k = 0; k < from.extent; ++k)
          sum +=
              input.floats[from.at(o, k, i)] * weight.floats[k * to.extent + n];
        result.floats[to.at(o, n, i)] = bias ? sum + bias->floats[n] : sum;
      }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalEinsum(moe::EinsumOp op, Frame<T> &frame) {
  const TensorOf<T> &lhs = frame.get(op.getLhs());
  const TensorOf<T> &rhs = frame.get(op.getRhs());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  auto [inputs, output] = op.getEquation().split("->");
  auto [left, right] = inputs.split(",");
  // Every letter once: those of the result, then the summed ones in the order
  // in which they appear.
  std::string letters = output.str();
  for (char letter : (left + right).str())
    if (letters.find(letter) == std::string::npos)
      letters += letter;

  size_t count = letters.size();
  SmallVector<int64_t, 8> extent(count, 1), index(count, 0);
  SmallVector<int64_t, 8> steps[3];
  StringRef words[3] = {left, right, output};
  const TensorOf<T> *tensors[3] = {&lhs, &rhs, &result};
  for (int t = 0; t < 3; ++t) {
    steps[t].assign(count, 0);
    SmallVector<int64_t, 4> strides = stridesOf(tensors[t]->shape);
    for (auto [axis, letter] : llvm::enumerate(words[t])) {
      size_t place = letters.find(letter);
      extent[place] = tensors[t]->shape[axis];
      steps[t][place] += strides[axis];
    }
  }
  int64_t points = 1;
  for (int64_t e : extent)
    points *= e;
  int64_t at[3] = {0, 0, 0};
  for (int64_t point = 0; point < points; ++point) {
    result.floats[at[2]] += lhs.floats[at[0]] * rhs.floats[at[1]];
    for (int64_t i = int64_t(count) - 1; i >= 0; --i) {
      bool carry = ++index[i] == extent[i];
      if (carry)
        index[i] = 0;
      for (int t = 0; t < 3; ++t)
        at[t] += carry ? -steps[t][i] * (extent[i] - 1) : steps[t][i];
      if (!carry)
        break;
    }
  }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
Status moec::reference::evalMixing(Operation *op, Frame<T> &frame) {
  return llvm::TypeSwitch<Operation *, Status>(op)
      .Case([&](moe::PatchifyOp op) { return evalPatchify(op, frame); })
      .Case([&](moe::LinearOp op) { return evalLinear(op, frame); })
      .Case([&](moe::EinsumOp op) { return evalEinsum(op, frame); })
      .Default([](Operation *) { return Status::NotMine; });
}
MOEC_REFERENCE_FAMILY(evalMixing)
