//===- Phases.cpp - The levels of the compiler ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/Phases.h"
#include "mlir/IR/BuiltinOps.h"
#include "passes/Autodiff/Passes.h"
#include "passes/Fusion/Passes.h"
#include "passes/Memory/Passes.h"
#include "passes/Model/Passes.h"
#include "passes/Precision/Passes.h"
#include "passes/Schedule/Passes.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace moec;
using namespace moec::driver;
using target::Phase;

static const Phase sharedPhases[] = {
    {"moe", model::buildModelPipeline, model::createVerifyModelPass,
     /*forMachine=*/false},
    {"autodiff", autodiff::buildAutodiffPipeline,
     autodiff::createVerifyAutodiffPass, /*forMachine=*/false},
    {"kernel", fusion::buildFusionPipeline, fusion::createVerifyFusionPass},
    {"precision", precision::buildPrecisionPipeline,
     precision::createVerifyPrecisionPass},
    {"schedule", schedule::buildSchedulePipeline,
     schedule::createVerifySchedulePass},
    {"memory", memory::buildMemoryPipeline, memory::createVerifyMemoryPass},
};

std::vector<Phase> moec::driver::phasesOf(const target::Target &target) {
  std::vector<Phase> phases(std::begin(sharedPhases), std::end(sharedPhases));
  llvm::append_range(phases, target.phases());
  phases.push_back({"module"});
  return phases;
}

std::optional<size_t> moec::driver::findPhase(ArrayRef<Phase> phases,
                                              StringRef name) {
  for (auto [i, phase] : llvm::enumerate(phases))
    if (phase.name == name)
      return i;
  return std::nullopt;
}

static std::string join(ArrayRef<Phase> phases, bool onlyIR) {
  llvm::SetVector<StringRef> names;
  for (const Phase &phase : phases)
    if (!onlyIR || !phase.isText())
      names.insert(phase.name);
  return llvm::join(names, ", ");
}

std::string moec::driver::phaseNames() {
  std::vector<Phase> all;
  for (const target::Target *target : target::targets()) {
    if (!all.empty())
      all.pop_back(); // the module file comes last for all of them
    llvm::append_range(all, phasesOf(*target));
  }
  return join(all, /*onlyIR=*/false);
}

std::string moec::driver::phaseNamesOf(ArrayRef<Phase> phases) {
  return join(phases, /*onlyIR=*/false);
}

std::string moec::driver::inputPhaseNamesOf(ArrayRef<Phase> phases) {
  return join(phases, /*onlyIR=*/true);
}

std::vector<std::string> moec::driver::optionalPasses() {
  std::vector<std::string> names;
  auto note = [&](StringRef name) {
    if (!llvm::is_contained(names, name))
      names.push_back(name.str());
    return false;
  };
  for (const target::Target *target : target::targets())
    for (const Phase &phase : phasesOf(*target))
      if (!phase.isText()) {
        OpPassManager unused(ModuleOp::getOperationName());
        phase.pipeline(unused, note);
      }
  return names;
}
