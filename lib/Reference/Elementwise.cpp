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

/// What gelu(x) leaves away of m = |x|, and its derivative: m (1 - Phi(m)) of
/// arXiv 1606.08415, section 2, or with tanh in the place of erf. Both are 0
/// where that factor is, also of an infinite m.
template <typename T> struct GeluTail {
  T part = 0, slope = 0;
  GeluTail(T m, bool tanhForm) {
    const T c = T(0.79788456080286535588), cubic = T(0.044715);
    T q, density;
    if (tanhForm) {
      q = T(0.5) * oneMinusTanh(c * (m + cubic * m * m * m));
      density = 2 * c * (1 + 3 * cubic * m * m);
      density = q == 0 ? T(0) : density * q * (1 - q);
    } else {
      q = T(0.5) * erfcOf(m * T(0.70710678118654752440));
      density = T(0.39894228040143267794) * std::exp(T(-0.5) * m * m);
    }
    part = q == 0 ? T(0) : m * q;
    slope = q - (density == 0 ? T(0) : m * density);
  }
};

template <typename T> static T gelu(T x, bool tanhForm) {
  return (x < 0 ? T(-0.0) : x) - GeluTail<T>(std::fabs(x), tanhForm).part;
}

template <typename T> static T geluSlope(T x, bool tanhForm) {
  T h = GeluTail<T>(std::fabs(x), tanhForm).slope;
  return x < 0 ? h : T(1) - h;
}

/// What hangs on which of the numbers are above 0.
template <typename T>
static void recordSigns(const TensorOf<T> &values, Frame<T> &frame) {
  if (!frame.choices())
    return;
  TensorOf<T> scores = TensorOf<T>::floating({values.size(), 2}, T(0));
  for (int64_t i = 0; i < values.size(); ++i)
    scores.floats[2 * i] = values.floats[i];
  Choice choice;
  choice.kind = Choice::Kind::Sign;
  choice.capacity = values.size();
  frame.record(std::move(choice), scores);
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
      .Case([&](moe::RsqrtOp op) {
        T eps = T(op.getEps().convertToDouble());
        return each(op, frame, [&](T x, T) { return 1 / std::sqrt(x + eps); });
      })
      .Case([&](moe::SigmoidOp op) {
        return each(op, frame, [](T x, T) { return 1 / (1 + std::exp(-x)); });
      })
      .Case([&](moe::TanhOp op) {
        return each(op, frame, [](T x, T) { return std::tanh(x); });
      })
      .Case([&](moe::SoftplusOp op) {
        return each(op, frame, [](T x, T) {
          return std::max(x, T(0)) + std::log1p(std::exp(-std::fabs(x)));
        });
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
      .Case([&](moe::ReluOp op) {
        return each(op, frame, [](T x, T) { return x < 0 ? T(0) : x; });
      })
      .Case([&](moe::ReluGradOp op) {
        recordSigns(frame.get(op.getInput()), frame);
        return each(op, frame, [](T x, T dy) { return x > 0 ? dy : T(0); });
      })
      .Default([](Operation *) { return Status::NotMine; });
}
MOEC_REFERENCE_FAMILY(evalElementwise)
