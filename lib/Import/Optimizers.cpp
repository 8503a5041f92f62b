//===- Optimizers.cpp - The optimizers of the JSON format -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Optimizers.h"

using namespace mlir;
using namespace moec;
using namespace moec::import;

template <typename Op> static OptimizerDef describe() {
  const moe::UpdateInfo &info = Op::getInfo();
  OptimizerDef optimizer{info.name,
                         info.doc,
                         {},
                         info.moments,
                         info.countsSteps,
                         info.sumsOverLayers,
                         Op::getOperationName()};
  for (const moe::UpdateSetting &setting : info.settings) {
    auto make = setting.kind == moe::UpdateSetting::Kind::Decay
                    ? AttrDef::decay
                    : AttrDef::positive;
    optimizer.attrs.push_back(
        make(setting.name, setting.fallback, setting.doc));
  }
  return optimizer;
}

/// Every optimizer. A line here is all that one of them needs in the importer.
static ArrayRef<OptimizerDef> table() {
  static const OptimizerDef optimizers[] = {
      describe<moe::AdamWUpdateOp>(),
      describe<moe::LambUpdateOp>(),
      describe<moe::LionUpdateOp>(),
      describe<moe::SgdUpdateOp>(),
  };
  return optimizers;
}

ArrayRef<OptimizerDef> moec::import::allOptimizers() { return table(); }

const OptimizerDef *moec::import::findOptimizer(StringRef name) {
  for (const OptimizerDef &optimizer : table())
    if (name == optimizer.name)
      return &optimizer;
  return nullptr;
}

Operation *moec::import::createUpdate(const OptimizerDef &optimizer,
                                      UpdateBuild &u) {
  OperationState state(u.loc, optimizer.op);
  state.addOperands(u.params);
  state.addOperands(u.grads);
  for (const auto &list : u.moments)
    state.addOperands(list);
  state.addOperands(u.rate);
  if (optimizer.countsSteps)
    state.addOperands(u.step);
  state.addOperands(u.gradScale);
  for (size_t i = 0; i <= optimizer.moments.size(); ++i)
    state.addTypes(u.types());
  for (const AttrDef &attr : optimizer.attrs)
    state.addAttribute(attr.name, u.attr(attr.name));
  state.addAttribute("weight_decay", u.number(u.weightDecay));
  if (optimizer.sumsOverLayers)
    state.addAttribute("slices", u.b.getDenseI64ArrayAttr(u.layers));
  return u.b.create(state);
}
