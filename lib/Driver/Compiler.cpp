//===- Compiler.cpp - From model IR to a module file ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/Compiler.h"
#include "dialects/Kernel/KernelFunctions.h"
#include "dialects/Kernel/KernelOps.h"
#include "dialects/MoE/MoEConventions.h"
#include "lib/Driver/CompileGpu.h"
#include "lib/Driver/DumpPasses.h"
#include "lib/Driver/Output.h"
#include "lib/Target/Manifest.h"
#include "lib/Target/Object.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/Timing.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
using namespace moec;
using namespace moec::driver;

static LogicalResult runPhases(ModuleOp module, const PhaseOptions &options,
                               PassDumps *dumps, Phase from, Phase until,
                               TimingScope &timing) {
  PassManager pm(module.getContext());
  pm.enableTiming(timing);
  if (dumps)
    dumps->addTo(pm);
  buildPhases(pm, options, from, until);
  return pm.run(module);
}

/// The programs are data now and stand in the manifest.
static void erasePrograms(ModuleOp module) {
  for (auto program :
       llvm::make_early_inc_range(module.getOps<kernel::ProgramOp>()))
    program.erase();
  for (auto variable :
       llvm::make_early_inc_range(module.getOps<moe::VariableOp>()))
    variable.erase();
  module->setDiscardableAttrs(ArrayRef<NamedAttribute>{});
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    function->setDiscardableAttrs(ArrayRef<NamedAttribute>{});
}

/// A table of what each entry needs.
static void printPlan(ModuleOp module) {
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

int moec::driver::writeText(ModuleOp module, StringRef path,
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

int moec::driver::report(ModuleOp module, llvm::Error error) {
  std::error_code code;
  std::string text;
  llvm::handleAllErrors(std::move(error), [&](const llvm::ErrorInfoBase &info) {
    code = info.convertToErrorCode();
    text += (text.empty() ? "" : "; ") + info.message();
  });
  mlir::emitError(UnknownLoc::get(module.getContext())) << text;
  return exitCodeOf(code);
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

/// From the phase CPU on: the manifest, and native code.
static int emitCpu(ModuleOp module, const CompileOptions &options,
                   const target::Machine &machine, StringRef path,
                   llvm::function_ref<LogicalResult()> toLLVM,
                   TimingScope &timing) {
  FailureOr<std::string> manifest = target::buildManifest(module, machine);
  if (failed(manifest))
    return 1;
  // What the runtime does itself is no code of the module.
  for (auto func : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
    if (kernel::attr::builtin.isOn(func))
      func.erase();
  if (failed(toLLVM()))
    return 1;
  erasePrograms(module);
  if (options.until == Phase::LLVM)
    return writeIR(module, options, path);

  TimingScope native = timing.nest("native code");
  if (options.until == Phase::Module) {
    llvm::Expected<std::vector<std::string>> objects =
        target::emitObjects(module, machine, *manifest);
    if (!objects)
      return report(module, objects.takeError());
    if (llvm::Error error = target::linkShared(*objects, path))
      return report(module, std::move(error));
    return 0;
  }
  llvm::LLVMContext context;
  llvm::Expected<std::unique_ptr<llvm::Module>> code =
      target::translateToLLVM(module, machine, *manifest, context);
  if (!code)
    return report(module, code.takeError());
  if (options.until == Phase::LLVMIR)
    return writeText(module, path,
                     [&](raw_ostream &os) { (*code)->print(os, nullptr); });
  llvm::Expected<std::string> text =
      target::emitNative(**code, machine, /*assembly=*/true);
  if (!text)
    return report(module, text.takeError());
  return writeText(module, path, [&](raw_ostream &os) { os << *text; });
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
           << options.target << "' is " << target
           << "; give the --target and --cpu that it was made with";
  return success();
}

int moec::driver::compile(ModuleOp module, const CompileOptions &options,
                          StringRef path) {
  DefaultTimingManager timer;
  timer.setEnabled(options.timing);
  TimingScope timing = timer.getRootScope();
  PhaseOptions phases;
  Builder b(module.getContext());
  if (!options.precision.empty())
    moe::attr::precision.set(module, b.getStringAttr(options.precision));
  phases.disabledPasses = options.disabledPasses;
  llvm::Expected<target::Machine> machine = target::getMachine(options.cpu);
  if (!machine)
    return report(module, machine.takeError());
  // What nothing asks for is not demanded of the CPU that runs the module.
  auto precision = module->getAttrOfType<StringAttr>("moe.precision");
  if (!precision || precision != "bf16")
    llvm::erase(machine->features, "avx512bf16");
  kernel::MachineInterface described = machine->describe(module.getContext());
  if (options.target != "cpu") {
    llvm::Expected<target::Gpu> found = target::getGpu(options.target);
    if (!found)
      return report(module, found.takeError());
    phases.gpu = *found;
    described = found->describe(module.getContext());
  }
  std::optional<PassDumps> dumps;
  if (!options.dumpPasses.empty()) {
    dumps.emplace(options.dumpPasses);
    if (std::error_code error = dumps->open(module))
      return report(module,
                    llvm::createStringError(
                        error, "--dump-passes: cannot make the folder '" +
                                   dumps->path() + "': " + error.message()));
  }
  int code = 1; // of a pass that failed, or of dumps
  auto run = [&](Phase from, Phase until) {
    Phase begin =
        options.from ? std::max(from, Phase(int(*options.from) + 1)) : from;
    LogicalResult result =
        begin > until ? success()
                      : runPhases(module, phases, dumps ? &*dumps : nullptr,
                                  begin, until, timing);
    if (failed(result) || !dumps || !dumps->error())
      return result;
    code =
        report(module, llvm::createStringError(
                           dumps->error(),
                           "--dump-passes: cannot write to '" + dumps->path() +
                               "': " + dumps->error().message()));
    return failure();
  };
  const std::optional<target::Gpu> &gpu = phases.gpu;
  Phase textual = gpu ? Phase::NVVM : Phase::CPU;
  // Before the NVVM dialect, where the kernels are still one function each.
  Phase first = std::min(options.until, gpu ? Phase::GPU : Phase::CPU);
  if (failed(run(Phase::MoE, std::min(first, Phase::Kernel))))
    return code;
  if (first > Phase::Kernel) {
    if (failed(describeMachine(module, described, options)) ||
        failed(run(Phase::Schedule, first)))
      return code;
  }
  if (options.printMemoryPlan && options.until >= Phase::Memory)
    printPlan(module);
  if (gpu && options.until > Phase::GPU &&
      failed(run(Phase::NVVM, Phase::NVVM)))
    return code;
  if (options.until <= textual)
    return writeIR(module, options, path);
  if (gpu) {
    TimingScope ptx = timing.nest("PTX");
    return emitGpu(module, options, *gpu, *machine, path);
  }
  int written = emitCpu(
      module, options, *machine, path,
      [&] { return run(Phase::LLVM, Phase::LLVM); }, timing);
  return written && code != 1 ? code : written;
}
