//===- LowerRandom.cpp - Counter-based random numbers and dropout ---------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Fusion/LowerToKernel.h"

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;

namespace {

// Constants of Philox4x32 (Salmon et al., SC 2011, section 3.2).
constexpr uint32_t multiplier0 = 0xD2511F53u, multiplier1 = 0xCD9E8D57u;
constexpr uint32_t weyl0 = 0x9E3779B9u, weyl1 = 0xBB67AE85u;
constexpr int philoxRounds = 10;

/// Words 0 and 1 of the block of `counter` under `key`. The low half of a
/// product is word 1 or 3, the high half goes into the next word 0 or 2.
std::pair<Value, Value> philox(ScalarBuilder &s, std::array<Value, 4> counter,
                               std::array<Value, 2> key) {
  auto mix = [&](Value high, Value word, Value k) {
    return s.op<arith::XOrIOp>(s.op<arith::XOrIOp>(high, word), k);
  };
  for (int round = 0; round < philoxRounds; ++round) {
    // The key of each round is that of the first, advanced.
    Value k0 = key[0], k1 = key[1];
    if (round > 0) {
      k0 = s.op<arith::AddIOp>(k0, s.constantI32(uint32_t(round) * weyl0));
      k1 = s.op<arith::AddIOp>(k1, s.constantI32(uint32_t(round) * weyl1));
    }
    auto [low0, high0] = s.mulWide(s.constantI32(multiplier0), counter[0]);
    auto [low1, high1] = s.mulWide(s.constantI32(multiplier1), counter[2]);
    counter = {mix(high1, counter[1], k0), low1, mix(high0, counter[3], k1),
               low0};
  }
  return {counter[0], counter[1]};
}

/// Row-major number of an element at the current point, of the first axes of
/// `dims`, `axes` in number.
Value elementNumber(ScalarBuilder &s, MLIRContext *context,
                    ArrayRef<int64_t> dims, size_t axes) {
  AffineExpr number = getAffineConstantExpr(0, context);
  for (size_t i = 0; i < axes; ++i)
    number = number * dims[i] + getAffineDimExpr(i, context);
  return s.index(number);
}

LogicalResult checkCount(Operation *op, ArrayRef<int64_t> dims) {
  if (llvm::product_of(dims) > int64_t(1) << 32)
    return op->emitOpError("makes more than 2^32 numbers, which its 32-bit "
                           "element counter cannot tell apart; split it");
  return success();
}

/// Box-Muller of words w0 and w1. The sine of odd elements is the cosine a
/// quarter turn earlier, and a turn is all of w1's 2^32 values: subtracting in
/// i32 wraps around exactly, and read as signed the angle lies in [-pi, pi).
Value boxMuller(ScalarBuilder &s, Value w0, Value w1, Value odd, double std,
                Type f32) {
  constexpr double perWord = 1.0 / 4294967296.0;
  Value u = s.fma(s.op<arith::UIToFPOp>(f32, w0), s.constant(perWord),
                  s.constant(perWord));
  Value radius = s.op<math::SqrtOp>(s.mul(s.op<math::LogOp>(u), -2.0));
  Value quarter = s.op<arith::ShLIOp>(odd, s.constantI32(30));
  Value turned = s.op<arith::SubIOp>(w1, quarter);
  Value angle =
      s.mul(s.toFloat(turned), 2.0 * 3.14159265358979323846 * perWord);
  return s.mul(s.mul(radius, s.op<math::CosOp>(angle)), std);
}

/// A map over the elements of `op`, which are of type `element`. `body` makes
/// one of a function from counters to blocks and of the element's number.
template <typename Op>
Lowered lowerRandom(
    OpBuilder &builder, Op op, ValueRange seedAndStep, Type element,
    function_ref<Value(ScalarBuilder &,
                       function_ref<std::pair<Value, Value>(Value)>, Value)>
        body) {
  ArrayRef<int64_t> shape = shapeOf(op.getResult());
  SmallVector<int64_t> dims = elementSpace(shape);
  if (failed(checkCount(op, dims)))
    return failure();
  uint64_t stream = op.getStream();
  KernelSpec spec(op.getLoc(), dims);
  for (Value value : seedAndStep)
    spec.input(value, {});
  MLIRContext *context = builder.getContext();
  spec.result(builder, shape, identity(context, shape.size()), element);
  auto words = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    auto block = [&](Value counter) {
      Value zero = s.constantI32(0);
      return philox(s, {counter, args[1], zero, zero},
                    {args[0], s.constantI32(stream)});
    };
    return {body(s, block, elementNumber(s, context, dims, dims.size()))};
  };
  return SmallVector<Value>(spec.map(builder, words));
}

Lowered lowerRandomNormal(OpBuilder &builder, moe::RandomNormalOp op,
                          moe::RandomNormalOp::Adaptor adaptor) {
  double std = op.getStd().convertToDouble();
  Type f32 = builder.getF32Type();
  return lowerRandom(
      builder, op, adaptor.getOperands(), f32,
      [=](ScalarBuilder &s, auto block, Value number) {
        Value one = s.constantI32(1);
        auto [w0, w1] = block(s.op<arith::ShRUIOp>(number, one));
        return boxMuller(s, w0, w1, s.op<arith::AndIOp>(number, one), std, f32);
      });
}

Lowered lowerRandomBits(OpBuilder &builder, moe::RandomBitsOp op,
                        moe::RandomBitsOp::Adaptor adaptor) {
  return lowerRandom(builder, op, adaptor.getOperands(), builder.getI32Type(),
                     [](ScalarBuilder &, auto block, Value number) {
                       return block(number).first;
                     });
}

/// One point for each word of each layer's key.
Lowered lowerDropoutKey(OpBuilder &builder, moe::DropoutKeyOp op,
                        moe::DropoutKeyOp::Adaptor adaptor) {
  ArrayRef<int64_t> shape = shapeOf(op.getResult());
  MLIRContext *context = builder.getContext();
  uint32_t first = op.getFirstThreshold(), step = op.getThresholdStep();
  uint64_t stream = op.getStream();
  AffineExpr word = getAffineDimExpr(shape.size() - 1, context);
  AffineExpr layer = shape.size() == 1 ? getAffineConstantExpr(0, context)
                                       : getAffineDimExpr(0, context);
  KernelSpec spec(op.getLoc(), shape);
  spec.input(adaptor.getSeed(), {});
  spec.input(adaptor.getStep(), {});
  spec.resultInto(tensor::EmptyOp::create(builder, op.getLoc(), shape,
                                          builder.getI32Type()),
                  identity(context, shape.size()));
  auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value zero = s.constantI32(0), number = s.index(layer);
    auto [w0, w1] = philox(s, {number, args[1], zero, zero},
                           {args[0], s.constantI32(stream)});
    Value threshold = s.op<arith::AddIOp>(
        s.op<arith::MulIOp>(number, s.constantI32(step)), s.constantI32(first));
    Type f32 = builder.getF32Type();
    // 2^32 less the threshold, but for 0, of which an i32 holds 0.
    Value left = s.op<arith::SubIOp>(zero, threshold), one = s.constant(1.0);
    Value share = s.mul(s.op<arith::UIToFPOp>(f32, left), 0x1p-32);
    Value nothing = s.compareI32(arith::CmpIPredicate::eq, threshold, zero);
    Value scale = s.div(one, s.select(nothing, one, share));
    Value result = s.op<arith::BitcastOp>(builder.getI32Type(), scale);
    Value at = s.index(word);
    Value others[] = {w0, w1, threshold};
    for (auto [i, other] : llvm::enumerate(others))
      result = s.select(s.compareI32(arith::CmpIPredicate::eq, at,
                                     s.constantI32(static_cast<int64_t>(i))),
                        other, result);
    return {result};
  };
  return SmallVector<Value>(spec.map(builder, body));
}

/// x >= threshold of what `moe.dropout` makes of the number of a draw.
Value isKept(ScalarBuilder &s, Value number, ValueRange key) {
  constexpr std::pair<int64_t, uint32_t> rounds[] = {
      {17, 0xED5AD4BBu}, {11, 0xAC4C1B51u}, {15, 0x31848BABu}};
  Value x = s.op<arith::XOrIOp>(number, key[0]);
  for (auto [i, round] : llvm::enumerate(rounds)) {
    Value high = s.op<arith::ShRUIOp>(x, s.constantI32(round.first));
    x = s.op<arith::MulIOp>(s.op<arith::XOrIOp>(x, high),
                            s.constantI32(round.second));
    if (i == 0)
      x = s.op<arith::XOrIOp>(x, key[1]);
  }
  return s.compareI32(arith::CmpIPredicate::uge, x, key[2]);
}

Lowered lowerDropout(OpBuilder &builder, moe::DropoutOp op,
                     moe::DropoutOp::Adaptor adaptor) {
  ArrayRef<int64_t> shape = shapeOf(op.getResult());
  MLIRContext *context = builder.getContext();
  SmallVector<int64_t> dims = elementSpace(shape);
  size_t leading = op.getLeading();
  if (failed(checkCount(op, ArrayRef(dims).take_front(leading))))
    return failure();
  KernelSpec spec(op.getLoc(), dims);
  SmallVector<AffineExpr> point = identity(context, shape.size());
  spec.input(adaptor.getInput(), point);
  for (int64_t word = 0; word < 4; ++word)
    spec.input(adaptor.getKey(), {getAffineConstantExpr(word, context)});
  spec.result(builder, shape, point);
  auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value number = elementNumber(s, context, dims, leading);
    Value scale = s.op<arith::BitcastOp>(builder.getF32Type(), args[4]);
    return {s.select(isKept(s, number, args.drop_front()),
                     s.mul(args[0], scale), s.constant(0.0))};
  };
  return SmallVector<Value>(spec.map(builder, body));
}

} // namespace

void fusion::addRandomLowerings(LoweringPatterns &patterns) {
  patterns.add<moe::RandomNormalOp>(lowerRandomNormal);
  patterns.add<moe::DropoutKeyOp>(lowerDropoutKey);
  patterns.add<moe::DropoutOp>(lowerDropout);
  patterns.add<moe::RandomBitsOp>(lowerRandomBits);
}
