//===- LaunchShape.cpp - How a kernel is launched -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/LaunchShape.h"
#include "dialects/Kernel/KernelFunctions.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
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

SharedMemory SharedMemory::create(OpBuilder &b, Location loc) {
  Attribute space = mlir::gpu::AddressSpaceAttr::get(
      b.getContext(), mlir::gpu::AddressSpace::Workgroup);
  Value memory = mlir::gpu::DynamicSharedMemoryOp::create(
      b, loc,
      MemRefType::get({ShapedType::kDynamic}, b.getI8Type(),
                      MemRefLayoutAttrInterface(), space));
  SharedMemory shared;
  // An address in shared memory fits in 32 bits.
  shared.address = arith::IndexCastUIOp::create(
      b, loc, b.getI32Type(),
      memref::ExtractAlignedPointerAsIndexOp::create(b, loc, memory));
  shared.pointer = LLVM::IntToPtrOp::create(
      b, loc, LLVM::LLVMPointerType::get(b.getContext(), 3), shared.address);
  return shared;
}

Value SharedMemory::at(OpBuilder &b, Location loc, Value bytes,
                       int64_t more) const {
  Value at = LLVM::GEPOp::create(b, loc, pointer.getType(), b.getI8Type(),
                                 pointer, ArrayRef<LLVM::GEPArg>{bytes});
  return more ? LLVM::GEPOp::create(b, loc, pointer.getType(), b.getI8Type(),
                                    at, ArrayRef<LLVM::GEPArg>{int32_t(more)})
                    .getResult()
              : at;
}

static unsigned bytesOf(Type type) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.getNumElements() *
           vector.getElementType().getIntOrFloatBitWidth() / 8;
  return type.getIntOrFloatBitWidth() / 8;
}

Value SharedMemory::load(OpBuilder &b, Location loc, Type type, Value bytes,
                         int64_t more) const {
  return LLVM::LoadOp::create(b, loc, type, at(b, loc, bytes, more),
                              bytesOf(type));
}
void SharedMemory::store(OpBuilder &b, Location loc, Value value, Value bytes,
                         int64_t more) const {
  LLVM::StoreOp::create(b, loc, value, at(b, loc, bytes, more),
                        bytesOf(value.getType()));
}

Value threadId(OpBuilder &b, Location loc) {
  return mlir::gpu::ThreadIdOp::create(b, loc, mlir::gpu::Dimension::x);
}
Value blockId(OpBuilder &b, Location loc) {
  return mlir::gpu::BlockIdOp::create(b, loc, mlir::gpu::Dimension::x);
}

} // namespace moec::gpu
