//===- KernelRewriter.h - Growing the regions of kernel ops -----*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_KERNEL_KERNELREWRITER_H
#define MOEC_DIALECTS_KERNEL_KERNELREWRITER_H

#include "dialects/Kernel/KernelOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"

namespace moec::kernel {

/// An operand of a kernel op in the making.
struct KernelInput {
  mlir::Value value;
  mlir::AffineMap map;
  /// Position of the input with the row numbers, or -1.
  int32_t gather = -1;

  bool operator==(const KernelInput &o) const {
    return value == o.value && map == o.map && gather == o.gather;
  }
};

struct KernelOutput {
  mlir::Value destination;
  mlir::AffineMap map;
};

/// A copy of a kernel op (contract, rows or map) that can be changed: regions
/// are moved out of the op, inputs and outs may be added, replaced or dropped;
/// build() makes the new op. Inputs that no region reads are dropped then,
/// equal inputs become one (but the two operands of a contraction stay), outs
/// stay as given.
class KernelRewriter {
public:
  KernelRewriter(mlir::RewriterBase &rewriter,
                 kernel::StructuredKernelOpInterface op);

  llvm::SmallVector<KernelInput> inputs;
  llvm::SmallVector<KernelOutput> outputs;
  /// In the order of the op.
  llvm::SmallVector<mlir::Block *> blocks;

  /// Appends an input and its argument in every region; returns its position.
  unsigned addInput(KernelInput input);

  /// Makes the op at the rewriter's insertion point. The old op is left without
  /// regions: replace its results and erase it.
  mlir::Operation *build(mlir::Location loc);

private:
  void dropUnused();
  void dropInput(unsigned position);

  mlir::RewriterBase &rewriter;
  mlir::Operation *op;
  mlir::NamedAttrList attributes;
  std::optional<uint64_t> offsets;
  llvm::SmallVector<std::unique_ptr<mlir::Region>> regions;
};

/// What a map computes for one point, cloned before `point`: `args` stand for
/// its inputs; `iteration` goes from points of the surrounding op, of `dims`,
/// to those of the map, whose positions (kernel.index) become functions of
/// them.
llvm::SmallVector<mlir::Value>
inlineBody(mlir::OpBuilder &builder, mlir::Block &body, mlir::ValueRange args,
           mlir::AffineMap iteration, llvm::ArrayRef<int64_t> dims);

/// True if each position in `block` then advances by equal steps along dim
/// `lanes`, or along all dims: code in lanes divides nothing for it.
bool canInlineIndices(mlir::Block &block, mlir::AffineMap iteration,
                      llvm::ArrayRef<int64_t> dims,
                      std::optional<unsigned> lanes = std::nullopt);

} // namespace moec::kernel

#endif // MOEC_DIALECTS_KERNEL_KERNELREWRITER_H
