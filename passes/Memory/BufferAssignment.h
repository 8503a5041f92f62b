//===- BufferAssignment.h - Where every tensor of a step lives --*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_MEMORY_BUFFERASSIGNMENT_H
#define MOEC_PASSES_MEMORY_BUFFERASSIGNMENT_H

#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Memory/Layout.h"
#include "llvm/ADT/SetVector.h"
#include <memory>
#include <vector>

namespace moec::memory {

/// A contiguous piece of memory: part of a block that the caller owns or of the
/// arena.
struct Buffer {
  kernel::BlockAttr block;
  int64_t bytes = 0;
  /// First and last kernel that touches it, as positions in the function.
  int64_t start = -1, end = -1;
  /// The repeat inside which it lives and dies, if any.
  mlir::Operation *owner = nullptr;
  /// The kernels that write it.
  llvm::SetVector<mlir::Operation *> writers;
  /// Where it starts in its block.
  int64_t blockOffset = 0;

  void touch(int64_t time);
};

/// A place in a buffer that may depend on the iteration (see
/// #kernel.address).
struct Address {
  Buffer *buffer = nullptr;
  int64_t offset = 0, stride = 0, shift = 0, modulus = 1, size = 0;

  bool operator==(const Address &o) const;
  /// Of an operand of that many bytes.
  kernel::AddressAttr getAttr(int64_t bytes) const;
};

/// Assigns an address to every tensor of a function whose ops are kernel ops,
/// views and `moe.repeat`. Inserts copy kernels where two homes compete
/// for one value.
class BufferAssignment {
public:
  BufferAssignment(mlir::func::FuncOp func, const Layout &layout)
      : func(func), layout(layout),
        arena(kernel::BlockAttr::get(func.getContext(),
                                     kernel::BlockKind::Arena, "")) {}

  mlir::LogicalResult run();
  Address lookup(mlir::Value value) const;
  int64_t getArenaBytes() const { return arenaBytes; }
  /// Where the results of the function belong.
  llvm::ArrayRef<Address> getResultPlaces() const { return resultPlaces; }
  /// What lies in the arena when most of it is in use; larger ones first.
  llvm::ArrayRef<Buffer *> getPeak() const { return peak; }
  /// Copies that were needed.
  int64_t getNumCopies() const { return numCopies; }

private:
  Buffer *newBuffer(int64_t bytes, mlir::Operation *owner = nullptr);
  Address getBlock(kernel::BlockAttr block, int64_t byteOffset);
  mlir::FailureOr<Address> getBoundary(mlir::DictionaryAttr attrs,
                                       mlir::Type type, mlir::Location loc);
  /// Where variables lie that are read as one tensor.
  void bindJoinedVariables(mlir::Block &body);
  /// Puts what is joined side by side.
  void bindJoinedParts(mlir::Block &body);
  bool tryBind(mlir::Value value, Address address);
  void copyTo(mlir::OpOperand &use, Address address);
  void bindOrCopy(mlir::OpOperand &use, Address address);
  mlir::LogicalResult check();
  mlir::LogicalResult bindRepeat(moe::RepeatOp repeat);
  void bindStackedYields(moe::RepeatOp repeat,
                         llvm::SmallVectorImpl<Buffer *> &rings);
  mlir::LogicalResult assignBlock(mlir::Block &block, mlir::Operation *owner);
  void computeLifetimes();
  mlir::LogicalResult packArenaBuffers();

  mlir::func::FuncOp func;
  const Layout &layout;
  kernel::BlockAttr arena;
  std::vector<std::unique_ptr<Buffer>> buffers;
  llvm::DenseMap<kernel::BlockAttr, Buffer *> blocks;
  llvm::DenseMap<mlir::Value, Address> addresses;
  llvm::SmallVector<Address> resultPlaces;
  llvm::SmallVector<Buffer *> peak;
  int64_t arenaBytes = 0, numCopies = 0;
};

} // namespace moec::memory

#endif // MOEC_PASSES_MEMORY_BUFFERASSIGNMENT_H
