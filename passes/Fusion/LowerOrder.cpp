//===- LowerOrder.cpp - Orders of tokens, and tokens in an order ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Nothing is sorted and nothing scattered. How many elements of its row come
// before an element is its place, and what stands at a place is the element
// with that rank: two reductions, whose sums are counts that f32 holds exactly.
// Tokens are gathered both ways, by flat row numbers [images * tokens], of
// which a negative one reads zeros.
//
//===----------------------------------------------------------------------===//

#include "passes/Fusion/LowerToKernel.h"

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;

namespace {

/// One i32 a row of [rows.., extent] points: `finish` of what is reduced.
Value reduceToI32(OpBuilder &builder, KernelSpec &spec, ArrayRef<int64_t> shape,
                  kernel::Combiner combiner, const Body &element,
                  const Body &finish) {
  spec.result(builder, shape, identity(builder.getContext(), shape.size()),
              builder.getI32Type());
  return spec.rows(builder, {{combiner, element}}, finish)[0];
}

/// [rows, n]: how many elements of the row come before each.
Value lowerRanks(OpBuilder &builder, Location loc, Value keys) {
  int64_t rows = shapeOf(keys)[0], n = shapeOf(keys)[1];
  KernelSpec spec(loc, {rows, n, n});
  AffineExpr r = spec.dim(0), i = spec.dim(1), j = spec.dim(2);
  spec.input(keys, {r, i});
  spec.input(keys, {r, j});
  return reduceToI32(
      builder, spec, {rows, n}, kernel::Combiner::Add,
      [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        using arith::CmpIPredicate;
        Value less = s.compareI32(CmpIPredicate::slt, args[1], args[0]);
        Value equal = s.compareI32(CmpIPredicate::eq, args[1], args[0]);
        Value lower = s.compareI32(CmpIPredicate::slt, s.index(2), s.index(1));
        Value before =
            s.op<arith::OrIOp>(less, s.op<arith::AndIOp>(equal, lower));
        return {s.select(before, s.constant(1.0), s.constant(0.0))};
      },
      [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        return {s.toI32(args[2])};
      });
}

Lowered lowerArgsort(OpBuilder &builder, moe::ArgsortOp op,
                     moe::ArgsortOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  ArrayRef<int64_t> shape = shapeOf(op.getResult());
  int64_t n = shape.back(), rows = llvm::product_of(shape.drop_back());
  Value keys = reshape(builder, loc, adaptor.getInput(), {rows, n});
  Value ranks = lowerRanks(builder, loc, keys);
  KernelSpec spec(loc, {rows, n, n});
  spec.input(ranks, {spec.dim(0), spec.dim(2)});
  Value order = reduceToI32(
      builder, spec, {rows, n}, kernel::Combiner::Add,
      [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        Value here =
            s.compareI32(arith::CmpIPredicate::eq, args[0], s.index(1));
        return {s.select(here, s.toFloat(s.index(2)), s.constant(0.0))};
      },
      [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        return {s.toI32(args[1])};
      });
  return SmallVector<Value>{reshape(builder, loc, order, shape)};
}

/// Row `number` of those of the current image, which has `tokens`.
Value rowNumber(ScalarBuilder &s, Value number, int64_t tokens) {
  Value first = s.op<arith::MulIOp>(s.index(0), s.constantI32(tokens));
  return s.op<arith::AddIOp>(first, number);
}

/// Reads token (b, p) of `result`, [images, tokens, channels], at row
/// rows[b, p] of `input`.
Value gatherRows(OpBuilder &builder, Location loc, Value input, Value rows,
                 Value result) {
  ArrayRef<int64_t> shape = shapeOf(result), from = shapeOf(input);
  KernelSpec spec(loc, shape);
  AffineExpr b = spec.dim(0), p = spec.dim(1), c = spec.dim(2);
  spec.input(reshape(builder, loc, input, {from[0] * from[1], from[2]}),
             {builder.getAffineConstantExpr(0), c}, /*gather=*/1);
  spec.input(rows, {b, p});
  spec.result(builder, shape, {b, p, c});
  return spec.map(builder, [](ScalarBuilder &, ValueRange args) {
    return SmallVector<Value>{args[0]};
  })[0];
}

Lowered lowerGatherTokens(OpBuilder &builder, moe::GatherTokensOp op,
                          moe::GatherTokensOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  int64_t images = shapeOf(op.getResult())[0], m = shapeOf(op.getResult())[1];
  int64_t n = shapeOf(op.getInput())[1];
  KernelSpec spec(loc, {images, m});
  AffineExpr b = spec.dim(0), p = spec.dim(1);
  spec.input(adaptor.getOrder(), {b, p + int64_t(op.getBegin())});
  spec.result(builder, {images, m}, {b, p}, builder.getI32Type());
  Value rows = spec.map(
      builder, [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        Value good =
            s.compareI32(arith::CmpIPredicate::ult, args[0], s.constantI32(n));
        return {s.select(good, rowNumber(s, args[0], n), s.constantI32(-1))};
      })[0];
  return SmallVector<Value>{
      gatherRows(builder, loc, adaptor.getInput(), rows, op.getResult())};
}

Lowered lowerScatterTokens(OpBuilder &builder, moe::ScatterTokensOp op,
                           moe::ScatterTokensOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  int64_t images = shapeOf(op.getResult())[0], n = shapeOf(op.getResult())[1];
  int64_t m = shapeOf(op.getInput())[1];
  KernelSpec spec(loc, {images, n, m});
  spec.input(adaptor.getOrder(),
             {spec.dim(0), spec.dim(2) + int64_t(op.getBegin())});
  Value rows = reduceToI32(
      builder, spec, {images, n}, kernel::Combiner::Max,
      [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        Value here =
            s.compareI32(arith::CmpIPredicate::eq, args[0], s.index(1));
        return {s.select(here, s.toFloat(s.index(2)), s.constant(-1.0))};
      },
      [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        Value from = s.toI32(args[1]), none = s.constantI32(-1);
        Value found = s.compareI32(arith::CmpIPredicate::ne, from, none);
        return {s.select(found, rowNumber(s, from, m), none)};
      });
  return SmallVector<Value>{
      gatherRows(builder, loc, adaptor.getInput(), rows, op.getResult())};
}

} // namespace

void fusion::addOrderLowerings(LoweringPatterns &patterns) {
  patterns.add<moe::ArgsortOp>(lowerArgsort);
  patterns.add<moe::GatherTokensOp>(lowerGatherTokens);
  patterns.add<moe::ScatterTokensOp>(lowerScatterTokens);
}
