//===- LowerExperts.cpp - Expert layers to ragged contractions ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Fusion/LowerToKernel.h"

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;

namespace {

/// The offsets stand at the start of the plan; group g of a ragged dimension
/// reads them at g and g + 1.
unsigned addOffsets(KernelSpec &spec, Value plan, moe::RoutingType type) {
  return spec.input(plan, spec.dim(0) + type.getOffsetsStart());
}

/// Groups are experts; m runs over the rows of the expert.
Lowered lowerExpertLinear(OpBuilder &builder, moe::ExpertLinearOp op,
                          moe::ExpertLinearOp::Adaptor adaptor) {
  auto plan = cast<moe::RoutingType>(op.getPlan().getType());
  ArrayRef<int64_t> rows = shapeOf(adaptor.getRows());
  ArrayRef<int64_t> shape = shapeOf(op.getResult());
  KernelSpec spec(op.getLoc(), {plan.getExperts(), rows[0], shape[1], rows[1]});
  AffineExpr g = spec.dim(0), m = spec.dim(1), n = spec.dim(2), k = spec.dim(3);
  spec.input(adaptor.getRows(), {m, k});
  SmallVector<AffineExpr> weight = {g, k, n};
  if (op.getTransposed())
    weight = {g, n, k};
  spec.input(adaptor.getWeight(), weight);
  bool bias = static_cast<bool>(adaptor.getBias());
  if (bias)
    spec.input(adaptor.getBias(), {g, n});
  spec.ragged(1, addOffsets(spec, adaptor.getPlan(), plan));
  spec.result(builder, shape, {m, n});
  return SmallVector<Value>(spec.contract(
      builder, [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        return {bias ? s.add(args.back(), args[2]) : args.back()};
      }));
}

/// dW contracts over the rows of the expert, db sums them.
Lowered lowerExpertLinearGrad(OpBuilder &builder, moe::ExpertLinearGradOp op,
                              moe::ExpertLinearGradOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  auto plan = cast<moe::RoutingType>(op.getPlan().getType());
  ArrayRef<int64_t> shape = shapeOf(op.getWeightGrad());
  int64_t rows = shapeOf(adaptor.getRows())[0];

  KernelSpec weight(loc, {shape[0], shape[1], shape[2], rows});
  AffineExpr g = weight.dim(0), m = weight.dim(1), n = weight.dim(2);
  AffineExpr k = weight.dim(3);
  weight.input(adaptor.getRows(), {k, m});
  weight.input(adaptor.getRowsGrad(), {k, n});
  weight.ragged(3, addOffsets(weight, adaptor.getPlan(), plan));
  weight.result(builder, shape, {g, m, n});
  Value dw = weight.contract(builder, [](ScalarBuilder &, ValueRange args) {
    return SmallVector<Value>{args.back()};
  })[0];

  KernelSpec bias(loc, {shape[0], shape[2], rows});
  bias.input(adaptor.getRowsGrad(), {bias.dim(2), bias.dim(1)});
  bias.ragged(2, addOffsets(bias, adaptor.getPlan(), plan));
  bias.result(builder, shapeOf(op.getBiasGrad()), {bias.dim(0), bias.dim(1)});
  Phase sum{kernel::Combiner::Add, [](ScalarBuilder &, ValueRange args) {
              return SmallVector<Value>{args[0]};
            }};
  Value db = bias.rows(builder, {sum}, [](ScalarBuilder &, ValueRange args) {
    return SmallVector<Value>{args.back()};
  })[0];
  return SmallVector<Value>{dw, db};
}

} // namespace

void fusion::addExpertLowerings(LoweringPatterns &patterns) {
  patterns.add<moe::ExpertLinearOp>(lowerExpertLinear);
  patterns.add<moe::ExpertLinearGradOp>(lowerExpertLinearGrad);
}
