//===- DecomposeAttention.cpp - Attention as contractions and a softmax ---===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Before:
//   %y, %w = moe.attention %q, %k, %v : ..
//
// After:
//   %s = moe.einsum %q, %k "bsgd,btgd->bgst" : ..
//   %c = moe.scale %s by 0.125 : ..
//   %w = moe.softmax %c axes [3] : ..
//   %y = moe.einsum %w, %v "bgst,btge->bsge" : ..
//
// The gradient likewise: what softmax and contractions have as theirs. With
// fewer heads of the key, those of the query are two axes, g and r, so that
// keys and values are read by all heads of their group and never copied, and
// their gradients are sums over r inside of a contraction.
//
// Test: test/passes/Fusion/decompose-attention.mlir
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Fusion/AttentionNorm.h"
#include "passes/Fusion/Passes.h"

namespace moec::fusion {
#define GEN_PASS_DEF_DECOMPOSEATTENTIONPASS
#include "passes/Fusion/Passes.h.inc"
} // namespace moec::fusion

using namespace mlir;
using namespace moec;

namespace {

ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

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
  Value splitScores(Value value) { return reshape(value, perScore(grouped)); }
  Value joinQuery(Value value) {
    return reshape(value, perQuery(shapeOf(value).back(), false));
  }
  Value joinScores(Value value) { return reshape(value, perScore(false)); }

  /// An einsum whose equation has an r for the heads of a group.
  Value einsum(Value lhs, Value rhs, StringRef equation,
               ArrayRef<int64_t> shape) {
    std::string letters = equation.str();
    if (!grouped)
      llvm::erase(letters, 'r');
    return moe::EinsumOp::create(b, loc, type(shape), lhs, rhs,
                                 b.getStringAttr(letters));
  }

  Value query() { return splitQuery(fusion::queryForScores(b, op)); }
  Value key() { return fusion::keyForScores(b, op); }
  Value scaled(Value scores) {
    return moe::ScaleOp::create(b, loc, scores.getType(), scores,
                                b.getF64FloatAttr(op.getScoreScale()));
  }
  SmallVector<int64_t> lastAxis() { return {grouped ? 4 : 3}; }
};

void decompose(moe::AttentionOp op) {
  Decomposer d(op);
  Value scores =
      d.einsum(d.query(), d.key(), "bsgrd,btgd->bgrst", d.perScore(d.grouped));
  scores = d.scaled(scores);
  Value weights = moe::SoftmaxOp::create(d.b, d.loc, scores.getType(), scores,
                                         d.lastAxis());
  Value result = d.einsum(weights, op.getValue(), "bgrst,btge->bsgre",
                          d.perQuery(d.width, d.grouped));
  op.getResult().replaceAllUsesWith(d.joinQuery(result));
  if (!op.getWeights().use_empty())
    op.getWeights().replaceAllUsesWith(d.joinScores(weights));
  op.erase();
}

/// Replaces the gradients of `input`, of its scale and of its bias, given that
/// of what the norm makes of it.
void replaceThroughNorm(Decomposer<moe::AttentionGradOp> &d, Value input,
                        Value scale, Value outGrad, Value inputGrad,
                        Value scaleGrad, Value biasGrad) {
  if (!scale)
    return inputGrad.replaceAllUsesWith(outGrad);
  auto grad = moe::LayerNormGradOp::create(
      d.b, d.loc, input.getType(), scale.getType(), scale.getType(), input,
      scale, outGrad, d.op.getEpsAttr());
  inputGrad.replaceAllUsesWith(grad.getInputGrad());
  scaleGrad.replaceAllUsesWith(grad.getScaleGrad());
  if (biasGrad)
    biasGrad.replaceAllUsesWith(grad.getBiasGrad());
}

void decompose(moe::AttentionGradOp op) {
  Decomposer d(op);
  Value weights = d.splitScores(op.getWeights());
  Value outGrad = d.splitQuery(op.getOutGrad());
  Value scores = d.einsum(outGrad, op.getValue(), "bsgre,btge->bgrst",
                          d.perScore(d.grouped));
  Value valueGrad =
      d.einsum(outGrad, weights, "bsgre,bgrst->btge", shapeOf(op.getValue()));
  if (Value own = op.getWeightsGrad())
    scores = moe::AddOp::create(d.b, d.loc, scores.getType(), scores,
                                d.splitScores(own));
  scores = moe::SoftmaxGradOp::create(d.b, d.loc, scores.getType(), weights,
                                      scores, d.lastAxis());
  scores = d.scaled(scores);
  Value queryGrad = d.einsum(scores, d.key(), "bgrst,btgd->bsgrd",
                             d.perQuery(d.dim, d.grouped));
  Value keyGrad =
      d.einsum(scores, d.query(), "bgrst,bsgrd->btgd", shapeOf(op.getKey()));

  auto part = [&](size_t i) {
    return i < op.getNormGrads().size() ? op.getNormGrads()[i] : Value();
  };
  replaceThroughNorm(d, op.getQuery(), op.getQueryScale(),
                     d.joinQuery(queryGrad), op.getQueryGrad(), part(0),
                     part(2));
  replaceThroughNorm(d, op.getKey(), op.getKeyScale(), keyGrad, op.getKeyGrad(),
                     part(1), part(3));
  op.getValueGrad().replaceAllUsesWith(valueGrad);
  op.erase();
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
