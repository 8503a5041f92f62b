//===- StoredFactor.cpp - Factors of contractions that are stored ---------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Schedule/StoredFactor.h"
#include "passes/Codegen/OperandAccess.h"
#include "passes/Schedule/Passes.h"

using namespace mlir;

namespace moec::schedule {

bool isPlainFactor(kernel::ContractOp op, Region &factor) {
  auto access = cast<kernel::StructuredKernelOpInterface>(op.getOperation());
  SmallVector<unsigned> used = codegen::usedArguments(factor);
  return used.size() == 1 && codegen::yieldsArgument(factor, used.front()) &&
         access.getGather(used.front()) < 0 &&
         factor.getArgument(used.front()).getType().isF32();
}

std::optional<int64_t> leftStride(kernel::ContractOp op) {
  if (!isPlainFactor(op, op.getLhs()))
    return std::nullopt;
  unsigned input = codegen::usedArguments(op.getLhs()).front();
  codegen::LaneInfo rows = laneAlong(op, input, op.getMDim());
  if (laneAlong(op, input, op.getKDim()).kind != codegen::LaneKind::Unit ||
      rows.kind != codegen::LaneKind::Strided)
    return std::nullopt;
  return rows.stride;
}

kernel::ContractOp readStored(RewriterBase &rewriter, kernel::ContractOp op,
                              unsigned side,
                              const kernel::KernelInput &stored) {
  auto access = cast<kernel::StructuredKernelOpInterface>(op.getOperation());
  kernel::KernelRewriter grown(rewriter, access);
  // The other factor may read the same input, one that changes along k only.
  unsigned second = grown.addInput(grown.inputs[side]);
  grown.inputs[side] = stored;
  for (auto [i, block] : llvm::enumerate(grown.blocks)) {
    BlockArgument argument = block->getArgument(side);
    argument.replaceAllUsesWith(block->getArgument(second));
    argument.setType(getElementTypeOrSelf(stored.value.getType()));
    if (i != side)
      continue;
    Operation *end = block->getTerminator();
    end->setOperand(0, argument);
    for (Operation *dead = end->getPrevNode(); dead;) {
      Operation *before = dead->getPrevNode();
      if (dead->use_empty())
        dead->erase(); // the region has no parent now
      dead = before;
    }
  }
  Operation *made = grown.build(op.getLoc());
  rewriter.replaceOp(op, made->getResults());
  return cast<kernel::ContractOp>(made);
}

} // namespace moec::schedule
