//===- ModelWork.cpp - What a model holds and does ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/ModelWork.h"
#include "dialects/Kernel/KernelOps.h"
#include "dialects/MoE/MoEConventions.h"
#include "lib/Driver/Diagnostics.h"
#include "lib/Driver/Phases.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "moec/Import.h"
#include "moec/InitAll.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace moec;
using namespace moec::driver;

/// The first entry `infer`; the other entries are erased.
static func::FuncOp keepInference(ModuleOp module) {
  func::FuncOp kept;
  for (auto function :
       llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
    auto entry = moe::attr::entry.get(function);
    if (!kept && entry && entry.getName() == "infer")
      kept = function;
    else
      function.erase();
  }
  return kept;
}

/// Floating-point operations of a run; those of a repeat once a layer.
static double countFlops(func::FuncOp function) {
  double flops = 0;
  function.walk([&](kernel::KernelOpInterface op) {
    double each = op.getFlops();
    for (auto repeat = op->getParentOfType<moe::RepeatOp>(); repeat;
         repeat = repeat->getParentOfType<moe::RepeatOp>())
      each *= repeat.getCount();
    flops += each;
  });
  return flops;
}

std::string moec::driver::modelProblems(const std::string &text,
                                        const std::string &name) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  std::string problems;
  llvm::raw_string_ostream os(problems);
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    printDiagnostic(diagnostic, os);
  });
  ImportOptions options;
  options.train = options.trainingOptional = true;
  return importModel(text, name, context, options, os) ? "" : problems;
}

std::optional<ModelWork> moec::driver::measureModel(const std::string &text,
                                                    const std::string &name) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  ScopedDiagnosticHandler handler(&context, [](Diagnostic &diagnostic) {
    printDiagnostic(diagnostic, llvm::errs());
  });
  OwningOpRef<ModuleOp> module =
      importModel(text, name, context, ImportOptions(), llvm::errs());
  if (!module)
    return std::nullopt;
  ModelWork work;
  for (auto variable : module->getOps<moe::VariableOp>())
    if (variable.getRole() == moe::Role::Parameter)
      work.parameters += variable.getTensorType().getNumElements();

  func::FuncOp inference = keepInference(*module);
  int64_t batch = moe::attr::entry.get(inference).getBatch();
  // Where there are kernels; the phases before are the same for all targets.
  std::vector<target::Phase> phases = phasesOf(*target::targets().front());
  PassManager pm(&context);
  for (size_t i = 0; i <= *findPhase(phases, "kernel"); ++i)
    phases[i].pipeline(pm, [](StringRef) { return true; });
  if (failed(pm.run(*module)))
    return std::nullopt;
  work.flopsPerImage =
      countFlops(*module->getOps<func::FuncOp>().begin()) / double(batch);
  return work;
}
