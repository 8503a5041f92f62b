//===- Elementwise.cpp - Element by element
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Evaluator.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::reference;

/// result[i] = function(operand 0 [i], operand 1 [i] if there is one).
template <typename T, typename Function>
static Status each(Operation *op, Frame<T> &frame, Function function) {
  const TensorOf<T> &lhs = frame.get(op->getOperand(0));
  const TensorOf<T> &rhs = frame.get(op->getOperand(op->getNumOperands() - 1));
  TensorOf<T> result = zerosFor<T>(op->getResult(0));
  for (int64_t i = 0; i < result.size(); ++i)
    result.floats[i] = function(lhs.floats[i], rhs.floats[i]);
  frame.set(op->getResult(0), std::move(result));
  return Status::Done;
}

/// arXiv 1606.08415, section 2.
template <typename T> static T gelu(T x, bool tanhForm) {
  if (!tanhForm)
    return x * T(0.5) * (T(1) + std::erf(x * T(0.70710678118654752440)));
  T inner = T(0.79788456080286535588) * (x + T(0.044715) * x * x * x);
  return T(0.5) * x * (T(1) + std::tanh(inner));
}

template <typename T> static T geluSlope(T x, bool tanhForm) {
  if (!tanhForm)
    return T(0.5) * (T(1) + std::erf(x * T(0.70710678118654752440))) +
           x * T(0.39894228040143267794) * std::exp(T(-0.5) * x * x);
  const T c = T(0.79788456080286535588);
  T t = std::tanh(c * (x + T(0.044715) * x * x * x));
  return T(0.5) * (T(1) + t) +
         T(0.5) * x * (T(1) - t * t) * c * (T(1) + T(3 * 0.044715) * x * x);
}

template <typename T>
Status moec::reference::evalElementwise(Operation *op, Frame<T> &frame) {
  return llvm::TypeSwitch<Operation *, Status>(op)
      .Case([&](moe::AddOp op) {
        return each(op, frame, [](T x, T y) { return x + y; });
      })
      .Case([&](moe::SubOp op) {
        return each(op, frame, [](T x, T y) { return x - y; });
      })
      .Case([&](moe::MulOp op) {
        return each(op, frame, [](T x, T y) { return x * y; });
      })
      .Case([&](moe::ScaleOp op) {
        T factor = T(op.getFactor().convertToDouble());
        return each(op, frame, [&](T x, T) { return x * factor; });
      })
      .Case([&](moe::GeluOp op) {
        bool form = op.getTanh();
        return each(op, frame, [&](T x, T) { return gelu(x, form); });
      })
      .Case([&](moe::GeluGradOp op) {
        bool form = op.getTanh();
        return each(op, frame,
                    [&](T x, T dy) { return dy * geluSlope(x, form); });
      })
      .Default([](Operation *) { return Status::NotMine; });
}
MOEC_REFERENCE_FAMILY(evalElementwise)
