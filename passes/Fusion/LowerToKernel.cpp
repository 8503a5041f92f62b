//===- LowerToKernel.cpp - moe ops to unfused kernels ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Lowers every moe op but the structure (`moe.repeat`, `moe.yield`) to kernel
// ops on tensors, one family of ops a file. Nothing is fused here: the ops are
// written in the shape from which the fusion passes grow their regions.
//
//===----------------------------------------------------------------------===//

#include "passes/Fusion/LowerToKernel.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"
#include "passes/Fusion/Passes.h"

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;

namespace moec::fusion {
#define GEN_PASS_DEF_LOWERTOKERNEL
#include "passes/Fusion/Passes.h.inc"
} // namespace moec::fusion

Value fusion::elementwise(OpBuilder &builder, Location loc,
                          ArrayRef<int64_t> shape, ValueRange inputs,
                          const Body &body) {
  KernelSpec spec(loc, elementSpace(shape));
  SmallVector<AffineExpr> point = identity(loc.getContext(), shape.size());
  for (Value input : inputs)
    spec.input(input, point);
  spec.result(builder, shape, point);
  return spec.map(builder, body)[0];
}

namespace {

/// A plan is its i32 buffer; `count` plans of a repeat are stacked.
Type convertPlan(moe::RoutingType type) {
  SmallVector<int64_t> shape;
  if (type.getStack() > 0)
    shape.push_back(type.getStack());
  shape.push_back(type.getBufferSize());
  return RankedTensorType::get(shape, IntegerType::get(type.getContext(), 32));
}

/// `moe.repeat` stays; its plans become buffers.
struct ConvertRepeat : OpConversionPattern<moe::RepeatOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(moe::RepeatOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertTypes(op.getResultTypes(), types)))
      return failure();
    auto repeat = moe::RepeatOp::create(rewriter, op.getLoc(), types,
                                        op.getCount(), adaptor.getCarried(),
                                        adaptor.getStacked(), op.getReverse());
    repeat->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    rewriter.inlineRegionBefore(op.getBody(), repeat.getBody(),
                                repeat.getBody().end());
    if (failed(rewriter.convertRegionTypes(&repeat.getBody(),
                                           *getTypeConverter())))
      return failure();
    rewriter.replaceOp(op, repeat.getResults());
    return success();
  }
};

struct ConvertYield : OpConversionPattern<moe::YieldOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(moe::YieldOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<moe::YieldOp>(op, adaptor.getValues());
    return success();
  }
};

/// Kernels compute in f32: says which op does not.
LogicalResult checkElementTypes(ModuleOp module) {
  bool ok = true;
  auto check = [&](Operation *op, Type type, StringRef role, unsigned i) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !tensor.getElementType().isF64())
      return;
    op->emitOpError() << role << " #" << i << " is " << type
                      << ": kernels compute in f32, and f64 is for the "
                         "reference interpreter; use f32 here";
    ok = false;
  };
  module.walk([&](Operation *op) {
    if (!isa_and_nonnull<moe::MoEDialect>(op->getDialect()))
      return;
    for (auto [i, type] : llvm::enumerate(op->getOperandTypes()))
      check(op, type, "operand", i);
    for (auto [i, type] : llvm::enumerate(op->getResultTypes()))
      check(op, type, "result", i);
  });
  return success(ok);
}

struct LowerToKernel : fusion::impl::LowerToKernelBase<LowerToKernel> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    if (failed(checkElementTypes(getOperation())))
      return signalPassFailure();

    TypeConverter types;
    types.addConversion([](Type type) { return type; });
    types.addConversion(convertPlan);

    RewritePatternSet rewrites(context);
    LoweringPatterns patterns{rewrites, types};
    addElementwiseLowerings(patterns);
    addGeluLowerings(patterns);
    addShapeLowerings(patterns);
    addContractionLowerings(patterns);
    addNormalizationLowerings(patterns);
    addOrderLowerings(patterns);
    addRoutingLowerings(patterns);
    addExpertLowerings(patterns);
    addLossLowerings(patterns);
    addTopKLowerings(patterns);
    addTrainingLowerings(patterns);
    addUpdateLowerings(patterns);
    addRandomLowerings(patterns);
    rewrites.add<ConvertRepeat, ConvertYield>(types, context);
    populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(rewrites,
                                                                   types);
    populateReturnOpTypeConversionPattern(rewrites, types);
    populateCallOpTypeConversionPattern(rewrites, types);

    ConversionTarget target(*context);
    target.addLegalDialect<kernel::KernelDialect, arith::ArithDialect,
                           math::MathDialect, tensor::TensorDialect>();
    target.addIllegalDialect<moe::MoEDialect>();
    target.addLegalOp<moe::VariableOp>();
    target.addDynamicallyLegalOp<moe::RepeatOp>([&](moe::RepeatOp op) {
      return types.isLegal(op) && types.isLegal(&op.getBody());
    });
    target.addDynamicallyLegalOp<func::FuncOp>([&](func::FuncOp op) {
      return types.isSignatureLegal(op.getFunctionType()) &&
             types.isLegal(&op.getBody());
    });
    target.addDynamicallyLegalOp<moe::YieldOp, func::ReturnOp, func::CallOp>(
        [&](Operation *op) { return types.isLegal(op); });
    if (failed(applyPartialConversion(getOperation(), target,
                                      std::move(rewrites))))
      signalPassFailure();
  }
};

} // namespace
