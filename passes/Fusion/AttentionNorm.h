//===- AttentionNorm.h - What scores are computed from ----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_FUSION_ATTENTIONNORM_H
#define MOEC_PASSES_FUSION_ATTENTIONNORM_H

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

} // namespace moec::fusion

#endif // MOEC_PASSES_FUSION_ATTENTIONNORM_H
