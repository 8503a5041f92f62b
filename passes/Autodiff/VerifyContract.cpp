//===- VerifyContract.cpp - What must hold after autodiff -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Autodiff/Passes.h"
#include "llvm/ADT/StringSet.h"

namespace moec {
#define GEN_PASS_DEF_VERIFYAUTODIFFPASS
#include "passes/Autodiff/Passes.h.inc"
} // namespace moec

using namespace mlir;
using namespace moec;

/// One result `moe.grad` of the parameter's type for each `moe.param`, in the
/// order of the arguments and after all other results.
static LogicalResult checkGradients(func::FuncOp function) {
  unsigned result = 0, results = function.getNumResults();
  while (result < results && !function.getResultAttr(result, "moe.grad"))
    ++result;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    auto name = function.getArgAttrOfType<StringAttr>(i, "moe.param");
    if (!name)
      continue;
    if (result == results || function.getResultAttr(result, "moe.grad") != name)
      return function.emitError()
             << "result " << result << " must be the gradient of parameter "
             << name << " (moe.grad = " << name << ")";
    if (function.getResultTypes()[result] != function.getArgumentTypes()[i])
      return function.emitError()
             << "the gradient of parameter " << name << " has type "
             << function.getResultTypes()[result] << ", the parameter "
             << function.getArgumentTypes()[i];
    ++result;
  }
  if (result != results)
    return function.emitError()
           << "result " << result
           << " comes after the gradients, but belongs to no parameter";
  return success();
}

/// The update reads the gradients of all trained parameters of the module.
static LogicalResult checkTable(ModuleOp module, func::FuncOp function) {
  auto table = module->getAttrOfType<ArrayAttr>("moe.parameters");
  if (!table)
    return success();
  llvm::StringSet<> taken;
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (auto name = function.getArgAttrOfType<StringAttr>(i, "moe.param"))
      taken.insert(name);
  for (auto entry : table.getAsRange<DictionaryAttr>()) {
    auto name = entry.getAs<StringAttr>("name");
    auto trained = entry.getAs<BoolAttr>("trained");
    if (trained && !trained.getValue())
      continue;
    if (!taken.contains(name))
      return function.emitError()
             << "parameter " << name
             << " has no gradient: @train_step does not take it";
  }
  return success();
}

namespace {
struct VerifyAutodiffPass
    : public moec::impl::VerifyAutodiffPassBase<VerifyAutodiffPass> {
  using VerifyAutodiffPassBase::VerifyAutodiffPassBase;

  void runOnOperation() override {
    if (Operation *loss = getOperation().lookupSymbol("loss")) {
      loss->emitError() << "@loss is left after autodiff";
      return signalPassFailure();
    }
    auto function = getOperation().lookupSymbol<func::FuncOp>("train_step");
    if (!function)
      return;
    if (failed(checkGradients(function)) ||
        failed(checkTable(getOperation(), function)))
      return signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
