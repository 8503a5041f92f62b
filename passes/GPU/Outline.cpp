//===- Outline.cpp - Kernels into one gpu.module --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   func.func @k0(%x: memref<8xf32>, %begin: index, %end: index,
//                 %scratch: memref<?xi8>)
//       attributes {kernel.function, kernel.grid = 1, kernel.threads = 32} {..}
// becomes
//   gpu.module @kernels {
//     gpu.func @k0(%x: memref<8xf32>) kernel
//         attributes {known_block_size = array<i32: 32, 1, 1>, ..} {..}
//   }
//
// Shown by test/passes/GPU/outline.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "passes/GPU/Passes.h"

using namespace mlir;

namespace moec::gpu {
#define GEN_PASS_DEF_OUTLINEPASS
#include "passes/GPU/Passes.h.inc"

namespace {
struct OutlinePass : impl::OutlinePassBase<OutlinePass> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> kernels;
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (kernel::attr::function.isOn(func))
        kernels.push_back(func);
    if (kernels.empty())
      return;
    OpBuilder b(getOperation().getBodyRegion());
    b.setInsertionPointToEnd(getOperation().getBody());
    auto module =
        mlir::gpu::GPUModuleOp::create(b, getOperation().getLoc(), "kernels");
    b.setInsertionPointToStart(module.getBody());
    for (func::FuncOp func : kernels)
      if (failed(outline(func, b)))
        return signalPassFailure();
  }

  LogicalResult outline(func::FuncOp func, OpBuilder &b) {
    int64_t threads = kernel::attr::threads.number(func);
    if (!threads) {
      Operation *op = &func.front().front();
      for (Operation &inner : func.front())
        if (isa<kernel::KernelDialect>(inner.getDialect()))
          op = &inner;
      return op->emitError("kernel @")
             << func.getName() << " has no code for the GPU: no pass lowered "
             << "its " << op->getName();
    }
    // Positions are i32 in the code of a thread.
    constexpr int64_t maxElements = int64_t(1) << 31;
    Block &body = func.front();
    for (Type type : body.getArgumentTypes())
      if (auto memref = dyn_cast<MemRefType>(type))
        if (memref.hasStaticShape() && memref.getNumElements() >= maxElements)
          return emitError(func.getLoc(), "kernel @")
                 << func.getName() << " has an operand of "
                 << memref.getNumElements() << " elements; on the GPU an "
                 << "operand has fewer than 2^31: compile for the CPU, or make "
                 << "the batch or the layer smaller";
    unsigned first = 0;
    while (first < body.getNumArguments() &&
           !body.getArgument(first).getType().isIndex())
      ++first;
    if (first + 2 < body.getNumArguments()) {
      if (!kernel::attr::workspace.number(func))
        if (failed(drop(func, first + 2)))
          return failure();
      for (int i = 0; i < 2; ++i)
        if (failed(drop(func, first)))
          return failure();
    }
    auto code = mlir::gpu::GPUFuncOp::create(
        b, func.getLoc(), func.getName(),
        b.getFunctionType(body.getArgumentTypes(), {}));
    code->setAttr(mlir::gpu::GPUDialect::getKernelFuncAttrName(),
                  b.getUnitAttr());
    code.setKnownBlockSizeAttr(
        b.getDenseI32ArrayAttr({int32_t(threads), 1, 1}));
    if (int64_t cluster = kernel::attr::cluster.number(func); cluster > 1)
      code.setKnownClusterSizeAttr(
          b.getDenseI32ArrayAttr({int32_t(cluster), 1, 1}));
    for (NamedAttribute attr : func->getDiscardableAttrs())
      code->setAttr(attr.getName(), attr.getValue());
    for (unsigned i = 0; i < func.getNumArguments(); ++i)
      if (DictionaryAttr attrs = func.getArgAttrDict(i))
        code.setArgAttrs(i, attrs);
    // The builder made an entry block of its own.
    code.getBody().takeBody(func.getBody());
    Operation *end = code.getBody().back().getTerminator();
    OpBuilder atEnd(end);
    mlir::gpu::ReturnOp::create(atEnd, end->getLoc());
    end->erase();
    func.erase();
    return success();
  }

  static LogicalResult drop(func::FuncOp func, unsigned argument) {
    if (!func.getArgument(argument).use_empty())
      return func.emitError("argument #")
             << argument << " of kernel @" << func.getName()
             << " stands for the CPU's grid or scratch and must not be used";
    return func.eraseArgument(argument);
  }
};
} // namespace
} // namespace moec::gpu
