//===- Normalization.cpp - Layer norm, unit length, softmax
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Evaluator.h"
#include "lib/Reference/LayerNorm.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;
using namespace moec::reference;

template <typename T>
static Status evalLayerNorm(moe::LayerNormOp op, Frame<T> &frame) {
  const TensorOf<T> &input = frame.get(op.getInput());
  const TensorOf<T> &scale = frame.get(op.getScale());
  const TensorOf<T> &bias = frame.get(op.getBias());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  int64_t n = input.shape.back();
  for (int64_t start = 0; start < input.size(); start += n) {
    NormalizedRow<T> row(&input.floats[start], n,
                         op.getEps().convertToDouble());
    for (int64_t i = 0; i < n; ++i)
      result.floats[start + i] = row[i] * scale.floats[i] + bias.floats[i];
  }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalLayerNormGrad(moe::LayerNormGradOp op, Frame<T> &frame) {
  const TensorOf<T> &input = frame.get(op.getInput());
  const TensorOf<T> &scale = frame.get(op.getScale());
  const TensorOf<T> &outGrad = frame.get(op.getOutGrad());
  TensorOf<T> inputGrad = zerosFor<T>(op.getInputGrad());
  TensorOf<T> scaleGrad = zerosFor<T>(op.getScaleGrad());
  TensorOf<T> biasGrad = zerosFor<T>(op.getBiasGrad());
  int64_t n = input.shape.back();
  for (int64_t start = 0; start < input.size(); start += n) {
    NormalizedRow<T> row(&input.floats[start], n,
                         op.getEps().convertToDouble());
    row.gradient(scale.floats.data(), &outGrad.floats[start],
                 &inputGrad.floats[start], scaleGrad.floats.data(),
                 biasGrad.floats.data());
  }
  frame.set(op.getInputGrad(), std::move(inputGrad));
  frame.set(op.getScaleGrad(), std::move(scaleGrad));
  frame.set(op.getBiasGrad(), std::move(biasGrad));
  return Status::Done;
}

template <typename T>
static Status evalL2Normalize(moe::L2NormalizeOp op, Frame<T> &frame) {
  const TensorOf<T> &input = frame.get(op.getInput());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  AxisView view(input.shape, op.getAxis());
  T eps = T(op.getEps().convertToDouble());
  for (int64_t o = 0; o < view.outer; ++o)
    for (int64_t n = 0; n < view.inner; ++n) {
      T sum = 0;
      for (int64_t i = 0; i < view.extent; ++i)
        sum += input.floats[view.at(o, i, n)] * input.floats[view.at(o, i, n)];
      T r = T(1) / std::sqrt(sum + eps);
      for (int64_t i = 0; i < view.extent; ++i)
        result.floats[view.at(o, i, n)] = input.floats[view.at(o, i, n)] * r;
    }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalL2NormalizeGrad(moe::L2NormalizeGradOp op, Frame<T> &frame) {
  const TensorOf<T> &input = frame.get(op.getInput());
  const TensorOf<T> &outGrad = frame.get(op.getOutGrad());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  AxisView view(input.shape, op.getAxis());
  T eps = T(op.getEps().convertToDouble());
  for (int64_t o = 0; o < view.outer; ++o)
    for (int64_t n = 0; n < view.inner; ++n) {
      T sum = 0, dot = 0;
      for (int64_t i = 0; i < view.extent; ++i) {
        T x = input.floats[view.at(o, i, n)];
        sum += x * x;
        dot += x * outGrad.floats[view.at(o, i, n)];
      }
      T r = T(1) / std::sqrt(sum + eps);
      for (int64_t i = 0; i < view.extent; ++i) {
        int64_t at = view.at(o, i, n);
        result.floats[at] =
            r * outGrad.floats[at] - input.floats[at] * r * r * r * dot;
      }
    }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalSoftmax(moe::SoftmaxOp op, Frame<T> &frame) {
  const TensorOf<T> &input = frame.get(op.getInput());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  std::vector<int64_t> group = withoutAxes(input.shape, op.getAxes());
  // Never more groups than elements.
  std::vector<T> largest(input.size(), -std::numeric_limits<T>::infinity());
  std::vector<T> sum(input.size(), T(0));
  for (int64_t i = 0; i < input.size(); ++i)
    largest[group[i]] = std::max(largest[group[i]], input.floats[i]);
  for (int64_t i = 0; i < input.size(); ++i)
    sum[group[i]] += result.floats[i] =
        std::exp(input.floats[i] - largest[group[i]]);
  for (int64_t i = 0; i < input.size(); ++i)
    result.floats[i] /= sum[group[i]];
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalSoftmaxGrad(moe::SoftmaxGradOp op, Frame<T> &frame) {
  const TensorOf<T> &output = frame.get(op.getOutput());
  const TensorOf<T> &outGrad = frame.get(op.getOutGrad());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  std::vector<int64_t> group = withoutAxes(output.shape, op.getAxes());
  std::vector<T> dot(output.size(), T(0));
  for (int64_t i = 0; i < output.size(); ++i)
    dot[group[i]] += output.floats[i] * outGrad.floats[i];
  for (int64_t i = 0; i < output.size(); ++i)
    result.floats[i] = output.floats[i] * (outGrad.floats[i] - dot[group[i]]);
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
Status moec::reference::evalNormalization(Operation *op, Frame<T> &frame) {
  return llvm::TypeSwitch<Operation *, Status>(op)
      .Case([&](moe::LayerNormOp op) { return evalLayerNorm(op, frame); })
      .Case(
          [&](moe::LayerNormGradOp op) { return evalLayerNormGrad(op, frame); })
      .Case([&](moe::L2NormalizeOp op) { return evalL2Normalize(op, frame); })
      .Case([&](moe::L2NormalizeGradOp op) {
        return evalL2NormalizeGrad(op, frame);
      })
      .Case([&](moe::SoftmaxOp op) { return evalSoftmax(op, frame); })
      .Case([&](moe::SoftmaxGradOp op) { return evalSoftmaxGrad(op, frame); })
      .Default([](Operation *) { return Status::NotMine; });
}
MOEC_REFERENCE_FAMILY(evalNormalization)
