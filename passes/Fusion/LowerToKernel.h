//===- LowerToKernel.h - moe ops to unfused kernels -------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_FUSION_LOWERTOKERNEL_H
#define MOEC_PASSES_FUSION_LOWERTOKERNEL_H

#include "dialects/Kernel/KernelBuilder.h"
#include "dialects/MoE/MoEOps.h"
#include "mlir/Transforms/DialectConversion.h"

namespace moec::fusion {

/// What a lowering gives: one value per result of the op.
using Lowered = mlir::FailureOr<llvm::SmallVector<mlir::Value>>;

/// Lowers one kind of op; operands come from the adaptor, where plans are i32
/// tensors. Reports why before it fails.
template <typename OpT>
using LoweringFn = Lowered (*)(mlir::OpBuilder &, OpT, typename OpT::Adaptor);

/// Makes a conversion pattern of a lowering.
template <typename OpT>
class LoweringPattern : public mlir::OpConversionPattern<OpT> {
public:
  LoweringPattern(const mlir::TypeConverter &types, mlir::MLIRContext *context,
                  LoweringFn<OpT> lower)
      : mlir::OpConversionPattern<OpT>(types, context), lower(lower) {}

  mlir::LogicalResult
  matchAndRewrite(OpT op, typename OpT::Adaptor adaptor,
                  mlir::ConversionPatternRewriter &rewriter) const override {
    Lowered values = lower(rewriter, op, adaptor);
    if (mlir::failed(values))
      return mlir::failure();
    rewriter.replaceOp(op, *values);
    return mlir::success();
  }

private:
  LoweringFn<OpT> lower;
};

/// The patterns of the pass, and the types that they convert with.
struct LoweringPatterns {
  mlir::RewritePatternSet &patterns;
  const mlir::TypeConverter &types;

  template <typename OpT> void add(LoweringFn<OpT> lower) {
    patterns.add<LoweringPattern<OpT>>(types, patterns.getContext(), lower);
  }
};

void addElementwiseLowerings(LoweringPatterns &patterns);
void addGeluLowerings(LoweringPatterns &patterns);
void addShapeLowerings(LoweringPatterns &patterns);
void addContractionLowerings(LoweringPatterns &patterns);
void addNormalizationLowerings(LoweringPatterns &patterns);
void addOrderLowerings(LoweringPatterns &patterns);
void addRoutingLowerings(LoweringPatterns &patterns);
void addExpertLowerings(LoweringPatterns &patterns);
void addLossLowerings(LoweringPatterns &patterns);
void addTopKLowerings(LoweringPatterns &patterns);
void addTrainingLowerings(LoweringPatterns &patterns);
void addUpdateLowerings(LoweringPatterns &patterns);
void addRandomLowerings(LoweringPatterns &patterns);

/// A sum over all of a tensor is taken over so many elements a row, then over
/// the rows: its order depends on the size alone.
constexpr int64_t sumChunk = 4096;

/// Shape of a ranked tensor value.
inline llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
}

/// One `kernel.map` over the elements of `shape`, with inputs of that shape
/// read where they stand.
mlir::Value elementwise(mlir::OpBuilder &builder, mlir::Location loc,
                        llvm::ArrayRef<int64_t> shape, mlir::ValueRange inputs,
                        const kernel::Body &body);

/// log(1 + exp(y)), good to the last digits on both sides.
mlir::Value softplus(kernel::ScalarBuilder &s, mlir::Value y);

/// Per row of `space`: the maximum of `input` and 1 / sum(exp(input - max)).
std::pair<mlir::Value, mlir::Value> softmaxStats(mlir::OpBuilder &builder,
                                                 mlir::Location loc,
                                                 mlir::Value input,
                                                 const kernel::RowSpace &space);

} // namespace moec::fusion

#endif // MOEC_PASSES_FUSION_LOWERTOKERNEL_H
