//===- GpuContractShape.cpp - What a contraction asks of a GPU ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/Cost.h"
#include "passes/Codegen/OperandAccess.h"
#include "passes/Schedule/Passes.h"

using namespace mlir;

namespace moec::schedule {

/// Tiles of k are as deep as this, or less.
static constexpr int64_t deepTile = 64;

double countInstructions(Region &region) {
  // A magnitude is one instruction, but counts as a function: the choices that
  // this model makes have been looked at with this count alone.
  kernel::ScalarWork work = kernel::getScalarWork(region);
  return work.total() + work.magnitudes * (kernel::functionCost - 1);
}

/// Instructions and bytes that bring an element into shared memory; no
/// instructions if cp.async can: the operand is plain bf16 in rows of whole
/// pieces of 8.
static GpuContractShape::Operand describe(kernel::ContractOp op, Region &region,
                                          unsigned rowDim) {
  SmallVector<unsigned> inputs = codegen::usedArguments(region);
  GpuContractShape::Operand operand;
  int64_t most = 0;
  for (unsigned input : inputs)
    most = std::max(
        most,
        cast<ShapedType>(op.getInputs()[input].getType()).getNumElements());
  operand.bytes = 0;
  for (unsigned input : inputs) {
    // Smaller ones, such as statistics of rows, are read from caches.
    auto type = cast<ShapedType>(op.getInputs()[input].getType());
    if (2 * type.getNumElements() > most)
      operand.bytes += type.getElementTypeBitWidth() / 8.0;
  }
  bool bf16 = region.front().getTerminator()->getOperand(0).getType().isBF16();
  if (bf16 && inputs.size() == 1 &&
      codegen::yieldsArgument(region, inputs.front())) {
    auto type = cast<ShapedType>(op.getInputs()[inputs.front()].getType());
    auto access = cast<kernel::StructuredKernelOpInterface>(op.getOperation());
    int64_t last = type.getRank() ? type.getShape().back() : 1;
    unsigned k = op.getKDim();
    // Extents tell what really moves: m floordiv 49 does not up to m = 49.
    AffineExpr address = codegen::linearizeAccess(
        access.getInputMap(inputs.front()), type.getShape(), op.getDims());
    for (unsigned lane : {rowDim, k})
      if (!isSlowAlong(op, inputs.front(), lane, lane == k ? deepTile : 1) &&
          address.isFunctionOfDim(lane) && last % 8 == 0 &&
          op.getDims()[lane] % 8 == 0 &&
          op.getRaggedDim() != std::optional<uint64_t>(lane)) {
        operand.staging = 0;
        return operand;
      }
  }
  operand.staging = 4 + 3 * double(inputs.size()) + countInstructions(region);
  return operand;
}

GpuContractShape describeForGpu(kernel::ContractOp op) {
  GpuContractShape shape{1, op.getDims()[op.getMDim()],
                         op.getDims()[op.getNDim()],
                         op.getDims()[op.getKDim()]};
  shape.tensorCores =
      op.getLhs().front().getTerminator()->getOperand(0).getType().isBF16();
  shape.left = describe(op, op.getLhs(), op.getMDim());
  shape.right = describe(op, op.getRhs(), op.getNDim());
  shape.epilogue = 6 +
                   2 * double(codegen::usedArguments(op.getEpilogue()).size()) +
                   countInstructions(op.getEpilogue());
  for (int64_t extent : op.getDims().take_front(op.getNumGroupDims()))
    shape.groups *= extent;
  // A ragged dimension is shared out among the groups: the average counts.
  if (op.getRaggedDim()) {
    shape.ragged = true;
    shape.raggedM = *op.getRaggedDim() == op.getMDim();
    int64_t &ragged = shape.raggedM ? shape.m : shape.k;
    ragged = std::max<int64_t>(1, ragged / op.getDims()[0]);
  }
  return shape;
}

} // namespace moec::schedule
