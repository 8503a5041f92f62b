//===- FixedVariables.cpp - Variables that no step changes ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Schedule/FixedVariables.h"
#include "dialects/Kernel/IndexingMaps.h"
#include "dialects/MoE/MoEConventions.h"

using namespace mlir;

namespace moec::schedule {

bool canBeDerived(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isF32() || element.isBF16();
}

FixedVariables::FixedVariables(ModuleOp module) {
  SymbolTable symbols(module);
  for (auto function : module.getOps<func::FuncOp>()) {
    SmallVector<Attribute> written;
    bool derivedAlone = true;
    for (unsigned i = 0; i < function.getNumResults(); ++i) {
      FlatSymbolRefAttr name = moe::attr::variable.ofResult(function, i);
      auto variable =
          name ? symbols.lookup<moe::VariableOp>(name.getAttr()) : nullptr;
      derivedAlone &= variable && variable.getRole() == moe::Role::Derived;
      if (name)
        written.push_back(name);
    }
    if (written.empty())
      continue;
    if (derivedAlone)
      prepare = function;
    else
      changed.insert(written.begin(), written.end());
  }
}

bool FixedVariables::contains(BlockArgument argument) const {
  auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  if (!function || !moe::attr::entry.isOn(function) || function == prepare)
    return false;
  FlatSymbolRefAttr name =
      moe::attr::variable.ofArgument(function, argument.getArgNumber());
  return name && !changed.contains(name);
}

std::optional<VariablePart> FixedVariables::find(Value value) const {
  VariablePart part;
  part.map = kernel::getViewMap(value);
  Value root = kernel::getViewRoot(value);
  while (auto argument = dyn_cast<BlockArgument>(root)) {
    unsigned number = argument.getArgNumber();
    auto repeat = dyn_cast<moe::RepeatOp>(argument.getOwner()->getParentOp());
    if (!repeat) {
      part.variable = argument;
      return contains(argument) ? std::optional(part) : std::nullopt;
    }
    if (number < repeat.getCarried().size())
      return std::nullopt;
    // A slice: its place in the stack is the iteration.
    Value stack = repeat->getOperand(number);
    part.map = part.map.shiftDims(1).insertResult(
        getAffineDimExpr(0, value.getContext()), 0);
    part.map = kernel::getViewMap(stack).compose(part.map);
    part.repeats.insert(part.repeats.begin(), repeat);
    root = kernel::getViewRoot(stack);
  }
  return std::nullopt;
}

} // namespace moec::schedule
