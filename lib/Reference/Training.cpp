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
  T maxNorm = T(op.getMaxNorm().convertToDouble());
  auto normOf = [&](T factor) {
    T total = 0;
    for (Value gradient : op.getGrads()) {
      const TensorOf<T> &grads = frame.get(gradient);
      T own = 0;
      for (int64_t start = 0; start < grads.size(); start += 4096) {
        T sum = 0;
        for (int64_t i = start; i < std::min(start + 4096, grads.size()); ++i)
          sum += grads.floats[i] * factor * (grads.floats[i] * factor);
        own += sum;
      }
      total += own;
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
  T rate = frame.get(op.getLearningRate()).floats[0];
  T scale = frame.get(op.getGradScale()).floats[0];
  T mu = T(op.getMu().convertToDouble());
  T decay = T(op.getWeightDecay().convertToDouble());
  for (unsigned k = 0; k < op.getParams().size(); ++k) {
    TensorOf<T> param = frame.get(op.getParams()[k]);
    TensorOf<T> momentum = frame.get(op.getMomenta()[k]);
    const TensorOf<T> &grad = frame.get(op.getGrads()[k]);
    for (int64_t i = 0; i < param.size(); ++i) {
      T &p = param.floats[i], &m = momentum.floats[i];
      T g = scale * grad.floats[i] + decay * p;
      m = mu * m + g;
      p -= rate * m;
    }
    frame.set(op.getNewParams()[k], std::move(param));
    frame.set(op.getNewMomenta()[k], std::move(momentum));
  }
  return Status::Done;
}

template <typename T>
static Status evalAdamW(moe::AdamWUpdateOp op, Frame<T> &frame) {
  T rate = frame.get(op.getLearningRate()).floats[0];
  T scale = frame.get(op.getGradScale()).floats[0];
  T step = T(frame.get(op.getStep()).ints[0]);
  T b1 = T(op.getBeta1().convertToDouble());
  T b2 = T(op.getBeta2().convertToDouble());
  T eps = T(op.getEps().convertToDouble());
  T decay = T(op.getWeightDecay().convertToDouble());
  T correction1 = T(1) - std::pow(b1, step);
  T correction2 = T(1) - std::pow(b2, step);
  for (unsigned k = 0; k < op.getParams().size(); ++k) {
    TensorOf<T> param = frame.get(op.getParams()[k]);
    TensorOf<T> mean = frame.get(op.getMeans()[k]);
    TensorOf<T> variance = frame.get(op.getVariances()[k]);
    const TensorOf<T> &grad = frame.get(op.getGrads()[k]);
    for (int64_t i = 0; i < param.size(); ++i) {
      T &p = param.floats[i], &m = mean.floats[i], &v = variance.floats[i];
      T g = scale * grad.floats[i];
      m = b1 * m + (T(1) - b1) * g;
      v = b2 * v + (T(1) - b2) * g * g;
      T root = std::sqrt(v) / std::sqrt(correction2);
      p -= rate * (m / correction1 / (root + eps) + decay * p);
    }
    frame.set(op.getNewParams()[k], std::move(param));
    frame.set(op.getNewMeans()[k], std::move(mean));
    frame.set(op.getNewVariances()[k], std::move(variance));
  }
  return Status::Done;
}

template <typename T>
Status moec::reference::evalTraining(Operation *op, Frame<T> &frame) {
  return llvm::TypeSwitch<Operation *, Status>(op)
      .Case([&](moe::ClipScaleOp op) { return evalClipScale(op, frame); })
      .Case([&](moe::SgdUpdateOp op) { return evalSgd(op, frame); })
      .Case([&](moe::AdamWUpdateOp op) { return evalAdamW(op, frame); })
      .Case([](moe::GradientOp op) {
        op.emitError("is not computed here; run moec-autodiff first");
        return Status::Failed;
      })
      .Default([](Operation *) { return Status::NotMine; });
}
MOEC_REFERENCE_FAMILY(evalTraining)
