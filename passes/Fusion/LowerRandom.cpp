//===- LowerRandom.cpp - Counter-based normal random numbers --------------===//
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

/// Row-major number of the element at the current point.
Value elementNumber(ScalarBuilder &s, ArrayRef<int64_t> dims) {
  Value number;
  int64_t stride = 1;
  for (unsigned i = dims.size(); i-- > 0; stride *= dims[i]) {
    if (dims[i] == 1)
      continue;
    Value part = s.index(i);
    if (stride != 1)
      part = s.op<arith::MulIOp>(part, s.constantI32(stride));
    number = number ? s.op<arith::AddIOp>(number, part) : part;
  }
  return number ? number : s.constantI32(0);
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

Lowered lowerRandomNormal(OpBuilder &builder, moe::RandomNormalOp op,
                          moe::RandomNormalOp::Adaptor adaptor) {
  ArrayRef<int64_t> shape = shapeOf(op.getResult());
  SmallVector<int64_t> dims = elementSpace(shape);
  if (llvm::product_of(dims) > int64_t(1) << 32)
    return op.emitOpError("makes more than 2^32 numbers, which its 32-bit "
                          "element counter cannot tell apart; split it");
  uint64_t stream = op.getStream();
  double std = op.getStd().convertToDouble();
  Type f32 = builder.getF32Type();
  KernelSpec spec(op.getLoc(), dims);
  spec.input(adaptor.getSeed(), {});
  spec.input(adaptor.getStep(), {});
  spec.result(builder, shape, identity(builder.getContext(), shape.size()));
  auto body = [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value zero = s.constantI32(0), one = s.constantI32(1);
    Value number = elementNumber(s, dims);
    Value block = s.op<arith::ShRUIOp>(number, one);
    Value odd = s.op<arith::AndIOp>(number, one);
    auto [w0, w1] = philox(s, {block, args[1], zero, zero},
                           {args[0], s.constantI32(stream)});
    return {boxMuller(s, w0, w1, odd, std, f32)};
  };
  return SmallVector<Value>(spec.map(builder, body));
}

} // namespace

void fusion::addRandomLowerings(LoweringPatterns &patterns) {
  patterns.add<moe::RandomNormalOp>(lowerRandomNormal);
}
