//===- MoEOps.cpp - Verifiers and folds of moe ops
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"

using namespace mlir;
using namespace moec::moe;

#define GET_OP_CLASSES
#include "dialects/MoE/MoEOps.cpp.inc"

LogicalResult RepeatOp::verify() { return success(); }
LogicalResult ReshapeOp::verify() { return success(); }
LogicalResult TransposeOp::verify() { return success(); }
LogicalResult BroadcastOp::verify() { return success(); }
LogicalResult ReduceOp::verify() { return success(); }
LogicalResult PatchifyOp::verify() { return success(); }
LogicalResult LinearOp::verify() { return success(); }
LogicalResult EinsumOp::verify() { return success(); }
LogicalResult LayerNormOp::verify() { return success(); }
LogicalResult LayerNormGradOp::verify() { return success(); }
LogicalResult L2NormalizeOp::verify() { return success(); }
LogicalResult L2NormalizeGradOp::verify() { return success(); }
LogicalResult SoftmaxOp::verify() { return success(); }
LogicalResult SoftmaxGradOp::verify() { return success(); }
LogicalResult TopKRouteOp::verify() { return success(); }
LogicalResult TopKRouteGradOp::verify() { return success(); }
LogicalResult DispatchOp::verify() { return success(); }
LogicalResult CombineOp::verify() { return success(); }
LogicalResult CombineWeightGradOp::verify() { return success(); }
LogicalResult ExpertLinearOp::verify() { return success(); }
LogicalResult ExpertLinearGradOp::verify() { return success(); }
LogicalResult SoftmaxCrossEntropyOp::verify() { return success(); }
LogicalResult SoftmaxCrossEntropyGradOp::verify() { return success(); }
LogicalResult AccuracyOp::verify() { return success(); }
LogicalResult CvSquaredOp::verify() { return success(); }
LogicalResult CvSquaredGradOp::verify() { return success(); }
LogicalResult LoadProbabilityOp::verify() { return success(); }
LogicalResult LoadProbabilityGradOp::verify() { return success(); }
LogicalResult ClipScaleOp::verify() { return success(); }
OpFoldResult ReshapeOp::fold(FoldAdaptor) { return {}; }
OpFoldResult TransposeOp::fold(FoldAdaptor) { return {}; }
OpFoldResult BroadcastOp::fold(FoldAdaptor) { return {}; }
OpFoldResult ReduceOp::fold(FoldAdaptor) { return {}; }
OpFoldResult AddOp::fold(FoldAdaptor) { return {}; }
OpFoldResult ScaleOp::fold(FoldAdaptor) { return {}; }
void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &,
                                            MLIRContext *) {}
void ScaleOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
