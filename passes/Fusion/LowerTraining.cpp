//===- LowerTraining.cpp - Gradient clipping ------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Fusion/LowerToKernel.h"
#include <limits>

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;
using kernel::Combiner;

namespace {

/// By this the gradients are divided in a second sum of squares, which f32 can
/// hold whatever they are: 2^128 becomes 2^96.
constexpr double shrink = 0x1p-80;

/// Sums of squares: of the values, and of the values times `shrink`.
struct SquareSums {
  Value plain, shrunk;
};

/// Those of `rows` x `columns` values from `start` on, one of each a row.
SquareSums squareSums(OpBuilder &builder, Location loc, Value grads,
                      int64_t start, int64_t rows, int64_t columns) {
  KernelSpec spec(loc, {rows, columns});
  spec.input(grads, spec.dim(0) * columns + spec.dim(1) + start);
  spec.result(builder, rows, spec.dim(0));
  spec.result(builder, rows, spec.dim(0));
  auto squares = [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value small = s.mul(args[0], shrink);
    return {s.mul(args[0], args[0]), s.mul(small, small)};
  };
  ValueRange sums = spec.rows(builder, {{Combiner::Add, squares}},
                              [](ScalarBuilder &, ValueRange args) {
                                return SmallVector<Value>{args[1], args[2]};
                              });
  return {sums[0], sums[1]};
}

using Finish =
    llvm::function_ref<SmallVector<Value>(ScalarBuilder &, Value, Value)>;

/// Two scalars, `finish` of both sums over `grads`: rows of 4096, what is left,
/// then one row over both, so that the order of a sum depends on the number of
/// elements alone.
SmallVector<Value> sumSquares(OpBuilder &builder, Location loc, Value grads,
                              Finish finish) {
  int64_t elements = cast<RankedTensorType>(grads.getType()).getNumElements();
  Value flat = reshape(builder, loc, grads, {elements});
  int64_t rows = elements / sumChunk, rest = elements % sumChunk;
  SquareSums sums, last;
  if (rows > 0)
    sums = squareSums(builder, loc, flat, 0, rows, sumChunk);
  if (rest > 0)
    last = squareSums(builder, loc, flat, rows * sumChunk, 1, rest);
  if (!sums.plain) {
    std::swap(sums, last);
    rows = 1;
  }
  KernelSpec spec(loc, {1, rows});
  spec.input(sums.plain, spec.dim(1));
  spec.input(sums.shrunk, spec.dim(1));
  bool both = static_cast<bool>(last.plain);
  if (both) {
    spec.input(last.plain, spec.dim(0));
    spec.input(last.shrunk, spec.dim(0));
  }
  spec.result(builder, {}, {});
  spec.result(builder, {}, {});
  Phase sum{Combiner::Add, [](ScalarBuilder &, ValueRange args) {
              return SmallVector<Value>{args[0], args[1]};
            }};
  return SmallVector<Value>(
      spec.rows(builder, {sum},
                [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                  Value plain = args[args.size() - 2], shrunk = args.back();
                  if (both) {
                    plain = s.add(plain, args[2]);
                    shrunk = s.add(shrunk, args[3]);
                  }
                  return finish(s, plain, shrunk);
                }));
}

Lowered lowerClipScale(OpBuilder &builder, moe::ClipScaleOp op,
                       moe::ClipScaleOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  double maxNorm = op.getMaxNorm().convertToDouble();
  auto scaleAndNorm = [=](ScalarBuilder &s, Value plain,
                          Value shrunk) -> SmallVector<Value> {
    // Where the squares are too large, those of the smaller values are exact
    // enough; a gradient that is not finite makes both so.
    constexpr double most = std::numeric_limits<float>::max();
    Value fits = s.compare(arith::CmpFPredicate::OLE, plain, s.constant(most));
    Value norm = s.select(fits, s.op<math::SqrtOp>(plain),
                          s.mul(s.op<math::SqrtOp>(shrunk), 1.0 / shrink));
    if (maxNorm == 0.0)
      return {s.constant(1.0), norm};
    Value scale = s.div(s.constant(maxNorm), s.add(norm, s.constant(1e-6)));
    return {s.op<arith::MinimumFOp>(scale, s.constant(1.0)), norm};
  };
  ValueRange grads = adaptor.getGrads();
  if (grads.size() == 1)
    return sumSquares(builder, loc, grads[0], scaleAndNorm);

  KernelSpec spec(loc, {1});
  for (Value gradient : grads)
    for (Value sum : sumSquares(builder, loc, gradient,
                                [](ScalarBuilder &, Value plain, Value shrunk) {
                                  return SmallVector<Value>{plain, shrunk};
                                }))
      spec.input(sum, {});
  spec.result(builder, {}, {});
  spec.result(builder, {}, {});
  return SmallVector<Value>(spec.map(
      builder, [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        Value plain = args[0], shrunk = args[1];
        for (unsigned i = 1; i < grads.size(); ++i) {
          plain = s.add(plain, args[2 * i]);
          shrunk = s.add(shrunk, args[2 * i + 1]);
        }
        return scaleAndNorm(s, plain, shrunk);
      }));
}

} // namespace

void fusion::addTrainingLowerings(LoweringPatterns &patterns) {
  patterns.add<moe::ClipScaleOp>(lowerClipScale);
}
