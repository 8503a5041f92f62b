//===- Compiler.cpp - From model IR to a module file ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/Compiler.h"
#include "dialects/Kernel/KernelFunctions.h"
#include "dialects/MoE/MoEConventions.h"
#include "lib/Driver/DumpPasses.h"
#include "lib/Driver/Output.h"
#include "lib/Driver/Phases.h"
#include "lib/Target/Manifest.h"
#include "lib/Target/ModuleFile.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/Timing.h"
#include "runtime/data/LockedFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
using namespace moec;
using namespace moec::driver;

/// A table of what each entry needs.
static void printPlan(ModuleOp module) {
  if (module.getOps<kernel::ProgramOp>().empty())
    return; // not planned yet

  auto mib = [](int64_t b) {
    return llvm::format("%10.2f MiB", b / 1048576.0);
  };
  llvm::MapVector<moe::Role, int64_t> variables;
  for (auto variable : module.getOps<moe::VariableOp>())
    variables[variable.getRole()] += variable.getBytes();
  for (auto [role, bytes] : variables)
    llvm::outs() << llvm::left_justify(moe::stringifyRole(role), 10) << ' '
                 << mib(bytes) << '\n';
  for (auto program : module.getOps<kernel::ProgramOp>()) {
    int64_t launches = 0;
    program.walk([&](kernel::LaunchOp) { ++launches; });
    llvm::outs() << "arena      " << mib(program.getArena()) << "  "
                 << program.getSymName() << ", " << launches << " launches, "
                 << kernel::attr::copies.number(program) << " copies\n";
  }
}

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
/// Runs one phase after the other.
class PhaseRunner {
public:
  PhaseRunner(ModuleOp module, const CompileOptions &options,
              TimingScope &timing)
      : module(module), options(options), timing(timing) {}

  /// The exit code.
  int open() {
    if (options.dumpPasses.empty())
      return 0;
    dumps.emplace(options.dumpPasses);
    std::error_code error = dumps->open(module);
    return error ? reportDumps("make the folder", error) : 0;
  }

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

private:
  int reportDumps(StringRef what, std::error_code error) {
    return report(
        module, llvm::createStringError(error, "--dump-passes: cannot " + what +
                                                   " '" + dumps->path() +
                                                   "': " + error.message()));
  }

  ModuleOp module;
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
  (*machine)->narrowTo(module);

  std::vector<target::Phase> phases = phasesOf(*target->first);
  std::optional<size_t> from = findPhase(phases, options.from),
                        until = findPhase(phases, options.until);
  if (!until || (!from && !options.from.empty()))
    return report(module, llvm::createStringError("expected phases of " +
                                                  phaseNamesOf(phases) +
                                                  ", got " + options.from +
                                                  " and " + options.until));
  PhaseRunner runner(module, options, timing);
  if (int code = runner.open())
    return code;
  bool described = false;
  for (size_t i = from.value_or(0); i <= *until; ++i) {
    if (phases[i].forMachine && !std::exchange(described, true))
      if (failed(describeMachine(
              module, (*machine)->describe(module.getContext()), options)))
        return 1;
    if (phases[i].isText())
      continue;
    if (int code = from == i ? runner.check(phases[i]) : runner.run(phases[i]))
      return code;
  }
  if (options.printMemoryPlan)
    printPlan(module);

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
