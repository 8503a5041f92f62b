//===- LaunchShape.cpp - How a kernel is launched -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/LaunchShape.h"
#include "dialects/Kernel/KernelFunctions.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::gpu {

void finishKernel(KernelFunction lowered, const LaunchShape &shape) {
  lowered.op->erase();
  func::FuncOp func = lowered.func;
  OpBuilder b(func.getContext());
  kernel::attr::grid.set(func, shape.grid);
  kernel::attr::threads.set(func, shape.threads);
  kernel::attr::shared.set(func, shape.shared);
  kernel::attr::workspace.set(func, shape.workspace);
  kernel::attr::variant.set(func, b.getStringAttr(shape.variant));
  if (shape.cluster > 1)
    kernel::attr::cluster.set(func, shape.cluster);
  if (shape.tensorMaps && !shape.tensorMaps.empty())
    kernel::attr::tensorMaps.set(func, shape.tensorMaps);
  if (!shape.workspace)
    return;
  // Bare pointers need a static size.
  lowered.scratch.setType(MemRefType::get({shape.workspace}, b.getI8Type()));
  func.setFunctionType(b.getFunctionType(func.front().getArgumentTypes(),
                                         func.getResultTypes()));
}

Value SharedAllocator::allocate(OpBuilder &b, Location loc,
                                ArrayRef<int64_t> shape, Type type,
                                int64_t alignment) {
  Attribute space = mlir::gpu::AddressSpaceAttr::get(
      b.getContext(), mlir::gpu::AddressSpace::Workgroup);
  if (!base)
    base = mlir::gpu::DynamicSharedMemoryOp::create(
        b, loc,
        MemRefType::get({ShapedType::kDynamic}, b.getI8Type(),
                        MemRefLayoutAttrInterface(), space));
  used = llvm::alignTo(used, alignment);
  Value offset = arith::ConstantIndexOp::create(b, loc, used);
  int64_t bytes = llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
  for (int64_t extent : shape)
    bytes *= extent;
  used += bytes;
  return memref::ViewOp::create(
      b, loc, MemRefType::get(shape, type, MemRefLayoutAttrInterface(), space),
      base, offset, ValueRange{});
}

Value threadId(OpBuilder &b, Location loc) {
  return mlir::gpu::ThreadIdOp::create(b, loc, mlir::gpu::Dimension::x);
}
Value blockId(OpBuilder &b, Location loc) {
  return mlir::gpu::BlockIdOp::create(b, loc, mlir::gpu::Dimension::x);
}

} // namespace moec::gpu
