//===- MoETraining.cpp - Clipping and optimizers --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEVerify.h"

using namespace mlir;
using namespace moec;
using namespace moec::moe;

LogicalResult ClipScaleOp::verify() {
  if (getGrads().empty())
    return emitOpError("expected at least one gradient");
  if (failed(expectNotNegative(*this, "max_norm", getMaxNorm())))
    return failure();
  return expectOneElementType(*this);
}

const UpdateInfo &SgdUpdateOp::getInfo() {
  static const UpdateInfo info{"sgd",
                               "stochastic gradient descent with momentum",
                               {{"momentum", UpdateSetting::Kind::Decay, 0.9,
                                 "decay of the sum of gradients"}},
                               {"momentum"}};
  return info;
}

LogicalResult SgdUpdateOp::verify() { return expectOneElementType(*this); }

const UpdateInfo &AdamWUpdateOp::getInfo() {
  using Kind = UpdateSetting::Kind;
  static const UpdateInfo info{
      "adamw",
      "Adam with decoupled weight decay (arXiv 1711.05101)",
      {{"beta1", Kind::Decay, 0.9, "decay of the mean"},
       {"beta2", Kind::Decay, 0.999, "decay of the variance"},
       {"eps", Kind::Positive, 1e-8, "added to the root of the variance"}},
      {"mean", "variance"},
      /*countsSteps=*/true};
  return info;
}

LogicalResult AdamWUpdateOp::verify() {
  if (failed(expectDecay(*this, "beta", getBeta1())) ||
      failed(expectDecay(*this, "beta", getBeta2())))
    return failure();
  return expectOneElementType(*this);
}

//===----------------------------------------------------------------------===//
// Updates
//===----------------------------------------------------------------------===//

SmallVector<Number> SgdUpdateOp::newMoments(UpdateMath &m,
                                            const UpdateElement &e) {
  Number gradient = m.mul(e.scalars[1], e.grad);
  if (double decay = getWeightDecay().convertToDouble())
    gradient = m.fma(e.param, m.constant(decay), gradient);
  return {m.fma(e.moments[0], m.constant(getMomentum().convertToDouble()),
                gradient)};
}

Number SgdUpdateOp::newParam(UpdateMath &m, const UpdateElement &e,
                             ArrayRef<Number>) {
  return m.sub(e.param, m.mul(e.scalars[0], e.moments[0]));
}

SmallVector<Number> moe::adamMoments(UpdateMath &m, const UpdateElement &e,
                                     double beta1, double beta2) {
  Number gradient = m.mul(e.scalars[2], e.grad);
  Number mean =
      m.fma(e.moments[0], m.constant(beta1), m.mul(gradient, 1.0 - beta1));
  // In this order nothing overflows but the variance itself.
  Number variance = m.fma(e.moments[1], m.constant(beta2),
                          m.mul(m.mul(gradient, 1.0 - beta2), gradient));
  return {mean, variance};
}

Number moe::adamChange(UpdateMath &m, const UpdateElement &e, double beta1,
                       double beta2, double eps, double decay) {
  // The scalars first: they do not change from element to element.
  Number one = m.constant(1.0), meanFactor = one, rootFactor = one;
  if (beta1 != 0.0)
    meanFactor = m.div(one, m.oneMinusPower(beta1, e.scalars[1]));
  if (beta2 != 0.0)
    rootFactor = m.div(one, m.sqrt(m.oneMinusPower(beta2, e.scalars[1])));
  Number root = m.mul(m.sqrt(e.moments[1]), rootFactor);
  Number change =
      m.div(m.mul(e.moments[0], meanFactor), m.add(root, m.constant(eps)));
  return decay == 0.0 ? change : m.fma(e.param, m.constant(decay), change);
}

SmallVector<Number> AdamWUpdateOp::newMoments(UpdateMath &m,
                                              const UpdateElement &e) {
  return adamMoments(m, e, getBeta1().convertToDouble(),
                     getBeta2().convertToDouble());
}

Number AdamWUpdateOp::newParam(UpdateMath &m, const UpdateElement &e,
                               ArrayRef<Number>) {
  Number change = adamChange(
      m, e, getBeta1().convertToDouble(), getBeta2().convertToDouble(),
      getEps().convertToDouble(), getWeightDecay().convertToDouble());
  return m.sub(e.param, m.mul(e.scalars[0], change));
}
