//===- LowerElementwise.cpp - Element-wise ops to kernel.map --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Fusion/LowerToKernel.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;

/// Lowers a binary op to `ScalarOp`.
template <typename OpT, typename ScalarOp>
static Lowered lowerBinary(OpBuilder &builder, OpT op,
                           typename OpT::Adaptor adaptor) {
  Value result =
      elementwise(builder, op.getLoc(), shapeOf(op.getResult()),
                  {adaptor.getLhs(), adaptor.getRhs()},
                  [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                    return {s.op<ScalarOp>(args[0], args[1])};
                  });
  return SmallVector<Value>{result};
}

static Lowered lowerScale(OpBuilder &builder, moe::ScaleOp op,
                          moe::ScaleOp::Adaptor adaptor) {
  double factor = op.getFactor().convertToDouble();
  Value result = elementwise(
      builder, op.getLoc(), shapeOf(op.getResult()), adaptor.getInput(),
      [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        return {s.mul(args[0], factor)};
      });
  return SmallVector<Value>{result};
}

static Lowered lowerRsqrt(OpBuilder &builder, moe::RsqrtOp op,
                          moe::RsqrtOp::Adaptor adaptor) {
  double eps = op.getEps().convertToDouble();
  Value result = elementwise(
      builder, op.getLoc(), shapeOf(op.getResult()), adaptor.getInput(),
      [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        return {s.op<math::RsqrtOp>(s.add(args[0], s.constant(eps)))};
      });
  return SmallVector<Value>{result};
}

/// log(1 + exp(y)) = max(y, 0) + log(1 + u) with u = exp(-|y|). What 1 + u
/// rounds away is put right by the factor u / ((1 + u) - 1), as Kahan does it
/// (HP-15C Advanced Functions Handbook, 1982).
Value fusion::softplus(ScalarBuilder &s, Value y) {
  Value one = s.constant(1.0), zero = s.constant(0.0);
  Value u = s.op<math::ExpOp>(s.neg(s.op<math::AbsFOp>(y)));
  Value sum = s.add(u, one);
  Value exact = s.compare(arith::CmpFPredicate::OEQ, sum, one);
  Value rounded = s.select(exact, one, s.sub(sum, one));
  Value log = s.mul(s.op<math::LogOp>(sum), s.div(u, rounded));
  return s.add(s.op<arith::MaximumFOp>(y, zero), s.select(exact, u, log));
}

/// Lowers a unary op to what `body` makes of an element.
template <typename OpT, Value (*body)(ScalarBuilder &, Value)>
static Lowered lowerUnary(OpBuilder &builder, OpT op,
                          typename OpT::Adaptor adaptor) {
  Value result = elementwise(
      builder, op.getLoc(), shapeOf(op.getResult()), adaptor.getInput(),
      [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        return {body(s, args[0])};
      });
  return SmallVector<Value>{result};
}

static Value sigmoid(ScalarBuilder &s, Value x) {
  Value one = s.constant(1.0);
  return s.div(one, s.add(one, s.op<math::ExpOp>(s.neg(x))));
}

static Value tanh(ScalarBuilder &s, Value x) { return s.op<math::TanhOp>(x); }

static Value relu(ScalarBuilder &s, Value x) {
  return s.op<arith::MaximumFOp>(x, s.constant(0.0));
}

static Lowered lowerReluGrad(OpBuilder &builder, moe::ReluGradOp op,
                             moe::ReluGradOp::Adaptor adaptor) {
  Value result =
      elementwise(builder, op.getLoc(), shapeOf(op.getResult()),
                  {adaptor.getInput(), adaptor.getOutGrad()},
                  [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                    Value zero = s.constant(0.0);
                    Value above =
                        s.compare(arith::CmpFPredicate::OGT, args[0], zero);
                    return {s.select(above, args[1], zero)};
                  });
  return SmallVector<Value>{result};
}

static Lowered lowerFill(OpBuilder &builder, moe::FillOp op,
                         moe::FillOp::Adaptor) {
  double value = op.getValue().convertToDouble();
  ArrayRef<int64_t> shape = shapeOf(op.getResult());
  Type element = getElementTypeOrSelf(op.getType());
  KernelSpec spec(op.getLoc(), elementSpace(shape));
  spec.result(builder, shape, identity(builder.getContext(), shape.size()),
              element);
  auto body = [&](ScalarBuilder &s, ValueRange) -> SmallVector<Value> {
    return {element.isInteger() ? s.constantI32(int64_t(value))
                                : s.constant(value)};
  };
  return SmallVector<Value>(spec.map(builder, body));
}

static Lowered lowerIota(OpBuilder &builder, moe::IotaOp op,
                         moe::IotaOp::Adaptor) {
  KernelSpec spec(op.getLoc(), shapeOf(op.getResult()));
  spec.resultInto(tensor::EmptyOp::create(builder, op.getLoc(),
                                          shapeOf(op.getResult()),
                                          builder.getI32Type()),
                  spec.dim(0));
  return SmallVector<Value>(
      spec.map(builder, [](ScalarBuilder &s, ValueRange) -> SmallVector<Value> {
        return {s.index(0)};
      }));
}

void fusion::addElementwiseLowerings(LoweringPatterns &patterns) {
  patterns.add<moe::AddOp>(lowerBinary<moe::AddOp, arith::AddFOp>);
  patterns.add<moe::SubOp>(lowerBinary<moe::SubOp, arith::SubFOp>);
  patterns.add<moe::MulOp>(lowerBinary<moe::MulOp, arith::MulFOp>);
  patterns.add<moe::ScaleOp>(lowerScale);
  patterns.add<moe::RsqrtOp>(lowerRsqrt);
  patterns.add<moe::SigmoidOp>(lowerUnary<moe::SigmoidOp, sigmoid>);
  patterns.add<moe::TanhOp>(lowerUnary<moe::TanhOp, tanh>);
  patterns.add<moe::SoftplusOp>(lowerUnary<moe::SoftplusOp, softplus>);
  patterns.add<moe::ReluOp>(lowerUnary<moe::ReluOp, relu>);
  patterns.add<moe::ReluGradOp>(lowerReluGrad);
  patterns.add<moe::FillOp>(lowerFill);
  patterns.add<moe::IotaOp>(lowerIota);
}
