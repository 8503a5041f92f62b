//===- KernelRewriter.cpp - Growing the regions of kernel ops -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelRewriter.h"
#include "dialects/Kernel/AffineExtents.h"

using namespace mlir;
using namespace moec;
using namespace moec::kernel;

KernelRewriter::KernelRewriter(RewriterBase &rewriter,
                               kernel::StructuredKernelOpInterface kernel)
    : rewriter(rewriter), op(kernel), attributes(op->getAttrDictionary()),
      offsets(kernel.getOffsets()) {
  for (auto [i, value] : llvm::enumerate(kernel.getInputs()))
    inputs.push_back({value, kernel.getInputMap(i), kernel.getGather(i)});
  for (auto [i, value] : llvm::enumerate(kernel.getOuts()))
    outputs.push_back({value, kernel.getOutMap(i)});
  for (Region &region : op->getRegions()) {
    regions.push_back(std::make_unique<Region>());
    regions.back()->takeBody(region);
    blocks.push_back(&regions.back()->front());
  }
}

unsigned KernelRewriter::addInput(KernelInput input) {
  unsigned position = inputs.size();
  Type element = getElementTypeOrSelf(input.value.getType());
  for (Block *block : blocks)
    block->insertArgument(position, element, input.value.getLoc());
  inputs.push_back(input);
  return position;
}

void KernelRewriter::dropInput(unsigned position) {
  inputs.erase(inputs.begin() + position);
  for (Block *block : blocks)
    block->eraseArgument(position);
  for (KernelInput &input : inputs)
    if (input.gather > static_cast<int32_t>(position))
      --input.gather;
  if (offsets && *offsets > position)
    --*offsets;
}

void KernelRewriter::dropUnused() {
  unsigned first = cast<KernelOpInterface>(op).getNumFixedInputs();
  for (unsigned i = inputs.size(); i-- > first;) {
    auto *equal = llvm::find(inputs, inputs[i]);
    unsigned keep = equal - inputs.begin();
    if (keep != i) {
      for (Block *block : blocks)
        block->getArgument(i).replaceAllUsesWith(block->getArgument(keep));
      for (KernelInput &input : inputs)
        if (input.gather == static_cast<int32_t>(i))
          input.gather = keep;
      if (offsets == i)
        offsets = keep;
    }
    bool used = offsets == i;
    for (KernelInput &input : inputs)
      used |= input.gather == static_cast<int32_t>(i);
    for (Block *block : blocks)
      used |= !block->getArgument(i).use_empty();
    if (!used)
      dropInput(i);
  }
}

Operation *KernelRewriter::build(Location loc) {
  dropUnused();
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  SmallVector<int32_t> gathers;
  for (KernelInput &input : inputs) {
    operands.push_back(input.value);
    maps.push_back(input.map);
    gathers.push_back(input.gather);
  }
  bool gathered = llvm::any_of(gathers, [](int32_t g) { return g >= 0; });
  OperationState state(loc, op->getName());
  for (KernelOutput &output : outputs) {
    operands.push_back(output.destination);
    maps.push_back(output.map);
    state.addTypes(output.destination.getType());
  }
  state.addOperands(operands);
  attributes.set("indexing_maps", rewriter.getAffineMapArrayAttr(maps));
  attributes.set("gathers", rewriter.getDenseI32ArrayAttr(
                                gathered ? ArrayRef<int32_t>(gathers)
                                         : ArrayRef<int32_t>()));
  attributes.set(
      "operandSegmentSizes",
      rewriter.getDenseI32ArrayAttr({static_cast<int32_t>(inputs.size()),
                                     static_cast<int32_t>(outputs.size())}));
  if (offsets)
    attributes.set("offsets", rewriter.getI64IntegerAttr(*offsets));
  state.addAttributes(attributes);
  for (std::unique_ptr<Region> &region : regions)
    state.addRegion(std::move(region));
  return rewriter.create(state);
}

static AffineExpr moveIndex(kernel::IndexOp index, AffineMap iteration,
                            ArrayRef<int64_t> dims) {
  return simplifyWithExtents(
      index.getExpr().replaceDims(iteration.getResults()), dims);
}

bool moec::kernel::canInlineIndices(Block &block, AffineMap iteration,
                                    ArrayRef<int64_t> dims,
                                    std::optional<unsigned> lanes) {
  for (auto index : block.getOps<kernel::IndexOp>()) {
    AffineExpr expr = moveIndex(index, iteration, dims);
    for (unsigned d = 0; d < dims.size(); ++d)
      if ((!lanes || d == *lanes) && !getSlope(expr, d))
        return false;
  }
  return true;
}

SmallVector<Value> moec::kernel::inlineBody(OpBuilder &builder, Block &body,
                                            ValueRange args,
                                            AffineMap iteration,
                                            ArrayRef<int64_t> dims) {
  IRMapping mapping;
  mapping.map(body.getArguments(), args);
  for (Operation &op : body.without_terminator()) {
    if (auto index = dyn_cast<kernel::IndexOp>(op)) {
      mapping.map(index.getResult(),
                  kernel::IndexOp::create(builder, op.getLoc(),
                                          moveIndex(index, iteration, dims))
                      .getResult());
      continue;
    }
    builder.clone(op, mapping);
  }
  SmallVector<Value> results;
  for (Value value : body.getTerminator()->getOperands())
    results.push_back(mapping.lookupOrDefault(value));
  return results;
}
