//===- LowerUpdate.cpp - Optimizers ---------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The update of a parameter is one kernel.map, which overwrites it and its
// moments. Where it needs sums over the parameter, the moments are first, then
// come the sums, then the parameter. What is computed the optimizer says itself
// (OptimizerOpInterface).
//
//===----------------------------------------------------------------------===//

#include "passes/Fusion/LowerToKernel.h"
#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;
using kernel::Combiner;
using moe::Number;

namespace {

/// Writes the arithmetic of an optimizer into a region.
class KernelMath : public moe::UpdateMath {
public:
  explicit KernelMath(ScalarBuilder &s) : s(s) {}
  Number constant(double value) override { return {s.constant(value)}; }
  Number add(Number x, Number y) override { return {s.add(x.value, y.value)}; }
  Number sub(Number x, Number y) override { return {s.sub(x.value, y.value)}; }
  Number mul(Number x, Number y) override { return {s.mul(x.value, y.value)}; }
  Number div(Number x, Number y) override { return {s.div(x.value, y.value)}; }
  Number fma(Number x, Number y, Number z) override {
    return {s.fma(x.value, y.value, z.value)};
  }
  Number sqrt(Number x) override { return {s.op<math::SqrtOp>(x.value)}; }
  /// -expm1(step * ln(base)).
  Number oneMinusPower(double base, Number step) override {
    Value power = s.mul(step.value, std::log(base));
    return {s.neg(s.op<math::ExpM1Op>(power))};
  }
  Number ifPositive(Number x, Number yes, Number no) override {
    Value positive =
        s.compare(arith::CmpFPredicate::OGT, x.value, s.constant(0.0));
    return {s.select(positive, yes.value, no.value)};
  }
  using UpdateMath::mul;

private:
  ScalarBuilder &s;
};

/// The update of one parameter.
class UpdateLowering {
public:
  /// `values`: the parameter, its gradient, its moments.
  UpdateLowering(OpBuilder &builder, moe::OptimizerOpInterface op,
                 unsigned index, ArrayRef<Value> values, ValueRange scalars)
      : builder(builder), op(op), loc(op.getLoc()), param(values[0]),
        grad(values[1]), moments(values.drop_front(2)), scalars(scalars),
        shape(shapeOf(param)), slices(op.getNumSlices(index)),
        point(identity(builder.getContext(), shape.size())) {}

  /// The new parameter, then the new moments; all overwrite the old ones.
  SmallVector<Value> run() {
    if (op.getNumSums() == 0)
      return inOneKernel();
    updateMoments();
    SmallVector<Value> results = {updateParam(buildSums())};
    results.append(moments);
    return results;
  }

private:
  /// Reads an element of the parameter, of the gradient if asked for, and of
  /// the moments where `at` says, then the scalars.
  void read(KernelSpec &spec, ArrayRef<AffineExpr> at, bool withGrad,
            function_ref<Value(Value)> seen) {
    spec.input(seen(param), at);
    if (withGrad)
      spec.input(seen(grad), at);
    for (Value moment : moments)
      spec.input(seen(moment), at);
    for (Value scalar : scalars)
      spec.input(scalar, {});
  }
  static Value asIs(Value value) { return value; }

  /// What `read` has given a region.
  moe::UpdateElement element(ScalarBuilder &s, ValueRange args, bool withGrad) {
    moe::UpdateElement e;
    e.param = {args.front()};
    if (withGrad)
      e.grad = {args[1]};
    args = args.drop_front(withGrad ? 2 : 1);
    for (Value moment : args.take_front(moments.size()))
      e.moments.push_back({moment});
    for (Value scalar : args.slice(moments.size(), scalars.size()))
      e.scalars.push_back(
          {scalar.getType().isF32() ? scalar : s.toFloat(scalar)});
    return e;
  }
  size_t numRead(bool withGrad) {
    return 1 + withGrad + moments.size() + scalars.size();
  }
  static SmallVector<Value> valuesOf(ArrayRef<Number> numbers) {
    return llvm::map_to_vector(numbers, [](Number n) { return n.value; });
  }

  /// Nothing has to be known of other elements.
  SmallVector<Value> inOneKernel() {
    KernelSpec spec(loc, elementSpace(shape));
    read(spec, point, true, asIs);
    spec.resultInto(param, point);
    for (Value moment : moments)
      spec.resultInto(moment, point);
    auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
      KernelMath math(s);
      moe::UpdateElement e = element(s, args, true);
      SmallVector<Number> updated = op.newMoments(math, e);
      e.oldMoments = std::move(e.moments);
      e.moments.assign(updated.begin(), updated.end());
      SmallVector<Value> results = {op.newParam(math, e, {}).value};
      results.append(valuesOf(updated));
      return results;
    };
    return SmallVector<Value>(spec.map(builder, body));
  }

  void updateMoments() {
    KernelSpec spec(loc, elementSpace(shape));
    read(spec, point, true, asIs);
    for (Value moment : moments)
      spec.resultInto(moment, point);
    auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
      KernelMath math(s);
      return valuesOf(op.newMoments(math, element(s, args, true)));
    };
    ValueRange updated = spec.map(builder, body);
    moments.assign(updated.begin(), updated.end());
  }

  /// Sums over `rows` x `columns` elements of each slice from `start` on, one
  /// of each row: [slices, rows].
  SmallVector<Value> rowSums(int64_t each, int64_t start, int64_t rows,
                             int64_t columns) {
    KernelSpec spec(loc, {slices, rows, columns});
    AffineExpr at =
        spec.dim(0) * each + spec.dim(1) * columns + spec.dim(2) + start;
    read(spec, at, false, [&](Value value) {
      return reshape(builder, loc, value, {slices * each});
    });
    for (unsigned i = 0; i < op.getNumSums(); ++i)
      spec.result(builder, {slices, rows}, {spec.dim(0), spec.dim(1)});
    auto terms = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
      KernelMath math(s);
      return valuesOf(op.terms(math, element(s, args, false)));
    };
    size_t first = numRead(false);
    return SmallVector<Value>(spec.rows(builder, {{Combiner::Add, terms}},
                                        [=](ScalarBuilder &, ValueRange args) {
                                          return SmallVector<Value>(
                                              args.drop_front(first));
                                        }));
  }

  /// Sums over each slice, [slices]: rows of 4096 elements, what is left, then
  /// over both, so that their order depends on the size alone.
  SmallVector<Value> buildSums() {
    unsigned count = op.getNumSums();
    int64_t each = llvm::product_of(shape) / slices;
    int64_t rows = each / sumChunk, rest = each % sumChunk;
    SmallVector<Value> full, last;
    if (rows > 0)
      full = rowSums(each, 0, rows, sumChunk);
    if (rest > 0)
      last = rowSums(each, rows * sumChunk, 1, rest);
    if (full.empty()) {
      std::swap(full, last);
      rows = 1;
    }
    KernelSpec spec(loc, {slices, rows});
    for (Value sum : full)
      spec.input(sum, {spec.dim(0), spec.dim(1)});
    for (Value sum : last)
      spec.input(sum, {spec.dim(0), builder.getAffineConstantExpr(0)});
    for (unsigned i = 0; i < count; ++i)
      spec.result(builder, {slices}, spec.dim(0));
    auto sums = [=](ScalarBuilder &, ValueRange args) -> SmallVector<Value> {
      return SmallVector<Value>(args.take_front(count));
    };
    bool both = !last.empty();
    return SmallVector<Value>(
        spec.rows(builder, {{Combiner::Add, sums}},
                  [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                    SmallVector<Value> totals(args.take_back(count));
                    for (unsigned i = 0; both && i < count; ++i)
                      totals[i] = s.add(totals[i], args[count + i]);
                    return totals;
                  }));
  }

  Value updateParam(ArrayRef<Value> sums) {
    KernelSpec spec(loc, elementSpace(shape));
    read(spec, point, false, asIs);
    AffineExpr slice =
        slices > 1 ? point.front() : builder.getAffineConstantExpr(0);
    for (Value sum : sums)
      spec.input(sum, slice);
    spec.resultInto(param, point);
    size_t first = numRead(false);
    auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
      KernelMath math(s);
      SmallVector<Number> totals;
      for (Value sum : args.drop_front(first))
        totals.push_back({sum});
      return {op.newParam(math, element(s, args, false), totals).value};
    };
    return spec.map(builder, body)[0];
  }

  OpBuilder &builder;
  moe::OptimizerOpInterface op;
  Location loc;
  Value param, grad;
  SmallVector<Value> moments;
  ValueRange scalars;
  ArrayRef<int64_t> shape;
  int64_t slices;
  SmallVector<AffineExpr> point;
};

/// Results are in the order of the op: first all of the first kind.
struct LowerUpdate : OpInterfaceConversionPattern<moe::OptimizerOpInterface> {
  using OpInterfaceConversionPattern::OpInterfaceConversionPattern;

  LogicalResult
  matchAndRewrite(moe::OptimizerOpInterface op, ArrayRef<Value> operands,
                  ConversionPatternRewriter &rewriter) const override {
    size_t count = op.getNumParams(), lists = 2 + op.getNumMoments();
    SmallVector<Value> results(op->getNumResults());
    for (size_t i = 0; i < count; ++i) {
      SmallVector<Value> values;
      for (size_t list = 0; list < lists; ++list)
        values.push_back(operands[list * count + i]);
      UpdateLowering lowering(rewriter, op, i, values,
                              operands.drop_front(lists * count));
      for (auto [kind, value] : llvm::enumerate(lowering.run()))
        results[kind * count + i] = value;
    }
    rewriter.replaceOp(op, results);
    return success();
  }
};

} // namespace

void fusion::addUpdateLowerings(LoweringPatterns &patterns) {
  patterns.patterns.add<LowerUpdate>(patterns.types,
                                     patterns.patterns.getContext());
}
