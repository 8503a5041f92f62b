//===- Compiler.cpp - From model IR to a module file ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/Compiler.h"
#include "dialects/Kernel/KernelOps.h"
#include "lib/Driver/CompileGpu.h"
#include "lib/Target/Manifest.h"
#include "lib/Target/Object.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/Timing.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Autodiff/Passes.h"
#include "passes/CPU/Passes.h"
#include "passes/Fusion/Passes.h"
#include "passes/GPU/Passes.h"
#include "passes/Memory/Passes.h"
#include "passes/Model/Passes.h"
#include "passes/Precision/Passes.h"
#include "passes/Schedule/Passes.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
using namespace moec;
using namespace moec::driver;

static const std::pair<llvm::StringLiteral, Phase> phases[] = {
    {"moe", Phase::MoE},       {"autodiff", Phase::Autodiff},
    {"kernel", Phase::Kernel}, {"schedule", Phase::Schedule},
    {"memory", Phase::Memory}, {"cpu", Phase::CPU},
    {"llvm", Phase::LLVM},     {"llvmir", Phase::LLVMIR},
    {"asm", Phase::Assembly},  {"gpu", Phase::GPU},
    {"nvvm", Phase::NVVM},     {"ptx", Phase::PTX},
    {"module", Phase::Module}};

std::optional<Phase> moec::driver::parsePhase(llvm::StringRef name) {
  for (auto &[text, phase] : phases)
    if (name == text)
      return phase;
  return std::nullopt;
}

bool moec::driver::hasPhase(llvm::StringRef target, Phase phase) {
  bool onlyCpu = phase >= Phase::CPU && phase <= Phase::Assembly;
  bool onlyGpu = phase >= Phase::GPU && phase <= Phase::PTX;
  return target == "cpu" ? !onlyGpu : !onlyCpu;
}

static std::string join(llvm::function_ref<bool(Phase)> wanted) {
  std::string names;
  for (auto &[text, phase] : phases)
    if (wanted(phase))
      names += (names.empty() ? "" : ", ") + text.str();
  return names;
}

std::string moec::driver::phaseNames() {
  return join([](Phase) { return true; });
}

std::string moec::driver::phaseNamesOf(llvm::StringRef target) {
  return join([&](Phase phase) { return hasPhase(target, phase); });
}

/// Adds the passes of the phases in (`after`, `until`] to `pm`.
/// What the cost models of passes know of the GPU.
template <typename Options>
static Options forGpu(Options options, const target::Gpu &gpu) {
  options.multiprocessors = gpu.multiprocessors;
  options.shared = gpu.sharedPerBlock;
  options.wgmma = gpu.arch == "sm_90a";
  return options;
}

static void buildPhases(OpPassManager &pm, const CompileOptions &options,
                        const target::Machine &machine, const target::Gpu *gpu,
                        bool train, Phase from, Phase until) {
  auto runs = [&](Phase phase) { return from <= phase && phase <= until; };
  if (runs(Phase::MoE))
    buildModelPipeline(pm);
  if (runs(Phase::Autodiff) && train)
    buildAutodiffPipeline(pm);
  if (runs(Phase::Kernel)) {
    fusion::FusionPipelineOptions fusion;
    for (const std::string &name : options.disabledPasses)
      fusion.disabled.push_back(name);
    fusion::buildFusionPipeline(pm, fusion);
  }
  if (runs(Phase::Kernel)) {
    precision::AssignPrecisionPassOptions precision;
    precision.precision = options.precision;
    pm.addPass(precision::createAssignPrecisionPass(precision));
  }
  if (runs(Phase::Schedule)) {
    if (gpu &&
        !llvm::is_contained(options.disabledPasses, "materialize-operands")) {
      pm.addPass(schedule::createMaterializeOperandsPass(
          forGpu(schedule::MaterializeOperandsPassOptions(), *gpu)));
      pm.addPass(createCSEPass());
    }
    schedule::SplitReductionPassOptions parts;
    parts.threads = gpu ? gpu->multiprocessors : machine.threads;
    if (!llvm::is_contained(options.disabledPasses, "split-reduction"))
      pm.addPass(schedule::createSplitReductionPass(parts));
    if (gpu) {
      pm.addPass(schedule::createAssignGpuSchedulePass(
          forGpu(schedule::AssignGpuSchedulePassOptions(), *gpu)));
    } else {
      schedule::AssignSchedulePassOptions schedule;
      schedule.lanes = machine.getLanes();
      schedule.threads = machine.threads;
      schedule.registers = machine.getLanes() == 16 ? 32 : 16;
      pm.addPass(schedule::createAssignSchedulePass(schedule));
    }
  }
  if (runs(Phase::Memory))
    memory::buildMemoryPipeline(pm);
  if (runs(Phase::CPU) && !gpu) {
    cpu::CPUPipelineOptions cpu;
    cpu.lanes = machine.getLanes();
    cpu::buildVectorPipeline(pm, cpu);
  }
  if (runs(Phase::LLVM) && !gpu) {
    cpu::CPUPipelineOptions cpu;
    cpu.nativeBF16 = machine.has("avx512bf16");
    cpu::buildLLVMPipeline(pm, cpu);
  }
  if (runs(Phase::GPU) && gpu) {
    moec::gpu::GPUPipelineOptions options;
    options.multiprocessors = gpu->multiprocessors;
    moec::gpu::buildGPUPipeline(pm, options);
  }
  if (runs(Phase::NVVM) && gpu)
    moec::gpu::buildNVVMPipeline(pm);
}

static LogicalResult runPhases(ModuleOp module, const CompileOptions &options,
                               const target::Machine &machine,
                               const target::Gpu *gpu, bool train, Phase from,
                               Phase until, TimingScope &timing) {
  PassManager pm(module.getContext());
  pm.enableTiming(timing);
  if (!options.dumpPasses.empty())
    pm.enableIRPrintingToFileTree(
        [](Pass *, Operation *) { return false; },
        [](Pass *, Operation *) { return true; }, /*printModuleScope=*/false,
        /*printAfterOnlyOnChange=*/true, /*printAfterOnlyOnFailure=*/false,
        options.dumpPasses);
  buildPhases(pm, options, machine, gpu, train, from, until);
  return pm.run(module);
}

/// The programs are data now and stand in the manifest.
static void erasePrograms(ModuleOp module) {
  for (auto program :
       llvm::make_early_inc_range(module.getOps<kernel::ProgramOp>()))
    program.erase();
  module->setDiscardableAttrs(ArrayRef<NamedAttribute>{});
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    function->setDiscardableAttrs(ArrayRef<NamedAttribute>{});
}

/// A table of what each entry needs.
static void printPlan(ModuleOp module) {
  auto parameters =
      module->getAttrOfType<IntegerAttr>("moe.parameter_elements");
  int64_t bytes = parameters ? parameters.getInt() * 4 : 0;
  auto mib = [](int64_t b) {
    return llvm::format("%10.2f MiB", b / 1048576.0);
  };
  llvm::outs() << "parameters " << mib(bytes)
               << "  (as much again for gradients and for each optimizer "
                  "state)\n";
  for (auto program : module.getOps<kernel::ProgramOp>()) {
    int64_t launches = 0;
    program.walk([&](kernel::LaunchOp) { ++launches; });
    llvm::outs()
        << "arena      " << mib(program.getArena()) << "  "
        << program.getSymName() << ", " << launches << " launches, "
        << program->getAttrOfType<IntegerAttr>("kernel.copies").getInt()
        << " copies\n";
  }
}

LogicalResult
moec::driver::writeText(ModuleOp module, StringRef path,
                        llvm::function_ref<void(raw_ostream &)> print) {
  std::error_code error;
  llvm::ToolOutputFile file(path, error, llvm::sys::fs::OF_None);
  if (error)
    return module.emitError("cannot write '")
           << path << "': " << error.message();
  print(file.os());
  file.keep();
  return success();
}

LogicalResult moec::driver::compile(ModuleOp module,
                                    const CompileOptions &given,
                                    StringRef path) {
  CompileOptions options = given;
  if (options.precision.empty()) {
    auto wanted = module->getAttrOfType<StringAttr>("moe.precision");
    options.precision = wanted ? wanted.str() : "f32";
  }
  auto report = [&](llvm::Error error) {
    return mlir::emitError(UnknownLoc::get(module.getContext()),
                           llvm::toString(std::move(error)));
  };
  DefaultTimingManager timer;
  timer.setEnabled(options.timing);
  TimingScope timing = timer.getRootScope();
  llvm::Expected<target::Machine> machine = target::getMachine(options.cpu);
  if (!machine)
    return report(machine.takeError());
  // What nothing asks for is not demanded of the CPU that runs the module.
  if (options.precision != "bf16")
    llvm::erase(machine->features, "avx512bf16");
  std::optional<target::Gpu> gpu;
  if (options.target != "cpu") {
    llvm::Expected<target::Gpu> found = target::getGpu(options.target);
    if (!found)
      return report(found.takeError());
    gpu = *found;
  }
  bool train = module.lookupSymbol("loss") != nullptr;
  auto run = [&](Phase from, Phase until) {
    return runPhases(module, options, *machine, gpu ? &*gpu : nullptr, train,
                     from, until, timing);
  };
  Phase textual = gpu ? Phase::NVVM : Phase::CPU;
  // Before the NVVM dialect, where the kernels are still one function each.
  Phase first = std::min(options.until, gpu ? Phase::GPU : Phase::CPU);
  if (failed(run(Phase::MoE, first)))
    return failure();
  if (options.printMemoryPlan && options.until >= Phase::Memory)
    printPlan(module);
  if (gpu && options.until > Phase::GPU &&
      failed(run(Phase::NVVM, Phase::NVVM)))
    return failure();
  if (options.until <= textual)
    return writeText(module, path, [&](raw_ostream &os) { os << *module; });
  if (gpu) {
    TimingScope code = timing.nest("PTX");
    return emitGpu(module, options, *gpu, *machine, path);
  }

  FailureOr<std::string> manifest = target::buildManifest(module, *machine);
  if (failed(manifest))
    return failure();
  // What the runtime does itself is no code of the module.
  for (auto func : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
    if (func->hasAttr("kernel.builtin"))
      func.erase();
  if (failed(run(Phase::LLVM, Phase::LLVM)))
    return failure();
  erasePrograms(module);
  if (options.until == Phase::LLVM)
    return writeText(module, path, [&](raw_ostream &os) { os << *module; });

  TimingScope native = timing.nest("native code");
  if (options.until == Phase::Module) {
    llvm::Expected<std::vector<std::string>> objects =
        target::emitObjects(module, *machine, *manifest);
    if (!objects)
      return report(objects.takeError());
    if (llvm::Error error = target::linkShared(*objects, path))
      return report(std::move(error));
    return success();
  }
  llvm::LLVMContext context;
  llvm::Expected<std::unique_ptr<llvm::Module>> code =
      target::translateToLLVM(module, *machine, *manifest, context);
  if (!code)
    return report(code.takeError());
  if (options.until == Phase::LLVMIR)
    return writeText(module, path,
                     [&](raw_ostream &os) { (*code)->print(os, nullptr); });
  llvm::Expected<std::string> text =
      target::emitNative(**code, *machine, /*assembly=*/true);
  if (!text)
    return report(text.takeError());
  return writeText(module, path, [&](raw_ostream &os) { os << *text; });
}
