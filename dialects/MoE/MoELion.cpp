//===- MoELion.cpp - Lion -------------------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEVerify.h"

using namespace mlir;
using namespace moec;
using namespace moec::moe;

const UpdateInfo &LionUpdateOp::getInfo() {
  using Kind = UpdateSetting::Kind;
  static const UpdateInfo info{
      "lion",
      "the sign of an average of gradients, with decoupled weight decay (arXiv "
      "2302.06675)",
      {{"beta1", Kind::Decay, 0.9, "decay of the mean in the step's sign"},
       {"beta2", Kind::Decay, 0.99, "decay of the mean that is kept"}},
      {"mean"}};
  return info;
}

LogicalResult LionUpdateOp::verify() {
  if (failed(expectDecay(*this, "beta", getBeta1())) ||
      failed(expectDecay(*this, "beta", getBeta2())))
    return failure();
  return expectOneElementType(*this);
}

/// beta * mean + (1 - beta) * gradScale * grad.
static Number blend(UpdateMath &m, const UpdateElement &e, Number mean,
                    const APFloat &beta) {
  double kept = beta.convertToDouble();
  Number gradient = m.mul(e.scalars[1], e.grad);
  return m.fma(mean, m.constant(kept), m.mul(gradient, 1.0 - kept));
}

SmallVector<Number> LionUpdateOp::newMoments(UpdateMath &m,
                                             const UpdateElement &e) {
  return {blend(m, e, e.moments[0], getBeta2())};
}

Number LionUpdateOp::newParam(UpdateMath &m, const UpdateElement &e,
                              ArrayRef<Number>) {
  Number c = blend(m, e, e.oldMoments[0], getBeta1());
  Number zero = m.constant(0.0);
  // What is neither above nor below 0 is itself, so that a NaN shows.
  Number negative = m.ifPositive(m.sub(zero, c), m.constant(-1.0), c);
  Number change = m.ifPositive(c, m.constant(1.0), negative);
  if (double decay = getWeightDecay().convertToDouble())
    change = m.fma(e.param, m.constant(decay), change);
  return m.sub(e.param, m.mul(e.scalars[0], change));
}
