//===- ExpandBF16.cpp - bf16 as 16-bit integers ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A bf16 is the upper half of an f32. CPUs load, store and shuffle it as an
// integer, which all of them do well; LLVM would take masked accesses of bf16
// apart on most of them.
//
//   %v = vector.load %m[%i] : memref<8xbf16>, vector<16xbf16>
//   %f = arith.extf %v : vector<16xbf16> to vector<16xf32>
// becomes
//   %v = vector.load %m[%i] : memref<8xi16>, vector<16xi16>
//   %w = arith.extui %v : vector<16xi16> to vector<16xi32>
//   %s = arith.shli %w, 16
//   %f = arith.bitcast %s : vector<16xi32> to vector<16xf32>
//
// Shown by test/passes/CPU/expand-bf16.mlir.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Transforms/DialectConversion.h"
#include "passes/CPU/Passes.h"

using namespace mlir;

namespace moec::cpu {
#define GEN_PASS_DEF_EXPANDBF16PASS
#include "passes/CPU/Passes.h.inc"

/// Elements of a vector, at most: what follows here and in LLVM writes some out
/// one by one. Kernels work on a few registers.
static constexpr int64_t maxVectorElements = 1 << 16;

static LogicalResult checkVectors(func::FuncOp func) {
  WalkResult result = func.walk([](Operation *op) {
    auto check = [&](Type type) {
      auto vector = dyn_cast<VectorType>(type);
      int64_t elements = 1;
      if (vector)
        for (int64_t size : vector.getShape())
          if (llvm::MulOverflow(elements, size, elements) ||
              elements > maxVectorElements) {
            op->emitOpError("expected vectors of at most ")
                << maxVectorElements << " elements, got " << type;
            return false;
          }
      return true;
    };
    if (!llvm::all_of(op->getResultTypes(), check) ||
        !llvm::all_of(op->getOperandTypes(), check))
      return WalkResult::interrupt();
    for (Region &region : op->getRegions())
      for (Block &block : region)
        if (!llvm::all_of(block.getArgumentTypes(), check))
          return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

namespace {
Type withElement(Type type, Type element) {
  auto shaped = dyn_cast<ShapedType>(type);
  return shaped ? Type(shaped.clone(element)) : element;
}

Value constant(OpBuilder &b, Location loc, Type type, int64_t value) {
  Type element = getElementTypeOrSelf(type);
  TypedAttr attr = b.getIntegerAttr(element, value);
  if (auto vector = dyn_cast<VectorType>(type))
    attr = DenseElementsAttr::get(vector, Attribute(attr));
  return arith::ConstantOp::create(b, loc, attr);
}

struct ExpandExtF : OpConversionPattern<arith::ExtFOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(arith::ExtFOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    Type wide = withElement(op.getType(), b.getI32Type());
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return b.notifyMatchFailure(op, "not to f32");
    Value bits = arith::ExtUIOp::create(b, loc, wide, adaptor.getIn());
    bits = arith::ShLIOp::create(b, loc, bits, constant(b, loc, wide, 16));
    b.replaceOpWithNewOp<arith::BitcastOp>(op, op.getType(), bits);
    return success();
  }
};

/// To nearest, ties to even: adding half of the last place that stays, less one
/// if that place is even, carries where it must round up. A NaN stays one.
struct ExpandTruncF : OpConversionPattern<arith::TruncFOp> {
  ExpandTruncF(const TypeConverter &converter, MLIRContext *context,
               bool native)
      : OpConversionPattern(converter, context), native(native) {}
  LogicalResult matchAndRewrite(arith::TruncFOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    Value in = adaptor.getIn();
    if (!getElementTypeOrSelf(in.getType()).isF32())
      return b.notifyMatchFailure(op, "not from f32");
    Type narrow = getTypeConverter()->convertType(op.getType());
    if (native) {
      Value rounded = LLVM::FPTruncOp::create(b, loc, op.getType(), in);
      b.replaceOpWithNewOp<LLVM::BitcastOp>(op, narrow, rounded);
      return success();
    }
    Type wide = withElement(in.getType(), b.getI32Type());
    auto number = [&](int64_t value) { return constant(b, loc, wide, value); };
    Value bits = arith::BitcastOp::create(b, loc, wide, in);
    Value upper = arith::ShRUIOp::create(b, loc, bits, number(16));
    Value odd = arith::AndIOp::create(b, loc, upper, number(1));
    Value half = arith::AddIOp::create(b, loc, odd, number(0x7fff));
    Value rounded = arith::AddIOp::create(b, loc, bits, half);
    Value quiet = arith::OrIOp::create(b, loc, bits, number(0x400000));
    Value isNaN =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, in, in);
    Value result = arith::SelectOp::create(b, loc, isNaN, quiet, rounded);
    b.replaceOp(op, upperHalf(b, loc, result, narrow));
    return success();
  }

  /// The upper halves of i32: in a vector every other i16. A vector truncation
  /// would join a masked store behind it, and where that mask turns out to have
  /// one lane LLVM 22 then stores all four bytes of the lane.
  static Value upperHalf(OpBuilder &b, Location loc, Value value, Type narrow) {
    auto type = dyn_cast<VectorType>(narrow);
    if (!type) {
      Value shift = constant(b, loc, value.getType(), 16);
      Value upper = arith::ShRUIOp::create(b, loc, value, shift);
      return arith::TruncIOp::create(b, loc, narrow, upper);
    }
    int64_t count = type.getNumElements();
    Value halves = vector::BitCastOp::create(
        b, loc, VectorType::get({2 * count}, type.getElementType()), value);
    SmallVector<int64_t> odd;
    for (int64_t i = 0; i < count; ++i)
      odd.push_back(2 * i + 1);
    return vector::ShuffleOp::create(b, loc, halves, halves, odd);
  }

private:
  bool native;
};

struct ExpandConstant : OpConversionPattern<arith::ConstantOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(arith::ConstantOp op, OpAdaptor,
                                ConversionPatternRewriter &b) const override {
    TypedAttr value;
    if (auto number = dyn_cast<FloatAttr>(op.getValue()))
      value =
          b.getIntegerAttr(b.getI16Type(), number.getValue().bitcastToAPInt());
    else if (auto elements = dyn_cast<DenseElementsAttr>(op.getValue()))
      value = elements.bitcast(b.getI16Type());
    if (!value)
      return b.notifyMatchFailure(op, "not a number or a dense vector");
    b.replaceOpWithNewOp<arith::ConstantOp>(op, value);
    return success();
  }
};

/// What only moves values does so with integers. Arithmetic on bf16 is not
/// moving: regions extend what they compute with.
struct MoveIntegers : ConversionPattern {
  MoveIntegers(const TypeConverter &converter, MLIRContext *context)
      : ConversionPattern(converter, MatchAnyOpTypeTag(), /*benefit=*/0,
                          context) {}
  LogicalResult matchAndRewrite(Operation *op, ArrayRef<Value> operands,
                                ConversionPatternRewriter &b) const override {
    bool moves =
        isa<vector::VectorDialect, memref::MemRefDialect, scf::SCFDialect>(
            op->getDialect()) ||
        isa<arith::SelectOp, arith::BitcastOp>(op);
    if (!moves || isa<vector::FMAOp, vector::ReductionOp, vector::ContractionOp,
                      vector::OuterProductOp>(op))
      return b.notifyMatchFailure(op, "computes");
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertTypes(op->getResultTypes(), types)))
      return failure();
    OperationState state(op->getLoc(), op->getName().getStringRef(), operands,
                         types, op->getAttrs(), op->getSuccessors());
    for (Region &region : op->getRegions()) {
      Region *moved = state.addRegion();
      b.inlineRegionBefore(region, *moved, moved->end());
      if (failed(b.convertRegionTypes(moved, *getTypeConverter())))
        return failure();
    }
    b.replaceOp(op, b.create(state));
    return success();
  }
};

struct ExpandBF16Pass : impl::ExpandBF16PassBase<ExpandBF16Pass> {
  void runOnOperation() override {
    if (failed(checkVectors(getOperation())))
      return signalPassFailure();
    MLIRContext *context = &getContext();
    auto cpu = dyn_cast_if_present<kernel::CpuAttr>(
        kernel::findMachine(getOperation()));
    bool native = cpu && cpu.getBf16Rounding();
    TypeConverter types;
    types.addConversion([](Type type) { return type; });
    types.addConversion(
        [&](BFloat16Type) -> Type { return IntegerType::get(context, 16); });
    types.addConversion([&](Type type) -> std::optional<Type> {
      if (isa<VectorType, MemRefType>(type) &&
          cast<ShapedType>(type).getElementType().isBF16())
        return withElement(type, IntegerType::get(context, 16));
      return std::nullopt;
    });
    ConversionTarget target(*context);
    target.addLegalDialect<LLVM::LLVMDialect>();
    target.addDynamicallyLegalOp<func::FuncOp>([&](func::FuncOp func) {
      return types.isSignatureLegal(func.getFunctionType()) &&
             types.isLegal(&func.getBody());
    });
    target.markUnknownOpDynamicallyLegal([&](Operation *op) {
      return types.isLegal(op) &&
             llvm::all_of(op->getRegions(), [&](Region &region) {
               return types.isLegal(&region);
             });
    });
    RewritePatternSet patterns(context);
    patterns.add<ExpandExtF, ExpandConstant, MoveIntegers>(types, context);
    patterns.add<ExpandTruncF>(types, context, native);
    populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns,
                                                                   types);
    if (failed(
            applyFullConversion(getOperation(), target, std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
} // namespace moec::cpu
