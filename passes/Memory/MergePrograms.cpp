//===- MergePrograms.cpp - Append @update to @train_step ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// kernel.program @train_step arena 100 {A}   kernel.program @update arena 50
// {B} becomes kernel.program @train_step arena 100 {A B}
//
// Shown by test/passes/Memory/merge-programs.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelOps.h"
#include "passes/Memory/Passes.h"

namespace moec::memory {
#define GEN_PASS_DEF_MERGEPROGRAMSPASS
#include "passes/Memory/Passes.h.inc"
} // namespace moec::memory

using namespace mlir;
using namespace moec;

/// `a` and those of `b` whose names `a` does not have.
static ArrayAttr joinByName(ArrayAttr a, ArrayAttr b) {
  SmallVector<Attribute> all(a.begin(), a.end());
  for (auto entry : b.getAsRange<DictionaryAttr>())
    if (llvm::none_of(a.getAsRange<DictionaryAttr>(), [&](DictionaryAttr e) {
          return e.get("name") == entry.get("name");
        }))
      all.push_back(entry);
  return ArrayAttr::get(a.getContext(), all);
}

namespace {
struct MergeProgramsPass
    : memory::impl::MergeProgramsPassBase<MergeProgramsPass> {
  void runOnOperation() override {
    auto step = getOperation().lookupSymbol<kernel::ProgramOp>("train_step");
    auto update = getOperation().lookupSymbol<kernel::ProgramOp>("update");
    if (!step || !update)
      return;
    step.setArena(std::max(step.getArena(), update.getArena()));
    step.setInputsAttr(joinByName(step.getInputs(), update.getInputs()));
    step.setOutputsAttr(joinByName(step.getOutputs(), update.getOutputs()));
    step.getBody().front().getOperations().splice(
        step.getBody().front().end(), update.getBody().front().getOperations());
    update.erase();
  }
};
} // namespace
