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
using moe::Number;

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

namespace {
/// Computes the arithmetic of an optimizer in T.
template <typename T> class PlainMath : public moe::UpdateMath {
public:
  Number constant(double value) override { return of(T(value)); }
  Number add(Number x, Number y) override {
    return of(T(x.number) + T(y.number));
  }
  Number sub(Number x, Number y) override {
    return of(T(x.number) - T(y.number));
  }
  Number mul(Number x, Number y) override {
    return of(T(x.number) * T(y.number));
  }
  Number div(Number x, Number y) override {
    return of(T(x.number) / T(y.number));
  }
  Number fma(Number x, Number y, Number z) override {
    return of(T(x.number) * T(y.number) + T(z.number));
  }
  Number sqrt(Number x) override { return of(std::sqrt(T(x.number))); }
  Number oneMinusPower(double base, Number step) override {
    return of(-std::expm1(T(step.number) * T(std::log(base))));
  }
  Number ifPositive(Number x, Number yes, Number no) override {
    return x.number > 0 ? yes : no;
  }
  using UpdateMath::mul;

  static Number of(T value) { return {Value(), double(value)}; }
};
} // namespace

template <typename T>
static Status evalUpdate(moe::OptimizerOpInterface op, Frame<T> &frame) {
  PlainMath<T> math;
  unsigned count = op.getNumParams(), numMoments = op.getNumMoments();
  auto operand = [&](unsigned list, unsigned i) -> const TensorOf<T> & {
    return frame.get(op->getOperand(list * count + i));
  };
  moe::UpdateElement element;
  for (Value scalar : op->getOperands().drop_front((2 + numMoments) * count)) {
    const TensorOf<T> &tensor = frame.get(scalar);
    element.scalars.push_back(
        math.of(tensor.isInt ? T(tensor.ints[0]) : tensor.floats[0]));
  }
  bool summed = op.getNumSums() > 0;
  for (unsigned i = 0; i < count; ++i) {
    TensorOf<T> param = operand(0, i);
    const TensorOf<T> &grad = operand(1, i);
    SmallVector<TensorOf<T>> moments;
    for (unsigned k = 0; k < numMoments; ++k)
      moments.push_back(operand(2 + k, i));
    auto read = [&](int64_t at) {
      element.param = math.of(param.floats[at]);
      element.grad = math.of(grad.floats[at]);
      element.moments.clear();
      for (const TensorOf<T> &moment : moments)
        element.moments.push_back(math.of(moment.floats[at]));
    };
    // What newParam() may read besides.
    auto readOld = [&](int64_t at) {
      element.grad = summed ? Number() : math.of(grad.floats[at]);
      element.oldMoments.clear();
      for (unsigned k = 0; !summed && k < numMoments; ++k)
        element.oldMoments.push_back(math.of(operand(2 + k, i).floats[at]));
    };
    for (int64_t at = 0; at < param.size(); ++at) {
      read(at);
      for (auto [moment, value] :
           llvm::zip(moments, op.newMoments(math, element)))
        moment.floats[at] = T(value.number);
    }
    int64_t slices = op.getNumSlices(i), each = param.size() / slices;
    for (int64_t start = 0; start < param.size(); start += each) {
      SmallVector<Number> sums(op.getNumSums());
      for (int64_t at = start; at < start + each; ++at) {
        read(at);
        for (auto [sum, term] : llvm::zip(sums, op.terms(math, element)))
          sum = math.add(sum, term);
      }
      for (int64_t at = start; at < start + each; ++at) {
        read(at);
        readOld(at);
        param.floats[at] = T(op.newParam(math, element, sums).number);
      }
    }
    frame.set(op->getResult(i), std::move(param));
    for (unsigned k = 0; k < numMoments; ++k)
      frame.set(op->getResult((1 + k) * count + i), std::move(moments[k]));
  }
  return Status::Done;
}

template <typename T>
Status moec::reference::evalTraining(Operation *op, Frame<T> &frame) {
  if (auto update = dyn_cast<moe::OptimizerOpInterface>(op))
    return evalUpdate(update, frame);
  return llvm::TypeSwitch<Operation *, Status>(op)
      .Case([&](moe::ClipScaleOp op) { return evalClipScale(op, frame); })
      .Case([](moe::GradientOp op) {
        op.emitError("is not computed here; run moec-autodiff first");
        return Status::Failed;
      })
      .Default([](Operation *) { return Status::NotMine; });
}
MOEC_REFERENCE_FAMILY(evalTraining)
