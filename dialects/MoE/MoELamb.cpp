//===- MoELamb.cpp - LAMB -------------------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEVerify.h"

using namespace mlir;
using namespace moec;
using namespace moec::moe;

const UpdateInfo &LambUpdateOp::getInfo() {
  using Kind = UpdateSetting::Kind;
  static const UpdateInfo info{
      "lamb",
      "Adam whose step is as long as the parameter of a layer is large (arXiv "
      "1904.00962)",
      {{"beta1", Kind::Decay, 0.9, "decay of the mean"},
       {"beta2", Kind::Decay, 0.999, "decay of the variance"},
       {"eps", Kind::Positive, 1e-6, "added to the root of the variance"}},
      {"mean", "variance"},
      /*countsSteps=*/true,
      /*sumsOverLayers=*/true};
  return info;
}

LogicalResult LambUpdateOp::verify() {
  if (failed(expectDecay(*this, "beta", getBeta1())) ||
      failed(expectDecay(*this, "beta", getBeta2())))
    return failure();
  if (getSlices().size() != getParams().size())
    return emitOpError("expected a number of slices for each of the ")
           << getParams().size() << " parameters, got " << getSlices().size();
  for (auto [param, slices] : llvm::zip(getParams(), getSlices())) {
    ArrayRef<int64_t> shape = shapeOf(param);
    if (slices != 1 && (shape.empty() || slices != shape[0]))
      return emitOpError("expected 1 slice of a parameter ")
             << shapeText(shape) << " or as many as its first axis has, got "
             << slices;
  }
  return expectOneElementType(*this);
}

int64_t LambUpdateOp::getNumSlices(unsigned param) {
  return getSlices()[param];
}

SmallVector<Number> LambUpdateOp::newMoments(UpdateMath &m,
                                             const UpdateElement &e) {
  return adamMoments(m, e, getBeta1().convertToDouble(),
                     getBeta2().convertToDouble());
}

static Number change(LambUpdateOp op, UpdateMath &m, const UpdateElement &e) {
  return adamChange(
      m, e, op.getBeta1().convertToDouble(), op.getBeta2().convertToDouble(),
      op.getEps().convertToDouble(), op.getWeightDecay().convertToDouble());
}

SmallVector<Number> LambUpdateOp::terms(UpdateMath &m, const UpdateElement &e) {
  Number r = change(*this, m, e);
  return {m.mul(e.param, e.param), m.mul(r, r)};
}

Number LambUpdateOp::newParam(UpdateMath &m, const UpdateElement &e,
                              ArrayRef<Number> sums) {
  Number one = m.constant(1.0);
  Number ratio = m.div(m.sqrt(sums[0]), m.sqrt(sums[1]));
  ratio = m.ifPositive(sums[0], m.ifPositive(sums[1], ratio, one), one);
  Number rate = m.mul(e.scalars[0], ratio);
  return m.sub(e.param, m.mul(rate, change(*this, m, e)));
}
