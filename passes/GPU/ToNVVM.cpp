//===- ToNVVM.cpp - From the GPU dialect to NVVM --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   gpu.func @k(%x: memref<8xf32>) kernel {
//     %t = gpu.thread_id x
//     %v = memref.load %x[%t] : memref<8xf32>
// becomes
//   llvm.func @k(%x: !llvm.ptr) attributes {gpu.kernel, nvvm.kernel, ..} {
//     %t = nvvm.read.ptx.sreg.tid.x : i32
//     %p = llvm.getelementptr %x[%t] : (!llvm.ptr, i32) -> !llvm.ptr, f32
//     %v = llvm.load %p : !llvm.ptr -> f32
//
// Shown by test/passes/GPU/to-nvvm.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/GPUToNVVM/GPUToNVVMPass.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/NVGPUToNVVM/NVGPUToNVVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Transforms/DialectConversion.h"
#include "passes/GPU/Passes.h"

using namespace mlir;

namespace moec::gpu {
#define GEN_PASS_DEF_TONVVMPASS
#include "passes/GPU/Passes.h.inc"

namespace {
/// Tokens and barriers of NVGPU, as its own pass converts them.
void addTypeConversions(LLVMTypeConverter &converter) {
  MLIRContext *context = &converter.getContext();
  converter.addConversion([=](nvgpu::DeviceAsyncTokenType) -> Type {
    return IntegerType::get(context, 32);
  });
  converter.addConversion([=](nvgpu::MBarrierTokenType) -> Type {
    return IntegerType::get(context, 64);
  });
  converter.addConversion([=](nvgpu::WarpgroupMatrixDescriptorType) -> Type {
    return IntegerType::get(context, 64);
  });
  converter.addConversion([=](nvgpu::TensorMapDescriptorType) -> Type {
    return LLVM::LLVMPointerType::get(context);
  });
  converter.addConversion([&converter,
                           context](nvgpu::MBarrierGroupType type) -> Type {
    return converter.convertType(nvgpu::getMBarrierMemrefType(context, type));
  });
}

/// Tensor maps, the last parameters, come by value and are used where they lie.
LogicalResult passTensorMapsByValue(LLVM::LLVMFuncOp func) {
  auto maps = kernel::attr::tensorMaps.get(func);
  if (!maps)
    return success();
  Builder b(func.getContext());
  auto bytes = LLVM::LLVMArrayType::get(b.getI8Type(), 128);
  unsigned count = func.getNumArguments();
  if (count < maps.size())
    return func.emitOpError("expected an argument for each of its ")
           << maps.size() << " tensor maps, got " << count;
  for (unsigned i = count - maps.size(); i < count; ++i) {
    func.setArgAttr(i, "llvm.byval", TypeAttr::get(bytes));
    func.setArgAttr(i, "llvm.align", b.getI64IntegerAttr(64));
    func.setArgAttr(i, "nvvm.grid_constant", b.getUnitAttr());
  }
  return success();
}

struct ToNVVMPass : impl::ToNVVMPassBase<ToNVVMPass> {
  void runOnOperation() override {
    mlir::gpu::GPUModuleOp module = getOperation();
    LowerToLLVMOptions options(&getContext());
    options.overrideIndexBitwidth(32);
    options.useBarePtrCallConv = true;
    LLVMTypeConverter converter(&getContext(), options);
    configureGpuToNVVMTypeConverter(converter);
    addTypeConversions(converter);
    RewritePatternSet patterns(&getContext());
    constexpr unsigned first = 20, second = 10;
    // Before the patterns that call libdevice.
    populateMathToLLVMConversionPatterns(converter, patterns,
                                         /*approximateLog1p=*/true, first);
    populateGpuToNVVMConversionPatterns(converter, patterns, second);
    populateNVGPUToNVVMConversionPatterns(converter, patterns);
    arith::populateArithToLLVMConversionPatterns(converter, patterns);
    cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
    populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
    populateVectorToLLVMConversionPatterns(converter, patterns);
    LLVMConversionTarget target(getContext());
    target.addIllegalDialect<mlir::gpu::GPUDialect, nvgpu::NVGPUDialect,
                             memref::MemRefDialect, math::MathDialect,
                             arith::ArithDialect, vector::VectorDialect,
                             cf::ControlFlowDialect>();
    target.addLegalDialect<NVVM::NVVMDialect>();
    target.addLegalOp<mlir::gpu::GPUModuleOp>();
    if (failed(applyPartialConversion(module, target, std::move(patterns))))
      return signalPassFailure();
    for (auto func : module.getOps<LLVM::LLVMFuncOp>())
      if (failed(passTensorMapsByValue(func)))
        return signalPassFailure();
  }
};
} // namespace
} // namespace moec::gpu
