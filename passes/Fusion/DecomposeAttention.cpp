//===- DecomposeAttention.cpp - Attention as contractions and a softmax ---===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Before:
//   %y, %l = moe.attention %q, %k, %v : ..
//
// After, if nobody reads %l:
//   %s = moe.einsum %q, %k "bsgd,btgd->bgst" : ..
//   %c = moe.scale %s by 0.125 : ..
//   %w = moe.softmax %c axes [3] : ..
//   %y = moe.einsum %w, %v "bgst,btge->bsge" : ..
// else %l is a kernel.rows over %c, and %w a kernel.map, exp(%c - %l).
//
// The gradient computes %s, %c and %w again, the latter in the same way, which
// joins the epilogue of %s: what is multiplied once more is not kept from the
// forward pass. Then come the four products of its equations. With fewer heads
// of the key, those of the query are two axes, g and r, so that keys and values
// are read by all heads of their group and never copied, and their gradients
// are sums over r inside of a contraction.
//
// Test: test/passes/Fusion/decompose-attention.mlir
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelBuilder.h"
#include "dialects/MoE/MoEOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Fusion/AttentionParts.h"
#include "passes/Fusion/LowerToKernel.h"
#include "passes/Fusion/Passes.h"

namespace moec::fusion {
#define GEN_PASS_DEF_DECOMPOSEATTENTIONPASS
#include "passes/Fusion/Passes.h.inc"
} // namespace moec::fusion

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using kernel::ScalarBuilder;

namespace {

/// Writes the parts of one attention op ahead of it. Letters: b image, s query,
/// t key, g group, r head of the group, d and e channels.
template <typename OpT> class Decomposer {
public:
  explicit Decomposer(OpT op) : op(op), b(op), loc(op.getLoc()) {
    ArrayRef<int64_t> query = shapeOf(op.getQuery());
    ArrayRef<int64_t> key = shapeOf(op.getKey());
    batch = query[0], rows = query[1], heads = query[2], dim = query[3];
    columns = key[1], groups = key[2], width = shapeOf(op.getValue())[3];
    grouped = heads != groups;
    repeats = heads / groups;
  }

  OpT op;
  OpBuilder b;
  Location loc;
  int64_t batch, rows, columns, heads, groups, repeats, dim, width;
  bool grouped;

  RankedTensorType type(ArrayRef<int64_t> shape) {
    return cast<RankedTensorType>(op.getQuery().getType()).clone(shape);
  }
  Value reshape(Value value, ArrayRef<int64_t> shape) {
    if (shapeOf(value) == shape)
      return value;
    return moe::ReshapeOp::create(b, loc, type(shape), value);
  }
  // The same with heads as one axis, and as groups with their heads.
  SmallVector<int64_t> perQuery(int64_t channels, bool split) {
    return split ? SmallVector<int64_t>{batch, rows, groups, repeats, channels}
                 : SmallVector<int64_t>{batch, rows, heads, channels};
  }
  SmallVector<int64_t> perScore(bool split) {
    return split ? SmallVector<int64_t>{batch, groups, repeats, rows, columns}
                 : SmallVector<int64_t>{batch, heads, rows, columns};
  }
  Value splitQuery(Value value) {
    return reshape(value, perQuery(shapeOf(value).back(), grouped));
  }
  Value joinQuery(Value value) {
    return reshape(value, perQuery(shapeOf(value).back(), false));
  }

  /// An einsum whose equation has an r for the heads of a group.
  Value einsum(Value lhs, Value rhs, StringRef equation,
               ArrayRef<int64_t> shape) {
    std::string letters = equation.str();
    if (!grouped)
      llvm::erase(letters, 'r');
    return moe::EinsumOp::create(b, loc, type(shape), lhs, rhs,
                                 b.getStringAttr(letters));
  }

  Value query() { return splitQuery(queryForScores(b, op)); }
  Value key() { return keyForScores(b, op); }
  Value scaled(Value scores) {
    return moe::ScaleOp::create(b, loc, scores.getType(), scores,
                                b.getF64FloatAttr(op.getScoreScale()));
  }
  Value scores(Value query, Value key) {
    return scaled(einsum(query, key, "bsgrd,btgd->bgrst", perScore(grouped)));
  }
  SmallVector<int64_t> lastAxis() { return {grouped ? 4 : 3}; }

  /// The softmax of scores, given their log-sum-exp as they are laid out.
  Value weights(Value scores, Value logSumExp) {
    ArrayRef<int64_t> shape = shapeOf(scores);
    kernel::KernelSpec spec(loc, shape);
    SmallVector<AffineExpr> point =
        kernel::identity(b.getContext(), shape.size());
    spec.input(scores, point);
    spec.input(logSumExp, ArrayRef(point).drop_back());
    spec.result(b, shape, point);
    return spec.map(b, [](ScalarBuilder &s, ValueRange args) {
      return SmallVector<Value>{s.op<math::ExpOp>(s.sub(args[0], args[1]))};
    })[0];
  }
};

/// log(sum(exp(..))) of the rows along the last axis.
Value logSumExp(OpBuilder &b, Location loc, Value scores) {
  ArrayRef<int64_t> shape = shapeOf(scores);
  kernel::RowSpace space =
      kernel::rowsOver(b.getContext(), shape, int64_t(shape.size()) - 1);
  kernel::KernelSpec spec(loc, space.dims);
  spec.input(scores, space.element);
  spec.result(b, space.shape, space.row);
  kernel::Phase largest{kernel::Combiner::Max,
                        [](ScalarBuilder &, ValueRange args) {
                          return SmallVector<Value>{args[0]};
                        }};
  kernel::Phase total{
      kernel::Combiner::Add, [](ScalarBuilder &s, ValueRange args) {
        return SmallVector<Value>{s.op<math::ExpOp>(s.sub(args[0], args[1]))};
      }};
  return spec.rows(b, {largest, total}, [](ScalarBuilder &s, ValueRange args) {
    return SmallVector<Value>{s.add(args[1], s.op<math::LogOp>(args[2]))};
  })[0];
}

void decompose(moe::AttentionOp op) {
  Decomposer d(op);
  Value scores = d.scores(d.query(), d.key()), weights;
  if (op.getLogSumExp().use_empty()) {
    weights = moe::SoftmaxOp::create(d.b, d.loc, scores.getType(), scores,
                                     d.lastAxis());
  } else {
    Value statistic = logSumExp(d.b, d.loc, scores);
    weights = d.weights(scores, statistic);
    op.getLogSumExp().replaceAllUsesWith(
        d.reshape(statistic, shapeOf(op.getLogSumExp())));
  }
  Value result = d.einsum(weights, op.getValue(), "bgrst,btge->bsgre",
                          d.perQuery(d.width, d.grouped));
  op.getResult().replaceAllUsesWith(d.joinQuery(result));
  op.erase();
}

void decompose(moe::AttentionGradOp op) {
  Decomposer d(op);
  Value query = d.query(), key = d.key();
  SmallVector<int64_t> perScore = d.perScore(d.grouped);
  SmallVector<int64_t> perRow(ArrayRef(perScore).drop_back());
  Value weights =
      d.weights(d.scores(query, key), d.reshape(op.getLogSumExp(), perRow));
  Value outGrad = d.splitQuery(op.getOutGrad());
  Value valueGrad =
      d.einsum(outGrad, weights, "bsgre,bgrst->btge", shapeOf(op.getValue()));

  Value delta = moe::BroadcastOp::create(d.b, d.loc, d.type(perScore),
                                         d.reshape(deltaOf(d.b, op), perRow),
                                         d.lastAxis());
  Value scores =
      d.einsum(outGrad, op.getValue(), "bsgre,btge->bgrst", perScore);
  scores = moe::SubOp::create(d.b, d.loc, scores.getType(), scores, delta);
  scores = d.scaled(
      moe::MulOp::create(d.b, d.loc, scores.getType(), weights, scores));
  Value queryGrad =
      d.einsum(scores, key, "bgrst,btgd->bsgrd", d.perQuery(d.dim, d.grouped));
  Value keyGrad =
      d.einsum(scores, query, "bgrst,bsgrd->btgd", shapeOf(op.getKey()));
  replaceGradients(d.b, op, d.joinQuery(queryGrad), keyGrad, valueGrad);
}

struct DecomposeAttentionPass
    : fusion::impl::DecomposeAttentionPassBase<DecomposeAttentionPass> {
  void runOnOperation() override {
    getOperation().walk([](Operation *op) {
      if (auto attention = dyn_cast<moe::AttentionOp>(op))
        decompose(attention);
      else if (auto gradient = dyn_cast<moe::AttentionGradOp>(op))
        decompose(gradient);
    });
  }
};

} // namespace
