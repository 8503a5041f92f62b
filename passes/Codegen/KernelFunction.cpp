//===- KernelFunction.cpp - A kernel outlined in a function ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Codegen/KernelFunction.h"
#include "dialects/Kernel/KernelFunctions.h"
#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::codegen {

FailureOr<std::optional<KernelFunction>>
KernelFunction::match(func::FuncOp func) {
  if (!kernel::attr::function.isOn(func))
    return std::optional<KernelFunction>();
  KernelFunction kernel{func, nullptr, {}, {}, {}};
  if (!func.getBody().hasOneBlock()) // lowered already
    return std::optional<KernelFunction>();
  for (Operation &op : func.front())
    if (isa<kernel::KernelDialect>(op.getDialect())) {
      if (kernel.op)
        return op.emitOpError("is the second kernel op of '")
               << func.getName() << "'; a kernel function holds one";
      kernel.op = &op;
    }
  if (!kernel.op) // lowered already
    return std::optional<KernelFunction>();
  // The dialect has seen to the form of the arguments; pointers behind them
  // come with lowering.
  unsigned count = func.getNumArguments();
  if (!isa<MemRefType>(func.getArgumentTypes().back()))
    return func.emitOpError("has arguments behind its scratch, though its op "
                            "is not lowered");
  kernel.begin = func.getArgument(count - 3);
  kernel.end = func.getArgument(count - 2);
  kernel.scratch = func.getArgument(count - 1);
  return std::optional<KernelFunction>(kernel);
}

void KernelFunction::finish(int64_t blocks, int64_t scratchBytes) {
  op->erase();
  OpBuilder b(func.getContext());
  kernel::attr::blocks.set(func, blocks);
  kernel::attr::scratch.set(func, scratchBytes);
  scratch.setType(MemRefType::get({scratchBytes}, b.getI8Type()));
  func.setFunctionType(b.getFunctionType(func.front().getArgumentTypes(),
                                         func.getResultTypes()));
}

Value ScratchAllocator::allocate(OpBuilder &b, Location loc, int64_t count,
                                 Type type) {
  int64_t bytes = count * llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
  Value offset = arith::ConstantIndexOp::create(b, loc, used);
  used = llvm::alignTo(used + bytes, 64);
  return memref::ViewOp::create(b, loc, MemRefType::get({count}, type), scratch,
                                offset, ValueRange{});
}

} // namespace moec::codegen
