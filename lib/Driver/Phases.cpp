//===- Phases.cpp - The levels of the compiler ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/Phases.h"
#include "mlir/IR/BuiltinOps.h"
#include "passes/Autodiff/Passes.h"
#include "passes/CPU/Passes.h"
#include "passes/Fusion/Passes.h"
#include "passes/GPU/Passes.h"
#include "passes/Memory/Passes.h"
#include "passes/Model/Passes.h"
#include "passes/Precision/Passes.h"
#include "passes/Schedule/Passes.h"

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

/// Behind the phase CPU the programs stand in the manifest alone.
bool moec::driver::canGoOnFrom(Phase phase) {
  return phase <= Phase::CPU || phase == Phase::GPU || phase == Phase::NVVM;
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

std::string moec::driver::inputPhaseNamesOf(llvm::StringRef target) {
  return join([&](Phase phase) {
    return hasPhase(target, phase) && canGoOnFrom(phase);
  });
}

static void buildPhases(OpPassManager &pm, const PhaseOptions &options,
                        Phase from, Phase until, PassPredicate wants) {
  const std::optional<target::Gpu> &gpu = options.gpu;
  auto runs = [&](Phase phase) { return from <= phase && phase <= until; };
  if (runs(Phase::MoE))
    model::buildModelPipeline(pm, wants);
  if (runs(Phase::Autodiff))
    autodiff::buildAutodiffPipeline(pm, wants);
  if (runs(Phase::Kernel)) {
    fusion::buildFusionPipeline(pm, wants);
    precision::buildPrecisionPipeline(pm, wants);
  }
  if (runs(Phase::Schedule))
    schedule::buildSchedulePipeline(pm, wants);
  if (runs(Phase::Memory))
    memory::buildMemoryPipeline(pm, wants);
  if (runs(Phase::CPU) && !gpu)
    cpu::buildCPUPipeline(pm, wants);
  if (runs(Phase::LLVM) && !gpu)
    cpu::buildLLVMPipeline(pm, wants);
  if (runs(Phase::GPU) && gpu)
    moec::gpu::buildGPUPipeline(pm, wants);
  if (runs(Phase::NVVM) && gpu)
    moec::gpu::buildNVVMPipeline(pm, wants);
}

void moec::driver::buildPhases(OpPassManager &pm, const PhaseOptions &options,
                               Phase from, Phase until) {
  ::buildPhases(pm, options, from, until, [&](llvm::StringRef name) {
    return !llvm::is_contained(options.disabledPasses, name);
  });
}

std::vector<std::string> moec::driver::optionalPasses() {
  std::vector<std::string> names;
  auto note = [&](llvm::StringRef name) {
    if (!llvm::is_contained(names, name))
      names.push_back(name.str());
    return false;
  };
  PhaseOptions options;
  OpPassManager cpu(ModuleOp::getOperationName());
  ::buildPhases(cpu, options, Phase::Kernel, Phase::Memory, note);
  options.gpu.emplace();
  OpPassManager gpu(ModuleOp::getOperationName());
  ::buildPhases(gpu, options, Phase::Kernel, Phase::NVVM, note);
  return names;
}
