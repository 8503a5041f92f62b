//===- Phases.h - The levels of the compiler --------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_PHASES_H
#define MOEC_LIB_DRIVER_PHASES_H

#include "lib/Target/Machine.h"
#include "lib/Target/Nvidia.h"
#include "mlir/Pass/PassManager.h"
#include <optional>
#include <string>
#include <vector>

namespace moec::driver {

/// The levels of the compiler, in order; each names the IR after its phase.
enum class Phase {
  MoE,      ///< canonical moe, parameters assigned
  Autodiff, ///< no moe.gradient
  Kernel,   ///< fused kernel ops on tensors
  Schedule, ///< tile sizes chosen
  Memory,   ///< programs and kernel functions
  CPU,      ///< scf + vector
  LLVM,     ///< LLVM dialect
  LLVMIR,   ///< optimised LLVM IR
  Assembly, ///< native assembly
  GPU,      ///< one gpu.module
  NVVM,     ///< NVVM dialect
  PTX,      ///< PTX text
  Module,   ///< the module file
};

/// Parses "moe", "autodiff", ..., "module".
std::optional<Phase> parsePhase(llvm::StringRef name);

/// Whether compilation for `target` ("cpu", "cuda:sm_80") comes through
/// `phase`.
bool hasPhase(llvm::StringRef target, Phase phase);

/// Whether the text of `phase` is IR that holds all that the later phases want.
bool canGoOnFrom(Phase phase);

/// "moe, autodiff, ..., module": those of all targets, of one target, and those
/// of one target that compilation can go on from.
std::string phaseNames();
std::string phaseNamesOf(llvm::StringRef target);
std::string inputPhaseNamesOf(llvm::StringRef target);

/// What the passes of a compilation depend on.
struct PhaseOptions {
  std::optional<target::Gpu> gpu;
  std::vector<std::string> disabledPasses;
};

/// Adds the passes of the phases from `from` to `until` to `pm`.
void buildPhases(mlir::OpPassManager &pm, const PhaseOptions &options,
                 Phase from, Phase until);

/// The passes that may be left out, whatever the target: those that the
/// pipelines ask for, by name.
std::vector<std::string> optionalPasses();

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_PHASES_H
