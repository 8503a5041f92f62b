//===- Training.cpp - Clipping and optimizer updates
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Evaluator.h"
#include "llvm/ADT/TypeSwitch.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::reference;

template <typename T>
static Status evalClipScale(moe::ClipScaleOp op, Frame<T> &frame) {
  const TensorOf<T> &grads = frame.get(op.getGrads());
  T maxNorm = T(op.getMaxNorm().convertToDouble());
  auto normOf = [&](T factor) {
    T total = 0;
    for (int64_t start = 0; start < grads.size(); start += 4096) {
      T sum = 0;
      for (int64_t i = start; i < std::min(start + 4096, grads.size()); ++i)
        sum += grads.floats[i] * factor * (grads.floats[i] * factor);
      total += sum;
    }
    return std::sqrt(total) / factor;
  };
  T norm = normOf(T(1));
  if (std::isinf(norm))
    norm = normOf(T(0x1p-80));
  T scale = maxNorm / (norm + T(1e-6));
  if (maxNorm == 0 || scale > 1) // a NaN stays
    scale = 1;
  frame.set(op.getScale(), TensorOf<T>::floating({}, scale));
  frame.set(op.getNorm(), TensorOf<T>::floating({}, norm));
  return Status::Done;
}

template <typename T>
static Status evalSgd(moe::SgdUpdateOp op, Frame<T> &frame) {
  TensorOf<T> param = frame.get(op.getParam());
  TensorOf<T> momentum = frame.get(op.getMomentum());
  const TensorOf<T> &grad = frame.get(op.getGrad());
  T rate = frame.get(op.getLearningRate()).floats[0];
  T scale = frame.get(op.getGradScale()).floats[0];
  T mu = T(op.getMu().convertToDouble());
  T decay = T(op.getWeightDecay().convertToDouble());
  for (int64_t i = 0; i < param.size(); ++i) {
    T &p = param.floats[i], &m = momentum.floats[i];
    T g = scale * grad.floats[i] + decay * p;
    m = mu * m + g;
    p -= rate * m;
  }
  frame.set(op.getNewParam(), std::move(param));
  frame.set(op.getNewMomentum(), std::move(momentum));
  return Status::Done;
}

template <typename T>
static Status evalAdamW(moe::AdamWUpdateOp op, Frame<T> &frame) {
  TensorOf<T> param = frame.get(op.getParam());
  TensorOf<T> mean = frame.get(op.getMean());
  TensorOf<T> variance = frame.get(op.getVariance());
  const TensorOf<T> &grad = frame.get(op.getGrad());
  T rate = frame.get(op.getLearningRate()).floats[0];
  T scale = frame.get(op.getGradScale()).floats[0];
  T step = T(frame.get(op.getStep()).ints[0]);
  T b1 = T(op.getBeta1().convertToDouble());
  T b2 = T(op.getBeta2().convertToDouble());
  T eps = T(op.getEps().convertToDouble());
  T decay = T(op.getWeightDecay().convertToDouble());
  T correction1 = T(1) - std::pow(b1, step);
  T correction2 = T(1) - std::pow(b2, step);
  for (int64_t i = 0; i < param.size(); ++i) {
    T &p = param.floats[i], &m = mean.floats[i], &v = variance.floats[i];
    T g = scale * grad.floats[i];
    m = b1 * m + (T(1) - b1) * g;
    v = b2 * v + (T(1) - b2) * g * g;
    T root = std::sqrt(v) / std::sqrt(correction2);
    p -= rate * (m / correction1 / (root + eps) + decay * p);
  }
  frame.set(op.getNewParam(), std::move(param));
  frame.set(op.getNewMean(), std::move(mean));
  frame.set(op.getNewVariance(), std::move(variance));
  return Status::Done;
}

template <typename T>
Status moec::reference::evalTraining(Operation *op, Frame<T> &frame) {
  return llvm::TypeSwitch<Operation *, Status>(op)
      .Case([&](moe::ClipScaleOp op) { return evalClipScale(op, frame); })
      .Case([&](moe::SgdUpdateOp op) { return evalSgd(op, frame); })
      .Case([&](moe::AdamWUpdateOp op) { return evalAdamW(op, frame); })
      .Default([](Operation *) { return Status::NotMine; });
}
MOEC_REFERENCE_FAMILY(evalTraining)
