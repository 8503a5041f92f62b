//===- PreparedValue.cpp - What a derived variable is made of -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   func.func @prepare(%w {moe.var = @w}) -> (.. {moe.var = @w.derived}) {
//     %r = kernel.map .. ins(%w) .. { truncf(w) }
//   func.func @infer(%r {moe.var = @w.derived}, ..) {
//     %p = kernel.map .. ins(%r) .. { r }       where this is to be written,
//     %p = kernel.map .. ins(%w) .. { truncf(w) }            this is written
//
// Shown by test/passes/Schedule/prepared-value.mlir.
//
//===----------------------------------------------------------------------===//

#include "passes/Schedule/PreparedValue.h"
#include "dialects/Kernel/IndexingMaps.h"
#include "dialects/Kernel/KernelRewriter.h"
#include "dialects/MoE/MoEConventions.h"

using namespace mlir;

namespace moec::schedule {

/// The variable that an argument of an entry is.
static FlatSymbolRefAttr nameOf(BlockArgument argument) {
  auto entry = cast<func::FuncOp>(argument.getOwner()->getParentOp());
  return moe::attr::variable.ofArgument(entry, argument.getArgNumber());
}

PreparedValue::PreparedValue(const FixedVariables &fixed,
                             BlockArgument variable, AffineMap map)
    : map(map), variable(variable) {
  func::FuncOp prepare = fixed.preparing();
  if (!prepare)
    return;
  for (unsigned i = 0; i < prepare.getNumResults(); ++i)
    if (moe::attr::variable.ofResult(prepare, i) == nameOf(variable))
      if (auto found =
              follow(prepare.front().getTerminator()->getOperand(i), map))
        *this = *found;
}

std::optional<PreparedValue> PreparedValue::follow(Value value, AffineMap map) {
  PreparedValue found;
  found.map = map = kernel::getViewMap(value).compose(map);
  value = kernel::getViewRoot(value);
  found.variable = dyn_cast<BlockArgument>(value);
  if (found.variable)
    return found;
  found.op = value.getDefiningOp<kernel::MapOp>();
  if (!found.op || found.op->getNumResults() != 1 || found.op.getRaggedDim())
    return std::nullopt;
  auto access =
      cast<kernel::StructuredKernelOpInterface>(found.op.getOperation());
  auto made = cast<ShapedType>(found.op->getResult(0).getType());
  if (!access.getOutMap(0).isIdentity() ||
      found.op.getDims() != made.getShape())
    return std::nullopt;
  for (auto [i, input] : llvm::enumerate(found.op.getInputs())) {
    if (access.getGather(i) >= 0)
      return std::nullopt;
    auto part = follow(input, access.getInputMap(i).compose(map));
    if (!part)
      return std::nullopt;
    found.inputs.push_back(std::move(*part));
  }
  return found;
}

/// The argument of `entry` that is what `variable` is in another one.
static BlockArgument argumentFor(func::FuncOp entry, BlockArgument variable) {
  FlatSymbolRefAttr name = nameOf(variable);
  unsigned count = entry.getNumArguments();
  for (unsigned i = 0; i < count; ++i)
    if (moe::attr::variable.ofArgument(entry, i) == name)
      return entry.getArgument(i);
  auto attributes = Builder(entry.getContext())
                        .getDictionaryAttr(moe::attr::variable.with(name));
  (void)entry.insertArgument(count, variable.getType(), attributes,
                             variable.getLoc());
  return entry.getArgument(count);
}

void PreparedValue::addInputs(kernel::KernelSpec &spec, func::FuncOp entry,
                              ArrayRef<int64_t> dims) const {
  if (variable)
    spec.input(argumentFor(entry, variable),
               kernel::simplifyMap(map, dims).getResults());
  for (const PreparedValue &input : inputs)
    input.addInputs(spec, entry, dims);
}

Value PreparedValue::emit(OpBuilder &builder, ValueRange &elements,
                          ArrayRef<int64_t> dims) const {
  if (variable) {
    Value element = elements.front();
    elements = elements.drop_front();
    return element;
  }
  SmallVector<Value> arguments;
  for (const PreparedValue &input : inputs)
    arguments.push_back(input.emit(builder, elements, dims));
  kernel::MapOp of = op;
  return kernel::inlineBody(builder, of.getBody().front(), arguments, map, dims)
      .front();
}

} // namespace moec::schedule
