//===- Compiler.cpp - From model IR to a module file ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/Compiler.h"
#include "dialects/Kernel/KernelTuning.h"
#include "dialects/MoE/MoEConventions.h"
#include "lib/Driver/DumpPasses.h"
#include "lib/Driver/MemoryLimit.h"
#include "lib/Driver/MemoryPlan.h"
#include "lib/Driver/Output.h"
#include "lib/Driver/Phases.h"
#include "lib/Target/Manifest.h"
#include "lib/Target/ModuleFile.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/Timing.h"
#include "runtime/data/LockedFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
using namespace moec;
using namespace moec::driver;

/// Makes an error a diagnostic; the exit code.
static int report(ModuleOp module, llvm::Error error) {
  std::error_code code;
  std::string text;
  llvm::handleAllErrors(std::move(error), [&](const llvm::ErrorInfoBase &info) {
    code = info.convertToErrorCode();
    text += (text.empty() ? "" : "; ") + info.message();
  });
  mlir::emitError(UnknownLoc::get(module.getContext())) << text;
  return exitCodeOf(code);
}

/// Writes what `print` prints to `path`; the exit code.
static int writeText(ModuleOp module, StringRef path,
                     llvm::function_ref<void(raw_ostream &)> print) {
  std::error_code error;
  llvm::ToolOutputFile file(path, error, llvm::sys::fs::OF_None);
  if (!error) {
    print(file.os());
    file.os().flush();
    error = file.os().error();
    file.os().clear_error();
  }
  if (!error) {
    file.keep();
    return 0;
  }
  return report(module, llvm::createStringError(
                            error, "cannot write " +
                                       (path == "-" ? "standard output"
                                                    : "'" + path.str() + "'") +
                                       ": " + error.message()));
}

/// The IR as text.
static int writeIR(ModuleOp module, const CompileOptions &options,
                   StringRef path) {
  OpPrintingFlags flags;
  if (options.locations)
    flags.enableDebugInfo(/*enable=*/true, /*prettyForm=*/false);
  return writeText(module, path, [&](raw_ostream &os) {
    module->print(os, flags);
    os << '\n';
  });
}

/// Says on the module what it is compiled for. A text that has said so before
/// keeps it, if the target can run it.
static LogicalResult describeMachine(ModuleOp module,
                                     kernel::MachineInterface target,
                                     const CompileOptions &options) {
  kernel::MachineInterface machine = kernel::findMachine(module);
  if (!machine)
    kernel::setMachine(module, target);
  else if (!machine.runsOn(target))
    return emitError(UnknownLoc::get(module.getContext()))
           << "the text is compiled for " << machine << ", but target '"
           << (options.target.empty() ? target::targets().front()->name()
                                      : StringRef(options.target))
           << "' is " << target
           << "; give the --target and its flags that it was made with";
  return success();
}

namespace {
/// The phases of a compilation.
struct PhaseSequence {
  ArrayRef<target::Phase> phases;
  /// The one whose text it goes on from.
  std::optional<size_t> from;
  kernel::MachineInterface machine;
};

/// Runs one phase after the other.
class PhaseRunner {
public:
  PhaseRunner(ModuleOp module, const PhaseSequence &sequence,
              const CompileOptions &options, TimingScope &timing)
      : module(module), sequence(sequence), options(options), timing(timing) {}

  /// The exit code.
  int open() {
    if (options.dumpPasses.empty())
      return 0;
    dumps.emplace(options.dumpPasses);
    std::error_code error = dumps->open(module);
    return error ? reportDumps("make the folder", error) : 0;
  }

  /// Those from `begin` to before `end` that make IR.
  int run(size_t begin, size_t end) {
    bool described = false;
    for (size_t i = begin; i < end; ++i) {
      const target::Phase &phase = sequence.phases[i];
      if (phase.forMachine && !std::exchange(described, true) &&
          failed(describeMachine(module, sequence.machine, options)))
        return 1;
      if (phase.isText())
        continue;
      if (int code = sequence.from == i ? check(phase) : run(phase))
        return code;
    }
    return 0;
  }

private:
  int run(const target::Phase &phase) {
    PassManager pm(module.getContext());
    pm.enableTiming(timing);
    if (dumps)
      dumps->addTo(pm);
    phase.pipeline(pm, [&](StringRef name) {
      return !llvm::is_contained(options.disabledPasses, name);
    });
    if (failed(pm.run(module)))
      return 1;
    return dumps && dumps->error() ? reportDumps("write to", dumps->error())
                                   : 0;
  }

  /// The same for the text of a phase, which it checks.
  int check(const target::Phase &phase) {
    PassManager pm(module.getContext());
    pm.enableTiming(timing);
    pm.addPass(phase.check());
    return succeeded(pm.run(module)) ? 0 : 1;
  }

  int reportDumps(StringRef what, std::error_code error) {
    return report(
        module, llvm::createStringError(error, "--dump-passes: cannot " + what +
                                                   " '" + dumps->path() +
                                                   "': " + error.message()));
  }

  ModuleOp module;
  const PhaseSequence &sequence;
  const CompileOptions &options;
  TimingScope &timing;
  std::optional<PassDumps> dumps;
};
} // namespace

/// Writes the module file; the exit code.
static int writeModule(ModuleOp module, target::Machine &machine,
                       StringRef path) {
  rt::ScratchFolder folder;
  auto scratch = [&]() -> llvm::Expected<std::string> {
    if (std::error_code error = folder.make())
      return llvm::createStringError(
          error,
          "cannot make a folder for temporary files: " + error.message());
    return folder.path();
  };
  llvm::Expected<target::Code> code = machine.emitCode(module, scratch);
  if (!code)
    return report(module, code.takeError());
  FailureOr<std::string> manifest = target::buildManifest(module, machine);
  if (failed(manifest))
    return 1;
  if (llvm::Error error =
          target::writeModule(std::move(*code), std::move(*manifest), path))
    return report(module, std::move(error));
  return 0;
}

int moec::driver::compile(ModuleOp module, const CompileOptions &options,
                          StringRef path) {
  DefaultTimingManager timer;
  timer.setEnabled(options.timing);
  TimingScope timing = timer.getRootScope();
  auto target = target::findTarget(options.target);
  if (!target)
    return report(module, target.takeError());
  auto machine = target::select(options.target, options.flags);
  if (!machine)
    return report(module, machine.takeError());
  Builder b(module.getContext());
  if (!options.precision.empty())
    moe::attr::precision.set(module, b.getStringAttr(options.precision));
  if (options.tuning)
    kernel::attr::tuning.set(module, options.tuning);
  (*machine)->narrowTo(module);

  std::vector<target::Phase> phases = phasesOf(*target->first);
  std::optional<size_t> from = findPhase(phases, options.from),
                        until = findPhase(phases, options.until);
  if (!until || (!from && !options.from.empty()))
    return report(module, llvm::createStringError("expected phases of " +
                                                  phaseNamesOf(phases) +
                                                  ", got " + options.from +
                                                  " and " + options.until));
  PhaseSequence sequence{phases, from,
                         (*machine)->describe(module.getContext())};
  size_t first = from.value_or(0);
  if (options.memoryLimit) {
    size_t planned = *findPhase(phases, "memory") + 1;
    CompileOptions quiet = options;
    quiet.dumpPasses.clear();
    auto plan = [&](ModuleOp copy, bool code) {
      PhaseRunner runner(copy, sequence, quiet, timing);
      return success(!(code
                           ? runner.run(std::max(first, planned), phases.size())
                           : runner.run(first, planned)));
    };
    if (failed(fitMemory(module, options.memoryLimit, plan)))
      return 1;
  }
  PhaseRunner runner(module, sequence, options, timing);
  if (int code = runner.open())
    return code;
  size_t end = *until + 1;
  if (options.planned) {
    size_t planned = *findPhase(phases, "memory") + 1;
    if (int code = runner.run(first, std::min(planned, end)))
      return code;
    options.planned(module);
    first = std::max(first, planned);
  }
  if (int code = runner.run(first, end))
    return code;
  if (options.printMemoryPlan)
    MemoryPlan(module).print(llvm::outs());

  const target::Phase &last = phases[*until];
  if (!last.isText())
    return writeIR(module, options, path);
  TimingScope emission = timing.nest("code");
  if (last.name == phases.back().name)
    return writeModule(module, **machine, path);
  llvm::Expected<std::string> text = (*machine)->emitText(module, last.name);
  if (!text)
    return report(module, text.takeError());
  return writeText(module, path, [&](raw_ostream &os) { os << *text; });
}
