//===- CompileModel.cpp - From a model file to a module file ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/CompileModel.h"
#include "lib/Driver/Compiler.h"
#include "lib/Driver/Output.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Remarks.h"
#include "moec/Import.h"
#include "moec/InitAll.h"
#include "runtime/core/StartableThreads.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace moec;
using namespace moec::driver;

/// "FILE:LINE:COLUMN: error: node 'NAME': ...", as the importer writes; what
/// stands nowhere in the model is said by the program.
static void printDiagnostic(Diagnostic &diagnostic, raw_ostream &os) {
  std::string place, node;
  diagnostic.getLocation()->walk([&](Location loc) {
    if (auto name = dyn_cast<NameLoc>(loc); name && node.empty())
      node = "node '" + name.getName().str() + "': ";
    auto file = dyn_cast<FileLineColLoc>(loc);
    if (!file)
      return WalkResult::advance();
    place = (file.getFilename().getValue() + ":" + Twine(file.getLine()) + ":" +
             Twine(file.getColumn()) + ": ")
                .str();
    return WalkResult::interrupt();
  });
  switch (diagnostic.getSeverity()) {
  case DiagnosticSeverity::Error:
    os << (place.empty() ? "moec: " : place) << "error: ";
    break;
  case DiagnosticSeverity::Warning:
    os << (place.empty() ? "moec: " : place) << "warning: ";
    break;
  case DiagnosticSeverity::Note:
    os << "  note: ";
    break;
  case DiagnosticSeverity::Remark:
    os << place << "remark: ";
    break;
  }
  os << node << diagnostic << '\n';
  for (Diagnostic &note : diagnostic.getNotes())
    printDiagnostic(note, os);
}

/// Remarks of categories that match `pattern` become diagnostics.
static LogicalResult printRemarks(MLIRContext &context, StringRef pattern) {
  if (pattern.empty())
    return success();
  std::string why;
  if (!llvm::Regex(pattern).isValid(why)) {
    llvm::errs() << "moec: error: --remarks '" << pattern
                 << "' is no regular expression: " << why << '\n';
    return failure();
  }
  std::string all = pattern.str();
  remark::RemarkCategories categories{all, all, all, all, all};
  return remark::enableOptimizationRemarks(
      context, /*streamer=*/nullptr,
      std::make_unique<remark::RemarkEmittingPolicyAll>(), categories,
      /*printAsEmitRemarks=*/true);
}

int moec::driver::compileModel(const CompileRequest &request) {
  std::optional<Phase> until = parsePhase(request.emit);
  if (!until) {
    llvm::errs() << "moec: error: unknown phase '" << request.emit
                 << "'; expected one of " << phaseNames() << '\n';
    return 2;
  }
  if (!hasPhase(request.target, *until)) {
    llvm::errs() << "moec: error: target '" << request.target
                 << "' has no phase '" << request.emit << "'; expected one of "
                 << phaseNamesOf(request.target) << '\n';
    return 2;
  }
  // Tried before any work; what stands there stays until all is well.
  OutputFile output;
  auto written = [&](llvm::Error error) {
    if (!error)
      return true;
    llvm::errs() << "moec: error: cannot write '" << request.output
                 << "': " << llvm::toString(std::move(error)) << '\n';
    return false;
  };
  if (!written(output.open(request.output)))
    return 1;
  DialectRegistry registry;
  registerAllDialects(registry);
  // Functions go in parallel, but whole-module dumps want one thread. LLVM's
  // pool ends the process when a thread cannot be started.
  int cores = llvm::hardware_concurrency().compute_thread_count();
  int workers = startableThreads(cores + 1) - 1;
  std::optional<llvm::DefaultThreadPool> pool;
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  if (workers > 1 && request.dumpPasses.empty()) {
    pool.emplace(llvm::hardware_concurrency(workers));
    context.setThreadPool(*pool);
  }
  ImportOptions options;
  options.train = request.train;
  options.batch = request.batch;
  OwningOpRef<ModuleOp> module =
      importModelFile(request.model, context, options, llvm::errs());
  if (!module)
    return 1;
  ScopedDiagnosticHandler handler(&context, [](Diagnostic &diagnostic) {
    printDiagnostic(diagnostic, llvm::errs());
  });
  if (failed(printRemarks(context, request.remarks)))
    return 2;
  CompileOptions compileOptions;
  compileOptions.target = request.target;
  compileOptions.cpu = request.cpu;
  compileOptions.precision = request.precision;
  compileOptions.until = *until;
  compileOptions.dumpPasses = request.dumpPasses;
  compileOptions.timing = request.timing;
  compileOptions.printMemoryPlan = request.printMemoryPlan;
  compileOptions.disabledPasses = request.disabledPasses;
  if (failed(compile(*module, compileOptions, output.path())))
    return 1;
  return written(output.commit()) ? 0 : 1;
}

std::string moec::driver::schemaText() { return modelSchema(); }
std::string moec::driver::opsText() { return describeModelOps(); }
