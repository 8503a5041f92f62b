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
#include "lib/Driver/Phases.h"
#include "lib/Driver/PlannedKernels.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "moec/Import.h"
#include "moec/InitAll.h"
#include "runtime/core/StartableThreads.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
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

/// Checks what is asked for; 0, or 2 after a message.
static int checkRequest(const CompileRequest &request) {
  auto found = target::findTarget(request.target);
  if (!found)
    return usage(llvm::toString(found.takeError()));
  if (auto machine = target::select(request.target, request.flags); !machine)
    return usage(llvm::toString(machine.takeError()));
  std::string name =
      request.target.empty() ? found->first->name().str() : request.target;
  std::vector<target::Phase> phases = phasesOf(*found->first);
  std::optional<size_t> until = findPhase(phases, request.emit);
  if (!until)
    return usage("--emit: target '" + name + "' has no phase '" + request.emit +
                 "'; expected one of " + phaseNamesOf(phases));
  if (request.printMemoryPlan && *until < *findPhase(phases, "memory"))
    return usage("--print-memory-plan: memory is planned in the phase memory, "
                 "behind --emit=" +
                 request.emit);
  if (request.from.empty())
    return 0;
  std::optional<size_t> from = findPhase(phases, request.from);
  if (!from || phases[*from].isText())
    return usage("--from: expected one of " + inputPhaseNamesOf(phases) +
                 " for target '" + name + "', got '" + request.from + "'");
  if (*until < *from)
    return usage("--emit=" + request.emit +
                 " comes before --from=" + request.from);
  if (request.tuning && *findPhase(phases, "schedule") <= *from)
    return usage("--tuning comes too late: the text of --from=" + request.from +
                 " has its schedules");
  if (request.train || request.batch || !request.precision.empty())
    return usage(
        "--mode, --batch and --precision are for JSON models; the text "
        "of --from=" +
        request.from + " has them in it");
  return 0;
}

/// Whether --dump-passes may write over the text that --from reads: a dump.
static bool dumpsOverText(const CompileRequest &request) {
  llvm::SmallString<128> text;
  if (request.from.empty() || request.dumpPasses.empty() ||
      llvm::sys::fs::real_path(request.model, text))
    return false;
  StringRef folder = llvm::sys::path::parent_path(text); // of its model
  return llvm::sys::fs::equivalent(llvm::sys::path::parent_path(folder),
                                   request.dumpPasses);
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
  if (int code = checkRequest(request))
    return code;
  if (dumpsOverText(request)) {
    printMessage("error", "--dump-passes " + Twine(request.dumpPasses) +
                              " holds " + request.model +
                              ", which is read and would be lost; name another "
                              "folder");
    return 1;
  }
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
  compileOptions.flags = request.flags;
  compileOptions.precision = request.precision;
  compileOptions.from = request.from;
  compileOptions.until = request.emit;
  compileOptions.locations = request.locations;
  compileOptions.dumpPasses = request.dumpPasses;
  compileOptions.timing = request.timing;
  compileOptions.printMemoryPlan = request.printMemoryPlan;
  if (request.tuning)
    compileOptions.tuning = buildTuning(context, *request.tuning);
  if (request.planned)
    compileOptions.planned = [&](ModuleOp planned) {
      request.planned(listKernels(planned, size_t(request.candidates)));
    };
  compileOptions.memoryLimit = request.memoryLimit;
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

std::string moec::driver::targetHelp() {
  std::string text;
  for (const target::Target *target : target::targets())
    text += (text.empty() ? "" : ", or ") + target->help() +
            (text.empty() ? " (default)" : "");
  return text;
}

std::vector<target::Flag> moec::driver::targetFlags() {
  std::vector<target::Flag> flags;
  for (const target::Target *target : target::targets())
    llvm::append_range(flags, target->flags());
  return flags;
}

std::string moec::driver::schemaText() { return modelSchema(); }
std::string moec::driver::opsText() { return describeModelOps(); }
