//===- CompileModel.cpp - From a model file to a module file ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/CompileModel.h"
#include "lib/Driver/Compiler.h"
#include "lib/Driver/Diagnostics.h"
#include "lib/Driver/Output.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "moec/Import.h"
#include "moec/InitAll.h"
#include "runtime/core/StartableThreads.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace moec;
using namespace moec::driver;

/// A usage error; `text` without "moec: error: ".
static int usage(const Twine &text) {
  printMessage("error", text);
  return 2;
}

/// Checks the phases of `request`; 0, or 2 after a message.
static int checkPhases(const CompileRequest &request,
                       std::optional<Phase> &until,
                       std::optional<Phase> &from) {
  until = parsePhase(request.emit);
  if (!until)
    return usage("--emit: unknown phase '" + request.emit +
                 "'; expected one of " + phaseNamesOf(request.target));
  if (!hasPhase(request.target, *until))
    return usage("--emit: target '" + request.target + "' has no phase '" +
                 request.emit + "'; expected one of " +
                 phaseNamesOf(request.target));
  if (request.from.empty())
    return 0;
  from = parsePhase(request.from);
  if (!from || !canGoOnFrom(*from) || !hasPhase(request.target, *from))
    return usage("--from: expected one of " +
                 inputPhaseNamesOf(request.target) + " for target '" +
                 request.target + "', got '" + request.from + "'");
  if (*until < *from)
    return usage("--emit=" + request.emit +
                 " comes before --from=" + request.from);
  if (request.train || request.batch || !request.precision.empty())
    return usage(
        "--mode, --batch and --precision are for JSON models; the text "
        "of --from=" +
        request.from + " has them in it");
  return 0;
}

/// The module that the request names; null after messages.
static OwningOpRef<ModuleOp> readModel(const CompileRequest &request,
                                       MLIRContext &context) {
  if (!request.from.empty())
    return parseSourceFile<ModuleOp>(request.model, &context);
  ImportOptions options;
  options.train = request.train || request.trainIfDescribed;
  options.trainingOptional = request.trainIfDescribed;
  options.batch = request.batch;
  return importModelFile(request.model, context, options, llvm::errs());
}

/// What was printed on the way may have found no place.
static int flushOutput() {
  llvm::outs().flush();
  std::error_code error = llvm::outs().error();
  if (!error)
    return 0;
  llvm::outs().clear_error();
  printMessage("error",
               "cannot write to standard output: " + Twine(error.message()));
  return exitCodeOf(error);
}

int moec::driver::compileModel(const CompileRequest &request) {
  std::optional<Phase> until, from;
  if (int code = checkPhases(request, until, from))
    return code;
  // Tried before any work; what stands there stays until all is well.
  OutputFile output;
  auto written = [&](llvm::Error error) {
    if (!error)
      return 0;
    std::error_code code = llvm::errorToErrorCode(std::move(error));
    printMessage("error", "cannot write '" + Twine(request.output) +
                              "': " + code.message());
    return exitCodeOf(code);
  };
  if (int code = written(output.open(request.output)))
    return code;
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
  ScopedDiagnosticHandler handler(&context, [](Diagnostic &diagnostic) {
    printDiagnostic(diagnostic, llvm::errs());
  });
  OwningOpRef<ModuleOp> module = readModel(request, context);
  if (!module)
    return 1;
  std::shared_ptr<RemarkCount> remarks;
  if (!request.remarks.empty()) {
    auto enabled = enableRemarks(context, request.remarks);
    if (!enabled)
      return usage(llvm::toString(enabled.takeError()));
    remarks = *enabled;
  }
  CompileOptions compileOptions;
  compileOptions.target = request.target;
  compileOptions.cpu = request.cpu;
  compileOptions.precision = request.precision;
  compileOptions.from = from;
  compileOptions.until = *until;
  compileOptions.locations = request.locations;
  compileOptions.dumpPasses = request.dumpPasses;
  compileOptions.timing = request.timing;
  compileOptions.printMemoryPlan = request.printMemoryPlan;
  compileOptions.disabledPasses = request.disabledPasses;
  int code = compile(*module, compileOptions, output.path());
  if (remarks && !code)
    warnWithoutRemarks(*remarks);
  int printed = flushOutput();
  if (code || printed)
    return code ? code : printed;
  return written(output.commit());
}

std::string moec::driver::llvmVersion() { return LLVM_VERSION_STRING; }

std::string moec::driver::schemaText() { return modelSchema(); }
std::string moec::driver::opsText() { return describeModelOps(); }
