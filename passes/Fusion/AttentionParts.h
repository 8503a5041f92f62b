//===- AttentionParts.h - What surrounds the scores of attention -*- C++
//-*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The same whether scores are in a kernel or stored.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_FUSION_ATTENTIONPARTS_H
#define MOEC_PASSES_FUSION_ATTENTIONPARTS_H

#include "dialects/MoE/MoEOps.h"

namespace moec::fusion {

/// `input`, or its layer normalisation with `scale` and `bias`, where they are
/// not null, as attention with norms asks for it.
template <typename OpT>
mlir::Value normalizeForScores(mlir::OpBuilder &b, OpT op, mlir::Value input,
                               mlir::Value scale, mlir::Value bias) {
  if (!scale)
    return input;
  if (!bias)
    bias = moe::FillOp::create(b, op.getLoc(), scale.getType(),
                               b.getF64FloatAttr(0.0));
  return moe::LayerNormOp::create(b, op.getLoc(), input.getType(), input, scale,
                                  bias, op.getEpsAttr());
}

/// Query and key of an attention op, or of its gradient, as scores are computed
/// from them.
template <typename OpT> mlir::Value queryForScores(mlir::OpBuilder &b, OpT op) {
  return normalizeForScores(b, op, op.getQuery(), op.getQueryScale(),
                            op.getQueryBias());
}
template <typename OpT> mlir::Value keyForScores(mlir::OpBuilder &b, OpT op) {
  return normalizeForScores(b, op, op.getKey(), op.getKeyScale(),
                            op.getKeyBias());
}

/// delta of `moe.attention_grad`, laid out as the log-sum-exp.
inline mlir::Value deltaOf(mlir::OpBuilder &b, moe::AttentionGradOp op) {
  mlir::Location loc = op.getLoc();
  auto type = mlir::cast<mlir::RankedTensorType>(op.getOutGrad().getType());
  llvm::ArrayRef<int64_t> shape = type.getShape();
  mlir::Value products = moe::TransposeOp::create(
      b, loc, type.clone({shape[0], shape[2], shape[1], shape[3]}),
      moe::MulOp::create(b, loc, type, op.getOutGrad(), op.getResult()),
      llvm::ArrayRef<int64_t>{0, 2, 1, 3});
  mlir::Type perRow = op.getLogSumExp().getType();
  mlir::Value delta = moe::ReduceOp::create(b, loc, perRow, products,
                                            llvm::ArrayRef<int64_t>{3});
  if (mlir::Value own = op.getLogSumExpGrad())
    delta = moe::SubOp::create(b, loc, perRow, delta, own);
  return delta;
}

/// Replaces the gradients of `input`, of its scale and of its bias, given that
/// of what the norm makes of it.
inline void replaceThroughNorm(mlir::OpBuilder &b, moe::AttentionGradOp op,
                               mlir::Value input, mlir::Value scale,
                               mlir::Value outGrad, mlir::Value inputGrad,
                               mlir::Value scaleGrad, mlir::Value biasGrad) {
  if (!scale)
    return inputGrad.replaceAllUsesWith(outGrad);
  auto grad = moe::LayerNormGradOp::create(
      b, op.getLoc(), input.getType(), scale.getType(), scale.getType(), input,
      scale, outGrad, op.getEpsAttr());
  inputGrad.replaceAllUsesWith(grad.getInputGrad());
  scaleGrad.replaceAllUsesWith(grad.getScaleGrad());
  if (biasGrad)
    biasGrad.replaceAllUsesWith(grad.getBiasGrad());
}

/// Replaces the results of `op` and erases it, given the gradients of what
/// scores are computed from and of the value.
inline void replaceGradients(mlir::OpBuilder &b, moe::AttentionGradOp op,
                             mlir::Value queryGrad, mlir::Value keyGrad,
                             mlir::Value valueGrad) {
  auto part = [&](size_t i) {
    return i < op.getNormGrads().size() ? op.getNormGrads()[i] : mlir::Value();
  };
  replaceThroughNorm(b, op, op.getQuery(), op.getQueryScale(), queryGrad,
                     op.getQueryGrad(), part(0), part(2));
  replaceThroughNorm(b, op, op.getKey(), op.getKeyScale(), keyGrad,
                     op.getKeyGrad(), part(1), part(3));
  op.getValueGrad().replaceAllUsesWith(valueGrad);
  op.erase();
}

} // namespace moec::fusion

#endif // MOEC_PASSES_FUSION_ATTENTIONPARTS_H
